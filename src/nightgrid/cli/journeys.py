"""`nightgrid demo` and `nightgrid replay`: the whole library at work, on a made chain and on real bookings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from nightgrid.cli import options as opt
from nightgrid.cli.house import SEED_DEFAULT
from nightgrid.cli.screen import FINDING, Screen, table
from nightgrid.clock import stopwatch_seconds
from nightgrid.jobs.report import Section


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("demo")(demo)
    app.command("replay")(replay)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where report, pictures and prices go.")] = Path(
        "out/demo"
    ),
    hotels: Annotated[int, typer.Option("--hotels", min=1, max=100_000, help="Hotels of the chain.")] = 10_000,
    nights: Annotated[int, typer.Option("--nights", min=60, max=1_500, help="Nights on sale.")] = 540,
    seed: opt.SeedOption = SEED_DEFAULT,
    today: opt.TodayOption = None,
    as_json: opt.JsonOption = False,
) -> None:
    """Build a chain, price it, search it, hold and book rooms, reprice a region, draw pictures, check the grid."""
    from nightgrid.jobs.demo.tour import Demo
    from nightgrid.jobs.pictures.canvas import require_matplotlib

    require_matplotlib()  # now, and not after the first ten seconds
    screen = Screen(as_json)
    started = stopwatch_seconds()
    show = Demo(out, hotels, nights, seed, opt.read_date(today, "--today"))
    facts: dict[str, Any] = {}
    for name, label, step in show.steps():
        with screen.progress() as bars, bars.step(label) as move:
            section = step(move)
        show_section(screen, section)
        facts[name] = section.facts
    seconds = stopwatch_seconds() - started
    facts["seconds"] = round(seconds, 2)
    ending = f"{seconds:.1f} s in all; open {facts['report']['html']}"
    if as_json:
        screen.answer(facts)
    else:
        screen.out.print(Text(ending, style="bold"))
    if facts["check"]["count"]:
        raise typer.Exit(FINDING)


def show_section(screen: Screen, section: Section) -> None:
    """One section of the report on the terminal."""
    screen.show(Text(f"\n{section.title}", style="bold cyan"))
    for sentence in section.sentences:
        screen.show(Text(sentence))
    for grid in section.grids:
        sides = {head: "right" if k in grid.numbers else "left" for k, head in enumerate(grid.headings)}
        screen.show(table("", sides, [list(row) for row in grid.rows]))
    for picture in section.pictures:
        screen.show(Text(str(picture)))


def replay(
    bookings: Annotated[Path, typer.Argument(metavar="BOOKINGS", help="The bookings, .parquet or .csv.")],
    capacity: Annotated[
        Path | None,
        typer.Option(
            "--capacity",
            metavar="FILE",
            help='Rooms per type: JSON {"City Hotel|A": 217} or CSV hotel,room_type,capacity. '
            "Default: the most guests of each type who ever stayed on one night.",
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="A rule book instead of the one for replays.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the answers go.")] = Path("out/replay"),
    pictures: Annotated[bool, typer.Option("--pictures/--no-pictures", help="Draw house fill (matplotlib).")] = True,
    as_json: opt.JsonOption = False,
) -> None:
    """Run real bookings through hold, confirm and cancel, day by day, and say who would have been refused."""
    from nightgrid.jobs.replay.job import replay_file
    from nightgrid.jobs.replay.report import sections

    screen = Screen(as_json)
    with screen.progress() as bars:
        answer = replay_file(bookings, out, capacity=capacity, rules=rules, pictures=pictures, progress=bars.move)
    for warning in answer["warnings"]:
        screen.note(f"warning: {warning}")
    for section in sections(answer):
        show_section(screen, section)
    spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in answer["seconds_by_part"].items())
    ending = f"{answer['seconds']:.2f} s ({spent}); open {answer['paths']['report_html']}"
    screen.answer(answer, Text(ending, style="bold"))
    if answer["check"]:
        raise typer.Exit(FINDING)
