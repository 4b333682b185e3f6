"""Many quotes in one call: a frame of stays in, a frame of totals out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY
from nightgrid.catalog import Catalog
from nightgrid.engine.edge.frames import as_frame, integers, ordinals, require, row_indexes
from nightgrid.engine.prices.program_frames import quote_program
from nightgrid.engine.prices.program_lines import ProgramLines, askings_of, distinct_rows, too_large_parties
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import ROOMS_MAX
from nightgrid.native.prices.quotes import quote_batch
from nightgrid.nights import local_clock
from nightgrid.outcomes import Outcome
from nightgrid.pricing.rule_marks import marks_of
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.rooms_left import check_rooms_left, check_time, rooms_left

_ANY = 2**31 - 1
_WHAT = "quote_many"


def _products(catalog: Catalog, frame: pl.DataFrame) -> NDArray[np.int64]:
    """Product index per line: given, or by hotel, room type and plan; the plan may be left out where there is one."""
    if "product_index" in frame.columns:
        require(_WHAT, frame, ["product_index"])
        return integers(_WHAT, frame, "product_index", 0, catalog.n_products - 1)
    rows = row_indexes(_WHAT, catalog, frame)
    if "plan_id" not in frame.columns:
        first = catalog.row_first_product
        for line in np.flatnonzero(first[rows + 1] - first[rows] > 1)[:1]:
            known = ", ".join(catalog.plan_ids[product] for product in catalog.products_of(int(rows[line])))
            raise InputError(f"{_WHAT}: row {line}: the room type has several plans ({known}); give a column plan_id")
        return catalog.product_order[first[rows]].astype(np.int64)
    names, _, found = distinct_rows(frame.select("hotel_id", "room_type_id", "plan_id"))
    return np.array([catalog.product_index(*name.values()) for name in names], np.int64)[found]


def _tiers(version: PriceVersion, frame: pl.DataFrame) -> NDArray[np.int64]:
    """Tier index per line; the first tier of the book where none is given."""
    if "tier" not in frame.columns:
        return np.zeros(len(frame), np.int64)
    require(_WHAT, frame, ["tier"])
    names = frame["tier"].cast(pl.String)
    some = names.unique(maintain_order=True).to_list()
    index = [version.tier_index(name) for name in some]
    return names.replace_strict(some, index, return_dtype=pl.Int64).to_numpy()


def _refuse_packages(frame: pl.DataFrame) -> None:
    """A product of factors has no packages; to ask for one must not silently change nothing."""
    packages = frame["packages"] if "packages" in frame.columns else None
    if packages is not None and any(each is not None and len(each) for each in packages):
        raise InputError(f"{_WHAT}: packages are asked for, and the rule book offers none")


def clocks_of_lines(catalog: Catalog, frame: pl.DataFrame, now_ms: int) -> pl.Expr:
    """The time of day at the hotel of each line."""
    products = _products(catalog, frame)
    calendar = catalog.hotel_calendar[catalog.row_hotel[catalog.product_row[products]]]
    known, of = np.unique(calendar, return_inverse=True)
    clocks = pl.Series([local_clock(now_ms, catalog.calendars[each][0]) for each in known.tolist()], dtype=pl.String)
    return pl.lit(clocks.gather(of.reshape(-1)))


def _some_untold(frame: pl.DataFrame, name: str) -> bool:
    """Whether some line does not say what a column of the guest's question is for."""
    return name not in frame.columns or frame[name].null_count() > 0


def quote_many(
    catalog: Catalog,
    inventory: Inventory,
    version: PriceVersion,
    calendar_today: NDArray[np.int64],
    source: Any,
    *,
    masks: bool = False,
    first_night: int | None = None,
) -> pl.DataFrame:
    """Price every line: outcome int16, total_minor int64 or null, currency, lead_days int64. See
    `Engine.quote_many`. `first_night` (ordinal): of another window than the store has now; house fill is given then.
    """
    frame = as_frame(_WHAT, source)
    require(_WHAT, frame, ["arrival", "nights"])
    products = _products(catalog, frame)
    arrivals = ordinals(_WHAT, frame, "arrival")
    nights = integers(_WHAT, frame, "nights", -_ANY, _ANY)
    hotels = catalog.row_hotel[catalog.product_row[products]]
    booked = calendar_today[catalog.hotel_calendar[hotels]]
    if "booking_date" in frame.columns:
        require(_WHAT, frame, ["booking_date"])
        booked = ordinals(_WHAT, frame, "booking_date")
    rooms: NDArray[np.int64] | int = 1
    if "rooms" in frame.columns:
        rooms = integers(_WHAT, frame, "rooms", 1, ROOMS_MAX)
    lead_days = arrivals - booked
    lead_days[
        arrivals < (inventory.first_night if first_night is None else first_night)
    ] = -1  # that night has left the window
    tiers = _tiers(version, frame)
    currencies = pl.Series(catalog.currencies, dtype=pl.String).gather(catalog.hotel_currency[hotels])
    lines = ProgramLines(products, arrivals, nights, tiers, lead_days)
    program = version.compiled.program
    if program is None:
        _refuse_packages(frame)
    elif first_night is not None and _some_untold(frame, "booking_time"):
        check_time(program, "", "prices of the past")
    if program is not None and program.room_edges and _some_untold(frame, "rooms_left"):
        if first_night is not None:  # of the past
            check_rooms_left(program, ANYBODY, "prices of the past")
        left = pl.Series(rooms_left(inventory, catalog.product_row[products], arrivals, nights), dtype=pl.Int64)
        told = [pl.col("rooms_left")] if "rooms_left" in frame.columns else []
        frame = frame.with_columns(pl.coalesce(*told, pl.lit(left)).alias("rooms_left"))
    if masks:
        marks = marks_of(version.compiled, version.catalog)
        marked = replace(version, compiled=marks.compiled)
        return quote_program(catalog, inventory, marked, frame, lines, rooms, currencies, marks)
    if program is not None:
        return quote_program(catalog, inventory, version, frame, lines, rooms, currencies)
    total = np.empty(len(frame), np.int64)
    code = np.empty(len(frame), np.int16)
    lanes = inventory.product_lane[products].astype(np.int64)
    priced = arrivals - version.first_night
    quote_batch(version.tables, lanes, priced, nights, tiers, lead_days, version.mask, total, code)
    code[(code == 0) & too_large_parties(catalog, products, askings_of(frame))] = Outcome.TOO_MANY_GUESTS
    answer = pl.DataFrame(
        {"outcome": code, "total_minor": total * rooms, "currency": currencies, "lead_days": lead_days}
    )
    return answer.with_columns(pl.when(pl.col("outcome") == 0).then(pl.col("total_minor")))
