"""The promotion stage of a plan: which promotions come into question, and what each of them does."""

from __future__ import annotations

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.conditions import acts_on, holds, picked
from nightgrid.native.program.plan_members import (
    CANDIDATES_MAX,
    L_FROM,
    L_HELD,
    L_INSIDE,
    L_NIGHTS,
    L_PROMOTION,
    L_RULE,
    LINE,
    M_FREE,
    M_LINES,
    MEMBERS,
    number_lines,
    numbered,
)
from nightgrid.native.program.plan_sets import POLICY_HOTEL, write_cases
from nightgrid.native.program.plan_steps import (
    PLAN_WORDS,
    ROOM,
    begin,
    write_amount,
    write_change,
    write_one,
)


@bare_called_kernel
def _candidates(terms, stage, query, scratch):
    """Promotions whose conditions hold and that change some night; returns how many."""
    count = 0
    first = stage + term.S_FIRST + 4
    for promotion in range(terms[stage + term.S_FIRST + 3]):
        rule = terms[first + term.PROMOTION_LINE * promotion]
        conditions = terms[rule + term.P_CONDITIONS]
        if not holds(terms, conditions, query):
            continue
        line = count * LINE
        changed, inside = acts_on(terms, rule, query, scratch, line + L_NIGHTS)
        if changed == 0:
            continue
        limited = terms[conditions + term.C_APPLIES] == term.APPLIES_NIGHTS
        for word in range(do.NIGHT_WORDS):
            scratch[line + L_HELD + word] = -1
        if limited:
            _held_nights(terms, rule, query, scratch, line + L_HELD)
        scratch[line + L_PROMOTION] = promotion
        scratch[line + L_RULE] = rule
        scratch[line + L_FROM] = terms[rule + term.P_SPEND]
        scratch[line + L_INSIDE] = inside
        count += 1
    return count


@bare_called_kernel
def _held_nights(terms, rule, query, scratch, out):
    """The nights of the stay inside the promotion's dates."""
    conditions = terms[rule + term.P_CONDITIONS]
    first = conditions + term.C_LISTS + 2 * terms[conditions + term.C_BOOKING]
    for word in range(do.NIGHT_WORDS):
        scratch[out + word] = 0
    for position in range(terms[conditions + term.C_STAY]):
        begins = max(terms[first + 2 * position] - query[do.Q_ARRIVAL], 0)
        ends = min(terms[first + 2 * position + 1] - query[do.Q_ARRIVAL], query[do.Q_NIGHTS] - 1)
        for night in range(begins, ends + 1):
            scratch[out + (night >> 6)] |= 1 << (night & 63)


@bare_called_kernel
def _write_discount(plan, at, terms, rule, ref, query, scratch, line, points):
    """What one promotion does to the running amount."""
    kind = terms[rule + term.P_KIND]
    value = terms[rule + term.P_VALUE]
    conditions = terms[rule + term.P_CONDITIONS]
    some = terms[conditions + term.C_APPLIES] == term.APPLIES_NIGHTS or terms[rule + term.P_PATTERN] != term.PATTERN_ALL
    some = some or scratch[line + L_INSIDE] < query[do.Q_NIGHTS]  # it gives way on the others
    one = query[do.Q_NIGHT]
    if some and one >= 0:  # a night that is priced alone: all of it, or nothing
        if scratch[line + L_NIGHTS + (one >> 6)] >> (one & 63) & 1 == 0:
            return at
        some = False
    if some or _is_limited(terms, rule):  # else nobody looks back
        at = write_one(plan, at, do.MARK, 0)
    nights = query[do.Q_NIGHTS] if one < 0 else 1
    if some:
        nights = scratch[line + L_INSIDE]
    pick = at if some and kind == term.KIND_PERCENT else -1
    if kind == term.KIND_PERCENT:
        if terms[rule + term.P_IS_BASE] and terms[rule + term.P_PATTERN] == term.PATTERN_ALL:
            value = max(value - points, -term.WHOLE_BP)
        if some:
            at = _write_pick(plan, at, terms, rule, scratch, line)
            at = _write_share(plan, at, ref, value, term.WHOLE_BP, scratch, line)
        else:
            at = write_change(plan, at, ref, value, term.WHOLE_BP)
    elif kind == term.KIND_OFF:
        at = write_amount(plan, at, -value, 1)
    elif kind == term.KIND_OFF_NIGHT:
        if some:
            at = _write_share(plan, at, do.REF_ONE, -value * nights, 1, scratch, line)
        else:
            at = write_amount(plan, at, -value * nights, 1)
    elif kind == term.KIND_PRICE:
        at = write_one(plan, at, do.SET, value)
    elif kind == term.KIND_PRICE_NIGHT and some:
        at = _write_share(plan, at, do.REF_RUNNING, -1, 1, scratch, line)
        at = write_amount(plan, at, value * nights, 1)
    elif kind == term.KIND_PRICE_NIGHT:
        at = write_one(plan, at, do.SET, value * nights)
    else:
        at = _write_spend(plan, at, terms, rule)
    at = _write_limits(plan, at, terms, rule, query)
    if some:
        following = begin(plan, at, do.RESHARE, do.NIGHT_WORDS)
        for word in range(do.NIGHT_WORDS):
            plan[at + 2 + word] = scratch[line + L_NIGHTS + word]
        if pick >= 0 and plan[pick] == do.PICK:
            plan[pick + 5] = at + 2
        at = following
    return at


@bare_called_kernel
def _is_limited(terms, rule):
    """Whether an amount limits what a promotion does."""
    return terms[rule + term.P_MAX_OFF] >= 0 or terms[rule + term.P_FLOOR] >= 0 or terms[rule + term.P_FLOOR_STAY] >= 0


@bare_called_kernel
def _write_pick(plan, at, terms, rule, scratch, line):
    """PICK, where the pattern goes by what nights cost: of the SHARE that is written next."""
    pattern = terms[rule + term.P_PATTERN]
    if pattern != term.PATTERN_CHEAPEST and pattern != term.PATTERN_DEAREST:
        return at
    following = begin(plan, at, do.PICK, 4 + do.NIGHT_WORDS)
    plan[at + 2] = do.FREE_CHEAPEST if pattern == term.PATTERN_CHEAPEST else do.PICK_DEAREST
    plan[at + 3] = picked(terms, rule, scratch[line + L_INSIDE])
    plan[at + 4] = following + 5
    plan[at + 5] = following + 5
    for word in range(do.NIGHT_WORDS):
        plan[at + 6 + word] = scratch[line + L_NIGHTS + word]
    return following


@bare_called_kernel
def _write_share(plan, at, ref, by, over, scratch, line):
    following = begin(plan, at, do.SHARE, 3 + do.NIGHT_WORDS)
    plan[at + 2] = ref
    plan[at + 3] = by
    plan[at + 4] = over
    for word in range(do.NIGHT_WORDS):
        plan[at + 5 + word] = scratch[line + L_NIGHTS + word]
    return following


@bare_called_kernel
def _write_spend(plan, at, terms, rule):
    count = terms[rule + term.P_LIST]
    following = begin(plan, at, do.SPEND, 1 + 2 * count)
    for field in range(1 + 2 * count):
        plan[at + 2 + field] = terms[rule + term.P_LIST + field]
    return following


@bare_called_kernel
def _write_limits(plan, at, terms, rule, query):
    if terms[rule + term.P_MAX_OFF] >= 0:
        at = write_one(plan, at, do.CAP, terms[rule + term.P_MAX_OFF])
    nights = query[do.Q_NIGHTS] if query[do.Q_NIGHT] < 0 else 1
    least = max(terms[rule + term.P_FLOOR] * nights, terms[rule + term.P_FLOOR_STAY])
    if least >= 0:
        at = write_one(plan, at, do.LEAST, least)
    return at


@bare_called_kernel
def _place_lines(plan, first, following, scratch, candidates):
    """Make room for the offers of fewer nights before the sets, which name them now; returns where the sets end, -1
    where the plan is full.
    """
    more = do.OFFER_LINE * (scratch[MEMBERS + M_LINES] - candidates)
    if following + more + 2 * ROOM > PLAN_WORDS:
        return -1
    number_lines(scratch, MEMBERS)
    for at in range(following - do.OFFER_LINE, first - 1, -do.OFFER_LINE):
        for field in range(do.OFFER_LINE - 1, 0, -1):
            plan[at + more + field] = plan[at + field]
        plan[at + more] = numbered(scratch, MEMBERS, plan[at])
    return following + more


@bare_called_kernel
def write_offers(plan, at, terms, stage, query, scratch, sets):
    """The whole stage; returns where the next step goes, -1 where the plan is full.

    terms at `stage`: the stage (`terms_of_rules`); scratch (SCRATCH) int64; sets (SETS) uint8: `plan_sets`.
    """
    points = 0
    tier = terms[stage + term.S_FIRST + 2]
    if tier > 0 and query[do.Q_SILENT] == 0 and terms[tier + 2 * query[do.Q_TIER]] == term.TIER_POINTS:
        points = terms[tier + 2 * query[do.Q_TIER] + 1]
    candidates = _candidates(terms, stage, query, scratch)
    if candidates == 0:
        return write_change(plan, at, do.REF_RUNNING, -points, term.WHOLE_BP)
    alone = 1 if points > 0 else 0
    lines = at + 6
    first = lines + do.OFFER_LINE * (candidates + alone)
    following = write_cases(plan, first, terms, stage, scratch, candidates, points, sets)
    offers = candidates
    if following >= 0 and scratch[MEMBERS + M_LINES] > candidates:
        offers = scratch[MEMBERS + M_LINES]
        following = _place_lines(plan, first, following, scratch, candidates)
        first += do.OFFER_LINE * (offers - candidates)
    if following < 0:
        return following
    plan[at] = do.OFFERS
    plan[at + 2] = do.CHOOSE_MOST if terms[stage + term.S_FIRST] == POLICY_HOTEL else do.CHOOSE_LEAST
    plan[at + 3] = offers
    plan[at + 4] = (following - first) // do.OFFER_LINE
    plan[at + 5] = alone
    for offer in range(offers + alone):
        if following + 2 * ROOM > PLAN_WORDS:
            return -1
        entry = lines + do.OFFER_LINE * offer
        plan[entry + 1] = following
        if offer < offers:
            line = offer if offers == candidates else scratch[MEMBERS + M_FREE + CANDIDATES_MAX + offer]
            line *= LINE
            rule = scratch[line + L_RULE]
            plan[entry] = scratch[line + L_PROMOTION]
            ref = terms[rule + term.P_REF]
            ref = terms[stage + term.S_REF] if ref == term.REF_OF_STAGE else ref
            following = _write_discount(plan, following, terms, rule, ref, query, scratch, line, points)
        else:
            plan[entry] = 0
            following = write_change(plan, following, do.REF_RUNNING, -points, term.WHOLE_BP)
        plan[entry + 2] = following
    plan[at + 1] = following
    return following
