"""A replay told to a person: sections for the terminal and the report, from the same values as the JSON answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nightgrid.jobs.replay.read import CREDIT
from nightgrid.jobs.report import Grid, Section, write_report

_COUNTS = ("accepted", "refused", "released", "live_at_end", "room_nights_at_end")


def sections(answer: dict[str, Any]) -> list[Section]:
    """What was booked, what it earned, whether the grid is right, and where the data is from."""
    picture = answer["paths"].get("house_fill")
    found = answer["check"]
    verdict = "no finding: every counter agrees with the bookings" if not found else f"{len(found)} findings"
    return [
        _bookings(answer),
        _revenue(answer),
        Section("House fill", pictures=(Path(picture),) if picture else ()),
        Section("Is the grid right?", (f"check(): {verdict}.", *found[:10])),
        Section("Data", (f"The columns and the published bookings: {CREDIT}.",)),
    ]


def _bookings(answer: dict[str, Any]) -> Section:
    rows = [
        (*name.rsplit("|", 1), f"{answer['capacity'][name]:,}", *(f"{counts[key]:,}" for key in _COUNTS))
        for name, counts in answer["by_room_type"].items()
    ]
    rows.append(("all", "", f"{sum(answer['capacity'].values()):,}", *(f"{answer[key]:,}" for key in _COUNTS)))
    headings = ("hotel", "type", "rooms", "accepted", "refused", "released", "live", "room nights")
    reasons = ", ".join(f"{count:,} {name}" for name, count in answer["refusals"].items()) or "none"
    window = answer["window"]
    return Section(
        "Bookings",
        (
            (
                f"{answer['rows']:,} rows, {answer['skipped']:,} of them without a night and skipped; "
                f"{window['nights']:,} nights from {window['first_night']} to {window['last_night']}."
            ),
            f"Refused: {reasons}.",
        ),
        (Grid(headings, tuple(rows), frozenset(range(2, len(headings)))),),
    )


def _revenue(answer: dict[str, Any]) -> Section:
    money = answer["revenue"]
    rows = [
        (name, f"{part['bookings']:,}", part["book"], part["real"], _ratio(part["book_percent_of_real"]))
        for name, part in [*money["by_hotel"].items(), ("all", money)]
    ]
    headings = ("hotel", "bookings", "by the rule book", "really (ADR x nights)", "ratio")
    return Section(
        "Revenue of the bookings live at the end",
        (f"Rule book: {money['rule_book']}, digest {money['rule_book_digest']}.",),
        (Grid(headings, tuple(rows), frozenset(range(1, len(headings)))),),
    )


def _ratio(percent: float | None) -> str:
    return "" if percent is None else f"{percent} %"


def write_files(answer: dict[str, Any], folder: Path) -> dict[str, str]:
    """summary.json (the whole answer), report.md and report.html; their paths by name."""
    summary = folder / "summary.json"
    markdown, page = write_report(folder, f"Replay of {answer['bookings_file']}", sections(answer))
    paths = {"summary": str(summary), "report": str(markdown), "report_html": str(page)}
    content = answer | {"paths": answer["paths"] | paths}
    summary.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return paths
