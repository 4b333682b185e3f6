"""A short report from sections: the same content for the terminal, as Markdown and as one HTML page."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

#: How a long step reports: called with how much is done and how much there is in all.
Move = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: headings, rows of text, and which columns hold numbers (set right)."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: sentences, tables, pictures, and the same as plain values for JSON (`facts`)."""

    title: str
    sentences: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    pictures: tuple[Path, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def write_report(folder: Path, title: str, sections: list[Section]) -> tuple[Path, Path]:
    """Write report.md and report.html into `folder`; pictures are linked relative to it. Returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown, page = folder / "report.md", folder / "report.html"
    markdown.write_text(to_markdown(folder, title, sections), encoding="utf-8")
    page.write_text(to_html(folder, title, sections), encoding="utf-8")
    return markdown, page


def to_markdown(folder: Path, title: str, sections: list[Section]) -> str:
    """The report as Markdown (tables as in GitHub's dialect)."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.title}")
        parts += section.sentences
        for grid in section.grids:
            marks = ["---:" if column in grid.numbers else "---" for column in range(len(grid.headings))]
            rows = [grid.headings, marks, *grid.rows]
            parts.append("\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows))
        parts += [f"![{section.title}]({_link(folder, picture)})" for picture in section.pictures]
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _link(folder: Path, picture: Path) -> str:
    return Path(os.path.relpath(picture, folder)).as_posix()


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2430; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #d7dbe2; text-align: left; }
td.number, th.number { text-align: right; }
img { max-width: 100%; }
"""


def to_html(folder: Path, title: str, sections: list[Section]) -> str:
    """The report as one HTML page without scripts; every text is escaped."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1>",
    ]
    for section in sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
        parts += [_html_grid(grid) for grid in section.grids]
        parts += [
            f'<p><img src="{escape(_link(folder, picture), quote=True)}" alt="{escape(section.title, quote=True)}"></p>'
            for picture in section.pictures
        ]
    return "\n".join(parts) + "\n</html>\n"


def _html_grid(grid: Grid) -> str:
    def row(tag: str, cells: tuple[str, ...]) -> str:
        side = [' class="number"' if column in grid.numbers else "" for column in range(len(cells))]
        marked = "".join(f"<{tag}{side[k]}>{escape(cell)}</{tag}>" for k, cell in enumerate(cells))
        return f"<tr>{marked}</tr>"

    return "\n".join(["<table>", row("th", grid.headings), *(row("td", cells) for cells in grid.rows), "</table>"])
