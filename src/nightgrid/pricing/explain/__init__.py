"""Why a stay costs what it costs: the author's rules, one line each, with amounts that add up exactly to the total.

Everything is computed here from the author's model in exact ratios of integers: which rules are within reach, which
win, what they change. No compiled table and no kernel takes part, so that an explanation is a second opinion on them.
What no question changes is worked out once and kept in bounded caches, by scope and by product and night, and what a
rule makes of a party of guests by the party; nothing of an answer is.

- `scoped`: which rules are for a product, the same for all products of its scope; `rules`: what wins on its nights
- `facts`, `conditions`: what was asked, and which conditions it meets
- `night_plans`, `nights`, `stay`, `offers`, `promotions`, `stacking`, `charges`: the stages
- `evaluate`: the pipeline; `exact`, `lines`: what it counts with and writes
- `notes`, `verdicts`, `night_notes`, `remarks`, `words`: the reasons
- `answer`: the explanation as its caller sees it
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError, UnknownIdError
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.nights import to_date
from nightgrid.pricing.compile import CompiledBook
from nightgrid.pricing.explain.answer import TOLD, Explanation
from nightgrid.pricing.explain.evaluate import Made, make_price
from nightgrid.pricing.explain.exact import whole
from nightgrid.pricing.explain.facts import Asked, Facts
from nightgrid.pricing.explain.lines import Line
from nightgrid.pricing.explain.remarks import RuleNote
from nightgrid.pricing.explain.rules import Source
from nightgrid.pricing.explain.stacking import PricedSet
from nightgrid.pricing.model import MemberTier

__all__ = [
    "TOLD", "Asked", "Explanation", "Line", "PricedSet", "RuleNote", "Source",
    "explain", "explain_from", "explain_weighed", "points_rule",
]  # fmt: skip

_SOURCES: WeakKeyDictionary[CompiledBook, Source] = WeakKeyDictionary()


def explain(
    compiled: CompiledBook,
    catalog: Catalog,
    product_index: int,
    arrival: int,
    nights: int,
    lead_days: int,
    tier: str,
    asking: Asking = ANYBODY,
) -> Explanation:
    """Explain the price of a stay. `arrival` is an ordinal; `lead_days` are days from booking to arrival, 0 or more.

    Raises InputError for a stay outside the window of the book and for guests that are needed and not told,
    UnknownIdError for an unknown tier or product, Refused (TOO_MANY_GUESTS). O(rules of the book) the first
    time for a scope, O(rules in scope) for a night; then about 4 microseconds a line. `Explanation.rules` is computed
    when it is first asked for.
    """
    source = _source_of(compiled, catalog)
    asked = Asked(int(product_index), int(arrival), int(nights), int(lead_days), tier, asking)
    return explain_from(source, asked)


def _source_of(compiled: CompiledBook, catalog: Catalog) -> Source:
    """What prices of a compiled book are explained from; remembered as long as the book."""
    source = _SOURCES.get(compiled)
    if source is None or source.catalog is not catalog:
        source = Source(compiled.book, catalog, compiled.first_night, compiled.n_nights, compiled.data)
        _SOURCES[compiled] = source
    return source


def points_rule(compiled: CompiledBook, catalog: Catalog, product_index: int, tier: str) -> str:
    """The name of the rule by which points pay for what a tier is sold of a product; "" for none."""
    rules = _source_of(compiled, catalog).rules_of(product_index)
    member = rules.best["member_tier"]
    if member is not None and isinstance(member[1], MemberTier) and tier in member[1].plan:
        rules = rules.plan_product(member[1].plan[tier]) or rules
    best = rules.best["points"]
    return "" if best is None else best[1].name


def explain_from(source: Source, asked: Asked) -> Explanation:
    """The same from a book that is not compiled."""
    return _explained(source, asked)[0]


def explain_weighed(compiled: CompiledBook, catalog: Catalog, asked: Asked) -> tuple[Explanation, list[int]]:
    """`explain`, and whole numbers in the proportion in which the nights share the total."""
    found, made = _explained(_source_of(compiled, catalog), asked)
    return found, whole(made.weights)


def _explained(source: Source, asked: Asked) -> tuple[Explanation, Made]:
    _check(source, asked)
    rules = source.rules_of(asked.product_index)
    made = make_price(rules, Facts(asked))
    taxes, considered = made.taxes, made.considered
    found = Explanation.made(
        {
            "asked": asked,
            "currency": rules.currency,
            "digest": source.digest,
            "net_minor": made.net_minor,
            "taxes_minor": taxes.added_minor,
            "included_taxes_minor": taxes.included_minor,
            "total_minor": made.total_minor,
            "payable_minor": made.total_minor - considered.paid.minor,
            "points_used": considered.paid.points,
            "applied": tuple([each.offer.position for each in considered.chosen]),
            "_made": made,
            "_catalog": source.catalog,
            "others": None,
        }
    )
    return found, made


def _check(source: Source, asked: Asked) -> None:
    catalog, nights, tiers = source.catalog, asked.nights, source.book.book.tiers
    if not 0 <= asked.product_index < catalog.n_products:
        raise UnknownIdError(f"product_index {asked.product_index} is outside 0..{catalog.n_products - 1}")
    if not 1 <= nights <= STAY_NIGHTS_MAX:
        raise InputError(f"nights {nights} is outside 1..{STAY_NIGHTS_MAX}")
    last_arrival = source.first_night + source.n_nights - nights
    if not source.first_night <= asked.arrival <= last_arrival:
        window = f"{to_date(source.first_night)}..{to_date(source.first_night + source.n_nights - 1)}"
        stay = f"a stay of {nights} nights from {to_date(asked.arrival)}"
        raise InputError(f"{stay} is not inside the nights priced, {window}")
    if asked.lead_days < 0:
        raise InputError(f"lead_days {asked.lead_days} is negative; a stay is booked on or before its arrival")
    if asked.tier not in tiers:
        raise UnknownIdError(f"tier {asked.tier!r} is not in the rule book; use one of {', '.join(tiers)}")
