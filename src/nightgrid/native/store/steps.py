"""A hook between any two steps of a change, for tests alone: there a thread is parked, or its process killed.

In production `step` is no instruction at all. With `NIGHTGRID_STEPS=1` in the environment when nightgrid is imported
it looks at the words from S_STEPS on: the thread that is named there counts its steps, and at one of them it waits
until it is let go, or kills its process as a power failure would. Other threads pass. Kernels of both kinds are kept
in different folders (`native/base/cache.py`).

A step stands wherever another thread's look or a death could make a difference: between locks, between cells, before
and after the record is published, before rooms are given back.
"""

from __future__ import annotations

import os
from typing import Any, Final

from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.base.atomics import add_word, load_word, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import shared_of

ENABLED: Final = os.environ.get("NIGHTGRID_STEPS") == "1"

# -- words from S_STEPS on -------------------------------------------------------------------------
STEP_THREAD: Final = at.S_STEPS  # the thread (pthread_self) that counts its steps, 0 = none
STEP_AT: Final = at.S_STEPS + 1  # the step at which it stops, from 0 on
STEP_ACTION: Final = at.S_STEPS + 2  # PARK or KILL
STEP_SEEN: Final = at.S_STEPS + 3  # steps counted
STEP_POINT: Final = at.S_STEPS + 4  # where it stopped, see POINT_*
STEP_PARKED: Final = at.S_STEPS + 5  # 1 while it waits; 0 lets it go
PARK: Final = 0
KILL: Final = 1

# -- where: names for messages ---------------------------------------------------------------------
POINT_LOCKED: Final = 1  # a lock was taken
POINT_CHECKED: Final = 2  # nothing speaks against it; from here on it must succeed
POINT_CELL: Final = 3  # a cell was changed
POINT_COUNTED: Final = 4  # selling controls or limited counters were changed
POINT_SLOT: Final = 5  # a slot was written
POINT_LIST: Final = 6  # a slot changed its list
POINT_NUMBERED: Final = 7  # a record has its number, and nothing else yet
POINT_WRITTEN: Final = 8  # a record is written and not published
POINT_PUBLISHED: Final = 9  # a record is published
POINT_GIVING: Final = 10  # before rooms are given back
POINT_KEY: Final = 11  # before a key is remembered
POINT_UNLOCKING: Final = 12  # before a lock is given back
POINT_WINDOW: Final = 13  # the window is between two of its three steps

_this_thread: Any = types.ExternalFunction("pthread_self", types.int64())
_this_process: Any = types.ExternalFunction("getpid", types.int32())
_signal: Any = types.ExternalFunction("kill", types.int32(types.int32, types.int32))
_yield_processor: Any = types.ExternalFunction("sched_yield", types.int32())
_SIGKILL = 9


@intrinsic
def _nothing(typing_context, store, point):
    """No instruction."""

    def generate(context, builder, signature, args):
        return context.get_dummy_value()

    return types.void(store, point), generate


@kernel
def _stop_here(store, point):
    """Count a step of the thread that is named; park or kill it where that is asked for."""
    shared = shared_of(store)
    if load_word(shared, STEP_THREAD) != _this_thread():
        return
    if add_word(shared, STEP_SEEN, 1) != load_word(shared, STEP_AT):
        return
    store_word(shared, STEP_POINT, point)
    if load_word(shared, STEP_ACTION) == KILL:
        _signal(_this_process(), _SIGKILL)
    store_word(shared, STEP_PARKED, 1)
    while load_word(shared, STEP_PARKED) != 0:
        _yield_processor()


#: `step(store, point)`: called by kernels wherever the order of things matters; point: POINT_*.
step: Any = _stop_here if ENABLED else _nothing
