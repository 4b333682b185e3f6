"""A stay through the whole pipeline: the lines, the amounts, and what was considered on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from nightgrid.money import allocate_whole
from nightgrid.pricing.explain.charges import (
    NO_TAX,
    NOTHING_PAID,
    Paid,
    Taxed,
    add_packages,
    add_taxes,
    check_packages,
    pay_with_points,
)
from nightgrid.pricing.explain.exact import ZERO, Exact, total, whole
from nightgrid.pricing.explain.facts import Facts, party_of
from nightgrid.pricing.explain.lines import Account, Line, Page, in_order, percent_parts
from nightgrid.pricing.explain.night_plans import NightPlan
from nightgrid.pricing.explain.nights import Night, price_nights
from nightgrid.pricing.explain.offers import Candidates, candidates_of
from nightgrid.pricing.explain.promotions import (
    Common,
    amounts_after,
    is_plain,
    plain_amounts_after,
    write_all,
    write_plain,
)
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.stacking import Chosen, Permitted, PricedSet, cheapest, permitted_of, why_given
from nightgrid.pricing.explain.stay import ACTS, Stay, give_free_nights
from nightgrid.pricing.explain.stay_bounds import bound_stay
from nightgrid.pricing.explain.stay_prices import price_stay
from nightgrid.pricing.model import MemberTier
from nightgrid.pricing.pipelines import PlacedStage

#: What stages of a stay do, but for free nights and promotions.
STAY_ACTS: Final = ACTS | {"stay_prices": price_stay, "stay_bounds": bound_stay, "package": add_packages}
_NOTHING_MET: Final = Candidates([], {})


@dataclass(slots=True)
class Considered:
    """What the reasons of an explanation are made from."""

    rules: ProductRules  # of the product that is sold
    asked_rules: ProductRules  # of the product that was asked for
    facts: Facts
    is_member_silent: bool
    no_free_nights: Mapping[int, str] = field(default_factory=dict)  # why rules give none, by position
    candidates: Candidates = _NOTHING_MET
    chosen: Chosen = ()
    sets: Sequence[PricedSet] = ()
    permitted: tuple[Permitted, int] | None = (
        None  # the sets that were compared, and the place of the one that is given
    )
    average: Exact = ZERO  # net price of a night
    plans: Sequence[NightPlan] = ()  # of the nights

    def given(self) -> Mapping[int, str]:
        """Why the promotions are given that are, by position."""
        return {} if self.permitted is None else why_given(*self.permitted, self.candidates.met)


class Made(NamedTuple):
    """The price of one room's stay, exactly; `nights_minor` add up to `total_minor`."""

    lines: tuple[Line, ...]
    nights_minor: tuple[int, ...]
    net_minor: int
    taxes: Taxed
    paid: Paid
    considered: Considered
    weights: Sequence[Exact]  # how the nights share the total; under the policy `night` what each costs


def make_price(asked_rules: ProductRules, facts: Facts) -> Made:
    """Make the price of a stay. Raises Refused (TOO_MANY_GUESTS), InputError (no guests told, no such package)."""
    plan = _own_plan(asked_rules, facts)
    rules = plan or asked_rules
    considered = Considered(rules, asked_rules, facts, plan is not None)
    party_of(facts, rules)
    if facts.asking.packages:
        check_packages(rules, facts)
    nights, considered.plans = price_nights(rules, facts)
    placed = rules.source.placed
    if placed.per_night is None:
        stays = [Stay(rules, facts, nights, None, plan is not None)]
    else:
        stays = [Stay(rules, facts, [night], night.night, plan is not None) for night in nights]
    _stay_stages(stays, considered)
    final = placed.final or placed.per_night
    nets = []
    for stay in stays:
        if final is not None:
            stay.round(final, rules.currency)
        nets.append(stay.value.numerator // stay.value.denominator)
    return _charged(nights, stays, nets, considered)


def _own_plan(rules: ProductRules, facts: Facts) -> ProductRules | None:
    """The rules of the plan that the guest's tier is sold instead, where the room type has it."""
    best = rules.best["member_tier"]
    if best is None or not isinstance(best[1], MemberTier) or not rules.source.has_tiers:
        return None
    plan = best[1].plan.get(facts.tier)
    return None if plan is None else rules.plan_product(plan)


def _told_plan(considered: Considered) -> list[Account]:
    """A line that says which plan is sold, where it is another one."""
    if not considered.is_member_silent:
        return []
    best = considered.asked_rules.best["member_tier"]
    name = best[1].name if best is not None else ""
    told = Account(None)
    told.lines.append(("member_tier", name, f"is sold plan {considered.rules.plan}", ZERO, None, ZERO))
    return [told]


def _stay_stages(stays: list[Stay], considered: Considered) -> None:
    source = considered.rules.source
    looked_back_at = source.looked_back_at
    for stage in source.stay_stages:
        kind = stage.kind
        if kind == "promotion":
            _promote(stays, stage, considered)
        elif kind == "free_nights":
            found = [give_free_nights(stay) for stay in stays]
            considered.no_free_nights = found[0]
        else:
            act = STAY_ACTS[kind]
            for stay in stays:
                act(stay, stage)
        if stage.rounder is not None or kind in looked_back_at:
            for stay in stays:
                if stage.rounder is not None:
                    stay.round(stage.rounder, stay.rules.currency)
                stay.record(kind)


def _promote(stays: list[Stay], placed: PlacedStage, considered: Considered) -> None:
    """Find the promotions that the stay meets, choose among their sets, give the chosen ones."""
    rules, facts = considered.rules, considered.facts
    before = stays[0].value if len(stays) == 1 else total([stay.value for stay in stays])
    member = stays[0].member
    points = _NO_POINTS if member is None else member[1].extra_points.get(facts.tier, _NO_POINTS)
    common = Common(placed.of, before, points)
    found = considered.candidates = candidates_of(facts, rules, before)
    met = found.met
    if met:
        permitted = permitted_of(rules, met, has_points=bool(common.points))
        plain = is_plain(stays, permitted, common)
        after = plain_amounts_after if plain else amounts_after
        amounts = after(stays, met, permitted, common)
        best, considered.sets = cheapest(permitted, amounts, rules.source.book.stacking.policy == "hotel")
        considered.permitted = permitted, best
        parts = (*met, *permitted.fewer)
        chosen = considered.chosen = tuple([parts[place] for place in permitted.parts[best]])
        if not (plain and write_plain(stays[0], chosen, common)):
            write_all(stays, chosen, common)
    if points and not considered.chosen and member is not None:
        for stay in stays:
            stay.times("member_tier", percent_parts(-points), member[1].name, None, ", extra points alone")


_NO_POINTS: Final = Decimal(0)


def _charged(nights: list[Night], stays: list[Stay], nets: list[int], considered: Considered) -> Made:
    """Taxes on the net price, points off what is paid, the nights that add up to the total, and all lines in order."""
    rules, facts = considered.rules, considered.facts
    net = sum(nets)
    considered.average = Exact(net, facts.nights)
    bills = [Account(stay.night) for stay in stays]
    taxed, payment, paid, has_taxes = [NO_TAX] * len(stays), Account(None), NOTHING_PAID, False
    for stage in rules.source.bill_stages:
        if stage.kind == "tax":
            has_taxes = True
            taxed = [
                add_taxes(bill, rules, facts, each, considered.average, stay.nights)
                for bill, each, stay in zip(bills, nets, stays, strict=True)
            ]
        else:
            due = net + sum([each.added_minor for each in taxed])
            payment.value = Exact(due)
            paid = pay_with_points(payment, rules, facts, due, after_taxes=has_taxes)
    taxes = taxed[0]
    if len(taxed) > 1:
        taxes = Taxed(sum(each.added_minor for each in taxed), sum(each.included_minor for each in taxed))
    total_minor = net + taxes.added_minor
    by_night = rules.source.placed.per_night is not None
    if by_night:
        shares = [each + tax.added_minor for each, tax in zip(nets, taxed, strict=True)]
        weights = [Exact(each) for each in shares]
    else:
        weights = stays[0].weights
        shares = allocate_whole(total_minor, whole(weights))
    pages: list[Page] = [*_told_plan(considered)]
    sums: dict[int, str] = {}
    if by_night:
        pages += [part for pair in zip(nights, stays, strict=True) for part in pair]
    else:
        pages += nights
        sums[len(pages) - 1] = "subtotal"
        pages.append(stays[0])
    if any(bill.lines for bill in bills):
        sums[len(pages) - 1] = "net"
    pages += bills
    sums[len(pages) - 1] = "total"
    if payment.lines:
        pages.append(payment)
        sums[len(pages) - 1] = "payable"
    return Made(in_order(pages, sums), tuple(shares), net, taxes, paid, considered, weights)
