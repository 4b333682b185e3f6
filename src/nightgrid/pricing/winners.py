"""Which of several rules wins on every night, for classes of products that no rule tells apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nightgrid.nights import WEEKDAYS
from nightgrid.pricing.model import DateRange

Words = npt.NDArray[np.int64]


def nights_where(dates: tuple[DateRange, ...], weekdays: tuple[str, ...], first_night: int, n_nights: int) -> Any:
    """bool [night]: inside one of the ranges, if any are given, and on one of the weekdays, if any are given."""
    mask = np.ones(n_nights, np.bool_)
    if dates:
        mask[:] = False
        for each in dates:
            start = max(each.first_night.toordinal() - first_night, 0)
            mask[start : max(each.last_night.toordinal() - first_night + 1, 0)] = True
    if weekdays:
        wanted = np.array([day in weekdays for day in WEEKDAYS])
        mask &= wanted[(np.arange(n_nights) + first_night + 6) % 7]
    return mask


def winners_by_night(ranked: list[tuple[int, Any, Any]], n_classes: int, n_nights: int) -> tuple[Any, Words]:
    """Per class and night the first rule that holds: (set of class int32, position int64 [set, night], -1 none).

    ranked: (position, classes bool, nights bool), the strongest first. O(rules x classes + rules x sets x nights).
    """
    if not ranked:
        return np.zeros(n_classes, np.int32), np.full((1, n_nights), -1, np.int64)
    packed = np.packbits(np.stack([mask for _, mask, _ in ranked]), axis=0).T
    rows = np.ascontiguousarray(packed)
    _, first, set_of_class = np.unique(
        rows.view(np.dtype((np.void, rows.shape[1]))).ravel(), return_index=True, return_inverse=True
    )
    winner = np.full((len(first), n_nights), -1, np.int64)
    for position, mask, nights in reversed(ranked):
        members = np.flatnonzero(mask[first])
        winner[np.ix_(members, np.flatnonzero(nights))] = position
    return set_of_class.astype(np.int32), winner
