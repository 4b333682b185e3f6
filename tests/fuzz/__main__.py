"""`python -m tests.fuzz`: at least 100,000 generated rule books; prints what was tried, stops at the first failure.

COUNT and SEED come from the command line (`--count`, `--seed`). A failing source is kept in out/fuzz/.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from tests.fuzz.books import Case, case
from tests.fuzz.judge import judge

#: A book that needs more than this is a way to stop a server, whatever it answers in the end.
SECONDS_MAX = 60
MEMORY_BYTES_MAX = 4 << 30


def _too_slow(*_: Any) -> None:
    raise TimeoutError(f"more than {SECONDS_MAX} seconds for one book")


def _keep(found: Case, seed: str, number: int) -> Path:
    folder = Path("out/fuzz")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}-{number}.txt"
    source = found.source
    path.write_bytes(source if isinstance(source, bytes) else str(source).encode(errors="surrogatepass"))
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=120_000)
    parser.add_argument("--seed", default="books")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    signal.signal(signal.SIGALRM, _too_slow)
    counts: Counter[tuple[str, str]] = Counter()
    slowest, slowest_number, start = 0.0, 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.count):
            found = case(asked.seed, number)
            begun = time.perf_counter()
            signal.alarm(SECONDS_MAX)
            try:
                counts[found.kind, judge(found, Path(folder) / "book.toml")] += 1
            except BaseException:  # noqa: BLE001 -- whatever it is, it is the find of the run
                traceback.print_exc()
                print(f'case("{asked.seed}", {number}), {found.kind}: kept as {_keep(found, asked.seed, number)}')
                return 1
            finally:
                signal.alarm(0)
            seconds = time.perf_counter() - begun
            if seconds > slowest:
                slowest, slowest_number = seconds, number
            if number % 10_000 == 9_999:
                print(f"  {number + 1:,} books", file=sys.stderr, flush=True)
    kinds = sorted({kind for kind, _ in counts})
    for kind in kinds:
        print(
            f"  {kind:<16} {counts[kind, 'book']:>8,} books {counts[kind, 'refused']:>8,} refused with their mistakes"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"nightgrid: {counts.total():,} generated rule books in {time.perf_counter() - start:.0f} s, no other outcome; "
        f"slowest {slowest:.2f} s (case {slowest_number}), peak memory {peak} MiB; seed {asked.seed}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
