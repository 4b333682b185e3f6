"""How many rooms of each type a replayed hotel has: from a file, or from what it is known to have housed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nightgrid.errors import InputError
from nightgrid.jobs.replay.columns import integers, read_columns, words
from nightgrid.jobs.replay.read import CHECK_OUT, Bookings
from nightgrid.limits import ROOMS_MAX

Key = tuple[str, str]


def peak_capacity(bookings: Bookings) -> npt.NDArray[np.int64]:
    """Rooms per type: the most guests of that type (status Check-Out) the hotel housed on one night.

    int64[n_types], in the order of `type_names`; a type that never housed anybody has 0 rooms.
    O(bookings + types x nights): +1 at arrival, -1 at departure, running sum, maximum.
    """
    stayed = bookings.status == CHECK_OUT
    n_types, n_days = len(bookings.type_names), bookings.window_nights + 1
    first = bookings.first_night
    arrival_cell = bookings.type_index[stayed] * n_days + bookings.arrival[stayed] - first
    changes = np.bincount(arrival_cell, minlength=n_types * n_days)
    changes -= np.bincount(arrival_cell + bookings.nights[stayed], minlength=n_types * n_days)
    peaks: npt.NDArray[np.int64] = np.cumsum(changes.reshape(n_types, n_days), axis=1).max(axis=1).astype(np.int64)
    if peaks.max(initial=0) > ROOMS_MAX:
        kind = bookings.type_names[int(peaks.argmax())]
        raise InputError(
            f"{bookings.source}: {peaks.max()} rooms of {'|'.join(kind)} were in use on one night; "
            f"a room type has at most {ROOMS_MAX}. Split the type"
        )
    return peaks


def read_capacity(path: str | os.PathLike[str]) -> dict[Key, int]:
    """Rooms per (hotel, room type) from JSON `{"City Hotel|A": 217}` or CSV `hotel,room_type,capacity`.

    InputError names the entry that is negative, not a whole number, above ROOMS_MAX or given twice.
    """
    source = Path(path)
    if source.suffix.lower() != ".json":
        return _read_table(source)
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"capacity file {source} does not exist; check the path") from None
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"capacity file {source} cannot be read: {cause}") from cause
    try:
        entries = json.loads(text, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as cause:
        raise InputError(f"capacity file {source} is not JSON: {cause}; write {{'City Hotel|A': 217}}") from cause
    if not isinstance(entries, _Pairs):
        raise InputError(f"capacity file {source} must hold one object such as {{'City Hotel|A': 217}}")
    rooms: dict[Key, int] = {}
    for name, value in entries:
        hotel, bar, kind = name.rpartition("|")
        if not bar or not hotel.strip() or not kind.strip():
            raise InputError(f"capacity file {source}: key {name!r} must be 'hotel|room type', such as 'City Hotel|A'")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= ROOMS_MAX:
            raise InputError(
                f"capacity file {source}: {name!r} is {value!r:.60}; it must be a whole number from 0 to {ROOMS_MAX}"
            )
        _put(rooms, (hotel.strip(), kind.strip()), value, source)
    return rooms


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its keys as written, so that a key given twice can be seen."""


def _read_table(source: Path) -> dict[Key, int]:
    frame = read_columns(source, ("hotel", "room_type", "capacity"), (), "capacity file")
    capacity = integers(frame["capacity"], 0, ROOMS_MAX).tolist()
    rooms: dict[Key, int] = {}
    for hotel, kind, value in zip(words(frame["hotel"]), words(frame["room_type"]), capacity, strict=True):
        _put(rooms, (hotel, kind), value, source)
    return rooms


def _put(rooms: dict[Key, int], key: Key, value: int, source: Path) -> None:
    if key in rooms:
        raise InputError(f"capacity file {source}: '{key[0]}|{key[1]}' is given twice; keep one")
    rooms[key] = value


def capacity_of_types(type_names: list[Key], rooms: Mapping[Key, int]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """(int64[n_types] in the order of `type_names`, warnings): a type that the file lacks has 0 rooms."""
    known = set(type_names)
    warnings = [f"capacity file lacks '{h}|{k}': it counts as 0 rooms" for h, k in type_names if (h, k) not in rooms]
    warnings += [f"capacity file names '{h}|{k}', which no booking asks for" for h, k in rooms if (h, k) not in known]
    return np.array([rooms.get(key, 0) for key in type_names], dtype=np.int64), warnings
