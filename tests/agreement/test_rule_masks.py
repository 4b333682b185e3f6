"""Masks of bulk quotes against explanations: the rules whose bits are set are those that the explanation says acted."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import polars as pl
import pytest

from nightgrid import InputError, Refused
from nightgrid.outcomes import NoPrice, Outcome
from tests.agreement.book_compare import engine_for
from tests.book_worlds import draw_stay, draw_world
from tests.engines import engine_of
from tests.strategies import NOW_MS

LISTS = {"children": pl.List(pl.Int64), "coupons": pl.List(pl.String), "packages": pl.List(pl.String),
         "fill_bp": pl.List(pl.Int64)}  # fmt: skip
WORLDS = 40
seen: set[str] = set()
met: set[int] = set()


def line_of(product, stay):
    """A line of bulk quotes."""
    line = {"hotel_id": product["hotel_id"], "room_type_id": product["room_type_id"], "plan_id": product["plan_id"]}
    line |= {name: sorted(value) if name in LISTS else value for name, value in stay.items() if name != "fill_bp"}
    if "fill_bp" in stay:
        line["fill_bp"] = list(stay["fill_bp"])
    line["booking_date"] = stay["arrival"] - timedelta(days=line.pop("lead_days"))
    return line


def named(legend, rule_set, mask):
    """(kind, position) of the bits of a mask."""
    rows = legend.filter(pl.col("rule_set") == rule_set).select("bit", "kind", "position").rows()
    return {(kind, position) for bit, kind, position in rows if mask >> bit & 1}


def quoted(engine, line):
    """The quote of a line, or what it was refused with."""
    words = {name: value for name, value in line.items() if value is not None}
    try:
        return engine.quote(words.pop("hotel_id"), words.pop("room_type_id"), **words)
    except (Refused, InputError) as error:
        return error


def compare(engine, lines):
    """How many masks were compared, each with the explanation of its quote."""
    quotes = [quoted(engine, line) for line in lines]
    kept = [(line, quote) for line, quote in zip(lines, quotes, strict=True) if not isinstance(quote, InputError)]
    if not kept:
        return 0
    lists = {name: dtype for name, dtype in LISTS.items() if name in lines[0]}
    frame = pl.DataFrame([line for line, _ in kept], infer_schema_length=None, schema_overrides=lists)
    legend, compared = engine.rule_legend(), 0
    for (line, quote), answer in zip(kept, engine.quote_many(frame, masks=True).to_dicts(), strict=True):
        if isinstance(quote, Refused):
            assert answer["outcome"] == quote.outcome
            assert (answer["applied_rules"], answer["total_minor"]) == (None, None)
            assert answer["refused"] != 0
            continue
        assert (answer["outcome"], answer["total_minor"], answer["refused"]) == (0, quote.total_minor, 0)
        matched = {(note.kind, note.position) for note in engine.explain(quote).matched}
        assert named(legend, answer["rule_set"], answer["applied_rules"]) == matched, line
        seen.update(kind for kind, _ in matched)
        compared += 1
    return compared


@pytest.mark.parametrize("seed", range(WORLDS))
def test_masks_say_what_explanations_say(seed):
    met.add(seed)
    rng = Random(f"masks {seed}")
    world = draw_world(rng)
    engine = engine_for(world)
    if engine is None:
        pytest.skip("the numbers of this world are too large")
    stays = [draw_stay(rng, world.book) for _ in range(8)]
    lines = [line_of(product, stay) for stay in stays for product in world.products]
    by_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for line in lines:
        by_columns.setdefault(tuple(line), []).append(line)
    assert sum(compare(engine, some) for some in by_columns.values()) > 0


@pytest.mark.parametrize("seed", range(12))
def test_masks_of_a_cube_are_those_of_bulk_quotes(seed):
    rng = Random(f"cube {seed}")
    world = draw_world(rng)
    engine = engine_for(world)
    if engine is None:
        pytest.skip("the numbers of this world are too large")
    first = world.first_night + timedelta(days=rng.randint(0, 8))
    asked = {"adults": rng.choice([1, 2, 3]), "channel": rng.choice(["", "app", "web"])}
    asked["fill_bp"] = [rng.choice([0, 9_000]) for _ in range(3)]
    arrivals = (first, first + timedelta(days=2))
    for batch in engine.reprice(stays=[1, 3], arrivals=arrivals, masks=True, **asked):
        frame = pl.DataFrame(pl.from_arrow(batch))
        for nights in (1, 3):
            some = frame.filter(pl.col("nights") == nights)
            words = asked | {"fill_bp": asked["fill_bp"][:nights]}
            lines = some.select("product_index", "arrival", "nights", pl.col("tier").cast(pl.String))
            want = engine.quote_many(lines, masks=True, **words)
            assert some["price_minor"].to_list() == want["total_minor"].to_list()
            for column in ("rule_set", "applied_rules", "refused"):
                assert some[column].to_list() == want[column].to_list(), column
            assert want["applied_rules"].n_unique() > 0


def test_a_cube_tells_why_there_is_no_price():
    engine = plain_engine()
    batches = engine.reprice(stays=[1, 3], tiers=["gold"], arrivals=("2026-12-18", "2027-01-16"), masks=True)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert {NoPrice(row["refused"]) for row in rows} == {NoPrice(0), NoPrice.BEYOND}
    assert all((row["price_minor"] is None) == (row["applied_rules"] is None) == (row["refused"] != 0) for row in rows)
    friday = date(2026, 12, 25)  # 140.00 x 0.95 x 0.94
    dear = next(row for row in rows if row["arrival"] == friday and row["nights"] == 1)
    assert (dear["applied_rules"], dear["price_minor"]) == (0b110111, 12_502)
    large = engine.reprice(stays=[1], arrivals=("2026-12-20", "2026-12-20"), adults=3, masks=True)
    assert [row["refused"] for batch in large for row in batch.to_pylist()] == [NoPrice.PARTY] * 2
    version = engine.quote("A", "king", "2026-12-20", 1).price_version
    engine.publish(PLAIN | {"member_tier": []})
    fed = engine.reprice(stays=[1], arrivals=("2026-12-20", "2026-12-20"), since=version, masks=True)
    assert [(row["tier"], row["applied_rules"]) for batch in fed for row in batch.to_pylist()] == [("gold", 0)]


def test_every_kind_of_rule_was_met():
    """The worlds above have every kind; this test stands after them."""
    if len(met) < WORLDS:
        pytest.skip("only with all worlds above")
    assert seen == {
        "derived", "season", "demand", "bounds", "stay_prices", "extra_guests", "length_of_stay", "free_nights",
        "lead_time",
        "member_tier", "promotion", "stay_bounds", "package", "points", "tax",
    }  # fmt: skip


PLAIN = {
    "book": {"tiers": ["public", "gold"]},
    "season": [
        {"name": "Weekend", "weekdays": ["fri", "sat"], "percent": 50},
        {"name": "Dear", "dates": [{"from": "2026-12-24", "to": "2026-12-25"}], "percent": 20, "group": "dates"},
    ],
    "bounds": [{"name": "Floor", "ceiling_percent": 140}],
    "length_of_stay": [{"name": "Long", "bands": [{"from_nights": 3, "percent": -10}]}],
    "lead_time": [{"name": "Early", "bands": [{"from_days": 5, "percent": -5}]}],
    "member_tier": [{"name": "Members", "percent": {"gold": -6}}],
}


def plain_engine(book=PLAIN):
    hotels = [{"hotel_id": "A", "currency": "CNY", "time_zone": "Asia/Shanghai"}]
    types = [{"hotel_id": "A", "room_type_id": "king", "capacity": 3, "guests_max": 2}]
    products = [{"hotel_id": "A", "room_type_id": "king", "plan_id": "standard", "base_minor": 10_000}]
    world = {"hotels": hotels, "room_types": types, "products": products}
    return engine_of(world, date(2026, 12, 18), 30, NOW_MS, book=book)


def test_a_book_of_factors_has_masks_too():
    engine = plain_engine()
    lines = [
        {"hotel_id": "A", "room_type_id": "king", "arrival": f"2026-12-{day}", "nights": nights, "tier": tier}
        for day in range(18, 31) for nights in (1, 3) for tier in ("public", "gold")
    ]  # fmt: skip
    assert compare(engine, lines) > 40
    told = engine.quote_many(pl.DataFrame(lines[:1]), masks=True)
    assert told.columns[-3:] == ["rule_set", "applied_rules", "refused"]
    assert told.schema["applied_rules"] == pl.UInt64
    assert engine.rule_legend().select("bit", "kind", "name").rows() == [
        (0, "season", "Weekend"), (1, "season", "Dear"), (2, "bounds", "Floor"), (3, "length_of_stay", "Long"),
        (4, "lead_time", "Early"), (5, "member_tier", "Members"),
    ]  # fmt: skip


def test_every_reason_of_a_refusal_is_told():
    engine = plain_engine()
    lines = {
        "hotel_id": ["A"] * 5, "room_type_id": ["king"] * 5,
        "arrival": ["2026-12-01", "2027-01-30", "2026-12-20", "2026-12-20", "2026-12-20"],
        "nights": [1, 2, 0, 1, 1], "adults": [1, 3, 1, 3, 2],
    }  # fmt: skip
    answers = engine.quote_many(lines, masks=True)
    assert [NoPrice(bits) for bits in answers["refused"]] == [
        NoPrice.PAST | NoPrice.BEYOND, NoPrice.BEYOND | NoPrice.PARTY, NoPrice.NIGHTS, NoPrice.PARTY, NoPrice(0)
    ]  # fmt: skip
    assert answers["outcome"].to_list() == [
        Outcome.OUTSIDE_HORIZON, Outcome.OUTSIDE_HORIZON, Outcome.INVALID, Outcome.TOO_MANY_GUESTS, Outcome.OK
    ]  # fmt: skip
    legend = engine.refusal_legend()
    assert [1 << bit for bit in legend["bit"]] == [reason.value for reason in NoPrice]
    assert legend["reason"].to_list() == [reason.name for reason in NoPrice]


def test_sets_of_more_rules_than_a_word_has_bits_have_several_words():
    taxes = [{"name": f"Tax {number}", "percent": 1} for number in range(130)]
    taxes[66]["amount"] = {"CNY": 1}  # for guests, who are not told
    del taxes[66]["percent"]
    taxes[66]["per"] = "person_night"
    engine = plain_engine({"tax": taxes[:64]})
    line = {"hotel_id": ["A"], "room_type_id": ["king"], "arrival": ["2026-12-20"], "nights": [1]}
    assert engine.quote_many(line, masks=True)["applied_rules"].to_list() == [2**64 - 1]
    engine.publish({"tax": taxes})
    words = ["applied_rules", "applied_rules_2", "applied_rules_3"]
    told = engine.quote_many(line | {"nights": [40]}, masks=True).row(0, named=True)
    assert [told[word] for word in words] == [None] * 3
    told = engine.quote_many(line, masks=True).row(0, named=True)
    assert told["total_minor"] == 10_000 + 129 * 100
    assert [told[word] for word in words] == [2**64 - 1, 2**64 - 1 - 2**2, 0b11]
    legend = engine.rule_legend()
    assert legend["bit"].to_list() == list(range(130))
    assert legend.filter(bit=66)["name"].to_list() == ["Tax 66"]
    day = ("2026-12-20", "2026-12-20")
    (batch,) = engine.reprice(stays=[1, 40], arrivals=day, adults=1, masks=True)
    assert batch.schema.names[-5:] == ["rule_set", *words, "refused"]
    rows = batch.to_pylist()
    assert [[row[word] for word in words] for row in rows] == [[2**64 - 1, 2**64 - 1, 0b11], [None] * 3]


def test_the_legend_of_a_kept_version_stays():
    engine = plain_engine()
    before = engine.rule_legend()
    first = engine.quote("A", "king", "2026-12-20", 1).price_version
    engine.publish({"tax": [{"name": "VAT", "percent": 6}]})
    assert engine.rule_legend()["name"].to_list() == ["VAT"]
    assert engine.rule_legend(first).equals(before)
