"""Prices in bulk by name: the price calendar of a hotel, and the cube of a part of the chain."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Unpack

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.asking import Asking, GuestQuestion, QuestionWhere, asking_where, check_fill
from nightgrid.counts import plain_int
from nightgrid.engine.base import EngineBase, steady
from nightgrid.engine.prices.cube import Cube, cube_stays
from nightgrid.errors import InputError
from nightgrid.limits import ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.search.calendars import hotel_calendar
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome
from nightgrid.search.hotel_clocks import at_hotel
from nightgrid.search.live import depends_on_fill
from nightgrid.search.price_blocks import Asked, fill_cube, totals_of
from nightgrid.search.price_version import PriceVersion, check_packages
from nightgrid.search.rooms_left import check_rooms_left
from nightgrid.search.rule_set_rows import rows_of

_THREADS_MAX = 256
#: Of the calendar where there was no product to look at: no room takes the party.
_NO_PRODUCT = np.iinfo(np.int16).max


def checked_threads(threads: int | None) -> int:
    """How many threads price side by side; one a core where it is not said."""
    count = os.cpu_count() or 1 if threads is None else plain_int(threads)
    if type(count) is not int or not 1 <= count <= _THREADS_MAX:
        raise InputError(f"threads is {threads!r}; allowed are 1 to {_THREADS_MAX}, or None for one a core")
    return count


class BulkPriceMixin(EngineBase):
    """Many prices of one immutable price version at once."""

    @steady
    def calendar(
        self,
        hotel_id: str,
        nights: int = 1,
        *,
        tier: str | None = None,
        room_type_id: str | None = None,
        rooms: int = 1,
        **asked: Unpack[GuestQuestion],
    ) -> pl.DataFrame:
        """Cheapest sellable price per arrival date of the window, for all rooms of the stay together.

        Columns: arrival, price_minor (null = cannot be sold), currency, room_type_id, plan_id, outcome (why not, or
        OK). `asked` is the guest's question as in `quote`: `fill_bp` is that of each stay's nights; with
        `booking_date` prices are as if asked on that date, while what can be sold is that of now.
        """
        if type(nights := plain_int(nights)) is not int or not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights!r}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        if type(rooms := plain_int(rooms)) is not int or not 1 <= rooms <= ROOMS_MAX:
            raise InputError(f"rooms is {rooms!r}; allowed are 1 to {ROOMS_MAX}")
        catalog = self.catalog  # before the prices, so that they know all of it
        version = self._priced()
        hotel = catalog.hotel_index(hotel_id)
        rows = catalog.rows_of(hotel) if room_type_id is None else [catalog.row_index(hotel_id, room_type_id)]
        products = np.array([product for row in rows for product in catalog.products_of(row)], np.int32)
        asking = at_hotel(self._question(version, asked, nights), catalog, hotel)
        products = products[catalog.guests_max[catalog.product_row[products]] >= (asking.guests or 0)]
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        today = int(self._days.today(now_ms)[self.catalog.hotel_calendar[hotel]])
        booked = today if asking.booking_date is None else asking.booking_date.toordinal()
        total = np.empty(self.n_nights, np.int64)
        lane = np.empty(self.n_nights, np.int32)
        code = np.empty(self.n_nights, np.int16)
        tier_index = 0 if tier is None else version.tier_index(tier)
        first_night = self.first_night
        priced = (version, products, nights, tier_index, booked)
        totals, times = self._totals_of_order(priced, asking, rooms)
        hotel_calendar(
            self._inventory.table,
            version.tables,
            self._inventory.lanes,
            self._inventory.product_lane[products],
            (first_night, first_night - version.first_night, version.n_nights, booked),
            (nights, rooms, tier_index, self._scope(tier, asking.channel or None), times),
            version.mask,
            now_ms,
            totals,
            *(total, lane, code),
        )
        code[code == _NO_PRODUCT] = Outcome.TOO_MANY_GUESTS
        past = slice(0, max(today - first_night, 0))  # of an earlier booking date
        total[past], lane[past], code[past] = NO_PRICE, -1, Outcome.OUTSIDE_HORIZON
        found = [int(self._inventory.lanes.lane_product[position]) if position >= 0 else None for position in lane]
        types = [None if product is None else int(catalog.product_row[product]) for product in found]
        return pl.DataFrame(
            {
                "arrival": [to_date(first_night + night) for night in range(self.n_nights)],
                "price_minor": [None if value == NO_PRICE else int(value) * times for value in total],
                "currency": [self.catalog.currencies[int(self.catalog.hotel_currency[hotel])]] * self.n_nights,
                "room_type_id": [None if row is None else catalog.room_type_ids[row] for row in types],
                "plan_id": [None if product is None else self.catalog.plan_ids[product] for product in found],
                "outcome": [Outcome(int(value)).name for value in code],
            },
            schema_overrides={"price_minor": pl.Int64, "room_type_id": pl.String, "plan_id": pl.String},
        )

    def _totals_of_order(
        self, priced: tuple[PriceVersion, NDArray[np.int32], int, int, int], asking: Asking, rooms: int
    ) -> tuple[NDArray[np.int64], int]:
        """(totals (night, product), how many times they are the value of the stay): of one room, or where a coupon acts
        once an order of all rooms.
        """
        totals = self._totals(*priced, asking)
        beside = priced[0].compiled.beside(asking, rooms)
        if beside is None:
            return totals, rooms
        others = self._totals(*priced, beside)
        return np.where((totals < 0) | (others < 0), -1, totals + others * (rooms - 1)), 1

    def _totals(
        self,
        version: PriceVersion,
        products: NDArray[np.int32],
        nights: int,
        tier_index: int,
        booked: int,
        asking: Asking,
    ) -> NDArray[np.int64]:
        """Prices of a hotel's products by arrival for a book with a full pipeline: int64 (night, product), -1 none."""
        if version.compiled.program is None:
            return np.zeros((0, 0), np.int64)
        found = np.full((self.n_nights, len(products)), -1, np.int64)
        last = min(self.first_night + self.n_nights, version.first_night + version.n_nights) - nights
        first = max(self.first_night, booked)
        count = last + 1 - first
        program = version.compiled.program
        if program.room_edges and asking.rooms_left is None:  # which differ from day to day
            for arrival in range(first, last + 1):
                lead = np.full(len(products), arrival - booked, np.int64)
                stay = (arrival, nights, tier_index, lead, asking, self._inventory)
                found[arrival - self.first_night] = totals_of(version, products, *stay)
        elif count > 0:
            today = np.full(len(products), booked, np.int64)
            stays, tiers = np.array([nights], np.int64), np.array([tier_index], np.int64)
            out = np.empty((count, 1, 1, len(products)), np.int64)
            fill_cube(Asked(version, products, today, first, stays, tiers, asking, None, self._inventory), out)
            found[first - self.first_night : last + 1 - self.first_night] = out[:, 0, 0]
        return found

    # -- bulk repricing --------------------------------------------------------------------------

    def _cube(
        self,
        stays: Sequence[int],
        tiers: Sequence[str] | None,
        arrivals: tuple[date | str, date | str] | None,
        asked: QuestionWhere,
    ) -> Cube:
        """What a repricing call asks for, checked."""
        asking, given = asking_where(asked)
        catalog = self.catalog  # before the prices, so that they know all of it
        version = self._priced()
        asking = self._asked_in(version, asking)
        known = [] if isinstance(stays, str) else list(stays)
        if not known or not all(
            isinstance(nights, int | np.integer) and 1 <= nights <= STAY_NIGHTS_MAX for nights in known
        ):
            raise InputError(f"stays is {stays!r}; give one or more lengths of 1 to {STAY_NIGHTS_MAX} nights")
        lengths = cube_stays(known)
        if tiers is not None and (isinstance(tiers, str) or not len(tiers)):
            raise InputError(f"tiers is {tiers!r}; give a list of one or more of {', '.join(version.tiers)}, or None")
        first, last = 0, version.n_nights - 1
        if arrivals is not None:
            first, last = (to_ordinal(night) - version.first_night for night in arrivals)
        if not 0 <= first <= last < version.n_nights:
            window = f"{to_date(version.first_night)} to {to_date(version.first_night + version.n_nights - 1)}"
            raise InputError(f"arrivals is {arrivals}; first and last must be in order inside {window}")
        hotels = catalog.hotels_where(**given) if given else np.arange(catalog.n_hotels)
        if not len(hotels):
            raise InputError(f"no hotel matches {given}; nothing to reprice")
        hotel_of_product = catalog.row_hotel[catalog.product_row]
        products = np.flatnonzero(np.isin(hotel_of_product, hotels)).astype(np.int32)
        check_fill(asking, int(lengths.max()))
        check_packages(version, asking)
        booked = self._today()
        if asking.booking_date is not None:
            booked = np.full_like(booked, asking.booking_date.toordinal())
        indexes = range(len(version.tiers)) if tiers is None else [version.tier_index(tier) for tier in tiers]
        if version.compiled.program is not None:
            today = booked[catalog.hotel_calendar[hotel_of_product[products]]]
            products = products[rows_of(version.compiled.program, products, today, np.array(indexes)).order]
        return Cube(
            version=version,
            first_night=version.first_night,
            calendar_today=booked - version.first_night,
            products=products,
            lanes=np.ascontiguousarray(self._inventory.product_lane[products]),
            arrivals=range(first, last + 1),
            stays=lengths,
            tiers=np.array(indexes, np.int64),
            asking=asking,
            fill_bp=self._fill_for(version),
            by_rule_sets=version.compiled.program is not None,
        )

    def _asked_in(self, version: PriceVersion, asking: Asking) -> Asking:
        """A question about a cube as the rules of a version take it; InputError where they want to be told more."""
        program = version.compiled.program
        if program is not None:
            asking = program.at_time(asking, self._now_ms())
            check_rooms_left(program, asking, "repricing")
        return asking

    def _as_in(self, version: PriceVersion, cube: Cube, asked: QuestionWhere) -> Cube:
        """A cube in another version for the same window; `asked` is its question."""
        return replace(cube, version=version, asking=self._asked_in(version, asking_where(asked)[0]))

    def _fill_for(self, *versions: PriceVersion) -> NDArray[np.int16] | None:
        """House fill now as prices of some versions, made for today's window, take it: int16 (hotel, night); None where
        none looks at it.
        """
        some = [version for version in versions if depends_on_fill(version.compiled.program)]
        if not some:
            return None
        self._inventory.sweep(self._now_ms())  # whose rooms are due no longer fills the house
        fill_bp = np.zeros((some[0].catalog.n_hotels, some[0].n_nights), np.int16)
        self._inventory.fill_houses(some[0].first_night, fill_bp)
        return fill_bp

    def _today(self) -> NDArray[np.int64]:
        return self._days.today(self._now_ms())
