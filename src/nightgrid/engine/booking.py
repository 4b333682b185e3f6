"""Holding, confirming, releasing and cancelling by name: the engine's half that changes the inventory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from nightgrid.engine.answers import Finding, Hold, HoldView, Ticket
from nightgrid.engine.base import EngineBase
from nightgrid.engine.batches import digest_word, digest_words, hold_many, resolve_many
from nightgrid.engine.controls import load_sold_elsewhere, set_counter
from nightgrid.engine.restricting import RestrictMode, restrict, restrictions_frame
from nightgrid.errors import InputError, InputTypeError, Refused
from nightgrid.inventory.findings import findings
from nightgrid.limits import HOLD_TTL_MS_MAX
from nightgrid.native import holds
from nightgrid.native import layout as at
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome

_STATES = {
    at.STATE_HELD: "held",
    at.STATE_BOOKED: "booked",
    at.STATE_RELEASED: "released",
    at.STATE_EXPIRED: "expired",
    at.STATE_CANCELLED: "cancelled",
}


def _word(count: int) -> int:
    """A count that fits a word of the kernels: what is out of every range stays out of it."""
    return max(-1, min(count, 2**31))


class BookingMixin(EngineBase):
    """Operations on holds and on what the hotel sets."""

    def hold(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date | str,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        rooms: int = 1,
        ttl_seconds: float = 900,
        key: str | None = None,
        guest: str | None = None,
    ) -> Hold:
        """Take rooms for every night of a stay, or for none, until a deadline. O(nights), a few microseconds.

        Give `nights` or `departure`. `ttl_seconds` is an interval on the engine's clock; at the deadline the hold
        can no longer be confirmed and its rooms are free. `key` makes a retry safe: the same key with the same
        request gives the first answer again (outcome EXISTS). Raises Refused (sold out, restricted, key reused,
        ...), UnknownIdError, InputError.
        """
        row = self.catalog.row_index(hotel_id, room_type_id)
        ordinal = to_ordinal(arrival)
        nights = self._nights(ordinal, nights, departure)
        ttl_ms = self._ttl_ms(ttl_seconds)
        if type(rooms) is not int:
            raise InputTypeError(f"rooms is {rooms!r}; a whole number is needed")
        now_ms = self._now_ms()
        code, night, hold_id, lsn = self._inventory.hold(
            row,
            ordinal - self.first_night,
            _word(nights),
            _word(rooms),
            ttl_ms,
            (0, 0) if key is None else digest_words(key),
            0 if guest is None else digest_word(guest),
            now_ms,
        )
        if not Outcome(code).success:
            raise self._refused(Outcome(code), night, hotel_id, room_type_id, ordinal, nights)
        deadline_ms = now_ms + ttl_ms
        if code == Outcome.EXISTS:
            record = self._inventory.record(hold_id, now_ms)
            deadline_ms = record.deadline_ms if record else deadline_ms
        return Hold(hold_id, lsn, Outcome(code), deadline_ms, hotel_id, room_type_id, to_date(ordinal), nights, rooms)

    def _ttl_ms(self, ttl_seconds: float) -> int:
        """A time to live in milliseconds, refused outside (0, 30 days]."""
        if isinstance(ttl_seconds, bool) or not isinstance(ttl_seconds, int | float):
            raise InputTypeError(f"ttl_seconds is {ttl_seconds!r}; a number of seconds is needed")
        if not 0.001 <= ttl_seconds <= HOLD_TTL_MS_MAX / 1000:  # refuses NaN too
            raise InputError(f"ttl_seconds is {ttl_seconds}; allowed are 0.001 to {HOLD_TTL_MS_MAX // 1000}")
        return round(ttl_seconds * 1000)

    def _refused(
        self, outcome: Outcome, night: int, hotel_id: str, room_type_id: str, arrival: int, nights: int
    ) -> Refused:
        """The exception for a refused hold; the failing night is named where one night fails."""
        first = to_date(arrival)
        failing = to_date(self.first_night + night).isoformat() if 400 <= outcome < 600 else None
        text = f"{hotel_id}/{room_type_id} from {first} for {nights} nights: {outcome.sentence} ({outcome.name}"
        text += f", {failing})" if failing else ")"
        if outcome == Outcome.OUTSIDE_HORIZON:
            last = to_date(self.first_night + self.n_nights)
            text += f"; nights on sale: today at the hotel to departure on {last}"
        return Refused(outcome, text, failing)

    def _resolve(self, hold_id: int, verb: int, name: str) -> Ticket:
        if type(hold_id) is not int:
            raise InputTypeError(f"hold id is {hold_id!r}; give the `id` that hold() answered")
        if not 0 < hold_id < 2**63:
            raise Refused(Outcome.NOT_FOUND, f"{name} {hold_id}: {Outcome.NOT_FOUND.sentence} (NOT_FOUND)")
        code, lsn = self._inventory.resolve(hold_id, verb, self._now_ms())
        outcome = Outcome(code)
        if not outcome.success:
            raise Refused(outcome, f"{name} {hold_id}: {outcome.sentence} ({outcome.name})")
        return Ticket(hold_id, lsn, outcome)

    def confirm(self, hold_id: int) -> Ticket:
        """Turn a hold into a booking. EXISTS if it is one already; Refused at or after its deadline, or if it ended."""
        return self._resolve(hold_id, holds.VERB_CONFIRM, "confirm")

    def release(self, hold_id: int) -> Ticket:
        """Give a hold's rooms back. EXISTS if that was done already; Refused for a booking (cancel it) or an expired
        hold.
        """
        return self._resolve(hold_id, holds.VERB_RELEASE, "release")

    def cancel(self, hold_id: int) -> Ticket:
        """Cancel a booking and give its rooms back. EXISTS if that was done already; Refused for an open hold
        (release it).
        """
        return self._resolve(hold_id, holds.VERB_CANCEL, "cancel")

    def expire(self) -> list[int]:
        """Expire every hold whose deadline has come; the ids of those that expired since, in order. Searches do this
        by themselves.
        """
        before = self._inventory.lsn
        if not self._inventory.sweep(self._now_ms()):
            return []
        return [int(hold_id) for hold_id in self._inventory.expired_since(before)]

    def expired_since(self, lsn: int) -> list[int]:
        """Ids of the holds that expired after a log sequence number (of any ticket), however they were noticed."""
        return [int(hold_id) for hold_id in self._inventory.expired_since(lsn)]

    def get(self, hold_id: int) -> HoldView:
        """What the store knows of a hold; one past its deadline reads expired. Changes nothing. Refused (NOT_FOUND)
        for an id that names none any more.
        """
        if type(hold_id) is not int:
            raise InputTypeError(f"hold id is {hold_id!r}; give the `id` that hold() answered")
        now_ms = self._now_ms()
        record = self._inventory.record(hold_id, now_ms)
        if record is None:
            raise Refused(Outcome.NOT_FOUND, f"get {hold_id}: {Outcome.NOT_FOUND.sentence} (NOT_FOUND)")
        hotel_id, room_type_id = self._row_names(record.row)
        due = record.state == at.STATE_HELD and record.deadline_ms <= now_ms
        return HoldView(
            id=hold_id,
            state="expired" if due else _STATES[record.state],
            hotel_id=hotel_id,
            room_type_id=room_type_id,
            arrival=to_date(record.arrival),
            nights=record.nights,
            rooms=record.rooms,
            deadline_ms=record.deadline_ms,
            taken_ms=record.taken_ms,
            resolved_ms=record.resolved_ms or None,
            lsn=record.lsn,
        )

    def hold_many(self, requests: Any) -> pl.DataFrame:
        """Hold every line of a frame in order, each its own; later lines see what earlier ones took.

        Columns: hotel_id and room_type_id, or row_index; arrival (date), nights; optional rooms (1), ttl_seconds
        (900), key, guest. Answers a frame of the same length: outcome (int16, see `Outcome`), hold_id, lsn, night
        (first failing night or null).
        """
        return hold_many(self.catalog, self._inventory, requests, self._now_ms())

    def confirm_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Confirm ids in order: a frame of outcome and lsn. Never raises for an id."""
        return resolve_many(self._inventory, hold_ids, holds.VERB_CONFIRM, self._now_ms())

    def release_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Release ids in order: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, holds.VERB_RELEASE, self._now_ms())

    def cancel_many(self, hold_ids: Iterable[int]) -> pl.DataFrame:
        """Cancel ids in order: a frame of outcome and lsn."""
        return resolve_many(self._inventory, hold_ids, holds.VERB_CANCEL, self._now_ms())

    def set_capacity(self, changes: Any, *, allow_oversold: bool = False) -> int:
        """Set capacity from a frame: hotel_id, room_type_id, capacity; night, or first_night and last_night, or all.

        A cut below what is sold and held is refused with InputError and changes nothing. With `allow_oversold` it is
        accepted: free becomes negative, nothing more is sold there, and `check()` reports it.
        """
        self._before_cut(allow_oversold)
        return set_counter(self.catalog, self._inventory, "capacity", changes, allow_oversold=allow_oversold)

    def set_sold_elsewhere(self, rooms: Any, *, allow_oversold: bool = False) -> int:
        """Set the rooms sold by other systems: an int16 matrix (room type, night), or a frame with a column rooms."""
        self._before_cut(allow_oversold)
        if isinstance(rooms, np.ndarray):
            return load_sold_elsewhere(self.catalog, self._inventory, rooms, allow_oversold=allow_oversold)
        return set_counter(self.catalog, self._inventory, "rooms", rooms, allow_oversold=allow_oversold)

    def _before_cut(self, allow_oversold: bool) -> None:
        """Holds past their deadline have no rooms any more that a cut could miss."""
        now_ms = self._now_ms()
        if not allow_oversold:
            self._inventory.sweep(now_ms)

    def restrict(self, changes: Any, mode: RestrictMode = "delta") -> int:
        """Change restrictions by a frame; returns how many cells got others. See docs/restrictions.md for the columns.

        mode "delta": only what is named changes; "overlay": what is not named is removed; "delete": what is named is
        removed, or all where nothing is. A mistake is an error before any change.
        """
        return restrict(self.catalog, self._inventory, changes, mode)

    def restrictions(
        self, hotel_id: str, first: date | str | None = None, last: date | str | None = None
    ) -> pl.DataFrame:
        """What is restricted at a hotel on the nights first..last (inclusive, default the window): ranges of equal
        nights, a row each, as `restrict(frame, mode="overlay")` takes them.
        """
        begin, end = self._night_range(first, last)
        return restrictions_frame(self.catalog, self._inventory, hotel_id, begin, end)

    def check(self) -> list[Finding]:
        """Recompute every counter and bit map from the holds; the findings, empty when the grid is right."""
        self._inventory.sweep(self._now_ms())
        result = []
        for found in findings(self._inventory):
            hotel_id, room_type_id = self._row_names(found.row)
            night = to_date(self.first_night + found.night) if found.night >= 0 else None
            result.append(Finding(found.kind, hotel_id, room_type_id, night, found.text))
        return result
