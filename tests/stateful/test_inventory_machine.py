"""Any sequence of what people do with rooms agrees with the oracle, step by step (see `inventory_machine`)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests import strategies as worlds
from tests.agreement.compare import examples
from tests.oracles.grid import CODES
from tests.stateful.inventory_machine import FIRST, MET, NEVER, NIGHTS, ROWS, Machine


def walk(random, machine, steps):
    """Steps as a busy day has them: many holds, most of them resolved soon, and sometimes somebody changes a rule."""
    machine.open_both()
    sensible = {"nights": [1, 1, 1, 2, 2, 3], "rooms": [1, 1, 1, 2], "ttl_ms": [1_000, 60_000, 900_000]}

    asked = []

    def request():
        """A new request, or an earlier one again, as it was or with another guest."""
        if asked and random.random() < 0.2:
            return {**random.choice(asked[-3:]), **random.choice([{}, {"guest": "Wang"}])}
        asked.append(new_request())
        return asked[-1]

    def new_request():
        row = random.choice(ROWS)
        chosen = {name: random.choice(values) for name, values in sensible.items()}
        if random.random() < 0.04:
            chosen[random.choice(["nights", "rooms"])] = random.choice([0, NIGHTS + 1, 10_001])
        ids = {"hotel_id": row[0], "room_type_id": row[1], "arrival": FIRST + timedelta(days=random.randrange(6))}
        return {**ids, **chosen, "key": random.choice(worlds.KEYS), "guest": random.choice([None, None, "Li"])}

    def ordered():
        return sorted(random.choices(range(NIGHTS), k=2))

    verbs = ["confirm", "confirm", "release", "cancel"]
    moves = {
        10: lambda: machine.hold(request(), random.random() < 0.5),
        3: lambda: machine.hold_many([request() for _ in range(random.randrange(1, 5))]),
        9: lambda: machine.resolve(random.choice(verbs), random.choice([0, 0, 1, 2, 5]), random.random() < 0.5),
        2: lambda: machine.resolve_many(random.choice(verbs), random.choices(range(6), k=3)),
        4: lambda: machine.get(random.choice([0, 1, 2, 5])),
        8: lambda: machine.wait(random.choice([1, 999, 1_000, 29_999, 30_000, 30_000, 60_000, 60_000, 900_000])),
        1: machine.check,
        1.1: machine.expire,
        1.2: lambda: machine.wait(6 * 3_600_000) if random.random() < 0.1 else None,
        1.3: lambda: machine.availability(random.choice(ROWS)),
        1.4: lambda: machine.set_counts(random.choice(ROWS), ordered(), random.choice([0, 2, 3, 4, 4, 4]), "capacity"),
        1.5: lambda: machine.set_counts(random.choice(ROWS), ordered(), random.choice([0, 0, 0, 1]), "sold_elsewhere"),
        1.6: lambda: machine.set_counts_unless_oversold(random.choice(ROWS), ordered(), 2, "capacity"),
        1.7: lambda: machine.set_counts_unless_oversold(random.choice(ROWS), ordered(), 1, "sold_elsewhere"),
        1.8: lambda: machine.search(random.randrange(NIGHTS), random.randrange(1, 4), 1, random.choice([1, None])),
        4.1: lambda: machine.restrict(
            random.choice(ROWS),
            random.random() < 0.3,
            ordered(),
            random.choice(worlds.FLAGS + worlds.STAYS),
            random.choice([0, 0, 1, 2]),
            random.choice([None, None, ["sat", "sun"]]),
        ),
    }
    for _ in range(steps):
        random.choices(list(moves.values()), list(moves))[0]()
        machine.counters_are_equal()
        machine.a_recount_finds_nothing_wrong()
        machine.log_sequence_numbers_only_grow()


def test_any_sequence_agrees_with_the_oracle():
    run_state_machine_as_test(Machine, settings=settings(examples(0.4), stateful_step_count=40))


def test_busy_days_agree_with_the_oracle():
    MET.clear()
    for seed in range(settings.default.max_examples // 5):
        walk(Random(f"day {seed}"), Machine(), 250)
    lacking = {
        name: MET[name]
        for name in (*(set(CODES) - NEVER), "reused slot", "short of rooms", "cut refused", "get expired", "get None")
        if MET[name] < 3
    }
    assert lacking == {}, MET
