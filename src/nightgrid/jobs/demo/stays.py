"""The guest's side of the demo: search, one quote explained, and the life of a few holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import quantiles
from typing import TYPE_CHECKING

from nightgrid.clock import ManualClock, stopwatch_seconds
from nightgrid.errors import InputError, IntegrityError, Refused
from nightgrid.jobs.report import Grid, Section
from nightgrid.money import format_minor

if TYPE_CHECKING:
    from nightgrid.engine import Engine, Offer, SearchResult

NIGHTS = 3
SHOWN = 10
REPEATS = 300
TTL_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What the demo's guest asks for: NIGHTS nights from an arrival, as a member of a tier."""

    arrival: date
    tier: str


def ask(engine: Engine, today: date, tier: str) -> Asked:
    """A long weekend from a Friday about five weeks ahead, partly sold; a later one where the whole chain is full.

    InputError where no weekend of the window has a room (a chain of very few hotels).
    """
    ahead = today + timedelta(days=32)
    friday = ahead + timedelta(days=(4 - ahead.weekday()) % 7)
    for arrival in _weeks(engine, friday):
        if engine.search(arrival, NIGHTS, tier=tier, top=1).offers:
            return Asked(arrival, tier)
    raise InputError("no hotel of this chain has a room on any weekend of the demo; make more hotels or nights")


def _weeks(engine: Engine, arrival: date) -> Iterator[date]:
    """An arrival and the same weekday of every later week, while a stay fits the window."""
    while arrival.toordinal() + NIGHTS <= engine.first_night + engine.n_nights:
        yield arrival
        arrival += timedelta(days=7)


def largest_city(engine: Engine) -> str:
    """The city with the most hotels."""
    return Counter(city for city in engine.catalog.city if city).most_common(1)[0][0]


def search(engine: Engine, asked: Asked, city: str | None, cold_seconds: float | None = None) -> Section:
    """The whole chain, or one city, for a member; ranked offers and honest latencies.

    `cold_seconds`: what the very first search of this process took, where this is the first section about searches.
    """
    first, times_us = _repeat(engine, asked, city)
    once = f"The first call took {first.elapsed_us / 1000:,.1f} ms: it builds a filter that the others reuse."
    if cold_seconds is not None:
        once = f"The very first search took {1000 * cold_seconds:,.0f} ms: it loads the kernels, or compiles them."
    cuts = quantiles(times_us, n=100)
    return Section(
        f"Search: {city or 'the whole chain'}",
        (
            (
                f"{NIGHTS} nights from {asked.arrival}, {asked.tier} member, 2 guests: "
                f"{first.hotels_available:,} of {first.hotels_considered:,} hotels have a room; the cheapest first."
            ),
            (
                f"Median {cuts[49]:,.0f} µs, 99 of 100 under {cuts[98]:,.0f} µs: {REPEATS} repetitions of this one "
                f"query from Python, {len(first.offers)} offer objects included. {once}"
            ),
        ),
        (_offers(first.offers[:SHOWN]),),
        facts={
            "city": city,
            "tier": asked.tier,
            "arrival": asked.arrival.isoformat(),
            "nights": NIGHTS,
            "hotels_considered": first.hotels_considered,
            "hotels_available": first.hotels_available,
            "first_us": round(first.elapsed_us if cold_seconds is None else cold_seconds * 1e6, 1),
            "p50_us": round(cuts[49], 1),
            "p99_us": round(cuts[98], 1),
            "repetitions": REPEATS,
            "offers": [
                {"hotel_id": o.hotel_id, "room_type_id": o.room_type_id, "plan_id": o.plan_id,
                 "total_minor": o.total_minor, "currency": o.currency, "display_minor": o.display_minor}
                for o in first.offers
            ],
        },
    )  # fmt: skip


def _repeat(engine: Engine, asked: Asked, city: str | None) -> tuple[SearchResult, list[float]]:
    """(the first answer, microseconds of each repetition measured around the whole call)."""
    first = engine.search(asked.arrival, NIGHTS, tier=asked.tier, city=city)
    times_us = []
    for _ in range(REPEATS):
        started = stopwatch_seconds()
        engine.search(asked.arrival, NIGHTS, tier=asked.tier, city=city)
        times_us.append((stopwatch_seconds() - started) * 1e6)
    return first, times_us


def _offers(offers: list[Offer]) -> Grid:
    rows = tuple(
        (
            str(offer.rank),
            format_minor(offer.display_minor, offer.display_currency),
            offer.hotel_name or offer.hotel_id,
            offer.city,
            offer.room_type_id,
        )
        for offer in offers
    )
    return Grid(("#", f"{NIGHTS} nights", "hotel", "city", "room type"), rows, frozenset({0, 1}))


def city_offers(engine: Engine, asked: Asked) -> list[Offer]:
    """The best rated hotels of the largest city that can be sold, or of the chain where that city is full."""
    city = largest_city(engine)
    found = engine.search(asked.arrival, NIGHTS, tier=asked.tier, city=city, sort="rating").offers
    return found or engine.search(asked.arrival, NIGHTS, tier=asked.tier, sort="rating").offers


def explain_quote(engine: Engine, asked: Asked) -> Section:
    """One quote, line by line; IntegrityError unless the lines and the nights add up to the total."""
    offer = city_offers(engine, asked)[0]
    quote = engine.quote(
        offer.hotel_id, offer.room_type_id, asked.arrival, NIGHTS, plan_id=offer.plan_id, tier=asked.tier
    )
    why = engine.explain(quote)
    if sum(line.amount for line in why.lines) != quote.total_minor or sum(quote.nights_minor) != quote.total_minor:
        raise IntegrityError(f"the lines of {quote} do not add up to its total; this is a defect, please report it")

    def number(amount: int | Fraction) -> str:
        return format_minor(amount, why.currency).split()[0]

    rows = tuple(
        (
            "" if line.night is None else f"{line.night:%a} {line.night}",
            line.stage.replace("_", " "),
            " ".join(filter(None, (line.rule, line.detail))),
            "" if line.stage in ("subtotal", "total") else number(line.amount),
            number(line.running),
        )
        for line in why.lines
    )
    total = format_minor(quote.total_minor, quote.currency)
    return Section(
        "Why this price?",
        (
            (
                f"{offer.hotel_name or offer.hotel_id}, {offer.city}: {offer.room_type_id} on plan {offer.plan_id}, "
                f"{NIGHTS} nights from {quote.arrival}, {quote.tier} member, {quote.lead_days} days ahead: {total}."
            ),
            (
                f"The {len(rows)} lines below add up to {total} exactly, and so do the nights as printed: "
                f"{', '.join(number(night) for night in quote.nights_minor)}."
            ),
        ),
        (Grid(("night", "stage", "rule", quote.currency, "running"), rows, frozenset({3, 4})),),
        facts={
            "hotel_id": quote.hotel_id,
            "room_type_id": quote.room_type_id,
            "plan_id": quote.plan_id,
            "arrival": quote.arrival.isoformat(),
            "nights": NIGHTS,
            "tier": quote.tier,
            "total_minor": quote.total_minor,
            "currency": quote.currency,
            "nights_minor": list(quote.nights_minor),
            "lines": len(rows),
        },
    )


def holds(engine: Engine, clock: ManualClock, asked: Asked) -> Section:
    """Confirm one hold, release one, let one expire by moving the clock, and ask for more rooms than there are."""
    offers: list[Offer] = []
    for week in _weeks(engine, asked.arrival):  # one week will do, unless the chain is tiny
        offers += city_offers(engine, Asked(week, asked.tier)) if len(offers) < 3 else []
    if len(offers) < 3:
        raise InputError("fewer than three rooms are free in this chain; make more hotels or nights")
    taken = [_hold(engine, offer, f"demo-{k}") for k, offer in enumerate(offers[:3])]
    confirmed, released, waiting = taken
    again = _hold(engine, offers[0], "demo-0")
    engine.confirm(confirmed)
    engine.release(released)
    clock.advance_ms((TTL_SECONDS + 1) * 1000)
    expired = engine.expire()
    try:
        engine.confirm(waiting)
        late = "confirmed"
    except Refused as refusal:
        late = refusal.outcome.name
    offer = offers[0]
    capacity = int(engine.catalog.capacity[engine.catalog.row_index(offer.hotel_id, offer.room_type_id)])
    try:
        engine.hold(offer.hotel_id, offer.room_type_id, offer.arrival, NIGHTS, rooms=capacity + 1)
        refused = "held"
    except Refused as refusal:
        refused = refusal.outcome.name
    views = [engine.get(hold_id) for hold_id in taken]
    rows = tuple(
        (str(k + 1), view.hotel_id, view.room_type_id, what, view.state)
        for k, (view, what) in enumerate(zip(views, ("confirmed", "released", "left alone"), strict=True))
    )
    return Section(
        "Holds and bookings",
        (
            (
                f"Three rooms were held for {TTL_SECONDS // 60} minutes each; repeating the first request with its key "
                f"gave the same hold again ({'yes' if again == confirmed else 'NO'})."
            ),
            (
                f"One hold was confirmed and one released. Then the demo moved its clock by {TTL_SECONDS + 1} seconds: "
                f"{len(expired)} hold expired, and confirming it now is refused ({late})."
            ),
            f"A request for {capacity + 1} rooms of a type that has {capacity} is refused ({refused}).",
        ),
        (Grid(("#", "hotel", "room type", "the demo", "state now"), rows, frozenset({0})),),
        facts={
            "states": [view.state for view in views],
            "same_key_same_hold": again == confirmed,
            "expired": len(expired),
            "late_confirm": late,
            "too_many_rooms": refused,
            "clock_moved_seconds": TTL_SECONDS + 1,
        },
    )


def _hold(engine: Engine, offer: Offer, key: str) -> int:
    taken = engine.hold(offer.hotel_id, offer.room_type_id, offer.arrival, NIGHTS, ttl_seconds=TTL_SECONDS, key=key)
    return taken.id
