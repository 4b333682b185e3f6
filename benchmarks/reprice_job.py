"""What a repricing question is, shared by nightgrid and its rivals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import TIERS, Chain, Stay


@dataclass(frozen=True)
class Job:
    """Prices of one night for the first `products` products, arrivals on the first `nights` nights, every tier."""

    products: int
    nights: int

    @property
    def prices(self) -> int:
        return self.products * self.nights * len(TIERS)


def numerators(chain: Chain, job: Job) -> NDArray[np.int64]:
    """Stay factor over STAY_DEN by arrival, tier and rule set: int64 (night, tier, set). Prepared, not timed."""
    return np.array(
        [[chain.stay_numerators(Stay(night, 1, tier)) for tier in range(len(TIERS))] for night in range(job.nights)]
    )
