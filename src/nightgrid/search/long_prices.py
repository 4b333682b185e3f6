"""Stays whose fractions leave the 128-bit numbers of the kernels: the same price in Python's integers, of any length.

Only shares of single nights that are taken again after an amount was added come so far, and of these only long and dear
stays (`pricing/proof_shares.py`, which bounds them too). They are made from the author's rules, as explanations are; a
few hundred microseconds each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.native.program import plan_codes as do
from nightgrid.pricing.explain import Asked, Explanation, explain_weighed
from nightgrid.search.price_version import PriceVersion


class LongPrice(NamedTuple):
    """A price for one room as the kernels answer it, and where it comes from. answer (A_FIELDS) int64; weights: how the
    nights share the total.
    """

    answer: NDArray[np.int64]
    explanation: Explanation
    weights: list[int]

    @property
    def acted(self) -> list[tuple[str, int]]:
        """The rules that made it: kind and position of each."""
        return [(note.kind, note.position) for note in self.explanation.matched]


def long_price(
    version: PriceVersion, product: int, stay: tuple[int, int, int, int], asking: Asking, fill_bp: Sequence[int]
) -> LongPrice:
    """The price of a stay of one room. stay: arrival (ordinal), nights, lead days, tier; fill_bp: house fill of the
    nights, empty = an empty house. Refused and InputError as `pricing.explain.explain`. O(rules in scope x nights).
    """
    arrival, nights, lead_days, tier = stay
    compiled = version.compiled
    told = asking.with_fill(tuple(map(int, fill_bp))) if len(fill_bp) else asking
    asked = Asked(product, arrival, nights, lead_days, compiled.tiers[tier], told)
    made, weights = explain_weighed(compiled, version.catalog, asked)
    answer = np.zeros(do.A_FIELDS, np.int64)
    answer[do.A_NET], answer[do.A_TAXES] = made.net_minor, made.taxes_minor
    answer[do.A_INCLUDED] = made.included_taxes_minor
    answer[do.A_PAID], answer[do.A_POINTS] = made.total_minor - made.payable_minor, made.points_used
    program = compiled.program
    if program is not None and made.applied:
        own = int(program.tier_product[tier, product])
        listed = program.sets.promotions[int(program.set_of_product[product if own < 0 else own])]
        answer[do.A_OFFERS] = sum(1 << listed.index(position) for position in made.applied)
    return LongPrice(answer, made, weights)
