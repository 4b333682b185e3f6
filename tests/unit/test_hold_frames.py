"""What a frame of holds may say: all that a single hold may, and nothing that would be passed over in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from nightgrid import Catalog, Engine, InputError, InputTypeError, ManualClock, Outcome, Refused, UnknownIdError

TODAY = date(2027, 1, 1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
LINES = {"hotel_id": ["H", "H"], "room_type_id": ["A", "B"], "arrival": [TODAY + timedelta(1)] * 2}


@pytest.fixture
def engine():
    """A house of two room types with two rooms each, whose suites take one guest."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {
            "hotel_id": ["H", "H"],
            "room_type_id": ["A", "B"],
            "capacity": [2, 2],
            "base_minor": [100, 100],
            "guests_max": [2, 1],
        },
    )
    return Engine.in_memory(catalog, TODAY, 10, clock=ManualClock(NOON))


def night(n):
    return TODAY + timedelta(n)


def codes(frame):
    return [None if code is None else Outcome(code).name for code in frame["outcome"].to_list()]


def test_a_line_ends_with_a_departure_or_after_its_nights(engine) -> None:
    held = engine.hold_many({**LINES, "departure": [night(3), None], "nights": [None, 1], "ttl_seconds": [1.5, 60.0]})

    assert codes(held) == ["OK", "OK"]
    views = [engine.get(hold_id) for hold_id in held["hold_id"]]
    assert [view.nights for view in views] == [2, 1]
    assert [view.deadline_ms - view.taken_ms for view in views] == [1_500, 60_000]
    assert codes(engine.hold_many({**LINES, "departure": [night(1), night(0)]})) == ["INVALID", "INVALID"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"departure": [night(3), None]}, "row 1: give exactly one of nights and departure"),
        ({"departure": [night(3), night(3)], "nights": [None, 1]}, "row 1: give exactly one of nights and departure"),
        ({"departure": [night(3), None], "nights": [None, 2**40]}, "nights is 1099511627776 in row 1"),
        ({"departure": [None, "2027-1-5"], "nights": [1, None]}, "departure is '2027-1-5' in row 1"),
        ({"nights": [1, 1], "ttl_seconds": [1.0, float("nan")]}, "ttl_seconds is nan in row 1"),
        ({"nights": [1, 1], "ttl_seconds": [0.0, 1.0]}, "ttl_seconds is 0.0 in row 0; allowed are 0.001 to 2592000"),
        ({"nights": [1, 1], "replace": [None, 0]}, "replace is 0 in row 1"),
    ],
)
def test_a_mistake_in_a_frame_names_its_row(engine, more, message) -> None:
    with pytest.raises((InputError, InputTypeError), match=message):
        engine.hold_many({**LINES, **more})
    assert engine.lsn == 0


def test_a_line_takes_over_the_hold_that_it_names(engine) -> None:
    old = engine.hold("H", "A", night(1), 2, rooms=2)
    asked = {"hotel_id": ["H"] * 3, "room_type_id": ["A"] * 3, "arrival": [night(2)] * 3, "nights": [2] * 3}

    said = engine.hold_many({**asked, "rooms": [2, 1, 1], "replace": [old.id, None, old.id]})

    assert codes(said) == ["OK", "SOLD_OUT", "ALREADY_RELEASED"]
    assert engine.get(said["hold_id"][0]).linked_to == old.id
    assert engine.check() == []
    with pytest.raises(InputError, match="a cart replaces no hold"):
        engine.hold_many({**LINES, "nights": [1, 1], "replace": [None, old.id]}, all_or_nothing=True)


def test_bookings_at_once_come_in_bulk(engine) -> None:
    frame = {**LINES, "nights": [2, 1], "key": ["a", "b"], "guest": ["li", "ana"], "reference": ["r1", "r2"]}

    booked = engine.book_many(frame)

    assert codes(booked) == ["OK", "OK"]
    assert engine.records()["kind"].to_list() == ["book", "book"]
    assert engine.find(reference="r2")["state"].to_list() == ["booked"]
    assert codes(engine.book_many(frame)) == ["EXISTS", "EXISTS"]
    assert codes(engine.book_many({**LINES, "nights": [1, 1], "rooms": [1, 2]}, all_or_nothing=True)) == [
        None,
        "SOLD_OUT",
    ]
    with pytest.raises(InputError, match="ttl_seconds is unknown"):
        engine.book_many({**LINES, "nights": [1, 1], "ttl_seconds": [60, 60]})
    assert engine.check() == []


def test_lines_that_are_held_together_have_one_key(engine) -> None:
    """The key of another line would be forgotten, and a retry with it would take a second room."""
    for keys in ({"key": ["a", "b"]}, {"key_high": [1, 1], "key_low": [1, 2]}):
        with pytest.raises(InputError, match="rows 0 and 1 name different ones in column key"):
            engine.hold_many({**LINES, "nights": [1, 1], **keys}, all_or_nothing=True)
    assert engine.lsn == 0

    first = engine.hold_many({**LINES, "nights": [1, 1], "key": [None, "a"]}, all_or_nothing=True)
    again = engine.hold_many({**LINES, "nights": [1, 1], "key": ["a", "a"]}, all_or_nothing=True)

    assert codes(again) == ["EXISTS", "EXISTS"]
    assert again.select("hold_id", "lsn").equals(first.select("hold_id", "lsn"))


def test_lines_that_are_held_together_take_one_coupon(engine) -> None:
    for name in ("SPRING", "POINTS"):
        engine.set_counter(name, 5)
    frame = {**LINES, "nights": [1, 1]}
    for more in ({"coupon": ["SPRING", "POINTS"]}, {"coupon": ["POINTS", "POINTS"], "coupon_units": [1, 2]}):
        with pytest.raises(InputError, match="different ones in column coupon"):
            engine.hold_many({**frame, **more}, all_or_nothing=True)
    for more in ({"points": ["SPRING", "POINTS"]}, {"points": ["POINTS", "POINTS"], "points_units": [1, 2]}):
        with pytest.raises(InputError, match="different ones in column points"):
            engine.hold_many({**frame, **more}, all_or_nothing=True)
    units = {"coupon_units": [3, None], "points_units": [None, 3]}
    both = {"coupon": ["POINTS", None], "points": [None, "POINTS"], **units}
    with pytest.raises(InputError, match="coupon and points of line 0 are both 'POINTS'; name it once"):
        engine.hold_many({**frame, **both}, all_or_nothing=True)
    assert engine.counters()["used"].to_list() == [0, 0]
    counted = {"coupon": [None, "POINTS"], "coupon_units": [None, 3], "points": ["SPRING", "SPRING"]}
    held = engine.hold_many({**frame, **counted}, all_or_nothing=True)

    assert engine.counters()["used"].to_list() == [1, 3]
    views = [engine.get(hold_id) for hold_id in held["hold_id"].to_list()]
    assert [(view.coupon, view.points) for view in views] == [("POINTS", "SPRING"), (None, None)]
    assert engine.check() == []


def test_a_party_may_be_too_large_for_another_room_type(engine) -> None:
    booking = engine.book("H", "A", night(1), 1, guests=2)
    with pytest.raises(Refused) as refused:
        engine.amend(booking.id, room_type_id="B", guests=2)
    assert refused.value.outcome == Outcome.TOO_MANY_GUESTS
    engine.amend(booking.id, room_type_id="B", guests=1)
    assert engine.get(booking.id).room_type_id == "B"


def test_a_hold_that_was_booked_again_in_part_is_not_booked_again_whole(engine) -> None:
    """As a hold that was confirmed in part: EXISTS only for the same part."""
    hold = engine.hold("H", "A", night(1), 1, rooms=2, ttl_seconds=60)
    engine.clock.advance_ms(60_000)
    again = engine.confirm(hold.id, rooms=1, rebook=True)

    assert engine.confirm(hold.id, rooms=1, rebook=True).id == again.id
    assert engine.confirm(hold.id, rebook=True).id == again.id
    with pytest.raises(Refused) as refused:
        engine.confirm(hold.id, rooms=2, rebook=True)
    assert refused.value.outcome == Outcome.ALREADY_CONFIRMED


def test_a_cart_may_be_a_frame_that_says_nothing_in_vain(engine) -> None:
    cart = engine.hold_cart({**LINES, "departure": [night(3), night(2)]})
    assert [engine.get(hold.id).nights for hold in cart.holds] == [2, 1]

    for more in ({"replace": [None, cart.cart_id]}, {"key_high": [1, 1], "key_low": [1, 2]}, {"coupon_units": [1, 1]}):
        with pytest.raises(InputError, match=f"column {next(iter(more))}: "):
            engine.hold_cart({**LINES, "nights": [1, 1], **more})
    assert engine.metrics()["open_holds"] == 2


def test_dates_and_names_in_a_dictionary_are_those_they_stand_for(engine) -> None:
    lines = pa.table({**LINES, "arrival": [night(1).isoformat()] * 2, "nights": [1, 1]})
    encoded = pa.table(
        [lines[name].dictionary_encode() for name in lines.column_names[:3]] + [lines["nights"]], lines.column_names
    )

    assert codes(engine.hold_many(encoded)) == ["OK", "OK"]


def test_a_frame_made_of_empty_lists_has_no_rows(engine) -> None:
    empty = {**{name: [] for name in LINES}, "nights": []}
    answers = engine.hold_many(empty)

    assert (answers.height, answers.columns) == (0, engine.hold_many({**LINES, "nights": [1, 1]}).columns)
    assert engine.set_sold_elsewhere({"hotel_id": [], "room_type_id": [], "night": [], "rooms": []}) == 0


@pytest.mark.parametrize("name", ["hotel_id", "room_type_id"])
def test_a_row_index_beside_a_name_is_refused_because_they_could_differ(engine, name) -> None:
    lines = {"row_index": [1, 0], name: LINES[name], "arrival": LINES["arrival"], "nights": [1, 1]}
    restrictions = {"row_index": [1, 0], name: LINES[name], "closed": [True, True]}

    with pytest.raises(InputError, match=f"hold_many: columns row_index and {name} are both there"):
        engine.hold_many(lines)
    with pytest.raises(InputError, match=f"restrict: columns row_index and {name} are both there"):
        engine.restrict(restrictions)
    assert engine.lsn == 0


@pytest.mark.parametrize(
    ("line", "outcome"), [({"hotel_id": "X"}, "UNKNOWN_HOTEL"), ({"room_type_id": "X"}, "UNKNOWN_PRODUCT")]
)
def test_all_or_nothing_answers_for_the_line_that_names_what_there_is_not(engine, line, outcome) -> None:
    lines = {name: [values[0], line.get(name, values[1])] for name, values in LINES.items()}
    answers = engine.hold_many({**lines, "nights": [1, 1]}, all_or_nothing=True)

    assert codes(answers) == [None, outcome]
    assert answers["hold_id"].to_list() == [0, 0]
    assert engine.lsn == 0
    with pytest.raises(UnknownIdError, match=r"hold_cart: line 1: .*'X'"):
        engine.hold_cart({**lines, "nights": [1, 1]})


@pytest.mark.parametrize("all_or_nothing", [False, True])
def test_a_key_is_looked_up_before_what_there_is_not_and_after_what_cannot_be(engine, all_or_nothing) -> None:
    lines = {name: values[:1] for name, values in LINES.items()} | {"nights": [1]}
    unknown = {**lines, "hotel_id": ["X"]}
    more = {"all_or_nothing": all_or_nothing}

    assert codes(engine.hold_many({**unknown, "key": ["a"]}, **more)) == ["UNKNOWN_HOTEL"]
    assert codes(engine.hold_many({**lines, "key": ["a"]}, **more)) == ["OK"]
    assert codes(engine.hold_many({**unknown, "key": ["a"]}, **more)) == ["KEY_REUSED"]
    assert codes(engine.hold_many({**lines, "room_type_id": ["X"], "key": ["a"]}, **more)) == ["KEY_REUSED"]
    assert codes(engine.hold_many({**unknown, "key": ["b"]}, **more)) == ["UNKNOWN_HOTEL"]
    assert codes(engine.hold_many({**unknown, "nights": [0], "key": ["a"]}, **more)) == ["INVALID"]
    assert engine.lsn == 1


def test_capacity_and_rooms_sold_elsewhere_are_set_on_chosen_weekdays(engine) -> None:
    place = {"hotel_id": ["H"], "room_type_id": ["A"]}
    more = engine.set_capacity({**place, "weekdays": ["sat,sun"], "out_of_order": [1], "sell_limit": [3]})
    sold = engine.set_sold_elsewhere({**place, "weekdays": ["friday"], "rooms": [2]})

    assert (more, sold) == (4, 2)  # ten nights from a Friday on
    rows = engine.availability("H").filter(room_type_id="A")
    told = rows.select("physical", "out_of_order", "sell_limit", "capacity", "sold_elsewhere", "free").rows()
    weekend, friday, other = (2, 1, 3, 4, 0, 4), (2, 0, 0, 2, 2, 0), (2, 0, 0, 2, 0, 2)
    assert told == [friday, weekend, weekend, *[other] * 4, friday, weekend, weekend]
    with pytest.raises(InputError, match="set_capacity: weekdays is 'funday' in row 0; use mon"):
        engine.set_capacity({**place, "weekdays": ["funday"], "capacity": [1]})
    with pytest.raises(InputError, match="arrival_weekdays is 'funday' in row 0; use mon"):
        engine.restrict({**place, "arrival_weekdays": ["funday"]})
    assert engine.check() == []


def test_a_night_short_of_rooms_may_get_some_back_but_lose_no_more(engine) -> None:
    place = {"hotel_id": ["H"], "room_type_id": ["A"], "night": [night(2)]}
    engine.book("H", "A", night(2), 1, rooms=2)
    engine.set_sold_elsewhere({**place, "rooms": [4]}, allow_oversold=True)
    assert engine.availability("H", night(2), night(2))["free"].to_list() == [-4, 2]

    engine.set_capacity({**place, "capacity": [3]})
    engine.set_sold_elsewhere({**place, "rooms": [3]})
    assert engine.availability("H", night(2), night(2))["free"].to_list() == [-2, 2]
    lsn = engine.lsn
    with pytest.raises(InputError, match="capacity would be 2, below the 5 rooms sold and held, by 3"):
        engine.set_capacity({**place, "capacity": [2]})
    with pytest.raises(InputError, match="capacity would be 3, below the 6 rooms sold and held, by 3"):
        engine.set_sold_elsewhere({**place, "rooms": [4]})
    assert engine.lsn == lsn
