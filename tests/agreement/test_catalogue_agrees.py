"""A catalogue that grew is as good as one that was complete from the beginning: same life, same answers."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid.engine import Engine
from nightgrid.native.store import layout as at
from tests.agreement.compare import examples
from tests.catalogue_worlds import FIRST, NIGHTS, Event, Names, differences, do, new_engine

CHANGES = ("add_hotel", "add_hotels", "add_row", "add_plan", "rename_hotel", "rename_row", "rename_plan")
DEEDS = (
    *["hold"] * 3, *["hold_plan"] * 3, *["confirm", "release", "cancel"], *["restrict"] * 2, "capacity", "house_cap",
    "cap", "close_hotel", "reopen_hotel", "close_room_type", "reopen_room_type", "close_plan", "reopen_plan", "roll",
)  # fmt: skip
SPARES = {"spare_hotels": 8, "spare_room_types": 30, "spare_products": 70}
STEPS = st.lists(
    st.tuples(st.sampled_from((*CHANGES, *DEEDS)), st.integers(0, 999), st.integers(0, 999), st.integers(0, 11)),
    min_size=4,
    max_size=30,
)
RESTRICTIONS = (
    ("closed", True),
    ("closed", False),
    ("min_stay_arrival", 3),
    ("max_stay_through", 1),
    ("full_pattern", "NY"),
)


class Chain:
    """An engine whose catalogue grows, with the events of its life."""

    def __init__(self, first_hotels: int) -> None:
        self.names = Names()
        for seed in range(first_hotels):
            self.names.add_hotel(seed)
        self.engine = new_engine(self.names, **SPARES)
        self.held: list[int] = []
        self.life: list[tuple[Event, Any]] = []

    def step(self, kind: str, a: int, b: int, night: int) -> None:
        """One step, chosen by numbers."""
        if kind in CHANGES:
            self._change(kind, a, b)
            return
        names = self.names
        event = self._event(kind, a, b, FIRST + timedelta(days=night))
        self.life.append((event, do(self.engine, names, self.held, event)))

    def _event(self, kind: str, a: int, b: int, night: Any) -> Event:
        names = self.names
        hotel, row, product = a % len(names.hotels), a % len(names.rows), a % len(names.products)
        stay = (night, 1 + b % 3, 1 + b // 3 % 2)
        return {
            "hold": ("hold", row, *stay),
            "hold_plan": ("hold_plan", product, *stay),
            "restrict": ("restrict", product, night, b % 2, *RESTRICTIONS[b // 2 % len(RESTRICTIONS)]),
            "capacity": ("capacity", row, night, b % 5),
            "house_cap": ("house_cap", hotel, b % 4),
            "cap": ("cap", hotel, b % 5),
            "roll": ("roll", sum(known[0] == "roll" for known, _ in self.life)),  # it is yesterday in Honolulu
        }.get(kind) or (kind, self._place(kind, hotel, row, product, b))

    def _place(self, kind: str, hotel: int, row: int, product: int, b: int) -> int:
        if kind in ("confirm", "release", "cancel"):
            return b % max(len(self.held), 1)
        return {"hotel": hotel, "type": row, "plan": product}[kind.rpartition("_")[2]]

    def _change(self, kind: str, a: int, b: int) -> None:
        names, engine = self.names, self.engine
        hotels, rows, products = len(names.hotels), len(names.rows), len(names.products)
        if kind in ("add_hotel", "add_hotels") and hotels < 6:
            for seed in range(1 + (kind == "add_hotels")):
                names.add_hotel(a + seed)
            engine.add_hotels(*names.frames(rows, products, hotels))
        elif kind == "add_row" and rows < 20:
            names.add_row(a % hotels, b)
            engine.add_room_types(*names.frames(rows, products)[1:])
        elif kind == "add_plan" and products < 40:
            names.add_product(a % rows, f"plan{products}" if b % 2 else f"extra{products}")
            engine.add_plans(names.frames(0, products)[2])
        elif kind == "rename_hotel":
            called = {
                "new_id": f"hotel{len(self.life)}-{a % hotels}" if b % 3 else f"hotel{a % hotels}",
                "name": f"N{b}",
            }
            engine.rename_hotel(**names.hotel(a % hotels), **called)
            names.hotels[a % hotels] |= {"hotel_id": called["new_id"], "name": called["name"]}
        elif kind == "rename_row":
            engine.rename_room_type(**names.row(a % rows), new_id=f"room{a % rows}")
            names.rows[a % rows]["room_type_id"] = f"room{a % rows}"
        elif kind == "rename_plan":
            engine.rename_plan(**names.product(a % products), new_id=f"renamed{a % products}")
            names.products[a % products]["plan_id"] = f"renamed{a % products}"

    def told_again(self) -> tuple[Engine, list[str]]:
        """An engine with the final catalogue that lived the same life, and where it was answered otherwise."""
        engine, held, found = new_engine(copy.deepcopy(self.names)), [], []
        for event, answer in self.life:
            said = do(engine, self.names, held, event)
            if said != answer:
                found.append(f"{event}: {answer} instead of {said}")
        return engine, found


@examples(0.6)
@given(st.integers(1, 3), STEPS)
def test_a_catalogue_that_grew_answers_as_one_that_was_complete(
    first_hotels: int, steps: list[tuple[str, int, int, int]]
):
    chain = Chain(first_hotels)
    for step in steps:
        chain.step(*step)
    other, found = chain.told_again()
    assert found == []
    assert differences(chain.engine, other, chain.names) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_long_life_of_changes(seed: int):
    """Every kind of change and deed many times over, in one store; check() after each change."""
    chain = Chain(2)
    number = 1_000 * (seed + 1)
    for _ in range(150):
        number = number * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        chain.step(
            (*CHANGES, *DEEDS)[number // 7 % 27], number // 31 % 997, number // 65_537 % 991, number // 911 % NIGHTS
        )
        assert [finding for finding in chain.engine.check() if finding.kind != "oversold"] == []
    other, found = chain.told_again()
    assert found == []
    assert differences(chain.engine, other, chain.names) == []
    assert len(chain.names.hotels) >= 6


def test_the_comparison_notices_a_bit_that_was_forgotten():
    """Were new products not put on sale, or closed ones not taken off, the comparison would say so."""
    chain = Chain(2)
    chain.step("add_hotel", 5, 0, 0)
    chain.names.rows[-1]["capacity"] = 3
    chain.engine.set_capacity(
        {key: [value] for key, value in {**chain.names.row(len(chain.names.rows) - 1), "capacity": 3}.items()}
    )
    other, _ = chain.told_again()
    assert differences(chain.engine, other, chain.names) == []
    chain.engine._inventory.block.region(at.R_SELLABLE)[:] = 0
    assert differences(chain.engine, other, chain.names) != []
