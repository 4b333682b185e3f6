"""Where hotels and products stand in bit maps and price matrices: sliced ELLPACK over the catalogue.

64 hotels make a chunk; word k of a chunk holds the k-th product of each of them. Hotels are ordered by place,
brand and price level, and inside a window of 1,024 hotels by their number of products, so that little is padded
 (Kreutzer et al., SIAM J. Sci. Comput. 36, 2014: SELL-C-sigma with C = 64, sigma = 1,024).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.native.tables import LaneMap

CHUNK_HOTELS = 64
_WINDOW_HOTELS = 1024


def _level(catalog: Catalog) -> NDArray[np.int64]:
    """The cheapest base price of every hotel, int64 (hotel)."""
    first_product = catalog.row_first_product[catalog.hotel_first_row]  # (hotel + 1)
    base = np.append(catalog.base_minor, np.iinfo(np.int64).max)  # a hotel without products ends where the next begins
    cheapest = np.minimum.reduceat(base, first_product[:-1])
    return np.where(np.diff(first_product) > 0, cheapest, base[-1])


def hotel_order(catalog: Catalog) -> NDArray[np.int64]:
    """Hotels in lane order: by region, brand, group and price level, then inside each window by number of products.

    Rules speak of regions and brands, so neighbours mostly share their factors; hotels of one level stand together, so
    that a search for the cheapest passes over most chunks (`native.minima`).
    """
    hotel_products = np.diff(catalog.row_first_product[catalog.hotel_first_row])
    place = np.array(["\0".join(each) for each in zip(catalog.region, catalog.brand, catalog.group, strict=True)])
    order = np.lexsort((_level(catalog), np.unique(place, return_inverse=True)[1].ravel()))
    for start in range(0, len(order), _WINDOW_HOTELS):
        window = order[start : start + _WINDOW_HOTELS]
        order[start : start + _WINDOW_HOTELS] = window[np.argsort(-hotel_products[window], kind="stable")]
    return order


def lane_map(catalog: Catalog) -> tuple[LaneMap, NDArray[np.int32]]:
    """(LaneMap, product_lane int32 (product)) of a catalogue. O(products)."""
    order = hotel_order(catalog)
    first_product = catalog.row_first_product[catalog.hotel_first_row]  # (hotel + 1)
    hotel_products = np.diff(first_product)
    chunks = -(-len(order) // CHUNK_HOTELS)
    chunk_hotel = np.full(chunks * CHUNK_HOTELS, -1, np.int32)
    chunk_hotel[: len(order)] = order
    counts = np.zeros(chunks * CHUNK_HOTELS, np.int64)
    counts[: len(order)] = hotel_products[order]
    chunk_words = counts.reshape(chunks, CHUNK_HOTELS).max(axis=1)
    chunk_first_word = np.zeros(chunks + 1, np.int32)
    np.cumsum(chunk_words, out=chunk_first_word[1:])
    words = int(chunk_first_word[-1])
    # Position of every hotel, then lane of every product: (first word of the chunk + k) * 64 + lane of the hotel.
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    product_hotel = np.repeat(np.arange(len(order)), hotel_products)
    k = np.arange(catalog.n_products) - first_product[product_hotel]
    at_position = position[product_hotel]
    product_lane = (chunk_first_word[at_position // CHUNK_HOTELS] + k) * 64 + at_position % CHUNK_HOTELS
    lane_product = np.full(words * 64, -1, np.int32)
    lane_product[product_lane] = np.arange(catalog.n_products)
    lane_row = np.where(lane_product >= 0, catalog.product_row[np.maximum(lane_product, 0)], -1).astype(np.int32)
    return LaneMap(chunk_first_word, chunk_hotel, lane_product, lane_row), product_lane.astype(np.int32)
