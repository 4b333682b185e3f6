"""Records played again: what a list of everything that happened says is held and sold.

A record is a dictionary with `kind`, `hold_id`, `row` (however rows are named), `arrival` (an ordinal day), `nights`,
`rooms`, `deadline_ms`, `now_ms`; `replace` and `book` may have `linked_to`, lines of a cart have `cart_id` and
`cart_lines`; `units` says what the hold takes of limited counters (name -> units), `refunded` of a cancellation that
they come back. The stay in a record is the stay after it. A cart whose lines are not all there never happened. Records
of kind `request` only have more about the one after them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

BEGINS = ("hold", "book", "replace")
ENDS = {"release": "released", "expire": "expired", "cancel": "cancelled"}
TURNS = {"confirm": "booked", "check_in": "checked_in", "check_out": "checked_out", "no_show": "no_show"}
#: The states in which each kind may find a hold.
FROM = {
    "confirm": ("held",), "extend": ("held",), "release": ("held",), "expire": ("held",), "cancel": ("booked",),
    "check_in": ("booked",), "check_out": ("checked_in",), "no_show": ("booked",),
    "depart": ("booked", "checked_in"), "amend": ("held", "booked", "checked_in"),
}  # fmt: skip


@dataclass(frozen=True)
class Played:
    """A hold as its records leave it. `nights` is what it still has."""

    row: Hashable
    arrival: int
    nights: int
    rooms: int
    deadline_ms: int
    state: str

    @property
    def counted_as(self) -> str | None:
        if self.state in ENDS.values():
            return None
        return "held" if self.state == "held" else "sold"


def play(records: Iterable[Mapping[str, Any]]) -> dict[int, Played]:
    """Every hold as it is after the records, by id. ValueError for a record that cannot have happened."""
    records = [record for record in records if record["kind"] != "request"]
    lines = Counter(r["cart_id"] for r in records if r["kind"] in BEGINS and r.get("cart_lines"))
    torn = {
        record["hold_id"]
        for record in records
        if record["kind"] in BEGINS and record.get("cart_lines") and lines[record["cart_id"]] != record["cart_lines"]
    }
    holds: dict[int, Played] = {}
    for record in records:
        if record["hold_id"] not in torn:
            _apply(record, holds)
    return holds


def matrices(
    records: Iterable[Mapping[str, Any]], rows: Sequence[Hashable], first_ordinal: int, nights: int
) -> dict[str, list[list[int]]]:
    """ "held" and "sold": a list per row with the rooms of our holds and bookings on each night of a window."""
    counts = {what: [[0] * nights for _ in rows] for what in ("held", "sold")}
    for played in play(records).values():
        if played.counted_as is None:
            continue
        of_row = counts[played.counted_as][list(rows).index(played.row)]
        for ordinal in range(played.arrival, played.arrival + played.nights):
            if 0 <= ordinal - first_ordinal < nights:
                of_row[ordinal - first_ordinal] += played.rooms
    return counts


def counters_used(records: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What is used of each limited counter: by what is held and booked, and by bookings that were cancelled and not
    refunded.
    """
    records = list(records)
    kept = {record["hold_id"] for record in records if record["kind"] == "cancel" and not record["refunded"]}
    units = {record["hold_id"]: record["units"] for record in records if record["kind"] in BEGINS}
    used: Counter[str] = Counter()
    for hold_id, played in play(records).items():
        if played.counted_as is not None or hold_id in kept:
            used.update(units[hold_id])
    return {name: count for name, count in used.items() if count}


def _apply(record: Mapping[str, Any], holds: dict[int, Played]) -> None:
    kind, hold_id = record["kind"], record["hold_id"]
    stay = {name: record[name] for name in ("row", "arrival", "nights", "rooms", "deadline_ms")}
    if kind in BEGINS:
        if hold_id in holds:
            raise ValueError(f"hold {hold_id} begins twice")
        if kind == "replace":
            old = holds.get(record["linked_to"])
            if old is None or old.state != "held":
                raise ValueError(f"hold {hold_id} replaces {record['linked_to']}, which is {old}")
            holds[record["linked_to"]] = replace(old, state="released")
        holds[hold_id] = Played(**stay, state="booked" if kind == "book" else record.get("state", "held"))
        return
    found = holds.get(hold_id)
    if found is None or found.state not in FROM[kind]:
        raise ValueError(f"{kind} of hold {hold_id}, which is {found}")
    if kind in ENDS:
        holds[hold_id] = replace(found, state=ENDS[kind])
    else:
        holds[hold_id] = Played(**stay, state=TURNS.get(kind, found.state))
