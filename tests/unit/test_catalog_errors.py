"""Every mistake in a catalogue is named: frame, row, column, value and fix."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nightgrid.catalog import Catalog
from nightgrid.errors import CatalogError, InputError
from nightgrid.limits import BASE_MINOR_MAX, ROOMS_MAX

HOTELS: dict[str, Any] = {
    "hotel_id": ["alpha", "beta"],
    "currency": ["CNY", "EUR"],
    "time_zone": ["Asia/Shanghai", "Europe/Berlin"],
}
ROOM_TYPES: dict[str, Any] = {
    "hotel_id": ["alpha", "alpha", "beta"],
    "room_type_id": ["king", "twin", "king"],
    "capacity": [10, 20, 30],
    "base_minor": [50_000, 40_000, 9_900],
}
PRODUCTS: dict[str, Any] = {
    "hotel_id": ["alpha", "alpha", "beta"],
    "room_type_id": ["king", "twin", "king"],
    "plan_id": ["standard", "standard", "standard"],
    "base_minor": [50_000, 40_000, 9_900],
}


def refusal(hotels: Any = None, room_types: Any = None, products: Any = None) -> str:
    """The message that a catalogue with these changed columns gets."""

    def changed(whole: dict[str, Any], changes: Any) -> Any:
        if not isinstance(changes, dict | None):
            return changes
        merged = {**whole, **(changes or {})}
        return {name: values for name, values in merged.items() if values is not None}

    with pytest.raises(CatalogError) as caught:
        Catalog.from_frames(
            changed(HOTELS, hotels),
            changed(ROOM_TYPES, room_types),
            None if products is None else changed(PRODUCTS, products),
        )
    assert isinstance(caught.value, InputError)
    return str(caught.value)


def test_the_frames_used_here_are_right_before_they_are_changed() -> None:
    assert Catalog.from_frames(HOTELS, ROOM_TYPES).n_rows == 3
    assert Catalog.from_frames(HOTELS, ROOM_TYPES, PRODUCTS).n_products == 3


@pytest.mark.parametrize(
    ("frame", "column"),
    [("hotels", "hotel_id"), ("hotels", "currency"), ("hotels", "time_zone"), ("room_types", "hotel_id"),
     ("room_types", "room_type_id"), ("room_types", "capacity"), ("room_types", "base_minor"),
     ("products", "hotel_id"), ("products", "room_type_id"), ("products", "base_minor")],
)  # fmt: skip
def test_a_missing_column(frame: str, column: str) -> None:
    message = refusal(**{frame: {column: None}})
    assert f"{frame}, column {column}: is missing (columns given: " in message
    assert f"add a column {column}" in message


@pytest.mark.parametrize(
    ("frame", "column", "values", "row", "value", "fix"),
    [
        # missing values
        ("hotels", "hotel_id", ["alpha", None], 2, "None is missing (null)", "give text of 1..128 bytes"),
        ("room_types", "capacity", [10, None, 30], 2, "None is missing (null)", "from 0 to 10,000 rooms"),
        ("products", "base_minor", [None, 1, 1], 1, "None is missing (null)", "from 1 to 1,000,000,000 minor units"),
        ("room_types", "capacity", [10, 20, float("nan")], 3, "nan is not an integer", "from 0 to 10,000 rooms"),
        ("hotels", "currency", [None, None], 1, "None is missing (null)", "give text"),
        # identifiers
        ("hotels", "hotel_id", ["alpha", "be\tta"], 2, r"'be\tta' has a control character", "remove"),
        ("room_types", "room_type_id", ["king", "twin", "k\x7f"], 3, r"'k\x7f' has a control character", "remove"),
        ("hotels", "hotel_id", ["alpha", ""], 2, "'' is empty", "give text of 1..128 bytes"),
        ("hotels", "hotel_id", ["alpha", " beta"], 2, "' beta' begins or ends with a blank", "remove the blank"),
        ("products", "plan_id", ["x", "y" * 129, "z"], 2, "has more than 128 bytes", "give text of 1..128 bytes"),
        ("room_types", "room_type_id", ["\u5bbf" * 43, "b", "c"], 1, "has more than 128 bytes", "128"),
        ("hotels", "hotel_id", [1.5, 2.5], 1, "1.5 is of type Float64", "give text"),
        ("hotels", "city", ["Shang\nhai", "Berlin"], 1, r"'Shang\nhai' has a control character", "remove"),
        ("hotels", "city", [True, False], 1, "True is of type Boolean", "give text"),
        # counts and money
        ("room_types", "capacity", [10, -1, 30], 2, "-1 is outside 0..10,000 rooms", "give an integer from 0"),
        ("room_types", "capacity", [10, 20, ROOMS_MAX + 1], 3, "10001 is outside 0..10,000", "to 10,000 rooms"),
        ("room_types", "capacity", [10.0, 20.5, 30.0], 2, "20.5 is not an integer", "give an integer"),
        ("room_types", "capacity", [True, True, True], 1, "True is of type Boolean", "give an integer"),
        ("room_types", "capacity", ["10", "2O", "30"], 2, "'2O' is not an integer", "give an integer"),
        ("room_types", "capacity", ["10", "\u0662", "30"], 2, "is not an integer", "give an integer"),
        ("room_types", "guests_max", [2, 0, 2], 2, "0 is outside 1..100 guests", "from 1 to 100 guests"),
        ("room_types", "base_minor", [1, -5, 1], 2, "-5 is outside 1..1,000,000,000 minor units", "give an integer"),
        ("room_types", "base_minor", [1, 0, 1], 2, "0 is outside 1..", "from 1 to"),
        ("products", "base_minor", [1, 1, BASE_MINOR_MAX + 1], 3, "1000000001 is outside", "1,000,000,000"),
        ("products", "base_minor", [1, 1, 2**63], 3, "9223372036854775808", "an integer"),
        ("products", "base_minor", [120.5, 1.0, 1.0], 1, "120.5 is of type Float64", "is the integer 12050"),
        ("products", "base_minor", [100.0, 1.0, 1.0], 1, "100.0 is of type Float64", "is the integer 12050"),
        ("products", "base_minor", ["100", "100.00", "1"], 2, "'100.00' is not an integer", "give an integer"),
        ("products", "base_minor", [Decimal("1.5"), Decimal(1), Decimal(1)], 1, "Decimal('1.5') is not", "integer"),
        ("products", "base_minor", [date(2027, 1, 1)] * 3, 1, "is of type Date", "give an integer"),
        # the hotel's place in the world
        ("hotels", "currency", ["CNY", "RMB"], 2, "'RMB' is not an active ISO 4217 code", "RUB"),
        ("hotels", "time_zone", ["Asia/Peking", "UTC"], 1, "'Asia/Peking' is not known", "IANA name"),
        ("hotels", "country", ["China", "DE"], 1, "'China' is not an ISO 3166 code", "'CN', 'CH-ZH'"),
        ("hotels", "latitude", [31, 91.5], 2, "91.5 is outside -90..90 degrees", "from -90 to 90"),
        ("hotels", "latitude", [31.2, 91.0], 2, "91.0 is outside -90..90 degrees", "from -90 to 90"),
        ("hotels", "longitude", [-181, 0], 1, "-181 is outside -180..180 degrees", "from -180 to 180"),
        ("hotels", "latitude", ["31.2", "north"], 2, "'north' is not a number", "from -90 to 90"),
        ("hotels", "latitude", [float("inf"), 0.0], 1, "inf is outside", "from -90 to 90"),
        ("hotels", "stars", [8.0, 5.0], 1, "8.0 is outside 0..7 stars", "from 0 to 7"),
        ("hotels", "rating", [4.5, -1.0], 2, "-1.0 is outside 0..100", "from 0 to 100"),
        ("hotels", "rollover_hour", [24, 0], 1, "24 is outside 0..23", "from 0 to 23"),
        # what joins the frames
        ("hotels", "hotel_id", ["alpha", "alpha"], 2, "'alpha' comes a second time", "another id"),
        ("room_types", "room_type_id", ["king", "king", "x"], 2, "'king' comes a second time", "another id"),
        ("products", "hotel_id", ["alpha", "alpha", "gamma"], 3, "'king' is not a room type of its hotel", "remove"),
        ("room_types", "hotel_id", ["alpha", "alpha", "betta"], 3, "'betta' is not in hotels", "mean 'beta'"),
        ("room_types", "hotel_id", ["alpha", "alpha", "x"], 3, "'x' is not in hotels", "add the hotel"),
    ],
)  # fmt: skip
def test_a_wrong_value(frame: str, column: str, values: list[Any], row: int, value: str, fix: str) -> None:
    message = refusal(**{frame: {column: values}})
    named = {"hotel_id": "room_type_id"}.get(column, column) if frame == "products" else column
    lines = [line for line in message.splitlines() if line.startswith(f"  {frame}, row {row}, column {named}: ")]
    assert any(value in line and fix in line.split("; ", 1)[1] for line in lines), message


def test_a_hotel_without_room_type() -> None:
    message = refusal(room_types={"hotel_id": ["alpha"] * 3, "room_type_id": ["a", "b", "c"]})
    assert "hotels, row 2, column hotel_id: 'beta' has no room type; add it to room_types" in message


def test_a_room_type_without_product() -> None:
    message = refusal(products={"room_type_id": ["king", "king", "king"], "plan_id": ["a", "b", "c"]})
    assert "room_types, row 2, column room_type_id: 'twin' has no product" in message


def test_a_plan_that_comes_twice() -> None:
    message = refusal(products={"room_type_id": ["twin", "twin", "king"]})
    assert "products, row 2, column plan_id: 'standard' comes a second time" in message
    assert "hotel_id 'alpha', room_type_id 'twin', plan_id 'standard' is also in row 1" in message


def test_identifiers_that_differ_only_in_form_are_the_same() -> None:
    message = refusal(hotels={"hotel_id": ["Z\u00fcrich", "Zu\u0308rich"]})
    assert "row 2, column hotel_id: 'Z\u00fcrich' comes a second time" in message


def test_a_catalogue_without_hotels() -> None:
    empty = {name: pl.Series(dtype=pl.String) for name in HOTELS}
    assert "hotels: has no rows; give at least one hotel" in refusal(hotels=empty)


def test_several_problems_at_once_up_to_ten() -> None:
    message = refusal(
        hotels={"currency": ["RMB", "E"], "time_zone": ["Mars", "Moon"], "latitude": [100, -100]},
        room_types={"capacity": [-1, -2, -3], "base_minor": [0, 0, 0]},
    )
    assert message.startswith("the catalogue has 12 problems\n")
    assert len(message.splitlines()) == 1 + 10 + 1
    assert message.endswith("... and 2 more; mend these first")
    for place in (
        "hotels, row 1, column currency",
        "hotels, row 2, column time_zone",
        "room_types, row 3, column capacity",
    ):
        assert place in message


def test_many_rows_with_one_mistake_are_counted() -> None:
    types = {"hotel_id": ["alpha"] * 99 + ["beta"], "room_type_id": [f"r{i}" for i in range(100)],
             "capacity": [-7] * 100, "base_minor": [1] * 100}  # fmt: skip
    message = refusal(room_types=types)
    assert "row 3, column capacity: -7 is outside" in message
    assert "(and 97 more rows like this)" in message
    assert "row 4" not in message


def test_what_is_no_table(tmp_path: Path) -> None:
    assert "hotels: int is not a table; give a Polars" in refusal(hotels=5)
    assert "neither .parquet nor .csv" in refusal(hotels=tmp_path / "hotels.xlsx")
    assert "cannot be read" in refusal(hotels=tmp_path / "absent.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"not parquet at all")
    assert "hotels: cannot be read as a table" in refusal(hotels=tmp_path / "broken.parquet")
    assert "hotels: columns differ in length (hotel_id has 1, currency has 2" in refusal(hotels={"hotel_id": ["a"]})
    assert "room_types, column capacity: its values have no common type" in refusal(
        room_types={"capacity": [1, "two", 3]}
    )
