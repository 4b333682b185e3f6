"""Steps that only look: one hold, many, nights, searches; and the ring played again by the oracle of records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.agreement.compare import search_differences
from tests.oracles.questions import HoldView
from tests.oracles.records import matrices
from tests.oracles.search import Request
from tests.stateful.steps import Dice, step
from tests.stateful.world import BOOK, CHAIN, CHANNELS, HOTELS, MET, NIGHTS, PLANS, ROWS, TIERS, Base

STATES = ("held", "booked", "checked_in", "checked_out", "no_show", "released", "expired", "cancelled")


class Looking(Base):
    """Questions. Where the oracle ends what is due before it answers, the engine is asked to do so too."""

    @step(3)
    def get(self, dice: Dice) -> None:
        ours, theirs = self.pick(dice)
        wanted = self.oracle.get(ours)
        MET[f"get {wanted}"] += 1
        assert self.faces[0].get(theirs) == wanted
        if wanted is not None:
            self.compare_views(ours, theirs, wanted)

    def compare_views(self, ours: int, theirs: int, state: str) -> None:
        """Everything about a hold as it stands; a due one reads expired and has not ended yet."""
        hold = self.oracle.holds[ours]
        known: dict[str, Any] = {**vars(hold.stay), **vars(hold), "state": state}
        wanted = HoldView(**{name: known[name] for name in HoldView.__dataclass_fields__})
        got = self.faces[0].view(theirs)
        ids = {"hold_id": theirs, "cart_id": self.engine_id(wanted.cart_id)}
        assert got == replace(wanted, **ids, linked_to=self.engine_id(wanted.linked_to))

    def end_what_is_due(self) -> None:
        self.oracle.expire()
        self.faces[0].expire()

    @step(1)
    def find(self, dice: Dice) -> None:
        self.end_what_is_due()
        filters: dict[str, Any] = {
            "hotel_id": dice.pick(HOTELS), "guest": dice.pick(("Li", "Wang")), "reference": "R1",
            "channel": dice.pick(CHANNELS), "state": dice.pick(STATES), "night": self.night(dice),
            "arrival": self.night(dice),
        }  # fmt: skip
        asked = {name: filters[name] for name in dice.some(tuple(filters), 2)}
        if self.carts and dice.one_in(4):
            cart = dice.pick(self.carts[-3:])
            wanted = self.oracle.find(**asked, cart_id=cart[0])
            got = self.faces[0].find(**asked, cart_id=cart[1])
        else:
            wanted, got = self.oracle.find(**asked), self.faces[0].find(**asked)
        MET["found"] += bool(wanted)
        assert got == [self.engine_id(ours) for ours in wanted], asked

    @step(1)
    def availability(self, dice: Dice) -> None:
        row = dice.pick(ROWS)
        assert self.faces[0].availability(row) == self.oracle.availability(row)
        who = {"tier": dice.pick(TIERS), "channel": dice.pick((None, *CHANNELS))}
        if dice.one_in(2):
            who["plan"] = dice.pick(PLANS[row])
        who = {name: value for name, value in who.items() if value is not None}
        assert self.faces[0].availability(row, **who) == self.oracle.availability(row, **who), who

    @step(2)
    def search(self, dice: Dice) -> None:
        arrival = self.night(dice)
        nights = min(dice.pick((1, 1, 2, 3)), NIGHTS - (arrival - self.oracle.window[0]).days)
        who = {"tier": dice.pick(TIERS), "channel": dice.pick((None, *CHANNELS))}
        request = Request(arrival, nights, rooms=dice.pick((1, 1, 2)), top=dice.pick((1, None)), **who)
        assert search_differences(self.engine, CHAIN, self.oracle, BOOK, request) == []

    @step(0.5)
    def short_of_rooms(self, dice: Dice) -> None:
        self.end_what_is_due()
        assert self.faces[0].short_cells() == self.oracle.short_cells()
        hotel_id, night = dice.pick(HOTELS), self.night(dice)
        wanted = self.oracle.walked(hotel_id, night)
        MET["walked"] += bool(wanted)
        assert self.faces[0].walked(hotel_id, night) == [self.engine_id(ours) for ours in wanted]

    @step(0.5)
    def play_the_records_again(self, dice: Dice) -> None:
        """What the ring says is held and sold is what the counters say."""
        window = self.oracle.window
        played = matrices(self.faces[0].records(), ROWS, window[0].toordinal(), NIGHTS)
        assert played["held"] == [self.oracle.counts("held", row) for row in ROWS]
        elsewhere = [[cell.sold_elsewhere for cell in self.oracle.cells[row].values()] for row in ROWS]
        sold = [self.oracle.counts("sold", row) for row in ROWS]
        for ours, theirs, others in zip(sold, played["sold"], elsewhere, strict=True):
            assert [count + other for count, other in zip(theirs, others, strict=True)] == ours

    @step(1)
    def check(self, dice: Dice) -> None:
        assert self.faces[0].check() == self.oracle.check() == []
