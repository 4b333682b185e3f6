"""Frames of selling controls become lines about controls and nights. Everything is checked before anything is set."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.frames import as_frame, optional_integers, refuse_unknown, require, text_list, weekday_mask
from nightgrid.engine.edge.names import Names
from nightgrid.engine.rooms.controls import night_ranges
from nightgrid.errors import InputError, InputTypeError, NightgridError, UnknownIdError
from nightgrid.inventory.inventory import Inventory
from nightgrid.inventory.selling import ControlChange
from nightgrid.limits import PRICE_MINOR_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import control_tables as tables
from nightgrid.nights import weekday

#: Rooms that a cap or a house cap can name: those of a whole hotel.
ROOMS_OF_A_HOTEL_MAX = 1_000_000
_KINDS = {None: at.KIND_CAP, "cap": at.KIND_CAP, "quota": at.KIND_QUOTA}
_NIGHTS = ("night", "first_night", "last_night", "weekdays")


class ControlFrame:
    """A frame of selling controls, read step by step: whom each row is about, on which nights, and its values."""

    def __init__(
        self, what: str, source: Any, catalog: Catalog, inventory: Inventory, columns: tuple[str, ...]
    ) -> None:
        self.what = what
        self.frame = as_frame(what, source)
        self._catalog = catalog
        self._inventory = inventory
        refuse_unknown(what, self.frame, ("hotel_id", *_NIGHTS, *columns))
        require(what, self.frame, ["hotel_id"])
        self.size = len(self.frame)
        self.level = np.zeros(self.size, np.int64)
        self.owner = np.zeros(self.size, np.int64)
        self.origin = np.arange(self.size)

    def _texts(self, column: str) -> list[Any]:
        return text_list(self.what, self.frame, column)

    def _mistake(self, row: int, error: NightgridError) -> NightgridError:
        return type(error)(f"{self.what}: row {row}: {error}")

    # -- whom it is about --------------------------------------------------------------------------

    def about_hotels(self) -> None:
        """Every row is about a whole hotel."""
        self._about([(hotel_id, None) for hotel_id in self._texts("hotel_id")], whole_hotels=True)

    def about_room_types(self, *, whole_hotels: bool) -> None:
        """Rows without a room type are about the hotel as a whole, or about each of its room types."""
        self._about(list(zip(self._texts("hotel_id"), self._texts("room_type_id"), strict=True)), whole_hotels)

    def _about(self, places: list[tuple[Any, Any]], whole_hotels: bool) -> None:
        known: dict[tuple[Any, Any], tuple[int, list[int]]] = {}
        level, owner, origin = [], [], []
        for row, place in enumerate(places):
            if place not in known:
                try:
                    known[place] = self._owners(*place, whole_hotels)
                except NightgridError as error:
                    raise self._mistake(row, error) from None
            found = known[place]
            level += [found[0]] * len(found[1])
            owner += found[1]
            origin += [row] * len(found[1])
        self.level, self.owner = np.array(level, np.int64), np.array(owner, np.int64)
        self.origin = np.array(origin, np.int64)

    def _owners(self, hotel_id: Any, room_type_id: Any, whole_hotels: bool) -> tuple[int, list[int]]:
        """(level, owners) of a place."""
        if room_type_id is not None:
            return 0, [self._catalog.row_index(hotel_id, room_type_id)]
        hotel = self._catalog.hotel_index(hotel_id)
        return (1, [hotel]) if whole_hotels else (0, list(self._catalog.rows_of(hotel)))

    # -- columns -----------------------------------------------------------------------------------

    def numbers(
        self, column: str, high: int, *, default: int = 0, needed: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(whole numbers from 0 to high, where there is one); the default where there is none."""
        if column not in self.frame.columns:
            if needed:
                raise InputError(f"{self.what}: column {column} is missing; give whole numbers, null = remove")
            return np.full(self.size, default, np.int64), np.zeros(self.size, np.bool_)
        values, given = optional_integers(self.what, self.frame, column, 0, high)
        return np.where(given, values, default), given

    def channels(self, names: Names) -> NDArray[np.int64]:
        """Channel + 1 of each row, 0 = any."""
        return self._coded("channel", lambda name: names.channel(name) + 1)

    def tiers(self, names: Names) -> NDArray[np.int64]:
        """Class of each row; 0 of one that names a channel instead."""
        by_channel = "channel" in self.frame.columns
        if not by_channel:
            require(self.what, self.frame, ["tier"])
        tiers, channels = self._texts("tier"), self._texts("channel")
        for row, (tier, channel) in enumerate(zip(tiers, channels, strict=True)):
            if by_channel and (tier is None) == (channel is None):
                raise InputError(f"{self.what}: row {row}: give exactly one of tier and channel")
            if tier is not None and not names.tiers:
                raise InputError(f"{self.what}: the store has no tiers; name them when it is made: tiers=(...)")
        return self._coded("tier", names.tier)

    def kinds(self) -> NDArray[np.int64]:
        """Cap or quota."""

        def kind(name: Any) -> int:
            if name not in _KINDS:
                raise InputError(f"kind is {name!r}; use 'cap' or 'quota'")
            return _KINDS[name]

        return self._coded("kind", kind, at.KIND_CAP)

    def _coded(self, column: str, code_of: Any, default: int = 0) -> NDArray[np.int64]:
        """A column of names as numbers; each distinct name is read once."""
        if column in self.frame.columns and self.frame[column].dtype.is_integer():
            raise InputTypeError(f"{self.what}: row 0: {column} is {self.frame[column][0]!r}; a name is needed")
        known: dict[Any, int] = {None: default}
        codes = np.zeros(self.size, np.int64)
        for row, name in enumerate(self._texts(column)):
            if name not in known:
                try:
                    known[name] = code_of(name)
                except NightgridError as error:
                    raise self._mistake(row, error) from None
            codes[row] = known[name]
        return codes

    def plans(self) -> NDArray[np.int64]:
        """Plan + 1 of each line, 0 = any; it must be a plan of the room type, or of any room type of the hotel."""
        indexes = {name: index + 1 for index, name in enumerate(self._inventory.plan_names)}
        plans = self._texts("plan")
        codes = np.zeros(len(self.owner), np.int64)
        seen: set[tuple[int, int, Any]] = set()
        for line, row in enumerate(self.origin.tolist()):
            plan = plans[row]
            if plan is None:
                continue
            place = (int(self.level[line]), int(self.owner[line]), plan)
            if place not in seen:
                self._check_plan(row, *place)
                seen.add(place)
            codes[line] = indexes[plan]
        return codes

    def _check_plan(self, row: int, level: int, owner: int, plan: Any) -> None:
        catalog = self._catalog
        rows = catalog.rows_of(owner) if level else [owner]
        known = sorted({catalog.plan_ids[product] for each in rows for product in catalog.products_of(each)})
        if plan not in known:
            raise UnknownIdError(f"{self.what}: row {row}: plan is {plan!r}; there are {', '.join(known)}")

    # -- lines -------------------------------------------------------------------------------------

    def change(
        self,
        kind: NDArray[np.int64] | int,
        values: NDArray[np.int64],
        *,
        channel: NDArray[np.int64] | None = None,
        plan: NDArray[np.int64] | None = None,
        tier: NDArray[np.int64] | None = None,
    ) -> ControlChange:
        """Every night of every row: kind, channel, tier and values (V_FIELDS, row) by frame row, plan by line."""
        first, last = night_ranges(self.what, self._inventory, self.frame)
        keys = np.zeros((len(self.owner), tables.X_FIELDS), np.int64)
        keys[:, tables.X_LEVEL] = self.level
        keys[:, tables.X_OWNER] = self.owner
        keys[:, tables.X_KIND] = kind if isinstance(kind, int) else kind[self.origin]
        for column, given in ((tables.X_CHANNEL, channel), (tables.X_CLASS, tier)):
            if given is not None:
                keys[:, column] = given[self.origin]
        if plan is not None:
            keys[:, tables.X_PLAN] = plan
        counts = (last - first + 1)[self.origin]
        line = np.repeat(np.arange(len(self.owner)), counts)
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        row = self.origin[line]
        nights = first[row] + np.arange(len(line)) - starts
        if "weekdays" in self.frame.columns:
            allowed = np.zeros((self.size, 7), np.bool_)
            for position, text in enumerate(self._texts("weekdays")):
                allowed[position, weekday_mask(self.what, text, position)] = True
            kept = allowed[row, (nights + weekday(0)) % 7]
            line, row, nights = line[kept], row[kept], nights[kept]
        return ControlChange(keys, values[:, self.origin], line, nights)


def limits_only(limit: NDArray[np.int64], given: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Values (V_FIELDS, row) of a control that has a limit and nothing else; none where it is not given."""
    values = np.zeros((tables.V_FIELDS, len(limit)), np.int64)
    values[tables.V_LIMIT] = np.where(given, limit + 1, 0)
    return values


def hurdle_values(lines: ControlFrame) -> NDArray[np.int64]:
    """Values (V_FIELDS, row) of hurdles."""
    hurdle, given = lines.numbers("hurdle_minor", PRICE_MINOR_MAX, needed=True)
    delta, _ = lines.numbers("delta_minor", PRICE_MINOR_MAX)
    ceiling, _ = lines.numbers("ceiling_steps", ROOMS_OF_A_HOTEL_MAX)
    floor, has_floor = lines.numbers("floor_minor", PRICE_MINOR_MAX)
    high = np.flatnonzero(hurdle + delta.astype(np.float64) * ceiling > PRICE_MINOR_MAX)
    if high.size:
        row = int(high[0])
        raise InputError(
            f"{lines.what}: row {row}: a hurdle of {hurdle[row]} with {ceiling[row]} steps of {delta[row]} rises above "
            f"{PRICE_MINOR_MAX:,}; use fewer or smaller steps"
        )
    values = limits_only(hurdle, given)
    values[tables.V_DELTA], values[tables.V_CEILING] = delta, ceiling
    values[tables.V_FLOOR] = np.where(has_floor, floor, hurdle)
    return values
