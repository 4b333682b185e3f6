"""Repricing into files: the same prices as the stream, and a job that is taken up again never keeps another's month."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from nightgrid import InputError
from tests import strategies as worlds
from tests.agreement.test_search_agrees import big_book, big_chain
from tests.engines import engine_of

FIRST = date(2026, 12, 18)
NIGHTS = 60  # December to February
STAYS = [1, 3]


def world(seed="files"):
    random = Random(seed)
    return big_chain(random, hotels_count=6), big_book(random)


def stream(engine, **asked):
    """The prices of a stream, sorted by their keys."""
    frames = [pl.from_arrow(batch) for batch in engine.reprice(stays=STAYS, **asked)]
    return in_order(pl.concat(frames))


def files(folder):
    """The prices of the files, sorted by their keys."""
    return in_order(pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("*/prices.parquet"))]))


def in_order(frame):
    columns = ["arrival", "nights", "tier", "product_index", "price_minor"]
    frame = frame.select(columns).with_columns(pl.col("tier").cast(pl.String), pl.col("price_minor").cast(pl.Int64))
    return frame.sort(columns[:4])


def open_engine(catalogue, book, nights=NIGHTS, now_ms=worlds.NOW_MS):
    return engine_of(catalogue, FIRST, nights, now_ms, book=book)


def test_the_files_hold_what_the_stream_says(tmp_path):
    engine = open_engine(*world())
    done = []
    report = engine.reprice_to(tmp_path, stays=STAYS, progress=lambda *counts: done.append(counts))

    assert files(tmp_path).equals(stream(engine))
    assert [path.parent.name for path in report.files] == [
        f"arrival_month={m}" for m in ("2026-12", "2027-01", "2027-02")
    ]
    assert (report.skipped_files, report.price_version) == (0, engine._version.digest)
    assert report.prices == files(tmp_path).height == engine.catalog.n_products * NIGHTS * len(STAYS) * 2
    assert report.bytes == sum(path.stat().st_size for path in report.files)
    assert done[-1] == (report.prices, report.prices)
    assert [count for count, _ in done] == sorted(count for count, _ in done)
    named = pl.read_parquet(tmp_path / "products.parquet")
    assert named["product_index"].to_list() == list(range(engine.catalog.n_products))
    assert not list(tmp_path.rglob("*.partial"))


def test_a_finished_month_is_kept_and_a_lost_one_is_written_again(tmp_path):
    engine = open_engine(*world())
    first = engine.reprice_to(tmp_path, stays=STAYS)
    before = [path.stat().st_mtime_ns for path in first.files]
    first.files[1].rename(first.files[1].with_suffix(".partial"))  # as a job that was cut short leaves it

    again = engine.reprice_to(tmp_path, stays=STAYS)

    assert again.skipped_files == 2
    after = [path.stat().st_mtime_ns for path in again.files]
    assert (after[0], after[2]) == (before[0], before[2])
    assert files(tmp_path).equals(stream(engine))


def test_only_what_changed_since_a_version_is_written(tmp_path):
    catalogue, book = world()
    engine = open_engine(catalogue, book)
    digest = engine._version.digest
    where = {"region": [catalogue["hotels"][0]["region"]]}
    fair = {"name": "fair", "group": "fair", "where": where, "percent": 30}
    days = [{"from": FIRST + timedelta(days=20), "to": FIRST + timedelta(days=22)}]
    engine.publish({**book, "season": [*book.get("season", ()), {**fair, "dates": days}]})
    engine.reprice_to(tmp_path, stays=STAYS)  # another job's files give way
    done = []

    report = engine.reprice_to(tmp_path, stays=STAYS, since=digest, progress=lambda *counts: done.append(counts))

    assert files(tmp_path).equals(stream(engine, since=digest))
    assert 0 < report.prices == files(tmp_path).height < stream(engine).height / 4
    assert done[-1][0] == done[-1][1]
    assert [path.parent.name for path in report.files] == ["arrival_month=2027-01"]
    nothing = engine.reprice_to(tmp_path, stays=STAYS, since=engine._version.digest)
    assert (nothing.prices, nothing.files, list(tmp_path.glob("*/prices.parquet"))) == (0, [], [])


def dearer(catalogue, book):
    catalogue["products"][0]["base_minor"] += 1
    return open_engine(catalogue, book), {}


def another_book(catalogue, book):
    return open_engine(catalogue, {**book, "member_tier": []}), {}


def another_place(catalogue, book):
    """The same book; a hotel moves into the region that a season is for."""
    catalogue["hotels"][0]["region"] = {"w": "e", "e": "w"}[catalogue["hotels"][0]["region"]]
    return open_engine(catalogue, book), {}


def a_day_later(catalogue, book):
    return open_engine(catalogue, book, now_ms=worlds.NOW_MS + 86_400_000), {}


def a_shorter_window(catalogue, book):
    """Stays at the end of February's arrivals are no longer on sale."""
    return open_engine(catalogue, book, nights=NIGHTS - 1), {"arrivals": (FIRST, FIRST + timedelta(days=NIGHTS - 2))}


def other_arrivals(catalogue, book):
    return open_engine(catalogue, book), {"arrivals": (FIRST, FIRST + timedelta(days=40))}


def other_hotels(catalogue, book):
    return open_engine(catalogue, book), {"hotel_ids": ["H001", "H003"]}


CHANGES = [dearer, another_book, another_place, a_day_later, a_shorter_window, other_arrivals, other_hotels]


@pytest.mark.parametrize("change", CHANGES)
def test_another_job_keeps_nothing_of_the_one_before(tmp_path, change):
    open_engine(*world()).reprice_to(tmp_path, stays=STAYS)
    engine, asked = change(*world())

    report = engine.reprice_to(tmp_path, stays=STAYS, **asked)

    assert report.skipped_files == 0
    assert files(tmp_path).equals(stream(engine, **asked))


def test_hotels_with_the_same_numbers_are_not_the_same_job(tmp_path):
    """Products 0, 1, 4 and 0, 2, 3: as many, as much, the same first."""
    ids = [{"hotel_id": f"H{i}", "room_type_id": "DBL"} for i in range(5)]
    catalogue = {
        "hotels": [{**row, "currency": "CNY", "time_zone": "Asia/Shanghai"} for row in ids],
        "room_types": [{**row, "capacity": 1} for row in ids],
        "products": [{**row, "plan_id": "standard", "base_minor": 100 * (i + 1)} for i, row in enumerate(ids)],
    }
    engine = open_engine(catalogue, {"book": {"name": "flat"}})
    engine.reprice_to(tmp_path, stays=STAYS, hotel_ids=["H0", "H1", "H4"])
    engine.reprice_to(tmp_path, stays=STAYS, hotel_ids=["H0", "H2", "H3"])
    assert set(files(tmp_path)["product_index"]) == {0, 2, 3}


def test_a_job_that_dies_while_it_clears_the_folder_leaves_no_wrong_month(tmp_path, monkeypatch):
    catalogue, book = world()
    open_engine(catalogue, book).reprice_to(tmp_path, stays=STAYS)
    engine = open_engine(catalogue, {**book, "member_tier": []})
    unlink, left = Path.unlink, [1]

    def dies_at_the_second(path, *args, **kwargs):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        unlink(path, *args, **kwargs)

    monkeypatch.setattr(Path, "unlink", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        engine.reprice_to(tmp_path, stays=STAYS)
    monkeypatch.undo()

    engine.reprice_to(tmp_path, stays=STAYS)
    assert files(tmp_path).equals(stream(engine))


@pytest.mark.parametrize("threads", [2, 5, 200])
def test_any_number_of_threads_makes_the_same_batches(threads):
    engine = open_engine(*world())
    alone = list(engine.reprice(stays=STAYS, threads=1))

    assert list(engine.reprice(stays=STAYS, threads=threads)) == alone
    assert list(engine.reprice(stays=STAYS)) == alone


@pytest.mark.parametrize("threads", [0, -1, 257, True, 2.0, "2"])
def test_a_number_of_threads_that_cannot_be_meant(threads):
    with pytest.raises(InputError, match=r"threads is .*; allowed are 1 to 256, or None for one a core"):
        open_engine(*world()).reprice(stays=STAYS, threads=threads)
