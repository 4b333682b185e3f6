"""The catalogue: arrays in the right order, look-ups, places, and a round trip through files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nightgrid.catalog import Catalog
from nightgrid.errors import CatalogError, InputError, UnknownIdError

HOTELS: dict[str, list[Any]] = {
    "hotel_id": ["sha-1", "zrh-1", "sha-2", "007"],
    "currency": ["CNY", "CHF", "CNY", "JPY"],
    "time_zone": ["Asia/Shanghai", "Europe/Zurich", "Asia/Shanghai", "Asia/Tokyo"],
    "name": ["Bund", "Lake", "Pudong", None],
    "group": ["g1", "g2", "g1", ""],
    "brand": ["Harbour", "Alp", "Harbour", "Kita"],
    "region": ["east", "europe", "east", "asia"],
    "city": ["Shanghai", "Zürich", "Shanghai", "Tokyo"],
    "district": ["Huangpu", "Kreis 1", "Pudong", "Minato"],
    "country": ["CN", "CH-ZH", "CN", "JP"],
    "latitude": [31.2400, 47.3769, 31.2200, None],
    "longitude": [121.4900, 8.5417, 121.5400, None],
    "stars": [5.0, 4.5, 3.0, None],
    "rating": [4.8, 4.6, 4.1, None],
    "rollover_hour": [0, 3, 0, None],
}
# Deliberately not grouped by hotel: the catalogue brings the rooms of a hotel together and keeps their order.
ROOM_TYPES: dict[str, list[Any]] = {
    "hotel_id": ["zrh-1", "sha-1", "007", "sha-1", "sha-2", "zrh-1"],
    "room_type_id": ["twin", "king", "tatami", "suite", "king", "king"],
    "name": ["Twin", "King", "Tatami", "Suite", "King", "King"],
    "capacity": [20, 80, 6, 4, 120, 0],
    "guests_max": [2, 2, None, 4, 2, 2],
}
PRODUCTS: dict[str, list[Any]] = {
    "hotel_id": ["sha-1", "007", "sha-1", "zrh-1", "sha-2", "sha-1", "zrh-1"],
    "room_type_id": ["suite", "tatami", "king", "king", "king", "king", "twin"],
    "plan_id": ["standard", "half-board", "standard", "standard", None, "saver", "flex"],
    "base_minor": [188_800, 24_000, 78_800, 31_000, 45_600, 70_900, 28_000],
    "name": ["", "", "Flexible", "", "", "Advance", ""],
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.from_frames(HOTELS, ROOM_TYPES, PRODUCTS)


def assert_equal(expected: Catalog, actual: Catalog) -> None:
    for name in Catalog.__dataclass_fields__:
        left, right = getattr(expected, name), getattr(actual, name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype, name
            np.testing.assert_array_equal(left, right, err_msg=name)
        else:
            assert left == right, name


def test_rows_follow_their_hotel_and_products_their_row(catalog: Catalog) -> None:
    assert (catalog.n_hotels, catalog.n_rows, catalog.n_products) == (4, 6, 7)
    assert catalog.hotel_ids == HOTELS["hotel_id"]
    assert catalog.room_type_ids == ["king", "suite", "twin", "king", "king", "tatami"]
    assert catalog.hotel_first_row.tolist() == [0, 2, 4, 5, 6]
    assert catalog.row_hotel.tolist() == [0, 0, 1, 1, 2, 3]
    assert catalog.capacity.tolist() == [80, 4, 20, 0, 120, 6]
    assert catalog.guests_max.tolist() == [2, 4, 2, 2, 2, 2]
    assert catalog.plan_ids == ["standard", "saver", "standard", "flex", "standard", "standard", "half-board"]
    assert catalog.row_first_product.tolist() == [0, 2, 3, 4, 5, 6, 7]
    assert catalog.product_row.tolist() == [0, 0, 1, 2, 3, 4, 5]
    assert catalog.base_minor.tolist() == [78_800, 70_900, 188_800, 28_000, 31_000, 45_600, 24_000]


def test_types_and_defaults(catalog: Catalog) -> None:
    types = {"hotel_first_row": "i4", "row_hotel": "i4", "row_first_product": "i4", "product_row": "i4",
             "capacity": "i2", "guests_max": "i2", "base_minor": "i8", "hotel_currency": "i2",
             "hotel_calendar": "i2", "latitude": "f8", "longitude": "f8", "stars": "f8", "rating": "f8"}  # fmt: skip
    for name, dtype in types.items():
        array = getattr(catalog, name)
        assert array.dtype == np.dtype(dtype), name
        assert array.flags.c_contiguous, name
        assert array.flags.writeable, name  # kernels are compiled for one kind of array
    assert catalog.currencies == ["CNY", "CHF", "JPY"]
    assert catalog.hotel_currency.tolist() == [0, 1, 0, 2]
    assert catalog.calendars == [("Asia/Shanghai", 0), ("Europe/Zurich", 3), ("Asia/Tokyo", 0)]
    assert catalog.hotel_calendar.tolist() == [0, 1, 0, 2]
    assert catalog.hotel_name[3] == ""
    assert math.isnan(catalog.latitude[3])
    assert math.isnan(catalog.stars[3])


def test_without_products_each_room_type_has_one_plan() -> None:
    rooms = {**ROOM_TYPES, "base_minor": [1, 2, 3, 4, 5, 6]}
    plain = Catalog.from_frames(HOTELS, rooms)
    assert plain.plan_ids == ["standard"] * 6
    assert plain.base_minor.tolist() == [2, 4, 1, 6, 5, 3]
    assert Catalog.from_frames(HOTELS, rooms, default_plan="bar").plan_ids == ["bar"] * 6


def test_optional_columns_may_all_be_absent() -> None:
    small = Catalog.from_frames(
        {"hotel_id": ["a"], "currency": ["CNY"], "time_zone": ["UTC"]},
        {"hotel_id": ["a"], "room_type_id": ["x"], "capacity": [1], "base_minor": [100], "colour": ["red"]},
    )
    assert (small.city, small.guests_max.tolist(), small.calendars) == ([""], [2], [("UTC", 0)])
    assert math.isnan(small.rating[0])


@pytest.mark.parametrize("form", ["polars", "lazy", "pyarrow", "batch", "pandas", "parquet", "csv", "categorical"])
def test_every_form_of_table_gives_the_same_catalogue(form: str, catalog: Catalog, tmp_path: Path) -> None:
    def shaped(number: int, table: dict[str, list[Any]]) -> Any:
        frame = pl.DataFrame(table)
        if form == "parquet":
            frame.write_parquet(tmp_path / f"{number}.parquet")
            return tmp_path / f"{number}.parquet"
        if form == "csv":
            frame.write_csv(tmp_path / f"{number}.csv")
            return str(tmp_path / f"{number}.csv")
        forms = {"polars": lambda: frame, "lazy": frame.lazy, "pyarrow": lambda: pa.table(table),
                 "batch": lambda: pa.RecordBatch.from_pydict(table), "pandas": lambda: pd.DataFrame(table),
                 "categorical": lambda: frame.with_columns(pl.col(pl.String).cast(pl.Categorical))}  # fmt: skip
        return forms[form]()

    tables = [shaped(number, table) for number, table in enumerate((HOTELS, ROOM_TYPES, PRODUCTS))]
    assert_equal(catalog, Catalog.from_frames(*tables))


def test_a_written_catalogue_reads_back_equal(catalog: Catalog, tmp_path: Path) -> None:
    catalog.write(tmp_path / "new" / "folder")
    assert_equal(catalog, Catalog.read(tmp_path / "new" / "folder"))
    assert sorted(p.name for p in (tmp_path / "new" / "folder").iterdir()) == [
        "hotels.parquet", "products.parquet", "room_types.parquet"
    ]  # fmt: skip
    catalog.write(tmp_path / "new" / "folder")
    assert_equal(catalog, Catalog.read(str(tmp_path / "new" / "folder")))


def test_a_folder_of_csv_files_is_read(catalog: Catalog, tmp_path: Path) -> None:
    catalog.hotels_frame().write_csv(tmp_path / "hotels.csv")
    catalog.room_types_frame().write_csv(tmp_path / "room_types.csv")
    catalog.products_frame().write_csv(tmp_path / "products.csv")
    assert_equal(catalog, Catalog.read(tmp_path))
    assert Catalog.read(tmp_path).hotel_index("007") == 3  # not the number 7


def test_a_folder_that_is_not_a_catalogue_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"neither hotels\.parquet nor hotels\.csv"):
        Catalog.read(tmp_path)
    catalog.write(tmp_path)
    (tmp_path / "hotels.csv").write_text("hotel_id\n")
    with pytest.raises(CatalogError, match=r"hotels\.csv exist; remove"):
        Catalog.read(tmp_path)


def test_a_catalogue_prints_short(catalog: Catalog) -> None:
    assert repr(catalog) == "<Catalog of 4 hotels, 6 room types, 7 products>"


def test_look_ups(catalog: Catalog) -> None:
    assert [catalog.hotel_index(hotel_id) for hotel_id in catalog.hotel_ids] == [0, 1, 2, 3]
    assert catalog.row_index("sha-1", "suite") == 1
    assert catalog.row_index("zrh-1", "king") == 3
    assert catalog.product_index("sha-1", "king") == 0
    assert catalog.product_index("sha-1", "king", "saver") == 1
    assert catalog.product_index("007", "tatami") == 6  # its only plan
    decomposed = Catalog.from_frames(
        {"hotel_id": ["Zu\u0308rich"], "currency": ["CHF"], "time_zone": ["Europe/Zurich"]},
        {"hotel_id": ["Z\u00fcrich"], "room_type_id": ["x"], "capacity": [1], "base_minor": [100]},
    )
    assert decomposed.hotel_ids == ["Z\u00fcrich"]
    assert decomposed.hotel_index("Zu\u0308rich") == decomposed.row_index("Zu\u0308rich", "x") == 0


def test_unknown_ids_come_with_suggestions(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match=r"hotel 'SHA-1' .* did you mean 'sha-1'"):
        catalog.hotel_index("SHA-1")
    with pytest.raises(UnknownIdError, match=r"hotel 'nowhere'.*there are sha-1, zrh-1"):
        catalog.row_index("nowhere", "king")
    with pytest.raises(UnknownIdError, match=r"room type 'kings' is not in hotel 'sha-1'; did you mean 'king'"):
        catalog.row_index("sha-1", "kings")
    with pytest.raises(UnknownIdError, match=r"room type 'x' is not in hotel 'sha-1'; there are king, suite"):
        catalog.product_index("sha-1", "x")
    with pytest.raises(UnknownIdError, match=r"plan 'bar' is unknown.*standard, saver"):
        catalog.product_index("sha-1", "king", "bar")
    several = Catalog.from_frames(HOTELS, ROOM_TYPES, {**PRODUCTS, "plan_id": ["a", "b", "c", "d", "e", "f", "g"]})
    with pytest.raises(UnknownIdError, match=r"no plan was given.*c, f"):
        several.product_index("sha-1", "king")


def test_hotels_by_place_and_brand(catalog: Catalog) -> None:
    def where(**conditions: Any) -> list[int]:
        found = catalog.hotels_where(**conditions)
        assert found.dtype == np.int32
        return found.tolist()

    assert where() == [0, 1, 2, 3]
    assert where(city="Shanghai") == [0, 2]
    assert where(city="Zu\u0308rich") == [1]
    assert where(city=["Tokyo", "Shanghai"]) == [0, 2, 3]
    assert where(region="east", district="Pudong") == [2]
    assert where(region="east", brand="Alp") == []
    assert where(hotel_ids=["007", "sha-1", "007"]) == [0, 3]
    assert where(hotel_ids="zrh-1") == [1]
    assert where(hotel_ids=[]) == []
    assert where(hotel_ids=["zrh-1", "sha-1"], city="Shanghai") == [0]
    assert where(near=(31.24, 121.49, 1.0)) == [0]
    assert where(near=(31.24, 121.49, 6.0), district="Pudong") == [2]
    assert where(near=(0.0, 0.0, 30_000.0)) == [0, 1, 2]  # not the hotel without coordinates


def test_an_answer_can_be_changed_without_harm(catalog: Catalog) -> None:
    catalog.hotels_where(city="Shanghai")[:] = -1
    assert catalog.hotels_where(city="Shanghai").tolist() == [0, 2]


def test_places_that_do_not_exist(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match=r"city 'shanghai' .* did you mean 'Shanghai'"):
        catalog.hotels_where(city="shanghai")
    with pytest.raises(UnknownIdError, match=r"brand '' is not"):
        catalog.hotels_where(brand="")
    for near in ((91.0, 0.0, 1.0), (0.0, 181.0, 1.0), (math.nan, 0.0, 1.0), (0.0, 0.0, -1.0), (0.0, 0.0, math.nan)):
        with pytest.raises(InputError):
            catalog.hotels_where(near=near)


def test_distances_on_the_globe(catalog: Catalog) -> None:
    zurich_from_shanghai = catalog.distance_km(31.24, 121.49)[1]
    assert zurich_from_shanghai == pytest.approx(9068, rel=0.01)
    assert catalog.distance_km(31.24, 121.49)[0] == 0
    assert catalog.distance_km(-47.3769, 8.5417 - 180)[1] == pytest.approx(math.pi * 6371.0088)  # the antipode
    degree = math.pi * 6371.0088 / 180
    assert catalog.distance_km(46.3769, 8.5417)[1] == pytest.approx(degree)
