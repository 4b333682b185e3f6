"""From what the benchmarks measured to a results file, a table, and one line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.redis_server import PROGRAM

#: Benchmarks in the order of their tables; each is a file bench_<name>.py.
NAMES = (
    "search", "live", "hold", "hold_many", "find", "check", "memory", "reprice", "quote", "rule_book", "import",
    "first_answer",
)  # fmt: skip
TITLES = {
    "search": "search, whole chain",
    "search.city": "search, one city",
    "search.general": "search by a book with promotions, whole chain, one night",
    "live": "a sale, and a search of its city",
    "hold": "one hold",
    "hold_many": "holds in bulk",
    "find": "a guest's bookings, of a million",
    "check": "check of all bookings",
    "memory": "counters and bit maps",
    "reprice": "repricing, matrix",
    "reprice.stream": "repricing, stream",
    "reprice.general": "repricing, a book with promotions",
    "reprice.masks": "the same as a stream with masks of its rules",
    "quote": "one quote",
    "quote.general": "many quotes by a book with promotions",
    "rule_book": "1,000 rules for 10,000 hotels",
    "import": "import",
    "first_answer": "first answer",
}


def collect(benchmarks: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures by name from pytest-benchmark's JSON; `search.city` becomes `city` inside `search`."""
    found: dict[str, Any] = {}
    for benchmark in benchmarks:
        extra = benchmark["extra_info"]
        name, _, part = extra["key"].partition(".")
        place = found.setdefault(name, {})
        if part:
            place[part] = extra["figures"]
        else:
            found[name] = extra["figures"] | place
    return {name: found[name] for name in NAMES if name in found}


def summary(figures: dict[str, Any]) -> dict[str, Any]:
    """The one line: figures without the details of rivals and rounds."""
    left_out = {"rivals", "rounds", "questions", "min_us"}
    return {
        key: summary(value) if isinstance(value, dict) else value
        for key, value in figures.items()
        if key not in left_out
    }


def rows(figures: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(question, who, figure, how many times ours) for a table."""
    for key, title in TITLES.items():
        name, _, part = key.partition(".")
        found = figures.get(name, {})
        found = found.get(part, {}) if part else found
        if not found:
            continue
        yield title, "nightgrid", shown(found), ""
        for label, variant in variants(found):
            yield "", f"nightgrid {label}", shown(variant), ""
        for rival, measured in found.get("rivals", {}).items():
            yield "", rival.replace("_", " "), shown(measured), f"{found['ratio'][rival]:.2f} ×"


def variants(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Other ways in which our own answer was measured."""
    for key, label in (
        ("offers", "(offers as objects)"),
        ("arrays", "(arrays only)"),
        ("prices", "(until the prices of that search are the new ones)"),
        ("all_prices", "(until those of every stay are)"),
        ("machine", "(a loop of that length that always does the same)"),
        ("with_key", "(with key)"),
        ("with_keys", "(with keys as texts)"),
        ("with_keys_ready", "(kernel, with keys)"),
        ("kernel", "(kernel)"),
        ("larger_frame", "(larger frame)"),
        ("release", "(release)"),
        ("explained", "(with explanation)"),
        ("every_stage", "(a book of every stage)"),
        ("every_stage_explained", "(a book of every stage, with explanation)"),
        ("every_stage_read", "(a book of every stage, every line and reason read)"),
        ("frame", "(as a frame)"),
        ("after_holds", "(after 1,000 new holds)"),
        ("rebuild", "(rebuild)"),
        ("nights_3", "(three nights)"),
        ("nights_7", "(seven nights)"),
        ("in_a_city", "(three nights in one city)"),
    ):
        if key in figures:
            yield label, figures[key]
    for part in ("hot", "beside"):
        for name, found in figures.get(part, {}).items():
            yield f"({name.replace('_', ' ')})", found
    if "engine_seconds" in figures:
        yield "(with engine)", {"seconds": figures["engine_seconds"]}
    if "compile_seconds" in figures:
        yield "(compiling)", {"seconds": figures["compile_seconds"]}


def shown(figures: dict[str, Any]) -> str:
    """A figure with its unit: a rate where many things are answered at once, else seconds, bytes or microseconds."""
    if "per_second" in figures:
        return f"{figures['per_second'] / 1e6:,.4g} M/s"
    if "seconds" in figures:
        return f"{figures['seconds']:.3g} s"
    for unit in ("night", "hold", "price"):
        if f"bytes_per_{unit}" in figures:
            return f"{figures[f'bytes_per_{unit}']:,.4g} B a {unit}"
    return f"{figures['p50_us']:,.4g} µs"


def print_table(results: dict[str, Any]) -> None:
    """The figures for a person."""
    about = results["machine"]
    quick = " (quick)" if results["quick"] else ""
    table = Table(title=f"nightgrid beside its rivals, medians of the same rounds{quick}")
    table.add_column("question")
    table.add_column("")
    table.add_column("median", justify="right")
    table.add_column("nightgrid is faster by", justify="right")
    for row in rows(results["figures"]):
        table.add_row(*row)
    console = Console(width=100)
    console.print(table)
    machine = (about["cpu"], f"{about['cores']} cores", f"{about['memory_gib']} GiB", about["kernel"], about["python"])
    console.print(", ".join(machine))
    for name in results["missing"]:
        way = "with the system's packages" if name == PROGRAM else "pip install '.[bench]'"
        console.print(f"{name} is not installed: its figures are missing ({way})", markup=False)
