"""Wrong readings of the price book, put into the oracle one at a time: the random worlds must notice each of them."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from tests.agreement.book_compare import explanation_differences
from tests.book_worlds import draw_stay, draw_world
from tests.oracles import rules
from tests.oracles.pricebook import charges, conditions, guests, nights, promotions, stacking, stays
from tests.oracles.pricebook.rounding import Rounding
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.world import World

WORLDS_MAX = 600


def nearest(self, value):
    """Every mode is half up."""
    return real_round(Rounding("half_up", self.increment, self.endings), value)


def whole(self, chosen, change):
    """A change of some nights is spread over the whole stay."""
    shares = self.shares()
    part = sum((shares[i] for i in chosen), Fraction(0))
    after = max(Fraction(0), change(part))
    self.change_whole(lambda running: running - part + after)


def first_of_scope(self, kind):
    """The earlier rule wins, however wide its scope."""
    return next(iter(self.candidates(kind)), None)


def every_night(world, rule):
    """Promotions of single nights conflict on all nights."""
    return list(range(world.stay.nights))


def always_friends(a, b):
    return real_may_meet(a, b) or a.rule.get("lane") is not None


def nothing_free(rule, state):
    """The later of two equal nights is free."""
    found = real_free(rule, state)
    return [len(state.positions) - 1 - i for i in found] if rule.get("which", "cheapest") == "cheapest" else found


def level_curve(points, days):
    return real_curve(points, points[0]["days"])


def uncapped(world, rule, state, after):
    return after


def by_exact_date(rule, unit, value):
    return real_within(rule, unit, value) and (rule or {}).get("max_days", value + 1) > value


def own_base(world, night, guests):
    return world.product["base_minor"]


def adults_alone(world):
    stay = world.stay
    return None if stay.adults is None else guests.Party(stay.adults, tuple(sorted(stay.children, reverse=True)))


def edge_before(edges, value):
    return max(index for index, edge in enumerate(edges) if edge < value or index == 0)


real_round, real_may_meet, real_free = Rounding.__call__, stacking.may_meet, stays.free_positions
real_curve, real_within = stays.curve_percent, conditions.within

#: What is read wrongly -> (where, name, the wrong one).
WRONG = {
    "every rounding is half up": (Rounding, "__call__", nearest),
    "single nights are the whole stay": (State, "change_nights", whole),
    "the earlier rule beats the narrower scope": (World, "best", first_of_scope),
    "a lane holds any number": (stacking, "may_meet", always_friends),
    "smaller sets are maximal too": (stacking, "maximal", lambda permitted, _: permitted),
    "class any meets itself never": (stacking, "FRIENDS", {**stacking.FRIENDS, "any": ("base", "second")}),
    "a promotion of some nights acts on all": (promotions, "acting_nights", every_night),
    "the last of the cheapest nights is free": (stays, "free_positions", nothing_free),
    "curves are level": (stays, "curve_percent", level_curve),
    "no cap and no floor of a discount": (promotions, "limit", uncapped),
    "the last day of a window is outside": (conditions, "within", by_exact_date),
    "the base of the catalogue": (nights, "base_minor", own_base),
    "bookings far ahead are not capped": (rules, "LEAD_DAYS_MAX", 10**6),
    "no child is ever an adult": (guests, "party_of", adults_alone),
    "an edge belongs to the band before it": (nights, "last_edge", edge_before),
    "points pay half a cent": (charges, "floor", round),
}


@pytest.mark.parametrize("reading", WRONG)
def test_a_wrong_reading_is_noticed(reading, monkeypatch):
    place, name, wrong = WRONG[reading]
    monkeypatch.setattr(place, name, wrong)
    for seed in range(WORLDS_MAX):
        rng = Random(seed)
        world = draw_world(rng)
        try:
            if explanation_differences(
                world, [(rng.choice(world.products), draw_stay(rng, world.book)) for _ in range(6)]
            ):
                return
        except (LookupError, ValueError):
            return  # the oracle no longer understands what it reads: noticed as well
    pytest.fail(f"{WORLDS_MAX} worlds do not tell {reading!r} from the truth")
