"""What-if between two books, and the guard before publishing. The judge asks every price by itself."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.cli import main
from nightgrid.engine import Guard, GuardError
from nightgrid.errors import VersionGoneError

NOON = datetime(2027, 1, 3, 4, tzinfo=UTC)  # noon in Shanghai
BOOK = {
    "book": {"name": "now", "tiers": ["public", "gold"]},
    "season": [{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 20}],
    "member_tier": [{"name": "gold", "percent": {"gold": -10}}],
}


def changed(**tables):
    return {**BOOK, **tables}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={
            "hotel_id": ["A", "B"],
            "currency": ["GBP", "JPY"],
            "time_zone": ["Europe/London", "Asia/Tokyo"],
            "region": ["north", "east"],
        },
        room_types={
            "hotel_id": ["A", "A", "B"],
            "room_type_id": ["king", "twin", "king"],
            "capacity": [5] * 3,
            "base_minor": [40_000, 30_000, 9_000],
        },
    )
    engine = Engine.in_memory(catalog, "2027-01-01", 14, clock=ManualClock(NOON))
    engine.publish(BOOK)
    return engine


def judged(engine, book, stays, tiers):
    """{(hotel, room type, arrival, nights, tier): (old, new)} of all prices, from single quotes of two engines."""
    other = Engine.in_memory(engine.catalog, "2027-01-01", 14, clock=ManualClock(NOON))
    other.publish(book)
    found = {}
    for hotel, kind in (("A", "king"), ("A", "twin"), ("B", "king")):
        for night in range(3, 15):
            for nights in stays:
                if night + nights <= 15:
                    for tier in tiers:
                        stay = (hotel, kind, date(2027, 1, night), nights)
                        old, new = (each.quote(*stay, tier=tier).total_minor for each in (engine, other))
                        found[(*stay, tier)] = (old, new)
    return found


def test_a_comparison_shows_what_single_quotes_show(engine, tmp_path):
    book = changed(season=[{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 45, "where": {"hotel": ["A"]}}])
    known = judged(engine, book, (1, 2), ("public", "gold"))
    different = {stay: prices for stay, prices in known.items() if prices[0] != prices[1]}
    seen = []
    found = engine.compare(
        book, stays=(1, 2), parquet=tmp_path / "all.parquet", progress=lambda done, of: seen.append((done, of))
    )
    assert (found.prices, found.changed, found.ok) == (len(known), len(different), True)
    keys = ["hotel_id", "room_type_id", "arrival", "nights", "tier"]
    for frame in (found.changes, pl.read_parquet(tmp_path / "all.parquet")):
        got = {tuple(row[name] for name in keys): (row["old_minor"], row["new_minor"]) for row in frame.to_dicts()}
        assert got == different
    assert seen[-1][0] == seen[-1][1] == 3 * 14 * 2 * 2
    percents = found.changes["change_percent"].to_list()
    assert sorted(percents, key=abs, reverse=True) == percents

    where_a = {stay: prices for stay, prices in different.items() if stay[0] == "A"}
    assert len(where_a) < len(different)  # hotel B loses its weekend
    north = found.summary("region").filter(pl.col("region") == "north").to_dicts()[0]
    assert (north["changed"], north["up"], north["down"]) == (len(where_a), len(where_a), 0)
    assert north["old_minor"] == sum(old for old, _ in where_a.values())
    assert north["new_minor"] == sum(new for _, new in where_a.values())
    assert engine.versions().height == 1  # nothing was published


def test_the_cause_names_the_rules_that_differ(engine):
    day = {"from": "2027-01-05", "to": "2027-01-05"}
    book = changed(
        season=[*BOOK["season"], {"name": "fair", "group": "events", "dates": [day], "percent": 50}],
        member_tier=[{"name": "gold", "percent": {"gold": -12}}],
    )
    found = engine.compare(book, stays=(1,), hotel_ids=["A"], arrivals=("2027-01-04", "2027-01-05"))
    causes = {(row["arrival"].day, row["tier"]): row["cause"] for row in found.changes.to_dicts()}
    assert set(causes) == {(4, "gold"), (5, "public"), (5, "gold")}
    told = {stay: ("fair" in cause, "'gold' -12" in cause) for stay, cause in causes.items()}
    assert told == {(4, "gold"): (False, True), (5, "public"): (True, False), (5, "gold"): (True, True)}


def test_the_cause_is_that_at_the_house_fill_of_now(engine):
    demand = {"name": "yield", "fill": [0, 80], "lead_days": [0], "percent": [[0], [10]]}
    engine.publish(changed(demand=[demand]))
    free = int(engine.availability("A", "2027-01-05", "2027-01-05")["free"].sum())
    rooms = engine.availability("A", "2027-01-05", "2027-01-05").filter(pl.col("free") > 0)
    for room_type, count in rooms.select("room_type_id", "free").iter_rows():
        engine.book("A", room_type, "2027-01-05", 1, rooms=count)
    assert free > 0
    found = engine.compare(changed(demand=[demand | {"percent": [[0], [20]]}]), stays=(1,), hotel_ids=["A"])
    assert set(found.changes["arrival"].dt.day()) == {5}
    for cause in found.changes["cause"]:
        assert "no more demand 'yield' +10 %, house 100 % full" in cause
        assert "now demand 'yield' +20 %, house 100 % full" in cause


def test_all_lines_have_a_cause_as_far_as_is_asked(engine):
    book = changed(season=[{"name": "all", "percent": 7}])
    found = engine.compare(book, stays=(1, 2, 3))
    assert len(found.changes) > 100
    assert found.changes["cause"].null_count() == 0
    few = engine.compare(book, stays=(1, 2, 3), causes_max=3).changes
    assert few["cause"].null_count() == len(few) - 3
    with pytest.raises(InputError, match="causes_max is -1; give 0 or more"):
        engine.compare(book, causes_max=-1)


def test_a_slip_is_stopped_before_it_is_published(engine):
    slip = changed(season=[{"name": "weekend", "weekdays": ["fri", "sat"], "percent": "-95.5"}])  # 18 GBP, not 400
    with pytest.raises(GuardError, match=r"A/king/standard.*480.00 GBP -> 18.00 GBP, -96.25 %") as caught:
        engine.publish(slip, guard=Guard(max_drop=30))
    assert "nothing was published" in str(caught.value)
    assert caught.value.comparison.broken > 0
    assert caught.value.comparison.changes["broken"].to_list()[0] == "max_drop"
    assert engine.versions()["state"].to_list() == ["current"]
    assert engine.quote("A", "king", "2027-01-08", 1).total_minor == 48_000
    with pytest.raises(GuardError):
        engine.publish(slip, at=datetime(2027, 1, 4, tzinfo=UTC), guard=Guard(max_drop=30))
    assert engine.publish(slip, guard=Guard(max_drop="96.25 %", max_rise=0)).changed


@pytest.mark.parametrize(
    ("percent", "guard", "broken"),
    [
        (-16, Guard(max_drop=30), False),  # 480 -> 336, exactly -30 %
        ("-16.01", Guard(max_drop=30), True),
        (50, Guard(max_rise=25), False),  # 480 -> 600, exactly +25 %
        ("50.01", Guard(max_rise=25), True),
        ("50.01", Guard(max_rise="25.02"), False),
        (0, Guard(min_price={"GBP": 360}), True),  # twin 300, gold 270
        (0, Guard(min_price={"JPY": 8_100}), False),  # gold 8,100 yen exactly
        (0, Guard(min_price={"JPY": 8_101}), True),
        (0, Guard(min_price={"GBP": 270, "JPY": 8_100}), False),
    ],
)
def test_guards_are_exact_at_their_bounds(engine, percent, guard, broken):
    book = changed(season=[{"name": "weekend", "weekdays": ["fri", "sat"], "percent": percent}])
    assert engine.compare(book, guard=guard, stays=(1, 3)).ok is not broken


def test_wrong_guards_and_questions_name_what_is_wrong(engine):
    for wrong in (-1, "30.001", "much", True, float("nan"), "1e9"):
        with pytest.raises(InputError, match="max_drop is"):
            Guard(max_drop=wrong)
    with pytest.raises(InputError, match="rows_max is 0"):
        engine.compare(BOOK, rows_max=0)
    with pytest.raises(VersionGoneError):
        engine.compare(BOOK, against="0" * 16)
    with pytest.raises(InputError, match="by is 'moon'"):
        engine.compare(BOOK).summary("moon")


def test_against_an_older_version_and_with_other_tiers(engine):
    first = engine.versions()["digest"][0]
    engine.publish(changed(season=[]))
    assert engine.compare(BOOK, against=first).changed == 0
    assert engine.compare(BOOK).changed > 0
    fewer = {name: value for name, value in BOOK.items() if name != "member_tier"} | {"book": {"name": "public"}}
    found = engine.compare(fewer, against=first)
    assert found.changed == 0
    assert found.notes == ("tier gold is in one of the two books only and was not compared",)


def test_only_the_first_rows_are_kept(engine, monkeypatch):
    from nightgrid.engine.prices import cube

    monkeypatch.setattr(cube, "_TILE_PRICES", 7)
    monkeypatch.setattr(cube, "_TILE_PRODUCTS", 2)
    book = changed(season=[{"name": "all", "percent": 3}])
    whole = engine.compare(book)
    few = engine.compare(book, rows_max=5)
    assert few.changed == whole.changed > 5
    assert few.changes.drop("cause").rows() == whole.changes.head(5).drop("cause").rows()


def test_the_command_prints_a_table_and_stops_at_a_guard(tmp_path, capsys, engine):
    engine.catalog.write(tmp_path / "chain")
    (tmp_path / "a.json").write_text(json.dumps(BOOK))
    slip = changed(season=[{"name": "weekend", "weekdays": ["fri", "sat"], "percent": "-95.5"}])
    (tmp_path / "b.json").write_text(json.dumps(slip))
    words = ["rules", "diff", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--chain", str(tmp_path / "chain")]
    words += ["--today", "2027-01-03", "--stays", "1"]

    def run(*more):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["nightgrid", *words, *more])
            patch.setenv("COLUMNS", "240")  # cells are broken where the screen is narrow
            try:
                code = main()
            except SystemExit as leave:
                code = leave.code
        return code or 0, capsys.readouterr()

    code, said = run()
    assert code == 0
    assert "18.00 GBP" in said.out
    assert "now season 'weekend' -95.5 %" in " ".join(said.out.split())
    code, said = run("--json", "--max-drop", "30%", "--out", str(tmp_path / "changes.parquet"))
    answer = json.loads(said.out)
    assert (code, answer["ok"]) == (1, False)
    assert "the guard is broken by" in said.err
    assert answer["changed"] == pl.read_parquet(tmp_path / "changes.parquet").height == answer["broken"]
    assert run("--max-drop", "97")[0] == 0
    assert run("--min-price", "1")[0] == 0
