"""`python -m tests.compile_times [words for pytest]`: which kernels take how long to compile when nothing is kept.

Runs pytest in one process with an empty folder for kernels and prints, dearest first, the seconds of CPU of each kernel
without those that it had compiled on the way, and for how many kinds of arguments it was compiled: more than one is
often an array that one caller may write to and another may not, and can be spared.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections import Counter
from typing import Any

import pytest
from numba.core import event

SHOWN = 40


class Stopwatch(event.Listener):
    """Seconds of CPU by kernel, and how often each was compiled."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.times: Counter[str] = Counter()
        self._open = threading.local()

    def on_start(self, event: Any) -> None:
        vars(self._open).setdefault("starts", []).append([time.thread_time(), 0.0])

    def on_end(self, event: Any) -> None:
        start, inside = self._open.starts.pop()
        whole = time.thread_time() - start
        if self._open.starts:
            self._open.starts[-1][1] += whole
        function = event.data["dispatcher"].py_func
        name = f"{str(function.__module__).rpartition('.')[2]}.{function.__qualname__}"
        self.seconds[name] += whole - inside
        self.times[name] += 1

    def report(self) -> str:
        lines = [
            f"{sum(self.seconds.values()):8.2f} s {sum(self.times.values()):5} times, all {len(self.times)} functions"
        ]
        lines += [f"{cpu:8.2f} s {self.times[name]:5} times {name}" for name, cpu in self.seconds.most_common(SHOWN)]
        return "\n".join(lines)


def main(words: list[str]) -> int:
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder, event.install_listener("numba:compile", watch):
        os.environ["NUMBA_CACHE_DIR"] = folder
        code = pytest.main(["-q", "-p", "no:cacheprovider", *words])
    print(watch.report())
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
