"""Search in DuckDB, persistent tables in memory, one connection, a column a night: straight, and with running sums."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.data import STAY_DEN, STAY_NIGHTS, Chain, Stay
from benchmarks.measure import Contestant

_TOP = 20
_TABLE_NIGHTS = 15  # of arrivals in one table; binding a query costs less in a narrow table


class DuckdbSearch(Contestant):
    """Straight: the prices of the stay's nights are added. Apart from that the fastest of a dozen forms that were
    tried: several overlapping narrow tables, so that each stay lies in one and little is bound; factors as a list
    parameter, not a join; the rounding once per hotel; a perfect hash for the group-by; one thread, because 50,000
    rows are less than one row group. `PREPARE` by arrival and length was slower.
    """

    name = "duckdb"

    def __init__(self, chain: Chain, _questions: Any) -> None:
        self._chain = chain
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET threads = 1; SET perfect_ht_threshold = 16")
        hotel = np.repeat(np.arange(chain.size.hotels, dtype=np.int32), chain.size.room_types)
        for start in range(0, chain.size.nights, _TABLE_NIGHTS):
            end = min(chain.size.nights, start + _TABLE_NIGHTS + max(STAY_NIGHTS))
            columns = {"hotel": hotel, "rule_set": chain.rule_set}
            columns |= self._price_columns(chain, start, end)
            columns |= {f"f{night}": chain.sellable[night] for night in range(start, end)}
            self._connection.register("source", pa.table(columns))
            self._connection.execute(f"CREATE TABLE arrivals_{start // _TABLE_NIGHTS} AS SELECT * FROM source")
            self._connection.unregister("source")

    def _price_columns(self, chain: Chain, start: int, end: int) -> dict[str, Any]:
        return {f"p{night}": chain.night_minor[night] for night in range(start, end)}

    def _total(self, first: int, last: int) -> str:
        return " + ".join(f"p{night}" for night in range(first, last))

    def ask(self, question: tuple[Stay, int | None]) -> list[tuple[int, int]]:
        stay, city = question
        first, last = stay.arrival, stay.arrival + stay.nights
        conditions = [f"f{night}" for night in range(first, last)]
        if city is not None:
            hotels = self._chain.size.city_hotels
            conditions.insert(0, f"hotel >= {city * hotels} AND hotel < {(city + 1) * hotels}")
        exact = f"min(CAST({self._total(first, last)} AS DOUBLE) * $1[rule_set + 1])"
        query = f"""
            SELECT hotel, floor({exact} / {STAY_DEN}.0::DOUBLE + 0.5)::BIGINT AS price
            FROM arrivals_{first // _TABLE_NIGHTS} WHERE {" AND ".join(conditions)}
            GROUP BY hotel ORDER BY price, hotel LIMIT {_TOP}"""
        factors = self._chain.stay_numerators(stay).astype(np.float64).tolist()
        return self._connection.execute(query, [factors]).fetchall()


class OwnLayoutSearch(DuckdbSearch):
    """The same with nightgrid's running sums: two columns of prices whatever the length of the stay."""

    name = "duckdb_our_layout"

    def _price_columns(self, chain: Chain, start: int, end: int) -> dict[str, Any]:
        return {f"s{night}": chain.sums_minor[night] for night in range(start, end + 1)}

    def _total(self, first: int, last: int) -> str:
        return f"s{last} - s{first}"
