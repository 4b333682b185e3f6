"""Seeded randomness for generated data, the same on every machine.

Only full-range integers are drawn from the generator, and everything after is integer arithmetic: no float function
whose last bit depends on the processor ever decides a value. The bias of a draw below `bound` is bound / 2^32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import InputError

# Quantiles 0.006, 1/16, 2/16 .. 15/16, 0.994 of a log-normal distribution with median 1000 and sigma 0.6, in per mille.
_SPREAD_PERMILLE: Final = np.array(
    [222, 398, 501, 587, 667, 746, 826, 910, 1000, 1099, 1211, 1341, 1499, 1703, 1994, 2510, 4514], dtype=np.int64
)


class Dice:
    """One stream of random integers. `part` gives each part of a job its own, so that they do not shift each other."""

    def __init__(self, seed: int, part: int) -> None:
        if type(seed) is not int or seed < 0:
            raise InputError(f"seed {seed!r} is not an integer of 0 or more; give another one")
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, part])))

    def words(self, *shape: int) -> NDArray[np.uint32]:
        """Uniform uint32 over their whole range."""
        return self._generator.integers(0, 2**32, size=shape, dtype=np.uint32)

    def octets(self, *shape: int) -> NDArray[np.uint8]:
        """Uniform uint8 over their whole range."""
        return self._generator.integers(0, 256, size=shape, dtype=np.uint8)

    def below(self, bound: int | NDArray[np.int64], *shape: int) -> NDArray[np.int64]:
        """Uniform int64 in `[0, bound)`; `bound` (< 2^31) is a number or an array that broadcasts to `shape`."""
        product = self.words(*shape).astype(np.uint64) * np.asarray(bound, dtype=np.uint64)
        return (product >> np.uint64(32)).astype(np.int64)

    def between(self, low: int, high: int, *shape: int) -> NDArray[np.int64]:
        """Uniform int64 in `[low, high]`."""
        return low + self.below(high - low + 1, *shape)

    def hill(self, reach: int, *shape: int) -> NDArray[np.int64]:
        """Integers in `[-reach, reach]` around 0: the mean of two uniform ones, so a triangle."""
        return (self.between(-reach, reach, *shape) + self.between(-reach, reach, *shape)) // 2

    def pick(self, weights: Sequence[int], count: int) -> NDArray[np.int64]:
        """`count` positions in `weights`, each as often as its weight says."""
        ends = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(ends, self.below(int(ends[-1]), count), side="right")

    def chance(self, permille: int | NDArray[np.int64], *shape: int) -> NDArray[np.bool_]:
        """True with a probability of `permille` / 1000."""
        return np.asarray(self.below(1000, *shape) < permille)

    def order(self, count: int) -> NDArray[np.int64]:
        """A random order of `0 .. count - 1`."""
        return np.argsort(self.words(count), kind="stable")

    def spread_permille(self, count: int) -> NDArray[np.int64]:
        """Log-normal factors in per mille, median 1000, 220 to 4540: sizes of houses."""
        draw = self.below(16 << 12, count)
        step, fraction = draw >> 12, draw & 4095
        return np.asarray((_SPREAD_PERMILLE[step] * (4096 - fraction) + _SPREAD_PERMILLE[step + 1] * fraction) >> 12)
