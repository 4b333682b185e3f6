"""`nightgrid rules`: check a rule book before it is published, and print its schema for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from nightgrid.asking import GuestQuestion, asking_from
from nightgrid.cli.book_views import (
    pipeline_json,
    pipeline_table,
    presets_json,
    presets_table,
    rounding_words,
    rules_json,
    rules_table,
)
from nightgrid.cli.guest import asks
from nightgrid.cli.options import ArrivalOption, JsonOption, NightsOption, TierOption, read_date
from nightgrid.cli.screen import FINDING, Screen, table
from nightgrid.errors import InputError, RuleBookError

if TYPE_CHECKING:
    from nightgrid.pricing.model import RuleBook

app = typer.Typer(
    help="Check and try rule books, list ready pipelines, print the schema of the files.", no_args_is_help=True
)


@app.command("check")
def check(
    book: Annotated[Path, typer.Argument(metavar="FILE", help="The rule book, TOML or JSON.")],
    as_json: JsonOption = False,
) -> None:
    """List every mistake of a rule book with its line and fix; exit code 1 if there is one."""
    from nightgrid.pricing.parse import load_book
    from nightgrid.pricing.rule_warnings import book_warnings

    screen = Screen(as_json)
    if not book.is_file():
        raise InputError(f"rule book {book} does not exist or is no file; check the path")
    try:
        found = load_book(book)
    except RuleBookError as error:
        rows = [[str(m.line or ""), m.place, m.problem, m.fix] for m in error.mistakes]
        columns = {"line": "right", "place": "left", "problem": "left", "fix": "left"}
        count = len(rows)
        title = f"{book}: {count} mistake{'s' if count != 1 else ''}"
        screen.answer({"file": str(book), "ok": False, "mistakes": mistakes_json(error)}, table(title, columns, rows))
        raise typer.Exit(FINDING) from None
    warnings = book_warnings(found)
    facts = {**summary(found), "warnings": warnings, "pipeline": pipeline_json(found), "rule_list": rules_json(found)}
    words = {key: value for key, value in facts.items() if key not in ("warnings", "pipeline", "rule_list")}
    rows = [[key.replace("_", " "), _words(value)] for key, value in words.items()]
    screen.answer(
        {"file": str(book), "ok": True, "mistakes": [], **facts},
        table(f"{book}: no mistakes", {"": "left", "value": "left"}, rows),
        *(Text(f"warning: {each}", style="yellow") for each in warnings),
        pipeline_table(found),
        rules_table(found),
    )


@app.command("presets")
def presets(as_json: JsonOption = False) -> None:
    """List the ready pipelines that `[pipeline] preset` can name."""
    Screen(as_json).answer(presets_json(), presets_table())


def try_(
    book: Annotated[Path, typer.Argument(metavar="FILE", help="The rule book, TOML or JSON.")],
    base: Annotated[str, typer.Option("--base", help="Base price of a night, such as 500.00.")],
    currency: Annotated[str, typer.Option("--currency", help="Currency of the hotel.")] = "CNY",
    nights: NightsOption = 1,
    arrival: ArrivalOption = None,
    lead_days: Annotated[int, typer.Option("--lead-days", min=0, help="Days from booking to arrival.")] = 0,
    tier: TierOption = None,
    plan: Annotated[str, typer.Option("--plan", help="The rate plan.")] = "standard",
    as_json: JsonOption = False,
    *,
    guest: GuestQuestion,
) -> None:
    """What the book makes of one base price, line by line: to try a rule before there is a chain to price."""
    from nightgrid.pricing.trial import ARRIVAL, try_book

    tried = try_book(
        book, base, nights=nights, arrival=read_date(arrival, "--arrival") or ARRIVAL, lead_days=lead_days, tier=tier,
        currency=currency, where={"plan": plan}, asking=asking_from(guest),
    )  # fmt: skip
    Screen(as_json).answer(tried.to_dict(), Text("\n".join(tried.render())))


app.command("try")(asks(try_))


@app.command("schema")
def schema(
    as_json: Annotated[bool, typer.Option("--json", help="Accepted for uniformity: the schema is JSON anyway.")] = True,
) -> None:
    """Print the JSON Schema of rule books on stdout (editors complete and check TOML with it)."""
    del as_json
    from nightgrid.pricing.parse import book_schema

    print(json.dumps(book_schema(), ensure_ascii=False, indent=2))


def summary(book: RuleBook) -> dict[str, Any]:
    """What a book holds: name, digest, how it rounds, its stages with their rule counts."""
    from nightgrid.pricing.model import RULE_KINDS

    stages = {kind: len(getattr(book, kind)) for kind in RULE_KINDS}
    return {
        "name": book.book.name,
        "digest": book.digest,
        "rules": sum(stages.values()),
        "stages": stages,
        "season_groups": list(book.season_groups()),
        "tiers": list(book.book.tiers),
        "rounding": rounding_words(book),
        "currencies": list(book.currencies),
        "display_currency": book.book.display_currency,
    }


def mistakes_json(error: RuleBookError) -> list[dict[str, Any]]:
    """The mistakes of a book as plain objects."""
    return [{"line": m.line, "place": m.place, "problem": m.problem, "fix": m.fix} for m in error.mistakes]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items() if count) or "none"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
