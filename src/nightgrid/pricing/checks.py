"""What is wrong between the parts of a book: names that nothing has, rules that cannot meet, too much of something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from nightgrid.limits import DERIVED_DEPTH_MAX, SEASON_GROUPS_MAX
from nightgrid.pricing.checks_pipeline import PIPELINE_CHECKS
from nightgrid.pricing.checks_promotions import promotion_problems
from nightgrid.pricing.fields import Problem, plain, shown
from nightgrid.pricing.model.extras import Brackets
from nightgrid.pricing.model.judging import UNREADABLE, each_known, is_whole, known, problems_of
from nightgrid.pricing.model.parts import OfferConditions
from nightgrid.pricing.model.tables import RULE_KINDS, RULES_MAX, BookTables


def book_problems(book: BookTables) -> list[Problem]:
    """What is wrong between the parts of a book. Parts may be such that they can be read in part only
    (`nightgrid.pricing.model.judging`). O(rules + promotions that name each other).
    """
    checks = (
        _size_problems, _currency_problems, _group_problems, _tier_problems, _clock_problems, *PIPELINE_CHECKS,
        _derived_problems, promotion_problems, _tax_problems,
    )  # fmt: skip
    return list(problems_of(book, checks))


def _size_problems(book: BookTables) -> Iterator[Problem]:
    rules = sum(len(book.rules(kind)) for kind in RULE_KINDS if book.rules(kind) is not UNREADABLE)
    if rules > RULES_MAX:
        fix = f"a book has at most {RULES_MAX:,}; use where with lists"
        yield Problem((), f"the book has {rules:,} rules", fix)


def _currency_problems(book: BookTables) -> Iterator[Problem]:
    display = book.book.display_currency
    if display and book.currencies and display not in book.currencies:
        fix = f'add {display} = "1" to [currencies]'
        yield Problem(("book", "display_currency"), f"display currency {display} has no rate", fix)


def _group_problems(book: BookTables) -> Iterator[Problem]:
    named = [(position, season.group) for position, season in each_known(book.season, "group")]
    groups = list(dict.fromkeys(group for _, group in named))
    late = set(groups[SEASON_GROUPS_MAX:])
    for position, group in named:
        if group in late:
            first = ", ".join(map(plain, groups[:SEASON_GROUPS_MAX]))
            fix = f"use at most {SEASON_GROUPS_MAX} groups; these come first: {first}"
            yield Problem(("season", position, "group"), f"group {shown(group)} is one too many", fix)


def _tier_problems(book: BookTables) -> Iterator[Problem]:
    tiers = list(dict.fromkeys(known(book.book.tiers)))
    if not is_whole(book.book.tiers):
        return  # one that could not be read may be meant
    fix = f"use one of {', '.join(map(plain, tiers))}, or add it to tiers in [book]"
    for path in _tiers_named(book):
        if path[-1] not in tiers:
            place = path if path[0] == "member_tier" else path[:-1]
            yield Problem(place, f"tier {shown(path[-1])} is not known", fix)


def _tiers_named(book: BookTables) -> Iterator[tuple[str | int, ...]]:
    """Where tiers stand in the rules, and the tier behind it."""
    for position, table in each_known(book.member_tier):
        for key, of_tiers in table.changes():
            yield from (("member_tier", position, key, tier) for tier in of_tiers)
    for kind, position, offer in _offers(book, "tiers"):
        yield from ((kind, position, "tiers", at, tier) for at, tier in each_known(offer.tiers))


def _offers(book: BookTables, *names: str) -> Iterator[tuple[str, int, OfferConditions]]:
    """Kind, position and offer of all that have conditions, as far as these keys could be read."""
    kinds: tuple[tuple[str, Iterable[OfferConditions]], ...]
    kinds = (("promotion", book.promotion), ("free_nights", book.free_nights))
    for kind, offers in kinds:
        yield from ((kind, position, offer) for position, offer in each_known(offers, *names))


def _clock_problems(book: BookTables) -> Iterator[Problem]:
    """Hours of booking in a book that does not say on whose clock they are."""
    if book.book.gives("clock"):
        return
    for kind, position, offer in _offers(book):
        if offer.gives("booking_hours"):
            problem = "it has hours, and the book does not say on whose clock"
            fix = 'add clock = "Asia/Shanghai" or "hotel" to [book]'
            yield Problem((kind, position, "booking_hours"), problem, fix)


def _derived_problems(book: BookTables) -> Iterator[Problem]:
    """Chains that end nowhere or are too long, among rules of one scope without dates.

    What is derived where dates and scopes cross is known when the book meets a catalogue; the compiler looks then.
    """
    parents: dict[tuple[object, ...], dict[str, tuple[str, int]]] = {}
    there = each_known(book.derived, "where", "from_plan", "dates", "priority")
    readable = [(position, rule) for position, rule in there if is_whole((rule.where, *rule.dates))]
    readable = [(position, rule) for position, rule in readable if rule.from_plan not in rule.where.plan]
    ranked = sorted(readable, key=lambda pair: pair[1].rank(pair[0]))
    for position, rule in ranked:
        if not rule.dates:
            scope = tuple(each for each in rule.where.conditions() if each[0] != "plan")
            for plan in rule.where.plan:
                parents.setdefault(scope, {}).setdefault(plan, (rule.from_plan, position))
    for of_plan in parents.values():
        reported: set[str] = set()
        for plan in of_plan:
            chain = [plan]
            while chain[-1] in of_plan and len(chain) <= DERIVED_DEPTH_MAX and of_plan[chain[-1]][0] not in chain:
                chain.append(of_plan[chain[-1]][0])
            at = ("derived", of_plan[plan][1], "from_plan")
            parent = of_plan.get(chain[-1], ("", 0))[0]
            if parent == plan and not reported & set(chain):
                reported.update(chain)
                circle = " from ".join(map(plain, [*chain, plan]))
                yield Problem(at, f"plans are derived in a circle: {circle}", "derive one of them from another plan")
            elif parent and parent not in chain:
                problem = f"plan {shown(plan)} is derived over more than {DERIVED_DEPTH_MAX} steps"
                yield Problem(at, problem, "derive it from an earlier plan of the chain")


def _tax_problems(book: BookTables) -> Iterator[Problem]:
    """Brackets of one tax that overlap: two taxes of one name, scope and dates, both of which a price would pay."""
    parts: dict[tuple[object, ...], list[int]] = {}
    for position, tax in each_known(book.tax, "name", "where", "dates", "brackets"):
        if tax.brackets is not None and is_whole((tax.where, tax.brackets, *tax.dates)):
            parts.setdefault((tax.name, tax.where, tax.dates), []).append(position)
    for positions in parts.values():
        for earlier, later in combinations(positions[:100], 2):
            one, other = book.tax[earlier].brackets, book.tax[later].brackets
            codes = _overlapping(one, other) if one and other else []
            if codes:
                problem = f"its brackets overlap those of tax {earlier + 1} of the same name in {', '.join(codes)}"
                yield Problem(("tax", later, "brackets"), problem, "end one where the other begins: to is not included")


def _overlapping(one: Brackets, other: Brackets) -> list[str]:
    """Currencies in which an amount is in both brackets."""
    codes = {*one.from_amount, *one.to_amount} & {*other.from_amount, *other.to_amount}
    found = []
    for code in sorted(codes):
        low = max(one.from_amount.get(code, 0), other.from_amount.get(code, 0))
        ends = [end for end in (one.to_amount.get(code), other.to_amount.get(code)) if end is not None]
        if not ends or low < min(ends):
            found.append(code)
    return found
