"""`rebuild()` mends whatever `check()` finds, says what it was, and the store goes on as if nothing had happened."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest

from nightgrid.native.store import layout as at
from tests.agreement.pairs import Pair
from tests.agreement.test_window_agrees import WORLD, noon_ms
from tests.engines import SHORT
from tests.threads.test_selling_threads import FIRST as WHEN
from tests.threads.test_selling_threads import store
from tests.unit import test_check_finds_damage as damages
from tests.unit.busy_store import STAY, busy_store, everything

FIRST = date(2027, 6, 1)
REPAIRABLE = [
    damages.more_free,
    damages.held_becomes_sold,
    damages.sold_without_a_booking,
    damages.hidden_room,
    damages.padding_on_sale,
    damages.lost_restriction,
    damages.invented_restriction,
    damages.lost_from_the_list,
    damages.list_that_bites_its_tail,
]


@pytest.mark.parametrize("damage", REPAIRABLE, ids=lambda damage: damage.__name__)
def test_what_check_finds_is_mended(damage):
    engine = busy_store()
    before = everything(engine)[:3]
    damage(engine)
    found = engine.check()
    assert found

    mended = engine.rebuild()

    assert {finding.kind for finding in found} <= {finding.kind for finding in mended}
    assert engine.check() == []
    assert everything(engine)[:3] == before
    assert engine.rebuild() == []


def test_an_end_without_its_flag_is_an_end():
    engine = busy_store()
    damages.forgotten_hold(engine)
    engine._inventory.block.region(at.R_RECORDS)[:] = 0  # nobody can tell any more that it was not published
    assert {finding.kind for finding in engine.rebuild()} == {"held", "list"}
    assert engine.check() == []
    assert engine.matrix("held").sum() == 0
    assert engine.metrics()["holds"]["released"] == 1


def test_a_cut_is_no_damage_and_stays():
    engine = busy_store()
    damages.cut_short(engine)
    assert engine.rebuild() == []
    assert [finding.kind for finding in engine.check()] == ["oversold"]
    damages.more_free(engine)
    assert [finding.kind for finding in engine.rebuild()] == ["conservation"]
    assert [finding.kind for finding in engine.check()] == ["oversold"]


def test_a_cut_below_what_blocks_keep_is_reported_and_no_damage():
    engine = busy_store()
    night = STAY[2] + timedelta(days=8)
    engine.create_block("WEDDING", "Bund", "DBL", 2, first_night=night, last_night=night, release_days=3)
    assert engine.check() == []
    engine.set_capacity({"hotel_id": ["Bund"], "room_type_id": ["DBL"], "night": [night], "capacity": [1]})
    words = f"blocks_short: Bund/DBL on {night}: blocks keep 2 rooms, 1 are free: capacity was cut below what is sold"
    assert [str(finding) for finding in engine.check()] == [f"{words} and kept"]
    assert engine.short_cells().rows() == [("Bund", "DBL", night, 0, 1)]
    assert engine.rebuild() == []
    engine.clock.advance_ms(5 * 24 * 3_600_000)  # the block lets the night go
    assert engine.check() == []
    assert engine.short_cells().is_empty()


def test_a_slot_that_names_no_room_type_is_reported_and_left_alone():
    engine = busy_store()
    slots = engine._inventory.block.region(at.R_SLOTS).view(np.int64)
    slot = int(np.flatnonzero(slots[:, at.W_STATE] & 0xFF == at.STATE_HELD)[0])
    slots[slot, at.W_PLACE] = 77
    engine._inventory.block.region(at.R_RECORDS)[:] = 0  # as if its record had left the ring long ago
    engine.rebuild()
    assert {finding.kind for finding in engine.check()} == {"list"}
    assert engine.matrix("held").sum() == 0


def test_a_hold_becomes_what_was_published_of_it():
    """Another room type, another state, a hold that was never published, a key that was lost: the ring tells."""
    engine = busy_store()
    region = engine._inventory.block.region
    slots = region(at.R_SLOTS).view(np.int64)
    keyed = engine.hold(*STAY, key="order")
    before = [engine.matrix(what).tolist() for what in ("free", "held", "sold")]
    held, booked = (np.flatnonzero(slots[:, at.W_STATE] & 0xFF == state) for state in (at.STATE_HELD, at.STATE_BOOKED))
    slots[held[0], at.W_PLACE] = 77
    slots[booked[0], at.W_STATE] += at.STATE_NO_SHOW - at.STATE_BOOKED
    region(at.R_KEYS)[:] = 0
    assert next(finding.kind for finding in engine.rebuild()) == "published"
    assert engine.check() == []
    assert [engine.matrix(what).tolist() for what in ("free", "held", "sold")] == before
    assert engine.hold(*STAY, key="order").id == keyed.id
    assert engine.rebuild() == []


def test_a_roll_that_somebody_died_in_is_finished():
    """As it lies after a death: the window begins later, it ends as before, and its goal is noted."""
    engine = busy_store()
    shared = engine._inventory.block.region(at.R_SHARED).view(np.int64)
    assert engine.rebuild() == []
    shared[at.S_ROLL] = engine.first_night + 2 | 2 << 32
    shared[at.S_FIRST_NIGHT] += 2
    lsn = engine.lsn
    assert [finding.kind for finding in engine.rebuild()] == ["window"]
    assert engine.records(lsn)["kind"].to_list()[0] == "window"
    assert engine.matrix("free")[:, -2:].tolist() == [[2, 2], [2, 2]]
    assert engine.check() == []
    assert engine.rebuild() == []
    assert len(engine._inventory.window.order) == 20


def test_a_hold_whose_deadline_was_lost_expires_again():
    engine = busy_store()
    shared = engine._inventory.block.region(at.R_SHARED).view(np.int64)
    hotels = engine._inventory.block.region(at.R_HOTELS).view(np.int64)
    for words, word in ((shared, at.S_EARLIEST_MS), (hotels[1], at.L_EARLIEST_MS)):
        words[word] = at.NEVER_MS
    assert {finding.kind for finding in engine.check()} == {"deadline"}
    assert {finding.kind for finding in engine.rebuild()} == {"deadline"}
    engine.clock.advance_ms(3_600_000)
    assert len(engine.expire()) == 1
    assert engine.check() == []


def test_feeds_are_told_to_read_everything_anew():
    engine = busy_store()
    lsn = engine.lsn
    damages.more_free(engine)
    engine.rebuild()
    assert engine.records(lsn)["kind"].to_list() == ["reload"]
    assert len(engine.changes_since(lsn)) == engine.catalog.n_rows


def spoil(engine, dice: Random) -> None:
    """Overwrite some words of what follows from the holds, anywhere."""
    block = engine._inventory.block
    high = int(block.region(at.R_SHARED).view(np.int64)[at.S_SLOT_HIGH])
    cells = block.region(at.R_CELLS).view(np.int16)
    for _ in range(dice.randrange(1, 6)):
        kind = dice.randrange(7)
        if kind == 0:
            where = (dice.randrange(len(cells)), dice.randrange(cells.shape[1]))
            cells[(*where, dice.choice([at.C_FREE, at.C_HELD, at.C_SOLD]))] += dice.choice([-1, 1, 7])
        elif kind in (1, 2):
            words = block.region((at.R_SELLABLE, at.R_PLANES)[kind - 1]).view(np.int64).ravel()
            words[dice.randrange(len(words))] ^= 1 << dice.randrange(60)
        elif kind == 3:
            hotels = block.region(at.R_HOTELS).view(np.int64)
            head = dice.choice([at.L_HELD_HEAD, at.L_BOOKED_HEAD, at.L_RETIRED_HEAD, at.L_RETIRED_TAIL, at.L_RUN])
            hotels[dice.randrange(len(hotels)), head] = dice.randrange(high + 1)
        elif kind == 4:
            slots = block.region(at.R_SLOTS).view(np.int64)
            slots[dice.randrange(high), at.W_NEXT] = dice.randrange(high + 1)
        elif kind == 5:
            block.region(at.R_SHARED).view(np.int64)[at.S_FREE_HEAD] = dice.randrange(high + 1)
        else:
            block.region(at.R_HOTELS).view(np.int64)[dice.randrange(2), at.L_EARLIEST_MS] = at.NEVER_MS


@pytest.mark.parametrize("seed", range(6))
def test_a_store_that_was_spoilt_again_and_again_does_what_the_oracle_does(seed):
    """People go on after each repair, and nothing that they are told or that is counted differs."""
    pair = Pair(seed, WORLD, FIRST, 9, noon_ms(FIRST))
    spoilt = 0
    for _ in range(12):
        for _ in range(15):
            pair.step()
        spoil(pair.engine, pair.dice)
        pair.oracle.expire()
        found = [finding for finding in pair.engine.check() if finding.kind not in SHORT]
        mended = pair.engine.rebuild()
        spoilt += bool(mended)
        assert bool(mended) or not found
        pair.compare()
    assert spoilt >= 6


def test_quotas_are_recounted_exactly():
    """What a quota keeps of sales that ended without refund is noted beside it, so what is too much is found, too."""
    engine = store(limit=5)
    kept = engine.book("h0", "king", WHEN, 2, channel="quota").id
    engine.cancel(kept)
    back = engine.book("h0", "king", WHEN, 1, channel="quota").id
    assert engine.check() == []
    words = engine._inventory.block.region(at.R_CONTROL_NIGHTS).view(np.int64)
    before = words.copy()
    for more in (1, -1):
        words[..., at.N_USED] += more * (words[..., at.N_KEPT] > 0)
        assert {finding.kind for finding in engine.check()} == {"cap"}
        assert {finding.kind for finding in engine.rebuild()} == {"cap"}
        np.testing.assert_array_equal(words, before)
    engine.cancel(back, refund=True)
    assert engine.caps().filter(kind="quota", hotel_id="h0")["used"].to_list() == [1, 1, 0, 0]
    assert engine.check() == []


def notes_of(engine):
    """Images of slots whose change is not published."""
    return np.flatnonzero(engine._inventory.block.region(at.R_IMAGES).view(np.int64)[:, at.I_SLOT]).tolist()


def test_a_published_change_leaves_no_note():
    engine = busy_store()
    stay = ("Bund", "DBL", STAY[2], 2)
    held = engine.hold("Belém", "STE", STAY[2], 1, ttl_seconds=1).id
    engine.clock.advance_ms(1_000)
    engine.confirm(held, rebook=True)
    first = engine.hold(*stay[:3], 1)
    second = engine.hold("Bund", "DBL", STAY[2] + timedelta(days=3), 2, rooms=2, replace=first.id)
    engine.amend(second.id, nights=3)
    engine.confirm(second.id, rooms=1)
    engine.depart_early(second.id, STAY[2] + timedelta(days=4))
    engine.no_show(second.id)
    line = {"hotel_id": "Bund", "room_type_id": "DBL", "arrival": STAY[2] + timedelta(days=9), "nights": 1}
    cart = engine.hold_cart([line, line])
    for verb in (engine.extend_cart, engine.confirm_cart, engine.cancel_cart):
        verb(cart.cart_id, *([60] if verb == engine.extend_cart else []))
        assert notes_of(engine) == []
    assert engine.check() == engine.rebuild() == []


@pytest.mark.parametrize("with_records", [True, False])
def test_a_note_brings_back_what_a_slot_said(with_records):
    """As a death leaves it in the middle of an amendment: the stay is another, its record was never written."""
    engine = busy_store()
    region = engine._inventory.block.region
    slots, images = region(at.R_SLOTS).view(np.int64), region(at.R_IMAGES).view(np.int64)
    booked = int(np.flatnonzero(slots[:, at.W_STATE] & 0xFF == at.STATE_BOOKED)[0])
    before = slots[booked].copy()
    words = (at.W_LSN, at.W_STATE, at.W_PLACE, at.W_STAY, at.W_DEADLINE_MS, at.W_PREVIOUS, at.W_VALUE, at.W_SCOPE)
    images[0, at.I_LSN : at.I_QUOTE] = before[list(words)]
    images[0, at.I_SLOT] = booked + 1
    slots[booked, at.W_PLACE], slots[booked, at.W_VALUE] = 1, 77
    if not with_records:
        region(at.R_RECORDS)[:] = 0
    assert engine.rebuild()[0].kind == "published"
    assert slots[booked].tolist() == before.tolist()
    assert notes_of(engine) == engine.check() == engine.rebuild() == []


def test_a_note_of_an_earlier_hold_of_the_slot_is_dropped():
    engine = busy_store()
    region = engine._inventory.block.region
    slots, images = region(at.R_SLOTS).view(np.int64), region(at.R_IMAGES).view(np.int64)
    booked = int(np.flatnonzero(slots[:, at.W_STATE] & 0xFF == at.STATE_BOOKED)[0])
    images[0, at.I_STATE] = slots[booked, at.W_STATE] - (1 << 8)
    images[0, at.I_SLOT] = booked + 1
    before = slots[booked].copy()
    assert engine.rebuild() == []
    assert slots[booked].tolist() == before.tolist()
    assert notes_of(engine) == []


def test_the_value_of_a_hold_that_was_ending_is_brought_back():
    """The word of the value is the instant of the end already, the state is not, and the ring knows nothing."""
    engine = busy_store()
    hold = engine.hold("Bund", "DBL", STAY[2] + timedelta(days=8), 1, value_minor=0)
    other = engine.hold("Bund", "DBL", STAY[2] + timedelta(days=9), 1, value_minor=4_321)
    slots = engine._inventory.block.region(at.R_SLOTS).view(np.int64)
    for hold_id, value in ((hold.id, 0), (other.id, 4_321)):
        slots[hold_id & 0xFFFFFFFF, at.W_PREVIOUS] = -1 - value
        slots[hold_id & 0xFFFFFFFF, at.W_RESOLVED_MS] = engine.clock.now_ms()
    engine._inventory.block.region(at.R_RECORDS)[:] = 0
    engine.rebuild()
    assert [engine.get(each.id).value_minor for each in (hold, other)] == [None, 4_321]
    assert engine.check() == []
