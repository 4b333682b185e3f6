"""Bulk repricing: the cube products × arrivals × stay lengths × tiers as Arrow record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.engine.prices.cube_marks import mask_columns, mask_fields, offers_for
from nightgrid.native.prices.reprice import price_cube
from nightgrid.native.program.row_nights import take_rows
from nightgrid.nights import to_ordinal
from nightgrid.search.matrices import aligned
from nightgrid.search.price_blocks import Asked, fill_cube
from nightgrid.search.price_version import PriceVersion

_TILE_PRICES = 4_000_000
_TILE_PRODUCTS = 8_192
_TILE_SETS = 256  # products of some rule sets
_EPOCH = to_ordinal("1970-01-01")
_INT32_MAX = 2**31 - 1
_Run = Callable[[int, Callable[[int, int], None]], None]
_NO_OFFERS = np.zeros((0, 0, 0, 0), np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class Cube:
    """What is to be priced: products (product) int32 with their lanes, arrivals as window indexes, stays in nights,
    tier indexes; for whom. `calendar_today` (calendar) int64 is the day of booking, as index of the window; `fill_bp`
    int16 (hotel, night) house fill in basis points, None where it plays no part; `by_rule_sets`: whether the products
    are in the order of their rule sets; `marked`: whether batches have the columns of masks (`cube_marks`).
    """

    version: PriceVersion
    first_night: int
    calendar_today: NDArray[np.int64]
    products: NDArray[np.int32]
    lanes: NDArray[np.int32]
    arrivals: range
    stays: NDArray[np.int64]
    tiers: NDArray[np.int64]
    asking: Asking = ANYBODY
    fill_bp: NDArray[np.int16] | None = None
    by_rule_sets: bool = False
    marked: bool = False

    @property
    def prices(self) -> int:
        """How many prices the cube has, those not on sale included."""
        return len(self.products) * len(self.arrivals) * len(self.stays) * len(self.tiers)

    @property
    def price_dtype(self) -> np.dtype[np.signedinteger]:
        """int32 where the largest price that the book can give surely fits, else int64."""
        if self.version.compiled.program is not None:
            return np.dtype(np.int64)
        tables = self.version.tables
        compiled = self.version.compiled
        longest = min(int(self.stays.max()), len(tables.sums) - 1)
        rounding = compiled.increment * longest  # at most one increment a night, or one after each factor
        bound = self.version.largest_night_minor * longest
        bound = bound * tables.los_num.max() / compiled.los_den + rounding
        bound = bound * tables.lead_num.max() / compiled.lead_den + rounding
        bound = bound * tables.tier_num.max() / compiled.tier_den + rounding
        return np.dtype(np.int32 if bound * 1.01 < _INT32_MAX else np.int64)

    def schema(self) -> pa.Schema:
        """Columns of a batch: arrival, nights, tier, product_index, price_minor (null = not on sale), then masks."""
        price = pa.int32() if self.price_dtype == np.int32 else pa.int64()
        return pa.schema(
            [
                pa.field("arrival", pa.date32()),
                pa.field("nights", pa.int16()),
                pa.field("tier", pa.dictionary(pa.int8(), pa.string())),
                pa.field("product_index", pa.int32()),
                pa.field("price_minor", price),
                *(mask_fields(self) if self.marked else ()),
            ],
            metadata={"price_version": self.version.digest},
        )

    def batches(self, arrivals: range, threads: int = 1) -> Iterator[pa.RecordBatch]:
        """Record batches of some arrivals: tiles of products, then arrivals; inside by arrival, nights, tier,
        product. A tile is priced in as many parts as `threads`, side by side: the kernel gives up the interpreter.
        """
        with ThreadPoolExecutor(max_workers=threads) as pool:
            yield from self._batches(arrivals, threads, pool)

    def _batches(self, arrivals: range, threads: int, pool: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
        schema = self.schema()
        tile = self._tile_products(len(arrivals))
        for start in range(0, len(self.products), tile):
            products = self.products[start : start + tile]
            lanes = self.lanes[start : start + tile]
            run = _in_parts(threads, pool)
            price = self._factors_of(lanes, arrivals, run)
            per_arrival = len(self.stays) * len(self.tiers) * len(products)
            step = min(max(1, _TILE_PRICES // per_arrival), max(1, len(arrivals)))
            index = self._spread(products, step, len(products), run)
            if start == 0 or len(products) != tile:
                nights = self._spread(self.stays.astype(np.int16)[:, None, None], step, len(products), run)
                tiers = self._spread(self.tiers.astype(np.int8)[:, None], step, len(products), run)
            for first in range(arrivals.start, arrivals.stop, step):
                count = min(step, arrivals.stop - first)
                out = aligned((count, len(self.stays), len(self.tiers), len(products)), self.price_dtype)
                offers = offers_for(self, out.shape) if self.marked else _NO_OFFERS
                if self.version.compiled.program is not None:
                    self._fill(products, first, out, offers, pool, threads)
                else:
                    run(count, partial(price, first, out))
                out[..., self._too_many(products)] = -1
                masks = mask_columns(self, products, first, out, offers, pool, threads) if self.marked else []
                dates = np.arange(first, first + count, dtype=np.int32) + np.int32(self.first_night - _EPOCH)
                arrival = self._spread(dates[:, None, None, None], count, len(products), run)
                keys = [arrival.cast(pa.date32()), *(each[: out.size] for each in (nights, tiers, index))]
                keys[2] = pa.DictionaryArray.from_arrays(keys[2], pa.array(self.version.tiers))
                yield pa.RecordBatch.from_arrays([*keys, self._price_column(first, out), *masks], schema=schema)

    def _tile_products(self, arrivals: int) -> int:
        """How many products are priced together: by rule sets as few as leave all arrivals together, for which plans
        are made once. The same for two versions that are compared.
        """
        if not self.by_rule_sets:
            return _TILE_PRODUCTS
        each = max(1, arrivals * len(self.stays) * len(self.tiers))
        return min(_TILE_PRODUCTS, max(_TILE_SETS, _TILE_PRICES // each))

    def _too_many(self, products: NDArray[np.int32]) -> NDArray[np.int64]:
        """Places of the products whose room does not take the guests that are told."""
        catalog = self.version.catalog
        return np.flatnonzero(catalog.guests_max[catalog.product_row[products]] < (self.asking.guests or 0))

    def _factors_of(self, lanes: NDArray[np.int32], arrivals: range, run: _Run) -> Callable[..., None]:
        """What prices some arrivals of a tile by a book of factors: `_factors`, with the tile's running sums."""
        if self.version.compiled.program is not None:
            return self._factors  # is not called
        tables = self.version.tables
        sums = aligned((len(tables.sums), len(lanes)), tables.sums.dtype)
        end = min(arrivals.stop + int(self.stays.max()), len(sums))  # only the rows that are read
        own = lanes.astype(np.int64)
        run(end - arrivals.start, lambda begin, stop: _take(tables.sums, sums, own, arrivals.start, begin, stop))
        return partial(self._factors, sums, np.ascontiguousarray(tables.lane_set[lanes]))

    def _factors(
        self,
        sums: NDArray[np.uint32] | NDArray[np.int64],
        product_set: NDArray[np.int32],
        first: int,
        out: NDArray[np.signedinteger],
        begin: int,
        end: int,
    ) -> None:
        """Prices of some arrivals of a tile by a book of factors."""
        price_cube(
            self.version.tables,
            sums,
            product_set,
            self.calendar_today,
            first + begin,
            self.stays,
            self.tiers,
            self.version.mask,
            out[begin:end],
        )

    def _fill(
        self,
        products: NDArray[np.int32],
        first: int,
        out: NDArray[np.signedinteger],
        offers: NDArray[np.int64],
        pool: ThreadPoolExecutor,
        threads: int,
    ) -> None:
        """Prices of a tile by a full pipeline, -1 where a stay is not on sale."""
        asked = self.asked(products, first)
        fill_cube(asked, out, offers, pool=pool if threads > 1 else None, threads=threads)

    def asked(self, products: NDArray[np.int32], first: int) -> Asked:
        """What is asked about a tile from an arrival on."""
        catalog = self.version.catalog
        today = self.calendar_today[catalog.hotel_calendar[catalog.row_hotel[catalog.product_row[products]]]]
        return Asked(
            self.version, products, today + self.first_night, self.first_night + first, self.stays, self.tiers,
            self.asking, self.fill_bp,
        )  # fmt: skip

    def _spread(self, values: NDArray[Any], arrivals: int, products: int, run: _Run) -> pa.Array:
        """A key column of a tile of so many arrivals and products: values that broadcast to (arrival, stay, tier,
        product). That of fewer arrivals is its beginning, unless the values are of arrivals.
        """
        out = aligned((arrivals, len(self.stays), len(self.tiers), products), values.dtype)
        if values.ndim == out.ndim:
            run(arrivals, lambda begin, end: _fill(out[begin:end], values[begin:end]))
        else:
            run(arrivals, lambda begin, end: _fill(out[begin:end], values))
        return pa.array(out.reshape(-1))

    def _price_column(self, first: int, out: NDArray[np.signedinteger]) -> pa.Array:
        """The prices of a tile as a column, null where a stay is not on sale."""
        beyond_window = first + len(out) - 1 + int(self.stays.max()) > self.version.n_nights
        before_today = first < int(self.calendar_today.max())
        flat = out.reshape(-1)
        for_some = self.asking is not ANYBODY  # a party may be too large
        return pa.array(flat, mask=flat < 0) if beyond_window or before_today or for_some else pa.array(flat)


def _in_parts(threads: int, pool: ThreadPoolExecutor) -> _Run:
    """What does `work(begin, end)` for so many things in as many parts as there are threads, side by side."""

    def run(count: int, work: Callable[[int, int], None]) -> None:
        parts = max(1, min(threads, count))
        edges = [count * part // parts for part in range(parts + 1)]
        list(map(work, edges[:-1], edges[1:]) if parts == 1 else pool.map(work, edges[:-1], edges[1:]))

    return run


def _fill(out: NDArray[Any], values: NDArray[Any]) -> None:
    """One assignment, as a call: numpy gives up the interpreter meanwhile. `np.repeat` moves each number by itself."""
    out[...] = values


def _take(sums: NDArray[Any], out: NDArray[Any], lanes: NDArray[np.int64], first: int, begin: int, end: int) -> None:
    """The running sums of some lanes, for the nights from `first` + begin on."""
    begin, end = first + begin, first + end
    take_rows(sums[None], begin, lanes, out[None, begin:end])


def cube_stays(stays: Sequence[int]) -> NDArray[np.int64]:
    """Stay lengths as the kernel takes them."""
    return np.ascontiguousarray(list(stays), np.int64)
