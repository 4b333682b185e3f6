"""Why each rule of a book did or did not change a price, in a sentence that a hotelier can check against the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.lines import Line
from nightgrid.pricing.explain.rules import Source
from nightgrid.pricing.explain.scoped import ScopedRules
from nightgrid.pricing.explain.stacking import PricedSet
from nightgrid.pricing.explain.verdicts import VERDICTS, Seen, rank_words
from nightgrid.pricing.explain.words import spoken
from nightgrid.pricing.model import RULE_KINDS, SCOPE_KEYS, Rule


class RuleNote(NamedTuple):
    """What became of one rule: `kind` is its table in the file, `position` its place there from 0, and why."""

    kind: str
    name: str
    applied: bool
    reason: str
    position: int

    def __str__(self) -> str:
        return f'{spoken(self.kind)} "{self.name}": {self.reason}'


class Roll(NamedTuple):
    """The rules of one kind for products of a scope: what is true of a rule whatever is asked is written already."""

    notes: list[RuleNote | None]  # by position; None where the question decides
    open: list[tuple[int, Rule]]  # those


def rule_notes(considered: Considered, lines: Sequence[Line], sets: Sequence[PricedSet]) -> list[RuleNote]:
    """A note for every rule of the book, by kind and in file order. O(rules + rules in scope x nights)."""
    seen = Seen(lines)
    notes: list[RuleNote] = []
    sold, asked = considered.rules, considered.asked_rules
    rolls = roll_of(sold.source, sold.scoped)
    for kind in RULE_KINDS:
        roll = rolls[kind]
        if kind == "member_tier" and asked is not sold:
            roll = roll_of(asked.source, asked.scoped)[kind]
        if not roll.open:
            notes += roll.notes  # type: ignore[arg-type]  # none is open
            continue
        found = roll.notes.copy()
        verdicts = VERDICTS[kind](considered, roll.open, seen, sets)
        for position, rule in roll.open:
            applied, reason = verdicts[position]
            found[position] = _note(RuleNote, (kind, rule.name, applied, reason, position))
        notes += found  # type: ignore[arg-type]  # none is open any more
    return notes


_note: Final = tuple.__new__
#: Kinds of which one rule applies to a product, whatever is asked.
_ONE_APPLIES: Final = ("demand", "extra_guests", "length_of_stay", "lead_time", "member_tier", "points")
#: Notes that are kept written for all scopes of a book together: those of 1,000 rules for 200 scopes.
_KEPT_MAX: Final = 200_000


def roll_of(source: Source, scoped: ScopedRules) -> dict[str, Roll]:
    """The rules of a book as products of a scope see them; remembered for some scopes."""
    found = source.rolls.get(scoped)
    if found is None:
        size = sum(len(scoped.book.rules(kind)) for kind in RULE_KINDS)
        if (len(source.rolls) + 1) * size > _KEPT_MAX:
            source.rolls.clear()
        found = source.rolls[scoped] = {kind: _roll(scoped, kind) for kind in RULE_KINDS}
    return found


def _roll(scoped: ScopedRules, kind: str) -> Roll:
    inside = {position for position, _ in scoped.inside[kind]}
    best = scoped.best[kind] if kind in _ONE_APPLIES else None
    notes: list[RuleNote | None] = []
    undecided = []
    for position, rule in enumerate(scoped.book.rules(kind)):
        if position not in inside:
            reason = scoped.outside(rule) or _other_level(scoped)
        elif best is not None and best[0] != position:
            reason = f'lost to "{best[1].name}" ({rank_words(best[1], rule)})'
        else:
            undecided.append((position, rule))
            notes.append(None)
            continue
        notes.append(RuleNote(kind, rule.name, False, reason, position))
    return Roll(notes, undecided)


def _other_level(scoped: ScopedRules) -> str:
    level = scoped.level or 0
    return f"all rules come from the scope {SCOPE_KEYS[level - 1] if level else 'everywhere'} (all_or_nothing)"
