"""The shape of the house as data: which unit stands on which floor, and who may use what.

    cli -> jobs -> engine -> search -> {inventory, pricing} -> native -> vocabulary

An arrow may skip floors but never points up. `inventory` and `pricing` never import each other: the engine
passes arrays, so that each half can be tested, measured and used alone. The package itself (`nightgrid`) only
holds public names; nothing inside imports from it.
"""

from __future__ import annotations

VOCABULARY = (
    "nights", "money", "catalog", "catalog_frames", "outcomes", "errors", "limits", "clock", "dialect", "asking",
    "counts",
)  # fmt: skip

#: Lowest floor first. A unit is a module, a package, or modules that begin with its name and "_" (`engine_quote`).
FLOORS: tuple[tuple[str, ...], ...] = (
    VOCABULARY,
    ("native",),
    ("inventory", "pricing"),
    ("search",),
    ("engine",),
    ("jobs",),
    ("cli", "__main__"),
)

#: The rooms inside a unit, lowest first: a module imports from its own room and from rooms below. Those on one floor do
#: not know each other.
INNER_FLOORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "native": (
        ("base",),  # how kernels are compiled and kept; atomics, hints
        ("store",),  # the block of bytes: cells, bit maps, slots, keys, records
        ("holds", "prices"),  # the verbs; products of factors
        ("upkeep", "program"),  # controls, catalogue, recount, repair; full pipelines
        ("search",),
    ),
    "engine": (
        ("edge",),  # frames, names, digests, answers; the shelf of price versions
        ("base",),  # what every part stands on
        ("prices", "searching"),  # versions, quotes, comparisons, bulk prices
        ("rooms",),  # holds and bookings, carts, controls, upkeep; a hold may be bound to a quote
        ("core",),
    ),
}

#: Units on one floor that may not import each other.
STRANGERS = (frozenset({"inventory", "pricing"}),)

#: Where frames go in and out (patterns of modules). Below the engine only arrays travel.
FRAME_EDGES = ("catalog*", "engine*", "jobs*", "cli*")

#: Every third-party package, and the modules that may import it.
THIRD_PARTY: dict[str, tuple[str, ...]] = {
    "numpy": ("*",),
    "numba": ("native*",),  # compiled code has one home, one set of options and one cache
    "llvmlite": ("native*",),
    "polars": FRAME_EDGES,
    "pyarrow": FRAME_EDGES,
    "pydantic": ("pricing*",),  # the author's form of the rule book
    "pydantic_core": ("pricing*",),  # its error type
    "holidays": ("pricing*",),
    "typer": ("cli*",),
    "rich": ("cli*", "jobs*"),
    "matplotlib": ("jobs*", "cli*"),  # the extra `pictures`; loaded late
}

#: Who may read which clock of the standard library, beside clock.py. What is not listed is refused.
CLOCK_READERS: dict[str, tuple[str, ...]] = {
    "clock": ("*",),  # its purpose
    "jobs*": ("time.perf_counter",),  # seconds of a run in a report; decides nothing. Others use `clock.elapsed`
}

#: Everything in the standard library that tells the time. `time.sleep` waits, it does not tell.
CLOCKS = (
    "time.*",
    "timeit.*",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "os.times",
)
NOT_A_CLOCK = ("time.sleep", "time.struct_time")
