"""The block: one aligned run of bytes behind a header with an offset table, and the store table made from it.

Nothing about a hold, a key or a lock lives outside it, so that the same bytes can later lie in a mapped file that
several processes share. Untouched pages cost nothing: the operating system hands out zeroed memory on first use, and
every region is laid out so that zero is its empty state. So whatever has a line a slot is laid out for the most slots
there can be, and growing moves nothing (`native/upkeep/more_slots.py`).
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.limits import LINES_PER_CART_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.store.key_lines import LINE_BITS
from nightgrid.native.store.keys import SPAN_LINES, SPAN_SPLIT, SPAN_SPLIT_SHIFT
from nightgrid.native.store.store import Store

_KEYS_PER_SLOT = 2
_SEGMENTS_MAX = 8192  # few enough locks for the second cache; two groups seldom meet in one
_ENTRIES_PER_SEGMENT_MIN = 128
_ENTRIES_PER_SEGMENT_MAX = 4096  # where a store may grow a lot: a request with a key waits for the split of one
_SLOT_RUN_MAX = 16
#: So many stores have ids of their own; with them an id stays below 2**53 until its slot was used a million times, so
#: that it is a whole number in JSON too.
_EPOCHS: Final = 1 << 20
#: Regions with a line a slot.
_BY_SLOT: Final = (at.R_SLOTS, at.R_QUOTES)


@dataclass(frozen=True, slots=True)
class BlockSizes:
    """Everything that fixes the size of a block. Hotels, rows and products include the spare ones; there are `slots` at
    first, and `slots_max` when the store has grown as far as it can.
    """

    hotels: int
    rows: int
    products: int
    nights: int
    first_night: int
    words: int
    slots: int
    slots_max: int
    profiles: int
    retention_ms: int
    controls: int = 4_096
    counters: int = 1_024
    records: int = 65_536
    dialect: int = 0  # DIALECT_* of the layout

    def keys(self, slots: int) -> int:
        """Entries of the key index for so many slots: a power of two, at least two per slot."""
        return max(_keys_of(slots), self.segments * _ENTRIES_PER_SEGMENT_MIN)

    @property
    def segments(self) -> int:
        """Segments of the key index, a power of two: as many as it begins with, or more where it may grow a lot."""
        first, last = _keys_of(self.slots), _keys_of(self.slots_max)
        return min(_SEGMENTS_MAX, max(first // _ENTRIES_PER_SEGMENT_MIN, last // _ENTRIES_PER_SEGMENT_MAX))

    def regions(self) -> dict[int, tuple[np.dtype[np.generic], tuple[int, ...]]]:
        """dtype and shape of each region, in the order in which they lie in the block."""
        int8, int16, int32, int64 = (np.dtype(name) for name in ("int8", "int16", "int32", "int64"))
        cells = (self.rows, self.nights)
        return {
            at.R_SHARED: (int64, (at.S_WORDS,)),
            at.R_HOTELS: (int64, (self.hotels, at.L_WORDS)),
            at.R_HOTEL_ROW: (int32, (self.hotels,)),
            at.R_ROW_HOTEL: (int32, (self.rows,)),
            at.R_ROW_PRODUCT: (int32, (self.rows,)),
            at.R_PRODUCT_LANE: (int32, (self.products,)),
            at.R_CELLS: (int16, (*cells, at.C_FIELDS)),
            at.R_CAPACITY: (int16, cells),
            at.R_ELSEWHERE: (int16, cells),
            at.R_SELLABLE: (int64, (self.nights, self.words)),
            at.R_PLANES: (int64, (self.nights, at.P_PLANES, self.words)),
            at.R_NIGHT_KINDS: (int64, (self.nights,)),
            at.R_PROFILES: (int16, (self.profiles, at.F_FIELDS)),
            at.R_SLOTS: (int64, (self.slots_max, at.W_WORDS)),
            at.R_KEYS: (int64, (self.keys(self.slots_max),)),
            at.R_SEGMENT_LOCKS: (int64, (self.segments,)),
            at.R_RECORDS: (int64, (self.records, at.D_WORDS)),
            at.R_ROW_FLAGS: (int8, (self.rows,)),
            at.R_ROW_GUESTS: (int16, (self.rows,)),
            at.R_ROW_CONTROL: (int32, (self.rows,)),
            at.R_CONTROLS: (int64, (self.controls, at.T_WORDS)),
            at.R_CONTROL_NIGHTS: (int64, (self.controls, self.nights, at.N_FIELDS)),
            at.R_COUNTERS: (int64, (self.counters, at.U_WORDS)),
            at.R_PRODUCT_PLAN: (int32, (self.products,)),
            at.R_PRODUCT_FLAGS: (int8, (self.products,)),
            at.R_OUT_OF_ORDER: (int16, cells),
            at.R_SELL_LIMIT: (int16, cells),
            at.R_STATISTICS: (int64, (at.CODES,)),
            at.R_CONTROLLED: (int64, (self.words,)),
            at.R_PRODUCT_PROFILES: (int16, (self.products, self.nights)),
            at.R_ROW_RESTRICTED: (int32, (self.rows,)),
            at.R_NEXT_ROW: (int32, (self.rows,)),
            at.R_NEXT_PRODUCT: (int32, (self.products,)),
            at.R_PRODUCT_ROW: (int32, (self.products,)),
            at.R_QUOTES: (int64, (self.slots_max, at.B_WORDS)),
            at.R_ROW_HOME: (int64, (self.rows,)),
            at.R_IMAGES: (int64, (self.hotels + LINES_PER_CART_MAX, at.I_WORDS)),
        }


def _keys_of(slots: int) -> int:
    """Entries for so many slots in an index of one segment."""
    wanted = max(_KEYS_PER_SLOT * slots, _ENTRIES_PER_SEGMENT_MIN)
    return 1 << (wanted - 1).bit_length()


def zeroed_bytes(size: int) -> NDArray[np.uint8]:
    """So many bytes of zeros for a block: memory of this process. The one place where another kind of memory begins."""
    return np.zeros(size, np.uint8)


def _line_up(size: int) -> int:
    return -(-size // at.LINE_BYTES) * at.LINE_BYTES


class Block:
    """A store's bytes in process memory.

    `table` is the store that every kernel takes: sizes and addresses. `region(R_*)` is an array view of one region for
    reading at the edges; shared words are only changed by kernels. The block must outlive the table.
    """

    def __init__(self, sizes: BlockSizes) -> None:
        self.sizes = sizes
        self._regions = sizes.regions()
        offsets = {}
        end = _line_up(at.HEADER_WORDS * 8)
        for region, (dtype, shape) in self._regions.items():
            offsets[region] = end
            end += _line_up(dtype.itemsize * int(np.prod(shape, dtype=np.int64)))
        try:
            raw = zeroed_bytes(end + at.LINE_BYTES)
        except MemoryError as error:
            raise MemoryError(
                f"a store of {sizes.slots:,} slots that can grow to {sizes.slots_max:,} takes {end:,} bytes of address "
                f"space, more than the system gives; give slots_max={sizes.slots} (it never grows), or fewer slots"
            ) from error
        start = -raw.ctypes.data % at.LINE_BYTES
        self.bytes: NDArray[np.uint8] = raw[start : start + end]
        header = self.bytes[: at.HEADER_WORDS * 8].view(np.int64)
        header[at.H_MAGIC] = at.MAGIC
        header[at.H_VERSION] = at.LAYOUT_VERSION
        header[at.H_BYTES] = end
        header[at.H_HOTELS] = sizes.hotels
        header[at.H_ROWS] = sizes.rows
        header[at.H_PRODUCTS] = sizes.products
        header[at.H_NIGHTS] = sizes.nights
        header[at.H_WORDS] = sizes.words
        header[at.H_SLOTS] = sizes.slots_max
        header[at.H_KEYS] = sizes.keys(sizes.slots_max)
        header[at.H_SEGMENTS] = sizes.segments
        header[at.H_RETENTION_MS] = sizes.retention_ms
        header[at.H_PROFILES] = sizes.profiles
        header[at.H_SLOT_RUN] = _SLOT_RUN_MAX
        header[at.H_CONTROLS] = sizes.controls
        header[at.H_COUNTERS] = sizes.counters
        header[at.H_RECORDS] = sizes.records
        header[at.H_DIALECT] = sizes.dialect
        header[at.H_EPOCH] = secrets.randbelow(_EPOCHS)
        for region, offset in offsets.items():
            header[region] = offset
        words: NDArray[np.int64] = header.copy()
        words[at.R_SHARED : at.R_END] += self.bytes.ctypes.data
        self.table = Store(words)
        self._views: dict[int, NDArray[np.generic]] = {}
        shared = self.region(at.R_SHARED).view(np.int64)
        shared[at.S_SLOT_LIMIT] = sizes.slots
        shared[at.S_KEY_SPAN] = sizes.keys(sizes.slots) >> LINE_BITS

    def region(self, region: int) -> NDArray[np.generic]:
        """View of one region with its dtype and shape. Made once: every question of the engine asks for some."""
        view = self._views.get(region)
        if view is None:
            dtype, shape = self._regions[region]
            offset = self.table[region] - self.bytes.ctypes.data
            size = dtype.itemsize * math.prod(shape)
            view = self._views[region] = self.bytes[offset : offset + size].view(dtype).reshape(shape)
        return view

    @property
    def slots(self) -> int:
        """Slots that there are now."""
        return int(self.region(at.R_SHARED)[at.S_SLOT_LIMIT])

    @property
    def keys(self) -> int:
        """Entries that the key index has now."""
        span = int(self.region(at.R_SHARED)[at.S_KEY_SPAN])
        split = span >> SPAN_SPLIT_SHIFT & SPAN_SPLIT
        lines = (span & SPAN_LINES) * (self.sizes.segments + split) // self.sizes.segments
        return lines << LINE_BITS

    def region_bytes(self) -> dict[str, int]:
        """Bytes of each part, for reports: counters and bit maps, capacity parts, slots, keys, the rest.

        `reserved` is address space for slots and keys that are not there yet; no memory stands behind it.
        """
        sizes = {region: dtype.itemsize * math.prod(shape) for region, (dtype, shape) in self._regions.items()}
        whole = sum(sizes[region] for region in (at.R_KEYS, *_BY_SLOT))
        for region in _BY_SLOT:
            sizes[region] = sizes[region] // self.sizes.slots_max * self.slots
        sizes[at.R_KEYS] = 8 * self.keys
        reserved = whole - sum(sizes[region] for region in (at.R_KEYS, *_BY_SLOT))
        groups = {
            "cells": (at.R_CELLS,),
            "bit_maps": (at.R_SELLABLE, at.R_PLANES),
            "capacity_parts": (at.R_CAPACITY, at.R_ELSEWHERE, at.R_OUT_OF_ORDER, at.R_SELL_LIMIT),
            "selling_controls": (at.R_CONTROLS, at.R_CONTROL_NIGHTS, at.R_COUNTERS),
            "records": (at.R_RECORDS,),
            "slots": (at.R_SLOTS,),
            "keys": (at.R_KEYS, at.R_SEGMENT_LOCKS),
        }
        report = {name: sum(sizes[region] for region in regions) for name, regions in groups.items()}
        report["reserved"] = reserved
        report["other"] = len(self.bytes) - sum(report.values())
        return report
