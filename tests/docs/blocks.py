"""Reading Markdown: fenced blocks, links and headings. Small on purpose: the documents are ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(\w*)")
OPT_OUT = re.compile(r"^\s*<!--\s*not run:\s*(.*?)\s*-->\s*$")
LINK = re.compile(
    r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)"  # [text](target "title") and ![text](target)
    r"|<(?:img|a|source)\b[^>]*?\b(?:src|srcset|href)=\"([^\"]+)\""
)
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, the line its text begins on, and why it is not run (None: it is)."""

    language: str
    text: str
    line: int
    not_run: str | None


def blocks(markdown: str) -> Iterator[Block]:
    """Every fenced block, top to bottom. ValueError for a block that never ends or an opt-out without a reason."""
    lines = markdown.splitlines()
    opening: re.Match[str] | None = None
    start, reason = 0, None
    for number, line in enumerate(lines, start=1):
        fence = FENCE.match(line)
        if opening is None and fence:
            opening, start = fence, number + 1
            reason = _reason(lines[: number - 1])
        elif opening is not None and fence and fence[1].startswith(opening[1]) and not fence[2]:
            yield Block(opening[2], "\n".join(lines[start - 1 : number - 1]) + "\n", start, reason)
            opening = None
    if opening is not None:
        raise ValueError(f"line {start - 1}: this block never ends; close it with {opening[1]}")


def _reason(before: list[str]) -> str | None:
    """The reason in the comment that stands directly before a block; one blank line between is the same."""
    near = [line for line in before[-2:] if line.strip()]
    comment = OPT_OUT.match(near[-1]) if near else None
    if comment and not comment[1]:
        raise ValueError(f"line {len(before)}: an opt-out names its reason: <!-- not run: reason -->")
    return comment[1] if comment else None


def prose(markdown: str) -> str:
    """The text without fenced blocks and code spans: what a reader sees as words and links."""
    inside, kept = "", []
    for line in markdown.splitlines():
        fence = FENCE.match(line)
        if fence and not inside:
            inside = fence[1]
        elif fence and fence[1].startswith(inside) and not fence[2]:
            inside = ""
        elif not inside:
            kept.append(re.sub(r"`[^`]*`", "", line))
    return "\n".join(kept)


def links(markdown: str) -> list[str]:
    """Targets of links and pictures, Markdown and HTML."""
    return [markdown_target or html_target for markdown_target, html_target in LINK.findall(prose(markdown))]


def anchors(markdown: str) -> set[str]:
    """The names by which headings are linked: lower case, words joined by hyphens, repeats numbered."""
    fenced = {number for block in blocks(markdown) for number in range(block.line, block.line + block.text.count("\n"))}
    found: set[str] = set()
    for number, line in enumerate(markdown.splitlines(), start=1):
        heading = HEADING.match(line)
        if heading and number not in fenced:
            name = re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-")
            repeats = sum(1 for other in found if re.fullmatch(re.escape(name) + r"(-\d+)?", other))
            found.add(f"{name}-{repeats}" if repeats else name)
    return found


def commands(console: str) -> list[str]:
    """The commands of a console block: lines behind `$ `, with their continuations after a backslash."""
    joined = re.sub(r"\\\n\s*(?:>\s)?", "", console)
    return [line[2:].strip() for line in joined.splitlines() if line.startswith("$ ")]
