"""Nights, stays and the civil date at the hotel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.nights import WEEKDAYS, Stay, local_date_ordinal, next_local_midnight_ms, to_date, to_ordinal, weekday


def ms(*fields: int) -> int:
    return int(datetime(*fields, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc, arg-type]


def test_dates_and_text_agree_and_come_back() -> None:
    assert to_ordinal("2027-02-28") == to_ordinal(date(2027, 2, 28)) == date(2027, 2, 28).toordinal()
    assert to_date(to_ordinal("2028-02-29")) == date(2028, 2, 29)
    assert to_ordinal("2028-03-01") - to_ordinal("2028-02-28") == 2
    assert to_ordinal("2027-03-01") - to_ordinal("2027-02-28") == 1


@pytest.mark.parametrize(
    "text",
    ["2027-02-29", "2100-02-29", "2027-13-01", "2027-00-10", "0000-01-01", "20270228", "2027-W08-7", "2027-2-28",
     "2027-02-28 ", "2027-02-28\n", "2027-02-28T00:00", "", "\u0662\u0660\u0662\u0667-02-28", "28.02.2027"],
)  # fmt: skip
def test_text_that_is_not_an_iso_date_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        to_ordinal(text)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize("value", [datetime(2027, 1, 1), datetime(2027, 1, 1, tzinfo=UTC), True, 740_000, 1.5, None])
def test_what_is_not_a_civil_date_is_a_type_error(value: object) -> None:
    with pytest.raises(InputTypeError):
        to_ordinal(value)  # type: ignore[arg-type]


def test_a_midnight_is_no_date_and_the_way_to_its_date_is_named() -> None:
    with pytest.raises(InputTypeError, match=r"2027-01-01T00:00:00 is an instant; .* at the hotel: value\.date\(\)"):
        to_ordinal(datetime(2027, 1, 1))
    midnight = np.datetime64("2027-01-01T00:00", "ns")
    with pytest.raises(InputTypeError) as refused:
        to_ordinal(midnight)  # type: ignore[arg-type]
    way = str(refused.value).rpartition(": value")[2]
    assert way == ".astype('datetime64[D]').item()"
    assert to_ordinal(midnight.astype("datetime64[D]").item()) == to_ordinal("2027-01-01")


def test_a_subclass_of_date_counts_as_a_date() -> None:
    class Holiday(date):
        pass

    assert to_ordinal(Holiday(2027, 5, 1)) == to_ordinal("2027-05-01")


@pytest.mark.parametrize("ordinal", [0, -1, 3_652_060, 10**30])
def test_an_ordinal_outside_the_calendar_is_refused(ordinal: int) -> None:
    with pytest.raises(InputError, match="3652059"):
        to_date(ordinal)


@pytest.mark.parametrize("ordinal", [True, 1.0, "1"])
def test_an_ordinal_is_an_integer(ordinal: object) -> None:
    with pytest.raises(InputTypeError):
        to_date(ordinal)  # type: ignore[arg-type]


@given(st.dates())
def test_weekday_is_the_calendar_s(day: date) -> None:
    assert weekday(day.toordinal()) == day.weekday()
    assert WEEKDAYS[weekday(day.toordinal())] == day.strftime("%a").lower()


def test_a_stay_is_half_open() -> None:
    stay = Stay.of("2028-02-28", departure="2028-03-01")
    assert stay == Stay.of(date(2028, 2, 28), nights=2) == Stay(to_ordinal("2028-02-28"), 2)
    assert to_date(stay.departure) == date(2028, 3, 1)
    assert Stay.of("2027-01-01", nights=STAY_NIGHTS_MAX).nights == STAY_NIGHTS_MAX


@pytest.mark.parametrize(
    ("departure", "nights", "named"),
    [(None, None, "neither"), ("2027-01-05", 2, "both"), ("2027-01-01", None, "not after arrival 2027-01-01"),
     ("2026-12-31", None, "2026-12-31"), (None, 0, "not 0"), (None, -1, "not -1"), (None, 366, "not 366"),
     ("2028-01-02", None, "not 366")],
)  # fmt: skip
def test_a_stay_that_cannot_be_is_refused(departure: str | None, nights: int | None, named: str) -> None:
    with pytest.raises(InputError, match=named):
        Stay.of("2027-01-01", departure, nights)


def test_a_stay_s_fields_are_integers_inside_the_calendar() -> None:
    for nights in (True, 2.0, "2"):
        with pytest.raises(InputTypeError):
            Stay.of("2027-01-01", nights=nights)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        Stay.of("9999-12-31", nights=1)
    with pytest.raises(InputError):
        Stay(0, 1)


def test_the_civil_date_is_the_hotel_s() -> None:
    instant = ms(2027, 1, 1, 15, 59, 59)
    assert to_date(local_date_ordinal(instant, "Asia/Shanghai")) == date(2027, 1, 1)
    assert to_date(local_date_ordinal(instant + 1000, "Asia/Shanghai")) == date(2027, 1, 2)
    assert to_date(local_date_ordinal(instant + 999, "Asia/Shanghai")) == date(2027, 1, 1)
    assert to_date(local_date_ordinal(instant, "Europe/Lisbon")) == date(2027, 1, 1)
    assert to_date(local_date_ordinal(-1, "UTC")) == date(1969, 12, 31)


def test_before_the_roll_over_hour_it_is_still_yesterday() -> None:
    five_local = ms(2028, 2, 29, 21)  # 2028-03-01 05:00 in Shanghai
    assert to_date(local_date_ordinal(five_local, "Asia/Shanghai", 5)) == date(2028, 3, 1)
    assert to_date(local_date_ordinal(five_local - 1000, "Asia/Shanghai", 5)) == date(2028, 2, 29)
    assert to_date(local_date_ordinal(five_local - 1000, "Asia/Shanghai", 6)) == date(2028, 2, 29)


def test_wrong_zones_and_hours_are_named() -> None:
    for zone in ("Asia/Peking", "Asia", "../etc/passwd", "", "/etc/passwd"):
        with pytest.raises(UnknownIdError, match="IANA"):
            local_date_ordinal(0, zone)
    for hour in (-1, 24):
        with pytest.raises(InputError, match=str(hour)):
            local_date_ordinal(0, "UTC", hour)
    with pytest.raises(InputError, match="calendar"):
        local_date_ordinal(10**18, "UTC")


@pytest.mark.parametrize(
    ("zone", "now", "rollover_hour", "expected"),
    [
        ("Asia/Shanghai", ms(2027, 1, 1, 0), 0, ms(2027, 1, 1, 16)),
        ("Asia/Shanghai", ms(2027, 1, 1, 16), 0, ms(2027, 1, 2, 16)),  # strictly after now
        ("Asia/Shanghai", ms(2027, 1, 1, 16) - 1, 0, ms(2027, 1, 1, 16)),
        ("Europe/Zurich", ms(2027, 3, 27, 23), 0, ms(2027, 3, 28, 22)),  # a day of 23 hours
        ("Europe/Zurich", ms(2027, 10, 30, 22), 0, ms(2027, 10, 31, 23)),  # a day of 25 hours
        ("Europe/Zurich", ms(2027, 3, 27, 23), 2, ms(2027, 3, 28, 1)),  # 02:00 does not exist: at the jump
        ("Europe/Zurich", ms(2027, 10, 30, 12), 2, ms(2027, 10, 31, 0)),  # 02:00 comes twice: the first
        ("Africa/Cairo", ms(2027, 4, 29, 12), 0, ms(2027, 4, 29, 22)),  # midnight does not exist
        ("America/Havana", ms(2027, 11, 6, 20), 0, ms(2027, 11, 7, 4)),  # midnight comes twice
        ("America/Havana", ms(2027, 11, 7, 4, 30), 0, ms(2027, 11, 8, 5)),
        ("Pacific/Apia", ms(2011, 12, 29, 20), 0, ms(2011, 12, 30, 10)),  # 2011-12-30 was skipped
        ("Asia/Kolkata", ms(2027, 1, 1, 0), 0, ms(2027, 1, 1, 18, 30)),
    ],
)
def test_the_next_change_of_date(zone: str, now: int, rollover_hour: int, expected: int) -> None:
    assert next_local_midnight_ms(now, zone, rollover_hour) == expected


@settings(max_examples=150, deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2034, 12, 31)),
    st.sampled_from(["Europe/London", "Asia/Tokyo", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]),
    st.integers(0, 23),
)
def test_the_next_change_is_a_change_and_the_first_by_definition(moment: datetime, zone: str, hour: int) -> None:
    now = int(moment.replace(tzinfo=UTC).timestamp() * 1000)
    change = next_local_midnight_ms(now, zone, hour)
    today = local_date_ordinal(now, zone, hour)

    assert change > now
    assert local_date_ordinal(change - 1, zone, hour) == today
    assert local_date_ordinal(change, zone, hour) == today + 1
    assert all(local_date_ordinal(t, zone, hour) == today for t in range(now, change, 900_000))
    wall = datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).replace(tzinfo=None)
    assert today == (wall - timedelta(hours=hour)).toordinal()


@pytest.mark.parametrize("endless", ["a" * 50_000, list(range(50_000))])
def test_a_message_is_short_whatever_was_given(endless):
    with pytest.raises((InputError, InputTypeError)) as caught:
        to_ordinal(endless)

    assert len(str(caught.value)) < 200
