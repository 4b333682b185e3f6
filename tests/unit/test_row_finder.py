"""Room types are found by two short dicts and a table, or by one dict of pairs: the same answer either way."""

from __future__ import annotations

import pytest

from nightgrid import Catalog, Engine, ManualClock, UnknownIdError


def _catalog(pairs: list[tuple[str, str]]) -> Catalog:
    hotels = list(dict.fromkeys(hotel for hotel, _ in pairs))
    return Catalog.from_frames(
        hotels={"hotel_id": hotels, "currency": ["EUR"] * len(hotels), "time_zone": ["UTC"] * len(hotels)},
        room_types={
            "hotel_id": [hotel for hotel, _ in pairs],
            "room_type_id": [name for _, name in pairs],
            "capacity": [1] * len(pairs),
            "base_minor": [10_000] * len(pairs),
        },
    )


ALIKE = _catalog([(f"h{hotel}", f"T{kind}") for hotel in range(30) for kind in range(4) if (hotel + kind) % 5])
APART = _catalog([(f"h{hotel}", f"h{hotel}-{kind}") for hotel in range(30) for kind in range(2)])


@pytest.mark.parametrize("catalog", [ALIKE, APART], ids=["alike", "apart"])
def test_every_room_type_is_found_where_it_stands(catalog: Catalog) -> None:
    for (hotel_id, room_type_id), row in catalog.row_by_ids.items():
        assert catalog.find_row(hotel_id, room_type_id) == row == catalog.row_index(hotel_id, room_type_id)


@pytest.mark.parametrize("catalog", [ALIKE, APART], ids=["alike", "apart"])
@pytest.mark.parametrize(("hotel_id", "room_type_id"), [("h1", "T4"), ("h5", "T0"), ("h99", "T1"), ("", ""), (3, [])])
def test_a_room_type_that_is_not_there_is_refused_by_name(
    catalog: Catalog, hotel_id: object, room_type_id: object
) -> None:
    engine = Engine.in_memory(catalog, first_night="2027-01-01", nights=10, clock=ManualClock(1_798_761_600_000))
    with pytest.raises((UnknownIdError, TypeError)) as refusal:
        engine.hold(hotel_id, room_type_id, "2027-01-02", 1)  # type: ignore[arg-type]
    with pytest.raises(type(refusal.value)) as same:
        catalog.row_index(hotel_id, room_type_id)  # type: ignore[arg-type]
    assert str(refusal.value) == str(same.value)


def test_an_id_is_found_however_its_letters_are_composed() -> None:
    catalog = _catalog([("caf\u00e9", "T0"), ("h", "T0")])
    engine = Engine.in_memory(catalog, first_night="2027-01-01", nights=10, clock=ManualClock(1_798_761_600_000))
    assert engine.hold("cafe\u0301", "T0", "2027-01-02", 1).hotel_id == "cafe\u0301"


def test_a_room_type_that_was_added_is_found() -> None:
    engine = Engine.in_memory(
        ALIKE,
        first_night="2027-01-01",
        nights=10,
        clock=ManualClock(1_798_761_600_000),
        spare_room_types=4,
        spare_products=4,
    )
    room = {"hotel_id": ["h5"], "room_type_id": ["loft"], "capacity": [1], "base_minor": [9_000]}
    engine.add_room_types(room)
    assert engine.hold("h5", "loft", "2027-01-02", 1).room_type_id == "loft"
