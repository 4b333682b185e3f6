"""What a rule set looks at when the arrival or the lead time changes: on which days its plan can differ from that of
the day before, and which weekdays it tells apart. Between them one plan serves all arrivals.
"""

from __future__ import annotations

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term

#: Weekdays, Monday first, as ordinals count them.
WEEKDAYS = 7
_ALL_WEEKDAYS = 2**WEEKDAYS - 1


@bare_called_kernel
def _mark(changes, first, last, begin):
    """Arrivals first..last (ordinals) can differ from the day before; begin: the ordinal of changes[0]."""
    for at in range(max(first - begin, 0), min(last - begin + 1, changes.size)):
        changes[at] = 1


@bare_called_kernel
def _mark_ranges(terms, at, count, nights, changes, begin):
    """Dates on which nights of a stay lie: what is inside changes while the stay moves over an edge."""
    for position in range(count):
        first, last = terms[at + 2 * position], terms[at + 2 * position + 1]
        _mark(changes, first - nights + 1, first, begin)
        _mark(changes, last - nights + 2, last + 1, begin)


@bare_called_kernel
def _tell_apart(mask, nights, weekdays):
    """Split the classes of arrival weekdays by a mask, bit 0 = Monday: which of the first `nights` nights are in it."""
    for day in range(WEEKDAYS):
        for night in range(min(nights, WEEKDAYS)):
            weekdays[day] = weekdays[day] * 2 + (mask >> ((day + night) % WEEKDAYS) & 1)
    for day in range(WEEKDAYS):  # small numbers again: the first day of the same class
        weekdays[WEEKDAYS + day] = weekdays[day]
    for day in range(WEEKDAYS):
        same = 0
        while weekdays[WEEKDAYS + same] != weekdays[WEEKDAYS + day]:
            same += 1
        weekdays[day] = same


@bare_called_kernel
def _mark_departures(terms, at, first, nights, changes, begin, weekdays):
    """Conditions of the day of departure, by the arrival: their weekdays, and `first` where their dates stand."""
    mask = 0
    for day in range(WEEKDAYS):
        mask |= (terms[at + term.C_DEPARTURE_DAYS] >> ((day + nights) % WEEKDAYS) & 1) << day
    _tell_apart(mask, 1, weekdays)
    for position in range(terms[at + term.C_DEPARTURE]):
        into, after = terms[first + 2 * position] - nights, terms[first + 2 * position + 1] - nights + 1
        _mark(changes, into, into, begin)
        _mark(changes, after, after, begin)


@bare_called_kernel
def _mark_conditions(terms, at, query, changes, begin, leads, lead_begin, weekdays):
    """The conditions of an offer; returns whether the day of booking is one. Those that look at nothing of the arrival
    are the same for all.
    """
    nights = query[do.Q_NIGHTS]
    if not terms[at + term.C_NIGHTS_MIN] <= nights <= terms[at + term.C_NIGHTS_MAX]:
        return False
    low, high = terms[at + term.C_LEAD_MIN], terms[at + term.C_LEAD_MAX]
    if low > 0:
        _mark(leads, low, low, lead_begin)
    if high < LEAD_DAYS_MAX:
        _mark(leads, high + 1, high + 1, lead_begin)
    _tell_apart(terms[at + term.C_ARRIVAL_DAYS], 1, weekdays)
    first = at + term.C_LISTS + 2 * terms[at + term.C_BOOKING]
    count = terms[at + term.C_STAY]
    if terms[at + term.C_APPLIES] == term.APPLIES_ARRIVAL:
        nights = 1
    _mark_ranges(terms, first, count, nights, changes, begin)
    first += 2 * count
    _mark_ranges(terms, first, terms[at + term.C_BLACKOUT], query[do.Q_NIGHTS], changes, begin)
    first += 2 * terms[at + term.C_BLACKOUT]
    _mark_departures(terms, at, first, query[do.Q_NIGHTS], changes, begin, weekdays)
    return terms[at + term.C_BOOKING] > 0 or terms[at + term.C_BOOKING_DAYS] & _ALL_WEEKDAYS != _ALL_WEEKDAYS


@bare_called_kernel
def _mark_lead(terms, rule, leads, begin):
    """Lead time: the edges of bands, every day of a curve."""
    first = rule + 2
    for position in range(terms[rule + 1]):
        if terms[rule] == term.LEAD_BANDS:
            _mark(leads, terms[first + 3 * position], terms[first + 3 * position], begin)
            _mark(leads, terms[first + 3 * position + 1] + 1, terms[first + 3 * position + 1] + 1, begin)
        elif position > 0:
            _mark(leads, terms[first + 2 * position - 2], terms[first + 2 * position], begin)


@bare_called_kernel
def _mark_offers(terms, stage, query, changes, begin, leads, lead_begin, weekdays):
    """Promotions, or free nights; returns whether the day of booking matters."""
    first = stage + term.S_FIRST
    booked = False
    if terms[stage] == term.STAGE_PROMOTION:
        for promotion in range(terms[first + 3]):
            rule = terms[first + 4 + term.PROMOTION_LINE * promotion]
            at = terms[rule + term.P_CONDITIONS]
            booked |= _mark_conditions(terms, at, query, changes, begin, leads, lead_begin, weekdays)
            if terms[rule + term.P_PATTERN] == term.PATTERN_WEEKDAYS:
                # Which nights of a stay these are depends on the arrival's weekday.
                _tell_apart(terms[rule + term.P_PATTERN_A], query[do.Q_NIGHTS], weekdays)
        return booked
    for position in range(terms[first]):
        at = terms[terms[first + 1 + position] + term.F_CONDITIONS]
        booked |= _mark_conditions(terms, at, query, changes, begin, leads, lead_begin, weekdays)
    return booked


@bare_called_kernel
def mark_stages(terms, stage, until, query, changes, begin, leads, lead_begin, weekdays):
    """Mark the days on which what the stages from `stage` to one of the kind `until` (-1 = to the end) write can differ
    from that of the day before; returns whether the day of booking matters beside the lead time.

    terms int64; query: the question, but for arrival and lead; begin: ordinal of changes[0]; lead_begin: lead days of
    leads[0] [in]; changes (arrival), leads (lead days) uint8: 1 = can differ, what is marked stays marked; weekdays (2
    x WEEKDAYS) int64: class of each weekday, split further, then scratch [inout]. O(rules x (ranges + nights)).
    """
    booked = False
    while terms[stage] != term.STAGE_END and terms[stage] != until:
        code = terms[stage]
        first = stage + term.S_FIRST
        if code == term.STAGE_PROMOTION or code == term.STAGE_FREE:
            booked |= _mark_offers(terms, stage, query, changes, begin, leads, lead_begin, weekdays)
        elif code == term.STAGE_TAX:
            for position in range(terms[first]):
                rule = terms[first + 1 + position]
                _mark_ranges(
                    terms, rule + term.T_DATES + 1, terms[rule + term.T_DATES], query[do.Q_NIGHTS], changes, begin
                )
        elif code == term.STAGE_TABLE:
            for position in range(terms[first + 1]):
                rule = terms[first + 2 + position]
                _tell_apart(terms[rule + term.W_WEEKDAYS], 1, weekdays)
                _mark_ranges(terms, rule + term.W_ARRIVALS + 1, terms[rule + term.W_ARRIVALS], 1, changes, begin)
        elif code == term.STAGE_BOUND:
            for position in range(terms[first]):
                rule = terms[first + 1 + position]
                _mark_ranges(terms, rule + term.B_ARRIVALS + 1, terms[rule + term.B_ARRIVALS], 1, changes, begin)
        elif code == term.STAGE_LEAD and terms[first] != 0:
            _mark_lead(terms, terms[first], leads, lead_begin)
        stage = terms[stage + term.S_NEXT]
    return booked


@bare_called_kernel
def mark_arrivals(terms, stage, query, today, begin, changes, weekdays):
    """Mark the arrivals on which the plan of a rule set can differ from that of the day before, all booked on one day.

    today, begin: ordinals of the booking day and of the first arrival [in]; changes (arrival) uint8: 1 = can differ;
    weekdays (2 x WEEKDAYS) int64: class of each weekday, then scratch [out]; others as of `mark_stages`.
    """
    changes[:] = 0
    weekdays[:] = 0
    # Booked on one day, a lead time is an arrival.
    mark_stages(terms, stage, -1, query, changes, begin, changes, begin - today, weekdays)
    if changes.size > 0:
        changes[0] = 1
