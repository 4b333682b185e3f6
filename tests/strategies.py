"""Hypothesis strategies for small worlds: chains, rule books, restrictions, and what people do with rooms.

Everything drawn is plain data (dictionaries, lists, dates, whole numbers, Decimals) and valid by construction:
a test that draws a world may demand that nightgrid accepts it. Sizes are small so that hotels fill up, bands
are hit at their edges, and a failing example can be read.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Table = dict[str, Any]
Catalogue = dict[str, list[Table]]  # hotels, room_types, products

#: The window of all worlds: Friday 2026-12-18 to Wednesday 2027-01-06, with Christmas and New Year in it.
FIRST_NIGHT = date(2026, 12, 18)
WINDOW_NIGHTS = 20
WINDOW = [FIRST_NIGHT + timedelta(days=i) for i in range(WINDOW_NIGHTS)]
#: 2026-12-18 09:30 UTC: late morning to evening of the first night in every time zone used here.
NOW_MS = 1_797_586_200_000

PLACES = (  # country, time zone, currency
    ("CN", "Asia/Shanghai", "CNY"),
    ("PT", "Europe/Lisbon", "EUR"),
    ("JP", "Asia/Tokyo", "JPY"),
    ("CH-ZH", "Europe/Zurich", "CHF"),
    ("", "Asia/Kuwait", "KWD"),
)
RATES = {"CNY": "1", "EUR": "7.85", "JPY": "0.0475", "CHF": "8.4012", "KWD": "23.3"}
EXPONENTS = {"CNY": 2, "EUR": 2, "JPY": 0, "CHF": 2, "KWD": 3}
#: Public holidays from four weeks before the window to four weeks after it, as the package `holidays` has them.
HOLIDAYS: dict[str, dict[date, str]] = {
    "CN": {date(2027, 1, 1): "New Year's Day"},
    "PT": {
        date(2026, 12, 1): "Restoration of Independence Day",
        date(2026, 12, 8): "Immaculate Conception",
        date(2026, 12, 25): "Christmas Day",
        date(2027, 1, 1): "New Year's Day",
    },
    "JP": {
        date(2026, 11, 23): "Labor Thanksgiving Day",
        date(2027, 1, 1): "New Year's Day",
        date(2027, 1, 11): "Coming of Age Day",
    },
    "CH-ZH": {
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 26): "Saint Stephen's Day",
        date(2027, 1, 1): "New Year's Day",
    },
}
HOLIDAY_NAMES = ("*", "CN", "PT", "CH-ZH", "PT:christmas", "CH-ZH:Saint Stephen", "JP:New Year", "CN:New Year's Day")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
POLICIES = ("default", "night", "total", "step")
MODES = ("half_up", "half_even", "half_down", "up", "down", "ceiling", "floor")
TIERS = ("public", "silver", "gold", "platinum", "diamond")
FLAGS = ("closed", "closed_to_arrival", "closed_to_departure")
STAYS = ("min_stay_arrival", "max_stay_arrival", "min_stay_through", "max_stay_through")
#: Arrivals crowd into the first week, where holds meet; some lie at and beyond the ends of the window.
ARRIVAL_OFFSETS = (*range(7), *range(7), *range(WINDOW_NIGHTS + 1), -1)
KEYS = (None, None, None, None, "k1", "k2", "k3")
GUESTS = (None, "Li", "Wang")
TTL_SECONDS = (1, 60, 900)
#: What is done, in the proportion in which it is drawn.
DOINGS = (
    *["hold"] * 8, *["confirm"] * 4, *["release", "cancel", "wait"] * 2, "get", "expire", "restrict",
    "set_capacity", "set_sold_elsewhere", "availability", "check",
)  # fmt: skip


def percents(smallest: int = -100, largest: int = 150) -> st.SearchStrategy[int | Decimal]:
    """Percentages that make ties with round bases, edges, and any with two decimals."""
    plain = (-100, -50, -20, -10, -5, 0, 1, 5, 10, 20, 50, 150)
    with_decimals = ("-33.33", "-12.5", "-2.5", "-0.5", "-0.01", "0.01", "0.5", "2.5", "7.25", "12.5", "33.33")
    common = [p for p in (*plain, *map(Decimal, with_decimals)) if smallest <= p <= largest]
    any_decimals = st.decimals(smallest, largest, allow_nan=False, places=2)
    return st.sampled_from(common) | st.integers(smallest, largest) | any_decimals


def bases_minor() -> st.SearchStrategy[int]:
    """Nightly base prices: tiny ones where every half counts, round ones, and any up to 10,000.00."""
    return st.sampled_from([1, 3, 50, 150, 105, 10_000, 12_345]) | st.integers(1, 1_000) | st.integers(1, 1_000_000)


PERCENTS, BOUND_PERCENTS, BASES_MINOR = percents(), percents(0, 1_000), bases_minor()


# Chains


@st.composite
def catalogues(draw: st.DrawFn, hotels_max: int = 4, room_types_max: int = 3, capacity_max: int = 3) -> Catalogue:
    """1-4 hotels in several countries, 1-3 room types each with few rooms, 1-2 plans each, in catalogue order."""
    hotels, room_types, products = [], [], []
    for i in range(draw(st.integers(1, hotels_max))):
        country, time_zone, currency = draw(st.sampled_from(PLACES))
        hotel: Table = {
            "hotel_id": f"H{i}",
            "name": f"Hotel {i}",
            "currency": currency,
            "time_zone": time_zone,
            "country": country,
            "group": draw(st.sampled_from(["", "G1"])),
            "brand": draw(st.sampled_from(["Inn", "Palace"])),
            "region": draw(st.sampled_from(["east", "west"])),
            "city": draw(st.sampled_from(["Xi'an", "Lisbon", "香港"])),
            "district": draw(st.sampled_from(["", "centre"])),
            "stars": draw(st.sampled_from([2.0, 3.5, 4.0, 5.0])),
            "rating": draw(st.sampled_from([6.5, 8.1, 8.1, 9.4])),
            "rollover_hour": draw(st.sampled_from([0, 0, 4])),
        }
        hotels.append(hotel)
        for room_type_id in ("DBL", "STE", "FAM")[: draw(st.integers(1, room_types_max))]:
            row = {"hotel_id": hotel["hotel_id"], "room_type_id": room_type_id}
            capacity, guests_max = draw(st.sampled_from(range(capacity_max, -1, -1))), draw(st.integers(1, 4))
            room_types.append({**row, "name": room_type_id.title(), "capacity": capacity, "guests_max": guests_max})
            for plan_id in ("standard", "flex")[: draw(st.integers(1, 2))]:
                products.append({**row, "plan_id": plan_id, "base_minor": draw(BASES_MINOR)})
    return {"hotels": hotels, "room_types": room_types, "products": products}


# Rule books


def scopes(catalogue: Catalogue) -> st.SearchStrategy[Table]:
    """A `where` of zero to three keys, with values that the catalogue has."""
    values = {key: {h[key] for h in catalogue["hotels"] if h[key]} for key in ("group", "brand", "region", "city")}
    values["hotel"] = {h["hotel_id"] for h in catalogue["hotels"]}
    values["room_type"] = {r["room_type_id"] for r in catalogue["room_types"]}
    values["plan"] = {p["plan_id"] for p in catalogue["products"]}
    known = {key: sorted(found) for key, found in values.items() if found}

    def of_keys(keys: list[str]) -> st.SearchStrategy[Table]:
        return st.fixed_dictionaries(
            {key: st.lists(st.sampled_from(known[key]), min_size=1, unique=True) for key in keys}
        )

    return st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True).flatmap(of_keys)


@st.composite
def date_ranges(draw: st.DrawFn) -> list[Table]:
    """One to three inclusive ranges in and around the window, in order and without overlap."""
    edges = draw(st.lists(st.integers(-10, WINDOW_NIGHTS + 10), min_size=2, max_size=6, unique=True).map(sorted))
    days = [FIRST_NIGHT + timedelta(days=edge) for edge in edges]
    ranges = [{"from": first, "to": last} for first, last in zip(days[::2], days[1::2], strict=False)]
    if draw(st.booleans()):
        ranges[0] = {"from": ranges[0]["to"], "to": ranges[0]["to"]}  # a single night
    return ranges


@st.composite
def seasons(draw: st.DrawFn, scope: st.SearchStrategy[Table]) -> Table:
    """One season: any mixture of dates, weekdays and holidays, or none of them. `scope` as from `scopes`."""
    season: Table = {"percent": draw(PERCENTS), "where": draw(scope)}
    if draw(st.booleans()):
        season["dates"] = draw(date_ranges())
    if draw(st.booleans()):
        season["weekdays"] = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    if draw(st.integers(0, 3)) == 0:
        season["holidays"] = draw(st.lists(st.sampled_from(HOLIDAY_NAMES), min_size=1, max_size=2, unique=True))
        season["days_before"], season["days_after"] = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    season["group"] = draw(st.sampled_from(["season", "season", "calendar", "weekday"]))
    season["priority"] = draw(st.integers(-1, 1))
    return {key: value for key, value in season.items() if value != {}}


def _scoped(scope: st.SearchStrategy[Table], **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Table]:
    """A table with a `where`, left out where it is empty."""
    whole = st.fixed_dictionaries({"where": scope, **parts})
    return whole.map(lambda table: {key: value for key, value in table.items() if value != {}})


@st.composite
def length_bands(draw: st.DrawFn) -> list[Table]:
    """One to three bands from distinct numbers of nights, ascending."""
    starts = draw(st.lists(st.integers(1, 8), min_size=1, max_size=3, unique=True).map(sorted))
    return [{"from_nights": nights, "percent": draw(PERCENTS)} for nights in starts]


@st.composite
def lead_bands(draw: st.DrawFn) -> list[Table]:
    """One to three bands of lead days, ascending, with and without gaps; the last may be open."""
    edges = draw(st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True).map(sorted))
    bands = [
        {"from_days": first, "to_days": last, "percent": draw(PERCENTS)}
        for first, last in zip(edges[::2], edges[1::2], strict=False)
    ]
    if draw(st.booleans()):
        del bands[-1]["to_days"]
    return bands


def amounts(currency: str) -> st.SearchStrategy[tuple[str, str]]:
    """A floor and a ceiling not below it, as text in major units with the currency's decimals."""
    digits = EXPONENTS[currency]
    pair = st.tuples(st.integers(0, 20_000), st.integers(0, 2_000_000))
    return pair.map(lambda p: tuple(f"{Decimal(n).scaleb(-digits):.{digits}f}" for n in (p[0], p[0] + p[1])))


@st.composite
def bounds(draw: st.DrawFn, scope: st.SearchStrategy[Table], currencies: tuple[str, ...]) -> Table:
    """A floor, a ceiling or both, in percent of the base, in money, or both; each pair in order."""
    table: Table = draw(_scoped(scope))
    low, high = sorted((draw(BOUND_PERCENTS), draw(BOUND_PERCENTS)))
    currency = draw(st.sampled_from(currencies))
    floor, ceiling = draw(amounts(currency))
    choices = {
        "floor_percent": low,
        "ceiling_percent": high,
        "floor": {currency: floor},
        "ceiling": {currency: ceiling},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, unique=True))
    return {**table, **{key: choices[key] for key in chosen}}


@st.composite
def books(draw: st.DrawFn, catalogue: Catalogue) -> Table:
    """A rule book for a catalogue: every kind of rule, policy, mode and increment. Rules are named and numbered.

    The worst product of factors stays below 250 and bases below 1,000,000, so every price fits its bound.
    """
    tiers = list(TIERS[: draw(st.integers(1, len(TIERS)))])
    book: Table = {
        "book": {"name": "drawn", "tiers": tiers, "display_currency": draw(st.sampled_from(sorted(RATES)))},
        "rounding": {
            "policy": draw(st.sampled_from(POLICIES)),
            "mode": draw(st.sampled_from(MODES)),
            "increment_minor": draw(st.sampled_from([1, 1, 5, 50, 100])),
        },
    }
    shown = Decimal(RATES[book["book"]["display_currency"]])
    book["currencies"] = {code: f"{Decimal(rate) / shown:.6f}" for code, rate in RATES.items()}
    book["currencies"][book["book"]["display_currency"]] = "1"
    scope, by_tier = scopes(catalogue), st.dictionaries(st.sampled_from(tiers), PERCENTS, min_size=1)
    currencies = tuple(sorted({hotel["currency"] for hotel in catalogue["hotels"]}))
    tables: dict[str, st.SearchStrategy[Table]] = {
        "length_of_stay": _scoped(scope, bands=length_bands()),
        "lead_time": _scoped(scope, bands=lead_bands()),
        "member_tier": _scoped(scope, percent=by_tier),
        "bounds": bounds(scope, currencies),
    }
    rules = {"season": draw(st.lists(seasons(scope), max_size=6))}
    for kind, table in tables.items():
        rules[kind] = draw(st.lists(table, max_size=2))
    for kind, found in rules.items():
        if found:
            book[kind] = [{"name": f"{kind} {i}", **rule} for i, rule in enumerate(found, start=1)]
    return book


# What happens to rooms


@st.composite
def restrictions(draw: st.DrawFn, catalogue: Catalogue) -> Table:
    """One line of restrictions: hotel_id, perhaps room_type_id and weekdays, an inclusive range, 1-3 values.

    False and 0 lift a restriction; what is not named stays as it is.
    """
    row = draw(st.sampled_from(catalogue["room_types"]))
    first, last = sorted(draw(st.tuples(*[st.sampled_from(WINDOW)] * 2)))
    line: Table = {"hotel_id": row["hotel_id"], "first": first, "last": last}
    if draw(st.booleans()):
        line["room_type_id"] = row["room_type_id"]
    if draw(st.booleans()):
        line["weekdays"] = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    for name in draw(st.lists(st.sampled_from(FLAGS + STAYS), min_size=1, max_size=3, unique=True)):
        line[name] = draw(st.booleans()) if name in FLAGS else draw(st.integers(0, 5))
    return line


@st.composite
def stays(draw: st.DrawFn, catalogue: Catalogue) -> Table:
    """A request for rooms: mostly inside the window, sometimes outside it or malformed."""
    row = draw(st.sampled_from(catalogue["room_types"]))
    return {
        "hotel_id": row["hotel_id"],
        "room_type_id": row["room_type_id"],
        "arrival": FIRST_NIGHT + timedelta(days=draw(st.sampled_from(ARRIVAL_OFFSETS))),
        "nights": draw(st.sampled_from([1, 1, 1, 2, 2, 2, 3, 3, 4, 7, 7, WINDOW_NIGHTS, 0])),
        "rooms": draw(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 0])),
        "ttl_seconds": draw(st.sampled_from(TTL_SECONDS)),
        "key": draw(st.sampled_from(KEYS)),
        "guest": draw(st.sampled_from(GUESTS)),
    }


@st.composite
def operations(draw: st.DrawFn, catalogue: Catalogue) -> Table:
    """One operation as {"do": name, ...}. `confirm`, `release`, `cancel` and `get` name a hold by `index`:
    the number of the hold among those granted so far, counted round (granted[index % len(granted)]).
    """
    do = draw(st.sampled_from(DOINGS))
    if do == "hold":
        return {"do": do, **draw(stays(catalogue))}
    if do in ("confirm", "release", "cancel", "get"):
        return {"do": do, "index": draw(st.integers(0, 30))}
    if do == "wait":
        return {"do": do, "ms": draw(st.sampled_from([1, 999, 1_000, 59_999, 60_000, 899_999, 900_000, 6 * 3_600_000]))}
    if do == "restrict":
        return {"do": do, **draw(restrictions(catalogue))}
    if do in ("set_capacity", "set_sold_elsewhere"):
        row = draw(st.sampled_from(catalogue["room_types"]))
        first, last = sorted(draw(st.tuples(*[st.sampled_from(WINDOW)] * 2)))
        where = {"hotel_id": row["hotel_id"], "room_type_id": row["room_type_id"], "first": first, "last": last}
        return {"do": do, **where, "rooms": draw(st.integers(0, 4))}
    return {"do": do}


@st.composite
def worlds(draw: st.DrawFn, operations_max: int = 25, with_book: bool = True) -> dict[str, Any]:
    """A catalogue, a rule book for it, and operations to run: keys catalogue, book, operations.

    Without a book `book` is empty; draw only what a test looks at, drawing is most of its time.
    """
    catalogue = draw(catalogues())
    book = draw(books(catalogue)) if with_book else {}
    count = draw(st.integers(0, operations_max))
    steps = draw(st.lists(operations(catalogue), min_size=count, max_size=operations_max))
    for position in draw(st.lists(st.integers(1, max(operations_max, 1)), max_size=3)):
        earlier = [step for step in steps[:position] if step["do"] == "hold"]
        steps[position:position] = earlier[-1:]  # a caller who did not hear the answer asks once more
    return {"catalogue": catalogue, "book": book, "operations": steps}
