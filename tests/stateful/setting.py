"""Steps of the hotel's staff: rooms, restrictions, selling controls, blocks, and the day that passes."""

from __future__ import annotations

from typing import Any

import pytest

from nightgrid import InputError
from tests import strategies as worlds
from tests.oracles.restrictions import RESTRICTIONS
from tests.stateful.steps import Dice, step
from tests.stateful.world import BLOCKS, CHANNELS, COUPONS, HOTELS, MET, PLANS, ROWS, TIERS, Base

VALUES: dict[str, tuple[Any, ...]] = {
    "closed": (False, False, True), "closed_to_arrival": (False, True), "closed_to_departure": (False, True),
    "min_stay_arrival": (0, 0, 2, 3), "max_stay_arrival": (0, 0, 1, 2),
    "min_stay_through": (0, 0, 2), "max_stay_through": (0, 0, 1, 3),
    "full_pattern": ("Y", "YN", "NY", "YNY", 0, 5), "min_advance_days": (0, 0, 1, 2), "max_advance_days": (-1, -1, 1, 4),
    "stay_multiple_of": (0, 0, 2, 3), "arrival_weekdays": ("", "", "fri,sat", "mon,tue,wed,thu,sun"),
}  # fmt: skip


def weekdays(dice: Dice) -> list[str] | None:
    return sorted(set(dice.some(worlds.WEEKDAYS, 3))) if dice.one_in(4) else None


class Setting(Base):
    """What the hotel writes. None takes a limit away again, often enough that there is something to sell."""

    @step(1.5)
    def set_capacity(self, dice: Dice) -> None:
        parts = dice.pick(
            ({"capacity": 3}, {"capacity": 2}, {"capacity": 0}, {"physical": 3}, {"out_of_order": 1},
             {"out_of_order": 0, "sell_limit": 1}, {"sell_limit": -1}, {"physical": 2, "sell_limit": 0}),
        )  # fmt: skip
        self.both("set_capacity", dice.pick(ROWS), *self.nights(dice), **parts)

    @step(1)
    def set_sold_elsewhere(self, dice: Dice) -> None:
        self.both("set_sold_elsewhere", dice.pick(ROWS), *self.nights(dice), dice.pick((0, 0, 1)))

    @step(1)
    def set_counts_unless_oversold(self, dice: Dice) -> None:
        """The careful way: refused, with nothing changed, where a cell would be short of rooms."""
        row, (first, last), rooms = dice.pick(ROWS), self.nights(dice), dice.pick((2, 1, 3, 0))
        what = dice.pick(("capacity", "sold_elsewhere"))
        self.oracle.expire()
        cells = [cell for night, cell in self.oracle.cells[row].items() if first <= night <= last]
        taken = [cell.held + cell.sold - (cell.sold_elsewhere if what == "sold_elsewhere" else 0) for cell in cells]
        if what == "capacity":
            short = any(rooms < count for count in taken)
        else:
            short = any(count + rooms > cell.capacity for count, cell in zip(taken, cells, strict=True))
        line = {"hotel_id": row[0], "room_type_id": row[1], "first_night": first, "last_night": last}
        line["capacity" if what == "capacity" else "rooms"] = rooms
        frame = {key: [value] for key, value in line.items()}
        MET["cut refused" if short else "cut accepted"] += 1
        if short:
            with pytest.raises(InputError, match="nothing was changed"):
                getattr(self.engine, f"set_{what}")(frame)
        else:
            getattr(self.engine, f"set_{what}")(frame)
            getattr(self.oracle, f"set_{what}")(row, first, last, rooms)

    @step(3)
    def restrict(self, dice: Dice) -> None:
        hotel_id, room_type_id = dice.pick(ROWS)
        plan = dice.pick(PLANS[hotel_id, room_type_id]) if dice.one_in(3) else None
        mode = dice.pick(("delta", "delta", "overlay", "delete"))
        names = dice.some(RESTRICTIONS, 2)
        values = {name: True if mode == "delete" else dice.pick(VALUES[name]) for name in names}
        if mode == "delete" and dice.one_in(2):
            values = {}
        where = None if plan is None and dice.one_in(4) else room_type_id
        self.both("restrict", hotel_id, *self.nights(dice), where, weekdays(dice), plan, mode, **values)

    @step(2)
    def set_caps(self, dice: Dice) -> None:
        hotel_id, room_type_id = dice.pick(ROWS)
        scope = {"channel": dice.pick((None, *CHANNELS)), "kind": dice.pick(("cap", "quota"))}
        scope["room_type_id"] = None if dice.one_in(3) else room_type_id
        scope["plan"] = dice.pick(PLANS[hotel_id, room_type_id]) if dice.one_in(3) else None
        self.both("set_caps", hotel_id, *self.nights(dice), dice.pick((1, 2, None, 3, 0)), **scope)

    @step(1)
    def set_protection(self, dice: Dice) -> None:
        protected = dice.pick(
            ({"public": 1}, {"public": 1, "silver": 1}, {"public": 2, "silver": 1}, {"public": 0, "silver": 0},
             {"public": None, "silver": None}, {"silver": 2}, {"gold": 1}),
        )  # fmt: skip
        hotel_id, room_type_id = dice.pick(ROWS)
        where = None if dice.one_in(4) else room_type_id
        self.both("set_protection", hotel_id, *self.nights(dice), protected, where, weekdays(dice))

    @step(1)
    def set_hurdles(self, dice: Dice) -> None:
        hotel_id, room_type_id = dice.pick(ROWS)
        shape = {"delta_minor": dice.pick((0, 50)), "ceiling_steps": dice.pick((0, 2))}
        shape["floor_minor"] = dice.pick((None, 80))
        where = None if dice.one_in(4) else room_type_id
        self.both("set_hurdles", hotel_id, *self.nights(dice), dice.pick((100, 200, None)), **shape, room_type_id=where)

    @step(1)
    def set_house_cap(self, dice: Dice) -> None:
        self.both("set_house_cap", dice.pick(HOTELS), *self.nights(dice), dice.pick((2, None, 3, 1)), weekdays(dice))

    @step(0.5)
    def set_last_room_plans(self, dice: Dice) -> None:
        self.both("set_last_room_plans", dice.pick((None, *HOTELS)), dice.pick(((), ("member",), ("standard",))))

    @step(0.7)
    def set_counter(self, dice: Dice) -> None:
        used = dice.pick((None, None, 0, 1))
        self.both("set_counter", dice.pick(COUPONS), dice.pick((3, 2, 0, 5)), used)

    @step(0.7)
    def set_open_holds_max(self, dice: Dice) -> None:
        self.both("set_open_holds_max", dice.pick(CHANNELS), dice.pick((2, None, 1, 0)))

    @step(1)
    def create_block(self, dice: Dice) -> None:
        first, last = self.nights(dice)
        terms: dict[str, Any] = {"elastic": dice.pick((0, 0, 1)), "channel": dice.pick((None, None, *CHANNELS))}
        if dice.one_in(3):
            terms["release_days"] = dice.pick((0, 1, 2))
        if dice.one_in(4):
            terms["release_at_ms"] = self.oracle.now_ms + dice.pick((60_000, 24 * 3_600_000, -1))
        units: Any = dice.pick((1, 2))
        if dice.one_in(4):
            units = [dice.pick((0, 1, 2)) for _ in range((last - first).days + 1)]
        self.both("create_block", dice.pick(BLOCKS), *dice.pick(ROWS), units, first, last, **terms)

    @step(0.7)
    def set_block_units(self, dice: Dice) -> None:
        self.both("set_block_units", dice.pick(BLOCKS), dice.pick((0, 1, 2)), *self.nights(dice))

    @step(0.3)
    def release_block(self, dice: Dice) -> None:
        self.both("release_block", dice.pick(BLOCKS))

    @step(1)
    def roll(self, dice: Dice) -> None:
        """What is due ends first; then yesterday leaves."""
        self.oracle.expire()
        self.faces[0].expire()
        moved = self.oracle.roll()
        MET["rolled" if moved else "not rolled"] += 1
        assert self.faces[0].roll() == moved

    @step(0.3)
    def rebuild(self, dice: Dice) -> None:
        """There is nothing to mend."""
        self.oracle.expire()
        assert self.engine.rebuild() == []
