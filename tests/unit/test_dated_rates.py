"""Exchange rates that begin on a day: what searches and quotes show, against the oracle; settlement never changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from tests.oracles.pricebook.currencies import display_minor

START = datetime(2027, 1, 30, 12, tzinfo=UTC)
BOOK = {
    "book": {"name": "rates", "display_currency": "CNY"},
    "currencies": {
        "CNY": "1",
        "EUR": [{"rate": "7.805"}, {"from": "2027-02-01", "rate": "7.85"}, {"from": "2027-02-03", "rate": "1/3"}],
        "JPY": "0.04555",
        "KWD": [{"from": "2027-02-01", "rate": "23.5"}],
    },
}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={
            "hotel_id": ["berlin", "tokyo", "honolulu", "kuwait"],
            "currency": ["EUR", "JPY", "EUR", "KWD"],
            "time_zone": ["Europe/Berlin", "Asia/Tokyo", "Pacific/Honolulu", "Asia/Kuwait"],
            "city": ["Berlin", "Tokyo", "Honolulu", "Kuwait"],
        },
        room_types={
            "hotel_id": ["berlin", "tokyo", "honolulu", "kuwait"],
            "room_type_id": ["king"] * 4,
            "capacity": [1] * 4,
            "base_minor": [10_001, 9_999, 12_345, 33_333],
        },
    )
    engine = Engine.in_memory(catalog, "2027-01-30", 30, clock=ManualClock(START))
    engine.publish(BOOK)
    return engine


def test_a_quote_is_shown_by_the_rates_of_its_booking_date(engine):
    for _ in range(6):
        for hotel, offset in (("berlin", 1), ("tokyo", 9), ("honolulu", -10)):
            booked = (datetime.fromtimestamp(engine.clock.now_ms() / 1000, UTC) + timedelta(hours=offset)).date()
            quote = engine.quote(hotel, "king", "2027-02-10", 3)
            for target in ("CNY", "JPY", "EUR"):
                shown = display_minor(BOOK, quote.total_minor, quote.currency, target, booked)
                assert engine.in_currency(quote, target) == shown
            assert quote.total_minor == 3 * {"berlin": 10_001, "tokyo": 9_999, "honolulu": 12_345}[hotel]
        engine.clock.advance_ms(20 * 3_600_000)


def test_what_was_quoted_is_shown_by_its_own_version(engine):
    quote = engine.quote("berlin", "king", "2027-02-10", 1)
    before = engine.in_currency(quote, "CNY")
    engine.publish({**BOOK, "currencies": {**BOOK["currencies"], "EUR": "9"}})
    assert engine.in_currency(quote, "CNY") == before == 78_058  # 100.01 x 7.805 = 780.57805
    assert engine.in_currency(engine.quote("berlin", "king", "2027-02-10", 1), "CNY") == 90_009


def test_a_search_takes_the_rate_of_the_day_that_has_begun_everywhere(engine):
    def shown():
        found = engine.search("2027-02-10", 1, hotel_ids=["berlin", "tokyo", "honolulu"]).offers
        assert [offer.display_minor for offer in found] == sorted(offer.display_minor for offer in found)
        return {offer.hotel_id: (offer.total_minor, offer.display_minor, offer.display_currency) for offer in found}

    def expected(day):
        totals = {"berlin": (10_001, "EUR"), "tokyo": (9_999, "JPY"), "honolulu": (12_345, "EUR")}
        return {
            hotel: (total, display_minor(BOOK, total, currency, "CNY", day), "CNY")
            for hotel, (total, currency) in totals.items()
        }

    assert shown() == expected(date(2027, 1, 31))
    engine.clock.move_to(datetime(2027, 2, 1, 9, 59, 59, tzinfo=UTC))  # still 31 January in Honolulu
    assert shown() == expected(date(2027, 1, 31))
    engine.clock.move_to(datetime(2027, 2, 1, 10, tzinfo=UTC))
    assert shown() == expected(date(2027, 2, 1))
    engine.clock.move_to(datetime(2027, 2, 3, 10, tzinfo=UTC))
    assert shown() == expected(date(2027, 2, 3))


def test_a_rate_that_has_not_begun_is_named_with_the_day(engine):
    quote = engine.quote("kuwait", "king", "2027-02-10", 1)
    with pytest.raises(InputError, match="no rate for KWD on 2027-01-30"):
        engine.in_currency(quote, "CNY")
    with pytest.raises(InputError, match="no rate for KWD on 2027-01-30"):
        engine.search("2027-02-10", 1)
    with pytest.raises(InputError, match="no rate for KWD, USD on 2027-01-30"):
        engine.in_currency(quote, "USD")
    assert engine.in_currency(quote, "KWD") == quote.total_minor  # his own money needs no rate
    engine.clock.move_to(datetime(2027, 2, 2, tzinfo=UTC))
    later = engine.quote("kuwait", "king", "2027-02-10", 1)  # 33.333 dinars
    assert engine.in_currency(later, "CNY") == display_minor(BOOK, 33_333, "KWD", "CNY", date(2027, 2, 2)) == 78_333


def test_dated_rates_are_part_of_the_version(engine):
    first = engine.versions()["digest"][0]
    moved = [{"rate": "7.805"}, {"from": "2027-02-01", "rate": "7.85"}, {"from": "2027-02-04", "rate": "1/3"}]
    assert engine.publish({**BOOK, "currencies": {**BOOK["currencies"], "EUR": moved}}).digest != first
