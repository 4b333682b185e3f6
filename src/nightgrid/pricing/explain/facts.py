"""What was asked, as the rules see it: dates of the nights, the day of booking, the guests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError, Refused
from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.nights import to_date
from nightgrid.outcomes import Outcome
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.words import count
from nightgrid.pricing.model import ExtraGuests

#: Days of booking before this cannot be written as a date; every real one can.
_FIRST_ORDINAL: Final = 1


class Asked(NamedTuple):
    """The stay that a price is for. `arrival` is an ordinal; `lead_days` are days from booking to arrival.

    `asking` is who asks. Its booking_date is not looked at: the day of booking is arrival - lead_days.
    """

    product_index: int
    arrival: int
    nights: int
    lead_days: int
    tier: str
    asking: Asking = ANYBODY

    def title(self, catalog: Catalog) -> str:
        """`h1, double, standard: 2 nights from 2026-10-02, booked 14 days before, tier public`."""
        row = int(catalog.product_row[self.product_index])
        hotel = catalog.hotel_ids[int(catalog.row_hotel[row])]
        ids = f"{hotel}, {catalog.room_type_ids[row]}, {catalog.plan_ids[self.product_index]}"
        stay = f"{count(self.nights, 'night')} from {to_date(self.arrival)}"
        guests = ""
        if self.asking.adults is not None:
            ages = ", ".join(map(str, self.asking.children))
            children = f" and {count(len(self.asking.children), 'child')} of {ages}" if ages else ""
            guests = f", {count(self.asking.adults, 'adult')}{children}"
        return f"{ids}: {stay}{guests}, booked {count(self.lead_days, 'day')} before, tier {self.tier}"


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """The guests of a stay as one product's rules count them; adults None: as priced, no rule about guests acts.

    The same guests are the same object as long as a scope remembers them, so that what a rule makes of a party can be
    kept beside it.
    """

    adults: int | None  # with the children who count as adults
    children: tuple[int, ...]  # ages of the others, the oldest first

    @property
    def is_told(self) -> bool:
        """Whether the guests are known."""
        return self.adults is not None


class Facts:
    """A question with its dates; made once for each explanation."""

    __slots__ = ("asked", "asking", "days", "fill_bp", "lead_days", "nights", "ordinals", "parties", "tier")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.asking = asked.asking
        self.tier = asked.tier
        nights = self.nights = asked.nights
        self.lead_days = min(asked.lead_days, LEAD_DAYS_MAX)
        self.ordinals = range(asked.arrival, asked.arrival + nights)
        self.days: list[date] = list(map(date.fromordinal, self.ordinals))  # inside the window, so each is a date
        fill_bp = asked.asking.fill_bp
        if fill_bp is not None and len(fill_bp) != nights:
            raise InputError(f"fill_bp has {len(fill_bp)} values for {nights} nights; give one a night")
        self.fill_bp = fill_bp or (0,) * nights
        self.parties: dict[tuple[int, int], Party] = {}  # by the room type's limit and the rule that counts

    @property
    def booked(self) -> date:
        """The day of booking."""
        return date.fromordinal(max(self.asked.arrival - self.asked.lead_days, _FIRST_ORDINAL))

    @property
    def arrival(self) -> date:
        """The first night."""
        return self.days[0]


def party_of(facts: Facts, rules: ProductRules) -> Party:
    """Count the guests. Children older than the last band are adults; so are the oldest while payers are missing.

    Raises Refused (TOO_MANY_GUESTS) for more than the room type takes.
    """
    found = facts.parties.get(rules.counting)
    if found is None:
        found = facts.parties[rules.counting] = _counted(facts.asking, rules)
    return found


def _counted(asking: Asking, rules: ProductRules) -> Party:
    if asking.adults is None:
        return _NOBODY
    people = asking.adults + len(asking.children)
    if people > rules.guests_max:
        raise Refused(
            Outcome.TOO_MANY_GUESTS, f"{count(people, 'guest')}; the room type takes {rules.guests_max} at most"
        )
    known: dict[tuple[int, tuple[int, ...]], Party] = rules.prepared.setdefault("parties", {})
    guests = (asking.adults, asking.children)
    found = known.get(guests)
    if found is None:
        if len(known) >= PARTIES_MAX:
            known.clear()
        found = known[guests] = _party(*guests, rules)
    return found


_NOBODY: Final = Party(None, ())
#: Parties for which a rule keeps what it makes of them.
PARTIES_MAX: Final = 256


def _party(adults: int, children_ages: tuple[int, ...], rules: ProductRules) -> Party:
    best = rules.best["extra_guests"]
    if best is None or not isinstance(best[1], ExtraGuests):
        return Party(adults, tuple(sorted(children_ages, reverse=True)))
    rule = best[1]
    child_age = rule.children[-1].to_age if rule.children else -1
    children = sorted([age for age in children_ages if age <= child_age], reverse=True)
    adults += len(children_ages) - len(children)
    while children and rule.full_payers is not None and adults < rule.full_payers:
        children.pop(0)
        adults += 1
    return Party(adults, tuple(children))
