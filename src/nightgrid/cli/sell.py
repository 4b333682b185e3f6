"""`nightgrid search` and `nightgrid quote`: what a guest would be offered, and why it costs that."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from nightgrid.asking import GuestQuestion
from nightgrid.cli import options as opt
from nightgrid.cli.guest import asks
from nightgrid.cli.house import HOTELS_DEFAULT, SEED_DEFAULT, open_house
from nightgrid.cli.screen import Screen, table
from nightgrid.errors import InputError
from nightgrid.money import format_minor, parse_minor

if TYPE_CHECKING:
    from nightgrid.engine.edge.answers import Offer, Quote, SearchResult
    from nightgrid.pricing.explain import Explanation


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("search")(asks(search))
    app.command("quote")(asks(quote))


def search(
    arrival: opt.ArrivalOption = None,
    nights: opt.NightsOption = 2,
    tier: opt.TierOption = None,
    rooms: opt.RoomsOption = 1,
    guests: Annotated[int, typer.Option("--guests", help="Guests in each room.")] = 2,
    region: opt.RegionOption = None,
    city: opt.CityOption = None,
    district: Annotated[str | None, typer.Option("--district", help="Only this district.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", help="Only this brand.")] = None,
    hotel: opt.HotelOption = None,
    near: Annotated[str | None, typer.Option("--near", metavar="LAT,LON,KM", help="Only around a place.")] = None,
    stars_min: Annotated[float | None, typer.Option("--stars-min", help="At least so many stars.")] = None,
    price_min: Annotated[
        str | None, typer.Option("--price-min", help="Lowest total, in major units of the display currency.")
    ] = None,
    price_max: Annotated[str | None, typer.Option("--price-max", help="Highest total, likewise.")] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="Only this rate plan.")] = None,
    room_type: Annotated[str | None, typer.Option("--room-type", help="Only this room type id.")] = None,
    sort: Annotated[str, typer.Option("--sort", help="price, rating or distance.")] = "price",
    top: Annotated[int, typer.Option("--top", help="How many hotels to list; 0 = all.")] = 20,
    currency: Annotated[str | None, typer.Option("--currency", help="Display currency.")] = None,
    chain: opt.ChainOption = None,
    hotels: opt.HotelsOption = HOTELS_DEFAULT,
    seed: opt.SeedOption = SEED_DEFAULT,
    rules: opt.RulesOption = None,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
    *,
    guest: GuestQuestion,
) -> None:
    """Search a chain: each hotel's cheapest room that is free on every night, ranked."""
    screen = Screen(as_json)
    house = open_house(screen, chain, hotels, seed, rules, today)
    shown_in = currency or house.display_currency
    result = house.engine.search(
        arrival=house.arrival(arrival),
        nights=nights,
        tier=tier,
        rooms=rooms,
        guests=guests,
        region=region,
        city=city,
        district=district,
        brand=brand,
        hotel_ids=hotel or None,
        near=read_place(near),
        stars_min=stars_min,
        price_min_minor=None if price_min is None else parse_minor(price_min, shown_in),
        price_max_minor=None if price_max is None else parse_minor(price_max, shown_in),
        plan=plan,
        room_type=room_type,
        sort=sort,
        top=top or None,
        currency=currency,
        **guest,
    )
    screen.answer(search_json(result), offers_table(result.offers, "Offers"), Text(search_line(result), style="dim"))


def read_place(text: str | None) -> tuple[float, float, float] | None:
    """`LAT,LON,KM` as three numbers; InputError where it is anything else."""
    if text is None:
        return None
    try:
        latitude, longitude, radius_km = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--near {text!r} is not LAT,LON,KM; write for example 31.23,121.47,5") from None
    return latitude, longitude, radius_km


def search_json(result: SearchResult) -> dict[str, Any]:
    """A search answer as plain JSON values."""
    return {
        "hotels_considered": result.hotels_considered,
        "hotels_available": result.hotels_available,
        "elapsed_us": round(result.elapsed_us, 1),
        "price_version": result.price_version,
        "offers": [{name: getattr(offer, name) for name in offer._fields} for offer in result.offers],
    }


def offers_table(offers: list[Offer], title: str) -> Any:
    """Ranked offers; the display total and, where it differs, the total in the hotel's own currency."""
    rows = [
        [
            str(offer.rank),
            format_minor(offer.display_minor, offer.display_currency),
            "" if offer.currency == offer.display_currency else format_minor(offer.total_minor, offer.currency),
            offer.hotel_id,
            offer.hotel_name,
            offer.city,
            offer.room_type_id if offer.plan_id == "standard" else f"{offer.room_type_id} {offer.plan_id}",
        ]
        for offer in offers
    ]
    if offers:
        title += f": {offers[0].nights} nights from {offers[0].arrival}"
    sides = {"#": "right", "total": "right", "hotel's currency": "right"}
    columns = {**sides, "id": "id", "hotel": "left", "city": "left", "room": "id"}
    if not any(row[2] for row in rows):
        columns.pop("hotel's currency")
        rows = [[*row[:2], *row[3:]] for row in rows]
    return table(title, columns, rows)


def search_line(result: SearchResult) -> str:
    """One sentence: how many hotels, how long, which prices."""
    return (
        f"{result.hotels_available:,} of {result.hotels_considered:,} hotels have a room; first call took "
        f"{result.elapsed_us / 1000:,.2f} ms; prices of {result.price_version}"
    )


def quote(
    hotel: Annotated[str, typer.Argument(metavar="HOTEL", help="Hotel id, as `nightgrid search` prints it.")],
    room_type: Annotated[
        str | None, typer.Argument(metavar="[ROOM_TYPE]", help="Room type id; default: the hotel's first one.")
    ] = None,
    arrival: opt.ArrivalOption = None,
    nights: opt.NightsOption = 2,
    plan: Annotated[str | None, typer.Option("--plan", help="Rate plan id.")] = None,
    tier: opt.TierOption = None,
    rooms: opt.RoomsOption = 1,
    explain: Annotated[bool, typer.Option("--explain", help="Show the rules behind the price, line by line.")] = False,
    all_rules: Annotated[
        bool, typer.Option("--all-rules", help="With --explain: also list the rules for other hotels and rooms.")
    ] = False,
    chain: opt.ChainOption = None,
    hotels: opt.HotelsOption = HOTELS_DEFAULT,
    seed: opt.SeedOption = SEED_DEFAULT,
    rules: opt.RulesOption = None,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
    *,
    guest: GuestQuestion,
) -> None:
    """The price of a stay, night by night, and why. Exit code 1 if the stay cannot be quoted."""
    screen = Screen(as_json)
    house = open_house(screen, chain, hotels, seed, rules, today)
    catalog = house.engine.catalog
    if room_type is None:
        room_type = catalog.room_type_ids[int(catalog.hotel_first_row[catalog.hotel_index(hotel)])]
    if plan is None:
        plan = house.first_plan(hotel, room_type)
    found = house.engine.quote(
        hotel, room_type, house.arrival(arrival), nights, plan_id=plan, tier=tier, rooms=rooms, **guest
    )
    stay = house.engine.availability(hotel, found.arrival, _last_night(found))
    free = int(stay.filter(stay["room_type_id"] == room_type)["free"].to_numpy().min())
    answer = quote_json(found) | {"rooms_free": free}
    total = format_minor(found.total_minor, found.currency)
    nightly = ", ".join(format_minor(night, found.currency).split()[0] for night in found.nights_minor)
    shown: list[Any] = [
        Text(f"{total}", style="bold"),
        Text(f"{hotel} {room_type} {found.plan_id}: {found.nights} nights from {found.arrival}, {rooms} room(s)"),
        Text(f"nights {nightly}; {found.tier} guest, booked {found.lead_days} days ahead; {free} rooms free"),
    ]
    if explain:
        why = house.engine.explain(found)
        answer["explanation"] = explanation_json(why)
        shown.append(explanation_table(why))
        shown += not_applied(why, all_rules)
    screen.answer(answer, *shown)


def _last_night(found: Quote) -> date:
    return found.arrival + timedelta(days=found.nights - 1)


def quote_json(found: Quote) -> dict[str, Any]:
    """A quote as plain JSON values."""
    names = ("hotel_id", "room_type_id", "plan_id", "arrival", "nights", "rooms", "tier", "lead_days", "total_minor",
             "currency", "price_version", "evaluated_ms")  # fmt: skip
    return {name: getattr(found, name) for name in names} | {"nights_minor": list(found.nights_minor)}


def explanation_json(why: Explanation) -> dict[str, Any]:
    """Lines of an explanation; amounts are exact decimal texts of minor units, and add up to `total_minor`."""
    return {
        "total_minor": why.total_minor,
        "currency": why.currency,
        "nights_minor": list(why.nights_minor),
        "lines": [
            {
                "stage": line.stage,
                "night": line.night,
                "rule": line.rule,
                "detail": line.detail,
                "base_minor": exact_text(line.base),
                "factor": None if line.factor is None else exact_text(line.factor),
                "amount_minor": exact_text(line.amount),
                "running_minor": exact_text(line.running),
            }
            for line in why.lines
        ],
        "not_applied": [str(note) for note in why.unmatched],
    }


def explanation_table(why: Explanation) -> Any:
    """Lines of an explanation for one room, with the running total."""
    rows = [
        [
            "" if line.night is None else f"{line.night:%a} {line.night}",
            line.stage.replace("_", " "),
            " ".join(filter(None, (line.rule, line.detail))),
            "" if line.stage in ("subtotal", "total") else format_minor(line.amount, why.currency).split()[0],
            format_minor(line.running, why.currency).split()[0],
        ]
        for line in why.lines
    ]
    sides = {"night": "left", "stage": "left", "rule": "left", why.currency: "right", "running": "right"}
    total = format_minor(why.total_minor, why.currency)
    return table("Why this price (one room)", sides, rows, f"the lines add up to {total} exactly")


def not_applied(why: Explanation, all_rules: bool) -> list[Text]:
    """One line per rule that did not change the price; rules for other products are only counted, unless asked for."""
    here = [note for note in why.unmatched if all_rules or not note.reason.startswith("other scope")]
    lines = [Text(f"not applied: {note}", style="dim") for note in here]
    elsewhere = len(why.unmatched) - len(here)
    if elsewhere:
        lines.append(Text(f"{elsewhere} more rules are for other hotels, rooms or plans (--all-rules lists them)"))
    return lines


def exact_text(value: Fraction) -> str:
    """A rational with a finite decimal expansion as text, exactly; others as numerator/denominator."""
    for digits in range(80):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            sign, plain = ("-" if scaled < 0 else ""), str(abs(scaled.numerator)).rjust(digits + 1, "0")
            return sign + (f"{plain[:-digits]}.{plain[-digits:]}" if digits else plain)
    return str(value)
