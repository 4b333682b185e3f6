"""Selling controls over arrays and indexes: caps and quotas, protection, house caps, hurdles, blocks, limited counters.

Every change holds the table lock, is checked as a whole first, and changes nothing where it is refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import CapacityError, InputError
from nightgrid.inventory.base import StoreBase, Window
from nightgrid.native.search import outlook
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import audit_controls, blocks, control_tables, rebuild

#: More records than this are published as one that says: anywhere.
_RECORDS_MAX = 4_096
_WORTH_ANYTHING = 10**17  # more than any hurdle asks for


class ControlChange(NamedTuple):
    """Nights of some controls to set: lines say which control and which values, cells on which nights."""

    keys: NDArray[np.int64]  # (line, X_FIELDS) of `native.upkeep.control_tables`
    values: NDArray[np.int64]  # (V_FIELDS, line): limit + 1 or 0, and what a hurdle has
    line: NDArray[np.int64]  # (cell), ascending
    nights: NDArray[np.int64]  # (cell) ordinals, ascending within a line


class ControlNights(NamedTuple):
    """Nights on which controls have a limit: a column each, in the order of the controls and nights."""

    control: NDArray[np.int64]
    night: NDArray[np.int64]  # ordinal
    fields: NDArray[np.int64]  # (line, N_FIELDS)


class BlockTerms(NamedTuple):
    """What a block is besides its units."""

    row: int
    channel: int  # index, -1 = of every channel
    release_ms: int | None
    release_days: int | None
    elastic: int


class RisingProtection(NamedTuple):
    """A cell in which more rooms would be kept from a class than from a lower one, or any from the highest."""

    row: int
    night: int  # ordinal
    rooms: list[int]  # of each class


class UnitsShort(NamedTuple):
    """The first night on which the units of a block do not fit, and how many could be set aside."""

    night: int  # ordinal
    units: int
    possible: int


class SellingPart(StoreBase):
    """Setting and reading selling controls."""

    @property
    def _controls_used(self) -> int:
        return int(self.block.region(at.R_SHARED)[at.S_CONTROLS])

    def _need_controls(self, wanted: int) -> None:
        left = self.block.sizes.controls - self._controls_used
        if wanted > left:
            raise CapacityError(
                f"{wanted} more selling controls are needed and {left} of {self.block.sizes.controls} are left; "
                "create the store with more: Engine.in_memory(..., controls=...). Nothing was changed"
            )

    # -- by night ----------------------------------------------------------------------------------

    def set_controls(self, change: ControlChange, now_ms: int) -> int:
        """Set the nights of controls, all or none; of lines about the same control and night the last one wins.

        How many nights of controls were set. CapacityError where more controls are needed than are left.
        """
        with self.table_lock():
            return self._set_controls(change, now_ms)

    def _set_controls(self, change: ControlChange, now_ms: int) -> int:
        if not len(change.nights):
            return 0
        rows = np.where(change.keys[:, control_tables.X_LEVEL] == 0, change.keys[:, control_tables.X_OWNER], 0)
        self.check_cells(rows, np.array([change.nights.min(), change.nights.max()]))
        keys, key_of_line = _distinct_keys(change.keys, self._catalog.row_hotel)
        which = key_of_line[change.line]
        order = _last_of_each(which, change.nights, twice=len(keys) < len(key_of_line))
        which, nights = which[order], np.ascontiguousarray(change.nights[order])
        source = np.ascontiguousarray(change.line[order])
        first_cell = np.searchsorted(which, np.arange(len(keys) + 1)).astype(np.int64)
        known = np.empty(len(keys), np.int64)
        control_tables.find_controls(self.table, keys, known)
        wanted = np.unique(which[change.values[control_tables.V_LIMIT, source] != 0])
        self._need_controls(int((known[wanted] < 0).sum()))
        each = self._records_of(keys) <= min(_RECORDS_MAX, self.block.sizes.records // 2)
        fresh = np.zeros(self.n_nights, np.uint8)
        values = np.ascontiguousarray(change.values)
        control_tables.set_controls(self.table, keys, first_cell, nights, source, values, each, now_ms, fresh)
        return len(nights)

    def _records_of(self, keys: NDArray[np.int64]) -> int:
        """How many records say what controls have changed: one for each row that they are about."""
        of_hotel = keys[:, control_tables.X_LEVEL] != 0
        hotels = keys[of_hotel, control_tables.X_OWNER]
        return int((~of_hotel).sum() + np.diff(self._catalog.hotel_first_row)[hotels].sum())

    def set_protection(self, change: ControlChange, classes: int, now_ms: int) -> int | RisingProtection:
        """`set_controls` of protection levels; where they would rise with the class nothing is changed, and the first
        such cell is answered.
        """
        with self.table_lock():
            wrong = self._rising_protection(change, classes)
            return self._set_controls(change, now_ms) if wrong is None else wrong

    def _rising_protection(self, change: ControlChange, classes: int) -> RisingProtection | None:
        """The first cell of a change whose levels would rise with the class, or that keeps rooms from the highest."""
        of_tiers = change.keys[change.line, control_tables.X_CHANNEL] == 0  # channels have no order
        if not of_tiers.any():
            return None
        change = change._replace(line=change.line[of_tiers], nights=change.nights[of_tiers])
        rows, tiers = change.keys[:, control_tables.X_OWNER], change.keys[:, control_tables.X_CLASS]
        self.check_cells(rows, np.array([change.nights.min(), change.nights.max()]))
        window = self.window
        place = rows[change.line] * window.nights + (change.nights - window.first_night)
        cells, which = np.unique(place, return_inverse=True)
        cell_rows, cell_nights = cells // window.nights, cells % window.nights + window.first_night
        levels = self._protection_of(cell_rows, window.columns(cell_nights), classes)
        tier = tiers[change.line]
        last = _last_of_each(which * classes + tier, change.line, twice=True, by_key_only=True)
        rooms = np.maximum(change.values[control_tables.V_LIMIT] - 1, 0)
        levels[which[last], tier[last]] = rooms[change.line[last]]
        wrong = np.flatnonzero((np.diff(levels, axis=1) > 0).any(axis=1) | (levels[:, -1] != 0))
        if not wrong.size:
            return None
        first = wrong[0]
        return RisingProtection(int(cell_rows[first]), int(cell_nights[first]), levels[first].tolist())

    def _protection_of(self, rows: NDArray[np.int64], columns: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
        """Rooms protected from each class on some cells: int64 (cell, class)."""
        controls = self.control_words()
        of_tiers = (controls[:, at.T_KIND] == at.KIND_PROTECTION) & (controls[:, at.T_CHANNEL] == 0)
        of_kind = np.flatnonzero(of_tiers)
        control_of = np.full((self.block.sizes.rows, classes), -1, np.int64)
        control_of[controls[of_kind, at.T_OWNER], controls[of_kind, at.T_CLASS]] = of_kind
        limits = self.block.region(at.R_CONTROL_NIGHTS).view(np.int64)
        levels = np.zeros((len(rows), classes), np.int64)
        for tier in range(classes):
            control = control_of[rows, tier]
            here = np.flatnonzero(control >= 0)
            levels[here, tier] = np.maximum(limits[control[here], columns[here], at.N_LIMIT] - 1, 0)
        return levels

    def set_last_room_plans(self, hotels: NDArray[np.int64], plans: NDArray[np.int64], now_ms: int) -> None:
        """Of some hotels (indexes) exactly these plans (indexes of `plan_names`) are sold to the last room."""
        with self.table_lock():
            control_tables.set_last_room(self.table, hotels, plans, now_ms)

    def control_nights(self, kinds: tuple[int, ...], hotel: int | None = None) -> ControlNights:
        """Every night on which a control of these kinds (of one hotel, or all) has a limit. O(controls x nights)."""
        return self.steady(lambda window: self._control_nights(kinds, hotel, window))

    def _control_nights(self, kinds: tuple[int, ...], hotel: int | None, window: Window) -> ControlNights:
        controls = self.control_words()
        chosen = np.isin(controls[:, at.T_KIND], kinds)
        if hotel is not None:
            of_hotel, owner = controls[:, at.T_LEVEL] != 0, controls[:, at.T_OWNER]
            chosen &= np.where(of_hotel, owner, self._catalog.row_hotel[np.where(of_hotel, 0, owner)]) == hotel
        controls_chosen = np.flatnonzero(chosen)
        lines = self.block.region(at.R_CONTROL_NIGHTS).view(np.int64)
        which, position = np.nonzero(lines[controls_chosen, :, at.N_LIMIT][:, window.order])
        control = controls_chosen[which]
        return ControlNights(control, window.first_night + position, lines[control, window.order[position]])

    def control_words(self) -> NDArray[np.int64]:
        """A copy of the controls handed out: int64 (control, T_WORDS)."""
        return self.block.region(at.R_CONTROLS).view(np.int64)[: self._controls_used].copy()

    # -- blocks ------------------------------------------------------------------------------------

    def create_block(
        self, terms: BlockTerms, nights: NDArray[np.int64], units: NDArray[np.int64], now_ms: int
    ) -> int | UnitsShort:
        """Set rooms aside on some nights (ordinals, ascending): the block's control, or why its units do not fit."""
        key = np.zeros((1, control_tables.X_FIELDS), np.int64)
        key[0, control_tables.X_OWNER] = terms.row
        key[0, control_tables.X_KIND] = at.KIND_BLOCK
        key[0, control_tables.X_CHANNEL] = terms.channel + 1
        short = np.zeros(3, np.int64)
        release_ms = at.NEVER_MS if terms.release_ms is None else terms.release_ms
        release_days = -1 if terms.release_days is None else terms.release_days
        with self.table_lock():
            self.check_cells(np.zeros(len(nights), np.int64), nights)
            self._need_controls(1)
            control = blocks.create_block(
                self.table, key, release_ms, release_days, terms.elastic, nights, units, now_ms, short
            )
        return UnitsShort(*short.tolist()) if control < 0 else int(control)

    def set_block_units(
        self, control: int, nights: NDArray[np.int64], units: NDArray[np.int64], now_ms: int
    ) -> UnitsShort | None:
        """Other units on some nights of a block, or why they do not fit; nothing is changed then."""
        short = np.zeros(3, np.int64)
        with self.table_lock():
            self.check_cells(np.zeros(len(nights), np.int64), nights)
            fits = blocks.set_block_units(self.table, control, nights, units, now_ms, short)
        return None if fits else UnitsShort(*short.tolist())

    def release_block(self, control: int, now_ms: int) -> None:
        """Give up what nobody picked up of a block."""
        with self.table_lock():
            blocks.release_block(self.table, control, now_ms)

    # -- counters ----------------------------------------------------------------------------------

    def set_counter(self, counter: int, limit: int | None, used: int | None) -> None:
        """Set the limit of a counter (None = none), and what is used of it (None = as it is)."""
        limit_word = 0 if limit is None else limit + 1
        control_tables.set_counter(self.table, counter, limit_word, -1 if used is None else used)

    def counter_words(self) -> NDArray[np.int64]:
        """A copy of the counters: int64 (counter, U_WORDS)."""
        return self.block.region(at.R_COUNTERS).view(np.int64).copy()

    # -- what is left ------------------------------------------------------------------------------

    def blocked(self, rows: NDArray[np.int64], now_ms: int) -> NDArray[np.int16]:
        """Rooms that blocks keep: int16 (row, night of the window)."""
        out = np.zeros((len(rows), self.n_nights), np.int16)
        if self._controls_used:
            self.steady(lambda _: blocks.blocked_cells(self.table, rows, now_ms, out))
        return out

    def sellable(
        self, rows: NDArray[np.int64], products: NDArray[np.int64], scope: int, now_ms: int
    ) -> NDArray[np.int16]:
        """Rooms that a guest could have on each night alone, whatever restrictions and hurdles say: int16 (row, night).

        products (row): the product of the plan asked for, -1 = none named, -2 = the row does not have it; scope:
        `native.store.requests.scope_word`.
        """
        out = np.zeros((len(rows), self.n_nights), np.int16)
        self.steady(lambda _: blocks.sellable_cells(self.table, rows, products, scope, now_ms, out))
        return out

    def stay_codes(
        self, rows: NDArray[np.int64], products: NDArray[np.int64], nights: int, rooms: int, scope: int, now_ms: int
    ) -> NDArray[np.int16]:
        """What a hold would be answered for every arrival of the window: int16 Outcome (row, night). products and
        scope as in `sellable`; the stay is worth more than any hurdle asks for.
        """
        out = np.zeros((len(rows), self.n_nights), np.int16)
        stay = (nights, rooms, scope, _WORTH_ANYTHING, now_ms)
        self.steady(lambda _: outlook.stay_codes(self.table, rows, products, *stay, out))
        return out

    # -- recount -----------------------------------------------------------------------------------

    def count_controls(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """What live holds use of each (control, column) and counter. The caller has locked every hotel."""
        used = np.zeros((self._controls_used, self.n_nights), np.int32)
        counted = np.zeros(self.block.sizes.counters, np.int64)
        audit_controls.count_controls(self.table, used, counted)
        return used, counted

    def settle_keepers(self) -> None:
        """Finish what somebody died in who gave rooms back and their quota not. The caller has locked every hotel, and
        every slot says what was published.
        """
        audit_controls.settle_keepers(self.table, *self.count_controls())

    def rebuild_controls(self) -> None:
        """Make what controls and counters count equal to the holds, and what rows say of their controls equal to the
        lists. The caller has locked every hotel.
        """
        audit_controls.rebuild_controls(self.table, *self.count_controls())
        rebuild.assign_marks(self.table)


def checked_units(units: NDArray[np.integer], nights: int) -> NDArray[np.int64]:
    """Units of a block, one number for each night; InputError where their number differs."""
    if len(units) != nights:
        raise InputError(f"units has {len(units)} numbers for {nights} nights; give one for each night, or one for all")
    return np.ascontiguousarray(units, np.int64)


def _distinct_keys(
    keys: NDArray[np.int64], row_hotel: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(distinct keys, those of a hotel together; for each line the position of its key)."""
    owner = keys[:, control_tables.X_OWNER]
    of_hotel = keys[:, control_tables.X_LEVEL] != 0
    hotel = np.where(of_hotel, owner, row_hotel[np.where(of_hotel, 0, owner)])
    distinct, which = np.unique(np.column_stack([hotel, keys]), axis=0, return_inverse=True)
    return np.ascontiguousarray(distinct[:, 1:]), which.reshape(-1).astype(np.int64)


def _last_of_each(
    which: NDArray[np.int64], nights: NDArray[np.int64], *, twice: bool, by_key_only: bool = False
) -> NDArray[np.int64]:
    """Positions of the last cell of each (key, night), or of each key, ordered by key and night.

    twice: a key may come from several lines; otherwise only their order can be wrong.
    """
    if not twice:
        return np.argsort(which, kind="stable")
    order = np.argsort(which, kind="stable") if by_key_only else np.lexsort((nights, which))
    key, night = which[order], nights[order]  # both sorts are stable: equal ones stay in the order of the frame
    last = key[1:] != key[:-1] if by_key_only else (key[1:] != key[:-1]) | (night[1:] != night[:-1])
    return np.asarray(order[np.append(last, True)], np.int64)
