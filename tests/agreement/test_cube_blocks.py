"""The cube of a book of factors against integers: ties in every mode, products on both sides of the limit of the narrow
form, rows that are streamed past the caches and rows that are not, wherever they begin.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from nightgrid.native.prices import prices as price
from nightgrid.native.prices.block_prices import STREAM_BYTES
from nightgrid.native.prices.prices import NARROW_MAX, half_added
from nightgrid.native.prices.reprice import price_cube
from nightgrid.native.prices.tables import PriceTables

NIGHTS, TIERS, LEADS = 40, 3, 5
UNTOUCHED = 7
MODES = range(7)


def rounded(numerator: int, denominator: int, mode: int) -> int:
    """The integer that a mode makes of a fraction that is not negative."""
    floor, rest = divmod(numerator, denominator)
    up = {
        price.MODE_HALF_UP: 2 * rest >= denominator,
        price.MODE_HALF_EVEN: 2 * rest > denominator or (2 * rest == denominator and floor % 2 == 1),
        price.MODE_HALF_DOWN: 2 * rest > denominator,
        price.MODE_UP: rest > 0,
        price.MODE_CEILING: rest > 0,
    }.get(mode, False)
    return floor + up


def tables_for(dice, mode, step, width, *, wide):
    """Tables of 7 factor sets, four of which are wholes and halves, and nightly amounts; where the products are beyond
    the limit, the first arrival's prices of one night and the last tier are one numerator below a half.
    """
    sets = 7
    power = 4 if wide else 2  # of ten, in each of three denominators
    nightly = dice.integers(0, 10**6 // NIGHTS, (NIGHTS, width), dtype=np.int64)
    shapes = ((sets, NIGHTS + 1), (sets, LEADS), (sets, TIERS))
    factors = [10 * dice.integers(1, 3 * 10 ** (power - 1), shape, dtype=np.int64) + 3 for shape in shapes]
    for factor in factors:
        factor[3:] = dice.integers(1, 4, factor[3:].shape) * (10**power // 2)
    own = dice.integers(0, sets, width).astype(np.int32)
    if wide:
        denominator = 10 ** (3 * power) * step
        for lane in np.flatnonzero(own < 3).tolist():
            los, lead, tier = (int(factor[own[lane], at]) for factor, at in zip(factors, (1, 1, 2), strict=True))
            nightly[1, lane] = (denominator // 2 - 1) * pow(los * lead * tier, -1, denominator) % denominator
    sums = np.zeros((NIGHTS + 1, width), np.int64)
    sums[1:] = np.cumsum(nightly, axis=0)
    terms = np.zeros(price.T_TERMS, np.int64)
    terms[price.T_POLICY] = price.POLICY_DEFAULT
    terms[price.T_MODE] = mode
    terms[price.T_INCREMENT] = step
    terms[[price.T_NIGHT_DEN, price.T_NIGHT_SCALE]] = 1
    terms[[price.T_LOS_DEN, price.T_LEAD_DEN, price.T_TIER_DEN]] = 10**power
    places = np.arange(sets, dtype=np.int32)
    calendars = (places % 2).astype(np.int32)
    nothing = np.zeros(0, np.int32)
    return PriceTables(sums, own, places, places * 0, calendars, *factors, terms, nothing, nothing, sums[:, :0])


def expected(tables, mode, step, today, arrival, nights, tier):
    """The prices of a row as Python integers."""
    found = []
    denominator = int(np.prod(tables.terms[[price.T_LOS_DEN, price.T_LEAD_DEN, price.T_TIER_DEN]])) * step
    for lane, group in enumerate(tables.lane_set.tolist()):
        lead = arrival - int(today[tables.set_calendar[group]])
        if arrival + nights > NIGHTS or lead < 0:
            found.append(-1)
            continue
        amount = int(tables.sums[arrival + nights, lane]) - int(tables.sums[arrival, lane])
        factor = int(tables.los_num[group, nights]) * int(tables.lead_num[group, min(lead, LEADS - 1)])
        factor *= int(tables.tier_num[group, tier])
        found.append(rounded(amount * factor, denominator, mode) * step)
    return found


def results(shape, dtype, off_bytes):
    """An array that begins so many bytes behind a cache line, and the bytes before and behind it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.full(size + 256, UNTOUCHED, np.uint8)
    begin = 64 - raw.ctypes.data % 64 + off_bytes
    return raw[begin : begin + size].view(dtype).reshape(shape), (raw[:begin], raw[begin + size :])


@pytest.mark.parametrize(("mode", "step"), list(product(MODES, (1, 10))))
def test_every_mode_on_both_sides_of_the_limit(mode, step):
    dice = np.random.default_rng(100 * mode + step)
    today = np.array([0, 3], np.int64)
    stays, tiers = np.array([1, 3], np.int64), np.array([2, 0], np.int64)
    ties = 0
    for wide in (False, True):
        tables = tables_for(dice, mode, step, 300, wide=wide)
        out, _ = results((4, 2, 2, 300), np.int64, 8)
        price_cube(tables, tables.sums, tables.lane_set, today, 1, stays, tiers, -1, out)
        for a, s, t in product(range(4), range(2), range(2)):
            want = expected(tables, mode, step, today, 1 + a, int(stays[s]), int(tiers[t]))
            assert out[a, s, t].tolist() == want
            up = expected(tables, price.MODE_HALF_UP, step, today, 1 + a, int(stays[s]), int(tiers[t]))
            down = expected(tables, price.MODE_HALF_DOWN, step, today, 1 + a, int(stays[s]), int(tiers[t]))
            ties += sum(map(int.__ne__, up, down))
    assert ties > 30


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("width", [2_304, 2_306, 2_303])
@pytest.mark.parametrize("off_bytes", [0, 8, 32])
def test_streamed_rows_wherever_they_begin(dtype, width, off_bytes):
    """Every place of the results is written, and none beside them; the last arrivals end behind the window."""
    dice = np.random.default_rng(width + off_bytes)
    tables = tables_for(dice, price.MODE_HALF_UP, 1, width, wide=False)
    today = np.array([0, 2], np.int64)
    stays, tiers = np.array([2], np.int64), np.array([0, 1, 2], np.int64)
    out, around = results((NIGHTS, 1, 3, width), dtype, off_bytes)
    assert out.nbytes >= STREAM_BYTES
    price_cube(tables, tables.sums, tables.lane_set, today, 0, stays, tiers, -1, out)
    for a, t in product((0, 1, 2, NIGHTS - 2, NIGHTS - 1), range(3)):
        assert out[a, 0, t].tolist() == expected(tables, price.MODE_HALF_UP, 1, today, a, 2, t)
    assert all((side == UNTOUCHED).all() for side in around)


def test_the_narrow_form_up_to_its_limit():
    """Beside ties and with denominators up to the limit; and beyond the limit it is not exact."""
    dice = np.random.default_rng(3)
    limit = int(NARROW_MAX)
    tried = 0
    for bits in range(1, 49):
        for _ in range(400):
            denominator = int(dice.integers(2 ** (bits - 1), 2**bits)) + 1
            most = limit // denominator
            tie = denominator * int(dice.integers(0, max(most, 1))) + denominator // 2
            for numerator in (tie - 1, tie, tie + 1, limit - tie % 97):
                if not 0 <= numerator <= limit:
                    continue
                value = half_added(float(numerator), 1.0, np.nextafter(1.0 / denominator, 1.0))
                assert int(np.floor(value)) == (2 * numerator + denominator) // (2 * denominator)
                tried += 1
    assert tried > 50_000
    beyond = [(3 * 10**9 * 10**9 + k, 10**9) for k in range(-5, 5)]
    wrong = [
        half_added(float(n), 1.0, np.nextafter(1.0 / d, 1.0)) // 1 != (2 * n + d) // (2 * d)
        for n, d in [(n + d // 2, d) for n, d in beyond]
    ]
    assert any(wrong)
