"""Timing a part of a public call: record with which arguments it calls a function inside, then make that call alone.

So a benchmark names one inner function and nothing of how its arguments come about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def calls_inside(owner: Any, name: str, run: Callable[[], Any]) -> list[tuple[Any, ...]]:
    """Positional arguments of every call of `owner.name` while `run()` runs, in order. They are kept, not copied."""
    original = getattr(owner, name)
    recorded: list[tuple[Any, ...]] = []

    def recording(*arguments: Any) -> Any:
        recorded.append(arguments)
        return original(*arguments)

    was_own = name in vars(owner)
    setattr(owner, name, recording)
    try:
        run()
    finally:
        if was_own:
            setattr(owner, name, original)
        else:
            delattr(owner, name)
    return recorded
