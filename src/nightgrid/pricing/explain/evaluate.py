"""A stay through the whole pipeline: the lines, the amounts, and what was considered on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from nightgrid.money import allocate
from nightgrid.pricing.explain.charges import Paid, Taxed, add_packages, add_taxes, check_packages, pay_with_points
from nightgrid.pricing.explain.exact import ZERO, Exact, total, whole
from nightgrid.pricing.explain.facts import Facts, party_of
from nightgrid.pricing.explain.lines import Account, Line, percent_parts
from nightgrid.pricing.explain.nights import Night, price_night
from nightgrid.pricing.explain.offers import Candidate, Candidates, candidates_of
from nightgrid.pricing.explain.promotions import Common, Given, give, write
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.stacking import Chosen, PricedSet, cheapest, greedy, permitted_sets
from nightgrid.pricing.explain.stay import ACTS, Stay
from nightgrid.pricing.model import MemberTier
from nightgrid.pricing.pipelines import PlacedStage

#: Sets of promotions by the candidates they are made of; one product meets few combinations.
_SETS_MAX = 256


@dataclass(slots=True)
class Considered:
    """What the reasons of an explanation are made from."""

    rules: ProductRules  # of the product that is sold
    asked_rules: ProductRules  # of the product that was asked for
    facts: Facts
    is_member_silent: bool
    free_nights_at: Exact = ZERO  # the amount before the stage of free nights
    candidates: Candidates = field(default_factory=lambda: Candidates([], {}))
    chosen: Chosen = ()
    sets: list[PricedSet] = field(default_factory=list)
    average: Exact = ZERO  # net price of a night


@dataclass(frozen=True, slots=True)
class Made:
    """The price of one room's stay, exactly; `nights_minor` add up to `total_minor`."""

    lines: tuple[Line, ...]
    nights_minor: tuple[int, ...]
    net_minor: int
    taxes: Taxed
    paid: Paid
    considered: Considered


def make_price(asked_rules: ProductRules, facts: Facts) -> Made:
    """Make the price of a stay. Raises Refused (TOO_MANY_GUESTS), InputError (no guests told, no such package)."""
    plan = _own_plan(asked_rules, facts)
    rules = plan or asked_rules
    considered = Considered(rules, asked_rules, facts, plan is not None)
    party_of(facts, rules)
    check_packages(rules, facts)
    nights = [price_night(rules, facts, index) for index in range(facts.nights)]
    placed = rules.source.placed
    if placed.per_night is None:
        stays = [Stay(rules, facts, nights, None, plan is not None)]
    else:
        stays = [Stay(rules, facts, [night], night.night, plan is not None) for night in nights]
    if plan is not None:
        _tell_plan(asked_rules, plan, nights[0])
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
    if best is None or not isinstance(best[1], MemberTier) or rules.source.placed.index("member_tier") < 0:
        return None
    plan = best[1].plan.get(facts.tier)
    return None if plan is None else rules.plan_product(plan)


def _tell_plan(asked: ProductRules, sold: ProductRules, night: Night) -> None:
    best = asked.best["member_tier"]
    name = best[1].name if best is not None else ""
    night.lines.insert(0, Line("member_tier", None, name, f"is sold plan {sold.plan}", ZERO, None, ZERO))


def _stay_stages(stays: list[Stay], considered: Considered) -> None:
    for stage in considered.rules.source.stay_stages:
        if stage.kind == "promotion":
            _promote(stays, stage, considered)
        elif stage.kind == "free_nights":
            considered.free_nights_at = stays[0].value
        for stay in stays:
            if stage.kind == "package":
                add_packages(stay)
            elif stage.kind in ACTS:
                ACTS[stage.kind](stay, stage)
            if stage.rounder is not None:
                stay.round(stage.rounder, stay.rules.currency)
            stay.record(stage.kind)


def _promote(stays: list[Stay], placed: PlacedStage, considered: Considered) -> None:
    """Find the promotions that the stay meets, choose among their sets, give the chosen ones."""
    rules, facts = considered.rules, considered.facts
    before = stays[0].value if len(stays) == 1 else total([stay.value for stay in stays])
    member = stays[0].member
    points = Decimal(0) if member is None else member[1].extra_points.get(facts.tier, Decimal(0))
    common = Common(placed.of, before, points)
    found = considered.candidates = candidates_of(facts, rules, before)
    amounts = _Amounts(stays, common)
    considered.chosen, considered.sets = _choose(rules, found.met, amounts)
    for number in range(1, len(considered.chosen) + 1):
        after = amounts.after(considered.chosen[:number])
        for stay, given in zip(stays, after, strict=True):
            write(stay, considered.chosen[number - 1], common, given)
    if points and not considered.chosen and member is not None:
        for stay in stays:
            stay.times("member_tier", -points, member[1].name, None, ", extra points alone")


def _choose(rules: ProductRules, met: list[Candidate], amounts: _Amounts) -> tuple[Chosen, list[PricedSet]]:
    if not met:
        return (), []
    stacking = rules.source.book.stacking
    if stacking.policy in ("first", "accumulate"):
        return cheapest([greedy(met, stacking.policy)], amounts.of, False)
    key = tuple((each.position, each.acting) for each in met)
    sets = rules.sets.get(key)
    if sets is None:
        if len(rules.sets) >= _SETS_MAX:
            rules.sets.clear()
        sets = rules.sets[key] = permitted_sets(met, stacking.over == "maximal")
    return cheapest([tuple([met[at] for at in some]) for some in sets], amounts.of, stacking.policy == "hotel")


class _Amounts:
    """Exact amounts after sets of promotions; sets that begin alike share their beginning."""

    def __init__(self, stays: list[Stay], common: Common) -> None:
        self._stays = stays
        self._common = common
        start = tuple([Given(stay.value, stay.weights) for stay in stays])
        self._known: dict[Chosen, tuple[Given, ...]] = {(): start}

    def of(self, some: Chosen) -> Exact:
        """The stay's amount after a set; without any promotion a member's extra points act alone."""
        if not some and self._common.points:
            return self._common.before * percent_parts(-self._common.points)[1]
        after = self.after(some)
        return after[0].value if len(after) == 1 else total([given.value for given in after])

    def after(self, some: Chosen) -> tuple[Given, ...]:
        """The stays after a set."""
        known = self._known.get(some)
        if known is None:
            pairs = zip(self._stays, self.after(some[:-1]), strict=True)
            known = self._known[some] = tuple([give(stay, some[-1], given, self._common) for stay, given in pairs])
        return known


def _charged(nights: list[Night], stays: list[Stay], nets: list[int], considered: Considered) -> Made:
    """Taxes on the net price, points off what is paid, the nights that add up to the total, and all lines in order."""
    rules, facts = considered.rules, considered.facts
    net = sum(nets)
    considered.average = Exact(net, facts.nights)
    bills = [Account(stay.night) for stay in stays]
    taxed, payment, paid = [Taxed(0, 0)] * len(stays), Account(None), Paid(0, 0)
    for stage in rules.source.placed.stages:
        if stage.kind == "tax":
            taxed = [
                add_taxes(bill, rules, facts, each, considered.average, [night.index for night in stay.nights])
                for bill, each, stay in zip(bills, nets, stays, strict=True)
            ]
        elif stage.kind == "points":
            due = net + sum(each.added_minor for each in taxed)
            payment.value = Exact(due)
            paid = pay_with_points(payment, rules, facts, due)
    taxes = Taxed(sum(each.added_minor for each in taxed), sum(each.included_minor for each in taxed))
    total_minor = net + taxes.added_minor
    by_night = rules.source.placed.per_night is not None
    if by_night:
        shares = [each + tax.added_minor for each, tax in zip(nets, taxed, strict=True)]
    else:
        shares = allocate(total_minor, whole(stays[0].weights))
    has_taxes = any(bill.lines for bill in bills)
    accounts: list[Account] = []
    sums: dict[int, str] = {}
    if by_night:
        accounts = [part for pair in zip(nights, stays, strict=True) for part in pair]
    else:
        accounts = [*nights, stays[0]]
        sums[len(nights) - 1] = "subtotal"
    if has_taxes:
        sums[len(accounts) - 1] = "net"
    accounts += bills
    sums[len(accounts) - 1] = "total"
    if payment.lines:
        accounts.append(payment)
        sums[len(accounts) - 1] = "payable"
    return Made(tuple(Line.in_order(accounts, sums)), tuple(shares), net, taxes, paid, considered)
