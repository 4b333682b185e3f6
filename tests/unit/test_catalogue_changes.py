"""Changes of the catalogue, one readable case each: what is sold, what is refused, what a mistake says."""

from __future__ import annotations

import time
from datetime import date

import pytest

from nightgrid import (
    CapacityError,
    Catalog,
    CatalogError,
    Engine,
    InputError,
    Outcome,
    Refused,
    RuleBookError,
    UnknownIdError,
)
from tests.unit.growing_chain import BASE_MINOR, chain, hotel_frames

NIGHT = "2027-01-05"
SPARES = {"spare_hotels": 4, "spare_room_types": 12, "spare_products": 24}


def _outcome(engine: Engine, *place: str, **more: object) -> Outcome:
    try:
        return engine.hold(*place, NIGHT, 2, **more).outcome
    except Refused as refused:
        return refused.outcome


def _offered(engine: Engine, **asked: object) -> list[tuple[str, str, str]]:
    return [(offer.hotel_id, offer.room_type_id, offer.plan_id) for offer in engine.search(NIGHT, 2, **asked).offers]


# -- more ----------------------------------------------------------------------------------------------


def test_a_new_hotel_is_on_sale_at_once() -> None:
    engine = chain(**SPARES)
    old = engine.catalog

    new = engine.add_hotels(*hotel_frames("h9", zone="Asia/Tokyo", city="Tokyo"))

    assert (old.n_hotels, new.n_hotels) == (2, 3)
    assert engine.catalog is new
    assert _offered(engine, city="Tokyo") == [("h9", "twin", "standard")]
    assert engine.quote("h9", "king", NIGHT, 2).total_minor == 2 * (BASE_MINOR + 500)
    assert _outcome(engine, "h9", "king", rooms=2) == Outcome.OK
    assert _outcome(engine, "h9", "king") == Outcome.SOLD_OUT
    assert engine.house_fill("h9")[4] == 5_000
    assert engine.check() == []


def test_a_new_room_type_has_its_hotel_and_a_new_plan_its_room_type() -> None:
    engine = chain(**SPARES)
    engine.set_house_cap({"hotel_id": ["h0"], "rooms": [3]})
    engine.restrict(
        {"hotel_id": ["h0"], "room_type_id": ["king"], "night": [date(2027, 1, 5)], "min_stay_arrival": [3]}
    )

    engine.add_room_types({"hotel_id": ["h0"], "room_type_id": ["suite"], "capacity": [4], "base_minor": [1]})
    engine.add_plans({"hotel_id": ["h0"], "room_type_id": ["king"], "plan_id": ["flex"], "base_minor": [2]})

    assert engine.availability("h0")["room_type_id"].unique(maintain_order=True).to_list() == ["king", "twin", "suite"]
    assert _offered(engine)[0] == ("h0", "suite", "standard")
    assert _outcome(engine, "h0", "king", plan="flex") == Outcome.MIN_STAY_ARRIVAL
    assert _outcome(engine, "h0", "suite", rooms=3) == Outcome.OK
    assert _outcome(engine, "h0", "twin") == Outcome.HOUSE_FULL
    assert engine.search("2027-01-06", 3, hotel_ids=["h0"]).offers == []  # the house cap holds on the first night
    assert engine.search("2027-01-07", 3, hotel_ids=["h0"]).offers[0].plan_id == "standard"
    assert engine.calendar("h0", 1, room_type_id="king")["plan_id"][8] == "flex"
    assert engine.check() == []


def test_what_is_new_follows_the_window() -> None:
    engine = chain(**SPARES)
    engine.add_hotels(*hotel_frames("h9"))
    engine.close_room_type("h9", "king")
    engine.clock.advance_ms(3 * 86_400_000)

    assert engine.roll() == 3

    offers = engine.search("2027-01-13", 2, hotel_ids=["h9"]).offers
    assert [(offer.room_type_id, offer.total_minor) for offer in offers] == [("twin", 2 * BASE_MINOR)]
    assert engine.matrix("capacity").tolist() == [[2] * 12] * 6
    assert engine.check() == []


def test_a_thousand_hotels_come_in_one_call() -> None:
    engine = chain(spare_hotels=1_000, spare_room_types=2_000, spare_products=2_000)
    frames = [hotel_frames(f"n{number}") for number in range(1_000)]
    hotels, types = (
        {key: [v for frame in frames for v in frame[kind][key]] for key in frames[0][kind]} for kind in (0, 1)
    )
    started = time.perf_counter()

    engine.add_hotels(hotels, types)

    assert time.perf_counter() - started < 5  # a fifth of a second on an idle machine
    assert engine.search(NIGHT, 2, top=None).hotels_available == 1_002
    assert engine.check() == []


def test_a_store_without_room_says_how_to_make_it_larger() -> None:
    engine = chain(spare_hotels=1, spare_room_types=2, spare_products=2)
    before = engine.catalog

    with pytest.raises(CapacityError, match=r"5 room types .* room for 6|spare_room_types|spare_products") as error:
        engine.add_room_types(
            {"hotel_id": ["h0"] * 3, "room_type_id": list("abc"), "capacity": [1] * 3, "base_minor": [1] * 3}
        )
    assert "Engine.in_memory(..., spare_room_types=...)" in str(error.value)
    assert engine.catalog is before
    assert engine.check() == []
    with pytest.raises(InputError, match="spare_room_types 0"):
        chain(spare_hotels=1)


def test_a_hotel_without_a_free_lane_says_so() -> None:
    engine = chain(hotels=70, spare_hotels=0, spare_room_types=40, spare_products=40)
    kinds = [f"t{number}" for number in range(40)]
    frame = {"hotel_id": ["h0"] * 40, "room_type_id": kinds, "capacity": [1] * 40, "base_minor": [1] * 40}

    with pytest.raises(CapacityError, match=r"'h0' would have 42 plans.*spare_products"):
        engine.add_room_types(frame)

    assert engine.catalog.n_rows == 140
    engine.add_room_types({name: values[:16] for name, values in frame.items()})
    assert engine.check() == []


@pytest.mark.parametrize(
    ("call", "frames", "said"),
    [
        ("add_hotels", hotel_frames("h0"), "hotels, row 1, column hotel_id: 'h0' is in the catalogue already"),
        (
            "add_room_types",
            hotel_frames("h0")[1:],
            "room_types, row 1, column room_type_id: 'king' is in its hotel already",
        ),
        ("add_room_types", hotel_frames("h7")[1:], "'h7' is not in the catalogue; correct the id, or add the hotel"),
        (
            "add_plans",
            ({"hotel_id": ["h0"], "room_type_id": ["king"], "base_minor": [1]},),
            "column plan_id: is missing",
        ),
        (
            "add_plans",
            ({"hotel_id": ["h0"], "room_type_id": ["king"], "plan_id": ["standard"], "base_minor": [1]},),
            "products, row 1, column plan_id: 'standard' is in its room type already",
        ),
        (
            "add_plans",
            ({"hotel_id": ["h0"], "room_type_id": ["kong"], "plan_id": ["flex"], "base_minor": [1]},),
            "'kong' is not in its hotel; correct the id, or add the room type with add_room_types",
        ),
    ],
)
def test_a_mistake_in_a_frame_changes_nothing(call: str, frames: tuple[object, ...], said: str) -> None:
    engine = chain(**SPARES)
    before = (engine.catalog, engine.lsn)

    with pytest.raises(CatalogError) as error:
        getattr(engine, call)(*frames)

    assert said in str(error.value)
    assert (engine.catalog, engine.lsn) == before


def test_a_hotel_whose_currency_has_no_rate_is_refused_before_it_exists() -> None:
    engine = chain(**SPARES)

    with pytest.raises(RuleBookError, match="SEK"):
        engine.add_hotels(*hotel_frames("h9", currency="SEK"))

    assert engine.catalog.n_hotels == 2
    engine.add_hotels(*hotel_frames("h9", currency="JPY"))
    assert engine.search(NIGHT, 2).offers[0].hotel_id == "h9"  # 200 yen of the rate 0.006 are the cheapest by far
    assert engine.check() == []


def test_a_grown_catalogue_is_written_and_made_anew(tmp_path) -> None:
    engine = chain(**SPARES)
    engine.add_room_types({"hotel_id": ["h0"], "room_type_id": ["suite"], "capacity": [1], "base_minor": [7]})
    engine.catalog.write(tmp_path)

    again = Catalog.read(tmp_path)
    direct = Engine.in_memory(engine.catalog, "2027-01-01", 12, slots=100)

    assert again.room_type_ids == ["king", "twin", "suite", "king", "twin"]
    assert direct.availability("h0")["room_type_id"].unique(maintain_order=True).to_list() == ["king", "twin", "suite"]
    assert direct.check() == []


# -- closed --------------------------------------------------------------------------------------------


def test_a_closed_hotel_sells_nothing_and_keeps_its_word() -> None:
    engine = chain()
    held = engine.hold("h0", "king", NIGHT, 2).id
    booked = engine.book("h0", "twin", NIGHT, 2).id

    engine.close_hotel("h0")

    assert _outcome(engine, "h0", "king") == Outcome.CLOSED
    assert _offered(engine) == [("h1", "twin", "standard")]
    assert _offered(engine, rooms=2) == [("h1", "twin", "standard")]
    assert set(engine.calendar("h0", 1)["outcome"]) == {"CLOSED"}
    assert engine.availability("h0")["sellable"].sum() == 0
    with pytest.raises(Refused) as refused:
        engine.amend(booked, nights=3)
    assert refused.value.outcome == Outcome.CLOSED
    assert engine.confirm(held).outcome == Outcome.OK
    assert engine.cancel(booked).outcome == Outcome.OK
    assert engine.closed().rows() == [("h0", None, None)]
    engine.reopen_hotel("h0")
    assert _offered(engine)[0] == ("h0", "twin", "standard")
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
    assert _outcome(engine, "h0", "king") == Outcome.CLOSED
    assert _outcome(engine, "h0", "twin", plan="flex") == Outcome.CLOSED
    assert _outcome(engine, "h0", "twin") == Outcome.OK  # no plan is named
    assert _offered(engine, hotel_ids=["h0"]) == [("h0", "twin", "standard")]
    engine.reopen_plan("h0", "twin", "flex")
    assert _offered(engine, hotel_ids=["h0"]) == [("h0", "twin", "flex")]
    engine.reopen_room_type("h0", "king")
    assert engine.closed().is_empty()
    assert engine.check() == []


def test_a_room_type_added_to_a_closed_hotel_is_closed() -> None:
    engine = chain(**SPARES)
    engine.close_hotel("h0")
    engine.add_room_types({"hotel_id": ["h0"], "room_type_id": ["suite"], "capacity": [1], "base_minor": [7]})

    assert _outcome(engine, "h0", "suite") == Outcome.CLOSED
    engine.reopen_hotel("h0")
    assert _outcome(engine, "h0", "suite") == Outcome.OK
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
    assert _outcome(engine, "h0", "king") == Outcome.OK
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
    with pytest.raises(InputError, match="quote anew"):
        engine.explain(quote)
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
    assert _outcome(engine, "h0", "twin", plan="flex") == Outcome.QUOTA_USED_UP

    engine.rename_plan("h0", "king", "flex", new_id="free")

    assert _outcome(engine, "h0", "twin", plan="flex") == Outcome.OK
    engine.set_caps({"hotel_id": ["h0"], "plan": ["free"], "rooms": [1]})
    assert _outcome(engine, "h0", "king", plan="free") == Outcome.QUOTA_USED_UP
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
    assert _outcome(engine, "h0", "penthouse") == Outcome.OK


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


def test_who_follows_the_ring_hears_of_it() -> None:
    engine = chain(**SPARES)
    before = engine.lsn

    engine.add_hotels(*hotel_frames("h9"))
    engine.close_room_type("h0", "king")

    changed = engine.changes_since(before)
    assert changed.select("hotel_id", "room_type_id").rows() == [("h0", "king"), ("h9", "king"), ("h9", "twin")]
    assert changed["last_night"].unique().to_list() == [date(2027, 1, 12)]
