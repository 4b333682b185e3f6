"""What threads were told, judged afterwards: by an order that explains it, and by the log replayed in the oracle."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import polars as pl
import pytest

from nightgrid import InputError, Outcome, Refused
from tests import strategies as worlds
from tests.engines import engine_of
from tests.oracles.inventory import Inventory
from tests.threads.linearizable import Operation, is_linearizable
from tests.threads.patience import rounds, wait_for
from tests.threads.test_threads import together

FIRST = worlds.FIRST_NIGHT
NIGHTS = 5


@pytest.fixture(autouse=True)
def _switch_often():
    """The interpreter changes threads every tenth of a millisecond instead of every five."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def house(capacity, hotels=1, **limits):
    """(catalogue, engine): hotels with one room type of `capacity` rooms."""
    ids = [{"hotel_id": f"H{i}", "room_type_id": "DBL"} for i in range(hotels)]
    catalogue = {
        "hotels": [{**row, "currency": "CNY", "time_zone": "Asia/Shanghai"} for row in ids],
        "room_types": [{**row, "capacity": capacity} for row in ids],
        "products": [{**row, "plan_id": "standard", "base_minor": 100} for row in ids],
    }
    return catalogue, engine_of(catalogue, FIRST, NIGHTS, worlds.NOW_MS, book={"book": {"name": "flat"}}, **limits)


def night(index):
    return FIRST + timedelta(days=index)


def record(engine, hotel_id, threads=3, calls=6, seed=0):
    """The history of a few threads around the rooms of one hotel."""
    history, ids = [], {}

    def work(number):
        dice = random.Random(f"{hotel_id} {number} {seed}")
        for call in range(calls):
            known = list(ids)
            if not known or dice.random() < 0.5:
                first = dice.randrange(NIGHTS - 1)
                verb, stay = "hold", (100 * number + call, first, dice.randint(1, 2))
            else:
                verb, stay = dice.choice(["confirm", "release", "release", "cancel"]), dice.choice(known)
            called = time.perf_counter_ns()
            try:
                if verb == "hold":
                    answer = engine.hold(hotel_id, "DBL", night(stay[1]), stay[2])
                else:
                    answer = getattr(engine, verb)(ids[stay])
                outcome = answer.outcome
            except Refused as refusal:
                outcome = refusal.outcome
            history.append(Operation(called, time.perf_counter_ns(), verb, stay, outcome.name))
            if verb == "hold" and outcome == Outcome.OK:
                ids[stay] = answer.id

    together(threads, work)
    return history


def test_histories_are_linearizable():
    """No false "sold out" from half-done work of others, no room twice, no resolution twice."""
    met = Counter()
    for turn in rounds(1, lambda: min(met["OK"], met["SOLD_OUT"]) > 100 and met["side by side"] > 5):
        _, engine = house(1, hotels=200, slots=10_000)
        for hotel_id in engine.catalog.hotel_ids:
            history = record(engine, hotel_id, seed=turn)
            met.update(operation.answer for operation in history)
            met["side by side"] += any(a.called < b.called < a.answered for a in history for b in history)
            assert is_linearizable(history, 1, NIGHTS), sorted(history)
        assert engine.check() == []


def test_the_checker_sees_a_wrong_answer():
    """Turn one answer of a sequential history round: there is no other order, so no order explains it."""
    stays = [(1, 0, 2), (2, 1, 2), (3, 2, 1)]
    right = [
        Operation(0, 1, "hold", stays[0], "OK"),
        Operation(2, 3, "hold", stays[1], "SOLD_OUT"),
        Operation(4, 5, "hold", stays[2], "OK"),
        Operation(6, 7, "confirm", stays[0], "OK"),
        Operation(8, 9, "release", stays[0], "ALREADY_CONFIRMED"),
        Operation(10, 11, "cancel", stays[0], "OK"),
        Operation(12, 13, "cancel", stays[0], "EXISTS"),
    ]
    assert is_linearizable(right, 1, 3)
    for i, operation in enumerate(right):
        for answer in {"OK", "SOLD_OUT", "EXISTS"} - {operation.answer}:
            assert not is_linearizable([*right[:i], operation._replace(answer=answer), *right[i + 1 :]], 1, 3)
    overlapping = [right[0]._replace(answered=3), right[1]._replace(called=0, answer="OK")]
    assert not is_linearizable(overlapping, 1, 3)
    assert is_linearizable([overlapping[0], overlapping[1]._replace(answer="SOLD_OUT")], 1, 3)
    assert is_linearizable([overlapping[0]._replace(answer="SOLD_OUT"), overlapping[1]], 1, 3)


def test_the_log_replayed_in_its_order_gives_the_same_answers():
    """What succeeded, sorted by log sequence number, succeeds in the oracle too, and ends with the same counters."""
    catalogue, engine = house(3, hotels=3, slots=20_000)
    log = []

    def work(number):
        dice = random.Random(number)
        mine = []
        for _ in rounds(300, lambda: len(log) > 200):
            try:
                if dice.random() < 0.5 or not mine:
                    asked = (f"H{dice.randrange(3)}", "DBL", night(dice.randrange(NIGHTS - 1)), dice.randint(1, 2))
                    hold = engine.hold(*asked)
                    mine.append(hold.id)
                    log.append((hold.lsn, "hold", asked, hold.id))
                else:
                    hold_id = dice.choice(mine)
                    verb = dice.choice(["confirm", "confirm", "release", "release", "cancel", "cancel", "cancel"])
                    ticket = getattr(engine, verb)(hold_id)
                    if ticket.outcome == Outcome.OK:
                        log.append((ticket.lsn, verb, hold_id, hold_id))
                        if verb != "confirm":
                            mine.remove(hold_id)
            except Refused:
                pass

    together(4, work)

    oracle = Inventory(catalogue["hotels"], catalogue["room_types"], FIRST, NIGHTS, worlds.NOW_MS)
    ids = {}
    assert sorted(lsn for lsn, *_ in log) == list(range(1, len(log) + 1))
    for lsn, verb, asked, hold_id in sorted(log, key=lambda line: line[0]):
        if verb == "hold":
            answer = oracle.hold(*asked)
            assert answer.outcome == "OK", (lsn, asked)
            ids[hold_id] = answer.hold_id
        else:
            assert getattr(oracle, verb)(ids[asked]) == "OK", (lsn, verb)
    for what in ("free", "held", "sold"):
        assert engine.matrix(what).tolist() == [oracle.counts(what, row) for row in oracle.cells]
    assert engine.check() == []


def test_batches_with_the_same_keys_hold_each_key_once():
    """Four threads send the same keyed lines in different orders, one of them with another number of nights."""
    for seed in range(10):
        _, engine = house(100, hotels=4, slots=1_000)
        lines = pl.DataFrame(
            {
                "hotel_id": [f"H{i % 4}" for i in range(60)],
                "room_type_id": ["DBL"] * 60,
                "arrival": [FIRST] * 60,
                "nights": [1] * 60,
                "key": [f"k{i}" for i in range(60)],
            }
        )
        answers = {}

        def send(number, lines=lines, answers=answers, engine=engine, seed=seed):
            mine = lines.sample(fraction=1, shuffle=True, seed=10 * seed + number)
            if number == 3:
                mine = mine.with_columns(nights=pl.lit(2, pl.Int64))
            answers[number] = mine.hstack(engine.hold_many(mine))

        together(4, send)
        every = pl.concat(answers.values())
        for (key,), said in every.group_by("key"):
            winner = said.filter(pl.col("outcome") == Outcome.OK)
            assert winner.height == 1, key
            same = said.filter(pl.col("nights") == winner["nights"].item())
            other = said.filter(pl.col("nights") != winner["nights"].item())
            assert set(same["hold_id"]) == {winner["hold_id"].item()}
            assert sorted(same["outcome"]) == [Outcome.OK] + [Outcome.EXISTS] * (same.height - 1)
            assert set(other["outcome"]) <= {Outcome.KEY_REUSED}
        assert engine.matrix("held")[:, 0].sum() == 60
        assert engine.check() == []


def test_what_the_hotel_changes_meanwhile_loses_no_room():
    """Capacity, opening balances and restrictions change while others hold and release; the recount finds nothing."""
    _, engine = house(4, hotels=2, slots=100, retention_ms=0)
    refused, changing = Counter(), [0, 1, 2]

    def act(number, dice):
        frame = {"hotel_id": [f"H{dice.randrange(2)}"], "room_type_id": ["DBL"], "night": [night(dice.randrange(5))]}
        try:
            if number == 0:
                engine.set_capacity({**frame, "capacity": [dice.randint(2, 5)]})
            elif number == 1:
                engine.set_sold_elsewhere({**frame, "rooms": [dice.randint(0, 2)]})
            elif number == 2:
                engine.restrict({**frame, "closed": [dice.random() < 0.3], "min_stay_through": [dice.randint(0, 2)]})
            else:
                hold_id = engine.hold(frame["hotel_id"][0], "DBL", FIRST, dice.randint(1, NIGHTS)).id
                engine.search(FIRST, 2)
                engine.release(hold_id)
                time.sleep(0.0002)  # the changes go through frames and need the interpreter more often
        except Refused as refusal:
            refused[refusal.outcome.name] += 1
        except InputError as error:
            refused["short" if "nothing was changed" in str(error) else str(error)] += 1

    def work(number):
        dice = random.Random(number)
        if number not in changing:
            while changing:
                act(number, dice)
            return
        try:
            for _ in rounds(60, lambda: refused["CLOSED"] > 0):
                act(number, dice)
        finally:
            changing.remove(number)

    together(5, work)
    assert engine.check() == []
    assert (engine.matrix("free") >= 0).all()
    assert (engine.matrix("sold") == engine.matrix("sold_elsewhere")).all()
    assert set(refused) <= {"CLOSED", "MIN_STAY_THROUGH", "SOLD_OUT", "BUSY", "short"}


def test_at_its_deadline_a_hold_is_confirmed_or_expired_never_both():
    """The clock reaches the deadline while two threads confirm and a third sweeps: at once, or one after the other."""
    _, engine = house(1, hotels=60)
    orders = ("booked", "expired", "side by side")
    for seed, hotel_id in enumerate(engine.catalog.hotel_ids):
        hold_id = engine.hold(hotel_id, "DBL", FIRST, 2, ttl_seconds=1).id
        engine.clock.advance_ms(999)
        answers, order = [], orders[seed % 3]

        def act(number, hold_id=hold_id, answers=answers, order=order, seed=seed):
            if order == ("expired" if number else "booked"):
                wait_for(lambda: answers)
            time.sleep(0.00005 * ((seed // 3 + number) % 3))
            if number == 0:
                engine.clock.advance_ms(1)
                answers.append("swept" if engine.expire() else "")
                return
            try:
                answers.append(engine.confirm(hold_id).outcome.name)
            except Refused as refusal:
                answers.append(refusal.outcome.name)

        together(3, act)
        said = Counter(answers)
        booked = engine.get(hold_id).state == "booked"
        if order != "side by side":
            assert order == ("booked" if booked else "expired")
        assert (said["OK"], said["EXPIRED"]) in ([(1, 0), (1, 1)] if booked else [(0, 2)])
        assert said["swept"] + booked <= 1
        assert engine.matrix("free")[seed, 0] == (0 if booked else 1)
    assert engine.check() == []


def test_no_answer_mixes_two_books():
    """While one thread publishes cheap and dear books in turn, every answer is of one of them as a whole."""
    _, engine = house(4, hotels=70)
    percents = {}
    books = [{"book": {"name": f"{p}"}, "season": [{"name": "all", "percent": p}]} for p in (0, 50, -50)]
    for book in books:
        percents[engine.publish(book).digest] = book["season"][0]["percent"]
    for top in (3, None):  # so that nobody waits for a kernel while the books change
        engine.search(FIRST, 2, top=top)
    engine.quote("H7", "DBL", FIRST, 2)
    seen = Counter()
    done = threading.Event()

    def publish():
        try:
            for step in rounds(60, lambda: len(seen) > 1):
                engine.publish(books[step % 3])
        finally:
            done.set()

    def work(number):
        if number == 0:
            publish()
        while not done.is_set():
            answer = engine.search(FIRST, 2, top=random.choice([3, None]))
            quote = engine.quote("H7", "DBL", FIRST, 2)
            seen[answer.price_version] += 1
            assert {offer.total_minor for offer in answer.offers} == {200 + 2 * percents[answer.price_version]}
            assert {offer.price_version for offer in answer.offers} == {answer.price_version}
            assert quote.total_minor == sum(quote.nights_minor) == 200 + 2 * percents[quote.price_version]

    together(3, work)
