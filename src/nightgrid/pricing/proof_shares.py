"""What the shares of single nights need: the weights by which nights share a stay, and what one unit of them is worth.

`native/program/registers.py` keeps a stay as an amount R and whole weights w of its nights; a night has u x w, where
u = R / (the sum of the weights). Here all three are followed as bounds: `amount` (of R), `weights` (of their sum) and
`unit` (what the denominator of u divides). Fractions are kept in lowest terms where they grow, so:

- a change in percent of what some nights have multiplies their weights by the numerator and the others by the
  denominator: `unit` and `weights` grow by what the percent needs, and by nothing else;
- a change of the whole stay in percent multiplies `unit` alike; free nights leave it as it is;
- an amount that is added, or a rounding, breaks the tie of R to the weights: the next share divides anew by their sum.
  Two such divisions of the longest stay are worth twenty digits, of which real stays need few: where they do not fit,
  the kernel judges each stay, and a book that has every kind of rule is not refused for what no guest asks;
- an amount off some nights, or a percent of something else, scales their weights by a fraction of prices: `weights`
  grow by the price in its smallest unit. One of these can be bounded; what two need can seldom be, and real stays
  hardly come near it: then the weights are `is_loose`, and the kernel judges each stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm

from nightgrid.pricing.proof_amounts import REGISTER_MAX, Amount


@dataclass(slots=True)
class Shares:
    """The bounds of a stay while its stages are followed."""

    amount: Amount
    weights: int
    longest: int  # nights
    unit: int = 0  # 0: the amount is not tied to the weights
    is_scaled: bool = False  # by prices
    is_loose: bool = False  # so that no bound is known that fits
    divisions: int = 0  # by the sum of the weights

    def tied(self) -> int:
        """What the denominator of a unit of weight divides."""
        return self.unit or self.amount.den * self.weights

    def _tie(self) -> int:
        """The same, of nights that are told apart."""
        self.divisions += self.unit == 0
        return self.tied()

    def untie(self) -> None:
        """An amount was added, or all was rounded."""
        self.unit = 0

    def take_part(self) -> None:
        """Some nights keep what they have, or lose all."""
        self.unit = self.amount.den = self._tie()

    def multiply(self, over: int) -> None:
        """The whole stay changes by a fraction of a denominator."""
        self.amount.den *= over
        self.unit *= over

    def percent_of_nights(self, percents: list[Fraction]) -> None:
        """Some nights change by one of some percents of what they have; the others do not."""
        over = lcm(*((each / 100).denominator for each in percents))
        most = max(Fraction(0), *percents) / 100
        self.amount.value *= 1 + most
        if not self.is_loose:
            self.unit = self.amount.den = self._tie() * over
            self.weights *= max(over, ceil(over * (1 + most)))

    def other_of_nights(self, more: Fraction, den: int) -> None:
        """Some nights change by something else, at most `more` up, whose denominator divides `den` or `tied() * den`.

        They had a/b and have c/d now: their weights grow by c x b, the others' by a x d, in lowest terms. Nights that
        weighed nothing share alike what they have now.
        """
        self.amount.value += more
        if self.is_loose:
            return
        tied, before = self.tied(), self.amount.den
        self.amount.den = tied * den
        grown = max(ceil(self.amount.value) * self.amount.den * self.longest * before, 1)
        self.weights *= grown
        self.unit = min(tied * grown, self.amount.den * self.weights)
        self.is_scaled = True
        self.let_loose()

    def each_by_itself(self, more: Fraction, den: int) -> None:
        """Every night changes by its own part of something else: at most `more` up in all, over `den`."""
        self.amount.value += more
        if not self.is_loose:
            self.unit = self.amount.den = self.tied() * den
            self.weights = max(ceil(self.amount.value) * self.unit, self.longest)

    def need(self) -> Amount:
        """The amount, with the denominator that the longest number needs; that of the kernel is not known."""
        value = self.amount.value
        den = max(self.amount.den, self.unit, ceil(self.weights / max(value, Fraction(1))))
        return Amount(value, 1 if self.is_loose else den)

    def let_loose(self) -> bool:
        """Whether the kernel judges. So it is from where prices have scaled the weights, or the stay is divided by
        their sum once more, and a number might not fit.
        """
        if (self.is_scaled or self.divisions > 1) and not self.is_loose:
            need = self.need()
            self.is_loose = need.value * need.den > REGISTER_MAX
        return self.is_loose
