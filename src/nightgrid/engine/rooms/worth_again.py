"""What a stay is worth that is booked again after it expired: said anew, because only the value of the whole is
remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.engine.edge.night_values import VALUE_MAX, values_of
from nightgrid.engine.rooms.asked import whole
from nightgrid.errors import InputError, InputTypeError, NightgridError
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.holds import amend
from nightgrid.native.store import layout as at


def check_unsaid(value_minor: Any, nights_minor: Any) -> None:
    """InputError where a value is given to a verb that books nothing again."""
    if value_minor is not None or nights_minor is not None:
        raise InputError(
            "value_minor and nights_minor say what a stay is worth that is booked again after its deadline; give "
            "rebook=True too, or amend() the hold"
        )


def nights_again(inventory: Inventory, hold_id: int, now_ms: int) -> int | None:
    """Nights of a hold that is open or has expired, None of any other."""
    record = inventory.record(hold_id, now_ms)
    return record.nights if record is not None and record.state in (at.STATE_HELD, at.STATE_EXPIRED) else None


def as_it_was(lines: int) -> NDArray[np.int64]:
    """Nothing is said of so many stays: int64 (stay, 3)."""
    worth = np.zeros((lines, amend.WORTH_WORDS), np.int64)
    worth[:, amend.W_VALUE] = -1
    return worth


def of_lines(name: str, given: Any, lines: int) -> Sequence[Any]:
    """What is said of each line of a cart; None says nothing of any."""
    if given is None:
        return [None] * lines
    if not isinstance(given, list | tuple):
        raise InputTypeError(f"{name} is {given!r}; give a list with an item for each line of the cart")
    if len(given) != lines:
        raise InputError(f"{name} has {len(given)} items, and the cart has {lines} lines; give one for each, or None")
    return given


def worth_again(stays: Sequence[tuple[int | None, Any, Any]]) -> NDArray[np.int64]:
    """What stays are worth that may be booked again, int64 (stay, 3) as `native.holds.amend.rebook_one` takes them.

    stays: nights (None where they do not matter), value_minor, nights_minor of each; what is None says nothing.
    InputError or InputTypeError, with the line where there are several.
    """
    said: list[tuple[int, NDArray[np.int64] | None]] = []
    for line, (nights, value_minor, nights_minor) in enumerate(stays):
        try:
            each = None if nights is None else values_of(nights_minor, nights, value_minor)
            value = -1 if value_minor is None else whole("value_minor", value_minor, 0, VALUE_MAX)
        except NightgridError as error:
            raise type(error)(f"line {line}: {error}" if len(stays) > 1 else str(error)) from None
        said.append((value, None) if each is None else (int(each.sum()), each))
    memory = np.zeros(amend.WORTH_WORDS * len(said) + sum(each.size for _, each in said if each is not None), np.int64)
    worth = memory[: amend.WORTH_WORDS * len(said)].reshape(len(said), amend.WORTH_WORDS)
    place = worth.size
    for line, (value, each) in enumerate(said):
        worth[line, amend.W_VALUE] = value
        if each is not None and each.any():
            memory[place : place + each.size] = each
            worth[line, amend.W_NIGHT_VALUES] = memory.ctypes.data + 8 * place
            worth[line, amend.W_NIGHTS] = each.size
            place += each.size
    return worth
