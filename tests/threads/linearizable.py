"""Is there an order in which one clerk could have given these answers? A search over orders (Wing and Gong, 1993).

An operation took effect at one instant between its call and its answer. The checker looks for an order of those
instants under which a plain model of one room type gives the same answers; finished sets of operations that
lead to the same rooms are looked at once.
"""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """One call: when it began and ended, what was asked of which stay, and what was answered.

    `verb` is hold, confirm, release or cancel. `stay` names the hold: (a unique number, first night, nights).
    """

    called: int
    answered: int
    verb: str
    stay: tuple[int, int, int]
    answer: str


#: verb -> state of the hold before -> (answer, state after). A hold that is not there yet is None.
RESOLUTIONS = {
    "confirm": {"held": ("OK", "booked"), "booked": ("EXISTS", "booked"), "released": ("ALREADY_RELEASED", "released"),
                "cancelled": ("ALREADY_CANCELLED", "cancelled")},
    "release": {"held": ("OK", "released"), "booked": ("ALREADY_CONFIRMED", "booked"),
                "released": ("EXISTS", "released"), "cancelled": ("ALREADY_CANCELLED", "cancelled")},
    "cancel": {"held": ("NOT_CONFIRMED", "held"), "booked": ("OK", "cancelled"),
               "released": ("ALREADY_RELEASED", "released"), "cancelled": ("EXISTS", "cancelled")},
}  # fmt: skip


def is_linearizable(operations: list[Operation], capacity: int, nights: int) -> bool:
    """True if some order that respects real time explains every answer. Exponential at worst; made for 30 calls."""
    operations = sorted(operations)
    everything = (1 << len(operations)) - 1
    seen = set()
    waiting = [(0, (capacity,) * nights, frozenset())]
    while waiting:
        done, free, holds = state = waiting.pop()
        if done == everything:
            return True
        if state in seen:
            continue
        seen.add(state)
        left = [(i, operation) for i, operation in enumerate(operations) if not done >> i & 1]
        first_answer = min(operation.answered for _, operation in left)
        for i, operation in left:
            if operation.called > first_answer:
                break  # somebody else was answered before this one was asked
            after = _apply(operation, free, dict(holds))
            if after is not None:
                waiting.append((done | 1 << i, after[0], frozenset(after[1].items())))
    return False


def _apply(operation: Operation, free: tuple[int, ...], holds: dict[int, str]):
    """(free, holds) after an operation, or None where the model would have answered otherwise."""
    number, first, nights = operation.stay
    stay = range(first, first + nights)
    if operation.verb == "hold":
        if operation.answer != ("OK" if all(free[night] for night in stay) else "SOLD_OUT"):
            return None
        if operation.answer == "OK":
            holds[number] = "held"
            return tuple(count - (night in stay) for night, count in enumerate(free)), holds
        return free, holds
    if number not in holds:
        return None
    answer, state = RESOLUTIONS[operation.verb][holds[number]]
    if operation.answer != answer:
        return None
    gives_back = state in ("released", "cancelled") and state != holds[number]
    holds[number] = state
    return tuple(count + (gives_back and night in stay) for night, count in enumerate(free)), holds
