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
        screen.show(Text(f"picture: {picture}", style="dim"))


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
            paths = write_tables(done, out)
            if pictures:
                paths |= write_picture(done, out)
    finished = stopwatch_seconds()
    for warning in (*warnings, *remarks):
        screen.note(f"warning: {warning}")
    answer = summary(done) | {"warnings": [*warnings, *remarks], "paths": paths}
    parts = {"read": read_seconds} | done.seconds | {"write": finished - writing}
    answer["seconds"] = round(finished - started, 3)
    answer["seconds_by_part"] = {name: round(seconds, 3) for name, seconds in parts.items()}
    screen.answer(answer, *replay_shown(answer))
    if done.findings:
        raise typer.Exit(FINDING)


def replay_shown(answer: dict[str, Any]) -> list[Any]:
    """What a person sees of a replay: counts by room type, revenue, check, paths, credit."""
    heads = ("accepted", "refused", "released", "live_at_end", "room_nights_at_end")
    rows = [
        [*name.rsplit("|", 1), f"{answer['capacity'][name]:,}", *(f"{counts[head]:,}" for head in heads)]
        for name, counts in answer["by_room_type"].items()
    ]
    rows.append(["all", "", f"{sum(answer['capacity'].values()):,}", *(f"{answer[head]:,}" for head in heads)])
    columns = {"hotel": "id", "type": "id"}
    columns |= dict.fromkeys(("rooms", "accepted", "refused", "released", "live", "room nights"), "right")
    money = answer["revenue"]
    lines = [
        [hotel, found["book"], found["real"], f"{found['book_percent_of_real']} %"]
        for hotel, found in [*money["by_hotel"].items(), ("all", money)]
    ]
    sides = {"hotel": "left", "by the rule book": "right", "really (ADR x nights)": "right", "ratio": "right"}
    refusals = ", ".join(f"{count:,} {name}" for name, count in answer["refusals"].items()) or "none"
    findings = len(answer["check"])
    return [
        table(f"{answer['rows']:,} rows, {answer['skipped']:,} without a night skipped", columns, rows),
        Text(f"refusals: {refusals}"),
        table(f"Revenue of the bookings live at the end, rule book {money['rule_book']}", sides, lines),
        Text(f"check: {findings} findings" + ("" if findings else " (every counter agrees with the bookings)")),
        *(Text(f"{name.replace('_', ' ')}: {path}") for name, path in answer["paths"].items()),
        Text(f"{answer['seconds']:.2f} s ({', '.join(f'{k} {v:.2f}' for k, v in answer['seconds_by_part'].items())})"),
        Text(f"data: {answer['credit']}", style="dim"),
    ]
