"""Prices that come as data beside the rule book: base prices by night and party size, and dated overrides.

A *layer* holds one number for each of its keys (product, guests) and each night from its first one on. Layers never
change: setting lines makes another, and a price version keeps the one it was made with. Later lines win, so painting
all lines ever set, in order, gives the layer as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: No number for that night.
NO_VALUE: Final = -(2**31)
#: The layers of a version: base prices, and the four kinds of override.
LAYERS: Final = ("base", "fixed", "percent", "floor", "ceiling")
_CELLS_AT_ONCE: Final = 4_000_000


class Lines(NamedTuple):
    """Numbers for ranges of nights, in the order in which they were set; columns of one length."""

    product: NDArray[np.int32]
    guests: NDArray[np.int16]  # party size, 0 = any
    first_night: NDArray[np.int32]  # ordinal
    last_night: NDArray[np.int32]  # ordinal, inclusive
    value: NDArray[np.int32]  # minor units or basis points; NO_VALUE takes away what there is

    @property
    def nights(self) -> int:
        """Nights of all lines together."""
        return int((self.last_night.astype(np.int64) - self.first_night + 1).sum())

    def take(self, chosen: NDArray[np.bool_]) -> Lines:
        """Some of the lines, in order."""
        return Lines(
            self.product[chosen],
            self.guests[chosen],
            self.first_night[chosen],
            self.last_night[chosen],
            self.value[chosen],
        )


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """Numbers by key and night. Keys are distinct and in order; `values` is not to be written to."""

    product: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))  # [K]
    guests: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))  # [K]
    first_night: int = 1
    values: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 0), np.int32))  # [K, nights], NO_VALUE none

    def painted(self, lines: Lines) -> Layer:
        """The layer after some lines, in order. O(keys × nights + nights of the lines)."""
        if not len(lines.product):
            return self
        has_old = self.values.size > 0
        begin, end = int(lines.first_night.min()), int(lines.last_night.max()) + 1
        if has_old:
            begin, end = min(begin, self.first_night), max(end, self.first_night + self.values.shape[1])
        codes = np.concatenate([_codes(self.product, self.guests), _codes(lines.product, lines.guests)])
        keys, position = np.unique(codes, return_inverse=True)
        values = np.full((len(keys), end - begin), NO_VALUE, np.int32)
        if has_old:
            column = self.first_night - begin
            values[position[: len(self.product)], column : column + self.values.shape[1]] = self.values
        _paint(values, position[len(self.product) :], begin, lines)
        return Layer(*_of_codes(keys), begin, values).trimmed(begin)

    def trimmed(self, first_night: int) -> Layer:
        """Without nights before `first_night`, and without keys and ends that have no number."""
        values = self.values[:, max(0, first_night - self.first_night) :]
        begin = max(first_night, self.first_night)
        given = values != NO_VALUE
        used, nights = given.any(axis=1), np.flatnonzero(given.any(axis=0))
        if not len(nights):
            return EMPTY_LAYER
        values = np.ascontiguousarray(values[used, nights[0] : nights[-1] + 1])
        values.setflags(write=False)
        return Layer(self.product[used], self.guests[used], begin + int(nights[0]), values)

    def window(self, first_night: int, n_nights: int) -> NDArray[np.int32]:
        """The numbers of some nights: int32 (key, night), NO_VALUE where there is none."""
        found = np.full((len(self.product), n_nights), NO_VALUE, np.int32)
        begin = max(first_night, self.first_night)
        end = min(first_night + n_nights, self.first_night + self.values.shape[1])
        if begin < end:
            part = self.values[:, begin - self.first_night : end - self.first_night]
            found[:, begin - first_night : end - first_night] = part
        return found

    def lines(self) -> Lines:
        """The numbers as ranges of equal nights, by key and night: painted on nothing they give this layer again."""
        if not self.values.size:
            return NO_LINES
        return self.ranges(self.values, self.values != NO_VALUE)

    def ranges(self, values: NDArray[np.int32], chosen: NDArray[np.bool_]) -> Lines:
        """Chosen numbers as ranges of equal nights, for the keys of this layer. values, chosen (key, night)."""
        keys, nights = values.shape
        starts = np.ones((keys, nights), np.bool_)
        starts[:, 1:] = (values[:, 1:] != values[:, :-1]) | (chosen[:, 1:] != chosen[:, :-1])
        start = np.flatnonzero(starts)
        end = np.append(start[1:], keys * nights)
        key, night = np.divmod(start, nights)
        first = (night + self.first_night).astype(np.int32)
        last = (first + (end - start) - 1).astype(np.int32)
        lines = Lines(self.product[key], self.guests[key], first, last, values.reshape(-1)[start])
        return lines.take(chosen.reshape(-1)[start])

    def changes_to(self, other: Layer) -> Lines:
        """Lines that make this layer the other one, of changed nights only; NO_VALUE where a number went away.
        O(keys × nights).
        """
        given = [layer for layer in (self, other) if layer.values.size]
        if not given or self is other:
            return NO_LINES
        begin = min(layer.first_night for layer in given)
        end = max(layer.first_night + layer.values.shape[1] for layer in given)
        keys = np.unique(np.concatenate([_codes(layer.product, layer.guests) for layer in given]))
        before, after = (
            np.full((len(keys), end - begin), NO_VALUE, np.int32),
            np.full((len(keys), end - begin), NO_VALUE, np.int32),
        )
        for layer, values in ((self, before), (other, after)):
            values[np.searchsorted(keys, _codes(layer.product, layer.guests))] = layer.window(begin, end - begin)
        return Layer(*_of_codes(keys), begin, after).ranges(after, before != after)


def _codes(product: NDArray[np.int32], guests: NDArray[np.int16]) -> NDArray[np.int64]:
    return product.astype(np.int64) << 16 | guests.astype(np.int64)


def _of_codes(codes: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
    return (codes >> 16).astype(np.int32), (codes & 0xFFFF).astype(np.int16)


def _paint(values: NDArray[np.int32], key: NDArray[np.integer], begin: int, lines: Lines) -> None:
    """Write lines over values, in order, a bounded number of cells at once."""
    length = lines.last_night.astype(np.int64) - lines.first_night + 1
    done = np.cumsum(length)
    start = 0
    while start < len(length):
        before = done[start] - length[start]
        stop = max(start + 1, int(np.searchsorted(done, before + _CELLS_AT_ONCE, side="right")))
        part = slice(start, stop)
        line = np.repeat(np.arange(start, stop), length[part])
        night = np.arange(len(line)) - np.repeat(done[part] - length[part] - before, length[part])
        # Where a cell is named twice NumPy assigns in order: the later line stays.
        values[key[line], lines.first_night[line] - begin + night] = lines.value[line]
        start = stop


EMPTY_LAYER: Final = Layer()
NO_LINES: Final = Lines(
    np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int32)
)


class DataTables(NamedTuple):
    """The data of a window as the compiler folds it; rows by product, N nights, -1 = no amount that night.

    A party of n is priced by its own size, else the next larger one that has an amount that night, else any (0), else
    the catalogue's base price.
    """

    base_product: NDArray[np.int32]  # [k] distinct
    base_first: NDArray[np.int32]  # [k + 1] where its rows begin
    base_guests: NDArray[np.int16]  # [m] increasing within a product, 0 = any
    base_minor: NDArray[np.int32]  # [m, N]
    fixed_product: NDArray[np.int32]  # [f]
    fixed_minor: NDArray[np.int32]  # [f, N]
    percent_product: NDArray[np.int32]
    percent_bp: NDArray[np.int32]  # basis points, NO_VALUE = none
    floor_product: NDArray[np.int32]
    floor_minor: NDArray[np.int32]
    ceiling_product: NDArray[np.int32]
    ceiling_minor: NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class PriceData:
    """All data beside a book. `with_lines` makes another; nothing changes in place."""

    base: Layer = EMPTY_LAYER
    fixed: Layer = EMPTY_LAYER
    percent: Layer = EMPTY_LAYER
    floor: Layer = EMPTY_LAYER
    ceiling: Layer = EMPTY_LAYER

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is given."""
        return not any(self.layer(name).values.size for name in LAYERS)

    @property
    def nbytes(self) -> int:
        """Bytes of all numbers."""
        return sum(self.layer(name).values.nbytes for name in LAYERS)

    def layer(self, name: str) -> Layer:
        """One of LAYERS."""
        found: Layer = getattr(self, name)
        return found

    def with_layer(self, name: str, layer: Layer) -> PriceData:
        """The same data with another layer."""
        return PriceData(**{other: layer if other == name else self.layer(other) for other in LAYERS})

    def window(self, first_night: int, n_nights: int) -> DataTables:
        """The data of some nights, as `DataTables`. O(keys × nights)."""

        def amounts(layer: Layer) -> NDArray[np.int32]:
            found = layer.window(first_night, n_nights)
            found[found == NO_VALUE] = -1
            return found

        product, first = np.unique(self.base.product, return_index=True)
        return DataTables(
            base_product=product,
            base_first=np.append(first, len(self.base.product)).astype(np.int32),
            base_guests=self.base.guests,
            base_minor=amounts(self.base),
            fixed_product=self.fixed.product,
            fixed_minor=amounts(self.fixed),
            percent_product=self.percent.product,
            percent_bp=self.percent.window(first_night, n_nights),
            floor_product=self.floor.product,
            floor_minor=amounts(self.floor),
            ceiling_product=self.ceiling.product,
            ceiling_minor=amounts(self.ceiling),
        )

    def digest(self, first_night: int, n_nights: int) -> bytes:
        """16 bytes that name the numbers of some nights, whatever lines they were set by; of none, all zero."""
        digest = blake2b(digest_size=16)
        empty = True
        for name in LAYERS:
            layer = self.layer(name)
            end = first_night + n_nights
            values = layer.window(first_night, n_nights)
            inside = Layer(layer.product, layer.guests, first_night, values).trimmed(first_night).lines()
            digest.update(f"{name} {len(inside.product)} {end}".encode())
            for column in inside:
                digest.update(np.ascontiguousarray(column).data)
            empty = empty and not len(inside.product)
        return bytes(16) if empty else digest.digest()


#: No data: every base price is the catalogue's.
NO_DATA: Final = PriceData()
