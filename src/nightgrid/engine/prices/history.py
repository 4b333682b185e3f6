"""What was shown when: prices on two axes of time, the date of the sale and the dates of the stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.asking import GuestQuestion, asking_from
from nightgrid.counts import plain_int
from nightgrid.engine.edge.answers import Quote
from nightgrid.engine.edge.frames import as_frame, require, row_indexes
from nightgrid.engine.edge.past_fill import PastFill
from nightgrid.engine.edge.price_journal import Moment
from nightgrid.engine.prices.program_lines import with_question
from nightgrid.engine.prices.quote_frames import quote_many
from nightgrid.engine.prices.requoting import RequoteMixin
from nightgrid.engine.prices.shown_fill import lowest_by_fill, stays_of
from nightgrid.engine.prices.versions import instant_of
from nightgrid.errors import InputError, Refused
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.nights import local_date_ordinal, next_local_midnight_ms, to_date, to_ordinal
from nightgrid.outcomes import Outcome
from nightgrid.pricing.compile import compile_book
from nightgrid.search.live import depends_on_fill
from nightgrid.search.new_version import build_price_version
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.rooms_left import check_rooms_left, check_time

_DAY_MS = 86_400_000
_DAYS_MAX = 3_660
_WHAT = "lowest_prices"
_NONE = np.iinfo(np.int64).max


class HistoryMixin(RequoteMixin):
    """Questions about the past. They change nothing; each distinct version they meet is folded once."""

    def price_as_of(
        self,
        instant: datetime | int,
        hotel_id: str,
        room_type_id: str,
        arrival: date | str,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        plan_id: str | None = None,
        tier: str | None = None,
        rooms: int = 1,
        **asked: Unpack[GuestQuestion],
    ) -> Quote:
        """The quote that was given at an instant (a datetime with a time zone, or milliseconds UTC) for a stay: by the
        version, the data, the civil date and the house fill at the hotel of then. Exact as long as the store lives.
        `asked` is the guest's question as in `quote`. Of house fill the store remembers the band of the book's edges,
        so `asking.fill_bp` of the answer is the lower edge of the band of each night.

        InputError for an instant before the first publication or in the future; Refused (OUTSIDE_HORIZON) where the
        stay was not on sale; PastFillError where house fill of then is not known any more. The version is folded again
        where it is not at hand: O(catalogue × nights) then.
        """
        at_ms = instant_of("instant", instant)
        asking = asking_from(asked)
        moment = self._moment(at_ms)
        product = self.catalog.product_index(hotel_id, room_type_id, plan_id)
        ordinal = to_ordinal(arrival)
        nights = self._nights(ordinal, nights, departure)
        if not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        if type(rooms := plain_int(rooms)) is not int or rooms < 1:
            raise InputError(f"rooms is {rooms!r}; a whole number of at least 1 is needed")
        booked = local_date_ordinal(at_ms, *self._calendar_of(product))
        if asking.booking_date is not None:
            booked = asking.booking_date.toordinal()
        begin, end = max(moment.first_night, booked), moment.first_night + moment.n_nights
        if product >= moment.catalog.n_products or ordinal < begin or ordinal + nights > end:
            text = f"{hotel_id} from {to_date(ordinal)} for {nights} nights was not on sale at that instant"
            raise Refused(Outcome.OUTSIDE_HORIZON, text)
        version = self._version_of(moment)
        tier_index = 0 if tier is None else version.tier_index(tier)
        if version.compiled.program is not None:
            asking = version.compiled.program.at_time(asking, at_ms, self._calendar_of(product)[0])
            check_rooms_left(version.compiled.program, asking, "a price of the past")
        if asking.fill_bp is None and depends_on_fill(version.compiled.program):
            hotel = int(moment.catalog.row_hotel[moment.catalog.product_row[product]])
            cells = np.array([(hotel, ordinal + night, at_ms) for night in range(nights)], np.int64)
            asking = asking.with_fill(tuple(self._noted().fill_bp(cells, at_ms + 1).tolist()))
        return self._quote_from(version, product, ordinal, nights, rooms, tier_index, booked, at_ms, asking)

    def price_history(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date | str,
        nights: int,
        *,
        days: int = 30,
        plan_id: str | None = None,
        tier: str | None = None,
        rooms: int = 1,
        **asked: Unpack[GuestQuestion],
    ) -> pl.DataFrame:
        """What a stay cost in the last `days` days, as it was shown: a row per span of time with one price.

        Columns: shown_from, shown_until (datetimes UTC, until not included), total_minor (null = not on sale),
        booking_date, price_version (of the span's begin), currency. `plan_id`, `tier`, `rooms`
        and the guest's question are those of `quote`; booking_date is what is answered, and cannot be asked. Errors as
        `price_as_of`, but what was not on sale is null.
        """
        _check_no_date("price_history", asked)
        stay: dict[str, Any] = {"plan_id": plan_id, "tier": tier, "rooms": rooms, **asked}
        end_ms = self._now_ms() + 1
        self._switch()
        product = self.catalog.product_index(hotel_id, room_type_id, plan_id)
        calendar = self._calendar_of(product)
        rows: list[dict[str, Any]] = []
        for since, until, moment in self._history.moments_in(end_ms - _checked_days(days) * _DAY_MS, end_ms):
            for begin, stop in pairwise(self._cuts(moment, since, until, product, arrival, nights, stay)):
                try:
                    total = self.price_as_of(begin, hotel_id, room_type_id, arrival, nights, **stay).total_minor
                except Refused:
                    total = None
                if rows and rows[-1]["total_minor"] == total:
                    rows[-1]["shown_until"] = stop
                else:
                    booked = to_date(local_date_ordinal(begin, *calendar))
                    rows.append(
                        {
                            "shown_from": begin,
                            "shown_until": stop,
                            "total_minor": total,
                            "booking_date": booked,
                            "price_version": moment.digest,
                        }
                    )
        hotel = self.catalog.row_hotel[self.catalog.product_row[product]]
        currency = self.catalog.currencies[int(self.catalog.hotel_currency[hotel])]
        kinds = {"shown_from": pl.Int64, "shown_until": pl.Int64, "total_minor": pl.Int64}
        frame = pl.DataFrame(rows, schema=kinds | {"booking_date": pl.Date, "price_version": pl.String})
        instants = pl.col("shown_from", "shown_until").cast(pl.Datetime("ms", "UTC"))
        return frame.with_columns(instants, pl.lit(currency).alias("currency"))

    def lowest_prices(
        self,
        stays: Any,
        *,
        days: int = 30,
        before: datetime | int | None = None,
        **asked: Unpack[GuestQuestion],
    ) -> pl.DataFrame:
        """The lowest price that was shown for each stay in the `days` days before an instant (default: now), the
        instant itself not included: what a price reduction must name as the price before it in the European Union
        (Directive 98/6/EC, article 6a), `before` being when the reduction began.

        `stays` has the columns of `quote_many`: hotel_id, room_type_id, plan_id, arrival, nights; optional tier, rooms
        and those of the guest's question; `asked` is the question for the columns that are not there.
        Answers a frame of the same length: lowest_minor (null = was not on sale), currency, booking_date and
        price_version where it was first shown. PastFillError where house fill of a part of the time is not known any
        more. O(lines × (days + publications + changes of house fill over an edge)).
        """
        _check_no_date(_WHAT, asked)
        frame = with_question(as_frame(_WHAT, stays), asking_from(asked))
        require(_WHAT, frame, ["arrival", "nights"])
        _check_no_date(_WHAT, {"booking_date": "given"} if "booking_date" in frame.columns else {})
        self._switch()
        now_ms = self._now_ms()
        end_ms = now_ms if before is None else instant_of("before", before)
        if end_ms > now_ms:
            raise InputError(f"before is {_text(end_ms)}, and now is {_text(now_ms)}; the future was not shown yet")
        lowest = np.full(len(frame), _NONE)
        booked = np.zeros(len(frame), np.int64)
        digest = np.full(len(frame), "", dtype="U16")
        for moment, today, totals in self._shown(frame, end_ms - _checked_days(days) * _DAY_MS, end_ms):
            better = totals < lowest
            lowest[better], booked[better], digest[better] = totals[better], today[better], moment.digest
        found = lowest < _NONE
        row = row_indexes(_WHAT, self.catalog, frame)
        currency = self.catalog.hotel_currency[self.catalog.row_hotel[row]]
        dates = [to_date(int(day)) if known else None for day, known in zip(booked, found, strict=True)]
        return pl.DataFrame(
            {
                "lowest_minor": pl.Series(lowest).set(pl.Series(~found), None),
                "currency": pl.Series(self.catalog.currencies, dtype=pl.String).gather(currency),
                "booking_date": pl.Series(dates, dtype=pl.Date),
                "price_version": pl.Series(digest.tolist(), dtype=pl.String).set(pl.Series(~found), None),
            }
        )

    def _shown(
        self, frame: pl.DataFrame, begin_ms: int, end_ms: int
    ) -> Iterator[tuple[Moment, NDArray[np.int64], NDArray[np.int64]]]:
        """(version, booking date per line, total per line) for every version and civil date of a span of time."""
        calendars = self.catalog.calendars
        row = row_indexes(_WHAT, self.catalog, frame)
        calendar = self.catalog.hotel_calendar[self.catalog.row_hotel[row]]
        tiers = frame["tier"].cast(pl.String).to_list() if "tier" in frame.columns else None
        for begin, until, moment in self._history.moments_in(begin_ms, end_ms):
            version = self._version_of(moment)
            first = np.array([local_date_ordinal(begin, *each) for each in calendars], np.int64)
            last = np.array([local_date_ordinal(until - 1, *each) for each in calendars], np.int64)
            known = self._products_of_lines(frame, row, moment) < moment.catalog.n_products
            if tiers is not None:
                known &= np.array([tier in version.tiers for tier in tiers], np.bool_)
            lines = np.flatnonzero(known)
            if not len(lines):
                continue
            part = frame[lines.tolist()]
            if "fill_bp" not in frame.columns and depends_on_fill(version.compiled.program):
                stays = stays_of(part, row[lines], moment.catalog, self.catalog.hotel_calendar)
                ask = partial(quote_many, self.catalog, self._inventory, version, last, first_night=moment.first_night)
                booked, found = lowest_by_fill(self._noted(), part, stays, calendars, (begin, until), ask)
                today, totals = np.zeros(len(frame), np.int64), np.full(len(frame), _NONE)
                today[lines], totals[lines] = booked, found
                yield moment, today, totals
                continue
            for day in range(int((last - first).max()) + 1):
                today = np.minimum(first + day, last)
                answer = quote_many(self.catalog, self._inventory, version, today, part, first_night=moment.first_night)
                totals = np.full(len(frame), _NONE)
                totals[lines] = answer["total_minor"].fill_null(_NONE).to_numpy()
                yield moment, today[calendar], totals

    def _noted(self) -> PastFill:
        """House fill up to now."""
        self._past_fill.look(self._now_ms())
        return self._past_fill

    def _cuts(
        self, moment: Moment, begin: int, until: int, product: int, arrival: date | str, nights: int, asked: Any
    ) -> list[int]:
        """Instants between which a stay has one price, the first and the last of a version's span of time included."""
        program = self._version_of(moment).compiled.program
        check_time(program, asked.get("booking_time"), "the price history")
        cuts = {begin, until}
        calendar = self._calendar_of(product)
        midnight = next_local_midnight_ms(begin, *calendar)
        while midnight < until:
            cuts.add(midnight)
            midnight = next_local_midnight_ms(midnight, *calendar)
        if asked.get("fill_bp") is None and depends_on_fill(self._version_of(moment).compiled.program):
            hotel, first = int(self.catalog.row_hotel[self.catalog.product_row[product]]), to_ordinal(arrival)
            cells = np.array([(hotel, first + night, begin, until) for night in range(nights)], np.int64)
            cuts.update(self._noted().changes(cells)[1].tolist())
        return sorted(cuts)

    def _products_of_lines(self, frame: pl.DataFrame, row: NDArray[np.int64], moment: Moment) -> NDArray[np.int64]:
        """Product per line, or any that a version has where it has them all."""
        catalog = self.catalog
        if moment.catalog.n_products == catalog.n_products:
            return np.zeros(len(row), np.int64)
        plans = frame["plan_id"].to_list() if "plan_id" in frame.columns else [None] * len(row)
        found = [
            catalog.products_of(line)[0] if plan is None else catalog.product_of_row(line, plan)
            for line, plan in zip(row.tolist(), plans, strict=True)
        ]
        return np.array(found, np.int64)

    def price_events(self) -> pl.DataFrame:
        """The journal of prices: a row for every version that became current, and for every line of data that changed,
        in order, with its instant. Never shorter than it was. Columns: `engine.price_journal.SCHEMA`.
        """
        self._switch()
        batches = list(self._history.journal.read())
        found = pl.from_arrow(pa.Table.from_batches(batches)) if batches else pl.DataFrame()
        if not isinstance(found, pl.DataFrame):
            raise InputError("the journal is no table")
        return found

    def _calendar_of(self, product: int) -> tuple[str, int]:
        """(time zone, roll-over hour) of a product's hotel."""
        hotel = self.catalog.row_hotel[self.catalog.product_row[product]]
        return self.catalog.calendars[int(self.catalog.hotel_calendar[hotel])]

    def _moment(self, at_ms: int) -> Moment:
        """The version that was current at an instant."""
        self._switch()
        now_ms = self._now_ms()
        moment = self._history.moment_at(at_ms)
        if at_ms > now_ms:
            raise InputError(f"instant is {_text(at_ms)}, and now is {_text(now_ms)}; the future was not shown yet")
        if moment is None:
            raise InputError(f"instant is {_text(at_ms)}; nothing was published by then")
        return moment

    def _version_of(self, moment: Moment) -> PriceVersion:
        """The prices of a moment, folded from the journal where the version is not kept any more."""
        entry = self._shelf.with_serial(moment.serial)
        return (
            self._shelf.recalled(moment.serial, lambda: self._refolded(moment))
            if entry is None
            else self._prices_of(entry)
        )

    def _refolded(self, moment: Moment) -> PriceVersion:
        book, data = self._history.book(moment.book_digest), self._history.data_at(moment.sequence)
        compiled = compile_book(book, moment.catalog, moment.first_night, moment.n_nights, data)
        return build_price_version(compiled, moment.catalog, self._inventory, moment.lanes)


def _check_no_date(what: str, asked: GuestQuestion) -> None:
    if asked.get("booking_date") is not None:
        raise InputError(f"{what}: booking_date is what is asked for; leave it out")


def _checked_days(days: int) -> int:
    if type(days := plain_int(days)) is not int or not 1 <= days <= _DAYS_MAX:
        raise InputError(f"days is {days!r}; allowed are 1 to {_DAYS_MAX}")
    return days


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
