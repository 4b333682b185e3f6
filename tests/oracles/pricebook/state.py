"""The stay while it is being priced: one running amount, and the nights' shares of it.

A change of the whole stay changes all nights in proportion. A change of some nights changes those in proportion among
themselves and leaves the others. Under the policy `night` there is one state for each night.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracles.pricebook.rounding import Rounding

Change = Callable[[Fraction], Fraction]


@dataclass
class State:
    """`positions` are the 0-based nights of the stay that are priced here, `days` their dates.

    `weights` say how the running amount is shared among them. `after` has for each stage that acted, and for each
    night stage, the amount of each night after it.
    """

    positions: tuple[int, ...]
    days: tuple[date, ...]
    running: Fraction
    weights: list[Fraction]
    nightly: list[Fraction]
    after: dict[str, list[Fraction]]

    @classmethod
    def of(cls, positions: Sequence[int], days: Sequence[date], amounts: Sequence[dict[str, Fraction]]) -> State:
        """From the night stages' amounts of each night; the last of them is what the stay stages start from."""
        nightly = [list(each.values())[-1] for each in amounts]
        after = {kind: [each[kind] for each in amounts] for kind in amounts[0]}
        return cls(tuple(positions), tuple(days), sum(nightly, Fraction(0)), list(nightly), nightly, after)

    def copy(self) -> State:
        """A state of its own, to try something."""
        return State(self.positions, self.days, self.running, list(self.weights), self.nightly, dict(self.after))

    def shares(self) -> list[Fraction]:
        """Each night's part of the running amount; equal parts where no night weighs anything."""
        total = sum(self.weights)
        if total == 0:
            return [self.running / len(self.weights)] * len(self.weights)
        return [self.running * weight / total for weight in self.weights]

    def amounts(self, of: str) -> list[Fraction]:
        """The nights' amounts that a percent is of: the running ones, or those after a stage."""
        return self.shares() if of == "running" else self.after[of]

    def record(self, kind: str, rounding: Rounding | None) -> None:
        """A stage has ended: round where the pipeline says so, and remember."""
        if rounding is not None:
            self.running = Fraction(rounding(self.running))
        self.after[kind] = self.shares()

    def change_whole(self, change: Change) -> None:
        """The running amount becomes something else, never below 0."""
        self.running = max(Fraction(0), change(self.running))

    def change_nights(self, chosen: Sequence[int], change: Change) -> None:
        """The amount of some nights together (indices into `positions`) becomes something else, never below 0."""
        shares = self.shares()
        before = sum((shares[i] for i in chosen), Fraction(0))
        after = max(Fraction(0), change(before))
        for i in chosen:
            shares[i] = shares[i] * after / before if before else after / len(chosen)
        self.set_shares(shares)

    def set_shares(self, shares: list[Fraction]) -> None:
        """The nights as given; where they are all 0 they keep the weights they had."""
        self.running = sum(shares, Fraction(0))
        if self.running:
            self.weights = shares
