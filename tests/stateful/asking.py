"""Steps that ask for rooms: holds, bookings at once, many in one frame, carts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.stateful.steps import Dice, step
from tests.stateful.world import BLOCKS, CHANNELS, COUPONS, GUESTS, MET, NIGHTS, PLANS, ROWS, TIERS, Base

KEYS = (None, None, None, "k1", "k2", "k3")
#: What no request should say, one at a time.
ODD = ({"nights": 0}, {"rooms": 0}, {"nights": NIGHTS + 1}, {"nights": 366}, {"rooms": 10_001}, {"rooms": 4})
UNKNOWN = ({"hotel_id": "Z"}, {"room_type_id": "none"}, {"plan": "none"}, {"coupon": "none"}, {"tier": "none"},
           {"channel": "none"}, {"block": "none"})  # fmt: skip


class Asking(Base):
    """Requests for rooms."""

    def new_request(self, dice: Dice) -> dict[str, Any]:
        """Mostly sensible; few keys and guests, so that they come again."""
        row = dice.pick(ROWS)
        request: dict[str, Any] = {"hotel_id": row[0], "room_type_id": row[1], "arrival": self.night(dice)}
        request |= {"nights": dice.pick((1, 1, 1, 2, 2, 3)), "rooms": dice.pick((1, 1, 1, 2))}
        request |= {"ttl_ms": dice.pick((900_000, 60_000, 1_000)), "key": dice.pick(KEYS), "guest": dice.pick(GUESTS)}
        request |= self.new_line(dice, row)
        if dice.one_in(3):
            request["tier"] = dice.pick(TIERS)
        if dice.one_in(3):
            request["channel"] = dice.pick(CHANNELS)
        if dice.one_in(5):
            request |= {"coupon": dice.pick(COUPONS), "coupon_units": dice.pick((1, 1, 2))}
        if dice.one_in(8):
            request["reference"] = dice.pick(("R1", "R2"))
        if dice.one_in(20):
            request["arrival"] += timedelta(days=dice.pick((-NIGHTS, NIGHTS)))
        return {**request, **dice.pick(ODD)} if dice.one_in(20) else request

    def new_line(self, dice: Dice, row: tuple[str, str]) -> dict[str, Any]:
        """What a line of a cart may name too."""
        line: dict[str, Any] = {}
        if dice.one_in(3):
            line["plan"] = dice.pick(PLANS[row])
        if dice.one_in(2):
            line["value_minor"] = dice.pick((100, 250, 1_000, 0))
        if dice.one_in(6):
            line["guests"] = dice.pick((2, 1, 3))
        if self.oracle.blocks and dice.one_in(4):
            line["block"] = dice.pick([name for name in BLOCKS if name in self.oracle.blocks])
        return line

    def request(self, dice: Dice) -> dict[str, Any]:
        """A new request, or an earlier one again, as it was or with another guest."""
        if self.asked and dice.one_in(6):
            return {**dice.pick(self.asked[-4:]), **dice.pick(({}, {"guest": "Wu"}))}
        self.asked.append(self.new_request(dice))
        return self.asked[-1]

    @step(8)
    def hold(self, dice: Dice) -> None:
        request = self.request(dice)
        self.compare(self.oracle.hold(**request), dice.pick(self.faces).hold(**request))

    @step(3)
    def hold_plainly(self, dice: Dice) -> None:
        """A request with nothing odd about it, so that there is always something to resolve."""
        stay = (*dice.pick(ROWS), self.night(dice), dice.pick((1, 2)))
        ttl_ms = dice.pick((900_000, 30_000))
        self.compare(self.oracle.hold(*stay, ttl_ms=ttl_ms), dice.pick(self.faces).hold(*stay, ttl_ms=ttl_ms))

    @step(3)
    def book(self, dice: Dice) -> None:
        request = {name: value for name, value in self.request(dice).items() if name != "ttl_ms"}
        self.compare(self.oracle.book(**request), self.faces[0].book(**request))

    @step(3)
    def take_over(self, dice: Dice) -> None:
        """A guest gives up his own hold for another one."""
        ours, theirs = self.pick(dice)
        request = self.request(dice)
        wanted = self.oracle.hold(**request, replace=ours)
        self.compare(wanted, self.faces[0].hold(**request, replace=theirs))
        MET[f"replace {wanted.outcome}"] += 1

    @step(0.5)
    def ask_for_what_is_not_there(self, dice: Dice) -> None:
        request = {**self.new_request(dice), "key": None, "nights": 1, "rooms": 1, **dice.pick(UNKNOWN)}
        self.compare(self.oracle.hold(**request), dice.pick(self.faces).hold(**request))

    @step(2)
    def hold_many(self, dice: Dice) -> None:
        lines = [self.request(dice) for _ in range(dice.pick((1, 2, 3, 4)))]
        wanted = [self.oracle.hold(**line) for line in lines]
        for one, other in zip(wanted, self.faces[1].hold_lines(lines), strict=True):
            self.compare(one, other)

    @step(1.5)
    def hold_all_or_nothing(self, dice: Dice) -> None:
        lines = [self.request(dice) for _ in range(dice.pick((2, 1, 3)))]
        wanted = self.oracle.hold_many(lines, all_or_nothing=True)
        got = self.faces[1].hold_lines(lines, all_or_nothing=True)
        MET[f"all or nothing {wanted[0] and wanted[0].outcome}"] += 1
        if wanted[0] is not None and wanted[0].outcome == "INVALID":
            assert got[0].outcome == "INVALID"
            return
        assert [one and (one.outcome, one.night) for one in got] == [one and (one.outcome, one.night) for one in wanted]
        if wanted[0] is not None and wanted[0].outcome == "OK":
            for one, other in zip(wanted, got, strict=True):
                self.note(one.hold_id, other.hold_id)
            self.carts.append(self.granted[-len(lines)])

    @step(4)
    def hold_cart(self, dice: Dice) -> None:
        again = self.carts_asked and dice.one_in(5)  # the caller did not hear the answer
        request = dice.pick(self.carts_asked[-3:]) if again else self.new_cart(dice)
        self.carts_asked.append(request)
        lines, shared = request["lines"], {name: value for name, value in request.items() if name != "lines"}
        self.compare_carts(self.oracle.hold_cart(lines, **shared), self.faces[0].hold_cart(lines, **shared))

    def new_cart(self, dice: Dice) -> dict[str, Any]:
        lines = []
        for row in dice.some(ROWS, 3):
            line = {"hotel_id": row[0], "room_type_id": row[1], "arrival": self.night(dice)}
            line |= {"nights": dice.pick((1, 1, 2)), "rooms": dice.pick((1, 1, 2)), **self.new_line(dice, row)}
            lines.append({**line, **dice.pick(ODD)} if dice.one_in(25) else line)
        shared: dict[str, Any] = {"ttl_ms": dice.pick((900_000, 1_000)), "key": dice.pick(KEYS)}
        shared |= {"guest": dice.pick(GUESTS), "tier": dice.pick((None, *TIERS))}
        if dice.one_in(3):
            shared["channel"] = dice.pick(CHANNELS)
        if dice.one_in(4):
            shared |= {"coupon": dice.pick(COUPONS), "coupon_units": dice.pick((1, 2))}
        return {"lines": lines, **shared}
