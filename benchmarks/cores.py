"""How long a lock takes from one core to another: what two threads that share anything pay, again and again.

On a virtual machine it depends on where the host has just put the virtual cores: the same program took five times as
long in some minutes as in others, when its two cores shared no last-level cache. So the gain of a second thread has to
be read beside it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
from numba import njit

from benchmarks.measure import significant
from nightgrid.native.base.atomics import acquire, release

_TURNS = 5_000
_ROUNDS = 3


@njit(nogil=True)
def _return_it(locks, side, turns):
    """Take the lock that the other side gives, and give it the other one; both lie on one cache line."""
    for _ in range(turns):
        acquire(locks, side)
        release(locks, 1 - side)


def lock_transfer_ns() -> float:
    """Nanoseconds from a release in one thread to the next one in another; the least of some rounds. A few ms."""
    _return_it(np.zeros(2, np.int64), 0, 1)  # compiled
    best = float("inf")
    with ThreadPoolExecutor(2) as pool:
        for _ in range(_ROUNDS):
            words = np.zeros(24, np.int64)
            begin = -words.ctypes.data % 64 // 8
            locks = words[begin : begin + 2]
            locks[1] = 1  # side 0 begins
            started = perf_counter()
            list(pool.map(lambda side, both=locks: _return_it(both, side, _TURNS), (0, 1)))
            best = min(best, (perf_counter() - started) / (2 * _TURNS))
    return significant(best * 1e9, 3)
