"""One price in plain Python: what application code computes per request, once in decimals and once in whole cents."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from benchmarks.data import (
    FIRST_NIGHT,
    LEAD_DEN,
    LEAD_FROM_DAYS,
    LENGTH_DEN,
    LENGTH_FROM_NIGHTS,
    STAY_DEN,
    TIER_DEN,
    TIERS,
    Chain,
    Stay,
)
from benchmarks.measure import Contestant

_FIRST = FIRST_NIGHT.toordinal()
_CENT = Decimal("0.01")
Question = tuple[int, str, str, Stay]  # room type row and its names


class DecimalQuote(Contestant):
    """Nightly prices and factors as `Decimal`, found by name in dicts; one `quantize`."""

    name = "decimal"

    def __init__(self, chain: Chain, questions: Sequence[Question]) -> None:
        types = chain.size.room_types
        rows = sorted({row for row, *_ in questions})
        self._nights = {
            (chain.hotel_id(row // types), f"T{row % types}"): [
                Decimal(int(price)) / 100 for price in chain.night_minor[:, row]
            ]
            for row in rows
        }
        hotels = {row // types for row in rows}
        self._length = {
            chain.hotel_id(hotel): [Decimal(int(num)) / LENGTH_DEN for num in chain.length_num[chain.brand[hotel]]]
            for hotel in hotels
        }
        self._lead = {
            chain.hotel_id(hotel): [Decimal(int(num)) / LEAD_DEN for num in chain.lead_num[chain.region[hotel]]]
            for hotel in hotels
        }
        self._tier = {
            f"T{kind}": {tier: Decimal(int(num)) / TIER_DEN for tier, num in zip(TIERS, line, strict=True)}
            for kind, line in enumerate(chain.tier_num)
        }

    def ask(self, question: Question) -> Decimal:
        _, hotel_id, room_type_id, stay = question
        first = stay.date.toordinal() - _FIRST
        total = sum(self._nights[hotel_id, room_type_id][first : first + stay.nights])
        total *= self._length[hotel_id][bisect_right(LENGTH_FROM_NIGHTS, stay.nights) - 1]
        total *= self._lead[hotel_id][bisect_right(LEAD_FROM_DAYS, first) - 1]
        total *= self._tier[room_type_id][TIERS[stay.tier]]
        return total.quantize(_CENT, ROUND_HALF_UP)

    def numbers(self, answer: Decimal) -> list[int]:
        return [int(answer * 100)]


class IntegerQuote(Contestant):
    """The same in whole cents, with one division."""

    name = "integers"

    def __init__(self, chain: Chain, questions: Sequence[Question]) -> None:
        types = chain.size.room_types
        rows = sorted({row for row, *_ in questions})
        self._nights = {
            (chain.hotel_id(row // types), f"T{row % types}"): chain.night_minor[:, row].tolist() for row in rows
        }
        hotels = {row // types for row in rows}
        self._length = {chain.hotel_id(hotel): chain.length_num[chain.brand[hotel]].tolist() for hotel in hotels}
        self._lead = {chain.hotel_id(hotel): chain.lead_num[chain.region[hotel]].tolist() for hotel in hotels}
        self._tier = {
            f"T{kind}": dict(zip(TIERS, line.tolist(), strict=True)) for kind, line in enumerate(chain.tier_num)
        }

    def ask(self, question: Question) -> int:
        _, hotel_id, room_type_id, stay = question
        first = stay.date.toordinal() - _FIRST
        total = sum(self._nights[hotel_id, room_type_id][first : first + stay.nights])
        total *= self._length[hotel_id][bisect_right(LENGTH_FROM_NIGHTS, stay.nights) - 1]
        total *= self._lead[hotel_id][bisect_right(LEAD_FROM_DAYS, first) - 1]
        total *= self._tier[room_type_id][TIERS[stay.tier]]
        return (2 * total + STAY_DEN) // (2 * STAY_DEN)

    def numbers(self, answer: int) -> list[int]:
        return [answer]
