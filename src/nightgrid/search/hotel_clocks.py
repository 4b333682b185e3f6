"""Questions that are others at some hotels: at which of them it is which time of day, or so many rooms are left."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking, AskingAt
from nightgrid.catalog import Catalog
from nightgrid.inventory.inventory import Inventory
from nightgrid.nights import local_clock
from nightgrid.pricing.program import Program
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.rooms_left import bands_of, rooms_left


def at_hotel(asking: Asking, catalog: Catalog, hotel: int) -> Asking:
    """A question as it is asked at one hotel."""
    if not isinstance(asking, AskingAt):
        return asking
    return asking.at(local_clock(asking.at_ms, catalog.calendars[int(catalog.hotel_calendar[hotel])][0]))


def settled(program: Program, catalog: Catalog, asking: Asking) -> Asking:
    """The question with its time of day where for all hotels of a catalogue the same hours hold; else as it is."""
    if not isinstance(asking, AskingAt):
        return asking
    found = _by_band(program, catalog, asking, np.arange(len(catalog.calendars)))
    return found[0][1] if len(found) == 1 else asking


def by_clock(
    program: Program, catalog: Catalog, products: NDArray[np.integer], asking: Asking
) -> list[tuple[NDArray[np.int64], Asking]]:
    """(places in `products`, the question as it is asked there) of products of hotels for which the same hours hold.
    One part, in which all are, where the question has no time to settle. O(calendars + products).
    """
    if not isinstance(asking, AskingAt):
        return [(np.arange(len(products)), asking)]
    calendar = catalog.hotel_calendar[catalog.row_hotel[catalog.product_row[products]]]
    known, of = np.unique(calendar, return_inverse=True)
    parts = _by_band(program, catalog, asking, known)
    return [(np.flatnonzero(np.isin(of.reshape(-1), some)), told) for some, told in parts]


def parts_to_settle(
    version: PriceVersion, program: Program, products: NDArray[np.integer], stay: tuple[int, int], asking: Asking,
    inventory: Inventory | None,
) -> list[tuple[NDArray[np.int64], Asking]] | None:  # fmt: skip
    """(places in `products`, the question as it is asked there) where it is another one at some of them: by the clocks
    of their hotels, or by the rooms that are left of a stay (arrival, nights); None where it is the same for all.
    """
    if isinstance(asking, AskingAt):
        return by_clock(program, version.catalog, products, asking)
    if not program.room_edges or asking.rooms_left is not None or inventory is None:
        return None
    left = rooms_left(inventory, version.catalog.product_row[products], *stay)
    return [(places, asking.with_rooms_left(number)) for places, number in bands_of(program, left)]


def _by_band(
    program: Program, catalog: Catalog, asking: AskingAt, calendars: NDArray[np.integer]
) -> list[tuple[list[int], Asking]]:
    """(places in `calendars`, the question there) by the hours that hold."""
    bands: dict[int, tuple[list[int], Asking]] = {}
    for place, calendar in enumerate(calendars.tolist()):
        clock = local_clock(asking.at_ms, catalog.calendars[calendar][0])
        band = bisect_right(program.hour_edges, int(clock[:2]) * 60 + int(clock[3:]))
        if band not in bands:
            bands[band] = ([], asking.at(clock))
        bands[band][0].append(place)
    return list(bands.values())
