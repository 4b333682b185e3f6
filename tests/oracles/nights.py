"""Nights as a hotel counts them: civil dates, weekdays, the business day, holidays.

A night is the date on which a guest goes to bed. A stay is half-open: arriving on Friday for two nights is
Friday and Saturday; the guest leaves on Sunday, and Sunday is no night of the stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = timedelta(days=1)

#: Public holidays of a country (or "country-subdivision"): date -> name.
HolidayNames = Mapping[date, str]


def as_date(value: date | str) -> date:
    """A date from a date (TOML) or from ISO text (JSON); ValueError for anything else."""
    if isinstance(value, datetime):
        raise ValueError(f"{value!r} is an instant; a night is a date without a time")
    return value if isinstance(value, date) else date.fromisoformat(value)


def stay_nights(arrival: date, nights: int) -> list[date]:
    """The nights of a stay, first to last; the departure date is not among them."""
    return [arrival + timedelta(days=i) for i in range(nights)]


def weekday_name(night: date) -> str:
    """The weekday of a night, "mon" to "sun"."""
    return WEEKDAYS[night.weekday()]


def instant_of(now_ms: int) -> datetime:
    """The instant of milliseconds since 1970 UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)


def local_date(now_ms: int, time_zone: str, rollover_hour: int = 0) -> date:
    """The hotel's date at an instant: what its wall calendar shows, and yesterday before the roll-over hour."""
    wall_clock = instant_of(now_ms).astimezone(ZoneInfo(time_zone))
    today = wall_clock.date()
    return today - ONE_DAY if wall_clock.hour < rollover_hour else today


def next_local_midnight_ms(now_ms: int, time_zone: str, rollover_hour: int = 0) -> int:
    """First instant after `now_ms` at which the hotel's date differs, found by walking minute by minute.

    Roll-overs happen on whole minutes of UTC in every present-day time zone. A day has at most 26 hours.
    """
    today = local_date(now_ms, time_zone, rollover_hour)
    minute_ms = 60_000
    instant = (now_ms // minute_ms + 1) * minute_ms
    for _ in range(50 * 60):
        if local_date(instant, time_zone, rollover_hour) != today:
            return instant
        instant += minute_ms
    raise AssertionError(f"no new day within 50 hours of {now_ms} in {time_zone}")


def holiday_nights(
    names: Iterable[str],
    own_country: str,
    holidays: Mapping[str, HolidayNames],
    days_before: int = 0,
    days_after: int = 0,
) -> set[date]:
    """The nights that a season's `holidays` list means for one hotel.

    A name is "CN", "CH-ZH", "CN:National Day" or "*". "*" is the hotel's own country, and nothing where the
    hotel names none. The part after the colon is looked for anywhere in the holiday's name, whatever its case.
    Each holiday found is widened by the days before and after it. KeyError for a country without a calendar.
    """
    nights: set[date] = set()
    for name in names:
        country, _, wanted = name.partition(":")
        if country == "*":
            country = own_country
        if country == "":
            continue
        if wanted.strip().casefold() == "workday":
            country, wanted = f"{country}:workday", ""
        for holiday, title in holidays[country].items():
            if wanted.strip().casefold() not in title.casefold():
                continue
            for shift in range(-days_before, days_after + 1):
                nights.add(as_date(holiday) + timedelta(days=shift))
    return nights
