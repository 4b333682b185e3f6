"""The night stages of a book as arrays for `native/program/night_cells.py`: order, denominators, derived plans, demand,
bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from nightgrid.catalog import Catalog
from nightgrid.errors import Mistake
from nightgrid.native.program import night_desk as on
from nightgrid.pricing.blame import finest
from nightgrid.pricing.derivation import compile_derived
from nightgrid.pricing.fields import basis_points
from nightgrid.pricing.mistakes import refused
from nightgrid.pricing.model import Bounds, RuleBook
from nightgrid.pricing.pipelines import Placed
from nightgrid.pricing.price_data import DataTables
from nightgrid.pricing.records import minor, rounding_record
from nightgrid.pricing.rule_sets import Reach
from nightgrid.pricing.scopes import ProductClasses
from nightgrid.pricing.seasons import WHOLE_BP, SeasonTables, smallest_den
from nightgrid.pricing.winners import nights_where, winners_by_night

Words = npt.NDArray[np.int64]

#: Largest scale by which a nightly price may be multiplied to be whole.
SCALE_MAX = 10**12
_CODES = {
    "base": on.NIGHT_BASE, "derived": on.NIGHT_DERIVED, "season": on.NIGHT_SEASON, "demand": on.NIGHT_DEMAND,
    "override": on.NIGHT_OVERRIDE, "bounds": on.NIGHT_BOUNDS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Nights:
    """The tables; ref of each night stage that a stay stage names (its plane); largest chain of derived plans."""

    tables: on.NightTables
    planes: dict[str, int]
    chain: int


@dataclass(frozen=True, slots=True)
class _Stage:
    kind: str
    of: str
    den: int
    rounding: int


def _of_rows(
    product: npt.NDArray[np.int32], values: npt.NDArray[np.signedinteger], n_products: int
) -> tuple[Words, Words]:
    """(row of each product, -1 none; values int64) of data by product."""
    row = np.full(n_products, -1, np.int64)
    row[product] = np.arange(len(product))
    if not len(product):
        return row, np.zeros((1, 1), np.int64)
    return row, np.ascontiguousarray(values, np.int64)


def _bounds(book: RuleBook, classes: ProductClasses, reach: Reach, catalog: Catalog, window: tuple[int, int]) -> Any:
    """(set by class, row by set and night, rows): the winning bounds of each night, in the hotel's currency."""
    n_nights = window[1]
    order = sorted(range(len(book.bounds)), key=lambda at: book.bounds[at].rank(at))
    ranked = [
        (at, reach.of("bounds", at), nights_where(book.bounds[at].dates, book.bounds[at].weekdays, *window))
        for at in order
    ]
    set_of_class, winner = winners_by_night(ranked, classes.n_classes, n_nights)
    n_currencies = len(catalog.currencies)
    pairs = set_of_class.astype(np.int64) * n_currencies + classes.currency
    distinct, pair_of_class = np.unique(pairs, return_inverse=True)
    rows: dict[tuple[int, int, int, int], int] = {}
    night_row = np.zeros((len(distinct), n_nights), np.int64)
    for number, pair in enumerate(distinct.tolist()):
        of_set = winner[pair // n_currencies]
        for position in np.unique(of_set).tolist():
            line = _bounds_row(
                book.bounds[position] if position >= 0 else None, catalog.currencies[pair % n_currencies]
            )
            night_row[number, of_set == position] = rows.setdefault(line, len(rows))
    return pair_of_class, night_row, np.array(list(rows) or [(0, -1, 0, -1)], np.int64)


def _bounds_row(rule: Bounds | None, currency: str) -> tuple[int, int, int, int]:
    if rule is None:
        return (0, -1, 0, -1)
    return (
        0 if rule.floor_percent is None else basis_points(rule.floor_percent),
        -1 if rule.ceiling_percent is None else basis_points(rule.ceiling_percent),
        minor(rule.floor, currency) if currency in rule.floor else 0,
        minor(rule.ceiling, currency) if currency in rule.ceiling else -1,
    )


def _demand(book: RuleBook, reach: Reach) -> tuple[Words, Words, int]:
    """(place of each class's rule, -1 none; the rules; the denominator of their percents)."""
    den = smallest_den([basis_points(p) for rule in book.demand for row in rule.percent for p in row])
    words: list[int] = []
    places = [-1] * (len(book.demand) + 1)
    for position, rule in enumerate(book.demand):
        places[position] = len(words)
        words += [len(rule.fill), len(rule.lead_days), *(basis_points(edge) for edge in rule.fill), *rule.lead_days]
        words += [basis_points(percent) * den // WHOLE_BP for row in rule.percent for percent in row]
    return np.array(places, np.int64)[reach.best("demand")], np.array(words or [0], np.int64), den


def _season_sum(book: RuleBook, seasons: SeasonTables) -> tuple[Words, int]:
    """Percents of all groups together by set and night, over their denominator."""
    bp = [basis_points(season.percent) for season in book.season]
    den = smallest_den(bp)
    table = np.array([*(each * den // WHOLE_BP for each in bp), 0], np.int64)
    return np.ascontiguousarray(table[seasons.rule].sum(axis=1)), den


class _Planner:
    """Which stages act, over which denominators, and what each amount is scaled by."""

    def __init__(self, book: RuleBook, pipeline: Placed, dens: dict[str, int], acting: set[str]) -> None:
        self.roundings: list[int] = [0]
        self.stages: list[_Stage] = []
        for stage in pipeline.stages:
            if stage.is_night and (stage.kind in acting or stage.rounder is not None):
                place = 0
                if stage.rounder is not None:
                    place = len(self.roundings)
                    self.roundings += rounding_record(stage.rounder)
                of = (
                    stage.of
                    if stage.of in acting
                    else "running"
                    if stage.of == "running"
                    else self._before(pipeline, stage.of, acting)
                )
                den = dens["season_sum"] if stage.kind == "season" and of != "running" else dens.get(stage.kind, 1)
                self.stages.append(_Stage(stage.kind, of, den, place))
        self._book = book
        self._pipeline = pipeline
        self._acting = acting | {stage.kind for stage in self.stages}
        self.slots: dict[str, int] = {"base": 0}
        for kind in (stage.of for stage in self.stages):
            if kind != "running":
                self.slots.setdefault(kind, len(self.slots))

    @staticmethod
    def _before(pipeline: Placed, kind: str, acting: set[str]) -> str:
        """A stage that does nothing leaves the amount of the last one that acted before it."""
        kinds = [stage.kind for stage in pipeline.stages[: pipeline.index(kind) + 1]]
        rounded = {stage.kind for stage in pipeline.stages if stage.rounder is not None}
        return [each for each in kinds if each in acting or each in rounded][-1]

    def planes(self) -> tuple[dict[str, int], list[str]]:
        """(kind -> plane for `of` of stay stages, kinds of the planes after the first)."""
        last = self.stages[-1].kind
        planes: dict[str, int] = {}
        kinds: list[str] = []
        wanted = {stage.of for stage in self._pipeline.stages if not stage.is_night}
        wanted |= {promotion.of for promotion in self._book.promotion if promotion.of is not None}
        if any(rule.floor_percent is not None or rule.ceiling_percent is not None for rule in self._book.stay_bounds):
            wanted.add("base")
        for stage in self._pipeline.stages:
            if not stage.is_night:
                break
            kind = stage.kind if stage.kind in self._acting else self._before(self._pipeline, stage.kind, self._acting)
            if kind == last:
                planes[stage.kind] = 0
            elif stage.kind in wanted:
                if kind not in kinds:
                    kinds.append(kind)
                    self.slots.setdefault(kind, len(self.slots))
                planes[stage.kind] = 1 + kinds.index(kind)
        return planes, kinds

    def dens(self, links: int) -> dict[str, int]:
        """The denominator after each stage, for a plan derived over `links` steps; as the kernel forms them."""
        found: dict[str, int] = {"base": 1}
        d = 1
        for stage in self.stages:
            if stage.kind == "derived":
                d = d * stage.den**links if not stage.rounding or not links else 1
            elif stage.kind == "bounds":
                d = d * found["base"] * stage.den
            elif stage.of != "running" and stage.kind in ("season", "demand"):
                e = found[stage.of] * stage.den
                d = d if d % e == 0 else e if e % d == 0 else d * e
            elif stage.kind != "base":
                d *= stage.den
            found[stage.kind] = d = 1 if stage.rounding else d
        return found

    def scales(self, chain: int, kinds: list[str]) -> list[int]:
        """The scale of each plane: what all denominators of its amounts divide."""
        every = [self.dens(links) for links in range(chain + 1)]
        return [lcm(*(each[kind] for each in every)) for kind in (self.stages[-1].kind, *kinds)]


def compile_nights(
    book: RuleBook, pipeline: Placed, classes: ProductClasses, reach: Reach, catalog: Catalog,
    seasons: SeasonTables, data: DataTables, window: tuple[int, int],
) -> Nights:  # fmt: skip
    """All night tables. RuleBookError for a chain of plans that does not end, or too many decimals at once."""
    n_products, of_product = catalog.n_products, classes.of_product
    derived = compile_derived(book, classes, reach, catalog, window)
    demand_place, demand_terms, demand_den = _demand(book, reach)
    bounds_set, bounds_night, bounds_rows = _bounds(book, classes, reach, catalog, window)
    season_sum, sum_den = _season_sum(book, seasons)
    percents = data.percent_bp[data.percent_bp != on.NO_PERCENT]
    override_den = smallest_den([int(bp) for bp in np.unique(percents)])
    limits = [int(bp) for bp in np.unique(bounds_rows[:, :2]) if bp > 0]
    bounds_den = smallest_den(limits)
    dens = {
        "derived": derived.den, "season": seasons.den, "season_sum": sum_den, "demand": demand_den,
        "override": override_den, "bounds": bounds_den,
    }  # fmt: skip
    bounds_rows[:, 0] = bounds_rows[:, 0] * bounds_den // WHOLE_BP
    shares = bounds_rows[:, 1] >= 0
    bounds_rows[shares, 1] = bounds_rows[shares, 1] * bounds_den // WHOLE_BP
    planner = _Planner(book, pipeline, dens, _acting(book, data))
    planes, kinds = planner.planes()
    scales = planner.scales(derived.chain, kinds)
    _check_scale(book, max(scales))
    percent = data.percent_bp.astype(np.int64)
    percent = np.where(percent == on.NO_PERCENT, percent, percent * override_den // WHOLE_BP)
    base_row, base_minor = _of_rows(data.base_product, data.base_minor, n_products)
    fixed_row, fixed = _of_rows(data.fixed_product, data.fixed_minor, n_products)
    percent_row, percent = _of_rows(data.percent_product, percent, n_products)
    floor_row, floor = _of_rows(data.floor_product, data.floor_minor, n_products)
    ceiling_row, ceiling = _of_rows(data.ceiling_product, data.ceiling_minor, n_products)
    stages = [
        [
            _CODES[s.kind],
            -1 if s.of == "running" else planner.slots[s.of],
            planner.slots.get(s.kind, -1),
            s.rounding,
            s.den,
        ]
        for s in planner.stages
    ]
    derives = "derived" in {stage.kind for stage in planner.stages}
    constants = [int(book.book.base_per == "person"), 0, 0 if derives else -1, int(pipeline.index("override") >= 0)]
    arrays = on.NightTables(
        stages=stages, roundings=planner.roundings,
        planes=[[-1 if at == 0 else planner.slots[kinds[at - 1]], scale] for at, scale in enumerate(scales)],
        constants=constants, base=catalog.base_minor,
        base_row=base_row, base_first=data.base_first, base_guests=data.base_guests if len(data.base_guests) else [0],
        base_minor=base_minor,
        season_set=seasons.set_of_class[of_product], season_num=seasons.num, season_sum=season_sum,
        row_of_product=catalog.product_row, currency=catalog.hotel_currency[catalog.row_hotel[catalog.product_row]],
        guests_rule=np.zeros(n_products, np.int64),
        derived_set=derived.set_of_class[of_product], derived_rule=derived.rule, derived_terms=derived.terms,
        plan_product=derived.plan_product, demand_rule=demand_place[of_product], demand_terms=demand_terms,
        fixed_row=fixed_row, fixed=fixed, percent_row=percent_row, percent=percent,
        floor_row=floor_row, floor=floor, ceiling_row=ceiling_row, ceiling=ceiling,
        bounds_set=bounds_set[of_product], bounds_night=bounds_night, bounds=bounds_rows,
    )  # fmt: skip
    tables = on.NightTables(*(np.ascontiguousarray(np.array(array), np.int64) for array in arrays))
    return Nights(tables, planes, derived.chain)


def _check_scale(book: RuleBook, scale: int) -> None:
    if scale > SCALE_MAX:
        decimals = len(str(scale)) - 1
        problem = f"an unrounded night has {decimals} more decimals than its currency; at most 12 is computed exactly"
        fix = 'Use percents with fewer decimals, or round every night (policy = "default")'
        path = finest(book, ("season", "derived", "demand", "bounds"))
        raise refused(book, [Mistake("season, derived, demand, override, bounds", problem, fix, path=path)])


def _acting(book: RuleBook, data: DataTables) -> set[str]:
    """The night stages that can change an amount."""
    acting = {"base"}
    acting |= {kind for kind in ("derived", "season", "demand", "bounds") if book.rules(kind)}
    if len(data.fixed_product) or len(data.percent_product):
        acting.add("override")
    if len(data.floor_product) or len(data.ceiling_product):
        acting.add("bounds")
    return acting
