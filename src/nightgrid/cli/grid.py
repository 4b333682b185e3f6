"""`nightgrid calendar`, `reprice` and `check`: prices in bulk, and whether the grid is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from nightgrid.asking import GuestQuestion
from nightgrid.cli import options as opt
from nightgrid.cli.guest import asks
from nightgrid.cli.house import HOTELS_DEFAULT, SEED_DEFAULT, open_house
from nightgrid.cli.screen import FINDING, Screen, table
from nightgrid.errors import InputError
from nightgrid.money import exponent


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("calendar")(asks(calendar))
    app.command("reprice")(asks(reprice))
    app.command("check")(check)


def calendar(
    hotel: Annotated[str | None, typer.Argument(metavar="[HOTEL]", help="Hotel id; default: the first one.")] = None,
    nights: opt.NightsOption = 1,
    tier: opt.TierOption = None,
    room_type: Annotated[str | None, typer.Option("--room-type", help="Only this room type id.")] = None,
    rooms: opt.RoomsOption = 1,
    months: Annotated[int, typer.Option("--months", min=1, help="Months to print; --json has all.")] = 3,
    png: Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Also draw the calendar.")] = None,
    chain: opt.ChainOption = None,
    hotels: opt.HotelsOption = HOTELS_DEFAULT,
    seed: opt.SeedOption = SEED_DEFAULT,
    rules: opt.RulesOption = None,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
    *,
    guest: GuestQuestion,
) -> None:
    """The cheapest price of a hotel for each arrival date."""
    screen = Screen(as_json)
    house = open_house(screen, chain, hotels, seed, rules, today)
    catalog = house.engine.catalog
    hotel_id = hotel or catalog.hotel_ids[0]
    frame = house.engine.calendar(hotel_id, nights, tier=tier, room_type_id=room_type, rooms=rooms, **guest)
    currency = str(frame["currency"][0])
    arrivals, prices = frame["arrival"].to_list(), frame["price_minor"].to_list()
    name = catalog.hotel_name[catalog.hotel_index(hotel_id)] or hotel_id
    stay = f"{nights} night{'s' if nights != 1 else ''}, {tier or 'public'} guest, {currency}"
    answer: dict[str, Any] = {"hotel_id": hotel_id, "hotel_name": name, "nights": nights, "currency": currency}
    if png is not None:
        from nightgrid.jobs.pictures.calendar import price_calendar

        drawn = price_calendar(png, arrivals, prices, currency, title=f"{name}: cheapest by arrival", subtitle=stay)
        answer["picture"] = str(drawn)
        screen.note(f"wrote {drawn}")
    answer["days"] = frame.select("arrival", "price_minor", "room_type_id", "plan_id", "outcome").to_dicts()
    first = house.arrival(None, days_ahead=0)
    ahead = [(day, price) for day, price in zip(arrivals, prices, strict=True) if day >= first]
    screen.answer(answer, Text(f"{name}: {stay}, whole units", style="bold"), *month_tables(ahead, currency, months))


def month_tables(days: list[tuple[date, int | None]], currency: str, months: int) -> Iterator[Table]:
    """One table per month: weeks as rows, Monday to Sunday as columns; a dash where nothing is for sale."""
    unit = 10 ** exponent(currency)
    for count, ((year, month), found) in enumerate(groupby(days, key=lambda day: (day[0].year, day[0].month))):
        if count == months:
            return
        title = date(year, month, 1).strftime("%B %Y")
        made = Table(title=title, title_justify="left", header_style="bold", box=None, padding=(0, 1))
        for weekday in ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"):
            made.add_column(weekday, justify="right", min_width=6)
        price_of = dict(found)
        first_of_month = date(year, month, 1)
        monday = first_of_month - timedelta(days=first_of_month.weekday())
        while monday.month == month or monday < first_of_month:
            week = [monday + timedelta(days=k) for k in range(7)]
            if any(day in price_of for day in week):
                made.add_row(*(_cell(day, price_of, unit) for day in week))
            monday += timedelta(days=7)
        yield made


def _cell(day: date, price_of: dict[date, int | None], unit: int) -> Text:
    if day not in price_of:
        return Text("")
    price = price_of[day]
    if price is None:
        return Text("–", style="dim")
    return Text(f"{(2 * price + unit) // (2 * unit)}", style="bold" if day.weekday() in (4, 5) else "")


def read_stays(text: str) -> list[int]:
    """`1-14`, `7` or `1,2,7` as stay lengths; InputError for anything else."""
    try:
        stays: set[int] = set()
        for part in text.split(","):
            first, _, last = part.partition("-")
            stays.update(range(int(first), int(last or first) + 1))
        if not stays:
            raise ValueError(text)
    except ValueError:
        raise InputError(f"--stays {text!r} is no list of nights; write 1-14, or 1,2,7") from None
    return sorted(stays)


def reprice(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the Parquet files go.")] = Path(
        "out/reprice"
    ),
    region: opt.RegionOption = None,
    city: opt.CityOption = None,
    brand: Annotated[str | None, typer.Option("--brand", help="Only this brand.")] = None,
    hotel: opt.HotelOption = None,
    stays: Annotated[str, typer.Option("--stays", help="Stay lengths: 1-14, or 1,2,7.")] = "1-14",
    tier: Annotated[list[str] | None, typer.Option("--tier", help="Only this tier (repeat for several).")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First arrival.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last arrival, included.")] = None,
    chain: opt.ChainOption = None,
    hotels: opt.HotelsOption = HOTELS_DEFAULT,
    seed: opt.SeedOption = SEED_DEFAULT,
    rules: opt.RulesOption = None,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
    *,
    guest: GuestQuestion,
) -> None:
    """All prices of products x arrivals x stay lengths x tiers, to Parquet files by month of arrival."""
    screen = Screen(as_json)
    lengths = read_stays(stays)
    house = open_house(screen, chain, hotels, seed, rules, today)
    window = (house.engine.first_night, house.engine.first_night + house.engine.n_nights - 1)
    arrivals = None
    if first is not None or last is not None:
        arrivals = (
            opt.read_date(first, "--from") or date.fromordinal(window[0]),
            opt.read_date(last, "--to") or date.fromordinal(window[1]),
        )
    with screen.progress() as bars:
        report = house.engine.reprice_to(
            out,
            stays=lengths,
            tiers=tier or None,
            arrivals=arrivals,
            progress=lambda done, total: bars.move("prices", done, total),
            region=region,
            city=city,
            brand=brand,
            hotel_ids=hotel or None,
            **guest,
        )
    facts = asdict(report) | {"folder": str(report.folder), "files": [str(path) for path in report.files]}
    rows = [
        ["prices", f"{report.prices:,}"],
        ["files", f"{len(report.files)} in {report.folder} ({report.skipped_files} were there already)"],
        ["bytes", f"{report.bytes:,}"],
        ["seconds", f"{report.seconds:.2f}"],
        ["price version", report.price_version],
    ]
    screen.answer(facts, table("Repriced", {"": "left", "value": "left"}, rows))


def check(
    chain: opt.ChainOption = None,
    hotels: opt.HotelsOption = HOTELS_DEFAULT,
    seed: opt.SeedOption = SEED_DEFAULT,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
) -> None:
    """Recompute every counter of the grid from its holds; exit code 1 if something differs."""
    screen = Screen(as_json)
    house = open_house(screen, chain, hotels, seed, None, today)
    findings = house.engine.check()
    rows = [
        [found.kind, found.hotel_id, found.room_type_id, str(found.night or ""), found.text] for found in findings[:50]
    ]
    columns = dict.fromkeys(("kind", "hotel", "room type", "night", "what"), "left")
    cells = house.engine.catalog.n_rows * house.engine.n_nights
    line = f"{house.name}: {len(findings)} findings in {cells:,} cells ({house.engine.catalog.n_hotels:,} hotels)"
    answer = {"chain": house.name, "cells": cells, "count": len(findings), "findings": [asdict(f) for f in findings]}
    if findings:
        screen.answer(answer, table(line, columns, rows))
        raise typer.Exit(FINDING)
    screen.answer(answer, Text(line))
