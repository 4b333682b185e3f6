"""Questions about holds and nights. Each first ends what is due, then looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.oracles.catalogue import Catalogue
from tests.oracles.holds import Hold
from tests.oracles.outcomes import CODES
from tests.oracles.stay import Row


@dataclass(frozen=True)
class HoldView:
    """What is known of a hold or booking."""

    hold_id: int
    state: str
    hotel_id: str
    room_type_id: str
    plan: str | None
    arrival: date
    nights: int
    rooms: int
    deadline_ms: int
    channel: str | None
    tier: int
    block: str | None
    cart_id: int | None
    linked_to: int | None
    taken_ms: int
    ended_ms: int | None


class Questions(Catalogue):
    """Looking, without changing anything but ending what is due."""

    def view(self, hold_id: int) -> HoldView | None:
        """Everything about a hold, None where there is none or it ended too long ago."""
        found = self._touch(hold_id)
        if found is None:
            return None
        known = {**vars(found.stay), **vars(found)}
        return HoldView(**{name: known[name] for name in HoldView.__dataclass_fields__})

    def find(
        self,
        *,
        hotel_id: str | None = None,
        arrival: date | None = None,
        night: date | None = None,
        state: str | None = None,
        cart_id: int | None = None,
        **stay: str | None,
    ) -> list[int]:
        """The ids of everything still known that fits all that is asked, in the order in which it was taken.
        `night` asks for stays that have that night. `stay`: guest, reference, channel.
        """
        if set(stay) - {"guest", "reference", "channel"}:
            raise TypeError(f"cannot find by {sorted(stay)}")
        self._forget_old()
        self._sweep(None)

        def fits(hold: Hold) -> bool:
            return (
                hotel_id in (None, hold.row[0])
                and arrival in (None, hold.arrival)
                and (night is None or night in hold.stay.sleeps)
                and state in (None, hold.state)
                and cart_id in (None, hold.cart_id)
                and all(value in (None, getattr(hold.stay, name)) for name, value in stay.items())
            )

        return [hold_id for hold_id, hold in sorted(self.holds.items()) if fits(hold)]

    def expired_since(self, lsn: int) -> list[int]:
        """Holds that expired after a record, in that order."""
        return [record["hold_id"] for record in self.records if record["lsn"] > lsn and record["kind"] == "expire"]

    def short_cells(self) -> list[tuple[str, str, date, int, int]]:
        """Cells with more taken or kept by blocks than there is: hotel, room type, night, how many rooms are short of
        what is taken, and how many of those that blocks keep are not there.
        """
        self._sweep(None)
        short: list[tuple[str, str, date, int, int]] = []
        for row, nights in self.cells.items():
            for night, cell in nights.items():
                taken = max(-cell.free, 0)
                kept = max(self.blocked(row, night) - max(cell.free, 0), 0)
                if taken or kept:
                    short.append((*row, night, taken, kept))
        return short

    def walked(self, hotel_id: str, night: date) -> list[int]:
        """Bookings of guests who have not come yet that do not fit on a night: of each room type the latest, until
        what is left fits. Open holds are no bookings, and nobody is walked for them.
        """
        self._sweep(None)
        walked: list[int] = []
        for row in self._rows(hotel_id):
            cell = self.cells[row][night]
            short = cell.sold - cell.capacity
            booked = [h for h in self._live() if h.state == "booked" and h.row == row and night in h.stay.sleeps]
            for hold in sorted(booked, key=lambda h: (h.taken_ms, h.hold_id), reverse=True):
                if short <= 0:
                    break
                walked.append(hold.hold_id)
                short -= hold.rooms
        return walked

    def free_runs(self, row: Row, rooms: int = 1) -> list[tuple[date, int]]:
        """Unbroken runs of nights from the hotel's today on, on which so many rooms are free and not blocked: first
        night and length.
        """
        self._sweep(None)
        runs: list[tuple[date, int]] = []
        previous_is_free = False
        for night in self.window:
            is_gone = night < self.today(row[0])
            is_free = not is_gone and self.cells[row][night].free - self.blocked(row, night) >= rooms
            if is_free and previous_is_free:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            elif is_free:
                runs.append((night, 1))
            previous_is_free = is_free
        return runs

    def largest_free_run(self, row: Row, rooms: int = 1) -> tuple[date, int] | None:
        """The longest run, of equals the earliest; None where no night has so many rooms."""
        return max(self.free_runs(row, rooms), key=lambda run: run[1], default=None)

    def gap_nights(self, row: Row, nights_max: int, rooms: int = 1) -> list[date]:
        """The nights of short runs between two nights that are taken or gone. Yesterday is gone; before a window that
        begins later, and after its end, nobody knows.
        """
        return [
            night
            for first, length in self.free_runs(row, rooms)
            if length <= nights_max and (first != self.window[0] or first <= self.today(row[0]))
            for night in self.window
            if 0 <= (night - first).days < length and (self.window[-1] - first).days >= length
        ]

    def availability_calendar(
        self, hotel_id: str, nights: int, rooms: int = 1, tier: str | None = None, channel: str | None = None
    ) -> list[tuple[date, str]]:
        """For each arrival of the window whether a stay can be had in some room type: OK, or the lowest code of all
        room types. Values are not asked for here, so a hurdle refuses nothing.
        """
        self._sweep(None)
        endless = 10**18
        said = {
            arrival: [
                self.refusal(*row, arrival, nights, rooms, tier=tier, channel=channel, value_minor=endless).outcome
                for row in self._rows(hotel_id)
            ]
            for arrival in self.window
        }
        return [(arrival, min(outcomes, key=CODES.__getitem__)) for arrival, outcomes in said.items()]
