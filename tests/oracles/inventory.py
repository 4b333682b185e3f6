"""The whole inventory, put together from its parts: a dictionary of cells and a dictionary of holds.

`grid` and `restrictions`: rooms, nights and what closes them. `holds`: taking and giving back. `blocks`, `controls`:
who may have which rooms. `requests`, `lifecycle`, `carts`: what people do. `window`: the days pass.
`catalogue`: what is sold changes. `questions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tests.oracles.holds import RETENTION_MS_DEFAULT, SOLD_STATES, Hold
from tests.oracles.questions import Questions
from tests.oracles.requests import TTL_MS_DEFAULT, TTL_MS_MAX
from tests.oracles.stay import ROOMS_MAX, Row

__all__ = ["RETENTION_MS_DEFAULT", "ROOMS_MAX", "TTL_MS_DEFAULT", "TTL_MS_MAX", "Hold", "Inventory"]


class Inventory(Questions):
    """The grid of a few hotels and everything that holds rooms in it.

    `slots` is how many holds and bookings can be known at once; `retention_ms` is how long a hold, and the
    key it was made with, is remembered after its end. `names`: products, tiers, channels, dialect (`Grid`).
    """

    def __init__(
        self,
        hotels: Iterable[Mapping[str, Any]],
        room_types: Iterable[Mapping[str, Any]],
        first_night: date,
        nights: int,
        now_ms: int,
        slots: int = 1_000_000,
        retention_ms: int = RETENTION_MS_DEFAULT,
        **names: Any,
    ) -> None:
        grid = (hotels, room_types, first_night, nights, now_ms)
        super().__init__(*grid, slots=slots, retention_ms=retention_ms, **names)

    def expire(self) -> list[int]:
        """Sweep every hotel; the ids of the holds that expired by this call, earliest deadline first."""
        return self._sweep(None)

    def get(self, hold_id: int) -> str | None:
        """The state of a hold, None where there is none or it ended too long ago. A due hold reads expired."""
        self._forget_old()
        found = self.holds.get(hold_id)
        if found is None:
            return None
        return "expired" if self._is_due(found) else found.state

    def availability(self, row: Row, **who: Any) -> list[int]:
        """Free rooms per night of the window, after what is due has been swept; with a tier, a channel or a plan,
        the rooms that such a guest could have.
        """
        self._sweep(None)
        return [self.sellable(row, night, **who) for night in self.window] if who else self.counts("free", row)

    def check(self) -> list[str]:
        """Sweep, then recompute every cell from the holds; a sentence for each that disagrees."""
        self._sweep(None)
        findings = []
        for row, nights in self.cells.items():
            for night, cell in nights.items():
                here = [h for h in self.holds.values() if h.row == row and night in h.stay.sleeps]
                held = sum(h.rooms for h in here if h.state == "held")
                sold = sum(h.rooms for h in here if h.state in SOLD_STATES) + cell.sold_elsewhere
                if (cell.held, cell.sold) != (held, sold):
                    findings.append(f"{row} {night}: held, sold are {cell.held, cell.sold}, holds say {held, sold}")
                if cell.free + cell.held + cell.sold != cell.capacity:
                    findings.append(f"{row} {night}: free + held + sold is not the capacity {cell.capacity}")
        return findings
