"""What a search offers to a guest of a tier and channel is what he can hold, at the offer's own total, and no more."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nightgrid import Outcome, Refused
from nightgrid.engine import Engine
from tests import selling_worlds as worlds
from tests.agreement.compare import examples
from tests.agreement.test_selling_agrees import Pair
from tests.selling_worlds import CHANNELS, FIRST_NIGHT, NIGHTS, TIERS, WORLD, Step

PRODUCTS = [(row["hotel_id"], row["room_type_id"], row["plan_id"]) for row in WORLD["products"]]


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    arrival = draw(st.sampled_from(worlds.WINDOW))
    return {
        "arrival": arrival,
        "nights": draw(st.integers(1, NIGHTS - (arrival - FIRST_NIGHT).days)),
        "rooms": draw(st.sampled_from((1, 1, 2, 3))),
        "tier": draw(st.sampled_from((None, *TIERS))),
        "channel": draw(st.sampled_from((None, *CHANNELS))),
    }


def offers(engine: Engine, asked: dict[str, Any], product: tuple[str, str, str], top: int | None) -> list[int]:
    """Totals of what is offered of one product: one or none."""
    hotel_id, room_type_id, plan = product
    place = {"hotel_ids": [hotel_id], "room_type": room_type_id, "plan": plan}
    return [offer.total_minor for offer in engine.search(**asked, **place, guests=1, top=top).offers]


def held(engine: Engine, asked: dict[str, Any], product: tuple[str, str, str], value_minor: int) -> str:
    """The outcome of holding what was asked about; a hold is released again, which gives everything back."""
    who = {name: asked[name] for name in ("rooms", "tier", "channel")}
    stay = (product[0], product[1], asked["arrival"], asked["nights"])
    try:
        hold = engine.hold(*stay, plan=product[2], value_minor=value_minor, **who)
    except Refused as refused:
        return refused.outcome.name
    engine.release(hold.id)
    return Outcome.OK.name


def value_of(engine: Engine, asked: dict[str, Any], product: tuple[str, str, str]) -> int:
    tier = asked["tier"] or TIERS[0]
    line = {"hotel_id": product[0], "room_type_id": product[1], "plan_id": product[2], "tier": tier}
    line |= {"arrival": asked["arrival"], "nights": asked["nights"], "rooms": asked["rooms"]}
    return int(engine.quote_many({name: [value] for name, value in line.items()})["total_minor"].item())


@given(worlds.days(), st.lists(questions(), min_size=1, max_size=3))
@examples(0.3)
def test_an_offer_can_be_held_and_nothing_else(steps: list[Step], asks: list[dict[str, Any]]) -> None:
    pair = Pair()
    engine = pair.engine.engine
    for step in steps:
        pair.step(step)
    pair.both("expire")
    for asked in asks:
        if asked["arrival"] < pair.oracle.today("H"):
            continue
        for product in PRODUCTS:
            value_minor = value_of(engine, asked, product)
            offered = [value_minor] if refusal(pair, asked, product, value_minor, opens=False) == "OK" else []

            assert offers(engine, asked, product, top=1) == offered
            assert offers(engine, asked, product, top=None) == offered
            assert held(engine, asked, product, value_minor) == refusal(pair, asked, product, value_minor, opens=True)
    assert pair.engine.check() == []


def refusal(pair: Pair, asked: dict[str, Any], product: tuple[str, str, str], value_minor: int, opens: bool) -> str:
    """What the oracle says. How many holds a channel has open (`opens`) is no matter of what there is to offer."""
    stay = (product[0], product[1], asked["arrival"], asked["nights"], asked["rooms"])
    who = {"plan": product[2], "tier": asked["tier"], "channel": asked["channel"], "value_minor": value_minor}
    most = pair.oracle.open_holds_max
    pair.oracle.open_holds_max = most if opens else {}
    outcome = pair.oracle.refusal(*stay, **who).outcome
    pair.oracle.open_holds_max = most
    return outcome
