"""Small files, short functions, documented names, and nothing in the tree that only one machine understands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.tidy.sources import functions, nodes_of, package_modules, project_texts, python_files, tree_of

FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 60

#: "path" or "path:function" -> (lines allowed today, reason). A ratchet: numbers only fall, and an entry that is
#: no longer needed fails the test until it is removed.
RATCHET: dict[str, tuple[int, str]] = {}

#: Words that mark work as undone; put in parts, so that this file does not contain them.
NOTE_TO_SELF = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
#: The beginnings of paths that exist on somebody's machine only.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root|home|Users)/")
#: Where packages come from is the business of each machine's configuration.
PACKAGE_INDEX = re.compile(r"pypi\.(org|python)|pythonhosted\.org|conda\.anaconda|index-" + r"url|find-" + r"links")


def long_files(files: dict[str, str], ratchet: dict[str, tuple[int, str]]) -> list[str]:
    """Python files beyond the limit, or beyond what the ratchet allows them."""
    return _too_long(((path, text.count("\n")) for path, text in files.items()), FILE_LINES_MAX, ratchet)


def long_functions(files: dict[str, str], ratchet: dict[str, tuple[int, str]]) -> list[str]:
    """Functions beyond the limit. The docstring does not count: to describe ten columns must cost nothing."""
    sizes = (
        (f"{path}:{place}", function.end_lineno - function.lineno + 1 - _docstring_lines(function))
        for path, text in files.items()
        for place, function in functions(tree_of(text))
    )
    return _too_long(sizes, FUNCTION_LINES_MAX, ratchet)


def _too_long(sizes: Iterator[tuple[str, int]], limit: int, ratchet: dict[str, tuple[int, str]]) -> list[str]:
    found = []
    for place, lines in sizes:
        allowed, reason = ratchet.get(place, (limit, ""))
        if lines > allowed:
            found.append(f"{place}: {lines} lines, allowed are {allowed}; split it by meaning")
        if place in ratchet and (lines <= limit or not reason):
            found.append(f"{place}: its entry in RATCHET is not needed or gives no reason")
    return found


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1


def lost_ratchets(files: dict[str, str], ratchet: dict[str, tuple[int, str]]) -> list[str]:
    """Entries of the ratchet that name nothing any more."""
    places = {f"{path}:{place}" for path, text in files.items() for place, _ in functions(tree_of(text))}
    lost = (entry for entry in ratchet if entry not in places | set(files))
    return [f"{entry}: named in RATCHET, but there is no such place" for entry in lost]


def lines_with(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    """Every line of the project in which the pattern stands."""
    found = []
    for path, text in texts.items():
        if pattern.search(text):  # one look at the whole file first: nearly all have nothing
            lines = enumerate(text.splitlines(), start=1)
            found += [f"{path}:{number}: {line.strip()[:120]}" for number, line in lines if pattern.search(line)]
    return found


def undocumented(module: str, source: str) -> list[str]:
    """Public modules, classes, functions and methods without a docstring (overloads and setters repeat another's)."""
    tree = tree_of(source)
    found = [] if ast.get_docstring(tree) else [f"{module}: the module has no docstring"]
    for place, node in _public(tree):
        repeats = any(ast.unparse(mark).rpartition(".")[2] in ("overload", "setter") for mark in node.decorator_list)
        if not repeats and ast.get_docstring(node) is None:
            found.append(f"{module}:{node.lineno}: {place} has no docstring")
    return found


def _public(tree: ast.Module | ast.ClassDef, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{inside}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node, f"{inside}{node.name}.")


def bare_asserts(module: str, source: str) -> list[str]:
    """`assert` in the library: `python -O` removes it. Kernels may hold some under `if VERIFY:`, a switch of tests."""
    checked = set()
    if module.startswith("native"):
        blocks = (node for node in nodes_of(source) if isinstance(node, ast.If) and ast.unparse(node.test) == "VERIFY")
        checked = {id(inner) for block in blocks for part in block.body for inner in ast.walk(part)}
    asserts = (node for node in nodes_of(source) if isinstance(node, ast.Assert) and id(node) not in checked)
    return [f"{module}:{node.lineno}: bare assert; raise an error of nightgrid.errors" for node in asserts]


def test_files_are_short() -> None:
    assert long_files(python_files(), RATCHET) == []


def test_functions_are_short() -> None:
    assert long_functions(python_files(), RATCHET) == []


def test_the_ratchet_names_what_exists() -> None:
    assert lost_ratchets(python_files(), RATCHET) == []


def test_nothing_is_marked_as_undone() -> None:
    assert lines_with(NOTE_TO_SELF, project_texts()) == []


def test_no_file_knows_a_machine() -> None:
    assert lines_with(MACHINE_PATH, project_texts()) == []


def test_no_file_names_a_package_index() -> None:
    assert lines_with(PACKAGE_INDEX, project_texts()) == []


def test_public_names_are_documented() -> None:
    assert [line for name, text in package_modules().items() for line in undocumented(name, text)] == []


def test_the_library_asserts_nothing() -> None:
    assert [line for name, text in package_modules().items() for line in bare_asserts(name, text)] == []


# ------------------------------------------------------------------------------- each rule catches what it is for


def test_a_long_file_is_caught() -> None:
    just = {"src/a.py": "x = 1\n" * FILE_LINES_MAX}
    more = {"src/a.py": "x = 1\n" * (FILE_LINES_MAX + 1)}

    assert long_files(just, {}) == []
    assert len(long_files(more, {})) == 1
    assert long_files(more, {"src/a.py": (351, "one table")}) == []


def test_a_long_function_is_caught_wherever_it_stands() -> None:
    body = "        x = 1\n" * FUNCTION_LINES_MAX
    method = {"a.py": f"class A:\n    def long(self):\n{body}"}
    inner = {"a.py": f"if True:\n    def long():\n{body}"}
    documented = {"a.py": "def short():\n    '''\n" + "    words\n" * 80 + "    '''\n    return 1\n"}

    assert long_functions(method, {}) == ["a.py:A.long: 61 lines, allowed are 60; split it by meaning"]
    assert len(long_functions(inner, {})) == 1
    assert long_functions(documented, {}) == []


@pytest.mark.parametrize(
    ("lines", "entry"),
    [
        (400, (399, "grown beyond its entry")),
        (350, (400, "fits by now")),
        (400, (400, "")),
    ],
)
def test_a_ratchet_only_turns_one_way(lines: int, entry: tuple[int, str]) -> None:
    assert len(long_files({"a.py": "\n" * lines}, {"a.py": entry})) == 1


def test_a_ratchet_for_nothing_is_caught() -> None:
    files = {"a.py": "def f(): ...\n"}

    assert lost_ratchets(files, {"a.py": (1, ""), "a.py:f": (1, "")}) == []
    assert len(lost_ratchets(files, {"b.py": (1, ""), "a.py:g": (1, "")})) == 2


@pytest.mark.parametrize(
    ("pattern", "caught", "passed"),
    [
        (NOTE_TO_SELF, "x = 1  # TO" + "DO: later", "# what to do, and the mastodon"),
        (MACHINE_PATH, "open('/" + "home/me/x')", "see https://host.example/home/page and ../" + "work/x"),
        (MACHINE_PATH, "file:///" + "root/x", "the root / leaf"),
        (PACKAGE_INDEX, "https://py" + "pi.org/simple", "pip install nightgrid"),
        (PACKAGE_INDEX, "--extra-index-" + "url x", "row_index, url"),
    ],
)
def test_a_forbidden_word_is_caught(pattern: re.Pattern[str], caught: str, passed: str) -> None:
    assert len(lines_with(pattern, {"a.md": f"good\n{caught}\n"})) == 1
    assert lines_with(pattern, {"a.md": passed}) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "'''Doc.'''\ndef f(): ...",
        "'''Doc.'''\nclass A: ...",
        "'''Doc.'''\nclass A:\n    '''Doc.'''\n    @property\n    def rooms(self): ...",
        "'''Doc.'''\nasync def f(): ...",
    ],
)
def test_an_undocumented_name_is_caught(source: str) -> None:
    assert len(undocumented("a", source)) == 1


def test_private_names_overloads_and_setters_need_no_docstring() -> None:
    source = """'''Doc.'''
def _f(): ...
@typing.overload
def g(x: int) -> int: ...
class _A:
    def f(self): ...
class B:
    '''Doc.'''
    def __init__(self): ...
    @rooms.setter
    def rooms(self, value): ...
def h():
    '''Doc.'''
    def inner(): ...
"""

    assert undocumented("a", source) == []


def test_an_assert_is_caught_outside_verification() -> None:
    verified = "def kernel(n):\n    if VERIFY:\n        assert n > 0\n    else:\n        assert n\n"

    assert len(bare_asserts("engine", "def f(x):\n    assert x\n")) == 1
    assert len(bare_asserts("engine", verified)) == 2
    assert bare_asserts("native.holds", verified) == ["native.holds:5: bare assert; raise an error of nightgrid.errors"]
