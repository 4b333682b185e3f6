"""Several rooms in one order: quotes, lines of a frame and explanations agree with the oracle, points among them."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from nightgrid import Refused
from tests.agreement.book_compare import can_say, engine_for
from tests.book_worlds import draw_stay, draw_world
from tests.oracles import pricebook
from tests.seeds import seeds

FIELDS = ("net_minor", "taxes_minor", "total_minor", "payable_minor", "points_used")


def orders(seed):
    """(engine, product, what is said, rooms, the oracle's price) of some orders that have a price."""
    rng = Random(f"orders {seed}")
    world = draw_world(rng)
    engine = engine_for(world)
    data = pricebook.Data(
        world.holidays, [world.full(each) for each in world.products], world.base_prices, world.price_overrides
    )
    for _ in range(8 if engine is not None else 0):
        product, stay, rooms = rng.choice(world.products), draw_stay(rng, world.book), rng.randint(2, 4)
        stay["points"] = rng.choice([1, 700, 20_000, 10**7])
        hotel = world.hotel(product["hotel_id"])
        want = pricebook.price_order(world.book, hotel, world.full(product), pricebook.Stay(**stay), rooms, data)
        if want.outcome == "OK" and can_say(stay):
            said = {key: value for key, value in stay.items() if key != "lead_days"}
            said["booking_date"] = stay["arrival"] - timedelta(days=stay["lead_days"])
            yield engine, product, said, rooms, want


@pytest.mark.parametrize("seed", seeds(12))
def test_orders_agree(seed):
    for engine, product, said, rooms, want in orders(seed):
        names = (product["hotel_id"], product["room_type_id"])
        try:
            quote = engine.quote(*names, plan_id=product["plan_id"], rooms=rooms, **said)
        except Refused:
            continue  # a party that the room type does not take
        assert [getattr(quote, key) for key in FIELDS] == [getattr(want, key) for key in FIELDS]
        assert engine.explain(quote).total_minor > 0 or quote.total_minor == 0  # it compares what points pay
        line = {"hotel_id": names[0], "room_type_id": names[1], "plan_id": product["plan_id"], "rooms": rooms, **said}
        answer = engine.quote_many({name: [list(v) if isinstance(v, (tuple, frozenset, set)) else v]
                                    for name, v in line.items()})  # fmt: skip
        assert [answer[key].item() for key in FIELDS] == [getattr(want, key) for key in FIELDS]


def test_some_orders_are_paid_with_points_of_more_than_one_room():
    found = [want for seed in range(12) for *_, want in orders(seed)]
    assert len(found) > 20
    assert sum(want.points_used > 0 for want in found) > 5
