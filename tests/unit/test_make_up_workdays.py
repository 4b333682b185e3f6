"""Weekend days that a country works to make up for a long holiday: no hotel has a weekend night before them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from nightgrid.errors import UnknownIdError
from nightgrid.nights import to_date
from nightgrid.pricing import load_book
from nightgrid.pricing.holiday_calendar import holiday_names, holiday_nights, workdays_of
from tests.unit.chains import compiled

#: From the notices of the State Council of China on the holidays of 2025 and 2026.
CHINA = {
    2025: ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"],
    2026: ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
}


@pytest.mark.parametrize("year", CHINA)
def test_the_days_are_those_of_the_official_notice(year):
    assert [str(to_date(day)) for day in workdays_of("CN", year)] == CHINA[year]


def test_a_window_holds_its_own_days_only():
    first = date(2025, 9, 28).toordinal()
    assert holiday_nights("CN", "WorkDay", first, 14) == [first, first + 13]
    assert holiday_nights("CN", "workday", first + 1, 12) == []
    assert holiday_nights("DE", "workday", first, 400) == []


def test_only_a_country_that_has_them_offers_the_name():
    assert "workday" in holiday_names("CN", 2026, 2026)
    assert "workday" not in holiday_names("DE", 2026, 2026)
    with pytest.raises(UnknownIdError, match="'XX'"):
        workdays_of("XX", 2026)


def test_a_season_acts_on_them():
    book = load_book('[[season]]\nname = "x"\npercent = -10\nholidays = ["CN:workday"]\n')
    tables = compiled(book, n_nights=20)
    assert np.flatnonzero(tables.season_rule[tables.season_set[0], 0] == 0).tolist() == [9]
    nowhere = load_book('[[season]]\nname = "x"\npercent = -10\nholidays = ["DE:workday"]\n')
    assert "no weekend day is known that DE works in" in compiled(nowhere, n_nights=20).warnings[0]
