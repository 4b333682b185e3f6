"""Prices of single nights, whatever a version keeps of them: at any house fill and lead time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.native.program.night_fold import price_cells
from nightgrid.search.price_version import PriceVersion

Words = NDArray[np.int64]


def night_values(version: PriceVersion, product: Words, night: Words, lead_days: Words, fill_bp: Words) -> Words:
    """Nights after the last stage of the night, int64 minor units x `compiled.night_scale`, -1 where there is none.

    product, night (index of the version), lead_days, fill_bp: of one length. Where the book prices persons, of one
    adult. O(nights x stages), for a product of factors O(nights + lanes).
    """
    program = version.compiled.program
    if program is None:
        lane = np.zeros(len(version.compiled.season_set), np.int64)
        some = np.flatnonzero(version.lanes.lane_product >= 0)
        lane[version.lanes.lane_product[some]] = some
        sums = version.tables.sums
        values: Words = sums[night + 1, lane[product]].astype(np.int64) - sums[night, lane[product]].astype(np.int64)
        return values & version.mask
    party = Asking(adults=1) if program.per_person else ANYBODY
    query = program.question(party, version.first_night, 1, 0, 0)
    out = np.empty((len(product), len(program.scales)), np.int64)
    cells = np.stack([product, night, lead_days, fill_bp], axis=1).astype(np.int64)
    price_cells(program.desk, program.terms, query, np.ascontiguousarray(cells), out)
    return np.ascontiguousarray(out[:, 0])
