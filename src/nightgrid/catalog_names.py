"""Ids as people write them: composed, looked up, and what was probably meant where one is not known."""

from __future__ import annotations

import difflib
import unicodedata
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import InputError, InputTypeError

_CELLS_PER_ROW_MAX = 8  # of the table of `row_finder`, before it is given up


def normalised(text: Any) -> Any:
    """Text composed (NFC), as ids are stored; anything else as it is."""
    return unicodedata.normalize("NFC", text) if isinstance(text, str) else text


def composed(what: str, text: Any) -> str:
    """An id composed (NFC); InputTypeError for what is no text."""
    if not isinstance(text, str):
        raise InputTypeError(f"{what} is {text!r}; a text is needed")
    return unicodedata.normalize("NFC", text)


def position(known: dict[Any, int], wanted: Any) -> int | None:
    """Where an id, or a tuple of ids, stands, as it is written or composed; None if it is unknown."""
    try:
        found = known.get(wanted)
        if found is None:
            found = known.get(tuple(map(normalised, wanted)) if isinstance(wanted, tuple) else normalised(wanted))
    except TypeError:
        raise InputTypeError(f"{wanted!r} is no id; ids are texts") from None
    return found


def positions(texts: list[str]) -> dict[str, NDArray[np.int32]]:
    """Where each text stands in a column: int32 (place), ascending."""
    found: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        if text:  # "" = not given, no place of its own
            found.setdefault(text, []).append(index)
    return {text: np.array(indexes, dtype=np.int32) for text, indexes in found.items()}


def row_finder(catalog: Any) -> Callable[[str, str], int]:
    """A function from hotel and room type id to the position of the room type; KeyError if it is unknown.

    Most chains name their room types alike. Then hotels × names is a small table, which a cache keeps, as it does the
    two short dicts before it. One dict of all pairs of a large chain is in none, and its pairs and their texts are
    looked at in memory one after the other: that takes three times as long.
    """
    names = {name: place for place, name in enumerate(dict.fromkeys(catalog.room_type_ids))}
    if len(names) * catalog.n_hotels > _CELLS_PER_ROW_MAX * catalog.n_rows:
        by_ids: dict[tuple[str, str], int] = catalog.row_by_ids
        return lambda hotel_id, room_type_id: by_ids[hotel_id, room_type_id]
    first = {hotel_id: hotel * len(names) for hotel_id, hotel in catalog.hotel_by_id.items()}
    cells = array("q", [-1]) * (len(names) * catalog.n_hotels)
    for row, (hotel, name) in enumerate(zip(catalog.row_hotel.tolist(), catalog.room_type_ids, strict=True)):
        cells[hotel * len(names) + names[name]] = row

    def find_row(hotel_id: str, room_type_id: str) -> int:
        row: int = cells[first[hotel_id] + names[room_type_id]]
        if row < 0:
            raise KeyError(room_type_id)
        return row

    return find_row


def utf8_bytes(what: str, text: str) -> int:
    """Length of a text in UTF-8; InputError for half a surrogate pair, which no file or frame can carry."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise InputError(f"{what} is {text!r}, which is no Unicode text (a lone surrogate); write it anew") from None


def similar(wanted: object, known: Sequence[str], listed: bool = False) -> str:
    """The end of a message: similar ids, or all of a short list."""
    by_fold = {text.casefold(): text for text in known}
    close = [by_fold[fold] for fold in difflib.get_close_matches(str(wanted).casefold(), by_fold, n=3)]
    if close:
        return f"; did you mean {' or '.join(repr(text) for text in close)}?"
    if listed or len(known) <= 10:
        return f"; there are {', '.join(known[:20])}"
    return f"; there are {len(known):,} of them, for example {known[0]!r}"
