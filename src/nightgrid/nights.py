"""Nights and stays: civil dates at the hotel, as proleptic Gregorian ordinals.

A night is a date without a time zone; its ordinal is `date.toordinal()` (1 = 0001-01-01), so the night index
of a window is `ordinal - first_night` and a daylight-saving change never makes a night longer or shorter.
A stay is half-open: `[arrival, departure)`. Instants (ms since 1970 UTC) meet nights in one place only:
`local_date_ordinal`, with the hotel's time zone and its roll-over hour.
"""

from __future__ import annotations

import operator
import re
import reprlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import STAY_NIGHTS_MAX

#: Names of the weekdays; the position is what `weekday` returns.
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_ORDINAL_MAX: Final = date.max.toordinal()
# date.fromisoformat also takes 20260101 and 2026-W01-1; one spelling only keeps files comparable.
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR_MS: Final = 3_600_000


def to_ordinal(night: date | str) -> int:
    """Ordinal of a civil date, given as `datetime.date` or as text `yyyy-mm-dd`.

    A `datetime` is refused (whose midnight would it be?), as are numbers. Raises InputTypeError, InputError. O(1).
    """
    if type(night) is date:
        return night.toordinal()
    if isinstance(night, str):
        return _parse_night(night)
    if isinstance(night, datetime):
        raise InputTypeError(f"night {night.isoformat()} is an instant; use its civil date at the hotel: value.date()")
    if isinstance(night, date):
        return night.toordinal()
    fix = "use datetime.date or 'yyyy-mm-dd'"
    if type(night).__name__ == "datetime64":
        fix += ": value.astype('datetime64[D]').item()"
    raise InputTypeError(f"night {reprlib.repr(night)} is a {type(night).__name__}; {fix}")


def _parse_night(text: str) -> int:
    if not _ISO_DATE.fullmatch(text):
        raise InputError(f"night {reprlib.repr(text)} is not written as yyyy-mm-dd; write it like '2027-02-28'")
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise InputError(f"night {text!r} is not in the calendar ({error}); correct the month or the day") from None


def to_date(ordinal: int) -> date:
    """Civil date of an ordinal, 1 (0001-01-01) to 3,652,059 (9999-12-31). Any integer type; bool is refused."""
    if isinstance(ordinal, bool):
        raise InputTypeError(f"ordinal {ordinal!r} is a bool; use an integer")
    try:
        return date.fromordinal(operator.index(ordinal))
    except TypeError:
        raise InputTypeError(f"ordinal {ordinal!r} is a {type(ordinal).__name__}; use an integer") from None
    except (ValueError, OverflowError):
        raise InputError(f"ordinal {ordinal} is outside 1..{_ORDINAL_MAX}; use to_ordinal to make one") from None


def weekday(ordinal: int) -> int:
    """Weekday of an ordinal: 0 = Monday .. 6 = Sunday, the positions of `WEEKDAYS`."""
    return (ordinal + 6) % 7


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay `[arrival, departure)`: `arrival` is an ordinal, `nights` is 1..STAY_NIGHTS_MAX. Always valid."""

    arrival: int
    nights: int

    def __post_init__(self) -> None:
        for name, value in (("arrival", self.arrival), ("nights", self.nights)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputTypeError(f"{name} {value!r} is a {type(value).__name__}; use an integer")
        if not 1 <= self.nights <= STAY_NIGHTS_MAX:
            raise InputError(f"a stay has 1..{STAY_NIGHTS_MAX} nights, not {self.nights}; split longer stays")
        if not 1 <= self.arrival <= _ORDINAL_MAX - self.nights:
            raise InputError(
                f"arrival ordinal {self.arrival} with {self.nights} nights leaves the calendar "
                f"(1..{_ORDINAL_MAX}); use Stay.of with a date"
            )

    @property
    def departure(self) -> int:
        """Ordinal of the departure date, the first night that is not stayed."""
        return self.arrival + self.nights

    @classmethod
    def of(cls, arrival: date | str, departure: date | str | None = None, nights: int | None = None) -> Stay:
        """A stay from dates: give `departure` or `nights`, not both. Raises InputError, InputTypeError."""
        if (departure is None) == (nights is None):
            given = "neither" if nights is None else "both"
            raise InputError(f"a stay needs departure or nights, exactly one; {given} given")
        first = to_ordinal(arrival)
        if nights is not None:
            return cls(first, nights)
        last = to_ordinal(departure)  # type: ignore[arg-type]  # not None: exactly one is given
        if last <= first:
            raise InputError(
                f"departure {to_date(last)} is not after arrival {to_date(first)}; "
                "the departure date is the morning after the last night"
            )
        return cls(first, last - first)


@lru_cache(maxsize=1024)
def zone_of(time_zone: str) -> ZoneInfo:
    """The IANA time zone of that name; UnknownIdError if this machine's time zone data lacks it."""
    # The part "Asia" of "Asia/Tokyo" is a folder and "../x" leaves the data: both raise other errors than KeyError.
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise UnknownIdError(
            f"time zone {time_zone!r} is not known; use an IANA name such as 'Asia/Shanghai' "
            "(install the tzdata package where the system has no time zone data)"
        ) from None


def local_date_ordinal(now_ms: int, time_zone: str, rollover_hour: int = 0) -> int:
    """Civil date at the hotel at an instant, as an ordinal; before `rollover_hour` (0..23) it is still yesterday.

    The hour is read from the clock on the wall, so on the days when clocks change it stays the hour that people see.
    """
    if not 0 <= rollover_hour <= 23:
        raise InputError(f"rollover_hour {rollover_hour} is outside 0..23; 0 means midnight")
    zone = zone_of(time_zone)
    try:
        wall = datetime.fromtimestamp(now_ms // 1000, zone)
    except (ValueError, OverflowError, OSError):
        raise InputError(f"now_ms {now_ms} is outside the calendar; give milliseconds since 1970-01-01 UTC") from None
    return wall.toordinal() - (wall.hour < rollover_hour)


def local_clock(now_ms: int, time_zone: str) -> str:
    """The time of day at an instant, "HH:MM", as the clocks on the walls of a time zone show it."""
    try:
        return f"{datetime.fromtimestamp(now_ms // 1000, zone_of(time_zone)):%H:%M}"
    except (ValueError, OverflowError, OSError):
        raise InputError(f"now_ms {now_ms} is outside the calendar; give milliseconds since 1970-01-01 UTC") from None


def next_local_midnight_ms(now_ms: int, time_zone: str, rollover_hour: int = 0) -> int:
    """First instant after `now_ms` (ms UTC) at which `local_date_ordinal` changes. About 50 evaluations.

    Found by search, not by calendar arithmetic: midnight may not exist (Cairo, Santiago), may come twice (Havana),
    and a whole date may be missing (Samoa, 2011-12-30). In all of them the definition above still has an answer.
    """
    today = local_date_ordinal(now_ms, time_zone, rollover_hour)
    same, other = now_ms, now_ms + _HOUR_MS
    while local_date_ordinal(other, time_zone, rollover_hour) == today:
        same, other = other, other + _HOUR_MS
    while other - same > 1:
        middle = (same + other) // 2
        if local_date_ordinal(middle, time_zone, rollover_hour) == today:
            same = middle
        else:
            other = middle
    return other
