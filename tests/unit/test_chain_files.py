"""A chain on disk: written, read back, and refused where its files do not fit each other."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nightgrid.errors import CatalogError, InputError
from nightgrid.jobs.chain import Chain, make_chain


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(12, 60, seed=5, nights=40)


@pytest.fixture
def folder(chain: Chain, tmp_path: Path) -> Path:
    chain.write(tmp_path)
    return tmp_path


def test_a_written_chain_reads_back_equal(chain: Chain, folder: Path) -> None:
    back = Chain.read(folder)
    assert (back.first_night, back.nights, back.description) == (chain.first_night, 40, chain.description)
    assert back.book_toml == chain.book_toml
    assert back.restrictions.equals(chain.restrictions)
    assert back.restrictions.schema == chain.restrictions.schema
    assert back.sold_elsewhere.dtype == np.int16
    np.testing.assert_array_equal(back.sold_elsewhere, chain.sold_elsewhere)
    for frame in ("hotels_frame", "room_types_frame", "products_frame"):
        assert getattr(back.catalog, frame)().equals(getattr(chain.catalog, frame)())
    assert sorted(path.name for path in folder.iterdir()) == [
        "chain.json", "hotels.parquet", "products.parquet", "restrictions.parquet", "room_types.parquet", "rules.toml",
        "sold_elsewhere.parquet",
    ]  # fmt: skip


def test_another_window_of_the_same_files(chain: Chain, folder: Path) -> None:
    later = Chain.read(folder, first_night=chain.first_night + timedelta(10), nights=50)
    np.testing.assert_array_equal(later.sold_elsewhere[:, :30], chain.sold_elsewhere[:, 10:])
    assert not later.sold_elsewhere[:, 30:].any()
    earlier = Chain.read(folder, first_night="2026-12-30")
    np.testing.assert_array_equal(earlier.sold_elsewhere[:, 2:], chain.sold_elsewhere[:, :38])


def test_only_the_catalogue_must_be_there(chain: Chain, tmp_path: Path) -> None:
    chain.catalog.write(tmp_path)
    with pytest.raises(InputError, match="give first_night"):
        Chain.read(tmp_path)
    bare = Chain.read(tmp_path, first_night=date(2027, 3, 1))
    assert bare.sold_elsewhere.shape == (60, 540)
    assert not bare.sold_elsewhere.any()
    assert bare.restrictions.is_empty()
    assert bare.book_toml == ""
    assert bare.description.startswith("12 hotels")
    with pytest.raises(InputError, match="nights 0"):
        Chain.read(tmp_path, first_night="2027-03-01", nights=0)


def test_rooms_sold_may_come_as_one_row_a_night(chain: Chain, folder: Path) -> None:
    first, second = chain.catalog.room_types_frame().select("hotel_id", "room_type_id").rows()[:2]
    long = pl.DataFrame(
        [(*second, chain.first_night + timedelta(3), 1), (*first, chain.first_night, 1),
         (*first, chain.first_night - timedelta(1), 1)],
        schema=["hotel_id", "room_type_id", "night", "rooms"], orient="row",
    )  # fmt: skip
    long.write_parquet(folder / "sold_elsewhere.parquet")
    sold = Chain.read(folder).sold_elsewhere
    assert np.argwhere(sold).tolist() == [[0, 0], [1, 3]]


def test_files_that_do_not_fit_are_refused(chain: Chain, folder: Path) -> None:
    sold = pl.read_parquet(folder / "sold_elsewhere.parquet")

    def refused(frame: pl.DataFrame, named: str) -> None:
        frame.write_parquet(folder / "sold_elsewhere.parquet")
        with pytest.raises(CatalogError, match=named):
            Chain.read(folder)

    capacity = int(chain.catalog.capacity[0])
    too_many = pl.Series("2027-01-02", [capacity + 1] + [0] * 59, dtype=pl.Int16)
    refused(sold.with_columns(too_many), rf"night 2027-01-02: {capacity + 1} rooms sold is outside 0\.\.{capacity}")
    refused(sold.with_columns(pl.lit(-1, pl.Int16).alias("2027-01-01")), "-1 rooms sold")
    refused(sold.with_columns(pl.lit("x").alias("room_type_id")), "row 1: room type 'x' of hotel")
    refused(sold.drop("hotel_id"), "column hotel_id: is missing")


def test_a_broken_chain_json_is_refused(folder: Path) -> None:
    text = (folder / "chain.json").read_text()
    for broken, named in (
        ("{", "is not JSON"),
        ("[]", "not of format 1"),
        (text.replace('"format": 1', '"format": 2'), "not of format 1"),
        (text.replace('"hotels": 12', '"hotels": 13'), "13 hotels, the catalogue has 12"),
    ):
        (folder / "chain.json").write_text(broken)
        with pytest.raises(CatalogError, match=named):
            Chain.read(folder)
