"""What lines cost: most in blocks, in the order of their rule sets; what has no such form line by line."""

from __future__ import annotations

import os
from functools import partial
from threading import local
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.prices.program_lines import Askings, ProgramLines, check_questions, fills_of
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.program import line_blocks as in_blocks
from nightgrid.native.program import line_classes as of
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_blocks import price_line_blocks
from nightgrid.native.program.line_prices import price_lines
from nightgrid.native.program.line_work import LineWork, make_line_work
from nightgrid.native.program.rule_marks import X_BITS, mark_lines
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import Marks
from nightgrid.search.long_prices import LongPrice, long_price
from nightgrid.search.matrices import in_threads
from nightgrid.search.price_blocks import lanes_of, row_shop
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.stay_prices import check_total, lines_of, refuse, workshop
from nightgrid.search.ways import ways

Words = NDArray[np.int64]
_WHAT: Final = "quote_many"
_LINES_AT_ONCE: Final = 8_192
#: Lines that a thread prices together; a line's question is told by so many bits at most.
_PART: Final = 1 << of.ASKING_BITS
#: Fewer lines than these are priced one by one: to order them would cost more.
_LINES_MIN: Final = 256
_NOTHING: Final = np.zeros(0, np.int64)
_NO_WEIGHTS: Final = np.zeros((0, 2), np.int64)
_thread = local()


class Answers(NamedTuple):
    """Of all lines: products sold int64, answers (A_FIELDS, line) int64, masks of the rules that acted (word, line)
    int64; nought where nothing was asked. long: of the lines that were priced in longer numbers.
    """

    sold: Words
    out: Words
    bits: Words
    long: dict[int, LongPrice]


class _Asked(NamedTuple):
    """What is asked about some lines, as kernels take it: which they are, (line, L_FIELDS), questions' words (question,
    word), where house fill stands and the fills, all int64.
    """

    some: Words
    table: Words
    silent: NDArray[np.bool_]
    words: Words
    fills: Words


def answers_of(
    catalog: Catalog, inventory: Inventory, version: PriceVersion, lines: ProgramLines, askings: Askings, ready: Words,
    marks: Marks | None,
) -> Answers:  # fmt: skip
    """What the lines `ready` cost, and the masks of their rules. InputError for a question that the book cannot answer,
    and where numbers are too large. O(lines x (nights + steps of a plan) + rules for every class of lines).
    """
    answers = priced_lines(catalog, inventory, version, lines, askings, ready)
    if marks is None:
        return answers
    bits = np.zeros((marks.words, len(lines.products)), np.int64)
    asked = _asked(catalog, inventory, version, lines, askings, ready)
    work = partial(_marked, version, lines, askings, marks, asked, answers)
    parts = [slice(start, start + _LINES_AT_ONCE) for start in range(0, len(ready), _LINES_AT_ONCE)]
    for part, found in zip(parts, in_threads(work, parts), strict=True):
        bits[:, ready[part]] = found
    return answers._replace(bits=bits)


def priced_lines(
    catalog: Catalog, inventory: Inventory, version: PriceVersion, lines: ProgramLines, askings: Askings, ready: Words
) -> Answers:
    """The same without masks."""
    program = _program(version)
    out = np.zeros((do.A_FIELDS, len(lines.products)), np.int64)
    sold = lines.products.copy()
    asked = _asked(catalog, inventory, version, lines, askings, ready)
    check_questions(program, lines, askings, ready, asked.table)
    sold[ready] = asked.table[:, by_line.L_PRODUCT]
    left = _in_blocks(version, lines, askings, asked, out)
    work = partial(_one_by_one, version, lines, askings, asked)
    parts = [left[start : start + _LINES_AT_ONCE] for start in range(0, len(left), _LINES_AT_ONCE)]
    long: dict[int, LongPrice] = {}
    for part, (answer, found) in zip(parts, in_threads(work, parts), strict=True):
        out[:, ready[part]] = answer.T
        long |= found
    ways.add(len(ready) - len(left), len(left))
    check_total(int((out[do.A_NET] + out[do.A_TAXES]).max(initial=0)), _WHAT)
    return Answers(sold, out, np.zeros((0, len(sold)), np.int64), long)


def _program(version: PriceVersion) -> Program:
    program = version.compiled.program
    if program is None:
        raise InputError("the book has no program")
    return program


def _asked(
    catalog: Catalog, inventory: Inventory, version: PriceVersion, lines: ProgramLines, askings: Askings, some: Words
) -> _Asked:
    program = _program(version)
    first = lines.arrivals[some] - version.first_night
    table, silent = lines_of(program, lines.products[some], lines.tiers[some], first)
    words = [program.template(asking).words for asking in askings.some]
    asked = np.zeros((len(words), max(map(len, words))), np.int64)
    for number, each in enumerate(words):
        asked[number, : len(each)] = each
    table[:, by_line.L_FILL], fills = fills_of(catalog, inventory, program, lines, askings, some)
    return _Asked(some, table, silent, asked, fills)


def _work(lines: int, planes: int) -> LineWork:
    """Scratch memory of this thread."""
    kept: LineWork | None = getattr(_thread, "work", None)
    if kept is None or len(kept.amount) < lines or len(kept.sums) < planes:
        kept = _thread.work = make_line_work(max(lines, _LINES_AT_ONCE), planes)
    return kept


def _lanes(version: PriceVersion, program: Program, askings: Askings, asked: _Asked, nights: Words) -> Words:
    """Where the nights of each line stand in the running sums; -1 - product where they do not."""
    sold = asked.table[:, by_line.L_PRODUCT]
    matrices = version.matrices
    if matrices is None or len(program.leads) > 1 or len(program.fills) > 1:
        return -1 - sold
    lane = lanes_of(version)[sold]
    there = matrices.bad[lane] >= asked.table[:, by_line.L_FIRST] + nights
    if program.asks_guests:
        anybody = [not program.per_person and asking.adults is None for asking in askings.some]
        there &= np.array(anybody)[askings.of[asked.some]]
    return np.where(there, lane, -1 - sold)


def _in_blocks(version: PriceVersion, lines: ProgramLines, askings: Askings, asked: _Asked, out: Words) -> Words:
    """Price lines in blocks, into out (A_FIELDS, line); returns which of `asked` are left."""
    program, some = _program(version), asked.some
    booked = lines.arrivals[some] - lines.lead_days[some]
    if len(some) < _LINES_MIN or int(np.ptp(booked)) >= 1 << of.BOOKED_BITS:
        return np.arange(len(some))
    since = int(booked.min())
    nights, sets = lines.nights[some], program.set_of_product[asked.table[:, by_line.L_PRODUCT]]
    order = _order(sets, nights)
    own = askings.of[some]
    table = np.empty((len(some), of.LINE_FIELDS), np.int64)
    table[:, of.N_STAGE] = asked.table[:, by_line.L_STAGE]
    table[:, of.N_LANE] = _lanes(version, program, askings, asked, nights)
    table[:, of.N_FIRST] = asked.table[:, by_line.L_FIRST]
    table[:, of.N_NIGHTS] = nights
    table[:, of.N_TIER] = 2 * lines.tiers[some] + asked.silent
    table[:, of.N_LEAD] = lines.lead_days[some]
    table[:, of.N_ASKING] = own
    table[:, of.N_FILL] = asked.table[:, by_line.L_FILL]
    sums = version.matrices.sums if version.matrices is not None else np.zeros((1, 1, 1), np.int64)
    about = np.array(
        [
            version.first_night, version.n_nights, since, sums.ctypes.data, sums.itemsize, sums.shape[2],
            *((version.matrices.mask, version.matrices.largest) if version.matrices is not None else (0, 0)),
            program.by_night, program.lead_of_night,
        ], np.int64,
    )  # fmt: skip
    answers = np.zeros((do.A_FIELDS, len(some)), np.int64)
    parts = max(os.cpu_count() or 1, -(-len(some) // _PART)) if len(some) > _LINES_AT_ONCE else 1

    def price(part: Words) -> None:
        words, told = asked.words, table
        if len(words) >= _PART:  # only the questions of these lines
            numbers, of_part = np.unique(own[part], return_inverse=True)
            words, told = asked.words[numbers], table.copy()
            told[part, of.N_ASKING] = of_part
        price_line_blocks(
            program.desk, program.terms, program.scales, words, asked.fills, about, told, part, workshop(), row_shop(1),
            _work(len(part), len(program.scales)), answers,
        )  # fmt: skip

    in_threads(price, np.array_split(order, parts))
    out[:, some] = answers
    return np.flatnonzero(answers[do.A_CODE] >= in_blocks.LEFT_CODE)


def _order(sets: NDArray[np.int32], nights: Words) -> Words:
    """The lines by length of stay, then by rule set: sorted by radix where numbers are small."""
    small = int(sets.max()) < 2**16
    order = np.argsort(sets.astype(np.uint16) if small else sets, kind="stable")
    if int(nights.min()) == int(nights.max()):
        return order
    return order[np.argsort(nights[order].astype(np.uint16), kind="stable")]


def _questions(lines: ProgramLines, askings: Askings, asked: _Asked, part: Words | slice) -> tuple[Words, Words]:
    """(questions (line, word), lines (line, L_FIELDS)) of some of the lines asked, both int64."""
    some = asked.some[part]
    queries = asked.words[askings.of[some]]
    queries[:, do.Q_ARRIVAL], queries[:, do.Q_NIGHTS] = lines.arrivals[some], lines.nights[some]
    queries[:, do.Q_LEAD], queries[:, do.Q_TIER] = lines.lead_days[some], lines.tiers[some]
    queries[:, do.Q_SILENT] = asked.silent[part]
    table = np.ascontiguousarray(asked.table[part])
    table[:, by_line.L_QUERY] = np.arange(len(some))
    return queries, table


def _one_by_one(
    version: PriceVersion, lines: ProgramLines, askings: Askings, asked: _Asked, part: Words
) -> tuple[Words, dict[int, LongPrice]]:
    """Answers (line, A_FIELDS) of some of the lines asked, each by the definition, and those in longer numbers."""
    program = _program(version)
    queries, table = _questions(lines, askings, asked, part)
    out = np.empty((len(table), do.A_FIELDS), np.int64)
    tables = (program.desk, program.terms, program.scales, program.flags, queries, table)
    price_lines(*tables, asked.fills, workshop(), out, _NOTHING, _NO_WEIGHTS)
    long: dict[int, LongPrice] = {}
    for place in np.flatnonzero(out[:, do.A_CODE] == by_line.CODE_TOO_LARGE).tolist():
        found = _long(version, lines, askings, asked, int(part[place]))
        out[place], long[int(asked.some[part[place]])] = found.answer, found
    for place in np.flatnonzero(out[:, do.A_CODE] == by_line.CODE_TOO_MANY_SETS).tolist():
        refuse(int(out[place, do.A_CODE]), f"{_WHAT}, row {int(asked.some[part[place]])}")
    return out, long


def _long(version: PriceVersion, lines: ProgramLines, askings: Askings, asked: _Asked, place: int) -> LongPrice:
    """The price of one of the lines asked in longer numbers."""
    line, begin = int(asked.some[place]), int(asked.table[place, by_line.L_FILL])
    stay = int(lines.arrivals[line]), int(lines.nights[line]), int(lines.lead_days[line]), int(lines.tiers[line])
    fill = asked.fills[begin : begin + stay[1]].tolist() if begin >= 0 else []
    return long_price(version, int(lines.products[line]), stay, askings.some[askings.of[line]], fill)


def _marked(
    version: PriceVersion, lines: ProgramLines, askings: Askings, marks: Marks, asked: _Asked, answers: Answers,
    part: slice,
) -> Words:  # fmt: skip
    """Masks (word, line) of some of the lines asked."""
    program, some = _program(version), asked.some[part]
    queries, table = _questions(lines, askings, asked, part)
    told = np.ascontiguousarray(answers.out[:, some].T)
    long = [place for place, line in enumerate(some.tolist()) if line in answers.long] if answers.long else []
    told[long, do.A_CODE] = by_line.CODE_TOO_LARGE
    bits = np.zeros((marks.words, len(some)), np.int64)
    more = marks.more(lines.products[some], table[:, by_line.L_PRODUCT], lines.tiers[some])
    tables = (program.desk, program.terms, program.scales, program.flags, queries, table)
    for of_word, word in zip(marks.tables, bits, strict=True):
        mark_lines(of_word, *tables, more, asked.fills, workshop(), told, word)
    for place in long:
        bits[:, place] = marks.bits_of(int(more[place, X_BITS]), answers.long[int(some[place])].acted)
    return bits
