"""What is remarked of a rule, and the remarks that are the same whatever was asked: they are written once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from nightgrid.pricing.explain.words import spoken
from nightgrid.pricing.model import Rule


class RuleNote(NamedTuple):
    """What became of one rule: `kind` is its table in the file, `position` its place there from 0, and why."""

    kind: str
    name: str
    applied: bool
    reason: str
    position: int

    def __str__(self) -> str:
        return f'{spoken(self.kind)} "{self.name}": {self.reason}'


#: Notes by position in the book, all kinds one after the other; None where the question decides and nobody has yet.
Notes = list[RuleNote | None]


class Case:
    """A rule in scope of which the question decides. `place` is that of its note; `said` keeps notes that look at
    little: at the tier, at counts of nights, days, guests.
    """

    __slots__ = ("kind", "name", "place", "position", "rule", "said")

    def __init__(self, kind: str, position: int, rule: Rule, place: int) -> None:
        self.kind = kind
        self.position = position
        self.rule = rule
        self.name = rule.name
        self.place = place
        self.said: dict[Hashable, RuleNote] = {}

    def note(self, applied: bool, reason: str) -> RuleNote:
        """The note of a verdict."""
        return _note(RuleNote, (self.kind, self.name, applied, reason, self.position))

    def keep(self, key: Hashable, applied: bool, reason: str) -> RuleNote:
        """The same, kept under a key."""
        if len(self.said) >= SAID_MAX:
            self.said.clear()
        made = self.said[key] = self.note(applied, reason)
        return made


_note: Final = tuple.__new__
#: Notes of one rule that are kept.
SAID_MAX: Final = 1_024
