"""How soon is a sale in the price that the next guest sees?

Each question sells rooms of a room type for a stay in a hotel whose house fill moves over an edge of the book's demand
rule by it, on the first night, and then searches the hotel's city for that stay: 200 hotels, the 20 cheapest. So the
prices of five room types of one hotel change between every two searches. Timed is both together, by names; and of ours
alone *the prices*: from the return of the sale until each price that the search for that stay reads is the new one, and
until those of every stay are, in all bands of lead days, of which most are never read.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import CAPACITY_ROOMS, FILL_EDGES, SEED, TIERS, Chain, Stay
from benchmarks.measure import Contestant, Race, latency_us
from benchmarks.plan import Plan
from benchmarks.rivals import rivals_of

ROOMS = 4  # sold at once


class Sale(NamedTuple):
    """A room type (row) of which rooms are sold for a stay, which is then searched in the hotel's city."""

    row: int
    city: int
    stay: Stay


def sales(chain: Chain, count: int) -> list[Sale]:
    """Random sales that move house fill of their first night over an edge, at most one in each hotel."""
    rng = np.random.default_rng([SEED, 21])
    types = chain.size.room_types
    taken = (CAPACITY_ROOMS - chain.free).reshape(chain.size.hotels, types, -1)
    before = taken.sum(axis=1) * 10_000 // (types * CAPACITY_ROOMS)
    after = (taken.sum(axis=1) + ROOMS) * 10_000 // (types * CAPACITY_ROOMS)
    edges = np.array(FILL_EDGES) * 100
    crosses = np.searchsorted(edges, before, "right") != np.searchsorted(edges, after, "right")
    stays = chain.stays(8 * count, seed=23)
    found: list[Sale] = []
    used: set[int] = set()
    for stay in stays:
        if stay.nights > 3 or len(found) == count:
            continue
        for hotel in rng.permutation(np.flatnonzero(crosses[:, stay.arrival]))[:8].tolist():
            nights = slice(stay.arrival, stay.arrival + stay.nights)
            free = chain.free[hotel * types : (hotel + 1) * types, nights].min(axis=1)
            if free.max() >= ROOMS and hotel not in used:
                used.add(hotel)
                found.append(Sale(hotel * types + int(free.argmax()), hotel // chain.size.city_hotels, stay))
                break
    return found


class EngineLive(Contestant):
    """`Engine.hold`, then `Engine.search`."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._engine = chain.live_engine
        self._holds: list[int] = []

    def sell(self, sale: Sale) -> None:
        types = self._chain.size.room_types
        hotel_id, room_type_id = self._chain.hotel_id(sale.row // types), f"T{sale.row % types}"
        held = self._engine.hold(hotel_id, room_type_id, sale.stay.date, sale.stay.nights, rooms=ROOMS)
        self._holds.append(held.id)

    def ask(self, question: Sale) -> Any:
        self.sell(question)
        stay = question.stay
        answer = self._engine.search(stay.date, stay.nights, tier=TIERS[stay.tier], city=f"city {question.city}")
        return list(zip(answer.hotel_index.tolist(), answer.total_minor.tolist(), strict=True))

    def reset(self) -> None:
        for hold in self._holds:
            self._engine.release(hold)
        self._holds.clear()
        self._engine._version.live.refresh()

    def state(self) -> NDArray[np.int64]:
        return self._engine.matrix("held").astype(np.int64).sum(axis=1)


def race(chain: Chain, count: int) -> Race:
    questions = sales(chain, count)
    rivals, _ = rivals_of("live", chain, questions)
    return Race("live", EngineLive(chain), rivals, questions)


def price_seconds(chain: Chain, questions: list[Sale], rounds: int, *, everywhere: bool) -> NDArray[np.float64]:
    """From the return of a sale until the prices of its stay, or of all stays, are the new ones: float64 (round, sale)
    seconds.
    """
    ours = EngineLive(chain)
    live = chain.live_engine._version.live
    nights = [None if everywhere else nights_read(live, sale.stay) for sale in questions]
    found = np.zeros((rounds, len(questions)))
    for lap in found:
        for place, sale in enumerate(questions):
            ours.sell(sale)
            started = perf_counter_ns()
            live.refresh(nights[place])
            lap[place] = perf_counter_ns() - started
        ours.reset()
    return found / 1e9


def nights_read(live: Any, stay: Stay) -> Any:
    """What a search for a stay reads; it is booked on the first night of the window."""
    arrival = stay.date.toordinal()
    variant = live.variant(arrival, stay.nights, stay.arrival, stay.arrival)
    return variant.nights_of(arrival, stay.nights)


def machine_seconds(length: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """What a loop that always does the same takes, of about that length in seconds: how far it strays is the machine's
    noise, and not the work's.
    """

    def loop(count: int) -> float:
        started = perf_counter_ns()
        for number in range(count):
            number * number
        return (perf_counter_ns() - started) / 1e9

    count = max(1, round(1_000 * length / min(loop(1_000) for _ in range(100))))
    return np.array([loop(count) for _ in range(int(np.prod(shape)))]).reshape(shape)


def test_live(benchmark: Any, plan: Plan, chain: Chain) -> None:
    asked = race(chain, plan.stays)
    asked.run(benchmark, plan.rounds)
    figures = benchmark.extra_info["figures"]
    seconds = price_seconds(chain, asked.questions, plan.rounds, everywhere=False)
    figures["prices"] = latency_us(seconds)
    figures["all_prices"] = latency_us(price_seconds(chain, asked.questions, plan.rounds, everywhere=True))
    figures["machine"] = latency_us(machine_seconds(float(np.median(seconds)), seconds.shape))
