"""A generated hotel chain: catalogue, rooms already sold, restrictions and a rule book, all from one seed.

Invented, but shaped like a large real chain: seven hotels of ten in China, the others in Asia and Europe, in real
cities with their currencies, time zones and holidays. For demonstrations, benchmarks and tests at full size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.jobs.chain import files as chain_files
from nightgrid.jobs.chain.book import build_book
from nightgrid.jobs.chain.demand import build_sold
from nightgrid.jobs.chain.hotels import build_catalog, build_house
from nightgrid.jobs.chain.restrictions import build_restrictions
from nightgrid.limits import WINDOW_NIGHTS_MAX
from nightgrid.nights import to_date, to_ordinal

if TYPE_CHECKING:
    import polars as pl

#: Called with what is being made and the share of the whole work that is done, 0 to 1.
Progress = Callable[[str, float], None]

FIRST_NIGHT_DEFAULT: Final = date(2027, 1, 1)
_PLANS_MAX: Final = 2


@dataclass(frozen=True, eq=False, repr=False)
class Chain:
    """Everything an engine needs to open a chain. R room types, N nights from `first_night`."""

    catalog: Catalog
    first_night: date
    sold_elsewhere: NDArray[np.int16]  # [R, N] rooms sold by other systems, 0 .. capacity
    restrictions: pl.DataFrame  # for Engine.restrict: inclusive dates, weekdays "fri,sat" or null, null = as it is
    book_toml: str  # the rule book, for Engine.publish
    description: str

    def __repr__(self) -> str:
        return f"<{self.description}>"

    @property
    def nights(self) -> int:
        """Nights on sale, N."""
        return int(self.sold_elsewhere.shape[1])

    def write(self, folder: str | Path) -> None:
        """Write the catalogue, sold_elsewhere.parquet, restrictions.parquet, rules.toml and chain.json."""
        chain_files.write_chain(self, Path(folder))

    @classmethod
    def read(cls, folder: str | Path, first_night: date | str | None = None, nights: int | None = None) -> Chain:
        """A chain from a folder that `write` made, or from a catalogue of one's own.

        Only the catalogue must be there. Without sold_elsewhere nothing is sold, without restrictions nothing is
        restricted, without rules.toml the book is empty. `first_night` and `nights` are read from chain.json; give them
        where it is missing (nights: 540). CatalogError or InputError where files do not fit each other.
        """
        return cls(**chain_files.read_chain(Path(folder), first_night, nights))


def make_chain(
    hotels: int = 10_000,
    room_types: int | None = None,
    seed: int = 2027,
    *,
    first_night: date | str = FIRST_NIGHT_DEFAULT,
    nights: int = 540,
    plans: int = 1,
    progress: Progress | None = None,
) -> Chain:
    """Make a chain. The same arguments give the same chain, to the byte, on every machine.

    `room_types`: in all, 2 to 12 a hotel; 5 a hotel if not given. `plans`: 1 = "standard", 2 = also "saver".
    Hotels, room types and prices depend on seed, hotels and room_types only, not on the window. About 1 s at the
    default size; memory is that of the answer (54 MB of rooms sold) and about as much again.
    """
    if not 1 <= nights <= WINDOW_NIGHTS_MAX:
        raise InputError(f"nights {nights} is outside 1..{WINDOW_NIGHTS_MAX}; give the length of the window on sale")
    if not 1 <= plans <= _PLANS_MAX:
        raise InputError(f"plans {plans} is neither 1 (standard) nor 2 (standard and saver)")
    first = to_ordinal(first_night)
    tell = progress or _nothing
    tell("hotels", 0.0)
    house = build_house(seed, hotels, 5 * hotels if room_types is None else room_types)
    catalog = build_catalog(seed, house, plans)
    tell("rooms sold", 0.3)
    sold = build_sold(seed, house, first, nights, lambda share: tell("rooms sold", 0.3 + 0.5 * share))
    tell("restrictions", 0.8)
    restrictions = build_restrictions(seed, house, catalog, first, nights)
    tell("rule book", 0.95)
    book_toml = build_book(catalog, first, nights)
    tell("done", 1.0)
    rooms = int(catalog.capacity.sum(dtype=np.int64))
    description = (
        f"Generated chain, seed {seed}: {catalog.n_hotels:,} hotels in {len(set(catalog.city))} cities, "
        f"{catalog.n_rows:,} room types, {rooms:,} rooms, {catalog.n_products:,} products, "
        f"{nights} nights from {to_date(first)}, {len(restrictions):,} restrictions"
    )
    return Chain(catalog, to_date(first), sold, restrictions, book_toml, description)


def _nothing(stage: str, share: float) -> None:
    """Progress that nobody watches."""
