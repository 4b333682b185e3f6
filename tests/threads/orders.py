"""Calls of several threads, and whether an order of them explains what each was told.

`explained` looks for an order of the calls that respects real time and in which one clerk (`clerk`) would have said the
same: a search over orders (Wing and Gong, 1993) that looks once at what leads to the same rooms. `in_log_order` is for
long runs: what succeeded has a log sequence number; that order must respect real time, and in it the clerk must say the
same, at the instants of the log: linear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tests.threads.clerk import Clerk


class Call(NamedTuple):
    """One call: when it began and ended, what was asked, at which instants of the store's clock, what was answered."""

    called: int
    answered: int
    verb: str
    asked: tuple[Any, ...]
    nows_ms: tuple[int, ...]
    answer: str | None
    lsn: int = 0


def explained(calls: Sequence[Call], start: Clerk, nodes_max: int = 400_000) -> bool | None:
    """True if some order explains every answer; None where too many had to be tried.

    What succeeded is tried in the order of its log sequence numbers first. A refusal that is right as things stand, and
    comes before anything can be due, is taken at once: any order in which it comes later is as good without it. A sweep
    before anything can be due is left out.
    """
    may_sweep = {call for call in calls if _may_sweep(call, calls)}
    calls = [call for call in calls if call.verb != "sweep" or call in may_sweep]
    calls = sorted(calls, key=lambda call: (call.lsn == 0, call.lsn, *call[:2]))
    everything = (1 << len(calls)) - 1
    seen = set()
    waiting = [(0, start)]
    while waiting:
        done, clerk = waiting.pop()
        if done == everything:
            return True
        state = (done, clerk.key())
        if state in seen:
            continue
        seen.add(state)
        if len(seen) > nodes_max:
            return None
        left = [(i, call) for i, call in enumerate(calls) if not done >> i & 1]
        first_answer = min(call.answered for _, call in left)
        after: list[tuple[int, Clerk]] = []
        for i, call in reversed(left):
            if call.called > first_answer:
                continue  # somebody else was answered before this one was asked
            steps = list(_steps(clerk, call))
            refused = call.answer not in (None, "OK") and call not in may_sweep
            still = [each for each in steps if refused and each.key() == state[1]]
            if still:
                after = [(done | 1 << i, still[0])]
                break
            after += [(done | 1 << i, each) for each in steps]
        waiting += after
    return False


def _deadlines_ms(call: Call) -> list[int]:
    """The earliest deadline that a call may give to a hold; none for a call that gives none."""
    place = {"hold": 5, "replace": 5, "cart": 0, "extend": 1, "extend_cart": 0}.get(call.verb)
    ttl_ms = 0 if place is None else call.asked[place]
    return [min(call.nows_ms) + ttl_ms] if ttl_ms else []


def _may_sweep(call: Call, calls: Sequence[Call]) -> bool:
    """Whether a hold that was asked for before a call was answered may be due by then."""
    before = (other for other in calls if other.called < call.answered)
    return any(deadline <= max(call.nows_ms) for other in before for deadline in _deadlines_ms(other))


def _steps(clerk: Clerk, call: Call) -> Iterator[Clerk]:
    """The sheet after a call, for each instant at which it may have been made, where that explains its answer."""
    for now_ms in call.nows_ms:
        after = clerk.copy()
        try:
            said = after.do(call.verb, call.asked, now_ms)
        except KeyError:
            continue  # of a hold that is not there yet
        if call.answer is None or said == call.answer:
            yield after


def in_log_order(calls: Sequence[Call], start: Clerk) -> list[str]:
    """What speaks against the order of the log sequence numbers; nothing if it explains every success. O(calls)."""
    wrong = []
    latest_call = -1
    for call in sorted((call for call in calls if call.lsn), key=lambda call: call.lsn):
        if latest_call > call.answered:
            wrong.append(f"{call} was answered before one with a smaller number was asked")
        latest_call = max(latest_call, call.called)
        said = start.do(call.verb, call.asked, call.nows_ms[0])
        if call.answer != said:
            wrong.append(f"{call}: a clerk would have said {said}")
            break
    return wrong
