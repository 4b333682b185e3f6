"""Which sets of promotions are permitted: the candidates, what they conflict with and require, the sets of each range.

A set is permitted if no two of it conflict, it has what its members require, and each has a night left to act on.
Conflicts between promotions whose nights do not meet are lifted. It is maximal if no more promotions could join it that
only lower a price: what can raise one may be left out. Where a promotion needs a spend, the sets that are permitted
depend on the amount before the stage: every range of amounts between two such thresholds has its own sets. At most 16
candidates: 65,536 sets.
"""

from __future__ import annotations

import numpy as np

from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.native.base.hints import bit_count, first_bit
from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.plan_members import (
    L_FROM,
    L_RULE,
    LINE,
    M_BY_NIGHT,
    M_CANDIDATES,
    M_CONFLICTS,
    M_FREE,
    M_LINES,
    M_REQUIRES,
    M_YIELDS,
    MEMBERS,
    has_nights_left,
    is_permitted,
    line_of_nights,
    read_case,
)
from nightgrid.native.program.plan_steps import PLAN_WORDS, ROOM

POLICY_GUEST = 0
POLICY_HOTEL = 1
POLICY_FIRST = 2
POLICY_ACCUMULATE = 3

_FRAME = 4  # words of a step of the search for maximal sets
#: Bytes: whether each set is permitted (bit 0), whether a larger one is (bit 1).
SETS = 1 << PROMOTIONS_MAX
#: int64 words of scratch: candidates, what each conflicts with and requires among those of one range, sets.
SCRATCH = MEMBERS + M_FREE + SETS // 8 + 8


@bare_called_kernel
def _greedy(scratch, members, count, only_first):
    """File order: the first that is permitted, then each that is permitted with what is there."""
    chosen = 0
    for place in range(count):
        if is_permitted(scratch, members, count, chosen | 1 << place):
            chosen |= 1 << place
            if only_first:
                break
    return chosen


@bare_called_kernel
def _write_set(plan, at, scratch, members, count, chosen, candidates, low, high):
    """One permitted set: bits by candidate, the first candidate the highest; above them by line (`plan_members`)."""
    bits = np.int64(0)
    by_night = scratch[members + M_BY_NIGHT] != 0 and has_nights_left(scratch, members, count, chosen)
    for place in range(count):
        if chosen >> place & 1:
            line = line_of_nights(scratch, members, place) if by_night else scratch[members + place]
            bits |= np.int64(1) << (line if line >= candidates else candidates - 1 - line)
    plan[at] = bits
    plan[at + 1] = low
    plan[at + 2] = high
    return at + do.OFFER_LINE


@bare_called_kernel
def _reversed(bits, count):
    turned = 0
    for place in range(count):
        if bits >> place & 1:
            turned |= 1 << (count - 1 - place)
    return turned


@bare_called_kernel
def _can_raise(terms, rule):
    """Whether a promotion can raise a price by itself: it sets one, or adds a percent."""
    kind = terms[rule + term.P_KIND]
    if kind == term.KIND_PRICE or kind == term.KIND_PRICE_NIGHT:
        return True
    return kind == term.KIND_PERCENT and terms[rule + term.P_VALUE] > 0


@bare_called_kernel
def _takes_points(terms, rule):
    """Whether a promotion is a discount to which a member's extra points are added in full."""
    if terms[rule + term.P_KIND] != term.KIND_PERCENT or terms[rule + term.P_VALUE] > 0:
        return False
    if terms[rule + term.P_IS_BASE] == 0 or terms[rule + term.P_PATTERN] != term.PATTERN_ALL:
        return False
    if terms[terms[rule + term.P_CONDITIONS] + term.C_APPLIES] == term.APPLIES_NIGHTS or terms[rule + term.P_LOOKS]:
        return False
    return max(terms[rule + term.P_MAX_OFF], terms[rule + term.P_FLOOR], terms[rule + term.P_FLOOR_STAY]) < 0


@bare_called_kernel
def _discounts(terms, scratch, members, count):
    """The candidates that only lower a price: bits by place. What another one gives way to takes nights from it."""
    found, named = 0, 0
    for place in range(count):
        named |= scratch[members + M_YIELDS + place] if scratch[members + M_BY_NIGHT] else 0
        if not _can_raise(terms, scratch[scratch[members + place] * LINE + L_RULE]):
            found |= 1 << place
    return found & ~named


@bare_called_kernel
def _may_cost_points(terms, scratch, members, count):
    """Whether one of the candidates could cost a member his extra points."""
    for place in range(count):
        if not _takes_points(terms, scratch[scratch[members + place] * LINE + L_RULE]):
            return True
    return False


@bare_called_kernel
def _mark_sets(scratch, members, count, discounts, sets):
    """sets (2^count) uint8: bit 0 where a set is permitted, bit 1 where one with more discounts is [out]."""
    full = 1 << count
    for chosen in range(full - 1, -1, -1):
        mark = 1 if is_permitted(scratch, members, count, chosen) else 0
        left = ~chosen & discounts
        while left:
            if sets[chosen | (left & -left)]:
                mark |= 2
                break
            left &= left - 1
        sets[chosen] = mark


@bare_called_kernel
def _write_sets(plan, at, scratch, members, count, discounts, alone, every, sets, candidates, low, high):
    """All permitted sets, or the maximal ones, and with `alone` the empty one: fewer promotions first, then the smaller
    tuple of places.
    """
    only_discounts = discounts == (1 << count) - 1
    plain = only_discounts and scratch[members + M_BY_NIGHT] == 0 and not _requires(scratch, members, count)
    if plain and not every and not alone:
        return _write_cliques(plan, at, scratch, members, count, candidates, low, high)
    _mark_sets(scratch, members, count, discounts, sets)
    if alone:
        sets[0] = 1
    places = members + M_FREE  # where the next set of each size goes
    for size in range(count + 2):
        scratch[places + size] = 0
    for chosen in range(1 << count):
        if sets[chosen] == 1 or (every and sets[chosen] == 3):
            scratch[places + bit_count(chosen) + 1] += do.OFFER_LINE
    scratch[places] = at
    for size in range(count + 1):
        scratch[places + size + 1] += scratch[places + size]
    following = scratch[places + count + 1]
    if following - do.OFFER_LINE + 2 * ROOM > PLAN_WORDS:
        return -1
    for turned in range((1 << count) - 1, -1, -1):
        chosen = _reversed(turned, count)
        if sets[chosen] == 1 or (every and sets[chosen] == 3):
            size = bit_count(chosen)
            _write_set(plan, scratch[places + size], scratch, members, count, chosen, candidates, low, high)
            scratch[places + size] += do.OFFER_LINE
    return following


@bare_called_kernel
def _requires(scratch, members, count):
    """Whether a candidate requires another one. (Who requires what is not there is in no set at all.)"""
    for place in range(count):
        if scratch[members + M_REQUIRES + place] > 0:
            return True
    return False


@bare_called_kernel
def _write_cliques(plan, at, scratch, members, count, candidates, low, high):
    """The maximal sets without a conflict, in the order of `_write_sets`, where no candidate requires another: the
    maximal cliques of who goes with whom, by depth (Bron and Kerbosch 1973), at most 3^(16/3) = 350 of 16 candidates.
    """
    friends = members + M_CONFLICTS  # turned from who conflicts to who does not
    allowed = 0
    for place in range(count):
        if scratch[members + M_REQUIRES + place] == 0:
            allowed |= 1 << place
    for place in range(count):
        scratch[friends + place] = allowed & ~scratch[friends + place] & ~(1 << place)
    for place in range(count):
        for other in range(place):
            if not (scratch[friends + place] >> other & scratch[friends + other] >> place & 1):
                scratch[friends + place] &= ~(1 << other)
                scratch[friends + other] &= ~(1 << place)
    frame = members + M_FREE
    bottom = frame
    found = frame + _FRAME * (PROMOTIONS_MAX + 1)  # the sets so far, as numbers that are in order
    size = 0
    _open_frame(scratch, frame, friends, 0, allowed, 0)
    while frame >= bottom:
        todo = scratch[frame + 3]
        if todo == 0:
            frame -= _FRAME
            continue
        bit = todo & -todo
        near = scratch[friends + first_bit(bit)]
        taken = scratch[frame] | bit
        open_to, closed = scratch[frame + 1] & near, scratch[frame + 2] & near
        scratch[frame + 3] ^= bit
        scratch[frame + 1] ^= bit
        scratch[frame + 2] |= bit
        if open_to:
            frame += _FRAME
            _open_frame(scratch, frame, friends, taken, open_to, closed)
        elif closed == 0:
            size = _keep_in_order(scratch, found, size, bit_count(taken) << PROMOTIONS_MAX | _late(taken, count))
    if allowed == 0:
        size = _keep_in_order(scratch, found, size, _late(0, count))
    if at + do.OFFER_LINE * size - do.OFFER_LINE + 2 * ROOM > PLAN_WORDS:
        return -1
    for number in range(size):
        chosen = _late(scratch[found + number] & ((1 << count) - 1), count)
        at = _write_set(plan, at, scratch, members, count, chosen, candidates, low, high)
    return at


@bare_called_kernel
def _open_frame(scratch, frame, friends, taken, open_to, closed):
    """A step of the search: what is taken, what it may grow by, what it was grown by before; and what is left to try,
    which is who does not go with the one that goes with the most: a maximal set without him has one of those.
    """
    most, near = -1, 0
    rest = open_to | closed
    while rest:
        bit = rest & -rest
        rest ^= bit
        shared = open_to & scratch[friends + first_bit(bit)]
        if bit_count(shared) > most:
            most, near = bit_count(shared), shared
    scratch[frame] = taken
    scratch[frame + 1] = open_to
    scratch[frame + 2] = closed
    scratch[frame + 3] = open_to & ~near


@bare_called_kernel
def _keep_in_order(scratch, first, size, number):
    """Put a number among the `size` ones at `first`, which are ascending; returns how many there are now."""
    place = first + size
    while place > first and scratch[place - 1] > number:
        scratch[place] = scratch[place - 1]
        place -= 1
    scratch[place] = number
    return size + 1


@bare_called_kernel
def _late(chosen, count):
    """A set as a number that is the larger, the later its places are in the order of tuples; its own inverse."""
    return (1 << count) - 1 - _reversed(chosen, count)


@bare_called_kernel
def _plain(scratch, members, count):
    """Whether any of the candidates goes with any other."""
    if scratch[members + M_BY_NIGHT]:
        return False
    for place in range(count):
        if scratch[members + M_CONFLICTS + place] or scratch[members + M_REQUIRES + place]:
            return False
    return True


@bare_called_kernel
def write_cases(plan, at, terms, stage, scratch, candidates, points, sets):
    """The sets of every range of amounts; returns where they end, -1 where the plan is full. points: extra ones of the
    guest's tier: what could cost them competes with no promotion at all.
    """
    policy = terms[stage + term.S_FIRST]
    every = terms[stage + term.S_FIRST + 1]
    members = MEMBERS
    scratch[members + M_CANDIDATES] = scratch[members + M_LINES] = candidates
    low = 0
    while low < do.NO_BOUND:
        high = do.NO_BOUND
        for candidate in range(candidates):
            threshold = scratch[candidate * LINE + L_FROM]
            if low < threshold < high:
                high = threshold
        count = read_case(terms, stage, scratch, candidates, low, members)
        discounts = _discounts(terms, scratch, members, count)
        alone = points > 0 and policy == POLICY_GUEST and _may_cost_points(terms, scratch, members, count)
        if policy >= POLICY_FIRST:
            chosen = _greedy(scratch, members, count, policy == POLICY_FIRST)
            at = _write_set(plan, at, scratch, members, count, chosen, candidates, low, high)
        elif not every and not alone and discounts == (1 << count) - 1 and _plain(scratch, members, count):
            at = _write_set(plan, at, scratch, members, count, (1 << count) - 1, candidates, low, high)
        else:
            at = _write_sets(
                plan, at, scratch, members, count, discounts, alone, every, sets, candidates, low, high
            )  # fmt: skip
            if at < 0:
                return at
        low = high
    return at if scratch[members + M_LINES] >= 0 else -1
