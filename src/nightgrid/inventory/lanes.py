"""Where hotels and products stand in bit maps and price matrices: sliced ELLPACK over the catalogue.

64 hotels make a chunk; word k of a chunk holds the k-th product of each of them. Hotels are ordered by place,
brand and price level, and inside a window of 1,024 hotels by their number of products, so that little is padded
 (Kreutzer et al., SIAM J. Sci. Comput. 36, 2014: SELL-C-sigma with C = 64, sigma = 1,024).

A place once given never changes. Hotels that are added take padding or spare chunks, plans that are added the next free
word of their hotel's chunk; so the products of a hotel stand in its words in the order of their positions, always.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import CapacityError
from nightgrid.native.prices.tables import LaneMap

CHUNK_HOTELS = 64
_WINDOW_HOTELS = 1024
#: Spare words that all chunks share at least, so that in a small store a single hotel can get many more plans.
_SPARE_WORDS = 32


class Spares(NamedTuple):
    """Room for what is added later, beyond the catalogue."""

    hotels: int = 0
    rows: int = 0
    products: int = 0


class Lanes(NamedTuple):
    """Places of hotels and products; never changed, a change of the catalogue makes another."""

    map: LaneMap
    product_lane: NDArray[np.int32]  # (product)


def _product_hotel(catalog: Catalog) -> NDArray[np.int32]:
    return np.asarray(catalog.row_hotel[catalog.product_row])


def _level(catalog: Catalog) -> NDArray[np.int64]:
    """The cheapest base price of every hotel, int64 (hotel); the largest number for one without products."""
    cheapest = np.full(catalog.n_hotels, np.iinfo(np.int64).max)
    np.minimum.at(cheapest, _product_hotel(catalog), catalog.base_minor)
    return cheapest


def hotel_order(catalog: Catalog) -> NDArray[np.int64]:
    """Hotels in lane order: by region, brand, group and price level, then inside each window by number of products.

    Rules speak of regions and brands, so neighbours mostly share their factors; hotels of one level stand together, so
    that a search for the cheapest passes over most chunks (`native.search.minima`).
    """
    hotel_products = np.bincount(_product_hotel(catalog), minlength=catalog.n_hotels)
    place = np.array(["\0".join(each) for each in zip(catalog.region, catalog.brand, catalog.group, strict=True)])
    order = np.lexsort((_level(catalog), np.unique(place, return_inverse=True)[1].ravel()))
    for start in range(0, len(order), _WINDOW_HOTELS):
        window = order[start : start + _WINDOW_HOTELS]
        order[start : start + _WINDOW_HOTELS] = window[np.argsort(-hotel_products[window], kind="stable")]
    return order


def _turns(owner: NDArray[np.integer], before: NDArray[np.int64]) -> NDArray[np.int64]:
    """The how manieth each entry is of its owner, who had `before` (owner) already."""
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=len(before))
    turn = np.empty(len(owner), np.int64)
    turn[order] = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(turn + before[owner])


def _chunk_words(counts: NDArray[np.int64], spares: Spares) -> NDArray[np.int64]:
    """Words of every chunk, the spare ones at the end. counts (chunk * 64): products of the hotels in lane order."""
    words = counts.reshape(-1, CHUNK_HOTELS).max(axis=1)
    largest = int(words.max(initial=1))
    if spares.products:
        each = max(1, _SPARE_WORDS // len(words), -(-spares.products // (CHUNK_HOTELS * len(words))))
        words = words + min(each, spares.products)
    if spares.hotels:
        # A new hotel may have as many products as the largest one, or its share of the spare products.
        each = max(largest, -(-spares.products // spares.hotels))
        words = np.append(words, np.full(-(-spares.hotels // CHUNK_HOTELS), each))
    return np.asarray(words, np.int64)


def lane_map(catalog: Catalog, spares: Spares = Spares()) -> Lanes:  # noqa: B008 - a tuple, never changed
    """The places of a catalogue, with room for what is added later. O(products)."""
    order = hotel_order(catalog)
    product_hotel = _product_hotel(catalog)
    counts = np.zeros(-(-len(order) // CHUNK_HOTELS) * CHUNK_HOTELS, np.int64)
    counts[: len(order)] = np.bincount(product_hotel, minlength=len(order))[order]
    chunk_words = _chunk_words(counts, spares)
    chunk_first_word = np.zeros(len(chunk_words) + 1, np.int32)
    np.cumsum(chunk_words, out=chunk_first_word[1:])
    chunk_hotel = np.full(len(chunk_words) * CHUNK_HOTELS, -1, np.int32)
    chunk_hotel[: len(order)] = order
    lanes = int(chunk_first_word[-1]) * 64
    nothing = Lanes(
        LaneMap(chunk_first_word, chunk_hotel, np.full(lanes, -1, np.int32), np.full(lanes, -1, np.int32)),
        np.empty(0, np.int32),
    )
    return _with_products(nothing, catalog)


def _with_products(lanes: Lanes, catalog: Catalog) -> Lanes:
    """Give every product that has none its lane: the next word of its hotel's chunk. CapacityError if there is none."""
    old = len(lanes.product_lane)
    chunk_first_word, chunk_hotel, lane_product, lane_row = lanes.map
    position = np.full(catalog.n_hotels, -1, np.int64)
    taken = np.flatnonzero(chunk_hotel >= 0)
    position[chunk_hotel[taken]] = taken
    product_hotel = _product_hotel(catalog)
    before = np.bincount(product_hotel[:old], minlength=catalog.n_hotels)
    chunk = position[product_hotel[old:]] // CHUNK_HOTELS
    word = chunk_first_word[chunk] + _turns(product_hotel[old:], before)
    for new in np.flatnonzero(word >= chunk_first_word[chunk + 1])[:1]:
        hotel = int(product_hotel[old + new])
        total = int((product_hotel == hotel).sum())
        room = int(chunk_first_word[chunk[new] + 1] - chunk_first_word[chunk[new]])
        chunks = int((chunk_hotel.reshape(-1, CHUNK_HOTELS) >= 0).any(axis=1).sum())
        raise CapacityError(
            f"hotel {catalog.hotel_ids[hotel]!r} would have {total} plans of its room types together, its place has "
            f"room for {room}; make the store anew with more spare_products (one word of {64 * chunks:,} more for each "
            f"further plan of a hotel)"
        )
    new_lane = (word * 64 + position[product_hotel[old:]] % CHUNK_HOTELS).astype(np.int32)
    lane_product, lane_row = lane_product.copy(), lane_row.copy()
    lane_product[new_lane] = np.arange(old, catalog.n_products)
    lane_row[new_lane] = catalog.product_row[old:]
    product_lane = np.concatenate([lanes.product_lane, new_lane])
    return Lanes(LaneMap(chunk_first_word, chunk_hotel, lane_product, lane_row), product_lane)


def extended_lanes(lanes: Lanes, catalog: Catalog) -> Lanes:
    """The places of a catalogue that has more hotels or products than `lanes` knows; all others stay where they are.

    CapacityError, and nothing is changed, where a hotel or a plan finds no place. O(lanes).
    """
    chunk_hotel = lanes.map.chunk_hotel.copy()
    known = int(chunk_hotel.max()) + 1
    counts = np.bincount(_product_hotel(catalog), minlength=catalog.n_hotels)[known:].tolist()
    room = np.repeat(np.diff(lanes.map.chunk_first_word), CHUNK_HOTELS).tolist()
    free = np.flatnonzero(chunk_hotel < 0).tolist()
    for hotel, products in enumerate(counts, start=known):
        place = next((at for at, position in enumerate(free) if room[position] >= products), None)
        if place is None:
            most = max((room[position] for position in free), default=0)
            raise CapacityError(
                f"hotel {catalog.hotel_ids[hotel]!r} has {products} plans of its room types together, the free places "
                f"have room for {most}; make the store anew with more spare_hotels, or with spare_products of at least "
                f"{products} for each spare hotel"
            )
        chunk_hotel[free.pop(place)] = hotel
    return _with_products(lanes._replace(map=lanes.map._replace(chunk_hotel=chunk_hotel)), catalog)
