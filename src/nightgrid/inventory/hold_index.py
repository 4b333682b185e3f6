"""The index of holds by guest, reference and cart, in memory of its own beside the block (`native/upkeep/hold_index`).

It is made when somebody asks for the first time, and made anew when the store has grown or was rebuilt: what it says
follows from the slots and the records, and nothing is lost with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.native.upkeep import hold_index as x
from nightgrid.native.upkeep import questions as ask

#: Fields of an index by what is asked, in the order in which they tell most.
FIELD_OF: Final = {ask.ASK_REFERENCE: x.BY_REFERENCE, ask.ASK_CART: x.BY_CART, ask.ASK_GUEST: x.BY_GUEST}
#: A link is a slot + 1 in 31 bits.
INDEXED_SLOTS_MAX: Final = 2**31 - 2


class HoldIndex:
    """Lists of slots by word, for so many slots. `words` is what kernels take."""

    def __init__(self, slots: int) -> None:
        heads = max(1 << (slots - 1).bit_length() >> 1, 64)
        self.slots = slots
        self._heads = np.zeros((x.FIELDS, heads), np.int32)
        self._links = np.zeros((x.FIELDS, slots, 2), np.int32)
        self.words: NDArray[np.int64] = np.zeros(x.X_WORDS, np.int64)
        self.words[x.X_MASK] = heads - 1
        self.words[x.X_SLOTS] = slots
        self.words[x.X_STEP] = x.STEP
        self.words[x.X_HEADS] = self._heads.ctypes.data
        self.words[x.X_LINKS] = self._links.ctypes.data

    @property
    def bytes(self) -> int:
        """Memory that it takes: of fields that no hold names nothing was touched."""
        used = int(self.words[x.X_USED]).bit_count()
        return (self._heads.nbytes + self._links.nbytes) // x.FIELDS * used
