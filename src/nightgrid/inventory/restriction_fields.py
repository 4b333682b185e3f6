"""The restrictions by name: how each is kept in a profile, and what a profile says.

A profile is int16 (F_FIELDS), all zero = unrestricted. A change of profiles is two rows of bits: what is kept of the
old profile and what is put in; so delta, overlay and delete are one operation, `(old & keep) | put`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import InputError
from nightgrid.limits import ADVANCE_DAYS_MAX, PATTERN_NIGHTS_MAX, STAY_NIGHTS_MAX
from nightgrid.native.store import layout as at
from nightgrid.nights import WEEKDAYS

FLAGS: Final = {
    "closed": at.FLAG_CLOSED,
    "closed_to_arrival": at.FLAG_CLOSED_TO_ARRIVAL,
    "closed_to_departure": at.FLAG_CLOSED_TO_DEPARTURE,
}


class NumberField(NamedTuple):
    """A number: its field, the smallest value, the largest, its unit, and what is added to it in the profile."""

    field: int
    low: int
    high: int
    unit: str
    added: int = 0


NUMBERS: Final = {
    "min_stay_arrival": NumberField(at.F_MIN_ARRIVAL, 0, STAY_NIGHTS_MAX, "nights"),
    "max_stay_arrival": NumberField(at.F_MAX_ARRIVAL, 0, STAY_NIGHTS_MAX, "nights"),
    "min_stay_through": NumberField(at.F_MIN_THROUGH, 0, STAY_NIGHTS_MAX, "nights"),
    "max_stay_through": NumberField(at.F_MAX_THROUGH, 0, STAY_NIGHTS_MAX, "nights"),
    "min_advance_days": NumberField(at.F_MIN_ADVANCE, 0, ADVANCE_DAYS_MAX, "days"),
    "max_advance_days": NumberField(at.F_MAX_ADVANCE, -1, ADVANCE_DAYS_MAX, "days", added=1),
    "stay_multiple_of": NumberField(at.F_MULTIPLE, 0, STAY_NIGHTS_MAX, "nights"),
}
PATTERN: Final = "full_pattern"
ARRIVAL_WEEKDAYS: Final = "arrival_weekdays"
TEXTS: Final = (PATTERN, ARRIVAL_WEEKDAYS)
RESTRICTION_NAMES: Final = (
    *FLAGS,
    *list(NUMBERS)[:4],
    PATTERN,
    *list(NUMBERS)[4:],
    ARRIVAL_WEEKDAYS,
)
_EVERY_DAY = 2 ** len(WEEKDAYS) - 1


class Changes(NamedTuple):
    """Changes of profiles: `(old & keep) | put`, both int16 (change, F_FIELDS)."""

    keep: NDArray[np.int16]
    put: NDArray[np.int16]

    def distinct(self) -> tuple[Changes, NDArray[np.int64]]:
        """The same changes, each once, and the position of every change among them."""
        both = np.ascontiguousarray(np.concatenate((self.keep, self.put), axis=1))
        text = both.view(np.dtype((np.void, both.itemsize * both.shape[1]))).ravel()
        _, first, inverse = np.unique(text, return_index=True, return_inverse=True)
        return Changes(self.keep[first], self.put[first]), inverse.astype(np.int64)


def check_number(name: str, value: int) -> None:
    """InputError unless a number is in its range."""
    field = NUMBERS[name]
    if not field.low <= value <= field.high:
        removes = field.low
        raise InputError(
            f"{name} is {value} {field.unit}; allowed are {removes + 1} to {field.high}, or {removes} to remove it"
        )


def pattern_code(value: str | int) -> int:
    """A full pattern as one number: a leading 1, and below it bit k = a stay of k + 1 nights is open; 0 = no pattern.

    value: a text of Y and N (or 1 and 0), first the stay of one night, whose last letter holds for all longer stays; or
    62 bits as a number, lowest first, whose highest bit holds for all longer stays. Letters that only repeat the last
    one are left out.
    """
    if isinstance(value, str):
        letters = value.strip().upper().translate(str.maketrans("10", "YN"))
        if len(letters) > PATTERN_NIGHTS_MAX or set(letters) - {"Y", "N"}:
            raise InputError(
                f"full_pattern is {value!r}; give up to {PATTERN_NIGHTS_MAX} letters, Y (open) or N, the first for a "
                "stay of one night"
            )
    else:
        if not 0 <= value < 2**PATTERN_NIGHTS_MAX:
            raise InputError(
                f"full_pattern is {value}; a number has {PATTERN_NIGHTS_MAX} bits, 0 to 2**{PATTERN_NIGHTS_MAX} - 1"
            )
        letters = "".join("NY"[value >> night & 1] for night in range(PATTERN_NIGHTS_MAX)) if value else ""
    if letters and "Y" not in letters:
        raise InputError(f"full_pattern is {value!r} and opens no stay at all; use closed_to_arrival")
    last = letters[-1:]
    letters = letters.rstrip(last) + last
    if letters in ("", "Y"):
        return 0
    return 1 << len(letters) | sum(1 << night for night, letter in enumerate(letters) if letter == "Y")


def weekdays_code(days: list[int]) -> int:
    """Weekdays of arrival (0 = Monday) as a mask; 0 = every day."""
    mask = sum(1 << day for day in set(days))
    return 0 if mask == _EVERY_DAY else mask


def _mask(name: str) -> NDArray[np.int16]:
    """The bits of a profile in which a restriction is kept: int16 (F_FIELDS)."""
    mask = np.zeros(at.F_FIELDS, np.int16)
    if name in FLAGS:
        mask[at.F_FLAGS] = FLAGS[name]
    elif name == PATTERN:
        mask[at.F_PATTERN_LENGTH] = -1
        mask[at.F_PATTERN : at.F_PATTERN + at.F_PATTERN_WORDS] = -1
    else:
        mask[at.F_WEEKDAYS if name == ARRIVAL_WEEKDAYS else NUMBERS[name].field] = -1
    return mask


def _encoded(name: str, values: NDArray[np.int64]) -> NDArray[np.int16]:
    """Values of one restriction as profiles that say nothing else: int16 (change, F_FIELDS)."""
    profiles = np.zeros((len(values), at.F_FIELDS), np.int16)
    if name in FLAGS:
        profiles[:, at.F_FLAGS] = np.where(values != 0, FLAGS[name], 0)
    elif name == ARRIVAL_WEEKDAYS:
        profiles[:, at.F_WEEKDAYS] = values
    elif name == PATTERN:
        distinct, inverse = np.unique(values, return_inverse=True)
        length = np.array([max(code.bit_length() - 1, 0) for code in distinct.tolist()], np.int64)[inverse]
        profiles[:, at.F_PATTERN_LENGTH] = length
        bits = np.where(values > 0, values & ~(np.int64(1) << length), 0)
        for word in range(at.F_PATTERN_WORDS):
            profiles[:, at.F_PATTERN + word] = (bits >> 16 * word & 0xFFFF).astype(np.uint16).view(np.int16)
    else:
        field = NUMBERS[name]
        profiles[:, field.field] = values + field.added
    return profiles


def changes_to(
    size: int, values: Mapping[str, NDArray[np.int64]], given: Mapping[str, NDArray[np.bool_]], *, replace: bool
) -> Changes:
    """Changes that write the values given and keep the rest, or with `replace` clear the rest.

    values (change) int64 by name, checked: flags 0 or 1, numbers as they are named, codes of pattern and weekdays;
    given (change) bool: where the restriction is named.
    """
    keep = np.full((size, at.F_FIELDS), 0 if replace else -1, np.int16)
    put = np.zeros((size, at.F_FIELDS), np.int16)
    for name, column in values.items():
        where = given[name]
        keep[where] &= ~_mask(name)
        put[where] |= _encoded(name, column)[where]
    return Changes(keep, put)


def changes_away(size: int, named: Mapping[str, NDArray[np.bool_]]) -> Changes:
    """Changes that remove the restrictions named, or all where none is."""
    keep = np.full((size, at.F_FIELDS), -1, np.int16)
    some = np.zeros(size, np.bool_)
    for name, where in named.items():
        keep[where] &= ~_mask(name)
        some |= where
    keep[~some] = 0
    return Changes(keep, np.zeros_like(keep))


def profile_values(profile: NDArray[np.int16]) -> dict[str, bool | int | str]:
    """A profile as names and values, as they could be given: 0 nights or days, -1 for max_advance_days, and an empty
    text mean unrestricted.
    """
    values: dict[str, bool | int | str] = {name: bool(profile[at.F_FLAGS] & flag) for name, flag in FLAGS.items()}
    values.update({name: int(profile[number.field]) - number.added for name, number in NUMBERS.items()})
    words = profile[at.F_PATTERN : at.F_PATTERN + at.F_PATTERN_WORDS].astype(np.int64) & 0xFFFF
    bits = sum(int(word) << 16 * position for position, word in enumerate(words))
    values[PATTERN] = "".join("NY"[bits >> night & 1] for night in range(int(profile[at.F_PATTERN_LENGTH])))
    days = int(profile[at.F_WEEKDAYS])
    values[ARRIVAL_WEEKDAYS] = ",".join(name for day, name in enumerate(WEEKDAYS) if days >> day & 1)
    return {name: values[name] for name in RESTRICTION_NAMES}
