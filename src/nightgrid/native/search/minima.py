"""The cheapest product of every hotel that can be among the best k, approximately: what `search` decides exactly.

Most chunks need not be read. For every word of 64 products the cheapest of each night is kept as running sums too; no
product of the word can cost less than the sum of those minima, times the least factor of its sets (a zone map:
Moerkotte, VLDB 1998, for sums). So the chunks with the least bounds are read first; they give a limit, and chunks and
words whose bound lies above it are passed over. Where prices do not differ, everything is read, at little more cost.

Conversion to float32 and its products are monotone, so a bound is never above a price, whatever the rounding.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import prefetch_reading
from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel, kernel
from nightgrid.native.base.marked import load_table, stay_amount, store_result
from nightgrid.native.search.select import kth_smallest

#: Relative error of a float32 price: one conversion, one factor, one product, each within 2^-24; doubled for safety.
RELATIVE_ERROR = 2.0**-21
#: Chunks read for the first limit, at most: choosing each of them takes a pass over all.
_FIRST_CHUNKS_MAX = 64
#: ... or until they have so many times the hotels asked for: where neighbours differ, more of them give a better limit.
_ENOUGH = 8


@kernel
def fold_word_minima(sums, lane_product, mask, out_sums):
    """Running sums of every word's cheapest night; O(nights x lanes), streaming.

    sums (night + 1, lane) uint32 or int64: running sums of night values, whose stays lie within `mask`; lane_product
    (lane) int32, -1 = padding [in]; out_sums (night + 1, word), same type [out].
    """
    words = out_sums.shape[1]
    for word in range(words):
        out_sums[0, word] = 0
    for night in range(out_sums.shape[0] - 1):
        for word in range(words):
            least = np.int64(mask & 0x7FFFFFFFFFFFFFFF)
            for lane in range(word * 64, word * 64 + 64):
                if lane_product[lane] >= 0:
                    least = min(least, (np.int64(sums[night + 1, lane]) - np.int64(sums[night, lane])) & mask)
            out_sums[night + 1, word] = (np.int64(out_sums[night, word]) + least) & mask


@bare_inlined_kernel
def count_bits(word):
    """Bits set in a 64-bit word."""
    word = np.uint64(word)
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@bare_called_kernel
def bound_chunks(words, tables, factors, lanes, arrival, nights, out_words, out_chunks):
    """Lower bounds of the approximate prices of every word and chunk; returns how many hotels have a product left.

    words (word) int64 [in]: products left; out_words (word) float32, unwritten where nothing is left; out_chunks
    (chunk) float32, inf = nothing left [out]. O(words x sets of a word).
    """
    low = tables.word_sums[arrival]
    high = tables.word_sums[arrival + nights]
    approximate = factors.approximate
    hotels = 0
    for chunk in range(out_chunks.size):
        any_left = 0
        bound = np.float32(np.inf)
        for word in range(lanes.chunk_first_word[chunk], lanes.chunk_first_word[chunk + 1]):
            left = words[word]
            if left == 0:
                continue
            any_left |= left
            least = approximate[tables.word_sets[tables.word_first_set[word]]]
            for place in range(tables.word_first_set[word] + 1, tables.word_first_set[word + 1]):
                factor = approximate[tables.word_sets[place]]
                least = factor if factor < least else least
            value = np.float32(stay_amount(low, high, word)) * least
            out_words[word] = value
            bound = value if value < bound else bound
        out_chunks[chunk] = bound
        hotels += count_bits(any_left)
    return hotels


@bare_inlined_kernel
def _read_word(low, high, lane, tables, approximate, word, left, out, out_cheapest, scratch):
    """Lower the hotels' cheapest prices by one word's, in two passes that each vectorise."""
    nothing = np.float32(np.inf)
    first_set = tables.word_first_set[word]
    if tables.word_first_set[word + 1] == first_set + 1:  # one factor for the whole word: no gather
        factor = approximate[tables.word_sets[first_set]]
        for bit in range(64):
            store_result(scratch, bit, np.float32(stay_amount(low, high, lane + bit)) * factor)
    else:
        lane_set = tables.lane_set
        for bit in range(64):
            factor = load_table(approximate, load_table(lane_set, lane + bit))
            store_result(scratch, bit, np.float32(stay_amount(low, high, lane + bit)) * factor)
    for bit in range(64):
        value = load_table(scratch, bit) if left >> bit & 1 else nothing
        least = load_table(out_cheapest, out + bit)
        store_result(out_cheapest, out + bit, value if value < least else least)


@bare_inlined_kernel
def read_chunk(words, bounds, limit, tables, factors, lanes, chunk, arrival, nights, out_cheapest, scratch):
    """Approximate price of the cheapest product of a chunk's hotels, among the words bounded by `limit`; returns the
    least.

    out_cheapest (chunk * 64 + lane) float32 [out], inf = none; scratch (64) float32. O(lanes of the chunk).
    """
    nothing = np.float32(np.inf)
    low = tables.sums[arrival]
    high = tables.sums[arrival + nights]
    out = chunk * 64
    for bit in range(64):
        out_cheapest[out + bit] = nothing
    for word in range(lanes.chunk_first_word[chunk], lanes.chunk_first_word[chunk + 1]):
        left = words[word]
        if left != 0 and bounds[word] <= limit:
            _read_word(low, high, word * 64, tables, factors.approximate, word, left, out, out_cheapest, scratch)
    least = nothing
    for bit in range(64):
        value = out_cheapest[out + bit]
        least = value if value < least else least
    return least


@bare_inlined_kernel
def _prefetch_chunk(words, bounds, limit, tables, lanes, chunk, arrival, nights):
    """Fetch what `read_chunk` will read."""
    low = tables.sums[arrival]
    high = tables.sums[arrival + nights]
    for word in range(lanes.chunk_first_word[chunk], lanes.chunk_first_word[chunk + 1]):
        if words[word] != 0 and bounds[word] <= limit:
            for line in range(word * 64, word * 64 + 64, 16):
                prefetch_reading(low, line)
                prefetch_reading(high, line)


@bare_inlined_kernel
def widened(bound, error):
    """The limit of what can be among the best, from an approximate price that some candidate has."""
    return np.float32((np.float64(bound) + 2.0 * error) * (1.0 + 4.0 * RELATIVE_ERROR))


@bare_called_kernel
def _first_limit(words, tables, factors, lanes, arrival, nights, top, error, cheapest, least, space):
    """Read some chunks with the least bounds; returns the limit they give, inf if they have fewer than `top` hotels.

    space: as `approximate_minima`; the bounds of chunks that are read become inf.
    """
    bounds, chunks, scratch, line = space
    nothing = np.float32(np.inf)
    size = 0
    picks = min(_FIRST_CHUNKS_MAX, 4 + top // 8)
    for _ in range(picks):
        chosen = 0
        for chunk in range(1, chunks.size):
            if chunks[chunk] < chunks[chosen]:
                chosen = chunk
        if chunks[chosen] == nothing:
            break
        chunks[chosen] = nothing
        least[chosen] = read_chunk(
            words, bounds, nothing, tables, factors, lanes, chosen, arrival, nights, cheapest, line
        )
        for position in range(chosen * 64, chosen * 64 + 64):
            if cheapest[position] < nothing:
                scratch[size] = cheapest[position]
                size += 1
        if size >= _ENOUGH * top:
            break
    return widened(kth_smallest(scratch, size, top), error) if size >= top else nothing


@bare_called_kernel
def approximate_minima(words, tables, factors, lanes, arrival, nights, top, error, cheapest, least, space):
    """Approximate price of the cheapest product of every hotel that can be among the best `top`: (limit, available).

    words (word) int64 [in]: products left; cheapest (chunk * 64 + lane) float32 [out], inf = none, unwritten in
    chunks that were passed over; least (chunk) float32 [out]: the least of a chunk, inf = passed over or none;
    space: float32 (bounds of words, bounds of chunks, positions, 64), scratch. `available` hotels have a product left.
    Reads two rows of the running sums of words, and of products as little as the bounds allow. O(lanes) at worst.
    """
    bounds, chunks, _, line = space
    nothing = np.float32(np.inf)
    available = bound_chunks(words, tables, factors, lanes, arrival, nights, bounds, chunks)
    for chunk in range(chunks.size):
        least[chunk] = nothing
    limit = _first_limit(words, tables, factors, lanes, arrival, nights, top, error, cheapest, least, space)
    ready = -1  # the chunk to read, fetched while the one before it is read
    for chunk in range(chunks.size):
        if chunks[chunk] <= limit and chunks[chunk] < nothing:
            _prefetch_chunk(words, bounds, limit, tables, lanes, chunk, arrival, nights)
            if ready >= 0:
                least[ready] = read_chunk(
                    words, bounds, limit, tables, factors, lanes, ready, arrival, nights, cheapest, line
                )
            ready = chunk
    if ready >= 0:
        least[ready] = read_chunk(words, bounds, limit, tables, factors, lanes, ready, arrival, nights, cheapest, line)
    return limit, available
