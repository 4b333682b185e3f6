"""README and docs tell the truth: every Python block runs, every `nightgrid` command works, every link leads somewhere.

A block that cannot run says why in a comment directly before it: `<!-- not run: reason -->`.
The blocks of one file run from top to bottom in one namespace and one empty working directory, as a reader would.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import shlex
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from nightgrid.outcomes import Outcome
from tests.docs.blocks import Block, anchors, blocks, commands, links

ROOT = Path(__file__).resolve().parents[2]
EXECUTED = sorted([*ROOT.glob("README.md"), *ROOT.glob("docs/**/*.md")])
LINKED = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SHELL_SIGNS = {"|", ">", ">>", "<", "&&", "||", ";", "&"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run_python(block: Block, path: Path, namespace: dict[str, Any]) -> None:
    """Run one block; a traceback shows the document's own file and line."""
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
    exec(code, namespace)  # the documents are ours: executing them is the test


def run_command(command: str) -> None:
    """Run one `nightgrid ...` line in this process, as the installed script would; anything but exit code 0 fails."""
    words = shlex.split(command, comments=True)
    if SHELL_SIGNS & set(words):
        pytest.fail(f"`{command}` needs a shell; write it without, or opt the block out with a reason")
    main = importlib.import_module("nightgrid.cli").main
    said, code = io.StringIO(), None
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        patch.setattr(sys, "argv", words)
        try:
            code = main()
        except SystemExit as leave:
            code = leave.code
    if code not in (None, 0):
        pytest.fail(f"`{command}` ended with {code} and said:\n{said.getvalue()}")


def run_document(markdown: str, path: Path) -> int:
    """Run what can be run of a document in the current directory; how many blocks and commands that were."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for block in blocks(markdown):
        if block.not_run:
            continue
        if block.language == "python":
            run_python(block, path, namespace)
            count += 1
        elif block.language == "console":
            for command in commands(block.text):
                if command.split()[:1] == ["nightgrid"]:
                    run_command(command)
                    count += 1
    return count


def dead_links(markdown: str, path: Path) -> list[str]:
    """Relative links and pictures that lead nowhere, and anchors that no heading has."""
    dead = []
    for link in links(markdown):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue  # another site
        target, _, anchor = unquote(link).partition("#")
        file = path.parent / target if target else path
        if target and not file.exists():
            dead.append(f"{link}: there is no {target}")
        elif anchor and file.suffix == ".md":
            text = markdown if file == path else file.read_text(encoding="utf-8")
            if anchor not in anchors(text):
                dead.append(f"{link}: no heading of {file.name} is named {anchor}")
    return dead


@pytest.mark.parametrize("path", EXECUTED, ids=_name)
def test_the_document_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    run_document(path.read_text(encoding="utf-8"), path)


@pytest.mark.parametrize("path", LINKED, ids=_name)
def test_the_links_lead_somewhere(path: Path) -> None:
    assert dead_links(path.read_text(encoding="utf-8"), path) == []


def test_every_outcome_is_explained() -> None:
    text = _page("holds.md")

    assert [outcome.name for outcome in Outcome if not re.search(rf"\b{outcome.name}\b", text)] == []


def test_every_table_of_the_rule_book_is_explained() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("rules*.md")))
    fields = importlib.import_module("nightgrid.pricing.model").RuleBook.model_fields
    tables = [field.alias or name for name, field in fields.items()]

    assert "season" in tables
    assert [table for table in tables if not re.search(rf"\[\[?{re.escape(table)}\b|`{re.escape(table)}`", text)] == []


def _page(name: str) -> str:
    page = ROOT / "docs" / name
    if not page.exists():
        pytest.skip(f"docs/{name} is not written yet")
    return page.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------- each check catches what it is for


def test_a_block_that_fails_names_its_line() -> None:
    markdown = "Text.\n\n```python\nrooms = 1\n```\n\n```python\nrooms += 1\nraise ValueError(rooms)\n```\n"

    with pytest.raises(ValueError, match="2") as caught:
        run_document(markdown, Path("page.md"))

    assert caught.traceback[-1].lineno + 1 == 9
    assert str(caught.traceback[-1].path).endswith("page.md")


def test_a_block_is_left_out_only_with_a_reason() -> None:
    assert run_document("<!-- not run: needs a server -->\n```python\n1 / 0\n```\n", Path("page.md")) == 0
    with pytest.raises(ZeroDivisionError):
        run_document("<!-- a remark -->\n```python\n1 / 0\n```\n", Path("page.md"))
    with pytest.raises(ValueError, match="names its reason"):
        run_document("<!-- not run: -->\n```python\n1 / 0\n```\n", Path("page.md"))


def test_a_block_without_an_end_is_caught() -> None:
    with pytest.raises(ValueError, match="line 2: this block never ends"):
        list(blocks("Text.\n```python\nx = 1\n"))


def test_commands_are_run_and_their_failure_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def main() -> None:
        asked.append(sys.argv)
        raise SystemExit(2 if "wrong" in sys.argv else 0)

    monkeypatch.setattr(importlib, "import_module", lambda _: type("Cli", (), {"main": staticmethod(main)}))
    page = "```console\n$ make demo\n$ nightgrid quote \\\n    'H 1' # one night\n431.20 CNY\n```\n"

    assert run_document(page, Path("page.md")) == 1
    assert asked == [["nightgrid", "quote", "H 1"]]
    with pytest.raises(pytest.fail.Exception, match="ended with 2"):
        run_command("nightgrid wrong")
    with pytest.raises(pytest.fail.Exception, match="needs a shell"):
        run_command("nightgrid quote > file")


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Rooms & nights\n\n```python\n# not a heading\n```\n")
    page = tmp_path / "page.md"
    good = "# Top\n[a](other.md) [b](other.md#rooms--nights) [c](#top) [d](https://x.example/y) `[e](gone.md)`\n"
    bad = '[a](gone.md) ![b](gone.png) <img src="gone.svg"> [c](#nowhere) [d](other.md#not-a-heading)\n'

    assert dead_links(good, page) == []
    assert len(dead_links(bad, page)) == 5
