"""Why a rule did or did not change a price, in a sentence that a hotelier can check against the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nightgrid.catalog import Catalog
from nightgrid.nights import to_date
from nightgrid.pricing.compile import CompiledBook
from nightgrid.pricing.model import SCOPE_KEYS, LeadTime, LengthOfStay, MemberTier, Rule, Season, Where
from nightgrid.pricing.scopes import product_scope
from nightgrid.pricing.seasons import condition_masks
from nightgrid.pricing.stays import band_of_lead, band_of_stay

#: Names of a list that a sentence shows before "and n more".
_LISTED_MAX: Final = 4
_KIND_NAMES: Final = {
    "season": "season",
    "bounds": "bounds",
    "length_of_stay": "length of stay",
    "lead_time": "lead time",
    "member_tier": "member tier",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The stay that a price is for. `arrival` is an ordinal; `lead_days` are days from booking to arrival."""

    product_index: int
    arrival: int
    nights: int
    lead_days: int
    tier: str

    def title(self, catalog: Catalog) -> str:
        """`h1, double, standard: 2 nights from 2026-10-02, booked 14 days before, tier public`."""
        row = int(catalog.product_row[self.product_index])
        hotel = catalog.hotel_ids[int(catalog.row_hotel[row])]
        ids = f"{hotel}, {catalog.room_type_ids[row]}, {catalog.plan_ids[self.product_index]}"
        stay = f"{_count(self.nights, 'night')} from {to_date(self.arrival)}"
        return f"{ids}: {stay}, booked {_count(self.lead_days, 'day')} before, tier {self.tier}"


@dataclass(frozen=True, slots=True)
class RuleNote:
    """What became of one rule: `kind` is its table in the file, `applied` whether it is among the lines, and why."""

    kind: str
    name: str
    applied: bool
    reason: str

    def __str__(self) -> str:
        return f'{_KIND_NAMES[self.kind]} "{self.name}": {self.reason}'


def rule_notes(compiled: CompiledBook, catalog: Catalog, asked: Asked, bounded_nights: int) -> Iterator[RuleNote]:
    """A note for every rule of the book, by kind and in file order; `bounded_nights` is where the bounds acted."""
    book = compiled.book
    scope = product_scope(catalog, asked.product_index)
    hotel = int(catalog.row_hotel[int(catalog.product_row[asked.product_index])])
    country = catalog.country[hotel]
    yield from _season_notes(compiled, asked, scope, country)
    bounds_set = int(compiled.bounds_set[asked.product_index])
    acted = f"acted on {bounded_nights} of {_count(asked.nights, 'night')}" if bounded_nights else ""
    idle = acted or "every night is inside it"
    yield from _table_notes("bounds", book.bounds, int(compiled.bounds_rule[bounds_set]), scope, bool(acted), idle)
    stay_set = int(compiled.stay_set[asked.product_index])
    for kind, rules, chosen in (
        ("length_of_stay", book.length_of_stay, int(compiled.stay_los[stay_set])),
        ("lead_time", book.lead_time, int(compiled.stay_lead[stay_set])),
        ("member_tier", book.member_tier, int(compiled.stay_tier[stay_set])),
    ):
        applied, reason = _reached(rules[chosen], asked) if chosen >= 0 else (False, "")
        yield from _table_notes(kind, rules, chosen, scope, applied, reason)


def _season_notes(compiled: CompiledBook, asked: Asked, scope: dict[str, str], country: str) -> Iterator[RuleNote]:
    first = asked.arrival - compiled.first_night
    winners = compiled.season_rule[int(compiled.season_set[asked.product_index]), :, first : first + asked.nights]
    for position, season in enumerate(compiled.book.season):
        of_group = winners[compiled.season_groups.index(season.group)]
        won = int(np.count_nonzero(of_group == position))
        if won:
            yield RuleNote("season", season.name, True, f"applied on {won} of {_count(asked.nights, 'night')}")
            continue
        reason = _outside(season.where, scope) or _not_on(season, country, asked)
        if not reason:
            masks = condition_masks(season, country, asked.arrival, asked.nights)
            held = np.logical_and.reduce([np.ones(asked.nights, np.bool_), *masks.values()])
            winner = int(of_group[int(np.argmax(held))])
            reason = _lost_season(season, position, compiled.book.season[winner], winner)
        yield RuleNote("season", season.name, False, reason)


def _not_on(season: Season, country: str, asked: Asked) -> str:
    """Why no night of the stay meets the season's conditions; "" if one does."""
    masks = condition_masks(season, country, asked.arrival, asked.nights)
    words = {
        "dates": _listed([f"{dates.first_night}..{dates.last_night}" for dates in season.dates]),
        "weekdays": _listed(season.weekdays),
        "holidays": f"the holidays {_listed(season.holidays)}",
    }
    for condition, mask in masks.items():
        if not mask.any():
            if condition == "holidays" and not country and all(name.startswith("*") for name in season.holidays):
                return "the hotel has no country in the catalogue, so no holidays of its own"
            return f"no night of the stay lies in {words[condition]}"
    if masks and not np.logical_and.reduce(list(masks.values())).any():
        return f"no night of the stay lies in {' and also in '.join(words[condition] for condition in masks)}"
    return ""


def _lost_season(season: Season, position: int, winner: Season, winner_position: int) -> str:
    """Which step of the ranking decided between two seasons of a group."""
    steps = (
        f"priority {winner.priority} over {season.priority}",
        "it names holidays",
        "it names dates",
        "it names weekdays",
        f"scope {_scope_name(winner.where)} over {_scope_name(season.where)}",
        f"{_count(winner.span_days, 'day')} of dates, not {season.span_days}",
        "earlier in the file",
    )
    ranks = zip(winner.rank(winner_position), season.rank(position), steps, strict=True)
    decided = next(step for ours, theirs, step in ranks if ours != theirs)
    return f'lost to "{winner.name}" ({decided})'


def _table_notes(
    kind: str, rules: Sequence[Rule], chosen: int, scope: dict[str, str], applied: bool, reason: str
) -> Iterator[RuleNote]:
    """Notes of a kind of which one rule applies to a product: the chosen one with `reason`, why not the others."""
    for position, rule in enumerate(rules):
        if position == chosen:
            yield RuleNote(kind, rule.name, applied, reason)
            continue
        outside = _outside(rule.where, scope)
        if not outside:
            winner = rules[chosen]
            higher = winner.where.level > rule.where.level
            decided = f"scope {_scope_name(winner.where)} over {_scope_name(rule.where)}"
            outside = f'lost to "{winner.name}" ({decided if higher else "earlier in the file"})'
        yield RuleNote(kind, rule.name, False, outside)


def _reached(rule: Rule, asked: Asked) -> tuple[bool, str]:
    """Whether the rule that applies to the product changes this stay, and the sentence for it."""
    if isinstance(rule, LengthOfStay):
        least = min(band.from_nights for band in rule.bands)
        nights = _count(asked.nights, "night")
        applied = band_of_stay(rule, asked.nights) >= 0
        return applied, f"{nights} reach a band" if applied else f"{nights}, needs {least} or more"
    if isinstance(rule, LeadTime):
        days = f"{_count(asked.lead_days, 'day')} before arrival"
        applied = band_of_lead(rule, asked.lead_days) >= 0
        spans = ["or more" if band.to_days is None else f"to {band.to_days}" for band in rule.bands]
        wanted = _listed([f"{band.from_days} {span}" for band, span in zip(rule.bands, spans, strict=True)], ", or ")
        return applied, f"{days} lie in a band" if applied else f"{days}, needs {wanted}"
    if isinstance(rule, MemberTier):
        applied = asked.tier in rule.percent
        return applied, f"tier {asked.tier}" if applied else f"tier {asked.tier}, is for {_listed(list(rule.percent))}"
    return False, ""


def _outside(where: Where, scope: dict[str, str]) -> str:
    """Why a product is not in the scope of a rule; "" if it is."""
    for key, values in where.conditions():
        if scope[key] not in values:
            return f"other scope: {key} is {scope[key] or 'not given'}, not {_listed(values)}"
    return ""


def _scope_name(where: Where) -> str:
    return SCOPE_KEYS[where.level - 1] if where.level else "everywhere"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str], last: str = " or ") -> str:
    rest = len(names) - _LISTED_MAX
    shown = list(names[:_LISTED_MAX]) + ([f"{rest} more"] if rest > 0 else [])
    return last.join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
