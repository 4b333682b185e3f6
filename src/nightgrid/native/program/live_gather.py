"""Stays that no sheet of the live prices has whole: nights of several sheets, put side by side in rows of their own.

So what prices a stay from running sums reads them as it reads those of a sheet (`live_block.py`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import live_block as lv
from nightgrid.native.store.views import as_pointer

#: A piece of a stay as one group of lanes reads it: the variant, and the rows of its sums before and after the piece.
P_VARIANT: Final = 0
P_LOW: Final = 1
P_HIGH: Final = 2
P_WORDS: Final = 3

_SHORT_MASK = 0xFFFFFFFF


@inlined_kernel
def _add_all(sums, low, high, before, after, words, mask, out):
    """Add a piece in all lanes of some words: row `after` of out is row `before` and what lies between low and high."""
    for word in range(words.size):
        if words[word] != 0:
            for lane in range(word * 64, word * 64 + 64):
                piece = np.int64(sums[high, lane]) - np.int64(sums[low, lane])
                out[after, lane] = (np.int64(out[before, lane]) + piece) & mask


@inlined_kernel
def _add_some(sums, low, high, before, after, words, mask, lane_calendar, group_of, group, out):
    """The same in those lanes that belong to a group."""
    for word in range(words.size):
        if words[word] != 0:
            for lane in range(word * 64, word * 64 + 64):
                if group_of[lane_calendar[lane]] == group:
                    piece = np.int64(sums[high, lane]) - np.int64(sums[low, lane])
                    out[after, lane] = (np.int64(out[before, lane]) + piece) & mask


@inlined_kernel
def _bound(out, before, after, words, mask, products, out_words):
    """The least of every word between two rows of out."""
    for word in range(words.size):
        if words[word] != 0:
            least = np.int64(mask & 0x7FFFFFFFFFFFFFFF)
            for lane in range(word * 64, word * 64 + 64):
                piece = (np.int64(out[after, lane]) - np.int64(out[before, lane])) & mask
                least = min(least, piece) if products[lane] >= 0 else least
            out_words[after, word] = (np.int64(out_words[before, word]) + least) & mask


@inlined_kernel
def _gathered(live, words, lane_calendar, group_of, pieces, ends, mask, out, out_words):
    """The pieces one after the other."""
    planes, rows, groups = live[lv.V_PLANES], out.shape[0] // live[lv.V_PLANES], pieces.shape[1]
    length, size = live[lv.V_SEGMENTS] * lv.SEGMENT_ROWS, live[lv.V_LANES]
    variant = lv.variant_of(live)
    for word in range(words.size):
        if words[word] != 0:
            out_words[0, word] = 0
            for plane in range(planes):
                out[plane * rows, word * 64 : word * 64 + 64] = 0
    for place in range(pieces.shape[0]):
        before, after = ends[place], ends[place + 1]
        for group in range(groups):
            piece = pieces[place, group]
            address = variant[piece[P_VARIANT], lv.X_SUMS]
            sums = carray(as_pointer(address), (planes * length, size), out.dtype)
            for plane in range(planes):
                top, to = plane * length, plane * rows
                low, high = top + piece[P_LOW], top + piece[P_HIGH]
                if groups == 1:
                    _add_all(sums, low, high, to + before, to + after, words, mask, out)
                else:
                    _add_some(
                        sums, low, high, to + before, to + after, words, mask, lane_calendar, group_of, group, out
                    )  # fmt: skip
        _bound(out, before, after, words, mask, lv.lane_product_of(live), out_words)


@kernel
def gather_stay(live_address, words, lane_calendar, group_of, pieces, ends, out_address, out_words_address, rows):
    """Running sums of a stay from the sheets that have its nights, for the products of some words.

    live_address: of the block of live prices, whose nights are current; words (word) int64: products asked for, all 64
    lanes of a word are written where it is not 0; lane_calendar (lane) int32; group_of (calendar) int64: the group of
    its lanes; pieces (piece, group, P_WORDS) int64: where the nights of a piece stand for a group; ends (piece + 1)
    int64, ascending from 0: the rows before and after each piece [in]; out_address: of (plane, rows, lane) uint32 or
    int64, as the sums of the sheets are; out_words_address: of (rows, word), the same type: running sums of the
    cheapest piece of each word [out]. Rows that no piece ends with are unwritten. O(pieces x lanes asked for).
    """
    live = lv.live_at(live_address)
    planes, size = live[lv.V_PLANES], live[lv.V_LANES]
    if live[lv.V_SHORT]:
        out, bounds = lv.short_sums(out_address, planes * rows, size), lv.short_sums(out_words_address, rows, size >> 6)
        _gathered(live, words, lane_calendar, group_of, pieces, ends, _SHORT_MASK, out, bounds)
    else:
        wide, limits = lv.long_sums(out_address, planes * rows, size), lv.long_sums(out_words_address, rows, size >> 6)
        _gathered(live, words, lane_calendar, group_of, pieces, ends, np.int64(-1), wide, limits)
