"""The verbs of the front desk in bulk: each line answers what the verb alone would answer, and the grid stays right."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from nightgrid import Catalog, Engine, ManualClock, Outcome

TODAY = date(2027, 1, 1)


@pytest.fixture
def engine():
    """A house of five rooms, at noon of the day of arrival."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"], "room_type_id": ["A"], "capacity": [5], "base_minor": [100]},
    )
    return Engine.in_memory(catalog, TODAY, 10, clock=ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC)))


def test_guests_arrive_leave_and_stay_away_together(engine) -> None:
    ids = [engine.book("H", "A", TODAY, 3).id for _ in range(4)]
    held = engine.hold("H", "A", TODAY, 1).id

    def codes(frame):
        return [Outcome(code) for code in frame["outcome"].to_list()]

    assert codes(engine.check_in_many([*ids[:2], held])) == [Outcome.OK, Outcome.OK, Outcome.NOT_CONFIRMED]
    assert codes(engine.no_show_many(ids[1:3])) == [Outcome.ALREADY_CHECKED_IN, Outcome.OK]
    assert codes(engine.check_out_many([ids[0], ids[3]])) == [Outcome.OK, Outcome.NOT_CHECKED_IN]
    assert [engine.get(each).state for each in ids] == ["checked_out", "checked_in", "no_show", "booked"]
    assert engine.check() == []
