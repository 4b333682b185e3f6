"""What is added to a catalogue, one readable case each: what is sold, what is refused, what a mistake says."""

from __future__ import annotations

from datetime import date

import pytest

from nightgrid import (
    CapacityError,
    Catalog,
    CatalogError,
    Engine,
    InputError,
    Outcome,
    RuleBookError,
)
from tests.unit.growing_chain import BASE_MINOR, NIGHT, SPARES, chain, hotel_frames, offered, outcome


def test_a_new_hotel_is_on_sale_at_once() -> None:
    engine = chain(**SPARES)
    old = engine.catalog

    new = engine.add_hotels(*hotel_frames("h9", zone="Asia/Tokyo", city="Tokyo"))

    assert (old.n_hotels, new.n_hotels) == (2, 3)
    assert engine.catalog is new
    assert offered(engine, city="Tokyo") == [("h9", "twin", "standard")]
    assert engine.quote("h9", "king", NIGHT, 2).total_minor == 2 * (BASE_MINOR + 500)
    assert outcome(engine, "h9", "king", rooms=2) == Outcome.OK
    assert outcome(engine, "h9", "king") == Outcome.SOLD_OUT
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
    assert offered(engine)[0] == ("h0", "suite", "standard")
    assert outcome(engine, "h0", "king", plan="flex") == Outcome.MIN_STAY_ARRIVAL
    assert outcome(engine, "h0", "suite", rooms=3) == Outcome.OK
    assert outcome(engine, "h0", "twin") == Outcome.HOUSE_FULL
    assert engine.search("2027-01-06", 3, hotel_ids=["h0"]).offers == []  # the house cap holds on the first night
    assert engine.search("2027-01-07", 3, hotel_ids=["h0"]).offers[0].plan_id == "standard"
    assert engine.calendar("h0", 1, room_type_id="king")["plan_id"][8] == "flex"
    assert engine.check() == []


def test_a_last_room_taken_in_bulk_leaves_no_plan_of_its_room_type_on_sale() -> None:
    engine = chain(**SPARES)
    lines = {"hotel_id": ["h0"] * 9, "room_type_id": ["king"] * 9, "arrival": [NIGHT] * 9, "nights": [1] * 9}
    plan = {"hotel_id": ["h0"], "room_type_id": ["king"], "base_minor": [2]}

    first = engine.hold_many(lines)
    engine.release_many(first["hold_id"].filter(first["outcome"] == Outcome.OK))
    engine.add_plans(plan | {"plan_id": ["flex"]})
    assert ("h0", "king", "flex") in offered(engine)
    again = engine.hold_many(lines)

    assert first["outcome"].to_list() == again["outcome"].to_list()
    assert {Outcome.OK, Outcome.SOLD_OUT} == set(again["outcome"])
    assert [offer for offer in offered(engine) if offer[:2] == ("h0", "king")] == []
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

    engine.add_hotels(hotels, types)

    assert engine.search(NIGHT, 2, top=None).hotels_available == 1_002
    assert engine.check() == []


def test_a_store_without_room_says_how_to_make_it_larger() -> None:
    engine = chain(spare_hotels=1, spare_room_types=2, spare_products=2)
    before = engine.catalog

    with pytest.raises(CapacityError, match="7 room types are wanted, the store has room for 6") as error:
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


def test_who_follows_the_ring_hears_of_it() -> None:
    engine = chain(**SPARES)
    before = engine.lsn

    engine.add_hotels(*hotel_frames("h9"))
    engine.close_room_type("h0", "king")

    changed = engine.changes_since(before)
    assert changed.select("hotel_id", "room_type_id").rows() == [("h0", "king"), ("h9", "king"), ("h9", "twin")]
    assert changed["last_night"].unique().to_list() == [date(2027, 1, 12)]
