"""What becomes of a cart as a whole, by its id: confirmed, released, extended, cancelled, booked again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.counts import plain_int
from nightgrid.engine.base import EngineBase
from nightgrid.engine.edge.answers import Ticket
from nightgrid.engine.edge.names import checked_flag
from nightgrid.engine.rooms.asked import ttl_ms_of
from nightgrid.engine.rooms.worth_again import as_it_was, check_unsaid, nights_again, of_lines, worth_again
from nightgrid.errors import InputTypeError, Refused
from nightgrid.native.holds.carts import COUNT_SHIFT, LINE_MASK
from nightgrid.native.store import layout as at
from nightgrid.native.store import verdicts as v
from nightgrid.native.upkeep import questions as ask
from nightgrid.nights import to_date
from nightgrid.outcomes import Outcome


def _by_line(found: NDArray[np.int64], lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Lines of a cart, int64 (line found, 3), in their order, with holds of 0 and rows of -1 for what is forgotten.
    found (line found, FOUND_WORDS).
    """
    ordered = np.full((int(found[0, at.W_REQUEST] >> COUNT_SHIFT & LINE_MASK), 3), (0, -1, 0), np.int64)
    ordered[found[:, at.W_REQUEST] & LINE_MASK] = lines
    return ordered


class CartVerbsMixin(EngineBase):
    """Verbs of whole carts: all lines or none, in one publication."""

    def _lines_of(self, cart_id: int) -> NDArray[np.int64]:
        """The lines of a cart in their order, as `native.upkeep.questions.cart_lines`; hold 0 and row -1 for a line
        that is not remembered any more. Refused if there is no such cart, or its first line, whose id names it, is
        forgotten. O(lines); O(slots used) where a line is forgotten.
        """
        if type(cart_id := plain_int(cart_id)) is not int:
            raise InputTypeError(f"cart_id is {cart_id!r}; give the `cart_id` that hold_cart() answered")
        now_ms = self._now_ms()
        linked = self._inventory.cart_lines(cart_id, now_ms) if 0 < cart_id < 2**63 else None
        if linked is not None:
            return linked
        found = np.empty((0, ask.FOUND_WORDS), np.int64)
        if 0 < cart_id < 2**63:
            found = self._inventory.find({ask.ASK_CART: cart_id}, now_ms)
        ids = (found[:, at.W_STATE] >> 8) << 32 | found[:, at.W_WORDS]
        if not (ids == cart_id).any():
            raise Refused(Outcome.NOT_FOUND, f"cart {cart_id}: {Outcome.NOT_FOUND.sentence} (NOT_FOUND)")
        expired = found[:, at.W_STATE] & 0xFF == at.STATE_EXPIRED | at.STATE_ENDED
        again = np.where(expired, np.maximum(found[:, at.W_PREVIOUS], 0), 0)
        return _by_line(found, np.stack([ids, found[:, at.W_PLACE] & 0xFFFFFFFF, again], axis=1))

    def _cart_lines(self, cart_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(hold ids, rows) of a cart in the order of its lines; 0 and -1 for a line that is not remembered any more."""
        lines = self._lines_of(cart_id)
        return lines[:, 0], lines[:, 1]

    def _lines_now(self, cart_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`_cart_lines`, where a line that was booked again after it expired is that booking."""
        lines = self._lines_of(cart_id)
        return np.where(lines[:, 2] > 0, lines[:, 2], lines[:, 0]), lines[:, 1]

    def _resolve_cart(self, cart_id: int, verb: int, name: str, argument: int = 0) -> list[Ticket]:
        now_ms = self._now_ms()
        ids, rows = self._lines_now(cart_id)
        code, line, lsns = self._inventory.resolve_cart(ids, rows[rows >= 0], verb, argument, now_ms)
        outcome = Outcome(code)
        if not outcome.success:
            text = f"{name} cart {cart_id}: line {line}: {outcome.sentence} ({outcome.name}); nothing was changed"
            raise Refused(outcome, text, None, line)
        return [Ticket(int(hold_id), int(lsn), outcome) for hold_id, lsn in zip(ids, lsns, strict=True)]

    def confirm_cart(
        self,
        cart_id: int,
        *,
        rebook: bool = False,
        value_minor: Sequence[int | None] | None = None,
        nights_minor: Sequence[Sequence[int] | None] | None = None,
    ) -> list[Ticket]:
        """Confirm every line of a cart in one step, or none; lines that are bookings already stay what they are.

        Refused where a line cannot be confirmed, also because it ended so long ago that it is forgotten. `rebook`:
        where the deadline has come, book again what has expired of the cart, if the rooms are there for all of it: new
        bookings, each linked to the expired hold, whose ids the tickets carry and for which the cart stands from then
        on. A line that is still open is not booked again (NOT_CONFIRMED). `value_minor`, `nights_minor`: what each line
        is worth now, in the order of the lines, None for a line that is worth what it was; as in `confirm`.
        """
        if not checked_flag("rebook", rebook):
            check_unsaid(value_minor, nights_minor)
            return self._resolve_cart(cart_id, v.VERB_CONFIRM, "confirm")
        said = value_minor is not None or nights_minor is not None
        worth = self._worth_of_lines(cart_id, value_minor, nights_minor) if said else None
        try:
            return self._resolve_cart(cart_id, v.VERB_CONFIRM, "confirm")
        except Refused as refused:
            if refused.outcome != Outcome.EXPIRED:
                raise
        return self._rebook_cart(cart_id, worth)

    def _worth_of_lines(self, cart_id: int, value_minor: Any, nights_minor: Any) -> NDArray[np.int64]:
        """What the lines of a cart are worth now, int64 (line, 3)."""
        now_ms = self._now_ms()
        lines = self._lines_of(cart_id).tolist()
        nights = [None if again > 0 else nights_again(self._inventory, hold_id, now_ms) for hold_id, _, again in lines]
        values = of_lines("value_minor", value_minor, len(nights))
        each = of_lines("nights_minor", nights_minor, len(nights))
        return worth_again(list(zip(nights, values, each, strict=True)))

    def _rebook_cart(self, cart_id: int, worth: NDArray[np.int64] | None) -> list[Ticket]:
        now_ms = self._now_ms()
        ids, rows = self._lines_now(cart_id)
        worth = as_it_was(len(ids)) if worth is None else worth
        code, line, night, new_ids, lsns = self._inventory.rebook_cart(ids, rows[rows >= 0], worth, now_ms)
        outcome = Outcome(code)
        if not outcome.success:
            failing = to_date(night).isoformat() if outcome.has_night else None
            where = f"{outcome.name}, {failing}" if failing else outcome.name
            text = f"confirm cart {cart_id} again: line {line}: {outcome.sentence} ({where}); nothing was changed"
            raise Refused(outcome, text, failing, line)
        return [Ticket(int(hold_id), int(lsn), outcome) for hold_id, lsn in zip(new_ids, lsns, strict=True)]

    def release_cart(self, cart_id: int) -> list[Ticket]:
        """Release every line of a cart in one step, or none; refused as `confirm_cart`."""
        return self._resolve_cart(cart_id, v.VERB_RELEASE, "release")

    def extend_cart(self, cart_id: int, ttl_seconds: float) -> list[Ticket]:
        """Give every line of an open cart a new deadline, `ttl_seconds` from now, in one step; refused where a line is
        not open any more.
        """
        return self._resolve_cart(cart_id, v.VERB_EXTEND, "extend", ttl_ms_of(ttl_seconds))

    def cancel_cart(self, cart_id: int, *, refund: bool = False) -> list[Ticket]:
        """Cancel the bookings of all lines of a cart in one step, or none; lines that were cancelled before do not
        stand in the way. `refund`: quotas and the units of limited counters come back too.
        """
        return self._resolve_cart(cart_id, v.VERB_CANCEL, "cancel", int(checked_flag("refund", refund)))
