"""What can be said to a request: names, their numbers, and the answer that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

#: Outcome codes, repeated here because an oracle imports nothing of what it judges. Smaller takes precedence.
CODES = {
    "OK": 0,
    "INVALID": 100, "KEY_REUSED": 110, "EXISTS": 120,
    "UNKNOWN_HOTEL": 200, "UNKNOWN_PRODUCT": 210, "OUTSIDE_HORIZON": 220, "QUOTE_EXPIRED": 225,
    "NOT_FOUND": 230, "UNKNOWN_BLOCK": 240,
    "ALREADY_CONFIRMED": 300, "ALREADY_RELEASED": 310, "ALREADY_CANCELLED": 320, "EXPIRED": 330, "NOT_CONFIRMED": 340,
    "ALREADY_CHECKED_IN": 350, "ALREADY_CHECKED_OUT": 360, "ALREADY_NO_SHOW": 370, "NOT_CHECKED_IN": 380,
    "QUOTE_BOUND": 390,
    "CLOSED": 400, "CLOSED_TO_ARRIVAL": 410, "CLOSED_TO_DEPARTURE": 420,
    "MIN_STAY_ARRIVAL": 430, "MAX_STAY_ARRIVAL": 440, "MIN_STAY_THROUGH": 450, "MAX_STAY_THROUGH": 460,
    "STAY_PATTERN": 462, "BOOKED_TOO_EARLY": 464, "BOOKED_TOO_LATE": 466, "TOO_MANY_GUESTS": 470,
    "QUOTA_USED_UP": 480, "COUNTER_USED_UP": 484, "POINTS_USED_UP": 485, "TOO_MANY_OPEN_HOLDS": 486,
    "BELOW_HURDLE": 490, "PROTECTED": 495, "BLOCK_USED_UP": 497, "SOLD_OUT": 500, "HOUSE_FULL": 510,
    "BUSY": 600,
}  # fmt: skip

#: Refusals that holds past their deadline may have caused: what is due ends, and the request is tried again.
SWEEPS_THE_HOTEL = {"QUOTA_USED_UP", "BELOW_HURDLE", "PROTECTED", "BLOCK_USED_UP", "SOLD_OUT", "HOUSE_FULL"}
SWEEPS_THE_STORE = {"COUNTER_USED_UP", "POINTS_USED_UP", "TOO_MANY_OPEN_HOLDS"}

#: An outcome and the night that gave it; None where it is about the request and not about a night.
Fault = tuple[str, date | None]


class InputMistake(ValueError):
    """A caller's mistake that is no answer to a request for rooms. Nothing was changed."""


@dataclass(frozen=True)
class Answer:
    """What was said to a request: the outcome's name, the hold, and the first night that gave the outcome."""

    outcome: str
    hold_id: int | None = None
    night: date | None = None


@dataclass(frozen=True)
class CartAnswer:
    """What was said to a cart: its id and holds, or the first line refused (0-based) with its outcome and night."""

    outcome: str
    cart_id: int | None = None
    hold_ids: tuple[int, ...] = ()
    line: int | None = None
    night: date | None = None


def worst(faults: list[Fault]) -> Answer:
    """The lowest code over all faults and the first night that gives it; OK where there is none."""
    if not faults:
        return Answer("OK")
    outcome, night = min(faults, key=lambda fault: (CODES[fault[0]], fault[1] or date.min))
    return Answer(outcome, night=night)
