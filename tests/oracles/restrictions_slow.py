"""Restrictions told slowly: what frames of changes leave on every night, and why a stay is refused.

A level is a room type, or one plan of it. On each night it has a dictionary of the restrictions that somebody named;
a value that does not restrict is as good as none. Nights are counted from the first night of the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NAMES = (
    "closed", "closed_to_arrival", "closed_to_departure", "min_stay_arrival", "max_stay_arrival", "min_stay_through",
    "max_stay_through", "full_pattern", "min_advance_days", "max_advance_days", "stay_multiple_of", "arrival_weekdays",
)  # fmt: skip
#: What stands for "unrestricted" when it is written.
NOTHING = {**dict.fromkeys(NAMES, 0), "closed": False, "closed_to_arrival": False, "closed_to_departure": False,
           "full_pattern": "", "max_advance_days": -1, "arrival_weekdays": ""}  # fmt: skip
NUMBER = {
    "CLOSED": 400, "CLOSED_TO_ARRIVAL": 410, "CLOSED_TO_DEPARTURE": 420, "MIN_STAY_ARRIVAL": 430,
    "MAX_STAY_ARRIVAL": 440, "MIN_STAY_THROUGH": 450, "MAX_STAY_THROUGH": 460, "STAY_PATTERN": 462,
    "BOOKED_TOO_EARLY": 464, "BOOKED_TOO_LATE": 466,
}  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Night = Mapping[str, Any]
Level = Mapping[int, Night]  # night -> what is restricted


@dataclass(frozen=True)
class Reading:
    """The dialect."""

    departure: str = "date"
    through_counts_departure: bool = False


def pattern_opens(pattern: str | int, nights: int) -> bool:
    """Is a stay of that many nights open?"""
    if pattern in ("", 0):
        return True
    if isinstance(pattern, int):
        return bool(pattern >> (min(nights, 62) - 1) & 1)
    return pattern[min(nights, len(pattern)) - 1] in "Yy1"


def arrival_faults(here: Night, nights: int, lead_days: int, weekday: int) -> Iterable[str]:
    """What the arrival date alone has against a stay."""
    if here["closed_to_arrival"]:
        yield "CLOSED_TO_ARRIVAL"
    if nights < here["min_stay_arrival"]:
        yield "MIN_STAY_ARRIVAL"
    if here["max_stay_arrival"] and nights > here["max_stay_arrival"]:
        yield "MAX_STAY_ARRIVAL"
    if not pattern_opens(here["full_pattern"], nights):
        yield "STAY_PATTERN"
    if here["stay_multiple_of"] and nights % here["stay_multiple_of"]:
        yield "STAY_PATTERN"
    if here["arrival_weekdays"] and WEEKDAYS[weekday] not in here["arrival_weekdays"].split(","):
        yield "STAY_PATTERN"
    if here["max_advance_days"] != -1 and lead_days > here["max_advance_days"]:
        yield "BOOKED_TOO_EARLY"
    if lead_days < here["min_advance_days"]:
        yield "BOOKED_TOO_LATE"


def refusal(
    levels: Iterable[Level],
    arrival: int,
    nights: int,
    window: int,
    lead_days: int,
    weekday: int,
    reading: Reading = Reading(),
) -> tuple[int, int]:
    """(code, night) of the lowest code, and its first night; (0, arrival) where nothing is against the stay.

    weekday: of the arrival, 0 = Monday.
    """
    departure = arrival + nights
    slept = range(arrival, departure)
    through = range(arrival, departure + 1) if reading.through_counts_departure else slept
    leaving = departure if reading.departure == "date" else departure - 1
    faults = []
    for level in levels:
        for night in range(arrival, min(departure + 1, window)):  # what lies beyond the window is unrestricted
            here = {**NOTHING, **level.get(night, {})}
            if night == arrival:
                faults += [(fault, night) for fault in arrival_faults(here, nights, lead_days, weekday)]
            if night == leaving and here["closed_to_departure"]:
                faults.append(("CLOSED_TO_DEPARTURE", night))
            if night in slept and here["closed"]:
                faults.append(("CLOSED", night))
            if night in through and nights < here["min_stay_through"]:
                faults.append(("MIN_STAY_THROUGH", night))
            if night in through and here["max_stay_through"] and nights > here["max_stay_through"]:
                faults.append(("MAX_STAY_THROUGH", night))
    return min(((NUMBER[fault], night) for fault, night in faults), default=(0, arrival))


@dataclass
class Restricted:
    """The restrictions of some levels, as changes leave them. A level is named by anything."""

    levels: dict[Any, dict[int, dict[str, Any]]] = field(default_factory=dict)

    def change(self, names: Iterable[Any], nights: Iterable[int], mode: str, **values: Any) -> None:
        """One row of a frame, for the levels and nights that it means; None = not named."""
        nights = list(nights)
        for name in names:
            level = self.levels.setdefault(name, {})
            for night in nights:
                here = level.setdefault(night, {})
                if mode == "overlay":
                    here.clear()
                if mode == "delete":
                    lifted = [key for key, value in values.items() if value] or NAMES
                    for key in lifted:
                        here.pop(key, None)
                else:
                    here.update({key: value for key, value in values.items() if value is not None})
