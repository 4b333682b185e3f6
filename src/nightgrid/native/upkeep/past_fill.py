"""How full every house was at every instant: the rooms taken are counted again from the records of the ring, and each
time that a night's fill moves over an edge, the instant is written down.

The counters themselves tell only what is now; between two looks many sales may lie, each with its instant. So a table
of rooms by hotel and night follows the records one by one, and what only the counters know (rooms that there are, rooms
sold elsewhere) is read from them where a record says that the hotel set it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.limits import FILL_BP_MAX
from nightgrid.native.base.atomics import acquire, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.ring import copied, moves_nothing, says_before
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    column_of,
    elsewhere_of,
    end_night,
    hotel_row_of,
    hotel_words_of,
    next_row_of,
    row_hotel_of,
    sell_limit_of,
    shared_of,
    slots_of,
)

# -- rooms: int32 (hotel, night mod nights of the window, ROOM_FIELDS); a night lies in one cache line ----
TAKEN: Final = 0  # by holds and bookings of this store
ELSEWHERE: Final = 1
THERE: Final = 2  # physical - out of order
ROOM_FIELDS: Final = 4

# -- a move: what a record did, int64 (move, M_WORDS) -------------------------------------------------
M_AT_MS: Final = 0  # when: of a hold that expired its deadline, however late somebody noticed
M_KIND: Final = 1
M_HOTEL: Final = 2
M_LESS: Final = 3  # a stay that takes no rooms any more, 0 = none; of other kinds the first night
M_MORE: Final = 4  # a stay that takes rooms, 0 = none; of other kinds how many nights
M_LSN: Final = 5
M_WORDS: Final = 6

# -- a change of fill over an edge, int64 (change, C_WORDS) -------------------------------------------
C_AT_MS: Final = 0
C_HOTEL: Final = 1
C_NIGHT: Final = 2  # ordinal
C_FILL: Final = 3  # the edge at or below the fill from then on, basis points
C_WORDS: Final = 4


@kernel
def read_moves(store, first, horizon_ms, out):
    """The changes of the store from a log sequence number on: out (move, M_WORDS) int64 [out]; how many there are
    before the first that the ring has passed over.

    Nothing happens before `horizon_ms`, nor before what stands before it: an instant that a thread took and others
    overtook is later here. Only a deadline lies earlier than the record of its expiry. O(moves).
    """
    record = np.zeros(at.D_WORDS, np.int64)
    latest = horizon_ms
    for place in range(out.shape[0]):
        if not copied(store, first + place, record):
            return place
        kind = record[at.D_KIND] & 0xFF
        move = out[place]
        move[M_LSN] = first + place
        move[M_KIND] = kind
        move[M_LESS] = 0
        move[M_MORE] = 0
        move[M_HOTEL] = 0
        if kind == at.RECORD_EXPIRE:
            move[M_AT_MS] = min(max(record[at.D_DEADLINE_MS], horizon_ms), max(latest, record[at.D_NOW_MS]))
        else:
            latest = max(latest, record[at.D_NOW_MS])
            move[M_AT_MS] = latest
        if kind < at.RECORD_CELLS:
            move[M_HOTEL] = row_hotel_of(store)[q.place_row(record[at.D_PLACE])]
            if kind == at.RECORD_HOLD or kind == at.RECORD_BOOK:
                move[M_MORE] = record[at.D_STAY]
            elif says_before(kind):
                move[M_LESS] = record[at.D_OLD_STAY]
                move[M_MORE] = record[at.D_STAY]
            elif not moves_nothing(kind):
                move[M_LESS] = record[at.D_STAY]
        elif not moves_nothing(kind):
            if kind == at.RECORD_CELLS:
                move[M_HOTEL] = row_hotel_of(store)[record[at.D_PLACE]]
            move[M_LESS] = record[at.D_STAY]
            move[M_MORE] = record[at.D_VALUE]
    return np.int64(out.shape[0])


@kernel
def due_deadlines(store, now_ms, out):
    """Deadlines of the holds that are due: out int64 milliseconds [out], in any order; how many there are, of which the
    first out.size are written. O(hotels + open holds of hotels where something is due).
    """
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    count = np.int64(0)
    for hotel in range(store[at.H_HOTELS]):
        line = hotel * at.L_WORDS
        if load_word(hotels, line + at.L_EARLIEST_MS) > now_ms:
            continue
        acquire(hotels, line + at.L_LOCK)
        link = hotels[line + at.L_HELD_HEAD]
        while link:
            base = (link - 1) * at.W_WORDS
            link = slots[base + at.W_NEXT]
            if slots[base + at.W_DEADLINE_MS] <= now_ms:
                if count < out.size:
                    out[count] = slots[base + at.W_DEADLINE_MS]
                count += 1
        release(hotels, line + at.L_LOCK)
    return count


@kernel
def _edge_at(rooms, edges, hotel, column):
    """The edge at or below a night's house fill, as `houses.house_fill` defines it."""
    there = np.int64(rooms[hotel, column, THERE])
    taken = max(np.int64(rooms[hotel, column, TAKEN]) + np.int64(rooms[hotel, column, ELSEWHERE]), 0)
    if there <= 0:
        return edges[edges.size - 1]
    edge = np.int64(0)
    for place in range(edges.size):
        if edges[place] * there > FILL_BP_MAX * taken:  # a division takes ten times as long
            break
        edge = edges[place]
    return edge


@kernel
def _taken_on(stay, night):
    """Rooms that a stay takes on a night."""
    inside = night - q.stay_arrival(stay)
    return q.stay_rooms(stay) if 0 <= inside < q.stay_kept(stay) else np.int64(0)


@kernel
def _nights_of(move):
    """(first night, night after the last) that a stay before or after a change has; empty where there is none."""
    begin, end = np.int64(2**62), np.int64(0)
    for field in range(M_LESS, M_MORE + 1):
        stay = move[field]
        if stay != 0:
            begin = min(begin, q.stay_arrival(stay))
            end = max(end, q.stay_arrival(stay) + q.stay_kept(stay))
    return begin, end


@kernel
def _note(out, count, at_ms, hotel, night, edge):
    """Write a change down; how many there are then."""
    if count < out.shape[0]:
        out[count, C_AT_MS] = at_ms
        out[count, C_HOTEL] = hotel
        out[count, C_NIGHT] = night
        out[count, C_FILL] = edge
    return count + 1


@kernel
def _rooms_there(store, hotel, column):
    """(rooms that there are, of them sold elsewhere) of a hotel; it is locked."""
    there = np.int64(0)
    elsewhere = np.int64(0)
    link = np.int64(hotel_row_of(store)[hotel])
    while link:
        row = link - 1
        link = np.int64(next_row_of(store)[row])
        there += np.int64(capacity_of(store)[row, column]) - np.int64(sell_limit_of(store)[row, column])
        elsewhere += np.int64(elsewhere_of(store)[row, column])
    return there, elsewhere


@kernel
def read_rooms(store, hotel, first, end, at_ms, fresh, rooms, edges, out, count):
    """Read what a hotel set for nights, first .. end - 1 (ordinals): rooms (hotel, night, ROOM_FIELDS) int32 [inout];
    changes of fill go to out (change, C_WORDS) int64 [out] behind `count` others; how many there are then.

    `fresh`: the nights were not on sale before, so nothing is taken, and their fill counted as 0. O(nights x room
    types).
    """
    nights = rooms.shape[1]
    hotels = hotel_words_of(store)
    shared = shared_of(store)
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    begin = max(first, load_word(shared, at.S_FIRST_NIGHT))
    end = min(end, end_night(shared))
    for night in range(begin, end):
        column = night % nights
        before = np.int64(0) if fresh else _edge_at(rooms, edges, hotel, column)
        there, elsewhere = _rooms_there(store, hotel, column_of(store, shared, night))
        rooms[hotel, column, THERE] = there
        rooms[hotel, column, ELSEWHERE] = elsewhere
        if fresh:
            rooms[hotel, column, TAKEN] = 0
        after = _edge_at(rooms, edges, hotel, column)
        if after != before:
            count = _note(out, count, at_ms, hotel, night, after)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return count


@kernel
def apply_moves(store, moves, first_night, rooms, edges, out):
    """Follow moves in the order in which they stand: how many changes of fill there are.

    moves (move, M_WORDS) int64, none of which rolls the window or sets everything; first_night: of the window [in];
    rooms (hotel, night, ROOM_FIELDS) int32 [inout]; edges int64 ascending [in]; out (change, C_WORDS) int64 [out], as
    many as the moves have nights. O(nights of the moves).
    """
    nights = rooms.shape[1]
    count = np.int64(0)
    for place in range(moves.shape[0]):
        move = moves[place]
        hotel, at_ms = move[M_HOTEL], move[M_AT_MS]
        if move[M_KIND] == at.RECORD_CELLS:
            first = max(move[M_LESS], first_night)
            end = min(move[M_LESS] + move[M_MORE], first_night + nights)
            count = read_rooms(store, hotel, first, end, at_ms, False, rooms, edges, out, count)
            continue
        begin, end = _nights_of(move)
        for night in range(max(begin, first_night), min(end, first_night + nights)):
            more = _taken_on(move[M_MORE], night) - _taken_on(move[M_LESS], night)
            if more != 0:
                column = night % nights
                before = _edge_at(rooms, edges, hotel, column)
                rooms[hotel, column, TAKEN] += more
                after = _edge_at(rooms, edges, hotel, column)
                if after != before:
                    count = _note(out, count, at_ms, hotel, night, after)
    return count


@kernel
def undo_moves(moves, hotel_lsn, first_night, rooms):
    """Take back the moves that a count of rooms has already: hotel_lsn (hotel) int64, up to which the rooms of each
    hotel were counted [in]; rooms (hotel, night, ROOM_FIELDS) int32 [inout].
    """
    nights = rooms.shape[1]
    for place in range(moves.shape[0]):
        move = moves[place]
        if move[M_KIND] >= at.RECORD_CELLS or move[M_LSN] > hotel_lsn[move[M_HOTEL]]:
            continue
        begin, end = _nights_of(move)
        for night in range(max(begin, first_night), min(end, first_night + nights)):
            more = _taken_on(move[M_MORE], night) - _taken_on(move[M_LESS], night)
            rooms[move[M_HOTEL], night % nights, TAKEN] -= more


@kernel
def count_rooms(store, first_night, rooms, hotel_lsn):
    """Count all rooms anew: rooms (hotel, night, ROOM_FIELDS) int32 [out]; hotel_lsn (hotel) int64: the log sequence
    number up to which each hotel's changes are in it [out]. The window stands. O(room types x nights).
    """
    nights = rooms.shape[1]
    shared = shared_of(store)
    hotels = hotel_words_of(store)
    cells = cells_of(store)
    for hotel in range(rooms.shape[0]):
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        hotel_lsn[hotel] = load_word(shared, at.S_LSN)
        for night in range(first_night, first_night + nights):
            column = column_of(store, shared, night)
            there, elsewhere = _rooms_there(store, hotel, column)
            taken = -elsewhere
            link = np.int64(hotel_row_of(store)[hotel])
            while link:
                row = link - 1
                link = np.int64(next_row_of(store)[row])
                taken += np.int64(cells[row, column, at.C_SOLD]) + np.int64(cells[row, column, at.C_HELD])
            rooms[hotel, night % nights, TAKEN] = taken
            rooms[hotel, night % nights, ELSEWHERE] = elsewhere
            rooms[hotel, night % nights, THERE] = there
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)


@kernel
def edges_of_nights(rooms, edges, first_night, out):
    """The edge at or below the fill of every night: out (hotel, night) int16 basis points [out]. O(hotels x nights)."""
    nights = rooms.shape[1]
    for hotel in range(out.shape[0]):
        for place in range(nights):
            out[hotel, place] = _edge_at(rooms, edges, hotel, (first_night + place) % nights)


@kernel
def _place_after(hotels, nights, at_ms, hotel, night, instant):
    """How many entries, in the order of hotel, night and instant, are not after one. O(log entries)."""
    low, high = 0, at_ms.size
    while low < high:
        middle = (low + high) >> 1
        if hotels[middle] != hotel:
            after = hotels[middle] > hotel
        elif nights[middle] != night:
            after = nights[middle] > night
        else:
            after = at_ms[middle] > instant
        if after:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def find_fill(hotels, nights, at_ms, fill_bp, cells, out):
    """The latest of some changes for each cell: hotels int32, nights int32, at_ms int64, fill_bp int16 (change), in the
    order of hotel, night and instant; cells (cell, 3) int64: hotel, night, instant [in]; out (cell) int16 [inout], left
    as it is where there is none at or before the instant. O(cells x log changes).
    """
    for cell in range(cells.shape[0]):
        hotel, night = cells[cell, 0], cells[cell, 1]
        place = _place_after(hotels, nights, at_ms, hotel, night, cells[cell, 2]) - 1
        if place >= 0 and hotels[place] == hotel and nights[place] == night:
            out[cell] = fill_bp[place]


@kernel
def find_changes(hotels, nights, at_ms, cells, out):
    """Where the changes of each cell inside a span of time stand, the span's begin not included: cells (cell, 4) int64:
    hotel, night, begin, end [in]; out (cell, 2) int64: first, and the one after the last [out]. As `find_fill`.
    """
    for cell in range(cells.shape[0]):
        hotel, night = cells[cell, 0], cells[cell, 1]
        out[cell, 0] = _place_after(hotels, nights, at_ms, hotel, night, cells[cell, 2])
        out[cell, 1] = max(out[cell, 0], _place_after(hotels, nights, at_ms, hotel, night, cells[cell, 3] - 1))
