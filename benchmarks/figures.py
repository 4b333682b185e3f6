"""`python -m benchmarks.figures`: write the figures of results/published.json into README.md and docs/performance.md.

Only what stands between the two markers is replaced, so no figure is ever typed by hand; a test compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.report import rows, shown

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "benchmarks" / "results" / "published.json"
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"

#: Lines of the short table: (key of the figures, what is asked).
_QUESTIONS = (
    ("search", "search the whole chain: 10,000 hotels, 50,000 room types, member prices, top 20"),
    ("search.city", "search one city: 200 hotels, top 20"),
    ("live", "sell rooms so that house fill moves prices, then search the city"),
    ("hold", "hold rooms for a stay, one call from Python"),
    ("hold_many", "hold in bulk"),
    ("find", "find a guest's bookings among 1 million"),
    ("check", "recompute every counter from 1 million live bookings and compare"),
    ("memory", "memory of the counters and bit maps, for each room type and night"),
    ("reprice", "reprice 20,000 products x 365 nights x 5 tiers, exact"),
    ("quote", "quote one stay"),
    ("rule_book", "read, prove and compile 1,000 rules for 10,000 hotels"),
    ("import", "`import nightgrid` in a new process"),
    ("first_answer", "new process to first answer over the whole chain"),
)
_NAMES = {
    "numpy": "NumPy",
    "numpy_made_anew": "NumPy, prices made anew",
    "numpy_our_layout": "NumPy on our layout",
    "polars": "Polars",
    "polars_our_layout": "Polars on our running sums",
    "duckdb": "DuckDB",
    "duckdb_our_layout": "DuckDB on our running sums",
    "dict": "a dict with a lock",
    "sqlite": "SQLite in memory",
    "redis": "Redis with Lua",
    "decimal": "`Decimal` by hand",
    "integers": "integers by hand",
    "python": "an empty Python process",
    "pandas": "pandas",
}
#: What two threads do, and how it is said.
_THREADS = {
    "different_hotels": "on different hotels",
    "same_100_hotels": "on the same hundred",
    "stores_of_their_own": "each on a store of its own",
}


def place(figures: dict[str, Any], key: str) -> dict[str, Any]:
    """Figures by a key like `search.city`; empty if they were not measured."""
    name, _, part = key.partition(".")
    found = figures.get(name, {})
    return found.get(part, {}) if part else found


def short(results: dict[str, Any]) -> str:
    """The table of README.md."""
    lines = ["| question | nightgrid | times as fast as |", "|---|--:|---|"]
    for key, question in _QUESTIONS:
        found = place(results["figures"], key)
        if not found:
            continue
        ratios = [f"{_NAMES[rival]} {_times(ratio)}" for rival, ratio in found.get("ratio", {}).items()]
        lines.append(f"| {question} | {shown(found)} | {', '.join(ratios)} |")
    return "\n".join([*lines, "", _machine(results)])


def long(results: dict[str, Any]) -> str:
    """The table of docs/performance.md: everybody's median."""
    lines = ["| question | who | median | nightgrid is faster by |", "|---|---|--:|--:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(results["figures"])]
    by_nights = results["figures"]["search"]["p50_us_by_nights"]
    stays = ", ".join(f"{nights}: {value:.4g} µs" for nights, value in by_nights.items())
    steps = ", ".join(f"{name.replace('_', ' ')} {value:.2g} s" for name, value in _steps(results).items())
    notes = [
        f"Search by nights of the stay: {stays}.",
        f"First answer by steps: {steps}.",
        *_hold_notes(results["figures"]),
    ]
    return "\n".join([*lines, "", *notes, "", _machine(results)])


DOCUMENTS = {"README.md": short, "docs/performance.md": long}


def with_block(text: str, block: str) -> str:
    """A document with the block between its markers; ValueError unless each marker stands there once, in order."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the document needs the markers {BEGIN} and {END} once, in this order")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{block}\n{END}{rest.partition(END)[2]}"


def _times(ratio: float) -> str:
    digits = 2 if ratio < 1 else 1 if ratio < 10 else 0
    return f"{ratio:.{digits}f}"


def _steps(results: dict[str, Any]) -> dict[str, float]:
    return results["figures"]["first_answer"]["steps"]


def _hold_notes(figures: dict[str, Any]) -> list[str]:
    """Percentiles of one hold, and what a second thread adds."""
    found = [("nightgrid", figures["hold"]), *figures["hold"]["rivals"].items()]
    percentiles = ("p50_us", "p90_us", "p99_us")
    tails = ", ".join(f"{name} {' / '.join(f'{each[key]:.3g}' for key in percentiles)}" for name, each in found)
    gains = figures["hold_many"]["two_threads"]
    if isinstance(gains, float):  # of figures from before the hundred hotels
        gains = {"different_hotels": gains}
    shares = [f"{gains[key]:.2f} × {where}" for key, where in _THREADS.items() if key in gains]
    spans = ""
    if "lock_transfer_ns" in gains:  # not in figures of before
        least, most = (pick(gains["lock_transfer_ns"].values()) for pick in (min, max))
        spans = f" (a lock took {least:.0f} to {most:.0f} ns from one core to the other)"
    return [
        f"One hold, 50th / 90th / 99th percentile in µs: {tails}.",
        f"Two threads hold as many as one times: {', '.join(shares)}{spans}.",
    ]


def _machine(results: dict[str, Any]) -> str:
    about, source = results["machine"], results["source"]
    packages = about["packages"]
    named = [name for name in ("numba", "numpy", "polars", "duckdb", "sqlite", "redis-server") if name in packages]
    versions = ", ".join(f"{name} {packages[name]}" for name in named)
    commit = f", commit {source['commit']}" if "commit" in source else ""
    machine = f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, {about['kernel']}, {about['python']}"
    checksum = results["figures"]["search"]["checksum"]
    return (
        f"Measured {source['measured'][:10]}{commit} on {machine}, {versions}. "
        f"Seed {results['seed']}, search checksum `{checksum}`."
    )


def main() -> int:
    if not PUBLISHED.exists():
        print("there is no published.json; run `make bench`, then `python -m benchmarks --publish`", file=sys.stderr)
        return 2
    results = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    for name, block in DOCUMENTS.items():
        path = ROOT / name
        if not path.exists() or BEGIN not in path.read_text(encoding="utf-8"):
            print(f"{name}: has no figures (markers {BEGIN} and {END})")
            continue
        text = path.read_text(encoding="utf-8")
        path.write_text(with_block(text, block(results)), encoding="utf-8")
        print(f"{name}: figures of {results['source']['measured'][:10]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
