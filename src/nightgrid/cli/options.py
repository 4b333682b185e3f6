"""Options that several commands share, spelt once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from nightgrid.errors import InputError

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout and nothing else there.")]
ChainOption = Annotated[
    Path | None,
    typer.Option(
        "--chain",
        metavar="FOLDER",
        help="A chain on disk: hotels, room_types, products (Parquet or CSV), optionally sold_elsewhere, "
        "restrictions and rules.toml. Default: the seeded demo chain.",
    ),
]
HotelsOption = Annotated[
    int, typer.Option("--hotels", min=1, max=100_000, help="Hotels of the demo chain (without --chain).")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the demo chain.")]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", metavar="FILE", help="A rule book instead of the chain's own.")
]
TodayOption = Annotated[
    str | None,
    typer.Option("--today", metavar="DATE", help="Answer as of noon UTC of this date (yyyy-mm-dd) instead of now."),
]
ArrivalOption = Annotated[
    str | None, typer.Option("--arrival", metavar="DATE", help="Arrival, yyyy-mm-dd. Default: 14 days from today.")
]
NightsOption = Annotated[int, typer.Option("--nights", help="Nights of the stay.")]
TierOption = Annotated[
    str | None, typer.Option("--tier", help="Member tier of the guest. Default: the first of the book, public.")
]
RoomsOption = Annotated[int, typer.Option("--rooms", help="Rooms wanted.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Only this region.")]
CityOption = Annotated[str | None, typer.Option("--city", help="Only this city.")]
HotelOption = Annotated[list[str] | None, typer.Option("--hotel", help="Only this hotel id (repeat for several).")]


def read_date(text: str | None, name: str) -> date | None:
    """A date of the command line; InputError naming the option."""
    if text is None:
        return None
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name} {text!r} is not a date; write it as yyyy-mm-dd, such as 2027-03-01") from None
