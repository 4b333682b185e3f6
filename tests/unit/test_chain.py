"""The generated chain: reproducible, exact in its counts, and plausible."""

from __future__ import annotations

import hashlib
import itertools
import tomllib
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.jobs.chain import Chain, make_chain
from nightgrid.jobs.chain.brands import BRANDS
from nightgrid.jobs.chain.dice import Dice
from nightgrid.jobs.chain.hotels import build_house
from nightgrid.jobs.chain.places import CITIES, COUNTRIES, MONEY
from nightgrid.jobs.chain.restrictions import SCHEMA
from nightgrid.money import exponent
from nightgrid.pricing.compile import compile_book
from nightgrid.pricing.parse import load_book

#: The restrictions that a generated chain sets.
NAMES = list(SCHEMA)[5:]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(60, 300, plans=2)


@pytest.fixture(scope="module")
def large() -> Chain:
    return make_chain(800)


def catalog_text(catalog: Catalog) -> str:
    frames = (catalog.hotels_frame(), catalog.room_types_frame(), catalog.products_frame())
    return "".join(frame.write_csv() for frame in frames)


def checksum(chain: Chain) -> str:
    """All of a chain, to the byte."""
    digest = hashlib.sha256(catalog_text(chain.catalog).encode())
    digest.update(chain.sold_elsewhere.tobytes())
    digest.update(chain.restrictions.write_csv().encode())
    digest.update(f"{chain.book_toml}{chain.first_night}{chain.description}".encode())
    return digest.hexdigest()


# ---------------------------------------------------------------------------------------------------- the same again


def test_the_same_seed_gives_the_same_bytes(chain: Chain) -> None:
    assert checksum(make_chain(60, 300, plans=2)) == checksum(chain)
    assert checksum(make_chain(60, 300, seed=2028, plans=2)) != checksum(chain)


def test_hotels_and_prices_do_not_depend_on_the_window(chain: Chain) -> None:
    other = make_chain(60, 300, first_night="2030-06-15", nights=30, plans=2)
    assert catalog_text(other.catalog) == catalog_text(chain.catalog)
    assert (other.first_night, other.nights) == (date(2030, 6, 15), 30)


def test_a_second_plan_changes_no_hotel(chain: Chain) -> None:
    single = make_chain(60, 300)
    assert single.catalog.hotels_frame().equals(chain.catalog.hotels_frame())
    np.testing.assert_array_equal(single.catalog.base_minor, chain.catalog.base_minor[::2])
    np.testing.assert_array_equal(single.sold_elsewhere, chain.sold_elsewhere)
    assert set(single.catalog.plan_ids) == {"standard"}


def test_streams_of_dice_are_apart_and_in_range() -> None:
    assert not np.array_equal(Dice(1, part=1).words(50), Dice(1, part=2).words(50))
    np.testing.assert_array_equal(Dice(1, part=1).words(50), Dice(1, part=1).words(50))
    dice = Dice(7, part=1)
    assert set(dice.below(6, 500).tolist()) == set(range(6))
    assert set(dice.between(-1, 1, 100).tolist()) == {-1, 0, 1}
    assert abs(int(dice.chance(250, 4000).sum()) - 1000) < 150
    assert abs(int((dice.pick([1, 0, 3], 4000) == 2).sum()) - 3000) < 150
    assert set(dice.pick([1, 0, 3], 400).tolist()) == {0, 2}
    assert sorted(dice.order(100).tolist()) == list(range(100))
    spread = dice.spread_permille(4001)
    assert 220 <= spread.min() < 350
    assert 3000 < spread.max() <= 4540
    assert 950 < np.median(spread) < 1050


# ---------------------------------------------------------------------------------------------------- hotels and rooms


@pytest.mark.parametrize(
    ("hotels", "room_types"), [(1, 2), (1, 12), (50, 100), (50, 600), (50, 101), (50, 599), (333, 1700)]
)
def test_room_types_add_up_exactly(hotels: int, room_types: int) -> None:
    house = build_house(3, hotels, room_types)
    counts = np.bincount(house.row_hotel, minlength=hotels)
    assert counts.sum() == room_types
    assert counts.min() >= 2
    assert counts.max() <= 12
    assert house.capacity.min() >= 1
    assert len({*zip(house.row_hotel.tolist(), house.row_template.tolist(), strict=True)}) == room_types


def test_five_room_types_a_hotel_unless_asked_otherwise(large: Chain) -> None:
    assert (large.catalog.n_hotels, large.catalog.n_rows) == (800, 4000)
    sizes = np.add.reduceat(large.catalog.capacity.astype(int), large.catalog.hotel_first_row[:-1])
    assert 45 < sizes.mean() < 55
    assert np.median(sizes) < sizes.mean()  # a few large houses, many small ones
    assert sizes.max() > 4 * np.median(sizes)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"hotels": 10, "room_types": 19}, "from 20 to 120"), ({"hotels": 10, "room_types": 121}, "121 room types"),
     ({"hotels": 0}, "0 hotels"), ({"hotels": 5, "nights": 0}, "nights 0"), ({"hotels": 5, "nights": 1501}, "1501"),
     ({"hotels": 5, "plans": 3}, "plans 3"), ({"hotels": 5, "seed": -1}, "seed -1"),
     ({"hotels": 5, "seed": 1.5}, "seed 1.5")],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(arguments: dict[str, int], named: str) -> None:
    with pytest.raises(InputError, match=named):
        make_chain(**arguments)


def test_seven_hotels_of_ten_are_in_china() -> None:
    house = build_house(2027, 4000, 20_000)
    countries = np.array([city.country for city in CITIES])[house.city]
    assert 0.67 < np.isin(countries, ["CN"]).mean() < 0.73
    assert 0.13 < np.isin(countries, ["JP", "KR", "SG", "TH"]).mean() < 0.17
    assert {*countries.tolist()} == {*COUNTRIES}


def test_hotels_stand_where_they_say(large: Chain) -> None:
    cities = {city.name: city for city in CITIES}
    brands = {brand.name: brand for brand in BRANDS}
    for hotel in large.catalog.hotels_frame().iter_rows(named=True):
        city, country = cities[hotel["city"]], COUNTRIES[hotel["country"][:2]]
        assert (hotel["country"], hotel["region"]) == (city.place, city.region)
        assert (hotel["currency"], hotel["time_zone"]) == (country.currency, country.time_zone)
        assert hotel["district"] in city.districts
        assert abs(hotel["latitude"] - city.latitude) <= 0.0901
        assert abs(hotel["longitude"] - city.longitude) <= 0.0901
        assert hotel["group"] == brands[hotel["brand"]].group
        assert 2 <= hotel["stars"] <= 5
        assert 3.5 <= hotel["rating"] <= 5
        assert hotel["name"].startswith(f"{hotel['brand']} {hotel['city']} ")
    assert len({*large.catalog.calendars}) > 8


def test_prices_are_sensible_amounts(large: Chain) -> None:
    catalog = large.catalog
    codes = [catalog.currencies[code] for code in catalog.hotel_currency[catalog.row_hotel]]
    for code, minor, template in zip(codes, catalog.base_minor.tolist(), catalog.room_type_ids, strict=True):
        rate, step, ending = MONEY[code]
        assert minor % step == ending
        yuan = minor / 10 ** exponent(code) * rate / 10_000
        assert 60 < yuan < 90_000, (code, minor, template)
    luxury = np.array(catalog.brand)[catalog.row_hotel] == "House of Cranes"
    economy = np.array(catalog.brand)[catalog.row_hotel] == "Sparrow Inn"
    china = np.array(codes) == "CNY"
    assert np.median(catalog.base_minor[luxury & china]) > 4 * np.median(catalog.base_minor[economy & china])


def test_better_rooms_cost_more(large: Chain) -> None:
    prices = large.catalog.products_frame().pivot(on="room_type_id", index="hotel_id", values="base_minor")
    for cheap, dear in (("SGL", "STD"), ("STD", "DLX"), ("DLX", "JST"), ("JST", "VIL")):
        both = prices.select(cheap, dear).drop_nulls()
        assert len(both) > 0
        assert both.select((pl.col(dear) > pl.col(cheap)).all()).item()


def test_the_saver_plan_is_cheaper(chain: Chain) -> None:
    catalog = chain.catalog
    assert catalog.plan_ids == ["standard", "saver"] * 300
    assert catalog.n_products == 600
    assert (catalog.base_minor[1::2] < catalog.base_minor[::2]).all()


def test_rooms_take_one_to_six_guests(large: Chain) -> None:
    assert {*large.catalog.guests_max.tolist()} == {1, 2, 3, 4, 5, 6}


# ---------------------------------------------------------------------------------------------------- rooms sold


def test_rooms_sold_fit_the_rooms_there_are(chain: Chain) -> None:
    sold = chain.sold_elsewhere
    assert (sold.shape, sold.dtype) == ((300, 540), np.int16)
    assert sold.flags.c_contiguous
    assert sold.min() == 0
    assert (sold <= chain.catalog.capacity[:, None]).all()


def test_near_nights_and_weekends_are_fuller(large: Chain) -> None:
    sold, rooms = large.sold_elsewhere, large.catalog.capacity.sum(dtype=int)
    fill = sold.sum(axis=0) / rooms
    assert 0.6 < fill[:3].mean() < 0.95
    assert fill[:7].mean() > fill[14:28].mean() > fill[60:90].mean() > fill[200:260].mean() > fill[450:].mean() > 0.02

    leisure = {city.name for city in CITIES if city.kind == "leisure"}
    rows = np.isin(np.array(large.catalog.city)[large.catalog.row_hotel], list(leisure))
    saturdays = [night for night in range(400) if (large.first_night + timedelta(night)).weekday() == 5]
    tuesdays = [night - 4 for night in saturdays if night >= 4]
    assert sold[rows][:, saturdays].mean() > 1.15 * sold[rows][:, tuesdays].mean()


def test_holidays_are_booked_early(large: Chain) -> None:
    china = np.array([place == "CN" for place in large.catalog.country])[large.catalog.row_hotel]
    national_day = (date(2027, 10, 1) - large.first_night).days
    week = large.sold_elsewhere[china][:, national_day : national_day + 5].mean()
    before = large.sold_elsewhere[china][:, national_day - 21 : national_day - 7].mean()
    assert week > 1.3 * before


def test_about_one_cell_of_twelve_is_sold_out(large: Chain) -> None:
    full = large.sold_elsewhere == large.catalog.capacity[:, None]
    assert 0.06 < full.mean() < 0.10


@pytest.mark.parametrize(("first_night", "nights"), [("2028-02-29", 1), (date(2029, 12, 20), 1500), ("2041-01-01", 5)])
def test_any_window_can_be_asked_for(first_night: date | str, nights: int) -> None:
    small = make_chain(3, 9, first_night=first_night, nights=nights)
    assert small.sold_elsewhere.shape == (9, nights)
    book = load_book(small.book_toml)
    assert book.book.tiers[0] == "public"


# ---------------------------------------------------------------------------------------------------- restrictions


def test_restrictions_can_be_applied(large: Chain) -> None:
    frame = large.restrictions
    assert dict(frame.schema) == SCHEMA
    assert 0.2 * 800 < len(frame) < 800
    last = large.first_night + timedelta(large.nights - 1)
    assert frame.select(
        (pl.col("first_night") >= large.first_night).all() & (pl.col("last_night") <= last).all()
    ).item()
    assert frame.select((pl.col("first_night") <= pl.col("last_night")).all()).item()
    assert set(frame["weekdays"].drop_nulls()) == {"fri,sat"}
    for row in frame.iter_rows(named=True):
        assert any(row[name] for name in NAMES)  # each says something
        if row["room_type_id"] is None:
            large.catalog.hotel_index(row["hotel_id"])
        else:
            large.catalog.row_index(row["hotel_id"], row["room_type_id"])


def test_every_kind_of_restriction_occurs() -> None:
    frame = make_chain(3000, nights=366).restrictions
    assert [name for name in NAMES if frame[name].null_count() == len(frame)] == []
    assert frame["room_type_id"].null_count() < len(frame)
    assert len(frame.select(NAMES).unique()) < 20


def test_the_book_loads_and_compiles(chain: Chain) -> None:
    book = load_book(chain.book_toml)
    compiled = compile_book(book, chain.catalog, chain.first_night.toordinal(), chain.nights)
    assert book.season_groups() == ("calendar", "week", "place")
    assert len(compiled.season_num) > 40
    assert len(compiled.los_num) > 10
    factors = compiled.season_num / compiled.season_den
    assert 0.6 < factors.min() < 0.9
    assert 2 < factors.max() < 6
    assert set(compiled.rates) == set(chain.catalog.currencies)


def test_ten_thousand_hotels_share_a_few_hundred_tables() -> None:
    """Products whose rules are the same have one table, however many they are."""
    large = make_chain(10_000, nights=540)
    tables = compile_book(load_book(large.book_toml), large.catalog, large.first_night.toordinal(), large.nights)
    assert len(tables.season_set) == large.catalog.n_products >= 50_000
    assert 100 < len(tables.season_num) < 1_000
    assert len(tables.stay_los) < 100
    assert len(tables.bounds_rule) < 100


def test_the_book_uses_every_feature(chain: Chain) -> None:
    book = tomllib.loads(chain.book_toml)
    seasons = book["season"]
    used = {*itertools.chain.from_iterable(seasons)}
    assert used == {"name", "group", "dates", "weekdays", "holidays", "days_before", "days_after", "percent",
                    "priority", "where"}  # fmt: skip
    assert {*book} == {
        "book",
        "rounding",
        "currencies",
        "season",
        "length_of_stay",
        "lead_time",
        "member_tier",
        "bounds",
    }
    everywhere = itertools.chain.from_iterable(book[kind] for kind in book if isinstance(book[kind], list))
    scopes = {*itertools.chain.from_iterable(rule.get("where", {}) for rule in everywhere)}
    assert scopes == {"group", "brand", "region", "city", "hotel", "room_type", "plan"}
    named = {*itertools.chain.from_iterable(season.get("holidays", ()) for season in seasons)}
    assert {"*", "CN:Spring Festival", "CN:National Day"} <= named
    assert {*itertools.chain.from_iterable(rule for rule in book["bounds"])} >= {
        "floor_percent", "ceiling_percent", "floor", "ceiling"
    }  # fmt: skip


def test_the_book_names_only_what_the_chain_has(chain: Chain) -> None:
    book, catalog = tomllib.loads(chain.book_toml), chain.catalog
    known = {"group": catalog.group, "brand": catalog.brand, "region": catalog.region, "city": catalog.city,
             "hotel": catalog.hotel_ids, "room_type": catalog.room_type_ids, "plan": catalog.plan_ids}  # fmt: skip
    checked = 0
    for kind in ("season", "length_of_stay", "lead_time", "member_tier", "bounds"):
        for rule in book[kind]:
            for key, names in rule.get("where", {}).items():
                assert set(names) <= set(known[key]), rule["name"]
                checked += 1
    assert checked > 50


def test_a_chain_prints_short(chain: Chain) -> None:
    assert repr(chain) == f"<{chain.description}>"
    assert "60 hotels in " in repr(chain)


def test_progress_goes_from_nothing_to_everything() -> None:
    told: list[tuple[str, float]] = []
    make_chain(5, progress=lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (told[0], told[-1]) == (("hotels", 0.0), ("done", 1.0))
    assert {stage for stage, _ in told} == {"hotels", "rooms sold", "restrictions", "rule book", "done"}
