"""What became of the rules in scope, kind by kind: whether each changed the price, and why or why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from operator import itemgetter
from typing import Final

from nightgrid.pricing.explain.by_night import why_no_night
from nightgrid.pricing.explain.charges import packages_of, why_no_package, why_no_points, why_no_tax
from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.facts import party_of
from nightgrid.pricing.explain.lines import Line
from nightgrid.pricing.explain.night_notes import tell_bounds, tell_derived, tell_seasons
from nightgrid.pricing.explain.offers import Candidate
from nightgrid.pricing.explain.remarks import Case, Notes, RuleNote
from nightgrid.pricing.explain.stacking import conflict
from nightgrid.pricing.explain.stay_notes import tell_stay_bounds, tell_stay_prices
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
        self.stages = set(map(itemgetter(0), lines))
        self.bounded: set[date | None] = set()
        if "bounds" in self.stages:
            self.bounded = {line.night for line in lines if line.stage == "bounds"}
        self.points_pay = "points" in self.stages and any(
            line.exact_amount for line in reversed(lines) if line.stage == "points"
        )


#: Writes the notes of the rules of one kind that the question decides.
Cases = Sequence[Case]
Teller = Callable[[Considered, Cases, Notes, Seen], None]


def _demand(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    nights = considered.facts.nights
    for case in cases:
        notes[case.place] = case.said.get(nights) or case.keep(nights, True, f"applied on {count(nights, 'night')}")


def _length(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    nights = considered.facts.nights
    for case in cases:
        notes[case.place] = case.said.get(nights) or _length_note(case, nights)


def _length_note(case: Case, nights: int) -> RuleNote | None:
    rule, words = case.rule, count(nights, "night")
    if not isinstance(rule, LengthOfStay):
        return None
    least = min([band.from_nights for band in rule.bands])
    reached = least <= nights
    return case.keep(nights, reached, f"{words} reach a band" if reached else f"{words}, needs {least} or more")


def _points(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    reason = why_no_points(considered.rules, considered.facts)
    if not reason:
        reason = "points pay a part" if seen.points_pay else "the points are worth nothing here"
    for case in cases:
        notes[case.place] = case.said.get(reason) or case.keep(reason, seen.points_pay, reason)


def _guests(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    party = party_of(considered.facts, considered.rules)
    key = (party.adults, len(party.children), "extra_guests" in seen.stages)
    for case in cases:
        notes[case.place] = case.said.get(key) or _guests_note(case, *key)


def _guests_note(case: Case, adults: int | None, children: int, charged: bool) -> RuleNote | None:
    rule, key = case.rule, (adults, children, charged)
    if adults is None:
        return case.keep(key, False, "the guests are not told, so the price is as given")
    if not isinstance(rule, ExtraGuests):
        return None
    who = count(adults, "adult")
    if children:
        who += f" and {count(children, 'child')}"
    included = f"{rule.included} included" if charged else f"and {rule.included} are included"
    return case.keep(key, charged, f"{who}, {included}")


def _lead(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    days = f"{count(considered.facts.asked.lead_days, 'day')} before arrival"
    lead_days = considered.facts.lead_days
    for case in cases:
        rule = case.rule
        if not isinstance(rule, LeadTime):
            continue
        if rule.curve:
            note = case.note(True, f"{days} lie on its curve")
        elif any(band.from_days <= lead_days <= band.last_days for band in rule.bands):
            note = case.note(True, f"{days} lie in a band")
        else:
            note = case.note(False, f"{days}, needs {_bands(considered, rule)}")
        notes[case.place] = note


def _bands(considered: Considered, rule: LeadTime) -> str:
    """Where the bands of a rule lie, written once for a scope."""
    prepared, key = considered.rules.prepared, ("bands", id(rule))  # the book keeps it alive
    found: str | None = prepared.get(key)
    if found is None:
        spans = [
            f"{each.from_days} {'or more' if each.to_days is None else f'to {each.to_days}'}" for each in rule.bands
        ]
        found = prepared[key] = listed(spans, ", or ")
    return found


def _tiers(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    for case in cases:
        if isinstance(case.rule, MemberTier):
            notes[case.place] = case.note(*_tier(case.rule, considered, seen))


def _tier(rule: MemberTier, considered: Considered, seen: Seen) -> tuple[bool, str]:
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


def _free(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    lacking = considered.no_free_nights
    won: Case | None = None
    met: list[Case] = []
    for case in cases:
        reason = lacking.get(case.position)
        if reason is not None:
            notes[case.place] = case.note(False, reason)
            continue
        met.append(case)
        if won is None or case.rule.where.level > won.rule.where.level:
            won = case
    for case in met:
        rule = case.rule
        if won is not None and case is not won:
            notes[case.place] = case.note(False, f'lost to "{won.rule.name}" ({rank_words(won.rule, rule)})')
        elif isinstance(rule, FreeNights):
            notes[case.place] = case.note(True, f"{count(rule.stay - rule.pay, 'night')} free of every {rule.stay}")


def _promotions(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    met, lacking = considered.candidates
    given = considered.given()
    candidates: dict[int, Candidate] = {}
    beaten = ""
    for case in cases:
        position = case.position
        reason = lacking.get(position)
        if reason is None:
            reason = given.get(position)
            if reason is not None:
                notes[case.place] = case.note(True, reason)
                continue
            if not candidates:
                candidates = {each.offer.position: each for each in met}
                beaten = _beaten(considered)
            reason = _not_chosen(candidates[position], considered, beaten)
        notes[case.place] = case.note(False, reason)


def _beaten(considered: Considered) -> str:
    """The set that is given, as what others are beaten by: its name and amount."""
    taken = considered.sets[0]
    names = " + ".join(taken.names)
    winner = names and (f"the set {names}" if len(taken.names) > 1 else f'"{names}"')
    return f"beaten by {winner or 'no promotion'}: {amount_text(taken.amount, considered.rules.currency)}"


def _not_chosen(candidate: Candidate, considered: Considered, beaten: str) -> str:
    chosen, position = considered.chosen, candidate.offer.position
    for own in considered.sets:  # the best comes first
        if position in own.positions:
            return f"{beaten} against {amount_text(own.amount, considered.rules.currency)}"
    for other in chosen:
        why = conflict(candidate, other)
        if why:
            return f'excluded by promotion "{other.rule.name}" ({why})'
    given = {each.rule.name for each in chosen}
    lacking = [name for name in (*candidate.rule.requires, *candidate.rule.requires_by_night) if name not in given]
    no_night = why_no_night(candidate, [each for each in considered.candidates.met if each.rule.name in given])
    if no_night:
        return no_night
    if lacking:
        return f"requires {listed(lacking, ' and ')}, which {'is' if len(lacking) == 1 else 'are'} not given"
    return "the policy of the book takes one promotion, and an earlier one applies"


def _stay_prices(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    tell_stay_prices(cases, notes, considered.rules, considered.facts)


def _stay_bounds(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    tell_stay_bounds(cases, notes, considered.rules, considered.facts, moved="stay_bounds" in seen.stages)


def _packages(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    product, facts = considered.rules, considered.facts
    best = {rule.name: (position, rule) for position, rule in packages_of(product)}
    for case in cases:
        won = best[case.rule.name]
        if won[0] != case.position:
            notes[case.place] = case.note(False, f"another of its name is taken ({rank_words(won[1], case.rule)})")
        elif isinstance(case.rule, Package):
            why = why_no_package(case.rule, facts)
            reason = why or ("mandatory" if case.rule.mandatory else "chosen")
            notes[case.place] = case.said.get(reason) or case.keep(reason, not why, reason)


def _taxes(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    product, facts = considered.rules, considered.facts
    for case in cases:
        rule = case.rule
        if isinstance(rule, Tax):
            reason = why_no_tax(rule, product, facts, considered.average)
            if reason:
                notes[case.place] = case.note(False, reason)
            else:
                due = case.said.get("due")
                notes[case.place] = due or case.keep("due", True, "inside the price" if rule.included else "added")


def _derived(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    tell_derived(cases, notes, considered.rules, considered.facts, considered.plans)


def _seasons(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    del seen
    tell_seasons(cases, notes, considered.rules, considered.facts, considered.plans)


def _bounds(considered: Considered, cases: Cases, notes: Notes, seen: Seen) -> None:
    tell_bounds(cases, notes, considered.rules, considered.facts, considered.plans, seen.bounded)


TELLERS: Final[dict[str, Teller]] = {
    "derived": _derived,
    "season": _seasons,
    "demand": _demand,
    "bounds": _bounds,
    "stay_prices": _stay_prices,
    "extra_guests": _guests,
    "length_of_stay": _length,
    "free_nights": _free,
    "lead_time": _lead,
    "member_tier": _tiers,
    "promotion": _promotions,
    "stay_bounds": _stay_bounds,
    "package": _packages,
    "points": _points,
    "tax": _taxes,
}
