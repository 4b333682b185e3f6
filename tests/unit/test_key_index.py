"""The index of keys after many of them: every remembered key is found, and those of slots handed out again are gone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from nightgrid import Engine, Outcome, Refused
from nightgrid.native.store import layout as at
from nightgrid.native.store.key_lines import EMPTY, GONE
from tests.threads.test_threads import FIRST, store

SLOTS = 40  # of two hotels; 128 entries in two segments


def _slots_in_the_index(engine: Engine) -> list[int]:
    entries = engine._inventory.block.region(at.R_KEYS)
    named = entries[(entries != EMPTY) & (entries != GONE)]
    return sorted((named & 0xFFFFFFFF) - 1)


def _slots_with_a_key(engine: Engine) -> list[int]:
    slots = engine._inventory.block.region(at.R_SLOTS)
    return np.flatnonzero((slots[:, at.W_KEY_HIGH] != 0) | (slots[:, at.W_KEY_LOW] != 0)).tolist()


@pytest.mark.parametrize("in_bulk", [False, True])
def test_keys_come_and_go_and_the_index_names_every_slot_once(in_bulk: bool) -> None:
    engine = store(30, slots=SLOTS, retention_ms=0)
    dice = random.Random(7)
    live: dict[str, int] = {}
    granted = 0

    def hold(key: str, hotel: str) -> tuple[int, int]:
        if not in_bulk:
            try:
                answer = engine.hold(hotel, "king", FIRST, 1, key=key)
            except Refused as refused:
                return int(refused.outcome), 0
            return int(answer.outcome), answer.id
        line = {"hotel_id": [hotel], "room_type_id": ["king"], "arrival": [FIRST], "nights": [1], "key": [key]}
        return engine.hold_many(line).select("outcome", "hold_id").row(0)

    rounds = 600 if in_bulk else 2_000  # a frame for each line
    for number in range(rounds):
        key, hotel = f"key {number}", f"h{number % 2}"
        outcome, hold_id = hold(key, hotel)
        if outcome == Outcome.OK:
            live[key] = hold_id
            granted += 1
        if len(live) > 25 or outcome != Outcome.OK:
            for gone in dice.sample(sorted(live), 10):
                engine.release(live.pop(gone))
        if live:
            again = dice.choice(sorted(live))
            assert hold(again, f"h{int(again.split()[1]) % 2}") == (Outcome.EXISTS, live[again])
        if number % 50 == 0:
            assert _slots_in_the_index(engine) == _slots_with_a_key(engine)
    assert granted > 0.95 * rounds
    assert _slots_in_the_index(engine) == _slots_with_a_key(engine)
    assert engine.check() == []
