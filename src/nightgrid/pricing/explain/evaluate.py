"""A stay through the whole pipeline: the lines, the amounts, and what was considered on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from nightgrid.pricing.explain.stacking import (
    Chosen,
    Permitted,
    PricedSet,
    in_order_of_price,
    permitted_of,
    priced_sets,
    why_given,
)
from nightgrid.pricing.explain.stay import ACTS, Stay, give_free_nights
from nightgrid.pricing.explain.stay_bounds import bound_stay
from nightgrid.pricing.explain.stay_prices import price_stay
from nightgrid.pricing.model import MemberTier
from nightgrid.pricing.pipelines import PlacedStage, Rounder

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
    permitted: Permitted | None = None  # the sets that were compared
    amounts: Sequence[Exact] = ()  # after each
    order: Sequence[int] = ()  # their places, that of the one that is given first
    average: Exact = ZERO  # net price of a night
    plans: Sequence[NightPlan] = ()  # of the nights
    nights: Sequence[Night] = ()
    stays: Sequence[Stay] = ()  # one, or one a night
    paid: Paid = NOTHING_PAID  # by points

    def given(self) -> Mapping[int, str]:
        """Why the promotions are given that are, by position."""
        return {} if self.permitted is None else why_given(self.permitted, self.order[0], self.candidates.met)


class Made(NamedTuple):
    """The price of one room's stay, exactly. `weights`: how the nights share the total; whole numbers that add up to it
    where each night is priced alone.
    """

    pages: Sequence[Page]
    sums: Mapping[int, str]  # what is shown after which page
    net_minor: int
    taxes: Taxed
    considered: Considered
    weights: Sequence[Exact]
    total_minor: int

    def lines(self) -> tuple[Line, ...]:
        """The lines in their order."""
        return in_order(self.pages, self.sums)

    def nights_minor(self) -> tuple[int, ...]:
        """What each night costs; they add up to `total_minor`."""
        return tuple(allocate_whole(self.total_minor, whole(self.weights)))

    def sets(self) -> tuple[PricedSet, ...]:
        """The sets of promotions that were compared, the one that is given first."""
        of = self.considered
        return () if of.permitted is None else tuple(priced_sets(of.permitted, of.amounts, of.order))


def make_price(asked_rules: ProductRules, facts: Facts) -> Made:
    """Make the price of a stay. Raises Refused (TOO_MANY_GUESTS), InputError (no guests told, no such package)."""
    plan = _own_plan(asked_rules, facts)
    rules = plan or asked_rules
    considered = Considered(rules, asked_rules, facts, plan is not None)
    party_of(facts, rules)
    if facts.asking.packages:
        check_packages(rules, facts)
    nights, considered.plans = price_nights(rules, facts)
    considered.nights = nights
    placed = rules.source.placed
    if placed.per_night is None:
        stays = [Stay(rules, facts, nights, None, plan is not None)]
    else:
        stays = [Stay(rules, facts, [night], night.night, plan is not None) for night in nights]
    considered.stays = stays
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


class _Act(NamedTuple):
    """What a stage does to stays of products of a scope: `act` is None where no rule of it is for them."""

    stage: PlacedStage
    act: Callable[[Stay, PlacedStage], None] | None
    rounder: Rounder | None
    is_recorded: bool  # the amount after it is looked back at


def _acts_of(rules: ProductRules) -> list[_Act]:
    """The stages of a stay that do anything for products of a scope, prepared once."""
    found: list[_Act] | None = rules.prepared.get("acts")
    if found is None:
        source, found = rules.source, []
        for stage in source.stay_stages:
            kind = stage.kind
            acts = kind == "promotion" or rules.inside[kind]
            act = STAY_ACTS.get(kind) if acts else None
            is_recorded = stage.rounder is not None or kind in source.looked_back_at
            if acts or is_recorded:
                found.append(_Act(stage, act, stage.rounder, is_recorded))
        rules.prepared["acts"] = found  # whole: another thread may ask at any time
    return found


def _stay_stages(stays: list[Stay], considered: Considered) -> None:
    for stage, act, rounder, is_recorded in _acts_of(considered.rules):
        if act is not None:
            for stay in stays:
                act(stay, stage)
        elif stage.kind == "promotion":
            _promote(stays, stage, considered)
        elif stage.kind == "free_nights":
            found = [give_free_nights(stay) for stay in stays]
            considered.no_free_nights = found[0]
        if is_recorded:
            for stay in stays:
                if rounder is not None:
                    stay.round(rounder, stay.rules.currency)
                stay.record(stage.kind)


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
        amounts = considered.amounts = after(stays, met, permitted, common)
        order = considered.order = in_order_of_price(amounts, highest=rules.source.book.stacking.policy == "hotel")
        considered.permitted = permitted
        parts = (*met, *permitted.fewer)
        chosen = considered.chosen = tuple([parts[place] for place in permitted.parts[order[0]]])
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
    taxed, payment, has_taxes = [NO_TAX] * len(stays), Account(None), False
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
            considered.paid = pay_with_points(payment, rules, facts, due, after_taxes=has_taxes)
    taxes = taxed[0]
    if len(taxed) > 1:
        taxes = Taxed(sum(each.added_minor for each in taxed), sum(each.included_minor for each in taxed))
    total_minor = net + taxes.added_minor
    by_night = rules.source.placed.per_night is not None
    if by_night:
        weights = [Exact(each + tax.added_minor) for each, tax in zip(nets, taxed, strict=True)]
    else:
        weights = stays[0].weights
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
    return Made(pages, sums, net, taxes, considered, weights, total_minor)
