"""Digests of texts: SipHash-2-4 with 128 bits of output (Aumasson and Bernstein 2012, and their reference code).

A caller's key, guest or reference is kept as its digest under a secret of the store: nobody without the secret can
make two texts meet, or many texts crowd one place of an index. Words are signed here because the store's are; the
arithmetic is that of unsigned words.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import inlined_kernel, kernel

_START0 = np.uint64(0x736F6D6570736575)  # "somepseudorandomlygeneratedbytes", as the paper has it
_START1 = np.uint64(0x646F72616E646F6D ^ 0xEE)  # 0xEE: 128 bits are wanted
_START2 = np.uint64(0x6C7967656E657261)
_START3 = np.uint64(0x7465646279746573)
_FIRST_HALF = np.uint64(0xEE)
_SECOND_HALF = np.uint64(0xDD)


@inlined_kernel
def _left(word, bits):
    """Rotation to the left."""
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))


@inlined_kernel
def _round(a, b, c, d):
    """One SipRound."""
    a, c = a + b, c + d
    b, d = _left(b, 13) ^ a, _left(d, 16) ^ c
    a, c = _left(a, 32) + d, c + b
    d, b = _left(d, 21) ^ a, _left(b, 17) ^ c
    return a, b, _left(c, 32), d


@inlined_kernel
def _rounds4(a, b, c, d):
    """Four of them: what ends each half of the digest."""
    for _ in range(4):
        a, b, c, d = _round(a, b, c, d)
    return a, b, c, d


@inlined_kernel
def _absorb(a, b, c, d, word):
    """Take eight bytes in: two rounds between two additions."""
    a, b, c, d = _round(a, b, c, d ^ word)
    a, b, c, d = _round(a, b, c, d)
    return a ^ word, b, c, d


@inlined_kernel
def _word_of(data, start, count):
    """Up to eight bytes as a little-endian word."""
    word = np.uint64(0)
    for place in range(count):
        word |= np.uint64(data[start + place]) << np.uint64(8 * place)
    return word


@inlined_kernel
def _digest(data, begin, end, key0, key1):
    """Digest of data[begin:end] as two signed words; (0, 1) where both would be 0, which means "no text"."""
    low, high = np.uint64(key0), np.uint64(key1)
    a, b, c, d = _START0 ^ low, _START1 ^ high, _START2 ^ low, _START3 ^ high
    place = begin
    while place + 8 <= end:
        a, b, c, d = _absorb(a, b, c, d, _word_of(data, place, 8))
        place += 8
    last = _word_of(data, place, end - place) | (np.uint64(end - begin) << np.uint64(56))
    a, b, c, d = _absorb(a, b, c, d, last)
    a, b, c, d = _rounds4(a, b, c ^ _FIRST_HALF, d)
    first = np.int64(a ^ b ^ c ^ d)
    a, b, c, d = _rounds4(a, b ^ _SECOND_HALF, c, d)
    second = np.int64(a ^ b ^ c ^ d)
    if first == 0 and second == 0:
        second = np.int64(1)
    return first, second


@kernel
def digest_text(raw, key0, key1):
    """Digest of one text: the first and the last 8 bytes of SipHash-2-4-128 as signed words, never both 0.

    raw: bytes (numba reads them in place; making an array of them first would cost more than the digest); key0, key1:
    the secret [in]. O(bytes).
    """
    return _digest(raw, 0, len(raw), key0, key1)


@kernel
def digest_texts(valid, offsets, data, first, key0, key1, bytes_max, out_high, out_low):
    """Digests of an Arrow column of texts; the line of the first text that is empty or longer than bytes_max, or -1.

    valid (byte) uint8: Arrow's bit map of what is not null, of length 0 where all are; offsets (text + 1) int32 or
    int64, data (byte) uint8: text i is data[offsets[i]:offsets[i + 1]]; first: the text of line 0; key0, key1: the
    secret; bytes_max [in]. out_high, out_low (line) int64 [out]: as `digest_text`, (0, 0) for a null; not filled from
    a refused line on. O(bytes), about 25 ns for a short text.
    """
    for line in range(out_high.size):
        i = first + line
        if valid.size > 0 and (valid[i >> 3] >> (i & 7)) & 1 == 0:
            out_high[line] = 0
            out_low[line] = 0
            continue
        length = offsets[i + 1] - offsets[i]
        if length < 1 or length > bytes_max:
            return line
        out_high[line], out_low[line] = _digest(data, offsets[i], offsets[i + 1], key0, key1)
    return -1
