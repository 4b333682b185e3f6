"""The feed of changed nights. The judge asks a quote of every single night before and after, and compares."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from nightgrid import InputError
from nightgrid.engine import Engine
from nightgrid.search import live
from tests.engines import engine_of
from tests.live_worlds import DEMAND, FIRST, NIGHT_RULES, Life, draw_chain, live_engine

LEADS = (0, 3, 9)
WINDOW = 24


def draw_book(rng: Random) -> dict:
    """A book whose stays cost what their nights cost."""
    book = {"book": {"name": "nights", "display_currency": "EUR"}}
    rules = {
        kind: [rule | {"percent": rng.choice((5, 12, "12.5"))} if "percent" in rule else rule for rule in table]
        for kind, table in NIGHT_RULES.items()
    }
    book |= {kind: table for kind, table in rules.items() if rng.randrange(3)}
    if rng.randrange(3):
        book["demand"] = [rule for rule in DEMAND if rng.randrange(2)] or DEMAND[1:]
    if rng.randrange(3):
        days = sorted(FIRST + timedelta(days=rng.randrange(WINDOW)) for _ in range(2))
        where = rng.choice(({}, {"where": {"region": ["west"]}}, {"where": {"plan": ["standard"]}}))
        dates = [{"from": days[0], "to": days[1]}]
        book.setdefault("season", []).append({"name": "fair", "group": "fair", "percent": 30, "dates": dates} | where)
    return book


def told(engine: Engine) -> dict:
    """{(hotel, room type, plan, night, lead days): price} of every night."""
    catalog = engine.catalog
    found = {}
    for product in range(catalog.n_products):
        names = (*engine._row_names(int(catalog.product_row[product])), catalog.plan_ids[product])
        for day in range(1, WINDOW):
            night = FIRST + timedelta(days=day)
            for lead in LEADS:
                asked = {"plan_id": names[2], "booking_date": night - timedelta(days=lead)}
                found[*names, night, lead] = engine.quote(*names[:2], night, 1, **asked).total_minor
    return found


def spread(frame) -> dict:
    """{(hotel, room type, plan, night, lead days): (old, new)} for the lead days of the judge."""
    found = {}
    for row in frame.sort("lead_days").to_dicts():
        place = (row["hotel_id"], row["room_type_id"], row["plan_id"], row["night"])
        found[*place, row["lead_days"]] = (row["old_minor"], row["new_minor"])
    return found


def differences(before: dict, after: dict, leads) -> dict:
    return {key: (before[key], after[key]) for key in before if before[key] != after[key] and key[-1] in leads}


def small_engine(rng: Random) -> Engine:
    chain = draw_chain(rng)
    hotels = {hotel["hotel_id"] for hotel in chain["hotels"][:4]}
    kept = {name: [row for row in rows if row["hotel_id"] in hotels] for name, rows in chain.items()}
    kept["hotels"] = [row | {"city": "here" if row["hotel_id"] == "H0" else "there"} for row in kept["hotels"]]
    noon = live_engine(Random("clock")).clock.now_ms()
    return engine_of(kept, FIRST, WINDOW, noon, ring_records=1_024)


@pytest.mark.parametrize("seed", range(8))
def test_what_a_changed_rule_reached_is_what_quotes_say(seed):
    rng = Random(f"rules {seed}")
    engine = small_engine(rng)
    life = Life(engine, rng)
    for _ in range(60):
        life.step()
    digest = engine.publish(draw_book(rng)).digest
    before = told(engine)
    if rng.randrange(2):
        engine.publish(draw_book(rng))
    else:
        hotel, room_type = engine._row_names(0)
        nights = {"first_night": [FIRST], "last_night": [FIRST + timedelta(days=9)]}
        lines = {"hotel_id": [hotel], "room_type_id": [room_type], **nights}
        engine.set_price_overrides({**lines, "kind": ["percent"], "percent": [10]})
        engine.set_base_prices({**lines, "base_minor": [4_321]})

    frame = engine.changed_nights(digest)

    old, new = engine._today_of(digest).compiled.program, engine._version.compiled.program
    leads = {0, *(old.leads if old else ()), *(new.leads if new else ())}
    first = FIRST + timedelta(days=1)  # today's own night cannot be booked ahead
    got = {key: value for key, value in spread(frame).items() if key[3] >= first}
    assert got == differences(before, told(engine), leads)
    assert set(frame["cause"]) <= {"rules"}
    assert frame["lsn"].null_count() == len(frame)
    last = first + timedelta(days=3)
    part = engine.changed_nights(digest, nights=(first, last), city="here")
    assert part.equals(frame.filter(frame["night"].is_between(first, last) & (frame["hotel_id"] == "H0")))


@pytest.mark.parametrize("seed", range(6))
def test_what_sales_moved_is_what_quotes_say(seed):
    rng = Random(f"sales {seed}")
    engine = small_engine(rng)
    engine.publish({"book": {"name": "d", "display_currency": "EUR"}, "demand": DEMAND, **NIGHT_RULES})
    life = Life(engine, rng)
    changed = 0
    for _ in range(4):
        lsn, before = engine.lsn, told(engine)
        for _ in range(rng.choice((1, 5, 25))):
            life.step()
            if not rng.randrange(3):
                engine.search(FIRST + timedelta(days=2), 1)  # the prices are brought up to date now and then
        engine.expire()
        frame = engine.changed_nights(lsn)
        first = FIRST + timedelta(days=1)
        got = {key: value for key, value in spread(frame).items() if key[3] >= first}
        assert got == differences(before, told(engine), {0, 3, 9})
        assert set(frame["cause"]) <= {"house fill"}
        assert frame.filter((frame["lsn"] <= lsn) | (frame["lsn"] > engine.lsn)).is_empty()
        changed += len(frame)
    assert changed > 0


def test_who_asks_too_late_is_told_so(monkeypatch):
    rng = Random("late")
    engine = small_engine(rng)
    engine.publish({"book": {"name": "d", "display_currency": "EUR"}, "demand": DEMAND[:1]})
    hold = engine.hold(*engine._row_names(0), FIRST, 1)
    lsn = engine.lsn
    engine.publish({"book": {"name": "e", "display_currency": "EUR"}, "demand": DEMAND[:2]})

    assert engine.changed_nights(lsn).is_empty()
    with pytest.raises(InputError, match=f"known after {lsn} only"):
        engine.changed_nights(lsn - 1)
    engine.release(hold.id)
    monkeypatch.setattr(live, "VARIANTS_MAX", 1)
    monkeypatch.setattr(live, "CELLS_MAX", 0)
    engine.publish({"book": {"name": "f"}, "demand": DEMAND[:1]})
    with pytest.raises(InputError, match="too many bands of lead days"):
        engine.changed_nights(engine.lsn)
    engine.publish({"book": {"name": "g"}})
    assert engine.changed_nights(engine.lsn).is_empty()
