"""What became of the rules in scope, kind by kind: whether each changed the price, and why or why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from nightgrid.pricing.explain.charges import packages_of, why_no_package, why_no_points, why_no_tax
from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.facts import party_of
from nightgrid.pricing.explain.lines import Line
from nightgrid.pricing.explain.night_notes import Verdict, bounds_verdicts, derived_verdicts, season_verdicts
from nightgrid.pricing.explain.offers import Candidate, why_not_free
from nightgrid.pricing.explain.stacking import PricedSet, conflict
from nightgrid.pricing.explain.words import amount_text, count, listed, scope_name
from nightgrid.pricing.model import ExtraGuests, FreeNights, LeadTime, LengthOfStay, MemberTier, Package, Rule, Tax


def rank_words(winner: Rule, rule: Rule) -> str:
    """What decided between two rules of which one applies."""
    if winner.where.level > rule.where.level:
        return f"scope {scope_name(winner.where)} over {scope_name(rule.where)}"
    return "earlier in the file"


class Seen:
    """What the lines tell at one look: their stages, the nights that bounds changed, whether points pay."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.stages = {line[0] for line in lines}
        self.bounded: set[date | None] = set()
        if "bounds" in self.stages:
            self.bounded = {line.night for line in lines if line.stage == "bounds"}
        self.points_pay = "points" in self.stages and any(line.exact_amount for line in lines if line.stage == "points")


#: The rules of a kind that the question decides, with their positions.
Open = Sequence[tuple[int, Rule]]
Verdicts = Mapping[int, Verdict]


def _demand(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del seen, sets
    return {position: (True, f"applied on {count(considered.facts.nights, 'night')}") for position, _ in rules}


def _length(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del seen, sets
    found: dict[int, Verdict] = {}
    nights = considered.facts.nights
    for position, rule in rules:
        if isinstance(rule, LengthOfStay):
            words, least = count(nights, "night"), min([band.from_nights for band in rule.bands])
            reached = least <= nights
            found[position] = reached, f"{words} reach a band" if reached else f"{words}, needs {least} or more"
    return found


def _points(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del sets
    reason = why_no_points(considered.rules, considered.facts)
    if not reason:
        reason = "points pay a part" if seen.points_pay else "the points are worth nothing here"
    return {position: (seen.points_pay, reason) for position, _ in rules}


def _guests(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del sets
    party, found = party_of(considered.facts, considered.rules), dict[int, Verdict]()
    for position, rule in rules:
        if party.adults is None:
            found[position] = False, "the guests are not told, so the price is as given"
        elif isinstance(rule, ExtraGuests):
            who = count(party.adults, "adult")
            if party.children:
                who += f" and {count(len(party.children), 'child')}"
            charged = "extra_guests" in seen.stages
            found[position] = (
                charged,
                f"{who}, {'' if charged else 'and '}{rule.included}{'' if charged else ' are'} included",
            )
    return found


def _lead(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del seen, sets
    days = f"{count(considered.facts.asked.lead_days, 'day')} before arrival"
    lead_days = considered.facts.lead_days
    found: dict[int, Verdict] = {}
    for position, rule in rules:
        if not isinstance(rule, LeadTime):
            continue
        if rule.curve:
            found[position] = True, f"{days} lie on its curve"
        elif any(band.from_days <= lead_days <= band.last_days for band in rule.bands):
            found[position] = True, f"{days} lie in a band"
        else:
            spans = [
                f"{band.from_days} {'or more' if band.to_days is None else f'to {band.to_days}'}" for band in rule.bands
            ]
            found[position] = False, f"{days}, needs {listed(spans, ', or ')}"
    return found


def _tiers(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del sets
    return {position: _tier(rule, considered, seen) for position, rule in rules if isinstance(rule, MemberTier)}


def _tier(rule: MemberTier, considered: Considered, seen: Seen) -> Verdict:
    tier = considered.facts.tier
    if tier in rule.plan:
        plan = rule.plan[tier]
        if considered.is_member_silent:
            return True, f"tier {tier} is sold plan {plan}"
        return False, f"tier {tier} is sold plan {plan}, which the room type does not have"
    if tier in rule.extra_points:
        points = rule.extra_points[tier]
        acted = "member_tier" in seen.stages or any("member's points" in line.detail for line in seen.lines)
        if acted:
            return True, f"tier {tier}, {points} points on top"
        return False, f"tier {tier}, and no promotion of class base in percent is given"
    prepared = considered.asked_rules.prepared
    known: tuple[frozenset[str], str] | None = prepared.get(("named", id(rule)))
    if known is None:
        named = [each for _, table in rule.changes() for each in table]
        known = prepared["named", id(rule)] = frozenset(named), listed(named)
    return (True, f"tier {tier}") if tier in known[0] else (False, f"tier {tier}, is for {known[1]}")


def _free(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del seen, sets
    facts, product, amount = considered.facts, considered.rules, considered.free_nights_at
    lacking: dict[int, str] = {}
    won: tuple[int, FreeNights] | None = None
    for position, rule in rules:
        if isinstance(rule, FreeNights):
            lacking[position] = why_not_free(rule, facts, product, amount)
            if not lacking[position] and (won is None or rule.where.level > won[1].where.level):
                won = position, rule
    found: dict[int, Verdict] = {}
    for position, rule in rules:
        reason = lacking.get(position, "")
        if not reason and won is not None and won[0] != position:
            reason = f'lost to "{won[1].name}" ({rank_words(won[1], rule)})'
        if reason or not isinstance(rule, FreeNights):
            found[position] = False, reason
        else:
            found[position] = True, f"{count(rule.stay - rule.pay, 'night')} free of every {rule.stay}"
    return found


def _promotions(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del rules, seen
    candidates, chosen = considered.candidates, considered.chosen
    found: dict[int, Verdict] = {position: (False, reason) for position, reason in candidates.lacking.items()}
    taken = _taken(considered, sets)
    for candidate in candidates.met:
        if candidate in chosen:
            others = [each.rule.name for each in chosen if each is not candidate]
            reason = f"given together with {listed(others, ' and ')}" if others else "given"
            found[candidate.offer.position] = True, reason
        else:
            found[candidate.offer.position] = False, _not_chosen(candidate, considered, sets, taken)
    return found


def _taken(considered: Considered, sets: Sequence[PricedSet]) -> str:
    """The set that is given, as what others are beaten by: its name and amount."""
    positions = tuple([each.offer.position for each in considered.chosen])
    for each in sets:
        if each.positions == positions:
            names = " + ".join(each.names)
            winner = names and (f"the set {names}" if len(each.names) > 1 else f'"{names}"')
            return f"beaten by {winner or 'no promotion'}: {amount_text(each.amount, considered.rules.currency)}"
    return ""


def _not_chosen(candidate: Candidate, considered: Considered, sets: Sequence[PricedSet], taken: str) -> str:
    chosen, position = considered.chosen, candidate.offer.position
    if taken:
        for own in sets:  # the best comes first
            if position in own.positions:
                return f"{taken} against {amount_text(own.amount, considered.rules.currency)}"
    for other in chosen:
        why = conflict(candidate, other)
        if why:
            return f'excluded by promotion "{other.rule.name}" ({why})'
    given = {each.rule.name for each in chosen}
    lacking = [name for name in candidate.rule.requires if name not in given]
    if lacking:
        return f"requires {listed(lacking, ' and ')}, which {'is' if len(lacking) == 1 else 'are'} not given"
    return "the policy of the book takes one promotion, and an earlier one applies"


def _packages(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del seen, sets
    product, facts = considered.rules, considered.facts
    best = {rule.name: (position, rule) for position, rule in packages_of(product)}
    found: dict[int, Verdict] = {}
    for position, rule in rules:
        won = best[rule.name]
        if won[0] != position:
            found[position] = False, f"another of its name is taken ({rank_words(won[1], rule)})"
        elif isinstance(rule, Package):
            why = why_no_package(rule, facts)
            found[position] = (False, why) if why else (True, "mandatory" if rule.mandatory else "chosen")
    return found


def _taxes(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del seen, sets
    product, facts = considered.rules, considered.facts
    found: dict[int, Verdict] = {}
    for position, rule in rules:
        if isinstance(rule, Tax):
            reason = why_no_tax(rule, product, facts, considered.average)
            found[position] = (False, reason) if reason else (True, "inside the price" if rule.included else "added")
    return found


def _derived(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del rules, seen, sets
    return derived_verdicts(considered.rules, considered.facts)


def _seasons(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del rules, seen, sets
    return season_verdicts(considered.rules, considered.facts)


def _bounds(considered: Considered, rules: Open, seen: Seen, sets: Sequence[PricedSet]) -> Verdicts:
    del rules, sets
    return bounds_verdicts(considered.rules, considered.facts, seen.bounded)


VERDICTS: Final[dict[str, Callable[[Considered, Open, Seen, Sequence[PricedSet]], Verdicts]]] = {
    "derived": _derived,
    "season": _seasons,
    "demand": _demand,
    "bounds": _bounds,
    "extra_guests": _guests,
    "length_of_stay": _length,
    "free_nights": _free,
    "lead_time": _lead,
    "member_tier": _tiers,
    "promotion": _promotions,
    "package": _packages,
    "points": _points,
    "tax": _taxes,
}
