"""The only place that reads a clock. An engine owns one clock, given when it is made.

Time is milliseconds since 1970-01-01 UTC (int64), monotone within one engine: the engine never
lets it run backwards. Civil dates are derived from it per hotel (see `nights.local_date_ordinal`).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from nightgrid.counts import plain_int


class Clock(Protocol):
    """Anything that tells the time in milliseconds UTC."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The machine's clock, made monotone: a step backwards only lengthens holds."""

    __slots__ = ("_last_ms",)

    def __init__(self) -> None:
        self._last_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, never less than the last answer."""
        now = time.time_ns() // 1_000_000
        if now < self._last_ms:
            return self._last_ms
        self._last_ms = now
        return now


class ManualClock:
    """A clock that stands still until it is moved: for tests, replays and simulations."""

    __slots__ = ("_now_ms",)

    def __init__(self, start: datetime | int) -> None:
        start = plain_int(start)
        self._now_ms = start if isinstance(start, int) else instant_ms(start)

    def now_ms(self) -> int:
        """The instant this clock stands at."""
        return self._now_ms

    def advance_ms(self, interval_ms: int) -> None:
        """Move forward; ValueError if the interval is negative."""
        if interval_ms < 0:
            raise ValueError(f"interval_ms is {interval_ms}; a clock only moves forward (0 or more)")
        self._now_ms += plain_int(interval_ms)

    def move_to(self, instant: datetime | int) -> None:
        """Move forward to an instant; ValueError if it lies in the past."""
        instant = plain_int(instant)
        target = instant if isinstance(instant, int) else instant_ms(instant)
        self.advance_ms(target - self._now_ms)


def instant_ms(instant: datetime) -> int:
    """Milliseconds since 1970 of an aware datetime; ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"instant {instant.isoformat()} has no time zone; use datetime(..., tzinfo=UTC)")
    delta = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def stopwatch_seconds() -> float:
    """Seconds on a stopwatch of arbitrary start: how long something took, never a date or a deadline."""
    return time.perf_counter()
