"""What is wrong with the index of holds of an engine, and what two ways of finding the same holds answer; for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from nightgrid import Engine
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import hold_index as x
from nightgrid.native.upkeep import questions as ask

#: The word of a slot in each field.
WORD_OF = {x.BY_GUEST: at.W_GUEST, x.BY_REFERENCE: at.W_REFERENCE, x.BY_CART: at.W_LINK}


def faults_of_index(engine: Engine) -> list[str]:
    """Nothing where every slot stands once in the list of each of its words, and in no other, with links that lead both
    ways. The index must have been asked just before.
    """
    inventory: Any = engine._inventory
    index = inventory._hold_index
    slots = inventory.slot_words()
    faults = []
    for field, word in WORD_OF.items():
        heads, links = index._heads[field], index._links[field]
        words = np.maximum(slots[:, word], 0) if field == x.BY_CART else slots[:, word]
        met: dict[int, int] = {}
        for head, first in enumerate(heads.tolist()):
            before, link = -head - 1, first
            while link:
                slot = link - 1
                if slot in met or links[slot, 0] != before:
                    faults.append(
                        f"field {field}: slot {slot} in list {head} comes after {links[slot, 0]}, not {before}"
                    )
                    break
                met[slot] = head
                before, link = link, int(links[slot, 1])
        wanted = {
            slot: int((value ^ value >> 32) & (len(heads) - 1)) for slot, value in enumerate(words.tolist()) if value
        }
        if met != wanted:
            faults.append(f"field {field}: {met} stand in lists, {wanted} should")
        faults += [
            f"field {field}: slot {slot} is in no list and has a link"
            for slot in np.flatnonzero(links[:, 0]).tolist()
            if slot not in met
        ]
    return faults


def both_ways(engine: Engine, **asked: Any) -> tuple[list[list[int]] | None, list[list[int]]]:
    """(what the index finds, None where it is not ready; what is found in passing over all), each in order of slots."""
    inventory: Any = engine._inventory
    words = np.full(ask.ASK_FIELDS, ask.ANY, np.int64)
    names = ("guest", "reference", "hotel_id", "arrival", "night", "state", "cart_id", "channel")
    for field, value in engine._asked(*[asked.get(name) for name in names]).items():
        words[field] = value
    now_ms = engine._now_ms()
    linked = inventory._find_linked(words, now_ms)
    passing = inventory._find_passing(words, now_ms)
    return None if linked is None else sorted(linked.tolist()), sorted(passing.tolist())
