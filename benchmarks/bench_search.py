"""How long does a guest wait for the 20 cheapest hotels?

10,000 hotels x 5 room types, stays of 1, 3, 7 and 14 nights at random over 540 nights, member prices from 300 rule
sets, a room free on every night, the cheapest room type of each hotel, exact totals: once over the whole chain, once
in a city of 200 hotels. Timed is the public call, from Python names to 20 offer objects.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import TIERS, Chain, Stay
from benchmarks.inside import calls_inside
from benchmarks.measure import Contestant, Race, latency_us, significant
from benchmarks.plan import Plan
from benchmarks.rivals import rivals_of

Question = tuple[Stay, int | None]  # city, None = the whole chain


class EngineSearch(Contestant):
    """`Engine.search`."""

    def __init__(self, chain: Chain) -> None:
        self._engine = chain.engine

    def ask(self, question: Question) -> Any:
        stay, city = question
        place = None if city is None else f"city {city}"
        answer = self._engine.search(stay.date, stay.nights, tier=TIERS[stay.tier], city=place)
        _ = answer.offers  # a guest looks at them: the objects are made within the time
        return answer

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return np.array([(int(offer.hotel_id[1:]), offer.total_minor) for offer in answer.offers], np.int64)


class ArraySearch(Contestant):
    """The same without names and objects: what the search itself takes of `Engine.search`."""

    name = "nightgrid_arrays"

    def __init__(self, chain: Chain, questions: list[Question]) -> None:
        whole = EngineSearch(chain)
        self._searcher = chain.engine._searcher
        self._calls = {
            question: calls_inside(self._searcher, "search", lambda: whole.ask(question))[0]  # noqa: B023 (runs at once)
            for question in questions
        }

    def ask(self, question: Question) -> Any:
        return self._searcher.search(*self._calls[question])

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return np.stack([answer.hotel, answer.total], axis=1).astype(np.int64)


@cache
def _rivals(chain: Chain) -> list[Contestant]:
    """Made once for both questions: they load every night of the chain."""
    return rivals_of("search", chain, ())[0]


def whole_chain(chain: Chain, count: int) -> Race:
    questions: list[Question] = [(stay, None) for stay in chain.stays(count)]
    return Race("search", EngineSearch(chain), [ArraySearch(chain, questions), *_rivals(chain)], questions, warm=True)


def one_city(chain: Chain, count: int) -> Race:
    cities = chain.size.hotels // chain.size.city_hotels
    questions: list[Question] = [(stay, number % cities) for number, stay in enumerate(chain.stays(count, seed=7))]
    return Race("search.city", EngineSearch(chain), _rivals(chain), questions, warm=True)


def test_search(benchmark: Any, plan: Plan, chain: Chain) -> None:
    race = whole_chain(chain, plan.stays)
    race.run(benchmark, plan.rounds)
    ours = race.calls("nightgrid")
    lengths = np.array([stay.nights for stay, _ in race.questions])
    figures = benchmark.extra_info["figures"]
    figures["p50_us_by_nights"] = {
        str(nights): significant(float(np.median(ours[:, lengths == nights])) * 1e6) for nights in np.unique(lengths)
    }
    del figures["ratio"]["nightgrid_arrays"], figures["rivals"]["nightgrid_arrays"]
    figures["arrays"] = latency_us(race.calls("nightgrid_arrays"))


def test_search_in_a_city(benchmark: Any, plan: Plan, chain: Chain) -> None:
    one_city(chain, plan.stays).run(benchmark, plan.rounds)
