"""Promotions: which the stay meets, and what one of them does to it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.oracles.money import rational
from tests.oracles.nights import weekday_name
from tests.oracles.pricebook.conditions import acting_nights, conditions_hold
from tests.oracles.pricebook.state import Change, State
from tests.oracles.pricebook.stays import percent_of
from tests.oracles.pricebook.world import World
from tests.oracles.rules import Rule

#: More than this many at once are too many for a guest, and for whoever tries all sets of them.
CANDIDATES_MAX = 16


@dataclass(frozen=True)
class Candidate:
    """A promotion that the stay meets: its place in the file, the nights of the stay for which it excludes others,
    and those that it changes.
    """

    position: int
    rule: Rule
    acting: tuple[int, ...]
    changed: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.rule["name"]

    @property
    def is_for_single_nights(self) -> bool:
        """It names nights, or gives way on some; else it acts on the stay as a whole."""
        patterns = ("night_percent", "nth_night", "free_nights")
        names = self.rule.get("applies") == "nights" or any(key in self.rule for key in patterns)
        return names or len(self.changed) < len(self.acting)

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The promotions on whose nights depends on which nights it acts."""
        return (*self.rule.get("excludes_by_night", ()), *self.rule.get("requires_by_night", ()))


def candidates(world: World, running: Fraction) -> list[Candidate]:
    """The promotions that could be given, in file order. One that would change no night is none."""
    found = []
    for position, rule in world.within_reach("promotion"):
        if not conditions_hold(world, rule, running) or ("spend" in rule and spend_off(world, rule, running) is None):
            continue
        acting = acting_nights(world, rule)
        changed = pattern(world, rule, acting)
        if changed:
            found.append(Candidate(position, rule, tuple(acting), tuple(changed)))
    return found[:CANDIDATES_MAX]


def pattern(world: World, rule: Rule, acting: list[int]) -> list[int]:
    """Of the nights that a promotion is for, those that it changes; they are counted from 1 among themselves."""
    if "nth_night" in rule:
        n = rule["nth_night"]["n"]
        return acting[n - 1 :: n] if rule["nth_night"].get("repeat", True) else acting[n - 1 : n]
    if "free_nights" in rule:
        free = rule["free_nights"]
        times = len(acting) // free["stay"] if free.get("repeat", True) else min(1, len(acting) // free["stay"])
        if free.get("which") == "every_nth":
            return [acting[free["stay"] * time - 1] for time in range(1, times + 1)]
        count = times * (free["stay"] - free["pay"])
        return acting[len(acting) - count :] if free.get("which") == "last" else acting if count else []
    if "night_percent" not in rule:
        return acting
    wanted, count = rule["night_percent"]["nights"], rule["night_percent"].get("count", 1)
    if wanted == "first":
        return acting[:count]
    if wanted == "last":
        return acting[-count:]
    if wanted in ("cheapest", "dearest"):
        return acting
    return [k for number, k in enumerate(acting, 1) if number in wanted or weekday_name(world.nights[k]) in wanted]


def picked(rule: Rule, acting: int, weights: list[Fraction], chosen: list[int]) -> list[int]:
    """Of the chosen nights those that are picked by what they cost now; of equal ones the earlier."""
    if "free_nights" in rule and rule["free_nights"].get("which", "cheapest") == "cheapest":
        free = rule["free_nights"]
        times = acting // free["stay"] if free.get("repeat", True) else 1
        return sorted(sorted(chosen, key=lambda i: weights[i])[: times * (free["stay"] - free["pay"])])
    pattern = rule.get("night_percent") or {}
    if pattern.get("nights") == "cheapest":
        return sorted(sorted(chosen, key=lambda i: weights[i])[: pattern.get("count", 1)])
    if pattern.get("nights") == "dearest":
        return sorted(sorted(chosen, key=lambda i: -weights[i])[: pattern.get("count", 1)])
    return chosen


def spend_off(world: World, rule: Rule, running: Fraction) -> Fraction | None:
    """What is taken off at the highest threshold reached; None below all of them."""
    reached = [(world.money(step["from"]), world.money(step["off"])) for step in rule["spend"]]
    reached = [(threshold, off) for threshold, off in reached if running >= threshold]
    return max(reached)[1] if reached else None


def apply(world: World, candidate: Candidate, state: State, of: str, before_stage: Fraction, points: Fraction) -> None:
    """One promotion on the state that the ones before it left. `points` are a member's, for a percent of class base."""
    chosen = [i for i, position in enumerate(state.positions) if position in candidate.changed]
    if not chosen:
        return  # under the policy night: a promotion of other nights
    chosen = picked(candidate.rule, len(candidate.acting), state.weights, chosen)
    change = change_of(world, candidate.rule, state, chosen, candidate.rule.get("of", of), before_stage, points)

    def limited(part: Fraction) -> Fraction:
        """The part that changes, so that the stay keeps within the limits of the promotion."""
        after = state.running - part + max(Fraction(0), change(part))
        return part + limit(world, candidate.rule, state, after) - state.running

    if candidate.is_for_single_nights:
        state.change_nights(chosen, limited)
    else:
        state.change_whole(limited)


def change_of(
    world: World, rule: Rule, state: State, chosen: list[int], of: str, before_stage: Fraction, points: Fraction
) -> Change:
    """What becomes of the amount of the chosen nights, before any limit."""
    if "price" in rule:
        return lambda _: world.money(rule["price"])
    if "price_per_night" in rule:
        return lambda _: world.money(rule["price_per_night"]) * len(chosen)
    if "off" in rule:
        return lambda part: part - world.money(rule["off"])
    if "off_per_night" in rule:
        return lambda part: part - world.money(rule["off_per_night"]) * len(chosen)
    if "spend" in rule:
        off = spend_off(world, rule, before_stage)
        return lambda part: part - off
    percent = rule.get("percent")
    if percent is not None and rule.get("class", "base") == "base":
        percent = max(Fraction(-100), rational(percent) - points)
    elif "free_nights" in rule:
        percent = -100
    elif percent is None:
        percent = (rule.get("night_percent") or rule.get("nth_night"))["percent"]
    amounts = state.amounts(of)
    change = percent_of(percent, [amounts[i] for i in chosen])
    return lambda part: part + change


def limit(world: World, rule: Rule, state: State, after: Fraction) -> Fraction:
    """A cap of what the promotion takes off, and a floor below which it does not push; neither raises a price."""
    if "max_off" in rule:
        after = max(after, state.running - world.money(rule["max_off"]))
    if "floor" in rule:
        after = max(after, min(state.running, world.money(rule["floor"])))
    if "floor_per_night" in rule:
        after = max(after, min(state.running, world.money(rule["floor_per_night"]) * len(state.positions)))
    return after
