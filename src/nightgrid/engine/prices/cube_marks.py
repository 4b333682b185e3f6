"""Masks beside the prices of a cube: which rules made each price, and why there is none."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.engine.prices.repricing import Cube
from nightgrid.errors import IntegrityError
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_prices import price_lines
from nightgrid.native.program.rule_marks import mark_lines
from nightgrid.nights import to_ordinal
from nightgrid.outcomes import NoPrice
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import Marks, marks_of
from nightgrid.search.stay_prices import lines_of, workshop

Words = NDArray[np.int64]
_EPOCH: Final = to_ordinal("1970-01-01")
_LINES_AT_ONCE: Final = 65_536
_NONE: Final = np.zeros(0, np.int64)
_NO_WEIGHTS: Final = np.zeros((0, 2), np.int64)
#: The columns that masks add to a batch.
FIELDS: Final = (
    pa.field("rule_set", pa.int32()), pa.field("applied_rules", pa.uint64()), pa.field("refused", pa.uint8())
)  # fmt: skip


def with_marks(cube: Cube, batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of a cube with the columns rule_set, applied_rules (null where there is no price) and refused.

    Every line is priced once more by the full pipeline, one by one: IntegrityError where that gives another price.
    """
    marks = marks_of(cube.version.compiled, cube.version.catalog)
    products = batch["product_index"].to_numpy().astype(np.int64)
    arrivals = batch["arrival"].cast(pa.int32()).to_numpy().astype(np.int64) + _EPOCH
    nights = batch["nights"].to_numpy().astype(np.int64)
    tiers = batch["tier"].indices.to_numpy().astype(np.int64)
    prices = batch["price_minor"].fill_null(-1).to_numpy().astype(np.int64)
    catalog = cube.version.catalog
    hotels = catalog.row_hotel[catalog.product_row[products]]
    leads = arrivals - cube.first_night - cube.calendar_today[catalog.hotel_calendar[hotels]]
    first = arrivals - cube.version.first_night
    refused = (leads < 0) * np.int64(NoPrice.PAST)
    refused |= (first + nights > cube.version.n_nights) * np.int64(NoPrice.BEYOND)
    refused |= (nights > STAY_NIGHTS_MAX) * np.int64(NoPrice.NIGHTS)
    most = catalog.guests_max[catalog.product_row[products]]
    refused |= (most < (cube.asking.guests or 0)) * np.int64(NoPrice.PARTY)
    refused |= _not_offered(cube, marks.program, tiers, products) * np.int64(NoPrice.PACKAGE)
    bits = np.zeros(len(products), np.int64)
    ready = np.flatnonzero(refused == 0)
    order = ready[np.lexsort((leads[ready], tiers[ready], nights[ready], arrivals[ready]))]
    for start in range(0, len(order), _LINES_AT_ONCE):
        part = order[start : start + _LINES_AT_ONCE]
        stays = np.stack([arrivals[part], nights[part], leads[part], tiers[part]], axis=1)
        totals, bits[part] = _marked(cube, marks, products[part], hotels[part], stays)
        refused[part[totals < 0]] = int(NoPrice.SIZE)
        if (totals != prices[part]).any():
            line = int(part[np.flatnonzero(totals != prices[part])[0]])
            raise IntegrityError(
                f"line {line} of a batch costs {prices[line]}, its rules give another price; report it"
            )
    values = [
        pa.array(marks.set_of[tiers, products].astype(np.int32)),
        pa.array(bits.view(np.uint64), mask=refused != 0),
        pa.array(refused.astype(np.uint8)),
    ]
    schema = batch.schema
    for field in FIELDS:
        schema = schema.append(field)
    return pa.RecordBatch.from_arrays([*batch.columns, *values], schema=schema)


def _not_offered(cube: Cube, program: Program, tiers: Words, products: Words) -> NDArray[np.bool_]:
    """Whether what a tier is sold comes without a package that is asked for."""
    if not cube.asking.packages:
        return np.zeros(len(products), np.bool_)
    own = program.tier_product[tiers, products]
    wanted = set(cube.asking.packages)
    lacks = np.array([not wanted <= set(names) for names in program.sets.packages], np.bool_)
    found: NDArray[np.bool_] = lacks[program.set_of_product[np.where(own < 0, products, own)]]
    return found


def _fills(cube: Cube, program: Program, hotels: Words, first: Words) -> tuple[Words, Words]:
    """(where the house fill of each line begins, the fills)."""
    if cube.asking.fill_bp is not None:
        return np.zeros(len(hotels), np.int64), np.array(cube.asking.fill_bp, np.int64)
    if len(program.fills) < 2:
        return np.full(len(hotels), -1), _NONE
    fill = cube.version.fill_bp if cube.fill_bp is None else cube.fill_bp
    some, place = np.unique(hotels, return_inverse=True)
    return place * fill.shape[1] + first, np.ascontiguousarray(fill[some], np.int64).reshape(-1)


def _marked(cube: Cube, marks: Marks, products: Words, hotels: Words, stays: Words) -> tuple[Words, Words]:
    """(totals, bits) of some lines, -1 where no price is given for the party. stays: arrival (ordinal), nights, lead
    days, tier of each.
    """
    program = marks.program
    first = stays[:, 0] - cube.version.first_night
    table, silent = lines_of(program, products, stays[:, 3], first)
    distinct, table[:, by_line.L_QUERY] = np.unique(
        np.concatenate([stays, silent[:, None]], axis=1), axis=0, return_inverse=True
    )
    queries = np.stack(
        [
            program.question(cube.asking, arrival, nights, lead, tier, silent=bool(own))
            for arrival, nights, lead, tier, own in distinct.tolist()
        ]
    )
    table[:, by_line.L_FILL], fills = _fills(cube, program, hotels, first)
    out, bits = np.empty((len(table), do.A_FIELDS), np.int64), np.zeros(len(table), np.int64)
    tables = (program.desk, program.terms, program.scales, program.flags, queries, table)
    more = marks.more(products, table[:, by_line.L_PRODUCT], stays[:, 3])
    price_lines(*tables, fills, workshop(), out, _NONE, _NO_WEIGHTS)
    mark_lines(marks.tables, *tables, more, fills, workshop(), out, bits)
    return np.where(out[:, do.A_CODE] == 0, out[:, do.A_NET] + out[:, do.A_TAXES], -1), bits
