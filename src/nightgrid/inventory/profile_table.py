"""The table of restriction profiles: each distinct combination once, found by its bytes.

Cells and products hold an index into it, so a cell stays at 8 bytes whatever is restricted. Entry 0 and unused entries
are zero. Writers hold the table lock; an entry never changes while a cell refers to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import CapacityError
from nightgrid.inventory.block import Block
from nightgrid.native.store import layout as at

_ROWS_AT_ONCE = 4096
_PROFILE_BYTES = 2 * at.F_FIELDS


class ProfileTable:
    """Finds and enters profiles of one block. Beside the table stands a dictionary, made anew if others changed it."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._profiles = block.region(at.R_PROFILES).view(np.int16)
        self._shared = block.region(at.R_SHARED).view(np.int64)
        self._seen = -1
        self._index: dict[bytes, int] = {}
        self._unused: list[int] = []

    def intern(self, profiles: NDArray[np.int16]) -> NDArray[np.int32]:
        """Indexes of profiles, int32, entered where they are new. Table lock held.

        CapacityError, and nothing is entered, if there is no room even without the entries that no cell uses.
        O(profiles); O(cells) where the table is full.
        """
        if self._seen != self._shared[at.S_PROFILE_CHANGES]:
            self._read()
        text = np.ascontiguousarray(profiles).tobytes()
        keys = [text[start : start + _PROFILE_BYTES] for start in range(0, len(text), _PROFILE_BYTES)]
        missing = [key for key in dict.fromkeys(keys) if key not in self._index]
        if len(missing) > len(self._unused):
            self._reclaim({self._index[key] for key in keys if key in self._index})
        if len(missing) > len(self._unused):
            raise CapacityError(
                f"the store has {len(self._profiles)} restriction profiles and all are in use; "
                "create it with more profiles, or use fewer distinct combinations of restrictions"
            )
        for key in missing:
            index = self._unused.pop()
            self._profiles[index] = np.frombuffer(key, np.int16)
            self._index[key] = index
        if missing:
            self._changed()
        return np.array([self._index[key] for key in keys], np.int32)

    def _read(self) -> None:
        """Make the dictionary from the table."""
        used = self._profiles.any(axis=1)
        self._index = {self._profiles[index].tobytes(): int(index) for index in np.flatnonzero(used)}
        self._index[bytes(_PROFILE_BYTES)] = 0
        self._unused = (np.flatnonzero(~used)[:0:-1]).tolist()
        self._seen = int(self._shared[at.S_PROFILE_CHANGES])

    def _reclaim(self, wanted: set[int]) -> None:
        """Empty the entries that no cell and no product refers to. O(cells)."""
        used = np.zeros(len(self._profiles), np.bool_)
        used[[0, *wanted]] = True
        cells = self._block.region(at.R_CELLS).view(np.int16)
        for start in range(0, len(cells), _ROWS_AT_ONCE):
            used[cells[start : start + _ROWS_AT_ONCE, :, at.C_PROFILE].astype(np.uint16)] = True
        own = self._block.region(at.R_PRODUCT_PROFILES).view(np.uint16)
        restricted = self._block.region(at.R_ROW_RESTRICTED) != 0
        for product in np.flatnonzero(restricted[self._block.region(at.R_PRODUCT_ROW).view(np.int32)]):
            used[own[product]] = True
        for key in [key for key, index in self._index.items() if not used[index]]:
            index = self._index.pop(key)
            self._profiles[index] = 0
            self._unused.append(index)
        self._changed()

    def _changed(self) -> None:
        self._shared[at.S_PROFILE_CHANGES] += 1
        self._seen = int(self._shared[at.S_PROFILE_CHANGES])
