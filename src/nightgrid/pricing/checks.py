"""What is wrong between the parts of a book: names that nothing has, rules that cannot meet, too much of something."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Final

from nightgrid.limits import DERIVED_DEPTH_MAX, SEASON_GROUPS_MAX
from nightgrid.pricing.checks_pipeline import pipeline_problems
from nightgrid.pricing.fields import Problem, shown
from nightgrid.pricing.model.extras import Brackets
from nightgrid.pricing.model.promotions import Promotion
from nightgrid.pricing.model.tables import RULE_KINDS, RULES_MAX, BookTables

#: Among at most so many names a similar one is looked for, at most so many times.
_SUGGESTED_AMONG_MAX: Final = 1_000
_SUGGESTIONS_MAX: Final = 20


def book_problems(
    book: BookTables, *, with_tiers: bool = True, other_promotions: Collection[str] = ()
) -> list[Problem]:
    """What is wrong between the parts of a book whose parts are valid.

    with_tiers = False where the tiers are not known. other_promotions: names of promotions that are not in the book
    because they are wrong themselves; naming them is no mistake. O(rules + promotions that name each other).
    """
    problems = [*_size_problems(book), *_currency_problems(book), *_group_problems(book)]
    if with_tiers:
        problems += _tier_problems(book)
    problems += pipeline_problems(book)
    problems += _derived_problems(book)
    problems += _promotion_problems(book, other_promotions)
    problems += _tax_problems(book)
    return problems


def _size_problems(book: BookTables) -> Iterator[Problem]:
    rules = sum(len(book.rules(kind)) for kind in RULE_KINDS)
    if rules > RULES_MAX:
        fix = f"a book has at most {RULES_MAX:,}; use where with lists"
        yield Problem((), f"the book has {rules:,} rules", fix)


def _currency_problems(book: BookTables) -> Iterator[Problem]:
    display = book.book.display_currency
    if display and book.currencies and display not in book.currencies:
        fix = f'add {display} = "1" to [currencies]'
        yield Problem(("book", "display_currency"), f"display currency {display} has no rate", fix)


def _group_problems(book: BookTables) -> Iterator[Problem]:
    groups = book.season_groups()
    for position, season in enumerate(book.season):
        if season.group in groups[SEASON_GROUPS_MAX:]:
            fix = f"use at most {SEASON_GROUPS_MAX} groups; these come first: {', '.join(groups[:SEASON_GROUPS_MAX])}"
            yield Problem(("season", position, "group"), f"group {shown(season.group)} is one too many", fix)


def _tier_problems(book: BookTables) -> Iterator[Problem]:
    known = book.book.tiers
    fix = f"use one of {', '.join(known)}, or add it to tiers in [book]"
    for position, table in enumerate(book.member_tier):
        for key, tiers in table.changes():
            for tier in tiers:
                if tier not in known:
                    yield Problem(("member_tier", position, key, tier), f"tier {shown(tier)} is not known", fix)
    for kind in ("promotion", "free_nights"):
        for position, offer in enumerate(getattr(book, kind)):
            for at, tier in enumerate(offer.tiers):
                if tier not in known:
                    yield Problem((kind, position, "tiers", at), f"tier {shown(tier)} is not known", fix)


def _derived_problems(book: BookTables) -> Iterator[Problem]:
    """Chains that end nowhere or are too long, among rules of one scope without dates.

    What is derived where dates and scopes cross is known when the book meets a catalogue; the compiler looks then.
    """
    parents: dict[tuple[object, ...], dict[str, tuple[str, int]]] = {}
    ranked = sorted(enumerate(book.derived), key=lambda pair: pair[1].rank(pair[0]))
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
                circle = " from ".join([*chain, plan])
                yield Problem(at, f"plans are derived in a circle: {circle}", "derive one of them from another plan")
            elif parent and parent not in chain:
                problem = f"plan {shown(plan)} is derived over more than {DERIVED_DEPTH_MAX} steps"
                yield Problem(at, problem, "derive it from an earlier plan of the chain")


def _promotion_problems(book: BookTables, other_promotions: Collection[str]) -> Iterator[Problem]:
    counts = Counter(promotion.name for promotion in book.promotion)
    by_name = {promotion.name: promotion for promotion in reversed(book.promotion)}
    known = {*by_name, *other_promotions}
    seen: set[str] = set()
    suggestions = _SUGGESTIONS_MAX if len(known) <= _SUGGESTED_AMONG_MAX else 0
    for position, promotion in enumerate(book.promotion):
        at = ("promotion", position)
        if counts[promotion.name] > 1 and promotion.name in seen:
            fix = "give each promotion its own name: excludes and requires, and the guest's invoice, go by it"
            yield Problem((*at, "name"), f"promotion {shown(promotion.name)} stands there before", fix)
        seen.add(promotion.name)
        for key in ("excludes", "requires"):
            for number, name in enumerate(getattr(promotion, key)):
                if name == promotion.name:
                    yield Problem((*at, key, number), f"promotion {shown(name)} {key} itself", "take it out")
                elif name not in known:
                    close = difflib.get_close_matches(name, known, 1) if suggestions > 0 else []
                    suggestions -= 1
                    fix = (
                        f"did you mean {shown(close[0])}? It is written so"
                        if close
                        else "use the name of a promotion of this book"
                    )
                    yield Problem((*at, key, number), f"there is no promotion {shown(name)}", fix)
        for number, name in enumerate(promotion.requires):
            if name != promotion.name and name in by_name:
                reason = never_together(promotion, by_name[name])
                if reason:
                    problem = f"promotion {shown(name)} is required and can never be there: {reason}"
                    yield Problem((*at, "requires", number), problem, "take one of the two out")


def never_together(one: Promotion, other: Promotion) -> str:
    """Why two promotions never combine on the same nights, "" where they may: classes, lanes, excludes."""
    if other.name in one.excludes or one.name in other.excludes:
        return "one excludes the other"
    if one.lane is not None and one.lane == other.lane:
        return f"both are in lane {shown(one.lane)}"
    classes = {one.stacking_class, other.stacking_class}
    if "none" in classes:
        return 'class "none" combines with nothing'
    if len(classes) == 1 and "any" not in classes:
        return f"both are of class {shown(one.stacking_class)}"
    return ""


def _tax_problems(book: BookTables) -> Iterator[Problem]:
    """Brackets of one tax that overlap: two taxes of one name, scope and dates, both of which a price would pay."""
    parts: dict[tuple[object, ...], list[int]] = {}
    for position, tax in enumerate(book.tax):
        if tax.brackets is not None:
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
