"""Many quotes of a book with a full pipeline: columns in, a kernel over the lines, columns out."""

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
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_prices import price_lines
from nightgrid.native.program.rule_marks import mark_lines
from nightgrid.outcomes import NoPrice, Outcome
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import Marks
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.stay_prices import check_total, lines_of, refuse, workshop

_WHAT = "quote_many"
#: Columns of the guest's question, as the fields of `Asking`.
ASKED = ("adults", "children", "channel", "country", "device", "language", "coupons", "points", "packages", "fill_bp")
_LINES_AT_ONCE = 8_192
_NOTHING = np.zeros(0, np.int64)


class _Answers(NamedTuple):
    """Of some lines: products sold int64, answers (line, A_FIELDS) int64, bits of the rules that acted int64."""

    sold: NDArray[np.int64]
    out: NDArray[np.int64]
    bits: NDArray[np.int64]


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


def askings_of(frame: pl.DataFrame) -> list[Asking]:
    """The guest's question of every line; equal ones are made once."""
    given = [name for name in ASKED if name in frame.columns]
    if not given:
        return [Asking()] * len(frame)
    made: dict[str, Asking] = {}
    found = []
    for number, row in enumerate(frame.select(given).iter_rows(named=True)):
        known = made.get(key := repr(row))
        if known is None:
            fields: dict[str, Any] = {name: value for name, value in row.items() if value is not None}
            try:
                known = made[key] = Asking(**fields)
            except NightgridError as error:
                raise type(error)(f"{_WHAT}: row {number}: {error}") from None
        found.append(known)
    return found


def too_large_parties(catalog: Catalog, products: NDArray[np.int64], askings: list[Asking]) -> NDArray[np.bool_]:
    """Whether more guests are told than the room type takes."""
    most = catalog.guests_max[catalog.product_row[products]]
    return np.array([asking.guests or 0 for asking in askings], np.int64) > most


def _outcomes(catalog: Catalog, version: PriceVersion, lines: ProgramLines, askings: list[Asking]) -> NDArray[np.int16]:
    """Why a line has no price before anything is computed; OK where there is no reason."""
    first = lines.arrivals - version.first_night
    outside = (first < 0) | (first + lines.nights > version.n_nights) | (lines.lead_days < 0)
    code = np.where(outside, Outcome.OUTSIDE_HORIZON, Outcome.OK).astype(np.int16)
    code[(lines.nights < 1) | (lines.nights > STAY_NIGHTS_MAX)] = Outcome.INVALID
    code[(code == Outcome.OK) & too_large_parties(catalog, lines.products, askings)] = Outcome.TOO_MANY_GUESTS
    return code


def quote_program(
    catalog: Catalog,
    inventory: Inventory,
    version: PriceVersion,
    frame: pl.DataFrame,
    lines: ProgramLines,
    rooms: NDArray[np.int64] | int,
    currencies: NDArray[np.str_],
    marks: Marks | None = None,
) -> pl.DataFrame:
    """The answer of `Engine.quote_many`, with net, taxes, what is payable, points and the promotions applied, and with
    marks the masks of rules and of refusals.
    """
    askings = askings_of(frame)
    code = _outcomes(catalog, version, lines, askings)
    out = np.zeros((len(frame), do.A_FIELDS), np.int64)
    sold = lines.products.copy()
    bits = np.zeros(len(frame), np.int64)
    ready = np.flatnonzero(code == Outcome.OK)
    for start in range(0, len(ready), _LINES_AT_ONCE):
        part = ready[start : start + _LINES_AT_ONCE]
        sold[part], out[part], bits[part] = _priced(catalog, inventory, version, lines, askings, part, marks)
    code[out[:, do.A_CODE] == by_line.CODE_TOO_MANY_GUESTS] = Outcome.TOO_MANY_GUESTS
    program = version.compiled.program
    others = out.copy()
    if program is not None:
        some, told = _other_rooms(program, askings, rooms, np.flatnonzero(code == Outcome.OK))
        for start in range(0, len(some), _LINES_AT_ONCE):
            part = some[start : start + _LINES_AT_ONCE]
            others[part] = _priced(catalog, inventory, version, lines, told, part, None).out
    summed = out + others * (np.broadcast_to(np.asarray(rooms, np.int64), len(out)) - 1)[:, None]
    total = summed[:, do.A_NET] + summed[:, do.A_TAXES]
    applied = [
        [] if program is None or not given else list(program.promotions(product, given))
        for product, given in zip(sold.tolist(), out[:, do.A_OFFERS].tolist(), strict=True)
    ]
    answer = pl.DataFrame(
        {
            "outcome": code, "total_minor": total, "currency": currencies, "lead_days": lines.lead_days,
            "net_minor": summed[:, do.A_NET], "taxes_minor": summed[:, do.A_TAXES],
            "included_taxes_minor": summed[:, do.A_INCLUDED],
            "payable_minor": total - out[:, do.A_PAID], "points_used": out[:, do.A_POINTS],
            "applied": pl.Series(applied, dtype=pl.List(pl.Int32)),
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
        refused = _refused(catalog, version, lines, askings) | (out[:, do.A_CODE] != 0) * np.int64(NoPrice.SIZE)
        answer = answer.with_columns(
            rule_set=marks.set_of[lines.tiers, lines.products],
            applied_rules=bits.view(np.uint64),
            refused=refused.astype(np.uint8),
        )
        amounts.append("applied_rules")
    return answer.with_columns(pl.when(pl.col("outcome") == 0).then(pl.col(name)).alias(name) for name in amounts)


def _other_rooms(
    program: Program, askings: list[Asking], rooms: NDArray[np.int64] | int, ready: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Asking]]:
    """Lines whose other rooms cost something else than the first, because a coupon acts once an order; and the
    questions for these rooms, by line.
    """
    if not program.order_coupons:
        return ready[:0], askings
    count = np.broadcast_to(np.asarray(rooms, np.int64), len(askings)).tolist()
    beside = [program.beside(asking, number) for asking, number in zip(askings, count, strict=True)]
    some = ready[[beside[line] is not None for line in ready.tolist()]]
    return some, [asking if other is None else other for asking, other in zip(askings, beside, strict=True)]


def _refused(catalog: Catalog, version: PriceVersion, lines: ProgramLines, askings: list[Asking]) -> NDArray[np.int64]:
    """Bits of `NoPrice`, before anything is priced."""
    first = lines.arrivals - version.first_night
    reasons = (
        (NoPrice.PAST, lines.lead_days < 0),
        (NoPrice.BEYOND, (first < 0) | (first + np.maximum(lines.nights, 1) > version.n_nights)),
        (NoPrice.NIGHTS, (lines.nights < 1) | (lines.nights > STAY_NIGHTS_MAX)),
        (NoPrice.PARTY, too_large_parties(catalog, lines.products, askings)),
    )
    return sum((there * np.int64(reason) for reason, there in reasons), np.zeros(len(first), np.int64))


def _priced(
    catalog: Catalog,
    inventory: Inventory,
    version: PriceVersion,
    lines: ProgramLines,
    askings: list[Asking],
    part: NDArray[np.int64],
    marks: Marks | None,
) -> _Answers:
    """What some lines cost."""
    program = version.compiled.program
    if program is None:
        raise InputError("the book has no program")
    first = lines.arrivals[part] - version.first_night
    own = program.tier_product[lines.tiers[part], lines.products[part]]
    table, _ = lines_of(program, lines.products[part], lines.tiers[part], first)
    queries = np.empty((len(part), do.Q_FIELDS), np.int64)
    fills: list[int] = []
    live_first, live = np.zeros(len(part), np.int64), _NOTHING
    if len(program.fills) > 1 and any(askings[line].fill_bp is None for line in part.tolist()):
        hotels = catalog.row_hotel[catalog.product_row[lines.products[part]]]
        live_first, live = inventory.fills(hotels, lines.arrivals[part], lines.nights[part])
    for place, line in enumerate(part.tolist()):
        asking = askings[line]
        if program.per_person and asking.adults is None:
            raise InputError(f"{_WHAT}: row {line}: the rule book prices each person; give a column adults")
        program.check_packages(int(table[place, by_line.L_PRODUCT]), asking)
        nights, lead = int(lines.nights[line]), int(lines.lead_days[line])
        queries[place] = program.question(
            asking, int(lines.arrivals[line]), nights, lead, int(lines.tiers[line]), silent=bool(own[place] >= 0)
        )
        fill: Any = asking.fill_bp
        if fill is not None and len(fill) != nights:
            raise InputError(f"{_WHAT}: row {line}: fill_bp has {len(fill)} numbers for {nights} nights")
        if fill is None and len(live):
            fill = live[live_first[place] : live_first[place] + nights].tolist()
        if fill is not None:
            table[place, by_line.L_FILL] = len(fills)
            fills += fill
    out = np.empty((len(part), do.A_FIELDS), np.int64)
    tables = (program.desk, program.terms, program.scales, program.flags, queries, table)
    shown = np.array(fills or [0], np.int64)
    price_lines(*tables, shown, workshop(), out, _NOTHING, np.zeros((0, 2), np.int64))
    bits = np.zeros(len(part), np.int64)
    if marks is not None:
        more = marks.more(lines.products[part], table[:, by_line.L_PRODUCT], lines.tiers[part])
        mark_lines(marks.tables, *tables, more, shown, workshop(), out, bits)
    for place in np.flatnonzero(out[:, do.A_CODE]).tolist():
        if out[place, do.A_CODE] != by_line.CODE_TOO_MANY_GUESTS:
            refuse(int(out[place, do.A_CODE]), f"{_WHAT}, row {int(part[place])}")
    check_total(int((out[:, do.A_NET] + out[:, do.A_TAXES]).max(initial=0)), _WHAT)
    return _Answers(table[:, by_line.L_PRODUCT], out, bits)
