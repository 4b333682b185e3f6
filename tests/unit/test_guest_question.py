"""One guest's question, wherever a price is asked for: every answer is the quote's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.asking import ANYBODY, Asking, GuestQuestion, QuestionWhere, asking_from, asking_where
from nightgrid.cli.app import main
from nightgrid.errors import InputTypeError, Refused
from nightgrid.outcomes import Outcome

FACTORS = {
    "book": {"name": "Factors", "tiers": ["public", "gold"]},
    "season": [{"name": "Weekend", "weekdays": ["fri", "sat"], "percent": 20}],
    "lead_time": [{"name": "Early", "bands": [{"from_days": 20, "percent": -15}]}],
}
#: Each part of a question changes the price by a factor of its own.
EVERY = FACTORS | {
    "book": {"name": "Every", "tiers": ["public", "gold"]},
    "extra_guests": [{"name": "Guests", "included": 2, "adult": {"CNY": 100}, "children": [
        {"to_age": 5, "amount": {"CNY": 10}}, {"to_age": 17, "amount": {"CNY": 50}}]}],
    "demand": [{"name": "Full", "fill": [0, 80], "lead_days": [0], "percent": [[0], [31]]}],
    "stacking": {"policy": "accumulate"},
    "promotion": [
        {"name": "App", "channels": ["app"], "percent": -3},
        {"name": "Home", "countries": ["CN"], "percent": -5},
        {"name": "Phone", "devices": ["mobile"], "percent": -7},
        {"name": "Words", "languages": ["zh"], "percent": -2},
        {"name": "Code", "coupon": "FALL", "percent": -11},
        {"name": "Booked", "booking": [{"from": "2027-01-11", "to": "2027-01-11"}], "percent": -13},
    ],
    "package": [{"name": "Breakfast", "price": {"CNY": 30}, "per": "night"}],
    "points": [{"name": "Points", "rate": {"points": 100, "value": {"CNY": 1}}}],
}  # fmt: skip
WHOLE: GuestQuestion = {
    "adults": 2, "children": [3, 9], "channel": "app", "country": "CN", "device": "mobile", "language": "zh",
    "coupons": {"FALL"},
    "points": 5_000, "packages": ["Breakfast"], "fill_bp": [9_000, 1_000], "booking_date": date(2027, 1, 11),
}  # fmt: skip
ARRIVAL = date(2027, 2, 4)


@pytest.fixture
def clock():
    return ManualClock(datetime(2027, 1, 10, 4, tzinfo=UTC))


def made(book, clock):
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A", "B"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        room_types={
            "hotel_id": ["A", "A", "B"], "room_type_id": ["king", "cell", "king"], "capacity": [5] * 3,
            "guests_max": [4, 2, 6], "base_minor": [10_000, 3_000, 20_000],
        },
    )  # fmt: skip
    engine = Engine.in_memory(catalog, "2027-01-10", 60, clock=clock, channels=["app"])
    engine.publish(book)
    return engine


def without(asked, *names):
    return {name: value for name, value in asked.items() if name not in names}


def questions():
    """Nothing, each part alone, everything."""
    return [{}, *({name: WHOLE[name]} for name in without(WHOLE, "children")), without(WHOLE, "points"), WHOLE]


def test_the_words_of_a_question_are_the_fields_of_an_asking():
    assert set(GuestQuestion.__annotations__) == set(Asking.__dataclass_fields__)
    assert asking_from({}) is ANYBODY
    assert asking_from({"booking_date": "2027-01-11", "channel": None}) == Asking(booking_date=date(2027, 1, 11))
    asking, where = asking_where({"adults": 2, "city": "Rome", "region": None})
    assert (asking, where) == (Asking(adults=2), {"city": "Rome"})
    assert set(QuestionWhere.__annotations__) > set(GuestQuestion.__annotations__)


@pytest.mark.parametrize("asked", questions(), ids=lambda asked: ",".join(asked) or "nothing")
@pytest.mark.parametrize("book", [FACTORS, EVERY], ids=["factors", "every"])
def test_every_answer_is_that_of_the_quote(book, asked, clock):
    engine = made(book, clock)
    if book is FACTORS and "packages" in asked:
        asked = without(asked, "packages")
    clock.advance_ms(86_400_000)
    total = engine.quote("A", "king", ARRIVAL, 2, **asked).total_minor

    offers = engine.search(ARRIVAL, 2, room_type="king", hotel_ids=["A"], **asked).offers
    assert [offer.total_minor for offer in offers] == [total]
    days = engine.calendar("A", 2, room_type_id="king", **asked)
    assert days.filter(pl.col("arrival") == ARRIVAL)["price_minor"].to_list() == [total]
    batches = engine.reprice(stays=[2], tiers=["public"], arrivals=(ARRIVAL, ARRIVAL), hotel_ids=["A"], **asked)
    prices = [price for batch in batches for price in batch["price_minor"].to_pylist()]
    assert prices[0] == total
    assert (prices[1] is None) == ("children" in asked)  # the cell takes two
    line = {"hotel_id": ["A"], "room_type_id": ["king"], "arrival": [ARRIVAL], "nights": [2]}
    assert engine.quote_many(line, **asked)["total_minor"].to_list() == [total]

    then = clock.now_ms()
    assert engine.price_as_of(then, "A", "king", ARRIVAL, 2, **asked).total_minor == total
    if "booking_date" not in asked:
        history = engine.price_history("A", "king", ARRIVAL, 2, **asked)
        assert history["total_minor"][-1] == total
        clock.advance_ms(1)
        lowest = engine.lowest_prices(line, days=1, **asked)["lowest_minor"].to_list()
        assert lowest == [min(history["total_minor"].drop_nulls().to_list())]


@pytest.mark.parametrize("asked", questions(), ids=lambda asked: ",".join(asked) or "nothing")
def test_two_versions_differ_for_the_guest_who_asks(asked, clock):
    engine = made(EVERY, clock)
    before = engine.quote("A", "king", ARRIVAL, 2, **asked)
    dearer = EVERY | {"season": [{"name": "Weekend", "weekdays": ["fri", "sat"], "percent": 40}]}
    part = {"stays": [2], "tiers": ["public"], "arrivals": (ARRIVAL, ARRIVAL), "hotel_ids": ["A"]}
    found = engine.compare(dearer, **part, **asked).changes.filter(pl.col("room_type_id") == "king")
    engine.publish(dearer)
    after = engine.quote("A", "king", ARRIVAL, 2, **asked)
    assert before.total_minor < after.total_minor
    assert found.select("old_minor", "new_minor").rows() == [(before.total_minor, after.total_minor)]
    assert "Weekend" in found["cause"][0]
    changed = engine.changed_prices(before.price_version, **part, **asked).filter(pl.col("room_type_id") == "king")
    assert changed["price_minor"].to_list() == [after.total_minor]
    fed = [price for batch in engine.reprice(since=before.price_version, **part, **asked)
           for price in batch["price_minor"].to_pylist()]  # fmt: skip
    assert after.total_minor in fed


def test_house_fill_of_a_cube_is_that_of_the_longest_stay(clock):
    engine = made(EVERY, clock)
    fill = [9_000, 1_000, 9_500]
    batches = engine.reprice(stays=[3, 1], tiers=["gold"], arrivals=(ARRIVAL, ARRIVAL), hotel_ids=["B"], fill_bp=fill)
    prices = [price for batch in batches for price in batch["price_minor"].to_pylist()]
    quotes = [engine.quote("B", "king", ARRIVAL, nights, tier="gold", fill_bp=fill[:nights]) for nights in (3, 1)]
    assert prices == [quote.total_minor for quote in quotes]
    with pytest.raises(InputError, match="fill_bp has 2 numbers for 3 nights"):
        engine.reprice(stays=[3, 1], fill_bp=fill[:2])
    with pytest.raises(InputError, match="fill_bp has 2 numbers for 1 nights"):
        engine.search(ARRIVAL, 1, fill_bp=fill[:2])


@pytest.mark.parametrize("book", [FACTORS, EVERY], ids=["factors", "every"])
def test_an_earlier_booking_date_sells_no_night_that_is_past(book, clock):
    engine = made(book, clock)
    clock.advance_ms(5 * 86_400_000)
    asked = {"booking_date": "2027-01-10"}
    assert engine.search("2027-01-14", 1, **asked).offers == []
    days = engine.calendar("B", 1, **asked)
    past = days.filter(pl.col("arrival") < date(2027, 1, 15))
    assert past["price_minor"].null_count() == len(past) == 5
    assert set(past["outcome"]) == {"OUTSIDE_HORIZON"}
    early = engine.quote("B", "king", "2027-01-30", 1, **asked)  # 20 days before: early
    assert early.total_minor == 20_000 * 85 // 100 * (120 if date(2027, 1, 30).weekday() in (4, 5) else 100) // 100
    assert days.filter(pl.col("arrival") == date(2027, 1, 30))["price_minor"].to_list() == [early.total_minor]
    later = {"booking_date": date(2027, 1, 20)}  # not before one books
    assert engine.search("2027-01-19", 1, **later).offers == []
    assert engine.calendar("B", 1, **later)["price_minor"].is_null().sum() == 10
    with pytest.raises(Refused) as refused:
        engine.quote("B", "king", "2027-01-19", 1, **later)
    assert refused.value.outcome == Outcome.OUTSIDE_HORIZON


def test_a_party_that_no_room_takes_has_no_calendar(clock):
    days = made(FACTORS, clock).calendar("A", 1, room_type_id="cell", adults=3)
    assert days["price_minor"].is_null().all()
    assert set(days["outcome"]) == {"TOO_MANY_GUESTS"}


def test_a_word_that_is_no_question_is_named(clock):
    engine = made(FACTORS, clock)
    with pytest.raises(InputTypeError, match="adult is no argument here; of a guest's question there are adults, "):
        engine.quote("A", "king", ARRIVAL, 1, adult=2)
    with pytest.raises(InputTypeError, match=r"town is no argument here; .* brand, city, "):
        engine.reprice(town="Rome")
    with pytest.raises(InputError, match="packages has 'Spa', and the rule book offers none"):
        engine.reprice(packages=["Spa"])
    with pytest.raises(InputError, match="price_history: booking_date is what is asked for"):
        engine.price_history("A", "king", ARRIVAL, 1, booking_date=ARRIVAL)
    with pytest.raises(InputError, match="lowest_prices: booking_date is what is asked for"):
        engine.lowest_prices({}, booking_date=ARRIVAL - timedelta(days=9))


def test_the_commands_take_the_same_question(tmp_path, capsys):
    book = tmp_path / "book.toml"
    text = '[book]\nname = "x"\n[[promotion]]\nname = "App"\npercent = -10\nchannels = ["app"]\n'
    book.write_text(text)
    other = tmp_path / "other.toml"
    other.write_text(text.replace("-10", "-20"))
    assert main(["rules", "try", str(book), "--base", "500", "--channel", "app", "--json"]) == 0
    assert '"total_minor": 45000' in capsys.readouterr().out
    chain = ["--hotels", "3", "--stays", "1", "--today", "2027-01-01", "--json"]
    assert main(["rules", "diff", str(book), str(other), *chain]) == 0
    assert '"changed": 0' in capsys.readouterr().out
    assert main(["rules", "diff", str(book), str(other), *chain, "--channel", "app"]) == 0
    assert '"changed": 0' not in capsys.readouterr().out
    assert main(["calendar", "--hotels", "3", "--fill", "a"]) == 2
    assert "--fill 'a' is no list of percents" in capsys.readouterr().err


def test_a_question_that_looks_like_another_is_not_taken_for_it():
    assert asking_from({"adults": 1, "children": [1]}) == Asking(adults=1, children=(1,))
    for same in (
        {"adults": True},
        {"adults": 1.0},
        {"adults": 1, "children": [True]},
        {"adults": 1, "children": [1.0]},
    ):
        with pytest.raises(InputTypeError, match="give whole numbers"):
            asking_from(same)
    dated = {"booking_date": date(2027, 1, 11)}
    assert asking_from(dated) is asking_from(dict(dated))
    told = {"adults": 2, "coupons": {"FALL"}, "children": [3]}
    asking = asking_from(told)
    assert asking_from({**told, "children": [3]}) is asking
    told["children"].append(4)
    assert asking_from(told).children == (3, 4)
    assert asking.children == (3,)
