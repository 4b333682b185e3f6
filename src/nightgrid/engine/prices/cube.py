"""What a repricing job prices: products × arrivals × stay lengths × tiers, for whom, and how it is cut into tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.search.price_blocks import Asked
from nightgrid.search.price_version import PriceVersion

_TILE_PRICES = 4_000_000
_TILE_PRODUCTS = 8_192
_TILE_SETS = 256  # products of some rule sets
_INT32_MAX = 2**31 - 1


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

    def tile_products(self, arrivals: int) -> int:
        """How many products are priced together: by rule sets as few as leave all arrivals together, for which plans
        are made once. The same for two versions that are compared.
        """
        if not self.by_rule_sets:
            return _TILE_PRODUCTS
        each = max(1, arrivals * len(self.stays) * len(self.tiers))
        return min(_TILE_PRODUCTS, max(_TILE_SETS, _TILE_PRICES // each))

    def tile_arrivals(self, arrivals: int, products: int) -> int:
        """How many of so many arrivals are priced together for a tile of products: memory stays bounded."""
        per_arrival = len(self.stays) * len(self.tiers) * products
        return max(1, min(_TILE_PRICES // per_arrival, arrivals))

    def asked(self, products: NDArray[np.int32], first: int) -> Asked:
        """What is asked about a tile from an arrival on."""
        catalog = self.version.catalog
        today = self.calendar_today[catalog.hotel_calendar[catalog.row_hotel[catalog.product_row[products]]]]
        return Asked(
            self.version, products, today + self.first_night, self.first_night + first, self.stays, self.tiers,
            self.asking, self.fill_bp,
        )  # fmt: skip


def cube_stays(stays: Sequence[int]) -> NDArray[np.int64]:
    """Stay lengths as the kernel takes them."""
    return np.ascontiguousarray(list(stays), np.int64)
