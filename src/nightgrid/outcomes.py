"""What can be said about a request: one enum, ordered by precedence.

The numbers are stored and exchanged, so they never change: groups of a hundred by subject, smaller
means it takes precedence. Where several nights of a stay fail, the outcome is the lowest over all nights,
and the night reported is the first one that gives this outcome.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from nightgrid.limits import ROOMS_MAX, STAY_NIGHTS_MAX


class Outcome(IntEnum):
    """Result of one request to the inventory. `OK` and `EXISTS` are successes."""

    OK = 0
    # 100: the request itself
    INVALID = 100
    KEY_REUSED = 110
    EXISTS = 120
    # 200: what it names
    UNKNOWN_HOTEL = 200
    UNKNOWN_PRODUCT = 210
    OUTSIDE_HORIZON = 220
    QUOTE_EXPIRED = 225
    NOT_FOUND = 230
    UNKNOWN_BLOCK = 240
    # 300: the life cycle of a hold
    ALREADY_CONFIRMED = 300
    ALREADY_RELEASED = 310
    ALREADY_CANCELLED = 320
    EXPIRED = 330
    NOT_CONFIRMED = 340
    ALREADY_CHECKED_IN = 350
    ALREADY_CHECKED_OUT = 360
    ALREADY_NO_SHOW = 370
    NOT_CHECKED_IN = 380
    QUOTE_BOUND = 390
    # 400: restrictions, and what the hotel keeps back from this sale
    CLOSED = 400
    CLOSED_TO_ARRIVAL = 410
    CLOSED_TO_DEPARTURE = 420
    MIN_STAY_ARRIVAL = 430
    MAX_STAY_ARRIVAL = 440
    MIN_STAY_THROUGH = 450
    MAX_STAY_THROUGH = 460
    STAY_PATTERN = 462
    BOOKED_TOO_EARLY = 464
    BOOKED_TOO_LATE = 466
    TOO_MANY_GUESTS = 470
    QUOTA_USED_UP = 480
    COUNTER_USED_UP = 484
    POINTS_USED_UP = 485
    TOO_MANY_OPEN_HOLDS = 486
    BELOW_HURDLE = 490
    PROTECTED = 495
    BLOCK_USED_UP = 497
    # 500: rooms
    SOLD_OUT = 500
    HOUSE_FULL = 510
    # 600: the store
    BUSY = 600

    @property
    def success(self) -> bool:
        """True where the caller has what he asked for."""
        return self in (Outcome.OK, Outcome.EXISTS)

    @property
    def has_night(self) -> bool:
        """True where a night of the stay is the reason, and not the request as a whole."""
        return Outcome.CLOSED <= self < Outcome.BUSY and self not in _OF_THE_REQUEST

    @property
    def sentence(self) -> str:
        """One sentence for a person."""
        return _SENTENCES[self]


class NoPrice(IntFlag):
    """Why a stay has no price, all reasons at once: the bits of the column `refused` in bulk answers."""

    PAST = 1  # it arrives before the day of booking, or its first night has left the window
    BEYOND = 2  # it is not inside the nights that have prices
    NIGHTS = 4  # a stay has 1 to 365 nights
    PARTY = 8  # the room type does not take so many guests
    SIZE = 16  # the hotel gives no price for so many guests
    PACKAGE = 32  # the product is not sold with a package that is asked for


_OF_THE_REQUEST = (
    Outcome.TOO_MANY_GUESTS,
    Outcome.COUNTER_USED_UP,
    Outcome.POINTS_USED_UP,
    Outcome.TOO_MANY_OPEN_HOLDS,
)

_SENTENCES = {
    Outcome.OK: "done",
    Outcome.INVALID: f"allowed are 1 to {STAY_NIGHTS_MAX} nights and 1 to {ROOMS_MAX:,} rooms",
    Outcome.KEY_REUSED: "this idempotency key was used for a different request; use a new key",
    Outcome.EXISTS: "this request was already done; the first answer is given again",
    Outcome.UNKNOWN_HOTEL: "there is no such hotel in the catalogue",
    Outcome.UNKNOWN_PRODUCT: "there is no such room type or plan in this hotel",
    Outcome.OUTSIDE_HORIZON: "the stay is not inside the nights on sale at this hotel",
    Outcome.QUOTE_EXPIRED: "the quote is not valid any more; quote anew",
    Outcome.NOT_FOUND: "there is no such hold or booking, or it ended too long ago",
    Outcome.UNKNOWN_BLOCK: "there is no such block for this room type and channel; create it first, or leave block out",
    Outcome.ALREADY_CONFIRMED: "the hold is already a booking; cancel it instead",
    Outcome.ALREADY_RELEASED: "the hold was already released",
    Outcome.ALREADY_CANCELLED: "the booking was already cancelled",
    Outcome.EXPIRED: "the hold reached its deadline; hold again if rooms remain",
    Outcome.NOT_CONFIRMED: "the hold is not a booking yet; release it instead",
    Outcome.ALREADY_CHECKED_IN: "the guest has checked in already; shorten the stay or check out instead",
    Outcome.ALREADY_CHECKED_OUT: "the guest has checked out already; the stay is over",
    Outcome.ALREADY_NO_SHOW: "the booking was already recorded as a no show",
    Outcome.NOT_CHECKED_IN: "the guest has not checked in yet; check in first, or cancel the booking",
    Outcome.QUOTE_BOUND: "the price is that of a quote and never changes; give a quote for the new stay",
    Outcome.CLOSED: "a night of the stay is closed",
    Outcome.CLOSED_TO_ARRIVAL: "the arrival date is closed to arrival",
    Outcome.CLOSED_TO_DEPARTURE: "the departure date is closed to departure",
    Outcome.MIN_STAY_ARRIVAL: "the stay is shorter than the minimum on its arrival date",
    Outcome.MAX_STAY_ARRIVAL: "the stay is longer than the maximum on its arrival date",
    Outcome.MIN_STAY_THROUGH: "the stay is shorter than the minimum of one of its nights",
    Outcome.MAX_STAY_THROUGH: "the stay is longer than the maximum of one of its nights",
    Outcome.STAY_PATTERN: "this length of stay is not sold for this arrival date; change the nights or the arrival",
    Outcome.BOOKED_TOO_EARLY: "the arrival date is further ahead than may be booked; ask again nearer to it",
    Outcome.BOOKED_TOO_LATE: "the arrival date is nearer than may be booked; choose a later arrival",
    Outcome.TOO_MANY_GUESTS: "the room type does not take that many guests; choose a larger one, or more rooms",
    Outcome.QUOTA_USED_UP: "the rooms set aside for this channel or plan are used up on a night of the stay",
    Outcome.COUNTER_USED_UP: "the coupon has too few uses left; leave it out, or use another",
    Outcome.POINTS_USED_UP: "too few points are left; offer fewer",
    Outcome.TOO_MANY_OPEN_HOLDS: "this channel has too many open holds; confirm or release some first",
    Outcome.BELOW_HURDLE: "the value of the stay is below what the hotel asks for these nights",
    Outcome.PROTECTED: "the last rooms of a night of the stay are kept for higher tiers or other channels",
    Outcome.BLOCK_USED_UP: "the block has too few rooms left on a night of the stay, or was released",
    Outcome.SOLD_OUT: "not enough rooms are free on every night of the stay",
    Outcome.HOUSE_FULL: "the hotel as a whole takes no more rooms on a night of the stay",
    Outcome.BUSY: "no hold slot is free; release holds or let the store grow",
}
