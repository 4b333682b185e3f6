"""Taking rooms by name: holds with a deadline, bookings at once, many in one call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any, Final, Unpack

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.engine.edge.answers import Hold
from nightgrid.engine.edge.frames import as_frame
from nightgrid.engine.edge.names import checked_flag
from nightgrid.engine.edge.quote_papers import AnyQuote
from nightgrid.engine.prices.requoting import bind, bind_lines
from nightgrid.engine.rooms.asked import (
    TOLD,
    UNITS,
    WORD_MAX,
    AskedMixin,
    HoldTerms,
    many,
    rooms_of,
    terms_of,
    told_words,
    ttl_ms_of,
    word_of,
)
from nightgrid.engine.rooms.batches import answer_requests, hold_many, requests_of
from nightgrid.errors import InputError, Refused
from nightgrid.limits import HOLD_TTL_MS_DEFAULT, HOLD_TTL_MS_MAX
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome


class BookingMixin(AskedMixin):
    """Holds and bookings."""

    def hold(
        self,
        hotel_id: str | None = None,
        room_type_id: str | None = None,
        arrival: date | str | None = None,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        rooms: int = 1,
        ttl_seconds: float = 900,
        key: str | None = None,
        guest: str | None = None,
        **more: Unpack[HoldTerms],
    ) -> Hold:
        """Take rooms for every night of a stay, or for none, until a deadline. O(nights), a few microseconds.

        Give `nights` or `departure`. `ttl_seconds` is an interval on the engine's clock; at the deadline the hold
        can no longer be confirmed and its rooms are free. `key` makes a retry safe: the same key with the same
        request gives the first answer again (outcome EXISTS). What else may be said are the keyword arguments of
        `HoldTerms`, each described there. Raises Refused (sold out, restricted, key reused, ...), UnknownIdError,
        InputError, InputTypeError.
        """
        if more and (terms := terms_of(more)):
            stay = (hotel_id, room_type_id, arrival, nights, departure)
            return self._hold_on_terms(stay, rooms, ttl_seconds, key, guest, terms)
        if hotel_id is None or room_type_id is None or arrival is None:
            raise InputError("give hotel_id, room_type_id and arrival, or quote= of a quote")
        # What a guest waits for is mostly Python: the usual case is decided here, whatever else in a call of its own.
        try:
            row = self.catalog.find_row(hotel_id, room_type_id)
        except (KeyError, TypeError):  # unknown, or no ids
            row = self.catalog.row_index(hotel_id, room_type_id)
        ordinal = arrival.toordinal() if type(arrival) is date else to_ordinal(arrival)
        if departure is not None or type(nights) is not int:
            nights = self._nights(ordinal, nights, departure)
        short = type(ttl_seconds) is int and 0 < ttl_seconds <= _TTL_MAX_S
        ttl_ms = int(ttl_seconds) * 1000 if short else ttl_ms_of(ttl_seconds)
        now_ms = self._now_ms()
        high, low = _NO_KEY if key is None else self._digests.key(key)
        guest_word = 0 if guest is None else self._digests.word("guest", guest)
        length = nights if 0 <= nights <= WORD_MAX else word_of(nights)
        if type(rooms) is not int:
            rooms = rooms_of(rooms)
        asked_rooms = rooms if 0 <= rooms <= WORD_MAX else word_of(rooms)
        answer = self._inventory.hold(row, ordinal, length, asked_rooms, ttl_ms, high, low, guest_word, now_ms)
        if answer[0] != 0:
            return self._held(answer, hotel_id, room_type_id, ordinal, nights, rooms, now_ms + ttl_ms, now_ms)
        hold = _blank(Hold)  # its fields, without a call for them
        _, _, hold.id, hold.lsn = answer
        hold.outcome, hold.deadline_ms = _OK, now_ms + ttl_ms
        hold.hotel_id, hold.room_type_id = hotel_id, room_type_id
        hold.arrival = arrival if type(arrival) is date else date.fromordinal(ordinal)
        hold.nights, hold.rooms = nights, rooms
        return hold

    def _hold_on_terms(
        self, stay: tuple[Any, ...], rooms: int, ttl_seconds: float, key: str | None, guest: str | None,
        terms: dict[str, Any],
    ) -> Hold:  # fmt: skip
        """`hold` of a request that says more than rooms, dates, key and guest."""
        hotel_id, room_type_id, arrival, nights, departure = stay
        plan, price = terms.get("plan"), (terms.get("value_minor"), terms.get("nights_minor"))
        told = tuple([terms.get(name, 1 if name in UNITS else None) for name in TOLD])
        if (quote := terms.get("quote")) is not None:
            given = (*stay, plan, *price, many(rooms))
            return self._hold_quote(quote, given, told, ttl_ms_of(ttl_seconds), key, guest)
        if hotel_id is None or room_type_id is None or arrival is None:
            raise InputError("give hotel_id, room_type_id and arrival, or quote= of a quote")
        row = self.catalog.row_index(hotel_id, room_type_id)
        ordinal = to_ordinal(arrival)
        nights, rooms = self._nights(ordinal, nights, departure), rooms_of(rooms)
        ttl_ms, now_ms = ttl_ms_of(ttl_seconds), self._now_ms()
        key_words = (0, 0) if key is None else self._digests.key(key)
        guest_word = 0 if guest is None else self._digests.word("guest", guest)
        request = self._request(row, ordinal, nights, rooms, ttl_ms, key_words, guest_word, price)
        answer = self._ask(request, hotel_id, room_type_id, told, plan, now_ms)
        return self._held(answer, hotel_id, room_type_id, ordinal, nights, rooms, now_ms + ttl_ms, now_ms)

    def book(
        self,
        hotel_id: str | None = None,
        room_type_id: str | None = None,
        arrival: date | str | None = None,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        rooms: int = 1,
        key: str | None = None,
        guest: str | None = None,
        guests: int | None = None,
        plan: str | None = None,
        tier: str | None = None,
        channel: str | None = None,
        block: str | None = None,
        reference: str | None = None,
        value_minor: int | None = None,
        nights_minor: Iterable[int] | None = None,
        coupon: str | None = None,
        coupon_units: int = 1,
        points: str | None = None,
        points_units: int = 1,
        quote: AnyQuote | None = None,
    ) -> Hold:
        """Book at once, without a hold: as `hold`, and the rooms are sold. `deadline_ms` of the answer is None."""
        told = (guests, tier, channel, block, reference, None, coupon, coupon_units, points, points_units)
        if quote is not None:
            given = (hotel_id, room_type_id, arrival, nights, departure, plan, value_minor, nights_minor, many(rooms))
            return self._hold_quote(quote, given, told, 0, key, guest)
        if hotel_id is None or room_type_id is None or arrival is None:
            raise InputError("give hotel_id, room_type_id and arrival, or quote= of a quote")
        row = self.catalog.row_index(hotel_id, room_type_id)
        ordinal = to_ordinal(arrival)
        nights, rooms = self._nights(ordinal, nights, departure), rooms_of(rooms)
        now_ms = self._now_ms()
        key_words = (0, 0) if key is None else self._digests.key(key)
        guest_word = 0 if guest is None else self._digests.word("guest", guest)
        price = (value_minor, nights_minor)
        request = self._request(row, ordinal, nights, rooms, 0, key_words, guest_word, price)
        answer = self._ask(request, hotel_id, room_type_id, told, plan, now_ms)
        return self._held(answer, hotel_id, room_type_id, ordinal, nights, rooms, None, now_ms)

    def _hold_quote(
        self,
        quote: AnyQuote,
        given: tuple[Any, ...],
        told: tuple[Any, ...],
        ttl_ms: int,
        key: str | None,
        guest: str | None,
    ) -> Hold:
        """A hold, or a booking at once where `ttl_ms` is 0, at the price of a quote."""
        if any(value is not None for value in given):
            raise InputError(
                "quote is given, and it says hotel, room type, dates, rooms, plan and value; leave these out"
            )
        bond = self._bond(quote)
        row = int(self.catalog.product_row[bond.product])
        names = self._row_names(row)
        nights, rooms = bond.content["nights"], bond.content["rooms"]
        now_ms = self._now_ms()
        key_words = (0, 0) if key is None else self._digests.key(key)
        guest_word = 0 if guest is None else self._digests.word("guest", guest)
        request = self._request(row, bond.arrival, nights, rooms, ttl_ms, key_words, guest_word)
        said = self._bound_words(bond, told_words(told))
        self._add_extras(request, *names, tuple(said.get(name) for name in TOLD))
        bind(request[:, 0], bond)
        answer = self._inventory.hold_any(request, now_ms)
        deadline_ms = now_ms + ttl_ms if ttl_ms else None
        return self._held(answer, *names, bond.arrival, nights, rooms, deadline_ms, now_ms)

    # -- answers ---------------------------------------------------------------------------------

    def _ask(
        self,
        request: NDArray[np.int64],
        hotel_id: str,
        room_type_id: str,
        told: tuple[Any, ...],
        plan: str | None,
        now_ms: int,
    ) -> tuple[int, int, int, int]:
        """Hold, or book, what a request with extras asks for: the answer of the inventory."""
        self._add_extras(request, hotel_id, room_type_id, told, plan)
        return self._inventory.hold_any(request, now_ms)

    def _held(
        self,
        answer: tuple[int, int, int, int],
        hotel_id: str,
        room_type_id: str,
        arrival: int,
        nights: int,
        rooms: int,
        deadline_ms: int | None,
        now_ms: int,
    ) -> Hold:
        """The answer to a request that was granted; Refused if it was not."""
        code, night, hold_id, lsn = answer
        if code == 0:
            return Hold(
                hold_id, lsn, _OK, deadline_ms, hotel_id, room_type_id, date.fromordinal(arrival), nights, rooms
            )
        outcome = Outcome(code)
        if not outcome.success:
            raise self._refused(outcome, night, hotel_id, room_type_id, arrival, nights, rooms)
        record = self._inventory.record(hold_id, now_ms)
        if record and deadline_ms is not None:
            deadline_ms = record.deadline_ms
        return Hold(hold_id, lsn, outcome, deadline_ms, hotel_id, room_type_id, to_date(arrival), nights, rooms)

    def _refused(
        self, outcome: Outcome, night: int, hotel_id: str, room_type_id: str, arrival: int, nights: int, rooms: int
    ) -> Refused:
        """The exception for a refused hold; the failing night is named where one night fails."""
        failing = to_date(night).isoformat() if outcome.has_night else None
        stay = f"{nights} nights" if outcome != Outcome.INVALID else f"{nights} nights, rooms {rooms}"
        text = f"{hotel_id}/{room_type_id} from {to_date(arrival)} for {stay}: {outcome.sentence}"
        text += f" ({outcome.name}, {failing})" if failing else f" ({outcome.name})"
        if outcome == Outcome.OUTSIDE_HORIZON:
            last = to_date(self.first_night + self.n_nights)
            text += f"; nights on sale: today at the hotel to departure on {last}"
        return Refused(outcome, text, failing)

    # -- many --------------------------------------------------------------------------------------

    def _hold_frame_as_cart(self, source: Any, what: str, ttl_ms: int) -> pl.DataFrame:
        raise NotImplementedError  # `carting.CartMixin`

    def hold_many(self, requests: Any, *, all_or_nothing: bool = False) -> pl.DataFrame:
        """Hold every line of a frame in order, each its own; later lines see what earlier ones took.

        Columns: hotel_id and room_type_id, or row_index; arrival (date); nights or departure; optional rooms (1),
        ttl_seconds (900), key, guest; instead of key, key_high and key_low (int64): the caller's own 128-bit keys, well
        mixed; plan, tier, channel, block, reference, value_minor, nights_minor (a list for each line), coupon,
        coupon_units, points, points_units, guests, replace as in `hold`. Answers a frame of the same length: outcome
        (int16, see `Outcome`), hold_id, lsn, night (first failing night or null). A column quote (quotes, their data or
        JSON, null = none) binds its lines to quotes, which then say hotel, room type, dates, rooms, plan and value.

        `all_or_nothing`: all lines or none, as one cart (`hold_cart`): then either every line is OK, or the line that
        is refused has its outcome and the others have none. A cart has one key, and takes one coupon and points of one
        counter, once: lines that name different ones are an InputError.
        """
        return self._many("hold_many", requests, all_or_nothing, HOLD_TTL_MS_DEFAULT)

    def book_many(self, requests: Any, *, all_or_nothing: bool = False) -> pl.DataFrame:
        """Book every line of a frame at once, without holds: as `hold_many`, without ttl_seconds and replace."""
        return self._many("book_many", requests, all_or_nothing, 0)

    def _many(self, what: str, requests: Any, all_or_nothing: bool, ttl_ms: int) -> pl.DataFrame:
        """Hold, or with ttl_ms 0 book, every line of a frame."""
        if checked_flag("all_or_nothing", all_or_nothing):
            return self._hold_frame_as_cart(requests, what, ttl_ms)
        frame = as_frame(what, requests)
        if "quote" in frame.columns:
            frame, bonds = self._with_quotes(what, frame)
            found = requests_of(self.catalog, self._digests, self._names, frame, what, ttl_ms)
            bind_lines(found, bonds)
            return answer_requests(self._inventory, found, self._bulk_ms())
        now_ms = self._bulk_ms()
        look = partial(self._past_fill.look, now_ms) if self._past_fill.is_on else None
        store = (self.catalog, self._inventory, self._digests, self._names)
        return hold_many(*store, frame, now_ms, look, what=what, ttl_ms=ttl_ms)


_blank: Final = object.__new__
_NO_KEY = (0, 0)
_TTL_MAX_S = HOLD_TTL_MS_MAX // 1000
_OK = Outcome.OK
