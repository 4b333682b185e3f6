"""Fixtures of the benchmarks."""

from __future__ import annotations

import pytest

from benchmarks.data import Chain
from benchmarks.plan import Plan, current_plan, shared_chain


@pytest.fixture(scope="session")
def plan() -> Plan:
    """How much to measure."""
    return current_plan()


@pytest.fixture(scope="session")
def chain(plan: Plan) -> Chain:
    """The chain that all benchmarks ask about."""
    return shared_chain(plan.size)
