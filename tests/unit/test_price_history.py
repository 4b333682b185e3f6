"""What was shown when. The judge writes down every quote when it is given, hour by hour, and looks it up later."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pyarrow as pa
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock, Outcome, Refused
from nightgrid.engine.edge.price_journal import SCHEMA, MemoryJournal, PriceHistory

START = datetime(2027, 1, 1, 4, tzinfo=UTC)  # noon in Shanghai
HOUR_MS = 3_600_000
STAYS = [
    ("A", "king", "2027-01-20", 2, "gold"),
    ("B", "king", "2027-01-08", 1, "public"),
    ("B", "king", "2027-01-26", 3, "gold"),
]


def book(percent, tiers=("public", "gold")):
    return {
        "book": {"name": f"book {percent}", "tiers": list(tiers)},
        "rounding": {"increment_minor": 1},
        "season": [{"name": "all", "percent": percent}],
        "lead_time": [
            {
                "name": "curve",
                "bands": [{"from_days": 7, "to_days": 13, "percent": -7}, {"from_days": 14, "percent": -11}],
            }
        ],
        "member_tier": [{"name": "gold", "percent": {"gold": -6}}] if "gold" in tiers else [],
    }


@pytest.fixture
def engine():
    return open_store()


def open_store():
    catalog = Catalog.from_frames(
        hotels={
            "hotel_id": ["A", "B"],
            "currency": ["CNY", "USD"],
            "time_zone": ["Asia/Shanghai", "America/Los_Angeles"],
        },
        room_types={
            "hotel_id": ["A", "B"],
            "room_type_id": ["king"] * 2,
            "capacity": [5, 5],
            "base_minor": [10_001, 20_003],
        },
    )
    return Engine.in_memory(
        catalog, "2026-12-31", 40, clock=ManualClock(START), keep_versions=0, quote_valid_seconds=1,
        spare_room_types=1, spare_products=1,
    )  # fmt: skip


def _not_on_sale(refused):
    if refused.outcome != Outcome.OUTSIDE_HORIZON:
        raise refused


def shown(engine):
    """What every stay of STAYS costs now; None where it is not on sale."""
    answers = []
    for hotel, kind, arrival, nights, tier in STAYS:
        try:
            quote = engine.quote(hotel, kind, arrival, nights, plan_id="standard", tier=tier)
            answers.append(quote.to_dict() | {"nights_minor": list(quote.nights_minor)})
        except Refused as refused:
            answers.append(_not_on_sale(refused))
    return answers


@pytest.fixture
def told(engine):
    """{instant: answers} of ten days in which books change, one is scheduled, the window rolls and a plan is added."""
    engine.publish(book(0))
    first = engine.versions()["digest"][0]
    engine.publish(book(30), at=START + timedelta(hours=29))
    notes = {}
    for hour in range(240):
        if hour == 50:
            engine.publish(book(-20))
        if hour == 70:
            engine.roll()
        if hour == 100:
            engine.add_plans({"hotel_id": ["B"], "room_type_id": ["king"], "plan_id": ["flex"], "base_minor": [1]})
        if hour == 120:
            engine.publish(book(10))
        if hour == 150:
            engine.publish(book(-20))
        if hour == 151:
            engine.publish(book(15))
        notes[engine.clock.now_ms()] = shown(engine)
        engine.clock.advance_ms(HOUR_MS)
    assert first not in engine.versions()["digest"].to_list()
    return notes


def as_of(engine, instant, stay):
    hotel, kind, arrival, nights, tier = stay
    try:
        return engine.price_as_of(instant, hotel, kind, arrival, nights, plan_id="standard", tier=tier).to_dict()
    except Refused as refused:
        return _not_on_sale(refused)


def test_every_price_is_known_as_it_was_shown(engine, told):
    instants = list(told)
    for instant in instants[::9] + instants[28:31] + instants[149:153]:
        assert [as_of(engine, instant, stay) for stay in STAYS] == told[instant]
    when = datetime.fromtimestamp(instants[30] / 1000, UTC)
    assert as_of(engine, when, STAYS[0]) == told[instants[30]][0]
    assert {answers[1] is None for answers in told.values()} == {True, False}  # a stay that begins meanwhile


def lowest(told, line, begin_ms, end_ms):
    totals = [answers[line]["total_minor"] for at, answers in told.items() if begin_ms <= at < end_ms and answers[line]]
    return min(totals, default=None)


@pytest.mark.parametrize(("days", "hours_ago"), [(30, 0), (3, 0), (2, 88), (1, 89), (5, 120), (1, 100)])
def test_the_lowest_price_of_the_last_days_is_the_lowest_that_was_shown(engine, told, days, hours_ago):
    """Prices change at whole hours here, so what was shown at every whole hour is all that was shown."""
    end_ms = engine.clock.now_ms() - hours_ago * HOUR_MS
    begin_ms = end_ms - days * 24 * HOUR_MS
    columns = zip(*STAYS, strict=True)
    stays = dict(zip(("hotel_id", "room_type_id", "arrival", "nights", "tier"), map(list, columns), strict=True))
    stays["arrival"] = [date.fromisoformat(arrival) for arrival in stays["arrival"]]
    stays["plan_id"] = ["standard"] * len(STAYS)
    found = engine.lowest_prices(pl.DataFrame(stays), days=days, before=end_ms if hours_ago else None)
    assert found["lowest_minor"].to_list() == [lowest(told, line, begin_ms, end_ms) for line in range(len(STAYS))]
    assert found["currency"].to_list() == ["CNY", "USD", "USD"]
    for line, row in enumerate(found.to_dicts()):
        seen = {
            (answers[line]["total_minor"], answers[line]["price_version"])
            for at, answers in told.items()
            if begin_ms <= at < end_ms and answers[line]
        }
        assert not seen or (row["lowest_minor"], row["price_version"]) in seen


def test_the_history_of_a_stay_has_every_change_and_no_gap(engine, told):
    frame = engine.price_history("A", "king", "2027-01-20", 2, days=30, tier="gold")
    spans = frame.rows(named=True)
    assert spans[0]["shown_from"] == START
    assert [span["shown_until"] for span in spans[:-1]] == [span["shown_from"] for span in spans[1:]]
    totals = [span["total_minor"] for span in spans]
    assert all(left != right for left, right in pairwise(totals))
    for at, answers in told.items():
        instant = datetime.fromtimestamp(at / 1000, UTC)
        (inside,) = (span for span in spans if span["shown_from"] <= instant < span["shown_until"])
        assert inside["total_minor"] == answers[0]["total_minor"]


def test_the_journal_only_grows_and_has_every_book_and_line(engine):
    engine.publish(book(0))
    before = engine.price_events()
    assert before.columns == SCHEMA.names
    assert json.loads(before["book"][0])["season"][0]["percent"] == "0"
    engine.publish(book(0))
    assert engine.price_events().equals(before)  # nothing happened
    engine.clock.advance_ms(HOUR_MS)
    engine.publish(book(5))
    engine.publish(book(0))
    after = engine.price_events()
    assert after.head(before.height).equals(before)
    assert after["event"].to_list() == ["version"] * 3
    assert after["book"].is_null().to_list() == [False, False, True]  # a book is written down once
    assert after["at_ms"].to_list()[1] - after["at_ms"].to_list()[0] == HOUR_MS


class FileJournal:
    """The journal as a store on disk would have it: each append is a file of its own, and nothing is kept in memory."""

    def __init__(self, folder):
        self.folder = folder

    def append(self, batch):
        with pa.OSFile(str(self.folder / f"{len(list(self.folder.iterdir())):06}.arrow"), "wb") as file:
            with pa.ipc.new_file(file, batch.schema) as writer:
                writer.write(batch)

    def read(self):
        for path in sorted(self.folder.iterdir()):
            with pa.OSFile(str(path)) as file:
                yield from pa.ipc.open_file(file).read_all().to_batches()


def test_another_journal_takes_its_place(tmp_path):
    """Two methods are all that is asked of it: what is known of the past is the same."""
    line = {"hotel_id": ["A"], "room_type_id": ["king"], "night": ["2027-01-20"]}
    stays = {"hotel_id": ["A"], "room_type_id": ["king"], "arrival": [date(2027, 1, 20)], "nights": [1]}
    known = []
    for journal in (MemoryJournal(), FileJournal(tmp_path)):
        engine = open_store()
        engine._history = PriceHistory(journal)
        for amount in (7_000, None, 9_000):
            engine.publish(book((amount or 0) // 1_000))
            engine.set_base_prices({**line, "base_minor": [amount]})
            engine.clock.advance_ms(HOUR_MS)
        engine.publish(book(-20))
        past = [
            engine.price_as_of(START + timedelta(hours=h), "A", "king", "2027-01-20", 1).total_minor for h in range(3)
        ]
        known.append((past, engine.lowest_prices(stays).rows(), engine.price_events().rows()))
    assert known[0] == known[1]
    assert len(set(known[0][0])) == 3
    assert len(list(tmp_path.iterdir())) == len(known[0][2])


def test_data_set_before_a_book_is_in_the_journal_and_can_be_replayed(engine):
    line = {"hotel_id": ["A"], "room_type_id": ["king"], "night": ["2027-01-20"]}
    engine.set_base_prices({**line, "base_minor": [7_000]})
    first = engine._history._sequence + 1
    engine.set_price_overrides({**line, "kind": ["percent"], "percent": ["-12.5"]})
    engine.set_base_prices({**line, "base_minor": [None]})
    events = engine.price_events()
    assert events.select("event", "layer", "product_index", "value").rows() == [
        ("data", "base", 0, 7_000),
        ("data", "percent", 0, -1_250),
        ("data", "base", 0, -(2**31)),
    ]
    assert engine._history.data_at(first).base.lines().value.tolist() == [7_000]
    now = engine._history.data_at(first + 10)
    assert (now.base.lines().value.tolist(), now.percent.lines().value.tolist()) == ([], [-1_250])


def test_a_tier_or_plan_that_an_older_version_did_not_have_was_not_shown_then(engine):
    engine.publish(book(-50, tiers=("public",)))
    engine.clock.advance_ms(HOUR_MS)
    engine.publish(book(0))
    engine.add_plans({"hotel_id": ["A"], "room_type_id": ["king"], "plan_id": ["flex"], "base_minor": [9_000]})
    engine.clock.advance_ms(HOUR_MS)
    stays = {"hotel_id": ["A"] * 3, "room_type_id": ["king"] * 3, "plan_id": ["standard", "standard", "flex"]}
    stays |= {"arrival": [date(2027, 1, 3)] * 3, "nights": [1] * 3, "tier": ["public", "gold", "public"]}
    assert engine.lowest_prices(stays)["lowest_minor"].to_list() == [5_001, 9_401, 9_000]


def test_the_future_and_the_time_before_the_first_book_are_refused(engine):
    with pytest.raises(InputError, match="nothing was published by then"):
        engine.price_as_of(START, *STAYS[0][:4])
    engine.publish(book(0))
    for instant, words in (
        (START - timedelta(seconds=1), "nothing was published"),
        (START + timedelta(hours=1), "future"),
    ):
        with pytest.raises(InputError, match=words):
            engine.price_as_of(instant, *STAYS[0][:4])
    stays = {"hotel_id": ["A"], "room_type_id": ["king"], "arrival": ["2027-01-20"], "nights": [1]}
    with pytest.raises(InputError, match="future"):
        engine.lowest_prices(stays, before=START + timedelta(hours=1))
    with pytest.raises(InputError, match="days is 0"):
        engine.lowest_prices(stays, days=0)
    with pytest.raises(InputError, match="booking_date is what is asked for"):
        engine.lowest_prices({**stays, "booking_date": ["2027-01-01"]})
    assert engine.lowest_prices(stays)["lowest_minor"].to_list() == [None]  # published this very instant
