"""Try a book on one price, before there is a chain to price: what would it make of 500.00 a night?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.limits import GUESTS_MAX, STAY_NIGHTS_MAX
from nightgrid.money import parse_minor
from nightgrid.nights import to_ordinal
from nightgrid.pricing.explain import Asked, Explanation, Source, explain_from
from nightgrid.pricing.model import RuleBook, Where
from nightgrid.pricing.parse import load_book

#: A Monday far from the usual seasons; a stay on trial starts here unless it is told otherwise.
ARRIVAL: Final = date(2026, 11, 2)
#: The values that a product on trial has, where the call gives none.
_PLACE: Final = {"hotel": "hotel", "room_type": "room", "plan": "standard"}


def try_book(
    book: RuleBook | Path | str | Mapping[str, Any],
    base: str | int | Decimal | Mapping[str, str | int | Decimal],
    *,
    nights: int = 1,
    arrival: date | str = ARRIVAL,
    lead_days: int = 0,
    tier: str | None = None,
    currency: str = "CNY",
    country: str = "",
    where: Mapping[str, str] | None = None,
    asking: Asking = ANYBODY,
) -> Explanation:
    """The price of a stay under a book, explained, for one product whose nights all have the same base price.

    `base` is in major units of `currency`, one for all plans or a table by plan; `where` says what the product is (any
    key of a rule's `where`), default plan "standard". `tier` is the first one of the book unless given. Raises
    RuleBookError, and InputError for what cannot be asked. O(rules x nights).
    """
    written = load_book(book)
    place = {**_PLACE, **(where or {})}
    unknown = sorted(set(place) - set(Where.model_fields))
    if unknown:
        raise InputError(f"where has {', '.join(unknown)}; use the keys {', '.join(Where.model_fields)}")
    if not 1 <= nights <= STAY_NIGHTS_MAX:
        raise InputError(f"nights {nights} is outside 1..{STAY_NIGHTS_MAX}")
    plans = _plans(written, place["plan"], base)
    catalog = _catalogue(place, _bases(written, plans, base, currency), currency, country)
    first = to_ordinal(arrival)
    asked = Asked(plans.index(place["plan"]), first, nights, lead_days, tier or written.book.tiers[0], asking)
    return explain_from(Source(written, catalog, first, nights), asked)


def _plans(book: RuleBook, plan: str, base: object) -> list[str]:
    """The plan on trial and every plan that its price may come from."""
    plans = dict.fromkeys([plan, *(base if isinstance(base, Mapping) else ())])
    for rule in book.derived:
        plans.update(dict.fromkeys([rule.from_plan, *rule.where.plan]))
    for table in book.member_tier:
        plans.update(dict.fromkeys(table.plan.values()))
    return list(plans)


def _bases(book: RuleBook, plans: list[str], base: Any, currency: str) -> dict[str, int]:
    """The base price of every plan in minor units."""
    if not isinstance(base, Mapping):
        return dict.fromkeys(plans, parse_minor(base, currency))
    derived = {plan for rule in book.derived for plan in rule.where.plan}
    lacking = [plan for plan in plans if plan not in base and plan not in derived]
    if lacking:
        raise InputError(f"base has no price for the plan {', '.join(lacking)}; add it, or give one price for all")
    # The base price of a derived plan is not used; the catalogue has one all the same.
    return {plan: parse_minor(base[plan], currency) if plan in base else 1 for plan in plans}


def _catalogue(place: Mapping[str, str], bases: Mapping[str, int], currency: str, country: str) -> Catalog:
    hotel: dict[str, list[Any]] = {"hotel_id": [place["hotel"]], "currency": [currency], "time_zone": ["UTC"]}
    hotel.update({key: [place[key]] for key in ("group", "brand", "region", "city") if key in place})
    if country:
        hotel["country"] = [country]
    ids = {"hotel_id": [place["hotel"]], "room_type_id": [place["room_type"]]}
    products = {key: values * len(bases) for key, values in ids.items()}
    return Catalog.from_frames(
        hotel,
        {**ids, "capacity": [1], "guests_max": [GUESTS_MAX]},
        {**products, "plan_id": list(bases), "base_minor": list(bases.values())},
    )
