"""A chain as files: the catalogue's Parquet files, and beside them

- sold_elsewhere.parquet: hotel_id, room_type_id, and one int16 column of rooms per night, named by its ISO date
  (also read: one row per room type and night, with the columns hotel_id, room_type_id, night, rooms);
- restrictions.parquet: the frame for `Engine.restrict`;
- rules.toml: the rule book;
- chain.json: first night, nights, description and counts.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.catalog_frames import write_frames
from nightgrid.errors import CatalogError, InputError
from nightgrid.jobs.chain.restrictions import SCHEMA
from nightgrid.limits import WINDOW_NIGHTS_MAX
from nightgrid.nights import to_date, to_ordinal

FORMAT: Final = 1
_NIGHTS_DEFAULT: Final = 540
_IDS: Final = ("hotel_id", "room_type_id")


class WritableChain(Protocol):
    """What is written of a chain (`make.Chain`)."""

    @property
    def catalog(self) -> Catalog:
        """Hotels, room types and products."""

    @property
    def first_night(self) -> date:
        """First night on sale."""

    @property
    def nights(self) -> int:
        """Nights on sale."""

    @property
    def sold_elsewhere(self) -> NDArray[np.int16]:
        """Rooms sold by other systems, int16 (room type, night)."""

    @property
    def restrictions(self) -> pl.DataFrame:
        """The frame for `Engine.restrict`."""

    @property
    def book_toml(self) -> str:
        """The rule book."""

    @property
    def description(self) -> str:
        """One sentence."""


def write_chain(chain: WritableChain, folder: Path) -> None:
    """Write every file; each appears whole, chain.json last."""
    catalog = chain.catalog
    chain.catalog.write(folder)
    first = chain.first_night.toordinal()
    ids = catalog.room_types_frame().select(_IDS)
    sold = pl.DataFrame(
        {to_date(first + night).isoformat(): chain.sold_elsewhere[:, night] for night in range(chain.nights)}
    )
    write_frames(
        folder, {"sold_elsewhere": pl.concat([ids, sold], how="horizontal"), "restrictions": chain.restrictions}
    )
    _write_text(folder / "rules.toml", chain.book_toml)
    facts = {
        "format": FORMAT,
        "description": chain.description,
        "first_night": chain.first_night.isoformat(),
        "nights": chain.nights,
        "hotels": catalog.n_hotels,
        "room_types": catalog.n_rows,
        "products": catalog.n_products,
    }
    _write_text(folder / "chain.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)


def read_chain(folder: Path, first_night: date | str | None, nights: int | None) -> dict[str, Any]:
    """The fields of a `Chain`. See `Chain.read`."""
    catalog = Catalog.read(folder)
    facts = _read_facts(folder / "chain.json", catalog)
    start = facts.get("first_night") if first_night is None else first_night
    if start is None:
        raise InputError(f"{folder} has no chain.json to say when its nights begin; give first_night")
    first = to_ordinal(start)
    count = int(facts.get("nights", _NIGHTS_DEFAULT)) if nights is None else nights
    if not 1 <= count <= WINDOW_NIGHTS_MAX:
        raise InputError(f"nights {count} is outside 1..{WINDOW_NIGHTS_MAX}; give the length of the window on sale")
    restrictions = folder / "restrictions.parquet"
    rules = folder / "rules.toml"
    return {
        "catalog": catalog,
        "first_night": to_date(first),
        "sold_elsewhere": _read_sold(folder / "sold_elsewhere.parquet", catalog, first, count),
        "restrictions": pl.read_parquet(restrictions) if restrictions.is_file() else pl.DataFrame(schema=SCHEMA),
        "book_toml": rules.read_text(encoding="utf-8") if rules.is_file() else "",
        "description": str(facts.get("description", f"{catalog.n_hotels:,} hotels from {folder.name}")),
    }


def _read_facts(path: Path, catalog: Catalog) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CatalogError(f"{path} is not JSON ({error}); write the chain again") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise CatalogError(f"{path} is not of format {FORMAT}; write the chain again with this version")
    counts = {"hotels": catalog.n_hotels, "room_types": catalog.n_rows, "products": catalog.n_products}
    for name, count in counts.items():
        if facts.get(name) != count:
            raise CatalogError(
                f"{path} speaks of {facts.get(name)} {name}, the catalogue has {count}; the files are not of one chain"
            )
    return facts


def _read_sold(path: Path, catalog: Catalog, first: int, nights: int) -> NDArray[np.int16]:
    """Rooms sold, int16[R, nights]; 0 on nights that the file does not have; nights outside are left out."""
    sold = np.zeros((catalog.n_rows, nights), dtype=np.int16)
    if not path.is_file():
        return sold
    frame = pl.read_parquet(path)
    missing = [name for name in _IDS if name not in frame.columns]
    if missing:
        raise CatalogError(f"{path}, column {missing[0]}: is missing; add it")
    if "night" in frame.columns and "rooms" in frame.columns:
        rows, columns = _rows_of(path, frame, catalog), frame["night"].cast(pl.Date).to_physical().to_numpy()
        columns = columns.astype(np.int64) + date(1970, 1, 1).toordinal() - first
        inside = (columns >= 0) & (columns < nights)
        sold[rows[inside], columns[inside]] = frame["rooms"].cast(pl.Int16).to_numpy()[inside]
    else:
        rows = _rows_of(path, frame, catalog)
        for name in frame.columns:
            column = to_ordinal(name) - first if name not in _IDS else -1
            if 0 <= column < nights:
                sold[rows, column] = frame[name].cast(pl.Int16).to_numpy()
    outside = np.argwhere((sold < 0) | (sold > catalog.capacity[:, None]))
    if len(outside):
        row, night = (int(position) for position in outside[0])
        rooms, capacity = int(sold[row, night]), int(catalog.capacity[row])
        place = f"{path}, room type {catalog.room_type_ids[row]} of {catalog.hotel_ids[catalog.row_hotel[row]]}"
        raise CatalogError(
            f"{place}, night {to_date(first + night)}: {rooms} rooms sold is outside 0..{capacity}; "
            "correct it, or raise the capacity"
        )
    return sold


def _rows_of(path: Path, frame: pl.DataFrame, catalog: Catalog) -> NDArray[np.int64]:
    """Row index of each line by its ids; CatalogError for ids that the catalogue does not have."""
    known = catalog.room_types_frame().select(_IDS).with_row_index("row")
    rows = frame.select(_IDS).join(known, on=list(_IDS), how="left", maintain_order="left")["row"]
    unknown = rows.is_null().arg_true()
    if len(unknown):
        line = int(unknown[0])
        hotel_id, room_type_id = frame.select(_IDS).row(line)
        raise CatalogError(
            f"{path}, row {line + 1}: room type {room_type_id!r} of hotel {hotel_id!r} is not in the catalogue; "
            "remove the row or add the room type"
        )
    return rows.to_numpy().astype(np.int64)
