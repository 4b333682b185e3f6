"""The revenue manager's side of the demo: a region repriced to Parquet, and two pictures."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nightgrid.jobs.demo.stays import Asked, city_offers
from nightgrid.jobs.pictures.calendar import price_calendar
from nightgrid.jobs.pictures.fill import house_fill
from nightgrid.jobs.report import Section
from nightgrid.nights import to_date

if TYPE_CHECKING:
    from nightgrid.engine import Engine
    from nightgrid.jobs.report import Move

STAYS = range(1, 15)
REGION_HOTELS = 350
ROWS_SHOWN = 30
FILL_NIGHTS = 180  # further ahead a hotel has sold little, and the picture would be pale


def reprice_region(engine: Engine, folder: Path, move: Move) -> Section:
    """Every product of one region x all nights x stays of 1 to 14 x all tiers, to Parquet by month of arrival."""
    sizes = Counter(region for region in engine.catalog.region if region)
    region = min(sizes, key=lambda name: (abs(sizes[name] - REGION_HOTELS), name))
    shutil.rmtree(folder / "prices", ignore_errors=True)  # an earlier demo's: a job that is done would not run again
    report = engine.reprice_to(folder / "prices", region=region, stays=STAYS, progress=move)
    rate = report.prices / max(report.seconds, 1e-9)
    kept = f" {report.skipped_files} files of the same job were there already." if report.skipped_files else ""
    return Section(
        "Repricing",
        (
            (
                f"{region}: {sizes[region]:,} hotels, all products x {engine.n_nights} nights x stays of {STAYS.start} "
                f"to {STAYS.stop - 1} nights x every tier = {report.prices:,} prices."
            ),
            (
                f"{report.bytes / 1e6:,.0f} MB in {len(report.files)} Parquet files under {report.folder}, by month of "
                f"arrival, in {report.seconds:.1f} s ({rate / 1e6:,.0f} million prices a second, writing included)."
                f"{kept}"
            ),
        ),
        facts={
            "region": region,
            "hotels": sizes[region],
            "prices": report.prices,
            "bytes": report.bytes,
            "files": len(report.files),
            "skipped_files": report.skipped_files,
            "folder": str(report.folder),
            "seconds": round(report.seconds, 3),
        },
    )


def draw(engine: Engine, folder: Path, asked: Asked) -> Section:
    """The price calendar of one hotel and the house fill of the chain, as PNG files."""
    catalog = engine.catalog
    offers = city_offers(engine, asked)  # none is left only where the demo itself held the last room
    hotel = catalog.hotel_index(offers[0].hotel_id) if offers else 0
    frame = engine.calendar(catalog.hotel_ids[hotel], 1, tier=asked.tier)
    version = engine.statistics()["price_version"]
    types = int(catalog.hotel_first_row[hotel + 1] - catalog.hotel_first_row[hotel])
    prices = price_calendar(
        folder / "price_calendar.png",
        frame["arrival"].to_list(),
        frame["price_minor"].to_list(),
        str(frame["currency"][0]),
        title=f"{catalog.hotel_name[hotel]}, {catalog.city[hotel]}: the cheapest room by arrival",
        subtitle=f"1 night, {asked.tier} member, {types} room types, price version {version}",
    )
    chain_bp, names, group_bp = fill_by_region(engine)
    chain_bp, group_bp = chain_bp[:FILL_NIGHTS], group_bp[:, :FILL_NIGHTS]
    nights = [to_date(engine.first_night + k) for k in range(len(chain_bp))]
    rooms = int(engine.catalog.capacity.sum())
    fill = house_fill(
        folder / "house_fill.png",
        nights,
        chain_bp,
        names,
        group_bp,
        title=f"House fill of {engine.catalog.n_hotels:,} hotels, as booked on {nights[0]}",
        subtitle=f"share of {rooms:,} rooms sold or held, the next {len(nights)} nights, {len(names)} regions",
    )
    return Section(
        "Pictures",
        ("The price calendar of one hotel, and the house fill of the chain by region.",),
        pictures=(prices, fill),
        facts={"price_calendar": str(prices), "house_fill": str(fill)},
    )


def fill_by_region(
    engine: Engine,
) -> tuple[npt.NDArray[np.int64], list[str], npt.NDArray[np.int64]]:
    """(chain int64[n_nights], region names, int64[n_regions, n_nights]) of house fill in basis points.

    At most ROWS_SHOWN regions, the largest first by rooms. O(rows x nights).
    """
    catalog = engine.catalog
    first_row = catalog.hotel_first_row[:-1]
    taken = np.add.reduceat(engine.matrix("sold") + engine.matrix("held"), first_row, axis=0, dtype=np.int64)
    rooms = np.add.reduceat(engine.matrix("capacity"), first_row, axis=0, dtype=np.int64)
    region_of = np.array([region or "elsewhere" for region in catalog.region])
    names, index = np.unique(region_of, return_inverse=True)
    region_taken = np.zeros((len(names), engine.n_nights), np.int64)
    region_rooms = np.zeros_like(region_taken)
    np.add.at(region_taken, index, taken)
    np.add.at(region_rooms, index, rooms)
    order = np.argsort(-region_rooms.sum(axis=1), kind="stable")[:ROWS_SHOWN]
    chain = _share(taken.sum(axis=0), rooms.sum(axis=0))
    return chain, names[order].tolist(), _share(region_taken[order], region_rooms[order])


def _share(taken: npt.NDArray[np.int64], rooms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """floor(10,000 x taken / rooms); 10,000 where there is no room to sell."""
    share: npt.NDArray[np.int64] = np.where(rooms > 0, 10_000 * taken // np.maximum(rooms, 1), 10_000)
    return share
