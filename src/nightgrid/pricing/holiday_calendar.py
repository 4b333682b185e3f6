"""Public holidays by region and year, from the `holidays` package, as night ordinals with their names.

A region is an ISO 3166 country with an optional subdivision: "CN", "CH-ZH". A holiday has its name in the region's
own language and in English; a rule may name it in either. Languages are always given explicitly: the package's default
follows the locale of the process, and a price must not.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any, Final

from nightgrid.errors import UnknownIdError
from nightgrid.nights import to_date

#: In a rule: the public holidays of each hotel's own country.
OWN_COUNTRY: Final = "*"

#: In a rule, as the name of a holiday: the weekend days that are worked in exchange for a long holiday ("CN:workday").
MAKE_UP_WORKDAY: Final = "workday"

_REGION: Final = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,8}))?")
_ENGLISH: Final = "en_US"


def split_holiday(holiday: str) -> tuple[str, str]:
    """`"CN:National Day"` -> `("CN", "National Day")`, `"CH-ZH"` -> `("CH-ZH", "")`, `"*"` -> `("*", "")`."""
    region, _, name = holiday.partition(":")
    return region.strip().upper(), name.strip()


@lru_cache(maxsize=4096)
def check_region(region: str) -> None:
    """UnknownIdError unless the `holidays` package knows the country and its subdivision."""
    _country_holidays(region, 2024, None)


@lru_cache(maxsize=8192)
def holidays_of(region: str, year: int) -> tuple[tuple[int, str], ...]:
    """Public holidays of a region in a year: (night ordinal, "local name / English name"), ascending.

    UnknownIdError for a region that is not known. A year beyond the package's knowledge gives what it has. Cached.
    """
    names: dict[int, list[str]] = {}
    own = _country_holidays(region, year, None)
    for language in dict.fromkeys((own.default_language, _ENGLISH)):
        spoken = own
        if language and language in own.supported_languages:
            spoken = _country_holidays(region, year, language)
        for night, name in spoken.items():
            # Substitutes that cross New Year belong to the other year's call as well; keep this year's only.
            if night.year == year and name not in names.setdefault(night.toordinal(), []):
                names[night.toordinal()].append(name)
    return tuple((night, " / ".join(names[night])) for night in sorted(names))


@lru_cache(maxsize=8192)
def workdays_of(region: str, year: int) -> tuple[int, ...]:
    """Weekend days of a year that are worked in the region in exchange for a holiday's bridge: ordinals, ascending.

    UnknownIdError for a region that is not known. Empty where the package records none. Cached.
    """
    # A day of late December can belong to the holidays of the next year.
    worked: set[date] = set()
    for of_year in (year, year + 1):
        worked |= getattr(_country_holidays(region, of_year, None), "weekend_workdays", set())
    return tuple(sorted(day.toordinal() for day in worked if day.year == year))


def holiday_nights(region: str, name: str, first_night: int, n_nights: int) -> list[int]:
    """Ordinals of the region's holidays in `[first_night, first_night + n_nights)`, whose name holds `name`.

    The comparison ignores case; an empty name means every public holiday, `workday` the make-up working days.
    """
    last_night = min(first_night + n_nights - 1, date.max.toordinal())
    first_night = max(first_night, 1)
    wanted = name.casefold()
    years = range(to_date(first_night).year, to_date(last_night).year + 1)
    if wanted == MAKE_UP_WORKDAY:
        return [day for year in years for day in workdays_of(region, year) if first_night <= day <= last_night]
    return [
        night
        for year in years
        for night, known in holidays_of(region, year)
        if first_night <= night <= last_night and wanted in known.casefold()
    ]


def holiday_names(region: str, first_year: int, last_year: int) -> list[str]:
    """Distinct names of the region's holidays in these years, for messages that suggest one."""
    years = range(first_year, last_year + 1)
    names = sorted({name for year in years for _, known in holidays_of(region, year) for name in known.split(" / ")})
    return [*names, MAKE_UP_WORKDAY] if any(workdays_of(region, year) for year in years) else names


def _country_holidays(region: str, year: int, language: str | None) -> Any:
    # Loaded on first use: most books name no holidays, and the package costs a tenth of a second.
    import holidays

    match = _REGION.fullmatch(region)
    if not match:
        raise UnknownIdError(
            f"holiday region {region!r} is not a country code; use ISO 3166 such as 'CN' or 'CH-ZH', or '*'"
        )
    country, subdivision = match.groups()
    try:
        calendar = holidays.country_holidays(country, subdiv=subdivision, years=year, language=language, expand=False)
    except NotImplementedError as error:
        raise UnknownIdError(
            f"holiday region {region!r} is not known to the holidays package ({error}); "
            "use an ISO 3166 country with a subdivision it has, such as 'CH-ZH'"
        ) from None
    if language is None and calendar.default_language:
        return holidays.country_holidays(
            country, subdiv=subdivision, years=year, language=calendar.default_language, expand=False
        )
    return calendar
