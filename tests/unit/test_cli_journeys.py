"""`nightgrid demo` and `nightgrid replay` from the outside: what they answer and what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from nightgrid.cli import main
from tests.oracles.booking_stream import booking_stream, columns_of
from tests.oracles.replay import replay as slow_replay

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_demo_shows_every_part_and_leaves_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"

    code = main(["demo", "--out", str(out), "--hotels", "60", "--nights", "120", "--today", "2026-12-01", "--json"])

    facts = json.loads(capsys.readouterr().out)
    assert code == 0
    assert facts["chain"]["hotels"] == 60
    assert facts["holds"]["states"] == ["booked", "released", "expired"]
    assert (facts["holds"]["late_confirm"], facts["holds"]["too_many_rooms"]) == ("EXPIRED", "SOLD_OUT")
    assert sum(facts["quote"]["nights_minor"]) == facts["quote"]["total_minor"]
    assert facts["search_chain"]["hotels_considered"] == 60
    assert facts["check"]["count"] == 0
    assert facts["reprice"]["prices"] > 0
    for picture in ("price_calendar.png", "house_fill.png"):
        assert (out / picture).read_bytes()[:8] == PNG
        assert f"]({picture})" in (out / "report.md").read_text()
        assert f'src="{picture}"' in (out / "report.html").read_text()


def test_the_demo_is_the_same_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for folder in ("one", "two"):
        small = ["--hotels", "12", "--nights", "90", "--today", "2026-12-01"]
        main(["demo", "--out", str(tmp_path / folder), *small, "--json"])
        facts = json.loads(capsys.readouterr().out)
        answers.append((facts["search_chain"]["offers"], facts["quote"], facts["reprice"]["prices"]))

    assert answers[0] == answers[1]


@pytest.fixture
def stream(tmp_path: Path) -> tuple[Path, dict[str, int], list[dict[str, object]]]:
    """A file of bookings, half of the rooms they need, and its rows."""
    rows = booking_stream(seed=11, rows=200)
    path = tmp_path / "bookings.csv"
    pl.DataFrame(columns_of(rows)).write_csv(path, null_value="NULL")
    capacity = {name: rooms // 2 for name, rooms in slow_replay(rows)["capacity"].items()}
    return path, capacity, rows


def test_replay_answers_with_one_object_and_files(stream, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, capacity, rows = stream
    rooms = tmp_path / "rooms.json"
    rooms.write_text(json.dumps(capacity))
    out = tmp_path / "out"

    code = main(["replay", str(path), "--capacity", str(rooms), "--out", str(out), "--json"])

    answer, slow = json.loads(capsys.readouterr().out), slow_replay(rows, capacity)
    assert code == 0
    for key in ("accepted", "refused", "released", "live_at_end", "room_nights_at_end", "by_room_type", "skipped"):
        assert answer[key] == slow[key], key
    assert answer["refusals"] == {"SOLD_OUT": slow["refused"]}
    assert pl.read_parquet(out / "accepted.parquet")["row"].to_list() == slow["accepted_rows"]
    columns = pl.read_parquet(out / "matrix.parquet").columns
    assert columns == ["hotel", "room_type", "night", "capacity", "sold", "free"]
    assert Path(answer["paths"]["house_fill"]).read_bytes()[:8] == PNG
    assert json.loads((out / "summary.json").read_text())["revenue"] == answer["revenue"]
    assert "10.1016/j.dib.2018.11.126" in answer["credit"]


def test_a_type_that_the_capacity_file_lacks_is_warned_of(
    stream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, capacity, _ = stream
    rooms = tmp_path / "rooms.json"
    rooms.write_text(json.dumps({name: count for name, count in capacity.items() if name != "Resort Hotel|L"}))

    out = tmp_path / "out"
    code = main(["replay", str(path), "--capacity", str(rooms), "--out", str(out), "--no-pictures", "--json"])

    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert code == 0
    assert "'Resort Hotel|L': it counts as 0 rooms" in captured.err
    assert answer["by_room_type"]["Resort Hotel|L"]["accepted"] == 0
    assert "house_fill" not in answer["paths"]


def test_replay_takes_a_rule_book(stream, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _, _ = stream
    totals = []
    for percent in (0, 100):
        book = tmp_path / f"{percent}.toml"
        dates = "dates = [{from = 2016-01-01, to = 2016-12-31}]"
        book.write_text(f'[[season]]\nname = "All"\n{dates}\npercent = {percent}\n')
        main(["replay", str(path), "--rules", str(book), "--out", str(tmp_path / "out"), "--no-pictures", "--json"])
        totals.append(json.loads(capsys.readouterr().out)["revenue"]["book_minor"])

    assert totals[1] == 2 * totals[0] > 0


def test_replay_tells_a_person(stream, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _, _ = stream

    code = main(["replay", str(path), "--out", str(tmp_path / "out"), "--no-pictures"])

    said = capsys.readouterr().out
    assert code == 0
    assert "no finding: every counter agrees with the bookings" in said
    assert "N. Antonio, A. de Almeida, L. Nunes" in said
