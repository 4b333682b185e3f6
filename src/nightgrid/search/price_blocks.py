"""Many prices of books with a full pipeline: rows that share a plan, priced together in blocks.

Products are put in the order of their rule sets, their nights fetched as running sums in that order, and the kernel
prices products x arrivals x stays x tiers. What the block form cannot say exactly it works out row by row; `ways`
counts both, so that a test or a benchmark sees which it measures.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking, AskingAt, of_length
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.program import cube_blocks as by_block
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.night_cells import OK
from nightgrid.native.program.row_codes import RowShop, make_row_shop
from nightgrid.native.program.row_nights import fold_rows, take_rows
from nightgrid.pricing.program import Program
from nightgrid.search.hotel_clocks import by_clock, parts_to_settle
from nightgrid.search.live_stays import read_lanes
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.rule_set_rows import Rows, groups_of, in_parts, rows_of, some_groups
from nightgrid.search.stay_prices import check_total, refuse, totals_by_line, workshop
from nightgrid.search.ways import ways

_Numbers = NDArray[np.int64]
_thread = local()
_NO_OFFERS = np.zeros((0, 0, 0, 0), np.int64)
#: Fewer rows than these are priced line by line: to order and fold them would cost more.
_ROWS_MIN = 16


class Asked(NamedTuple):
    """Products x arrivals x stays x tiers, and for whom: products (product); today (product) int64: ordinal of the day
    of booking; arrival: ordinal of the first one; stays (stay) int64 nights; tiers (tier) int64 indexes; fill_bp
    (hotel, night) int16 or int64 from the first night of the version on, None = that of the inventory now, without one
    that of the version.
    """

    version: PriceVersion
    products: NDArray[np.integer]
    today: _Numbers
    arrival: int
    stays: _Numbers
    tiers: _Numbers
    asking: Asking = ANYBODY
    fill_bp: NDArray[np.integer] | None = None
    inventory: Inventory | None = None


def row_shop(tiers: int) -> RowShop:
    """Scratch memory of this thread for so many tiers."""
    kept: RowShop | None = getattr(_thread, "shop", None)
    if kept is None or len(kept.head) < tiers:
        kept = _thread.shop = make_row_shop(tiers)
    return kept


def fill_cube(
    asked: Asked,
    out: NDArray[np.signedinteger],
    out_offers: NDArray[np.int64] = _NO_OFFERS,
    pool: ThreadPoolExecutor | None = None,
    threads: int = 1,
) -> None:
    """Prices: out (arrival, stay, tier, product) int64 minor units, C-contiguous; -1 where there is none: booked after
    the arrival, beyond the window, too many guests, a package that is not offered.

    out_offers: the same shape, int64: bits of the promotions applied, local to the rule set (`Program.promotions`);
    size 0 = not wanted. InputError where numbers are too large, or guests are missing. O(prices x steps of a plan).
    """
    program = asked.version.compiled.program
    if program is None:
        raise InputError("the book is a product of factors and has no program")
    if program.per_person and asked.asking.adults is None:
        raise InputError("adults is not given, and this rule book prices each person; give adults=")
    if type(asked.asking) is AskingAt:
        _by_clocks(program, asked, asked.asking, out, out_offers, pool, threads)
        return
    if out_offers.size:
        out_offers[:] = 0
    rows = rows_of(program, asked.products, asked.today, asked.tiers)
    for columns in rows.together:
        _fill_tiers(program, asked, rows, columns, out, out_offers, pool, threads)


def _by_clocks(
    program: Program, asked: Asked, asking: AskingAt, out: NDArray[np.signedinteger], out_offers: NDArray[np.int64],
    pool: ThreadPoolExecutor | None, threads: int,
) -> None:  # fmt: skip
    """`fill_cube` of hotels with several clocks: one after the other those for which the same hours hold."""
    for places, told in by_clock(program, asked.version.catalog, asked.products, asking):
        part = asked._replace(products=asked.products[places], today=asked.today[places], asking=told)
        prices = np.empty((*out.shape[:3], len(places)), out.dtype)
        offers = np.empty(prices.shape, np.int64) if out_offers.size else out_offers
        fill_cube(part, prices, offers, pool, threads)
        out[..., places] = prices
        if out_offers.size:
            out_offers[..., places] = offers


def _fill_tiers(
    program: Program, asked: Asked, rows: Rows, columns: _Numbers, out: NDArray[np.signedinteger],
    out_offers: NDArray[np.int64], pool: ThreadPoolExecutor | None, threads: int,
) -> None:  # fmt: skip
    """Prices of the tiers in some columns, to which the same products are sold."""
    sold, groups = groups_of(program, asked.products, rows, int(asked.tiers[columns[0]]), asked.asking)
    tiers = np.stack([asked.tiers[columns], columns], axis=1)
    for begin, end in lead_spans(program, asked.today, asked.arrival, out.shape[0]):
        offers = out_offers[begin:end] if out_offers.size else out_offers
        found = _nights_of(program, asked, sold, rows.today, begin, end)
        if found is None:
            _by_lines(asked, rows.order, begin, columns, out[begin:end], offers)
            continue
        sums, mask, bad, largest = found
        if bad.any():
            _by_lines(asked, rows.order[bad], begin, columns, out[begin:end], offers)
        good = some_groups(groups, ~bad) if bad.any() else groups
        about = np.array([asked.arrival + begin, 0, mask, program.by_night, largest], np.int64)
        work = partial(_work, program, asked, about, sums, tiers, rows.places, out[begin:end], offers)
        parts = in_parts(good, threads)
        counted = list(map(work, parts) if pool is None else pool.map(work, parts))
        _conclude(asked, rows, counted, out[begin:end], offers, begin, columns)


def _conclude(
    asked: Asked, rows: Rows, counted: list[_Numbers], out: NDArray[np.signedinteger], offers: _Numbers, begin: int,
    columns: _Numbers,
) -> None:  # fmt: skip
    """Count, refuse what is no price, and work out what needs longer numbers. out, offers: of the arrivals from `begin`
    on.
    """
    for each in counted:
        ways.add(int(each[by_block.W_VECTOR]), int(each[by_block.W_SINGLE]))
    for each in counted:
        if each[by_block.W_CODE] == do.TOO_MANY_CODE:
            number = int(asked.products[rows.order[each[by_block.W_ROW]]])
            refuse(int(each[by_block.W_CODE]), f"product {number}")
    if any(each[by_block.W_CODE] for each in counted):
        left = out[:, :, columns] == by_block.TOO_LARGE
        for at, stay, column in np.argwhere(left.any(axis=3)).tolist():
            some = np.flatnonzero(left[at, stay, column])
            ways.add(0, -len(some))  # they are counted again
            part, told = slice(at, at + 1), offers[at : at + 1, stay : stay + 1] if offers.size else offers
            _by_lines(_one_stay(asked, stay), some, begin + at, columns[column : column + 1],
                      out[part, stay : stay + 1], told)  # fmt: skip
    if any(each[by_block.W_LARGE] for each in counted):
        check_total(int(out[:, :, columns].max(initial=0)), "a product")


def _one_stay(asked: Asked, stay: int) -> Asked:
    """The same question about one of its stays."""
    return asked._replace(stays=asked.stays[stay : stay + 1])


def _work(
    program: Program, asked: Asked, about: _Numbers, sums: NDArray[np.integer], tiers: _Numbers, places: _Numbers,
    out: NDArray[np.signedinteger], offers: NDArray[np.int64], groups: _Numbers,
) -> _Numbers:  # fmt: skip
    """One part of the groups, by one thread."""
    counted = np.zeros(by_block.W_FIELDS, np.int64)
    query = program.question(asked.asking, asked.arrival, 1, 0, 0)
    by_block.price_groups(
        program.terms, program.scales, about, sums, groups, query, asked.stays, tiers, places, workshop(),
        row_shop(len(tiers)), out, offers, counted,
    )  # fmt: skip
    return counted


def lead_spans(program: Program, today: _Numbers, arrival: int, arrivals: int) -> list[tuple[int, int]]:
    """Parts of the arrivals in which no product's nights change with the lead time: (first, after the last), from the
    arrival on, an ordinal. today (product) int64: ordinals of the days of booking.
    """
    if len(program.leads) < 2 or program.lead_of_night or not len(today):
        return [(0, arrivals)] if arrivals else []
    days = np.unique(today)[:, None] + np.array(program.leads) - arrival
    cuts = np.unique(days[(days > 0) & (days < arrivals)]).tolist()
    return list(zip([0, *cuts], [*cuts, arrivals], strict=True))


def _nights_of(
    program: Program, asked: Asked, sold: _Numbers, today: _Numbers, begin: int, end: int
) -> tuple[NDArray[np.integer], int, NDArray[np.bool_], int] | None:
    """(running sums (plane, night + 1, row) from the first arrival of a span on, their mask, whether a row has a night
    without price, a bound of the nights or 0); None where they are too large.
    """
    version, asking = asked.version, asked.asking
    first = asked.arrival + begin - version.first_night
    last = max(min(first + end - begin - 1 + int(asked.stays.max()), version.n_nights), first)
    by_lead, by_fill = len(program.leads) > 1, len(program.fills) > 1
    anybody = not program.asks_guests or (not program.per_person and asking.adults is None)
    matrices = version.matrices
    if (
        matrices is not None and anybody and not by_lead and asking.fill_bp is None
        and not (by_fill and (asked.fill_bp is not None or asked.inventory is not None))
    ):  # fmt: skip
        lane = lanes_of(version)[sold]
        taken = _taken(matrices.sums, first, last + 1, lane)
        return taken, matrices.mask, matrices.bad[lane] < last, matrices.largest
    if anybody and asking.fill_bp is None and asked.fill_bp is None and asked.inventory is not None:
        live = _live_nights(asked, sold, today, (begin, last - first))
        if live is not None:
            return live
    if asking.fill_bp is not None and (end - begin > 1 or len(asked.stays) > 1):
        return None
    leads = asked.arrival + begin - today if by_lead else np.zeros(len(sold), np.int64)
    fill, place = _fill_of(asked, sold, first, last)
    folded = np.empty((len(program.scales), last - first + 1, len(sold)), np.int64)
    bad = np.empty(len(sold), np.uint8)
    query = program.question(asking, asked.arrival, 1, 0, 0)
    step = int(program.lead_of_night and by_lead)
    code = fold_rows(
        program.desk, program.terms, query, sold, first, leads, step, fill, place, folded, bad
    )  # fmt: skip
    return (folded, -1, bad.view(np.bool_), 0) if code == OK else None


def _taken(sums: NDArray[np.integer], begin: int, end: int, lanes: _Numbers) -> NDArray[np.integer]:
    """The nights begin..end - 1 of running sums (plane, night, lane), of some lanes; int64, so that the kernel that
    prices is compiled for one width alone: differences are taken under a mask.
    """
    out = np.empty((len(sums), max(min(end, sums.shape[1]) - begin, 0), len(lanes)), np.int64)
    take_rows(sums, begin, lanes, out)
    return out


def _live_nights(
    asked: Asked, sold: _Numbers, today: _Numbers, span: tuple[int, int]
) -> tuple[NDArray[np.integer], int, NDArray[np.bool_], int] | None:
    """As `_nights_of`, from the matrices that follow house fill; None where they do not serve. span: its first arrival,
    and how many nights it needs.
    """
    version, live, (begin, nights) = asked.version, asked.version.live, span
    if live is None or not len(sold) or nights < 1:
        return None
    arrival, lane = asked.arrival + begin, lanes_of(version)[sold]
    found = read_lanes(
        live, arrival, nights, lane, today, lambda sums, row: _taken(sums, row, row + nights + 1, lane)
    )  # fmt: skip
    last, base = arrival - version.first_night + nights, live.variants[0]
    return None if found is None else (found, base.mask, base.matrices.bad[lane] < last, 0)


def _fill_of(asked: Asked, sold: _Numbers, first: int, last: int) -> tuple[_Numbers, _Numbers]:
    """(house fill (place, night) of the nights first..last - 1 of the tables, place of each row), both int64."""
    version, asking = asked.version, asked.asking
    program, catalog = version.compiled.program, version.catalog
    if asking.fill_bp is not None:
        return np.array([asking.fill_bp], np.int64), np.zeros(len(sold), np.int64)
    if program is None or len(program.fills) < 2:
        return np.zeros((1, last - first), np.int64), np.zeros(len(sold), np.int64)
    hotel = catalog.row_hotel[catalog.product_row[sold]].astype(np.int64)
    if asked.fill_bp is None and asked.inventory is not None:
        hotels, place = np.unique(hotel, return_inverse=True)
        some = np.full(len(hotels), first + version.first_night), np.full(len(hotels), last - first)
        _, fill = asked.inventory.fills(hotels, *some)
        return fill.reshape(len(hotels), last - first), place
    known = version.fill_bp if asked.fill_bp is None else asked.fill_bp
    return np.ascontiguousarray(known[:, first:last], np.int64), hotel


def lanes_of(version: PriceVersion) -> NDArray[np.int64]:
    """The lane of every product of a version."""
    lane_product = version.lanes.lane_product
    lanes = np.zeros(version.catalog.n_products, np.int64)
    some = np.flatnonzero(lane_product >= 0)
    lanes[lane_product[some]] = some
    return lanes


def _by_lines(
    asked: Asked, places: _Numbers, begin: int, columns: _Numbers, out: NDArray[np.signedinteger],
    out_offers: NDArray[np.int64],
) -> None:  # fmt: skip
    """Products at some places line by line, for the arrivals of a span that begins at `begin`."""
    products, today = asked.products[places], asked.today[places]
    last = asked.version.first_night + asked.version.n_nights
    for at, stay, column in product(range(len(out)), range(len(asked.stays)), columns.tolist()):
        day, nights = asked.arrival + begin + at, int(asked.stays[stay])
        if day + nights > last:
            out[at, stay, column, places] = -1
            continue
        totals, bits = totals_by_line(
            asked.version, products, day, nights, int(asked.tiers[column]), day - today,
            of_length(asked.asking, nights), asked.inventory, asked.fill_bp,
        )  # fmt: skip
        ways.add(0, len(products))
        out[at, stay, column, places] = totals
        if out_offers.size:
            out_offers[at, stay, column, places] = bits


def totals_of(
    version: PriceVersion,
    products: NDArray[np.integer],
    arrival: int,
    nights: int,
    tier: int,
    lead_days: NDArray[np.int64],
    asking: Asking = ANYBODY,
    inventory: Inventory | None = None,
    fill_bp: NDArray[np.integer] | None = None,
) -> NDArray[np.int64]:
    """Totals of one stay for many products, int64 minor units; -1 where there is no price: booked after the arrival,
    too many guests, a package that is not offered.

    arrival: ordinal; lead_days (product) int64. House fill is that of the question, the same for all, else fill_bp
    (hotel, night), else that of the inventory now, without one that of the version. InputError where numbers are too
    large. O(products x (nights + steps)), O(rules) for each rule set.
    """
    program = version.compiled.program
    if program is None:
        raise InputError("the book is a product of factors and has no program")
    parts = parts_to_settle(version, program, products, (arrival, nights), asking, inventory)
    if parts is not None:
        whole = np.empty(len(products), np.int64)
        for places, told in parts:
            stay = (arrival, nights, tier, lead_days[places], told, inventory, fill_bp)
            whole[places] = totals_of(version, products[places], *stay)
        return whole
    if len(products) < _ROWS_MIN:
        totals, _ = totals_by_line(version, products, arrival, nights, tier, lead_days, asking, inventory, fill_bp)
        ways.add(0, len(products))
        return totals
    stays, tiers = np.array([nights], np.int64), np.array([tier], np.int64)
    asked = Asked(version, products, arrival - lead_days, arrival, stays, tiers, asking, fill_bp, inventory)
    out = np.empty((1, 1, 1, len(products)), np.int64)
    fill_cube(asked, out)
    found: NDArray[np.int64] = out[0, 0, 0]
    return found
