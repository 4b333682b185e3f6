"""Search in Polars, a column a night, a lazy query over the columns that the stay needs: once straight, once with our
running sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from benchmarks.data import STAY_DEN, Chain, Stay
from benchmarks.measure import Contestant

_TOP = 20


class PolarsSearch(Contestant):
    """Straight: the prices of the stay's nights are added. Apart from that the fastest of fourteen forms that were
    tried: factors gathered by rule set, the hotel's minimum over a fixed-size array instead of a group-by, only the
    needed columns in the frame, `bottom_k` instead of a sort.
    """

    name = "polars"

    def __init__(self, chain: Chain, _questions: Any) -> None:
        self._chain = chain
        self._prices = self._price_columns(chain)
        self._sellable = [pl.Series(f"f{night}", row) for night, row in enumerate(chain.sellable)]
        self._rule_set = pl.Series("rule_set", chain.rule_set.astype(np.uint32))

    def _price_columns(self, chain: Chain) -> list[pl.Series]:
        return [pl.Series(f"p{night}", row) for night, row in enumerate(chain.night_minor)]

    def _needed(self, first: int, last: int) -> list[pl.Series]:
        return self._prices[first:last]

    def _total(self, needed: list[pl.Series]) -> pl.Expr:
        """Nights of one stay stay far below 2^31, so 32-bit integers hold their sum."""
        total = pl.col(needed[0].name)
        for series in needed[1:]:  # faster than sum_horizontal
            total = total + pl.col(series.name)
        return total

    def ask(self, question: tuple[Stay, int | None]) -> list[tuple[int, int]]:
        stay, city = question
        first, last = stay.arrival, stay.arrival + stay.nights
        needed = self._needed(first, last)
        frame = pl.DataFrame([self._rule_set, *needed, *self._sellable[first:last]])
        first_hotel = 0
        if city is not None:
            rows = self._chain.city_rows(city)
            frame = frame.slice(rows.start, rows.stop - rows.start)
            first_hotel = rows.start // self._chain.size.room_types
        factors = pl.lit(pl.Series(self._chain.stay_numerators(stay).astype(np.float64)))
        price = pl.when(pl.all_horizontal([series.name for series in self._sellable[first:last]])).then(
            self._total(needed).cast(pl.Float64) * factors.gather("rule_set")
        )
        hotels = len(frame) // self._chain.size.room_types
        answer = (
            frame.lazy()
            .select(price=price.reshape((hotels, self._chain.size.room_types)).arr.min())
            .with_row_index("hotel", first_hotel)
            .filter(pl.col("price").is_not_null())
            .with_columns((pl.col("price") / STAY_DEN + 0.5).floor().cast(pl.Int64))
            .bottom_k(_TOP, by=["price", "hotel"])
            .sort("price", "hotel")
            .collect()
        )
        return list(zip(answer["hotel"].to_list(), answer["price"].to_list(), strict=True))


class OwnLayoutSearch(PolarsSearch):
    """The same with nightgrid's running sums: two columns of prices whatever the length of the stay."""

    name = "polars_our_layout"

    def _price_columns(self, chain: Chain) -> list[pl.Series]:
        return [pl.Series(f"s{night}", row) for night, row in enumerate(chain.sums_minor)]

    def _needed(self, first: int, last: int) -> list[pl.Series]:
        return [self._prices[first], self._prices[last]]

    def _total(self, needed: list[pl.Series]) -> pl.Expr:
        return pl.col(needed[1].name) - pl.col(needed[0].name)
