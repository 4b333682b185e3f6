"""The promotions that come into question for a stay, beside each other: who goes with whom, and on which nights.

Every candidate has a line. Where one gives way to others night by night, or acts only on the nights of others, the
nights that are left to it depend on who is given with it: for each such set of nights it has one more line.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.native.base.hints import bit_count
from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term

#: Scratch of the stage, int64: per line (at most 62) its place in the terms, threshold, nights, ...
LINE: Final = 5 + 2 * do.NIGHT_WORDS
L_PROMOTION: Final = 0  # place in the rule set's list
L_RULE: Final = 1
L_FROM: Final = 2
L_INSIDE: Final = 3  # nights inside its dates; of a line of fewer nights, those
L_OF: Final = 4  # the candidate's line
L_NIGHTS: Final = 5  # the nights that it changes
L_HELD: Final = 5 + do.NIGHT_WORDS  # the nights on which it keeps others away
CANDIDATES_MAX: Final = 62
#: Of the candidates of a range of amounts, by place: their lines, and bits of places.
MEMBERS: Final = CANDIDATES_MAX * LINE
M_CONFLICTS: Final = PROMOTIONS_MAX
M_REQUIRES: Final = 2 * PROMOTIONS_MAX  # -1 = what is no candidate
M_YIELDS: Final = 3 * PROMOTIONS_MAX  # to whom it gives way by night
M_INSIDE: Final = 4 * PROMOTIONS_MAX  # inside whose nights it acts
M_ORDER: Final = 5 * PROMOTIONS_MAX  # places in an order in which each one's nights are known before they are looked at
M_LEFT: Final = 6 * PROMOTIONS_MAX  # NIGHT_WORDS of each: the nights left to it in the set that was looked at last
M_BY_NIGHT: Final = M_LEFT + do.NIGHT_WORDS * PROMOTIONS_MAX  # whether any gives way or acts inside
M_CANDIDATES: Final = M_BY_NIGHT + 1  # of all ranges
M_LINES: Final = M_BY_NIGHT + 2  # how many there are; -1 = more than fit
#: What follows is free for the search for sets.
M_FREE: Final = M_BY_NIGHT + 3


@bare_called_kernel
def _read_nights(terms, stage, scratch, members, count):
    """Who of the candidates looks at whose nights, and an order in which these are known."""
    scratch[members + M_BY_NIGHT] = 0
    placed = 0
    first = stage + term.S_FIRST + 4
    some = np.int64(0)
    for place in range(count):
        line = first + term.PROMOTION_LINE * scratch[scratch[members + place] * LINE + L_PROMOTION]
        some |= terms[line + term.O_YIELDS] | terms[line + term.O_INSIDE]
    if some == 0:  # as mostly
        return
    for depth in range(count + 1):
        for place in range(count):
            line = first + term.PROMOTION_LINE * scratch[scratch[members + place] * LINE + L_PROMOTION]
            deep = min(terms[line + term.O_DEPTH], count)
            if deep != depth:
                continue
            scratch[members + M_ORDER + placed] = place
            placed += 1
            yields, inside = 0, 0
            for other in range(count):
                number = scratch[scratch[members + other] * LINE + L_PROMOTION]
                yields |= (terms[line + term.O_YIELDS] >> number & 1) << other
                inside |= (terms[line + term.O_INSIDE] >> number & 1) << other
            scratch[members + M_YIELDS + place] = yields
            scratch[members + M_INSIDE + place] = inside
            scratch[members + M_BY_NIGHT] |= yields | inside


@bare_called_kernel
def has_nights_left(scratch, members, count, chosen):
    """Whether each promotion of a set has a night on which it acts beside the others; these nights [out]."""
    for number in range(count):
        place = scratch[members + M_ORDER + number]
        if chosen >> place & 1 == 0:
            continue
        own = scratch[members + place] * LINE + L_NIGHTS
        left = members + M_LEFT + do.NIGHT_WORDS * place
        some = 0
        for word in range(do.NIGHT_WORDS):
            nights = scratch[own + word]
            for other in range(count):
                theirs = scratch[members + M_LEFT + do.NIGHT_WORDS * other + word]
                if scratch[members + M_YIELDS + place] & chosen & (1 << other):
                    nights &= ~theirs
                if scratch[members + M_INSIDE + place] & chosen & (1 << other):
                    nights &= theirs
            scratch[left + word] = nights
            some |= nights
        if some == 0:
            return False
    return True


@bare_called_kernel
def _meet(scratch, a, b):
    """Whether two candidates have a night in common."""
    for word in range(do.NIGHT_WORDS):
        if scratch[a * LINE + L_HELD + word] & scratch[b * LINE + L_HELD + word]:
            return True
    return False


@bare_called_kernel
def read_case(terms, stage, scratch, candidates, amount, members):
    """The candidates where the amount before the stage is `amount`, at most 16, and their conflicts and requirements.

    What is known of them stands in scratch from `members` on. Returns how many.
    """
    count = 0
    for candidate in range(candidates):
        if scratch[candidate * LINE + L_FROM] <= amount and count < PROMOTIONS_MAX:
            scratch[members + count] = candidate
            count += 1
    first = stage + term.S_FIRST + 4
    _read_nights(terms, stage, scratch, members, count)
    for place in range(count):
        candidate = scratch[members + place]
        line = first + term.PROMOTION_LINE * scratch[candidate * LINE + L_PROMOTION]
        conflicts = terms[line + term.O_CONFLICTS]
        required = terms[line + term.O_REQUIRES]
        found = 0
        against = 0
        needs = 0
        for other in range(count):
            number = scratch[scratch[members + other] * LINE + L_PROMOTION]
            if conflicts >> number & 1 and _meet(scratch, candidate, scratch[members + other]):
                against |= 1 << other
            if required >> number & 1:
                needs |= 1 << other
                found |= 1 << number
        scratch[members + M_CONFLICTS + place] = against
        # A required promotion that is out of question, or not in the rule set at all (bit 62), is never there.
        scratch[members + M_REQUIRES + place] = needs if found == required else -1
    return count


@bare_called_kernel
def is_permitted(scratch, members, count, chosen):
    """Whether some candidates may be given together: bits by place."""
    for place in range(count):
        if chosen >> place & 1:
            needs = scratch[members + M_REQUIRES + place]
            if needs < 0 or needs & ~chosen or scratch[members + M_CONFLICTS + place] & chosen:
                return False
    return scratch[members + M_BY_NIGHT] == 0 or has_nights_left(scratch, members, count, chosen)


@bare_called_kernel
def _has_nights(scratch, line, left):
    for word in range(do.NIGHT_WORDS):
        if scratch[line * LINE + L_NIGHTS + word] != scratch[left + word]:
            return False
    return True


@bare_called_kernel
def line_of_nights(scratch, members, place):
    """The line of a candidate with the nights that are left to it; a new one where there is none yet."""
    candidate = scratch[members + place]
    left = members + M_LEFT + do.NIGHT_WORDS * place
    lines = scratch[members + M_LINES]
    if _has_nights(scratch, candidate, left) or lines < 0:
        return candidate
    for line in range(scratch[members + M_CANDIDATES], lines):
        if scratch[line * LINE + L_OF] == candidate and _has_nights(scratch, line, left):
            return line
    if lines == CANDIDATES_MAX:
        scratch[members + M_LINES] = -1
        return candidate
    scratch[members + M_LINES] = lines + 1
    scratch[lines * LINE + L_PROMOTION] = scratch[candidate * LINE + L_PROMOTION]
    scratch[lines * LINE + L_RULE] = scratch[candidate * LINE + L_RULE]
    scratch[lines * LINE + L_OF] = candidate
    nights = 0
    for word in range(do.NIGHT_WORDS):
        scratch[lines * LINE + L_NIGHTS + word] = scratch[left + word]
        nights += bit_count(scratch[left + word])
    scratch[lines * LINE + L_INSIDE] = nights
    return lines


@bare_called_kernel
def number_lines(scratch, members):
    """Number all lines in the order in which they act: that of the candidates. The numbers of the lines stand from
    M_FREE on, behind them the lines by number [out].
    """
    lines, candidates = scratch[members + M_LINES], scratch[members + M_CANDIDATES]
    number = 0
    for candidate in range(candidates):
        scratch[members + M_FREE + candidate] = number
        scratch[members + M_FREE + CANDIDATES_MAX + number] = candidate
        number += 1
        for line in range(candidates, lines):
            if scratch[line * LINE + L_OF] == candidate:
                scratch[members + M_FREE + line] = number
                scratch[members + M_FREE + CANDIDATES_MAX + number] = line
                number += 1


@bare_called_kernel
def numbered(scratch, members, bits):
    """A set of lines as it is written, by their numbers, the first the highest bit. bits: of candidates the first the
    highest, then by line.
    """
    lines, candidates = scratch[members + M_LINES], scratch[members + M_CANDIDATES]
    found = np.int64(0)
    for line in range(lines):
        bit = candidates - 1 - line if line < candidates else line
        if bits >> bit & 1:
            found |= np.int64(1) << (lines - 1 - scratch[members + M_FREE + line])
    return found
