"""What points pay of an order of several rooms: a part of the price of all of them together, not of one of them."""

from __future__ import annotations

from typing import NamedTuple

from nightgrid.native.program import terms_of_rules as term
from nightgrid.pricing.program import Program


class PointsRule(NamedTuple):
    """So many points are worth value_minor, and pay at most most_bp of the price, with or without taxes."""

    points: int
    value_minor: int
    most_bp: int
    after_taxes: bool

    def paid(self, offered: int, net_minor: int, taxes_minor: int) -> tuple[int, int]:
        """(minor units that points pay of an order, how many of those offered are used)."""
        amount = net_minor + (taxes_minor if self.after_taxes else 0)
        paid_minor = min(offered * self.value_minor // self.points, amount * self.most_bp // term.WHOLE_BP)
        return paid_minor, -(-paid_minor * self.points // self.value_minor)


def points_rule_of(program: Program, product: int) -> PointsRule | None:
    """The rule by which points pay for what is sold, a product; None where there is none. O(stages)."""
    terms, stage = program.terms, int(program.sets.stage[program.set_of_product[product]])
    after_taxes = False
    while terms[stage] != term.STAGE_END:
        rule = int(terms[stage + term.S_FIRST])
        if terms[stage] == term.STAGE_POINTS and rule > 0:
            points, value, most = terms[rule : rule + 3].tolist()
            return PointsRule(points, value, most, after_taxes)
        after_taxes = after_taxes or terms[stage] == term.STAGE_TAX
        stage = int(terms[stage + term.S_NEXT])
    return None
