"""The replay of booking files: order within a day, what a file may look like, and every mistake named."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nightgrid.errors import InputError
from nightgrid.jobs.replay.capacity import capacity_of_types, peak_capacity, read_capacity
from nightgrid.jobs.replay.files import summary
from nightgrid.jobs.replay.house import base_prices, default_book
from nightgrid.jobs.replay.read import Bookings, read_bookings
from nightgrid.jobs.replay.stream import replay
from nightgrid.pricing.parse import load_book
from tests.oracles.booking_stream import booking_row, booking_stream, columns_of

MAY_1 = date(2016, 5, 1)
Row = dict[str, Any]


def stored(tmp_path: Path, rows: list[Row], drop: tuple[str, ...] = ()) -> Path:
    path = tmp_path / "bookings.parquet"
    pl.DataFrame(columns_of(rows), strict=False).drop(drop).write_parquet(path)
    return path


def played(tmp_path: Path, rows: list[Row], rooms: int) -> dict[str, Any]:
    """The answer for a stream with so many rooms of each type, and the rows accepted."""
    bookings = read_bookings(stored(tmp_path, rows))
    capacity, _ = capacity_of_types(bookings.type_names, dict.fromkeys(bookings.type_names, rooms))
    done = replay(bookings, capacity, base_prices(bookings)[0], default_book())
    assert done.findings == []
    return summary(done) | {"rows_accepted": bookings.row[done.accepted].tolist(), "prices": done.price_minor.tolist()}


def booked(lead_days: int, cancelled: date | None = None, nights: int = 2, **others: Any) -> Row:
    """A stay from 1 May, or one that was cancelled."""
    status = "Check-Out" if cancelled is None else "Canceled"
    return booking_row(MAY_1, nights, lead_days, status, cancelled, **others)


# ---------------------------------------------------------------------------------------- the order of a day


def test_a_cancellation_of_an_earlier_booking_comes_before_the_bookings_of_its_date(tmp_path: Path) -> None:
    rows = [booked(5), booked(10, cancelled=date(2016, 4, 26))]  # the second was booked first, and left on 26 April

    answer = played(tmp_path, rows, rooms=1)

    assert answer["rows_accepted"] == [0, 1]
    assert (answer["accepted"], answer["refused"], answer["released"], answer["live_at_end"]) == (2, 0, 1, 1)


def test_a_cancellation_of_the_same_date_comes_after_the_bookings(tmp_path: Path) -> None:
    rows = [booked(5, cancelled=date(2016, 4, 26)), booked(5), booked(4)]

    answer = played(tmp_path, rows, rooms=1)

    assert answer["rows_accepted"] == [0, 2]  # the second came on the same date and found the room taken
    assert answer["refusals"] == {"SOLD_OUT": 1}


def test_a_cancellation_before_its_booking_does_nothing(tmp_path: Path) -> None:
    answer = played(tmp_path, [booked(5, cancelled=date(2016, 4, 25)), booked(4)], rooms=1)

    assert (answer["accepted"], answer["released"], answer["live_at_end"], answer["refused"]) == (1, 0, 1, 1)


def test_the_cancellation_of_a_refused_booking_does_nothing(tmp_path: Path) -> None:
    rows = [booked(9), booked(8, cancelled=date(2016, 4, 27)), booked(3)]

    answer = played(tmp_path, rows, rooms=1)

    assert answer["rows_accepted"] == [0]
    assert (answer["released"], answer["room_nights_at_end"]) == (0, 2)


def test_no_shows_keep_their_rooms(tmp_path: Path) -> None:
    answer = played(tmp_path, [booking_row(MAY_1, 2, 9, "No-Show"), booked(3)], rooms=1)

    assert (answer["live_at_end"], answer["refused"]) == (1, 1)


def test_departure_and_arrival_share_a_date(tmp_path: Path) -> None:
    rows = [booked(9), booking_row(date(2016, 5, 3), 1, 3)]

    assert played(tmp_path, rows, rooms=1)["refused"] == 0


def test_rows_without_nights_are_skipped_and_keep_their_numbers(tmp_path: Path) -> None:
    answer = played(tmp_path, [booked(9, nights=0), booked(9, room_type="D")], rooms=1)

    assert answer["skipped"] == 1
    assert answer["rows_accepted"] == [1]
    assert list(answer["by_room_type"]) == ["City Hotel|D"]  # nobody asked for an A by the night


# ---------------------------------------------------------------------------------------------------- prices


def test_base_prices_are_exact_medians(tmp_path: Path) -> None:
    rates = {"A": [100.10, 100.13], "D": [80.0, 90.01, 300.0], "E": [0.0]}
    rows = [booked(9, room_type=kind, adr=rate) for kind, found in rates.items() for rate in found]
    rows += [booked(9, room_type="A", adr=9999.0, cancelled=MAY_1), booked(9, room_type="A", adr=1.0, nights=0)]

    base, warnings = base_prices(read_bookings(stored(tmp_path, rows)))

    # 100.115 rounds half up; cancelled rows and rows without a night do not count; no positive median: the hotel's
    assert base.tolist() == [10_012, 9_001, 9_506]
    assert len(warnings) == 1
    assert "City Hotel|E" in warnings[0]


def test_revenue_is_base_times_nights_under_an_empty_book(tmp_path: Path) -> None:
    rows = [booked(9, adr=100.0), booked(8, adr=50.0, nights=3), booked(6, adr=None)]
    rows += [booked(7, adr=70.0, cancelled=MAY_1)]
    bookings = read_bookings(stored(tmp_path, rows))
    capacity, _ = capacity_of_types(bookings.type_names, {("City Hotel", "A"): 9})

    money = summary(replay(bookings, capacity, base_prices(bookings)[0], load_book({})))["revenue"]

    assert money["real_minor"] == 10_000 * 2 + 5_000 * 3
    assert money["book_minor"] == 7_500 * 5  # the median of 100 and 50, five nights
    assert money["bookings"] == 2
    assert money["live_without_known_rate"] == 1


def test_bookings_are_priced_at_the_lead_they_were_made(tmp_path: Path) -> None:
    book = load_book({"lead_time": [{"name": "early", "bands": [{"from_days": 30, "percent": -10}]}]})
    bookings = read_bookings(stored(tmp_path, [booked(30, adr=100.0), booked(29, adr=100.0)]))
    capacity = peak_capacity(bookings)

    done = replay(bookings, capacity, base_prices(bookings)[0], book)

    assert done.price_minor.tolist() == [18_000, 20_000]


# ------------------------------------------------------------------------------------------ what a file may be


def equal(left: Bookings, right: Bookings) -> bool:
    names = [name for name in Bookings.__dataclass_fields__ if name != "source"]
    values = [(getattr(left, name), getattr(right, name)) for name in names]
    return all((a == b).all() if hasattr(a, "all") else a == b for a, b in values)


@pytest.mark.parametrize("null", ["NULL", "NA", ""])
def test_a_csv_reads_like_the_parquet_file(tmp_path: Path, null: str) -> None:
    rows = booking_stream(seed=3, rows=120)
    csv = tmp_path / "bookings.csv"
    pl.DataFrame(columns_of(rows)).write_csv(csv, null_value=null)

    assert equal(read_bookings(csv), read_bookings(stored(tmp_path, rows)))


def test_status_dates_may_be_text_or_instants(tmp_path: Path) -> None:
    day = date(2016, 4, 26)
    files = []
    for number, value in enumerate((day, "2016-04-26", "2016-04-26 00:00:00", datetime(2016, 4, 26, 13))):
        folder = tmp_path / str(number)
        folder.mkdir()
        files.append(stored(folder, [booked(9, cancelled=day) | {"reservation_status_date": value}]))

    assert {int(read_bookings(path).status_day[0]) for path in files} == {day.toordinal()}


def test_a_file_without_rates_can_be_replayed(tmp_path: Path) -> None:
    base, warnings = base_prices(read_bookings(stored(tmp_path, [booked(9)], drop=("adr",))))

    assert base.tolist() == [10_000]
    assert "100.00 EUR" in warnings[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stays_in_week_nights": -1}, ("row 1", "stays_in_week_nights", "-1", "from 0")),
        ({"stays_in_week_nights": float("nan")}, ("row 1", "stays_in_week_nights", "nan")),
        ({"stays_in_week_nights": 300, "stays_in_weekend_nights": 66}, ("row 1", "365")),
        ({"lead_time": None}, ("row 1", "lead_time", "null")),
        ({"lead_time": 2.5}, ("row 1", "lead_time", "2.5")),
        ({"adr": float("nan")}, ("row 1", "adr", "nan")),
        ({"arrival_date_month": "February", "arrival_date_day_of_month": 30}, ("row 1", "30 February 2016", "29 days")),
        ({"arrival_date_month": "Mai"}, ("row 1", "Mai", "January")),
        ({"reservation_status": "Cancelled"}, ("row 1", "Cancelled", "Canceled")),
        ({"reservation_status": "Canceled", "reservation_status_date": None}, ("row 1", "reservation_status_date")),
        ({"reserved_room_type": " "}, ("row 1", "reserved_room_type", "empty")),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, change: Row, words: tuple[str, ...]) -> None:
    path = stored(tmp_path, [booked(9), booked(9) | change])

    with pytest.raises(InputError) as caught:
        read_bookings(path)

    assert [word for word in words if word not in str(caught.value)] == []


def test_a_status_date_that_does_not_exist_is_named(tmp_path: Path) -> None:
    rows = [booked(9) | {"reservation_status_date": day} for day in ("2016-05-03", "2015-02-30")]

    with pytest.raises(InputError, match=r"row 1, column reservation_status_date: '2015-02-30'"):
        read_bookings(stored(tmp_path, rows))


def test_a_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks the column lead_time; it has hotel, is_canceled"):
        read_bookings(stored(tmp_path, [booked(9)], drop=("lead_time",)))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.parquet", None, "does not exist"),
        ("text.parquet", b"hotel,lead_time\n", "not a Parquet file"),
        ("torn.parquet", b"PAR1 and nothing more", "cannot be read as Parquet"),
        ("other.csv", b"a,b\n1,2\n", "lacks the columns hotel, lead_time"),
        ("empty.csv", b"", "cannot be read as CSV"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(InputError, match=words):
        read_bookings(path)


def test_nothing_to_replay_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        read_bookings(stored(tmp_path, []))
    with pytest.raises(InputError, match="no stay of one night"):
        read_bookings(stored(tmp_path, [booked(9, nights=0)]))


# -------------------------------------------------------------------------------------------------- capacity


def test_the_peak_counts_guests_who_slept_there(tmp_path: Path) -> None:
    rows = [booked(9), booked(9, nights=1), booking_row(date(2016, 5, 2), 1, 0), booked(9, cancelled=MAY_1)]
    rows += [booked(9, room_type="D", cancelled=MAY_1)]
    bookings = read_bookings(stored(tmp_path, rows))

    assert dict(zip(bookings.type_names, peak_capacity(bookings).tolist(), strict=True)) == {
        ("City Hotel", "A"): 2,
        ("City Hotel", "D"): 0,
    }


def test_capacity_files(tmp_path: Path) -> None:
    as_json, as_csv = tmp_path / "rooms.json", tmp_path / "rooms.csv"
    as_json.write_text(json.dumps({"City Hotel|A": 217, "Inn | East|B": 0}))
    as_csv.write_text("hotel,room_type,capacity\nCity Hotel,A,217\nInn | East,B,0\n")

    assert read_capacity(as_json) == read_capacity(as_csv) == {("City Hotel", "A"): 217, ("Inn | East", "B"): 0}


def test_a_type_without_capacity_has_no_rooms_and_a_warning() -> None:
    rooms, warnings = capacity_of_types([("H", "A"), ("H", "B")], {("H", "A"): 2, ("X", "Y"): 1})

    assert rooms.tolist() == [2, 0]
    assert ["H|B" in warnings[0], "X|Y" in warnings[1]] == [True, True]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("c.json", '{"H|A": -1}', "-1"),
        ("c.json", '{"H|A": 1.5}', "1.5"),
        ("c.json", '{"H|A": true}', "True"),
        ("c.json", '{"H|A": "12"}', "'12'"),
        ("c.json", '{"H|A": 10001}', "10000"),
        ("c.json", '{"H|A": 1, "H|A": 1}', "given twice"),
        ("c.json", '{"HA": 1}', "hotel|room type"),
        ("c.json", "[1]", "one object"),
        ("c.json", "{", "not JSON"),
        ("c.csv", "hotel,room_type,capacity\nH,A,-1\n", "row 0, column capacity"),
        ("c.csv", "hotel,room_type,capacity\nH,A,many\n", "many"),
        ("c.csv", "hotel,room_type,capacity\nH,A,1\nH,A,1\n", "given twice"),
        ("c.csv", "hotel,capacity\nH,1\n", "room_type"),
    ],
)
def test_a_bad_capacity_file_is_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(InputError) as caught:
        read_capacity(path)

    assert words in str(caught.value)
