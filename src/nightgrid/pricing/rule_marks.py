"""What bulk answers need to say which rules made a price: sets of rules, and a bit for each rule of a set.

A set of rules are those that can act on a product; products for which they are the same share one. Of a set of more
than 64 rules the mask has several words; each word has tables of its own, in which the rules of the others are not in
the set. Made when somebody asks for it, for as long as the compiled book is alive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.native.program import rule_marks as mark
from nightgrid.native.program.night_marks import KEPT, RuleTables
from nightgrid.pricing.compile import CompiledBook
from nightgrid.pricing.model import RULE_KINDS, RuleBook
from nightgrid.pricing.pipelines import placed
from nightgrid.pricing.program import Program, compile_program
from nightgrid.pricing.rule_sets import LISTED_KINDS, SINGLE_KINDS, Reach, in_order
from nightgrid.pricing.scopes import ProductClasses
from nightgrid.pricing.seasons import compile_seasons
from nightgrid.pricing.winners import nights_where, winners_by_night

Words = NDArray[np.int64]
#: Rules that a word of a mask can name.
BITS: Final = 64
_SINGLES: Final = {
    "extra_guests": mark.M_EXTRA, "length_of_stay": mark.M_LENGTH, "lead_time": mark.M_LEAD, "member_tier": mark.M_TIER,
    "points": mark.M_POINTS,
}  # fmt: skip
_LISTS: Final = {
    "stay_prices": mark.M_TABLE, "free_nights": mark.M_FREE, "promotion": mark.M_PROMOTION, "stay_bounds": mark.M_BOUND,
    "package": mark.M_PACKAGE, "tax": mark.M_TAX,
}  # fmt: skip
_MARKS: WeakKeyDictionary[CompiledBook, Marks] = WeakKeyDictionary()


class Legend(NamedTuple):
    """A line for each rule of each set, by set and bit; position: its place in its table of the book, from 0."""

    rule_set: list[int]
    bit: list[int]
    kind: list[str]
    name: list[str]
    position: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """`set_of` int32 [tier, product]: the set of rules of what a tier is sold; `numbers_at` int64 [product]. `compiled`
    has a program, also where the book is a product of factors.
    """

    compiled: CompiledBook
    program: Program
    tables: tuple[RuleTables, ...]  # of each word
    set_of: NDArray[np.int32]
    numbers_at: Words
    legend: Legend
    bit_of: Words  # [set, rule], -1 = not in the set
    first: dict[str, int]  # number of the first rule of each kind

    def more(self, asked: NDArray[np.integer], sold: NDArray[np.integer], tiers: Any) -> Words:
        """(line, X_FIELDS) of lines: the products that were asked for and those that are sold."""
        found = np.empty((len(asked), mark.X_FIELDS), np.int64)
        found[:, mark.X_BITS] = self.set_of[tiers, asked]
        found[:, mark.X_NUMBERS] = self.numbers_at[sold]
        found[:, mark.X_ASKED] = self.numbers_at[asked]
        return found

    @property
    def words(self) -> int:
        """How many words a mask has."""
        return len(self.tables)

    @property
    def columns(self) -> list[str]:
        """The names of their columns."""
        return ["applied_rules", *(f"applied_rules_{word + 1}" for word in range(1, self.words))]

    def bits_of(self, rule_set: int, rules: Iterable[tuple[str, int]]) -> Words:
        """The mask of some rules of a set, (kind, position) each: int64 [word]."""
        found = np.zeros(self.words, np.uint64)
        for kind, position in rules:
            word, bit = divmod(int(self.bit_of[rule_set, self.first[kind] + position]), BITS)
            found[word] |= np.uint64(1 << bit)
        return found.view(np.int64)


def marks_of(compiled: CompiledBook, catalog: Catalog) -> Marks:
    """The marks of a compiled book and the catalogue it was compiled for. O(catalogue + rules x nights) once."""
    found = _MARKS.get(compiled)
    if found is None:
        found = _MARKS[compiled] = _made(compiled, catalog)
    return found


def _made(compiled: CompiledBook, catalog: Catalog) -> Marks:
    book, window = compiled.book, (compiled.first_night, compiled.n_nights)
    classes = ProductClasses(book, catalog)
    reach = Reach(book, classes, catalog)
    program = compiled.program
    if program is None:
        program = compile_program(
            book, classes, catalog, compile_seasons(book, classes, *window), compiled.data, window
        )
        compiled = replace(compiled, program=program)
    first = _numbered(book)
    pipeline = placed(book)
    order = {kind: pipeline.index(kind) for kind in ("derived", "season", "bounds")}
    early = int(order["season"] < order["derived"]) | int(order["bounds"] < order["derived"]) << 1
    acting = _acting(compiled, reach, classes)
    bounds = _bounds(book, reach, classes, window)
    acting["bounds"] = _in_reach(book, reach, classes, "bounds")
    if not early & 2:
        acting["bounds"] = _of_winners(bounds[0], bounds[1], len(book.bounds))
    if not early & 1:
        winners = compiled.season_rule.reshape(len(compiled.season_rule), -1)
        set_of_class = compiled.season_set[classes.product]
        acting["season"] = _of_winners(set_of_class, winners, len(book.season))
    silent = program.tier_product >= 0
    sold = np.where(silent, program.tier_product, np.arange(catalog.n_products))
    rules = np.concatenate([acting[kind] for kind in RULE_KINDS])  # bool [rule, class]
    tiers = slice(first["member_tier"], first["member_tier"] + len(book.member_tier))
    own = np.packbits(rules, axis=0).T
    of_tiers = np.packbits(rules[tiers], axis=0).T
    pair = np.stack([classes.of_product[sold], np.broadcast_to(classes.of_product, sold.shape)]).reshape(2, -1)
    keys = np.ascontiguousarray(np.concatenate([own[pair[0]], of_tiers[pair[1]]], axis=1))
    view = keys.view(np.dtype((np.void, keys.shape[1]))).ravel() if keys.shape[1] else np.zeros(len(keys))
    _, some, set_of = np.unique(view, return_index=True, return_inverse=True)
    inside = rules[:, pair[0, some]].copy()
    inside[tiers] = rules[tiers][:, pair[1, some]]
    bit_of = np.where(inside, np.cumsum(inside, axis=0) - 1, -1).T
    numbers, at_set = _numbers(book, program, reach, classes, first)
    whole = RuleTables(
        bit_of=bit_of, always=(), numbers=numbers, season_set=compiled.season_set, season_rule=compiled.season_rule,
        bounds_set=bounds[0][classes.of_product], bounds_rule=bounds[1],
        first=[first["derived"], first["season"], first["bounds"], early, program.asks_guests], moved=(),
    )  # fmt: skip
    whole = RuleTables(*(np.ascontiguousarray(np.array(table), np.int64) for table in whole))
    still = max(len(program.fills), len(program.leads)) == 1  # demand moves no night over a bound
    whole = whole._replace(moved=np.zeros((catalog.n_products if still else 0, window[1] // KEPT + 1), np.int64))
    words = max(-(-int(inside.sum(axis=0).max(initial=0)) // BITS), 1)
    demand = slice(first["demand"], first["demand"] + len(book.demand))
    return Marks(
        compiled=compiled,
        program=program,
        tables=tuple(_word(whole, word, demand) for word in range(words)),
        set_of=set_of.reshape(sold.shape).astype(np.int32),
        numbers_at=at_set[program.set_of_product],
        legend=_legend(book, inside),
        bit_of=whole.bit_of,
        first=first,
    )


def _numbered(book: RuleBook) -> dict[str, int]:
    """The number of the first rule of each kind; kinds in their order, rules in that of the file."""
    first, found = 0, {}
    for kind in RULE_KINDS:
        found[kind] = first
        first += len(book.rules(kind))
    return found


def _acting(compiled: CompiledBook, reach: Reach, classes: ProductClasses) -> dict[str, Any]:
    """bool [rule, class] by kind: the rules that can act on a product, those that always lose left out."""
    book = compiled.book
    found: dict[str, Any] = {kind: reach.all(kind) for kind in LISTED_KINDS}
    for kind in ("demand", *SINGLE_KINDS):
        best = reach.best(kind)
        found[kind] = best[None, :] == np.arange(len(book.rules(kind)))[:, None]
    # Before the derived stage the nights are those of another plan: what can act is what is in reach.
    for kind in ("derived", "season"):
        found[kind] = _in_reach(book, reach, classes, kind)
    return found


def _in_reach(book: RuleBook, reach: Reach, classes: ProductClasses, kind: str) -> Any:
    """bool [rule, class]: the rules of a kind whose scope and currency fit."""
    masks = [reach.of(kind, position) for position in range(len(book.rules(kind)))]
    return np.array(masks, np.bool_).reshape(-1, classes.n_classes)


def _bounds(book: RuleBook, reach: Reach, classes: ProductClasses, window: tuple[int, int]) -> tuple[Any, Words]:
    """(set of class, position of the bounds that win a night [set, night], -1 none)."""
    order = sorted(range(len(book.bounds)), key=lambda at: book.bounds[at].rank(at))
    ranked = [
        (at, reach.of("bounds", at), nights_where(book.bounds[at].dates, book.bounds[at].weekdays, *window))
        for at in order
    ]
    return winners_by_night(ranked, classes.n_classes, window[1])


def _of_winners(set_of_class: Any, winner: Any, rules: int) -> Any:
    """bool [rule, class]: whether a rule wins some night."""
    wins = np.array([(winner == rule).any(axis=1) for rule in range(rules)], np.bool_).reshape(rules, len(winner))
    return wins[:, set_of_class]


def _word(tables: RuleTables, word: int, always: slice) -> RuleTables:
    """The tables of a word of the masks: rules outside it are not in the set. always: rules that act on every night."""
    bit_of = tables.bit_of - word * BITS
    bit_of[(bit_of < 0) | (bit_of >= BITS)] = -1
    bits = bit_of[:, always]
    every = np.where(bits >= 0, np.left_shift(np.int64(1), np.maximum(bits, 0)), 0).sum(axis=1, dtype=np.int64)
    return tables._replace(bit_of=bit_of, always=every)


def _numbers(
    book: RuleBook, program: Program, reach: Reach, classes: ProductClasses, first: dict[str, int]
) -> tuple[Words, Words]:
    """(the numbers of the rules of each set in the order of the terms; where those of each set stand)."""
    singles = {kind: reach.best(kind) for kind in SINGLE_KINDS}
    lists = {kind: reach.all(kind) for kind in LISTED_KINDS}
    _, members = np.unique(program.set_of_product, return_index=True)
    words: list[int] = []
    places = []
    for member in classes.of_product[members].tolist():
        head = len(words)
        places.append(head)
        words += [-1] * mark.M_FIELDS
        for kind, field in _SINGLES.items():
            position = int(singles[kind][member])
            words[head + field] = -1 if position < 0 else first[kind] + position
        for kind, field in _LISTS.items():
            positions = in_order(book, kind, np.flatnonzero(lists[kind][:, member]).tolist())
            words[head + field] = len(words)
            words += [first[kind] + position for position in positions]
    return np.array(words or [0], np.int64), np.array(places, np.int64)


def _legend(book: RuleBook, inside: Any) -> Legend:
    rules = [(kind, position, rule.name) for kind in RULE_KINDS for position, rule in enumerate(book.rules(kind))]
    sets, numbers = np.nonzero(inside.T)
    bits = (np.cumsum(inside, axis=0) - 1)[numbers, sets]
    named = [rules[number] for number in numbers.tolist()]
    return Legend(
        sets.tolist(),
        bits.tolist(),
        [kind for kind, _, _ in named],
        [name for _, _, name in named],
        [position for _, position, _ in named],
    )
