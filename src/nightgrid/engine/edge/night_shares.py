"""What each night of a quote costs: computed when it is asked for, so that a quote itself stays cheap."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nightgrid.money import allocate
from nightgrid.native.prices import prices as price
from nightgrid.search.stay_quote import StayPrice, shares


def plain_nights(
    total_minor: int, rooms: int, sums: NDArray[np.int64], mask: int, factor: int, terms: NDArray[np.int64]
) -> Callable[[], tuple[int, ...]]:
    """Nights of a product of factors: shares of the total, or each rounded alone. sums: running sums of the stay."""

    def nights() -> tuple[int, ...]:
        values = [int(value) for value in np.diff(sums) & mask]
        parts = [int(term) for term in terms]
        if parts[price.T_POLICY] != price.POLICY_NIGHT:
            return tuple(allocate(total_minor, values))
        denominator = math.prod(
            parts[part] for part in (price.T_LOS_DEN, price.T_LEAD_DEN, price.T_TIER_DEN, price.T_NIGHT_SCALE)
        )
        mode, increment = parts[price.T_MODE], parts[price.T_INCREMENT]
        rounded = [int(price.round_to(value, factor, denominator, mode, increment)) for value in values]
        return tuple(value * rooms for value in rounded)

    return nights


def program_nights(
    total_minor: int, rooms: int, priced: StayPrice, other: StayPrice | None = None
) -> Callable[[], tuple[int, ...]]:
    """Nights of a full pipeline: shares by their weights, or each with its own price. other: what each room beside the
    first costs, where it is not the same.
    """

    def nights() -> tuple[int, ...]:
        if other is not None:
            first = program_nights(priced.total, 1, priced)()
            rest = program_nights(other.total * (rooms - 1), rooms - 1, other)()
            return tuple(map(sum, zip(first, rest, strict=True)))
        if priced.night_prices:
            return tuple(night * rooms for night in priced.night_prices)
        return tuple(allocate(total_minor, shares(priced)))

    return nights
