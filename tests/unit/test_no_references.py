"""Numba counts references to arrays with locked instructions: next to none is in a loop of what holds and searches run.

What is looked at is the optimised code that is kept beside the machine code of compiled kernels: its functions, the
blocks of each that lie in a loop, and the calls of NRT_incref and NRT_decref in them. Nothing is compiled for this that
others do not use.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numba
import numpy as np
import polars as pl
import pytest
from llvmlite import binding as llvm
from numba.core.registry import cpu_target

from nightgrid.native.base.kept import KernelCache
from nightgrid.native.holds import amend, batch, holds, resolve
from nightgrid.native.prices import reprice
from nightgrid.native.search import search
from tests.threads.test_threads import FIRST, store

Graph = dict[str, list[str]]
#: Calls in loops, at most. A hold is tried again after a sweep, which is a loop: what it counts is counted once an
#: attempt; in a batch once more, where the key of a hold that replaces another is written. A search looks at products
#: under selling controls one by one, and a cube at rows that no sum gives.
MOST = {
    (holds, "hold_one"): 45,
    (holds, "hold_any"): 45,
    (batch, "hold_batch"): 46,
    (resolve, "resolve_one"): 0,
    (amend, "amend_one"): 0,
    (search, "search_top"): 6,
    (reprice, "price_cube"): 8,
}
CALL = re.compile(r"\bcall .*@NRT_(incref|decref)\b")


def optimised(kernel: Any) -> Iterator[str]:
    """The optimised code of a kernel that was called before, as LLVM writes it: once for each kind of arguments that
    this process has called it with.
    """
    codegen = cpu_target.target_context.codegen()
    assert kernel.overloads
    for signature in kernel.overloads:
        kept = pickle.loads(kernel._cache._path(signature, codegen).read_bytes())
        _, kind, (_, code) = kept[0]
        assert kind == "object"
        yield str(llvm.parse_bitcode(code))


def functions(code: str) -> Iterator[dict[str, list[str]]]:
    """The blocks of each function but those that count: name -> lines."""
    for text in re.split(r"\n(?=define )", code)[1:]:
        first, *lines = text[: text.index("\n}")].splitlines()
        if re.search(r"@NRT_\w+\(", first):
            continue
        blocks: dict[str, list[str]] = {"": []}
        for line in lines:
            label = re.match(r'^"?([-\w.$]+)"?:', line)
            if label:
                blocks[label.group(1)] = []
            else:
                blocks[next(reversed(blocks))].append(line)
        yield blocks


def in_loops(blocks: dict[str, list[str]]) -> set[str]:
    """The blocks that can be reached from themselves. O(blocks x jumps), of those that count alone."""
    jumps: Graph = {
        name: [target for line in lines for target in re.findall(r'label %"?([-\w.$]+)', line) if target in blocks]
        for name, lines in blocks.items()
    }
    found = set()
    for name in (each for each, lines in blocks.items() if any(map(CALL.search, lines))):
        seen: set[str] = set()
        waiting = list(jumps[name])
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += jumps[each]
        found |= {name} & seen
    return found


def calls_in_loops(kernel: Any) -> int:
    """How many calls that count a reference lie in a loop, in a kernel and all that is compiled with it, at most."""
    return max(
        sum(bool(CALL.search(line)) for blocks in functions(code) for name in in_loops(blocks) for line in blocks[name])
        for code in optimised(kernel)
    )


@pytest.fixture(scope="module")
def _used() -> None:
    """Every kernel of the table has been called."""
    engine = store(5, channels=["web"])
    hold = engine.hold("h0", "king", FIRST, 1)
    engine.confirm(hold.id)
    engine.hold("h0", "king", FIRST, 1, channel="web")
    engine.amend(hold.id, arrival=FIRST + timedelta(1), nights=2)
    engine.hold_many(pl.DataFrame({"row_index": [0, 1], "arrival": [FIRST] * 2, "nights": [2] * 2}))
    engine.search(FIRST, 1)
    list(engine.reprice())


@pytest.mark.usefixtures("_used")
@pytest.mark.parametrize(("module", "name"), MOST, ids=lambda each: getattr(each, "__name__", each).rpartition(".")[2])
def test_no_loop_counts_references(module: Any, name: str) -> None:
    kernel = getattr(module, name)
    if not isinstance(kernel._cache, KernelCache):
        pytest.skip("compiled kernels are not kept here (NIGHTGRID_NO_KERNEL_CACHE), so there is nothing to look at")
    assert calls_in_loops(kernel) <= MOST[module, name]


def test_references_that_a_loop_counts_are_found(tmp_path) -> None:
    """The same look at a kernel that hands arrays on in a loop, and at one that hands one on once."""
    found = []
    for function in (_often, _once):
        made = numba.njit(function)
        made._cache = KernelCache(function, tmp_path)
        made(np.zeros((3, 2)))
        found.append(calls_in_loops(made))
    assert found[0] > 0
    assert found[1] == 0


def _often(lines):
    kept = lines[0]
    for number in range(lines.shape[0]):
        if lines[number, 0] < kept[0]:
            kept = lines[number].copy()
    return kept


def _once(lines):
    return lines[0]
