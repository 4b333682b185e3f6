"""How prices in bulk were worked out: tests and benchmarks see which way they measure."""

from __future__ import annotations

from threading import Lock

import numpy as np


class Ways:
    """How many prices were worked out in blocks, and how many one by one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = np.zeros(2, np.int64)

    def add(self, vector: int, single: int) -> None:
        """Count prices."""
        with self._lock:
            self._counts += (vector, single)

    def counts(self) -> tuple[int, int]:
        """(in blocks, one by one) since the process began."""
        with self._lock:
            vector, single = self._counts.tolist()
        return vector, single


ways = Ways()
