"""A stay while its price is made, and its first stages: extra guests, length of stay, free nights, lead time, tier.

The amount is shared among the nights in proportion to their weights. A change of the whole stay changes all shares in
proportion; a change of some nights leaves the others. Under the policy `night` every night is a stay of its own here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import Final, NamedTuple

from nightgrid.pricing.explain.exact import ZERO, Exact, total, whole
from nightgrid.pricing.explain.facts import PARTIES_MAX, Facts, Party, party_of
from nightgrid.pricing.explain.lines import Account, Parts, percent_parts
from nightgrid.pricing.explain.nights import Night
from nightgrid.pricing.explain.offers import free_nights_of
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.words import count, listed, money, percent_of_bp, signed
from nightgrid.pricing.model import ExtraGuests, FreeNights, LeadTime, LengthBand, LengthOfStay, MemberTier
from nightgrid.pricing.pipelines import PlacedStage

_NONE: Final = Decimal(0)
#: Longer denominators of shares are reduced: nearly all are shorter, and to look for common factors takes time.
_LONG_BITS: Final = 256


class Stay(Account):
    """A stay of some product while its price is made; `nights` are those priced here."""

    __slots__ = ("_after", "facts", "is_member_silent", "nights", "rules", "weights")

    def __init__(
        self, rules: ProductRules, facts: Facts, nights: Sequence[Night], day: date | None, is_member_silent: bool
    ) -> None:
        self.weights = [night.value for night in nights]
        super().__init__(day, total(self.weights))
        self.rules = rules
        self.facts = facts
        self.nights = nights
        self.is_member_silent = is_member_silent
        self._after: dict[str, tuple[Exact, list[Exact]]] = {}

    def shares(self) -> list[Exact]:
        """Each night's part of the amount; equal parts where no night weighs anything."""
        return shared(self.value, self.weights)

    def set_shares(self, shares: list[Exact]) -> None:
        """Weigh the nights anew after an action on some of them; where all are 0 they keep the weights they had."""
        if any(shares):
            self.weights = shares
            if shares[0].denominator >> _LONG_BITS:
                self._shorten()

    def _shorten(self) -> None:
        """Write long numbers in lowest terms: only where shares are taken again and again do they get so long."""
        parts = whole(self.weights)
        common = gcd(*parts)
        self.weights = [Exact(part // common) for part in parts]
        value = self.value.fraction
        self.value = Exact(value.numerator, value.denominator)

    def record(self, kind: str) -> None:
        """Remember the amount after a stage."""
        self._after[kind] = (self.value, self.weights)

    def of(self, base: str) -> Exact | None:
        """The amount that a stage's percents are of; None for the running one."""
        if base == "running":
            return None
        if base in self._after:
            return self._after[base][0]
        return total([night.after[base] for night in self.nights])

    def of_nights(self, base: str) -> list[Exact]:
        """The same by night."""
        if base == "running":
            return self.shares()
        if base in self._after:
            return shared(*self._after[base])
        return [night.after[base] for night in self.nights]

    @property
    def member(self) -> tuple[int, MemberTier] | None:
        """The tier table that speaks to this guest."""
        best = None if self.is_member_silent else self.rules.best["member_tier"]
        return (best[0], best[1]) if best is not None and isinstance(best[1], MemberTier) else None


def shared(value: Exact, weights: Sequence[Exact]) -> list[Exact]:
    """A value in proportion to weights; in equal parts where all are 0."""
    whole = total(list(weights))
    if not whole:
        return [Exact(value.numerator, value.denominator * len(weights))] * len(weights)
    if value is whole or value == whole:
        return list(weights)
    factor = value.over(whole)
    return [factor * weight for weight in weights]


class _Extra(NamedTuple):
    """What a rule about extra guests makes of a party: those who pay, what they pay a night where no price of a night
    decides that, and words. Nobody pays: no words.
    """

    adults: int
    children: tuple[int, ...]
    charge: Exact | None
    words: str
    by_nights: dict[int, tuple[Exact, str]]  # charge and words for so many nights, where every night is the same


def _extra_of(rules: ProductRules, party: Party) -> _Extra:
    """The same for products of a scope, remembered."""
    known: dict[Party, _Extra] = rules.prepared.setdefault("extra guests", {})
    found = known.get(party)
    if found is None:
        if len(known) >= PARTIES_MAX:
            known.clear()
        best = rules.best["extra_guests"]
        rule = best[1] if best is not None else None
        found = known[party] = _made(rules, rule, party) if isinstance(rule, ExtraGuests) else _NO_EXTRA
    return found


_NO_EXTRA: Final = _Extra(0, (), ZERO, "", {})


def _made(rules: ProductRules, rule: ExtraGuests, party: Party) -> _Extra:
    if party.adults is None:
        return _NO_EXTRA
    adults, children = max(0, party.adults - rule.included), party.children
    if rule.children_included == "after_adults" and party.adults < rule.included:
        children = children[rule.included - party.adults :]
    who = [count(adults, "adult")] if adults else []
    who += [f"child of {age}" for age in children]
    charge = None
    if rule.adult_percent is None:
        charge = _charge(rules, rule, adults, children, rules.minor(rule.adult) if rule.adult else ZERO)
    return _Extra(adults, children, charge, listed(who, " and ") if who else "", {})


def _extra_guests(stay: Stay, stage: PlacedStage) -> None:
    rules = stay.rules
    extra = _extra_of(rules, party_of(stay.facts, rules))
    if not extra.words:
        return
    found = extra.by_nights.get(len(stay.nights))
    if found is None:
        found = _extra_amount(stay, stage, extra)
    best = rules.best["extra_guests"]
    if best is not None:
        stay.add("extra_guests", found[0], best[1].name, found[1])


def _extra_amount(stay: Stay, stage: PlacedStage, extra: _Extra) -> tuple[Exact, str]:
    """What extra guests pay for the nights, and words."""
    rules, nights = stay.rules, len(stay.nights)
    adults, children, charge, words, by_nights = extra
    words = f"{words}, {count(nights, 'night')}"
    if charge is not None:  # every night the same
        by_nights[nights] = charge.times(nights), words
        return by_nights[nights]
    best = rules.best["extra_guests"]
    amount = ZERO
    if best is not None and isinstance(best[1], ExtraGuests):
        share = percent_parts(best[1].adult_percent or _NONE)[0]
        for night in stay.nights:
            adult = (night.value if stage.of == "running" else night.after[stage.of]) * share
            amount = amount + _charge(rules, best[1], adults, children, adult)
    return amount, words


def _charge(rules: ProductRules, rule: ExtraGuests, adults: int, children: Sequence[int], adult: Exact) -> Exact:
    """What guests beyond the included ones cost on a night on which an adult costs `adult`."""
    return total([adult.times(adults), *[_child_charge(rules, rule, age, adult) for age in children]])


def _child_charge(rules: ProductRules, rule: ExtraGuests, age: int, adult: Exact) -> Exact:
    """What a child beyond the included guests costs on a night on which an adult costs `adult`."""
    for band in rule.children:
        if age <= band.to_age:
            if band.amount:
                return rules.minor(band.amount)
            if band.percent is not None:
                return adult * percent_parts(band.percent)[0]
            return max(ZERO, adult - rules.minor(band.discount))
    return ZERO


def _length_of_stay(stay: Stay, stage: PlacedStage) -> None:
    best = stay.rules.best["length_of_stay"]
    if best is None or not isinstance(best[1], LengthOfStay):
        return
    rule, nights = best[1], stay.facts.nights
    if rule.bands[0].price or rule.reading == "marginal":
        reached = reached_bands(rule, nights)
        if not reached:
            return
        if rule.bands[0].price:
            _blocks(stay, rule, reached)
        else:
            _marginal(stay, stage, rule, reached)
        return
    known: dict[int, Parts | None] = stay.rules.prepared.setdefault("lengths", {})  # at most one a length of stay
    if nights not in known:
        reached = reached_bands(rule, nights)
        band = None if not reached else reached[-1] if rule.reading == "stay" else reached[0]
        known[nights] = None if band is None else percent_parts(band.percent or _NONE)
    parts = known[nights]
    if parts is not None:
        stay.times("length_of_stay", parts, rule.name, stay.of(stage.of))


def reached_bands(rule: LengthOfStay, nights: int) -> list[LengthBand]:
    """The bands that a stay of so many nights reaches, the shortest first."""
    reached = [band for band in rule.bands if band.from_nights <= nights]
    return sorted(reached, key=lambda band: band.from_nights) if len(reached) > 1 else reached


def _blocks(stay: Stay, rule: LengthOfStay, reached: list[LengthBand]) -> None:
    """Whole blocks at their price, the largest first; the nights left over, the last ones, keep their shares."""
    left, price, words = len(stay.nights), ZERO, []
    for band in reversed(reached):
        blocks, left = divmod(left, band.from_nights)
        price = price + stay.rules.minor(band.price).times(blocks)
        if blocks:
            words.append(f"{blocks} x {count(band.from_nights, 'night')}")
    if left:
        price = price + total(stay.shares()[-left:])
        words.append(f"{count(left, 'night')} as priced")
    stay.become("length_of_stay", price, rule.name, listed(words, " + "))


def _marginal(stay: Stay, stage: PlacedStage, rule: LengthOfStay, reached: list[LengthBand]) -> None:
    """Each night by the band that it falls in; one line for each band that is reached."""
    shares, bases = stay.shares(), stay.of_nights(stage.of)
    for number, band in enumerate(reached):
        share = percent_parts(band.percent or _NONE)[0]
        last = reached[number + 1].from_nights - 1 if number + 1 < len(reached) else None
        amount = ZERO
        for at, night in enumerate(stay.nights):
            position = night.place + 1
            if band.from_nights <= position and (last is None or position <= last):
                changed = max(ZERO, shares[at] + bases[at] * share)
                amount = amount + (changed - shares[at])
                shares[at] = changed
        nights = f"night {band.from_nights}" if band.from_nights == last else f"nights {band.from_nights}.."
        stay.add("length_of_stay", amount, rule.name, f"{percent_parts(band.percent or _NONE)[2]} {nights}{last or ''}")
    stay.set_shares(shares)


def give_free_nights(stay: Stay) -> dict[int, str]:
    """Give the free nights of the best rule that the stay meets; why the others are not met, by position."""
    found, lacking = free_nights_of(stay.facts, stay.rules, stay.value)
    if found is not None:
        _give(stay, found)
    return lacking


def _give(stay: Stay, rule: FreeNights) -> None:
    nights = len(stay.weights)
    times = nights // rule.stay if rule.repeat else 1
    free_count = times * (rule.stay - rule.pay)
    if rule.which == "cheapest":
        free = set(sorted(range(nights), key=lambda at: (stay.weights[at], at))[:free_count])
    elif rule.which == "last":
        free = set(range(nights - free_count, nights))
    else:
        free = {rule.stay * time - 1 for time in range(1, times + 1)}
    shares = stay.shares()
    days = listed([str(stay.facts.days[at]) for at in sorted(free)], " and ")
    amount = -total([shares[at] for at in free])
    stay.add("free_nights", amount, rule.name, f"{rule.which.replace('_', ' ')}: {days}")
    stay.weights = [ZERO if at in free else weight for at, weight in enumerate(stay.weights)]


def _lead_time(stay: Stay, stage: PlacedStage) -> None:
    best = stay.rules.best["lead_time"]
    if best is None or not isinstance(best[1], LeadTime):
        return
    rule, days = best[1], stay.facts.lead_days
    if not rule.curve:
        for band in rule.bands:
            if band.from_days <= days <= band.last_days:
                stay.times("lead_time", percent_parts(band.percent), rule.name, stay.of(stage.of))
                break
        return
    percent = curve_percent(rule, days)
    base = stay.of(stage.of)
    amount = (stay.value if base is None else base) * Exact(percent.numerator, percent.denominator * 100)
    cut = "" if (percent * 100).denominator == 1 else ".."
    sign = "+" if percent >= 0 else ""
    shown = f"{sign}{percent_of_bp(int(percent * 100))}{cut} %"
    stay.add("lead_time", amount, rule.name, f"{shown} on its curve at {count(days, 'day')}")


def curve_percent(rule: LeadTime, days: int) -> Fraction:
    """The percent of a curve: linear between its points, constant outside."""
    points = rule.curve
    if days <= points[0].days:
        return Fraction(points[0].percent)
    for low, high in pairwise(points):
        if days <= high.days:
            part = Fraction(days - low.days, high.days - low.days)
            return Fraction(low.percent) + part * (Fraction(high.percent) - Fraction(low.percent))
    return Fraction(points[-1].percent)


def _member_tier(stay: Stay, stage: PlacedStage) -> None:
    won, tier = stay.member, stay.facts.tier
    if won is None:
        return
    rule = won[1]
    if tier in rule.percent:
        stay.times("member_tier", percent_parts(rule.percent[tier]), rule.name, stay.of(stage.of))
    elif tier in rule.amount:
        amount = stay.rules.minor(rule.amount[tier])
        stay.add("member_tier", amount, rule.name, signed(amount, stay.rules.currency))
    elif tier in rule.price:
        price, nights = stay.rules.minor(rule.price[tier]), len(stay.nights)
        words = f"{count(nights, 'night')} at {money(price, stay.rules.currency)}"
        stay.become("member_tier", price.times(nights), rule.name, words)


#: Stages of a stay that need and tell nothing but the stay.
ACTS: Final[dict[str, Callable[[Stay, PlacedStage], None]]] = {
    "extra_guests": _extra_guests,
    "length_of_stay": _length_of_stay,
    "lead_time": _lead_time,
    "member_tier": _member_tier,
}
