"""How many drawn lives a test goes through: a few in `make test`, many where somebody looks thoroughly."""

from __future__ import annotations

import os

_THOROUGH = os.environ.get("NIGHTGRID_HYPOTHESIS") == "thorough"
_TIMES = 20


def seeds(few: int) -> range:
    """The seeds of drawn worlds or lives: `few`, and twenty times as many with NIGHTGRID_HYPOTHESIS=thorough."""
    return range(few * _TIMES if _THOROUGH else few)
