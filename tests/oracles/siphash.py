"""SipHash-2-4 with 128 bits of output, straight from the paper and its reference code: whole numbers, no bit tricks.

Jean-Philippe Aumasson, Daniel J. Bernstein: "SipHash: a fast short-input PRF" (2012); the 128-bit form is the one of
the authors' reference implementation.
"""

from __future__ import annotations

WORD = 2**64


def rotated(word: int, bits: int) -> int:
    return (word * 2**bits) % WORD + word // 2 ** (64 - bits)


def sip_round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) % WORD
    v[1] = rotated(v[1], 13) ^ v[0]
    v[0] = rotated(v[0], 32)
    v[2] = (v[2] + v[3]) % WORD
    v[3] = rotated(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) % WORD
    v[3] = rotated(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) % WORD
    v[1] = rotated(v[1], 17) ^ v[2]
    v[2] = rotated(v[2], 32)


def siphash128(secret: bytes, text: bytes) -> bytes:
    """The 16 bytes of the digest under a secret of 16 bytes."""
    low, high = int.from_bytes(secret[:8], "little"), int.from_bytes(secret[8:], "little")
    v = [int.from_bytes(part, "big") for part in (b"somepseu", b"dorandom", b"lygenera", b"tedbytes")]
    v = [v[0] ^ low, v[1] ^ high ^ 0xEE, v[2] ^ low, v[3] ^ high]
    padded = text + bytes(7 - len(text) % 8) + bytes([len(text) % 256])
    for start in range(0, len(padded), 8):
        word = int.from_bytes(padded[start : start + 8], "little")
        v[3] ^= word
        sip_round(v)
        sip_round(v)
        v[0] ^= word
    v[2] ^= 0xEE
    for _ in range(4):
        sip_round(v)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    for _ in range(4):
        sip_round(v)
    second = v[0] ^ v[1] ^ v[2] ^ v[3]
    return first.to_bytes(8, "little") + second.to_bytes(8, "little")
