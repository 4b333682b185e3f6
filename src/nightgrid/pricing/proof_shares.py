"""What the shares of single nights need: the weights by which nights share a stay, and what one unit of them is worth.

`native/program/registers.py` keeps a stay as an amount R and whole weights w of its nights; a night has u x w, where
u = R / (the sum of the weights). Here all three are followed as bounds: `amount` (of R), `weights` (of their sum) and
`unit` (what the denominator of u divides). Fractions are kept in lowest terms where they grow, so:

- a change in percent of what some nights have multiplies their weights by the numerator and the others by the
  denominator: `unit` and `weights` grow by what the percent needs, and by nothing else;
- a change of the whole stay in percent multiplies `unit` alike; free nights leave it as it is;
- an amount that is added, or a rounding, breaks the tie of R to the weights: the next share divides anew by their sum.
  Two such divisions of the longest stay are worth twenty digits, of which real stays need few;
- an amount off some nights, or a percent of something else, scales their weights by a fraction of prices: `weights`
  grow by the price in its smallest unit, so what several of these need doubles with each.

What the last two need can leave 128 bits where only the longest and dearest stays come near it. Such a book is not
refused: it is `is_long`, the few stays that do leave them are worked out with Python's integers
(`search/long_prices.py`), and the bound is that of these, LONG_MAX.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm

from nightgrid.pricing.proof_amounts import LONG_MAX, REGISTER_MAX, Amount


@dataclass(slots=True)
class Shares:
    """The bounds of a stay while its stages are followed."""

    amount: Amount
    weights: int
    longest: int  # nights
    unit: int = 0  # 0: the amount is not tied to the weights
    is_scaled: bool = False  # by prices
    is_long: bool = False  # so that the numbers of the kernels may not hold them
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
        self.unit = self.amount.den = self._tie() * over
        self.weights *= max(over, ceil(over * (1 + most)))

    def other_of_nights(self, more: Fraction, den: int) -> None:
        """Some nights change by something else, at most `more` up, whose denominator divides `den` or `tied() * den`.

        They had a/b and have c/d now: their weights grow by c x b, the others' by a x d, in lowest terms. Nights that
        weighed nothing share alike what they have now. What is not tied has b = the amount's denominator x the weights,
        and both divide out.
        """
        self.amount.value += more
        if self.need().den > LONG_MAX:
            return  # the stage is refused: what else it needs is not written down
        is_tied, tied, before = self.unit > 0, self.tied(), self.amount.den
        self.amount.den = tied * den
        grown = max(ceil(self.amount.value) * self.amount.den, 1)
        if is_tied:
            grown *= self.longest * before
        self.weights = max(self.weights, 2 * self.longest) * grown
        self.unit = self.amount.den * self.weights
        if is_tied:
            self.unit = min(self.unit, tied * grown)
        self.is_scaled = True

    def each_by_itself(self, more: Fraction, den: int) -> None:
        """Every night changes by its own part of something else: at most `more` up in all, over `den`."""
        self.amount.value += more
        self.unit = self.amount.den = self.tied() * den
        self.weights = max(ceil(self.amount.value) * self.unit, self.longest)

    def need(self) -> Amount:
        """The amount, with the denominator that the longest number needs; that of the kernel is not known."""
        value = self.amount.value
        return Amount(value, max(self.amount.den, self.unit, ceil(self.weights / max(value, Fraction(1)))))

    def most(self) -> int:
        """What numbers may need: 128 bits; more from where prices have scaled the weights, or the stay is divided by
        their sum once more, and a number might not fit.
        """
        need = self.need()
        if (self.is_scaled or self.divisions > 1) and need.value * need.den > REGISTER_MAX:
            self.is_long = True
        return LONG_MAX if self.is_long else REGISTER_MAX
