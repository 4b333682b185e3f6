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


def holiday_nights(region: str, name: str, first_night: int, n_nights: int) -> list[int]:
    """Ordinals of the region's holidays in `[first_night, first_night + n_nights)`, whose name holds `name`.

    The comparison ignores case; an empty name means every public holiday.
    """
    last_night = min(first_night + n_nights - 1, date.max.toordinal())
    first_night = max(first_night, 1)
    wanted = name.casefold()
    return [
        night
        for year in range(to_date(first_night).year, to_date(last_night).year + 1)
        for night, known in holidays_of(region, year)
        if first_night <= night <= last_night and wanted in known.casefold()
    ]


def holiday_names(region: str, first_year: int, last_year: int) -> list[str]:
    """Distinct names of the region's holidays in these years, for messages that suggest one."""
    years = range(first_year, last_year + 1)
    return sorted({name for year in years for _, names in holidays_of(region, year) for name in names.split(" / ")})


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
