"""Weekdays in a restriction frame: short or whole English names, and nothing that only begins like one."""

import pytest

from nightgrid.engine.edge.frames import weekday_mask
from nightgrid.errors import InputError


def test_short_and_whole_names() -> None:
    assert weekday_mask("restrict", "Fri, saturday", 0) == [4, 5]
    assert weekday_mask("restrict", None, 0) == list(range(7))


def test_a_word_that_only_begins_like_a_weekday_is_refused() -> None:
    with pytest.raises(InputError, match=r"monkey.*row 3"):
        weekday_mask("restrict", "monkey", 3)
