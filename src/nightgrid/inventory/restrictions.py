"""Restrictions of a room type's nights, and the table of profiles that cells refer to.

A profile is one combination of closed, closed to arrival, closed to departure, minimum and maximum stay on arrival and
through. A cell holds the index of its profile (0 = unrestricted), so the hot cell stays at 8 bytes whatever is
restricted. Updates are deltas: only what is named changes, so setting one restriction never clears another.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import CapacityError, InputError
from nightgrid.inventory.block import Block
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native import layout as at
from nightgrid.native.planes import set_profiles


@dataclass(frozen=True, slots=True)
class RestrictionChange:
    """A delta: None leaves a restriction as it is; False or 0 nights removes it."""

    closed: bool | None = None
    closed_to_arrival: bool | None = None
    closed_to_departure: bool | None = None
    min_stay_arrival: int | None = None
    max_stay_arrival: int | None = None
    min_stay_through: int | None = None
    max_stay_through: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or isinstance(value, bool):
                continue
            if not 0 <= value <= STAY_NIGHTS_MAX:
                raise InputError(
                    f"{field.name} is {value} nights; allowed are 1 to {STAY_NIGHTS_MAX}, or 0 to remove it"
                )


_FLAGS = {
    "closed": at.FLAG_CLOSED,
    "closed_to_arrival": at.FLAG_CLOSED_TO_ARRIVAL,
    "closed_to_departure": at.FLAG_CLOSED_TO_DEPARTURE,
}
_NUMBERS = {
    "min_stay_arrival": at.F_MIN_ARRIVAL,
    "max_stay_arrival": at.F_MAX_ARRIVAL,
    "min_stay_through": at.F_MIN_THROUGH,
    "max_stay_through": at.F_MAX_THROUGH,
}
RESTRICTION_NAMES = (*_FLAGS, *_NUMBERS)


def _changed(profile: NDArray[np.int16], change: RestrictionChange) -> NDArray[np.int16]:
    """A profile after a delta."""
    result = profile.copy()
    for name, flag in _FLAGS.items():
        wanted = getattr(change, name)
        if wanted is not None:
            result[at.F_FLAGS] = result[at.F_FLAGS] | flag if wanted else result[at.F_FLAGS] & ~flag
    for name, field in _NUMBERS.items():
        wanted = getattr(change, name)
        if wanted is not None:
            result[field] = wanted
    return result


def profile_values(profile: NDArray[np.int16]) -> dict[str, bool | int]:
    """A profile as names and values; 0 nights = unrestricted."""
    values: dict[str, bool | int] = {name: bool(profile[at.F_FLAGS] & flag) for name, flag in _FLAGS.items()}
    values.update({name: int(profile[field]) for name, field in _NUMBERS.items()})
    return values


def _intern(profiles: NDArray[np.int16], wanted: NDArray[np.int16]) -> int:
    """Index of a profile in the table, entered if it is new. Unused entries are zero, like entry 0."""
    if not wanted.any():
        return 0
    used = int(np.flatnonzero(profiles.any(axis=1))[-1]) + 1 if profiles.any() else 1
    equal = np.flatnonzero((profiles[:used] == wanted).all(axis=1))
    if equal.size:
        return int(equal[0])
    if used >= len(profiles):
        raise CapacityError(
            f"the store has {len(profiles)} restriction profiles and all are in use; "
            "create it with more profiles, or use fewer distinct combinations of restrictions"
        )
    profiles[used] = wanted
    return used


def apply_change(block: Block, rows: NDArray[np.int32], nights: NDArray[np.int32], change: RestrictionChange) -> int:
    """Apply a delta to many cells; returns how many cells changed. The caller serialises writers of restrictions.

    rows, nights (cell) int32: indexes, checked by the caller. CapacityError if the profile table is full, before any
    change.
    """
    profiles = block.region(at.R_PROFILES).view(np.int16)
    cells = block.region(at.R_CELLS).view(np.int16)
    before = cells[rows, nights, at.C_PROFILE].view(np.uint16)
    after = np.empty(len(before), np.int32)
    distinct, inverse = np.unique(before, return_inverse=True)
    wanted = [_intern(profiles, _changed(profiles[index], change)) for index in distinct]
    after[:] = np.array(wanted, np.int32)[inverse]
    moved = after != before
    if moved.any():
        set_profiles(block.table, rows[moved], nights[moved], after[moved])
    return int(moved.sum())
