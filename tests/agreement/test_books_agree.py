"""The oracle of the second edition, the explanation and the engine agree on random books."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agreement.book_compare import can_say, engine_for, explanation_differences, quote_differences
from tests.agreement.compare import examples
from tests.book_worlds import asked, book_worlds, draw_stay, draw_world
from tests.seeds import seeds


def world_of(seed, count):
    """(world, questions of some guests), the same in every run."""
    rng = Random(seed)
    world = draw_world(rng)
    return world, [(rng.choice(world.products), draw_stay(rng, world.book)) for _ in range(count)]


@examples(0.5)
@given(book_worlds(), st.data())
def test_explanations_agree(world, data):
    questions = [data.draw(asked(world)) for _ in range(3)]
    assert explanation_differences(world, questions) == []


@pytest.mark.parametrize("seed", seeds(40))
def test_explanations_agree_on_a_fixed_list_of_worlds(seed):
    world, questions = world_of(seed, 12)
    assert explanation_differences(world, questions) == []


@pytest.mark.parametrize("seed", seeds(40))
def test_quotes_agree_on_a_fixed_list_of_worlds(seed):
    world, questions = world_of(seed, 12)
    engine = engine_for(world)
    questions = [(product, stay) for product, stay in questions if can_say(stay)]
    if engine is None or not questions:
        pytest.skip("the engine does not compute this world yet")
    assert quote_differences(engine, world, questions) == []
