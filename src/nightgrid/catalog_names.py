"""Ids as people write them: composed, looked up, and what was probably meant where one is not known."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from typing import Any

from nightgrid.errors import InputError, InputTypeError


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
