"""Which rule a bound is left by: the one that adds the most, or that has the most decimals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from nightgrid.errors import Mistake
from nightgrid.pricing.mistakes import place_of
from nightgrid.pricing.model import Part, Rule, RuleBook
from nightgrid.pricing.model.pipeline import NIGHT_STAGES
from nightgrid.pricing.model.tables import RULE_KINDS
from nightgrid.pricing.records import minor
from nightgrid.pricing.rule_sets import SINGLE_KINDS, Reach
from nightgrid.pricing.toml_lines import Path

#: Of these kinds one rule is for a product.
_ONE_OF: Final = ("demand", *SINGLE_KINDS)
#: Stages whose amounts come as data beside the book.
_GIVEN: Final = ("base", "override")


class Blame:
    """Finds the rules behind the mistakes of a proof. Made where there is a mistake: O(rules) each."""

    def __init__(self, book: RuleBook, reach: Reach) -> None:
        self._book = book
        self._reach = reach

    def named(
        self, stage: str, problem: str, fix: str, member: int, value: Fraction, currency: str, *, fine: bool = False
    ) -> Mistake:
        """A mistake of a stage with the line and the name of a rule that acts there on a class of products; of an
        earlier stage where none does. fine: the one with the most decimals; else the one that adds the most to `value`.
        """
        words = stage.replace(",", "").split()
        kinds = [kind for kind in RULE_KINDS if kind in words]
        if not any(self._places(kind, member) for kind in kinds):
            kinds = [] if set(words) & set(_GIVEN) else [kind for kind in RULE_KINDS if kind in NIGHT_STAGES]
            if "nights" not in words and "night" not in words and kinds:
                kinds = list(RULE_KINDS)
        found = [(kind, at) for kind in kinds for at in self._places(kind, member)]
        measure = [_decimals(self._rule(place)) if fine else self._adds(place, value, currency) for place in found]
        if measure and (fine or max(measure) > 0):
            path: Path = found[measure.index(max(measure))]
            most = "the most decimals are in" if fine else "the most of it comes from"
            return Mistake(stage, f"{problem}; {most} {place_of(path, self._book)}", fix, path=path)
        listed = [at for at, each in enumerate(self._book.pipeline.stage) if each.kind in words]
        return Mistake(stage, problem, fix, path=("pipeline", "stage", listed[0]) if listed else ())

    def _rule(self, place: tuple[str, int]) -> Rule:
        return self._book.rules(place[0])[place[1]]

    def _places(self, kind: str, member: int) -> Sequence[int]:
        """The rules of a kind that a class of products has."""
        every = range(len(self._book.rules(kind)))
        if kind in _ONE_OF and every:
            best = int(self._reach.best(kind)[member])
            return [best] if best >= 0 else []
        return [at for at in every if self._reach.of(kind, at)[member]]

    def _adds(self, place: tuple[str, int], value: Fraction, currency: str) -> Fraction:
        """What a rule can add to an amount: the largest of its amounts and percents."""
        percents = [Fraction(each) * value / 100 for each in percents_in(self._rule(place))]
        amounts = [Fraction(minor(each, currency)) for each in _amounts_in(self._rule(place)) if currency in each]
        return max([Fraction(0), *percents, *amounts])


def finest(book: RuleBook, kinds: Sequence[str]) -> Path:
    """The rule of some kinds whose percents have the most decimals; () where there is none."""
    found = [(kind, at) for kind in kinds for at in range(len(book.rules(kind)))]
    return max(found, key=lambda place: _decimals(book.rules(place[0])[place[1]]), default=())


def _decimals(rule: Rule) -> int:
    """The most decimals of a percent of a rule."""
    return max((-int(each.normalize().as_tuple().exponent) for each in percents_in(rule)), default=-1_000)


def percents_in(value: Any) -> Iterator[Decimal]:
    """The numbers of a rule that are no amounts."""
    if isinstance(value, Decimal):
        yield value
    for each in _inside(value):
        if not _is_amounts(each):
            yield from percents_in(each)


def _amounts_in(value: Any) -> Iterator[dict[str, Decimal]]:
    """The tables of amounts of a rule."""
    for each in _inside(value):
        if _is_amounts(each):
            yield each
        else:
            yield from _amounts_in(each)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Part):
        return [getattr(value, name) for name in type(value).model_fields]
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, tuple) else []


def _is_amounts(value: Any) -> bool:
    """Whether it is a table currency -> amount."""
    return isinstance(value, dict) and bool(value) and all(len(key) == 3 and key.isupper() for key in value)
