"""`check()` finds every kind of damage to the index of keys, at its place, and `rebuild()` mends it from the holds."""

from __future__ import annotations

import random

import numpy as np
import pytest

from nightgrid import Engine, Outcome, Refused
from nightgrid.native.store import layout as at
from nightgrid.native.store.keys import SPAN_SPLITTING
from nightgrid.native.upkeep import audit_keys
from tests.index_of_keys import index_faults, keys_by_slot, lines_of
from tests.oracles import key_index as paper
from tests.threads.test_threads import FIRST, store
from tests.unit.test_more_slots import hold, keys_at_home_in


def entries_of(engine: Engine) -> np.ndarray:
    return engine._inventory.block.region(at.R_KEYS)


def place_of(engine: Engine, hold_id: int) -> int:
    """Where the entry of a hold stands."""
    return int(np.flatnonzero((entries_of(engine) & 0xFFFFFFFF) == (hold_id & 0xFFFFFFFF) + 1)[0])


def drop_one(engine: Engine, ids: list[int]) -> None:
    entries_of(engine)[place_of(engine, ids[3])] = paper.GONE


def double_one(engine: Engine, ids: list[int]) -> None:
    place = place_of(engine, ids[3])
    line = place & -paper.LINE
    free = line + int(np.flatnonzero(entries_of(engine)[line : line + paper.LINE] == paper.EMPTY)[0])
    entries_of(engine)[free] = entries_of(engine)[place]


def point_to_another_slot(engine: Engine, ids: list[int]) -> None:
    entries_of(engine)[place_of(engine, ids[3])] += (ids[5] & 0xFFFFFFFF) - (ids[3] & 0xFFFFFFFF)


def point_to_no_slot(engine: Engine, ids: list[int]) -> None:
    entries_of(engine)[place_of(engine, ids[3])] += 10_000


def spoil_the_fingerprint(engine: Engine, ids: list[int]) -> None:
    entries_of(engine)[place_of(engine, ids[3])] ^= 1 << 61


def put_behind_an_open_line(engine: Engine, ids: list[int]) -> None:
    place = place_of(engine, ids[3])
    block = engine._inventory.block
    further = ((place & -paper.LINE) + block.sizes.segments * paper.LINE) % block.keys
    free = further + int(np.flatnonzero(entries_of(engine)[further : further + paper.LINE] == paper.EMPTY)[0])
    entries_of(engine)[free], entries_of(engine)[place] = entries_of(engine)[place], paper.EMPTY


def spoil_the_key(engine: Engine, ids: list[int]) -> None:
    slots = engine._inventory.block.region(at.R_SLOTS)
    slots[ids[3] & 0xFFFFFFFF, at.W_KEY_LOW] ^= 1


LOST = "h1/king: the key of hold slot {slot} is not found: a retry would take rooms again; rebuild() remembers it"
WRONG = "entry {place} of the key index leads to hold slot {slot}, which has another key or none; rebuild() drops it"
AGAIN = " of the key index leads to hold slot {slot} again, or no search finds it; rebuild() drops it"
DAMAGES = {
    drop_one: [LOST],
    double_one: [AGAIN],
    point_to_another_slot: [LOST, WRONG],
    point_to_no_slot: [LOST, WRONG],
    spoil_the_fingerprint: [LOST, WRONG],
    put_behind_an_open_line: [LOST, AGAIN],
    spoil_the_key: [LOST, WRONG],
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_to_the_index_is_found_and_mended(damage) -> None:
    engine = store(500, slots=200, slots_max=200)
    ids = [hold(engine, f"key {number}", f"h{number % 2}") for number in range(8)]
    place = place_of(engine, ids[3])
    assert engine.check() == []
    damage(engine, ids)

    found = engine.check()

    said = [str(finding) for finding in found]
    assert {finding.kind for finding in found} == {"keys"}
    assert len(said) == len(DAMAGES[damage])
    slot = ids[3] & 0xFFFFFFFF
    for sentence, wanted in zip(said, DAMAGES[damage], strict=True):
        assert wanted is WRONG or wanted.format(slot=slot) in sentence
    if damage in (spoil_the_fingerprint, spoil_the_key):
        assert said[1] == "keys: h1/king: " + WRONG.format(place=place, slot=slot)
    if damage is point_to_another_slot:
        assert said[1] == "keys: h1/king: " + WRONG.format(place=place, slot=ids[5] & 0xFFFFFFFF)
    if damage is point_to_no_slot:
        assert said[1] == "keys: */*: " + WRONG.format(place=place, slot=slot + 10_000)
    assert engine.check() == found, "a check changes nothing"

    mended = engine.rebuild()

    assert [str(finding) for finding in mended] == said
    assert engine.check() == engine.rebuild() == []
    if damage is not spoil_the_key:
        assert index_faults(engine) == []
        assert [hold(engine, f"key {number}", f"h{number % 2}") for number in range(8)] == ids


def test_two_holds_with_one_key_are_named_until_one_is_forgotten() -> None:
    """No repair can say which of them the caller means."""
    engine = store(500, slots=200, slots_max=200, retention_ms=1_000)
    first = engine.book("h0", "king", FIRST, 1, key="one").id
    entry = entries_of(engine)[place_of(engine, first)]
    line = place_of(engine, first) & -paper.LINE
    entries_of(engine)[line : line + paper.LINE] = paper.GONE  # so that the retry finds nothing
    second = engine.book("h0", "king", FIRST, 1, key="one").id
    assert second != first
    free = line + int(np.flatnonzero(entries_of(engine)[line : line + paper.LINE] == paper.EMPTY)[-1])
    entries_of(engine)[free] = entry
    slots = first & 0xFFFFFFFF, second & 0xFFFFFFFF
    for _ in range(2):
        (found,) = engine.check()
        assert str(found).startswith(f"keys: h0/king: hold slots {slots[0]} and {slots[1]} have the same key, which ")
        assert engine.rebuild() == []
    engine.cancel(first)
    engine.clock.advance_ms(1_000)
    assert engine.check() == []
    assert engine.book("h0", "king", FIRST, 1, key="one").id == second


def test_a_forgotten_hold_needs_no_entry_and_may_have_one() -> None:
    engine = store(500, slots=200, slots_max=200, retention_ms=1_000)
    ids = [hold(engine, f"key {number}") for number in range(2)]
    for hold_id in ids:
        engine.release(hold_id)
    engine.clock.advance_ms(999)
    drop_one(engine, [0, 0, 0, ids[0]])
    assert [finding.kind for finding in engine.check()] == ["keys"]
    engine.clock.advance_ms(1)
    assert engine.check() == engine.rebuild() == []
    again = [hold(engine, f"key {number}") for number in range(2)]
    assert not set(again) & set(ids)
    assert engine.check() == []
    assert index_faults(engine) == []


@pytest.mark.parametrize("undone", [0, 1, 2])
def test_a_split_that_somebody_died_in_is_no_finding(undone: int) -> None:
    """Entries by the old lines, by the new ones, and both: each key is found, so nothing is wrong yet."""
    engine = store(500, slots=60, slots_max=1_000)
    block = engine._inventory.block
    keys = keys_at_home_in(engine, 19, 32, 7) + keys_at_home_in(engine, 3, 32, 7)
    ids = {key: hold(engine, key) for key in keys}
    before = block.region(at.R_KEYS).copy()
    engine.grow_slots(100)
    after = block.region(at.R_KEYS)
    if undone:
        after[:128] = before[:128]  # nothing was taken away
        moved = np.flatnonzero(after[128:]) + 128
        after[moved[:: 4 - undone]] = paper.EMPTY  # nor was everything copied
    block.region(at.R_SHARED)[at.S_KEY_SPAN] = 16 | SPAN_SPLITTING
    assert engine.check() == []
    lost = place_of(engine, ids[keys[0]])
    copies = np.flatnonzero(after == after[lost])
    after[copies] = paper.GONE
    assert [finding.kind for finding in engine.check()] == ["keys"]
    engine.rebuild()
    assert engine.check() == []
    assert index_faults(engine) == []
    assert all(hold(engine, key) == hold_id for key, hold_id in ids.items())


@pytest.mark.parametrize("seed", range(8))
def test_what_is_found_is_what_the_oracle_finds(seed: int) -> None:
    """Entries are spoilt, moved and copied at random, in segments of which some have been split."""
    engine = store(2_000, slots=40, slots_max=40_000)
    engine.grow_slots(700)
    block = engine._inventory.block
    dice = random.Random(seed)
    ids = {f"key {number}": hold(engine, f"key {number}") for number in range(600)}
    entries = block.region(at.R_KEYS)
    filled = np.flatnonzero(entries & 0xFFFFFFFF).tolist()
    for _ in range(dice.randrange(1, 60)):
        place, other = dice.choice(filled), dice.randrange(block.keys)
        kind = dice.randrange(4)
        if kind == 0:
            entries[place] = dice.choice([paper.EMPTY, paper.GONE])
        elif kind == 1:
            entries[place] ^= 1 << dice.choice([0, 3, 9, 33, 60])
        elif kind == 2:
            entries[other] = entries[place]
        else:
            entries[place], entries[other] = entries[other], entries[place]
    word = int(block.region(at.R_SHARED)[at.S_KEY_SPAN])
    lost, stray = paper.recount(
        entries[: block.keys].tolist(), keys_by_slot(engine), block.sizes.segments, lambda each: lines_of(word, each)
    )
    out = np.zeros((2_000, 5), np.int64)
    count = audit_keys.audit_keys(engine._inventory.table, False, engine._now_ms(), out)
    found = out[:count]
    of_slots = found[:, 0] == audit_keys.FINDING_KEY_LOST
    assert set(found[of_slots, 3].tolist()) == lost
    assert set(found[~of_slots, 4].tolist()) == stray
    assert count == len(lost) + len(stray) > 0

    assert {finding.kind for finding in engine.rebuild()} == {"keys"}
    assert index_faults(engine) == []
    assert engine.check() == []
    assert all(hold(engine, key) == hold_id for key, hold_id in ids.items())


def test_a_key_is_in_the_index_before_its_hotel_is_unlocked() -> None:
    """So a check beside threads that hold with keys, in each of the four ways, finds nothing."""
    engine = store(500, slots=400, retention_ms=0)
    held = hold(engine, "held")
    replaced = engine.hold("h0", "king", FIRST, 1, key="replaced", replace=held).id
    cart = engine.hold_cart(
        {"hotel_id": ["h0", "h1"], "room_type_id": ["king"] * 2, "arrival": [FIRST] * 2, "nights": [1] * 2}, key="cart"
    )
    line = {"hotel_id": ["h0"], "room_type_id": ["king"], "arrival": [FIRST], "nights": [1], "key": ["many"]}
    assert engine.hold_many(line)["outcome"].to_list() == [int(Outcome.OK)]
    assert engine.check() == []
    assert index_faults(engine) == []
    with pytest.raises(Refused) as refused:
        engine.confirm(held)
    assert refused.value.outcome in (Outcome.ALREADY_RELEASED, Outcome.NOT_FOUND)
    assert engine.hold("h0", "king", FIRST, 1, key="replaced", replace=held).id == replaced
    assert [hold.id for hold in cart.holds] != [replaced, replaced]
