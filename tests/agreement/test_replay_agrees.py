"""The replay through the engine agrees with the slow replay, booking by booking and night by night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from nightgrid.jobs.replay.capacity import capacity_of_types, peak_capacity
from nightgrid.jobs.replay.files import summary, write_tables
from nightgrid.jobs.replay.house import base_prices, default_book
from nightgrid.jobs.replay.read import read_bookings
from nightgrid.jobs.replay.stream import replay
from tests.oracles.booking_stream import booking_stream, columns_of
from tests.oracles.replay import replay as slow_replay

COUNTS = ("accepted", "refused", "released", "live_at_end", "room_nights_at_end")


def fast(path: Path, rooms_of: dict[tuple[str, str], int] | None, folder: Path) -> dict[str, Any]:
    """The replay's answer with what it wrote to disk."""
    bookings = read_bookings(path)
    rooms = peak_capacity(bookings)
    if rooms_of is not None:
        rooms, _ = capacity_of_types(bookings.type_names, rooms_of)
    done = replay(bookings, rooms, base_prices(bookings)[0], default_book())
    paths = write_tables(done, folder)
    sold: dict[tuple[str, str], dict[Any, int]] = {names: {} for names in bookings.type_names}
    for hotel, kind, night, capacity, taken, free in pl.read_parquet(paths["matrix"]).iter_rows():
        assert taken + free == capacity  # nothing is held at the end
        if taken:
            sold[hotel, kind][night] = taken
    rows = pl.read_parquet(paths["accepted"])["row"].to_list()
    return summary(done) | {"sold": sold, "accepted_rows": rows}


def assert_agrees(mine: dict[str, Any], slow: dict[str, Any]) -> None:
    assert mine["check"] == []
    for key in (*COUNTS, "by_room_type", "skipped", "capacity", "accepted_rows", "sold"):
        assert mine[key] == slow[key], key
    assert sum(mine["refusals"].values()) == slow["refused"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [None, 0.5, 0.0])
def test_generated_streams(seed: int, share: float | None, tmp_path: Path) -> None:
    rows = booking_stream(seed, rows=250)
    path = tmp_path / "bookings.parquet"
    pl.DataFrame(columns_of(rows)).write_parquet(path)
    peak = slow_replay(rows)["capacity"]
    capacity = None if share is None else {name: int(count * share) for name, count in peak.items()}
    slow = slow_replay(rows, capacity)

    rooms_of = None if capacity is None else {tuple(name.split("|")): count for name, count in capacity.items()}
    mine = fast(path, rooms_of, tmp_path / "out")

    assert_agrees(mine, slow)
    if share == 0.5:
        assert slow["refused"] > 20  # the stream really fills the hotels
        assert slow["released"] > 20


def test_the_real_bookings(data_folder: Path, tmp_path: Path) -> None:
    path = data_folder / "hotel_bookings.parquet"
    columns = ["hotel", "lead_time", "arrival_date_year", "arrival_date_month", "arrival_date_day_of_month",
               "stays_in_weekend_nights", "stays_in_week_nights", "reserved_room_type", "reservation_status",
               "reservation_status_date"]  # fmt: skip
    slow = slow_replay(pl.read_parquet(path, columns=columns).to_dict(as_series=False))

    mine = fast(path, None, tmp_path)

    assert_agrees(mine, slow)
    assert (mine["rows"], mine["skipped"]) == (119_390, 715)
    # adr has at most two decimals, so the real revenue can be added up another way: in decimal text
    live_rows = np.zeros(mine["rows"], np.bool_)
    live_rows[mine["accepted_rows"]] = True
    frame = pl.read_parquet(path).with_columns(
        nights=(pl.col("stays_in_weekend_nights") + pl.col("stays_in_week_nights")).cast(pl.Int64),
        cents=pl.col("adr").cast(pl.Decimal(12, 2)).cast(pl.String).str.replace(r"\.", "").cast(pl.Int64),
        live=pl.lit(pl.Series(live_rows)) & (pl.col("reservation_status") != "Canceled"),
    )
    real = frame.filter(pl.col("live")).select((pl.col("cents") * pl.col("nights")).sum()).item()
    assert mine["revenue"]["real_minor"] == real
