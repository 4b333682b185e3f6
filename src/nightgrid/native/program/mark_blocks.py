"""Which rules made the prices of many rows: what is the same for all rows of a rule set is looked at once.

Most of a mask does not depend on the row. The rules of a stay's stages depend on the question alone, and change on a
few arrivals (`row_arrivals`); those of single nights stand once a night and are gathered by `or`; which promotions were
chosen the block form of the prices tells. Rules that look at an amount (brackets of taxes, free nights from a spend,
points) become edges, once for an arrival, stay and tier: each row compares its amounts with them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, called_kernel, kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_blocks as by_block
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.conditions import holds
from nightgrid.native.program.mark_amounts import (
    E_FIELDS,
    EDGES_MAX,
    Amounts,
    edges_of,
    has_bracket,
    has_spend,
    of_amounts,
)
from nightgrid.native.program.night_marks import (
    bits_of_set,
    borrowed_tables,
    is_derived,
    mark_moved,
    mark_night,
    mark_rule,
)
from nightgrid.native.program.row_arrivals import WEEKDAYS, mark_arrivals
from nightgrid.native.program.rule_marks import M_FREE, M_TAX, M_TIER, is_due, mark_listed, mark_single
from nightgrid.native.store.views import borrowed

#: Fields of a group beside those of `row_blocks`: rows side by side that have these alike.
G_BITS: Final = by_block.G_FIELDS  # its row of bit_of
G_NUMBERS: Final = G_BITS + 1  # where the numbers of the rule set of the product that is sold stand
G_ASKED: Final = G_BITS + 2  # the same of the product that was asked for
G_REFUSED: Final = G_BITS + 3  # why none of it has a price
G_AMOUNTS: Final = G_BITS + 4  # bits of the amounts that decide on rules of it: net, before free nights, total
G_LEFT: Final = G_BITS + 5  # whether it is left to others
MARKED_FIELDS: Final = G_BITS + 6

#: Fields of a row.
R_PRODUCT: Final = 0  # that is sold
R_PLACE: Final = 1  # in the answer
R_FILL: Final = 2  # its row of the house fill
R_LEAD: Final = 3  # lead days of the first arrival, as demand counts them
R_REFUSED: Final = 4  # why it has no price
R_FIELDS: Final = 5

#: About all rows: ordinal of night 0 of the tables, index of the first arrival, nights of the tables, whether demand
#: counts lead days to the night; then the bits of a refusal: before the booking day, beyond the window, no such size.
A_ORIGIN: Final = 0
A_ARRIVAL: Final = 1
A_NIGHTS: Final = 2
A_LEAD_OF_NIGHT: Final = 3
A_PAST: Final = 4
A_BEYOND: Final = 5
A_SIZE: Final = 6
ABOUT_FIELDS: Final = 7

#: Rows that are looked at together, so that the bits of their nights stay in the cache.
_ROWS: Final = 64
#: Choices of promotions whose bits are remembered.
_CHOICES: Final = 16


@bare_called_kernel
def _free_nights(tables, terms, stage, query, group):
    """The bit of the free nights that are given where no amount decides."""
    for position in range(terms[stage + term.S_FIRST]):
        rule = terms[stage + term.S_FIRST + 1 + position]
        if terms[rule + term.F_STAY] <= query[do.Q_NIGHTS] and holds(terms, terms[rule + term.F_CONDITIONS], query):
            at = tables.numbers[group[G_NUMBERS] + M_FREE] + position
            return mark_rule(tables, group[G_BITS], tables.numbers[at])
    return np.int64(0)


@bare_called_kernel
def _plain_taxes(tables, terms, stage, query, group):
    """Bits of the taxes without brackets that are due."""
    found, first = np.int64(0), stage + term.S_FIRST
    for position in range(terms[first]):
        rule = terms[first + 1 + position]
        if not has_bracket(terms, rule) and is_due(terms, rule, query, np.int64(0)):
            at = tables.numbers[group[G_NUMBERS] + M_TAX] + position
            found |= mark_rule(tables, group[G_BITS], tables.numbers[at])
    return found


@bare_called_kernel
def _of_stay(tables, terms, query, group, answer):
    """Bits of the stages of a stay that are the same for all rows; answer (A_FIELDS) int64: nought."""
    bits_at, at, stage = group[G_BITS], group[G_NUMBERS], group[by_block.G_STAGE]
    found = tables.always[bits_at]
    while terms[stage] != term.STAGE_END:
        code = terms[stage]
        if code == term.STAGE_FREE:
            if not has_spend(terms, stage):
                found |= _free_nights(tables, terms, stage, query, group)
        elif code == term.STAGE_TAX:
            found |= _plain_taxes(tables, terms, stage, query, group)
        elif code == term.STAGE_PACKAGE:
            found |= mark_listed(tables, terms, stage, query, bits_at, at, answer)
        elif code != term.STAGE_PROMOTION:
            found |= mark_single(tables, terms, stage, query, bits_at, at, answer)
        stage = terms[stage + term.S_NEXT]
    if group[by_block.G_SILENT]:
        found |= mark_rule(tables, bits_at, tables.numbers[group[G_ASKED] + M_TIER])
    return found


@bare_called_kernel
def _of_choice(tables, terms, query, group, answer):
    """Bits of the promotions that were chosen, and of what acts beside them or in their place."""
    found = np.int64(0)
    stage = group[by_block.G_STAGE]
    while terms[stage] != term.STAGE_END:
        if terms[stage] == term.STAGE_PROMOTION:
            found |= mark_listed(tables, terms, stage, query, group[G_BITS], group[G_NUMBERS], answer)
        stage = terms[stage + term.S_NEXT]
    return found


@bare_called_kernel
def _of_arrivals(tables, terms, about, group, query, tiers, changes, weekdays, kept, answer, out, out_why):
    """out (arrival, tier) int64: bits of a stay's stages; out_why (arrival) int64: why there is no price at all [out].

    kept (weekday, tier) int64: what was found since the last change, scratch; changes, weekdays: of `mark_arrivals`.
    """
    nights = query[do.Q_NIGHTS]
    origin = about[A_ORIGIN] + about[A_ARRIVAL]
    mark_arrivals(terms, group[by_block.G_STAGE], query, group[by_block.G_TODAY], origin, changes, weekdays)
    known = np.int64(0)
    answer[do.A_OFFERS] = 0
    for arrival in range(out_why.size):
        if changes[arrival]:
            known = np.int64(0)
        why = group[G_REFUSED]
        lead = origin + arrival - group[by_block.G_TODAY]
        if lead < 0:
            why |= about[A_PAST]
        if about[A_ARRIVAL] + arrival + nights > about[A_NIGHTS]:
            why |= about[A_BEYOND]
        out_why[arrival] = why
        kind = weekdays[(origin + arrival + 6) % WEEKDAYS]
        if why == 0 and known >> kind & 1 == 0:
            known |= 1 << kind
            query[do.Q_ARRIVAL], query[do.Q_LEAD] = origin + arrival, lead
            for tier in range(tiers.shape[0]):
                query[do.Q_TIER] = tiers[tier, 0]
                kept[kind, tier] = _of_stay(tables, terms, query, group, answer)
        for tier in range(tiers.shape[0]):
            out[arrival, tier] = kept[kind, tier] if why == 0 else 0


@bare_called_kernel
def _of_nights(tables, desk, terms, about, group, query, rows, begin, count, fill, of_set, known, scratch, out):
    """out (night, row) int64: bits of single nights, of the arrivals' nights in of_set [out].

    of_set (2, night) int64: of the sets of seasons and bounds known[0], known[1], known[2]: whether there are bounds
    [inout].
    """
    last = of_set.shape[1]
    for i in range(count):
        line = rows[begin + i]
        product, of_row = line[R_PRODUCT], fill[line[R_FILL]]
        if is_derived(desk, product):
            for night in range(last):
                lead = line[R_LEAD] + (night if about[A_LEAD_OF_NIGHT] else 0)
                out[night, i] = mark_night(
                    tables, desk, terms, product, about[A_ARRIVAL] + night, query, max(lead, 0), of_row[night],
                    group[G_BITS], np.int64(0), scratch,
                )  # fmt: skip
            continue
        if known[0] != tables.season_set[product] or known[1] != tables.bounds_set[product]:
            known[0], known[1] = tables.season_set[product], tables.bounds_set[product]
            known[2] = bits_of_set(tables, product, about[A_ARRIVAL], group[G_BITS], of_set)
        if known[2]:
            mark_moved(tables, desk, terms, about[A_LEAD_OF_NIGHT], product, about[A_ARRIVAL], query, line[R_LEAD],
                       of_row, of_set, scratch, out[:last, i])  # fmt: skip
        else:
            for night in range(last):
                out[night, i] = of_set[0, night]


@bare_called_kernel
def _store(tables, terms, query, group, same, why, window, rows, begin, count, base, offers, choices, bits, answer,
           size, amounts, edges, decided, out_bits, out_refused):  # fmt: skip
    """Masks of some rows of one arrival, stay and tier, which stand in the answer from `base` on."""
    for i in range(count):
        to = base + rows[begin + i, R_PLACE]
        reason = why | rows[begin + i, R_REFUSED]
        if reason == 0 and out_refused[to]:
            reason = size
        out_refused[to] = reason
        chosen = offers[to] if offers.size else np.int64(0)
        slot = (chosen ^ chosen >> 4 ^ chosen >> 8) & (_CHOICES - 1)
        if choices[slot] != chosen:
            answer[do.A_OFFERS] = chosen
            choices[slot], bits[slot] = chosen, _of_choice(tables, terms, query, group, answer)
        found = same | window[i] | bits[slot]
        if decided > 0 and reason == 0:
            net = amounts.nets[to] if amounts.nets.size else np.int64(0)
            before = amounts.befores[to] if amounts.befores.size else np.int64(0)
            found |= of_amounts(edges, decided, before, net, amounts.prices[to])
        out_bits[to] = found if reason == 0 else 0


@bare_called_kernel
def _mark_rows(tables, terms, about, group, query, stays, tiers, rows, begin, count, offers, same, why, nights_of,
               window, choices, bits, answer, amounts, edges, out_bits, out_refused):  # fmt: skip
    """Masks of a few rows of a group for all arrivals, stays and tiers. amounts: Amounts in one dimension."""
    arrivals, columns, places = out_bits.shape[0], out_bits.shape[2], out_bits.shape[3]
    flat, refused = out_bits.reshape(out_bits.size), out_refused.reshape(out_refused.size)
    chosen = offers.reshape(offers.size)
    choices[:] = -1
    before = np.int64(0)
    for stay in range(stays.size):
        if stays[stay] < before or stay == 0:
            window[:] = 0
            before = np.int64(0)
        for arrival in range(arrivals):
            if why[stay, arrival] & (about[A_PAST] | about[A_BEYOND]) == 0:
                for night in range(arrival + before, arrival + stays[stay]):
                    for i in range(count):
                        window[arrival, i] |= nights_of[night, i]
            for tier in range(tiers.shape[0]):
                query[do.Q_TIER], query[do.Q_NIGHTS] = tiers[tier, 0], stays[stay]
                decided = np.int64(0)
                if group[G_AMOUNTS] and why[stay, arrival] == 0:
                    query[do.Q_ARRIVAL] = about[A_ORIGIN] + about[A_ARRIVAL] + arrival
                    query[do.Q_LEAD] = query[do.Q_ARRIVAL] - group[by_block.G_TODAY]
                    decided = edges_of(
                        tables, terms, group[by_block.G_STAGE], query, group[G_BITS], group[G_NUMBERS], edges
                    )
                base = ((arrival * stays.size + stay) * columns + tiers[tier, 1]) * places
                _store(tables, terms, query, group, same[stay, arrival, tier], why[stay, arrival], window[arrival],
                       rows, begin, count, base, chosen, choices[tier], bits[tier], answer, about[A_SIZE], amounts,
                       edges, decided, flat, refused)  # fmt: skip
        before = stays[stay]


@called_kernel
def _mark_groups(tables, desk, terms, about, groups, rows, query, stays, tiers, fill, offers, amounts, out_bits,
                 out_refused):  # fmt: skip
    """`mark_groups` with arrays whose references are not counted; amounts in one dimension."""
    arrivals, longest = out_bits.shape[0], np.int64(0)
    for stay in range(stays.size):
        longest = max(longest, stays[stay])
    last = max(min(arrivals - 1 + longest, about[A_NIGHTS] - about[A_ARRIVAL]), 0)
    changes = np.empty(arrivals, np.uint8)
    weekdays = np.empty(2 * WEEKDAYS, np.int64)
    kept = np.empty((2 * WEEKDAYS, tiers.shape[0]), np.int64)
    same = np.empty((stays.size, arrivals, tiers.shape[0]), np.int64)
    why = np.empty((stays.size, arrivals), np.int64)
    nights_of = np.empty((last, _ROWS), np.int64)
    of_set = np.empty((2, last), np.int64)
    known = np.empty(3, np.int64)
    window = np.empty((arrivals, _ROWS), np.int64)
    choices = np.empty((tiers.shape[0], _CHOICES), np.int64)
    bits = np.empty((tiers.shape[0], _CHOICES), np.int64)
    answer = np.zeros(do.A_FIELDS, np.int64)
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    edges = np.empty((EDGES_MAX, E_FIELDS), np.int64)
    for number in range(groups.shape[0]):
        group = groups[number]
        query[do.Q_SILENT] = group[by_block.G_SILENT]
        if group[G_LEFT]:
            continue
        for stay in range(stays.size):
            query[do.Q_NIGHTS] = stays[stay]
            _of_arrivals(tables, terms, about, group, query, tiers, changes, weekdays, kept, answer, same[stay],
                         why[stay])  # fmt: skip
        end = group[by_block.G_FIRST] + group[by_block.G_ROWS]
        known[:] = -1
        for begin in range(group[by_block.G_FIRST], end, _ROWS):
            count = min(end - begin, _ROWS)
            _of_nights(tables, desk, terms, about, group, query, rows, begin, count, fill, of_set, known, scratch,
                       nights_of)  # fmt: skip
            _mark_rows(tables, terms, about, group, query, stays, tiers, rows, begin, count, offers, same, why,
                       nights_of, window, choices, bits, answer, amounts, edges, out_bits, out_refused)  # fmt: skip


@kernel
def mark_groups(tables, desk, terms, about, groups, rows, query, stays, tiers, fill, offers, amounts, out_bits,
                out_refused):  # fmt: skip
    """Masks of the rows of some groups: out_bits (arrival, stay, tier, place) int64, bits of the line's set of rules, 0
    where there is no price; out_refused, the same shape, uint8: 1 where there is no price [in], why [out].

    tables: RuleTables; desk, terms: of the program; about (ABOUT_FIELDS), groups (group, MARKED_FIELDS), rows (row,
    R_FIELDS), query (Q_FIELDS): who asks, stays (stay) nights, tiers (tier, 2): index and column, fill (row of it,
    night): house fill in basis points from the first arrival on, all int64; offers: as out_bits, int64: the promotions
    applied, size 0 = there are none; amounts: Amounts, of groups whose G_AMOUNTS says so [in]. A group without a place
    in the answer (G_LEFT) is passed over. O(rows x nights x night stages, arrivals that tell rules apart x rules,
    and masks).
    """
    _mark_groups(
        borrowed_tables(tables), borrowed(desk), borrowed(terms), borrowed(about), borrowed(groups), borrowed(rows),
        borrowed(query), borrowed(stays), borrowed(tiers), borrowed(fill), borrowed(offers),
        Amounts(
            borrowed(amounts.prices.reshape(amounts.prices.size)), borrowed(amounts.nets.reshape(amounts.nets.size)),
            borrowed(amounts.befores.reshape(amounts.befores.size)),
        ),
        borrowed(out_bits), borrowed(out_refused),
    )  # fmt: skip
