"""Which free nights and promotions a stay meets, and what keeps the others away."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.pricing.explain.conditions import failing
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.rules import ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, money
from nightgrid.pricing.model import FreeNights, Promotion


def why_not_free(rule: FreeNights, facts: Facts, rules: ProductRules, running: Fraction) -> str:
    """Why free nights are not given, "" if the stay meets all conditions."""
    if facts.nights < rule.stay:
        return f"{count(facts.nights, 'night')}, needs {rule.stay} or more"
    return failing(rule, facts, rules, running)


def free_nights_of(facts: Facts, rules: ProductRules, running: Fraction) -> tuple[int, FreeNights] | None:
    """The free nights that a stay gets: of those whose conditions hold the best by scope, then the earlier."""
    met = [
        (position, rule)
        for position, rule in rules.inside["free_nights"]
        if isinstance(rule, FreeNights) and not why_not_free(rule, facts, rules, running)
    ]
    return min(met, key=lambda each: (-each[1].where.level, each[0]), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A promotion that a stay meets."""

    position: int
    rule: Promotion
    acting: frozenset[int]  # nights of the stay (0-based) on which it excludes others
    changed: tuple[int, ...]  # those that it changes

    @property
    def is_nightly(self) -> bool:
        """Whether it changes single nights, not the stay as a whole."""
        rule = self.rule
        return rule.applies == "nights" or rule.night_percent is not None or rule.nth_night is not None


@dataclass(slots=True)
class Candidates:
    """The promotions in scope of a product: those that a stay meets, and what the others lack, by position."""

    met: list[Candidate]
    lacking: dict[int, str]


def candidates_of(facts: Facts, rules: ProductRules, running: Fraction) -> Candidates:
    """Sort the promotions in scope. `running` is the amount before the stage; at most PROMOTIONS_MAX are met."""
    found = Candidates([], {})
    for position, rule in rules.inside["promotion"]:
        if not isinstance(rule, Promotion):
            continue
        reason = failing(rule, facts, rules, running) or _spends_too_little(rule, rules, running)
        if reason:
            found.lacking[position] = reason
            continue
        acting = _acting(rule, facts)
        changed = _pattern(rule, facts, acting)
        if not changed:
            found.lacking[position] = _no_night(rule, len(acting))
        elif len(found.met) == PROMOTIONS_MAX:
            found.lacking[position] = f"{PROMOTIONS_MAX} promotions of the file before it come into question already"
        else:
            found.met.append(Candidate(position, rule, frozenset(acting), tuple(changed)))
    return found


def reached_off(rule: Promotion, rules: ProductRules, running: Fraction) -> Fraction | None:
    """What the highest threshold of a spend promotion that is reached takes off; None below all of them."""
    off = None
    for step in rule.spend:
        if running >= rules.minor(step.from_amount):
            off = rules.minor(step.off)
    return off


def _spends_too_little(rule: Promotion, rules: ProductRules, running: Fraction) -> str:
    if not rule.spend or reached_off(rule, rules, running) is not None:
        return ""
    least = money(rules.minor(rule.spend[0].from_amount), rules.currency)
    return f"amount {money(running, rules.currency)}, needs {least}"


def _acting(rule: Promotion, facts: Facts) -> list[int]:
    if rule.applies != "nights":
        return list(range(facts.nights))
    return [at for at, day in enumerate(facts.days) if in_dates(rule.stay_dates, day)]


def _pattern(rule: Promotion, facts: Facts, acting: list[int]) -> list[int]:
    """Of the nights that a promotion is for, those that it changes; counted among themselves from 1."""
    if rule.nth_night is not None:
        n = rule.nth_night.n
        return acting[n - 1 :: n] if rule.nth_night.repeat else acting[n - 1 : n]
    if rule.night_percent is None:
        return acting
    wanted = rule.night_percent.nights
    if isinstance(wanted, str):
        return acting[:1] if wanted == "first" else acting[-1:]
    positions = [each for each in wanted if isinstance(each, int)]
    if positions:
        return [at for number, at in enumerate(acting, 1) if number in positions]
    weekdays = tuple(each for each in wanted if isinstance(each, str))
    return [at for at in acting if on_weekday(weekdays, facts.days[at])]


def _no_night(rule: Promotion, nights: int) -> str:
    if rule.nth_night is not None:
        return f"{count(nights, 'night')}, needs {rule.nth_night.n} or more"
    wanted = rule.night_percent.nights if rule.night_percent is not None else ()
    return f"no night is {listed([str(each) for each in wanted])}"
