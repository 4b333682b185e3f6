"""Masks beside the prices of a cube, by a book that is more than factors: which rules made each price."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import FIRST_NIGHT, TIERS, Chain
from benchmarks.general_reprice import general_engine
from benchmarks.measure import Contestant, WrongAnswerError
from benchmarks.reprice_job import Job

#: Kinds of rules in the order of the bits of a set.
_KINDS = ("season", "bounds", "length_of_stay", "lead_time", "member_tier", "promotion", "tax")


class MaskReprice(Contestant):
    """`Engine.reprice` with masks: record batches of prices, rule sets, masks of two words, and refusals."""

    def __init__(self, chain: Chain, job: Job) -> None:
        self._engine = general_engine(chain)
        cities = job.products // (chain.size.city_hotels * chain.size.room_types)
        last = FIRST_NIGHT + timedelta(days=job.nights - 1)
        self._where: dict[str, Any] = {
            "city": [f"city {city}" for city in range(cities)],
            "arrivals": (FIRST_NIGHT, last),
        }
        kinds = self._engine.rule_legend().filter(rule_set=0).sort("bit")["kind"].to_list()
        if kinds != sorted(kinds, key=_KINDS.index):
            raise WrongAnswerError("reprice.masks: bits are not in the order in which the rival counts rules")

    def ask(self, _question: Job) -> list[Any]:
        return list(self._engine.reprice(stays=[1], masks=True, **self._where))

    def numbers(self, answer: list[Any]) -> NDArray[np.int64]:
        products = 1 + max(int(np.max(batch.column("product_index").to_numpy())) for batch in answer)
        first = FIRST_NIGHT.toordinal() - 719_163  # days since 1970
        nights = 1 + max(int(np.max(batch.column("arrival").cast("int32").to_numpy())) for batch in answer) - first
        out = np.empty((nights, len(TIERS), products, 3), np.int64)
        for batch in answer:
            night = batch.column("arrival").cast("int32").to_numpy() - first
            place = night, batch.column("tier").indices.to_numpy(), batch.column("product_index").to_numpy()
            out[(*place, 0)] = batch.column("price_minor").to_numpy()
            out[(*place, 1)] = batch.column("applied_rules").to_numpy().view(np.int64)
            second = "applied_rules_2"
            out[(*place, 2)] = batch.column(second).to_numpy().view(np.int64) if second in batch.schema.names else 0
        return out
