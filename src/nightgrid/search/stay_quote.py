"""The price of one stay by a full pipeline, as quotes ask for it: the fast way to one answer."""

from __future__ import annotations

from threading import local
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.errors import InputError
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import one_quote as job
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_prices import wide_numbers
from nightgrid.native.program.one_quote import quote_job
from nightgrid.pricing.program import Program
from nightgrid.search.stay_prices import check_total, refuse, workshop

_OUT: Final = slice(job.J_OUT, job.J_OUT + do.A_FIELDS)
_HEAD: Final = do.Q_LISTS


class TooManyGuestsError(Exception):
    """No price is given for so many guests."""


class StayPrice(NamedTuple):
    """The price of one stay for one room, minor units. product: the one that is sold, the tier's own plan or as asked.
    fill_bp: house fill of the nights where it was read from the grid.
    """

    product: int
    total: int
    net: int
    taxes: int
    included_taxes: int
    paid_by_points: int
    points_used: int
    applied: tuple[int, ...]
    night_prices: tuple[int, ...]  # under the policy `night` what each night costs; else empty
    weights: NDArray[np.int64]  # (2 x night), wide: how the nights share the total
    fill_bp: tuple[int, ...] | None = None


NO_WEIGHTS: Final = np.zeros(0, np.int64)


class _Desk:
    """The vector of this thread: `words`, and a view through which single words are written fast."""

    def __init__(self) -> None:
        self.words = np.zeros(job.J_WORDS, np.int64)
        self.view: Any = self.words.data
        self._shop = workshop()
        self._values = np.empty(on.PLANES_MAX * STAY_NIGHTS_MAX, np.int64)
        self._program: Program | None = None
        view, shop = self.view, self._shop
        arrays = (shop.plan, shop.scratch, shop.sets, shop.registers, shop.weights, self._values)
        for at, array in zip(range(job.J_PLAN, job.J_VALUES + 1), arrays, strict=True):
            view[at] = array.ctypes.data

    def of(self, program: Program) -> Any:
        """The view, for questions to a program, which stays alive with it."""
        if self._program is not program:
            self._program = program
            self.words[job.J_DESK : job.J_PLAN] = (
                program.desk.ctypes.data, len(program.desk), program.terms.ctypes.data, len(program.terms),
                program.scales.ctypes.data, len(program.scales), program.by_night, program.lead_of_night,
                program.tier_product.ctypes.data, program.tier_product.shape[1],
                program.set_of_product.ctypes.data, program.sets.stage.ctypes.data,
            )  # fmt: skip
        return self.view


_thread = local()


def price_one(
    program: Program, product: int, first: int, stay: tuple[int, int, int, int], asking: Asking, grid: tuple[int, int]
) -> StayPrice:
    """The price of one stay. first: index of its night in the tables; stay: arrival (ordinal), nights, lead days, tier;
    grid: address of the store and hotel, from which house fill is read unless it is asked for; address 0: an empty
    house.

    TooManyGuestsError where no price is given for the party; InputError for packages that are not offered, a price per
    person without guests, and numbers that are too large.
    """
    if program.per_person and asking.adults is None:
        raise InputError("adults is not given, and this rule book prices each person; give adults=")
    try:
        desk: _Desk = _thread.desk
    except AttributeError:
        desk = _thread.desk = _Desk()
    view, words = desk.of(program), desk.words
    template = program.template(asking)
    question = template.words
    words[job.J_QUERY : job.J_QUERY + len(question)] = question
    at = job.J_QUERY
    view[at], view[at + 1], view[at + 2], view[at + 3] = stay
    view[job.J_STORE], view[job.J_HOTEL] = grid
    view[job.J_PRODUCT], view[job.J_FIRST] = product, first
    nights = stay[1]
    fill = job.FILL_NONE
    if asking.fill_bp is not None:
        fill = job.FILL_GIVEN
        words[job.J_NIGHT_FILLS : job.J_NIGHT_FILLS + nights] = asking.fill_bp
    elif grid[0]:
        fill = job.FILL_GRID
    view[job.J_FILL] = fill
    quote_job(words)
    number, sold = view[job.J_SET], view[job.J_PRODUCT]
    if asking.packages and number not in template.offering:
        program.check_packages(sold, asking)
        template.offering.add(number)
    code, net, taxes, paid, points, bits, _, included = view[_OUT].tolist()
    if code == by_line.CODE_TOO_MANY_GUESTS:
        raise TooManyGuestsError
    total = net + taxes
    if code:
        refuse(code, f"product {sold}, {nights} nights")
    check_total(total, f"product {sold}")
    shares = job.J_SHARES
    each: tuple[int, ...] = ()
    weights = NO_WEIGHTS
    if program.by_night:
        each = tuple(view[shares : shares + nights])
    else:
        weights = words[shares : shares + 2 * nights].copy()
    read = tuple(view[job.J_NIGHT_FILLS : job.J_NIGHT_FILLS + nights]) if fill == job.FILL_GRID else None
    applied = program.applied(number, bits) if bits else ()
    return StayPrice(sold, total, net, taxes, included, paid, points, applied, each, weights, read)


def shares(price: StayPrice) -> list[int]:
    """How the nights share the total: weights."""
    return wide_numbers(price.weights.reshape(-1, 2))
