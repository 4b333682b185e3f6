"""One clerk with a sheet of paper: what everybody would be told if only one call at a time were taken.

A model of a few room types, each of its own hotel, that knows every verb that takes or gives rooms; made to be copied
often, so that a checker can try orders. A call brings its own instant: the store reads the clock once, when it is
called. What is due comes back when a request would be refused otherwise, or when the hold itself is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.oracles.lifecycle import REPLIES
from tests.strategies import FIRST_NIGHT


def today(now_ms: int) -> int:
    """Which night it is at the hotels, all in Shanghai: 0 for the first of the window."""
    return (
        datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(hours=8)
    ).date().toordinal() - FIRST_NIGHT.toordinal()


class Held(NamedTuple):
    """A hold or booking: its state, row, nights (first, how many it has), rooms, deadline. The booking made in place of
    hold n when that had expired has the number ~n.
    """

    state: str
    row: int
    first: int
    nights: int
    rooms: int
    deadline_ms: int


#: Verbs that are not about one hold that is there.
ALONE = (
    "hold", "cart", "confirm_cart", "release_cart", "extend_cart", "cancel_cart", "rebook_cart", "replace", "rebook",
    "look_at", "sweep", "expire", "sell_elsewhere",
)  # fmt: skip


class Clerk:
    """Free rooms and rooms sold elsewhere, lists over row x night, and holds by number.

    `sweeps`: False where every end of a hold is told.
    """

    __slots__ = ("elsewhere", "free", "holds", "nights", "open", "sweeps")

    def __init__(self, rows: int, nights: int, capacity: int, *, sweeps: bool = True) -> None:
        self.sweeps = sweeps
        self.free = [capacity] * (rows * nights)
        self.elsewhere = [0] * (rows * nights)
        self.nights = nights
        self.holds: dict[int, Held] = {}
        self.open: set[int] = set()  # those that are held

    def copy(self) -> Clerk:
        other = Clerk.__new__(Clerk)
        other.free, other.holds, other.open = self.free.copy(), self.holds.copy(), self.open.copy()
        other.nights, other.sweeps, other.elsewhere = self.nights, self.sweeps, self.elsewhere.copy()
        return other

    def key(self) -> Any:
        return tuple(self.free), tuple(self.elsewhere), frozenset(self.holds.items())

    def do(self, verb: str, asked: tuple[Any, ...], now_ms: int) -> str | None:
        """What is said to a call; the sheet is as after it."""
        if verb in ALONE:
            return getattr(self, f"_{verb}")(now_ms, *asked)
        number, *arguments = asked
        found = self._touch(number, now_ms)
        reply = REPLIES[verb].get(found.state)
        if reply is not None:
            booked_otherwise = verb == "confirm" and reply == "EXISTS" and arguments[0] not in (0, found.rooms)
            return "ALREADY_CONFIRMED" if booked_otherwise else reply
        return getattr(self, f"_{verb}")(number, found, now_ms, *arguments)

    # Rooms

    def _change(self, held: Held, sign: int) -> None:
        """Rooms that are taken come off (-1) or back (1)."""
        begin = held.row * self.nights + held.first
        for cell in range(begin, begin + held.nights):
            self.free[cell] += sign * held.rooms

    def _fits(self, new: Held, old: Held | None = None) -> bool:
        """Whether there are rooms on all nights, once those of `old` are back; where it takes no more than `old` had,
        that is not asked.
        """
        for night in range(new.first, new.first + new.nights):
            more = new.rooms
            if old is not None and old.row == new.row and old.first <= night < old.first + old.nights:
                more -= old.rooms
            if more > 0 and self.free[new.row * self.nights + night] < more:
                return False
        return True

    def _fits_by_now(self, now_ms: int, new: Held, old: Held | None = None) -> bool:
        """`_fits`, once what is due in its hotel has ended."""
        return self._fits(new, old) or (self._sweep(now_ms, new.row) and self._fits(new, old))

    def _end(self, number: int, state: str) -> None:
        found = self.holds[number]
        self._change(found, 1)
        self.holds[number] = found._replace(state=state)
        self.open.discard(number)

    def _touch(self, number: int, now_ms: int) -> Held:
        found = self.holds[number]
        if found.state == "held" and found.deadline_ms <= now_ms:
            self._end(number, "expired")
        return self.holds[number]

    def _sweep(self, now_ms: int, row: int) -> Any:
        """End what is due in a hotel; whether anything was."""
        due = [n for n in self.open if self.sweeps and self.holds[n].row == row and self.holds[n].deadline_ms <= now_ms]
        for number in due:
            self._end(number, "expired")
        return bool(due)

    def _begin(self, number: int, held: Held) -> str:
        self._change(held, -1)
        self.holds[number] = held
        (self.open.add if held.state == "held" else self.open.discard)(number)
        return "OK"

    def _expire(self, now_ms: int, number: int) -> str:
        """The store says that a hold expired: whether it was due."""
        found = self.holds[number]
        if found.state != "held" or found.deadline_ms > now_ms:
            return f"{found} is not due at {now_ms}"
        self._end(number, "expired")
        return "OK"

    # What begins

    def _hold(self, now_ms: int, number: int, row: int, first: int, nights: int, rooms: int, ttl_ms: int) -> str:
        new = Held("held" if ttl_ms else "booked", row, first, nights, rooms, now_ms + ttl_ms)
        return self._begin(number, new) if self._fits_by_now(now_ms, new) else "SOLD_OUT"

    def _cart(self, now_ms: int, ttl_ms: int, *lines: tuple[int, int, int, int, int]) -> str:
        news = [(number, Held("held", *stay, now_ms + ttl_ms)) for number, *stay in lines]
        return self._begin_all(now_ms, news, {new.row for _, new in news})

    def _begin_all(self, now_ms: int, news: Sequence[tuple[int, Held]], rows: set[int]) -> str:
        """All of them, once what is due in some hotels has ended, or none."""
        for _ in range(2):
            before = self.free.copy()
            for _, new in news:
                if not self._fits(new):
                    break
                self._change(new, -1)
            else:
                self.holds.update(news)
                self.open.update(number for number, new in news if new.state == "held")
                return "OK"
            self.free = before
            swept = [self._sweep(now_ms, row) for row in rows]
            if not any(swept):
                break
        return "SOLD_OUT"

    def _replace(
        self, now_ms: int, number: int, row: int, first: int, nights: int, rooms: int, ttl_ms: int, given_up: int
    ) -> str:
        old = self._touch(given_up, now_ms)
        sold = old.state in ("booked", "no_show", "checked_in", "checked_out")
        reply = "ALREADY_CONFIRMED" if sold else REPLIES["confirm"].get(old.state)
        if reply is not None:
            return reply
        new = Held("held", row, first, nights, rooms, now_ms + ttl_ms)
        if not self._fits_by_now(now_ms, new, old):
            return "SOLD_OUT"
        self._end(given_up, "released")
        return self._begin(number, new)

    def _rebook(self, now_ms: int, expired: int) -> str:
        old = self._touch(expired, now_ms)
        if old.state == "held":  # there is still time
            return self._confirm(expired, old, now_ms, 0)
        if old.state != "expired":
            return str(REPLIES["confirm"][old.state])
        if ~expired in self.holds:
            return "EXISTS"
        new = old._replace(state="booked", deadline_ms=now_ms)
        if not self._fits_by_now(now_ms, new):
            return "SOLD_OUT"
        return self._begin(~expired, new)

    def _rebook_cart(self, now_ms: int, *numbers: int) -> str:
        """Lines that have expired are booked, unless one of the others is no booking or there are no rooms for all."""
        reply = self._confirm_cart(now_ms, *numbers)
        if reply != "EXPIRED":
            return reply
        lines = self._lines(now_ms, numbers)
        replies = [str(REPLIES["confirm"].get(line.state, "NOT_CONFIRMED")) for _, line in lines]
        refused = [reply for reply in replies if reply not in ("EXPIRED", "EXISTS")]
        if refused:
            return refused[0]
        expired = [(number, line) for number, line in lines if line.state == "expired"]
        news = [(~number, line._replace(state="booked", deadline_ms=now_ms)) for number, line in expired]
        return self._begin_all(now_ms, news, {line.row for _, line in lines})

    def _look_at(self, now_ms: int, *numbers: int) -> None:
        """Whoever is to book again looks first whether they can be confirmed, and so ends those that are due."""
        for number in numbers:
            self._touch(number, now_ms)

    # What becomes of it

    def _confirm(self, number: int, found: Held, now_ms: int, rooms: int) -> str:
        if rooms > found.rooms:
            return "INVALID"
        return self._turn(number, found, state="booked", rooms=rooms or found.rooms)

    def _release(self, number: int, found: Held, now_ms: int) -> str:
        self._end(number, "released")
        return "OK"

    def _cancel(self, number: int, found: Held, now_ms: int) -> str:
        self._end(number, "cancelled")
        return "OK"

    def _extend(self, number: int, found: Held, now_ms: int, ttl_ms: int) -> str:
        self.holds[number] = found._replace(deadline_ms=now_ms + ttl_ms)
        return "OK"

    def _no_show(self, number: int, found: Held, now_ms: int, release_from: int) -> str:
        if not found.first <= release_from < found.first + found.nights:
            return "INVALID"
        return self._turn(number, found, state="no_show", nights=release_from - found.first)

    def _depart_early(self, number: int, found: Held, now_ms: int, departure: int) -> str:
        if not found.first < departure < found.first + found.nights:
            return "INVALID"
        return self._turn(number, found, nights=departure - found.first)

    def _check_in(self, number: int, found: Held, now_ms: int) -> str:
        if not found.first <= today(now_ms) < found.first + found.nights:
            return "OUTSIDE_HORIZON"
        return self._turn(number, found, state="checked_in")

    def _check_out(self, number: int, found: Held, now_ms: int) -> str:
        kept = min(found.nights, max(today(now_ms) - found.first, 0))
        return self._turn(number, found, state="checked_out", nights=kept)

    def _amend(self, number: int, found: Held, now_ms: int, first: int, nights: int, rooms: int) -> str:
        if found.state == "checked_in" and (first, rooms) != (found.first, found.rooms):
            return "INVALID"
        new = found._replace(first=first, nights=nights, rooms=rooms)
        if not self._fits_by_now(now_ms, new, found):
            return "SOLD_OUT"
        return self._turn(number, found, first=first, nights=nights, rooms=rooms)

    def _confirm_cart(self, now_ms: int, *numbers: int) -> str:
        return self._resolve_cart("confirm", now_ms, numbers, 0)

    def _release_cart(self, now_ms: int, *numbers: int) -> str:
        return self._resolve_cart("release", now_ms, numbers)

    def _extend_cart(self, now_ms: int, ttl_ms: int, *numbers: int) -> str:
        return self._resolve_cart("extend", now_ms, numbers, ttl_ms)

    def _cancel_cart(self, now_ms: int, *numbers: int) -> str:
        return self._resolve_cart("cancel", now_ms, numbers)

    def _lines(self, now_ms: int, numbers: tuple[int, ...]) -> list[tuple[int, Held]]:
        """The lines of a cart as they are now: where one was booked again, that booking."""
        found = [~number if ~number in self.holds else number for number in numbers]
        return [(number, self._touch(number, now_ms)) for number in found]

    def _resolve_cart(self, verb: str, now_ms: int, numbers: tuple[int, ...], *arguments: int) -> str:
        """All lines that are open, unless one of the others is refused."""
        found = self._lines(now_ms, numbers)
        replies = [REPLIES[verb].get(line.state) for _, line in found]
        refused = [reply for reply in replies if reply not in (None, "EXISTS")]
        if refused:
            return str(refused[0])
        for (number, line), reply in zip(found, replies, strict=True):
            if reply is None:
                getattr(self, f"_{verb}")(number, line, now_ms, *arguments)
        return "OK" if None in replies else "EXISTS"

    # What the hotel sets

    def _sell_elsewhere(self, now_ms: int, row: int, night: int, rooms: int) -> str:
        cell = row * self.nights + night
        more = rooms - self.elsewhere[cell]
        if self.free[cell] < more:
            return "REFUSED"
        self.free[cell] -= more
        self.elsewhere[cell] = rooms
        return "OK"

    def _turn(self, number: int, found: Held, **changes: Any) -> str:
        self._change(found, 1)
        return self._begin(number, found._replace(**changes))
