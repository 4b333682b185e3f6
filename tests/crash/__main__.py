"""The long proof: every step of every operation, 20,000 recorded histories, long stories, seeded bugs in kernels.

    python -m tests.crash [histories=20000] [only=steps,histories,stories,mutants] [jobs=2]

It is cut into jobs, and so many processes work on them; each job that is done is told, and a table of what was tried
ends it. A job that finds something wrong says what it was and how to repeat it, no other is begun, and the command
fails. Seeds are fixed: the same run again does the same, as far as threads allow.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.crash import mutants
from tests.crash.test_steps import ROOT, run
from tests.crash.tried import PER_CHAIN, STORIES

TURNS = 20  # of a job of histories: 2,000 of them


class Job(NamedTuple):
    """A part of the proof: which, its name, and what does it; that returns what was met."""

    part: str
    name: str
    work: Callable[[], Counter[str]]


class Done(NamedTuple):
    """What a job met, or what was wrong, and how long it took."""

    job: Job
    met: Counter[str]
    wrong: str
    seconds: float


def steps(module: str) -> Counter[str]:
    """A thread parked, or a process killed, at every step of every deed."""
    numbers = [int(number) for number in re.findall(r"\d+", run(f"tests.crash.{module}"))]
    return Counter(dict(zip(("deeds", "steps", module), numbers, strict=True)))


def _ends(text: str) -> str:
    """Beginning and end of a long text: a failure says first what it is, and last where."""
    return text if len(text) < 12_000 else f"{text[:6_000]}\n...\n{text[-6_000:]}"


def tried(what: str, first: int, end: int) -> Counter[str]:
    """Histories or stories of some turns, in a process of their own."""
    command = [sys.executable, "-m", "tests.crash.tried", what, str(first), str(end)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2_000:]}{_ends(done.stderr)}"
    return Counter(json.loads(done.stdout.splitlines()[-1]))


def mutant(bench: mutants.Bench, each: mutants.Mutant) -> Counter[str]:
    """A seeded bug is noticed."""
    said = bench.notice(each)
    return Counter(
        {"bugs": 1, "first tests": said.first, f"  {'' if said.first else '(not by the first test) '}{said.text}": 0}
    )


def jobs_of(only: list[str], histories: int, bench: mutants.Bench) -> Iterator[Job]:
    """All jobs; kernels that the mutants share are compiled by the time they begin."""
    if "steps" in only:
        for module in ("parked", "killed"):
            yield Job("steps", module, lambda module=module: steps(module))
    if "histories" in only:
        turns = -(-histories // PER_CHAIN)
        for first in range(0, turns, TURNS):
            end = min(first + TURNS, turns)
            name = f"histories {first * PER_CHAIN} to {end * PER_CHAIN}"
            yield Job("histories", name, lambda first=first, end=end: tried("histories", first, end))
    if "stories" in only:
        for first in range(0, STORIES, 4):
            name = f"stories {first} to {first + 4}"
            yield Job("stories", name, lambda first=first: tried("stories", first, first + 4))
    if "mutants" in only:
        for each in mutants.mutants():
            yield Job("mutants", f"bug: {each.name}", lambda each=each: mutant(bench, each))


def do(job: Job) -> Done:
    """Do a job."""
    begun = time.perf_counter()
    try:
        met, wrong = job.work(), ""
    except Exception as error:  # noqa: BLE001 - whatever it was, it ends the proof
        met, wrong = Counter[str](), f"{job.name}: {error}"
    return Done(job, met, wrong, time.perf_counter() - begun)


def do_all(jobs: list[Job], workers: int, console: Console) -> list[Done]:
    """Do all jobs, so many at once, and tell of each; none is begun once one was wrong."""
    done: list[Done] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(workers) as pool:
        task = progress.add_task("crash", total=len(jobs))
        waiting = list(reversed(jobs))
        running: set[Future[Done]] = set()
        while running or (waiting and not any(each.wrong for each in done)):
            while waiting and len(running) < workers and not any(each.wrong for each in done):
                running.add(pool.submit(do, waiting.pop()))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for each in (future.result() for future in ended):
                done.append(each)
                told = [line.strip() for line in each.met if line.startswith("  ")]
                said = each.wrong or (told[0] if told else "nothing was wrong")
                console.print(f"{each.job.name} ({each.seconds:.0f} s): {said}", markup=False, highlight=False)
                progress.advance(task)
    return done


def table(done: list[Done], seconds: float) -> Table:
    """What was tried, part by part."""
    shown = Table("part", "tried", "working time", title=f"crash: {seconds:.0f} s")
    for part in dict.fromkeys(each.job.part for each in done):
        of_it = [each for each in done if each.job.part == part]
        met = sum((each.met for each in of_it), Counter[str]())
        shown.add_row(part, _told(part, met), f"{sum(each.seconds for each in of_it):.0f} s")
    return shown


def _told(part: str, met: Counter[str]) -> str:
    """The counts of a part."""
    if part == "steps":
        return f"{met['parked']} times a thread was parked, {met['killed']} times a process was killed"
    if part == "histories":
        verbs = Counter({name.removesuffix(" OK"): count for name, count in met.items() if name.endswith(" OK")})
        granted = ", ".join(f"{verb} {count}" for verb, count in verbs.most_common())
        return (
            f"{met['histories']} histories of 2 to 16 threads, {met['calls']} calls, {met['side by side']} with calls"
            f" side by side, all explained; granted: {granted}"
        )
    if part == "stories":
        return f"{met['stories']} stories, {met['calls']} calls, {met['records']} records; every log tells its story"
    return f"{met['bugs']} seeded bugs, all noticed, {met['first tests']} of them by the test that should be the first"


def main(*words: str) -> None:
    """All of it, or what `only=` names."""
    asked = dict(word.split("=", 1) for word in words)
    only = asked.get("only", "steps,histories,stories,mutants").split(",")
    workers = int(asked.get("jobs", min(2, os.cpu_count() or 1)))
    console = Console(soft_wrap=True)
    begun = time.perf_counter()
    with mutants.Bench.opened() as bench:
        done = do_all(list(jobs_of(only, int(asked.get("histories", 20_000)), bench)), workers, console)
    console.print(table(done, time.perf_counter() - begun))
    wrong = [each.wrong for each in done if each.wrong]
    if wrong:
        raise SystemExit("crash: " + "\n".join(wrong))
    console.print("crash: nothing was wrong")


if __name__ == "__main__":
    main(*sys.argv[1:])
