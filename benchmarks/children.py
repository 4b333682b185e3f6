"""Processes that a benchmark starts: their environment, and the program that opens a chain from disk."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter, time

ROOT = Path(__file__).resolve().parents[1]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, in which the same packages are found."""
    paths = [str(ROOT), str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | changes


def first_answer(folder: Path, started: float, arrival: str, nights: int, tier: str) -> dict[str, object]:
    """Open the chain in a folder and search once and once more: seconds of each step, and the offers."""
    clock = [perf_counter()]
    steps = {"python": time() - started}

    def step(name: str) -> None:
        clock.append(perf_counter())
        steps[name] = clock[-1] - clock[-2]

    from datetime import UTC, datetime

    import numpy as np

    from nightgrid import Catalog, Engine, ManualClock

    step("import")
    catalog = Catalog.read(folder)
    book = json.loads((folder / "book.json").read_text())
    sold = np.load(folder / "sold.npy")
    step("read")
    settings = json.loads((folder / "chain.json").read_text())
    morning = datetime.fromisoformat(settings["first_night"]).replace(hour=2, tzinfo=UTC)
    engine = Engine.in_memory(catalog, settings["first_night"], sold.shape[1], clock=ManualClock(morning))
    engine.set_sold_elsewhere(sold)
    step("rooms")
    engine.publish(book)
    step("publish")
    result = engine.search(arrival, nights, tier=tier)
    step("first_search")
    answered = time() - started
    engine.search(arrival, nights, tier=tier)
    step("second_search")
    offers = [(int(offer.hotel_id[1:]), offer.total_minor) for offer in result.offers]
    return {"seconds": answered, "steps": steps, "offers": offers}


if __name__ == "__main__":
    folder, started, arrival, nights, tier = sys.argv[1:]
    print(json.dumps(first_answer(Path(folder), float(started), arrival, int(nights), tier)))
