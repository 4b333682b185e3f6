"""Plain numbers for a monitor, and the same as text that Prometheus reads."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from nightgrid.engine.base import EngineBase
from nightgrid.engine.edge.hold_frames import STATES
from nightgrid.errors import InputError
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import questions as ask
from nightgrid.nights import to_date
from nightgrid.outcomes import Outcome

#: Name in the text, how to read it there, and its meaning.
_HELP = {
    "answers_total": ("counter", "Requests and verbs answered, by outcome."),
    "holds": ("gauge", "Holds and bookings that the store knows, by state."),
    "open_holds": ("gauge", "Holds before their deadline."),
    "live_bookings": ("gauge", "Bookings with a night in the window."),
    "batches": ("counter", "How often batches of several threads met: requests passed over, windows put in order."),
    "slots": ("gauge", "Hold slots: used, free, all there are, and the most there can be."),
    "lsn": ("counter", "Log sequence number of the latest change."),
    "ring_records": ("gauge", "Changes that can be asked for."),
    "sweep_lag_milliseconds": ("gauge", "How long the earliest hold past its deadline has been due."),
    "window_first_night_days": ("gauge", "First night of the window, in days since 1970-01-01."),
    "bytes": ("gauge", "Memory of the store, by part."),
}
_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
_EPOCH = 719_163


class MetricsMixin(EngineBase):
    """Numbers about the store."""

    def metrics(self) -> dict[str, Any]:
        """Plain numbers: `answers` and `holds` by name, `slots` (used, free, capacity, maximum: `grow_slots`),
        `open_holds`, `live_bookings`, `batches` (how often threads that hold in bulk met: requests that were passed
        over for a while, windows of requests that were therefore done in the order of their hotels), `lsn`,
        `ring_records`, `sweep_lag_ms` (0 if nothing is due), `window_first_night` (a date), `bytes` by part.

        Not one instant where threads change the store. O(slots used): about 20 ms for a million.
        """
        now_ms = self._now_ms()
        block = self._inventory.block
        counts = self._inventory.count_holds(now_ms)
        answers = block.region(at.R_STATISTICS).view(np.int64)
        used = int(counts[ask.COUNT_USED])
        lsn = self._inventory.lsn
        return {
            "answers": {outcome.name: int(answers[outcome]) for outcome in Outcome},
            "holds": {name: int(counts[state]) for state, name in STATES.items()},
            "open_holds": int(counts[ask.COUNT_OPEN]),
            "live_bookings": int(counts[ask.COUNT_LIVE]),
            "batches": {
                "passed_over": int(answers[at.CODE_PASSED_OVER]),
                "windows_in_order": int(answers[at.CODE_IN_ORDER]),
            },
            "slots": {
                "used": used,
                "free": block.slots - used,
                "capacity": block.slots,
                "maximum": block.sizes.slots_max,
            },
            "lsn": lsn,
            "ring_records": min(lsn, block.sizes.records),
            "sweep_lag_ms": max(now_ms - int(counts[ask.COUNT_EARLIEST_MS]), 0),
            "window_first_night": to_date(self.first_night),
            "bytes": block.region_bytes()
            | {"prices": self._version.bytes if self._version else 0, "hold_index": self._inventory.index_bytes},
        }

    def metrics_text(self, prefix: str = "nightgrid") -> str:
        """`metrics` in the text format of Prometheus, for an exporter's page."""
        if not isinstance(prefix, str) or not _NAME.fullmatch(prefix):
            raise InputError(f"prefix is {prefix!r}; use letters, digits and _, and no digit first")
        found = self.metrics()
        found["window_first_night"] = found["window_first_night"].toordinal() - _EPOCH
        labels = {"answers": "outcome", "batches": "event", "holds": "state", "slots": "kind", "bytes": "part"}
        texts = {
            "answers": "answers_total",
            "sweep_lag_ms": "sweep_lag_milliseconds",
            "window_first_night": "window_first_night_days",
        }
        lines = []
        for name, value in found.items():
            text = texts.get(name, name)
            kind, meaning = _HELP[text]
            lines += [f"# HELP {prefix}_{text} {meaning}", f"# TYPE {prefix}_{text} {kind}"]
            if isinstance(value, dict):
                lines += [f'{prefix}_{text}{{{labels[name]}="{label}"}} {number}' for label, number in value.items()]
            else:
                lines.append(f"{prefix}_{text} {value}")
        return "\n".join(lines) + "\n"
