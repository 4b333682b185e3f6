"""Wrong rules of every kind: each is refused with its line, and with a sentence that says what is wrong."""

from __future__ import annotations

import pytest

from nightgrid.errors import RuleBookError
from nightgrid.pricing import load_book
from tests.unit.rule_books import mistakes


def refused(text, line, place, problem):
    """The text has exactly this one mistake; `problem` is a part of its sentence."""
    ((found_line, found_place, found_problem),) = mistakes(text)
    assert (found_line, found_place) == (line, place)
    assert problem in found_problem


def refused_beside_others(kind, keys, problem):
    """The mistake is told, too, where another key of the rule cannot be read, and one is not known."""
    found = mistakes(rule(kind, f"{keys}\nwhere = 5\ncolour = 1"))
    said = [each for _, _, each in found]
    assert {"5 is not a table", "this key is not known here"} <= set(said)
    assert any(problem in each for each in said), said


def rule(kind, keys):
    return f'[[{kind}]]\nname = "x"\n{keys}\n'


DEMAND = "percent = [[0, 5], [10, 15]]\n"
PROMOTION = "percent = -5\n"


@pytest.mark.parametrize(
    ("keys", "place", "problem"),
    [
        ("fill = [10, 50]\nlead_days = [0, 8]\n" + DEMAND, "", "fill starts at 10"),
        ("fill = [0, 50]\nlead_days = [1, 8]\n" + DEMAND, "", "lead_days starts at 1"),
        ("fill = [0, 0]\nlead_days = [0, 8]\n" + DEMAND, "", "fill [0, 0] is not increasing"),
        ("fill = [0, 50, 80]\nlead_days = [0, 8]\n" + DEMAND, "", "percent has 2 rows for 3 bands of fill"),
        ("fill = [0]\nlead_days = [0, 8, 9]\npercent = [[0, 5]]\n", "", "row 1 of percent has 2 entries for 3 bands"),
        ("fill = [0, 101]\nlead_days = [0, 8]\n" + DEMAND, ", fill 2", "percent 101 is outside 0..100"),
        ("fill = [0, 50]\nlead_days = [0, '8']\n" + DEMAND, ", lead_days 2", "'8' is not a whole number"),
        ("fill = [0, 50]\nlead_days = [0, 1001]\n" + DEMAND, ", lead_days 2", "1001 is above 1000"),
    ],
)
def test_demand(keys, place, problem):
    lines = (
        keys[: keys.find("'8'") if "'8'" in keys else keys.find("1001")].count("\n") if "lead_days 2" in place else 0
    )
    line = 1 if not place else 3 + lines
    refused(rule("demand", keys), line, f'demand 1 "x"{place}', problem)
    refused_beside_others("demand", keys, problem)


@pytest.mark.parametrize(
    ("kind", "keys", "line", "place", "problem"),
    [
        ("derived", 'from_plan = "standard"', 1, "", "it does not say which plans are derived"),
        ("derived", 'from_plan = "a"\nwhere = {plan = ["a", "b"]}', 1, "", "plan a is derived from itself"),
        ("derived", 'where = {plan = ["a"]}', 1, ", from_plan", "it is missing"),
        ("bounds", "floor = {CNY = 9}\ndates = [{from = 2026-10-02, to = 2026-10-01}]", 4, ", dates 1", "is before"),
        ("bounds", 'weekdays = ["fri"]', 1, "", "there is no bound in it"),
        ("extra_guests", "included = 2", 1, "", "there is no charge in it"),
        ("extra_guests", "adult = {CNY = 9}\nadult_percent = 5", 1, "", "adult and adult_percent are two charges"),
        ("extra_guests", "children = [{to_age = 5, discount = {CNY = 9}}]", 1, "", "pay a part of the adult charge"),
        ("extra_guests", "children = [{to_age = 5, percent = 50}]", 1, "", "pay a part of the adult charge"),
        ("extra_guests", "children = [{to_age = 5}]", 3, ", children 1", "children up to 5 have no charge"),
        (
            "extra_guests", "children = [{to_age = 5, percent = 0, amount = {CNY = 9}}]", 3, ", children 1",
            "have amount and percent",
        ),
        (
            "extra_guests", "children = [{to_age = 9, percent = 0}, {to_age = 5, percent = 0}]", 3, ", children",
            "to age 5 stands after the band to age 9",
        ),
        ("extra_guests", "children = [{to_age = 18, percent = 0}]", 3, ", children 1, to_age", "18 is above 17"),
        ("length_of_stay", "bands = [{from_nights = 3}]", 3, ", bands 1", "has neither percent nor price"),
        (
            "length_of_stay", "bands = [{from_nights = 3, percent = 0, price = {CNY = 1}}]", 3, ", bands 1",
            "has both percent and price",
        ),
        (
            "length_of_stay", "bands = [{from_nights = 3, percent = 0}, {from_nights = 7, price = {CNY = 1}}]", 3,
            ", bands", "some bands have a percent and some a price",
        ),
        (
            "length_of_stay",
            "bands = [{from_nights = 7, price = {CNY = 1}}, {from_nights = 30, price = {CNY = 3, EUR = 1}}]", 3,
            ", bands", "not every band has a price in EUR",
        ),
        (
            "length_of_stay", 'reading = "first"\nbands = [{from_nights = 7, price = {CNY = 1}}]', 1, "",
            'reading = "first" is for percents',
        ),
        ("length_of_stay", 'reading = "last"\nbands = [{from_nights = 7, percent = 1}]', 3, ", reading", "not one of"),
        ("free_nights", "stay = 4\npay = 4", 1, "", "stay 4 pay 4 gives no night"),
        ("free_nights", 'stay = 4\npay = 2\nwhich = "every_nth"', 1, "", "every_nth gives night 4 of 4"),
        ("free_nights", "stay = 4\npay = 3\nrepeat = 1", 5, ", repeat", "1 is not true or false"),
        ("free_nights", 'stay = 4\npay = 3\napplies = "any"', 1, "", "says how stay_dates fit, and there are none"),
        (
            "free_nights", 'stay = 4\npay = 3\napplies = "nights"\nstay_dates = [{from = 2026-10-01, to = 2026-10-01}]',
            1, "", "free nights cannot apply to",
        ),
        ("lead_time", "", 1, "", "it has neither bands nor curve"),
        (
            "lead_time", "bands = [{from_days = 0, percent = 1}]\ncurve = [{days = 0, percent = 1}]", 1, "",
            "it has both bands and curve",
        ),
        (
            "lead_time", "curve = [{days = 5, percent = 1}, {days = 5, percent = 2}]", 3, ", curve",
            "the point at 5 days stands after the point at 5 days",
        ),
        ("member_tier", "", 1, "", "no tier is in it"),
        (
            "member_tier", 'percent = {public = 1}\nplan = {public = "a"}', 1, "",
            "a tier changes in two ways: public (percent and plan)",
        ),
        ("member_tier", "extra_points = {public = 101}", 3, ", extra_points, public", "percent 101 is outside 0..100"),
        ("member_tier", "price = {public = {CNY = -1}}", 3, ", price, public", "is negative"),
        ("member_tier", "extra_points = {brass = 1}", 3, ", extra_points, brass", "tier 'brass' is not known"),
        ("package", 'price = {CNY = 5}\nper = "week"', 4, ", per", "'week' is not one of"),
        ("package", "price = {CNY = 5}\nchildren_percent = 50", 1, "", "children_percent is for prices per person"),
        ("points", "rate = {points = 0, value = {CNY = 1}}", 3, ", rate, points", "0 is below 1"),
        ("points", "rate = {points = 1, value = {}}", 3, ", rate, value", "not a table by currency"),
        ("tax", "", 1, "", "it has neither percent nor amount"),
        ("tax", "percent = 1\namount = {CNY = 1}", 1, "", "it has both percent and amount"),
        ("tax", 'percent = 1\nper = "night"', 1, "", 'per = "night" is for amounts'),
        ("tax", 'amount = {CNY = 1}\nof = "cumulative"', 1, "", 'of = "cumulative" is for percents'),
        ("tax", "amount = {CNY = 1}\nmin_age = 16", 1, "", "min_age is for amounts per person"),
        ("tax", "amount = {CNY = 1}\nnights_max = 7", 1, "", "nights_max is for amounts per night"),
        ("tax", "percent = 1\nbrackets = {}", 4, ", brackets", "there is no bracket in it"),
        ("tax", "percent = 1\nbrackets = {from = {CNY = 5}, to = {CNY = 5}}", 4, ", brackets", "to is not above from"),
        ("tax", "percent = 1\nbrackets = {from = {CNY = 5}, to = {EUR = 5}}", 4, ", brackets", "CNY, EUR is in one of"),
        ("tax", "percent = 8.8755", 3, ", percent", "more than 3 decimals"),
        ("tax", "percent = 1\nround = {increment_minor = 0}", 4, ", round, increment_minor", "0 is below 1"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_read(kind, keys, line, place, problem):
    refused(rule(kind, keys), line, f'{kind} 1 "x"{place}', problem)
    if "where" not in keys and kind != "derived":
        refused_beside_others(kind, keys, problem)


@pytest.mark.parametrize(
    ("keys", "line", "place", "problem"),
    [
        ("", 1, "", "it has no discount"),
        ("percent = -5\noff = {CNY = 5}", 1, "", "it has more than one discount: percent, off"),
        ('off = {CNY = 5}\nof = "base"', 1, "", "of is for percents, and off is none"),
        ('percent = -5\nof = "season"', 4, ", of", "'season' is not one of base or running"),
        ('percent = -5\napplies = "any"', 1, "", "says how stay_dates fit"),
        (
            'off = {CNY = 5}\napplies = "nights"\nstay_dates = [{from = 2026-10-01, to = 2026-10-02}]', 1, "",
            "acts on single nights, and off is of the whole stay",
        ),
        ("nth_night = {n = 0, percent = -5}", 3, ", nth_night, n", "0 is below 1"),
        ('night_percent = {percent = -5, nights = "middle"}', 3, ", night_percent, nights", "'middle' is no pattern"),
        ("night_percent = {percent = -5, nights = []}", 3, ", night_percent, nights", "[] is no pattern"),
        ('night_percent = {percent = -5, nights = [1, "fri"]}', 3, ", night_percent, nights", "neither positions"),
        ("night_percent = {percent = -5, nights = [2, 2]}", 3, ", night_percent, nights", "names a night twice"),
        ("night_percent = {percent = -5, nights = [true]}", 3, ", night_percent, nights", "neither positions"),
        ("spend = [{from = {CNY = 100}, off = {EUR = 5}}]", 3, ", spend 1", "CNY, EUR is in one of from and off only"),
        ("spend = [{from = {CNY = 100}, off = {CNY = 101}}]", 3, ", spend 1", "off is above from in CNY"),
        (
            "spend = [{from = {CNY = 100}, off = {CNY = 5}}, {from = {CNY = 100}, off = {CNY = 9}}]", 3, ", spend",
            "threshold 100 CNY stands after 100 CNY",
        ),
        (
            "spend = [{from = {CNY = 9}, off = {CNY = 5}}, {from = {EUR = 9}, off = {EUR = 5}}]", 3, ", spend",
            "not every threshold has CNY, EUR",
        ),
        (PROMOTION + "lead = {min_days = 9, max_days = 8}", 4, ", lead", "max_days 8 is below min_days 9"),
        (PROMOTION + "nights = {min = 9, max = 8}", 4, ", nights", "max 8 is below min 9"),
        (PROMOTION + "channels = []", 4, ", channels", "it is empty"),
        (PROMOTION + 'class = "third"', 4, ", class", "'third' is not one of base, second, any or none"),
        (PROMOTION + 'tiers = ["gold"]', 4, ", tiers 1", "tier 'gold' is not known"),
        (PROMOTION + 'excludes = ["x"]', 4, ", excludes 1", "promotion 'x' excludes itself"),
        (PROMOTION + 'requires = ["x"]', 4, ", requires 1", "promotion 'x' requires itself"),
        (PROMOTION + 'requires = ["y"]', 4, ", requires 1", "there is no promotion 'y'"),
    ],
)  # fmt: skip
def test_promotions_that_cannot_be_read(keys, line, place, problem):
    refused(rule("promotion", keys), line, f'promotion 1 "x"{place}', problem)
    refused_beside_others("promotion", keys, problem)


def promotions(*keys):
    return "".join(
        f'[[promotion]]\nname = "{name}"\npercent = -5\n{rest}\n' for name, rest in zip("abcd", keys, strict=False)
    )


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ('requires = ["b"]\nexcludes = ["b"]', 'class = "any"', "one excludes the other"),
        ('requires = ["b"]', 'class = "any"\nexcludes = ["a"]', "one excludes the other"),
        ('requires = ["b"]\nlane = "app"', 'class = "any"\nlane = "app"', "both are in lane 'app'"),
        ('requires = ["b"]', "", "both are of class 'base'"),
        ('requires = ["b"]\nclass = "second"', 'class = "second"', "both are of class 'second'"),
        ('requires = ["b"]\nclass = "none"', 'class = "any"', 'class "none" combines with nothing'),
    ],
)
def test_a_required_promotion_that_can_never_be_there(one, other, reason):
    ((line, place, problem),) = mistakes(promotions(one, other))
    assert (line, place) == (4, 'promotion 1 "a", requires 1')
    assert problem == f"promotion 'b' is required and can never be there: {reason}"


@pytest.mark.parametrize("classes", [("base", "second"), ("base", "any"), ("second", "any"), ("any", "any")])
def test_promotions_that_require_each_other_and_may_combine(classes):
    one, other = (f'class = "{each}"' for each in classes)
    assert load_book(promotions(f'{one}\nrequires = ["b"]', f'{other}\nrequires = ["a"]'))


def test_the_names_of_promotions_are_unique_and_similar_ones_are_suggested():
    text = promotions("", 'excludes = ["Weekand"]').replace('"a"', '"Weekend"')
    with pytest.raises(RuleBookError) as caught:
        load_book(text + text)
    assert caught.value.mistakes[0].fix == "Did you mean 'Weekend'? It is written so"
    assert [mistake.problem for mistake in caught.value.mistakes] == [
        "there is no promotion 'Weekand'",
        "promotion 'Weekend' stands there before",
        "promotion 'b' stands there before",
        "there is no promotion 'Weekand'",
    ]


def test_a_promotion_that_is_wrong_itself_can_be_named():
    text = promotions('excludes = ["b"]', "").replace("percent = -5\n\n[[", "percent = -5\n[[")
    broken = text.replace('name = "b"\npercent = -5', 'name = "b"\npercent = -500')
    assert [place for _, place, _ in mistakes(broken)] == ['promotion 2 "b", percent']


def derived(*pairs):
    return "".join(f'[[derived]]\nname = "d"\nfrom_plan = "{parent}"\nwhere = {{{scope}plan = ["{plan}"]}}\n'
                   for plan, parent, scope in pairs)  # fmt: skip


def test_plans_that_are_derived_in_a_circle():
    circle = derived(("b", "a", ""), ("c", "b", ""), ("a", "c", ""))
    refused(circle, 3, 'derived 1 "d", from_plan', "plans are derived in a circle: b from a from c from b")
    # A rule of the same plan that comes first breaks the circle, and so does another scope.
    assert load_book(derived(("a", "root", "")) + circle)
    assert load_book(derived(("b", "a", 'hotel = ["h1"], '), ("a", "b", 'hotel = ["h2"], ')))


def test_plans_that_are_derived_over_too_many_steps():
    chain = [(f"p{step + 1}", f"p{step}", "") for step in range(9)]
    assert load_book(derived(*chain[:8]))
    refused(derived(*chain), 35, 'derived 9 "d", from_plan', "plan 'p9' is derived over more than 8 steps")


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("to = {CNY = 750}", "from = {CNY = 750}", False),
        ("to = {CNY = 751}", "from = {CNY = 750}", True),
        ("from = {CNY = 100}", "from = {CNY = 750}", True),
        ("from = {CNY = 100}, to = {CNY = 200}", "from = {CNY = 150}, to = {CNY = 160}", True),
        ("from = {CNY = 100}, to = {CNY = 200}", "from = {EUR = 150}, to = {EUR = 160}", False),
    ],
)
def test_brackets_of_one_tax_must_not_overlap(one, other, overlap):
    text = "".join(f'[[tax]]\nname = "GST"\npercent = 12\nbrackets = {{{brackets}}}\n' for brackets in (one, other))
    if overlap:
        refused(text, 8, 'tax 2 "GST", brackets', "its brackets overlap those of tax 1 of the same name in CNY")
    else:
        assert load_book(text)
    assert load_book(text.replace('name = "GST"', 'name = "other"', 1))


@pytest.mark.parametrize(
    ("rates", "place", "problem"),
    [
        ("[]", "", "there is no rate in it"),
        ("[{rate = 1}, {rate = 2}]", "", "a later rate has no from"),
        ("[{from = 2027-01-02, rate = 1}, {from = 2027-01-02, rate = 2}]", "", "stands after the rate from 2027-01-02"),
        ("[{from = 2027-01-02, rate = 0}]", " 1, rate", "rate 0 is outside"),
        ("[{from = 2027-01-02}]", " 1, rate", "it is missing"),
        ("{rate = 1}", "", "is a dict, not an exact number"),
    ],
)
def test_dated_rates(rates, place, problem):
    refused(f"[currencies]\nEUR = {rates}\n", 2, f"currencies, EUR{place}", problem)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ('[book]\ninherit = "most"\n', "book, inherit", "'most' is not one of best or all_or_nothing"),
        ('[book]\nbase_per = "bed"\n', "book, base_per", "'bed' is not one of room or person"),
        ('[book]\nlead_of = "departure"\n', "book, lead_of", "'departure' is not one of arrival or night"),
        ('[stacking]\npolicy = "best"\n', "stacking, policy", "'best' is not one of guest, hotel, first or accumulate"),
        ('[stacking]\nover = "some"\n', "stacking, over", "'some' is not one of maximal or all"),
        ('[pipeline]\npreset = "expedia"\n', "pipeline, preset", "'expedia' is not one of default, google"),
        ("[rounding]\nendings = [9, 5]\n", "rounding", "endings [9, 5] are not increasing"),
        ("[rounding]\nendings = [-1]\n", "rounding, endings 1", "-1 is below 0"),
        ("[rounding]\nendings = []\n", "rounding, endings", "it is empty"),
    ],
)
def test_tables_of_the_book(text, place, problem):
    ((_, found_place, found),) = mistakes(text)
    assert found_place == place
    assert problem in found


# ---------------------------------------------------------------------------------------------- sizes

SEASON = "[[season]]\nname='x'\npercent=1\n"


@pytest.mark.parametrize(
    ("source", "place", "problem"),
    [
        (SEASON + "dates=[" + "{}," * 1_100 + "]", 'season 1 "x", dates', "it has 1,100 entries"),
        (
            "[[demand]]\nname='x'\npercent=[" + ("[" + "1," * 900 + "],") * 30 + "]",
            'demand 1 "x"',
            "more than 20,000 values",
        ),
        (SEASON + "where={hotel=[" + "'h'," * 2_000 + "5]}", 'season 1 "x", where, hotel 2001', "5 is no name"),
        ("[currencies]\n" + "".join(f"A{at}=1\n" for at in range(1_100)), "currencies", "it has 1,100 entries"),
        ("a" + ".a" * 80 + "=1", "the book", "a key has more than 64 parts"),
        ("'a'" + ' . "a"' * 80 + "=1", "the book", "a key has more than 64 parts"),
        (
            "[[bounds]]\nname='x'\nfloor={" + ", ".join(f"A{at}=1" for at in range(900)) + "}",
            'bounds 1 "x", floor',
            "; ...",
        ),
    ],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_books_that_hold_too_much(source, place, problem):
    ((_, found_place, found),) = mistakes(source)
    assert found_place == place
    assert problem in found


def test_long_lists_of_names_are_fine():
    names = ", ".join(f"'h{at}'" for at in range(20_000))
    book = load_book(f"[[season]]\nname = 'x'\npercent = 1\nwhere = {{hotel = [{names}]}}\n")
    assert len(book.season[0].where.hotel) == 20_000
