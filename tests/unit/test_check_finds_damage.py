"""`check()` is only worth its time if it finds damage: every kind of it is done to a store here, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nightgrid.native.store import layout as at
from tests.unit.busy_store import busy_store


def cells(engine):
    return engine._inventory.block.region(at.R_CELLS).view(np.int16)


def region(engine, which):
    return engine._inventory.block.region(which).view(np.int64)


def more_free(engine):
    cells(engine)[0, 7, at.C_FREE] += 1


def held_becomes_sold(engine):
    cells(engine)[1, 0, at.C_HELD] -= 1
    cells(engine)[1, 0, at.C_SOLD] += 1


def sold_without_a_booking(engine):
    cells(engine)[0, 9, at.C_SOLD] += 1
    cells(engine)[0, 9, at.C_FREE] -= 1


def hidden_room(engine):
    lane = int(engine._inventory.product_lane[0])
    region(engine, at.R_SELLABLE)[7, lane >> 6] ^= 1 << (lane & 63)


def padding_on_sale(engine):
    lane = int(np.flatnonzero(engine._inventory.lanes.lane_product < 0)[0])
    region(engine, at.R_SELLABLE)[7, lane >> 6] ^= 1 << (lane & 63)


def lost_restriction(engine):
    region(engine, at.R_PLANES)[5] = 0


def invented_restriction(engine):
    lane = int(engine._inventory.product_lane[0])
    region(engine, at.R_PLANES)[9, at.P_CLOSED_TO_ARRIVAL, lane >> 6] |= 1 << (lane & 63)


def invented_pattern(engine):
    lane = int(engine._inventory.product_lane[0])
    region(engine, at.R_PLANES)[9, at.P_SPECIAL, lane >> 6] |= 1 << (lane & 63)


def forgotten_kind(engine):
    region(engine, at.R_NIGHT_KINDS)[5] = 0


def lost_plan_restriction(engine):
    engine.restrict(
        {"hotel_id": ["Bund"], "room_type_id": ["DBL"], "plan": ["standard"], "night": [engine_night(engine)],
         "full_pattern": ["NY"]}
    )  # fmt: skip
    engine._inventory.block.region(at.R_PRODUCT_PROFILES).view(np.int16)[0, 0] = 0


def uncounted_plan_restriction(engine):
    engine._inventory.block.region(at.R_ROW_RESTRICTED).view(np.int32)[1] = 1


def cut_short(engine):
    engine.set_capacity(
        {"hotel_id": ["Bund"], "room_type_id": ["DBL"], "capacity": [0], "night": [engine_night(engine)]},
        allow_oversold=True,
    )


def engine_night(engine):
    from nightgrid.nights import to_date

    return to_date(engine.first_night)


def lost_from_the_list(engine):
    region(engine, at.R_HOTELS)[1, at.L_HELD_HEAD] = 0


def list_that_bites_its_tail(engine):
    slot = int(region(engine, at.R_HOTELS)[1, at.L_HELD_HEAD]) - 1
    region(engine, at.R_SLOTS)[slot, at.W_NEXT] = slot + 1


def forgotten_hold(engine):
    slot = int(region(engine, at.R_HOTELS)[1, at.L_HELD_HEAD]) - 1
    word = int(region(engine, at.R_SLOTS)[slot, at.W_STATE])
    region(engine, at.R_SLOTS)[slot, at.W_STATE] = word >> 8 << 8 | at.STATE_RELEASED


@pytest.mark.parametrize(
    ("damage", "kinds", "place"),
    [
        (more_free, {"conservation"}, "Bund/DBL on 2026-12-25"),
        (held_becomes_sold, {"held", "sold"}, "Belém/STE on 2026-12-18"),
        (sold_without_a_booking, {"sold"}, "Bund/DBL on 2026-12-27"),
        (hidden_room, {"sellable"}, "Bund/DBL on 2026-12-25"),
        (padding_on_sale, {"sellable"}, "on 2026-12-25"),
        (lost_restriction, {"restriction"}, "Bund/DBL on 2026-12-23"),
        (invented_restriction, {"restriction"}, "Bund/DBL on 2026-12-27"),
        (invented_pattern, {"restriction"}, "Bund/DBL on 2026-12-27"),
        (forgotten_kind, {"restriction"}, "Bund/DBL on 2026-12-23: the night does not note"),
        (lost_plan_restriction, {"restriction"}, "Bund/DBL: 1 restricted nights of its plans are counted, there are 0"),
        (uncounted_plan_restriction, {"restriction"}, "Belém/STE: 1 restricted nights"),
        (cut_short, {"oversold"}, "Bund/DBL on 2026-12-18"),
        (lost_from_the_list, {"list"}, "Belém/STE"),
        (list_that_bites_its_tail, {"list"}, "Belém/STE"),
        (forgotten_hold, {"held", "list"}, "Belém/STE on 2026-12-18"),
    ],
)
def test_check_finds(damage, kinds, place):
    engine = busy_store()
    assert engine.check() == []
    damage(engine)
    found = engine.check()
    assert {finding.kind for finding in found} == kinds
    assert place in str(found[0])


def test_a_store_that_is_wrong_everywhere_is_still_answered():
    """Findings are limited in number, not left out in kind."""
    engine = busy_store()
    cells(engine)[:, :, at.C_FREE] += 1
    cells(engine)[:, :, at.C_HELD] += 1
    kinds = {finding.kind for finding in engine.check()}
    assert {"conservation", "held"} <= kinds
