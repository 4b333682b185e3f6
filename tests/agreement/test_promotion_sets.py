"""Which set of up to 16 promotions is given: the kernel against the explanation, which finds the sets in its own way,
on promotions that mostly keep each other away and often come to the same price.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from random import Random

import pytest

from nightgrid.pricing.explain.stacking import is_permitted
from tests.agreement.test_prepared_explanations import CHAIN
from tests.engines import engine_of
from tests.strategies import FIRST_NIGHT, NOW_MS


def promotions(rng: Random, count: int, requiring: bool) -> list[dict[str, object]]:
    names = [f"P{number}" for number in range(count)]
    found = []
    for name in names:
        rule: dict[str, object] = {"name": name, "class": rng.choice(["any", "any", "any", "base", "second", "none"])}
        if rng.random() < 0.25:
            rule["spend"] = [{"from": {"CNY": rng.choice([400, 900, 1_500])}, "off": {"CNY": rng.choice([10, 20])}}]
        elif rng.random() < 0.3:
            rule["off"] = {"CNY": rng.choice([10, 20])}
        else:
            rule["percent"] = -rng.choice([5, 10, 10, 20])
        if rng.random() < 0.4:
            rule["lane"] = rng.choice("abc")
        if rng.random() < 0.5 and count > 2:
            rule["excludes"] = rng.sample([other for other in names if other != name], k=rng.randrange(1, 3))
        if rng.random() < 0.2:
            rule["channels"] = ["app"]
        found.append(rule)
    if requiring:
        one, other = rng.sample(names, 2)
        rule = found[names.index(one)]
        rule["requires"] = [other]
        for each in found:
            each["class"] = "any"
            each.pop("lane", None)
            if each["name"] in (one, other) or {one, other} & set(each.get("excludes", ())):
                each.pop("excludes", None)
    return found


@pytest.mark.parametrize("seed", range(30))
def test_the_kernel_finds_the_sets_that_the_explanation_finds(seed):
    rng = Random(f"sets {seed}")
    count = rng.choice([1, 2, 5, 8, 12, 16])
    given = promotions(rng, count, requiring=count > 2 and seed % 5 == 0)
    policy = {"policy": rng.choice(["guest", "guest", "hotel"]), "over": rng.choice(["maximal", "maximal", "all"])}
    engine = engine_of(CHAIN, FIRST_NIGHT, 40, NOW_MS, book={"promotion": given, "stacking": policy})
    for _ in range(6):
        arrival = FIRST_NIGHT + timedelta(days=rng.randrange(1, 20))
        asked = {"channel": rng.choice(["app", "web"])}
        quote = engine.quote("h1", "twin", arrival, rng.choice([1, 2, 4]), plan_id="flex", **asked)
        why = engine.explain(quote)  # IntegrityError where the two give other promotions or prices
        assert quote.applied == why.applied
        if len(why.sets) < 2 or policy["over"] == "all" or count > 8:
            continue
        met = why._made.considered.candidates.met
        # By trying every subset.
        every = [some for size in range(len(met) + 1) for some in combinations(met, size) if is_permitted(some)]
        largest = [some for some in every if not any(set(some) < set(other) for other in every)]
        assert {tuple(one.position for one in some) for some in largest} == {each.positions for each in why.sets}
