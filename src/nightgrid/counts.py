"""Whole numbers as callers give them: Python's own, and those of NumPy and others."""

from __future__ import annotations

from numbers import Integral
from typing import Any


def plain_int(value: Any) -> Any:
    """A whole number of any kind as an `int`; whatever else, True and False among it, as it is, for who checks it."""
    if type(value) is int or isinstance(value, bool) or not isinstance(value, Integral):
        return value
    return int(value)
