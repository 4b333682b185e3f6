"""Data beside the book: painting lines, windows of nights, ranges read back. The judge is a dictionary of cells."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nightgrid.pricing.price_data import EMPTY_LAYER, NO_DATA, NO_VALUE, Lines

_LINE = st.tuples(
    st.integers(0, 3),  # product
    st.sampled_from([0, 2, 4]),  # guests
    st.integers(740_000, 740_012),  # first night
    st.integers(0, 6),  # nights beyond the first
    st.sampled_from([NO_VALUE, 0, 1, 5_000, 10**9]),
)


def _lines(rows):
    columns = zip(*rows, strict=True) if rows else [[]] * 5
    product, guests, first, more, value = (list(column) for column in columns)
    last = [night + extra for night, extra in zip(first, more, strict=True)]
    types = (np.int32, np.int16, np.int32, np.int32, np.int32)
    return Lines(
        *(np.array(column, kind) for column, kind in zip((product, guests, first, last, value), types, strict=True))
    )


def _cells(batches):
    cells = {}
    for product, guests, first, more, value in (line for batch in batches for line in batch):
        for night in range(first, first + more + 1):
            cells[product, guests, night] = value
    return {cell: value for cell, value in cells.items() if value != NO_VALUE}


def _cells_of(layer):
    found = {}
    for product, guests, first, last, value in zip(*(column.tolist() for column in layer.lines()), strict=True):
        for night in range(first, last + 1):
            assert (product, guests, night) not in found, "ranges overlap"
            found[product, guests, night] = value
    return found


@given(st.lists(st.lists(_LINE, max_size=5), max_size=4))
def test_later_lines_win_and_ranges_give_the_layer_again(batches):
    layer = EMPTY_LAYER
    for batch in batches:
        layer = layer.painted(_lines(batch))
    assert _cells_of(layer) == _cells(batches)
    assert _cells_of(EMPTY_LAYER.painted(layer.lines())) == _cells(batches)
    whole = EMPTY_LAYER.painted(_lines([line for batch in batches for line in batch]))
    assert _cells_of(whole) == _cells(batches)


@given(st.lists(_LINE, max_size=6), st.integers(739_998, 740_020), st.integers(1, 12))
def test_a_window_shows_its_nights_and_its_digest_names_only_them(rows, first, nights):
    layer = EMPTY_LAYER.painted(_lines(rows))
    data = NO_DATA.with_layer("base", layer)
    inside = {cell: value for cell, value in _cells([rows]).items() if first <= cell[2] < first + nights}
    tables = data.window(first, nights)
    found = {}
    for position, product in enumerate(tables.base_product.tolist()):
        for row in range(tables.base_first[position], tables.base_first[position + 1]):
            for night in np.flatnonzero(tables.base_minor[row] >= 0).tolist():
                key = (product, int(tables.base_guests[row]), first + night)
                found[key] = int(tables.base_minor[row, night])
    assert found == inside
    other = [(product, guests, night, 0, value) for (product, guests, night), value in reversed(inside.items())]
    same = NO_DATA.with_layer("base", EMPTY_LAYER.painted(_lines(other)))
    assert same.digest(first, nights) == data.digest(first, nights)
    assert (data.digest(first, nights) == bytes(16)) == (not inside)
    if inside:
        product, guests, night, more, value = other[0]
        changed = [(product, guests, night, more, 7 if value != 7 else 8), *other[1:]]
        different = NO_DATA.with_layer("base", EMPTY_LAYER.painted(_lines(changed)))
        assert different.digest(first, nights) != data.digest(first, nights)


@given(st.lists(_LINE, max_size=6), st.lists(_LINE, max_size=6))
def test_changes_lead_from_one_layer_to_another_and_name_nothing_else(old_rows, new_rows):
    old, new = EMPTY_LAYER.painted(_lines(old_rows)), EMPTY_LAYER.painted(_lines(new_rows))
    changes = old.changes_to(new)
    assert _cells_of(old.painted(changes)) == _cells([new_rows])
    before, after = _cells([old_rows]), _cells([new_rows])
    assert changes.nights == sum(before.get(cell) != after.get(cell) for cell in before | after)


def test_many_cells_are_painted_in_order_across_portions(monkeypatch):
    from nightgrid.pricing import price_data

    monkeypatch.setattr(price_data, "_CELLS_AT_ONCE", 3)
    rows = [(0, 0, 740_000, 6, 1), (0, 0, 740_002, 0, 2), (0, 0, 740_001, 1, 3), (1, 0, 740_000, 0, 4)]
    assert _cells_of(EMPTY_LAYER.painted(_lines(rows))) == _cells([rows])
