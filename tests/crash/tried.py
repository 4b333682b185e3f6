"""Parts of the long proof that are processes of their own: so many histories or stories of threads.

    python -m tests.crash.tried histories|stories FIRST END

Prints what was met, as JSON in the last line.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from tests.threads.recorded import VERBS, judge, judge_by_log

#: Threads and calls of each: histories of 2 to 16 threads.
CREWS = ((2, 8), (3, 6), (4, 5), (6, 4), (8, 3), (12, 2), (16, 2))
PER_CHAIN = 100
STORIES = 24


def histories(turn: int) -> Counter[str]:
    """A hundred histories, each explained by an order of its calls."""
    threads, calls = CREWS[turn % len(CREWS)]
    return judge(threads, calls, 1 + turn % 3, PER_CHAIN, f"crash {turn}")


def stories(turn: int) -> Counter[str]:
    """A long story, judged by its log."""
    threads = (2, 4, 8, 16)[turn % 4]
    return judge_by_log(threads, 24_000 // threads, 60, f"story {turn}") + Counter(stories=1)


def load_kernels() -> None:
    """Let two threads call so much that every verb is among it: a first call waits for its kernel, and many calls that
    all wait have more orders than can be tried.
    """
    judge(2, 2 * len(VERBS), 2, 1, "load")


def main(what: str, first: str, end: str) -> None:
    """Those turns."""
    load_kernels()
    sys.setswitchinterval(1e-5)
    met: Counter[str] = Counter()
    for turn in range(int(first), int(end)):
        met.update({"histories": histories, "stories": stories}[what](turn))
    print(json.dumps(met))


if __name__ == "__main__":
    main(*sys.argv[1:])
