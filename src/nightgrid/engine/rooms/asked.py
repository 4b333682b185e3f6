"""One request for rooms as kernels take it: what a hold or a booking may say, checked and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from nightgrid.counts import plain_int
from nightgrid.engine.edge.night_values import VALUE_MAX, request_with, values_of
from nightgrid.engine.edge.quote_papers import AnyQuote
from nightgrid.engine.prices.requoting import RequoteMixin
from nightgrid.errors import InputError, InputTypeError
from nightgrid.limits import HOLD_TTL_MS_MAX
from nightgrid.native.store import requests as q

TOLD = (
    "guests", "tier", "channel", "block", "reference", "replace", "coupon", "coupon_units", "points", "points_units",
)  # fmt: skip
UNITS = ("coupon_units", "points_units")
WORD_MAX = 2**31


class HoldTerms(TypedDict, total=False):
    """What a hold may say beside its hotel, dates, rooms, deadline, key and guest: keyword arguments, all optional.

    `guests` sleep in a room; `plan`, where a restriction or price is of one; `tier`, `channel` and `block` say under
    which selling controls the sale falls; `reference` is the caller's own. `value_minor` is the whole stay's value in
    minor units, or `nights_minor` that of each night (for hurdles). `coupon` takes `coupon_units` (1) of a limited
    counter, and `points` `points_units` of another. `replace` is the guest's own open hold, given up for this one in
    the same step.

    `quote`: a quote of this store (or its `to_dict()`, or that as JSON) instead of hotel, room type, dates, rooms, plan
    and value: the hold and its booking keep exactly that price, whatever is published later. A coupon or points of the
    quote take their limited counter, where one is set (docs/selling.md). A quote whose validity is over
    (`Quote.valid_until_ms`) is refused with QUOTE_EXPIRED.
    """

    guests: int | None
    plan: str | None
    tier: str | None
    channel: str | None
    block: str | None
    reference: str | None
    value_minor: int | None
    nights_minor: Iterable[int] | None
    coupon: str | None
    coupon_units: int
    points: str | None
    points_units: int
    replace: int | None
    quote: AnyQuote | None


def terms_of(more: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that say anything; InputTypeError for a name that is none of them."""
    for name in more:
        if name not in HoldTerms.__annotations__:
            known = ", ".join(HoldTerms.__annotations__)
            raise InputTypeError(f"{name} is no argument here; a hold may also have {known}")
    return {name: value for name, value in more.items() if value is not None or name in UNITS}


def word_of(count: int) -> int:
    """A count that fits a word of the kernels: what is out of every range stays out of it."""
    return max(-1, min(count, WORD_MAX))


def rooms_of(rooms: Any) -> int:
    """Rooms that are asked for, of any whole number; InputTypeError for anything else."""
    if type(number := plain_int(rooms)) is not int:
        raise InputTypeError(f"rooms is {rooms!r}; a whole number is needed")
    return number


def told_words(told: tuple[Any, ...]) -> dict[str, Any]:
    """What a request says beyond its stay by name; units of what is not named are not said."""
    words = dict(zip(TOLD, told, strict=True))
    for name in ("coupon", "points"):
        if words[name] is None:
            words[f"{name}_units"] = None
    return words


def many(rooms: int) -> int | None:
    """Rooms where they were given, that is, are not the default."""
    return None if rooms == 1 else rooms


def ttl_ms_of(ttl_seconds: float) -> int:
    """A time to live in milliseconds, refused outside (0, 30 days]."""
    ttl_seconds = plain_int(ttl_seconds)
    if isinstance(ttl_seconds, bool) or not isinstance(ttl_seconds, int | float):
        raise InputTypeError(f"ttl_seconds is {ttl_seconds!r}; a number of seconds is needed")
    if not 0.001 <= ttl_seconds <= HOLD_TTL_MS_MAX / 1000:  # refuses NaN too
        raise InputError(f"ttl_seconds is {ttl_seconds}; allowed are 0.001 to {HOLD_TTL_MS_MAX // 1000}")
    return round(ttl_seconds * 1000)


def whole(name: str, value: Any, low: int = 0, high: int = WORD_MAX) -> int:
    """A whole number inside its range; InputTypeError or InputError names it."""
    if type(value := plain_int(value)) is not int:
        raise InputTypeError(f"{name} is {value!r}; a whole number is needed")
    if not low <= value <= high:
        raise InputError(f"{name} is {value}; allowed are {low} to {high}")
    return value


class AskedMixin(RequoteMixin):
    """Requests of one hold or booking."""

    def _request(
        self,
        row: int,
        arrival: int,
        nights: int,
        rooms: int,
        ttl_ms: int,
        key: tuple[int, int],
        guest: int,
        price: tuple[int | None, Iterable[int] | None] = (None, None),
    ) -> NDArray[np.int64]:
        """A request without extras: int64 (Q_FIELDS, 1). price: the value of the stay, or of each night."""
        value_minor, nights_minor = price
        request = request_with(values_of(nights_minor, nights, value_minor))
        request[: q.Q_REFERENCE, 0] = (row, -1, arrival, word_of(nights), word_of(rooms_of(rooms)), ttl_ms, *key, guest)
        if value_minor is not None:
            request[q.Q_VALUE] = whole("value_minor", value_minor, 0, VALUE_MAX)
        return request

    def _add_extras(
        self,
        request: NDArray[np.int64],
        hotel_id: str,
        room_type_id: str,
        told: tuple[Any, ...],
        plan: str | None = None,
    ) -> None:
        """Write everything that a request may say beyond dates and rooms; told: in the order of TOLD."""
        guests, tier, channel, block, reference, replace, coupon, coupon_units, points, points_units = told
        if plan is not None:
            request[q.Q_PRODUCT] = self.catalog.product_index(hotel_id, room_type_id, plan)
        if reference is not None:
            request[q.Q_REFERENCE] = self._digests.word("reference", reference)
        if guests is not None:
            request[q.Q_GUESTS] = whole("guests", guests, 1, 10_000)
        if replace is not None:
            request[q.Q_REPLACES] = whole("replace", replace, 1, 2**63 - 1)
        scoped = {"tier": tier, "channel": channel, "block": block, "coupon": coupon, "coupon_units": coupon_units}
        request[q.Q_SCOPE], request[q.Q_POINTS] = self._names.words(points, points_units, **scoped)
