"""The price of one stay in a book with a full pipeline: a plan is written and worked out.

Under the policy `night` every night is a stay of its own for the steps; what is chosen among promotions, and the
average that brackets of taxes look at, are of all nights together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel, called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.plan_sets import SCRATCH, SETS
from nightgrid.native.program.plan_steps import PLAN_WORDS
from nightgrid.native.program.planned import write_plan
from nightgrid.native.program.registers import (
    R_AVERAGED,
    R_BEST,
    R_RUNNING,
    REGISTERS,
    WEIGHTS,
    get,
    put,
    start,
)
from nightgrid.native.program.wide import divided, fraction_plus, is_zero, wide
from nightgrid.native.program.worth import is_better, run, sets_at
from nightgrid.native.store.views import borrowed


class Workshop(NamedTuple):
    """Scratch memory of one thread."""

    plan: Any  # int64 (PLAN_WORDS)
    scratch: Any  # int64 (SCRATCH)
    sets: Any  # uint8 (SETS)
    registers: Any  # int64 (REGISTERS, 4)
    weights: Any  # int64 (WEIGHTS * STAY_NIGHTS_MAX * 2)


def make_workshop() -> Workshop:
    """Scratch memory for stays of any length."""
    return Workshop(
        np.zeros(PLAN_WORDS, np.int64),
        np.zeros(SCRATCH, np.int64),
        np.zeros(SETS, np.uint8),
        np.zeros((REGISTERS, 4), np.int64),
        np.zeros(WEIGHTS * STAY_NIGHTS_MAX * 2, np.int64),
    )


@bare_inlined_kernel
def borrowed_shop(shop):
    """The same with arrays whose references are not counted."""
    return Workshop(
        borrowed(shop.plan), borrowed(shop.scratch), borrowed(shop.sets), borrowed(shop.registers),
        borrowed(shop.weights),
    )  # fmt: skip


@bare_called_kernel
def _finish(registers, out):
    """Add the net amount and its taxes to the answer."""
    n, d = get(registers, R_RUNNING)
    net, rest = divided(n, d)
    if net < 0 or not is_zero(rest):
        out[do.A_CODE] = do.TOO_LARGE_CODE
    out[do.A_NET] += net
    out[do.A_TAXES] += out[do.A_NIGHT_TAXES]


@bare_called_kernel
def work_out(plan, registers, values, scales, weights, out):
    """Work out the plan of a whole stay for one row. out (A_FIELDS) int64 [out].

    plan (PLAN_WORDS) int64; values (plane, night) int64: nightly prices x scales (plane) [in]; registers, weights:
    scratch. O(steps x nights).
    """
    out[:] = 0
    start(registers, weights, values, scales)
    at = run(plan, 0, registers, values, scales, weights, -1, do.TAX, out)
    n, d = get(registers, R_RUNNING)
    put(registers, R_AVERAGED, n, d)
    run(plan, at, registers, values, scales, weights, -1, do.END, out)
    _finish(registers, out)


@called_kernel
def _night_sum(terms, stage, query, values, scales, shop, one, weight, forced, out):
    """The exact amount of all nights after the promotions with one set of offers: register R_BEST."""
    total, over = wide(0), wide(1)
    for night in range(values.shape[1]):
        query[do.Q_NIGHT] = night
        write_plan(terms, stage, query, shop.scratch, shop.sets, shop.plan)
        for plane in range(values.shape[0]):
            one[plane, 0] = values[plane, night]
        start(shop.registers, weight, one, scales)
        at = run(shop.plan, 0, shop.registers, one, scales, weight, forced, do.OFFERS, out)
        if shop.plan[at] == do.OFFERS:
            following = shop.plan[at + 1]
            kept = shop.plan[following]
            shop.plan[following] = do.END
            run(shop.plan, at, shop.registers, one, scales, weight, forced, do.END, out)
            shop.plan[following] = kept
        n, d = get(shop.registers, R_RUNNING)
        total, over = fraction_plus(total, over, n, d, True)
    return total, over


@called_kernel
def _best_offers(terms, stage, query, values, scales, shop, one, weight, out):
    """The set of offers that is best for all nights together, -1 where there is nothing to choose."""
    query[do.Q_NIGHT] = 0
    write_plan(terms, stage, query, shop.scratch, shop.sets, shop.plan)
    at = 0
    while shop.plan[at] != do.END and shop.plan[at] != do.OFFERS:
        at = shop.plan[at + 1]
    if shop.plan[at] == do.END:
        return np.int64(-1)
    count = shop.plan[at + 4]
    first = sets_at(shop.plan, at)
    policy = shop.plan[at + 2]
    chosen = shop.plan[first]
    if count == 1:
        return chosen
    candidates = np.empty(count, np.int64)
    for number in range(count):
        candidates[number] = shop.plan[first + do.OFFER_LINE * number]
    best, best_over = wide(0), wide(1)
    for number in range(count):
        n, d = _night_sum(terms, stage, query, values, scales, shop, one, weight, candidates[number], out)
        put(shop.registers, R_RUNNING, n, d)
        put(shop.registers, R_BEST, best, best_over)
        better = is_better(policy, shop.registers) if number > 0 else 1
        if better < 0:
            out[do.A_CODE] = do.TOO_LARGE_CODE
        if better == 1:
            chosen = candidates[number]
            best, best_over = n, d
    return chosen


@called_kernel
def price_by_night(terms, stage, query, values, scales, shop, out, out_nights):
    """The price of a stay under the policy `night`: out (A_FIELDS) int64, out_nights (night) int64 minor units [out].

    terms int64, `stage` where the rule set's stages stand; query (Q_FIELDS) int64, Q_NIGHT -1 [in]; values (plane,
    night) int64: nightly prices x scales (plane) [in]; shop: Workshop. O(sets of promotions x nights x steps).
    """
    out[:] = 0
    one = np.empty((values.shape[0], 1), np.int64)
    weight = np.empty((WEIGHTS, 1, 2), np.int64)
    forced = _best_offers(terms, stage, query, values, scales, shop, one, weight, out)
    code = out[do.A_CODE]
    average, over = wide(0), wide(1)
    for step in range(2):  # first the net of all nights, then their taxes
        out[:] = 0
        for night in range(values.shape[1]):
            query[do.Q_NIGHT] = night
            code = max(code, write_plan(terms, stage, query, shop.scratch, shop.sets, shop.plan))
            for plane in range(values.shape[0]):
                one[plane, 0] = values[plane, night]
            start(shop.registers, weight, one, scales)
            out[do.A_NIGHT_TAXES] = 0
            at = run(shop.plan, 0, shop.registers, one, scales, weight, forced, do.TAX, out)
            if step == 0:
                n, d = get(shop.registers, R_RUNNING)
                average, over = fraction_plus(average, over, n, d, True)
            else:
                put(shop.registers, R_AVERAGED, average, over)
                run(shop.plan, at, shop.registers, one, scales, weight, forced, do.END, out)
                before = out[do.A_NET] + out[do.A_TAXES]
                _finish(shop.registers, out)
                out_nights[night] = out[do.A_NET] + out[do.A_TAXES] - before
    query[do.Q_NIGHT] = -1
    out[do.A_CODE] = max(out[do.A_CODE], code)
