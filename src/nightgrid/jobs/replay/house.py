"""The catalogue of a replay: the file's hotels and room types, priced at the median of what guests paid."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nightgrid.catalog import Catalog
from nightgrid.jobs.replay.read import CHECK_OUT, Bookings
from nightgrid.limits import BASE_MINOR_MAX

if TYPE_CHECKING:
    from nightgrid.pricing.model import RuleBook

CURRENCY = "EUR"
TIME_ZONE = "Europe/Lisbon"
COUNTRY = "PT"
#: The base price of a room type whose hotel has no known rate at all: 100.00 EUR.
BASE_MINOR_UNKNOWN = 10_000


def default_book() -> RuleBook:
    """The rule book shipped for replays (`book.toml` beside this file)."""
    from nightgrid.pricing.parse import load_book

    with as_file(files("nightgrid.jobs.replay") / "book.toml") as path:
        return load_book(path)


def base_prices(bookings: Bookings) -> tuple[npt.NDArray[np.int64], list[str]]:
    """(euro cents per type, warnings): the median ADR of the type's checked-out bookings, exact.

    The mean of two middle values that ends in half a cent rounds up. A type without a checked-out
    booking of known, positive median takes its hotel's median; without that, 100.00 EUR.
    """
    usable = (bookings.status == CHECK_OUT) & bookings.adr_known
    base = np.zeros(len(bookings.type_names), np.int64)
    warnings = []
    for index, (hotel, kind) in enumerate(bookings.type_names):
        price = _median_minor(bookings.adr_minor[usable & (bookings.type_index == index)])
        if price < 1:
            same_hotel = [k for k, (other, _) in enumerate(bookings.type_names) if other == hotel]
            price = _median_minor(bookings.adr_minor[usable & np.isin(bookings.type_index, same_hotel)])
            source = f"the median of {hotel}"
            if price < 1:
                price, source = BASE_MINOR_UNKNOWN, "100.00 EUR"
            warnings.append(f"'{hotel}|{kind}' has no rate of a checked-out guest: its base price is {source}")
        base[index] = min(price, BASE_MINOR_MAX)
    return base, warnings


def _median_minor(amounts: npt.NDArray[np.int64]) -> int:
    """Median in whole minor units, halves up; 0 for no amount. Python integers: no float is involved."""
    if len(amounts) == 0:
        return 0
    ordered: list[int] = np.sort(amounts).tolist()
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle] + 1) // 2


def build_catalog(
    type_names: list[tuple[str, str]], capacity: npt.NDArray[np.int64], base_minor: npt.NDArray[np.int64]
) -> Catalog:
    """A catalogue whose row k is `type_names[k]` (sorted, so a hotel's types are neighbours).

    The hotels are in Portugal, as those of the published data are: EUR, Europe/Lisbon, holidays of PT.
    """
    hotels = list(dict.fromkeys(hotel for hotel, _ in type_names))
    return Catalog.from_frames(
        {
            "hotel_id": hotels,
            "name": hotels,
            "currency": [CURRENCY] * len(hotels),
            "time_zone": [TIME_ZONE] * len(hotels),
            "country": [COUNTRY] * len(hotels),
        },
        {
            "hotel_id": [hotel for hotel, _ in type_names],
            "room_type_id": [kind for _, kind in type_names],
            "capacity": capacity.tolist(),
            "base_minor": base_minor.tolist(),
        },
    )
