"""The price of one night of one product: base, derived plan, seasons, demand, overrides, bounds, in the book's order.

One definition for whole windows, single cells that live repricing touches, and quotes. Amounts are int64 numerators
over int64 denominators that the order of the stages fixes; what leaves them is TOO_LARGE and an error, never a wrap.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import called_kernel, kernel
from nightgrid.native.prices.prices import MODE_CEILING, MODE_FLOOR
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.night_rounding import fits, rounded_night
from nightgrid.native.program.plan_guests import as_adults

OK = 0
TOO_LARGE = -1
TOO_MANY_GUESTS = -2


@kernel
def base_amount(desk, product, night, guests):
    """The base amount: by party size where there is data, else the catalogue's. -2: the party is too large."""
    row = on.column(desk, on.BASE_ROW)[product]
    price = on.column(desk, on.BASE)[product]
    if row >= 0:
        first = on.column(desk, on.BASE_FIRST)
        sizes = on.column(desk, on.BASE_GUESTS)
        minor = on.matrix(desk, on.BASE_MINOR)
        any_size = np.int64(-1)
        sized = False
        for line in range(first[row], first[row + 1]):
            value = minor[line, night]
            if value < 0:
                continue
            if sizes[line] == 0:
                any_size = value
            elif guests >= 0:
                if sizes[line] >= guests:
                    any_size = value
                    sized = False
                    break
                sized = True
        if any_size >= 0:
            price = any_size
        elif sized:
            return np.int64(TOO_MANY_GUESTS)
    return price * guests if on.column(desk, on.CONSTANTS_OF)[on.K_PER_PERSON] else price


@kernel
def _plus(n, d, m, e, by, over):
    """n/d + m/e x by/over, not below 0: (numerator, denominator); the denominator depends on d, e and over alone."""
    e *= over
    if d % e == 0:
        factor = d // e
        if not fits(m, by) or not fits(m * by, factor):
            return np.int64(TOO_LARGE), d
        return max(n + m * by * factor, 0), d
    if e % d == 0:
        factor = e // d
        if not fits(n, factor) or not fits(m, by):
            return np.int64(TOO_LARGE), e
        return max(n * factor + m * by, 0), e
    if not fits(n, e) or not fits(m, by) or not fits(m * by, d) or not fits(d, e):
        return np.int64(TOO_LARGE), d
    return max(n * e + m * by * d, 0), d * e


@kernel
def _times(n, d, by, over):
    if not fits(n, by) or not fits(d, over):
        return np.int64(TOO_LARGE), d
    return n * by, d * over


@called_kernel
def _override(desk, product, night, n, d, den):
    """A fixed price, else a percent: (numerator, denominator). The denominator is the same whatever acts."""
    row = on.column(desk, on.FIXED_ROW)[product]
    if row >= 0:
        fixed = on.matrix(desk, on.FIXED)[row, night]
        if fixed >= 0:
            return _times(fixed, 1, d * den, d * den) if fits(d, den) else (np.int64(TOO_LARGE), d)
    row = on.column(desk, on.PERCENT_ROW)[product]
    change = np.int64(0)
    if row >= 0:
        change = on.matrix(desk, on.PERCENT)[row, night]
        change = np.int64(0) if change == on.NO_PERCENT else change
    return _times(n, d, den + change, den)


@kernel
def _is_fixed(desk, product, night):
    if on.column(desk, on.CONSTANTS_OF)[on.K_HAS_OVERRIDE] == 0:
        return False
    row = on.column(desk, on.FIXED_ROW)[product]
    return row >= 0 and on.matrix(desk, on.FIXED)[row, night] >= 0


@kernel
def _sides(desk, product, night):
    """Floor and ceiling of a night: basis points of the base (0 and -1 none), minor units (0 and -1 none)."""
    rows = on.matrix(desk, on.BOUNDS_NIGHT)
    line = on.matrix(desk, on.BOUNDS)[rows[on.column(desk, on.BOUNDS_SET)[product], night]]
    floor_bp, ceiling_bp, floor, ceiling = line[0], line[1], line[2], line[3]
    if on.column(desk, on.CONSTANTS_OF)[on.K_HAS_OVERRIDE]:
        row = on.column(desk, on.FLOOR_ROW)[product]
        if row >= 0 and on.matrix(desk, on.FLOOR)[row, night] >= 0:
            floor_bp, floor = np.int64(0), on.matrix(desk, on.FLOOR)[row, night]
        row = on.column(desk, on.CEILING_ROW)[product]
        if row >= 0 and on.matrix(desk, on.CEILING)[row, night] >= 0:
            ceiling_bp, ceiling = np.int64(-1), on.matrix(desk, on.CEILING)[row, night]
    return floor_bp, ceiling_bp, floor, ceiling


@called_kernel
def _bounded(desk, product, night, n, d, base, base_den, den):
    """The amount inside its bounds, exact, over d x base_den x den."""
    over = base_den * den
    if not fits(n, over) or not fits(d, over):
        return np.int64(TOO_LARGE), d
    n, whole = n * over, d * over
    if _is_fixed(desk, product, night):
        return n, whole
    floor_bp, ceiling_bp, floor, ceiling = _sides(desk, product, night)
    if not fits(base * d, max(floor_bp, ceiling_bp)) or not fits(base, d) or not fits(floor, whole):
        return np.int64(TOO_LARGE), whole
    if ceiling >= 0 and fits(ceiling, whole):
        n = min(n, ceiling * whole)
    if ceiling_bp >= 0:
        n = min(n, base * ceiling_bp * d)
    return max(n, floor * whole, base * floor_bp * d), whole


@called_kernel
def _rounded_inside(desk, product, night, n, d, base, base_den, at, den):
    """The amount as a permitted price, the nearest one inside where a bound is crossed; -1 where it is too large."""
    roundings = on.column(desk, on.ROUNDINGS)
    value = rounded_night(n, d, roundings, at, roundings[at])
    if value < 0 or _is_fixed(desk, product, night):
        return value
    floor_bp, ceiling_bp, floor, ceiling = _sides(desk, product, night)
    over = base_den * den
    if not fits(base, max(floor_bp, ceiling_bp)):
        return np.int64(-1)
    high = np.int64(-1)
    if ceiling >= 0:
        high = rounded_night(ceiling, 1, roundings, at, MODE_FLOOR)
    if ceiling_bp >= 0:
        share = rounded_night(base * ceiling_bp, over, roundings, at, MODE_FLOOR)
        high = share if high < 0 else min(high, share)
    if high >= 0:
        value = min(value, high)
    if floor > 0:
        value = max(value, rounded_night(floor, 1, roundings, at, MODE_CEILING))
    if floor_bp > 0:
        value = max(value, rounded_night(base * floor_bp, over, roundings, at, MODE_CEILING))
    return value


@called_kernel
def _demand(desk, product, lead, fill_bp):
    """Basis points of the band of house fill and lead; 0 without a rule."""
    at = on.column(desk, on.DEMAND_RULE)[product]
    if at < 0:
        return np.int64(0)
    terms = on.column(desk, on.DEMAND_TERMS)
    fills = terms[at]
    leads = terms[at + 1]
    row = 0
    while row + 1 < fills and terms[at + 2 + row + 1] <= fill_bp:
        row += 1
    place = 0
    while place + 1 < leads and terms[at + 2 + fills + place + 1] <= lead:
        place += 1
    return terms[at + 2 + fills + leads + row * leads + place]


@kernel
def _derive(desk, product, rule, n, d, den):
    """A link of a chain of plans: percent of the parent, then the amount."""
    terms = on.matrix(desk, on.DERIVED_TERMS)
    n, d = _times(n, d, den + terms[rule, 0], den)
    if n < 0:
        return n, d
    amount = terms[rule, 2 + on.column(desk, on.CURRENCY)[product]]
    return _plus(n, d, amount, 1, 1, 1) if amount != 0 else (n, d)


@called_kernel
def plans_of_night(desk, product, night, scratch):
    """The chain of derived plans of a night: (how many links, the product at its root); (product, rule) of each link
    stand in scratch from 2 NIGHT_SLOTS on.
    """
    count = 0
    if on.column(desk, on.CONSTANTS_OF)[on.K_DERIVED_STAGE] < 0:
        return count, product
    while count < on.CHAIN_MAX:
        derived = on.column(desk, on.DERIVED_SET)[product]
        rule = on.matrix(desk, on.DERIVED_RULE)[derived, night] if derived >= 0 else np.int64(-1)
        if rule < 0:
            break
        scratch[2 * on.NIGHT_SLOTS + 2 * count] = product
        scratch[2 * on.NIGHT_SLOTS + 2 * count + 1] = rule
        count += 1
        plan = on.matrix(desk, on.DERIVED_TERMS)[rule, 1]
        product = on.matrix(desk, on.PLAN_PRODUCT)[on.column(desk, on.ROW_OF_PRODUCT)[product], plan]
    return count, product


@called_kernel
def full_payers(desk, terms, product, night, query, scratch):
    """How many guests a night is priced for: adults and the children that count as adults, by the rule of the plan from
    which the product is derived; -1 = not told.
    """
    if query[do.Q_ADULTS] < 0:
        return np.int64(-1)
    _, root = plans_of_night(desk, product, night, scratch)
    return query[do.Q_ADULTS] + as_adults(terms, on.column(desk, on.GUESTS_RULE)[root], query)


@kernel
def acted(desk, line, own, night, lead, fill_bp, n, d, scratch):
    """The amount after a season, demand or override stage, not yet rounded. `own`: the product whose rules act."""
    code, of, den = line[on.N_CODE], line[on.N_OF], line[on.N_DEN]
    m, e = n, d
    if of >= 0:
        m, e = scratch[2 * of], scratch[2 * of + 1]
    if code == on.NIGHT_SEASON:
        group = on.column(desk, on.SEASON_SET)[own]
        if of < 0:
            return _times(n, d, on.matrix(desk, on.SEASON_NUM)[group, night], den)
        return _plus(n, d, m, e, on.matrix(desk, on.SEASON_SUM)[group, night], den)
    if code == on.NIGHT_DEMAND:
        change = _demand(desk, own, lead, fill_bp)
        return _times(n, d, den + change, den) if of < 0 else _plus(n, d, m, e, change, den)
    return _override(desk, own, night, n, d, den)


@called_kernel
def _staged(desk, line, links, own, product, night, lead, fill_bp, n, d, scratch):
    """The amount after one stage but the base, rounded where the book says so: (numerator, denominator)."""
    roundings = on.column(desk, on.ROUNDINGS)
    code, at, den = line[on.N_CODE], line[on.N_ROUNDING], line[on.N_DEN]
    if code == on.NIGHT_DERIVED:
        if links > 0 and at > 0:  # the root has a derived stage too, which only rounds
            n, d = rounded_night(n, d, roundings, at, roundings[at]), np.int64(1)
        for link in range(links - 1, -1, -1):
            place = 2 * on.NIGHT_SLOTS + 2 * link
            n, d = _derive(desk, scratch[place], scratch[place + 1], n, d, den)
            if n >= 0 and at > 0:
                n, d = rounded_night(n, d, roundings, at, roundings[at]), np.int64(1)
            if n < 0:
                return np.int64(TOO_LARGE), d
        if links > 0:
            return n, d
    elif code == on.NIGHT_BOUNDS:
        base = on.column(desk, on.CONSTANTS_OF)[on.K_BASE_SLOT]
        m, e = scratch[2 * base], scratch[2 * base + 1]
        if at > 0:
            return _rounded_inside(desk, own, night, n, d, m, e, at, den), np.int64(1)
        return _bounded(desk, own, night, n, d, m, e, den)
    elif code != on.NIGHT_BASE:
        n, d = acted(desk, line, own, night, lead, fill_bp, n, d, scratch)
    if n >= 0 and at > 0:
        n, d = rounded_night(n, d, roundings, at, roundings[at]), np.int64(1)
    return n, d


@kernel
def staged_night(desk, links, own, product, night, lead, fill_bp, n, d, first, last, scratch):
    """The amount n/d after the stages first..last - 1: (numerator, denominator), TOO_LARGE a numerator that is; the
    amounts that later stages and planes look at are kept in scratch. own: the product whose rules act.
    """
    stages = on.matrix(desk, on.STAGES)
    for stage in range(first, last):
        line = stages[stage]
        n, d = _staged(desk, line, links, own, product, night, lead, fill_bp, n, d, scratch)
        if n < 0:
            return np.int64(TOO_LARGE), d
        if line[on.N_CODE] == on.NIGHT_DERIVED:
            own = product
        slot = line[on.N_SLOT]
        if slot >= 0:
            scratch[2 * slot], scratch[2 * slot + 1] = n, d
    return n, d


@kernel
def scaled_planes(desk, n, d, scratch, out):
    """What the planes show of a night, x their scales: out (plane) int64 [out]; OK, TOO_LARGE."""
    planes = on.matrix(desk, on.PLANES)
    for plane in range(planes.shape[0]):
        slot, scale = planes[plane, 0], planes[plane, 1]
        if slot >= 0:
            n, d = scratch[2 * slot], scratch[2 * slot + 1]
        if scale % d != 0 or not fits(n, scale // d):
            return TOO_LARGE
        out[plane] = n * (scale // d)
    return OK


@kernel
def night_cell(desk, product, night, guests, lead, fill_bp, scratch, out):
    """One night of one product: out (plane) int64, amounts x scale of the plane [out]; OK, TOO_LARGE, TOO_MANY_GUESTS.

    desk: `night_desk`; night: index in the tables; guests: full payers, -1 = not told; lead: days from booking to
    arrival, or to the night, as the book counts demand; fill_bp: house fill of the night; scratch (NIGHT_SCRATCH)
    int64. O(stages + length of the chain of plans).
    """
    links, own = plans_of_night(desk, product, night, scratch)
    n = base_amount(desk, own, night, guests)
    if n < 0:
        return TOO_MANY_GUESTS
    last = on.matrix(desk, on.STAGES).shape[0]
    n, d = staged_night(desk, links, own, product, night, lead, fill_bp, n, np.int64(1), 0, last, scratch)
    return TOO_LARGE if n < 0 else scaled_planes(desk, n, d, scratch, out)


@called_kernel
def is_bounded(desk, product, night, guests, lead, fill_bp, scratch):
    """Whether a floor or a ceiling changes the price of a night; arguments as of `night_cell`. The stages before the
    bounds are gone through, then the amount is rounded with and without its limits. O(stages + chain of plans).
    """
    stages = on.matrix(desk, on.STAGES)
    links, own = plans_of_night(desk, product, night, scratch)
    n, d = base_amount(desk, own, night, guests), np.int64(1)
    for stage in range(stages.shape[0]):
        if n < 0:
            return False
        line = stages[stage]
        m, e = _staged(desk, line, links, own, product, night, lead, fill_bp, n, d, scratch)
        if line[on.N_CODE] == on.NIGHT_BOUNDS:
            at = line[on.N_ROUNDING]
            if at == 0:
                return m >= 0 and m != n * (e // d)
            roundings = on.column(desk, on.ROUNDINGS)
            return m >= 0 and m != rounded_night(n, d, roundings, at, roundings[at])
        n, d = m, e
        if line[on.N_CODE] == on.NIGHT_DERIVED:
            own = product
        slot = line[on.N_SLOT]
        if slot >= 0:
            scratch[2 * slot], scratch[2 * slot + 1] = n, d
    return False
