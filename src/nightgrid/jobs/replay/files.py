"""What a replay leaves behind: the answer as one JSON object, two Parquet files and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from nightgrid.jobs.pictures.fill import HouseNights, replay_fill
from nightgrid.jobs.replay.columns import EPOCH_ORDINAL
from nightgrid.jobs.replay.house import CURRENCY
from nightgrid.jobs.replay.read import CREDIT, Bookings
from nightgrid.jobs.replay.stream import Replayed
from nightgrid.money import format_minor
from nightgrid.nights import to_date
from nightgrid.outcomes import Outcome


def summary(done: Replayed) -> dict[str, Any]:
    """Counts over all and by "hotel|room type", refusals by reason, and revenue; plain JSON values."""
    bookings = done.bookings
    everything = np.ones(len(bookings.row), np.bool_)
    codes, counts = np.unique(done.outcome[~done.accepted], return_counts=True)
    return {
        **_counts(done, everything),
        "by_room_type": {
            f"{hotel}|{kind}": _counts(done, bookings.type_index == index)
            for index, (hotel, kind) in enumerate(bookings.type_names)
        },
        "bookings_file": bookings.source,
        "rows": bookings.rows_in_file,
        "skipped": bookings.skipped,
        "refusals": {Outcome(code).name: count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)},
        "capacity": {
            f"{hotel}|{kind}": int(rooms.max())
            for (hotel, kind), rooms in zip(bookings.type_names, done.capacity, strict=True)
        },
        "window": {
            "first_night": to_date(done.first_night).isoformat(),
            "last_night": to_date(done.first_night + bookings.window_nights - 1).isoformat(),
            "nights": bookings.window_nights,
        },
        "revenue": revenue(done),
        "check": [str(finding) for finding in done.findings],
        "credit": CREDIT,
    }


def _counts(done: Replayed, chosen: npt.NDArray[np.bool_]) -> dict[str, int]:
    accepted = chosen & done.accepted
    live = chosen & done.live
    return {
        "accepted": int(accepted.sum()),
        "refused": int((chosen & ~done.accepted).sum()),
        "released": int((chosen & done.released).sum()),
        "live_at_end": int(live.sum()),
        "room_nights_at_end": int(done.bookings.nights[live].sum()),
    }


def revenue(done: Replayed) -> dict[str, Any]:
    """What the live bookings earn by the rule book, and what the hotel really took for them (ADR x nights).

    Cents, added as integers. Bookings without a known rate are left out of both sides and counted.
    """
    bookings = done.bookings
    both = done.live & bookings.adr_known
    real_minor = bookings.adr_minor * bookings.nights
    hotels = np.array([hotel for hotel, _ in bookings.type_names], dtype=object)[bookings.type_index]

    def of(chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
        book, real = int(done.price_minor[chosen].sum()), int(real_minor[chosen].sum())
        return {
            "bookings": int(chosen.sum()),
            "book_minor": book,
            "real_minor": real,
            "book": format_minor(book, CURRENCY),
            "real": format_minor(real, CURRENCY),
            "book_percent_of_real": round(100 * book / real, 1) if real > 0 else None,
        }

    return {
        "currency": CURRENCY,
        "rule_book": done.book_name,
        "rule_book_digest": done.book_digest,
        **of(both),
        "live_without_known_rate": int((done.live & ~bookings.adr_known).sum()),
        "by_hotel": {hotel: of(both & (hotels == hotel)) for hotel in sorted(set(hotels))},
    }


def write_tables(done: Replayed, folder: Path) -> dict[str, str]:
    """accepted.parquet (`row`, ascending, positions in the file from 0) and matrix.parquet; the paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    accepted = folder / "accepted.parquet"
    pl.DataFrame({"row": done.bookings.row[done.accepted]}).write_parquet(accepted)
    matrix = folder / "matrix.parquet"
    names, n_nights = done.bookings.type_names, done.bookings.window_nights
    types = np.repeat(np.arange(len(names)), n_nights)
    nights = np.tile(np.arange(n_nights, dtype=np.int32) + (done.first_night - EPOCH_ORDINAL), len(names))
    pl.DataFrame(
        {
            "hotel": pl.Series([hotel for hotel, _ in names]).gather(types),
            "room_type": pl.Series([kind for _, kind in names]).gather(types),
            "night": pl.Series(nights.astype(np.int32)).cast(pl.Date),
            "capacity": done.capacity.ravel().astype(np.int16),
            "sold": done.sold.ravel().astype(np.int16),
            "free": done.free.ravel().astype(np.int16),
        }
    ).write_parquet(matrix)
    return {"accepted": str(accepted), "matrix": str(matrix)}


def write_picture(done: Replayed, folder: Path) -> dict[str, str]:
    """house_fill.png: each hotel's fill by night, and the arrivals that were refused."""
    bookings = done.bookings
    nights = [to_date(done.first_night + k) for k in range(bookings.window_nights)]
    days = (nights[0], nights[-1])
    path = replay_fill(
        folder / "house_fill.png",
        nights,
        houses(done, bookings),
        title=f"House fill after {len(bookings.row):,} bookings: {int(done.accepted.sum()):,} accepted, "
        f"{int(done.released.sum()):,} cancelled, {int((~done.accepted).sum()):,} refused",
        subtitle=f"{days[0]} to {days[1]}; thin: every night, line: mean of 7 nights. "
        "Format and data: Antonio, Almeida, Nunes 2019, CC BY 4.0",
    )
    return {"house_fill": str(path)}


def houses(done: Replayed, bookings: Bookings) -> list[HouseNights]:
    """Each hotel's rooms, sold rooms and refused arrivals by night; the largest hotel first."""
    hotel_of_type = [hotel for hotel, _ in bookings.type_names]
    found = []
    for hotel in dict.fromkeys(hotel_of_type):
        rows = [k for k, other in enumerate(hotel_of_type) if other == hotel]
        turned_away = ~done.accepted & np.isin(bookings.type_index, rows)
        refused = np.bincount(bookings.arrival[turned_away] - done.first_night, minlength=bookings.window_nights)
        found.append(
            HouseNights(hotel, done.capacity[rows].sum(axis=0), done.sold[rows].sum(axis=0), refused.astype(np.int64))
        )
    return sorted(found, key=lambda house: -int(house.capacity.max()))
