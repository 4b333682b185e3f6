"""Why each rule of a book did or did not change a price, in a sentence that a hotelier can check against the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.remarks import Case, Notes, RuleNote
from nightgrid.pricing.explain.rules import Source
from nightgrid.pricing.explain.scoped import ScopedRules
from nightgrid.pricing.explain.verdicts import TELLERS, Seen, Teller, rank_words
from nightgrid.pricing.model import RULE_KINDS, SCOPE_KEYS


class Open(NamedTuple):
    """The rules of one kind of which the question decides, and who does."""

    kind: str
    tell: Teller
    cases: list[Case]


class Roll(NamedTuple):
    """The rules of a book for products of a scope: what is true of a rule whatever is asked is written already."""

    notes: Notes
    open: list[Open]
    parts: dict[str, slice]  # where the notes of each kind are


def rule_notes(considered: Considered) -> Sequence[RuleNote]:
    """A note for every rule of the book, by kind and in file order. O(rules + rules in scope x nights)."""
    seen = Seen(considered)
    sold, asked = considered.rules, considered.asked_rules
    roll = roll_of(sold.source, sold.scoped)
    notes, undecided = roll.notes.copy(), roll.open
    if asked is not sold:  # the plan that was asked for says which plan the guest's tier is sold
        other = roll_of(asked.source, asked.scoped)
        part = roll.parts["member_tier"]
        notes[part] = other.notes[part]
        undecided = [each for each in roll.open if each.kind != "member_tier"]
        undecided += [each for each in other.open if each.kind == "member_tier"]
    for _, tell, cases in undecided:
        tell(considered, cases, notes, seen)
    return notes  # type: ignore[return-value]  # none is open any more


#: Kinds of which one rule applies to a product, whatever is asked.
_ONE_APPLIES: Final = ("demand", "extra_guests", "length_of_stay", "lead_time", "member_tier", "points")
#: Notes that are kept written for all scopes of a book together: those of 1,000 rules for 200 scopes.
_KEPT_MAX: Final = 200_000


def roll_of(source: Source, scoped: ScopedRules) -> Roll:
    """The rules of a book as products of a scope see them; remembered for some scopes."""
    found: Roll | None = source.rolls.get(scoped)
    if found is None:
        found = _roll(scoped)
        if (len(source.rolls) + 1) * len(found.notes) > _KEPT_MAX:
            source.rolls.clear()
        source.rolls[scoped] = found
    return found


def _roll(scoped: ScopedRules) -> Roll:
    roll = Roll([], [], {})
    for kind in RULE_KINDS:
        start, cases = len(roll.notes), list[Case]()
        inside = {position for position, _ in scoped.inside[kind]}
        best = scoped.best[kind] if kind in _ONE_APPLIES else None
        for position, rule in enumerate(scoped.book.rules(kind)):
            if position not in inside:
                reason = scoped.outside(rule) or _other_level(scoped)
            elif best is not None and best[0] != position:
                reason = f'lost to "{best[1].name}" ({rank_words(best[1], rule)})'
            else:
                cases.append(Case(kind, position, rule, len(roll.notes)))
                roll.notes.append(None)
                continue
            roll.notes.append(RuleNote(kind, rule.name, False, reason, position))
        roll.parts[kind] = slice(start, len(roll.notes))
        if cases:
            roll.open.append(Open(kind, TELLERS[kind], cases))
    return roll


def _other_level(scoped: ScopedRules) -> str:
    level = scoped.level or 0
    return f"all rules come from the scope {SCOPE_KEYS[level - 1] if level else 'everywhere'} (all_or_nothing)"
