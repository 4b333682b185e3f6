"""A book with a full pipeline, compiled: the night stages as tables, the stay stages as rule sets over one vector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nightgrid.asking import Asking, AskingAt
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.nights import local_clock
from nightgrid.pricing.derivation import plan_products
from nightgrid.pricing.fields import basis_points
from nightgrid.pricing.mistakes import refused
from nightgrid.pricing.model import OfferConditions, RuleBook
from nightgrid.pricing.model.tables import HOTEL_CLOCK
from nightgrid.pricing.night_tables import compile_nights
from nightgrid.pricing.pipelines import placed
from nightgrid.pricing.price_data import PriceData
from nightgrid.pricing.program_proof import prove_program
from nightgrid.pricing.records import Records
from nightgrid.pricing.rule_sets import Reach, RuleSets, compile_rule_sets
from nightgrid.pricing.scopes import ProductClasses
from nightgrid.pricing.seasons import SeasonTables

Words = npt.NDArray[np.int64]
#: Questions, and sets of promotions, that a program remembers.
_KEPT_MAX = 4_096
_MINUTE_MS = 60_000


class Template(NamedTuple):
    """A question without its stay: the words of `Program.question` that are used, and the rule sets that are known to
    offer its packages.
    """

    asking: Asking
    words: Words
    offering: set[int]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What kernels need to price any stay (`native/program/stay_price.py`). P products, S rule sets, T tiers."""

    terms: Words  # rules and stages (`native/program/terms_of_rules.py`)
    sets: RuleSets
    set_of_product: npt.NDArray[np.int32]  # [P]
    nights: on.NightTables
    desk: Words  # of the night tables
    scales: Words  # [plane] of nightly prices; plane 0 is the night after its last stage
    by_night: bool  # policy `night`
    flags: Words  # the same for kernels (`native/program/line_prices.py` B_*)
    names: dict[str, dict[str, int]]  # channel, country, device, coupon, package -> name -> number
    tier_product: npt.NDArray[np.int32]  # [T, P] the product that a tier is sold instead, -1 none
    party_sizes: tuple[int, ...]  # with base prices of their own
    per_person: bool
    fills: tuple[int, ...]  # edges of house fill at which demand changes, basis points; (0,) where it does not
    leads: tuple[int, ...]  # edges of lead days at which demand changes
    lead_of_night: bool
    long_stages: tuple[str, ...]  # where fractions may leave 128 bits (`pricing/program_proof.py`)
    largest_minor: int  # no total of a stay is larger
    order_coupons: frozenset[str]  # codes that act in one room of an order
    clock: str | None  # the time zone of hours of booking, or HOTEL_CLOCK; None where no rule asks for them
    hour_edges: tuple[int, ...]  # minutes of the day from which on other rules hold
    room_edges: tuple[int, ...]  # numbers of rooms left from which on other rules hold; () where none asks
    named: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)  # (rule set, bits) -> promotions
    templates: dict[int, Template] = field(default_factory=dict)  # by the id of the question
    asked_beside: dict[Asking, Asking] = field(default_factory=dict)
    asked_at: dict[tuple[Asking, str], Asking] = field(default_factory=dict)

    @property
    def asks_guests(self) -> bool:
        """Whether the nightly price depends on the party."""
        return self.per_person or bool(self.party_sizes)

    @property
    def has_own_plans(self) -> bool:
        """Whether some tier is sold a plan of its own."""
        return any(plan for of_set in self.sets.tier_plan for plan in of_set)

    def promotions(self, product: int, bits: int) -> tuple[int, ...]:
        """Positions in the file of the promotions that an answer's bits name."""
        listed = self.sets.promotions[int(self.set_of_product[product])]
        return tuple(position for number, position in enumerate(listed) if bits >> number & 1)

    def applied(self, number: int, bits: int) -> tuple[int, ...]:
        """The same by the number of a rule set; remembered."""
        found = self.named.get((number, bits))
        if found is None:
            listed = self.sets.promotions[number]
            found = tuple(position for at, position in enumerate(listed) if bits >> at & 1)
            if len(self.named) >= _KEPT_MAX:
                self.named.clear()
            self.named[number, bits] = found
        return found

    def beside(self, asking: Asking, rooms: int) -> Asking | None:
        """The question for each room of an order beside the first, which has the coupons that act once an order, and
        the points; None where all rooms have one price.
        """
        if rooms < 2 or self.order_coupons.isdisjoint(asking.coupons):
            return None
        found = self.asked_beside.get(asking)
        if found is None:
            if len(self.asked_beside) >= _KEPT_MAX:
                self.asked_beside.clear()
            found = replace(asking, coupons=asking.coupons - self.order_coupons, points=0)
            self.asked_beside[asking] = found
        return found

    def at_time(self, asking: Asking, now_ms: int, time_zone: str | None = None) -> Asking:
        """A question that is asked at an instant: with the time of day, where rules ask for it and nobody told it or
        the day of booking. time_zone: of the hotel; None: it is about several, so where hours are on their clocks it is
        left to be settled for each.
        """
        if self.clock is None or asking.booking_time or asking.booking_date is not None or type(asking) is AskingAt:
            return asking
        clock = time_zone if self.clock == HOTEL_CLOCK else self.clock
        told = (asking, f"{now_ms // _MINUTE_MS}" if clock is None else local_clock(now_ms, clock))
        found = self.asked_at.get(told)
        if found is None:
            if len(self.asked_at) >= _KEPT_MAX:
                self.asked_at.clear()
            if clock is None:
                found = AskingAt(**asking.__dict__, at_ms=now_ms // _MINUTE_MS * _MINUTE_MS)
            else:
                found = replace(asking, booking_time=told[1])
            self.asked_at[told] = found
        return found

    def template(self, asking: Asking) -> Template:
        """A guest's question without its stay; remembered."""
        known = self.templates.get(id(asking))
        if known is not None and known.asking is asking:
            return known
        words = self.question(asking, 0, 0, 0, 0)
        used = do.Q_LISTS + int(words[do.Q_CHILDREN : do.Q_PACKAGES + 1].sum())
        found = Template(asking, words[:used].copy(), set())
        if len(self.templates) >= _KEPT_MAX:
            self.templates.clear()
        self.templates[id(asking)] = found
        return found

    def question(
        self, asking: Asking, arrival: int, nights: int, lead_days: int, tier: int, *, silent: bool = False
    ) -> Words:
        """A guest's question as kernels take it: int64 (Q_FIELDS). Names that the book does not know fit no
        condition.
        """
        names = self.names
        coupons = [names["coupon"][code] for code in asking.coupons if code in names["coupon"]]
        packages = [names["package"].get(name, do.NO_NAME) for name in asking.packages]
        lists = [*sorted(asking.children, reverse=True), *coupons, *packages]
        query = np.zeros(do.Q_FIELDS, np.int64)
        query[: do.Q_LISTS] = (
            arrival, nights, lead_days, tier,
            names["channel"].get(asking.channel, do.NO_NAME), names["country"].get(asking.country, do.NO_NAME),
            names["device"].get(asking.device, do.NO_NAME),
            -1 if asking.adults is None else asking.adults, len(asking.children), len(coupons), len(packages),
            asking.points, silent, -1, names["language"].get(asking.language, do.NO_NAME), asking.booking_minute,
            -1 if asking.rooms_left is None else asking.rooms_left, 0,
        )  # fmt: skip
        if lists:
            query[do.Q_LISTS : do.Q_LISTS + len(lists)] = lists
        return query

    def check_packages(self, product: int, asking: Asking) -> None:
        """InputError for a package that the product is not sold with."""
        offered = self.sets.packages[int(self.set_of_product[product])]
        missing = [name for name in asking.packages if name not in offered]
        if missing:
            known = ", ".join(sorted(set(offered))) or "none"
            raise InputError(
                f"packages has {missing[0]!r}, which is not offered with this product; offered are: {known}"
            )

    def demand_lead(self, lead_days: int) -> int:
        """Lead days as demand rules count them."""
        return min(lead_days, LEAD_DAYS_MAX)


def compile_program(
    book: RuleBook, classes: ProductClasses, catalog: Catalog, seasons: SeasonTables, data: PriceData,
    window: tuple[int, int],
) -> Program:  # fmt: skip
    """Compile the full pipeline of a book. RuleBookError as `compile_book`."""
    pipeline = placed(book)
    reach = Reach(book, classes, catalog)
    tables = data.window(*window)
    nights = compile_nights(book, pipeline, classes, reach, catalog, seasons, tables, window)
    records = Records(book.book.tiers)
    sets = compile_rule_sets(book, pipeline, classes, reach, catalog, records, nights.planes)
    proof = prove_program(book, pipeline, classes, reach, catalog, tables, nights, sets.set_of_class, window[1])
    if proof.mistakes:
        raise refused(book, proof.mistakes)
    set_of_product = sets.set_of_class[classes.of_product]
    tables_of_nights = nights.tables._replace(guests_rule=np.ascontiguousarray(sets.guests[set_of_product]))
    offers = (*book.promotion, *book.free_nights)
    demand = book.demand if pipeline.index("demand") >= 0 else ()
    return Program(
        terms=records.array(), sets=sets, set_of_product=set_of_product,
        nights=tables_of_nights, desk=on.night_desk(tables_of_nights),
        scales=np.ascontiguousarray(nights.tables.planes[:, 1]),
        by_night=pipeline.per_night is not None,
        flags=np.array([pipeline.per_night is not None, book.book.lead_of == "night"], np.int64), names=records.names,
        tier_product=_tier_products(sets, set_of_product, catalog, len(book.book.tiers)),
        party_sizes=tuple(sorted({int(size) for size in np.unique(tables.base_guests) if size > 0})),
        per_person=book.book.base_per == "person",
        fills=tuple(sorted({0, *(basis_points(edge) for rule in demand for edge in rule.fill)})),
        leads=tuple(sorted({0, *(edge for rule in demand for edge in rule.lead_days)})),
        lead_of_night=book.book.lead_of == "night",
        long_stages=tuple(sorted(proof.long)), largest_minor=int(proof.largest),
        order_coupons=frozenset(
            rule.coupon for rule in offers if rule.coupon and rule.coupon_per == "order"
        ),
        clock=book.book.clock if any(rule.booking_hours for rule in offers) else None,
        hour_edges=tuple(sorted({edge for rule in offers for hours in rule.booking_hours for edge in hours.edges()})),
        room_edges=tuple(sorted({edge for rule in offers for edge in _room_edges(rule)})),
    )  # fmt: skip


def _room_edges(rule: OfferConditions) -> list[int]:
    """Numbers of rooms left from which on a rule holds, or does not any more."""
    left = rule.rooms_left
    if left is None:
        return []
    return [left.min_rooms, *([] if left.max_rooms is None else [left.max_rooms + 1])]


def _tier_products(sets: RuleSets, set_of_product: Any, catalog: Catalog, tiers: int) -> npt.NDArray[np.int32]:
    """[tier, product]: the product of the same room type that a tier is sold instead, -1 none."""
    found = np.full((tiers, catalog.n_products), -1, np.int32)
    plans = sorted({plan for of_set in sets.tier_plan for plan in of_set if plan})
    if not plans:
        return found
    products = plan_products(catalog, plans)
    for tier in range(tiers):
        column = np.array([plans.index(of_set[tier]) if of_set[tier] else -1 for of_set in sets.tier_plan])
        wanted = column[set_of_product]
        some = np.flatnonzero(wanted >= 0)
        found[tier, some] = products[catalog.product_row[some], wanted[some]]
    return found
