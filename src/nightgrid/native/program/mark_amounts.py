"""Rules that act where an amount of a row lies inside a range: brackets of taxes, free nights from a spend, points."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.conditions import holds
from nightgrid.native.program.night_marks import mark_rule
from nightgrid.native.program.rule_marks import M_FREE, M_POINTS, M_TAX, is_due

#: An edge: a rule that acts where an amount of the row is at least `low` and below `high`, and its bit.
E_OF: Final = 0
E_LOW: Final = 1
E_HIGH: Final = 2
E_BIT: Final = 3
E_FIELDS: Final = 4
EDGES_MAX: Final = 64
OF_NET: Final = 0
OF_BEFORE: Final = 1
OF_TOTAL: Final = 2


class Amounts(NamedTuple):
    """Amounts of the rows that decide on rules, minor units, in the shape of the answer."""

    prices: Any  # int64: totals
    nets: Any  # int64: net amounts; size 0 = nobody looks at them
    befores: Any  # int64: amounts before the free nights, rounded down; size 0 likewise


@bare_called_kernel
def has_spend(terms, stage):
    """Whether free nights look at the amount before them."""
    first = stage + term.S_FIRST
    for position in range(terms[first]):
        if terms[terms[first + 1 + position] + term.F_SPEND] > 0:
            return True
    return False


@bare_called_kernel
def has_bracket(terms, rule):
    """Whether a tax looks at the net amount."""
    return terms[rule + term.T_FROM] > 0 or terms[rule + term.T_TO] >= 0


@bare_called_kernel
def _put_edge(edges, count, of, low, high, bit):
    edges[count, E_OF], edges[count, E_LOW], edges[count, E_HIGH], edges[count, E_BIT] = of, low, high, bit
    return count + 1


@bare_called_kernel
def _tax_edges(tables, terms, stage, query, bits_at, at, edges, count):
    """Taxes with brackets that are due where the net amount is inside; returns how many edges there are now."""
    nights, first = query[do.Q_NIGHTS], stage + term.S_FIRST
    for position in range(terms[first]):
        rule = terms[first + 1 + position]
        if not has_bracket(terms, rule):
            continue
        low = max(terms[rule + term.T_FROM], 0) * nights
        high = terms[rule + term.T_TO] * nights if terms[rule + term.T_TO] >= 0 else np.int64(do.NO_BOUND)
        if is_due(terms, rule, query, low):
            number = tables.numbers[tables.numbers[at + M_TAX] + position]
            count = _put_edge(edges, count, OF_NET, low, high, mark_rule(tables, bits_at, number))
    return count


@bare_called_kernel
def edges_of(tables, terms, stage, query, bits_at, at, edges):
    """What of a stay's rules an amount of the row decides: edges (EDGES_MAX, E_FIELDS) int64 [out]; returns how many.

    stage: where the stages of the rule set stand; bits_at, at: where its bits and its numbers stand.
    """
    count = np.int64(0)
    while terms[stage] != term.STAGE_END:
        first = stage + term.S_FIRST
        if terms[stage] == term.STAGE_FREE and has_spend(terms, stage):
            for position in range(terms[first]):
                rule = terms[first + 1 + position]
                if terms[rule + term.F_STAY] > query[do.Q_NIGHTS]:
                    continue
                if holds(terms, terms[rule + term.F_CONDITIONS], query):
                    number = tables.numbers[tables.numbers[at + M_FREE] + position]
                    bit = mark_rule(tables, bits_at, number)
                    count = _put_edge(edges, count, OF_BEFORE, terms[rule + term.F_SPEND], do.NO_BOUND, bit)
        elif terms[stage] == term.STAGE_TAX:
            count = _tax_edges(tables, terms, stage, query, bits_at, at, edges, count)
        elif terms[stage] == term.STAGE_POINTS and terms[first] != 0 and query[do.Q_POINTS] > 0:
            rule = terms[first]
            part = terms[rule + 2]  # basis points of the price that points may pay: one minor unit at least
            if part > 0 and query[do.Q_POINTS] * terms[rule + 1] // terms[rule] > 0:
                bit = mark_rule(tables, bits_at, tables.numbers[at + M_POINTS])
                low = (term.WHOLE_BP + part - 1) // part
                count = _put_edge(edges, count, OF_TOTAL, low, do.NO_BOUND, bit)
        stage = terms[stage + term.S_NEXT]
    return count


@bare_called_kernel
def of_amounts(edges, count, before, net, total):
    """Bits of the rules that amounts of a row decide: of free nights the first whose spend is reached."""
    found, given = np.int64(0), False
    for number in range(count):
        of = edges[number, E_OF]
        amount = net if of == OF_NET else (total if of == OF_TOTAL else before)
        if edges[number, E_LOW] <= amount < edges[number, E_HIGH] and not (given and of == OF_BEFORE):
            found |= edges[number, E_BIT]
            given = given or of == OF_BEFORE
    return found
