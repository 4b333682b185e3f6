"""Any sequence of everything agrees with the oracle, step by step, and a recount finds nothing after any of them."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.agreement.compare import examples
from tests.oracles.outcomes import CODES
from tests.stateful.everything import VERBS, Everything

#: Never said in this world: all names are known, parties are small, and no hold is bound to a quote.
NEVER = {"UNKNOWN_HOTEL", "UNKNOWN_PRODUCT", "TOO_MANY_GUESTS", "QUOTE_EXPIRED", "QUOTE_BOUND"}
GRANTED = (
    "hold", "book", "hold_cart", "hold_many", "hold_many together", "confirm", "confirm_cart", "release",
    "release_cart", "extend", "cancel", "check_in", "check_out", "depart_early", "no_show", "amend",
)  # fmt: skip
CHANGED = (
    *(f"{verb} {kind}" for verb in ("close", "reopen") for kind in ("hotel", "room_type", "plan")),
    *(f"set_{what} done" for what in ("caps", "protection", "hurdles", "house_cap", "counter", "open_holds_max")),
    *(f"{verb} done" for verb in ("create_block", "set_block_units", "release_block", "set_sold_elsewhere")),
    "cut done", "cut refused", "restrict done", "set_capacity done", "set_last_room_plans done", "roll 1",
)  # fmt: skip


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


def test_any_sequence_of_everything_agrees_with_the_oracle():
    run_state_machine_as_test(Machine, settings=settings(examples(0.5), stateful_step_count=40))


def test_busy_days_of_everything_agree_with_the_oracle():
    """Long days, with every verb and every answer among them."""
    met: Counter[str] = Counter()
    for seed in range(settings.default.max_examples // 3):
        pair = Everything(Random(f"day {seed}"))
        for _ in range(300):
            pair.step()
            pair.compare()
        pair.compare_controls()
        met += pair.met
    said = Counter(word for name, count in met.items() for word in [name.split()[-1]] * count)
    assert [name for name in CODES if name not in NEVER and said[name] == 0] == [], met
    assert [verb for verb in GRANTED if met[f"{verb} OK"] == 0] == [], met
    assert [done for done in CHANGED if met[done] == 0] == [], met
    assert min(met["risen hurdle BELOW_HURDLE"], met["risen hurdle OK"]) > 10, met
