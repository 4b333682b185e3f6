"""The price of a stay by the second edition of the rule book: a declared pipeline, in exact fractions.

- `world`: the question, its answer, and which rules are within reach of a product
- `presets`, `pipeline`, `rounding`: the stages in order, what their percents are of, where prices are rounded
- `nights`, `guests`: one night through its stages
- `state`, `lengths`, `stays`, `bounds`: the stay through its stages
- `conditions`, `promotions`, `stacking`: which promotions are met, what one does, which are given together
- `charges`: packages, taxes, points
- `currencies`: what a guest sees in his own money
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracles.money import allocate
from tests.oracles.pricebook import stays
from tests.oracles.pricebook.bounds import stay_bounds
from tests.oracles.pricebook.charges import packages, pay_for_order, pay_with_points, taxes
from tests.oracles.pricebook.guests import check_heads
from tests.oracles.pricebook.lengths import stay_prices
from tests.oracles.pricebook.nights import night_amounts
from tests.oracles.pricebook.stacking import promotion
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.world import Data, Price, Refused, Stay, Step, World
from tests.oracles.rules import Book

__all__ = ["Data", "Price", "Stay", "Step", "price", "price_order"]

#: The stages that change one state. Promotions see all states at once, packages do not depend on the night.
ACTS = {
    kind: getattr(stays, kind) for kind in ("extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier")
}


def price(
    book: Book, hotel: Mapping[str, Any], product: Mapping[str, Any], stay: Stay, data: Data | None = None
) -> Price:
    """The price of a stay, with every step.

    `hotel` and `product` are as for `prices.price_stay`; the product may have guests_max, and `data.products` those
    that derived plans and the plans of tiers come from.
    """
    world = World(book, hotel, product, stay, data or Data())
    own = own_plan(world)
    if own is not None:
        world = replace(own, member_tier_speaks=False)
    try:
        check_heads(world)
        return price_of(world)
    except Refused as refused:
        return Price(str(refused))


def price_order(
    book: Book, hotel: Mapping[str, Any], product: Mapping[str, Any], stay: Stay, rooms: int, data: Data | None = None
) -> Price:
    """The price of several rooms alike, without steps and nights. Coupons that act once an order, and points, are of
    one of them; points pay at most a part of the price of all rooms.
    """
    once = {
        rule["coupon"]
        for kind in ("promotion", "free_nights")
        for rule in book.get(kind, [])
        if rule.get("coupon") and rule.get("coupon_per", "order") == "order"
    }
    beside = replace(stay, coupons=frozenset(stay.coupons) - once, points=0)
    each = [price(book, hotel, product, stay, data), *[price(book, hotel, product, beside, data)] * (rooms - 1)]
    if any(room.outcome != "OK" for room in each):
        return each[0]
    world = World(book, hotel, product, stay, data or Data())
    own = own_plan(world)
    world = world if own is None else replace(own, member_tier_speaks=False)
    worth, used = pay_for_order(world, [(room.net_minor, room.taxes_minor) for room in each])
    total = sum(room.total_minor for room in each)
    return replace(
        each[0],
        total_minor=total,
        net_minor=sum(room.net_minor for room in each),
        taxes_minor=sum(room.taxes_minor for room in each),
        payable_minor=total - worth,
        points_used=used,
    )


def own_plan(world: World) -> World | None:
    """The plan that the guest's tier is sold instead, where the room type has it."""
    rule = stays.member_rule(world)
    plan = ((rule or {}).get("plan") or {}).get(world.tier)
    return None if plan is None else world.sibling(plan)


def price_of(world: World) -> Price:
    """Nights, stay, rounding, taxes and points."""
    trace: list[Step] = []
    amounts = [night_amounts(world, night, trace) for night in world.nights]
    every = range(world.stay.nights)
    groups = [[k] for k in every] if world.pipeline.night_by_night else [list(every)]
    states = [State.of(g, [world.nights[k] for k in g], [amounts[k] for k in g]) for g in groups]
    states, applied = stay_stages(world, states, trace)

    nets = [world.pipeline.final(state.running) for state in states]
    for state, net in zip(states, nets, strict=True):
        trace.append(Step("round", "", night_of(world, state), state.running, Fraction(net)))
    return with_charges(world, states, nets, applied, trace)


def stay_stages(world: World, states: list[State], trace: list[Step]) -> tuple[list[State], tuple[int, ...]]:
    """The stages between the nights and the net price; also the positions of the promotions given."""
    applied: tuple[int, ...] = ()
    for stage in world.pipeline.of_stays():
        before = [state.running for state in states]
        if stage.kind == "promotion":
            chosen, states, name = promotion(world, states, stage.of)
            applied, names = tuple(each.position for each in chosen), [name] * len(states)
        elif stage.kind == "stay_prices":
            names = [stay_prices(world, state) for state in states]
        elif stage.kind == "stay_bounds":
            names = [stay_bounds(world, state, stage.round) for state in states]
        elif stage.kind == "package":
            names = [packages(world, state) for state in states]
        else:
            names = [ACTS[stage.kind](world, state, stage.of) for state in states]
        for state, name, amount in zip(states, names, before, strict=True):
            if name:
                trace.append(Step(stage.kind, name, night_of(world, state), amount, state.running))
            before_rounding = state.running
            state.record(stage.kind, stage.round)
            if stage.round is not None:
                trace.append(Step("round", stage.kind, night_of(world, state), before_rounding, state.running))
    return states, applied


def night_of(world: World, state: State) -> date | None:
    """The night of a state under the policy `night`; None for a stay."""
    return state.days[0] if world.pipeline.night_by_night else None


def with_charges(
    world: World, states: list[State], nets: list[int], applied: tuple[int, ...], trace: list[Step]
) -> Price:
    """Taxes on the net price, points off what is paid, and the nights that add up to the total."""
    net, paid, worth, used = sum(nets), Fraction(sum(nets)), 0, 0
    taxed, average, included = [0] * len(states), Fraction(net, world.stay.nights), 0

    def step(stage: str, rule: str, change: int) -> None:
        nonlocal paid
        trace.append(Step(stage, rule, None, paid, paid + change))
        paid += change

    for kind in world.pipeline.after_the_price():
        if kind == "tax":
            for k, (amount, state) in enumerate(zip(nets, states, strict=True)):
                for rule, tax in taxes(world, amount, average, state.positions):
                    if rule.get("included"):
                        included += tax
                    else:
                        taxed[k] += tax
                        step("tax", rule["name"], tax)
        else:
            worth, used = pay_with_points(world, net + sum(taxed))
            step("points", "", -worth)
    total_minor = net + sum(taxed)
    if world.pipeline.night_by_night:
        nights = [n + t for n, t in zip(nets, taxed, strict=True)]
    else:
        nights = allocate(total_minor, states[0].weights)
    return Price(
        outcome="OK",
        total_minor=total_minor,
        net_minor=net,
        taxes_minor=sum(taxed),
        included_taxes_minor=included,
        payable_minor=total_minor - worth,
        points_used=used,
        applied=applied,
        nights_minor=tuple(nights),
        trace=tuple(trace),
    )
