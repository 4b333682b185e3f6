"""What the staff of the hotels do, in the engine and in the oracle beside it: restrictions, selling controls, counters,
the catalogue. A mistake is an answer too.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.agreement.pairs import CHANNELS, Pair
from tests.engines import columns
from tests.stateful.small_chain import BLOCKS, COUPONS, RESTRICTIONS, WORLD


class HotelSide(Pair):
    """A pair whose hotels set things."""

    def written(self, verb: str, *args: Any, **asked: Any) -> Any:
        """What the hotel sets, in both; a mistake is an answer too."""
        said: list[Any] = []
        for face in (self.oracle, self.face):
            try:
                said.append(getattr(face, verb)(*args, **asked))
            except (ValueError, KeyError):
                said.append("mistake")
        self.met[f"{verb} {said[0] if said[0] == 'mistake' else 'done'}"] += 1
        assert said[0] == said[1], (verb, args, asked, said)
        return said[0]

    # What they set

    def range(self) -> tuple[date, date]:
        first, last = sorted(self.dice.choices(self.oracle.window, k=2))
        return first, last

    def place(self) -> dict[str, Any]:
        """A hotel, or one of its room types."""
        hotel_id, room_type_id = self.dice.choice(self.rows)
        return {"hotel_id": hotel_id, "room_type_id": self.dice.choice([room_type_id, None])}

    def between(self) -> dict[str, Any]:
        first, last = self.range()
        return {"first": first, "last": last}

    def restrict(self) -> None:
        names = self.dice.sample(sorted(RESTRICTIONS), self.dice.choice([1, 1, 2]))
        mode = self.dice.choice(["delta", "delta", "overlay", "delete"])
        values = {name: True if mode == "delete" else self.dice.choice(RESTRICTIONS[name]) for name in names}
        asked = {**self.between(), **values, "plan": self.dice.choice([None, None, "flex"]), "mode": mode}
        asked["weekdays"] = self.dice.choice([None, None, ("mon", "wed", "sat")])
        self.written("restrict", **self.place(), **asked)

    def unrestrict(self) -> None:
        """The hotel opens everything again, so that restrictions do not pile up."""
        hotel_id, room_type_id = self.dice.choice(self.rows)
        for plan in (None, "flex"):
            self.written("restrict", hotel_id, room_type_id=room_type_id, plan=plan, mode="delete")

    def cap(self) -> None:
        asked = {**self.place(), **self.between(), "rooms": self.dice.choice([None, None, 0, 1, 2, 3])}
        asked |= {"channel": self.dice.choice([None, *CHANNELS]), "plan": self.dice.choice([None, None, "flex"])}
        self.written("set_caps", **asked, kind=self.dice.choice(["cap", "quota"]))

    def protect(self) -> None:
        protected = dict(zip(("public", "gold"), self.dice.choices([None, 0, 1, 2], k=2), strict=True))
        channels = {self.dice.choice(CHANNELS): self.dice.choice([None, 0, 1, 2])}
        asked = self.dice.choice([{"protected": protected}, {"protected": protected, "channels": channels}])
        self.written("set_protection", **self.place(), **self.between(), **asked)

    def hurdle(self) -> None:
        asked = {"hurdle_minor": self.dice.choice([None, None, 800, 2_000]), "delta_minor": 300, "ceiling_steps": 2}
        self.written("set_hurdles", **self.place(), **self.between(), **asked)

    def house_cap(self) -> None:
        rooms = self.dice.choice([None, 0, 2, 4])
        self.written("set_house_cap", self.place()["hotel_id"], *self.range(), rooms)

    def last_room(self) -> None:
        self.written("set_last_room_plans", self.place()["hotel_id"], self.dice.choice([(), ("flex",)]))

    def count(self) -> None:
        if self.dice.random() < 0.5:
            used = self.dice.choice([None, None, 0, 1])
            self.written("set_counter", self.dice.choice(COUPONS), self.dice.choice([0, 2, 4]), used)
        else:
            self.written("set_open_holds_max", self.dice.choice(CHANNELS), self.dice.choice([None, None, 0, 2]))

    def block(self) -> None:
        name = self.dice.choice(BLOCKS)
        known = self.oracle.blocks.get(name)
        if known is None:
            terms = {"release_days": self.dice.choice([None, 1]), "elastic": self.dice.choice([0, 1])}
            terms["release_at_ms"] = self.dice.choice([None, self.oracle.now_ms + 900_000])
            terms["channel"] = self.dice.choice([None, None, "web"])
            self.written("create_block", name, *self.dice.choice(self.rows), 1, *self.range(), **terms)
        elif self.dice.random() < 0.9:
            self.written("set_block_units", name, self.dice.choice([0, 1, 2]), *self.range())
        else:
            self.written("release_block", name)

    def import_elsewhere(self) -> None:
        """Everything that other systems sold, at once: as it was, with one cell more or less."""
        row, (night, _) = self.dice.choice(self.rows), self.range()
        sold = self.engine.matrix("sold_elsewhere")
        column = night.toordinal() - self.engine.first_night
        rooms = self.dice.choice([0, 0, 1])
        sold[self.engine.catalog.row_index(*row), column] = rooms
        self.engine.set_sold_elsewhere(sold, allow_oversold=True)
        self.oracle.set_sold_elsewhere(row, night, night, rooms)
        self.met["import"] += 1

    def sell_elsewhere(self) -> None:
        self.written("set_sold_elsewhere", self.dice.choice(self.rows), *self.range(), self.dice.choice([0, 0, 1]))

    def parts(self) -> None:
        """Parts of the capacity, and its usual size again."""
        parts = {"physical": 4, "out_of_order": self.dice.choice([0, 1]), "sell_limit": self.dice.choice([-1, 0, 0, 1])}
        kept = {name: parts[name] for name in self.dice.sample(sorted(parts), self.dice.choice([1, 2, 3]))}
        self.written("set_capacity", self.dice.choice(self.rows), *self.range(), **kept)

    def cut_unless_oversold(self) -> None:
        row, (first, last), rooms = self.dice.choice(self.rows), self.range(), self.dice.choice([0, 1, 2, 3])
        self.oracle.expire()
        self.face.expire()
        line = {"hotel_id": row[0], "room_type_id": row[1], "first_night": first, "last_night": last}
        said = []
        for cut in (
            lambda: self.oracle.set_capacity(row, first, last, rooms, allow_oversold=False),
            lambda: self.engine.set_capacity(columns([{**line, "capacity": rooms}])),
        ):
            try:
                cut()
                said.append("cut done")
            except ValueError:
                said.append("cut refused")
        assert said[0] == said[1]
        self.met[said[0]] += 1

    # The catalogue

    def close_or_open(self) -> None:
        row = self.dice.choice(self.rows)
        place = (*row, "flex")[: self.dice.choice([1, 2, 2, 3, 3])]
        kind = ("hotel", "room_type", "plan")[len(place) - 1]
        verb = "reopen" if self.oracle.closed and self.dice.random() < 0.7 else "close"
        if verb == "reopen":
            place = self.dice.choice(sorted(self.oracle.closed))
            kind = ("hotel", "room_type", "plan")[len(place) - 1]
        getattr(self.oracle, verb)(*place)
        getattr(self.engine, f"{verb}_{kind}")(*place)
        self.met[f"{verb} {kind}"] += 1

    def rename(self) -> None:
        """Something of the catalogue has another id for a while, and stays what it is: a guest who knows the new one is
        told what the oracle says, and the old one is unknown. Plans are only looked at: caps go by their ids.
        """
        row = self.dice.choice(self.rows)
        place = (*row, "flex")[: self.dice.choice([1, 2, 3])]
        kind = ("hotel", "room_type", "plan")[len(place) - 1]
        rename = getattr(self.engine, f"rename_{kind}")
        now = (*place[:-1], "another")
        rename(*place, new_id="another", name="Another")
        if kind != "plan":
            stay = self.stay()[2:]
            before, after = (row, (now[0], row[1]) if kind == "hotel" else now)
            wanted, said = self.oracle.hold(*before, *stay), self.face.hold(*after, *stay)
            assert (said.outcome, said.night) == (wanted.outcome, wanted.night)
            if wanted.outcome == "OK":
                self.ids[wanted.hold_id] = said.hold_id
                assert getattr(self.engine.get(said.hold_id), f"{kind}_id") == "another"
            assert self.face.hold(*before, *stay).outcome in ("UNKNOWN_HOTEL", "UNKNOWN_PRODUCT", "INVALID")
        rename(*now, new_id=place[-1], name=place[-1])
        self.met[f"rename {kind}"] += 1

    def grow(self) -> None:
        """A hotel, then a room type and a plan are new."""
        hotel = {"hotel_id": "C", "currency": "CNY", "time_zone": "Asia/Shanghai"}
        made = len(self.rows) - len(WORLD["room_types"])
        if made == 0:
            row, add = ("C", "DBL"), self.engine.add_hotels
            self.oracle.add_hotel(hotel)
        elif made == 1:
            row, add = ("A", "TWN"), self.engine.add_room_types
        else:
            if "late" not in self.oracle.plans[self.rows[0]]:
                self.oracle.add_plan(self.rows[0], "late")
                self.engine.add_plans(columns([plan_line(self.rows[0], "late")]))
            return
        room_type = {"hotel_id": row[0], "room_type_id": row[1], "capacity": 2, "guests_max": 2}
        self.oracle.add_room_type(room_type, ["flex"])
        add(*([columns([hotel])] if made == 0 else []), columns([room_type]), columns([plan_line(row, "flex")]))
        self.rows.append(row)


def plan_line(row: tuple[str, str], plan: str) -> dict[str, Any]:
    return {"hotel_id": row[0], "room_type_id": row[1], "plan_id": plan, "base_minor": 1_000}
