"""What a search asks for and what it finds, in indexes, and the second look at what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.search.second_look import look_again

#: Whole searches before what is gone is left out: each time somebody took what was found.
_SEARCHES_MAX = 10


class StayQuery(NamedTuple):
    """A search in indexes: `arrival` is an ordinal; prices are display minor units, None = unbounded."""

    arrival: int
    nights: int
    tier: int  # index of the rule book
    rooms: int
    scope: int  # channel and class of the guest (`native.store.requests.scope_word`)
    now_ms: int
    top: int | None
    sort: str
    price_min: int | None
    price_max: int | None
    asking: Asking = ANYBODY


class Question(NamedTuple):
    """A search as a searcher takes it: what is asked, of which products (bit map), as if booked on which days, shown in
    which currency, and how far the hotels are (kilometres; None where nobody says from where).
    """

    query: StayQuery
    words: NDArray[np.int64]  # (word)
    calendar_today: NDArray[np.int64]  # (calendar): ordinals
    rates: NDArray[np.int64]  # (currency, 2): see `price_version.display_rates`
    distance_km: NDArray[np.float64] | None = None  # (hotel)

    @property
    def undecided(self) -> bool:
        """Whether the bit maps do not decide: they are about one room, and stays that are not very long."""
        return self.query.rooms > 1 or self.query.nights >= PLANE_VALUE_MAX

    @property
    def limits(self) -> tuple[int, int]:
        """The display prices between which a product lies."""
        low, high = self.query.price_min, self.query.price_max
        return 0 if low is None else low, NO_PRICE - 1 if high is None else high

    @property
    def is_limited(self) -> bool:
        """Whether prices are asked for that lie between some."""
        return self.query.price_min is not None or self.query.price_max is not None


class Ranking(NamedTuple):
    """Hotels in order, and how many are available. `total` is of one room, with `of_order` of all rooms together;
    `display` is of all; both int64 minor units.
    """

    hotel: NDArray[np.int32]
    product: NDArray[np.int32]
    total: NDArray[np.int64]
    display: NDArray[np.int64]
    available: int
    of_order: bool = False

    def total_of(self, rooms: int) -> NDArray[np.int64]:
        """What so many rooms cost together: those of the query."""
        return self.total if self.of_order else self.total * rooms


def of_one_instant(inventory: Inventory, query: StayQuery, find: Callable[[], Ranking]) -> Ranking:
    """What `find` finds, none of it put together from nights that were free one after the other.

    What takes rooms comes before its record and what gives them back after it, so a store whose log stood still was
    seen as it was after its last record, or with less. Where it went on, the products found are looked at again
    (`native/search/second_look.py`), and if one is gone the search is done again. How many are available is a count
    in passing.
    """
    everything = query.rooms > 1 or query.nights >= PLANE_VALUE_MAX
    stay = (query.arrival, query.nights, query.rooms, query.scope)
    for _ in range(_SEARCHES_MAX):
        lsn = inventory.lsn
        found = find()
        if inventory.lsn == lsn:
            return found
        gone = np.zeros(len(found.product), np.bool_)
        products = np.ascontiguousarray(found.product, np.int32)
        if look_again(inventory.table, products, stay, everything, query.now_ms, gone) == 0:
            return found
    kept = ~gone
    return Ranking(
        found.hotel[kept],
        found.product[kept],
        found.total[kept],
        found.display[kept],
        found.available - int(np.count_nonzero(gone)),
        found.of_order,
    )
