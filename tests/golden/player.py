"""Play the steps of an inventory case on anything that speaks like the oracle, and compare everything it says.

A step is a call of the method of its name. `lacking` says what an adapter of the engine has no way to say yet.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tests.golden.loader import InventoryCase, Step
from tests.oracles.outcomes import Answer, CartAnswer

Names = dict[str, int]

#: Methods about one hold or booking, whose id comes first.
OF_AN_ID = (
    "confirm", "release", "cancel", "extend", "check_in", "check_out", "depart_early", "no_show", "amend",
    "confirm_cart", "release_cart", "extend_cart", "cancel_cart",
)  # fmt: skip
#: Methods that write on a range of nights of a hotel, and the argument that `remove = true` makes None.
ON_A_RANGE = {
    "restrict": "", "set_caps": "rooms", "set_protection": "", "set_hurdles": "hurdle_minor", "set_house_cap": "rooms",
}  # fmt: skip
OF_A_ROW = ("set_capacity", "set_sold_elsewhere")
OF_NAMES = (
    "set_block_units", "release_block", "set_counter", "set_open_holds_max", "set_last_room_plans", "roll",
)  # fmt: skip
#: Questions, and what is asked about: a row, a hotel, or nothing.
QUESTIONS = {
    "largest_free_run": "row", "gap_nights": "row", "walked": "hotel", "house_fill": "hotel",
    "availability_calendar": "hotel", "find": "", "short_cells": "", "counter_used": "",
}  # fmt: skip


def play(inventory: Any, step: Step, names: Names) -> None:
    """Do one step and compare everything that it says."""
    row = (step.hotel_id, step.room_type_id)
    arguments = dict(step.arguments)
    if "ttl_seconds" in arguments:
        arguments["ttl_ms"] = arguments.pop("ttl_seconds") * 1000
    if step.do in ("hold", "book"):
        _ask(inventory, step, arguments, names)
    elif step.do == "hold_cart":
        _ask_for_all(inventory, step, arguments, names)
    elif step.do in OF_AN_ID:
        _resolve(inventory, step, arguments, names)
    elif step.do in ON_A_RANGE or step.do in OF_A_ROW or step.do in OF_NAMES or step.do == "create_block":
        _write(inventory, step, arguments)
    elif step.do in QUESTIONS:
        _look(inventory, step, arguments, names)
    elif step.do == "get":
        hold_id = arguments.pop("id")
        assert (inventory.get(names.get(hold_id, hold_id)) or "NOT_FOUND") == step.expect
    elif step.do == "view":
        view = inventory.view(names[arguments["id"]])
        expected = {name: names.get(value, value) for name, value in step.expect.items()}
        assert {name: getattr(view, name) for name in expected} == expected
    elif step.do == "expire":
        assert sorted(inventory.expire()) == sorted(names[name] for name in step.expect)
    elif step.do == "wait":
        inventory.wait(round(_waited_ms(arguments)))
    elif step.do == "availability":
        assert inventory.availability(row, **arguments) == step.counts["free"]
        return
    else:
        assert step.do == "check"
        assert inventory.check() == []
    if step.counts:
        assert not any(inventory._is_due(hold) for hold in inventory.holds.values()), "counts with a due hold about"
    for what, expected in step.counts.items():
        assert inventory.counts(what, row) == expected, what


def lacking(face: Callable[..., Any], opener: Callable[..., Any], case: InventoryCase) -> list[str]:
    """Methods and arguments of a case that an adapter has not. `opener` makes the engine of a world."""
    lacks = {f"given.{name}" for name in case.world.names() if name not in inspect.signature(opener).parameters}
    for step in case.steps:
        method = getattr(face, step.do, None)
        if method is None:
            lacks.add(step.do)
            continue
        known = set(inspect.signature(method).parameters)
        asked = set(step.arguments) - {"as", "id", "ms", "seconds", "days", "hours", "remove", "rooms", "on"}
        asked -= {"ttl_seconds", "lines", "line"} if "ttl_ms" in known else {"lines", "line"}
        asked -= {"as_lines"}
        asked -= {"release_at"} if "release_at_ms" in known else set()
        if step.do == "restrict":
            asked -= {"told"}
            known |= set(getattr(face, "RESTRICTIONS", OLD_RESTRICTIONS))
        if "rooms" in step.arguments and step.do == "confirm" and "rooms" not in known:
            lacks.add("confirm(rooms)")
        lacks |= {f"{step.do}({name})" for name in asked - known}
    return sorted(lacks)


#: What `restrict` of an adapter can write unless its RESTRICTIONS says otherwise.
OLD_RESTRICTIONS = (
    "closed", "closed_to_arrival", "closed_to_departure",
    "min_stay_arrival", "max_stay_arrival", "min_stay_through", "max_stay_through",
)  # fmt: skip


def _waited_ms(arguments: dict[str, Any]) -> float:
    hours = 24 * arguments.get("days", 0) + arguments.get("hours", 0)
    return arguments.get("ms", 0) + 1000 * (arguments.get("seconds", 0) + 3600 * hours)


def _ask(inventory: Any, step: Step, arguments: dict[str, Any], names: Names) -> None:
    name = arguments.pop("as", None)
    if "replace" in arguments:
        arguments["replace"] = names.get(arguments["replace"], arguments["replace"])
    if "departure" not in arguments:
        arguments.setdefault("nights", 1)
    stay = (step.hotel_id, step.room_type_id, arguments.pop("arrival"), arguments.pop("nights", None))
    _compare(getattr(inventory, step.do)(*stay, **arguments), step, names, name)


def _compare(answer: Answer, step: Step, names: Names, name: str | None) -> None:
    """An answer with an id: a new one gets the name, one that exists must have it."""
    assert (answer.outcome, answer.night) == (step.expect, step.night)
    if answer.outcome == "OK":
        names[name or ""] = answer.hold_id
    elif answer.outcome == "EXISTS":
        assert answer.hold_id == names[name or ""]
    else:
        assert answer.hold_id is None


def _ask_for_all(inventory: Any, step: Step, arguments: dict[str, Any], names: Names) -> None:
    """A cart. Its name is that of its first line too."""
    lines = [dict(line) for line in arguments.pop("lines")]
    of_lines = [line.pop("as", None) for line in lines]
    name, refused_line = arguments.pop("as", None), arguments.pop("line", None)
    answer = inventory.hold_cart(lines, **arguments)
    assert (answer.outcome, answer.line, answer.night) == (step.expect, refused_line, step.night)
    if answer.outcome == "OK":
        names[name or ""] = answer.cart_id
        names.update({each: hold_id for each, hold_id in zip(of_lines, answer.hold_ids, strict=True) if each})
        assert answer.hold_ids[0] == answer.cart_id
    elif answer.outcome == "EXISTS":
        assert answer.cart_id == names[name or ""]
    else:
        assert (answer.cart_id, answer.hold_ids) == (None, ())


def _resolve(inventory: Any, step: Step, arguments: dict[str, Any], names: Names) -> None:
    hold_id, name = arguments.pop("id"), arguments.pop("as", None)
    of_lines, refused_line = arguments.pop("as_lines", []), arguments.pop("line", None)
    said = getattr(inventory, step.do)(names.get(hold_id, hold_id), **arguments)
    if isinstance(said, CartAnswer):  # a cart that was confirmed, or booked again
        assert (said.outcome, said.line, said.night) == (step.expect, refused_line, step.night)
        names.update(zip(of_lines, said.hold_ids, strict=False))
        return
    if isinstance(said, Answer) and name is not None:
        _compare(said, step, names, name)
    elif isinstance(said, Answer):
        assert (said.outcome, said.night) == (step.expect, step.night)
    else:
        assert said == step.expect


def _write(inventory: Any, step: Step, arguments: dict[str, Any]) -> None:
    """Controls and restrictions; `expect = "INVALID"` where they are a mistake and change nothing."""
    row = (step.hotel_id, step.room_type_id)
    given = (arguments.pop("first", None), arguments.pop("last", None))
    if isinstance(arguments.get("release_at"), datetime):
        arguments["release_at_ms"] = round(arguments.pop("release_at").timestamp() * 1000)
    if arguments.pop("remove", False):
        arguments["count" if step.do == "set_open_holds_max" else ON_A_RANGE[step.do]] = None
    method = getattr(inventory, step.do)
    expect, nights = step.expect, arguments.pop("told", None)
    said: Any = None
    try:
        if step.do == "restrict":
            told = [night for *_, night in method(step.hotel_id, *given, **arguments)]
            assert nights is None or told == nights
        elif step.do == "create_block":
            block, units = arguments.pop("block_id"), arguments.pop("units")
            method(block, *row, units, *given, **arguments)
        elif step.do == "set_block_units":
            method(arguments["block_id"], arguments["units"], *given)
        elif step.do in OF_A_ROW:
            rooms = [arguments.pop("rooms")] if "rooms" in arguments else []
            method(row, *given, *rooms, **arguments)
        elif step.do in ON_A_RANGE:
            method(step.hotel_id, *given, **arguments)
        elif step.do == "set_last_room_plans":
            method(step.hotel_id, arguments["plans"])
        else:
            said = method(**arguments)
    except (ValueError, KeyError):
        said = "INVALID"
    assert said == expect


def _look(inventory: Any, step: Step, arguments: dict[str, Any], names: Names) -> None:
    """A question; holds are named, tuples are written as lists. `on` is the night that is asked about."""
    about = {"row": [(step.hotel_id, step.room_type_id)], "hotel": [step.hotel_id], "": []}[QUESTIONS[step.do]]
    if "on" in arguments:
        arguments["night"] = arguments.pop("on")
    if "cart_id" in arguments:
        arguments["cart_id"] = names[arguments["cart_id"]]
    said = getattr(inventory, step.do)(*about, **arguments)
    expected = step.expect
    if step.do in ("find", "walked"):
        expected = [names[name] for name in expected]
    elif step.do == "availability_calendar":
        said = [outcome for _, outcome in said]
    assert _plain(said) == expected


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down."""
    if isinstance(value, date):
        return value
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
