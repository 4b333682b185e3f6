"""The long proof: every step of every operation, 20,000 recorded histories, long stories, seeded bugs in kernels.

    python -m tests.crash [histories=20000] [only=steps,histories,stories,mutants]

Prints counts of what was tried. The first thing that is wrong ends it, with what it was and how to repeat it. Seeds are
fixed: the same run again does the same, as far as threads allow.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

from tests.crash.test_steps import run
from tests.threads.recorded import judge, judge_by_log

#: Threads and calls of each: histories of 2 to 16 threads.
CREWS = ((2, 8), (3, 6), (4, 5), (6, 4), (8, 3), (12, 2), (16, 2))
PER_CHAIN = 100


def steps() -> None:
    """A thread parked and a process killed at every step."""
    for module in ("parked", "killed"):
        print(run(f"tests.crash.{module}").strip(), flush=True)


def histories(count: int) -> None:
    """So many histories, each explained by an order of its calls."""
    met: Counter[str] = Counter()
    turn = 0
    while met["histories"] < count:
        threads, calls = CREWS[turn % len(CREWS)]
        met.update(judge(threads, calls, 1 + turn % 3, PER_CHAIN, f"crash {turn}"))
        turn += 1
    print(
        f"histories: {met['histories']} of 2 to 16 threads, {met['calls']} calls, {met['side by side']} with calls side"
        f" by side; all explained\n  {_answers(met)}",
        flush=True,
    )


def stories() -> None:
    """Long stories, each judged by its log."""
    met: Counter[str] = Counter()
    for turn in range(24):
        met.update(judge_by_log((2, 4, 8, 16)[turn % 4], 24_000 // (2, 4, 8, 16)[turn % 4], 60, f"story {turn}"))
    print(f"stories: 24, {met['calls']} calls, {met['records']} records; every log tells its story", flush=True)


def mutants() -> None:
    """Every seeded bug is noticed."""
    subprocess.run([sys.executable, "-m", "tests.crash.mutants"], check=True)


def _answers(met: Counter[str]) -> str:
    verbs = Counter[str]()
    for name, number in met.items():
        if name.endswith(" OK"):
            verbs[name.removesuffix(" OK")] += number
    return ", ".join(f"{verb} {number}" for verb, number in verbs.most_common())


def main(*words: str) -> None:
    """All of it, or what `only=` names."""
    asked = dict(word.split("=", 1) for word in words)
    only = asked.get("only", "steps,histories,stories,mutants").split(",")
    begun = time.perf_counter()
    sys.setswitchinterval(1e-5)
    if "steps" in only:
        steps()
    if "histories" in only:
        histories(int(asked.get("histories", 20_000)))
    if "stories" in only:
        stories()
    if "mutants" in only:
        mutants()
    print(f"crash: {time.perf_counter() - begun:.0f} s; nothing was wrong")


if __name__ == "__main__":
    main(*sys.argv[1:])
