"""From the prices of lanes to the cheapest of each hotel, and to the currency in which hotels are compared."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import InputError
from nightgrid.search.ranking import Question

_EXACT = 2**53  # integers below are exact in a float64
_WORD_MAX = np.iinfo(np.int64).max


def displayed(total: NDArray[np.int64], rates: NDArray[np.int64]) -> NDArray[np.int64]:
    """Totals in the display currency, rounded half up, exact: rates (number, 2) int64."""
    if np.all(rates == 1):
        return total
    numerator, denominator = rates[:, 0].astype(object), rates[:, 1].astype(object)
    found: NDArray[np.int64] = ((2 * total * numerator + denominator) // (2 * denominator)).astype(np.int64)
    return found


def rates_of_rooms(rates: NDArray[np.int64], rooms: int) -> NDArray[np.int64]:
    """Rates times rooms, (currency, 2) int64 in lowest terms; InputError where one has too many digits to be exact."""
    ratios = [Fraction(numerator * rooms, denominator) for numerator, denominator in rates.tolist()]
    if max(ratio.numerator for ratio in ratios) >= _EXACT:
        raise InputError(
            f"a rate of the rule book has too many digits to convert the price of {rooms} rooms exactly; "
            "round it under [currencies]"
        )
    return np.array([(ratio.numerator, ratio.denominator) for ratio in ratios], np.int64)


def cheapest_of_hotels(
    hotels: NDArray[np.integer], lanes: NDArray[np.int64], total: NDArray[np.int64], n_hotels: int, n_lanes: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """(hotel, total, lane) of the cheapest lane of each hotel, ties to the lower lane; hotels ascending. hotels, lanes,
    total (lane that can be sold). O(lanes + hotels).

    Total and lane are compared as one number where it is below 2^63, as it is for prices of one room.
    """
    if int(total.max(initial=0)) >= _WORD_MAX // max(n_lanes, 1) - 1:
        order = np.lexsort((lanes, total, hotels))
        first = order[np.flatnonzero(np.diff(hotels[order], prepend=-1))]
        return hotels[first].astype(np.int32), total[first], lanes[first].astype(np.int32)
    cheapest = np.full(n_hotels, _WORD_MAX)
    np.minimum.at(cheapest, hotels, total * n_lanes + lanes)
    found = np.flatnonzero(cheapest < _WORD_MAX)
    least, lane = np.divmod(cheapest[found], n_lanes)
    return found.astype(np.int32), least, lane.astype(np.int32)


def ordered(
    rating: NDArray[np.float64], question: Question, hotels: NDArray[np.integer], display: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Places of the hotels that come first in the order asked for, in this order. Ties: by price, then hotel index.

    rating (hotel of the catalogue), NaN = unknown; display (hotel found) int64. InputError for the distance from
    nowhere. O(hotels), and O(n log n) of those that come first.
    """
    query, some = question.query, np.arange(len(hotels))
    key: NDArray[Any] = display
    if query.sort != "price":
        key = order_key(rating, question)[hotels]
    if query.top is not None and query.top < len(hotels):
        some = np.flatnonzero(key <= np.partition(key, query.top - 1)[query.top - 1])
    keys = (hotels[some], display[some]) if query.sort == "price" else (hotels[some], display[some], key[some])
    found: NDArray[np.int64] = some[np.lexsort(keys)[: query.top]]
    return found


def order_key(rating: NDArray[np.float64], question: Question) -> NDArray[np.float64]:
    """What hotels are ordered by where it is not the price: (hotel) float64, the lowest first."""
    if question.query.sort == "rating":
        return -np.nan_to_num(rating, nan=-1.0)
    if question.distance_km is None:
        raise InputError("sort is 'distance' but the search has no place; give near=(latitude, longitude, km)")
    return np.nan_to_num(question.distance_km, nan=np.inf)
