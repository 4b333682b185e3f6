"""The rule book of the generated chain, as the TOML a revenue manager would write.

It uses every kind of rule and condition, and it names only brands, regions and cities that the chain has. Regional,
city, brand and room-type rules cross, so that a few hundred distinct sets of rules arise when it is compiled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from nightgrid.catalog import Catalog
from nightgrid.jobs.chain.brands import BRANDS
from nightgrid.jobs.chain.places import BLOCKS, CITIES, MONEY
from nightgrid.jobs.chain.seasons import EVENTS, HOLIDAY_RULES, REGION_SEASONS, ROOM_SEASONS, WEEKDAY_RULES, SeasonRule
from nightgrid.money import RoundingMode, round_ratio
from nightgrid.nights import to_date

TIERS: Final = ("public", "silver", "gold", "platinum", "diamond")
_CHINA: Final = BLOCKS[0][1]
_ASIA: Final = BLOCKS[1][1]
_EUROPE: Final = BLOCKS[2][1]


class _Names:
    """Names that `where` may use: those of the catalogue, so that no rule points at nothing."""

    def __init__(self, catalog: Catalog) -> None:
        self.known = {
            "group": set(catalog.group),
            "brand": set(catalog.brand),
            "region": set(catalog.region),
            "city": set(catalog.city),
            "hotel": set(catalog.hotel_ids),
            "room_type": set(catalog.room_type_ids),
            "plan": set(catalog.plan_ids),
        }

    def where(self, **wanted: Iterable[str]) -> str | None:
        """`where = {...}` with the names there are; "" for everywhere, None where a key has nothing left."""
        parts = []
        for key, names in wanted.items():
            names = list(names)
            kept = [name for name in names if name in self.known[key]]
            if names and not kept:
                return None
            if kept:
                parts.append(f"{key} = [{', '.join(_text(name) for name in kept)}]")
        return f"where = {{{', '.join(parts)}}}\n" if parts else ""


def build_book(catalog: Catalog, first_night: int, nights: int) -> str:
    """TOML text of the book for the nights on sale. The same catalogue and window give the same text."""
    names = _Names(catalog)
    years = range(to_date(first_night).year, to_date(first_night + nights - 1).year + 1)
    window = (first_night, first_night + nights - 1)
    rules = [*HOLIDAY_RULES, *WEEKDAY_RULES, *REGION_SEASONS, *EVENTS, *ROOM_SEASONS, *_flagships(catalog)]
    parts = [
        _head(catalog, years),
        *(_season(rule, names, years, window) for rule in rules),
        *_length_of_stay(names),
        *_lead_time(names),
        *_member_tier(names),
        *_bounds(names, catalog),
    ]
    return "\n".join(part for part in parts if part)


def _text(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _head(catalog: Catalog, years: range) -> str:
    codes = ["CNY", *(code for code in sorted(catalog.currencies) if code != "CNY")]
    rates = "\n".join(f'{code} = "{Decimal(MONEY[code][0]).scaleb(-4).normalize():f}"' for code in codes)
    return f"""\
# Prices of the generated chain. Percents are changes: 35 means +35 %.
[book]
name = "Generated chain {years[0]}"
tiers = [{", ".join(_text(tier) for tier in TIERS)}]
display_currency = "CNY"

[rounding]
policy = "default"
mode = "half_up"
increment_minor = 10

[currencies] # yuan for one unit
{rates}
"""


def _season(rule: SeasonRule, names: _Names, years: range, window: tuple[int, int]) -> str:
    """One `[[season]]` table, or "" where the chain or the window has nothing for it."""
    where = names.where(**rule.where)
    dates = rule.dates_in(years, window)
    if where is None or (rule.days and not dates):
        return ""
    lines = ["[[season]]", f"name = {_text(rule.name)}", f"group = {_text(rule.group)}"]
    if dates:
        lines.append("dates = [" + ", ".join(f"{{from = {first}, to = {last}}}" for first, last in dates) + "]")
    if rule.weekdays:
        lines.append(f"weekdays = [{', '.join(map(_text, rule.weekdays))}]")
    if rule.holidays:
        lines.append(f"holidays = [{', '.join(map(_text, rule.holidays))}]")
    lines += [f"days_before = {rule.days_before}"] * bool(rule.days_before)
    lines += [f"days_after = {rule.days_after}"] * bool(rule.days_after)
    lines.append(f"percent = {rule.percent}")
    lines += [f"priority = {rule.priority}"] * bool(rule.priority)
    return "\n".join(lines) + "\n" + where


def _flagships(catalog: Catalog) -> list[SeasonRule]:
    """An opening offer of the newest hotel in each of the ten largest cities."""
    largest = [city for city, _ in sorted(Counter(catalog.city).items(), key=lambda item: (-item[1], item[0]))[:10]]
    newest = {city: hotel_id for hotel_id, city in zip(catalog.hotel_ids, catalog.city, strict=True)}
    return [
        SeasonRule(
            f"Opening offer {city}", "place", Decimal(-15), days=(((3, 1), (5, 31)),), where={"hotel": (newest[city],)}
        )
        for city in largest
    ]


def _table(kind: str, name: str, where: str | None, body: str) -> str:
    return "" if where is None else f"[[{kind}]]\nname = {_text(name)}\n{body}\n{where}"


def _brands(level: int) -> list[str]:
    return [brand.name for brand in BRANDS if brand.level == level]


def _regions(countries: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(city.region for city in CITIES if city.country in countries))


def _cities(*kinds: str) -> list[str]:
    return [city.name for city in CITIES if city.kind in kinds]


def _length_of_stay(names: _Names) -> list[str]:
    def table(name: str, where: str | None, *bands: tuple[int, str]) -> str:
        listed = ", ".join(f"{{from_nights = {nights}, percent = {percent}}}" for nights, percent in bands)
        return _table("length_of_stay", name, where, f"bands = [{listed}]")

    return [
        table("Longer stays", names.where(), (3, "-4"), (7, "-10"), (28, "-25")),
        table("Longer stays, economy", names.where(brand=_brands(0)), (5, "-5"), (14, "-15"), (30, "-30")),
        table("Resort week", names.where(city=_cities("summer", "winter")), (4, "-6"), (7, "-14"), (14, "-20")),
        table("European week", names.where(region=_regions(_EUROPE)), (5, "-7.5"), (7, "-12")),
        table("Suites from two nights", names.where(room_type=["STE", "PRS", "VIL"]), (2, "-8"), (4, "-15")),
        table("Saver has its discount already", names.where(plan=["saver"]), (7, "-3")),
    ]


def _lead_time(names: _Names) -> list[str]:
    def table(name: str, where: str | None, *bands: tuple[int, int | None, str]) -> str:
        listed = ", ".join(
            f"{{from_days = {first}, {'' if last is None else f'to_days = {last}, '}percent = {percent}}}"
            for first, last, percent in bands
        )
        return _table("lead_time", name, where, f"bands = [{listed}]")

    return [
        table("Early and late", names.where(), (0, 1, "6"), (2, 3, "3"), (30, 59, "-5"), (60, None, "-9")),
        table("Tonight, economy", names.where(brand=_brands(0)), (0, 0, "-8"), (1, 2, "4"), (21, None, "-6")),
        table("Resorts early", names.where(city=_cities("summer", "winter")),
              (0, 6, "9"), (45, 89, "-7.5"), (90, 179, "-12.5"), (180, None, "-16")),
        table("Asia early", names.where(region=_regions(_ASIA)), (0, 2, "5"), (28, 74, "-8"), (75, None, "-12")),
        table("Luxury stands firm", names.where(brand=_brands(3), region=_regions(_CHINA)), (90, None, "-5")),
        table("Saver in advance", names.where(plan=["saver"]), (0, 6, "12"), (14, 44, "-4"), (45, None, "-8")),
    ]  # fmt: skip


def _member_tier(names: _Names) -> list[str]:
    def table(name: str, where: str | None, *percents: str) -> str:
        listed = ", ".join(f"{tier} = {percent}" for tier, percent in zip(TIERS[1:], percents, strict=False))
        return _table("member_tier", name, where, f"percent = {{{listed}}}")

    return [
        table("Members", names.where(), "-3", "-6", "-9", "-12"),
        table("Members, luxury", names.where(brand=_brands(3)), "-2", "-4", "-7.5", "-10"),
        table("Members in Europe", names.where(region=_regions(_EUROPE)), "-5", "-8", "-10", "-15"),
        table("Saver, top members only", names.where(plan=["saver"]), "0", "0", "-2.5", "-5"),
    ]


def _bounds(names: _Names, catalog: Catalog) -> list[str]:
    def amounts(yuan: int) -> str:
        """The same amount in every currency, in whole units."""
        parts = []
        for code in catalog.currencies:
            whole = round_ratio(yuan * 10_000, MONEY[code][0], RoundingMode.CEILING)
            parts.append(f'{code} = "{whole}"')
        return "{" + ", ".join(parts) + "}"

    return [
        _table("bounds", "Guard", names.where(), f"floor_percent = 50\nceiling_percent = 380\nfloor = {amounts(60)}"),
        _table("bounds", "Guard, luxury", names.where(brand=_brands(3)),
               f"floor_percent = 72.5\nfloor = {amounts(700)}\nceiling = {amounts(60_000)}"),
        _table("bounds", "Guard, economy", names.where(brand=_brands(0)),
               f"floor_percent = 55\nceiling_percent = 260\nceiling = {amounts(1_500)}"),
        _table("bounds", "Guard, resorts", names.where(city=_cities("summer", "winter")),
               "floor_percent = 45\nceiling_percent = 450"),
    ]  # fmt: skip
