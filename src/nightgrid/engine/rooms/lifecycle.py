"""What becomes of a hold: confirmed, released, extended, amended, checked in and out; and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.counts import plain_int
from nightgrid.engine.base import checked_lsn
from nightgrid.engine.edge.answers import HoldView, Ticket
from nightgrid.engine.edge.hold_views import views_of
from nightgrid.engine.edge.names import checked_flag
from nightgrid.engine.edge.quote_papers import AnyQuote
from nightgrid.engine.prices.requoting import bind
from nightgrid.engine.rooms.asked import rooms_of, ttl_ms_of, whole
from nightgrid.engine.rooms.batches import resolve_many
from nightgrid.engine.rooms.booking import BookingMixin
from nightgrid.engine.rooms.worth_again import check_unsaid, nights_again, worth_again
from nightgrid.errors import InputError, InputTypeError, Refused
from nightgrid.inventory.slots import HoldRecord
from nightgrid.limits import ROOMS_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import verdicts as v
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome


def _checked_id(hold_id: Any) -> int:
    if type(number := plain_int(hold_id)) is not int:
        raise InputTypeError(f"hold id is {hold_id!r}; give the `id` that hold() answered")
    return number


class LifecycleMixin(BookingMixin):
    """Verbs of holds and bookings. Each raises Refused with the reason where it does not apply."""

    def _resolve(self, hold_id: int, verb: int, name: str, argument: int = 0) -> Ticket:
        hold_id = _checked_id(hold_id)
        if not 0 < hold_id < 2**63:
            raise Refused(Outcome.NOT_FOUND, f"{name} {hold_id}: {Outcome.NOT_FOUND.sentence} (NOT_FOUND)")
        now_ms = self._now_ms()
        code, lsn = self._inventory.resolve(hold_id, verb, argument, now_ms)
        if code == 0:
            return Ticket(hold_id, lsn, Outcome.OK)
        outcome = Outcome(code)
        if not outcome.success:
            why = self._why_not(outcome, hold_id, verb, argument, now_ms)
            raise Refused(outcome, f"{name} {hold_id}: {why} ({outcome.name})")
        return Ticket(hold_id, lsn, outcome)

    def _why_not(self, outcome: Outcome, hold_id: int, verb: int, argument: int, now_ms: int) -> str:
        """Why a verb was refused, in a sentence: of a date or number that is out of range, what it is and may be."""
        record = self._inventory.record(hold_id, now_ms)
        if record is None or outcome not in (Outcome.INVALID, Outcome.OUTSIDE_HORIZON):
            return outcome.sentence
        if verb == v.VERB_CONFIRM:
            return f"rooms is {argument}, and {record.rooms} are held; allowed are 1 to {record.rooms}"
        stay = f"the stay is from {to_date(record.arrival)} to {to_date(record.arrival + record.kept_nights)}"
        if outcome == Outcome.OUTSIDE_HORIZON:
            today = f"today at the hotel is {to_date(self._civil_date(record.row, now_ms))}"
            if verb == v.VERB_CHECK_IN:
                return f"{stay}, and {today}; a guest checks in on one of its days before the departure"
            return f"departure {to_date(argument)} is past: {today}; depart today or later, or check out"
        if verb == v.VERB_DEPART:
            return f"departure {to_date(argument)}: {stay}; depart after the arrival and before the departure"
        return f"release_from {to_date(argument)}: {stay}; name one of its nights"

    def _civil_date(self, row: int, now_ms: int) -> int:
        """Ordinal of the civil date at the hotel of a room type."""
        return int(self._days.today(now_ms)[self.catalog.hotel_calendar[self.catalog.row_hotel[row]]])

    def confirm(
        self,
        hold_id: int,
        *,
        rooms: int | None = None,
        rebook: bool = False,
        value_minor: int | None = None,
        nights_minor: Iterable[int] | None = None,
    ) -> Ticket:
        """Turn a hold into a booking. EXISTS if it is one already; Refused at or after its deadline, or if it ended.

        `rooms`: confirm so many of its rooms and give the others back in the same step. `rebook`: where the deadline
        has come, book again what was held if the rooms are still there: a new booking, whose id the ticket carries,
        linked to the expired hold (`HoldView.linked_to`). Hurdles are looked at again, by what the stay is worth now:
        `value_minor` or `nights_minor` as in `hold`, for the rooms that are booked; where neither is given, the value
        of the whole stay as it was held. They say nothing of a hold that is still open, and a hold that is bound to a
        quote keeps its price (QUOTE_BOUND).
        """
        argument = 0 if rooms is None else whole("rooms", rooms, 1, ROOMS_MAX)
        if not checked_flag("rebook", rebook):
            check_unsaid(value_minor, nights_minor)
            return self._resolve(hold_id, v.VERB_CONFIRM, "confirm", argument)
        nights = nights_again(self._inventory, _checked_id(hold_id), self._now_ms())
        worth = worth_again([(nights, value_minor, nights_minor)])[0]
        try:
            return self._resolve(hold_id, v.VERB_CONFIRM, "confirm", argument)
        except Refused as refused:
            if refused.outcome != Outcome.EXPIRED:
                raise
        return self._rebook(_checked_id(hold_id), argument, worth)

    def _rebook(self, hold_id: int, rooms: int, worth: NDArray[np.int64]) -> Ticket:
        now_ms = self._now_ms()
        code, night, new_id, lsn = self._inventory.rebook(hold_id, rooms, worth, now_ms)
        outcome = Outcome(code)
        if not outcome.success:
            failing = to_date(night).isoformat() if outcome.has_night else None
            where = f", {failing}" if failing else ""
            why = outcome.sentence
            if outcome == Outcome.INVALID:
                why = self._why_not(outcome, hold_id, v.VERB_CONFIRM, rooms, now_ms)
            raise Refused(outcome, f"confirm {hold_id} again: {why} ({outcome.name}{where})", failing)
        return Ticket(new_id, lsn, outcome)

    def extend(self, hold_id: int, ttl_seconds: float) -> Ticket:
        """Give an open hold a new deadline, `ttl_seconds` from now; Refused at or after the old one."""
        return self._resolve(hold_id, v.VERB_EXTEND, "extend", ttl_ms_of(ttl_seconds))

    def release(self, hold_id: int) -> Ticket:
        """Give a hold's rooms back. EXISTS if that was done already; Refused for a booking (cancel it) or an expired
        hold.
        """
        return self._resolve(hold_id, v.VERB_RELEASE, "release")

    def cancel(self, hold_id: int, *, refund: bool = False) -> Ticket:
        """Cancel a booking and give its rooms back. EXISTS if that was done already; Refused for an open hold
        (release it). `refund`: its quotas and the units of its limited counters come back too.
        """
        return self._resolve(hold_id, v.VERB_CANCEL, "cancel", int(checked_flag("refund", refund)))

    def check_in(self, hold_id: int) -> Ticket:
        """The guest of a booking arrives, on or after the arrival date at the hotel."""
        return self._resolve(hold_id, v.VERB_CHECK_IN, "check in")

    def check_out(self, hold_id: int) -> Ticket:
        """The guest leaves; nights from the hotel's today on are given back."""
        return self._resolve(hold_id, v.VERB_CHECK_OUT, "check out")

    def depart_early(self, hold_id: int, departure: date | str) -> Ticket:
        """The stay of a booking ends on an earlier date; its nights from then on are given back."""
        return self._resolve(hold_id, v.VERB_DEPART, "early departure", to_ordinal(departure))

    def no_show(self, hold_id: int, *, release_from: date | str | None = None) -> Ticket:
        """The guest of a booking did not come. It keeps its rooms, or gives the nights from `release_from` on back."""
        argument = 0 if release_from is None else to_ordinal(release_from)
        return self._resolve(hold_id, v.VERB_NO_SHOW, "no show", argument)

    def amend(
        self,
        hold_id: int,
        *,
        room_type_id: str | None = None,
        arrival: date | str | None = None,
        nights: int | None = None,
        departure: date | str | None = None,
        rooms: int | None = None,
        plan: str | None = None,
        value_minor: int | None = None,
        nights_minor: Iterable[int] | None = None,
        guests: int | None = None,
        quote: AnyQuote | None = None,
    ) -> Ticket:
        """Give a hold or booking another stay at the same hotel, under the same id: both or neither.

        What is not given stays as it is; of the value that of the whole stay is kept. `guests`: how many sleep in a
        room; holds do not remember that, so say it where another room type might be too small. `quote`: the stay, plan
        and price of that quote, and the hold is bound to it; a hold that is bound to a quote takes no other stay
        without one (QUOTE_BOUND). What is more is taken before what is less is given back, so that a refusal changes
        nothing. Of a guest who has checked in only the departure can change.
        """
        now_ms, hold_id = self._now_ms(), _checked_id(hold_id)
        record = self._inventory.record(hold_id, now_ms) if 0 < hold_id < 2**63 else None
        if record is None:
            raise Refused(Outcome.NOT_FOUND, f"amend {hold_id}: {Outcome.NOT_FOUND.sentence} (NOT_FOUND)")
        hotel_id, known_type = self._row_names(record.row)
        if quote is not None:
            given = (room_type_id, arrival, nights, departure, rooms, plan, value_minor, nights_minor)
            return self._amend_to(hold_id, quote, given, guests, now_ms)
        ordinal = record.arrival if arrival is None else to_ordinal(arrival)
        length = record.nights if nights is None and departure is None else self._nights(ordinal, nights, departure)
        row = record.row if room_type_id is None else self.catalog.row_index(hotel_id, room_type_id)
        rooms = record.rooms if rooms is None else rooms_of(rooms)
        request = self._request(row, ordinal, length, rooms, 1, (0, 0), 0, (value_minor, nights_minor))
        request[q.Q_PRODUCT] = self._amended_product(record, row, plan)
        if value_minor is None and nights_minor is None:
            request[q.Q_VALUE] = -1
        request[q.Q_GUESTS] = 0 if guests is None else whole("guests", guests, 1, 10_000)
        code, night, lsn = self._inventory.amend(hold_id, request, now_ms)
        outcome = Outcome(code)
        if not outcome.success:
            if outcome == Outcome.INVALID and record.state == at.STATE_CHECKED_IN:
                why = "the guest has checked in, so only the departure can change"
                raise Refused(outcome, f"amend {hold_id}: {why} ({outcome.name})")
            raise self._refused(outcome, night, hotel_id, room_type_id or known_type, ordinal, length, rooms)
        return Ticket(hold_id, lsn, outcome)

    def _amend_to(
        self, hold_id: int, quote: AnyQuote, given: tuple[Any, ...], guests: int | None, now_ms: int
    ) -> Ticket:
        """Give a hold or booking the stay of a quote, and its price."""
        if any(value is not None for value in given):
            raise InputError("quote is given, and it says room type, dates, rooms, plan and value; leave these out")
        bond = self._bond(quote)
        row, nights = int(self.catalog.product_row[bond.product]), bond.content["nights"]
        request = self._request(row, bond.arrival, nights, bond.content["rooms"], 1, (0, 0), 0)
        request[q.Q_GUESTS] = (bond.guests or 0) if guests is None else whole("guests", guests, 1, 10_000)
        bind(request[:, 0], bond)
        code, night, lsn = self._inventory.amend(hold_id, request, now_ms)
        outcome = Outcome(code)
        if not outcome.success:
            raise self._refused(outcome, night, *self._row_names(row), bond.arrival, nights, bond.content["rooms"])
        return Ticket(hold_id, lsn, outcome)

    def _amended_product(self, record: HoldRecord, row: int, plan: str | None) -> int:
        """The product of an amended stay: the plan asked for, else the plan it has, as far as the room type has it."""
        if plan is None:
            if record.product < 0 or record.row == row:
                return record.product
            plan = self.catalog.plan_ids[record.product]
        return self.catalog.product_index(*self._row_names(row), plan)

    # -- many --------------------------------------------------------------------------------------

    def confirm_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Confirm ids in order: a frame of outcome and lsn. Never raises for an id."""
        return resolve_many(self._inventory, hold_ids, v.VERB_CONFIRM, self._bulk_ms())

    def release_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Release ids in order: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, v.VERB_RELEASE, self._bulk_ms())

    def cancel_many(self, hold_ids: Iterable[int], *, refund: bool = False) -> pl.DataFrame:
        """Cancel ids in order: a frame of outcome and lsn."""
        argument = int(checked_flag("refund", refund))
        return resolve_many(self._inventory, hold_ids, v.VERB_CANCEL, self._bulk_ms(), argument)

    def extend_many(self, hold_ids: Iterable[int], ttl_seconds: float) -> pl.DataFrame:
        """Extend ids in order by the same time: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, v.VERB_EXTEND, self._bulk_ms(), ttl_ms_of(ttl_seconds))

    def check_in_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Check ids in, in order: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, v.VERB_CHECK_IN, self._bulk_ms())

    def check_out_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Check ids out, in order: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, v.VERB_CHECK_OUT, self._bulk_ms())

    def no_show_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Note ids as no shows, in order; they keep their rooms: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, v.VERB_NO_SHOW, self._bulk_ms())

    # -- questions ---------------------------------------------------------------------------------

    def expire(self) -> list[int]:
        """Expire every hold whose deadline has come; the ids of those that expired since, in order. Searches do this
        by themselves.
        """
        before = self._inventory.lsn
        self._inventory.sweep(self._now_ms())  # the ledger may have swept when it looked at the clock
        if self._inventory.lsn == before:
            return []
        return [int(hold_id) for hold_id in self._inventory.expired_since(before)]

    def expired_since(self, lsn: int) -> list[int]:
        """Ids of the holds that expired after a log sequence number (of any ticket), however they were noticed; what is
        due expires first.
        """
        checked_lsn(lsn, self._inventory.lsn)
        self._inventory.sweep(self._now_ms())
        return [int(hold_id) for hold_id in self._inventory.expired_since(lsn)]

    def get(self, hold_id: int) -> HoldView:
        """What the store knows of a hold; one past its deadline reads expired. Changes nothing. Refused (NOT_FOUND)
        for an id that names none any more.
        """
        hold_id, now_ms = _checked_id(hold_id), self._now_ms()
        line = self._inventory.found(hold_id, now_ms)
        if line is None:
            raise Refused(Outcome.NOT_FOUND, f"get {hold_id}: {Outcome.NOT_FOUND.sentence} (NOT_FOUND)")
        return views_of([line], self.catalog, self._names, self._shelf.digests, now_ms)[0]
