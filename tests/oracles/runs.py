"""Free nights in a row, gaps that no stay fills and rooms for a whole stay, each by its definition.

A row is the list of free rooms of one room type, night by night; `today` is the index of the hotel's date in it (None:
the row begins in the future). A night before today is gone. Nothing here is fast.
"""

from __future__ import annotations

from collections.abc import Sequence


def can_sleep(row: Sequence[int], night: int, rooms: int, today: int | None) -> bool:
    """Whether `rooms` rooms can still be sold on a night."""
    return row[night] >= rooms and (today is None or night >= today)


def free_run(row: Sequence[int], night: int, rooms: int, today: int | None = None) -> int:
    """How many nights in a row are free from this one on."""
    nights = 0
    while night + nights < len(row) and can_sleep(row, night + nights, rooms, today):
        nights += 1
    return nights


def largest_free_run(row: Sequence[int], rooms: int, today: int | None = None) -> tuple[int, int]:
    """(first night, nights) of the longest run, the earliest of equals; (-1, 0) where no night is free."""
    found = [(night, free_run(row, night, rooms, today)) for night in range(len(row))]
    longest = max((nights for _, nights in found), default=0)
    return next(((night, nights) for night, nights in found if nights == longest > 0), (-1, 0))


def gaps(row: Sequence[int], shortest: Sequence[int], rooms: int, today: int | None = None) -> list[tuple[int, int]]:
    """(first night, nights) of every gap: nights that are free, the ones around them are not, and no stay fits.

    `shortest` is the shortest stay of each arrival. Before today nothing is free; before the row nobody knows, unless
    that is before today as well. After the row nobody knows.
    """
    found = []
    for first in range(len(row)):
        for end in range(first + 1, len(row)):
            free = [can_sleep(row, night, rooms, today) for night in range(len(row))]
            closed_before = (not free[first - 1]) if first > 0 else (today is not None and today >= 0)
            stays = [(a, d) for a in range(first, end) for d in range(a + 1, end + 1)]
            fits = any(departure - arrival >= shortest[arrival] for arrival, departure in stays)
            if closed_before and all(free[first:end]) and not free[end] and not fits:
                found.append((first, end - first))
    return found


def stay_rooms(row: Sequence[int], arrival: int, nights: int, today: int | None = None) -> int:
    """How many rooms are free on every night of a stay; none if it is gone or leaves the row."""
    if arrival + nights > len(row) or (today is not None and arrival < today):
        return 0
    return max(0, min(row[arrival : arrival + nights]))
