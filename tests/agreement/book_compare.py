"""Where the engine or an explanation differs from the oracle on a world of the second edition; no line is agreement."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from datetime import timedelta
from itertools import accumulate
from typing import Any

from nightgrid import InputError, Refused, RuleBookError
from nightgrid.asking import GuestQuestion
from nightgrid.engine import Engine
from nightgrid.pricing import load_book
from nightgrid.pricing.model import RULE_KINDS
from tests.book_worlds import BookWorld
from tests.engines import catalog_of, columns, engine_of
from tests.explained import explained, price_data_of, source_of
from tests.oracles import pricebook
from tests.strategies import NOW_MS

Question = tuple[dict[str, Any], dict[str, Any]]  # a product, a stay
FIELDS = (
    "total_minor", "net_minor", "taxes_minor", "included_taxes_minor", "payable_minor", "points_used", "applied",
    "nights_minor",
)  # fmt: skip
#: What a compiler says of books that are right and that it does not take.
NOT_TAKEN = ("not computed yet", "is computed exactly")


def oracle_answer(world: BookWorld, product: dict[str, Any], stay: dict[str, Any]) -> pricebook.Price:
    """The price of a stay by the oracle."""
    hotel = world.hotel(product["hotel_id"])
    products = [world.full(each) for each in world.products]
    data = pricebook.Data(world.holidays, products, world.base_prices, world.price_overrides)
    return pricebook.price(world.book, hotel, world.full(product), pricebook.Stay(**stay), data)


def explanation_differences(world: BookWorld, questions: Iterable[Question]) -> list[str]:
    """Explanations, which need no compiled book, against the oracle."""
    catalog = catalog_of(world.hotels, world.room_types, world.products)
    data = price_data_of(catalog, world.first_night, world.base_prices, world.price_overrides)
    source = source_of(load_book(world.book), catalog, world.first_night, world.nights, data)
    every = sorted((kind, position) for kind in RULE_KINDS for position in range(len(world.book.get(kind, ()))))
    found = []
    for product, stay in questions:
        said = dict(stay)
        asked_for = [said.pop(key) for key in ("arrival", "nights", "lead_days", "tier")]
        try:
            why = explained(source, product, *asked_for, **said)
        except Refused as refused:
            found += _differences(world, product, stay, {"outcome": refused.outcome.name})
            continue
        found += _differences(world, product, stay, {"outcome": "OK", **{key: getattr(why, key) for key in FIELDS}})
        sums = list(accumulate(line.amount for line in why.lines))
        if sums[-1] != why.payable_minor or sums != [line.running for line in why.lines]:
            found.append(f"the lines of {product} {stay} do not add up")
        told = sorted((note.kind, note.position) for note in (*why.matched, *why.unmatched))
        if told != every:
            found.append(f"of {product} {stay} not every rule is told once: {set(told) ^ set(every)}")
    return found


def engine_for(world: BookWorld) -> Engine | None:
    """An engine with the book and the data of a world; None where it does not take them (yet)."""
    try:
        engine = engine_of(vars(world), world.first_night, world.nights, NOW_MS, book=world.book)
        if world.base_prices:
            engine.set_base_prices(columns(world.base_prices))
        if world.price_overrides:
            engine.set_price_overrides(columns(world.price_overrides))
    except (RuleBookError, InputError) as error:
        if any(words in str(error) for words in NOT_TAKEN):
            return None
        raise
    return engine


def can_say(stay: dict[str, Any]) -> bool:
    """The engine's quote has an argument for everything that the guest says."""
    known = {*inspect.signature(Engine.quote).parameters, *GuestQuestion.__annotations__}
    return {*stay, "booking_date"} - {"lead_days"} <= known


def quote_differences(engine: Engine, world: BookWorld, questions: Iterable[Question]) -> list[str]:
    """Quotes against the oracle, in every field that a quote has."""
    found = []
    for product, stay in questions:
        said = {key: value for key, value in stay.items() if key != "lead_days"}
        said["booking_date"] = stay["arrival"] - timedelta(days=stay["lead_days"])
        try:
            quote = engine.quote(product["hotel_id"], product["room_type_id"], plan_id=product["plan_id"], **said)
        except Refused as refused:
            found += _differences(world, product, stay, {"outcome": refused.outcome.name})
            continue
        told = {key: getattr(quote, key) for key in FIELDS if hasattr(quote, key)}
        found += _differences(world, product, stay, {"outcome": "OK", **told})
    return found


def _differences(world: BookWorld, product: dict[str, Any], stay: dict[str, Any], got: dict[str, Any]) -> list[str]:
    want = oracle_answer(world, product, stay)
    return [
        f"{key} of {product} {stay}: {value}, oracle {getattr(want, key)}"
        for key, value in got.items()
        if value != getattr(want, key)
    ]
