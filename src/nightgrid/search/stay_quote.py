"""The price of one stay by a full pipeline, as quotes ask for it: the fast way to one answer."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from threading import local
from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.asking import Asking
from nightgrid.errors import InputError
from nightgrid.limits import PRICE_MINOR_MAX, STAY_NIGHTS_MAX
from nightgrid.native.base.jit import direct
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import one_quote as job
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_prices import wide_numbers
from nightgrid.native.program.one_quote import quote_job
from nightgrid.pricing.program import Program, Template
from nightgrid.search.long_prices import long_price
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.stay_prices import check_total, refuse, workshop

#: What differs from quote to quote, written at once: store, hotel, product, first night, fill, and of the question
#: arrival, nights, lead days, tier.
_ask: Final = Struct("9q").pack_into
_ASKED_AT: Final = 8 * job.J_STORE
#: What is answered, read at once: product, rule set, the fields of an answer; then a word a night where fill was read.
_ANSWER: Final = 2 + do.A_FIELDS
_answers: Final = [Struct(f"{_ANSWER + nights}q").unpack_from for nights in range(STAY_NIGHTS_MAX + 1)]
_ANSWER_AT: Final = 8 * job.J_SOLD
_SHARES_AT: Final = 8 * job.J_SHARES


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
    weights: bytes | tuple[int, ...]  # how the nights share the total; bytes of int64 (2 x night), wide, if they fit
    fill_bp: tuple[int, ...] | None = None


class _Desk:
    """The job of this thread: `words`, their bytes, and which question stands there."""

    def __init__(self) -> None:
        self.words = np.zeros(job.J_WORDS, np.int64)
        self.bytes: Any = self.words.data.cast("B")
        self.address = self.words.ctypes.data
        self.price: Callable[[int], None] = self._first_price
        self.template: Template | None = None
        self._shop = workshop()
        self._values = np.empty(on.PLANES_MAX * STAY_NIGHTS_MAX, np.int64)
        self._program: Program | None = None
        shop = self._shop
        arrays = (shop.plan, shop.scratch, shop.sets, shop.registers, shop.weights, self._values)
        for at, array in zip(range(job.J_PLAN, job.J_VALUES + 1), arrays, strict=True):
            self.words[at] = array.ctypes.data

    def _first_price(self, address: int) -> None:
        """`quote_job`, which has to be compiled or loaded."""
        quote_job(address)
        self.price = direct(quote_job)

    def question(self, program: Program, asking: Asking) -> Template:
        """Put a guest's question to a program, which stays alive with it, on the desk. Most are asked again."""
        template = program.template(asking)
        if template is not self.template:
            if self._program is not program:
                self._program = program
                self.words[job.J_DESK : job.J_PLAN] = (
                    program.desk.ctypes.data, len(program.desk), program.terms.ctypes.data, len(program.terms),
                    program.scales.ctypes.data, len(program.scales), program.by_night, program.lead_of_night,
                    program.tier_product.ctypes.data, program.tier_product.shape[1],
                    program.set_of_product.ctypes.data, program.sets.stage.ctypes.data,
                )  # fmt: skip
            self.words[job.J_QUERY : job.J_QUERY + len(template.words)] = template.words
            self.template = template
        return template


_thread = local()


def price_one(
    version: PriceVersion, program: Program, product: int, first: int, stay: tuple[int, int, int, int], asking: Asking,
    grid: tuple[int, int],
) -> StayPrice:  # fmt: skip
    """The price of one stay. program: of the version.

    first: index of its night in the tables; stay: arrival (ordinal), nights, lead days, tier;
    grid: address of the store and hotel, from which house fill is read unless it is asked for; address 0: an empty
    house.

    TooManyGuestsError where no price is given for the party; InputError for packages that are not offered, a price per
    person without guests, and too many sets of promotions.
    """
    if program.per_person and asking.adults is None:
        raise InputError("adults is not given, and this rule book prices each person; give adults=")
    try:
        desk: _Desk = _thread.desk
    except AttributeError:
        desk = _thread.desk = _Desk()
    template = desk.question(program, asking)
    nights = stay[1]
    fill = job.FILL_NONE
    if asking.fill_bp is not None:
        fill = job.FILL_GIVEN
        desk.words[job.J_NIGHT_FILLS : job.J_NIGHT_FILLS + nights] = asking.fill_bp
    elif grid[0]:
        fill = job.FILL_GRID
    view = desk.bytes
    _ask(view, _ASKED_AT, *grid, product, first, fill, *stay)
    desk.price(desk.address)
    if fill == job.FILL_GRID:
        answer = _answers[nights](view, _ANSWER_AT)
        read, answer = answer[_ANSWER:], answer[:_ANSWER]
    else:
        answer, read = _answers[0](view, _ANSWER_AT), None
    sold, number, code, net, taxes, paid, points, bits, _, included = answer
    if asking.packages and number not in template.offering:
        program.check_packages(sold, asking)
        template.offering.add(number)
    if code == by_line.CODE_TOO_MANY_GUESTS:
        raise TooManyGuestsError
    total = net + taxes
    if code == by_line.CODE_TOO_LARGE:
        return _long(version, program, product, stay, asking, read)
    if code:
        refuse(code, f"product {sold}, {nights} nights")
    if total > PRICE_MINOR_MAX:
        check_total(total, f"product {sold}")
    each: tuple[int, ...] = ()
    weights = b""
    if program.by_night:
        each = tuple(desk.words[job.J_SHARES : job.J_SHARES + nights].tolist())
    else:
        weights = bytes(view[_SHARES_AT : _SHARES_AT + 16 * nights])
    applied = program.applied(number, bits) if bits else ()
    return tuple.__new__(StayPrice, (sold, total, net, taxes, included, paid, points, applied, each, weights, read))


def _long(
    version: PriceVersion, program: Program, product: int, stay: tuple[int, int, int, int], asking: Asking,
    read: tuple[int, ...] | None,
) -> StayPrice:  # fmt: skip
    """The same in longer numbers. read: house fill that was read from the grid."""
    found = long_price(version, product, stay, asking, read or ())
    own = int(program.tier_product[stay[3], product])
    made = found.explanation
    return StayPrice(
        product if own < 0 else own, made.total_minor, made.net_minor, made.taxes_minor, made.included_taxes_minor,
        made.total_minor - made.payable_minor, made.points_used, made.applied,
        made.nights_minor if program.by_night else (), tuple(found.weights), read,
    )  # fmt: skip


def shares(price: StayPrice) -> list[int]:
    """How the nights share the total: weights."""
    if isinstance(price.weights, tuple):
        return list(price.weights)
    return wide_numbers(np.frombuffer(price.weights, np.int64).reshape(-1, 2))
