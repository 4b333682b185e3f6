"""Past nights as Parquet files, one a night: written beside their place, then shown, never over another."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.inventory.window import PastNights
from nightgrid.nights import to_date

_COUNTERS = ("physical", "out_of_order", "sell_limit", "capacity", "sold", "held", "sold_elsewhere")


class PastNightFiles:
    """The files of some nights (ordinals from `first_night` on) under `folder`/past_nights. InputError if one exists.

    Columns: hotel_id, room_type_id, night, physical, out_of_order, sell_limit, capacity, sold, held, sold_elsewhere
    (int16 rooms), a row per room type.
    """

    def __init__(self, folder: Path, catalog: Catalog, first_night: int, nights: int) -> None:
        self._folder = folder / "past_nights"
        self._dates = [to_date(first_night + night) for night in range(nights)]
        self._names = {
            "hotel_id": pl.Series(catalog.hotel_ids, dtype=pl.String).gather(catalog.row_hotel),
            "room_type_id": pl.Series(catalog.room_type_ids, dtype=pl.String),
        }
        for place in self._places():
            self._refuse(place)
        self._folder.mkdir(parents=True, exist_ok=True)

    def _places(self) -> list[Path]:
        return [self._folder / f"{night.isoformat()}.parquet" for night in self._dates]

    def _refuse(self, place: Path) -> None:
        if place.exists():
            raise InputError(f"{place} exists; a night is archived once. Move the file away, or name another folder")

    @staticmethod
    def _beside(place: Path) -> Path:
        return place.with_name(f".{place.name}.{os.getpid()}")

    def write(self, past: PastNights) -> None:
        """Write the files under other names."""
        for number, (night, place) in enumerate(zip(self._dates, self._places(), strict=True)):
            counters = {name: np.ascontiguousarray(getattr(past, name)[:, number]) for name in _COUNTERS}
            frame = pl.DataFrame({**self._names, **counters}).insert_column(
                2, pl.repeat(night, len(self._names["hotel_id"]), dtype=pl.Date, eager=True).alias("night")
            )
            with self._beside(place).open("wb") as file:
                frame.write_parquet(file)
                file.flush()
                os.fsync(file.fileno())

    def publish(self) -> None:
        """Give the files their names, all or none; InputError if one exists by now."""
        shown: list[Path] = []
        try:
            for place in self._places():
                self._refuse(place)
                self._beside(place).rename(place)
                shown.append(place)
        except BaseException:
            for place in shown:
                place.unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        """Remove what was written and not shown."""
        for place in self._places():
            self._beside(place).unlink(missing_ok=True)
