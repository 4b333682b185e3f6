"""Which rules of single nights made a price: links of derived plans, winning seasons, bounds that moved it.

Seasons and bounds that win a night are the same for all products of a set, so a row's nights are taken from those of
its set. Whether a bound moves a night takes a walk through the stages of nights; where that depends on neither the
guests nor demand, it is kept once it is known.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.night_cells import full_payers, is_bounded, plans_of_night
from nightgrid.native.store.views import borrowed

#: Nights of which one word keeps whether bounds move them: the sign says that it is known.
KEPT: Final = 63
#: Nights of a word that are asked for together before all of it is worked out.
_WORTH_KEEPING: Final = 8


class RuleTables(NamedTuple):
    """Rules are numbered through the whole book, kind by kind (`pricing/rule_marks.py`). R rules, P products."""

    bit_of: Any  # (set, R) int64: the bit of a rule, -1 = it is none of the set's
    always: Any  # (set) int64: bits of rules that act on every night
    numbers: Any  # int64: M_* of each rule set, then the rules of its lists in the order of the terms
    season_set: Any  # (P) int64
    season_rule: Any  # (set, group, N) int64: the season that wins a night, -1 none
    bounds_set: Any  # (P) int64
    bounds_rule: Any  # (set, N) int64
    #: (5) int64: number of the first derived plan, season, bounds; bits: 1 seasons, 2 bounds before derived plans;
    #: whether the base depends on the guests
    first: Any
    #: (P, words of KEPT nights) int64 [inout]: the nights that bounds move, negative = known; no P where demand acts
    moved: Any


@bare_inlined_kernel
def borrowed_tables(tables):
    """The tables with arrays whose references are not counted."""
    return RuleTables(
        borrowed(tables.bit_of), borrowed(tables.always), borrowed(tables.numbers), borrowed(tables.season_set),
        borrowed(tables.season_rule), borrowed(tables.bounds_set), borrowed(tables.bounds_rule),
        borrowed(tables.first), borrowed(tables.moved),
    )  # fmt: skip


@bare_inlined_kernel
def mark_rule(tables, bits_at, number):
    """The bit of a rule; 0 for none."""
    if number < 0 or tables.bit_of[bits_at, number] < 0:
        return np.int64(0)
    return np.int64(1) << tables.bit_of[bits_at, number]


@bare_inlined_kernel
def _keeps(tables, query):
    """Whether what bounds move is kept: it depends on neither demand nor who asks."""
    return tables.moved.shape[0] > 0 and (tables.first[4] == 0 or query[do.Q_ADULTS] < 0)


@bare_called_kernel
def _is_moved(tables, desk, terms, product, at, query, lead, fill, scratch):
    """Whether a floor or a ceiling changes the price of a night."""
    if _keeps(tables, query):
        word = tables.moved[product, at // KEPT]
        if word < 0:
            return word >> (at % KEPT) & 1 != 0
    guests = full_payers(desk, terms, product, at, query, scratch)
    return is_bounded(desk, product, at, guests, min(lead, LEAD_DAYS_MAX), fill, scratch)


@bare_called_kernel
def mark_night(tables, desk, terms, product, at, query, lead, fill, bits_at, found, scratch):
    """`found` and the bits of the night stages of one night: links of derived plans, winning seasons, bounds that
    moved its price.

    product: that is sold; at: the night in the tables; lead: days as demand counts them; fill: of the house that night.
    """
    links, root = plans_of_night(desk, product, at, scratch)
    for link in range(links):
        found |= mark_rule(tables, bits_at, tables.first[0] + scratch[2 * on.NIGHT_SLOTS + 2 * link + 1])
    own = root if tables.first[3] & 1 else product
    for group in range(tables.season_rule.shape[1]):
        rule = tables.season_rule[tables.season_set[own], group, at]
        if rule >= 0:
            found |= mark_rule(tables, bits_at, tables.first[1] + rule)
    own = root if tables.first[3] & 2 else product
    rule = tables.bounds_rule[tables.bounds_set[own], at]
    bit = mark_rule(tables, bits_at, tables.first[2] + rule) if rule >= 0 else np.int64(0)
    if bit and not found & bit and _is_moved(tables, desk, terms, product, at, query, lead, fill, scratch):
        found |= bit
    return found


@bare_inlined_kernel
def is_derived(desk, product):
    """Whether the nights of a product can be made from those of another plan."""
    if on.column(desk, on.CONSTANTS_OF)[on.K_DERIVED_STAGE] < 0:
        return False
    return on.column(desk, on.DERIVED_SET)[product] >= 0


@bare_called_kernel
def bits_of_set(tables, product, first, bits_at, out):
    """out (2, night) int64: bits of the seasons, and the bit of the bounds, that win the nights from `first` on for all
    products that have the sets of this one in common [out]; returns whether bounds are among them.
    """
    some = np.int64(0)
    of_season, of_bounds = tables.season_set[product], tables.bounds_set[product]
    for night in range(out.shape[1]):
        found = np.int64(0)
        for group in range(tables.season_rule.shape[1]):
            rule = tables.season_rule[of_season, group, first + night]
            if rule >= 0:
                found |= mark_rule(tables, bits_at, tables.first[1] + rule)
        rule = tables.bounds_rule[of_bounds, first + night]
        bit = mark_rule(tables, bits_at, tables.first[2] + rule) if rule >= 0 else np.int64(0)
        out[0, night], out[1, night] = found, bit
        some |= bit
    return some != 0


@bare_called_kernel
def _kept(tables, desk, product, word, scratch):
    """The word of nights that bounds move, which is kept from now on. Threads that do so at once write the same."""
    found = np.int64(1) << KEPT
    first = word * KEPT
    for night in range(first, min(first + KEPT, tables.bounds_rule.shape[1])):
        if is_bounded(desk, product, night, np.int64(-1), np.int64(0), np.int64(0), scratch):
            found |= np.int64(1) << (night - first)
    tables.moved[product, word] = found
    return found


@bare_called_kernel
def mark_moved(tables, desk, terms, lead_of_night, product, first, query, lead, fill, of_set, scratch, out):
    """out (night) int64: bits of the nights from `first` on, of a product that is not derived [out].

    of_set (2, night) int64: of `bits_of_set`, with bounds; lead: days of the first night; fill (night) int64 [in].
    """
    last, night = out.size, 0
    keeps = _keeps(tables, query)
    while night < last:
        place = (first + night) % KEPT
        stop = min(last, night + KEPT - place)
        known = np.int64(0)
        if keeps:
            known = tables.moved[product, (first + night) // KEPT]
            if known >= 0 and stop - night >= _WORTH_KEEPING:
                known = _kept(tables, desk, product, (first + night) // KEPT, scratch)
        for each in range(night, stop):
            bit = of_set[1, each]
            if known < 0:
                bit &= -(known >> (place + each - night) & 1)
            elif bit:
                days = max(lead + (each if lead_of_night else 0), 0)
                if not _is_moved(tables, desk, terms, product, first + each, query, days, fill[each], scratch):
                    bit = np.int64(0)
            out[each] = of_set[0, each] | bit
        night = stop
