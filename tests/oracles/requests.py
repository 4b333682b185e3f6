"""Asking for rooms: holds with a deadline, bookings at once, and taking over one's own hold.

What is tested, in this order: the shape of the request; its key (the same request again gets the same answer, a
different one is refused); the names; the nights on sale; then everything else, the lowest code over all nights; and
last whether the store has a slot left. A refusal that due holds may have caused first ends them and asks again.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracles.controls import Controls
from tests.oracles.holds import SOLD_STATES, Hold
from tests.oracles.outcomes import SWEEPS_THE_HOTEL, SWEEPS_THE_STORE, Answer, Fault, InputMistake, worst
from tests.oracles.stay import Stay

TTL_MS_DEFAULT = 15 * 60 * 1000
TTL_MS_MAX = 30 * 24 * 3600 * 1000


class Requests(Controls):
    """Everything that begins a hold or a booking."""

    def hold(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int | None = None,
        rooms: int = 1,
        ttl_ms: int = TTL_MS_DEFAULT,
        key: str | None = None,
        guest: str | None = None,
        *,
        replace: int | None = None,
        **asked: Any,
    ) -> Answer:
        """Take rooms on all nights of a stay until a deadline, or nothing at all.

        `replace`: an open hold that is given up for this one, if and only if this one is granted. `asked`:
        departure, guests, plan, tier, channel, block, reference, value_minor, nights_minor, coupon,
        coupon_units, points, points_units.
        """
        stay = self._read(hotel_id, room_type_id, arrival, nights, rooms=rooms, guest=guest, **asked)
        if not 1 <= ttl_ms <= TTL_MS_MAX:
            stay = None
        return self._ask(stay, "held", ttl_ms, key, replace)

    def book(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int | None = None,
        rooms: int = 1,
        key: str | None = None,
        guest: str | None = None,
        *,
        replace: int | None = None,
        **asked: Any,
    ) -> Answer:
        """A booking at once; no hold is open in between."""
        stay = self._read(hotel_id, room_type_id, arrival, nights, rooms=rooms, guest=guest, **asked)
        return self._ask(stay, "booked", 0, key, replace)

    def _read(self, *args: Any, **asked: Any) -> Stay | None:
        """The stay of a request, None where its shape is wrong."""
        try:
            stay = self.stay_of(*args, **asked)
        except InputMistake:
            return None
        return stay if stay.is_well_formed() else None

    def _ask(self, stay: Stay | None, state: str, ttl_ms: int, key: str | None, replace: int | None) -> Answer:
        self._forget_old()
        if stay is None:
            return Answer("INVALID")
        request = (state, stay, ttl_ms, replace)
        if key is not None and key in self.keys:
            first = self.holds[self.keys[key]]
            return Answer("EXISTS", first.hold_id) if first.request == request else Answer("KEY_REUSED")
        misplaced = self._misplaced(stay)
        if misplaced:
            return worst(misplaced)
        unknown = self._irreplaceable(replace) + self._unknown_block(stay)
        if unknown:
            return worst(unknown)
        old = None if replace is None else self.holds[replace]
        refusal = self._refused(stay, without=old, opens=state == "held")
        if refusal.outcome != "OK":
            return refusal
        if len(self.holds) >= self.slots:
            return Answer("BUSY")

        # From here on it must succeed.
        begun = self._begin(stay, state, self.now_ms + ttl_ms, request, key)
        if old is not None:  # once the new one has what it needs
            self._change(old, "released")
        begun.linked_to = replace
        self._record("replace" if old else {"held": "hold", "booked": "book"}[state], begun)
        return Answer("OK", begun.hold_id)

    def _irreplaceable(self, hold_id: int | None) -> list[Fault]:
        """Why a hold cannot be given up for another: only an open one can."""
        if hold_id is None:
            return []
        old = self._touch(hold_id)
        if old is None:
            return [("NOT_FOUND", None)]
        if old.state in SOLD_STATES:
            return [("ALREADY_CONFIRMED", None)]
        ended = {"released": "ALREADY_RELEASED", "cancelled": "ALREADY_CANCELLED", "expired": "EXPIRED"}
        return [] if old.state == "held" else [(ended[old.state], None)]

    def _refused(self, stay: Stay, without: Hold | None = None, **how: bool) -> Answer:
        """Why a stay cannot be had once what is due has ended, as if the rooms of one hold were back."""
        while True:
            with self._without(without):
                answer = worst(self._faults(stay, **how))
            swept: list[int] = []
            if answer.outcome in SWEEPS_THE_HOTEL:
                swept = self._sweep(stay.hotel_id)
            elif answer.outcome in SWEEPS_THE_STORE:
                swept = self._sweep(None)
            if not swept:
                return answer
