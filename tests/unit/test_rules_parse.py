"""Rule books as authors write them: one meaning in three notations, and one digest."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from nightgrid.pricing import RuleBook, book_schema, load_book
from nightgrid.pricing.model import (
    RULE_KINDS,
    Bounds,
    DateRange,
    Header,
    LeadBand,
    LeadTime,
    LengthBand,
    LengthOfStay,
    MemberTier,
    Rounding,
    Season,
    Where,
)
from nightgrid.pricing.toml_lines import TomlLines
from tests.docs.blocks import blocks
from tests.unit.rule_books import AS_JSON, BOOK

IN_PYTHON = RuleBook(
    book=Header(name="Spring 2027", tiers=("public", "silver", "gold"), display_currency="CNY"),
    rounding=Rounding(policy="step", mode="half_even", increment_minor=100),
    currencies={"CNY": 1, "EUR": Decimal("7.85")},
    season=(
        Season(
            name="Golden Week",
            group="calendar",
            dates=(DateRange(first_night=date(2026, 10, 1), last_night="2026-10-08"),),
            weekdays=("fri", "sat"),
            holidays=("CN:National Day", "*"),
            days_before=1,
            percent=Decimal("35.5"),
            priority=2,
            where=Where(region=("east",), hotel=("h1", "h2")),
        ),
    ),
    length_of_stay=(
        LengthOfStay(
            name="Weekly", bands=(LengthBand(from_nights=3, percent=-5), LengthBand(from_nights=7, percent=-12))
        ),
    ),
    lead_time=(
        LeadTime(
            name="Early bird",
            bands=(LeadBand(from_days=0, to_days=2, percent=8), LeadBand(from_days=60, percent=-10)),
        ),
    ),
    member_tier=(MemberTier(name="Members", percent={"silver": -3, "gold": -6}),),
    bounds=(Bounds(name="Guard", floor_percent=60, ceiling={"CNY": "99999.00", "JPY": 800000}),),
)


def test_toml_json_and_python_are_one_book(tmp_path):
    text = json.dumps(AS_JSON)
    in_file = tmp_path / "book.toml"
    in_file.write_text("\ufeff" + BOOK.replace("\n", "\r\n"), encoding="utf-8")  # as a Windows editor saves it
    json_file = tmp_path / "book.json"
    json_file.write_text(text, encoding="utf-8")

    books = [load_book(s) for s in (BOOK, text, IN_PYTHON, in_file, str(in_file), json_file)]
    assert all(book == IN_PYTHON for book in books)
    assert {book.digest for book in books} == {IN_PYTHON.digest}


def test_the_values_are_exact_and_typed():
    book = load_book(BOOK)
    season = book.season[0]
    assert season.percent == Decimal("35.5")
    assert (season.dates[0].first_night, season.dates[0].last_night) == (date(2026, 10, 1), date(2026, 10, 8))
    assert season.where.level == 5  # the hotel is more specific than the region
    assert book.currencies["EUR"] == Fraction(157, 20)
    assert book.bounds[0].ceiling == {"CNY": 99999, "JPY": 800000}
    assert book.length_of_stay[0].where.level == 0


def test_the_canonical_json_reads_back_to_an_equal_book():
    book = load_book(BOOK)
    again = load_book(book.canonical_json())
    assert again == book
    assert again.canonical_json() == book.canonical_json()


def test_the_digest_is_of_the_meaning_and_nothing_else():
    digest = load_book(BOOK).digest
    assert load_book(BOOK.replace("percent = 35.50", "percent = 35.51")).digest != digest
    assert load_book(BOOK.replace("Spring 2027", "Autumn 2027")).digest != digest
    # A default that is written out, another order of keys, another spelling of a number: the same meaning.
    assert load_book(BOOK.replace("days_before = 1", "days_after = 0\ndays_before = 1")).digest == digest
    assert load_book(BOOK.replace("EUR = 7.85", 'EUR = "7.8500"')).digest == digest
    # Digests are stored with prices, so they must not move when the model learns more.
    assert digest == "617b16c060b9464d"
    assert RuleBook().digest == load_book("").digest == "44136fa355b3678a"


def test_a_book_without_rules_has_defaults():
    book = load_book("[book]\nname = 'x'\n")
    assert book.book.tiers == ("public",)
    assert (book.rounding.policy, book.rounding.mode, book.rounding.increment_minor) == ("default", "half_up", 1)


def test_names_are_compared_in_one_unicode_form():
    composed = load_book("[[season]]\nname='x'\npercent=1\nwhere={city=['Z\u00fcrich']}")
    combined = load_book("[[season]]\nname='x'\npercent=1\nwhere={city=['Zu\u0308rich']}")
    assert composed == combined


def test_the_schema_describes_the_file_that_authors_write():
    schema = book_schema()
    assert set(schema["properties"]) == {
        "book", "pipeline", "rounding", "stacking", "currencies",
        "derived", "season", "demand", "bounds", "stay_prices", "extra_guests", "length_of_stay", "free_nights",
        "lead_time",
        "member_tier", "promotion", "stay_bounds", "package", "points", "tax",
    }  # fmt: skip
    assert set(schema["$defs"]["DateRange"]["required"]) == {"from", "to"}
    assert schema["additionalProperties"] is False
    json.dumps(schema)


def test_the_book_of_the_reference_uses_every_table_and_key():
    docs = Path(__file__).parents[2] / "docs"
    reference = (docs / "rules-every-key.md").read_text(encoding="utf-8")
    (example,) = (block.text for block in blocks(reference) if block.language == "toml")
    book = load_book(example)
    assert all(book.rules(kind) for kind in RULE_KINDS)
    text = "".join(page.read_text(encoding="utf-8") for page in docs.glob("rules*.md"))
    schema = book_schema()
    keys = {key for model in (schema, *schema["$defs"].values()) for key in model.get("properties", {})}
    assert [key for key in keys if not re.search(rf"\b{key}\b", text)] == []


def test_lines_are_found_through_strings_comments_and_dotted_keys():
    text = (
        '# [x]\ntitle = """\n[[season]]\n"quoted\\""""\n[[season]]\nname = "a#b]"\nwhere.city = [  # one\n'
        "  'x', # two\n  'y']\n[season.where.deep]\nkey = 1\n[[season]]\n\"na.me\" = '''\n'''\nlast"
        " = {a = [1,\n2], b = 3}\n"
    )
    lines = TomlLines(text)
    assert lines.line(("title",)) == 2
    assert lines.line(("season", 0)) == 5
    assert lines.line(("season", 0, "name")) == 6
    assert lines.line(("season", 0, "where", "city", 1)) == 9
    assert lines.line(("season", 0, "where", "deep", "key")) == 11
    assert lines.line(("season", 1)) == 12
    assert lines.line(("season", 1, "na.me")) == 13
    assert lines.line(("season", 1, "last", "a", 1)) == 16
    assert lines.line(("season", 1, "last", "b")) == 16
    assert lines.line(("season", 1, "last", "nothing")) == 15  # the nearest that stands there
    assert lines.line(("nowhere",)) is None
