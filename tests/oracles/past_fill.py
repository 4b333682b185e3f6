"""How full a house was at an instant, from a list of everything that happened.

A record is what `tests.oracles.records` plays. A hold that nobody confirmed or gave back ended at its deadline, however
late somebody noticed. `settings` are what the hotel set: (instant, row, night, rooms that there are, rooms sold
elsewhere), each in place of what was set before; `usual` are the rooms of a row where nothing was set.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from tests.oracles.records import matrices

Setting = tuple[int, Hashable, int, int, int]


def happened_ms(record: Mapping[str, Any]) -> int:
    """When something happened: an expiry at the deadline."""
    return min(record["now_ms"], record["deadline_ms"]) if record["kind"] == "expire" else record["now_ms"]


def fill_bp_at(
    at_ms: int,
    night: int,
    records: Iterable[Mapping[str, Any]],
    settings: Sequence[Setting],
    usual: Mapping[Hashable, int],
) -> int:
    """House fill of a night (an ordinal) at an instant, in basis points: taken rooms x 10,000 / rooms that there are,
    rounded down, 10,000 at most, and where there are none.
    """
    past = [record for record in records if happened_ms(record) <= at_ms]
    rows = list(usual)
    counted = matrices(past, rows, night, 1)
    taken = sum(rooms for kind in counted.values() for (rooms,) in kind)
    there = dict(usual)
    elsewhere: dict[Hashable, int] = {}
    for when, row, set_night, rooms, others in settings:
        if when <= at_ms and set_night == night and row in there:
            there[row], elsewhere[row] = rooms, others
    taken += sum(elsewhere.values())
    total = sum(there.values())
    return min(10_000 * taken // total, 10_000) if total > 0 else 10_000


def band(edges: Sequence[int], fill_bp: int) -> int:
    """The edge at or below a fill: the last one that it has reached."""
    return max(edge for edge in edges if edge <= fill_bp)
