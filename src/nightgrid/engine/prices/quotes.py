"""Quotes by name: the price of a stay, of many stays, and its explanation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple, Unpack

import numpy as np
import polars as pl

from nightgrid.asking import ANYBODY, Asking, GuestQuestion, asking_from, check_fill
from nightgrid.catalog import Catalog
from nightgrid.counts import plain_int
from nightgrid.engine.edge.answers import Quote
from nightgrid.engine.edge.frames import as_frame
from nightgrid.engine.edge.names import checked_flag
from nightgrid.engine.edge.night_shares import plain_nights, program_nights
from nightgrid.engine.prices.program_lines import with_question
from nightgrid.engine.prices.quote_frames import clocks_of_lines, quote_many
from nightgrid.engine.prices.versions import VersionMixin
from nightgrid.errors import InputError, IntegrityError, Refused
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.prices import prices as price
from nightgrid.nights import local_clock, to_date, to_ordinal
from nightgrid.outcomes import NoPrice, Outcome
from nightgrid.pricing.explain import TOLD, Explanation, explain
from nightgrid.pricing.model.tables import HOTEL_CLOCK
from nightgrid.pricing.program import Program
from nightgrid.pricing.rule_marks import marks_of
from nightgrid.search.order_points import points_rule_of
from nightgrid.search.price_version import PriceVersion, check_packages
from nightgrid.search.rooms_left import rooms_left
from nightgrid.search.stay_quote import StayPrice, TooManyGuestsError, price_one

#: Products whose names are remembered as quotes ask for them.
_PLACES_MAX: Final = 65_536
_FIELDS: Final = tuple(each.name for each in fields(Quote))
_explained: Final[Callable[[Quote], tuple[object, ...]]] = attrgetter(*TOLD)
_LEGEND: Final = {
    "rule_set": pl.Int32, "bit": pl.Int16, "kind": pl.String, "name": pl.String, "position": pl.Int32
}  # fmt: skip


class Place(NamedTuple):
    """What a quote says of a product, looked up once."""

    product: int
    hotel: int
    calendar: int
    guests_max: int
    hotel_id: str
    room_type_id: str
    plan_id: str
    currency: str
    said: dict[str, Any]  # the fields that all its quotes have alike, and the others, in their order


def place_of(catalog: Catalog, product: int) -> Place:
    """The place of a product."""
    row = int(catalog.product_row[product])
    hotel = int(catalog.row_hotel[row])
    names = {
        "hotel_id": catalog.hotel_ids[hotel],
        "room_type_id": catalog.room_type_ids[row],
        "plan_id": catalog.plan_ids[product],
        "currency": catalog.currencies[int(catalog.hotel_currency[hotel])],
    }
    return Place(
        product=product,
        hotel=hotel,
        calendar=int(catalog.hotel_calendar[hotel]),
        guests_max=int(catalog.guests_max[row]),
        said=dict.fromkeys(_FIELDS) | names | {"product_index": product},
        **names,
    )


class QuoteMixin(VersionMixin):
    """Prices of single stays. Every call reads one immutable price version and changes nothing."""

    _quote_places: tuple[Catalog | None, dict[tuple[str, str, str | None], Place]] = (None, {})

    def quote(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date | str,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        plan_id: str | None = None,
        tier: str | None = None,
        rooms: int = 1,
        **asked: Unpack[GuestQuestion],
    ) -> Quote:
        """The price of a stay, whether rooms are free or not. O(1) for most books.

        `plan_id` may be left out where the room type has one plan; `tier` defaults to the first tier of the book. The
        guest's question beside it (`adults` to `booking_date`) is that of `nightgrid.asking.Asking`. Raises Refused
        (OUTSIDE_HORIZON) for a stay beyond the window or before the day of booking, TOO_MANY_GUESTS for a party that
        the room type does not take, UnknownIdError, InputError.
        """
        asking = asking_from(asked) if asked else ANYBODY  # most say nothing of it
        place = self._place(hotel_id, room_type_id, plan_id)  # before the prices: they know it
        version, now_ms = self._priced_now()
        ordinal = to_ordinal(arrival)
        nights = self._nights(ordinal, nights, departure)
        if not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        if type(rooms := plain_int(rooms)) is not int or rooms < 1:
            raise InputError(f"rooms is {rooms!r}; a whole number of at least 1 is needed")
        tier_index = 0 if tier is None else version.tier_index(tier)
        if asking.booking_date is not None:
            booked = asking.booking_date.toordinal()
        else:
            booked = self._days.ordinals[place.calendar]
        compiled, first_night, after = version.compiled, self._inventory.first_night, ordinal + nights
        begins, ends = ordinal >= booked and ordinal >= first_night, after <= first_night + self.n_nights
        first_priced = compiled.first_night
        if not begins or not ends or ordinal < first_priced or after > first_priced + compiled.n_nights:
            begin, end = max(first_night, first_priced, booked), first_night + self.n_nights
            window = f"{to_date(begin)} to {to_date(min(end, first_priced + compiled.n_nights))}"
            text = f"{hotel_id} from {to_date(ordinal)} for {nights} nights is outside the nights on sale, {window}"
            raise Refused(Outcome.OUTSIDE_HORIZON, text)
        program = compiled.program
        grid = 0
        if program is not None and (program.clock is not None or program.room_edges):
            asking = self._told(program, place, asking, (ordinal, nights), now_ms)
        if program is not None and len(program.fills) > 1 and asking.fill_bp is None:
            self._inventory.sweep(now_ms)
            grid = self._inventory.table.address
        stay = (ordinal, nights, ordinal - booked, tier_index)
        return self._quote_at(version, place, stay, rooms, now_ms, asking, grid)

    def _told(self, program: Program, place: Place, asking: Asking, stay: tuple[int, int], now_ms: int) -> Asking:
        """A question with the time of day and the rooms left, where rules ask for them and nobody told them."""
        asking = program.at_time(asking, now_ms, self.catalog.calendars[place.calendar][0])
        if program.room_edges and asking.rooms_left is None:
            self._inventory.sweep(now_ms)
            row = self.catalog.product_row[place.product : place.product + 1]
            asking = asking.with_rooms_left(int(rooms_left(self._inventory, row, *stay)[0]))
        return asking

    def _place(self, hotel_id: str, room_type_id: str, plan_id: str | None) -> Place:
        """What a quote says of a product, by its ids; remembered as long as the catalogue."""
        catalog = self.catalog
        known_catalog, known = self._quote_places
        if known_catalog is not catalog:
            known = {}
            self._quote_places = (catalog, known)
        key = (hotel_id, room_type_id, plan_id)
        try:
            found = known.get(key)
        except TypeError:  # no ids
            found = None
        if found is None:
            found = place_of(catalog, catalog.product_index(hotel_id, room_type_id, plan_id))
            if len(known) >= _PLACES_MAX:
                known.clear()
            known[key] = found
        return found

    def _quote_from(
        self,
        version: PriceVersion,
        product: int,
        arrival: int,
        nights: int,
        rooms: int,
        tier_index: int,
        booked: int,
        evaluated_ms: int,
        asking: Asking = ANYBODY,
    ) -> Quote:
        """The quote that a price version gives for inputs, whatever is true now: no clock, grid or later version plays
        a part, so that the same inputs give the same answer for ever. `arrival` and `booked` are ordinals; an asking
        without house fill is one for an empty house.
        """
        stay = (arrival, nights, arrival - booked, tier_index)
        return self._quote_at(version, place_of(self.catalog, product), stay, rooms, evaluated_ms, asking, 0)

    def _quote_at(
        self,
        version: PriceVersion,
        place: Place,
        stay: tuple[int, int, int, int],
        rooms: int,
        evaluated_ms: int,
        asking: Asking,
        grid: int,
    ) -> Quote:
        """The quote of a stay: arrival (ordinal), nights, lead days, tier. With `grid`, the address of a store, house
        fill is read from it, and the quote carries it.
        """
        if asking.adults is not None:
            self._check_party(place, asking)
        arrival, nights, lead_days, tier_index = stay
        program, other = version.compiled.program, None
        if program is None:
            check_packages(version, asking)
            priced, shares = self._plain_stay(version, place.product, stay, rooms)
            total = priced.total * rooms
        else:
            first = arrival - version.first_night
            priced = self._program_stay(version, program, place, stay, asking, first, grid)
            if rooms > 1 and (beside := program.beside(asking, rooms)) is not None:
                told = beside if priced.fill_bp is None else beside.with_fill(priced.fill_bp)
                other = self._program_stay(version, program, place, stay, told, first, 0)
            total = priced.total * rooms if other is None else priced.total + other.total * (rooms - 1)
            shares = program_nights(total, rooms, priced, other)
        said = place.said.copy()
        said["arrival"] = date.fromordinal(arrival)
        said["nights"] = nights
        said["rooms"] = rooms
        said["tier"] = version.compiled.tiers[tier_index]
        said["lead_days"] = lead_days
        said["evaluated_ms"] = evaluated_ms
        said["total_minor"] = total
        said["price_version"] = version.digest
        rest = priced if other is None else other
        said["net_minor"] = priced.net + rest.net * (rooms - 1)
        said["taxes_minor"] = priced.taxes + rest.taxes * (rooms - 1)
        said["included_taxes_minor"] = priced.included_taxes + rest.included_taxes * (rooms - 1)
        paid_minor, used = priced.paid_by_points, priced.points_used
        if asking.points and rooms > 1 and program and (rule := points_rule_of(program, priced.product)):
            paid_minor, used = rule.paid(asking.points, said["net_minor"], said["taxes_minor"])
        said["payable_minor"] = total - paid_minor
        said["points_used"] = used
        said["applied"] = priced.applied
        said["asking"] = asking if priced.fill_bp is None else asking.with_fill(priced.fill_bp)
        said["_nights"] = shares
        said["_secret"] = self._digests.quote_secret
        said["_valid_ms"] = self._quote_valid_ms
        return Quote.made(said)

    def _check_party(self, place: Place, asking: Asking) -> None:
        """Refused for more guests than the room type takes."""
        guests = asking.guests
        if guests is not None and guests > place.guests_max:
            text = f"{guests} guests are too many for {place.room_type_id}, which takes {place.guests_max}"
            raise Refused(Outcome.TOO_MANY_GUESTS, text)

    def _plain_stay(
        self, version: PriceVersion, product: int, stay: tuple[int, int, int, int], rooms: int
    ) -> tuple[StayPrice, Callable[[], tuple[int, ...]]]:
        """The price for one room of a product of factors, and what each night costs for all rooms."""
        arrival, nights, lead_days, tier_index = stay
        tables, first = version.tables, arrival - version.first_night
        lane: int = self._inventory.product_lane.item(product)
        of = tables.set_stay.item(tables.lane_set.item(lane))
        los = tables.los_num.item(of, nights)
        lead = tables.lead_num.item(of, min(lead_days, tables.lead_num.shape[1] - 1))
        tier = tables.tier_num.item(of, tier_index)
        terms = tables.terms
        total = int(price.stay_total(tables.sums, lane, first, nights, version.mask, los, lead, tier, terms))
        sums = tables.sums[first : first + nights + 1, lane].astype(np.int64)
        shares = plain_nights(total * rooms, rooms, sums, version.mask, los * lead * tier, terms)
        return StayPrice(product, total, total, 0, 0, 0, 0, (), (), b""), shares

    def _program_stay(
        self, version: PriceVersion, program: Program, place: Place, stay: tuple[int, int, int, int], asking: Asking,
        first: int, grid: int,
    ) -> StayPrice:  # fmt: skip
        """The price for one room by a full pipeline; first: index of its first night in the tables."""
        if asking.fill_bp is not None:
            check_fill(asking, stay[1])
        try:
            return price_one(version, program, place.product, first, stay, asking, (grid, place.hotel))
        except TooManyGuestsError:
            text = f"{place.hotel_id} gives no price for {asking.guests} guests"
            raise Refused(Outcome.TOO_MANY_GUESTS, text) from None

    def quote_many(self, requests: Any, *, masks: bool = False, **asked: Unpack[GuestQuestion]) -> pl.DataFrame:
        """Price every line of a frame in one call: outcome (int16), total_minor (null where refused), currency,
        lead_days.

        Columns: hotel_id and room_type_id (and plan_id where a room type has several), or product_index; arrival,
        nights; optional tier, rooms (1), booking_date (default: the hotel's today), as if it were asked on that
        date, and the fields of `nightgrid.asking.Asking` (children, coupons, packages and fill_bp as lists). A book
        with more than factors also answers net_minor, taxes_minor, payable_minor, points_used and applied (positions of
        promotions in the book). `asked` is the guest's question for the columns that are not there. O(lines).

        `masks` adds for every line which rules made its price and why it has none: rule_set (int32), applied_rules
        (uint64, bits of `rule_legend`), refused (uint8, bits of `refusal_legend`). Where more than 64 rules can act on
        some product, bits 64 to 127 are in `applied_rules_2`, the next in `applied_rules_3`, and so on.
        """
        checked_flag("masks", masks)
        frame = as_frame("quote_many", requests)
        if asked:
            frame = with_question(frame, asking_from(asked))
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)  # whose rooms are due no longer fills the house
        today = self._days.today(now_ms)
        version = self._priced()
        program = version.compiled.program
        if program is not None and program.clock and "booking_date" not in frame.columns:
            told = [pl.col("booking_time")] if "booking_time" in frame.columns else []
            if program.clock == HOTEL_CLOCK:
                now = clocks_of_lines(self.catalog, frame, now_ms)
            else:
                now = pl.lit(local_clock(now_ms, program.clock))
            frame = frame.with_columns(pl.coalesce(*told, now).alias("booking_time"))
        return quote_many(self.catalog, self._inventory, version, today, frame, masks=masks)

    def rule_legend(self, price_version: str | None = None) -> pl.DataFrame:
        """What the bits of `applied_rules` mean, in the current price version or a kept one: rule_set (int32), bit
        (int16, 0 first; from 64 on in `applied_rules_2`), kind (its table in the book), name, position (its place in
        that table, from 0).

        A rule set are the rules that can act on what a guest is sold; sets are numbered anew in every version. O(sets x
        rules).
        """
        entry = self._kept(self._priced().digest if price_version is None else price_version)
        columns = marks_of(entry.compiled, entry.catalog).legend._asdict()
        return pl.DataFrame(columns, schema=_LEGEND)

    def refusal_legend(self) -> pl.DataFrame:
        """What the bits of `refused` mean: bit (int16), reason (a name of `nightgrid.outcomes.NoPrice`)."""
        names = [reason.name for reason in NoPrice]
        return pl.DataFrame({"bit": range(len(names)), "reason": names}, schema={"bit": pl.Int16, "reason": pl.String})

    def explain(self, quote: Quote) -> Explanation:
        """Every line of a quote, for one room; the amounts add up to the total exactly. `others` explains each of the
        other rooms where a coupon acts once an order.

        The lines are computed from the author's rules with fractions, independently of the kernels, by the version that
        made the quote; IntegrityError if the two disagree (a defect). VersionGoneError once the version is not kept.
        """
        version = self._kept(quote.price_version)
        arrival = to_ordinal(quote.arrival)
        explanation = explain(
            version.compiled, version.catalog, quote.product_index, arrival, quote.nights, quote.lead_days, quote.tier,
            quote.asking,
        )  # fmt: skip
        beside = version.compiled.beside(quote.asking, quote.rooms)
        if beside is not None:
            asked = (quote.product_index, arrival, quote.nights, quote.lead_days, quote.tier, beside)
            explanation = explanation.beside(explain(version.compiled, version.catalog, *asked))
        differences = explanation.differences(quote.rooms, _explained(quote))
        if differences:
            raise IntegrityError(
                f"{'; '.join(differences)} for {quote.rooms} rooms in {quote}: this is a defect, please report it"
            )
        return explanation
