"""How many bytes does a store take for each room type and night?

From `Engine.statistics`: the hot counters and their bit maps together, which every hold and search reads; beside them
what else lies there for each room type and night, for each slot of a hold, and for each product and night. Nothing is
timed. Slots and keys that were never used take no memory yet; what is address space alone, for slots that the store may
have later, is not counted.
"""

from __future__ import annotations

from typing import Any

from benchmarks.data import Chain
from benchmarks.measure import significant

HOT = ("cells", "bit_maps")
_BY_HOLD = ("slots", "keys")
_NO_MEMORY = "reserved"


def bytes_of(engine: Any) -> dict[str, Any]:
    """Bytes of the hot part a room type and night, and of every other part by what it grows with."""
    about = engine.statistics()
    sizes: dict[str, int] = about["bytes"]
    cells = about["room_types"] * about["nights"]
    beside: dict[str, dict[str, float]] = {}
    for name, size in sizes.items():
        if name in HOT or name == _NO_MEMORY:
            continue
        if name in _BY_HOLD:
            beside[name] = {"bytes_per_hold": significant(size / about["slots"])}
        elif name == "prices":
            beside[name] = {"bytes_per_price": significant(size / (about["products"] * about["nights"]))}
        else:
            beside[name] = {"bytes_per_night": significant(size / cells)}
    return {
        "bytes_per_night": significant(sum(sizes[name] for name in HOT) / cells),
        "hot": {name: {"bytes_per_night": significant(sizes[name] / cells)} for name in HOT},
        "beside": beside,
        "bytes": sum(sizes.values()) - sizes[_NO_MEMORY],
    }


def test_memory(benchmark: Any, chain: Chain) -> None:
    figures = benchmark.pedantic(lambda: bytes_of(chain.engine), rounds=1)
    benchmark.extra_info.update(key="memory", figures=figures)
