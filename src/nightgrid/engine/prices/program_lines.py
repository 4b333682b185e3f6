"""The lines of a frame of quotes: what each asks for, and who asks; equal questions are made once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.engine.edge.plain_papers import plain
from nightgrid.errors import InputError, NightgridError
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.program import line_prices as by_line
from nightgrid.pricing.program import Program

_WHAT = "quote_many"
#: Columns of the guest's question, as the fields of `Asking`.
ASKED = (
    "adults", "children", "channel", "country", "device", "language", "coupons", "points", "packages", "fill_bp",
    "booking_time", "rooms_left",
)  # fmt: skip


class Askings(NamedTuple):
    """Guests' questions: each once, and which of them a line asks, int64 (line)."""

    some: list[Asking]
    of: NDArray[np.int64]


class ProgramLines(NamedTuple):
    """Columns of the lines, int64: product, arrival (ordinal), nights, tier, lead days (-1 = cannot be booked)."""

    products: NDArray[np.int64]
    arrivals: NDArray[np.int64]
    nights: NDArray[np.int64]
    tiers: NDArray[np.int64]
    lead_days: NDArray[np.int64]


def with_question(frame: pl.DataFrame, asking: Asking) -> pl.DataFrame:
    """The frame with columns of a question that is the same for all lines, where it has none of its own."""
    given = {name: getattr(asking, name) for name in (*ASKED, "booking_date") if name not in frame.columns}
    told = {name: value for name, value in given.items() if value != getattr(ANYBODY, name)}
    columns = [pl.Series(name, [plain(value)] * len(frame)) for name, value in told.items() if name != "booking_date"]
    if "booking_date" in told:
        columns.append(pl.Series("booking_date", [told["booking_date"]] * len(frame), dtype=pl.Date))
    return frame.with_columns(columns)


def distinct_rows(frame: pl.DataFrame) -> tuple[list[dict[str, Any]], NDArray[np.int64], NDArray[np.int64]]:
    """(the different rows of a frame in their order, where each comes first, which of them a row is)."""
    found = np.empty(len(frame), np.int64)
    if any(kind.is_nested() or kind == pl.Object for kind in frame.dtypes):
        made: dict[str, int] = {}
        rows: list[dict[str, Any]] = []
        begins: list[int] = []
        for number, row in enumerate(frame.iter_rows(named=True)):
            known = made.setdefault(repr(row), len(rows))
            if known == len(rows):
                rows.append(row)
                begins.append(number)
            found[number] = known
        return rows, np.array(begins, np.int64), found
    kinds = (
        frame.with_row_index("row of the frame").group_by(frame.columns, maintain_order=True).agg("row of the frame")
    )
    places = kinds["row of the frame"]
    found[places.explode().to_numpy()] = np.repeat(np.arange(len(kinds)), places.list.len().to_numpy())
    return kinds.select(frame.columns).rows(named=True), places.list.first().to_numpy().astype(np.int64), found


def askings_of(frame: pl.DataFrame) -> Askings:
    """The guest's question of every line; equal ones are made once."""
    given = [name for name in ASKED if name in frame.columns]
    if not given:
        return Askings([ANYBODY], np.zeros(len(frame), np.int64))
    rows, begins, found = distinct_rows(frame.select(given))
    some: list[Asking] = []
    for row, number in zip(rows, begins.tolist(), strict=True):
        fields: dict[str, Any] = {name: value for name, value in row.items() if value is not None}
        try:
            some.append(Asking(**fields))
        except NightgridError as error:
            raise type(error)(f"{_WHAT}: row {number}: {error}") from None
    return Askings(some, found)


def too_large_parties(catalog: Catalog, products: NDArray[np.int64], askings: Askings) -> NDArray[np.bool_]:
    """Whether more guests are told than the room type takes."""
    guests = np.array([asking.guests or 0 for asking in askings.some] or [0], np.int64)
    found: NDArray[np.bool_] = guests[askings.of] > catalog.guests_max[catalog.product_row[products]]
    return found


def check_questions(
    program: Program, lines: ProgramLines, askings: Askings, part: NDArray[np.int64], table: NDArray[np.int64]
) -> None:
    """InputError for a question that the book cannot answer: the first line of each kind is named."""
    of = askings.of[part]
    if program.per_person:
        silent = np.array([asking.adults is None for asking in askings.some])[of]
        for place in np.flatnonzero(silent)[:1].tolist():
            raise InputError(f"{_WHAT}: row {int(part[place])}: the rule book prices each person; give a column adults")
    sold = table[:, by_line.L_PRODUCT]
    for number, asking in enumerate(askings.some):
        if not asking.packages and asking.fill_bp is None:
            continue
        some = np.flatnonzero(of == number)
        if asking.packages:
            for product in sold[some[np.unique(program.set_of_product[sold[some]], return_index=True)[1]]].tolist():
                program.check_packages(product, asking)
        if asking.fill_bp is not None:
            nights = lines.nights[part[some]]
            for place in np.flatnonzero(nights != len(asking.fill_bp))[:1].tolist():
                raise InputError(
                    f"{_WHAT}: row {int(part[some[place]])}: fill_bp has {len(asking.fill_bp)} numbers for "
                    f"{int(nights[place])} nights"
                )


def fills_of(
    catalog: Catalog,
    inventory: Inventory,
    program: Program,
    lines: ProgramLines,
    askings: Askings,
    part: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(where the house fill of each line stands, -1 an empty house; the fills), of the question or of the house now."""
    told = [np.array(asking.fill_bp or (), np.int64) for asking in askings.some]
    first = np.cumsum([0, *map(len, told)])
    own = np.array([asking.fill_bp is not None for asking in askings.some])[askings.of[part]]
    place = np.where(own, first[askings.of[part]], -1)
    if len(program.fills) > 1 and not own.all():
        hotels = catalog.row_hotel[catalog.product_row[lines.products[part]]]
        live_first, live = inventory.fills(hotels, lines.arrivals[part], lines.nights[part])
        place = np.where(own, place, first[-1] + live_first)
        told.append(live)
    return place, np.concatenate([*told, np.zeros(1, np.int64)])
