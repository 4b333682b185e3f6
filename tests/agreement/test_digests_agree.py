"""Digests of texts: the published vectors, the oracle on random texts, and one by one the same as a column at once."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import InputError
from nightgrid.engine.edge.digests import Digests
from nightgrid.native.base import digests as native
from tests.agreement.compare import examples
from tests.oracles.siphash import siphash128

SECRET = bytes(range(16))
#: Of the authors' reference code (128 bits of output): the secret is 00 01 .. 0f, the text the first bytes of the same.
PUBLISHED = {
    0: "a3817f04ba25a8e66df67214c7550293",
    1: "da87c1d86b99af44347659119b22fc45",
    2: "8177228da4a45dc7fca38bdef60affe4",
    3: "9c70b60c5267a94e5f33b6b02985ed51",
    7: "a1f1ebbed8dbc153c0b84aa61ff08239",
    8: "3b62a9ba6258f5610f83e264f31497b4",
    9: "264499060ad9baabc47f8b02bb6d71ed",
    15: "5493e99933b0a8117e08ec0f97cfc3d9",
    16: "6ee2a4ca67b054bbfd3315bf85230577",
    63: "5150d1772f50834a503e069a973fbd7c",
}
ALL_64_PUBLISHED = "ecfaa9fe47ff788fa834a9863ea2715a2880cd37d2b8c3c194402838428119b9"

#: Short and long, composed and not (the Angstrom sign, a letter with two marks, Korean), and of several scripts.
texts = st.one_of(
    st.sampled_from(["x" * 128, "上海" * 8, "\u212b", "e\u0301", "a\u0323\u0307", "a\u0307\u0323", "\u1112\u1161"]),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=10),  # composing makes some characters three
    st.text(st.characters(codec="ascii"), min_size=1, max_size=40),
)
secrets = st.binary(min_size=16, max_size=16)


def words(raw: bytes) -> tuple[int, int]:
    """16 bytes as the store's two signed words."""
    return int.from_bytes(raw[:8], "little", signed=True), int.from_bytes(raw[8:], "little", signed=True)


def raw_of(pair: tuple[int, int]) -> bytes:
    return b"".join(int(word).to_bytes(8, "little", signed=True) for word in pair)


def meant(secret: bytes, domain: str, text: str | None) -> tuple[int, int]:
    """What the digest of a text is to be: of its composed form, under the domain's own secret."""
    if text is None:
        return 0, 0
    return words(siphash128(siphash128(secret, domain.encode()), unicodedata.normalize("NFC", text).encode()))


def test_oracle_and_kernel_give_the_published_vectors():
    said = {n: siphash128(SECRET, SECRET[:n] if n < 16 else bytes(range(n))) for n in range(64)}
    kernel = {n: raw_of(native.digest_text(bytes(range(n)), *words(SECRET))) for n in range(64)}

    assert {n: said[n].hex() for n in PUBLISHED} == PUBLISHED
    assert sha256(b"".join(said.values())).hexdigest() == ALL_64_PUBLISHED
    assert kernel == said


@examples(1)
@given(secrets, st.binary(max_size=300))
def test_any_bytes_under_any_secret(secret, raw):
    assert raw_of(native.digest_text(raw, *words(secret))) == siphash128(secret, raw)


@examples(1)
@given(secrets, st.lists(texts | st.none(), max_size=12), st.integers(0, 3))
def test_a_column_is_its_texts_one_by_one(secret, column, skipped):
    digests = Digests(secret)
    series = pl.Series("key", column, pl.String)[min(skipped, len(column)) :]
    left = column[min(skipped, len(column)) :]

    high, low = digests.keys("test", series.to_frame())

    assert list(zip(high.tolist(), low.tolist(), strict=True)) == [meant(secret, "key", text) for text in left]
    assert [digests.key(text) for text in left if text is not None] == [
        meant(secret, "key", text) for text in left if text is not None
    ]
    for name in ("guest", "reference"):
        wanted = [meant(secret, name, text)[0] for text in left]
        assert digests.words("test", name, series).tolist() == wanted
        assert [0 if text is None else digests.word(name, text) for text in left] == wanted
    assert series.to_list() == left  # composing made a copy


@examples(0.5)
@given(st.lists(texts | st.none(), max_size=40), st.data())
def test_the_kernel_reads_arrow_columns_of_either_width_from_any_line(column, data):
    first = data.draw(st.integers(0, len(column)))
    wanted = [(0, 0) if t is None else words(siphash128(SECRET, t.encode())) for t in column[first:]]
    for kind in (pa.string(), pa.large_string()):
        array = pa.array(column, kind)[first:]
        valid, offsets, raw = (np.frombuffer(buffer or b"", np.uint8) for buffer in array.buffers())
        offsets = offsets.view(np.int32 if kind == pa.string() else np.int64)
        for each in (valid, offsets, raw):
            each.flags.writeable = False  # as the engine does: one kernel for each width
        out = np.empty((2, len(array)), np.int64)

        assert native.digest_texts(valid, offsets, raw, array.offset, *words(SECRET), 1_000, *out) == -1

        assert [tuple(pair) for pair in out.T.tolist()] == wanted


@pytest.mark.parametrize("wrong", ["", "é" * 65, "x" * 129])
def test_the_first_text_of_a_wrong_length_is_named(wrong):
    column = pl.DataFrame({"key": ["a", None, "é" * 64, wrong, ""]})

    with pytest.raises(InputError, match=f"test: row 3: key has {len(wrong.encode())} bytes; allowed are 1 to 128"):
        Digests().keys("test", column)


def test_two_spellings_of_one_name_are_one_name():
    digests = Digests()

    assert digests.word("guest", "Bele\u0301m") == digests.word("guest", "Bel\u00e9m")
    assert digests.word("guest", "Belem") != digests.word("guest", "Bel\u00e9m")


def test_stores_and_places_share_no_digests():
    one, other = Digests(), Digests()

    assert one.key("Li") != other.key("Li")
    assert len({one.word("guest", "Li"), one.word("reference", "Li"), *one.key("Li")}) == 4
    with pytest.raises(InputError, match="the secret has 3 bytes; 16 are needed"):
        Digests(b"abc")


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("key", ["b", None, "a", "b"], pl.Categorical),
        pl.Series("key", ["b", None, "a", "b"], pl.Enum(["a", "b"])),
        pl.Series("key", ["b", None, "a", "b"], pl.Object),
        pl.concat([pl.Series("key", ["b", None]), pl.Series("key", ["a", "b"])], rechunk=False),
    ],
    ids=["categorical", "enum", "objects", "chunks"],
)
def test_every_kind_of_column_that_holds_texts(column):
    digests = Digests()

    high, low = digests.keys("test", column.to_frame())

    assert list(zip(high.tolist(), low.tolist(), strict=True)) == [
        digests.key("b"),
        (0, 0),
        digests.key("a"),
        digests.key("b"),
    ]
