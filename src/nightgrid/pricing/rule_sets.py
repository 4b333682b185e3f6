"""Rule sets: products to which the same stay rules apply, in the same currency, share one sequence of stages.

Thousands of hotels have a few hundred sets. Which rules apply is decided per class of products (`scopes`), with a few
NumPy operations a rule; Python runs per distinct set only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from nightgrid.catalog import Catalog
from nightgrid.errors import RuleBookError
from nightgrid.limits import SET_PROMOTIONS_MAX
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.pricing.by_night import night_sets, nights_by_night
from nightgrid.pricing.checks_promotions import never_together
from nightgrid.pricing.mistakes import mistake_at, refused
from nightgrid.pricing.model import BEST_OF_KINDS, MemberTier, Part, Promotion, Rule, RuleBook, StayBounds
from nightgrid.pricing.pipelines import Placed, PlacedStage
from nightgrid.pricing.records import Records
from nightgrid.pricing.scopes import Indexes, Mask, ProductClasses

#: Stay kinds of which one rule applies, and those of which all in scope do.
SINGLE_KINDS = ("extra_guests", "length_of_stay", "lead_time", "member_tier", "points")
LISTED_KINDS = ("stay_prices", "free_nights", "promotion", "stay_bounds", "package", "tax")

_CODES = {
    "extra_guests": term.STAGE_EXTRA, "length_of_stay": term.STAGE_LENGTH, "free_nights": term.STAGE_FREE,
    "lead_time": term.STAGE_LEAD, "member_tier": term.STAGE_TIER, "promotion": term.STAGE_PROMOTION,
    "stay_prices": term.STAGE_TABLE, "stay_bounds": term.STAGE_BOUND,
    "package": term.STAGE_PACKAGE, "points": term.STAGE_POINTS, "tax": term.STAGE_TAX,
}  # fmt: skip
_POLICIES = ("guest", "hotel", "first", "accumulate")


def amounts_of(rule: Rule) -> Iterator[dict[str, Decimal]]:
    """Every table of amounts in a rule, at any depth: without the hotel's currency in one of them it does not apply."""
    for field in type(rule).model_fields:
        yield from _amounts_in(getattr(rule, field))


def _amounts_in(value: object) -> Iterator[dict[str, Decimal]]:
    if isinstance(value, dict):
        if value and all(isinstance(each, Decimal) and len(key) == 3 and key.isupper() for key, each in value.items()):
            yield value
        else:
            for each in value.values():
                yield from _amounts_in(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _amounts_in(each)
    elif isinstance(value, Part):
        for field in type(value).model_fields:
            yield from _amounts_in(getattr(value, field))


class Reach:
    """Which rules apply to which classes of products: scope, currency, and the book's reading of inheritance."""

    def __init__(self, book: RuleBook, classes: ProductClasses, catalog: Catalog) -> None:
        self._book = book
        self._classes = classes
        self._currencies = catalog.currencies
        self._level: npt.NDArray[np.int64] | None = None
        self._kept: dict[tuple[str, int], Mask] = {}
        if book.book.inherit == "all_or_nothing":
            level = np.full(classes.n_classes, -1, np.int64)
            for kind in BEST_OF_KINDS:
                for position, rule in enumerate(book.rules(kind)):
                    np.maximum(level, np.where(self._plain(kind, position, rule), rule.where.level, -1), out=level)
            self._level = level

    def of(self, kind: str, position: int) -> Mask:
        """The classes to which a rule applies: bool (class)."""
        rule = self._book.rules(kind)[position]
        mask = self._plain(kind, position, rule)
        if self._level is not None and kind in BEST_OF_KINDS:
            mask = mask & (self._level == rule.where.level)
        return mask

    def _plain(self, kind: str, position: int, rule: Rule) -> Mask:
        known = self._kept.get((kind, position))
        if known is not None:
            return known
        mask = self._classes.matches(rule.where)
        if kind not in ("bounds", "stay_bounds"):
            tables = list(amount_tables(kind, rule))
            if tables:
                has = np.array([all(code in each for each in tables) for code in self._currencies], np.bool_)
                mask = mask & has[self._classes.currency]
        self._kept[kind, position] = mask
        return mask

    def best(self, kind: str) -> Indexes:
        """Per class the one rule of a kind, -1 for none: the highest scope level, then the earlier in the file."""
        rules = self._book.rules(kind)
        best = np.full(self._classes.n_classes, -1, np.int32)
        for position in sorted(range(len(rules)), key=lambda at: (-rules[at].where.level, at)):
            best[self.of(kind, position) & (best < 0)] = position
        return best

    def all(self, kind: str) -> Mask:
        """bool (rule, class): the rules in reach; of packages of one name the best."""
        rules = self._book.rules(kind)
        found = np.zeros((len(rules), self._classes.n_classes), np.bool_)
        for position in range(len(rules)):
            found[position] = self.of(kind, position)
        if kind == "package":
            taken: dict[str, Mask] = {}
            for position in sorted(range(len(rules)), key=lambda at: (-rules[at].where.level, at)):
                before = taken.setdefault(rules[position].name, np.zeros(self._classes.n_classes, np.bool_))
                found[position] &= ~before
                before |= found[position]
        return found


def amount_tables(kind: str, rule: Rule) -> Iterator[dict[str, Decimal]]:
    """The tables of amounts in a rule of a kind."""
    if kind == "member_tier" and isinstance(rule, MemberTier):
        yield from (*rule.amount.values(), *rule.price.values())  # tiers could be written like currencies
    else:
        yield from amounts_of(rule)


@dataclass(frozen=True, slots=True)
class RuleSets:
    """set_of_class int32 [class]; stage int64 [set] where its stages stand; guests int64 [set] where its extra guests
    rule stands, 0 none; promotions: positions in the file of each set's promotions, bit 0 first; packages: their names;
    tier_plan: for each set the plan by tier, "" none.
    """

    set_of_class: Indexes
    stage: npt.NDArray[np.int64]
    guests: npt.NDArray[np.int64]
    promotions: tuple[tuple[int, ...], ...]
    packages: tuple[tuple[str, ...], ...]
    tier_plan: tuple[tuple[str, ...], ...]


def in_order(book: RuleBook, kind: str, positions: list[int]) -> list[int]:
    """Rules of one of LISTED_KINDS in the order in which they are tried: the winner first, where one of them wins."""
    if kind == "free_nights":
        return sorted(positions, key=lambda at: (-book.free_nights[at].where.level, at))
    if kind == "stay_prices":
        return sorted(positions, key=lambda at: book.stay_prices[at].rank(at))
    if kind == "stay_bounds":
        return sorted(positions, key=lambda at: book.stay_bounds[at].rank(at))
    return positions


class _Sets:
    """Writes the stages of each distinct set."""

    def __init__(self, book: RuleBook, pipeline: Placed, records: Records, planes: dict[str, int]) -> None:
        self._book = book
        self._pipeline = pipeline
        self._records = records
        self._planes = planes
        needed = {stage.of for stage in pipeline.stages if not stage.is_night}
        self._stages = [stage for stage in pipeline.stages if not stage.is_night]
        kept = [stage.kind for stage in self._stages if stage.kind in needed]
        self._slots = {kind: number for number, kind in enumerate(kept)}
        before = [at for at, stage in enumerate(self._stages) if stage.kind not in ("points", "tax")]
        self._last = before[-1] if before else -1
        self._placed: dict[tuple[str, int, str], int] = {}
        self._conflicts: dict[tuple[int, int], bool] = {}

    def _refs(self) -> dict[str, int]:
        slots = {kind: do.FIRST_SLOT + slot for kind, slot in self._slots.items()}
        return {"running": do.REF_RUNNING, **self._planes, **slots}

    def write(self, singles: dict[str, int], lists: dict[str, list[int]], currency: str) -> int:
        """Where the stages of a set stand."""
        final = self._pipeline.final or self._pipeline.per_night
        stages = []
        if self._last < 0:
            stages.append([term.STAGE_ROUND, 0, do.REF_RUNNING, -1, self._records.rounding(final), 0])
        for at, stage in enumerate(self._stages):
            rounder = final if at == self._last else stage.rounder
            payload = self._payload(stage, singles, lists, currency)
            code = _CODES[stage.kind]
            if payload is None:
                if rounder is None and stage.kind not in self._slots:
                    continue
                code, payload = term.STAGE_ROUND, [0]
            head = [code, 0, self._refs()[stage.of], self._slots.get(stage.kind, -1), self._records.rounding(rounder)]
            stages.append([*head, *payload])
        # From the last one on: sets that go on alike share these stages, and what is planned of them serves all.
        following = self._records.add([term.STAGE_END])
        for each in reversed(stages):
            each[term.S_NEXT] = following
            following = self._records.add(each)
        return following

    def _payload(
        self, stage: PlacedStage, singles: dict[str, int], lists: dict[str, list[int]], currency: str
    ) -> list[int] | None:
        kind = stage.kind
        if kind in SINGLE_KINDS:
            position = singles[kind]
            return None if position < 0 else [self.rule(kind, position, currency)]
        positions = in_order(self._book, kind, lists[kind])
        if kind == "promotion":
            return self._promotions(singles["member_tier"], positions, currency)
        if kind == "stay_prices" and positions:
            guests = singles["extra_guests"]  # who counts as an adult
            counting = 0 if guests < 0 else self.rule("extra_guests", guests, currency)
            return [counting, len(positions), *(self.rule(kind, at, currency) for at in positions)]
        return [len(positions), *(self.rule(kind, at, currency) for at in positions)] if positions else None

    def rule(self, kind: str, position: int, currency: str) -> int:
        """Where the record of a rule stands."""
        key = (kind, position, currency)
        found = self._placed.get(key)
        if found is None:
            rule = self._book.rules(kind)[position]
            if isinstance(rule, Promotion):
                found = self._records.promotion(rule, currency, self._refs())
            elif isinstance(rule, StayBounds):
                found = self._records.stay_bounds(rule, currency, self._planes.get("base", 0))
            else:
                found = getattr(self._records, kind)(rule, currency)
            self._placed[key] = found
        return found

    def _conflict(self, one: int, other: int) -> bool:
        key = (min(one, other), max(one, other))
        known = self._conflicts.get(key)
        if known is None:
            rules = self._book.promotion
            known = self._conflicts[key] = bool(never_together(rules[one], rules[other]))
        return known

    def _promotions(self, tier: int, positions: list[int], currency: str) -> list[int] | None:
        tier_at = 0
        if tier >= 0 and self._book.member_tier[tier].extra_points and self._pipeline.index("member_tier") >= 0:
            tier_at = self.rule("member_tier", tier, currency)
        if not positions and not tier_at:
            return None
        rules = [self._book.promotion[at] for at in positions]
        stacking = self._book.stacking
        words = [_POLICIES.index(stacking.policy), int(stacking.over == "all"), tier_at, len(rules)]
        for position, others in zip(positions, nights_by_night(rules), strict=True):
            conflicts = sum(
                1 << at for at, other in enumerate(positions) if other != position and self._conflict(position, other)
            )
            words += [self.rule("promotion", position, currency), conflicts, *others]
        return words


def compile_rule_sets(
    book: RuleBook, pipeline: Placed, classes: ProductClasses, reach: Reach, catalog: Catalog,
    records: Records, planes: dict[str, int],
) -> RuleSets:  # fmt: skip
    """The rule sets of a book. planes: kind of a night stage -> its plane of nightly prices.

    RuleBookError for a product with more promotions than a rule set can name.
    """
    singles = {kind: reach.best(kind) for kind in SINGLE_KINDS}
    lists = {kind: reach.all(kind) for kind in LISTED_KINDS}
    columns = [classes.currency.astype(np.int64), *(each.astype(np.int64) for each in singles.values())]
    keys = [np.ascontiguousarray(np.stack(columns, axis=1)).view(np.uint8)]
    keys += [np.packbits(each, axis=0).T for each in lists.values() if len(each)]
    rows = np.ascontiguousarray(np.concatenate(keys, axis=1))
    distinct, first, set_of_class = np.unique(
        rows.view(np.dtype((np.void, rows.shape[1]))).ravel(), return_index=True, return_inverse=True
    )
    writer = _Sets(book, pipeline, records, planes)
    stage, guests = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.int64)
    promotions, packages, plans = [], [], []
    for number, member in enumerate(first.tolist()):
        one = {kind: int(each[member]) for kind, each in singles.items()}
        many = {kind: np.flatnonzero(each[:, member]).tolist() for kind, each in lists.items()}
        currency = catalog.currencies[int(classes.currency[member])]
        if night_sets([book.promotion[at] for at in many["promotion"]]) > SET_PROMOTIONS_MAX:
            raise _too_many(book, classes, catalog, member, many["promotion"])
        stage[number] = writer.write(one, many, currency)
        if one["extra_guests"] >= 0:
            guests[number] = writer.rule("extra_guests", one["extra_guests"], currency)
        promotions.append(tuple(many["promotion"]))
        packages.append(tuple(book.package[at].name for at in many["package"]))
        own = book.member_tier[one["member_tier"]].plan if one["member_tier"] >= 0 else {}
        plans.append(tuple(own.get(tier, "") for tier in book.book.tiers))
    return RuleSets(set_of_class.astype(np.int32), stage, guests, tuple(promotions), tuple(packages), tuple(plans))


def _too_many(
    book: RuleBook, classes: ProductClasses, catalog: Catalog, member: int, positions: list[int]
) -> RuleBookError:
    product = int(classes.product[member])
    row = int(catalog.product_row[product])
    name = f"{catalog.hotel_ids[int(catalog.row_hotel[row])]}/{catalog.room_type_ids[row]}/{catalog.plan_ids[product]}"
    if len(positions) > SET_PROMOTIONS_MAX:
        problem = f"{len(positions)} promotions are for {name}, at most {SET_PROMOTIONS_MAX} can be told apart"
        fix = "limit them with where, or take those out that have ended"
        return refused(book, [mistake_at(book, ("promotion", positions[SET_PROMOTIONS_MAX]), problem, fix)])
    looking = next(at for at in positions if book.promotion[at].looks_at)
    problem = f"the promotions for {name} can act on more than {SET_PROMOTIONS_MAX} different sets of nights"
    fix = "name fewer in excludes_by_night and requires_by_night, or limit them with where"
    return refused(book, [mistake_at(book, ("promotion", looking), problem, fix)])
