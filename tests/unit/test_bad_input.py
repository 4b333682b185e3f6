"""Values of the wrong kind at every argument of every public method: the library's own errors, and nothing changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from nightgrid import Catalog, ManualClock
from nightgrid.engine import Engine
from nightgrid.errors import NightgridError

BAD = [
    None, True, -1, 2**31, 2**63, 10**30, 2.5, math.nan, "", "x", "ä" * 200, "\ud800", b"a", [], {"a": 1}, object(),
    np.array([1, 2]), np.array(5), date(9999, 12, 31), datetime(2027, 1, 5, 3), datetime(2027, 1, 5, 3, tzinfo=UTC),
    "2027-02-29", "2027-1-5", "2030-01-01", timedelta(1), pl.Series([1]), pl.DataFrame(),
]  # fmt: skip
HERE = "?"  # where the bad value stands
STAY = ("a", "k", "2027-01-10", 2)
LINE = {"hotel_id": "a", "room_type_id": "k", "arrival": "2027-01-10", "nights": 1}
ROW = {"hotel_id": ["a"], "room_type_id": ["k"]}
NIGHTS = "hotel_id room_type_id night first_night last_night weekdays wrong"
WHO = "guest guests plan tier channel block reference value_minor nights_minor coupon points"
KWARGS = {  # the arguments of a method, and the call that each of them is put into
    "hold": (STAY, f"ttl_seconds rooms key {WHO} replace"),
    "book": (STAY, f"rooms key {WHO} coupon_units points_units"),
    "confirm": (("HOLD",), "rooms rebook value_minor nights_minor"),
    "confirm_cart": ((1,), "rebook value_minor nights_minor"),
    "cancel": (("BOOKING",), "refund"),
    "no_show": (("BOOKING",), "release_from"),
    "amend": (("BOOKING",), "room_type_id arrival nights departure rooms plan value_minor nights_minor"),
    "hold_cart": (([LINE],), "ttl_seconds key guest reference channel tier coupon coupon_units points points_units"),
    "hold_many": (({**ROW, "arrival": ["2027-01-10"], "nights": [1]},), "all_or_nothing"),
    "find": ((), "guest reference hotel_id arrival night state cart_id channel"),
    "availability": (("a",), "first last tier channel plan"),
    "largest_free_run": ((), "hotel_id rooms"),
    "gap_nights": ((2,), "hotel_id rooms"),
    "availability_calendar": (("a", 2), "rooms tier channel plan"),
    "set_capacity": (({**ROW, "capacity": [5]},), "allow_oversold"),
    "create_block": (("N", "a", "k", 1), "first_night last_night release_at release_days elastic channel"),
    "set_block_units": (("W", 1), "first_night last_night"),
    "set_counter": (("C", 5), "used"),
    "rename_hotel": (("a",), "name new_id"),
    "rename_room_type": (("a", "k"), "name new_id"),
    "rename_plan": (("a", "k", "flex"), "name new_id"),
    "roll": ((), "to"),
    "metrics_text": ((), "prefix"),
}  # fmt: skip
POSITIONS = {  # calls, each of whose arguments is replaced in turn
    "hold": STAY, "book": STAY, "confirm": ("HOLD",), "release": ("HOLD",), "cancel": ("BOOKING",), "get": ("HOLD",),
    "check_in": ("BOOKING",), "check_out": ("BOOKING",), "extend": ("HOLD", 60),
    "depart_early": ("BOOKING", "2027-01-04"), "amend": ("HOLD",), "confirm_many": (["HOLD"],),
    "extend_many": (["HOLD"], 60), "confirm_cart": (1,), "release_cart": (1,),
    "expired_since": (0,), "changes_since": (0,), "records": (0,), "walked": ("a", "2027-01-10"),
    "availability": ("a",),
    "house_fill": ("a",), "matrix": ("free",), "availability_calendar": ("a", 2), "gap_nights": (2,), "caps": ("a",),
    "blocks": ("a",), "restrictions": ("a", "2027-01-10", "2027-01-12"), "last_room_plans": ("a",),
    "restrict": ({}, "delta"), "close_hotel": ("a",), "close_room_type": ("a", "k"), "close_plan": ("a", "k", "flex"),
    "set_last_room_plans": ("a", ["flex"]), "create_block": ("N", "a", "k", 1), "set_block_units": ("W", 1),
    "release_block": ("W",), "set_counter": ("C", 5), "set_open_holds_max": ("web", 5), "roll": ("2027-01-01",),
    "hold_many": ({},), "hold_cart": ([],), "set_caps": ({},), "add_plans": ({},), "add_hotels": ({}, {}),
}  # fmt: skip
FRAMES = {  # frames, each of whose columns is replaced in turn
    "hold_many": (
        {**ROW, "arrival": ["2027-01-10"], "nights": [1]},
        f"hotel_id arrival nights ttl_seconds rooms key {WHO} coupon_units points_units replace",
    ),
    "set_caps": ({**ROW, "rooms": [3]}, f"{NIGHTS} channel plan kind rooms"),
    "set_house_cap": ({"hotel_id": ["a"], "rooms": [3]}, f"{NIGHTS} rooms"),
    "set_protection": ({**ROW, "tier": ["public"], "rooms": [1]}, f"{NIGHTS} tier rooms"),
    "set_hurdles": ({**ROW, "hurdle_minor": [1]}, f"{NIGHTS} hurdle_minor delta_minor ceiling_steps floor_minor"),
    "set_capacity": ({**ROW, "physical": [5]}, f"{NIGHTS} physical out_of_order sell_limit capacity row_index"),
    "set_sold_elsewhere": ({**ROW, "rooms": [1]}, f"{NIGHTS} rooms row_index"),
    "restrict": (
        {**ROW, "closed": [True]},
        f"{NIGHTS} plan closed min_stay_arrival full_pattern arrival_weekdays max_advance_days row_index",
    ),
    "add_plans": ({**ROW, "plan_id": ["new"], "base_minor": [100]}, "hotel_id room_type_id plan_id base_minor name"),
}


CATALOG = Catalog.from_frames(
    {"hotel_id": ["a", "b"], "currency": ["CNY", "EUR"], "time_zone": ["Asia/Shanghai", "Europe/Rome"]},
    {"hotel_id": ["a", "b"], "room_type_id": ["k", "k"], "capacity": [4, 3]},
    {"hotel_id": ["a", "b"], "room_type_id": ["k"] * 2, "plan_id": ["flex"] * 2, "base_minor": [100] * 2},
)


class World:
    """A small store with one of everything, and what can be seen of it."""

    def __init__(self) -> None:
        names: dict[str, Any] = {"tiers": ["public", "gold"], "channels": ["web"]}
        names |= {"slots": 50, "controls": 20, "spare_products": 3}
        clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
        self.engine = engine = Engine.in_memory(CATALOG, "2027-01-01", 30, clock=clock, **names)
        engine.set_counter("C", 100)
        engine.create_block("W", "b", "k", 1, first_night="2027-01-10", last_night="2027-01-12")
        self.ids = {"HOLD": engine.hold(*STAY).id, "BOOKING": engine.book("a", "k", "2027-01-03", 3, rooms=2).id}

    def seen(self) -> list[Any]:
        """Everything that a call could have changed."""
        engine = self.engine
        frames = [engine.caps(), engine.house_caps(), engine.protection(), engine.hurdles(), engine.blocks()]
        frames += [engine.counters(), engine.open_holds(), engine.closed()]
        frames += map(engine.restrictions, engine.catalog.hotel_ids)
        counts = [engine.matrix(name).tolist() for name in ("held", "sold", "sold_elsewhere")]
        return [self.glance(), counts, engine.catalog.hotel_name, *(frame.rows() for frame in frames)]

    def glance(self) -> list[Any]:
        """What most calls could have changed, at little cost."""
        engine = self.engine
        ids = (engine.catalog.hotel_ids, engine.catalog.room_type_ids, engine.catalog.plan_ids)
        return [engine.matrix("free").tolist(), engine.matrix("capacity").tolist(), engine.lsn, engine.first_night, ids]

    def put(self, given: Any, bad: Any) -> Any:
        """Arguments with the bad value and the ids in their places."""
        if isinstance(given, str):
            return bad if given == HERE else self.ids.get(given, given)
        if isinstance(given, tuple | list):
            return type(given)(self.put(each, bad) for each in given)
        return {name: self.put(value, bad) for name, value in given.items()} if isinstance(given, dict) else given

    def say(self, verb: str, arguments: Any, keywords: dict[str, Any], bad: Any) -> str | None:
        """What the library answers to a call: the message of its error, None if it does what is asked."""
        asked = (self.put(arguments, bad), self.put(keywords, bad))
        try:
            getattr(self.engine, verb)(*asked[0], **asked[1])
        except NightgridError as error:
            return str(error)
        except Exception as error:
            raise AssertionError(f"{verb} {asked} raised {error!r}") from error
        return None


def calls() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every call with a place for a bad value: (method, arguments, keywords)."""
    for verb, (arguments, names) in KWARGS.items():
        span = {"first_night": "2027-01-10", "last_night": "2027-01-11"} if verb == "create_block" else {}
        yield from ((verb, arguments, {**span, name: HERE}) for name in names.split())
    for verb, arguments in POSITIONS.items():
        span = {"first_night": "2027-01-10", "last_night": "2027-01-11"} if verb == "create_block" else {}
        for place in range(len(arguments)):
            yield verb, (*arguments[:place], HERE, *arguments[place + 1 :]), span
    for verb, (frame, columns) in FRAMES.items():
        yield from ((verb, ({**frame, name: [HERE]},), {}) for name in columns.split())
    for name in (*LINE, "departure", "rooms", "plan", "guests", "value_minor", "block", "wrong"):
        yield "hold_cart", ([LINE, {**LINE, name: HERE}],), {}


BY_VERB: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
for _verb, _arguments, _keywords in calls():
    BY_VERB.setdefault(_verb, []).append((_arguments, _keywords))


@pytest.mark.parametrize("verb", sorted(BY_VERB))
def test_a_bad_value_is_named_and_changes_nothing(verb: str) -> None:
    world = World()
    before, glance = world.seen(), world.glance()
    refused = 0
    for arguments, keywords in BY_VERB[verb]:
        for bad in BAD:
            said = world.say(verb, arguments, keywords, bad)
            if said is None:  # accepted: it means something after all
                assert world.engine.check() == [], (arguments, keywords, bad)
                world = World()
                continue
            refused += 1
            assert len(said) > 20, (arguments, keywords, bad)
            assert world.glance() == glance, (arguments, keywords, bad)
        assert world.seen() == before, (arguments, keywords)
    assert refused > len(BAD) / 4
