"""Masks beside the prices of a cube: which rules made each price, and why there is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.asking import of_length
from nightgrid.engine.prices.cube import Cube
from nightgrid.engine.prices.cube_amounts import amounts_of, note_amounts
from nightgrid.errors import IntegrityError
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import mark_blocks as mb
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_blocks as by_block
from nightgrid.native.program.line_prices import price_lines
from nightgrid.native.program.mark_amounts import Amounts
from nightgrid.native.program.mark_blocks import mark_groups
from nightgrid.native.program.rule_marks import X_ASKED, X_BITS, X_NUMBERS, mark_lines
from nightgrid.outcomes import NoPrice
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import Marks, marks_of
from nightgrid.search.hotel_clocks import by_clock
from nightgrid.search.long_prices import long_price
from nightgrid.search.price_blocks import lead_spans
from nightgrid.search.rule_set_rows import in_parts, rows_of
from nightgrid.search.stay_prices import lines_of, workshop

Words = NDArray[np.int64]
_LINES_AT_ONCE: Final = 65_536
_NONE: Final = np.zeros(0, np.int64)
_NO_OFFERS: Final = np.zeros((0, 0, 0, 0), np.int64)
_NO_WEIGHTS: Final = np.zeros((0, 2), np.int64)


def mask_fields(cube: Cube) -> list[pa.Field[Any]]:
    """The columns that masks add to a batch."""
    names = marks_of(cube.version.compiled, cube.version.catalog).columns
    applied = [pa.field(name, pa.uint64()) for name in names]
    return [pa.field("rule_set", pa.int32()), *applied, pa.field("refused", pa.uint8())]


def offers_for(cube: Cube, shape: tuple[int, ...]) -> Words:
    """Where the promotions applied are noted; size 0 where no rule set has any."""
    program = cube.version.compiled.program
    if program is None or not any(program.sets.promotions):
        return _NO_OFFERS
    return np.empty(shape, np.int64)


def mask_columns(
    cube: Cube,
    products: NDArray[np.int32],
    first: int,
    prices: NDArray[np.signedinteger],
    offers: Words,
    pool: ThreadPoolExecutor,
    threads: int,
) -> list[pa.Array]:
    """The columns rule_set, applied_rules (null where there is no price; several where a set has more rules than bits)
    and refused of a tile of the cube.

    prices (arrival, stay, tier, product), -1 = none, from the arrival `first` on (index of the window); offers: as
    `offers_for` makes them, filled. What an amount decides that may leave the numbers of
    the kernels is marked line by line, all else in blocks. O(products x nights + masks) for each word of a mask.
    """
    marks = marks_of(cube.version.compiled, cube.version.catalog)
    refused = (prices < 0).view(np.uint8)
    bits = np.zeros((marks.words, *prices.shape), np.int64)
    parts = by_clock(marks.program, cube.version.catalog, products, cube.asking)
    for places, told in parts:
        if len(parts) == 1:
            _mark(replace(cube, asking=told), marks, products, first, prices, offers, bits, refused, pool, threads)
            continue
        own_bits, own_refused = (np.ascontiguousarray(each[..., places]) for each in (bits, refused))
        given = [np.ascontiguousarray(each[..., places]) if each.size else each for each in (prices, offers)]
        _mark(
            replace(cube, asking=told), marks, products[places], first, given[0], given[1], own_bits, own_refused, pool,
            threads,
        )  # fmt: skip
        bits[..., places], refused[..., places] = own_bits, own_refused
    sets = marks.set_of[np.ix_(cube.tiers, products)].astype(np.int32).reshape(-1)
    why = refused.reshape(-1)
    none = why != 0 if why.any() else None
    return [
        pa.array(np.tile(sets, len(prices) * len(cube.stays))),
        *(pa.array(word, mask=none) for word in bits.view(np.uint64).reshape(marks.words, -1)),
        pa.array(why),
    ]


def _mark(
    cube: Cube, marks: Marks, products: NDArray[np.int32], first: int, prices: NDArray[np.signedinteger], offers: Words,
    bits: Words, refused: NDArray[np.uint8], pool: ThreadPoolExecutor, threads: int,
) -> None:  # fmt: skip
    """Masks of products of which the same guest asks."""
    catalog = cube.version.catalog
    today = cube.calendar_today[catalog.hotel_calendar[catalog.row_hotel[catalog.product_row[products]]]]
    own_fill = cube.asking.fill_bp is not None and len(marks.program.fills) > 1
    left: list[tuple[Words, Words]] = []
    for columns in rows_of(marks.program, products, today, cube.tiers).together:
        rows, groups = _groups(cube, marks, products, today, int(cube.tiers[columns[0]]))
        if own_fill:  # of the nights of one stay, not of dates
            left.append((columns, rows[:, mb.R_PLACE]))
            continue
        tiers = np.stack([cube.tiers[columns], columns], axis=1)
        amounts = amounts_of(cube, products, first, rows, groups, columns, prices, pool, threads)
        work = partial(_work, cube, marks, products, today, first, rows, tiers, offers, amounts, bits, refused)
        parts = in_parts(groups, threads)
        slow = np.concatenate(list(map(work, parts) if threads == 1 else pool.map(work, parts)))
        left.append((columns, rows[np.repeat(slow, groups[:, by_block.G_ROWS]).view(np.bool_), mb.R_PLACE]))
    for columns, places in left:
        if places.size:
            _by_lines(cube, marks, products, first, columns, places, prices, bits, refused)


def _groups(cube: Cube, marks: Marks, products: NDArray[np.int32], today: Words, tier: int) -> tuple[Words, Words]:
    """(rows (row, R_FIELDS) in the order of what their masks depend on, their groups (group, MARKED_FIELDS))."""
    program, catalog = marks.program, cube.version.catalog
    lines, silent = lines_of(program, products, tier, 0)
    sold = lines[:, by_line.L_PRODUCT]
    more = marks.more(products, sold, tier)
    most = catalog.guests_max[catalog.product_row[products]]
    key = today - today.min(initial=0)
    for each in (program.set_of_product[sold], more[:, X_BITS], more[:, X_NUMBERS], more[:, X_ASKED], silent):
        key = np.unique(key, return_inverse=True)[1] * (int(each.max(initial=0)) + 1) + each
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    some = order[starts]
    groups = np.empty((len(starts), mb.MARKED_FIELDS), np.int64)
    groups[:, by_block.G_FIRST] = starts
    groups[:, by_block.G_ROWS] = np.diff(starts, append=len(order))
    groups[:, by_block.G_STAGE] = lines[some, by_line.L_STAGE]
    groups[:, by_block.G_TODAY] = today[some] + cube.first_night
    groups[:, by_block.G_SILENT] = silent[some]
    groups[:, mb.G_BITS], groups[:, mb.G_NUMBERS] = more[some, X_BITS], more[some, X_NUMBERS]
    groups[:, mb.G_ASKED] = more[some, X_ASKED]
    groups[:, mb.G_REFUSED] = _not_offered(cube, program, sold[some]) * np.int64(NoPrice.PACKAGE)
    note_amounts(program, cube.asking.points, groups)
    rows = np.zeros((len(order), mb.R_FIELDS), np.int64)
    rows[:, mb.R_PRODUCT], rows[:, mb.R_PLACE] = sold[order], order
    rows[:, mb.R_REFUSED] = (most[order] < (cube.asking.guests or 0)) * np.int64(NoPrice.PARTY)
    return rows, groups


def _not_offered(cube: Cube, program: Program, sold: Words) -> NDArray[np.bool_]:
    """Which products come without a package that is asked for."""
    wanted = set(cube.asking.packages)
    lacks = np.array([not wanted <= set(names) for names in program.sets.packages], np.bool_)
    found: NDArray[np.bool_] = lacks[program.set_of_product[sold]]
    return found


def _work(
    cube: Cube, marks: Marks, products: NDArray[np.int32], today: Words, first: int, rows: Words, tiers: Words,
    offers: Words, amounts: Amounts, bits: Words, refused: NDArray[np.uint8], groups: Words,
) -> NDArray[np.uint8]:  # fmt: skip
    """Masks of some groups in blocks; returns which of them were left out (group) uint8."""
    program, version = marks.program, cube.version
    begin, end = (int(edge) for edge in (groups[0, by_block.G_FIRST], groups[-1, : by_block.G_STAGE].sum()))
    part = rows[begin:end].copy()
    groups = groups.copy()
    groups[:, by_block.G_FIRST] -= begin
    places = part[:, mb.R_PLACE]
    own_today = today[places] + cube.first_night
    for start, stop in lead_spans(program, own_today, cube.first_night + first, len(refused)):
        arrival = first + start
        fill, part[:, mb.R_FILL] = _fill_from(cube, program, products[places], arrival, stop - start)
        part[:, mb.R_LEAD] = cube.first_night + arrival - own_today
        about = np.array(
            [
                version.first_night, arrival, version.n_nights, program.lead_of_night,
                NoPrice.PAST, NoPrice.BEYOND, NoPrice.SIZE,
            ], np.int64,
        )  # fmt: skip
        query = program.question(cube.asking, cube.first_night + arrival, 1, 0, 0)
        some = slice(start, stop)
        for tables, word in zip(marks.tables, bits, strict=True):
            mark_groups(
                tables, program.desk, program.terms, about, groups, part, query, cube.stays, tiers, fill,
                offers[some] if offers.size else offers,
                Amounts(*(each[some] if each.size else each for each in amounts)), word[some], refused[some],
            )  # fmt: skip
    return groups[:, mb.G_LEFT].astype(np.uint8)


def _fill_from(
    cube: Cube, program: Program, products: NDArray[np.int32], arrival: int, arrivals: int
) -> tuple[Words, Words | int]:
    """(house fill (row of it, night) of all nights of some arrivals' stays, the row of each product)."""
    nights = max(min(arrivals - 1 + int(cube.stays.max()), cube.version.n_nights - arrival), 0)
    if len(program.fills) < 2:
        return np.zeros((1, nights), np.int64), 0
    catalog = cube.version.catalog
    fill = cube.version.fill_bp if cube.fill_bp is None else cube.fill_bp
    hotels, place = np.unique(catalog.row_hotel[catalog.product_row[products]], return_inverse=True)
    return np.ascontiguousarray(fill[hotels, arrival : arrival + nights], np.int64), place


def _by_lines(
    cube: Cube, marks: Marks, products: NDArray[np.int32], first: int, columns: Words, places: Words,
    prices: NDArray[np.signedinteger], bits: Words, refused: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Masks of some places and tiers line by line. Each is priced once more by the full pipeline: IntegrityError where
    that gives another price.
    """
    program, catalog, version = marks.program, cube.version.catalog, cube.version
    grid = np.indices((len(prices), len(cube.stays), len(columns), len(places))).reshape(4, -1)
    arrivals, nights, tiers = first + grid[0], cube.stays[grid[1]], cube.tiers[columns[grid[2]]]
    at = (grid[0], grid[1], columns[grid[2]], places[grid[3]])
    asked = products[at[3]].astype(np.int64)
    hotels = catalog.row_hotel[catalog.product_row[asked]]
    leads = arrivals - cube.calendar_today[catalog.hotel_calendar[hotels]]
    own = program.tier_product[tiers, asked]
    why = (leads < 0) * np.int64(NoPrice.PAST)
    why |= (arrivals + nights > version.n_nights) * np.int64(NoPrice.BEYOND)
    why |= (catalog.guests_max[catalog.product_row[asked]] < (cube.asking.guests or 0)) * np.int64(NoPrice.PARTY)
    why |= _not_offered(cube, program, np.where(own < 0, asked, own)) * np.int64(NoPrice.PACKAGE)
    ready = np.flatnonzero(why == 0)
    order = ready[np.lexsort((leads[ready], tiers[ready], nights[ready], arrivals[ready]))]
    found, was = np.zeros((marks.words, len(asked)), np.int64), prices[at]
    for start in range(0, len(order), _LINES_AT_ONCE):
        part = order[start : start + _LINES_AT_ONCE]
        stays = np.stack([arrivals[part] + cube.first_night, nights[part], leads[part], tiers[part]], axis=1)
        totals, found[:, part] = _marked(cube, marks, asked[part], hotels[part], stays)
        why[part[totals < 0]] = int(NoPrice.SIZE)
        wrong = np.flatnonzero(totals != was[part])
        if wrong.size:
            line = int(part[wrong[0]])
            raise IntegrityError(f"product {asked[line]} costs {was[line]}, its rules give another price; report it")
    bits[(slice(None), *at)], refused[at] = found, why.astype(np.uint8)


def _fills(cube: Cube, program: Program, hotels: Words, first: Words) -> tuple[Words, Words]:
    """(where the house fill of each line begins, the fills)."""
    if cube.asking.fill_bp is not None:
        return np.zeros(len(hotels), np.int64), np.array(cube.asking.fill_bp, np.int64)
    if len(program.fills) < 2:
        return np.full(len(hotels), -1), _NONE
    fill = cube.version.fill_bp if cube.fill_bp is None else cube.fill_bp
    some, place = np.unique(hotels, return_inverse=True)
    return place * fill.shape[1] + first, np.ascontiguousarray(fill[some], np.int64).reshape(-1)


def _marked(cube: Cube, marks: Marks, products: Words, hotels: Any, stays: Words) -> tuple[Words, Words]:
    """(totals, masks (word, line)) of some lines, -1 where no price is given for the party. stays: arrival (ordinal),
    nights, lead days, tier of each.
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
    out, bits = np.empty((len(table), do.A_FIELDS), np.int64), np.zeros((marks.words, len(table)), np.int64)
    tables = (program.desk, program.terms, program.scales, program.flags, queries, table)
    more = marks.more(products, table[:, by_line.L_PRODUCT], stays[:, 3])
    price_lines(*tables, fills, workshop(), out, _NONE, _NO_WEIGHTS)
    for of_word, word in zip(marks.tables, bits, strict=True):
        mark_lines(of_word, *tables, more, fills, workshop(), out, word)
    for place in np.flatnonzero(out[:, do.A_CODE] == do.TOO_LARGE_CODE).tolist():
        arrival, nights, lead_days, tier = (int(each) for each in stays[place])
        begin = int(table[place, by_line.L_FILL])
        fill = fills[begin : begin + nights].tolist() if begin >= 0 else []
        stay = (arrival, nights, lead_days, tier)
        long = long_price(cube.version, int(products[place]), stay, of_length(cube.asking, nights), fill)
        out[place] = long.answer
        bits[:, place] = marks.bits_of(int(more[place, X_BITS]), long.acted)
    return np.where(out[:, do.A_CODE] == 0, out[:, do.A_NET] + out[:, do.A_TAXES], -1), bits
