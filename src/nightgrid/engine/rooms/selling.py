"""Selling controls by name: who may buy what, though rooms are free. See docs/selling.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.engine.base import steady
from nightgrid.engine.edge.names import checked_name
from nightgrid.engine.rooms.asked import whole
from nightgrid.engine.rooms.selling_frames import ROOMS_OF_A_HOTEL_MAX, ControlFrame, hurdle_values, limits_only
from nightgrid.engine.rooms.selling_views import SellingViews
from nightgrid.errors import CapacityError, InputError, InputTypeError, UnknownIdError
from nightgrid.inventory.selling import BlockTerms, RisingProtection, UnitsShort, checked_units
from nightgrid.limits import ROOMS_MAX, WINDOW_NIGHTS_MAX
from nightgrid.native.store import layout as at
from nightgrid.nights import to_date

_COUNT_MAX = 2**40


class SellingMixin(SellingViews):
    """Caps and quotas, protection, house caps, hurdles, blocks, limited counters, open holds.

    The methods that take a frame read hotel_id; night, or first_night and last_night (inclusive), or neither for the
    whole window; weekdays ("fri,sat"); a null value takes the control away. Later rows win. A mistake in any row is an
    error that names it, and nothing is changed. They return how many nights of controls were set.
    """

    def set_caps(self, changes: Any) -> int:
        """Limit the rooms that a channel, a plan, a room type or a hotel sells on a night: column rooms, with
        room_type_id, channel and plan (null = all of them) and kind: "cap" (default) or "quota".

        A cap counts the rooms that are held and sold; a quota those that were ever granted: a hold that ends without a
        sale gives it back, a cancelled booking does not, unless `refund`. All that fit a sale must permit it. What live
        holds use counts at once, and stays counted when the limit changes.
        """
        what = ("set_caps", changes, self.catalog, self._inventory)
        lines = ControlFrame(*what, ("room_type_id", "channel", "plan", "kind", "rooms"))
        lines.about_room_types(whole_hotels=True)
        values = limits_only(*lines.numbers("rooms", ROOMS_OF_A_HOTEL_MAX, needed=True))
        channels, plans = lines.channels(self._names), lines.plans()
        return self._inventory.set_controls(
            lines.change(lines.kinds(), values, channel=channels, plan=plans), self._now_ms()
        )

    def set_house_cap(self, changes: Any) -> int:
        """Limit the rooms held and sold of a whole hotel on a night: column rooms."""
        lines = ControlFrame("set_house_cap", changes, self.catalog, self._inventory, ("rooms",))
        lines.about_hotels()
        values = limits_only(*lines.numbers("rooms", ROOMS_OF_A_HOTEL_MAX, needed=True))
        return self._inventory.set_controls(lines.change(at.KIND_HOUSE, values), self._now_ms())

    def set_protection(self, changes: Any) -> int:
        """Keep rooms for higher tiers and better channels: columns tier or channel, and rooms, with room_type_id (null
        = each of the hotel): so many rooms must be left by a sale to guests of this tier, or through this channel; of a
        sale with both the larger number.

        It may not rise with the tier, and the highest has 0. Channels have no order: the one that has priority is given
        none.
        """
        what = ("set_protection", changes, self.catalog, self._inventory)
        lines = ControlFrame(*what, ("room_type_id", "tier", "channel", "rooms"))
        lines.about_room_types(whole_hotels=False)
        values = limits_only(*lines.numbers("rooms", ROOMS_MAX, needed=True))
        tiers, channels = lines.tiers(self._names), lines.channels(self._names)
        change = lines.change(at.KIND_PROTECTION, values, channel=channels, tier=tiers)
        done = self._inventory.set_protection(change, len(self._names.tiers), self._now_ms())
        if isinstance(done, RisingProtection):
            levels = ", ".join(f"{tier} {rooms}" for tier, rooms in zip(self._names.tiers, done.rooms, strict=True))
            hotel_id, room_type_id = self._row_names(done.row)
            raise InputError(
                f"set_protection: {hotel_id}/{room_type_id} on {to_date(done.night)} would be {levels}; rooms may not "
                "rise from a tier to the next, and the highest has 0. Nothing was changed"
            )
        return done

    def set_hurdles(self, changes: Any) -> int:
        """Ask a least value for every room and night: column hurdle_minor, with room_type_id (null = each of them),
        delta_minor and ceiling_steps (0), floor_minor (the hurdle).

        Each room that is taken after it was set moves it by delta_minor, at most ceiling_steps times; rooms that come
        back move it down, not below the floor. A floor above the hurdle holds from the start, until the steps rise over
        it. Set again, it starts anew.
        """
        what = ("set_hurdles", changes, self.catalog, self._inventory)
        columns = ("room_type_id", "hurdle_minor", "delta_minor", "ceiling_steps", "floor_minor")
        lines = ControlFrame(*what, columns)
        lines.about_room_types(whole_hotels=False)
        return self._inventory.set_controls(lines.change(at.KIND_HURDLE, hurdle_values(lines)), self._now_ms())

    def set_last_room_plans(self, hotel_id: str | None, plans: Iterable[str]) -> None:
        """Plans of a hotel (None = of each hotel) that are sold to the last room, without protection and hurdle; they
        replace those named before.
        """
        known = {name: index for index, name in enumerate(self._inventory.plan_names)}
        wanted = _listed(plans)
        for plan in wanted:
            if checked_name("plan", plan) not in known:
                raise UnknownIdError(f"plan is {plan!r}; the catalogue has {', '.join(known)}")
        every = np.arange(self.catalog.n_hotels, dtype=np.int64)
        hotels = every if hotel_id is None else np.array([self.catalog.hotel_index(hotel_id)], np.int64)
        indexes = np.array([known[plan] for plan in wanted], np.int64)
        self._inventory.set_last_room_plans(hotels, indexes, self._now_ms())

    # -- blocks ------------------------------------------------------------------------------------

    def create_block(
        self,
        block_id: str,
        hotel_id: str,
        room_type_id: str,
        units: int | Sequence[int],
        *,
        first_night: date | str,
        last_night: date | str,
        release_at: datetime | None = None,
        release_days: int | None = None,
        elastic: int = 0,
        channel: str | None = None,
    ) -> None:
        """Set rooms aside on nights first_night..last_night: `units` on each, or a list. They must be free.

        Only holds that name the block get them, and `elastic` more. What nobody picked up is given up at `release_at`,
        or `release_days` before each night, or by `release_block`. With `channel` the block is of this channel only.
        """
        row = self.catalog.row_index(hotel_id, room_type_id)
        nights = self._block_nights(first_night, last_night)
        counts = _units(units, len(nights))
        terms = BlockTerms(
            row=row,
            channel=self._names.channel(channel),
            release_ms=None if release_at is None else _instant_ms(release_at),
            release_days=None if release_days is None else whole("release_days", release_days, 0, WINDOW_NIGHTS_MAX),
            elastic=whole("elastic", elastic, 0, ROOMS_MAX),
        )
        with self._names.lock:
            if checked_name("block_id", block_id) in self._names.blocks:
                raise InputError(f"create_block: block {block_id!r} exists; use another name, or set_block_units")
            made = self._inventory.create_block(terms, nights, counts, self._now_ms())
            if isinstance(made, UnitsShort):
                raise self._do_not_fit("create_block", row, made)
            self._names.blocks[block_id] = made

    def set_block_units(
        self,
        block_id: str,
        units: int | Sequence[int],
        *,
        first_night: date | str | None = None,
        last_night: date | str | None = None,
    ) -> None:
        """Other units on nights first_night..last_night of a block (default: from its first to its last night). What is
        picked up stays picked up; what is more must be free.
        """
        control = self._names.block(checked_name("block_id", block_id))
        if first_night is None or last_night is None:
            begin, end = self._block_span(block_id, control)
            first_night = begin if first_night is None else first_night
            last_night = end if last_night is None else last_night
        nights = self._block_nights(first_night, last_night)
        short = self._inventory.set_block_units(control, nights, _units(units, len(nights)), self._now_ms())
        if short is not None:
            row = int(self._inventory.control_words()[control, at.T_OWNER])
            raise self._do_not_fit("set_block_units", row, short)

    def release_block(self, block_id: str) -> None:
        """Give up what nobody picked up of a block, on every night, for good. What was picked up stays."""
        self._inventory.release_block(self._names.block(checked_name("block_id", block_id)), self._now_ms())

    @steady
    def _block_nights(self, first_night: date | str, last_night: date | str) -> NDArray[np.int64]:
        begin, end = self._night_range(first_night, last_night)
        return np.arange(self.first_night + begin, self.first_night + end + 1, dtype=np.int64)

    def _block_span(self, block_id: str, control: int) -> tuple[date, date]:
        """First and last night inside the window on which a block has units."""
        lines = self._inventory.control_nights((at.KIND_BLOCK,))
        nights = lines.night[lines.control == control]
        if not len(nights):
            raise InputError(f"block {block_id!r} has no nights in the window; give first_night and last_night")
        return to_date(int(nights[0])), to_date(int(nights[-1]))

    def _do_not_fit(self, what: str, row: int, short: UnitsShort) -> InputError:
        hotel_id, room_type_id = self._row_names(row)
        return InputError(
            f"{what}: {hotel_id}/{room_type_id} on {to_date(short.night)}: {short.units} units, but at most "
            f"{max(short.possible, 0)} are free to be set aside; use fewer, or free rooms first. Nothing was changed"
        )

    # -- counters ----------------------------------------------------------------------------------

    def set_counter(self, counter_id: str, limit: int, *, used: int | None = None) -> None:
        """A limited number of uses that travel with holds (a coupon's, points): `hold(coupon=counter_id)`. Made where
        there is none of this name; `used` sets what is used, otherwise that stays.
        """
        limit = whole("limit", limit, 0, _COUNT_MAX)
        used = None if used is None else whole("used", used, 0, _COUNT_MAX)
        names = self._names
        with names.lock:
            place = names.counters.get(checked_name("counter_id", counter_id))
            if place is None:
                place = len(names.channels) + len(names.counters)
                room = self._inventory.block.sizes.counters
                if place >= room:
                    raise CapacityError(
                        f"the store has room for {room - len(names.channels)} limited counters and all are named; "
                        "create it with more: Engine.in_memory(..., counters=...)"
                    )
            self._inventory.set_counter(place, limit, used)
            names.counters[counter_id] = place

    def set_open_holds_max(self, channel: str, count: int | None) -> None:
        """The most open holds that a channel may have at once in all hotels; None for no maximum."""
        place = self._names.channel(checked_name("channel", channel))
        limit = None if count is None else whole("count", count, 0, _COUNT_MAX)
        self._inventory.set_counter(place, limit, None)


def _listed(plans: Iterable[str]) -> list[str]:
    """Plan ids as a list; InputTypeError for one text, or what is no sequence."""
    try:
        if not isinstance(plans, str | bytes):
            return list(plans)
    except TypeError:
        pass
    raise InputTypeError(f"plans is {plans!r}; give a sequence of plan ids")


def _units(units: int | Sequence[int], nights: int) -> NDArray[np.int64]:
    """Units of each night, from one number or as many as there are nights."""
    is_list = isinstance(units, Sequence) or (isinstance(units, np.ndarray) and units.ndim > 0)
    each: list[Any] = list(units) if is_list else [units] * nights  # type: ignore[arg-type]
    values = [whole("units", value, 0, ROOMS_MAX) for value in each]
    return checked_units(np.array(values, np.int64), nights)


def _instant_ms(release_at: datetime) -> int:
    """An instant in milliseconds; a time without its zone is refused."""
    if not isinstance(release_at, datetime):
        raise InputTypeError(f"release_at is {release_at!r}; a datetime with its time zone is needed")
    if release_at.tzinfo is None:
        raise InputError(f"release_at is {release_at}, without a time zone; add one, such as tzinfo=UTC")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return round((release_at - epoch).total_seconds() * 1000)
