"""The `nightgrid` command: what it prints where, its exit codes, and errors that a person can act on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from nightgrid.cli import main
from nightgrid.jobs.chain import make_chain

SMALL = ("--hotels", "30", "--seed", "5", "--today", "2026-12-01")
HOTEL = make_chain(hotels=30, seed=5, nights=1).catalog.hotel_ids[0]


class Run(NamedTuple):
    """One run of the command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def call(*arguments: object) -> Run:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return call


def write_book(folder: Path, text: str) -> Path:
    path = folder / "book.toml"
    path.write_text(text)
    return path


# --------------------------------------------------------------------------------------------- search and quote


def test_search_gives_ranked_offers_as_one_json_object(run) -> None:
    found = run("search", *SMALL, "--tier", "gold", "--top", 7, "--json")

    assert found.code == 0
    offers = found.json["offers"]
    assert [offer["rank"] for offer in offers] == list(range(1, 8))
    assert [offer["display_minor"] for offer in offers] == sorted(offer["display_minor"] for offer in offers)
    assert offers[0]["arrival"] == "2026-12-15"  # two weeks after --today
    assert found.json["hotels_considered"] == 30


def test_search_prices_are_quotes(run) -> None:
    offer = run("search", *SMALL, "--tier", "gold", "--top", 1, "--nights", 3, "--json").json["offers"][0]

    quoted = run("quote", offer["hotel_id"], offer["room_type_id"], *SMALL, "--tier", "gold", "--nights", 3, "--json")

    assert quoted.json["total_minor"] == offer["total_minor"]
    assert quoted.json["lead_days"] == 14


def test_search_filters_by_price_in_major_units(run) -> None:
    everything = run("search", *SMALL, "--top", 0, "--json").json["offers"]
    middle = everything[len(everything) // 2]["display_minor"]

    bounded = run("search", *SMALL, "--top", 0, "--price-max", f"{middle // 100}.{middle % 100:02d}", "--json")

    expected = [offer["hotel_id"] for offer in everything if offer["display_minor"] <= middle]
    assert [offer["hotel_id"] for offer in bounded.json["offers"]] == expected


def test_search_prints_a_table_for_a_person(run) -> None:
    found = run("search", *SMALL, "--top", 3)

    assert found.code == 0
    assert "3 nights" not in found.out
    assert "2 nights from 2026-12-15" in found.out
    assert "hotels have a room" in found.out


def test_explained_lines_add_up_exactly(run) -> None:
    why = run("quote", HOTEL, *SMALL, "--tier", "diamond", "--nights", 8, "--explain", "--json").json["explanation"]

    assert sum(Decimal(line["amount_minor"]) for line in why["lines"]) == why["total_minor"]
    assert sum(why["nights_minor"]) == why["total_minor"]
    assert Decimal(why["lines"][-1]["running_minor"]) == why["total_minor"]


def test_a_quote_names_rules_that_did_not_apply(run) -> None:
    few = run("quote", HOTEL, *SMALL, "--explain")
    all_of_them = run("quote", HOTEL, *SMALL, "--explain", "--all-rules")

    assert "more rules are for other hotels" in few.out
    assert few.out.count("not applied") < all_of_them.out.count("not applied")


def test_a_refused_quote_is_a_finding(run) -> None:
    past = run("quote", HOTEL, *SMALL, "--arrival", "2026-11-01", "--json")

    assert past.code == 1
    assert past.json["error"]["outcome"] == "OUTSIDE_HORIZON"
    assert "refused (outside_horizon)" in past.err


def test_a_book_of_ones_own_sets_the_prices(run, tmp_path: Path) -> None:
    dates = "dates = [{from = 2026-01-01, to = 2028-12-31}]"
    book = write_book(tmp_path, f'[[season]]\nname = "Double"\n{dates}\npercent = 100\n')
    empty = tmp_path / "empty.toml"
    empty.write_text("")

    plain = run("quote", HOTEL, *SMALL, "--rules", empty, "--json").json["total_minor"]
    double = run("quote", HOTEL, *SMALL, "--rules", book, "--json").json["total_minor"]

    assert double == 2 * plain


# --------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("search", *SMALL, "--city", "Shangai"), "did you mean 'Shanghai'"),
        (("search", *SMALL, "--tier", "gould"), "public, silver, gold"),
        (("search", *SMALL, "--arrival", "2027-02-30"), "--arrival '2027-02-30' is not a date"),
        (("search", *SMALL, "--near", "31.2,121.4"), "LAT,LON,KM"),
        (("search", *SMALL, "--sort", "beauty"), "price, rating, distance"),
        (("search", *SMALL, "--price-max", "12.345"), "12.345"),
        (("search", *SMALL, "--rules", "nowhere.toml"), "nowhere.toml does not exist"),
        (("search", "--chain", "nowhere"), "nowhere is not a folder"),
        (("quote", HOTEL[:-1], *SMALL), f"'{HOTEL}'"),
        (("quote", HOTEL, "XYZ", *SMALL), "room type 'XYZ' is not in hotel"),
        (("calendar", HOTEL, *SMALL, "--nights", "0"), "nights is 0"),
        (("reprice", *SMALL, "--stays", "3-x"), "--stays '3-x'"),
        (("rules", "check", "nowhere.toml"), "nowhere.toml does not exist"),
        (("replay", "nowhere.parquet"), "nowhere.parquet does not exist"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(run, arguments: tuple[str, ...], words: str) -> None:
    said = run(*arguments)

    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_mistake_in_json_is_one_object_too(run) -> None:
    said = run("search", *SMALL, "--city", "Shangai", "--json")

    assert said.code == 2
    assert said.json["error"]["kind"] == "UnknownIdError"


@pytest.mark.parametrize("arguments", [("serch",), ("search", "--nights", "two"), ("search", "--no-such-option")])
def test_wrong_usage_is_exit_code_2(run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 2


def test_a_folder_that_cannot_be_written_is_named(run, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    said = run("reprice", *SMALL, "--hotel", HOTEL, "--stays", 1, "--out", blocked / "prices")

    assert said.code == 2
    assert str(blocked) in said.err


# ------------------------------------------------------------------------------------------------- rule books


def test_rules_check_lists_every_mistake_with_its_line(run, tmp_path: Path) -> None:
    text = '[[season]]\nname = "A"\npercent = 5000\n\n[[member_tier]]\nname = "M"\npercent = {gould = -3}\n'
    book = write_book(tmp_path, text)

    said = run("rules", "check", book, "--json")

    assert said.code == 1
    assert said.json["ok"] is False
    assert {mistake["line"] for mistake in said.json["mistakes"]} == {3, 7}
    assert all(mistake["fix"] for mistake in said.json["mistakes"])
    assert run("rules", "check", book).code == 1


def test_rules_check_sums_up_a_good_book(run, tmp_path: Path) -> None:
    book = write_book(tmp_path, '[book]\nname = "B"\n[[season]]\nname = "A"\npercent = 5\n')

    said = run("rules", "check", book, "--json")

    assert said.code == 0
    assert (said.json["name"], said.json["rules"], said.json["stages"]["season"]) == ("B", 1, 1)
    assert len(said.json["digest"]) == 16


def test_rules_schema_is_json(run) -> None:
    assert run("rules", "schema").json["type"] == "object"


# -------------------------------------------------------------------------------- calendar, reprice, check, chain


def test_calendar_has_every_night_and_a_picture(run, tmp_path: Path) -> None:
    found = run("calendar", HOTEL, *SMALL, "--png", tmp_path / "calendar.png", "--json")

    assert found.code == 0
    assert len(found.json["days"]) == 540
    assert (tmp_path / "calendar.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "December 2026" in run("calendar", HOTEL, *SMALL, "--months", 1).out


def test_repriced_files_hold_the_quoted_price(run, tmp_path: Path) -> None:
    out = tmp_path / "prices"

    made = run("reprice", *SMALL, "--hotel", HOTEL, "--stays", "2-3", "--tier", "gold", "--out", out, "--json")

    assert made.code == 0
    prices = pl.read_parquet(out / "arrival_month=*" / "prices.parquet")
    assert set(prices["nights"].unique()) == {2, 3}
    products = pl.read_parquet(out / "products.parquet")
    chosen = products.row(0, named=True)
    names = (chosen["hotel_id"], chosen["room_type_id"])
    quoted = run("quote", *names, *SMALL, "--tier", "gold", "--nights", 3, "--arrival", "2027-03-05", "--json").json
    row = prices.filter(
        product_index=chosen["product_index"], nights=3, arrival=pl.date(2027, 3, 5), tier=pl.lit("gold")
    )
    assert row["price_minor"].to_list() == [quoted["total_minor"]]


def test_check_finds_nothing_in_the_demo_chain(run) -> None:
    found = run("check", *SMALL, "--json")

    assert (found.code, found.json["findings"]) == (0, [])
    assert found.json["cells"] == 30 * 5 * 540


def test_a_chain_on_disk_answers_like_the_one_in_memory(run, tmp_path: Path) -> None:
    make_chain(hotels=30, seed=5, first_night="2026-12-01", nights=540).write(tmp_path)

    stored = run("search", "--chain", tmp_path, "--today", "2026-12-01", "--json").json
    made = run("search", *SMALL, "--json").json

    assert stored["offers"] == made["offers"]


def test_a_chain_of_csv_files_needs_nothing_but_a_catalogue(run, tmp_path: Path) -> None:
    (tmp_path / "hotels.csv").write_text("hotel_id,currency,time_zone\ninn,CHF,Europe/Zurich\n")
    (tmp_path / "room_types.csv").write_text("hotel_id,room_type_id,capacity,base_minor\ninn,DBL,4,12050\n")

    quoted = run("quote", "inn", "DBL", "--chain", tmp_path, "--today", "2026-12-01", "--json")

    assert (quoted.code, quoted.json["total_minor"], quoted.json["rooms_free"]) == (0, 24_100, 4)


# ------------------------------------------------------------------------------------------------- start and help


def test_help_and_version(run) -> None:
    assert run("--version").out.startswith("nightgrid")
    shown = run("--help")
    assert shown.code == 0
    commands = ("demo", "replay", "search", "quote", "reprice", "calendar", "check", "rules")
    assert [name for name in commands if name not in shown.out] == []


def test_the_command_starts_without_its_heavy_parts() -> None:
    heavy = ("numba", "llvmlite", "polars", "pyarrow", "matplotlib", "pydantic", "holidays")
    script = f"import sys, nightgrid.cli; print([name for name in {heavy!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)

    assert loaded.stdout.strip() == "[]"


def test_pictures_without_matplotlib_name_the_extra(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    said = run("calendar", HOTEL, *SMALL, "--png", tmp_path / "calendar.png")

    assert said.code == 2
    assert "nightgrid[pictures]" in said.err
