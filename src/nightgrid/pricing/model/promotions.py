"""Promotions: their discounts, their conditions, and how they combine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.nights import WEEKDAYS
from nightgrid.pricing.fields import Amounts, Percent, Problem, Text, mistake, shown
from nightgrid.pricing.model.judging import Part, check, known
from nightgrid.pricing.model.parts import ENTRIES_MAX, FreeNightsOffer, OfferConditions

#: The keys that say what a promotion does; it has exactly one of them.
DISCOUNT_KINDS: Final = (
    "percent", "off", "off_per_night", "price", "price_per_night", "night_percent", "nth_night", "free_nights",
    "spend",
)  # fmt: skip
#: Discounts in percent: only they can be of the base.
PERCENT_DISCOUNTS: Final = ("percent", "night_percent", "nth_night")
#: Discounts that can act on some nights of a stay only.
NIGHTLY_DISCOUNTS: Final = (*PERCENT_DISCOUNTS, "off_per_night", "price_per_night", "free_nights")
#: Discounts that can leave out some of their nights where others act.
YIELDING_DISCOUNTS: Final = (*PERCENT_DISCOUNTS, "off_per_night", "price_per_night")
#: Keys that name others on whose nights it depends on which nights a promotion acts.
BY_NIGHT: Final = ("excludes_by_night", "requires_by_night")
#: Thresholds of one spend promotion.
THRESHOLDS_MAX: Final = 100

#: Patterns of nights that have a word; they can be of several nights.
NIGHTS_BY_WORD: Final = ("first", "last", "cheapest", "dearest")

StackingClass = Literal["base", "second", "any", "none"]


def read_night_pattern(value: Any) -> str | tuple[int, ...] | tuple[str, ...]:
    """Which nights of a stay: "first", "last", "cheapest", "dearest", positions from 1, or weekdays."""
    fix = f'write {", ".join(NIGHTS_BY_WORD)} in quotes, positions like [1, 2], or weekdays like ["fri", "sat"]'
    if isinstance(value, str):
        if value not in NIGHTS_BY_WORD:
            raise mistake(f"nights {shown(value)} is no pattern", fix)
        return value
    if not isinstance(value, list | tuple) or not value:
        raise mistake(f"nights {shown(value)} is no pattern", fix)
    if all(isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= STAY_NIGHTS_MAX for each in value):
        chosen: tuple[Any, ...] = tuple(sorted(set(value)))
    elif all(isinstance(each, str) and each in WEEKDAYS for each in value):
        chosen = tuple(day for day in WEEKDAYS if day in value)
    else:
        problem = f"nights {shown(value)} are neither positions 1..{STAY_NIGHTS_MAX} nor weekdays"
        raise mistake(problem, fix)
    if len(chosen) < len(value):
        raise mistake(f"nights {shown(value)} names a night twice", "write each once")
    return chosen


def spell_night_pattern(value: str | tuple[int, ...] | tuple[str, ...]) -> str | list[int | str]:
    """The pattern as `read_night_pattern` reads it back unchanged."""
    return value if isinstance(value, str) else list(value)


NightPattern = Annotated[
    str | tuple[int, ...] | tuple[str, ...],
    PlainValidator(read_night_pattern),
    PlainSerializer(spell_night_pattern, return_type=Any),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(NIGHTS_BY_WORD)},
                {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": STAY_NIGHTS_MAX}},
                {"type": "array", "items": {"enum": list(WEEKDAYS)}},
            ]
        }
    ),
]


class NightPercent(Part):
    """A change in percent of the nights that the pattern names: of so many first, last, cheapest or dearest ones, of
    those at positions, of those on weekdays. Of nights that cost the same the earlier is taken.
    """

    percent: Percent
    nights: NightPattern
    count: int = Field(default=1, ge=1, le=STAY_NIGHTS_MAX, strict=True)

    @check
    def _check_count(self) -> Iterator[Problem]:
        if self.count > 1 and not isinstance(self.nights, str):
            problem = f"count {self.count} says of how many nights, and nights {shown(list(self.nights))} names them"
            yield Problem((), problem, f"leave count out, or write {', '.join(NIGHTS_BY_WORD)}")


class NthNight(Part):
    """A change in percent of night `n` of the stay, and with repeat of nights 2n, 3n, ..."""

    n: int = Field(ge=1, le=STAY_NIGHTS_MAX, strict=True)
    percent: Percent
    repeat: bool = Field(default=True, strict=True)


class Threshold(Part):
    """`{from, off}`: from this running amount on, so much is taken off (`from_amount` in Python)."""

    from_amount: Amounts = Field(alias="from")
    off: Amounts

    @check
    def _check_off(self) -> Iterator[Problem]:
        codes = sorted(set(self.from_amount) ^ set(self.off))
        if codes:
            problem = f"{', '.join(codes)} is in one of from and off only"
            yield Problem((), problem, "give both in the same currencies")
        shared = [code for code in self.off if code in self.from_amount]
        above = [code for code in shared if self.off[code] > self.from_amount[code]]
        if above:
            yield Problem((), f"off is above from in {', '.join(above)}", "write the threshold as from")


class Promotion(OfferConditions):
    """`[[promotion]]`: one discount, its conditions, its limits, and what it combines with; docs/rules-promotions.md.

    percent of the stage's base (or of `of`), off a stay or a night, price of the stay or of a night, percents of some
    nights, free nights, or the highest spend threshold that is reached. max_off caps it; floor and floor_per_night
    bound what is left. excludes_by_night: promotions to which it gives way on the nights on which they act;
    requires_by_night: those without which it acts on no night.
    """

    percent: Percent | None = None
    off: Amounts = Field(default_factory=dict)
    off_per_night: Amounts = Field(default_factory=dict)
    price: Amounts = Field(default_factory=dict)
    price_per_night: Amounts = Field(default_factory=dict)
    night_percent: NightPercent | None = None
    nth_night: NthNight | None = None
    free_nights: FreeNightsOffer | None = None
    spend: tuple[Threshold, ...] = Field(default=(), min_length=1, max_length=THRESHOLDS_MAX)
    of: Literal["base", "running"] | None = None
    max_off: Amounts = Field(default_factory=dict)
    floor: Amounts = Field(default_factory=dict)
    floor_per_night: Amounts = Field(default_factory=dict)
    stacking_class: StackingClass = Field(default="base", alias="class")
    lane: Text | None = None
    excludes: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    requires: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    excludes_by_night: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    requires_by_night: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)

    @check
    def _check_spend(self) -> Iterator[Problem]:
        for earlier, later in pairwise(known(self.spend, "from_amount")):
            codes = sorted(set(earlier.from_amount) ^ set(later.from_amount))
            if codes:
                problem = f"not every threshold has {', '.join(codes)}"
                yield Problem(("spend",), problem, "give all the same currencies")
            for code, amount in earlier.from_amount.items():
                if code in later.from_amount and later.from_amount[code] <= amount:
                    problem = f"threshold {later.from_amount[code]} {code} stands after {amount} {code}"
                    yield Problem(("spend",), problem, "write each once, the lowest first")

    @check
    def _check_discount(self) -> Iterator[Problem]:
        given = self.discounts()
        if len(given) != 1:
            what = f"more than one discount: {', '.join(given)}" if given else "no discount"
            yield Problem((), f"it has {what}", f"give exactly one of {', '.join(DISCOUNT_KINDS)}")

    @check
    def _check_of(self) -> Iterator[Problem]:
        given = self.discounts()
        if self.gives("of") and given and not set(given) & set(PERCENT_DISCOUNTS):
            yield Problem((), f"of is for percents, and {given[0]} is none", "leave of out")

    @check
    def _check_nights(self) -> Iterator[Problem]:
        given = self.discounts()
        if self.applies == "nights" and given and not set(given) & set(NIGHTLY_DISCOUNTS):
            problem = f'applies = "nights" acts on single nights, and {given[0]} is of the whole stay'
            yield Problem((), problem, f'write applies = "all", or one of {", ".join(NIGHTLY_DISCOUNTS)}')

    @check
    def _check_by_night(self) -> Iterator[Problem]:
        given = self.discounts()
        for key in BY_NIGHT:
            if self.gives(key) and given and not set(given) & set(YIELDING_DISCOUNTS):
                counted = "counts the nights of the stay" if given[0] == "free_nights" else "is of the whole stay"
                problem = f"{key} leaves out single nights, and {given[0]} {counted}"
                whole = key.removesuffix("_by_night")
                yield Problem((key,), problem, f"give one of {', '.join(YIELDING_DISCOUNTS)}, or write {whole}")

    @check
    def _check_named_twice(self) -> Iterator[Problem]:
        for key, what in (("requires_by_night", "required on the same nights"), ("excludes", "excluded altogether")):
            for name in known(self.excludes_by_night):
                if name in known(getattr(self, key)):
                    problem = f"promotion {shown(name)} is excluded by night, and {what}"
                    yield Problem(("excludes_by_night",), problem, f"take it out of this one or of {key}")

    def discounts(self) -> list[str]:
        """Which of DISCOUNT_KINDS the file gives: one, unless the table is wrong."""
        return [kind for kind in DISCOUNT_KINDS if self.gives(kind)]

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The promotions on whose nights it depends on which nights this one acts."""
        return (*self.excludes_by_night, *self.requires_by_night)

    @property
    def tells_nights(self) -> bool:
        """Whether the stay tells the nights that it changes; else they are those that cost least or most."""
        if self.free_nights is not None:
            return self.free_nights.which != "cheapest"
        return self.night_percent is None or self.night_percent.nights not in ("cheapest", "dearest")

    @property
    def kind(self) -> str:
        """Which of DISCOUNT_KINDS it is."""
        return next(kind for kind in DISCOUNT_KINDS if getattr(self, kind) not in (None, {}, ()))


class Stacking(Part):
    """`[stacking]`: which of the permitted sets of promotions is taken, and among which sets."""

    policy: Literal["guest", "hotel", "first", "accumulate"] = "guest"
    over: Literal["maximal", "all"] = "maximal"
