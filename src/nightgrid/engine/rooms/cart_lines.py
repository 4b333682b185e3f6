"""Lines of carts as kernels take them. A guest waits for a cart, and a frame of two lines costs milliseconds: lines in
usual words are read one by one. Whatever else, mistakes too, is left to the frame, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.engine.edge.night_values import VALUE_MAX, requests_with
from nightgrid.engine.prices.requoting import Bond, RequoteMixin, bind_lines, checked_line
from nightgrid.errors import NightgridError
from nightgrid.limits import LINES_PER_CART_MAX
from nightgrid.native.store import requests as q
from nightgrid.nights import to_ordinal

#: What a line may say.
LINE_WORDS: Final = frozenset((
    "hotel_id", "room_type_id", "arrival", "nights", "departure", "rooms", "plan", "guests", "value_minor",
    "nights_minor", "block", "quote",
))  # fmt: skip
_SCOPED: Final = ("tier", "channel", "block", "coupon", "coupon_units", "points", "points_units")
_COUNT_MAX: Final = 2**31 - 1
_GUESTS_MAX: Final = 2**53


class UnusualError(Exception):
    """A line that is for the frame to read."""


def _whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise UnusualError
    return value


def _said(value: Any, low: int, high: int) -> int:
    """A number that a line may leave out; 0 where it does."""
    return 0 if value is None else _whole(value, low, high)


class CartLinesMixin(RequoteMixin):
    """Requests of carts."""

    def _usual_lines(
        self, lines: Any, of_cart: Mapping[str, Any]
    ) -> tuple[NDArray[np.int64], list[Bond | None]] | None:
        """Requests int64 (Q_FIELDS, line) and the quotes that lines are bound to; None where the frame must read them.

        of_cart: what the whole cart says, in the words of `Names.words`; it goes before what quotes say. The scope of a
        request is what its line says. O(lines).
        """
        if type(lines) not in (list, tuple) or not 1 <= len(lines) <= LINES_PER_CART_MAX:
            return None
        requests = requests_with(len(lines))
        try:
            bonds = [self._usual_line(line, requests[:, number], of_cart) for number, line in enumerate(lines)]
        except (UnusualError, NightgridError):
            return None
        bind_lines(requests, bonds)
        return requests, bonds

    def _usual_line(self, line: Any, request: NDArray[np.int64], of_cart: Mapping[str, Any]) -> Bond | None:
        """Write a line into its request, int64 (Q_FIELDS) [inout]; the quote that it is bound to, if any."""
        if type(line) is not dict or not line.keys() <= LINE_WORDS or line.get("nights_minor") is not None:
            raise UnusualError
        told: dict[str, Any] = line
        bond = None
        if line.get("quote") is not None:
            bond = self._bond(line["quote"])
            free = checked_line({name: value for name, value in line.items() if name != "quote"})
            told = {"rooms": 1} | self._bound_words(bond, free)
            told |= {name: None for name, value in of_cart.items() if value is not None}
        try:
            row, arrival = self.catalog.find_row(told["hotel_id"], told["room_type_id"]), to_ordinal(told["arrival"])
        except (KeyError, TypeError):
            raise UnusualError from None
        plan, departure, nights = told.get("plan"), told.get("departure"), told.get("nights")
        product = self.catalog.product_of_row(row, plan) if type(plan) is str else -1
        if (departure is None) == (nights is None) or (plan is not None and product < 0):
            raise UnusualError
        nights = _whole(nights, -_COUNT_MAX, _COUNT_MAX) if departure is None else to_ordinal(departure) - arrival
        rooms = _whole(told.get("rooms", 1), -_COUNT_MAX, _COUNT_MAX)
        request[: q.Q_TTL_MS] = row, product, arrival, nights, rooms
        request[q.Q_VALUE] = _said(told.get("value_minor"), 0, VALUE_MAX)
        request[q.Q_GUESTS] = _said(told.get("guests"), 1, _GUESTS_MAX)
        scoped = {name: told[name] for name in _SCOPED if told.get(name) is not None}
        if scoped:
            request[q.Q_SCOPE], request[q.Q_POINTS] = self._names.words(**scoped)
        return bond
