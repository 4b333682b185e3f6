"""Fixtures of the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.data import Chain
from benchmarks.plan import Plan, current_plan, shared_chain
from benchmarks.redis_server import RedisServer, running


@pytest.fixture(scope="session")
def plan() -> Plan:
    """How much to measure."""
    return current_plan()


@pytest.fixture(scope="session")
def chain(plan: Plan) -> Chain:
    """The chain that all benchmarks ask about."""
    return shared_chain(plan.size)


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer | None]:
    """A redis-server for the rivals that ask one, or None where it is not installed."""
    with running() as server:
        yield server
