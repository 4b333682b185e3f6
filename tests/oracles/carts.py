"""Carts: several lines held all or nothing.

The lines are tested in their order, each as if those before it were taken already, so that what they want together
must be there. The first line that is refused names the outcome, and nothing is changed. A cart is known by the id of
its first line; each line is a hold of its own. A line that was booked again after it expired is that booking from then
on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.oracles.holds import Hold
from tests.oracles.lifecycle import Lifecycle
from tests.oracles.outcomes import Answer, CartAnswer, worst
from tests.oracles.requests import TTL_MS_DEFAULT, TTL_MS_MAX
from tests.oracles.stay import Stay

LINES_MAX = 512
HOTELS_MAX = 64
SUCCESSES = ("OK", "EXISTS")
COUNTED = ("coupon", "coupon_units"), ("points", "points_units")


class Carts(Lifecycle):
    """Lines that are held together, and confirmed or released together or one by one."""

    def hold_cart(
        self,
        lines: Sequence[Mapping[str, Any]],
        ttl_ms: int = TTL_MS_DEFAULT,
        key: str | None = None,
        **shared: Any,
    ) -> CartAnswer:
        """Hold all lines or none. A line names hotel_id, room_type_id, arrival, nights or departure, and may name
        rooms, plan, guests, value_minor, block. `shared`: guest, reference, channel, tier, coupon and points (once).
        """
        return self._hold_lines([{**line, **shared, "ttl_ms": ttl_ms} for line in lines], key)

    def hold_many(self, lines: Sequence[Mapping[str, Any]], all_or_nothing: bool = False) -> list[Answer | None]:
        """Hold the lines one after the other; all_or_nothing makes them one cart, with the key, the coupon and the
        points that the lines name, which may not be different ones; then the line that is refused has its outcome and
        the others have none.
        """
        if not all_or_nothing:
            return [self.hold(**line) for line in lines]
        keys = {line["key"] for line in lines if line.get("key") is not None}
        plain = [{name: value for name, value in line.items() if name != "key"} for line in lines]
        shared: dict[str, Any] = {}
        for what, units in COUNTED:
            said = {(line.pop(what), line.pop(units, 1)) for line in plain if line.get(what)}
            if len(said) > 1:
                return [Answer("INVALID")] * len(lines)
            shared |= {name: value for pair in said for name, value in zip((what, units), pair, strict=True)}
        if len(keys) > 1:
            return [Answer("INVALID")] * len(lines)
        plain[:1] = [line | shared for line in plain[:1]]
        answer = self._hold_lines(plain, keys.pop() if keys else None)
        if answer.outcome in SUCCESSES:
            return [Answer(answer.outcome, hold_id) for hold_id in answer.hold_ids]
        alone = {answer.line or 0: Answer(answer.outcome, night=answer.night)}
        return [alone.get(position) for position in range(len(lines))]

    def confirm_cart(
        self,
        cart_id: int,
        rebook: bool = False,
        value_minor: Sequence[int | None] | None = None,
        nights_minor: Sequence[Sequence[int] | None] | None = None,
    ) -> str | CartAnswer:
        """Book every line, or none where one cannot be; the outcome of the first that cannot. With `rebook`, where
        lines have expired, these are booked anew, worth what is said of each now, and the answer tells the ids of all
        lines.
        """
        before = self._lines_of(cart_id)
        count = len(before)
        said = [[None] * count if part is None else list(part) for part in (value_minor, nights_minor)]
        if before and any(len(part) != count for part in said):
            return CartAnswer("INVALID") if rebook else "INVALID"
        worth = list(zip(*said, strict=True)) if before else []
        for hold_id in before:
            self._touch(hold_id)
        if not all(self._may_be_worth(each, rebook, *pair) for each, pair in zip(before, worth, strict=True)):
            return CartAnswer("INVALID") if rebook else "INVALID"
        outcome = self._resolve_cart("confirm", cart_id)
        if not rebook:
            return outcome
        if outcome == "EXPIRED":
            return self._rebook_cart(cart_id, worth)
        lines = self._lines_of(cart_id)
        if outcome in SUCCESSES:
            return CartAnswer(outcome, cart_id, tuple(lines))
        replies = [self._open("confirm", hold_id)[1] for hold_id in lines]
        return CartAnswer(outcome, line=None if outcome == "NOT_FOUND" else replies.index(outcome))

    def release_cart(self, cart_id: int) -> str:
        """Release every line, or none where one cannot be; the outcome of the first that cannot."""
        return self._resolve_cart("release", cart_id)

    def extend_cart(self, cart_id: int, ttl_ms: int) -> str:
        """Another deadline for every line, or for none where one is not open any more."""
        return self._resolve_cart("extend", cart_id, ttl_ms) if 1 <= ttl_ms <= TTL_MS_MAX else "INVALID"

    def cancel_cart(self, cart_id: int, refund: bool = False) -> str:
        """Cancel the bookings of all lines, or none where one cannot be; the outcome of the first that cannot."""
        return self._resolve_cart("cancel", cart_id, refund)

    def _hold_lines(self, lines: Sequence[Mapping[str, Any]], key: str | None) -> CartAnswer:
        self._forget_old()
        if not 1 <= len(lines) <= LINES_MAX or len({line["hotel_id"] for line in lines}) > HOTELS_MAX:
            return CartAnswer("INVALID")
        asked: list[tuple[Stay, int]] = []
        for position, line in enumerate(lines):
            rest = dict(line)
            ttl_ms = rest.pop("ttl_ms", TTL_MS_DEFAULT)
            ids = (rest.pop("hotel_id"), rest.pop("room_type_id"), rest.pop("arrival"), rest.pop("nights", None))
            stay = self._read(*ids, **rest)
            if stay is None or not 1 <= ttl_ms <= TTL_MS_MAX:
                return CartAnswer("INVALID", line=position)
            asked.append((replace(stay, coupon=None, points=None) if position else stay, ttl_ms))
        request = ("cart", *asked)
        if key is not None and key in self.keys:
            first = self.holds[self.keys[key]]
            if first.request != request:
                return CartAnswer("KEY_REUSED")
            return CartAnswer("EXISTS", first.hold_id, self.carts[first.hold_id])

        begun = []
        slots_left = self.slots - len(self.holds)
        for position, (stay, ttl_ms) in enumerate(asked):
            unplaced = self._misplaced(stay) or self._unknown_block(stay)
            refusal = worst(unplaced) if unplaced else self._refused(stay)
            if refusal.outcome != "OK":
                self._undo(begun)
                return CartAnswer(refusal.outcome, line=position, night=refusal.night)
            begun.append(self._begin(stay, "held", self.now_ms + ttl_ms, request, None))
        if len(begun) > slots_left:
            self._undo(begun)
            return CartAnswer("BUSY", line=max(slots_left, 0))

        cart_id = begun[0].hold_id
        self.carts[cart_id] = tuple(hold.hold_id for hold in begun)
        if key is not None:
            begun[0].key = key
            self.keys[key] = cart_id
        for hold in begun:
            hold.cart_id = cart_id
            self._record("hold", hold, cart_lines=len(begun))
        return CartAnswer("OK", cart_id, self.carts[cart_id])

    def _lines_of(self, cart_id: int) -> list[int]:
        """The hold or booking of each line as it is now; none for a cart that is not known any more."""
        self._forget_old()
        known = [(hold_id, self.holds.get(hold_id)) for hold_id in self.carts.get(cart_id, ())]
        return [hold_id if hold is None else hold.rebooked_as or hold_id for hold_id, hold in known]

    def _rebook_cart(self, cart_id: int, worth: list[tuple[Any, Any]]) -> CartAnswer:
        """Expired lines are booked anew, with the rest of the cart as it is, if rooms are there for all of them."""
        lines = self._lines_of(cart_id)
        for position, hold_id in enumerate(lines):
            reply = self._open("confirm", hold_id)[1]
            if reply == "NOT_FOUND":  # a line that is forgotten
                return CartAnswer(reply)
            if reply not in ("EXPIRED", "EXISTS"):
                return CartAnswer("NOT_CONFIRMED" if reply == "OK" else reply, line=position)
        expired = {hold_id: self.holds[hold_id] for hold_id in lines if self.holds[hold_id].state == "expired"}
        begun: dict[int, Hold] = {}
        slots_left = self.slots - len(self.holds)
        for hold_id, old in expired.items():
            stay = self._worth_again(old.stay, *worth[lines.index(hold_id)])
            unplaced = self._misplaced(stay) or self._unknown_block(stay)
            refusal = worst(unplaced) if unplaced else self._refused(stay, restricted=False, opens=False)
            if refusal.outcome != "OK":
                self._undo(begun.values())
                return CartAnswer(refusal.outcome, line=lines.index(hold_id), night=refusal.night)
            begun[hold_id] = self._begin(stay, "booked", self.now_ms, ("rebooked", hold_id), None)
        if len(begun) > slots_left:
            self._undo(begun.values())
            return CartAnswer("BUSY", line=lines.index(list(begun)[max(slots_left, 0)]))
        for hold_id, hold in begun.items():
            hold.linked_to = hold_id
            expired[hold_id].rebooked_as = hold.hold_id
            self._record("book", hold)
        return CartAnswer("OK", cart_id, tuple(self._lines_of(cart_id)))

    def _resolve_cart(self, verb: str, cart_id: int, *arguments: Any) -> str:
        """Lines that were resolved the same way before do not stand in the way."""
        lines = self._lines_of(cart_id)
        if not lines:
            return "NOT_FOUND"
        replies = [self._open(verb, hold_id)[1] for hold_id in lines]
        refused = [reply for reply in replies if reply not in SUCCESSES]
        if refused:
            return refused[0]
        for hold_id, reply in zip(lines, replies, strict=True):
            if reply == "OK":
                getattr(self, verb)(hold_id, *arguments)
        return "OK" if "OK" in replies else "EXISTS"
