"""What is closed and what is called otherwise, one readable case each."""

from __future__ import annotations

import pytest

from nightgrid import InputError, Outcome, Refused, UnknownIdError
from tests.unit.growing_chain import BASE_MINOR, NIGHT, SPARES, chain, offered, outcome


def test_a_closed_hotel_sells_nothing_and_keeps_its_word() -> None:
    engine = chain()
    held = engine.hold("h0", "king", NIGHT, 2).id
    booked = engine.book("h0", "twin", NIGHT, 2).id

    engine.close_hotel("h0")

    assert outcome(engine, "h0", "king") == Outcome.CLOSED
    assert offered(engine) == [("h1", "twin", "standard")]
    assert offered(engine, rooms=2) == [("h1", "twin", "standard")]
    assert set(engine.calendar("h0", 1)["outcome"]) == {"CLOSED"}
    assert engine.availability("h0")["sellable"].sum() == 0
    with pytest.raises(Refused) as refused:
        engine.amend(booked, nights=3)
    assert refused.value.outcome == Outcome.CLOSED
    assert engine.confirm(held).outcome == Outcome.OK
    assert engine.cancel(booked).outcome == Outcome.OK
    assert engine.closed().rows() == [("h0", None, None)]
    engine.reopen_hotel("h0")
    assert offered(engine)[0] == ("h0", "twin", "standard")
    assert engine.check() == []


def test_what_is_closed_by_itself_stays_closed() -> None:
    engine = chain(**SPARES)
    engine.add_plans({"hotel_id": ["h0"], "room_type_id": ["twin"], "plan_id": ["flex"], "base_minor": [5]})
    engine.close_room_type("h0", "king")
    engine.close_plan("h0", "twin", "flex")
    engine.close_hotel("h0")
    engine.close_hotel("h0")
    engine.reopen_hotel("h0")

    assert engine.closed().rows() == [("h0", "king", None), ("h0", "twin", "flex")]
    assert outcome(engine, "h0", "king") == Outcome.CLOSED
    assert outcome(engine, "h0", "twin", plan="flex") == Outcome.CLOSED
    assert outcome(engine, "h0", "twin") == Outcome.OK  # no plan is named
    assert offered(engine, hotel_ids=["h0"]) == [("h0", "twin", "standard")]
    engine.reopen_plan("h0", "twin", "flex")
    assert offered(engine, hotel_ids=["h0"]) == [("h0", "twin", "flex")]
    engine.reopen_room_type("h0", "king")
    assert engine.closed().is_empty()
    assert engine.check() == []


def test_a_room_type_added_to_a_closed_hotel_is_closed() -> None:
    engine = chain(**SPARES)
    engine.close_hotel("h0")
    engine.add_room_types({"hotel_id": ["h0"], "room_type_id": ["suite"], "capacity": [1], "base_minor": [7]})

    assert outcome(engine, "h0", "suite") == Outcome.CLOSED
    engine.reopen_hotel("h0")
    assert outcome(engine, "h0", "suite") == Outcome.OK
    assert engine.check() == []


# -- other names ---------------------------------------------------------------------------------------


def test_a_hotel_answers_to_its_new_id_only() -> None:
    engine = chain()
    hold = engine.hold("h0", "king", NIGHT, 2)

    engine.rename_hotel("h0", new_id="grand", name="Grand Hotel")

    assert engine.get(hold.id).hotel_id == "grand"
    assert engine.find(hotel_id="grand").height == 1
    assert engine.search(NIGHT, 2).offers[0].hotel_name == "Grand Hotel"
    with pytest.raises(UnknownIdError):
        engine.hold("h0", "king", NIGHT, 2)
    engine.rename_hotel("h1", new_id="h0")
    assert outcome(engine, "h0", "king") == Outcome.OK
    assert engine.availability("grand", NIGHT, NIGHT)["held"].sum() == 1
    assert engine.check() == []


def test_rules_follow_the_ids_they_name() -> None:
    engine = chain()
    rule = {"name": "late", "where": {"hotel": ["grand"]}, "bands": [{"from_days": 0, "to_days": 9, "percent": 50}]}
    engine.publish({"book": {"name": "Named", "tiers": ["public"]}, "lead_time": [rule]})
    quote = engine.quote("h0", "twin", NIGHT, 1)

    engine.rename_hotel("h0", new_id="grand")

    assert quote.total_minor == BASE_MINOR
    assert engine.quote("grand", "twin", NIGHT, 1).total_minor == BASE_MINOR * 3 // 2
    assert engine.explain(engine.quote("grand", "twin", NIGHT, 1)).total_minor == BASE_MINOR * 3 // 2
    assert engine.explain(quote).total_minor == BASE_MINOR  # by the version that made it
    assert engine.explain(engine.quote("h1", "twin", NIGHT, 1)).total_minor == BASE_MINOR


def test_caps_of_a_plan_count_what_has_its_id() -> None:
    engine = chain(**SPARES)
    flex = {
        "hotel_id": ["h0", "h0"],
        "room_type_id": ["king", "twin"],
        "plan_id": ["flex", "flex"],
        "base_minor": [5, 5],
    }
    engine.add_plans(flex)
    engine.set_caps({"hotel_id": ["h0"], "plan": ["flex"], "rooms": [2]})
    engine.hold("h0", "king", NIGHT, 1, plan="flex")
    engine.hold("h0", "twin", NIGHT, 1, plan="flex")
    assert outcome(engine, "h0", "twin", plan="flex") == Outcome.QUOTA_USED_UP

    engine.rename_plan("h0", "king", "flex", new_id="free")

    assert outcome(engine, "h0", "twin", plan="flex") == Outcome.OK
    engine.set_caps({"hotel_id": ["h0"], "plan": ["free"], "rooms": [1]})
    assert outcome(engine, "h0", "king", plan="free") == Outcome.QUOTA_USED_UP
    assert engine.check() == []


def test_a_new_plan_of_the_last_room_is_one_too() -> None:
    engine = chain(**SPARES)
    engine.set_last_room_plans("h0", ["standard"])
    engine.add_room_types(
        {"hotel_id": ["h0", "h1"], "room_type_id": ["suite"] * 2, "capacity": [1] * 2, "base_minor": [7] * 2}
    )

    assert engine.last_room_plans("h0") == ["standard"]
    assert engine.last_room_plans("h1") == []
    engine.rename_room_type("h0", "suite", new_id="penthouse", name="Penthouse")
    assert engine.catalog.row_name[-2] == "Penthouse"
    assert outcome(engine, "h0", "penthouse") == Outcome.OK


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda engine: engine.rename_hotel("h0"), "neither name nor new_id"),
        (lambda engine: engine.rename_hotel("h0", new_id="h1"), "'h1', which another hotel has"),
        (lambda engine: engine.rename_hotel("h0", new_id=""), "is empty"),
        (lambda engine: engine.rename_hotel("h0", new_id="a\tb"), "control character"),
        (lambda engine: engine.rename_room_type("h0", "king", new_id="twin"), "another room type of hotel 'h0' has"),
        (
            lambda engine: engine.rename_plan("h0", "king", "flex", new_id="standard"),
            "another plan of room type 'king' has",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(call, said: str) -> None:
    engine = chain(**SPARES)
    engine.add_plans({"hotel_id": ["h0"], "room_type_id": ["king"], "plan_id": ["flex"], "base_minor": [5]})
    before = engine.catalog

    with pytest.raises(InputError, match=said):
        call(engine)

    assert engine.catalog is before
    engine.rename_hotel("h0", new_id="h0", name="The same")
    assert engine.catalog.hotel_name[0] == "The same"
