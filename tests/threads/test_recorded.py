"""A sample of recorded histories over every verb, explained one by one; 20,000 of them are for `make crash`."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from nightgrid import Refused
from nightgrid.engine import Engine
from tests.threads.clerk import Clerk
from tests.threads.orders import Call, explained, in_log_order
from tests.threads.patience import rounds
from tests.threads.recorded import NIGHTS, judge, judge_by_log

#: Threads, and calls of each: about as many calls in every history.
CREWS = ((2, 8), (3, 6), (4, 5), (8, 3), (16, 2))
MET: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize(("threads", "calls"), CREWS)
@pytest.mark.parametrize("capacity", [1, 2])
def test_one_clerk_could_have_said_it_all(threads, calls, capacity):
    met: Counter[str] = Counter()
    for turn in rounds(1, lambda: met["side by side"] > 0):
        met.update(judge(threads, calls, capacity, 20, f"sample {threads} {capacity} {turn}"))
    MET.update(met)


def test_every_verb_was_among_them():
    """Runs after the tests above."""
    if MET["histories"] < 200:
        pytest.skip("only some of the histories were recorded")
    verbs = ("hold", "cart", "replace", "confirm", "release", "cancel", "amend", "extend", "no_show", "sell_elsewhere")
    verbs += ("confirm_cart", "release_cart", "extend_cart", "cancel_cart", "rebook_cart", "check_in")
    done = [f"{verb} OK" for verb in verbs]
    late = [f"{verb} EXPIRED" for verb in ("confirm", "release", "amend")]

    def enough() -> bool:
        return min(MET[each] for each in done) > 0 < sum(MET[each] for each in late) and MET["hold SOLD_OUT"] > 50

    for turn in rounds(0, enough):
        MET.update(judge(4, 5, 1, 20, f"more {turn}"))


@pytest.mark.parametrize(("threads", "capacity"), [(2, 20), (8, 40)])
def test_a_long_story_is_told_by_its_log(threads, capacity):
    met: Counter[str] = Counter()

    def enough() -> bool:
        done = sum(count for name, count in met.items() if name.endswith(" OK"))
        carts = (f"{verb}_cart OK" for verb in ("confirm", "release", "extend", "cancel", "rebook"))
        return done > 600 and min(met["rebook OK"], *(met[each] for each in carts)) > 0

    for turn in rounds(1, enough):
        met.update(judge_by_log(threads, 3_000 // threads, capacity, f"long {threads} {turn}"))


def _line_by_line(verb: str):
    """A verb of carts that is none: a call for each line, and where one is refused the others have happened."""

    def broken(engine, cart_id, *arguments, **options):
        tickets, refusals = [], []
        for hold_id in engine._lines_now(cart_id)[0]:
            try:
                tickets.append(getattr(engine, verb)(int(hold_id), *arguments, **options))
            except Refused as refused:
                refusals.append(refused)
        if refusals:
            raise refusals[0]
        return tickets

    return broken


@pytest.mark.parametrize("verb", ["confirm", "release", "extend", "cancel", "rebook"])
def test_a_long_story_notices_a_cart_that_is_resolved_in_part(monkeypatch, verb):
    whole, broken = Engine.confirm_cart, _line_by_line("confirm" if verb == "rebook" else verb)

    def confirm_cart(engine, cart_id, *, rebook=False):
        return (broken if rebook == (verb == "rebook") else whole)(engine, cart_id, rebook=rebook)

    of_confirm = verb in ("confirm", "rebook")
    monkeypatch.setattr(
        Engine, "confirm_cart" if of_confirm else f"{verb}_cart", confirm_cart if of_confirm else broken
    )
    noticed = []
    for turn in rounds(1, lambda: noticed):
        try:
            judge_by_log(2, 1_500, 40, f"in part {verb} {turn}")
        except AssertionError as error:
            noticed.append(error)


HOLD = Call(0, 1, "hold", (1, 0, 0, 2, 1, 60_000), (0,), "OK", 1)
SECOND = Call(2, 3, "hold", (2, 0, 1, 2, 1, 60_000), (0,), "SOLD_OUT")
STORY = [
    HOLD,
    SECOND,
    Call(4, 5, "amend", (1, 1, 1, 1), (10,), "OK", 2),
    Call(6, 7, "replace", (3, 0, 0, 2, 1, 60_000, 1), (20,), "OK", 3),
    Call(8, 9, "cart", (60_000, (4, 1, 0, 1, 1), (5, 0, 2, 1, 1)), (20,), "OK", 5),
    Call(10, 11, "confirm", (3, 0), (60_020,), "EXPIRED"),
    Call(12, 13, "hold", (6, 0, 0, 3, 1, 0), (60_020,), "OK", 8),
    Call(14, 15, "depart_early", (6, 1), (60_020,), "OK", 9),
    Call(16, 17, "cancel", (6,), (60_020,), "OK", 10),
    Call(18, 19, "release_cart", (4, 5), (60_020,), "EXPIRED"),
    Call(20, 21, "rebook", (5,), (60_020,), "OK", 11),
    Call(22, 23, "check_out", (~5,), (60_020,), "NOT_CHECKED_IN"),
    Call(24, 25, "sell_elsewhere", (0, 2, 1), (60_020,), "REFUSED"),
    Call(26, 27, "confirm_cart", (4, 5), (60_020,), "EXPIRED"),
    Call(28, 29, "rebook_cart", (4, 5), (60_020,), "OK", 13),
    Call(30, 31, "hold", (8, 1, 0, 1, 1, 60_000), (60_020,), "SOLD_OUT"),
    Call(32, 33, "rebook_cart", (4, 5), (60_020,), "EXISTS"),
    Call(34, 35, "extend_cart", (60_000, 4, 5), (60_020,), "ALREADY_CONFIRMED"),
    Call(36, 37, "cancel_cart", (4, 5), (60_020,), "OK", 15),
    Call(38, 39, "cancel_cart", (4, 5), (60_020,), "EXISTS"),
    Call(40, 41, "cart", (30_000, (9, 1, 0, 1, 1), (10, 0, 2, 1, 1)), (60_020,), "OK", 17),
    Call(42, 43, "cancel_cart", (9, 10), (60_020,), "NOT_CONFIRMED"),
    Call(44, 45, "extend_cart", (60_000, 9, 10), (60_020,), "OK", 19),
    Call(46, 47, "extend", (9, 90_000), (90_020,), "OK", 20),
    Call(48, 49, "rebook_cart", (9, 10), (120_020,), "NOT_CONFIRMED"),
    Call(50, 51, "rebook", (10,), (120_020,), "OK", 22),
    Call(52, 53, "confirm_cart", (9, 10), (120_020,), "OK", 23),
]


def test_the_checker_sees_a_wrong_answer():
    """Turn any answer of a story told in turn: no order explains it, because there is no other order."""
    assert explained(STORY, Clerk(2, NIGHTS, 1))
    for place, call in enumerate(STORY):
        for answer in {"OK", "SOLD_OUT", "EXPIRED", "EXISTS"} - {call.answer}:
            story = [*STORY[:place], call._replace(answer=answer), *STORY[place + 1 :]]
            assert explained(story, Clerk(2, NIGHTS, 1)) is False, story
    side_by_side = [HOLD._replace(answered=3), SECOND._replace(called=0)]
    assert explained(side_by_side, Clerk(2, NIGHTS, 1))
    assert explained([side_by_side[0]._replace(answer="SOLD_OUT"), side_by_side[1]], Clerk(2, NIGHTS, 1)) is False
    assert explained([side_by_side[0], side_by_side[1]._replace(answer="OK")], Clerk(2, NIGHTS, 1)) is False


def test_the_log_must_agree_with_real_time_and_with_the_clerk():
    expired = Call(0, 2**62, "expire", (3,), (60_020,), "OK", 6)
    of_cart = expired._replace(asked=(5,), lsn=7)

    def wrong(*calls):
        return in_log_order(calls, Clerk(2, NIGHTS, 1, sweeps=False))

    assert wrong(*STORY, expired, of_cart) == []
    assert wrong(*STORY, expired, of_cart._replace(nows_ms=(60_019,))) != []
    assert wrong(*STORY, expired) != []  # the booking takes a room that was not given back
    swapped = [STORY[7]._replace(lsn=10), STORY[8]._replace(lsn=9)]
    assert "smaller number" in wrong(*STORY[:7], *swapped, expired, of_cart)[0]
