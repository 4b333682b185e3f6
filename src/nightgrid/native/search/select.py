"""Choosing the best few: the k-th smallest of many values, and a short ranking kept in order."""

from __future__ import annotations

from nightgrid.native.base.jit import kernel


@kernel
def kth_smallest(values, size, k):
    """The k-th smallest (k >= 1) of values[:size], which are reordered (quickselect: Hoare 1961). O(size) expected."""
    left = 0
    right = size - 1
    while left < right:
        pivot = values[(left + right) >> 1]
        i = left
        j = right
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                kept = values[i]
                values[i] = values[j]
                values[j] = kept
                i += 1
                j -= 1
        if k - 1 <= j:
            right = j
        elif k - 1 >= i:
            left = i
        else:
            break
    return values[k - 1]


@kernel
def insert_ranked(display, total, lane, hotel, count, top, out):
    """Insert into the ranking by (display, hotel); returns the new count. Rankings are short, so a shift is cheapest.

    out (4, top) int64: display, total, lane, hotel [inout].
    """
    if count == top and (display > out[0, top - 1] or (display == out[0, top - 1] and hotel > out[3, top - 1])):
        return count
    place = count if count < top else top - 1
    while place > 0 and (display < out[0, place - 1] or (display == out[0, place - 1] and hotel < out[3, place - 1])):
        for field in range(4):
            out[field, place] = out[field, place - 1]
        place -= 1
    out[0, place] = display
    out[1, place] = total
    out[2, place] = lane
    out[3, place] = hotel
    return min(count + 1, top)
