"""Prices of single stays in a book with a full pipeline: from a guest's question to the kernel's lines and back."""

from __future__ import annotations

from threading import local

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PRICE_MINOR_MAX, PROMOTIONS_MAX
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_prices import price_lines
from nightgrid.native.program.stay_price import Workshop, make_workshop
from nightgrid.pricing.program import Program
from nightgrid.search.long_prices import long_price
from nightgrid.search.price_version import PriceVersion

_thread = local()
_NOTHING = np.zeros(0, np.int64)
_NO_WEIGHTS = np.zeros((0, 2), np.int64)


def workshop() -> Workshop:
    """Scratch memory of this thread."""
    kept: Workshop | None = getattr(_thread, "workshop", None)
    if kept is None:
        kept = _thread.workshop = make_workshop()
    return kept


def refuse(code: int, place: str) -> None:
    """Errors for the codes of the kernel that are no refusals of the hotel."""
    if code == by_line.CODE_TOO_MANY_SETS:
        raise InputError(
            f"{place}: too many permitted sets of promotions; let at most {PROMOTIONS_MAX} be applicable to a stay, or "
            'write over = "maximal"'
        )


def check_total(total: int, place: str) -> None:
    """InputError for a total beyond what a price can be."""
    if total > PRICE_MINOR_MAX:
        raise InputError(f"the price of {place} is {total} minor units; a price is at most {PRICE_MINOR_MAX}")


def lines_of(
    program: Program, products: NDArray[np.integer], tier: NDArray[np.int64] | int, first: NDArray[np.int64] | int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(lines (line, L_FIELDS) without house fill, whether a tier's own plan is sold instead) of products."""
    own = program.tier_product[tier, products]
    silent = own >= 0
    sold = np.where(silent, own, products)
    sets = program.set_of_product[sold]
    lines = np.empty((len(sold), by_line.L_FIELDS), np.int64)
    lines[:, by_line.L_PRODUCT] = sold
    lines[:, by_line.L_STAGE] = program.sets.stage[sets]
    lines[:, by_line.L_FIRST] = first
    lines[:, by_line.L_FILL] = -1
    lines[:, by_line.L_QUERY] = np.arange(len(sold))
    return lines, silent


def _fills(
    version: PriceVersion,
    products: NDArray[np.integer],
    arrival: int,
    nights: int,
    asking: Asking,
    inventory: Inventory | None,
    fill_bp: NDArray[np.integer] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64] | int]:
    """(house fill of nights one after another, where those of each product begin; -1: an empty house)."""
    program, catalog = version.compiled.program, version.catalog
    if asking.fill_bp is not None:
        return np.array(asking.fill_bp, np.int64), 0
    if program is None or len(program.fills) < 2:
        return _NOTHING, -1
    hotel = catalog.row_hotel[catalog.product_row[products]]
    if inventory is None or fill_bp is not None:
        known = version.fill_bp if fill_bp is None else fill_bp
        first = arrival - version.first_night
        fills = np.ascontiguousarray(known[:, first : first + nights], np.int64).reshape(-1)
    else:
        hotels, hotel = np.unique(hotel, return_inverse=True)
        _, fills = inventory.fills(hotels, np.full(len(hotels), arrival), np.full(len(hotels), nights))
    return fills, hotel.astype(np.int64) * nights


def totals_by_line(
    version: PriceVersion,
    products: NDArray[np.integer],
    arrival: int,
    nights: int,
    tier: int,
    lead_days: NDArray[np.int64],
    asking: Asking = ANYBODY,
    inventory: Inventory | None = None,
    fill_bp: NDArray[np.integer] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(totals, bits of the promotions applied) of one stay for many products, worked out one by one: the definition of
    what `price_blocks` answers. Both (product) int64; -1 where there is no price.

    arrival: ordinal; lead_days (product) int64. House fill is that of the question, the same for all, else fill_bp
    (hotel, night), else that of the inventory now, without one that of the version. InputError where numbers are too
    large. O(products x (nights + steps)), O(rules) for each rule set.
    """
    program = version.compiled.program
    if program is None:
        raise InputError("the book is a product of factors and has no program")
    if program.per_person and asking.adults is None:
        raise InputError("adults is not given, and this rule book prices each person; give adults=")
    first = arrival - version.first_night
    table, silent = lines_of(program, products, tier, first)
    wanted = lead_days >= 0
    if asking.packages:
        offered = [set(asking.packages) <= set(names) for names in program.sets.packages]
        wanted = wanted & np.array(offered, np.bool_)[program.set_of_product[table[:, by_line.L_PRODUCT]]]
    keys = lead_days * 2 + silent
    distinct, question = np.unique(keys, return_inverse=True)
    queries = np.stack(
        [
            program.question(asking, arrival, nights, int(key >> 1), tier, silent=bool(key & 1))
            for key in distinct.tolist()
        ]
        or [np.zeros(do.Q_FIELDS, np.int64)]
    )
    table[:, by_line.L_QUERY] = question
    fills, table[:, by_line.L_FILL] = _fills(version, products, arrival, nights, asking, inventory, fill_bp)
    some = np.flatnonzero(wanted)
    some = some[np.lexsort((table[some, by_line.L_QUERY], table[some, by_line.L_STAGE]))]
    out = np.empty((len(some), do.A_FIELDS), np.int64)
    lines = np.ascontiguousarray(table[some])
    price_lines(
        program.desk, program.terms, program.scales, program.flags, queries, lines, fills, workshop(), out,
        _NOTHING, _NO_WEIGHTS,
    )  # fmt: skip
    for place in np.flatnonzero(out[:, do.A_CODE] == by_line.CODE_TOO_LARGE).tolist():
        at, begin = int(some[place]), int(lines[place, by_line.L_FILL])
        stay = (arrival, nights, int(lead_days[at]), tier)
        fill = fills[begin : begin + nights] if begin >= 0 else _NOTHING
        out[place] = long_price(version, int(products[at]), stay, asking, fill.tolist()).answer
    code = out[:, do.A_CODE]
    for place in np.flatnonzero(code == by_line.CODE_TOO_MANY_SETS)[:1].tolist():
        refuse(int(code[place]), f"product {int(products[some[place]])}, {nights} nights")
    totals = np.full(len(products), -1, np.int64)
    totals[some] = np.where(code == 0, out[:, do.A_NET] + out[:, do.A_TAXES], -1)
    check_total(int(totals.max(initial=0)), "a product")
    bits = np.zeros(len(products), np.int64)
    bits[some] = np.where(code == 0, out[:, do.A_OFFERS], 0)
    return totals, bits
