"""Many quotes of a book with a full pipeline: columns in, kernels over the lines, columns out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.prices.line_answers import answers_of, priced_lines
from nightgrid.engine.prices.program_lines import Askings, ProgramLines, askings_of, too_large_parties
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import plan_codes as do
from nightgrid.outcomes import NoPrice, Outcome
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import Marks
from nightgrid.search.order_points import points_rule_of
from nightgrid.search.price_version import PriceVersion

#: Kinds of rule sets times choices of promotions that are looked up in a table.
_TABLE_MAX = 1 << 19


def _outcomes(catalog: Catalog, version: PriceVersion, lines: ProgramLines, askings: Askings) -> NDArray[np.int16]:
    """Why a line has no price before anything is computed; OK where there is no reason."""
    first = lines.arrivals - version.first_night
    outside = (first < 0) | (first + lines.nights > version.n_nights) | (lines.lead_days < 0)
    code = np.where(outside, Outcome.OUTSIDE_HORIZON, Outcome.OK).astype(np.int16)
    code[(lines.nights < 1) | (lines.nights > STAY_NIGHTS_MAX)] = Outcome.INVALID
    code[(code == Outcome.OK) & too_large_parties(catalog, lines.products, askings)] = Outcome.TOO_MANY_GUESTS
    return code


def _pay_orders(
    version: PriceVersion, sold: NDArray[np.int64], askings: Askings, rooms: NDArray[np.int64] | int,
    summed: NDArray[np.int64], out: NDArray[np.int64],
) -> None:  # fmt: skip
    """Let points pay of the price of all rooms of a line: summed, out (A_FIELDS, line) int64: the answers of all rooms
    and of the first one [out changed].
    """
    program = version.compiled.program
    offered = np.array([asking.points for asking in askings.some], np.int64)
    if not offered.any():
        return
    many = (offered[askings.of] > 0) & (np.asarray(rooms, np.int64) > 1)
    for line in np.flatnonzero(many).tolist():
        rule = None if program is None else points_rule_of(program, int(sold[line]))
        if rule is not None:
            net_minor, taxes_minor = int(summed[do.A_NET, line]), int(summed[do.A_TAXES, line])
            paid = rule.paid(int(offered[askings.of[line]]), net_minor, taxes_minor)
            out[do.A_PAID, line], out[do.A_POINTS, line] = paid


def quote_program(
    catalog: Catalog,
    inventory: Inventory,
    version: PriceVersion,
    frame: pl.DataFrame,
    lines: ProgramLines,
    rooms: NDArray[np.int64] | int,
    currencies: pl.Series,
    marks: Marks | None = None,
) -> pl.DataFrame:
    """The answer of `Engine.quote_many`, with net, taxes, what is payable, points and the promotions applied, and with
    marks the masks of rules and of refusals.
    """
    askings = askings_of(frame)
    code = _outcomes(catalog, version, lines, askings)
    ready = np.flatnonzero(code == Outcome.OK)
    sold, out, bits, _ = answers_of(catalog, inventory, version, lines, askings, ready, marks)
    code[out[do.A_CODE] == by_line.CODE_TOO_MANY_GUESTS] = Outcome.TOO_MANY_GUESTS
    summed = out
    if isinstance(rooms, np.ndarray):
        others = out
        if version.compiled.program is not None:
            some, told = _other_rooms(version.compiled.program, askings, rooms, np.flatnonzero(code == Outcome.OK))
            if len(some):
                others = out.copy()
                others[:, some] = priced_lines(catalog, inventory, version, lines, told, some).out[:, some]
        summed = out + others * (rooms - 1)
    total = summed[do.A_NET] + summed[do.A_TAXES]
    _pay_orders(version, sold, askings, rooms, summed, out)
    frame = pl.DataFrame(
        {
            "outcome": code, "total_minor": total, "currency": currencies, "lead_days": lines.lead_days,
            "net_minor": summed[do.A_NET], "taxes_minor": summed[do.A_TAXES],
            "included_taxes_minor": summed[do.A_INCLUDED],
            "payable_minor": total - out[do.A_PAID], "points_used": out[do.A_POINTS],
            "applied": _applied(version, sold, out[do.A_OFFERS]),
        }
    )  # fmt: skip
    amounts = [
        "total_minor",
        "net_minor",
        "taxes_minor",
        "included_taxes_minor",
        "payable_minor",
        "points_used",
        "applied",
    ]
    if marks is not None:
        refused = _refused(catalog, version, lines, askings) | (out[do.A_CODE] != 0) * np.int64(NoPrice.SIZE)
        frame = frame.with_columns(
            rule_set=marks.set_of[lines.tiers, lines.products],
            **dict(zip(marks.columns, bits.view(np.uint64), strict=True)),
            refused=refused.astype(np.uint8),
        )
        amounts += marks.columns
    if not code.any():
        return frame
    return frame.with_columns(pl.when(pl.col("outcome") == 0).then(pl.col(name)).alias(name) for name in amounts)


def _other_rooms(
    program: Program, askings: Askings, rooms: NDArray[np.int64] | int, ready: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Askings]:
    """Lines whose other rooms cost something else than the first, because a coupon acts once an order; and the
    questions for these rooms.
    """
    if not program.order_coupons:
        return ready[:0], askings
    some, of = list(askings.some), askings.of.copy()
    count = np.broadcast_to(np.asarray(rooms, np.int64), len(of))
    pairs, pair = np.unique(np.stack([askings.of, count], axis=1), axis=0, return_inverse=True)
    for number, (asked, order) in enumerate(pairs.tolist()):
        beside = program.beside(some[asked], order)
        if beside is not None:
            of[pair.reshape(-1) == number] = len(some)
            some.append(beside)
    return ready[of[ready] >= len(askings.some)], Askings(some, of)


def _applied(version: PriceVersion, sold: NDArray[np.int64], bits: NDArray[np.int64]) -> pl.Series:
    """The positions of the promotions that bits name; each choice of a rule set is looked up once."""
    program = version.compiled.program
    if program is None:
        return pl.Series([[]] * len(sold), dtype=pl.List(pl.Int32))
    alike: dict[tuple[int, ...], int] = {}  # most rule sets have the same promotions
    kind_of_set = np.array([alike.setdefault(tuple(each), len(alike)) for each in program.sets.promotions], np.int64)
    _, set_of_kind = np.unique(kind_of_set, return_index=True)
    width = int(bits.max(initial=0)) + 1
    if width * len(alike) < _TABLE_MAX:
        key = kind_of_set[program.set_of_product[sold]] * width + bits
        there = np.zeros(width * len(alike), np.bool_)
        there[key] = True
        distinct, number = np.flatnonzero(there), (np.cumsum(there, dtype=np.int64) - 1)[key]
        choices = distinct % width
    else:
        chosen, place = np.unique(bits, return_inverse=True)
        width = len(chosen)
        distinct, number = np.unique(kind_of_set[program.set_of_product[sold]] * width + place, return_inverse=True)
        choices = chosen[distinct % width]
    sets = set_of_kind[distinct // width]
    named = [program.applied(*pair) for pair in zip(sets.tolist(), choices.tolist(), strict=True)]
    ends = np.cumsum([0, *map(len, named)], dtype=np.int32)
    lists = pa.ListArray.from_arrays(ends, pa.array([each for some in named for each in some], pa.int32()))
    return pl.Series(lists).gather(number)


def _refused(catalog: Catalog, version: PriceVersion, lines: ProgramLines, askings: Askings) -> NDArray[np.int64]:
    """Bits of `NoPrice`, before anything is priced."""
    first = lines.arrivals - version.first_night
    reasons = (
        (NoPrice.PAST, lines.lead_days < 0),
        (NoPrice.BEYOND, (first < 0) | (first + np.maximum(lines.nights, 1) > version.n_nights)),
        (NoPrice.NIGHTS, (lines.nights < 1) | (lines.nights > STAY_NIGHTS_MAX)),
        (NoPrice.PARTY, too_large_parties(catalog, lines.products, askings)),
    )
    return sum((there * np.int64(reason) for reason, there in reasons), np.zeros(len(first), np.int64))
