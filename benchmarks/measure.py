"""Measuring side by side: the same questions, the same checksum, and rounds in which ours and the rivals alternate.

The machine is shared and noisy, so figures are medians, and a ratio is the median over the rounds of (rival / ours)
inside one round: what slows a round down slows all of them.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WARM_QUESTIONS = 16


class WrongAnswerError(AssertionError):
    """A rival and nightgrid answer a question differently: the benchmark is void."""


class Contestant:
    """Answers questions one by one. Only `ask` is timed."""

    name = "nightgrid"

    def ask(self, question: Any) -> Any:
        raise NotImplementedError

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        """An answer as integers, in an order that all contestants share."""
        return np.asarray(answer, np.int64)

    def state(self) -> NDArray[np.int64]:
        """What the questions have changed, as integers (nothing, if they only ask)."""
        return np.empty(0, np.int64)

    def reset(self) -> None:
        """Undo what the questions of a round have changed."""


@contextmanager
def frozen() -> Iterator[None]:
    """What was prepared stays; a collection before each lap then costs nothing."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def checksum_of(*arrays: NDArray[np.int64]) -> str:
    """Hash of arrays with their sizes: 16 hex digits."""
    digest = hashlib.blake2b(digest_size=8)
    for array in arrays:
        digest.update(array.size.to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def checksum(contestant: Contestant, questions: Sequence[Any]) -> tuple[str, list[NDArray[np.int64]]]:
    """(hash of all answers and of the state they leave, the answers); resets the contestant."""
    digest = hashlib.blake2b(digest_size=8)
    answers = []
    for question in questions:
        numbers = np.ascontiguousarray(contestant.numbers(contestant.ask(question)), np.int64)
        digest.update(numbers.size.to_bytes(8, "little"))
        digest.update(numbers)
        answers.append(numbers)
    digest.update(np.ascontiguousarray(contestant.state(), np.int64))
    contestant.reset()
    return digest.hexdigest(), answers


class Race:
    """One question put to nightgrid and its rivals. `items`: prices, holds, ... that one call answers.

    `warm`: each lap begins with its first questions, untimed, for every contestant alike. A lap comes after those of
    all others, whose data fill the caches; without it the shortest calls are measured in somebody else's cache. Only
    for questions that change nothing. The first answer of a new process is a benchmark of its own.
    """

    def __init__(
        self,
        name: str,
        ours: Contestant,
        rivals: Sequence[Contestant],
        questions: Sequence[Any],
        items: int = 1,
        *,
        warm: bool = False,
    ) -> None:
        self.name = name
        self.ours = ours
        self.rivals = list(rivals)
        self.questions = questions
        self.items = items
        self.warm = warm
        self._laps: dict[str, list[NDArray[np.float64]]] = {each.name: [] for each in [ours, *rivals]}

    def check(self) -> str:
        """The checksum that all agree on; WrongAnswerError names the first question that two answer differently."""
        agreed, answers = checksum(self.ours, self.questions)
        for rival in self.rivals:
            found, others = checksum(rival, self.questions)
            if found == agreed:
                continue
            for question, expected, actual in zip(self.questions, answers, others, strict=True):
                if not np.array_equal(expected, actual):
                    raise WrongAnswerError(
                        f"{self.name}: {question} is answered by nightgrid with {_shown(expected, actual)}, "
                        f"by {rival.name} with {_shown(actual, expected)}"
                    )
            raise WrongAnswerError(f"{self.name}: same answers, but {rival.name} leaves another state than nightgrid")
        return agreed

    def lap(self, contestant: Contestant) -> None:
        """All questions once, each timed."""
        seconds = np.empty(len(self.questions))
        gc.collect()
        gc.disable()
        try:
            for question in self.questions[:_WARM_QUESTIONS] if self.warm else ():
                contestant.ask(question)
            for position, question in enumerate(self.questions):
                started = perf_counter_ns()
                answer = contestant.ask(question)
                seconds[position] = perf_counter_ns() - started
                del answer
        finally:
            gc.enable()
        contestant.reset()
        self._laps[contestant.name].append(seconds / 1e9)

    def lap_rivals(self) -> None:
        for rival in self.rivals:
            self.lap(rival)

    def run(self, benchmark: Any, rounds: int) -> None:
        """Check the answers, which also warms everybody up; then measure, in each round the rivals, then ours.

        The figures go into the benchmark's JSON.
        """
        agreed = self.check()
        with frozen():
            benchmark.pedantic(lambda: self.lap(self.ours), setup=self.lap_rivals, rounds=rounds)
        benchmark.extra_info.update(key=self.name, figures=self.figures() | {"checksum": agreed})

    def measure(self, rounds: int) -> dict[str, Any]:
        """As `run`, for a part of a benchmark that has run: answers its figures."""
        agreed = self.check()
        with frozen():
            for _ in range(rounds):
                self.lap_rivals()
                self.lap(self.ours)
        return self.figures() | {"checksum": agreed}

    def calls(self, name: str) -> NDArray[np.float64]:
        """Seconds of every call: float64 (round, question)."""
        return np.array(self._laps[name])

    def figures(self) -> dict[str, Any]:
        """Latency of ours in microseconds, items a second, and of each rival its latency and its ratio to ours."""
        ours = self.calls(self.ours.name)
        result: dict[str, Any] = latency_us(ours)
        if self.items > 1:
            result["per_second"] = significant(self.items / float(np.median(ours)))
        result["ratio"] = {}
        result["rivals"] = {}
        for rival in self.rivals:
            seconds = self.calls(rival.name)
            of_rounds = np.median(seconds, axis=1) / np.median(ours, axis=1)
            result["ratio"][rival.name] = significant(float(np.median(of_rounds)))
            result["rivals"][rival.name] = latency_us(seconds)
            if self.items > 1:
                result["rivals"][rival.name]["per_second"] = significant(self.items / float(np.median(seconds)))
        result["rounds"], result["questions"] = (int(size) for size in ours.shape)
        return result


def latency_us(seconds: NDArray[np.float64]) -> dict[str, float]:
    """Median, 90th and 99th percentile and minimum in microseconds."""
    p50, p90, p99 = np.percentile(seconds, [50, 90, 99]) * 1e6
    return {
        "p50_us": significant(p50),
        "p90_us": significant(p90),
        "p99_us": significant(p99),
        "min_us": significant(float(seconds.min()) * 1e6),
    }


def significant(value: float, digits: int = 4) -> float:
    """A number with few digits: more would be noise."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _shown(answer: NDArray[np.int64], other: NDArray[np.int64]) -> str:
    """The part of an answer around the first difference."""
    if answer.size != other.size:
        return f"{answer.size} numbers, {answer.ravel()[:6].tolist()}..."
    first = int(np.flatnonzero(answer.ravel() != other.ravel())[0])
    return f"{answer.ravel()[first]} at {first}"
