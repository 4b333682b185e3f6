"""Quotes by name: the price of a stay, of many stays, and its explanation."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from nightgrid.engine.answers import Quote
from nightgrid.engine.quote_frames import quote_many
from nightgrid.engine.versions import VersionMixin
from nightgrid.errors import InputError, IntegrityError, Refused
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native import prices as price
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome
from nightgrid.pricing.explain import Explanation, explain
from nightgrid.search.price_version import PriceVersion


class QuoteMixin(VersionMixin):
    """Prices of single stays. Every call reads one immutable price version and changes nothing."""

    def quote(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date | str,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        plan_id: str | None = None,
        tier: str | None = None,
        rooms: int = 1,
    ) -> Quote:
        """The price of a stay, whether rooms are free or not. O(1) for most books.

        `plan_id` may be left out where the room type has one plan; `tier` defaults to the first tier of the book.
        Raises Refused (OUTSIDE_HORIZON) for a stay beyond the window or before the hotel's today, UnknownIdError,
        InputError.
        """
        product = self.catalog.product_index(hotel_id, room_type_id, plan_id)  # before the prices: they know it
        version, now_ms = self._priced_now()
        ordinal = to_ordinal(arrival)
        nights = self._nights(ordinal, nights, departure)
        if not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        if type(rooms) is not int or rooms < 1:
            raise InputError(f"rooms is {rooms!r}; a whole number of at least 1 is needed")
        tier_index = 0 if tier is None else version.tier_index(tier)
        hotel = int(self.catalog.row_hotel[self.catalog.product_row[product]])
        today = int(self._days.today(now_ms)[self.catalog.hotel_calendar[hotel]])
        begin = max(self.first_night, version.first_night, today)
        end = min(self.first_night + self.n_nights, version.first_night + version.n_nights)
        if ordinal < begin or ordinal + nights > end:
            window = f"{to_date(begin)} to {to_date(end)}"
            text = f"{hotel_id} from {to_date(ordinal)} for {nights} nights is outside the nights on sale, {window}"
            raise Refused(Outcome.OUTSIDE_HORIZON, text)
        return self._quote_from(version, product, ordinal, nights, rooms, tier_index, today, now_ms)

    def _quote_from(
        self,
        version: PriceVersion,
        product: int,
        arrival: int,
        nights: int,
        rooms: int,
        tier_index: int,
        booked: int,
        evaluated_ms: int,
    ) -> Quote:
        """The quote that a price version gives for inputs, whatever is true now: no clock, grid or later version plays
        a part, so that the same inputs give the same answer for ever. `arrival` and `booked` are ordinals.
        """
        catalog = self.catalog  # for names and places, which positions keep; nothing of it makes the price
        row = int(catalog.product_row[product])
        hotel = int(catalog.row_hotel[row])
        tables = version.tables
        lane = int(self._inventory.product_lane[product])
        first = arrival - version.first_night
        stay = int(tables.set_stay[tables.lane_set[lane]])
        lead_days = arrival - booked
        los = int(tables.los_num[stay, nights])
        lead = int(tables.lead_num[stay, min(lead_days, tables.lead_num.shape[1] - 1)])
        tier_num = int(tables.tier_num[stay, tier_index])
        total = price.stay_total(tables.sums, lane, first, nights, version.mask, los, lead, tier_num, tables.terms)
        return Quote(
            hotel_id=catalog.hotel_ids[hotel],
            room_type_id=catalog.room_type_ids[row],
            plan_id=catalog.plan_ids[product],
            arrival=to_date(arrival),
            nights=nights,
            rooms=rooms,
            tier=version.tiers[tier_index],
            lead_days=lead_days,
            evaluated_ms=evaluated_ms,
            total_minor=int(total) * rooms,
            currency=catalog.currencies[int(catalog.hotel_currency[hotel])],
            price_version=version.digest,
            product_index=product,
            _night_sums=tables.sums[first : first + nights + 1, lane].astype(np.int64),
            _night_mask=version.mask,
            _factor=los * lead * tier_num,
            _terms=tables.terms,
            _secret=self._digests.quote_secret,
        )

    def quote_many(self, requests: Any) -> pl.DataFrame:
        """Price every line of a frame in one call: outcome (int16), total_minor (null where refused), currency,
        lead_days.

        Columns: hotel_id and room_type_id (and plan_id where a room type has several), or product_index; arrival,
        nights; optional tier, rooms (1), booking_date (default: the hotel's today), as if it were asked on that
        date. O(lines).
        """
        return quote_many(self.catalog, self._inventory, self._priced(), self._days.today(self._now_ms()), requests)

    def explain(self, quote: Quote) -> Explanation:
        """Every line of a quote, for one room; the amounts add up to the total exactly.

        The lines are computed from the author's rules with fractions, independently of the kernels; IntegrityError
        if the two disagree (a defect). InputError for a quote of another price version.
        """
        version = self._priced()
        if quote.price_version != version.digest:
            raise InputError(
                f"the quote is of price version {quote.price_version}; the current one is {version.digest}"
            )
        arrival = to_ordinal(quote.arrival)
        explanation = explain(
            version.compiled, version.catalog, quote.product_index, arrival, quote.nights, quote.lead_days, quote.tier
        )
        if explanation.total_minor * quote.rooms != quote.total_minor:
            if not quote.is_of(version.tables.terms):
                raise InputError("the quote was made before ids that rules speak of were changed; quote anew")
            raise IntegrityError(
                f"explained {explanation.total_minor} × {quote.rooms} rooms, quoted {quote.total_minor} for {quote}; "
                "this is a defect, please report it"
            )
        return explanation
