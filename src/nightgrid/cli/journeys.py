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
    from nightgrid.jobs.demo import Demo

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
    from nightgrid.jobs.canvas import require_matplotlib
    from nightgrid.jobs.replay import replay as run
    from nightgrid.jobs.replay_capacity import capacity_of_types, peak_capacity, read_capacity
    from nightgrid.jobs.replay_files import summary, write_picture, write_tables
    from nightgrid.jobs.replay_house import base_prices, default_book
    from nightgrid.jobs.replay_read import read_bookings
    from nightgrid.jobs.replay_report import sections, write_files
    from nightgrid.pricing.parse import load_book

    screen = Screen(as_json)
    if pictures:
        require_matplotlib()
    started = stopwatch_seconds()
    book = default_book() if rules is None else load_book(rules)
    rooms_of = None if capacity is None else read_capacity(capacity)
    with screen.progress() as bars:
        with bars.step("read"):
            stream = read_bookings(bookings)
        rooms, warnings = peak_capacity(stream), list[str]()
        if rooms_of is not None:
            rooms, warnings = capacity_of_types(stream.type_names, rooms_of)
        base_minor, remarks = base_prices(stream)
        read_seconds = stopwatch_seconds() - started
        done = run(stream, rooms, base_minor, book, lambda now, total: bars.move("bookings", now, total))
        writing = stopwatch_seconds()
        with bars.step("write"):
            answer = summary(done) | {"warnings": warnings + remarks, "paths": write_tables(done, out)}
            if pictures:
                answer["paths"] |= write_picture(done, out)
            answer["paths"] |= write_files(answer, out)
    finished = stopwatch_seconds()
    for warning in answer["warnings"]:
        screen.note(f"warning: {warning}")
    parts = {"read": read_seconds} | done.seconds | {"write": finished - writing}
    answer["seconds"] = round(finished - started, 3)
    answer["seconds_by_part"] = {name: round(seconds, 3) for name, seconds in parts.items()}
    for section in sections(answer):
        show_section(screen, section)
    spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in parts.items())
    ending = f"{answer['seconds']:.2f} s ({spent}); open {answer['paths']['report_html']}"
    screen.answer(answer, Text(ending, style="bold"))
    if done.findings:
        raise typer.Exit(FINDING)
