"""Which rules made the price of each line: a bit for each rule that applied, local to the line's set of rules.

It asks the compiled rules what `pricing/explain/notes.py` asks the author's: did the conditions hold, was a threshold
reached, did a bound move a night. Amounts come from the price that was worked out already; where a rule looks at an
amount in the middle of the pipeline, the plan is worked out that far once more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.jit import bare_called_kernel, called_kernel, kernel
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.conditions import bounds_of, capped_lead, holds, nights_inside
from nightgrid.native.program.line_prices import stay_nights
from nightgrid.native.program.night_marks import borrowed_tables, mark_night, mark_rule
from nightgrid.native.program.plan_guests import as_adults, table_price
from nightgrid.native.program.planned import write_plan
from nightgrid.native.program.registers import R_RUNNING, WEIGHTS, get, start
from nightgrid.native.program.wide import fraction_less, wide
from nightgrid.native.program.worth import run
from nightgrid.native.program.worth_bounds import bound
from nightgrid.native.store.views import address_of, as_pointer

#: Of a rule set in `numbers`: rules of single kinds (-1 none), then where the rules of the other kinds stand.
M_EXTRA: Final = 0
M_LENGTH: Final = 1
M_LEAD: Final = 2
M_TIER: Final = 3
M_POINTS: Final = 4
M_FREE: Final = 5
M_PROMOTION: Final = 6
M_PACKAGE: Final = 7
M_TAX: Final = 8
M_BOUND: Final = 9
M_TABLE: Final = 10
M_FIELDS: Final = 11

#: What of a line is asked beside `line_prices`.
X_BITS: Final = 0  # its row of bit_of
X_NUMBERS: Final = 1  # where the numbers of the rule set of the product that is sold stand
X_ASKED: Final = 2  # the same of the product that was asked for
X_FIELDS: Final = 3


@bare_called_kernel
def _mark_nights(tables, desk, terms, lead_of_night, query, line, bits_at, fills, scratch):
    """Bits of the night stages of all nights of a stay."""
    found = np.int64(0)
    for night in range(query[do.Q_NIGHTS]):
        lead = query[do.Q_LEAD] + (night if lead_of_night else 0)
        fill = fills[line[by_line.L_FILL] + night] if line[by_line.L_FILL] >= 0 else np.int64(0)
        at = line[by_line.L_FIRST] + night
        found = mark_night(tables, desk, terms, line[by_line.L_PRODUCT], at, query, lead, fill, bits_at, found, scratch)
    return found


@bare_called_kernel
def _has_extra(terms, rule, query):
    """Whether guests are told who are not included."""
    if query[do.Q_ADULTS] < 0:
        return False
    grown = as_adults(terms, rule, query)
    adults = query[do.Q_ADULTS] + grown
    included = terms[rule + term.E_INCLUDED]
    covered = max(included - adults, 0) if terms[rule + term.E_AFTER_ADULTS] else 0
    return adults > included or query[do.Q_CHILDREN] - grown > covered


@bare_called_kernel
def _in_lead_band(terms, rule, query):
    if terms[rule] == term.LEAD_CURVE:
        return True
    lead = capped_lead(query)
    for band in range(terms[rule + 1]):
        if terms[rule + 2 + 3 * band] <= lead <= terms[rule + 3 + 3 * band]:
            return True
    return False


@bare_called_kernel
def _is_charged(terms, rule, query):
    """Whether a package is taken: mandatory or chosen, and the guests told where it is for each of them."""
    if terms[rule + term.K_PER] >= term.PER_PERSON and query[do.Q_ADULTS] < 0:
        return False
    if terms[rule + term.K_MANDATORY]:
        return True
    first = do.Q_LISTS + query[do.Q_CHILDREN] + query[do.Q_COUPONS]
    for position in range(query[do.Q_PACKAGES]):
        if query[first + position] == terms[rule + term.K_NAME]:
            return True
    return False


@bare_called_kernel
def is_due(terms, rule, query, net):
    """Whether a tax is due on a net amount of the stay."""
    nights = query[do.Q_NIGHTS]
    if terms[rule + term.T_FROM] > 0 and net < terms[rule + term.T_FROM] * nights:
        return False
    if terms[rule + term.T_TO] >= 0 and net >= terms[rule + term.T_TO] * nights:
        return False
    ranges = terms[rule + term.T_DATES]
    if ranges > 0 and nights_inside(terms, rule + term.T_DATES + 1, ranges, query) == 0:
        return False
    return terms[rule + term.T_PER] < term.PER_PERSON or query[do.Q_ADULTS] >= 0


@bare_called_kernel
def _free_rule(terms, stage, query, registers, is_known):
    """Which free nights are given, -1 none; -2 where the amount before the stage must be known. registers: R_RUNNING is
    that amount, if it is known.
    """
    for position in range(terms[stage + term.S_FIRST]):
        rule = terms[stage + term.S_FIRST + 1 + position]
        if terms[rule + term.F_STAY] > query[do.Q_NIGHTS] or not holds(terms, terms[rule + term.F_CONDITIONS], query):
            continue
        spend = terms[rule + term.F_SPEND]
        if spend <= 0:
            return position
        if not is_known:
            return -2
        n, d = get(registers, R_RUNNING)
        if fraction_less(n, d, wide(spend), wide(1)) == 0:
            return position
    return -1


@bare_called_kernel
def _points_act(terms, stage, query, offers):
    """Whether a member's extra points change the price: alone, or on top of a percent of class base."""
    tier = terms[stage + term.S_FIRST + 2]
    if tier == 0 or query[do.Q_SILENT] or terms[tier + 2 * query[do.Q_TIER]] != term.TIER_POINTS:
        return False
    if terms[tier + 2 * query[do.Q_TIER] + 1] == 0:
        return False
    if offers == 0:
        return True
    for promotion in range(terms[stage + term.S_FIRST + 3]):
        rule = terms[stage + term.S_FIRST + 4 + term.PROMOTION_LINE * promotion]
        is_plain = terms[rule + term.P_KIND] == term.KIND_PERCENT and terms[rule + term.P_PATTERN] == term.PATTERN_ALL
        if offers >> promotion & 1 and is_plain and terms[rule + term.P_IS_BASE]:
            if terms[rule + term.P_VALUE] > -term.WHOLE_BP:
                return True
    return False


@bare_called_kernel
def mark_single(tables, terms, stage, query, bits_at, at, answer):
    """The bit of a stage of which one rule applies to a product."""
    code = terms[stage]
    rule = terms[stage + term.S_FIRST]
    if code == term.STAGE_TABLE:
        position, _ = table_price(terms, stage, query)
        return mark_rule(
            tables, bits_at, tables.numbers[tables.numbers[at + M_TABLE] + position] if position >= 0 else -1
        )
    if code == term.STAGE_ROUND or rule == 0:
        return np.int64(0)
    if code == term.STAGE_EXTRA:
        return mark_rule(tables, bits_at, tables.numbers[at + M_EXTRA] if _has_extra(terms, rule, query) else -1)
    if code == term.STAGE_LENGTH:
        reached = terms[rule + 2] <= query[do.Q_NIGHTS]
        return mark_rule(tables, bits_at, tables.numbers[at + M_LENGTH]) if reached else np.int64(0)
    if code == term.STAGE_LEAD:
        inside = _in_lead_band(terms, rule, query)
        return mark_rule(tables, bits_at, tables.numbers[at + M_LEAD]) if inside else np.int64(0)
    if code == term.STAGE_TIER:
        kind = terms[rule + 2 * query[do.Q_TIER]]
        changes = kind == term.TIER_PERCENT or kind == term.TIER_AMOUNT or kind == term.TIER_PRICE
        if changes and query[do.Q_SILENT] == 0:
            return mark_rule(tables, bits_at, tables.numbers[at + M_TIER])
        return np.int64(0)
    return mark_rule(tables, bits_at, tables.numbers[at + M_POINTS]) if answer[do.A_PAID] > 0 else np.int64(0)


@bare_called_kernel
def mark_listed(tables, terms, stage, query, bits_at, at, answer):
    """Bits of the promotions, packages or taxes of a stage."""
    code = terms[stage]
    first = stage + term.S_FIRST
    found = np.int64(0)
    if code == term.STAGE_PROMOTION:
        offers = answer[do.A_OFFERS]
        for position in range(terms[first + 3]):
            if offers >> position & 1:
                found |= mark_rule(tables, bits_at, tables.numbers[tables.numbers[at + M_PROMOTION] + position])
        if _points_act(terms, stage, query, offers):
            found |= mark_rule(tables, bits_at, tables.numbers[at + M_TIER])
        return found
    for position in range(terms[first]):
        rule = terms[first + 1 + position]
        if code == term.STAGE_PACKAGE:
            if _is_charged(terms, rule, query):
                found |= mark_rule(tables, bits_at, tables.numbers[tables.numbers[at + M_PACKAGE] + position])
        elif is_due(terms, rule, query, answer[do.A_NET]):
            found |= mark_rule(tables, bits_at, tables.numbers[tables.numbers[at + M_TAX] + position])
    return found


@called_kernel
def _work_until(desk, terms, scales, lead_of_night, query, line, fills, shop, cell, scratch, until, values):
    """Work a stay out until a step of its plan; returns where that stands, -1 where there is no such price."""
    nights = query[do.Q_NIGHTS]
    if stay_nights(desk, terms, query, line, lead_of_night, fills, scratch, cell, values) != by_line.OK_CODE:
        return np.int64(-1)
    weights = carray(as_pointer(address_of(shop.weights)), (WEIGHTS, nights, 2), np.int64)
    answer = np.zeros(do.A_FIELDS, np.int64)
    write_plan(terms, line[by_line.L_STAGE], query, shop.scratch, shop.sets, shop.plan)
    start(shop.registers, weights, values, scales)
    return run(shop.plan, np.int64(0), shop.registers, values, scales, weights, -1, until, answer)


@called_kernel
def _mark_free(tables, desk, terms, scales, lead_of_night, stage, query, line, bits_at, at, fills, shop, cell, scratch):
    """The bit of the free nights that are given; the stay is worked out up to their stage where an amount decides."""
    position = _free_rule(terms, stage, query, shop.registers, False)
    if position == -2:
        values = np.empty((scales.size, query[do.Q_NIGHTS]), np.int64)
        if (
            _work_until(desk, terms, scales, lead_of_night, query, line, fills, shop, cell, scratch, do.FREE, values)
            < 0
        ):
            return np.int64(0)
        position = _free_rule(terms, stage, query, shop.registers, True)
    if position < 0:
        return np.int64(0)
    return mark_rule(tables, bits_at, tables.numbers[tables.numbers[at + M_FREE] + position])


@called_kernel
def _mark_bounds(tables, desk, terms, scales, lead_of_night, stage, query, line, bits_at, at, fills, shop, cell,
                 scratch):  # fmt: skip
    """The bit of the bounds of a stay, where they move its amount; it is worked out up to their stage."""
    position = bounds_of(terms, stage, query)
    if position < 0:
        return np.int64(0)
    values = np.empty((scales.size, query[do.Q_NIGHTS]), np.int64)
    step = _work_until(desk, terms, scales, lead_of_night, query, line, fills, shop, cell, scratch, do.BOUND, values)
    if step < 0 or not bound(shop.plan, step + 2, shop.registers, values, scales):
        return np.int64(0)
    return mark_rule(tables, bits_at, tables.numbers[tables.numbers[at + M_BOUND] + position])


@kernel
def mark_lines(tables, desk, terms, scales, flags, queries, lines, more, fills, shop, answers, out):
    """The rules that made each price: out (line) int64, bits of the line's set of rules [out]; 0 where there is none.

    tables: RuleTables; desk .. fills: as of `line_prices.price_lines`; more (line, X_FIELDS) int64; answers (line,
    A_FIELDS) int64: what it answered [in]; shop: Workshop. O(lines x (rules of the set x nights)).
    """
    tables = borrowed_tables(tables)
    cell = np.empty(on.PLANES_MAX, np.int64)
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    lead_of_night = flags[by_line.B_LEAD_OF_NIGHT]
    for number in range(lines.shape[0]):
        line, answer = lines[number], answers[number]
        out[number] = 0
        if answer[do.A_CODE] != 0:
            continue
        query = queries[line[by_line.L_QUERY]]
        bits_at, at = more[number, X_BITS], more[number, X_NUMBERS]
        found = tables.always[bits_at]
        found |= _mark_nights(tables, desk, terms, lead_of_night, query, line, bits_at, fills, scratch)
        stage = line[by_line.L_STAGE]
        while terms[stage] != term.STAGE_END:
            code = terms[stage]
            if code == term.STAGE_FREE:
                found |= _mark_free(tables, desk, terms, scales, lead_of_night, stage, query, line, bits_at, at, fills,
                                    shop, cell, scratch)  # fmt: skip
            elif code == term.STAGE_BOUND:
                found |= _mark_bounds(tables, desk, terms, scales, lead_of_night, stage, query, line, bits_at, at,
                                      fills, shop, cell, scratch)  # fmt: skip
            elif code == term.STAGE_PROMOTION or code == term.STAGE_PACKAGE or code == term.STAGE_TAX:
                found |= mark_listed(tables, terms, stage, query, bits_at, at, answer)
            else:
                found |= mark_single(tables, terms, stage, query, bits_at, at, answer)
            stage = terms[stage + term.S_NEXT]
        if query[do.Q_SILENT]:  # the rule that sells the tier another plan
            found |= mark_rule(tables, bits_at, tables.numbers[more[number, X_ASKED] + M_TIER])
        out[number] = found
