"""How a store reads restrictions where the systems of the trade disagree. Fixed when the store is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from nightgrid.errors import InputError, InputTypeError

DepartureNight = Literal["date", "last_night"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Two readings of two restrictions.

    departure: "date": closed_to_departure stands on the departure date, so "no departures on the 22nd" is written on
        the 22nd (most systems). "last_night": it stands on the last night of the stay, so it is written on the 21st.
    through_counts_departure: True: min_stay_through and max_stay_through of the departure date are tested too, where
        that date lies inside the window. False: only those of the nights slept.
    """

    departure: DepartureNight = "date"
    through_counts_departure: bool = False

    def __post_init__(self) -> None:
        if self.departure not in get_args(DepartureNight):
            raise InputError(f"departure is {self.departure!r}; use {' or '.join(map(repr, get_args(DepartureNight)))}")
        if not isinstance(self.through_counts_departure, bool):
            raise InputTypeError(f"through_counts_departure is {self.through_counts_departure!r}; use True or False")
