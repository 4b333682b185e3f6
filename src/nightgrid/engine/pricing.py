"""Prices by name: publishing books, quotes and their explanation, calendars, bulk repricing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.engine.answers import Quote, RepriceReport
from nightgrid.engine.base import EngineBase
from nightgrid.engine.repricing import Cube, cube_stays, reprice_to
from nightgrid.errors import InputError, IntegrityError, Refused
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native import prices as price
from nightgrid.native.calendars import hotel_calendar
from nightgrid.native.search import NO_PRICE
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome
from nightgrid.pricing.compile import CompiledBook, compile_book
from nightgrid.pricing.explain import Explanation, explain
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.parse import load_book
from nightgrid.search.price_version import PriceVersion, build_price_version


class PricingMixin(EngineBase):
    """Operations that ask for prices. They read one immutable price version and change nothing."""

    def _compile(self, book: RuleBook | CompiledBook | str | Path | dict[str, Any]) -> PriceVersion:
        """A price version from a book in any form."""
        if isinstance(book, CompiledBook):
            compiled = book
        else:
            model = book if isinstance(book, RuleBook) else load_book(book)
            compiled = compile_book(model, self.catalog, self.first_night, self.n_nights)
        return build_price_version(compiled, self.catalog, self._inventory)

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
        version = self._priced()
        product = self.catalog.product_index(hotel_id, room_type_id, plan_id)
        ordinal = to_ordinal(arrival)
        nights = self._nights(ordinal, nights, departure)
        if not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        if type(rooms) is not int or rooms < 1:
            raise InputError(f"rooms is {rooms!r}; a whole number of at least 1 is needed")
        tier_index = 0 if tier is None else version.tier_index(tier)
        now_ms = self._now_ms()
        lane = int(self._inventory.product_lane[product])
        hotel = int(self.catalog.row_hotel[self.catalog.product_row[product]])
        today = int(self._days.today(now_ms)[self.catalog.hotel_calendar[hotel]])
        first = ordinal - self.first_night
        if first < max(0, today) or first + nights > self.n_nights:
            window = f"{to_date(self.first_night + max(0, today))} to {to_date(self.first_night + self.n_nights)}"
            text = f"{hotel_id} from {to_date(ordinal)} for {nights} nights is outside the nights on sale, {window}"
            raise Refused(Outcome.OUTSIDE_HORIZON, text)
        tables = version.tables
        stay = int(tables.set_stay[tables.lane_set[lane]])
        lead_days = first - today
        los = int(tables.los_num[stay, nights])
        lead = int(tables.lead_num[stay, min(lead_days, tables.lead_num.shape[1] - 1)])
        tier_num = int(tables.tier_num[stay, tier_index])
        total = price.stay_total(tables.sums, lane, first, nights, version.mask, los, lead, tier_num, tables.terms)
        shares, exact = self._shares(version, lane, first, nights, los * lead * tier_num)
        return Quote(
            hotel_id=hotel_id,
            room_type_id=room_type_id,
            plan_id=self.catalog.plan_ids[product],
            arrival=to_date(ordinal),
            nights=nights,
            rooms=rooms,
            tier=version.tiers[tier_index],
            lead_days=lead_days,
            evaluated_ms=now_ms,
            total_minor=int(total) * rooms,
            currency=self.catalog.currencies[int(self.catalog.hotel_currency[hotel])],
            price_version=version.digest,
            product_index=product,
            _shares=shares,
            _shares_are_prices=exact,
        )

    def _shares(
        self, version: PriceVersion, lane: int, first: int, nights: int, factor: int
    ) -> tuple[tuple[int, ...], bool]:
        """(value of each night, whether these are its prices): under policy night each night is priced and rounded
        by itself.
        """
        sums = version.tables.sums[first : first + nights + 1, lane].astype(np.int64)
        values = [int(value) & version.mask if version.mask > 0 else int(value) for value in np.diff(sums)]
        terms = version.tables.terms
        if terms[price.T_POLICY] != price.POLICY_NIGHT:
            return tuple(values), False
        denominator = (
            terms[price.T_LOS_DEN] * terms[price.T_LEAD_DEN] * terms[price.T_TIER_DEN] * terms[price.T_NIGHT_SCALE]
        )
        mode, increment = terms[price.T_MODE], terms[price.T_INCREMENT]
        return tuple(int(price.round_to(value, factor, denominator, mode, increment)) for value in values), True

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
            version.compiled, self.catalog, quote.product_index, arrival, quote.nights, quote.lead_days, quote.tier
        )
        if explanation.total_minor * quote.rooms != quote.total_minor:
            raise IntegrityError(
                f"explained {explanation.total_minor} × {quote.rooms} rooms, quoted {quote.total_minor} for {quote}; "
                "this is a defect, please report it"
            )
        return explanation

    def calendar(
        self,
        hotel_id: str,
        nights: int = 1,
        *,
        tier: str | None = None,
        room_type_id: str | None = None,
        rooms: int = 1,
    ) -> pl.DataFrame:
        """Cheapest sellable price per arrival date of the window, for all rooms of the stay together.

        Columns: arrival, price_minor (null = cannot be sold), currency, room_type_id, plan_id, outcome (why not, or
        OK).
        """
        if not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        version = self._priced()
        hotel = self.catalog.hotel_index(hotel_id)
        first_row, end_row = self.catalog.hotel_first_row[hotel : hotel + 2]
        if room_type_id is not None:
            first_row = self.catalog.row_index(hotel_id, room_type_id)
            end_row = first_row + 1
        products = np.arange(*self.catalog.row_first_product[[first_row, end_row]], dtype=np.int32)
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        today = int(self._days.today(now_ms)[self.catalog.hotel_calendar[hotel]])
        total = np.empty(self.n_nights, np.int64)
        lane = np.empty(self.n_nights, np.int32)
        code = np.empty(self.n_nights, np.int16)
        tier_index = 0 if tier is None else version.tier_index(tier)
        hotel_calendar(
            self._inventory.table,
            version.tables,
            self._inventory.lanes.lane_row,
            self._inventory.product_lane[products],
            today,
            nights,
            rooms,
            tier_index,
            version.mask,
            total,
            lane,
            code,
        )
        found = [int(self._inventory.lanes.lane_product[position]) if position >= 0 else None for position in lane]
        rows = [None if product is None else int(self.catalog.product_row[product]) for product in found]
        return pl.DataFrame(
            {
                "arrival": [to_date(self.first_night + night) for night in range(self.n_nights)],
                "price_minor": [None if value == NO_PRICE else int(value) * rooms for value in total],
                "currency": [self.catalog.currencies[int(self.catalog.hotel_currency[hotel])]] * self.n_nights,
                "room_type_id": [None if row is None else self.catalog.room_type_ids[row] for row in rows],
                "plan_id": [None if product is None else self.catalog.plan_ids[product] for product in found],
                "outcome": [Outcome(int(value)).name for value in code],
            },
            schema_overrides={"price_minor": pl.Int64, "room_type_id": pl.String, "plan_id": pl.String},
        )

    # -- bulk repricing --------------------------------------------------------------------------

    def _cube(
        self,
        stays: Sequence[int],
        tiers: Sequence[str] | None,
        arrivals: tuple[date | str, date | str] | None,
        where: dict[str, Any],
    ) -> Cube:
        """What a repricing call asks for, checked."""
        version = self._priced()
        lengths = cube_stays(stays)
        if not lengths.size or lengths.min() < 1 or lengths.max() > STAY_NIGHTS_MAX:
            raise InputError(f"stays is {list(stays)}; give one or more lengths of 1 to {STAY_NIGHTS_MAX} nights")
        first, last = 0, self.n_nights - 1
        if arrivals is not None:
            first, last = (to_ordinal(night) - self.first_night for night in arrivals)
        if not 0 <= first <= last < self.n_nights:
            window = f"{to_date(self.first_night)} to {to_date(self.first_night + self.n_nights - 1)}"
            raise InputError(f"arrivals is {arrivals}; first and last must be in order inside {window}")
        given = {name: value for name, value in where.items() if value is not None}
        hotels = self.catalog.hotels_where(**given) if given else np.arange(self.catalog.n_hotels)
        if not len(hotels):
            raise InputError(f"no hotel matches {given}; nothing to reprice")
        hotel_of_product = self.catalog.row_hotel[self.catalog.product_row]
        products = np.flatnonzero(np.isin(hotel_of_product, hotels)).astype(np.int32)
        indexes = range(len(version.tiers)) if tiers is None else [version.tier_index(tier) for tier in tiers]
        return Cube(
            version=version,
            first_night=self.first_night,
            calendar_today=self._today(),
            products=products,
            lanes=np.ascontiguousarray(self._inventory.product_lane[products]),
            arrivals=range(first, last + 1),
            stays=lengths,
            tiers=np.array(indexes, np.int64),
        )

    def _today(self) -> NDArray[np.int64]:
        return self._days.today(self._now_ms())

    def reprice(
        self,
        *,
        stays: Sequence[int] = range(1, 15),
        tiers: Sequence[str] | None = None,
        arrivals: tuple[date | str, date | str] | None = None,
        **where: Any,
    ) -> Iterator[pa.RecordBatch]:
        """Every price of products × arrivals × stay lengths × tiers, as a stream of record batches in bounded memory.

        `where` takes what `Catalog.hotels_where` takes (region, city, brand, hotel_ids, ...). Columns: arrival,
        nights, tier, product_index, price_minor (null = not on sale: before today or beyond the window).
        Availability plays no part.
        """
        cube = self._cube(stays, tiers, arrivals, where)
        return cube.batches(cube.arrivals)

    def reprice_to(
        self,
        folder: str | Path,
        *,
        stays: Sequence[int] = range(1, 15),
        tiers: Sequence[str] | None = None,
        arrivals: tuple[date | str, date | str] | None = None,
        progress: Callable[[int, int], None] | None = None,
        workers: int = 2,
        **where: Any,
    ) -> RepriceReport:
        """`reprice` into Parquet files partitioned by arrival month; resumes a job that was interrupted.

        A file `products.parquet` beside them names the product indexes. `progress(done, all)` counts prices.
        """
        cube = self._cube(stays, tiers, arrivals, where)
        report = reprice_to(cube, Path(folder), progress, workers)
        products = self.catalog.products_frame().with_row_index("product_index")
        products[cube.products.tolist()].write_parquet(Path(folder) / "products.parquet")
        return report
