"""Small chains and stays for the tests of prices: a catalogue from one line a hotel, and a price from the tables."""

from __future__ import annotations

from nightgrid.asking import Asking
from nightgrid.catalog import Catalog
from nightgrid.money import RoundingMode, round_ratio
from nightgrid.nights import to_ordinal
from nightgrid.pricing import compile_book, load_book
from nightgrid.pricing.explain import Asked, Source, explain_from

#: A Thursday.
FIRST_NIGHT = "2026-10-01"


def chain(*hotels, room_types=("double",), plans=("standard",), base_minor=50_000):
    """A catalogue of hotels (dicts of columns; the id is h1, h2, ... unless given) that all sell the same products.

    `base_minor` is one for all, or a list with one for each.
    """
    defaults = {"currency": "CNY", "time_zone": "Asia/Shanghai"}
    rows = [{"hotel_id": f"h{number}", **defaults, **hotel} for number, hotel in enumerate(hotels or ({},), 1)]
    columns = dict.fromkeys(key for row in rows for key in row)
    types = [(row["hotel_id"], room_type) for row in rows for room_type in room_types]
    products = [(*of, plan) for of in types for plan in plans]
    return Catalog.from_frames(
        {column: [row.get(column) for row in rows] for column in columns},
        {"hotel_id": [t[0] for t in types], "room_type_id": [t[1] for t in types], "capacity": [9] * len(types)},
        {
            "hotel_id": [p[0] for p in products],
            "room_type_id": [p[1] for p in products],
            "plan_id": [p[2] for p in products],
            "base_minor": base_minor if isinstance(base_minor, list) else [base_minor] * len(products),
        },
    )


def compiled(book, catalog=None, first_night=FIRST_NIGHT, n_nights=14):
    """The book (anything that `load_book` takes) compiled for a catalogue, by default one hotel in CNY."""
    return compile_book(load_book(book), catalog or chain(), to_ordinal(first_night), n_nights)


def season(percent, **keys):
    """A season without a name of its own."""
    return {"name": f"{percent} %", "percent": percent, **keys}


def table_price(tables, catalog, product, arrival, nights, lead_days, tier):
    """(total, nights as they enter it) from the dense tables alone, in plain integers, as kernels read them."""
    base, policy, scale = int(catalog.base_minor[product]), tables.policy, tables.night_scale
    mode, step = list(RoundingMode)[tables.mode], tables.increment
    first = arrival - tables.first_night
    values = []
    for num in tables.season_num[tables.season_set[product], first : first + nights].tolist():
        bounds = tables.bounds_set[product]
        floor_bp, ceiling_bp = int(tables.bounds_floor_bp[bounds]), int(tables.bounds_ceiling_bp[bounds])
        floor, ceiling = int(tables.bounds_floor_minor[bounds]), int(tables.bounds_ceiling_minor[bounds])
        rounded = policy in (0, 3)
        value = (
            round_ratio(base * num, tables.season_den, mode, step)
            if rounded
            else base * num * scale // tables.season_den
        )
        unit = 1 if rounded else scale
        low = max(floor * unit, -(-base * floor_bp * unit // 10_000))
        highs = [ceiling * unit] * (ceiling >= 0) + [base * ceiling_bp * unit // 10_000] * (ceiling_bp >= 0)
        if rounded:
            low, highs = -(-low // step) * step, [high // step * step for high in highs]
        values.append(max(low, min([value, *highs])))
    stay = tables.stay_set[product]
    los, lead = int(tables.los_num[stay, nights]), int(tables.lead_num[stay, min(lead_days, 1_000)])
    member = int(tables.tier_num[stay, tables.tiers.index(tier)])
    num, den = los * lead * member, tables.los_den * tables.lead_den * tables.tier_den * scale
    if policy == 1:
        values = [round_ratio(value * num, den, mode, step) for value in values]
        return sum(values), values
    if policy == 3:
        total = round_ratio(sum(values) * los, tables.los_den, mode, step)
        total = round_ratio(total * lead, tables.lead_den, mode, step)
        return round_ratio(total * member, tables.tier_den, mode, step), values
    return round_ratio(sum(values) * num, den, mode, step), values


def explained(book, *, plan=0, arrival=FIRST_NIGHT, nights=1, lead_days=10, tier=None, **asking):
    """A stay explained from a book alone: one hotel, base 500.00 CNY, plans standard (0) and nonref (1)."""
    model = load_book(book)
    of = Source(model, chain(plans=("standard", "nonref")), to_ordinal(FIRST_NIGHT), 14)
    tier = model.book.tiers[0] if tier is None else tier
    return explain_from(of, Asked(plan, to_ordinal(arrival), nights, lead_days, tier, Asking(**asking)))


def reasons(explanation):
    """Why each rule that did not act did not, by name."""
    return {note.name: note.reason for note in explanation.unmatched}
