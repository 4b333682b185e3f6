"""What is wrong with the index of keys of an engine, by the oracle's rule; for tests that let it grow."""

from __future__ import annotations

import numpy as np

from nightgrid.engine import Engine
from nightgrid.native.store import layout as at
from tests.oracles import key_index as paper


def lines_of(word: int, segment: int) -> int:
    """Lines that a segment counts with, by the word S_KEY_SPAN."""
    lines, split = word & 0xFFFFFFFF, word >> 32 & 0xFFFF
    return 2 * lines if segment < split else lines


def keys_by_slot(engine: Engine) -> dict[int, tuple[int, int]]:
    """The key of every slot that has one."""
    slots = engine._inventory.block.region(at.R_SLOTS)
    with_key = np.flatnonzero((slots[:, at.W_KEY_HIGH] != 0) | (slots[:, at.W_KEY_LOW] != 0))
    return {int(slot): (int(slots[slot, at.W_KEY_HIGH]), int(slots[slot, at.W_KEY_LOW])) for slot in with_key}


def index_faults(engine: Engine) -> list[str]:
    """Every key stands once where a search finds it, and nothing else stands there."""
    block = engine._inventory.block
    word = int(block.region(at.R_SHARED)[at.S_KEY_SPAN])
    entries = block.region(at.R_KEYS).tolist()
    return paper.faults(entries, keys_by_slot(engine), block.sizes.segments, lambda segment: lines_of(word, segment))
