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
from nightgrid.native.program.rule_marks import X_BITS, mark_lines
from nightgrid.outcomes import NoPrice, Outcome
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import Marks
from nightgrid.search.long_prices import long_price
from nightgrid.search.matrices import in_threads
from nightgrid.search.order_points import points_rule_of
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.stay_prices import check_total, lines_of, refuse, workshop

_WHAT = "quote_many"
#: Columns of the guest's question, as the fields of `Asking`.
ASKED = (
    "adults", "children", "channel", "country", "device", "language", "coupons", "points", "packages", "fill_bp",
    "booking_time", "rooms_left",
)  # fmt: skip
_LINES_AT_ONCE = 8_192
_NOTHING = np.zeros(0, np.int64)


class _Answers(NamedTuple):
    """Of some lines: products sold int64, answers (line, A_FIELDS) int64, masks of the rules that acted (word, line)
    int64.
    """

    sold: NDArray[np.int64]
    out: NDArray[np.int64]
    bits: NDArray[np.int64]


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


def askings_of(frame: pl.DataFrame) -> Askings:
    """The guest's question of every line; equal ones are made once."""
    given = [name for name in ASKED if name in frame.columns]
    if not given:
        return Askings([ANYBODY], np.zeros(len(frame), np.int64))
    made: dict[str, int] = {}
    some: list[Asking] = []
    found = np.empty(len(frame), np.int64)
    for number, row in enumerate(frame.select(given).iter_rows(named=True)):
        known = made.get(key := repr(row))
        if known is None:
            fields: dict[str, Any] = {name: value for name, value in row.items() if value is not None}
            try:
                some.append(Asking(**fields))
            except NightgridError as error:
                raise type(error)(f"{_WHAT}: row {number}: {error}") from None
            known = made[key] = len(some) - 1
        found[number] = known
    return Askings(some, found)


def too_large_parties(catalog: Catalog, products: NDArray[np.int64], askings: Askings) -> NDArray[np.bool_]:
    """Whether more guests are told than the room type takes."""
    guests = np.array([asking.guests or 0 for asking in askings.some] or [0], np.int64)
    found: NDArray[np.bool_] = guests[askings.of] > catalog.guests_max[catalog.product_row[products]]
    return found


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
    """Let points pay of the price of all rooms of a line: summed, out (line, A_FIELDS) int64: the answers of all rooms
    and of the first one [out changed].
    """
    program = version.compiled.program
    offered = np.array([asking.points for asking in askings.some], np.int64)
    many = (offered[askings.of] > 0) & (np.asarray(rooms, np.int64) > 1)
    for line in np.flatnonzero(many).tolist():
        rule = None if program is None else points_rule_of(program, int(sold[line]))
        if rule is not None:
            net_minor, taxes_minor = int(summed[line, do.A_NET]), int(summed[line, do.A_TAXES])
            paid = rule.paid(int(offered[askings.of[line]]), net_minor, taxes_minor)
            out[line, do.A_PAID], out[line, do.A_POINTS] = paid


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
    bits = np.zeros((marks.words if marks is not None else 0, len(frame)), np.int64)
    ready = np.flatnonzero(code == Outcome.OK)
    parts = [ready[start : start + _LINES_AT_ONCE] for start in range(0, len(ready), _LINES_AT_ONCE)]
    answers = in_threads(lambda part: _priced(catalog, inventory, version, lines, askings, part, marks), parts)
    for part, answer in zip(parts, answers, strict=True):
        sold[part], out[part], bits[:, part] = answer
    code[out[:, do.A_CODE] == by_line.CODE_TOO_MANY_GUESTS] = Outcome.TOO_MANY_GUESTS
    others = out.copy()
    if version.compiled.program is not None:
        some, told = _other_rooms(version.compiled.program, askings, rooms, np.flatnonzero(code == Outcome.OK))
        for start in range(0, len(some), _LINES_AT_ONCE):
            part = some[start : start + _LINES_AT_ONCE]
            others[part] = _priced(catalog, inventory, version, lines, told, part, None).out
    summed = out + others * (np.broadcast_to(np.asarray(rooms, np.int64), len(out)) - 1)[:, None]
    total = summed[:, do.A_NET] + summed[:, do.A_TAXES]
    _pay_orders(version, sold, askings, rooms, summed, out)
    frame = pl.DataFrame(
        {
            "outcome": code, "total_minor": total, "currency": currencies, "lead_days": lines.lead_days,
            "net_minor": summed[:, do.A_NET], "taxes_minor": summed[:, do.A_TAXES],
            "included_taxes_minor": summed[:, do.A_INCLUDED],
            "payable_minor": total - out[:, do.A_PAID], "points_used": out[:, do.A_POINTS],
            "applied": _applied(version, sold, out[:, do.A_OFFERS]),
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
        frame = frame.with_columns(
            rule_set=marks.set_of[lines.tiers, lines.products],
            **dict(zip(marks.columns, bits.view(np.uint64), strict=True)),
            refused=refused.astype(np.uint8),
        )
        amounts += marks.columns
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
    chosen, place = np.unique(bits, return_inverse=True)
    key = program.set_of_product[sold] * np.int64(len(chosen)) + place
    distinct, number = np.unique(key, return_inverse=True)
    sets, choices = np.divmod(distinct, max(len(chosen), 1))
    named = [list(program.applied(*pair)) for pair in zip(sets.tolist(), chosen[choices].tolist(), strict=True)]
    return pl.Series(named, dtype=pl.List(pl.Int32)).gather(number)


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


def _priced(
    catalog: Catalog,
    inventory: Inventory,
    version: PriceVersion,
    lines: ProgramLines,
    askings: Askings,
    part: NDArray[np.int64],
    marks: Marks | None,
) -> _Answers:
    """What some lines cost."""
    program = version.compiled.program
    if program is None:
        raise InputError("the book has no program")
    first = lines.arrivals[part] - version.first_night
    table, silent = lines_of(program, lines.products[part], lines.tiers[part], first)
    _check_questions(program, lines, askings, part, table)
    words = [program.template(asking).words for asking in askings.some]
    asked = np.zeros((len(words), max(map(len, words))), np.int64)
    for number, each in enumerate(words):
        asked[number, : len(each)] = each
    queries = asked[askings.of[part]]
    queries[:, do.Q_ARRIVAL], queries[:, do.Q_NIGHTS] = lines.arrivals[part], lines.nights[part]
    queries[:, do.Q_LEAD], queries[:, do.Q_TIER] = lines.lead_days[part], lines.tiers[part]
    queries[:, do.Q_SILENT] = silent
    table[:, by_line.L_FILL], shown = _fills_of(catalog, inventory, program, lines, askings, part)
    out = np.empty((len(part), do.A_FIELDS), np.int64)
    tables = (program.desk, program.terms, program.scales, program.flags, queries, table)
    price_lines(*tables, shown, workshop(), out, _NOTHING, np.zeros((0, 2), np.int64))
    bits = np.zeros((0 if marks is None else marks.words, len(part)), np.int64)
    if marks is not None:
        more = marks.more(lines.products[part], table[:, by_line.L_PRODUCT], lines.tiers[part])
        for of_word, word in zip(marks.tables, bits, strict=True):
            mark_lines(of_word, *tables, more, shown, workshop(), out, word)
    for place in np.flatnonzero(out[:, do.A_CODE] == by_line.CODE_TOO_LARGE).tolist():
        line, begin = int(part[place]), int(table[place, by_line.L_FILL])
        stay = int(lines.arrivals[line]), int(lines.nights[line]), int(lines.lead_days[line]), int(lines.tiers[line])
        fill = shown[begin : begin + stay[1]].tolist() if begin >= 0 else []
        long = long_price(version, int(lines.products[line]), stay, askings.some[askings.of[line]], fill)
        out[place] = long.answer
        if marks is not None:
            bits[:, place] = marks.bits_of(int(more[place, X_BITS]), long.acted)
    for place in np.flatnonzero(out[:, do.A_CODE] == by_line.CODE_TOO_MANY_SETS).tolist():
        refuse(int(out[place, do.A_CODE]), f"{_WHAT}, row {int(part[place])}")
    check_total(int((out[:, do.A_NET] + out[:, do.A_TAXES]).max(initial=0)), _WHAT)
    return _Answers(table[:, by_line.L_PRODUCT], out, bits)


def _check_questions(
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


def _fills_of(
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
