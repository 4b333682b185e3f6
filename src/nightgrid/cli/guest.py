"""The guest's question as options: spelt once for all commands that ask for a price."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from nightgrid.asking import GuestQuestion
from nightgrid.cli.options import read_date
from nightgrid.errors import InputError

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "adults": (
        Annotated[int | None, typer.Option("--adults", help="Adults in a room; without it, the room as priced.")],
        None,
    ),
    "child": (Annotated[list[int] | None, typer.Option("--child", help="Age of a child (repeat for several).")], None),
    "channel": (Annotated[str | None, typer.Option("--channel", help="Where the sale comes from.")], None),
    "country": (Annotated[str, typer.Option("--country", help="Country of the guest, such as CN.")], ""),
    "device": (Annotated[str, typer.Option("--device", help="What the guest asks with, such as mobile.")], ""),
    "language": (Annotated[str, typer.Option("--language", help="Language of the guest, such as zh.")], ""),
    "coupon": (Annotated[list[str] | None, typer.Option("--coupon", help="A coupon code (repeat for several).")], None),
    "points": (Annotated[int, typer.Option("--points", help="Loyalty points offered as payment.")], 0),
    "package": (Annotated[list[str] | None, typer.Option("--package", help="An optional package (repeat).")], None),
    "fill": (
        Annotated[
            str | None,
            typer.Option("--fill", metavar="PERCENTS", help="House fill of each night instead of the grid's: 85,90.5."),
        ],
        None,
    ),
    "time": (Annotated[str, typer.Option("--time", help="Time of day of the booking: 20:00. Default: now.")], ""),
    "left": (
        Annotated[
            int | None, typer.Option("--left", metavar="ROOMS", help="Free rooms left. Default: as the grid has them.")
        ],
        None,
    ),
    "booked": (
        Annotated[
            str | None,
            typer.Option("--booked", metavar="DATE", help="Price as if booked on this date. Default: today."),
        ],
        None,
    ),
}  # fmt: skip


def read_fill(text: str | None) -> list[int] | None:
    """`85,90.5` as basis points; InputError for anything else."""
    if text is None:
        return None
    try:
        found = [round(float(part) * 100) for part in text.split(",")]
    except (ValueError, OverflowError):
        raise InputError(f"--fill {text!r} is no list of percents; write one for each night, such as 85,90.5") from None
    return found


def question(given: dict[str, Any]) -> GuestQuestion:
    """The question that the options ask; what was not given is not in it."""
    words: dict[str, Any] = {
        "adults": given["adults"],
        "children": given["child"],
        "channel": given["channel"],
        "country": given["country"],
        "device": given["device"],
        "language": given["language"],
        "coupons": given["coupon"],
        "points": given["points"],
        "packages": given["package"],
        "fill_bp": read_fill(given["fill"]),
        "booking_date": read_date(given["booked"], "--booked"),
        "booking_time": given["time"],
    }
    asked: GuestQuestion = {}
    asked.update({name: value for name, value in words.items() if value})  # type: ignore[typeddict-item]
    if given["left"] is not None:  # none left is something
        asked["rooms_left"] = given["left"]
    return asked


def asks(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of a guest's question, which it gets as one argument, `guest`."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def run(**given: Any) -> None:
        told = {name: given.pop(name, default) for name, (_, default) in _OPTIONS.items()}
        command(**given, guest=question(told))

    own = [each for each in signature.parameters.values() if each.name != "guest"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
    ]
    last = [each for each in own if each.name == "as_json"]
    own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own if each.name != "as_json"]
    last = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in last]
    run.__signature__ = signature.replace(parameters=[*own, *added, *last])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*own, *added, *last)}
    return run
