"""Every kind of selling control together, on the engine and on the oracle: the same answers, nights and counts."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests import selling_worlds as worlds
from tests.agreement.compare import examples
from tests.agreement.control_views import controls_agree
from tests.engines import EngineInventory, engine_of
from tests.oracles.inventory import Inventory
from tests.oracles.outcomes import Answer, CartAnswer
from tests.selling_worlds import BLOCKS, CHANNELS, COUPONS, FIRST_NIGHT, NIGHTS, NOW_MS, TIERS, WORLD, Step

ROWS = [(row["hotel_id"], row["room_type_id"]) for row in WORLD["room_types"]]


class Pair:
    """The engine and the oracle, side by side; `ids` pairs the holds that both granted, `carts` the carts."""

    def __init__(self) -> None:
        names = {"tiers": TIERS, "channels": CHANNELS}
        engine = engine_of(WORLD, FIRST_NIGHT, NIGHTS, NOW_MS, book=worlds.BOOK, **names)
        self.engine = EngineInventory(engine)
        tables = (WORLD["hotels"], WORLD["room_types"])
        self.oracle = Inventory(*tables, FIRST_NIGHT, NIGHTS, NOW_MS, products=WORLD["products"], **names)
        self.ids: list[tuple[int, int]] = []
        self.carts: list[tuple[int, int]] = []
        for coupon in COUPONS:
            self.both("set_counter", coupon, 3)

    def both(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """One call of each; a mistake is an answer too."""
        answers = []
        for side in (self.engine, self.oracle):
            try:
                answers.append(getattr(side, name)(*args, **kwargs))
            except (ValueError, KeyError) as error:
                answers.append(f"mistake {name}" if name != "hold" else repr(error))
        return answers[0], answers[1]

    # One step

    def step(self, step: Step) -> None:
        asked = dict(step)
        do = asked.pop("do")
        if asked.get("first", FIRST_NIGHT) < self.oracle.window[0] != FIRST_NIGHT:
            return  # nights that left the window
        if do in ("hold", "book"):
            self.ask(do, self.known(asked))
        elif do == "hold_cart":
            self.ask_for_all({**asked, "lines": [self.known(line) for line in asked["lines"]]})
        elif do == "look":
            self.look(asked)
        elif "index" in asked:
            self.change(do, asked)
        elif do == "wait":
            self.both("wait", asked["ms"])
        elif do in ("set_capacity", "set_sold_elsewhere"):
            self.both(do, asked["row"], asked["first"], asked["last"], asked["rooms"])
        elif do == "create_block":
            names = ("block_id", "hotel_id", "room_type_id", "units", "first", "last")
            self.agree(self.both(do, *(asked.pop(name) for name in names), **asked))
        elif do == "expire":
            self.both("expire")  # which of them expire by this call depends on who swept before; their states follow
            self.agree(([self.engine.get(mine) for mine, _ in self.ids], [self.oracle.get(o) for _, o in self.ids]))
        else:
            self.agree(self.both(do, **asked))

    def known(self, line: dict[str, Any]) -> dict[str, Any]:
        """A request without a block that nobody has made yet: the engine looks at all names before anything else. Most
        that name a block are for its room type.
        """
        block = self.oracle.blocks.get(line["block"])
        if block is None:
            return {**line, "block": None}
        hotel_id, room_type_id = block.row
        return {**line, "hotel_id": hotel_id, "room_type_id": room_type_id} if line["rooms"] < 3 else line

    def agree(self, answers: tuple[Any, Any]) -> None:
        assert answers[0] == answers[1]

    def ask(self, do: str, asked: dict[str, Any]) -> None:
        mine = others = dict(asked)
        if "replace" in asked:
            if not self.ids:
                return
            engine_id, oracle_id = self.ids[-1 - asked["replace"] % len(self.ids)]
            mine, others = {**asked, "replace": engine_id}, {**asked, "replace": oracle_id}
        got, wanted = getattr(self.engine, do)(**mine), getattr(self.oracle, do)(**others)
        assert (got.outcome, got.night) == (wanted.outcome, wanted.night)
        if wanted.outcome == "OK":
            self.ids.append((got.hold_id, wanted.hold_id))

    def ask_for_all(self, asked: dict[str, Any]) -> None:
        got, wanted = self.both("hold_cart", **asked)
        assert isinstance(got, CartAnswer)
        assert isinstance(wanted, CartAnswer)
        assert (got.outcome, got.line, got.night) == (wanted.outcome, wanted.line, wanted.night)
        if wanted.outcome == "OK":
            self.ids += zip(got.hold_ids, wanted.hold_ids, strict=True)
            self.carts.append((got.cart_id, wanted.cart_id))

    def change(self, do: str, asked: dict[str, Any]) -> None:
        known = self.carts if do.endswith("_cart") else self.ids
        if not known:
            return
        engine_id, oracle_id = known[-1 - asked.pop("index") % len(known)]
        if do == "rebook":
            do, asked = "confirm", {**asked, "rebook": True}
        got, wanted = getattr(self.engine, do)(engine_id, **asked), getattr(self.oracle, do)(oracle_id, **asked)
        if isinstance(wanted, Answer):
            assert (got.outcome, got.night) == (wanted.outcome, wanted.night)
            if wanted.outcome == "OK" and asked.get("rebook") and got.hold_id != engine_id:
                self.ids.append((got.hold_id, wanted.hold_id))
        else:
            assert got == wanted

    # What can be seen

    def look(self, asked: dict[str, Any]) -> None:
        """What is shown to a guest, and whether he can have it; see also `test_search_and_hold_agree`."""
        row = (asked["hotel_id"], asked["room_type_id"])
        who = {name: asked[name] for name in ("tier", "channel", "plan") if asked[name] is not None}
        self.agree(self.both("availability", row, **who))
        guest = {name: asked[name] for name in ("tier", "channel")}
        self.agree(self.both("availability_calendar", row[0], 2, asked.get("rooms", 1), **guest))
        self.agree(self.both("largest_free_run", row))
        self.agree(self.both("gap_nights", row, 1))

    def compare(self) -> None:
        """Every count, where no hold is due in the oracle. The engine may have swept one hotel where that was enough,
        and the oracle all; so it sweeps first.
        """
        if any(self.oracle._is_due(hold) for hold in self.oracle.holds.values()):
            return
        self.engine.expire()
        for row in ROWS:
            for what in ("free", "held", "sold", "blocked"):
                assert self.engine.counts(what, row) == self.oracle.counts(what, row), what
        for coupon in COUPONS:
            self.agree(self.both("counter_used", coupon))
        for channel in CHANNELS:
            self.agree(self.both("open_holds", channel))
        controls_agree(self.engine, self.oracle)
        assert set(self.oracle.blocks) <= set(BLOCKS)
        assert self.engine.check() == []


@given(worlds.days())
@examples(0.7)
def test_every_answer_and_every_count_is_the_oracle_s(steps: list[Step]) -> None:
    pair = Pair()
    for step in steps:
        pair.step(step)
        pair.compare()
    pair.both("expire")
    pair.compare()
