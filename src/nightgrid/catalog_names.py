"""Ids as people write them: composed, looked up, and what was probably meant where one is not known."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from typing import Any


def normalised(text: Any) -> Any:
    """Text composed (NFC), as ids are stored; anything else as it is."""
    return unicodedata.normalize("NFC", text) if isinstance(text, str) else text


def similar(wanted: object, known: Sequence[str], listed: bool = False) -> str:
    """The end of a message: similar ids, or all of a short list."""
    by_fold = {text.casefold(): text for text in known}
    close = [by_fold[fold] for fold in difflib.get_close_matches(str(wanted).casefold(), by_fold, n=3)]
    if close:
        return f"; did you mean {' or '.join(repr(text) for text in close)}?"
    if listed or len(known) <= 10:
        return f"; there are {', '.join(known[:20])}"
    return f"; there are {len(known):,} of them, for example {known[0]!r}"
