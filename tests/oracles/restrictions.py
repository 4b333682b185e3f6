"""Restrictions: how they are written on nights, and which of them a stay offends.

They are kept at two levels. The *room type* level is the cell's own; writing on a hotel writes on each of its room
types. The *plan* level belongs to one plan of a room type and is tested for stays that name the plan. Both levels
are tested, the lowest outcome code wins. What is absent, False, 0 or -1 (for the latest lead) does not restrict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracles.nights import WEEKDAYS, weekday_name
from tests.oracles.outcomes import Fault, InputMistake
from tests.oracles.stay import Stay

RESTRICTIONS = (
    "closed", "closed_to_arrival", "closed_to_departure",
    "min_stay_arrival", "max_stay_arrival", "min_stay_through", "max_stay_through",
    "full_pattern", "min_advance_days", "max_advance_days", "stay_multiple_of", "arrival_weekdays",
)  # fmt: skip
PATTERN_NIGHTS = 62

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Dialect:
    """Where systems differ. departure: "date" tests closed_to_departure on the departure date, "last_night" on the
    last night of the stay. through_counts_departure: stays through are also tested on the departure date.
    """

    departure: str = "date"
    through_counts_departure: bool = False


def read_pattern(value: int | str) -> int:
    """Bit k of the answer says that a stay of k+1 nights is open. A text's last letter counts for all longer stays;
    an integer is taken as it is. 0 restricts nothing.
    """
    if isinstance(value, int):
        if not 0 <= value < 2**PATTERN_NIGHTS:
            raise InputMistake(f"full_pattern {value}: an integer of at most {PATTERN_NIGHTS} bits")
        return value
    letters = value.upper()
    if not 1 <= len(letters) <= PATTERN_NIGHTS or set(letters) - set("YN"):
        raise InputMistake(f"full_pattern {value!r}: 1 to {PATTERN_NIGHTS} letters Y and N")
    if "Y" not in letters:
        raise InputMistake(f"full_pattern {value!r} opens no stay at all; use closed_to_arrival")
    letters = letters.ljust(PATTERN_NIGHTS, letters[-1])
    return sum(1 << k for k, letter in enumerate(letters) if letter == "Y")


def read_weekdays(value: str) -> frozenset[str]:
    """The weekdays of "fri,sat"; none for ""."""
    names = frozenset(name.strip() for name in value.split(",") if name.strip())
    if names - set(WEEKDAYS):
        raise InputMistake(f"arrival_weekdays {value!r}: known are {', '.join(WEEKDAYS)}")
    return names


def read_value(name: str, value: Any) -> Any:
    """A restriction as it is kept: an integer, or a set of weekdays."""
    if name == "full_pattern":
        return read_pattern(value)
    if name == "arrival_weekdays":
        return read_weekdays(value)
    if int(value) < (-1 if name == "max_advance_days" else 0):
        raise InputMistake(f"{name} {value}: may not be negative")
    return int(value)


def rewritten(old: Values, mode: str, named: Values) -> dict[str, Any]:
    """The restrictions of one night after one line of an update; `named` holds what is not null."""
    if mode == "delta":
        return {**old, **named}
    if mode == "overlay":
        return dict(named)
    lifted = {name for name, value in named.items() if value}
    return {name: value for name, value in old.items() if lifted and name not in lifted}


def in_force(values: Values) -> dict[str, Any]:
    """The restrictions of one night without those that are written and forbid nothing."""
    nothing = {name: -1 if name == "max_advance_days" else 0 for name in values}
    return {name: value for name, value in values.items() if value != nothing[name] and value != frozenset()}


def restriction_faults(
    stay: Stay, nights: list[date], stay_max: int, lead_days: int, dialect: Dialect, levels_on: Any
) -> list[Fault]:
    """Every restriction that the stay offends. `nights` are those of the stay, `levels_on(night)` gives the
    restrictions of each level on a night, nothing for a night outside the window.
    """
    faults: list[Fault] = []
    length = stay.nights

    def test(outcome: str, night: date, offends: bool) -> None:
        if offends:
            faults.append((outcome, night))

    for at in levels_on(stay.arrival):
        test("CLOSED_TO_ARRIVAL", stay.arrival, bool(at.get("closed_to_arrival")))
        test("MIN_STAY_ARRIVAL", stay.arrival, length < at.get("min_stay_arrival", 0))
        test("MAX_STAY_ARRIVAL", stay.arrival, length > (at.get("max_stay_arrival") or stay_max))
        pattern = at.get("full_pattern", 0)
        open_length = pattern >> (min(length, PATTERN_NIGHTS) - 1) & 1
        test("STAY_PATTERN", stay.arrival, pattern != 0 and not open_length)
        test("STAY_PATTERN", stay.arrival, length % (at.get("stay_multiple_of") or 1) != 0)
        weekdays = at.get("arrival_weekdays")
        test("STAY_PATTERN", stay.arrival, bool(weekdays) and weekday_name(stay.arrival) not in weekdays)
        latest = at.get("max_advance_days", -1)
        test("BOOKED_TOO_EARLY", stay.arrival, latest >= 0 and lead_days > latest)
        test("BOOKED_TOO_LATE", stay.arrival, lead_days < at.get("min_advance_days", 0))
    leaving = stay.departure if dialect.departure == "date" else nights[-1]
    for at in levels_on(leaving):
        test("CLOSED_TO_DEPARTURE", leaving, bool(at.get("closed_to_departure")))
    for night in nights:
        for at in levels_on(night):
            test("CLOSED", night, bool(at.get("closed")))
    for night in [*nights, stay.departure] if dialect.through_counts_departure else nights:
        for at in levels_on(night):
            test("MIN_STAY_THROUGH", night, length < at.get("min_stay_through", 0))
            test("MAX_STAY_THROUGH", night, length > (at.get("max_stay_through") or stay_max))
    return faults
