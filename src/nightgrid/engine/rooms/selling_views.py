"""Selling controls read back as frames: what is set, what is used, what is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.engine.base import EngineBase, steady
from nightgrid.errors import InputTypeError, UnknownIdError
from nightgrid.inventory.selling import ControlNights
from nightgrid.native.store import layout as at
from nightgrid.nights import to_ordinal

_EPOCH = to_ordinal("1970-01-01")
_KIND_NAMES = {at.KIND_CAP: "cap", at.KIND_QUOTA: "quota"}


def _dates(nights: NDArray[np.int64]) -> pl.Series:
    return pl.Series("night", (nights - _EPOCH).astype(np.int32)).cast(pl.Date)


def _instant(release_ms: int) -> datetime | None:
    return None if release_ms == at.NEVER_MS else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=release_ms)


class SellingViews(EngineBase):
    """Reading. Every frame has a row for each night that has the control, of one hotel or of all."""

    def _read(self, kinds: tuple[int, ...], hotel_id: str | None) -> tuple[ControlNights, NDArray[np.int64]]:
        """(nights with a limit, the words of their controls), after what is due was swept."""
        self._inventory.sweep(self._now_ms())
        hotel = None if hotel_id is None else self.catalog.hotel_index(hotel_id)
        lines = self._inventory.control_nights(kinds, hotel)
        return lines, self._inventory.control_words()[lines.control]

    def _places(self, words: NDArray[np.int64]) -> dict[str, Any]:
        """Columns hotel_id and room_type_id (null = the whole hotel)."""
        owner, of_hotel = words[:, at.T_OWNER], words[:, at.T_LEVEL] != 0
        hotel = np.where(of_hotel, owner, self.catalog.row_hotel[np.where(of_hotel, 0, owner)])
        types = [
            None if whole else self.catalog.room_type_ids[row]
            for row, whole in zip(owner.tolist(), of_hotel.tolist(), strict=True)
        ]
        return {
            "hotel_id": pl.Series([self.catalog.hotel_ids[index] for index in hotel.tolist()], dtype=pl.String),
            "room_type_id": pl.Series(types, dtype=pl.String),
        }

    def _channels(self, words: NDArray[np.int64]) -> pl.Series:
        names = (None, *self._names.channels)
        return pl.Series([names[index] for index in words[:, at.T_CHANNEL].tolist()], dtype=pl.String)

    def caps(self, hotel_id: str | None = None) -> pl.DataFrame:
        """Caps and quotas: hotel_id, room_type_id, channel, plan (null = all), kind, night, rooms, used, left."""
        lines, words = self._read((at.KIND_CAP, at.KIND_QUOTA), hotel_id)
        plans = (None, *self._inventory.plan_names)
        limit, used = lines.fields[:, at.N_LIMIT] - 1, lines.fields[:, at.N_USED]
        return pl.DataFrame(
            self._places(words)
            | {
                "channel": self._channels(words),
                "plan": pl.Series([plans[index] for index in words[:, at.T_PLAN].tolist()], dtype=pl.String),
                "kind": pl.Series([_KIND_NAMES[kind] for kind in words[:, at.T_KIND].tolist()], dtype=pl.String),
                "night": _dates(lines.night),
                "rooms": limit,
                "used": used,
                "left": np.maximum(limit - used, 0),
            }
        )

    @steady
    def house_caps(self, hotel_id: str | None = None) -> pl.DataFrame:
        """House caps: hotel_id, night, rooms, used (held and sold, elsewhere too), left."""
        lines, words = self._read((at.KIND_HOUSE,), hotel_id)
        catalog = self.catalog
        held, sold = (self._inventory.matrix(name)[: catalog.n_rows] for name in ("held", "sold"))
        of_hotels = catalog.sum_by_hotel(held.astype(np.int64) + sold)
        limit = lines.fields[:, at.N_LIMIT] - 1
        used = of_hotels[words[:, at.T_OWNER], lines.night - self.first_night]
        return pl.DataFrame(
            {
                "hotel_id": self._places(words)["hotel_id"],
                "night": _dates(lines.night),
                "rooms": limit,
                "used": used,
                "left": np.maximum(limit - used, 0),
            }
        )

    def protection(self, hotel_id: str | None = None) -> pl.DataFrame:
        """Protection: hotel_id, room_type_id, night, tier or channel (the other is null), rooms that a sale to guests
        of the tier, or through the channel, must leave.
        """
        lines, words = self._read((at.KIND_PROTECTION,), hotel_id)
        named = zip(words[:, at.T_CLASS].tolist(), words[:, at.T_CHANNEL].tolist(), strict=True)
        tiers = [None if channel else self._names.tiers[tier] for tier, channel in named]
        return pl.DataFrame(
            self._places(words)
            | {
                "night": _dates(lines.night),
                "tier": pl.Series(tiers, dtype=pl.String),
                "channel": self._channels(words),
                "rooms": lines.fields[:, at.N_LIMIT] - 1,
            }
        )

    def hurdles(self, hotel_id: str | None = None) -> pl.DataFrame:
        """Hurdles: hotel_id, room_type_id, night, as they were set; steps (rooms taken less rooms given back since),
        and effective_minor: what a room must bring in now.
        """
        lines, words = self._read((at.KIND_HURDLE,), hotel_id)
        hurdle, delta = lines.fields[:, at.N_LIMIT] - 1, lines.fields[:, at.N_DELTA]
        steps, ceiling = lines.fields[:, at.N_USED], lines.fields[:, at.N_CEILING]
        floor = lines.fields[:, at.N_FLOOR]
        return pl.DataFrame(
            self._places(words)
            | {
                "night": _dates(lines.night),
                "hurdle_minor": hurdle,
                "delta_minor": delta,
                "ceiling_steps": ceiling,
                "floor_minor": floor,
                "steps": steps,
                "effective_minor": np.maximum(floor, hurdle + delta * np.minimum(steps, ceiling)),
            }
        )

    def blocks(self, hotel_id: str | None = None) -> pl.DataFrame:
        """Blocks, a row for each night with units: block_id, hotel_id, room_type_id, night, units, picked, remaining,
        released (nothing is kept any more), elastic, channel, release_at, release_days.
        """
        lines, words = self._read((at.KIND_BLOCK,), hotel_id)
        names = {control: name for name, control in self._names.blocks.items()}
        units, picked = lines.fields[:, at.N_LIMIT] - 1, lines.fields[:, at.N_USED]
        today = self._inventory.block.region(at.R_HOTELS).view(np.int64)[:, at.L_TODAY]
        days = words[:, at.T_RELEASE_DAYS]
        hotel = self.catalog.row_hotel[words[:, at.T_OWNER]]
        released = (words[:, at.T_RELEASED] != 0) | (self._now_ms() >= words[:, at.T_RELEASE_MS])
        released |= (days >= 0) & (today[hotel] >= lines.night - days)
        return pl.DataFrame(
            {"block_id": pl.Series([names.get(control) for control in lines.control.tolist()], dtype=pl.String)}
            | self._places(words)
            | {
                "night": _dates(lines.night),
                "units": units,
                "picked": picked,
                "remaining": np.where(released, 0, np.maximum(units - picked, 0)),
                "released": released,
                "elastic": words[:, at.T_ELASTIC],
                "channel": self._channels(words),
                "release_at": pl.Series(
                    [_instant(value) for value in words[:, at.T_RELEASE_MS].tolist()], dtype=pl.Datetime("ms", "UTC")
                ),
                "release_days": pl.Series([None if day < 0 else day for day in days.tolist()], dtype=pl.Int64),
            }
        )

    def last_room_plans(self, hotel_id: str) -> list[str]:
        """The plans of a hotel that are sold to the last room."""
        hotel = self.catalog.hotel_index(hotel_id)
        flags = self._inventory.block.region(at.R_PRODUCT_FLAGS).view(np.int8) & at.PRODUCT_LAST_ROOM
        products = (product for row in self.catalog.rows_of(hotel) for product in self.catalog.products_of(row))
        return sorted({self.catalog.plan_ids[product] for product in products if flags[product]})

    def counters(self) -> pl.DataFrame:
        """Limited counters: counter_id, limit, used, left."""
        self._inventory.sweep(self._now_ms())
        names = self._names.counters
        words = self._inventory.counter_words()[list(names.values())]
        limit, used = words[:, at.U_LIMIT] - 1, words[:, at.U_USED]
        return pl.DataFrame(
            {
                "counter_id": pl.Series(list(names), dtype=pl.String),
                "limit": limit,
                "used": used,
                "left": np.maximum(limit - used, 0),
            }
        )

    def open_holds(self) -> pl.DataFrame:
        """Open holds of each channel: channel, limit (null = no maximum), open."""
        self._inventory.sweep(self._now_ms())
        words = self._inventory.counter_words()[: len(self._names.channels)]
        limits = [None if limit == 0 else limit - 1 for limit in words[:, at.U_LIMIT].tolist()]
        return pl.DataFrame(
            {
                "channel": pl.Series(list(self._names.channels), dtype=pl.String),
                "limit": pl.Series(limits, dtype=pl.Int64),
                "open": words[:, at.U_USED],
            }
        )

    def _products_with(self, rows: NDArray[np.int64], plan: str | None) -> NDArray[np.int64]:
        """The product of a plan for each room type: -1 where no plan is asked for, -2 where the room type lacks it."""
        if plan is None:
            return np.full(len(rows), -1, np.int64)
        if not isinstance(plan, str):
            raise InputTypeError(f"plan is {plan!r}; a text is needed")
        found = [self.catalog.product_of_row(row, plan) for row in rows.tolist()]
        if max(found) < 0:
            known = {self.catalog.plan_ids[each] for row in rows.tolist() for each in self.catalog.products_of(row)}
            raise UnknownIdError(f"plan is {plan!r}; the hotel has {', '.join(sorted(known))}")
        return np.array([-2 if product < 0 else product for product in found], np.int64)
