"""Bulk repricing: a cube as a stream of Arrow record batches, tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY
from nightgrid.engine.prices.cube import Cube
from nightgrid.engine.prices.cube_marks import mask_columns, mask_fields, offers_for
from nightgrid.native.prices.reprice import price_cube
from nightgrid.native.program.row_nights import take_rows
from nightgrid.nights import to_ordinal
from nightgrid.search.matrices import aligned
from nightgrid.search.price_blocks import fill_cube

_EPOCH = to_ordinal("1970-01-01")
_Run = Callable[[int, Callable[[int, int], None]], None]
_NO_OFFERS = np.zeros((0, 0, 0, 0), np.int64)


def schema_of(cube: Cube) -> pa.Schema:
    """Columns of a batch: arrival, nights, tier, product_index, price_minor (null = not on sale), then masks."""
    price = pa.int32() if cube.price_dtype == np.int32 else pa.int64()
    return pa.schema(
        [
            pa.field("arrival", pa.date32()),
            pa.field("nights", pa.int16()),
            pa.field("tier", pa.dictionary(pa.int8(), pa.string())),
            pa.field("product_index", pa.int32()),
            pa.field("price_minor", price),
            *(mask_fields(cube) if cube.marked else ()),
        ],
        metadata={"price_version": cube.version.digest},
    )


def batches(cube: Cube, arrivals: range, threads: int = 1) -> Iterator[pa.RecordBatch]:
    """Record batches of some arrivals: tiles of products, then arrivals; inside by arrival, nights, tier,
    product. A tile is priced in as many parts as `threads`, side by side: the kernel gives up the interpreter.
    """
    with ThreadPoolExecutor(max_workers=threads) as pool:
        yield from _batches(cube, arrivals, threads, pool)


def _batches(cube: Cube, arrivals: range, threads: int, pool: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
    schema = schema_of(cube)
    tile = cube.tile_products(len(arrivals))
    for start in range(0, len(cube.products), tile):
        products = cube.products[start : start + tile]
        lanes = cube.lanes[start : start + tile]
        run = _in_parts(threads, pool)
        price = _factors_of(cube, lanes, arrivals, run) if cube.version.compiled.program is None else None
        step = cube.tile_arrivals(len(arrivals), len(products))
        index = _spread(cube, products, step, len(products), run)
        if start == 0 or len(products) != tile:
            nights = _spread(cube, cube.stays.astype(np.int16)[:, None, None], step, len(products), run)
            tiers = _spread(cube, cube.tiers.astype(np.int8)[:, None], step, len(products), run)
        for first in range(arrivals.start, arrivals.stop, step):
            count = min(step, arrivals.stop - first)
            out = aligned((count, len(cube.stays), len(cube.tiers), len(products)), cube.price_dtype)
            offers = offers_for(cube, out.shape) if cube.marked else _NO_OFFERS
            if price is None:
                fill_cube(cube.asked(products, first), out, offers, pool=pool if threads > 1 else None, threads=threads)
            else:
                run(count, partial(price, first, out))
            out[..., _too_many(cube, products)] = -1
            masks = mask_columns(cube, products, first, out, offers, pool, threads) if cube.marked else []
            dates = np.arange(first, first + count, dtype=np.int32) + np.int32(cube.first_night - _EPOCH)
            arrival = _spread(cube, dates[:, None, None, None], count, len(products), run)
            keys = [arrival.cast(pa.date32()), *(each[: out.size] for each in (nights, tiers, index))]
            keys[2] = pa.DictionaryArray.from_arrays(keys[2], pa.array(cube.version.tiers))
            yield pa.RecordBatch.from_arrays([*keys, _price_column(cube, first, out), *masks], schema=schema)


def _too_many(cube: Cube, products: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the products whose room does not take the guests that are told."""
    catalog = cube.version.catalog
    return np.flatnonzero(catalog.guests_max[catalog.product_row[products]] < (cube.asking.guests or 0))


def _factors_of(cube: Cube, lanes: NDArray[np.int32], arrivals: range, run: _Run) -> Callable[..., None]:
    """What prices some arrivals of a tile by a book of factors: `_factors`, with the tile's running sums."""
    tables = cube.version.tables
    sums = aligned((len(tables.sums), len(lanes)), tables.sums.dtype)
    end = min(arrivals.stop + int(cube.stays.max()), len(sums))  # only the rows that are read
    own = lanes.astype(np.int64)
    run(end - arrivals.start, lambda begin, stop: _take(tables.sums, sums, own, arrivals.start, begin, stop))
    return partial(_factors, cube, sums, np.ascontiguousarray(tables.lane_set[lanes]))


def _factors(
    cube: Cube,
    sums: NDArray[np.uint32] | NDArray[np.int64],
    product_set: NDArray[np.int32],
    first: int,
    out: NDArray[np.signedinteger],
    begin: int,
    end: int,
) -> None:
    """Prices of some arrivals of a tile by a book of factors."""
    price_cube(
        cube.version.tables,
        sums,
        product_set,
        cube.calendar_today,
        first + begin,
        cube.stays,
        cube.tiers,
        cube.version.mask,
        out[begin:end],
    )


def _spread(cube: Cube, values: NDArray[Any], arrivals: int, products: int, run: _Run) -> pa.Array:
    """A key column of a tile of so many arrivals and products: values that broadcast to (arrival, stay, tier,
    product). That of fewer arrivals is its beginning, unless the values are of arrivals.
    """
    out = aligned((arrivals, len(cube.stays), len(cube.tiers), products), values.dtype)
    if values.ndim == out.ndim:
        run(arrivals, lambda begin, end: _fill(out[begin:end], values[begin:end]))
    else:
        run(arrivals, lambda begin, end: _fill(out[begin:end], values))
    return pa.array(out.reshape(-1))


def _price_column(cube: Cube, first: int, out: NDArray[np.signedinteger]) -> pa.Array:
    """The prices of a tile as a column, null where a stay is not on sale."""
    beyond_window = first + len(out) - 1 + int(cube.stays.max()) > cube.version.n_nights
    before_today = first < int(cube.calendar_today.max())
    flat = out.reshape(-1)
    for_some = cube.asking is not ANYBODY  # a party may be too large
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
