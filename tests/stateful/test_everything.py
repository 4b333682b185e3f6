"""Any sequence of everything agrees with the oracle, step by step, and a recount finds nothing after any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from nightgrid.engine import Engine
from tests.agreement.compare import examples
from tests.oracles.outcomes import CODES
from tests.stateful.everything import VERBS, Everything

#: Never said in this world: all names are known, parties are small, and no hold is bound to a quote.
NEVER = {"UNKNOWN_HOTEL", "UNKNOWN_PRODUCT", "TOO_MANY_GUESTS", "QUOTE_EXPIRED", "QUOTE_BOUND"}
GRANTED = (
    "hold", "book", "hold_cart", "hold_many", "hold_many together", "confirm", "confirm_cart", "release",
    "release_cart", "extend_cart", "cancel_cart", "extend", "cancel", "check_in", "check_out", "depart_early",
    "no_show", "amend",
)  # fmt: skip
CHANGED = (
    *(f"{verb} {kind}" for verb in ("close", "reopen") for kind in ("hotel", "room_type", "plan")),
    *(f"set_{what} done" for what in ("caps", "protection", "hurdles", "house_cap", "counter", "open_holds_max")),
    *(f"{verb} done" for verb in ("create_block", "set_block_units", "release_block", "set_sold_elsewhere")),
    *(f"rename {kind}" for kind in ("hotel", "room_type", "plan")), "import", "extend_many OK", "check_in_many OK",
    "cut done", "cut refused", "restrict done", "set_capacity done", "set_last_room_plans done", "roll 1",
)  # fmt: skip


#: What changes an inventory, and the rule of the machine that does it.
RULES = {
    **dict.fromkeys(("add_hotels", "add_room_types", "add_plans"), "grow"),
    **{f"{verb}_{kind}": "close_or_open" for verb in ("close", "reopen") for kind in ("hotel", "room_type", "plan")},
    **{f"rename_{kind}": "rename" for kind in ("hotel", "room_type", "plan")},
    **{f"{verb}_many": "resolve_many" for verb in ("confirm", "release", "cancel", "extend")},
    **{f"{verb}_many": "resolve_many" for verb in ("check_in", "check_out", "no_show")},
    "amend": "amend", "book": "book", "book_many": "many", "cancel": "end", "check_in": "check_in",
    "check_out": "check_out",
    "confirm": "confirm", "confirm_cart": "end_cart", "create_block": "block", "depart_early": "depart",
    "expire": "sweep", "extend": "extend", "grow_slots": "more_slots", "hold": "hold", "hold_cart": "cart",
    "hold_many": "many", "no_show": "no_show", "rebuild": "rebuild", "release": "end", "release_block": "block",
    "release_cart": "end_cart", "extend_cart": "end_cart", "cancel_cart": "end_cart", "restrict": "restrict",
    "roll": "roll", "set_block_units": "block",
    "set_capacity": "parts", "set_caps": "cap", "set_counter": "count", "set_house_cap": "house_cap",
    "set_hurdles": "hurdle", "set_last_room_plans": "last_room", "set_open_holds_max": "count",
    "set_protection": "protect", "set_sold_elsewhere": "sell_elsewhere",
}  # fmt: skip
#: What only looks, and what changes prices alone.
QUESTIONS = {
    "availability", "availability_calendar", "base_prices", "blocks", "calendar", "caps", "changed_nights",
    "changed_prices", "changes_since", "check", "closed", "compare", "counters", "expired_since", "explain", "find",
    "find_views", "gap_nights", "get", "house_caps", "house_fill", "hurdles", "in_currency", "in_memory",
    "largest_free_run", "last_room_plans", "lowest_prices", "matrix", "metrics", "metrics_text", "open_holds",
    "price_as_of", "price_events", "price_history", "price_overrides", "protection", "quote", "quote_many", "records",
    "reprice", "reprice_to", "requote", "refusal_legend", "restrictions", "rule_legend", "search", "short_cells",
    "statistics", "versions", "walked",
}  # fmt: skip
OF_PRICES = {"publish", "rollback", "unschedule", "set_base_prices", "set_price_overrides"}


class Machine(RuleBasedStateMachine):
    """Hypothesis says what is done, and throws the dice for how."""

    @initialize(dice=st.randoms(use_true_random=False))
    def open_both(self, dice: Random) -> None:
        self.pair = Everything(dice)

    @rule(verb=st.sampled_from(VERBS))
    def do(self, verb: str) -> None:
        getattr(self.pair, verb)()

    @invariant()
    def both_are_the_same(self) -> None:
        self.pair.compare()


def counting(method: Callable[..., Any], done: Counter[str]) -> Callable[..., Any]:
    """A method that counts how often it was done without an error."""

    @wraps(method)
    def counted(*args: Any, **asked: Any) -> Any:
        answer = method(*args, **asked)
        done[method.__name__] += 1
        return answer

    return counted


def test_any_sequence_of_everything_agrees_with_the_oracle():
    run_state_machine_as_test(Machine, settings=settings(examples(0.5), stateful_step_count=40))


def test_every_verb_of_an_engine_has_its_rule():
    """A new method must be put where it belongs; what changes rooms is done by the machine (see below)."""
    methods = {name for name in dir(Engine) if not name.startswith("_") and callable(getattr(Engine, name))}
    placed = RULES.keys() | QUESTIONS | OF_PRICES
    assert methods - placed == set(), (
        "put it into RULES, with a rule in `everything.py`, or into QUESTIONS or OF_PRICES"
    )
    assert placed - methods == set(), "there is no such method any more"
    assert RULES.keys().isdisjoint(QUESTIONS | OF_PRICES)
    assert set(RULES.values()) <= set(VERBS)


def test_busy_days_of_everything_agree_with_the_oracle(monkeypatch):
    """Long days, with every verb and every answer among them."""
    met: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for name in RULES:
        monkeypatch.setattr(Engine, name, counting(getattr(Engine, name), done))
    for seed in range(settings.default.max_examples * 2 // 5):
        pair = Everything(Random(f"day {seed}"))
        for _ in range(300):
            pair.step()
            pair.compare()
        pair.compare_controls()
        met += pair.met
    said = Counter(word for name, count in met.items() for word in [name.split()[-1]] * count)
    assert [name for name in CODES if name not in NEVER and said[name] == 0] == [], met
    assert RULES.keys() - done.keys() == set()
    assert [verb for verb in GRANTED if met[f"{verb} OK"] == 0] == [], met
    assert [done for done in CHANGED if met[done] == 0] == [], met
    assert min(met["risen hurdle BELOW_HURDLE"], met["risen hurdle OK"]) > 10, met
