"""The benchmarks stay alive: each question at a tiny size through nightgrid and every rival, with equal checksums.
Nothing is timed.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import (
    __main__ as command,
)
from benchmarks import (
    bench_check,
    bench_find,
    bench_first_answer,
    bench_hold,
    bench_hold_many,
    bench_import,
    bench_live,
    bench_memory,
    bench_quote,
    bench_reprice,
    bench_rule_book,
    bench_search,
    bulk,
    every_stage,
    figures,
    redis_server,
    report,
    rivals,
)
from benchmarks.data import CAPACITY_ROOMS, TINY, Chain, make_chain
from benchmarks.measure import Contestant, Race, WrongAnswerError
from benchmarks.reprice_job import Job
from benchmarks.rivals import RIVALS
from nightgrid import Outcome

JOB = Job(products=100, nights=14)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(TINY)


@pytest.mark.parametrize(
    "race",
    [
        pytest.param(lambda chain: bench_search.whole_chain(chain, 4), id="search"),
        pytest.param(lambda chain: bench_search.one_city(chain, 4), id="search.city"),
        pytest.param(lambda chain: bench_search.general(chain, 4), id="search.general"),
        pytest.param(lambda chain: bench_quote.many(chain, 100), id="quote.general"),
        pytest.param(lambda chain: bench_live.race(chain, 4), id="live"),
        pytest.param(lambda chain: bench_hold.race(chain, 100), id="hold"),
        pytest.param(lambda chain: bench_hold_many.race(chain, 500), id="hold_many"),
        pytest.param(lambda chain: bench_hold_many.bulk_race(chain, 500), id="hold_many.bulk"),
        pytest.param(lambda chain: bench_quote.race(chain, 12), id="quote"),
        pytest.param(lambda chain: every_stage.race(6, hotels=2), id="quote_every_stage"),
        pytest.param(lambda chain: bench_reprice.matrix(chain, JOB), id="reprice"),
        pytest.param(lambda chain: bench_reprice.stream(chain, JOB), id="reprice.stream"),
        pytest.param(lambda chain: bench_reprice.general(chain, JOB), id="reprice.general"),
        pytest.param(lambda chain: bench_reprice.masks(chain, JOB), id="reprice.masks"),
    ],
)
def test_all_give_the_same_answer(chain: Chain, race: Any) -> None:
    asked = race(chain)

    assert asked.check() == asked.check()
    for contestant in [asked.ours, *asked.rivals]:
        asked.lap(contestant)
    measured = asked.figures()
    assert set(measured["ratio"]) == set(measured["rivals"]) == {rival.name for rival in asked.rivals}
    assert measured["questions"] == len(asked.questions)


def test_a_new_process_gives_the_answer_too(chain: Chain, tmp_path: Path) -> None:
    stay = chain.stays(2)[1]
    bench_first_answer.write_chain(chain, tmp_path)

    found = bench_first_answer.run_child(tmp_path, stay)

    bench_first_answer.check_answer(chain, stay, found)
    assert sum(found["steps"].values()) >= found["seconds"]
    with pytest.raises(WrongAnswerError):
        bench_first_answer.check_answer(chain, stay, found | {"offers": found["offers"][1:]})


def test_the_large_book_has_as_many_rules_as_it_says(chain: Chain) -> None:
    figures = bench_rule_book.figures_of(chain, 200, 1)

    assert figures["rules"] == 200
    assert figures["seconds"] > 0
    assert set(figures["steps"]) == {"read", "compile"}


def test_the_questions_meet_refusals_and_sold_out_nights(chain: Chain) -> None:
    assert 0.04 < (chain.free == 0).mean() < 0.12
    assert chain.free.max() <= CAPACITY_ROOMS
    outcomes = bench_hold.EngineHold(chain)
    codes = [outcomes.ask(request) for request in chain.requests(400)]
    outcomes.reset()

    assert 0 < codes.count(0) < len(codes)
    assert not outcomes.state().any()


def test_most_bulk_requests_are_possible_and_all_carry_a_key(chain: Chain) -> None:
    asked = bench_hold_many.bulk_race(chain, 500)
    ours = asked.ours
    first = ours.ask(None)
    again = ours.ask(None)
    ours.reset()

    held = first.code == Outcome.OK
    assert bulk.OPEN_SHARE - 0.1 < held.mean() < bulk.OPEN_SHARE
    assert (again.code[held] == Outcome.EXISTS).all()
    np.testing.assert_array_equal(again.hold_id[held], first.hold_id[held])
    assert 0 < bench_hold_many.accepted_share(asked) < 1
    assert not chain.holding_engine.matrix("held").any()


def test_two_threads_take_both_halves_and_leave_the_rooms_as_they_were(chain: Chain) -> None:
    before = [chain.holding_engine.matrix(name) for name in ("free", "capacity", "sold_elsewhere")]
    rows = bulk.hundred_rows(chain)
    with bulk.enlarged(chain, rows):
        large = chain.holding_engine.matrix("free")
        sides = [bulk.BulkHolds("half", chain, bulk.draw(chain, 300, rows, seed), keys=True) for seed in (1, 2)]
        answers = [side.ask(None).code for side in sides]
        for side in sides:
            side.reset()
    gains = bench_hold_many.threads(chain, 200, 1)

    np.testing.assert_array_equal(large[rows], bulk.LARGE * before[0][rows])
    assert all(0 < np.count_nonzero(codes) < 0.2 * codes.size for codes in answers)
    assert all(gains[key] > 0 for key in figures._THREADS)
    for name, matrix in zip(("free", "capacity", "sold_elsewhere"), before, strict=True):
        np.testing.assert_array_equal(chain.holding_engine.matrix(name), matrix)


def test_guests_are_found_by_all_alike(chain: Chain) -> None:
    before = chain.holding_engine.matrix("sold")
    with bench_find.booked_guests(chain, 600) as (engine, bookings):
        questions = bench_find.guests_of(bookings, 40)
        asked = bench_find.race(engine, bookings, questions)
        assert asked.check() == asked.check()
        assert sum(len(engine.find_views(guest=guest)) for guest in questions) > 60
        assert bench_find.after_holds(engine, chain, questions[0], 2)["p50_us"] > 0
    assert (chain.holding_engine.matrix("sold") == before).all()


def test_a_check_that_finds_something_is_an_error(chain: Chain) -> None:
    with bench_check.booked(chain, 500) as engine:
        assert engine.matrix("sold").sum() > chain.holding_engine.matrix("sold_elsewhere").sum(dtype=np.int64)
        assert bench_check.figures_of(engine, 1)["seconds"] > 0
        engine.check = lambda: ["a finding"]
        try:
            with pytest.raises(WrongAnswerError, match="1 findings, the first is a finding"):
                bench_check.figures_of(engine, 1)
        finally:
            del engine.check
    assert (chain.holding_engine.matrix("sold") == chain.holding_engine.matrix("sold_elsewhere")).all()


def test_every_byte_of_a_store_is_in_the_report(chain: Chain) -> None:
    about = chain.engine.statistics()
    found = bench_memory.bytes_of(chain.engine)

    assert {*found["hot"], *found["beside"]} == {*about["bytes"]} - {"reserved"}  # address space, not memory
    assert found["bytes"] == sum(about["bytes"].values()) - about["bytes"]["reserved"]
    parts = sum(part["bytes_per_night"] for part in found["hot"].values())
    assert found["bytes_per_night"] == pytest.approx(parts, rel=1e-2)
    assert found["beside"]["slots"]["bytes_per_hold"] * about["slots"] == about["bytes"]["slots"]
    assert all(report.shown(part)[-1].isalpha() for part in found["beside"].values())


def test_where_no_redis_is_installed_the_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server.shutil, "which", lambda program: None)

    with redis_server.running() as server:
        assert server is None
    assert redis_server.absent() == "not installed"
    assert command.missing()[-1] == "redis-server"
    monkeypatch.setattr(redis_server.shutil, "which", lambda program: program)
    monkeypatch.setattr(redis_server, "find_spec", lambda package: None)
    assert redis_server.absent() == "no Python package redis"
    assert rivals.served_rivals_of("hold", None, (), None) == []  # type: ignore[arg-type]


class _Server:
    """A redis-server that remembers rooms and what it was asked, and runs no script."""

    def __init__(self) -> None:
        self.rooms: dict[str, bytes] = {}
        self.asked: list[Any] = []

    def client(self) -> Any:
        return self

    def flushdb(self) -> None:
        self.rooms.clear()

    def mset(self, rooms: dict[str, bytes]) -> None:
        self.rooms |= rooms

    def mget(self, keys: list[str]) -> list[bytes]:
        return [self.rooms[key] for key in keys]

    def hlen(self, _name: str) -> int:
        return 0

    def script_load(self, script: str) -> str:
        return script

    def evalsha(self, _script: str, keys: int, *arguments: Any) -> Any:
        self.asked.append(arguments)
        return 0 if keys else [0] * (len(arguments[0]) // 10)


def test_redis_is_asked_for_the_same_stays(chain: Chain) -> None:
    questions = chain.requests(1_200)
    one, many = (
        rivals.served_rivals_of(name, chain, asked, _Server())[0]  # type: ignore[arg-type]
        for name, asked in (("hold", questions), ("hold_many", [questions]))
    )
    last = questions[-1]

    assert one.ask(last) == 0
    assert one._client.asked == [
        (f"free:{last.hotel_id}:{last.room_type_id}", last.arrival, last.nights, last.rooms, 900_000)
    ]
    assert one._client.rooms[one._client.asked[0][0]] == bytes(chain.free[last.row].tolist())
    assert len(many.ask(questions)) == len(questions)
    assert len(many._client.asked) == 2  # scripts of a thousand
    assert struct.unpack("<IHHH", many._client.asked[-1][0][-10:]) == (
        last.row,
        last.arrival,
        last.nights,
        last.rooms,
    )
    assert many._client.rooms[f"free:{last.row}"] == bytes(chain.free[last.row].tolist())
    assert not many.state().any()


def test_hotels_have_many_rule_sets(chain: Chain) -> None:
    assert len(np.unique(chain.rule_set)) > 50  # 3 cities, so 3 regions, x 4 brands x 5 room types
    assert chain.engine._version.tables.set_stay.size == len(np.unique(chain.rule_set))


class _Fixed(Contestant):
    def __init__(self, name: str, answers: list[int], left: int = 0) -> None:
        self.name = name
        self._answers = answers
        self._left = left

    def ask(self, question: int) -> list[int]:
        return [self._answers[question]]

    def state(self) -> np.ndarray:
        return np.array([self._left])


def test_a_wrong_answer_is_an_error() -> None:
    right = _Fixed("nightgrid", [7, 8])

    assert Race("count", right, [_Fixed("same", [7, 8])], [0, 1]).check()
    with pytest.raises(WrongAnswerError, match="count: 1 is answered by nightgrid with 8 at 0, by other with 9 at 0"):
        Race("count", right, [_Fixed("other", [7, 9])], [0, 1]).check()
    with pytest.raises(WrongAnswerError, match="other leaves another state"):
        Race("count", right, [_Fixed("other", [7, 8], left=1)], [0, 1]).check()


def test_a_missing_package_is_said_and_skipped(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(place: str) -> Any:
        raise ModuleNotFoundError(f"No module named {absent!r}", name=absent)

    monkeypatch.setattr(rivals, "import_module", without)
    absent = "duckdb"
    assert rivals.rivals_of("search", chain, ()) == ([], ["duckdb"] * len(rivals.RIVALS["search"]))
    absent = "benchmarks.rivals.numpy_search"
    with pytest.raises(ModuleNotFoundError):
        rivals.rivals_of("search", chain, ())


def test_every_benchmark_has_its_file_and_its_line() -> None:
    files = {path.stem.removeprefix("bench_") for path in Path(bench_search.__file__).parent.glob("bench_*.py")}

    assert files == set(report.NAMES)
    assert {key.partition(".")[0] for key in report.TITLES} == files
    assert {kind.removesuffix("_stream").removesuffix("_general").removesuffix("_masks") for kind in RIVALS} <= files
    assert set(rivals.SERVED) <= set(rivals.RIVALS)
    assert next(iter(bench_import.PROGRAMS)) == "nightgrid"


def test_the_last_line_has_the_keys_that_were_asked(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = [
        {"extra_info": {"key": "search.city", "figures": {"p50_us": 2.5, "ratio": {"numpy": 4.0}, "rivals": {}}}},
        {"extra_info": {"key": "search", "figures": {"p50_us": 9.0, "ratio": {}, "rivals": {}, "rounds": 5}}},
    ]

    found = report.collect(recorded)

    city = {"p50_us": 2.5, "ratio": {"numpy": 4.0}}
    assert json.loads(json.dumps(report.summary(found))) == {"search": {"p50_us": 9.0, "ratio": {}, "city": city}}


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.parse(["--only", "search, hold"]).names == ["search", "hold"]
    assert command.parse([]).names == list(report.NAMES)
    with pytest.raises(SystemExit):
        command.parse(["--only", "speed"])

    assert "there is no benchmark speed" in capsys.readouterr().err


def test_only_full_results_are_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "LATEST", tmp_path / "latest.json")
    monkeypatch.setattr(command, "PUBLISHED", tmp_path / "published.json")
    assert command.publish() == 2
    for quick, names in ((True, report.NAMES), (False, report.NAMES[:1])):
        results = {"quick": quick, "figures": {name: {} for name in names}}
        command.LATEST.write_text(json.dumps(results), encoding="utf-8")
        assert command.publish() == 2
    assert not command.PUBLISHED.exists()

    command.LATEST.write_text(
        json.dumps({"quick": False, "figures": {name: {} for name in report.NAMES}}), encoding="utf-8"
    )

    assert command.publish() == 0
    assert command.PUBLISHED.exists()


def test_a_block_needs_its_markers_once() -> None:
    text = f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n"

    assert figures.with_block(text, "new") == f"before\n{figures.BEGIN}\nnew\n{figures.END}\nafter\n"
    for broken in ("", text + text, f"{figures.END}{figures.BEGIN}"):
        with pytest.raises(ValueError, match="once, in this order"):
            figures.with_block(broken, "new")
