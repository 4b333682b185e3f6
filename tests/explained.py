"""The explanation of a price from plain data: the second reading of the rule book, which needs no compiled table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from nightgrid.asking import Asking
from nightgrid.catalog import Catalog
from nightgrid.engine.edge.data_frames import KINDS, base_lines, override_lines
from nightgrid.nights import to_ordinal
from nightgrid.pricing.explain import Asked, Explanation, Source, explain_from
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.price_data import NO_DATA, PriceData
from tests.engines import columns

Lines = Sequence[Mapping[str, Any]]


def price_data_of(catalog: Catalog, first_night: date, base_prices: Lines, price_overrides: Lines) -> PriceData:
    """The data beside a book, as the engine would hold it after one frame of each kind."""
    data, first = NO_DATA, to_ordinal(first_night)
    if base_prices:
        found = base_lines(catalog, first, columns(base_prices), "delta")
        data = data.with_layer("base", data.base.painted(found["base"]))
    if price_overrides:
        found = override_lines(catalog, first, columns(price_overrides), "delta")
        for kind in KINDS:
            data = data.with_layer(kind, data.layer(kind).painted(found[kind]))
    return data


def source_of(book: RuleBook, catalog: Catalog, first_night: date, n_nights: int, data: PriceData = NO_DATA) -> Source:
    """What prices of a window are explained from."""
    return Source(book, catalog, to_ordinal(first_night), n_nights, data)


def explained(
    source: Source,
    product: Mapping[str, Any],
    arrival: date,
    nights: int,
    lead_days: int,
    tier: str | None,
    **asking: Any,
) -> Explanation:
    """The explanation of one stay; `asking` as `nightgrid.asking.Asking` takes it. Refused as a quote would be."""
    keys = ("hotel_id", "room_type_id", "plan_id")
    index = source.catalog.product_index(*(product[key] for key in keys))
    tier = source.book.book.tiers[0] if tier is None else tier
    return explain_from(source, Asked(index, to_ordinal(arrival), nights, lead_days, tier, Asking(**asking)))
