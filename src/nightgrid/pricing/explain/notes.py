"""Why each rule of a book did or did not change a price, in a sentence that a hotelier can check against the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nightgrid.pricing.explain.charges import (
    NoCharge,
    package_units,
    packages_of,
    why_no_points,
    why_no_tax,
)
from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.facts import party_of
from nightgrid.pricing.explain.lines import Line
from nightgrid.pricing.explain.night_notes import night_notes
from nightgrid.pricing.explain.offers import Candidate, free_nights_of, why_not_free
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.stacking import PricedSet, conflict
from nightgrid.pricing.explain.stay import reached_bands
from nightgrid.pricing.explain.words import amount_text, count, listed, scope_name, spoken
from nightgrid.pricing.model import (
    RULE_KINDS,
    SCOPE_KEYS,
    ExtraGuests,
    FreeNights,
    LeadTime,
    LengthOfStay,
    MemberTier,
    Package,
    Rule,
    Tax,
)

#: Applied or not, and the sentence.
Verdict = tuple[bool, str]


class RuleNote(NamedTuple):
    """What became of one rule: `kind` is its table in the file, `position` its place there from 0, and why."""

    kind: str
    name: str
    applied: bool
    reason: str
    position: int

    def __str__(self) -> str:
        return f'{spoken(self.kind)} "{self.name}": {self.reason}'


def rule_notes(considered: Considered, lines: Sequence[Line], sets: Sequence[PricedSet]) -> Iterator[RuleNote]:
    """A note for every rule of the book, by kind and in file order. O(rules x nights)."""
    rules = considered.rules
    verdicts: dict[str, dict[int, Verdict]] = night_notes(considered, lines)
    verdicts["free_nights"] = _free_notes(considered)
    verdicts["promotion"] = _promotion_notes(considered, sets)
    verdicts["package"] = _package_notes(considered)
    verdicts["tax"] = _tax_notes(considered)
    for kind in RULE_KINDS:
        found = verdicts.get(kind)
        product = considered.asked_rules if kind == "member_tier" else rules
        inside = {position for position, _ in product.inside[kind]}
        for position, rule in enumerate(rules.source.book.rules(kind)):
            if position not in inside:
                applied, reason = False, product.outside(rule) or _other_level(product)
            elif found is not None:
                applied, reason = found[position]
            else:
                applied, reason = _of_the_best(kind, position, rule, product, considered, lines)
            yield RuleNote(kind, rule.name, applied, reason, position)


def _other_level(rules: ProductRules) -> str:
    level = rules.level or 0
    return f"all rules come from the scope {SCOPE_KEYS[level - 1] if level else 'everywhere'} (all_or_nothing)"


def _of_the_best(
    kind: str, position: int, rule: Rule, rules: ProductRules, considered: Considered, lines: Sequence[Line]
) -> Verdict:
    """Of kinds of which one rule applies to a product: the chosen one, or why not this one."""
    best = rules.best[kind]
    if best is not None and best[0] != position:
        decided = "earlier in the file"
        if best[1].where.level > rule.where.level:
            decided = f"scope {scope_name(best[1].where)} over {scope_name(rule.where)}"
        return False, f'lost to "{best[1].name}" ({decided})'
    if isinstance(rule, ExtraGuests):
        return _guests(rule, considered, lines)
    if isinstance(rule, LengthOfStay):
        nights = count(considered.facts.nights, "night")
        if reached_bands(rule, considered.facts.nights):
            return True, f"{nights} reach a band"
        return False, f"{nights}, needs {min(band.from_nights for band in rule.bands)} or more"
    if isinstance(rule, LeadTime):
        return _lead(rule, considered)
    if isinstance(rule, MemberTier):
        return _tier(rule, considered, lines)
    if kind == "points":
        reason = why_no_points(rules, considered.facts)
        applied = any(line.stage == "points" and line.amount for line in lines)
        return applied, reason or ("points pay a part" if applied else "the points are worth nothing here")
    return True, f"applied on {count(considered.facts.nights, 'night')}"  # demand


def _guests(rule: ExtraGuests, considered: Considered, lines: Sequence[Line]) -> Verdict:
    party = party_of(considered.facts, considered.rules)
    if party.adults is None:
        return False, "the guests are not told, so the price is as given"
    who = count(party.adults, "adult")
    if party.children:
        who += f" and {count(len(party.children), 'child')}"
    if any(line.stage == "extra_guests" for line in lines):
        return True, f"{who}, {rule.included} included"
    return False, f"{who}, and {rule.included} are included"


def _lead(rule: LeadTime, considered: Considered) -> Verdict:
    days = f"{count(considered.facts.asked.lead_days, 'day')} before arrival"
    if rule.curve:
        return True, f"{days} lie on its curve"
    lead_days = considered.facts.lead_days
    if any(band.from_days <= lead_days <= band.last_days for band in rule.bands):
        return True, f"{days} lie in a band"
    spans = [f"{band.from_days} {'or more' if band.to_days is None else f'to {band.to_days}'}" for band in rule.bands]
    return False, f"{days}, needs {listed(spans, ', or ')}"


def _tier(rule: MemberTier, considered: Considered, lines: Sequence[Line]) -> Verdict:
    tier = considered.facts.tier
    if tier in rule.plan:
        plan = rule.plan[tier]
        if considered.is_member_silent:
            return True, f"tier {tier} is sold plan {plan}"
        return False, f"tier {tier} is sold plan {plan}, which the room type does not have"
    if tier in rule.extra_points:
        points = rule.extra_points[tier]
        acted = any(line.stage == "member_tier" or "member's points" in line.detail for line in lines)
        if acted:
            return True, f"tier {tier}, {points} points on top"
        return False, f"tier {tier}, and no promotion of class base in percent is given"
    if any(tier in table for _, table in rule.changes()):
        return True, f"tier {tier}"
    named = [each for _, table in rule.changes() for each in table]
    return False, f"tier {tier}, is for {listed(named)}"


def _free_notes(considered: Considered) -> dict[int, Verdict]:
    facts, rules, amount = considered.facts, considered.rules, considered.free_nights_at
    won = free_nights_of(facts, rules, amount)
    found: dict[int, Verdict] = {}
    for position, rule in rules.inside["free_nights"]:
        if not isinstance(rule, FreeNights):
            continue
        reason = why_not_free(rule, facts, rules, amount)
        if not reason and won is not None and won[0] != position:
            higher = won[1].where.level > rule.where.level
            decided = (
                f"scope {scope_name(won[1].where)} over {scope_name(rule.where)}" if higher else "earlier in the file"
            )
            reason = f'lost to "{won[1].name}" ({decided})'
        given = count(rule.stay - rule.pay, "night")
        found[position] = (False, reason) if reason else (True, f"{given} free of every {rule.stay}")
    return found


def _promotion_notes(considered: Considered, sets: Sequence[PricedSet]) -> dict[int, Verdict]:
    chosen = {candidate.position for candidate in considered.chosen}
    found: dict[int, Verdict] = {
        position: (False, reason) for position, reason in considered.candidates.lacking.items()
    }
    for candidate in considered.candidates.met:
        if candidate.position in chosen:
            others = [each.rule.name for each in considered.chosen if each is not candidate]
            found[candidate.position] = (True, f"given together with {listed(others, ' and ')}" if others else "given")
        else:
            found[candidate.position] = (False, _not_chosen(candidate, considered, sets))
    return found


def _not_chosen(candidate: Candidate, considered: Considered, sets: Sequence[PricedSet]) -> str:
    chosen = considered.chosen
    currency = considered.rules.currency
    taken = next((each for each in sets if each.positions == tuple(one.position for one in chosen)), None)
    own = next((each for each in sets if candidate.position in each.positions), None)  # the best comes first
    if own is not None and taken is not None:
        names = " + ".join(taken.names)
        winner = names and (f"the set {names}" if len(taken.names) > 1 else f'"{names}"')
        against = f"{amount_text(taken.amount, currency)} against {amount_text(own.amount, currency)}"
        return f"beaten by {winner or 'no promotion'}: {against}"
    for other in chosen:
        why = conflict(candidate, other)
        if why:
            return f'excluded by promotion "{other.rule.name}" ({why})'
    given = {each.rule.name for each in chosen}
    lacking = [name for name in candidate.rule.requires if name not in given]
    if lacking:
        return f"requires {listed(lacking, ' and ')}, which {'is' if len(lacking) == 1 else 'are'} not given"
    return "the policy of the book takes one promotion, and an earlier one applies"


def _package_notes(considered: Considered) -> dict[int, Verdict]:
    rules, facts = considered.rules, considered.facts
    best = {rule.name: (position, rule) for position, rule in packages_of(rules)}
    found: dict[int, Verdict] = {}
    for position, rule in rules.inside["package"]:
        won = best[rule.name]
        if won[0] != position:
            higher = won[1].where.level > rule.where.level
            decided = (
                f"scope {scope_name(won[1].where)} over {scope_name(rule.where)}" if higher else "earlier in the file"
            )
            found[position] = (False, f"another of its name is taken ({decided})")
        elif isinstance(rule, Package):
            units = package_units(rule, facts, facts.nights)
            if isinstance(units, NoCharge):
                found[position] = (False, units.reason)
            else:
                found[position] = (True, "mandatory" if rule.mandatory else "chosen")
    return found


def _tax_notes(considered: Considered) -> dict[int, Verdict]:
    rules, facts = considered.rules, considered.facts
    found: dict[int, Verdict] = {}
    for position, rule in rules.inside["tax"]:
        if isinstance(rule, Tax):
            reason = why_no_tax(rule, rules, facts, considered.average)
            found[position] = (False, reason) if reason else (True, "inside the price" if rule.included else "added")
    return found
