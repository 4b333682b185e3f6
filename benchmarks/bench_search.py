"""How long does a guest wait for the 20 cheapest hotels?

10,000 hotels x 5 room types, stays of 1, 3, 7 and 14 nights at random over 540 nights, member prices from 300 rule
sets, a room free on every night, the cheapest room type of each hotel, exact totals: once over the whole chain, once
in a city of 200 hotels. Timed is the public call, from Python names to pairs of hotel and total, which is what the
rivals answer; and once more to 20 offer objects. Then by a book that is more than factors (`general_book.py`): one
night beside NumPy, more nights and one city of ours alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import TIERS, Chain, Stay
from benchmarks.general_reprice import general_engine
from benchmarks.inside import calls_inside
from benchmarks.measure import Contestant, Race, latency_us, significant
from benchmarks.plan import Plan
from benchmarks.rivals import rivals_of

Question = tuple[Stay, int | None]  # city, None = the whole chain


class EngineSearch(Contestant):
    """`Engine.search`, and of its answer what the rivals answer too: pairs of hotel and total."""

    def __init__(self, chain: Chain) -> None:
        self._engine = chain.engine

    def result(self, question: Question) -> Any:
        stay, city = question
        place = None if city is None else f"city {city}"
        return self._engine.search(stay.date, stay.nights, tier=TIERS[stay.tier], city=place)

    def ask(self, question: Question) -> Any:
        answer = self.result(question)
        return list(zip(answer.hotel_index.tolist(), answer.total_minor.tolist(), strict=True))


class OfferSearch(EngineSearch):
    """The same with the 20 offers as objects: names, room type, plan, currencies, version."""

    name = "nightgrid_offers"

    def ask(self, question: Question) -> Any:
        return self.result(question).offers

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return np.array([(int(offer.hotel_id[1:]), offer.total_minor) for offer in answer], np.int64)


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


class GeneralSearch(EngineSearch):
    """`Engine.search` by a book that is more than factors."""

    def __init__(self, chain: Chain) -> None:
        self._engine = general_engine(chain)


@cache
def _rivals(chain: Chain) -> list[Contestant]:
    """Made once for both questions: they load every night of the chain."""
    return rivals_of("search", chain, ())[0]


def whole_chain(chain: Chain, count: int) -> Race:
    questions: list[Question] = [(stay, None) for stay in chain.stays(count)]
    ours = [OfferSearch(chain), ArraySearch(chain, questions)]
    return Race("search", EngineSearch(chain), [*ours, *_rivals(chain)], questions, warm=True)


def one_city(chain: Chain, count: int) -> Race:
    cities = chain.size.hotels // chain.size.city_hotels
    questions: list[Question] = [(stay, number % cities) for number, stay in enumerate(chain.stays(count, seed=7))]
    return Race("search.city", EngineSearch(chain), [OfferSearch(chain), *_rivals(chain)], questions, warm=True)


def general(chain: Chain, count: int, nights: int = 1, *, city: bool = False) -> Race:
    """Searches by a general book; the rival answers those of one night over the whole chain."""
    cities = chain.size.hotels // chain.size.city_hotels
    stays = enumerate(chain.stays(count, seed=13))
    questions: list[Question] = [
        (Stay(min(stay.arrival, chain.size.nights - nights), nights, stay.tier), number % cities if city else None)
        for number, stay in stays
    ]
    rivals = rivals_of("search_general", chain, questions)[0] if nights == 1 and not city else []
    return Race("search.general", GeneralSearch(chain), rivals, questions, warm=True)


def test_search_by_a_general_book(benchmark: Any, plan: Plan, chain: Chain) -> None:
    general(chain, plan.stays).run(benchmark, plan.rounds)
    figures = benchmark.extra_info["figures"]
    for nights in (3, 7):
        figures[f"nights_{nights}"] = general(chain, plan.stays, nights).measure(plan.rounds)
    figures["in_a_city"] = general(chain, plan.stays, 3, city=True).measure(plan.rounds)


def test_search(benchmark: Any, plan: Plan, chain: Chain) -> None:
    race = whole_chain(chain, plan.stays)
    race.run(benchmark, plan.rounds)
    ours = race.calls("nightgrid")
    lengths = np.array([stay.nights for stay, _ in race.questions])
    figures = benchmark.extra_info["figures"]
    figures["p50_us_by_nights"] = {
        str(nights): significant(float(np.median(ours[:, lengths == nights])) * 1e6) for nights in np.unique(lengths)
    }
    for part in ("offers", "arrays"):
        _own_part(figures, race, part)


def test_search_in_a_city(benchmark: Any, plan: Plan, chain: Chain) -> None:
    race = one_city(chain, plan.stays)
    race.run(benchmark, plan.rounds)
    _own_part(benchmark.extra_info["figures"], race, "offers")


def _own_part(figures: dict[str, Any], race: Race, part: str) -> None:
    """A line of our own raced among the rivals; it is no rival."""
    name = f"nightgrid_{part}"
    del figures["ratio"][name], figures["rivals"][name]
    figures[part] = latency_us(race.calls(name))
