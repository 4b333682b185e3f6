"""Keys of holds in bulk: texts, or the caller's own 128 bits as two int64 columns."""

from __future__ import annotations

import polars as pl
import pytest

from nightgrid import InputError, InputTypeError, Outcome
from tests.unit.busy_store import ASKED, FIRST, STAY, busy_store, refused

HIGH, LOW = 2**63 - 1, -(2**63)


@pytest.fixture
def engine():
    return busy_store()


def asked(count: int, **columns) -> pl.DataFrame:
    """Requests for the suite of the other hotel, a night each."""
    lines = {"hotel_id": ["Belém"] * count, "room_type_id": ["STE"] * count, "arrival": [FIRST] * count}
    return pl.DataFrame({**lines, "nights": [1] * count, **columns})


def names(answers: pl.DataFrame) -> list[str]:
    return [Outcome(code).name for code in answers["outcome"]]


def test_a_raw_key_makes_a_retry_safe(engine):
    first = engine.hold_many(asked(1, key_high=[HIGH], key_low=[LOW]))
    again = engine.hold_many(asked(1, key_high=[HIGH], key_low=[LOW]))
    other = engine.hold_many({**ASKED, "key_high": [HIGH], "key_low": [LOW]})

    assert (names(first), names(again), names(other)) == (["OK"], ["EXISTS"], ["KEY_REUSED"])
    assert again["hold_id"].to_list() == first["hold_id"].to_list()


@pytest.mark.parametrize("key", [{"key_high": [0], "key_low": [5]}, {"key_high": [5], "key_low": [0]}])
def test_one_word_of_a_raw_key_may_be_zero(engine, key):
    assert names(engine.hold_many(asked(1, **key))) == ["OK"]
    assert names(engine.hold_many(asked(1, **key))) == ["EXISTS"]


@pytest.mark.parametrize("no_key", [{"key": [None]}, {"key_high": [None], "key_low": [None]}, {}])
def test_without_a_key_a_retry_is_a_new_request(engine, no_key):
    twice = [names(engine.hold_many({**ASKED, "arrival": [FIRST.replace(day=25)], **no_key})) for _ in range(2)]

    assert twice == [["OK"], ["OK"]]


def test_a_key_is_the_same_alone_and_in_bulk(engine):
    alone = engine.hold(*STAY, key="Nº 7 e\u0301", guest="李")
    bulk = engine.hold_many({**ASKED, "key": ["Nº 7 \u00e9"], "guest": ["李"]})
    other = engine.hold_many({**ASKED, "key": ["Nº 7 \u00e9"], "guest": ["Li"]})

    assert names(bulk) == ["EXISTS"]
    assert bulk["hold_id"].to_list() == [alone.id]
    assert names(other) == ["KEY_REUSED"]


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        ({"key_high": [1]}, InputError, "column key_low is missing; a raw key is key_high and key_low, two int64"),
        ({"key_low": [1]}, InputError, "column key_high is missing"),
        ({"key_low": [1], "key": ["a"]}, InputError, "columns key and key_low are both there"),
        ({"key_high": [1], "key_low": [None]}, InputError, "one of key_high and key_low is null in row 0; give both"),
        ({"key_high": [1.0], "key_low": [1]}, InputTypeError, "column key_high has type Float64; int64 is needed"),
        ({"key_high": [1], "key_low": ["1"]}, InputTypeError, "column key_low has type String"),
        ({"key_high": [1], "key_low": [2**63]}, InputTypeError, "column key_low has type UInt64"),
    ],
)
def test_raw_keys_that_cannot_be_meant(engine, key, error, words):
    with refused(engine, error, words):
        engine.hold_many({**ASKED, **key})
