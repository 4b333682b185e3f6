"""What became of the rules in scope, kind by kind: whether each changed the price, and why or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from nightgrid.pricing.explain.by_night import why_no_night
from nightgrid.pricing.explain.charges import package_named, why_no_package, why_no_points, why_no_tax
from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.facts import party_of
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
    """What the lines of a stay tell at one look: which stages wrote any."""

    __slots__ = ("entries", "stages")

    def __init__(self, considered: Considered) -> None:
        self.entries = [entry for stay in considered.stays for entry in stay.lines]
        self.stages = {entry[0] for entry in self.entries}


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
    del seen
    pay = considered.paid.minor > 0
    reason = why_no_points(considered.rules, considered.facts)
    if not reason:
        reason = "points pay a part" if pay else "the points are worth nothing here"
    for case in cases:
        notes[case.place] = case.said.get(reason) or case.keep(reason, pay, reason)


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
    days = considered.facts.asked.lead_days
    for case in cases:
        notes[case.place] = case.said.get(days) or _lead_note(case, considered, days)


def _lead_note(case: Case, considered: Considered, asked_days: int) -> RuleNote | None:
    rule, lead_days = case.rule, considered.facts.lead_days
    if not isinstance(rule, LeadTime):
        return None
    days = f"{count(asked_days, 'day')} before arrival"
    if rule.curve:
        return case.keep(asked_days, True, f"{days} lie on its curve")
    if any(band.from_days <= lead_days <= band.last_days for band in rule.bands):
        return case.keep(asked_days, True, f"{days} lie in a band")
    return case.keep(asked_days, False, f"{days}, needs {_bands(considered, rule)}")


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
    tier = considered.facts.tier
    for case in cases:
        notes[case.place] = case.said.get(tier) or _tier(case, considered, seen)


def _tier(case: Case, considered: Considered, seen: Seen) -> RuleNote | None:
    rule, tier = case.rule, considered.facts.tier
    if not isinstance(rule, MemberTier):
        return None
    if tier in rule.plan:
        plan = rule.plan[tier]
        if considered.is_member_silent:
            return case.note(True, f"tier {tier} is sold plan {plan}")
        return case.note(False, f"tier {tier} is sold plan {plan}, which the room type does not have")
    if tier in rule.extra_points:
        points = rule.extra_points[tier]
        acted = "member_tier" in seen.stages or any("member's points" in entry[2] for entry in seen.entries)
        if acted:
            return case.note(True, f"tier {tier}, {points} points on top")
        return case.note(False, f"tier {tier}, and no promotion of class base in percent is given")
    named = [each for _, table in rule.changes() for each in table]
    if tier in named:
        return case.keep(tier, True, f"tier {tier}")
    return case.keep(tier, False, f"tier {tier}, is for {listed(named)}")


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
    others: list[Case] = []
    for case in cases:
        position = case.position
        reason = lacking.get(position)
        if reason is None:
            reason = given.get(position)
            if reason is None:
                others.append(case)
            else:
                notes[case.place] = case.said.get(reason) or case.keep(reason, True, reason)
        else:
            notes[case.place] = case.note(False, reason)
    if others:
        _not_given(considered, others, notes, {each.offer.position: each for each in met})


def _not_given(
    considered: Considered, cases: Cases, notes: Notes, met: Mapping[int, Candidate]
) -> None:  # fmt: skip
    """Tell of the promotions that the stay meets and that are not given: what is better than the best set of theirs."""
    currency, amounts, order = considered.rules.currency, considered.amounts, considered.order
    if considered.permitted is None:
        return
    positions, taken = considered.permitted.positions, considered.permitted.names[order[0]]
    winner = f"the set {' + '.join(taken)}" if len(taken) > 1 else f'"{taken[0]}"' if taken else "no promotion"
    beaten = f"beaten by {winner}: {amount_text(amounts[order[0]], currency)} against "
    for case in cases:
        position = case.position
        for at in order:  # the best comes first
            if position in positions[at]:
                reason = beaten + amount_text(amounts[at], currency)
                break
        else:
            reason = _kept_away(met[position], considered.chosen, met.values())
        notes[case.place] = case.note(False, reason)


def _kept_away(candidate: Candidate, chosen: Sequence[Candidate], met: Iterable[Candidate]) -> str:
    """Why a promotion is in no set that was compared."""
    for other in chosen:
        why = conflict(candidate, other)
        if why:
            return f'excluded by promotion "{other.rule.name}" ({why})'
    given = {each.rule.name for each in chosen}
    lacking = [name for name in (*candidate.rule.requires, *candidate.rule.requires_by_night) if name not in given]
    no_night = why_no_night(candidate, [each for each in met if each.rule.name in given])
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
    taken = package_named(product)
    for case in cases:
        won = taken[case.rule.name]
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
    del seen
    tell_bounds(cases, notes, considered.rules, considered.facts, considered.plans, considered.nights)


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
