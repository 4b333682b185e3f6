"""What is asked for: a stay, and who asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracles.nights import stay_nights
from tests.oracles.outcomes import InputMistake

STAY_NIGHTS_MAX = 365
ROOMS_MAX = 10_000
VALUE_MAX = 2**53

Row = tuple[str, str]  # hotel_id, room_type_id


@dataclass(frozen=True)
class Stay:
    """Rooms of one room type on the nights [arrival, departure). `tier` is the position of the guest's class,
    0 the lowest. `value_minor` is the whole stay's for all rooms; `nights_minor` what each night is of it, where that
    was said. What is None was not said.
    """

    hotel_id: str
    room_type_id: str
    arrival: date
    nights: int
    rooms: int = 1
    guests: int | None = None
    plan: str | None = None
    tier: int = 0
    channel: str | None = None
    block: str | None = None
    value_minor: int = 0
    coupon: str | None = None
    coupon_units: int = 1
    points: str | None = None
    points_units: int = 1
    guest: str | None = None
    reference: str | None = None
    nights_minor: tuple[int, ...] | None = None

    @property
    def row(self) -> Row:
        return (self.hotel_id, self.room_type_id)

    @property
    def departure(self) -> date:
        return self.arrival + timedelta(days=self.nights)

    @property
    def sleeps(self) -> list[date]:
        """The nights of the stay; none after a departure on the day of arrival."""
        return stay_nights(self.arrival, self.nights)

    def units_of(self, counter_id: str) -> int:
        """Units of a limited counter that the stay takes, as its coupon or as its points."""
        taken = ((self.coupon, self.coupon_units), (self.points, self.points_units))
        return sum(units for name, units in taken if name == counter_id)

    def is_well_formed(self) -> bool:
        """Whether the numbers can mean anything at all."""
        return (
            1 <= self.nights <= STAY_NIGHTS_MAX
            and 1 <= self.rooms <= ROOMS_MAX
            and (self.guests is None or self.guests >= 1)
            and self.value_minor >= 0
            and self.coupon_units >= 1
            and self.points_units >= 1
            and (self.points is None or self.points != self.coupon)
        )


def value_of(
    nights: int, value_minor: int | None, nights_minor: Sequence[int] | None
) -> tuple[int, tuple[int, ...] | None]:
    """(value of the stay, of each night where that was said): all nights worth nothing say nothing."""
    if nights_minor is None:
        return value_minor or 0, None
    if value_minor is not None or len(nights_minor) != nights:
        raise InputMistake(f"{list(nights_minor)} is not one value for each of {nights} nights, and {value_minor}")
    if min(nights_minor) < 0 or sum(nights_minor) > VALUE_MAX:
        raise InputMistake(f"values {list(nights_minor)}: 0 to {VALUE_MAX} together")
    return sum(nights_minor), tuple(nights_minor) if any(nights_minor) else None


def nights_asked(arrival: date, nights: int | None, departure: date | None) -> int | None:
    """How many nights, said either way; None where it was said twice or not at all."""
    if (nights is None) == (departure is None):
        return None
    return nights if departure is None else (departure - arrival).days
