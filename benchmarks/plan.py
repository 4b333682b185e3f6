"""How much is measured: everything, or quickly (`QUICK=1`). The chain has full size in both."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

from benchmarks.data import FULL, Chain, Size, make_chain

QUICK_VARIABLE = "NIGHTGRID_BENCH_QUICK"


@dataclass(frozen=True)
class Plan:
    """Numbers of questions and rounds."""

    quick: bool
    size: Size
    rounds: int
    stays: int  # asked in each round of a search
    holds: int  # single holds in a round
    batch_holds: int  # requests of one hold_many beside the rivals
    batch_rounds: int
    bulk_holds: int  # requests of one hold_many of ours alone: the store has long left every cache
    bookings: int  # live ones that are checked
    checks: int
    reprice_nights: int
    children: int  # processes started for import and first answer
    compile_too: bool  # also start with an empty kernel cache


_FULL = Plan(
    quick=False,
    size=FULL,
    rounds=15,
    stays=80,
    holds=2_000,
    batch_holds=200_000,
    batch_rounds=7,
    bulk_holds=1_200_000,
    bookings=1_000_000,
    checks=7,
    reprice_nights=365,
    children=7,
    compile_too=True,
)
_QUICK = Plan(
    quick=True,
    size=FULL,
    rounds=5,
    stays=16,
    holds=400,
    batch_holds=30_000,
    batch_rounds=3,
    bulk_holds=100_000,
    bookings=200_000,
    checks=1,
    reprice_nights=60,
    children=1,
    compile_too=False,
)


def current_plan() -> Plan:
    return _QUICK if os.environ.get(QUICK_VARIABLE) == "1" else _FULL


@cache
def shared_chain(size: Size) -> Chain:
    """One chain for all benchmarks of a run: it takes seconds to make."""
    return make_chain(size)
