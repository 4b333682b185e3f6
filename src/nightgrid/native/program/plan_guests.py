"""Steps of a plan that count heads: extra guests, packages, taxes; and points."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.conditions import nights_inside, price_of_stay
from nightgrid.native.program.plan_steps import begin, divisor, nights_of, write_amount, write_change


@bare_called_kernel
def as_adults(terms, rule, query):
    """How many of the children, from the oldest on, count as adults: those older than all bands, and full payers.

    rule: where the extra guests rule stands, 0 = none: then children are children.
    """
    if rule == 0:
        return 0
    bands = terms[rule + term.E_BANDS]
    oldest = terms[rule + term.E_FIRST + 3 * (bands - 1)] if bands > 0 else -1
    children = query[do.Q_CHILDREN]
    count = 0
    while count < children and query[do.Q_LISTS + count] > oldest:
        count += 1
    while count < children and query[do.Q_ADULTS] + count < terms[rule + term.E_FULL_PAYERS]:
        count += 1
    return count


@bare_called_kernel
def table_price(terms, stage, query):
    """`price_of_stay` for the party of a question."""
    party = np.int64(-1)
    if query[do.Q_ADULTS] >= 0:
        party = query[do.Q_ADULTS] + as_adults(terms, terms[stage + term.S_FIRST], query)
    return price_of_stay(terms, stage, party, query)


@bare_called_kernel
def write_extra(plan, at, terms, rule, ref, query):
    """Extra guests: every night, every guest beyond the included ones."""
    if query[do.Q_ADULTS] < 0:
        return at
    if ref == do.REF_RUNNING:
        ref = 0  # the night after the last night stage
    grown = as_adults(terms, rule, query)
    adults = query[do.Q_ADULTS] + grown
    included = terms[rule + term.E_INCLUDED]
    extra = max(adults - included, 0)
    covered = max(included - adults, 0) if terms[rule + term.E_AFTER_ADULTS] else 0
    nights = nights_of(query)
    kind = terms[rule + term.E_ADULT_KIND]
    adult = terms[rule + term.E_ADULT]
    at = _charge(plan, at, ref, kind, adult, extra, nights)
    for child in range(grown + covered, query[do.Q_CHILDREN]):
        age = query[do.Q_LISTS + child]
        band = rule + term.E_FIRST
        while terms[band] < age:
            band += 3
        value = terms[band + 2]
        if terms[band + 1] == term.CHARGE_AMOUNT:
            at = write_amount(plan, at, value * nights, 1)
        elif terms[band + 1] == term.CHARGE_PERCENT:
            if kind == term.CHARGE_AMOUNT:
                at = write_amount(plan, at, adult * value * nights, term.WHOLE_BP)
            elif kind == term.CHARGE_PERCENT:
                at = write_change(plan, at, ref, adult * value, term.WHOLE_BP * term.WHOLE_BP)
        elif kind == term.CHARGE_AMOUNT:
            at = write_amount(plan, at, max(adult - value, 0) * nights, 1)
        elif kind == term.CHARGE_PERCENT:
            following = begin(plan, at, do.NIGHTLY, 5)
            plan[at + 2] = ref
            plan[at + 3] = adult
            plan[at + 4] = term.WHOLE_BP
            plan[at + 5] = value
            plan[at + 6] = 1
            at = following
    return at


@bare_called_kernel
def _charge(plan, at, ref, kind, value, heads, nights):
    if kind == term.CHARGE_AMOUNT:
        return write_amount(plan, at, value * heads * nights, 1)
    if kind == term.CHARGE_PERCENT:
        return write_change(plan, at, ref, value * heads, term.WHOLE_BP)
    return at


@bare_called_kernel
def _chosen(query, name):
    first = do.Q_LISTS + query[do.Q_CHILDREN] + query[do.Q_COUPONS]
    for position in range(query[do.Q_PACKAGES]):
        if query[first + position] == name:
            return True
    return False


@bare_called_kernel
def write_package(plan, at, terms, rule, query):
    """A package: mandatory or chosen; per person only where the guests are told."""
    if terms[rule + term.K_MANDATORY] == 0 and not _chosen(query, terms[rule + term.K_NAME]):
        return at
    per = terms[rule + term.K_PER]
    times = 1
    over = 1
    if per >= term.PER_PERSON:
        if query[do.Q_ADULTS] < 0:
            return at
        times = query[do.Q_ADULTS] * term.WHOLE_BP + query[do.Q_CHILDREN] * terms[rule + term.K_CHILDREN]
        over = term.WHOLE_BP
    if per == term.PER_NIGHT or per == term.PER_PERSON_NIGHT:
        times *= nights_of(query)
    common = divisor(times, over)
    return write_amount(plan, at, terms[rule + term.K_PRICE] * (times // common), over // common)


@bare_called_kernel
def _taxed_nights(terms, rule, query):
    """How many nights an amount a night is for; under policy night whether the night is one of them."""
    limit = terms[rule + term.T_NIGHTS_MAX]
    nights = query[do.Q_NIGHTS]
    if limit >= 0:
        nights = min(nights, limit)
    count = 0
    one = query[do.Q_NIGHT]
    for night in range(nights) if one < 0 else range(one, min(one + 1, nights)):
        inside = terms[rule + term.T_DATES] == 0
        for position in range(terms[rule + term.T_DATES]):
            first = rule + term.T_DATES + 1 + 2 * position
            if terms[first] <= query[do.Q_ARRIVAL] + night <= terms[first + 1]:
                inside = True
        count += inside
    return count


@bare_called_kernel
def _taxed_persons(terms, rule, query):
    if query[do.Q_ADULTS] < 0:
        return 0
    persons = query[do.Q_ADULTS]
    for child in range(query[do.Q_CHILDREN]):
        persons += query[do.Q_LISTS + child] >= terms[rule + term.T_MIN_AGE]
    return persons


@bare_called_kernel
def write_tax(plan, at, terms, rule, query):
    """A tax: percent or amount, with the range of the stay's net amount in which it is due."""
    ranges = terms[rule + term.T_DATES]
    if ranges > 0 and nights_inside(terms, rule + term.T_DATES + 1, ranges, query) == 0:
        return at
    following = begin(plan, at, do.TAX, 10)
    first = at + 2
    value = terms[rule + term.T_VALUE]
    plan[first] = terms[rule + term.T_KIND]
    if terms[rule + term.T_KIND] == do.TAX_PERCENT:
        plan[first + 1] = value
        plan[first + 2] = term.WHOLE_TAX + (value if terms[rule + term.T_INCLUDED] else 0)
    else:
        per = terms[rule + term.T_PER]
        if per == term.PER_NIGHT or per == term.PER_PERSON_NIGHT:
            value *= _taxed_nights(terms, rule, query)
        if per >= term.PER_PERSON:
            value *= _taxed_persons(terms, rule, query)
        plan[first + 1] = value
        plan[first + 2] = 1
    plan[first + 3] = terms[rule + term.T_OF]
    plan[first + 4] = terms[rule + term.T_INCLUDED]
    low, high = terms[rule + term.T_FROM], terms[rule + term.T_TO]
    plan[first + 5] = low * query[do.Q_NIGHTS] if low > 0 else 0
    plan[first + 6] = high * query[do.Q_NIGHTS] if high >= 0 else do.NO_BOUND
    plan[first + 7] = terms[rule + term.T_MODE]
    plan[first + 8] = terms[rule + term.T_STEP]
    plan[first + 9] = 0
    return following


@bare_called_kernel
def write_points(plan, at, terms, rule, query):
    """Points: rule: points, value, basis points of the price that they may pay."""
    if query[do.Q_POINTS] == 0:
        return at
    following = begin(plan, at, do.POINTS, 5)
    plan[at + 2] = query[do.Q_POINTS]
    plan[at + 3] = terms[rule]
    plan[at + 4] = terms[rule + 1]
    plan[at + 5] = terms[rule + 2]
    plan[at + 6] = term.WHOLE_BP
    return following
