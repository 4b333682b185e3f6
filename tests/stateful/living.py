"""Steps in the life of a hold: confirmed, extended, changed, ended; the guest comes and goes; carts as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.oracles.grid import CODES
from tests.oracles.outcomes import Answer
from tests.stateful.steps import Dice, step
from tests.stateful.world import MET, PLANS, ROWS, Base

ENDINGS = ("confirm", "confirm", "release", "cancel")
VISITS = ("check_in", "check_in", "check_out", "no_show")


class Living(Base):
    """Verbs of one hold, of many and of a cart."""

    def resolve_one(self, verb: str, dice: Dice, **arguments: Any) -> None:
        ours, theirs = self.pick(dice)
        wanted = getattr(self.oracle, verb)(ours, **arguments)
        MET[wanted] += 1
        MET[f"{verb} {wanted}"] += 1
        assert getattr(dice.pick(self.faces), verb)(theirs, **arguments) == wanted

    @step(7)
    def resolve(self, dice: Dice) -> None:
        self.resolve_one(dice.pick(ENDINGS), dice)

    @step(1)
    def cancel_with_refund(self, dice: Dice) -> None:
        self.resolve_one("cancel", dice, refund=True)

    @step(1.5)
    def confirm_a_part(self, dice: Dice) -> None:
        self.resolve_one("confirm", dice, rooms=dice.pick((1, 2, 3)))

    @step(2)
    def extend(self, dice: Dice) -> None:
        ours, theirs = self.pick(dice)
        ttl_ms = dice.pick((60_000, 1_000, 900_000, 31 * 24 * 3_600_000))
        wanted = self.oracle.extend(ours, ttl_ms)
        MET[f"extend {wanted}"] += 1
        assert self.faces[0].extend(theirs, ttl_ms) == wanted

    @step(3)
    def visit(self, dice: Dice) -> None:
        self.resolve_one(dice.pick(VISITS), dice)

    @step(1)
    def no_show_from(self, dice: Dice) -> None:
        self.resolve_one("no_show", dice, release_from=self.night(dice))

    @step(1)
    def depart_early(self, dice: Dice) -> None:
        self.resolve_one("depart_early", dice, departure=self.night(dice) + timedelta(days=dice.pick((0, 1))))

    @step(2)
    def rebook(self, dice: Dice) -> None:
        ours, theirs = self.pick(dice)
        rooms = dice.pick((None, None, 1, 2))
        wanted = self.oracle.confirm(ours, rooms, rebook=True)
        got = self.faces[0].confirm(theirs, rooms, rebook=True)
        assert isinstance(wanted, Answer)
        MET[f"rebook {wanted.outcome}"] += 1
        if wanted.outcome == "OK" and wanted.hold_id == ours:
            assert got == Answer("OK", theirs)
        else:
            self.compare(wanted, got)

    @step(4)
    def amend(self, dice: Dice) -> None:
        ours, theirs = self.pick(dice)
        changes: dict[str, Any] = {}
        if dice.one_in(2):
            changes["arrival"] = self.night(dice)
        if dice.one_in(3):
            changes["departure"] = self.night(dice) + timedelta(days=1)
        elif dice.one_in(2):
            changes["nights"] = dice.pick((1, 2, 3))
        if dice.one_in(4):
            changes["rooms"] = dice.pick((1, 2, 3))
        if dice.one_in(5):
            changes["room_type_id"] = dice.pick(ROWS)[1]
        if dice.one_in(6):
            changes["plan"] = dice.pick(PLANS[dice.pick(ROWS)])
        if dice.one_in(4):
            changes["value_minor"] = dice.pick((0, 100, 1_000))
        wanted = self.oracle.amend(ours, **changes)
        got = self.faces[0].amend(theirs, **changes)
        MET[f"amend {wanted.outcome}"] += 1
        assert (got.outcome, got.night) == (wanted.outcome, wanted.night), changes

    @step(2)
    def resolve_many(self, dice: Dice) -> None:
        verb = dice.pick((*ENDINGS, *VISITS))
        picked = [self.pick(dice) for _ in range(dice.pick((2, 3, 4)))]
        wanted = [getattr(self.oracle, verb)(ours) for ours, _ in picked]
        frame = getattr(self.engine, f"{verb}_many")([theirs for _, theirs in picked])
        assert frame["outcome"].to_list() == [CODES[outcome] for outcome in wanted]

    @step(3)
    def resolve_cart(self, dice: Dice) -> None:
        verb = dice.pick(("confirm_cart", "release_cart"))
        ours, theirs = dice.pick(self.carts[-3:]) if self.carts and not dice.one_in(8) else self.pick(dice)
        wanted = getattr(self.oracle, verb)(ours)
        MET[f"{verb} {wanted}"] += 1
        assert getattr(self.faces[0], verb)(theirs) == wanted

    @step(6)
    def wait(self, dice: Dice) -> None:
        ms = dice.pick((1, 1, 999, 1_000, 29_999, 30_000, 30_000, 59_999, 60_000, 900_000))
        self.oracle.wait(ms)
        self.faces[0].wait(ms)

    @step(0.6)
    def wait_long(self, dice: Dice) -> None:
        ms = dice.pick((6, 6, 12, 24)) * 3_600_000
        self.oracle.wait(ms)
        self.faces[0].wait(ms)

    @step(1)
    def expire(self, dice: Dice) -> None:
        known = dict(self.granted)
        assert sorted(self.faces[0].expire()) == sorted(known[ours] for ours in self.oracle.expire())
