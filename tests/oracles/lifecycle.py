"""The life of a hold, which lives once.

    held -> booked -> checked in -> checked out        held -> released
                   -> no show                          held -> expired
                   -> cancelled

Every verb first looks at the id, then at the state, then at what it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tests.oracles.holds import Hold
from tests.oracles.outcomes import Answer, InputMistake, worst
from tests.oracles.requests import TTL_MS_MAX, Requests
from tests.oracles.stay import ROOMS_MAX, STAY_NIGHTS_MAX, Stay, value_of

ENDED = {"released": "ALREADY_RELEASED", "cancelled": "ALREADY_CANCELLED", "expired": "EXPIRED"}
ARRIVED = {
    "checked_in": "ALREADY_CHECKED_IN", "checked_out": "ALREADY_CHECKED_OUT", "no_show": "ALREADY_NO_SHOW",
}  # fmt: skip
SOLD = dict.fromkeys(("booked", "checked_in", "checked_out", "no_show"), "ALREADY_CONFIRMED")

#: What each verb says in the states in which it does nothing; in the others it acts.
REPLIES = {
    "extend": {**ENDED, **SOLD},
    "confirm": {**ENDED, **SOLD, "booked": "EXISTS"},
    "release": {**ENDED, **SOLD, "released": "EXISTS"},
    "cancel": {**ENDED, **ARRIVED, "held": "NOT_CONFIRMED", "cancelled": "EXISTS"},
    "check_in": {**ENDED, **ARRIVED, "held": "NOT_CONFIRMED", "checked_in": "EXISTS"},
    "check_out": {
        **ENDED, **ARRIVED, "held": "NOT_CONFIRMED", "booked": "NOT_CHECKED_IN", "checked_out": "EXISTS",
        "checked_in": None,
    },
    "depart_early": {**ENDED, **ARRIVED, "held": "NOT_CONFIRMED", "checked_in": None},
    "no_show": {**ENDED, **ARRIVED, "held": "NOT_CONFIRMED", "no_show": "EXISTS"},
    "amend": {**ENDED, **ARRIVED, "checked_in": None},
}  # fmt: skip


class Lifecycle(Requests):
    """What can be done with a hold or a booking. Single verbs answer with the outcome's name."""

    def extend(self, hold_id: int, ttl_ms: int) -> str:
        """Another deadline, counted from now."""
        if not 1 <= ttl_ms <= TTL_MS_MAX:
            return "INVALID"
        found, reply = self._open("extend", hold_id)
        if found is None:
            return reply
        found.deadline_ms = self.now_ms + ttl_ms
        self._record("extend", found)
        return "OK"

    def confirm(
        self,
        hold_id: int,
        rooms: int | None = None,
        rebook: bool = False,
        value_minor: int | None = None,
        nights_minor: Sequence[int] | None = None,
    ) -> str | Answer:
        """Turn a hold into a booking, before its deadline; with `rooms`, so many of its rooms, and the rest are
        given back. With `rebook` an expired hold is booked anew, and the answer tells the new id; then it is worth
        what is said now, or as a whole what was said when it was held.
        """
        found, reply = self._open("confirm", hold_id)
        if (rooms is not None and rooms < 1) or not self._may_be_worth(hold_id, rebook, value_minor, nights_minor):
            outcome = "INVALID"
        else:
            outcome = reply
            if rebook and outcome == "EXPIRED":
                return self._rebook(self.holds[hold_id], rooms, value_minor, nights_minor)
            if found is not None:
                outcome = self._confirm_found(found, rooms)
            elif outcome == "EXISTS" and rooms not in (None, self.holds[hold_id].rooms):
                outcome = "ALREADY_CONFIRMED"
        if rebook:
            return Answer(outcome, hold_id if outcome in ("OK", "EXISTS") else None)
        return outcome

    def release(self, hold_id: int) -> str:
        """Give a hold's rooms back before it became a booking."""
        found, reply = self._open("release", hold_id)
        if found is None:
            return reply
        self._change(found, "released")
        self._record("release", found)
        return "OK"

    def cancel(self, hold_id: int, refund: bool = False) -> str:
        """Give a booking's rooms back; with `refund` also what it used of quotas and counters."""
        found, reply = self._open("cancel", hold_id)
        if found is None:
            return reply
        self._change(found, "cancelled", refund=refund)
        self._record("cancel", found)
        return "OK"

    def check_in(self, hold_id: int) -> str:
        """The guest has come, on one of the dates of his stay."""
        found, reply = self._open("check_in", hold_id)
        if found is None:
            return reply
        if not found.arrival <= self.today(found.row[0]) < found.stay.departure:
            return "OUTSIDE_HORIZON"
        self._change(found, "checked_in")
        self._record("check_in", found)
        return "OK"

    def check_out(self, hold_id: int) -> str:
        """The guest has left; tonight and the nights after it are given back."""
        found, reply = self._open("check_out", hold_id)
        if found is None:
            return reply
        slept = max((self.today(found.row[0]) - found.arrival).days, 0)
        self._change(found, "checked_out", replace(found.stay, nights=min(slept, found.nights)))
        self._record("check_out", found)
        return "OK"

    def depart_early(self, hold_id: int, departure: date) -> str:
        """The guest will leave earlier than he booked; the nights from then on are given back."""
        found, reply = self._open("depart_early", hold_id)
        if found is None:
            return reply
        if not found.arrival < departure < found.stay.departure:
            return "INVALID"
        if departure < self.today(found.row[0]):
            return "OUTSIDE_HORIZON"
        self._change(found, stay=replace(found.stay, nights=(departure - found.arrival).days))
        self._record("depart", found)
        return "OK"

    def no_show(self, hold_id: int, release_from: date | None = None) -> str:
        """The guest did not come. His rooms stay sold, or those from a night on are given back."""
        found, reply = self._open("no_show", hold_id)
        if found is None:
            return reply
        stay = found.stay
        if release_from is not None:
            if not stay.arrival <= release_from < stay.departure:
                return "INVALID"
            stay = replace(stay, nights=(release_from - stay.arrival).days)
        self._change(found, "no_show", stay)
        self._record("no_show", found)
        return "OK"

    def amend(
        self,
        hold_id: int,
        *,
        arrival: date | None = None,
        nights: int | None = None,
        departure: date | None = None,
        **changes: Any,
    ) -> Answer:
        """Another stay under the same id, or the old one stays. `changes`: room_type_id, rooms, value_minor,
        nights_minor, plan; what is None stays, of values the sum. It is tested as if its own rooms were back. A guest
        in the house keeps his arrival, room type, plan and rooms, and restrictions are not tested for him.
        """
        asked = {name: value for name, value in changes.items() if value is not None}
        if set(changes) - {"room_type_id", "rooms", "value_minor", "nights_minor", "plan"}:
            raise TypeError(f"cannot amend {sorted(changes)}")
        twice = nights is not None and departure is not None
        numbers = (nights or 1, STAY_NIGHTS_MAX), (asked.get("rooms", 1), ROOMS_MAX)
        if twice or nights == 0 or any(not 1 <= n <= most for n, most in numbers) or asked.get("value_minor", 0) < 0:
            return Answer("INVALID")
        found, reply = self._open("amend", hold_id)
        if found is None:
            return Answer(reply)
        said = asked.pop("nights_minor", None)
        new = replace(_amended(found.stay, arrival, nights, departure, asked), nights_minor=None)
        try:
            value, each = value_of(new.nights, asked.get("value_minor"), said)
        except InputMistake:
            return Answer("INVALID")
        if said is not None:
            new = replace(new, value_minor=value, nights_minor=each)
        in_house = found.state == "checked_in"
        kept = [(stay.row, stay.arrival, stay.rooms, stay.plan) for stay in (found.stay, new)]
        if not new.is_well_formed() or (in_house and kept[0] != kept[1]):
            return Answer("INVALID")
        unplaced = self._misplaced(new, in_house) or self._unknown_block(new)
        if unplaced:
            return worst(unplaced)
        refusal = self._refused(new, found, restricted=not in_house, opens=found.state == "held")
        if refusal.outcome != "OK":
            return refusal
        self._change(found, stay=new)
        self._record("amend", found)
        return Answer("OK", hold_id)

    # Inside

    def _open(self, verb: str, hold_id: int) -> tuple[Hold | None, str]:
        """The hold that a verb may act on, or None and what is said instead. A due hold expires first."""
        found = self._touch(hold_id)
        if found is None:
            return None, "NOT_FOUND"
        reply = REPLIES[verb].get(found.state)
        return (found, "OK") if reply is None else (None, reply)

    def _confirm_found(self, found: Hold, rooms: int | None) -> str:
        if rooms is not None and rooms > found.rooms:
            return "INVALID"
        self._change(found, "booked", replace(found.stay, rooms=rooms or found.rooms))
        self._record("confirm", found)
        return "OK"

    def _may_be_worth(
        self, hold_id: int, rebook: bool, value_minor: int | None, nights_minor: Sequence[int] | None
    ) -> bool:
        """Values belong to what is booked again; one for each night of a hold that still can be."""
        if not rebook:
            return value_minor is None and nights_minor is None
        found = self.holds.get(hold_id)
        if value_minor is not None and value_minor < 0:
            return False
        if found is None or found.state not in ("held", "expired"):
            return True
        try:
            value_of(found.stay.nights, value_minor, nights_minor)
        except InputMistake:
            return False
        return True

    def _worth_again(self, stay: Stay, value_minor: int | None, nights_minor: Sequence[int] | None) -> Stay:
        """A stay that is booked again, worth what is said now, or as a whole what it was."""
        value, each = value_of(stay.nights, value_minor, nights_minor)
        if value_minor is None and nights_minor is None:
            value = stay.value_minor
        return replace(stay, value_minor=value, nights_minor=each)

    def _rebook(
        self, expired: Hold, rooms: int | None, value_minor: int | None, nights_minor: Sequence[int] | None
    ) -> Answer:
        """A new booking with the request of an expired hold, once, if the rooms are there; restrictions that came
        since do not matter.
        """
        if expired.rebooked_as is not None:
            booked = self.holds.get(expired.rebooked_as)
            if booked is not None and rooms not in (None, booked.rooms):
                return Answer("ALREADY_CONFIRMED")
            return Answer("EXISTS", expired.rebooked_as)
        if rooms is not None and rooms > expired.rooms:
            return Answer("INVALID")
        stay = self._worth_again(replace(expired.stay, rooms=rooms or expired.rooms), value_minor, nights_minor)
        unplaced = self._misplaced(stay) or self._unknown_block(stay)
        refusal = worst(unplaced) if unplaced else self._refused(stay, restricted=False, opens=False)
        if refusal.outcome != "OK":
            return refusal
        if len(self.holds) >= self.slots:
            return Answer("BUSY")
        begun = self._begin(stay, "booked", self.now_ms, ("rebooked", expired.hold_id), None)
        begun.linked_to = expired.hold_id
        expired.rebooked_as = begun.hold_id
        self._record("book", begun)
        return Answer("OK", begun.hold_id)


def _amended(stay: Stay, arrival: date | None, nights: int | None, departure: date | None, asked: Any) -> Stay:
    """The stay with what is asked for. A new arrival alone moves it, a new departure alone changes its length."""
    begin = arrival or stay.arrival
    length = nights or stay.nights
    if departure is not None:
        length = (departure - begin).days
    return replace(stay, arrival=begin, nights=length, **asked)
