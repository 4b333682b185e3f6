"""The texts of callers (keys, guests, references) as digests under the store's secret, one by one or a column at once.

A text is composed (NFC) first, so that two spellings of one name are one name. Both ways give the same digest.
"""

from __future__ import annotations

import secrets
import unicodedata
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.errors import InputError, InputTypeError
from nightgrid.limits import ID_BYTES_MAX
from nightgrid.native.base.digests import digest_text, digest_texts

_RAW_KEY = ("key_high", "key_low")


def _bytes_of(name: str, text: Any) -> bytes:
    """A text as composed UTF-8; InputError or InputTypeError for what is none, or too long."""
    if not isinstance(text, str):
        raise InputTypeError(f"{name} is {text!r}; a text is needed")
    raw = text.encode() if text.isascii() else unicodedata.normalize("NFC", text).encode(errors="surrogatepass")
    if not 0 < len(raw) <= ID_BYTES_MAX:
        raise InputError(f"{name} has {len(raw)} bytes; allowed are 1 to {ID_BYTES_MAX}, or None for no {name}")
    return raw


def _composed(texts: pl.Series) -> pl.Series:
    """The column with its texts beyond ASCII composed, by the same tables of Unicode as one text is."""
    beyond = (texts.str.len_bytes() != texts.str.len_chars()).arg_true()
    written = texts.gather(beyond).to_list()
    composed = [unicodedata.normalize("NFC", text) for text in written]
    return texts if composed == written else texts.clone().scatter(beyond, composed)


def _buffers(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], int]:
    """(valid, offsets, data, first) of a text column, as `native.base.digests.digest_texts` takes them."""
    column = texts.rechunk().to_arrow().cast("large_utf8")
    valid, offsets, data = (buffer or b"" for buffer in column.buffers())
    views = (
        np.frombuffer(valid, np.uint8),
        np.frombuffer(offsets or bytes(8), np.int64),
        np.frombuffer(data, np.uint8),
    )
    for view in views:
        view.flags.writeable = False  # some buffers of Arrow can be written to, and would need a kernel of their own
    return *views, column.offset


class Digests:
    """Digests of one store, under a secret of 16 random bytes that never leaves it.

    Keys, guests and references each have a secret of their own, made from the store's: the same text in two places
    gives digests that have nothing in common.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        secret = secrets.token_bytes(16) if secret is None else secret
        if len(secret) != 16:
            raise InputError(f"the secret has {len(secret)} bytes; 16 are needed")
        first, second = (int.from_bytes(half, "little", signed=True) for half in (secret[:8], secret[8:]))
        self._secrets: dict[str, tuple[int, int]] = {
            name: digest_text(name.encode(), first, second) for name in ("key", "guest", "reference")
        }
        self._key_secret = self._secrets["key"]
        #: The secret under which quotes are named (`engine.edge.quote_papers`).
        self.quote_secret = blake2b(b"quote", key=secret, digest_size=32).digest()

    def key(self, text: str) -> tuple[int, int]:
        """128-bit digest of a caller's key as two signed words, never both zero. Half a microsecond."""
        first, second = self._key_secret
        words: tuple[int, int] = digest_text(_bytes_of("key", text), first, second)
        return words

    def word(self, name: str, text: str) -> int:
        """64-bit digest of a `guest` or `reference` as a signed word, never zero."""
        first, second = self._secrets[name]
        return int(digest_text(_bytes_of(name, text), first, second)[0]) or 1

    def keys(self, what: str, frame: pl.DataFrame) -> tuple[NDArray[np.int64] | int, NDArray[np.int64] | int]:
        """The keys of a frame, int64 (line) each: digests of `key`, or `key_high` and `key_low` as they are;
        (0, 0) for a null, or for all where there are none of these columns.
        """
        raw = [name for name in _RAW_KEY if name in frame.columns]
        if raw and "key" in frame.columns:
            raise InputError(f"{what}: columns key and {raw[0]} are both there; give texts, or digests, not both")
        if raw:
            high, low = _raw_keys(what, frame)
        elif "key" in frame.columns:
            high, low = out = np.empty((2, len(frame)), np.int64)
            self._fill(what, "key", frame["key"], out)
        else:
            return 0, 0
        return high, low

    def words(self, what: str, name: str, texts: pl.Series) -> NDArray[np.int64]:
        """64-bit digests of a column of guests or references: int64 (line), 0 for a null."""
        digests = np.empty((2, len(texts)), np.int64)
        self._fill(what, name, texts, digests)
        high, low = digests
        high[(high == 0) & (low != 0)] = 1
        return high

    def _fill(self, what: str, name: str, texts: pl.Series, out: NDArray[np.int64]) -> None:
        """Digests of a column, int64 (2, line). A mistake names its row."""
        first, second = self._secrets[name]
        if isinstance(texts.dtype, pl.Categorical | pl.Enum):
            texts = texts.cast(pl.String)
        if texts.dtype != pl.String:  # a mistake, nothing but nulls, or Python objects
            for row, text in enumerate(texts):
                out[:, row] = (0, 0) if text is None else digest_text(_row_bytes(what, name, row, text), first, second)
            return
        buffers = _buffers(texts)
        if buffers[2].max(initial=0) >= 128:
            texts = _composed(texts)
            buffers = _buffers(texts)
        refused = digest_texts(*buffers, first, second, ID_BYTES_MAX, out[0], out[1])
        if refused >= 0:
            _row_bytes(what, name, refused, texts[refused])


def _row_bytes(what: str, name: str, row: int, text: Any) -> bytes:
    """`_bytes_of` one line of a frame; a mistake names the line."""
    try:
        return _bytes_of(name, text)
    except (InputError, InputTypeError) as error:
        raise type(error)(f"{what}: row {row}: {error}") from None


def _raw_keys(what: str, frame: pl.DataFrame) -> list[NDArray[np.int64]]:
    """Columns key_high and key_low as they are, null in both = no key."""
    missing = [name for name in _RAW_KEY if name not in frame.columns]
    if missing:
        raise InputError(f"{what}: column {missing[0]} is missing; a raw key is key_high and key_low, two int64")
    one_null = (frame["key_high"].is_null() != frame["key_low"].is_null()).arg_true()
    if len(one_null):
        raise InputError(f"{what}: one of key_high and key_low is null in row {one_null[0]}; give both or neither")
    for name in _RAW_KEY:
        if frame.schema[name] != pl.Null and not frame.schema[name].is_signed_integer():
            raise InputTypeError(f"{what}: column {name} has type {frame.schema[name]}; int64 is needed")
    return [frame[name].cast(pl.Int64).fill_null(0).to_numpy() for name in _RAW_KEY]
