"""Whatever keeps the columns, Polars, PyArrow, pandas, a dict or a file: the store is told the same by it.

One story, told to a store of its own for each kind of frame: rooms, restrictions, selling controls, holds and prices.
Then everything that can be seen must be equal. pandas has whole numbers with nulls only as `Int64`, or as objects: of
plain columns it makes floats, and these are refused by name.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nightgrid import Engine, InputError, InputTypeError, Outcome
from tests.unit.busy_store import FIRST, WORLD, engine_of, worlds

KINDS = ("dict", "polars", "lazy", "arrow", "record batch", "pandas", "pandas of objects", "parquet", "csv")
PLACE = {"hotel_id": ["Bund", "Belém"], "room_type_id": ["DBL", "STE"]}


def night(index: int) -> date:
    return FIRST + timedelta(days=index)


def shaped(kind: str, table: dict[str, list[Any]], folder: Path) -> Any:
    """The columns in a frame of a kind."""
    if kind in ("parquet", "csv"):
        path = folder / f"{len(list(folder.iterdir()))}.{kind}"
        getattr(pl.DataFrame(table), f"write_{kind}")(path)
        return path
    forms = {
        "dict": lambda: table, "polars": lambda: pl.DataFrame(table), "lazy": lambda: pl.LazyFrame(table),
        "arrow": lambda: pa.table(table), "record batch": lambda: pa.RecordBatch.from_pydict(table),
        "pandas": lambda: pd.DataFrame(table).convert_dtypes(),
        "pandas of objects": lambda: pd.DataFrame(table, dtype=object),
    }  # fmt: skip
    return forms[kind]()


def told(kind: str, folder: Path) -> tuple[Engine, list[list[Any]]]:
    """A store that was told the story, and what it answered to its holds."""
    engine = engine_of(WORLD, FIRST, 20, worlds.NOW_MS, tiers=("public", "gold"), channels=("web",))

    def frame(table: dict[str, list[Any]]) -> Any:
        return shaped(kind, table, folder)

    between = {"first_night": [night(1), night(2)], "last_night": [night(6), night(9)]}
    engine.set_capacity(frame({**PLACE, **between, "physical": [5, 3], "out_of_order": [1, 0], "sell_limit": [1, -1]}))
    engine.set_sold_elsewhere(frame({**PLACE, "night": [night(3), night(4)], "rooms": [1, 1]}))
    engine.restrict(frame({**PLACE, **between, "min_stay_arrival": [2, 3], "closed_to_departure": [False, True]}))
    engine.restrict(frame({**PLACE, "night": [night(8)] * 2, "closed": [True, None], "max_advance_days": [None, 4]}))
    engine.set_caps(frame({**PLACE, **between, "channel": ["web", None], "kind": ["quota", "cap"], "rooms": [2, 3]}))
    engine.set_protection(frame({**PLACE, "night": [night(3)] * 2, "tier": ["public"] * 2, "rooms": [1, 2]}))
    hurdles = {"hurdle_minor": [900, 100], "delta_minor": [50, 0], "ceiling_steps": [3, 0]}
    engine.set_hurdles(frame({**PLACE, **between, **hurdles}))
    engine.set_house_cap(frame({"hotel_id": ["Bund"], "night": [night(5)], "rooms": [4]}))
    asked = {
        "hotel_id": ["Bund", "Bund", "Belém", "Belém", "nowhere"], "room_type_id": ["DBL", "DBL", "STE", "STE", "DBL"],
        "arrival": [night(1), night(3), night(2), night(12), night(1)], "nights": [3, 2, 3, 1, 1],
        "rooms": [2, 1, 1, 2, 1], "ttl_seconds": [60, 900, 900, 60, 60], "key": ["a", None, "b", "a", None],
        "guest": ["Li", None, "王", "Ana", None], "channel": ["web", None, None, "web", None],
        "value_minor": [9_000, None, 1_500, 0, None],
    }  # fmt: skip
    answers = [engine.hold_many(frame(asked)), engine.hold_many(frame(asked))]
    told = [answer.with_columns(pl.col("hold_id") & 0xFFFFFFFF).drop("lsn").rows() for answer in answers]
    return engine, told


def seen(engine: Engine) -> list[Any]:
    """Everything that can be seen of a store."""
    counters = ("free", "held", "sold", "capacity", "physical", "out_of_order", "sell_limit", "sold_elsewhere")
    frames = [engine.restrictions(hotel_id) for hotel_id in ("Bund", "Belém")]
    frames += [engine.caps(), engine.protection(), engine.hurdles(), engine.house_caps()]
    frames += [engine.find(state="held").drop("id")]
    return [engine.matrix(name).tolist() for name in counters] + [frame.rows() for frame in frames]


def test_the_store_is_told_the_same_by_every_kind_of_frame(tmp_path: Path) -> None:
    wanted, answers = told("dict", tmp_path)
    assert {Outcome.OK, Outcome.EXISTS, Outcome.KEY_REUSED, Outcome.UNKNOWN_HOTEL} <= {
        line[0] for lines in answers for line in lines
    }
    assert wanted.matrix("held").sum() > 0
    for kind in KINDS[1:]:
        (tmp_path / kind).mkdir()
        engine, said = told(kind, tmp_path / kind)
        assert said == answers, kind
        assert seen(engine) == seen(wanted), kind
        assert engine.check() == []


@pytest.mark.parametrize("kind", ["arrow", "record batch", "pandas", "pandas of objects", "polars"])
def test_a_mistake_is_named_and_changes_nothing_whatever_the_frame(kind: str, tmp_path: Path) -> None:
    """Half a room, a stay of no length, a column that means nothing."""
    engine, _ = told("dict", tmp_path)
    before = seen(engine), engine.lsn
    cells = {**PLACE, "night": [night(3)] * 2}
    stays = {**PLACE, "arrival": [night(1), night(2)]}
    for verb, table, words in (
        (engine.set_capacity, {**cells, "physical": [4.0, 2.5]}, "physical"),
        (engine.set_capacity, {**cells, "capacitee": [4, 2]}, "capacitee"),
        (engine.hold_many, {**stays, "nights": [1, None]}, "nights"),
        (engine.hold_many, {**stays, "nights": [1.0, 1.5]}, "nights"),
        (engine.restrict, {**cells, "closed": ["yes", "no"]}, "closed"),
    ):
        with pytest.raises((InputError, InputTypeError), match=words):
            verb(shaped(kind, table, tmp_path))
    assert (seen(engine), engine.lsn) == before


def test_floats_of_pandas_are_refused_by_name(tmp_path: Path) -> None:
    """What pandas makes of whole numbers with a null."""
    engine, _ = told("dict", tmp_path)
    frame = pd.DataFrame({**PLACE, "night": [night(8)] * 2, "max_advance_days": [None, 4]})
    with pytest.raises(InputTypeError, match="max_advance_days has type Float64; whole numbers of days or null"):
        engine.restrict(frame)
