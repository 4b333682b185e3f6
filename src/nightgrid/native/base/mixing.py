"""Mixing of 64-bit words, for places in an index and digests of requests."""

from __future__ import annotations

from nightgrid.native.base.jit import inlined_kernel


@inlined_kernel
def mix(word):
    """splitmix64 finaliser (Steele, Lea, Flood 2014) on a signed word: every bit depends on every bit."""
    word = (word ^ ((word >> 30) & 0x3FFFFFFFF)) * -4658895280553007687
    word = (word ^ ((word >> 27) & 0x1FFFFFFFFF)) * -7723592293110705685
    return word ^ ((word >> 31) & 0x1FFFFFFFF)
