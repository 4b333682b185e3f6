"""Carts: several stays, held, confirmed and released together or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.engine.edge.answers import Cart, Hold
from nightgrid.engine.edge.frames import UNKNOWN_HOTEL_ROW, as_frame, text_of_quote
from nightgrid.engine.edge.names import checked_name
from nightgrid.engine.edge.night_values import values_of
from nightgrid.engine.prices.requoting import Bond, bind_lines
from nightgrid.engine.rooms.asked import ttl_ms_of, whole
from nightgrid.engine.rooms.batches import requests_of
from nightgrid.engine.rooms.cart_lines import LINE_WORDS, CartLinesMixin
from nightgrid.engine.rooms.cart_verbs import CartVerbsMixin
from nightgrid.errors import InputError, InputTypeError, Refused, UnknownIdError
from nightgrid.inventory.inventory import CartAnswer
from nightgrid.limits import HOTELS_PER_CART_MAX, LINES_PER_CART_MAX
from nightgrid.native.store import requests as q
from nightgrid.nights import to_date, to_ordinal
from nightgrid.outcomes import Outcome

#: What a frame of lines may not name by line.
_ONE_FOR_ALL = (
    "tier", "channel", "key", "key_high", "key_low", "guest", "reference", "coupon", "coupon_units", "points",
    "points_units", "ttl_seconds",
)  # fmt: skip


def _check_line(number: int, line: dict[str, Any]) -> None:
    """InputError or InputTypeError for a value of a line that no column of a frame could hold. line [inout]."""
    missing = [name for name in ("hotel_id", "room_type_id", "arrival") if line.get(name) is None]
    if missing:
        raise InputError(f"hold_cart: line {number} has no {missing[0]}")
    for name in ("hotel_id", "room_type_id", "plan", "block"):
        if line.get(name) is not None:
            checked_name(f"hold_cart: line {number}: {name}", line[name])
    for name in ("nights", "rooms", "guests", "value_minor"):
        if line.get(name) is not None:
            line[name] = whole(f"hold_cart: line {number}: {name}", line[name], -(2**31), 2**53)


def _ordinal(number: int, night: Any) -> int:
    """Ordinal of a date in a line; a mistake names the line."""
    try:
        return to_ordinal(night)
    except (InputError, InputTypeError) as error:
        raise type(error)(f"hold_cart: line {number}: {error}") from None


def _values(number: int, line: dict[str, Any]) -> list[int]:
    """The values of a line's nights; a mistake names the line."""
    try:
        values = values_of(line["nights_minor"], line["nights"], line.get("value_minor"))
    except (InputError, InputTypeError) as error:
        raise type(error)(f"hold_cart: line {number}: {error}") from None
    return [] if values is None else values.tolist()


def _frame_of(lines: Any) -> pl.DataFrame:
    """Lines given as dicts, or as anything that is a frame."""
    if not isinstance(lines, list | tuple):
        return as_frame("hold_cart", lines)
    rows = []
    for number, line in enumerate(lines):
        if not isinstance(line, dict):
            raise InputTypeError(f"hold_cart: line {number} is {line!r}; give a dict with hotel_id, room_type_id, ...")
        unknown = set(line) - LINE_WORDS
        if unknown:
            raise InputError(
                f"hold_cart: line {number} has {', '.join(sorted(unknown))}; known are {', '.join(sorted(LINE_WORDS))}"
            )
        row = dict(line)
        if row.get("quote") is not None:
            row["quote"] = text_of_quote(row["quote"])
            rows.append(row)
            continue
        _check_line(number, row)
        row["arrival"] = to_date(_ordinal(number, row["arrival"]))
        departure = row.pop("departure", None)
        if (departure is None) == (row.get("nights") is None):
            raise InputError(f"hold_cart: line {number}: give exactly one of nights and departure")
        if departure is not None:
            row["nights"] = _ordinal(number, departure) - row["arrival"].toordinal()
        row.setdefault("rooms", 1)
        if row.get("nights_minor") is not None:
            row["nights_minor"] = _values(number, row)
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


class CartMixin(CartVerbsMixin, CartLinesMixin):
    """All or nothing over several lines."""

    def hold_cart(
        self,
        lines: Any,
        *,
        ttl_seconds: float = 900,
        key: str | None = None,
        guest: str | None = None,
        reference: str | None = None,
        channel: str | None = None,
        tier: str | None = None,
        coupon: str | None = None,
        coupon_units: int = 1,
        points: str | None = None,
        points_units: int = 1,
    ) -> Cart:
        """Hold every line of a cart, or none: up to 512 lines over up to 64 hotels, in one step.

        lines: dicts with hotel_id, room_type_id, arrival, nights or departure, and optionally rooms, plan, guests,
        value_minor or nights_minor, block; or with a quote instead of what it says (`hold(quote=)`), and optionally
        guests and block; or a frame of these columns. A later line is checked with what the earlier ones take, so the
        summed demand counts. The coupon's units and the points are taken once. Raises Refused with the refused `line`;
        nothing is changed then. O(lines squared x nights).
        """
        of_cart: dict[str, Any] = {"tier": tier, "channel": channel, "coupon": coupon, "coupon_units": coupon}
        of_cart |= {"points": points, "points_units": points}
        now_ms = self._now_ms()
        found = self._usual_lines(lines, of_cart)
        requests, bonds = self._lines_of_frame(_frame_of(lines), of_cart) if found is None else found
        self._check_coupons(bonds)
        requests[q.Q_TTL_MS] = ttl_ms_of(ttl_seconds)
        if key is not None:
            requests[q.Q_KEY_HIGH : q.Q_KEY_LOW + 1, 0] = self._digests.key(key)
        if guest is not None:
            requests[q.Q_GUEST] = self._digests.word("guest", guest)
        if reference is not None:
            requests[q.Q_REFERENCE] = self._digests.word("reference", reference)
        requests[q.Q_SCOPE] |= self._names.scope(tier, channel)
        counted: dict[str, Any] = {"coupon": coupon, "coupon_units": coupon_units}
        scope, points_word = self._names.words(points, points_units, **counted)
        requests[q.Q_SCOPE, 0] |= scope
        requests[q.Q_POINTS, 0] |= points_word
        return self._cart_held(self._cart(requests, now_ms), requests, now_ms)

    def _lines_of_frame(
        self, frame: pl.DataFrame, of_cart: dict[str, Any]
    ) -> tuple[NDArray[np.int64], list[Bond | None]]:
        """The requests of a frame of lines, and what they are bound to, as `_usual_lines`."""
        if not 1 <= len(frame) <= LINES_PER_CART_MAX:
            raise InputError(f"hold_cart: {len(frame)} lines; a cart has 1 to {LINES_PER_CART_MAX}")
        for name in _ONE_FOR_ALL:
            if name in frame.columns:
                raise InputError(f"hold_cart: column {name}: it is one for the cart; give it as an argument")
        if "replace" in frame.columns:
            raise InputError("hold_cart: column replace: a cart replaces no hold; release the old one, or use hold")
        bonds: list[Bond | None] = []
        if "quote" in frame.columns:
            frame, bonds = self._with_quotes("hold_cart", frame)
            frame = frame.drop(name for name, value in of_cart.items() if value is not None and name in frame.columns)
        requests = requests_of(self.catalog, self._digests, self._names, frame, "hold_cart")
        self._refuse_unknown(requests, frame)
        bind_lines(requests, bonds)
        return requests, bonds

    def _refuse_unknown(self, requests: NDArray[np.int64], frame: pl.DataFrame) -> None:
        """UnknownIdError for the first line whose room type or plan there is not."""
        for line in np.flatnonzero(requests[q.Q_ROW] < 0)[:1].tolist():
            names = (frame["hotel_id"][line], frame["room_type_id"][line])
            try:
                self.catalog.row_index(*names)  # says what is unknown
                self.catalog.product_index(*names, frame["plan"][line])
            except UnknownIdError as error:
                raise UnknownIdError(f"hold_cart: line {line}: {error}") from None

    def _cart(self, requests: NDArray[np.int64], now_ms: int) -> CartAnswer:
        """Hold the lines. A counter that is coupon and points of one line, or too many hotels are refused before
        anything is locked.
        """
        coupons = requests[q.Q_SCOPE] >> q.COUNTER_SHIFT & q.NUMBER_MASK
        for line in np.flatnonzero((coupons != 0) & (coupons == requests[q.Q_POINTS] & q.NUMBER_MASK)).tolist():
            name = self._names.subject("counter", int(coupons[line]) - 1)  # each alone would find enough of it
            raise InputError(
                f"hold_cart: coupon and points of line {line} are both {name!r}; name it once, with the units of both"
            )
        hotels = len(set(self.catalog.row_hotel[requests[q.Q_ROW][requests[q.Q_ROW] >= 0]].tolist()))
        if hotels > HOTELS_PER_CART_MAX:
            raise InputError(f"hold_cart: {hotels} hotels; a cart spans at most {HOTELS_PER_CART_MAX}")
        return self._inventory.hold_cart(requests, now_ms)

    def _cart_held(self, answer: CartAnswer, requests: NDArray[np.int64], now_ms: int) -> Cart:
        outcome = Outcome(answer.code)
        if outcome == Outcome.KEY_REUSED:
            raise Refused(outcome, f"cart: {outcome.sentence} ({outcome.name}); nothing was held")
        if not outcome.success:
            line = answer.line
            hotel_id, room_type_id = self._row_names(int(requests[q.Q_ROW, line]))
            failing = to_date(answer.night).isoformat() if outcome.has_night else None
            where = f", {failing}" if failing else ""
            what = f"cart line {line}, {hotel_id}/{room_type_id}"
            if outcome == Outcome.INVALID:
                nights, rooms = requests[[q.Q_NIGHTS, q.Q_ROOMS], line].tolist()
                what += f" for {nights} nights, rooms {rooms}"
            raise Refused(
                outcome,
                f"{what}: {outcome.sentence} ({outcome.name}{where}); nothing was held",
                failing,
                line,
            )
        if outcome == Outcome.EXISTS:
            return self._known_cart(int(answer.hold_ids[0]), now_ms)
        holds = []
        for line, hold_id in enumerate(answer.hold_ids.tolist()):
            row, _, arrival, nights, rooms, ttl_ms = requests[: q.Q_KEY_HIGH, line].tolist()
            names = self._row_names(row)
            lsn = answer.lsn - len(answer.hold_ids) + 1 + line
            holds.append(Hold(hold_id, lsn, outcome, now_ms + ttl_ms, *names, to_date(arrival), nights, rooms))
        return Cart(holds[0].id, tuple(holds), outcome)

    def _known_cart(self, cart_id: int, now_ms: int) -> Cart:
        """The cart that a key made before."""
        holds = []
        for hold_id, row in zip(*self._cart_lines(cart_id), strict=True):
            record = self._inventory.record(int(hold_id), now_ms)
            if record is not None:
                hotel_id, room_type_id = self._row_names(int(row))
                holds.append(
                    Hold(
                        int(hold_id),
                        record.lsn,
                        Outcome.EXISTS,
                        record.deadline_ms,
                        hotel_id,
                        room_type_id,
                        to_date(record.arrival),
                        record.nights,
                        record.rooms,
                    )
                )
        return Cart(cart_id, tuple(holds), Outcome.EXISTS)

    def _hold_frame_as_cart(self, source: Any, what: str, ttl_ms: int) -> pl.DataFrame:
        """`hold_many(all_or_nothing=True)`: the whole frame as one cart, answered as a frame."""
        frame = as_frame(what, source)
        if not 1 <= len(frame) <= LINES_PER_CART_MAX:
            raise InputError(f"{what}: {len(frame)} lines all or nothing; allowed are 1 to {LINES_PER_CART_MAX}")
        if "replace" in frame.columns and frame["replace"].is_not_null().any():
            raise InputError(f"{what}: column replace: a cart replaces no hold; give the lines one by one")
        bonds: list[Bond | None] = []
        if "quote" in frame.columns:
            frame, bonds = self._with_quotes(what, frame)
        requests = requests_of(self.catalog, self._digests, self._names, frame, what, ttl_ms)
        _once(what, "key", requests, (q.Q_KEY_HIGH, q.Q_KEY_LOW))
        if not bonds:
            scope = requests[q.Q_SCOPE]
            coupons = scope[None] & q.SCOPE_COUPON
            _once(what, "coupon", coupons, (0,))
            _once(what, "points", requests, (q.Q_POINTS,))
            points = np.where(requests[q.Q_POINTS] != 0, q.SCOPE_POINTS, 0)
            requests[q.Q_SCOPE] = scope & ~(q.SCOPE_COUPON | q.SCOPE_POINTS) | coupons[0] | points
        bind_lines(requests, bonds)
        now_ms = self._now_ms()
        answer = self._cart(requests, now_ms)
        size = len(frame)
        if answer.code == Outcome.OK:
            lsn = answer.lsn - size + 1 + np.arange(size)
            columns = {"outcome": np.zeros(size, np.int16), "hold_id": answer.hold_ids, "lsn": lsn}
            return pl.DataFrame(columns).with_columns(pl.lit(None, pl.Date).alias("night"))
        outcomes: list[int | None] = [None] * size
        ids = [0] * size
        lsns = [0] * size
        if answer.code == Outcome.EXISTS:
            outcomes = [answer.code] * size
            ids = self._cart_lines(int(answer.hold_ids[0]))[0].tolist()
            records = [self._inventory.record(each, now_ms) if each else None for each in ids]
            lsns = [record.lsn if record else 0 for record in records]
        else:
            unknown_hotel = requests[q.Q_ROW, answer.line] == UNKNOWN_HOTEL_ROW
            nameless = answer.code == Outcome.UNKNOWN_PRODUCT and unknown_hotel
            outcomes[answer.line] = Outcome.UNKNOWN_HOTEL if nameless else answer.code
        nights = [to_date(answer.night) if code is not None and Outcome(code).has_night else None for code in outcomes]
        return pl.DataFrame(
            {"outcome": outcomes, "hold_id": ids, "lsn": lsns, "night": nights},
            schema={"outcome": pl.Int16, "hold_id": pl.Int64, "lsn": pl.Int64, "night": pl.Date},
        )


def _once(what: str, name: str, requests: NDArray[np.int64], fields: tuple[int, ...]) -> None:
    """Leave what lines name in some fields (0 = nothing) with the first line alone; InputError where two lines name
    different ones. requests int64 (field, line) [inout].
    """
    words = requests[list(fields)]
    named = np.flatnonzero(words.any(axis=0))
    if not named.size:
        return
    first = named[0]
    other = named[(words[:, named] != words[:, [first]]).any(axis=0)]
    if other.size:
        raise InputError(
            f"{what}: rows {first} and {other[0]} name different ones in column {name}; lines that are held all or "
            f"nothing have one {name} together"
        )
    requests[list(fields)] = 0
    requests[list(fields), 0] = words[:, first]
