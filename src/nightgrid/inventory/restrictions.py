"""Changes of restrictions over ranges of nights: composed cell by cell in their order, entered all together.

First the profile of every cell after all changes is worked out, then the new profiles are entered in the table, and
only then cells change: whatever is refused is refused before. A cell changes once however many changes name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import Window
from nightgrid.inventory.block import Block
from nightgrid.inventory.profile_table import ProfileTable
from nightgrid.inventory.restriction_fields import Changes
from nightgrid.native.store import layout as at
from nightgrid.native.store.planes import (
    TOLD_ANYWHERE,
    TOLD_EACH,
    TOLD_ELSEWHERE,
    set_product_profiles,
    set_profiles,
)
from nightgrid.nights import weekday

_CELLS_AT_ONCE = 1_000_000
#: More runs of nights than this are published as one record that says: anywhere.
_RECORDS_MAX = 4_096


class Targets(NamedTuple):
    """Ranges of nights to change, in order: of room types, or (`products`) of products. One entry a range."""

    products: bool
    lines: NDArray[np.int64]  # row or product index
    first: NDArray[np.int64]  # ordinal
    last: NDArray[np.int64]  # ordinal, inclusive
    weekdays: NDArray[np.int64]  # mask, bit 0 = Monday
    change: NDArray[np.int64]  # position in the changes


class _Moved(NamedTuple):
    """Cells that get another profile, sorted by line."""

    products: bool
    lines: NDArray[np.int32]
    columns: NDArray[np.int32]
    profile: NDArray[np.int64]  # position in the working profiles


class _Profiles:
    """Profiles met while changes are worked out, each once: `rows` int16 (position, F_FIELDS)."""

    def __init__(self) -> None:
        self._position: dict[bytes, int] = {}
        self._rows = np.zeros((64, at.F_FIELDS), np.int16)

    @property
    def rows(self) -> NDArray[np.int16]:
        return self._rows[: len(self._position)]

    def positions(self, profiles: NDArray[np.int16]) -> NDArray[np.int64]:
        """Positions of profiles, entered where they are new."""
        found = np.empty(len(profiles), np.int64)
        for i, profile in enumerate(profiles):
            key = profile.tobytes()
            position = self._position.get(key)
            if position is None:
                position = self._position[key] = len(self._position)
                if position == len(self._rows):
                    self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
                self._rows[position] = profile
            found[i] = position
        return found


def _parts(targets: Targets) -> Iterator[Targets]:
    """Targets by ascending line, in parts of about a million cells; all of a line stands in one part, in order."""
    order = np.argsort(targets.lines, kind="stable")
    lines, first, last, weekdays, change = (column[order] for column in targets[1:])
    before = np.cumsum(last - first + 1) - (last - first + 1)
    starts = np.flatnonzero(np.diff(lines, prepend=-1))
    part = np.repeat(before[starts] // _CELLS_AT_ONCE, np.diff(starts, append=len(lines)))
    edges = [*np.flatnonzero(np.diff(part, prepend=-1)).tolist(), len(lines)]
    for begin, end in pairwise(edges):
        cut = slice(begin, end)
        yield Targets(targets.products, lines[cut], first[cut], last[cut], weekdays[cut], change[cut])


def _steps(
    targets: Targets, first_night: int, nights_count: int
) -> tuple[NDArray[np.int64], list[tuple[NDArray[np.int64], NDArray[np.int64]]]]:
    """The cells that targets name (line * nights + night, ascending, each once), and the changes in rounds: in each
    round every cell stands at most once, as (position in the cells, change).
    """
    counts = targets.last - targets.first + 1
    source = np.repeat(np.arange(len(counts)), counts)
    night = targets.first[source] + np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts) - first_night
    meant = targets.weekdays[source] >> (night + weekday(first_night)) % 7 & 1 != 0
    source, night = source[meant], night[meant]
    cell = targets.lines[source] * nights_count + night
    if len(np.unique(targets.lines)) == len(targets.lines):  # no cell is named twice, and all stand in order
        return cell, [(np.arange(len(cell)), targets.change[source])]
    order = np.argsort(cell, kind="stable")
    cell, change = cell[order], targets.change[source[order]]
    is_first = np.diff(cell, prepend=-1) != 0
    starts = np.flatnonzero(is_first)
    position = np.cumsum(is_first) - 1
    turn = np.arange(len(cell)) - starts[position]
    by_turn = np.argsort(turn, kind="stable")
    ends = np.cumsum(np.bincount(turn)).tolist() if len(turn) else []
    rounds = [by_turn[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=False)]
    return cell[starts], [(position[each], change[each]) for each in rounds]


def _worked_out(block: Block, targets: Targets, changes: Changes, work: _Profiles, window: Window) -> _Moved:
    """Which cells get which profile when all changes are done. Nothing is changed."""
    nights_count = block.sizes.nights
    cell, rounds = _steps(targets, window.first_night, nights_count)
    line, night = np.divmod(cell, nights_count)
    columns = window.order[night].astype(np.int32)
    if targets.products:
        before = block.region(at.R_PRODUCT_PROFILES).view(np.uint16)[line, columns]
    else:
        before = block.region(at.R_CELLS).view(np.uint16)[line, columns, at.C_PROFILE]
    distinct, inverse = np.unique(before, return_inverse=True)
    start = work.positions(block.region(at.R_PROFILES).view(np.int16)[distinct])[inverse]
    state = start.copy()
    changes_count = len(changes.keep)
    for position, change in rounds:
        pairs, pair = np.unique(state[position] * changes_count + change, return_inverse=True)
        old, which = np.divmod(pairs, changes_count)
        state[position] = work.positions((work.rows[old] & changes.keep[which]) | changes.put[which])[pair]
    moved = state != start
    return _Moved(targets.products, line[moved].astype(np.int32), columns[moved], state[moved])


def _runs(moved: _Moved, nights_count: int) -> int:
    """Runs of nights that follow each other in a line."""
    follows = (np.diff(moved.lines) == 0) & (np.diff(moved.columns) % nights_count == 1)
    return len(moved.lines) - int(np.count_nonzero(follows))


def apply_changes(
    block: Block, table: ProfileTable, changes: Changes, targets: Sequence[Targets], window: Window, now_ms: int
) -> int:
    """Change the restrictions of ranges of nights; returns how many cells got others. Table lock held.

    Of the same level, later targets change what earlier ones left. CapacityError if the profile table is full, and
    nothing is changed. Cells that get others are published, those alone. O(cells named), and less where changes repeat.
    """
    work = _Profiles()
    work.positions(np.zeros((1, at.F_FIELDS), np.int16))
    parts = [part for level in targets if len(level.lines) for part in _parts(level)]
    moved = [part for part in (_worked_out(block, part, changes, work, window) for part in parts) if len(part.lines)]
    used = np.unique(np.concatenate([np.zeros(1, np.int64), *(part.profile for part in moved)]))
    index = np.zeros(len(work.rows), np.int32)
    index[used] = table.intern(work.rows[used])
    # From here on it must succeed.
    product_row = block.region(at.R_PRODUCT_ROW).view(np.int32)
    runs = sum(_runs(part, block.sizes.nights) for part in moved)
    each = runs <= min(_RECORDS_MAX, block.sizes.records // 2)
    for part in moved:
        told = TOLD_EACH if each else TOLD_ANYWHERE if part is moved[-1] else TOLD_ELSEWHERE
        given = (part.columns, index[part.profile], told, now_ms)
        if part.products:
            set_product_profiles(block.table, part.lines, product_row[part.lines], *given)
        else:
            set_profiles(block.table, part.lines, *given)
    return sum(len(part.lines) for part in moved)
