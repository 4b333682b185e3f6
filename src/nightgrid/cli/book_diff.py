"""`nightgrid rules diff`: what one rule book would change against another over a chain, before it is published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightgrid.asking import GuestQuestion
from nightgrid.cli import options as opt
from nightgrid.cli.guest import asks
from nightgrid.cli.screen import FINDING, Screen, table
from nightgrid.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from nightgrid.engine.edge.comparison import Comparison

OldArgument = Annotated[Path, typer.Argument(metavar="A", help="The rule book of now.")]
NewArgument = Annotated[Path, typer.Argument(metavar="B", help="The rule book to compare with it.")]
StaysOption = Annotated[str, typer.Option("--stays", help="Stay lengths: 1-14, or 1,2,7.")]
TiersOption = Annotated[list[str] | None, typer.Option("--tier", help="Only this tier (repeat for several).")]
ByOption = Annotated[str, typer.Option("--by", help="Summary by region, brand, group, city, hotel_id or currency.")]
TopOption = Annotated[int, typer.Option("--top", min=1, help="Changed prices to print.")]
DropOption = Annotated[
    str | None, typer.Option("--max-drop", metavar="PERCENT", help="Guard: the largest fall, such as 30%.")
]
RiseOption = Annotated[str | None, typer.Option("--max-rise", metavar="PERCENT", help="Guard: the largest rise.")]
MinPriceOption = Annotated[
    str | None, typer.Option("--min-price", metavar="AMOUNT", help="Guard: the lowest price a night, major units.")
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="All changed prices, as Parquet.")]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("diff")(asks(diff))


def diff(
    old: OldArgument,
    new: NewArgument,
    stays: StaysOption = "1,2,7",
    tier: TiersOption = None,
    region: opt.RegionOption = None,
    city: opt.CityOption = None,
    hotel: opt.HotelOption = None,
    by: ByOption = "region",
    top: TopOption = 20,
    max_drop: DropOption = None,
    max_rise: RiseOption = None,
    min_price: MinPriceOption = None,
    out: OutOption = None,
    chain: opt.ChainOption = None,
    hotels: opt.HotelsOption = 50,
    seed: opt.SeedOption = 2027,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
    *,
    guest: GuestQuestion,
) -> None:
    """What book B would change against book A over a chain; exit code 1 if a guard is broken."""
    from nightgrid.cli.grid import read_stays
    from nightgrid.cli.house import open_house
    from nightgrid.engine.edge.comparison import Guard

    screen = Screen(as_json)
    if not new.is_file():
        raise InputError(f"rule book {new} does not exist or is no file; check the path")
    guard = Guard(max_drop, max_rise, min_price)
    house = open_house(screen, chain, hotels, seed, old, today)
    where: dict[str, Any] = {"region": region, "city": city, "hotel_ids": hotel}
    with screen.progress() as bars, bars.step("prices") as move:
        found = house.engine.compare(
            new, stays=read_stays(stays), tiers=tier, guard=guard, rows_max=top, causes_max=top, parquet=out,
            progress=move, **where, **guest,
        )  # fmt: skip
    for note in found.notes:
        screen.note(note)
    screen.answer(as_objects(found, by), *as_tables(found, by, f"{old.name} -> {new.name}"))
    if not found.ok:
        screen.fault(f"the guard is broken by {found.broken:,} of {found.prices:,} prices")
        raise typer.Exit(FINDING)


def as_objects(found: Comparison, by: str) -> dict[str, Any]:
    """A comparison as plain objects."""
    return {
        "ok": found.ok,
        "old_version": found.old_version,
        "new_version": found.new_version,
        "prices": found.prices,
        "changed": found.changed,
        "broken": found.broken,
        "summary": found.summary(by).to_dicts(),
        "changes": found.changes.to_dicts(),
        "notes": list(found.notes),
    }


def as_tables(found: Comparison, by: str, title: str) -> list[RenderableType]:
    """A comparison as a person reads it: the summary, then single prices."""
    from nightgrid.money import format_minor

    counts = ("prices", "changed", "up", "down", "broken")
    rows = []
    for row in found.summary(by).iter_rows(named=True):
        numbers = [f"{row[name]:,}" for name in counts]
        extremes = [f"{row[name]:+.2f} %" for name in ("lowest_percent", "highest_percent")]
        rows.append([str(row[by]), row["currency"], *numbers, *extremes])
    columns = {by: "left", "currency ": "left"} | dict.fromkeys((*counts, "largest fall", "largest rise"), "right")
    lines = []
    for row in found.changes.iter_rows(named=True):
        place = "/".join((row["hotel_id"], row["room_type_id"], row["plan_id"]))
        prices = [format_minor(row[name], row["currency"]) for name in ("old_minor", "new_minor")]
        change = [f"{row['change_percent']:+.2f} %", row["broken"] or "", row["cause"] or ""]
        lines.append([place, str(row["arrival"]), str(row["nights"]), row["tier"], *prices, *change])
    heads = {"product": "id", "arrival": "id", "nights": "right", "tier": "left", "old": "right", "new": "right"}
    heads |= {"change": "right", "guard": "left", "cause": "left"}
    count = f"{title}: {found.changed:,} of {found.prices:,} prices change"
    return [table(count, columns, rows), *([table("The largest changes", heads, lines)] if lines else [])]
