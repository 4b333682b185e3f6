"""What an engine shows of its selling controls, and the oracle's: limits, what is used of them, what is left."""

from __future__ import annotations

from datetime import date

from tests.engines import EngineInventory
from tests.oracles.inventory import Inventory


def controls_agree(face: EngineInventory, oracle: Inventory) -> None:
    """Every control that is set is shown, with the same counts."""
    _caps(face, oracle)
    _hurdles(face, oracle)
    _blocks(face, oracle)
    _protection(face, oracle)


def _caps(face: EngineInventory, oracle: Inventory) -> None:
    shown = {}
    for line in face.engine.caps().to_dicts():
        scope = (line["hotel_id"], line["room_type_id"], line["channel"], line["plan"], line["kind"], line["night"])
        assert scope not in shown
        shown[scope] = (line["rooms"], line["used"])
    wanted = {
        (*scope, night): (allowance.limit, oracle.cap_used(scope, night))
        for scope, allowed in oracle.caps.items()
        for night, allowance in allowed.items()
    }
    assert shown == wanted
    house = {(line["hotel_id"], line["night"]): line for line in face.engine.house_caps().to_dicts()}
    set_caps = oracle.house_caps.items()
    caps = {(hotel, night): rooms for hotel, nights in set_caps for night, rooms in nights.items()}
    assert {place: line["rooms"] for place, line in house.items()} == caps
    assert all(line["used"] == oracle.house_taken(*place) for place, line in house.items())


def _hurdles(face: EngineInventory, oracle: Inventory) -> None:
    shown = {
        (line["hotel_id"], line["room_type_id"], line["night"]): line["effective_minor"]
        for line in face.engine.hurdles().to_dicts()
    }
    assert shown == {
        (*row, night): hurdle.effective_minor(oracle.taken(row, night))
        for row, nights in oracle.hurdles.items()
        for night, hurdle in nights.items()
    }


def _blocks(face: EngineInventory, oracle: Inventory) -> None:
    shown: dict[tuple[str, date], tuple[int, int, int]] = {}
    for line in face.engine.blocks().to_dicts():
        shown[line["block_id"], line["night"]] = (line["units"], line["picked"], line["remaining"])
    assert shown == {
        (name, night): (units, oracle.picked(name, night), oracle.blocked_remaining(block, night))
        for name, block in oracle.blocks.items()
        for night, units in block.units.items()
    }


def _protection(face: EngineInventory, oracle: Inventory) -> None:
    shown = {}
    for line in face.engine.protection().to_dicts():
        who = (line["tier"], line["channel"])
        assert (line["hotel_id"], line["room_type_id"], line["night"], *who) not in shown
        assert who.count(None) == 1
        shown[line["hotel_id"], line["room_type_id"], line["night"], *who] = line["rooms"]
    wanted = {
        (*row, night, oracle.tiers[tier], None): rooms
        for row, nights in oracle.protection.items()
        for night, levels in nights.items()
        for tier, rooms in levels.items()
    } | {
        (*row, night, None, channel): rooms
        for row, nights in oracle.channel_protection.items()
        for night, levels in nights.items()
        for channel, rooms in levels.items()
    }
    assert {place: rooms for place, rooms in shown.items() if rooms} == {
        place: rooms for place, rooms in wanted.items() if rooms
    }
