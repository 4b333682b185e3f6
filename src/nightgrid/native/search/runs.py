"""Vector operations over free rooms: nights in a row, gaps between sold-out nights, rooms for a whole stay.

Everywhere: free (row, night) int16 rooms, nights in order; begin (row) int32: the night index of today there, may be
negative; a night before it is gone and can no longer be sold. A night is free if it is not gone and has at least
`rooms` rooms.
"""

from __future__ import annotations

from nightgrid.native.base.jit import inlined_kernel, kernel


@kernel
def free_runs(free, begin, rooms, out_nights):
    """out_nights (row, night) int16 [out]: how many nights in a row, from that night on, are free.

    free, begin, rooms [in] as above. O(rows x nights).
    """
    for row in range(free.shape[0]):
        nights = 0
        for night in range(free.shape[1] - 1, -1, -1):
            nights = nights + 1 if free[row, night] >= rooms and night >= begin[row] else 0
            out_nights[row, night] = nights


@kernel
def largest_runs(free, begin, rooms, out_first, out_nights):
    """out_first, out_nights (row) int32 [out]: the first of the longest runs of free nights, (-1, 0) where none is.

    free, begin, rooms [in] as above. O(rows x nights).
    """
    for row in range(free.shape[0]):
        out_first[row] = -1
        out_nights[row] = 0
        nights = 0
        for night in range(max(begin[row], 0), free.shape[1]):
            nights = nights + 1 if free[row, night] >= rooms else 0
            if nights > out_nights[row]:
                out_nights[row] = nights
                out_first[row] = night - nights + 1


@inlined_kernel
def _no_stay_fits(min_nights, row, first, end):
    """True if the nights first..end - 1 are too few for the shortest stay of each of them as an arrival."""
    line = row if min_nights.shape[0] > 1 else 0
    step = 1 if min_nights.shape[1] > 1 else 0
    for arrival in range(first, end):
        if min_nights[line, arrival * step] <= end - arrival:
            return False
    return True


@kernel
def gap_runs(free, begin, rooms, min_nights, out_nights):
    """out_nights (row, night) int16 [out]: for a night of a gap, the length of the gap in nights; 0 elsewhere.

    A gap is a maximal run of free nights, a sold-out night behind it and a sold-out or a gone one before it, in which
    no stay fits. A run that reaches the last night of the window is none: what follows is not known.
    free, begin, rooms [in] as above; min_nights (row | 1, night | 1) int16 [in]: the shortest stay by arrival, of one
    line or column where it is the same for all. O(rows x nights).
    """
    for row in range(free.shape[0]):
        first = -1  # of the run that is open
        for night in range(free.shape[1]):
            out_nights[row, night] = 0
            if free[row, night] >= rooms and night >= begin[row]:
                if first < 0:
                    first = night
                continue
            closed_before = first > 0 or begin[row] >= 0
            if first >= 0 and closed_before and _no_stay_fits(min_nights, row, first, night):
                for inside in range(first, night):
                    out_nights[row, inside] = night - first
            first = -1


@kernel
def stay_rooms(free, begin, nights, out_rooms):
    """out_rooms (row, night) int16 rooms [out]: how many rooms are free on every night of a stay that arrives that
    night; 0 where none are, where the arrival is gone, and where the stay would leave the window.

    free, begin [in] as above; nights: of the stay, at least 1. O(rows x nights), whatever the stay's length: van Herk
    (1992) and Gil and Werman (1993). In blocks as long as the stay, the minimum over a stay is the smaller one of a
    minimum from its arrival to the end of a block, and one from the next block's begin to its last night.
    """
    count = free.shape[1]
    for row in range(free.shape[0]):
        for block in range(0, count, nights):
            end = min(block + nights, count)
            low = free[row, end - 1]
            for night in range(end - 1, block - 1, -1):
                low = min(low, free[row, night])
                out_rooms[row, night] = low
            low = free[row, block]
            for last in range(block, end):
                low = min(low, free[row, last])
                arrival = last - nights + 1
                if arrival >= 0:
                    out_rooms[row, arrival] = max(min(out_rooms[row, arrival], low), 0) if arrival >= begin[row] else 0
        for arrival in range(max(count - nights + 1, 0), count):
            out_rooms[row, arrival] = 0
