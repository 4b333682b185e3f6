"""Finding holds and bookings: by guest, reference, hotel, date, state; whom a shortage concerns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.counts import plain_int
from nightgrid.engine.base import EngineBase, steady
from nightgrid.engine.edge.answers import HoldView
from nightgrid.engine.edge.hold_frames import STATES, hold_frame
from nightgrid.engine.edge.hold_views import SHORT, frame_of_views, views_of
from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import questions as ask
from nightgrid.nights import to_date, to_ordinal

_STATE_OF = {name: state for state, name in STATES.items()}
_EPOCH = to_ordinal("1970-01-01")


class FindMixin(EngineBase):
    """Questions about many holds at once. They change nothing but what is due."""

    def find(
        self,
        *,
        guest: str | None = None,
        reference: str | None = None,
        hotel_id: str | None = None,
        arrival: date | str | None = None,
        night: date | str | None = None,
        state: str | None = None,
        cart_id: int | None = None,
        channel: str | None = None,
    ) -> pl.DataFrame:
        """Holds and bookings that fit everything that is given, at least one thing, in the order they were taken.

        Columns: the fields of `HoldView`. `guest` and `reference` are the texts they were made with; `night` is one in
        which they take rooms (or took them, until they ended); a hold at or after its deadline is `expired`. Ended
        holds are known for the retention time. With a guest, a reference or a cart O(its holds + changes since somebody
        asked so), by an index that the first of these questions makes; else O(holds of the hotel) with `hotel_id`; else
        O(slots used).
        """
        now_ms = self._now_ms()
        asked = self._asked(guest, reference, hotel_id, arrival, night, state, cart_id, channel)
        found = self._inventory.find(asked, now_ms)
        if len(found) <= SHORT:
            return frame_of_views(self._views(found, now_ms))
        return hold_frame(found, self._name_columns, self._names, self._shelf.digests, now_ms)

    def find_views(
        self,
        *,
        guest: str | None = None,
        reference: str | None = None,
        hotel_id: str | None = None,
        arrival: date | str | None = None,
        night: date | str | None = None,
        state: str | None = None,
        cart_id: int | None = None,
        channel: str | None = None,
    ) -> list[HoldView]:
        """What `find` answers, as the objects of `get`: for the page of one guest, where a frame takes longer than the
        question. O(what `find` takes).
        """
        now_ms = self._now_ms()
        asked = self._asked(guest, reference, hotel_id, arrival, night, state, cart_id, channel)
        return self._views(self._inventory.find(asked, now_ms), now_ms)

    def _views(self, found: NDArray[np.int64], now_ms: int) -> list[HoldView]:
        """Holds that were found, int64 (hold, FOUND_WORDS), in names and dates."""
        return views_of(found.tolist(), self.catalog, self._names, self._shelf.digests, now_ms)

    def _asked(
        self,
        guest: str | None,
        reference: str | None,
        hotel_id: str | None,
        arrival: date | str | None,
        night: date | str | None,
        state: str | None,
        cart_id: int | None,
        channel: str | None,
    ) -> dict[int, int]:
        """What is asked for, in indexes and digests, by ASK_*."""
        asked: dict[int, int] = {}
        if hotel_id is not None:
            asked[ask.ASK_HOTEL] = self.catalog.hotel_index(hotel_id)
        if guest is not None:
            asked[ask.ASK_GUEST] = self._digests.word("guest", guest)
        if reference is not None:
            asked[ask.ASK_REFERENCE] = self._digests.word("reference", reference)
        if arrival is not None:
            asked[ask.ASK_ARRIVAL] = to_ordinal(arrival)
        if night is not None:
            asked[ask.ASK_NIGHT] = to_ordinal(night)
        if state is not None:
            if not isinstance(state, str) or state not in _STATE_OF:
                raise UnknownIdError(f"state is {state!r}; known are {', '.join(_STATE_OF)}")
            asked[ask.ASK_STATE] = _STATE_OF[state]
        if cart_id is not None:
            asked[ask.ASK_CART] = _checked_cart(cart_id)
        if channel is not None:
            asked[ask.ASK_CHANNEL] = self._names.channel(channel) + 1
        if not asked:
            raise InputError(
                "nothing is asked for; give one or more of guest, reference, hotel_id, arrival, night, state, cart_id, "
                "channel"
            )
        return asked

    @steady
    def short_cells(self) -> pl.DataFrame:
        """Nights with more rooms sold, held and kept by blocks than there are, as a capacity cut leaves them.

        Columns: hotel_id, room_type_id, night, short: rooms sold and held beyond the capacity, blocks_short: rooms that
        blocks keep and that are not there (each int32 rooms, one of them at least 1). O(room types x nights x controls
        of a room type).
        """
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        free = self._inventory.matrix("free")
        blocks_short = self._inventory.blocked(np.arange(len(free)), now_ms) - np.maximum(free, 0)
        row, night = np.nonzero((free < 0) | (blocks_short > 0))
        return pl.DataFrame(
            {
                **self._name_columns.rows(row),
                "night": pl.Series((night + (self.first_night - _EPOCH)).astype(np.int32)).cast(pl.Date),
                "short": np.maximum(-free[row, night].astype(np.int32), 0),
                "blocks_short": np.maximum(blocks_short[row, night].astype(np.int32), 0),
            }
        )

    @steady
    def walked(self, hotel_id: str, night: date | str) -> pl.DataFrame:
        """Bookings of a hotel that do not fit on a night: of each room type with more sold than there is the latest,
        until what is left fits. Columns as `find`.

        Only guests who have not come yet (state booked) can be walked; an open hold is no booking and walks nobody.
        """
        hotel = self.catalog.hotel_index(hotel_id)
        ordinal = to_ordinal(night)
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        index = ordinal - self.first_night
        if not 0 <= index < self.n_nights:
            window = f"{to_date(self.first_night)} to {to_date(self.first_night + self.n_nights - 1)}"
            raise InputError(f"night is {night}; the window is {window}")
        rows = self.catalog.rows_of(hotel)
        cells = self._inventory.cells(rows, slice(index, index + 1))[:, 0].astype(np.int64)
        short = -(cells[:, at.C_FREE] + cells[:, at.C_HELD])  # rooms sold beyond the capacity
        asked = {ask.ASK_HOTEL: hotel, ask.ASK_NIGHT: ordinal, ask.ASK_STATE: at.STATE_BOOKED}
        found = self._inventory.find(asked, now_ms)[::-1]
        found = _beyond(found, short, rows)
        return hold_frame(found, self._name_columns, self._names, self._shelf.digests, now_ms)


def _beyond(latest: NDArray[np.int64], short: NDArray[np.int64], rows: Sequence[int]) -> NDArray[np.int64]:
    """Of bookings, the latest first, those that cover the shortage of their room type, by room type."""
    row = latest[:, at.W_PLACE] & 0xFFFFFFFF
    rooms = latest[:, at.W_STAY] >> 40
    taken = []
    for wanted, missing in zip(rows, short.tolist(), strict=True):
        of_row = np.flatnonzero(row == wanted)
        before = np.cumsum(rooms[of_row]) - rooms[of_row]
        taken.append(of_row[before < missing])
    found: NDArray[np.int64] = latest[np.concatenate(taken)]
    return found


def _checked_cart(cart_id: Any) -> int:
    if type(cart_id := plain_int(cart_id)) is not int:
        raise InputTypeError(f"cart_id is {cart_id!r}; give the `cart_id` that hold_cart() answered")
    if not 0 < cart_id < 2**63:
        raise InputError(f"cart_id is {cart_id}; ids are positive")
    return cart_id
