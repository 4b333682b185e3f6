"""From a rule set and a question to a plan: all conditions are looked at here, once for all rows of the rule set."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.conditions import bounds_of, capped_lead, holds
from nightgrid.native.program.plan_guests import table_price, write_extra, write_package, write_points, write_tax
from nightgrid.native.program.plan_offers import write_offers
from nightgrid.native.program.plan_steps import (
    K_ENDS,
    PLAN_WORDS,
    ROOM,
    begin,
    write_lead,
    write_length,
    write_one,
    write_rounding,
    write_tier,
)


@bare_called_kernel
def _write_free(plan, at, terms, stage, query):
    """Free nights: the rules whose conditions hold, the best first; the amount decides where they need a spend."""
    count = 0
    first = at + 3
    for position in range(terms[stage + term.S_FIRST]):
        rule = terms[stage + term.S_FIRST + 1 + position]
        stay = terms[rule + term.F_STAY]
        if stay > query[do.Q_NIGHTS] or not holds(terms, terms[rule + term.F_CONDITIONS], query):
            continue
        times = query[do.Q_NIGHTS] // stay if terms[rule + term.F_REPEAT] else 1
        plan[first] = terms[rule + term.F_SPEND]
        plan[first + 1] = terms[rule + term.F_WHICH]
        plan[first + 2] = times * (stay - terms[rule + term.F_PAY])
        plan[first + 3] = stay
        first += 4
        count += 1
        if plan[first - 4] == 0 or count * 4 + 64 > ROOM:
            break
    if count == 0:
        return at
    following = begin(plan, at, do.FREE, 1 + 4 * count)
    plan[at + 2] = count
    return following


@bare_called_kernel
def _write_bounds(plan, at, terms, stage, query):
    """Bounds of the stay, with the rounding of their stage."""
    position = bounds_of(terms, stage, query)
    if position < 0:
        return at
    rule = terms[stage + term.S_FIRST + 1 + position]
    rounding, nights = terms[stage + term.S_ROUNDING], query[do.Q_NIGHTS]
    endings = terms[rounding + 2] if rounding > 0 else 0
    following = begin(plan, at, do.BOUND, do.BOUND_ROUNDING + 3 + endings)
    first = at + 2
    plan[first] = terms[rule + term.B_BASE]
    for side in range(2):
        amount, a_night = terms[rule + term.B_FLOOR + side], terms[rule + term.B_FLOOR_NIGHT + side]
        if a_night >= 0 and amount >= 0:
            amount = max(amount, a_night * nights) if side == 0 else min(amount, a_night * nights)
        elif a_night >= 0:
            amount = a_night * nights
        plan[first + 1 + side] = amount
        plan[first + 3 + side] = terms[rule + term.B_FLOOR_BP + side]
    for field in range(3 + endings):
        plan[first + do.BOUND_ROUNDING + field] = terms[rounding + field] if rounding > 0 else 0
    return following


@bare_called_kernel
def _write_stage(plan, at, terms, stage, query, scratch, sets):
    """The steps of one stage."""
    code = terms[stage]
    ref = terms[stage + term.S_REF]
    first = stage + term.S_FIRST
    if code == term.STAGE_PROMOTION:
        return write_offers(plan, at, terms, stage, query, scratch, sets)
    if code == term.STAGE_FREE:
        return _write_free(plan, at, terms, stage, query)
    if code == term.STAGE_TABLE:
        position, price = table_price(terms, stage, query)
        return at if position < 0 else write_one(plan, at, do.SET, price)
    if code == term.STAGE_BOUND:
        return _write_bounds(plan, at, terms, stage, query)
    if code == term.STAGE_PACKAGE or code == term.STAGE_TAX:
        for position in range(terms[first]):
            rule = terms[first + 1 + position]
            if code == term.STAGE_PACKAGE:
                at = write_package(plan, at, terms, rule, query)
            else:
                at = write_tax(plan, at, terms, rule, query)
            if at + ROOM > PLAN_WORDS:
                return -1
        return at
    rule = terms[first]
    if rule == 0:
        return at
    if code == term.STAGE_EXTRA:
        return write_extra(plan, at, terms, rule, ref, query)
    if code == term.STAGE_LENGTH:
        return write_length(plan, at, terms, rule, ref, query)
    if code == term.STAGE_LEAD:
        return write_lead(plan, at, terms, rule, ref, capped_lead(query))
    if code == term.STAGE_TIER:
        return write_tier(plan, at, terms, rule, ref, query)
    return write_points(plan, at, terms, rule, query)


@bare_called_kernel
def write_until(plan, at, terms, stage, query, scratch, sets, rounded, how, until):
    """The stages from one on until one of a kind, or the end: (at, that stage, rounded, how); at = -1: it is full.

    rounded: where the last rounding ends, how: which it was: what is rounded already is not rounded again the same way.
    """
    while terms[stage] != term.STAGE_END and terms[stage] != until:
        before = at
        at = _write_stage(plan, at, terms, stage, query, scratch, sets)
        if at < 0 or at + 2 * ROOM > PLAN_WORDS:
            return np.int64(-1), stage, rounded, how
        rounding = terms[stage + term.S_ROUNDING]
        if terms[stage] == term.STAGE_BOUND and at != before:  # which rounds by itself
            rounded = at
            how = rounding
        elif rounding > 0 and (at != rounded or how != rounding):
            at = write_rounding(plan, at, terms, rounding)
            rounded = at
            how = rounding
        if terms[stage + term.S_SLOT] >= 0:
            unchanged = rounded == at
            at = write_one(plan, at, do.SAVE, terms[stage + term.S_SLOT])
            rounded = at if unchanged else rounded
        stage = terms[stage + term.S_NEXT]
    return at, stage, rounded, how


@bare_called_kernel
def write_end(plan, at, terms, stage, query, scratch, sets, rounded, how):
    """The stages from one on to the end, behind what `write_until` wrote; 0, or TOO_MANY_CODE."""
    if at >= 0:
        at, stage, rounded, how = write_until(plan, at, terms, stage, query, scratch, sets, rounded, how, -1)
    if at < 0:
        return do.TOO_MANY_CODE
    plan[at] = do.END
    return 0


@bare_called_kernel
def write_plan(terms, stage, query, scratch, sets, plan):
    """Write the plan of a question for the rule set whose stages stand at `stage`; 0, or TOO_MANY_CODE.

    terms int64; query (Q_FIELDS) int64 [in]; scratch (plan_sets.SCRATCH) int64; sets (plan_sets.SETS) uint8; plan
    (PLAN_WORDS) int64 [out]. O(rules of the set, and the permitted sets of promotions where some conflict).
    """
    return write_end(plan, np.int64(0), terms, stage, query, scratch, sets, np.int64(-1), np.int64(0))


@bare_called_kernel
def write_plan_again(terms, stage, query, scratch, sets, plan, kept):
    """`write_plan` for one guest who asks about many rule sets: what follows from the promotions on is written once for
    sets that share these stages, as it stands in the plan already.

    kept (KEPT_WORDS) int64: what is known of the plan that stands there, its first word -1 before the first call
    [inout]. Between two calls the lists of the question stay as they are, and nobody else writes the plan.
    """
    at, stage, rounded, how = write_until(
        plan, np.int64(0), terms, stage, query, scratch, sets, np.int64(-1), np.int64(0), term.STAGE_PROMOTION
    )
    other = (kept[0] ^ stage) | (kept[1] ^ at) | (kept[2] ^ rounded) | (kept[3] ^ how)
    for field in range(do.Q_LISTS):
        other |= kept[4 + field] ^ query[field]
    if at >= 0 and other == 0:
        return 0
    code = write_end(plan, at, terms, stage, query, scratch, sets, rounded, how)
    kept[K_ENDS] += 1
    kept[0] = stage if code == 0 else -1
    kept[1], kept[2], kept[3] = at, rounded, how
    for field in range(do.Q_LISTS):
        kept[4 + field] = query[field]
    return code


@bare_called_kernel
def is_by_itself(plan):
    """Whether a night's price is its own: no set of offers is chosen for all nights, no tax looks at their average."""
    at = 0
    while plan[at] != do.END:
        if plan[at] == do.OFFERS and plan[at + 4] != 1:
            return False
        if plan[at] == do.TAX and (plan[at + 7] > 0 or plan[at + 8] < do.NO_BOUND):
            return False
        at = plan[at + 1]
    return True
