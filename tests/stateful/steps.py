"""Steps of a machine that two drivers can take: Hypothesis, which shrinks a failure, and `walk`, which is faster.

A step asks a `Dice` for everything that is left to chance. Hypothesis plays dice that it remembers; a walk throws real
ones, and takes each step as often as its weight says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

Choose = Callable[[Sequence[Any]], Any]


class Dice:
    """Chance, whoever plays it."""

    def __init__(self, pick: Choose) -> None:
        self.pick = pick

    def one_in(self, count: int) -> bool:
        """True once in so many times; a shrunk example has False."""
        return self.pick((False,) * (count - 1) + (True,))

    def some(self, options: Sequence[Any], most: int) -> list[Any]:
        """One to `most` of the options, in any order, perhaps one of them twice."""
        return [self.pick(options) for _ in range(self.pick(range(1, most + 1)))]


def step(weight: float = 1.0) -> Callable[[Callable[[Any, Dice], None]], Any]:
    """A rule of the machine that is taken `weight` times as often as one of weight 1 in a walk."""

    def mark(function: Callable[[Any, Dice], None]) -> Any:
        def act(self: Any, data: st.DataObject) -> None:
            function(self, Dice(lambda options: data.draw(st.sampled_from(options))))

        act.__name__, act.__doc__ = function.__name__, function.__doc__
        marked: Any = rule(data=st.data())(act)
        marked.weight, marked.taken = weight, function
        return marked

    return mark


def steps_of(machine: type[RuleBasedStateMachine]) -> dict[str, tuple[float, Callable[[Any, Dice], None]]]:
    """Name, weight and function of every step of a machine."""
    found = ((name, getattr(machine, name)) for name in dir(machine))
    return {name: (member.weight, member.taken) for name, member in found if hasattr(member, "taken")}


def walk(random: Random, machine: Any, count: int) -> None:
    """Open a machine, take `count` steps by weight, and look at its invariants after each."""
    dice = Dice(random.choice)
    steps = steps_of(type(machine))
    names, weights = list(steps), [weight for weight, _ in steps.values()]
    machine.open_both()
    for name in random.choices(names, weights, k=count):
        machine.latest = name
        steps[name][1](machine, dice)
        machine.look_at_everything()
