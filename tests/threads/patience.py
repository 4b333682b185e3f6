"""Going on until what must happen beside it has happened, so that no test of threads needs a lucky schedule.

How far one thread comes while another does so many rounds is the machine's affair: on one busy core it may be nothing.
So what a test wants to have seen is what its rounds go on for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count

#: What has not happened after so long, long after the rounds asked for, does not happen.
LIMIT_S = 120.0
#: Between two rounds more than those asked for: whoever is waited for gets the interpreter.
PAUSE_S = 0.0005


def rounds(least: int, enough: Callable[[], object]) -> Iterator[int]:
    """0, 1, 2, ...: at least so many, and on until `enough()` is true. AssertionError if that takes too long."""
    yield from range(least)
    end_s = time.monotonic() + LIMIT_S
    for number in count(least):
        if enough():
            return
        assert time.monotonic() < end_s, f"{number} rounds and {LIMIT_S:.0f} s: others have not done what they must"
        time.sleep(PAUSE_S)
        yield number


def wait_for(enough: Callable[[], object]) -> None:
    """Until `enough()` is true. AssertionError if that takes too long."""
    for _ in rounds(0, enough):
        pass
