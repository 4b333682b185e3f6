"""What a proof of bounds speaks of: amounts with their denominators, groups of products, mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, log10
from typing import Final

from nightgrid.catalog import Catalog
from nightgrid.errors import Mistake
from nightgrid.limits import PRICE_MINOR_MAX
from nightgrid.money import format_minor
from nightgrid.pricing.blame import Blame
from nightgrid.pricing.pipelines import Rounder
from nightgrid.pricing.records import ending_block

NIGHT_MAX: Final = 2**62  # numerators of a night are int64
REGISTER_MAX: Final = 2**124  # numerators and denominators of a stay; twice as much is known to fit
LONG_MAX: Final = 2**65_536  # those of a stay that is worked out with Python's integers (`search/long_prices.py`)
_LOWER: Final = "Lower the percents or amounts, correct the base price, or set a ceiling"
_ROUND: Final = "Round after more stages of the pipeline, or use percents with fewer decimals"


@dataclass(slots=True)
class Amount:
    """The largest value of an amount, and what all its denominators divide."""

    value: Fraction
    den: int


@dataclass(slots=True)
class Bounds:
    """What a proof found: the mistakes, and the stages whose fractions may leave the numbers of the kernels."""

    blame: Blame
    mistakes: list[Mistake] = field(default_factory=list)
    long: set[str] = field(default_factory=set)
    largest: Fraction = Fraction(0)  # of all totals
    seen: set[str] = field(default_factory=set)  # stages that have their mistake already


@dataclass(frozen=True, slots=True)
class Group:
    """Products alike: one of them, the one with the highest base price."""

    product: int
    member: int  # class
    base: int  # minor units
    guests: int  # that its room takes
    currency: str
    fixed: int  # the highest override, -1 none
    floor: int
    ceiling: int


def check_amount(
    found: Bounds, catalog: Catalog, group: Group, stage: str, amount: Amount, most: int, what: str
) -> bool:  # fmt: skip
    """Whether an amount is a price, and its fraction inside its numbers; else a mistake of the stage is noted once."""
    value, den = amount.value, amount.den
    if value <= PRICE_MINOR_MAX and value * den <= most:
        return True
    row = catalog.product_row[group.product]
    ids = (catalog.hotel_ids[catalog.row_hotel[row]], catalog.room_type_ids[row], catalog.plan_ids[group.product])
    name = f"{'/'.join(ids)} (base {format_minor(group.base, group.currency)})"
    if value > PRICE_MINOR_MAX:
        reached, highest = (format_minor(int(each), group.currency) for each in (value, PRICE_MINOR_MAX))
        problem, fix = f"{what} can reach {reached} for {name}; a price is at most {highest}", _LOWER
    else:
        digits, known = _digits(int(value) * den), _digits(most) - 1
        problem, fix = f"{what} can need {digits} digits for {name}; at most {known} is computed exactly", _ROUND
    if stage not in found.seen:
        blamed = (stage, problem, fix, group.member, value, group.currency)
        found.mistakes.append(found.blame.named(*blamed, fine=value <= PRICE_MINOR_MAX))
        found.seen.add(stage)
    return False


def _digits(number: int) -> int:
    """Decimal digits of a number >= 1; of a long one without writing it, which Python refuses."""
    if number < 10**100:
        return len(str(number))
    digits = int((number.bit_length() - 1) * log10(2))
    return digits + 1 if number >= 10**digits else digits


def up(basis_points: int, over: int = 10_000) -> Fraction:
    """A factor of 1 or more."""
    return 1 + Fraction(max(basis_points, 0), over)


def step_of(rounder: Rounder) -> int:
    """The multiples to which a rounding can raise an amount."""
    return ending_block(rounder.endings) if rounder.endings else rounder.increment_minor


def raised(value: Fraction, step: int) -> Fraction:
    """No amount up to `value` is rounded above it."""
    return Fraction(ceil(value / step) * step)
