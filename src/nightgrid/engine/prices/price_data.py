"""Base prices and overrides that come as data, without touching the rule book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import polars as pl

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.comparison import Guard
from nightgrid.engine.edge.data_frames import (
    BASE,
    KINDS,
    OVERRIDES,
    base_frame,
    base_lines,
    check_crossed,
    override_frame,
    override_lines,
)
from nightgrid.engine.edge.version_shelf import Cause
from nightgrid.engine.prices.versions import VersionMixin
from nightgrid.errors import InputError
from nightgrid.pricing.price_data import EMPTY_LAYER, Lines, PriceData

DataMode = Literal["delta", "replace", "delete"]


class PriceDataMixin(VersionMixin):
    """Data beside the book. Each change makes a new price version of the same book, at once."""

    def set_base_prices(self, prices: Any, mode: DataMode = "delta", *, guard: Guard | None = None) -> int:
        """Set base prices by night and party size from a frame; returns how many (product, guests, night) changed.

        Columns: hotel_id, room_type_id; plan_id (null or no column = every plan that the room type has now); night, or
        first_night and last_night (inclusive); guests (null or no column = any party); base_minor (null takes away what
        there is). Later rows win. A party of n pays the price of its own size, else of the next larger size that has
        one that night, else of any party, else the catalogue's. mode "delta" changes the nights named, "replace"
        forgets all others first, "delete" takes away what is named (no base_minor needed).

        The rule book is folded again with the data: the change is a price version like any other, which can be rolled
        back. Nights before the window are ignored; nights after it are remembered until they are on sale. InputError,
        InputTypeError and UnknownIdError name the row, RuleBookError a price out of bounds; nothing is changed then.
        `guard` compares all prices first, as in `publish`, of every party size that is named as well: where it is
        broken nothing is changed, and GuardError names the worst.
        O(rows + nights named), and O(catalogue × nights) for the new version.
        """
        return self._set_data(BASE, base_lines, prices, mode, ("base",), "base prices", guard)

    def set_price_overrides(self, overrides: Any, mode: DataMode = "delta", *, guard: Guard | None = None) -> int:
        """Set dated overrides from a frame, modes, nights, guard, answer and errors as `set_base_prices`.

        Columns: hotel_id, room_type_id, plan_id, nights as there; kind; amount_minor or percent (-100 to 900, two
        decimals; null takes away what there is). `fixed`: the night costs amount_minor, and bounds do not apply;
        `percent` changes the price of the night, bounds apply; `floor` and `ceiling`: amount_minor takes the place of
        the book's bound that night. Later rows win per kind; fixed goes before percent. With mode "delete" kind may be
        null: all of them.
        """
        return self._set_data(OVERRIDES, override_lines, overrides, mode, KINDS, "overrides", guard)

    def base_prices(self) -> pl.DataFrame:
        """The base prices that were given, as ranges of equal nights: hotel_id, room_type_id, plan_id, first_night,
        last_night, guests (null = any party), base_minor. `set_base_prices(frame, "replace")` takes it back.
        """
        return base_frame(self.catalog, self._data)

    def price_overrides(self) -> pl.DataFrame:
        """The overrides that were given, as ranges of equal nights: hotel_id, room_type_id, plan_id, first_night,
        last_night, kind, amount_minor, percent. `set_price_overrides(frame, "replace")` takes it back.
        """
        return override_frame(self.catalog, self._data)

    def _set_data(
        self,
        what: str,
        read: Callable[[Catalog, int, Any, str], dict[str, Lines]],
        source: Any,
        mode: str,
        layers: tuple[str, ...],
        cause: Cause,
        guard: Guard | None,
    ) -> int:
        if mode not in get_args(DataMode):
            raise InputError(f"{what}: mode is {mode!r}; use {', '.join(map(repr, get_args(DataMode)))}")
        with self._publishing:
            self._switch_locked(self._now_ms())
            lines = read(self.catalog, self.first_night, source, mode)
            before = self._data
            data = before
            for name in layers:
                layer = EMPTY_LAYER if mode == "replace" else data.layer(name)
                data = data.with_layer(name, layer.painted(lines[name]).trimmed(self.first_night))
            check_crossed(self.catalog, data)
            changes = {name: before.layer(name).changes_to(data.layer(name)) for name in layers}
            changed = sum(each.nights for each in changes.values())
            if changed:
                self._take_data(data, changes, cause, guard)
            return changed

    def _take_data(self, data: PriceData, changes: dict[str, Lines], cause: Cause, guard: Guard | None) -> None:
        """Fold the books with other data. Everything that can fail comes first."""
        version, waiting = self._versions_for(self.catalog, self.first_night, data=data)
        if guard is not None and version is not None:
            parties = {int(party) for lines in changes.values() for party in np.unique(lines.guests)} - {0}
            self._check_guard(version, guard, sorted(parties))

        # From here on it must succeed.
        self._history.data(self._now_ms(), changes)
        self._data = data
        self._follow(version, waiting, cause)
