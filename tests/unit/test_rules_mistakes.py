"""Wrong rule books: every mistake at once, with its line and its fix, and never another exception."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nightgrid.errors import RuleBookError
from nightgrid.pricing import RuleBook, load_book
from nightgrid.pricing.model import LeadBand, MemberTier
from nightgrid.pricing.parse import BOOK_BYTES_MAX
from tests.unit.rule_books import BOOK, mistakes, only_mistake

#: A name with a mark that turns the direction of all that a terminal prints after it.
HIDDEN = "go\u202eld"
WRONG = """\
[book]
name = "Spring"
tiers = ["public", "gold", "gold"]
display_currency = "CNX"
[roundin]
[rounding]
policy = "x"
increment_minor = 0
[currencies]
CNY = "1"
EUR = nan
[[season]]
name = "Golden Week"
dates = [
  {from = 2026-10-01, to = 2026-10-08},
  {from = 2026-10-09, to = 2026-10-08},
  {from = 2026-10-09T00:00:00, to = "2026-1-1"},
]
weekdays = ["fri", "sut"]
holidays = ["XX:National Day"]
percent = 901
priority = true
where = {region = "east", hotel = [], citty = ["x"]}
[[season]]
percent = "abc"
days_before = 3
[[length_of_stay]]
name = "Weekly"
bands = [{from_nights = 3, percent = -5},
         {from_nights = 3, percent = -12.345}]
[[length_of_stay]]
name = "Weekly"
bands = [{from_nights = 3, percent = -5}, {from_nights = 3, percent = -12}]
[[lead_time]]
name = "Early bird"
bands = [{from_days = 0, percent = 8}, {from_days = 60, percent = -10}]
[[lead_time]]
name = "Late"
bands = [{from_days = 9, to_days = 8, percent = 8}, {from_days = -1, percent = -10}, {from_days = 3}]
[[bounds]]
name = "Crossed"
floor_percent = 600
ceiling_percent = 400
[[bounds]]
name = "Amounts"
floor = {CNY = "80.001", XYZ = "2", EUR = -3}
[[bounds]]
name = "Nothing"
[[member_tier]]
name = "Nobody"
percent = {}
"""


def test_every_mistake_is_reported_at_once_with_its_line():
    found = mistakes(WRONG)
    golden = 'season 1 "Golden Week", '
    assert [(line, place) for line, place, _ in found] == [
        (3, "book, tiers"),
        (4, "book, display_currency"),
        (5, "roundin"),
        (7, "rounding, policy"),
        (8, "rounding, increment_minor"),
        (11, "currencies, EUR"),
        (16, golden + "dates 2"),
        (17, golden + "dates 3, from"),
        (17, golden + "dates 3, to"),
        (19, golden + "weekdays 2"),
        (20, golden + "holidays 1"),
        (21, golden + "percent"),
        (22, golden + "priority"),
        (23, golden + "where, region"),
        (23, golden + "where, hotel"),
        (23, golden + "where, citty"),
        (24, "season 2, name"),  # a missing key has the line of its table
        (24, "season 2"),  # days_before, and no holidays
        (25, "season 2, percent"),
        (29, 'length_of_stay 1 "Weekly", bands'),
        (30, 'length_of_stay 1 "Weekly", bands 2, percent'),
        (33, 'length_of_stay 2 "Weekly", bands'),
        (36, 'lead_time 1 "Early bird", bands'),
        (39, 'lead_time 2 "Late", bands 1'),
        (39, 'lead_time 2 "Late", bands 2, from_days'),
        (39, 'lead_time 2 "Late", bands 3, percent'),
        (39, 'lead_time 2 "Late", bands'),
        (40, 'bounds 1 "Crossed"'),
        (46, 'bounds 2 "Amounts", floor'),
        (47, 'bounds 3 "Nothing"'),
        (51, 'member_tier 1 "Nobody", percent'),
    ]


def test_every_mistake_says_how_to_mend_it():
    with pytest.raises(RuleBookError) as caught:
        load_book(WRONG)
    fixes = {(m.line, m.place.rpartition(", ")[2]): m.fix for m in caught.value.mistakes}
    assert fixes[5, "roundin"].startswith("Did you mean rounding?")
    assert fixes[23, "citty"].startswith("Did you mean city?")
    assert fixes[36, "bands"] == "Give it to_days = 59"
    assert fixes[23, "region"] == "Put it in square brackets: [...]"
    assert all(fix[0].isupper() and fix[-1] != "." for fix in fixes.values())
    message = str(caught.value)
    assert message.startswith("TOML text: 31 mistakes\n  line 3, book, tiers: tier 'gold' is named twice. Name each")


def test_mistakes_between_the_parts_of_a_book_stand_beside_the_others():
    found = mistakes("""\
[book]
tiers = ["public", "gold"]
display_currency = "EUR"
[currencies]
CNY = 1
[[member_tier]]
name = "broken"
percent = 3
[[member_tier]]
name = "Members"
percent = {gold = -3, brass = -4}
[[season]]
name = "a"
group = "1"
percent = 1
[[season]]
name = "b"
group = "2"
percent = 1
[[season]]
name = "c"
group = "3"
percent = 1
[[season]]
name = "d"
group = "4"
percent = 1
""")
    assert found == [
        (3, "book, display_currency", "display currency EUR has no rate"),
        (8, 'member_tier 1 "broken", percent', "3 is not a table"),
        (11, 'member_tier 2 "Members", percent, brass', "tier 'brass' is not known"),
        (26, 'season 4 "d", group', "group '4' is one too many"),
    ]


def test_python_objects_are_checked_like_files():
    with pytest.raises(ValidationError, match="tier 'brass' is not known"):
        RuleBook(member_tier=(MemberTier(name="Members", percent={"brass": -3}),))
    with pytest.raises(ValidationError, match="from_days 5"):
        LeadBand(from_days=5, to_days=3, percent=1)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("x" * (BOOK_BYTES_MAX + 1) + "\n", "longer than 1,048,576 bytes"),
        ("# " + "\u00fc" * (BOOK_BYTES_MAX // 2) + "\n", "longer than 1,048,576 bytes"),
        ("a = " + "[" * 100_000 + "\n", "nested too deeply"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ("[book]\nname = 1\nname = 2\n", "this is not TOML (Cannot overwrite a value"),
        ("[book]\n[book]\n", "this is not TOML (Cannot declare"),
        ('{"book": {"name": "a", "name": "b"}}', "key 'name' stands twice in one object"),
        ('{"book": }', "this is not JSON"),
        ("[book]\nname = \n", "this is not TOML (Invalid value"),
        ("[book]\nname = " + "9" * 5000 + "\n", "Exceeds the limit"),
        ("[currencies]\nCNY = 1e99999999999999999999\n", "can be kept exactly"),
        ("[currencies]\nCNY = 1e999999\n", "too many digits"),
        ("[currencies]\nCNY = 1e-999999\n", "too many digits"),
        ('{"currencies": {"CNY": Infinity}}', "is not a number"),
        ('{"season": [{"name": "x", "percent": NaN}]}', "percent NaN is not a number"),
        ('{"book": {"name": "\\ud800"}}', "control character"),
        ('[book]\nname = "a\\u0000b"\n', "control character"),
        ('[book]\nname = "  "\n', "is empty"),
        ("[book]\nname = '" + "x" * 600 + "'\n", "600 characters is too long"),
        ("[[season]]\nname='x'\npercent='\u0661\u0662'\n", "is not a plain number"),
        ("[[season]]\nname='x'\npercent=true\n", "is a bool, not an exact number"),
        ({"season": [{"name": "x", "percent": 12.5}]}, "12.5 is a float, not an exact number"),
        ({"season": [{"name": "x", "percent": 10**400}]}, "an integer of 1329 bits"),
        ({"season": [{"name": "x", "percent": Decimal("0." + "0" * 30 + "1")}]}, "more than 2 decimals"),
        ({"season": [{"name": "x", "percent": 1, "priority": 10**5000}]}, "an integer of 16610 bits is above"),
        ({"season": {"name": "x", "percent": 1}}, "season is not a list of tables"),
        ({"season": [None]}, "None is not a table"),
        ({"season": [{"name": "x", "percent": 1}] * 5_001}, "more than 5,000 rules"),
        ({"currencies": {"EUR": 0}}, "outside 1/10^12..10^12"),
        ({"currencies": {"EUR": "1/0"}}, "is not a plain number"),
        ({10**5000: 1}, "this key is not known"),
        (3, "the source is a int"),
        ("there/is/no/such/book.toml", "cannot be read"),
        ("\0.toml", "cannot be read"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else type(value).__name__,
)
def test_hostile_books_are_refused_with_one_clear_mistake(source, problem):
    assert problem in only_mistake(source)[2]


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("[[season]]\nname='x'\npercent=5\ndates=['2026-01-01']", "'2026-01-01' is not a table",
         "Write it as {from = ..., to = ...}"),
        ("[[season]]\nname='x'\npercent=5\ndates={from=2026-01-01, to=2026-01-02}",
         "{from = 2026-01-01, to = 2026-01-02} is not a list",
         "Put it in square brackets, as it is one of a list: [{...}]"),
        ("[[promotion]]\nname='x'\npercent=-5\nnights=3", "3 is not a table", "Write it as {min = ..., max = ...}"),
        ("[[season]]\nname='x'\npercent=5\nwhere='SZ1'", "'SZ1' is not a table",
         "Write it as {group = ..., brand = ..., region = ..., city = ..., ...}"),
    ],
)  # fmt: skip
def test_the_fix_shows_how_a_table_is_written(text, problem, fix):
    with pytest.raises(RuleBookError) as caught:
        load_book(text)
    ((said, mended),) = [(mistake.problem, mistake.fix) for mistake in caught.value.mistakes]
    assert (said, mended) == (problem, fix)


@pytest.mark.parametrize(
    "book",
    [
        {"book": {"tiers": ["public", HIDDEN]}, "member_tier": [{"name": "x", "percent": {"gold": -5}}]},
        {"book": {"tiers": ["public", HIDDEN]},
         "member_tier": [{"name": "x", "percent": {HIDDEN: -5}, "price": {HIDDEN: {"CNY": 5}}}]},
        {"season": [{"name": "x", "percent": 1, "group": HIDDEN + str(number)} for number in range(5)]},
        {"derived": [{"name": "x", "from_plan": HIDDEN, "percent": -5, "where": {"plan": ["a", HIDDEN]}}]},
        {"derived": [{"name": "x", "from_plan": HIDDEN, "percent": -5, "where": {"plan": ["a"]}},
                     {"name": "y", "from_plan": "a", "percent": -5, "where": {"plan": [HIDDEN]}}]},
    ],
    ids=["tiers", "tier twice", "groups", "itself", "circle"],
)  # fmt: skip
def test_a_name_that_a_terminal_would_hide_is_escaped_in_messages(book):
    found = mistakes_of(book)
    assert "\\u202e" in "".join(part for mistake in found for part in mistake)
    assert all(part.isprintable() for mistake in found for part in mistake)


def mistakes_of(source):
    """(place, problem, fix) of each mistake of a book that is refused."""
    with pytest.raises(RuleBookError) as caught:
        load_book(source)
    return [(mistake.place, mistake.problem, mistake.fix) for mistake in caught.value.mistakes]


def test_files_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"[book]\nname = 'Z\xfcrich'\n")
    assert only_mistake(tmp_path / "latin.toml") == (2, "the book", "the file is not UTF-8")
    assert "cannot be read" in only_mistake(tmp_path)[2]
    (tmp_path / "long.toml").write_bytes(b"#" * (BOOK_BYTES_MAX + 1))
    assert "longer than" in only_mistake(tmp_path / "long.toml")[2]


def test_a_syntax_error_has_its_line():
    assert only_mistake("[book]\nname = 'x'\n\n[rounding\n")[0] == 4
    assert only_mistake("[book]\nname = 'x'\nname = 'y'\n")[0] == 3
    assert only_mistake('{"book":\n  {"name": x}}')[0] == 2


def test_a_book_that_contains_itself_is_refused():
    book = {"season": []}
    book["season"].append(book)
    assert [place for _, place, _ in mistakes(book)] == ["season 1, name", "season 1, percent", "season 1, season"]


def test_thousands_of_mistakes_are_counted_not_printed():
    found = mistakes({"season": [{"name": "x"}] * 3_000})
    assert len(found) == 1_001
    assert found[-1][2] == "2,000 more mistakes are not listed"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates() | st.decimals(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "percent", "where", "dates", "from", "to", "bands", "from_nights", "floor", "x", "CNY", 5]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PARTS = st.sampled_from(
    ["book", "rounding", "currencies", "season", "bounds", "length_of_stay", "lead_time", "member_tier", "x"]
)


def book_or_mistakes(source):
    """What `load_book` makes of a source; any other exception than RuleBookError fails the test."""
    try:
        return load_book(source), []
    except RuleBookError as error:
        return None, error.mistakes


@given(st.dictionaries(PARTS, VALUES | st.lists(VALUES, max_size=2), max_size=4))
def test_any_data_gives_a_book_or_mistakes(data):
    book, found = book_or_mistakes(data)
    assert (book is None) == bool(found)
    assert all(mistake.place and mistake.problem and mistake.fix for mistake in found)
    assert book is None or load_book(book.canonical_json()) == book


@given(st.integers(0, len(BOOK) - 1), st.integers(0, 12), st.text(max_size=4) | st.sampled_from(['"', "[", "{", "1e9"]))
def test_any_damaged_file_gives_a_book_or_mistakes_with_lines(start, length, inserted):
    damaged = BOOK[:start] + inserted + BOOK[start + length :]
    for mistake in book_or_mistakes(damaged)[1]:
        assert mistake.line is None or 1 <= mistake.line <= damaged.count("\n") + 1
        # Only what stands nowhere in the text has no line.
        assert mistake.line is not None or mistake.place == "the book", mistake
