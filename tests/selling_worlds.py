"""Small worlds with every kind of selling control at once, and what hotels and guests do in them.

Rooms are few and limits are small, so that each control refuses often. Everything drawn is plain data; a hold is
named by its number among those granted, counted round.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

Step = dict[str, Any]

FIRST_NIGHT = date(2027, 3, 1)  # a Monday
NIGHTS = 7
WINDOW = [FIRST_NIGHT + timedelta(days=i) for i in range(NIGHTS)]
NOW_MS = 1_803_873_600_000  # 2027-03-01 08:00 at both hotels
HOTELS = ("H", "K")
OFTEN_H = ("H", "H", "H", "K")
TYPES = ("DBL", "STE")
PLANS = ("standard", "saver")
TIERS = ("public", "gold", "diamond")
CHANNELS = ("web", "agency")
COUPONS = ("SPRING", "POINTS")
WORTHS = (0, 3_000, 5_000, 9_000, 12_000, 40_000, 40_000, 40_000)  # of a night; hurdles are among them
BLOCKS = ("B1", "B2", "B3")
TTL_MS = (1_000, 900_000, 900_000, 900_000)

WORLD = {
    "hotels": [{"hotel_id": each, "currency": "CNY", "time_zone": "Asia/Shanghai", "country": "CN"} for each in HOTELS],
    "room_types": [
        {"hotel_id": hotel, "room_type_id": kind, "capacity": capacity, "guests_max": 2}
        for hotel in HOTELS
        for kind, capacity in zip(TYPES, (5, 3), strict=True)
    ],
    "products": [
        {"hotel_id": hotel, "room_type_id": kind, "plan_id": plan, "base_minor": base}
        for hotel in HOTELS
        for kind, bases in zip(TYPES, ((10_000, 8_000), (20_000, 16_000)), strict=True)
        for plan, base in zip(PLANS, bases, strict=True)
    ],
}
BOOK = {"book": {"name": "flat", "tiers": list(TIERS)}}


@st.composite
def ranges(draw: st.DrawFn) -> tuple[date, date]:
    first, last = sorted(draw(st.tuples(st.integers(0, NIGHTS - 1), st.integers(0, NIGHTS - 1))))
    return WINDOW[first], WINDOW[last]


def _or_none(values: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, *values))


def _values() -> st.SearchStrategy[int]:
    return st.sampled_from([0, 8_000, 20_000, 60_000, 200_000, 200_000, 200_000])


def _night_values() -> st.SearchStrategy[list[int]]:
    return st.lists(st.sampled_from(WORTHS), min_size=1, max_size=3)


@st.composite
def lines(draw: st.DrawFn, hotel: str | None = None) -> Step:
    """What a request asks for, without the words that a cart has in common."""
    line = {
        "hotel_id": hotel or draw(st.sampled_from(OFTEN_H)),
        "room_type_id": draw(st.sampled_from(("DBL", "DBL", "STE"))),
        "arrival": draw(st.sampled_from((*WINDOW[:5], *WINDOW[1:3]))),
        "nights": draw(st.sampled_from((1, 1, 2, 2, 3))),
        "rooms": draw(st.sampled_from((1, 1, 1, 2, 3))),
        "plan": draw(_or_none(PLANS)),
        "block": draw(st.sampled_from((*[None] * 6, *BLOCKS))),
    }
    if draw(st.integers(0, 3)):
        return {**line, "value_minor": draw(_values())}
    return {**line, "nights_minor": [draw(st.sampled_from(WORTHS)) for _ in range(line["nights"])]}


@st.composite
def who(draw: st.DrawFn) -> Step:
    """Who asks."""
    coupon = draw(st.sampled_from((*[None] * 6, *COUPONS)))
    points = draw(st.sampled_from((*[None] * 6, *COUPONS, "POINTS")))
    return {
        "tier": draw(_or_none(TIERS)),
        "channel": draw(_or_none(CHANNELS)),
        "coupon": coupon,
        "points": None if points == coupon else points,  # a counter cannot be both
    }


@st.composite
def requests(draw: st.DrawFn) -> Step:
    do = draw(st.sampled_from(("hold", "hold", "book")))
    step = {"do": do, **draw(lines()), **draw(who())}
    for name in ("coupon", "points"):
        if step[name] is not None:
            step[f"{name}_units"] = draw(st.integers(1, 2))
    if do == "hold":
        step["ttl_ms"] = draw(st.sampled_from(TTL_MS))
        if draw(st.integers(0, 5)) == 0:
            step["replace"] = draw(st.integers(0, 20))
    return step


@st.composite
def carts(draw: st.DrawFn) -> Step:
    asked = draw(st.lists(lines(), min_size=1, max_size=3))
    return {"do": "hold_cart", "lines": asked, **draw(who()), "ttl_ms": draw(st.sampled_from(TTL_MS))}


@st.composite
def changes(draw: st.DrawFn) -> Step:
    """Something done with a hold, a booking or a cart."""
    verbs = ("confirm", "confirm", "release", "cancel", "cancel", "extend", "amend", "amend", "depart_early", "no_show")
    do = draw(st.sampled_from((*verbs, "check_in", "check_out", "confirm_cart", "release_cart", "rebook")))
    step: Step = {"do": do, "index": draw(st.integers(0, 20))}
    if do == "confirm":
        step["rooms"] = draw(st.sampled_from((None, None, 1, 2)))
    elif do == "cancel":
        step["refund"] = draw(st.booleans())
    elif do == "extend":
        step["ttl_ms"] = draw(st.sampled_from(TTL_MS))
    elif do == "depart_early":
        step["departure"] = draw(st.sampled_from(WINDOW))
    elif do == "no_show":
        step["release_from"] = draw(st.sampled_from((None, *WINDOW)))
    elif do == "amend":
        choices = {
            "room_type_id": st.sampled_from(TYPES), "arrival": st.sampled_from(WINDOW[:5]),
            "nights": st.integers(1, 4), "rooms": st.integers(1, 4), "plan": st.sampled_from(PLANS),
            "value_minor": _values(),
        }  # fmt: skip
        for name in draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, max_size=3, unique=True)):
            step[name] = draw(choices[name])
        if "value_minor" not in step and draw(st.integers(0, 2)) == 0:
            step["nights_minor"] = draw(_night_values())
            step["nights"] = len(step["nights_minor"])
    elif do == "rebook":
        said = draw(st.sampled_from((None, "value_minor", "nights_minor", "nights_minor")))
        if said is not None:
            step[said] = draw(_values() if said == "value_minor" else _night_values())
    return step


@st.composite
def controls(draw: st.DrawFn) -> Step:
    """Something that the hotel sets."""
    kinds = ("set_caps", "set_caps", "set_caps", "set_protection", "set_hurdles", "set_house_cap", "create_block")
    kinds += ("create_block", "set_block_units")
    do = draw(st.sampled_from((*kinds, "release_block", "set_counter", "set_open_holds_max", "set_last_room_plans")))
    first, last = draw(ranges())
    step: Step = {"do": do, "hotel_id": draw(st.sampled_from(OFTEN_H)), "first": first, "last": last}
    if do in ("set_caps", "set_protection", "set_hurdles"):
        step["room_type_id"] = draw(_or_none(TYPES))
    if do in ("set_caps", "set_house_cap"):
        step["rooms"] = draw(st.sampled_from((None, 0, 1, 2, 3, 3, 4, 4)))
        step["weekdays"] = draw(st.sampled_from((None, None, ("mon", "wed", "sat"))))
    if do == "set_caps":
        step |= {"channel": draw(_or_none(CHANNELS)), "plan": draw(_or_none(PLANS))}
        step["kind"] = draw(st.sampled_from(("cap", "quota")))
    elif do == "set_protection":
        rooms = draw(st.tuples(*[st.sampled_from((None, 0, 1, 2, 3))] * 2))
        names = draw(st.sampled_from((("public", "gold"), ("public", "gold"), ("public",), ("gold", "diamond"))))
        step["protected"] = dict(zip(names, rooms, strict=False))
        if draw(st.booleans()):
            step["channels"] = {draw(st.sampled_from(CHANNELS)): draw(st.sampled_from((None, 0, 1, 2)))}
    elif do == "set_hurdles":
        step["hurdle_minor"] = draw(st.sampled_from((None, 3_000, 5_000, 9_000)))
        step["delta_minor"] = draw(st.sampled_from((0, 500, 2_000)))
        step["ceiling_steps"] = draw(st.integers(0, 3))
        step["floor_minor"] = draw(st.sampled_from((None, 4_000, 12_000)))
    elif do in ("create_block", "set_block_units", "release_block"):
        step = {"do": do, "block_id": draw(st.sampled_from(BLOCKS))}
        if do != "release_block":
            step |= {"units": draw(st.integers(0, 3)), "first": first, "last": last}
        if do == "create_block":
            step |= {"hotel_id": draw(st.sampled_from(OFTEN_H)), "room_type_id": draw(st.sampled_from(TYPES))}
            step["release_days"] = draw(st.sampled_from((None, None, 0, 1, 3)))
            step["release_at_ms"] = draw(st.sampled_from((None, None, NOW_MS + 900_000, NOW_MS + 48 * 3_600_000)))
            step["elastic"] = draw(st.integers(0, 1))
            step["channel"] = draw(st.sampled_from((None, None, "agency")))
    elif do == "set_counter":
        step = {"do": do, "counter_id": draw(st.sampled_from(COUPONS)), "limit": draw(st.integers(0, 5))}
        step["used"] = draw(st.sampled_from((None, None, None, 0, 1)))
    elif do == "set_open_holds_max":
        step = {"do": do, "channel": draw(st.sampled_from(CHANNELS)), "count": draw(st.sampled_from((None, 0, 1, 2)))}
    elif do == "set_last_room_plans":
        step = {"do": do, "hotel_id": step["hotel_id"], "plans": draw(st.sampled_from(((), ("saver",))))}
    return step


@st.composite
def grids(draw: st.DrawFn) -> Step:
    """Another number of rooms, sold by others or there at all; time passes; somebody looks."""
    kinds = ("set_capacity", "set_sold_elsewhere", "wait", "wait", "wait", "expire", "roll", "look", "look")
    do = draw(st.sampled_from(kinds))
    if do == "wait":
        return {"do": do, "ms": draw(st.sampled_from((999, 1_000, 899_000, 900_000, 900_000, 24 * 3_600_000)))}
    if do in ("expire", "roll"):
        return {"do": do}
    if do == "look":
        return {"do": do, **draw(who()), **draw(lines())}
    first, last = draw(ranges())
    row = (draw(st.sampled_from(OFTEN_H)), draw(st.sampled_from(TYPES)))
    return {"do": do, "row": row, "first": first, "last": last, "rooms": draw(st.integers(0, 4))}


@st.composite
def days(draw: st.DrawFn) -> list[Step]:
    """Some controls, then a sequence of steps: short ones are rare, because nothing is refused in them."""
    set_first = draw(st.lists(controls(), min_size=1, max_size=5))
    step = st.one_of(requests(), requests(), requests(), requests(), changes(), changes(), controls(), carts(), grids())
    return set_first + draw(st.lists(step, min_size=draw(st.sampled_from((1, 20, 30))), max_size=45))
