"""A published price version: a compiled rule book folded into night-major running sums, in the order of the lanes.

Versions are immutable: publishing makes a new one beside the old, and a reader keeps the one it started with, so no
answer mixes two. The nightly prefix of the pipeline (base, season, bounds, rounding) is folded once; a stay then
costs two loads. Only what depends on house fill goes on changing, cell by cell (`search.live`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError, UnknownIdError
from nightgrid.money import exponent
from nightgrid.native.prices.tables import LaneMap, PriceTables
from nightgrid.pricing.compile import CompiledBook
from nightgrid.search.live import LivePrices
from nightgrid.search.matrices import Matrices

EXACT: Final = 2**53  # integers below are exact in a float64
DENOMINATOR_MAX: Final = 2**51


@dataclass(frozen=True, eq=False, slots=True)
class PriceVersion:
    """One immutable version of every price. `digest` names it in quotes and offers (`version_digest`)."""

    digest: str
    compiled: CompiledBook
    tables: PriceTables  # their sums are in segments where the prices follow house fill (`live`)
    mask: int  # 2^32 - 1 if the running sums are uint32 (they may wrap), -1 if int64
    desk: NDArray[np.int64]  # addresses of the tables, for kernels (`native.prices.tables.desk_of`)
    largest_night: int  # of all products and nights, minor units x night scale
    catalog: Catalog  # that it was made for; a larger one has products without a price
    lanes: LaneMap  # of that catalogue: the desk has their addresses
    fill_bp: NDArray[np.int16]  # (hotel, night) house fill that the matrices have, basis points
    by_factors: bool = True  # a stay is a difference of running sums and factors, whatever makes its nights
    matrices: Matrices | None = None  # of a book with a full pipeline; the sums of the tables are its first plane. None
    # where its nights have several prices, by house fill or lead days: then `live` has them, if any
    live: LivePrices | None = None

    @property
    def first_night(self) -> int:
        """Ordinal of the first night that has prices."""
        return self.compiled.first_night

    @property
    def n_nights(self) -> int:
        """Nights that have prices."""
        return self.compiled.n_nights

    @property
    def tiers(self) -> tuple[str, ...]:
        """Tier names; the first is the public one."""
        return self.compiled.tiers

    def row_of(self, arrival: int) -> int:
        """The row of the running sums with which a stay begins that arrives on a night (ordinal)."""
        return arrival - self.first_night

    def tier_index(self, tier: str) -> int:
        """Index of a tier; UnknownIdError names the tiers of the book."""
        try:
            return self.compiled.tiers.index(tier)
        except ValueError:
            known = ", ".join(self.compiled.tiers)
            text = f"tier is {tier!r}; the rule book {self.compiled.book.book.name!r} has {known}"
            raise UnknownIdError(text) from None

    @property
    def largest_night_minor(self) -> float:
        """The largest night value in minor units."""
        return self.largest_night / self.compiled.night_scale

    def is_factored(self, asking: Asking) -> bool:
        """Whether the answers to a question are sums of nights times factors, at the house fill that matrices have."""
        own_fill = asking.fill_bp is not None and self.live is not None
        return self.by_factors and not asking.packages and not own_fill

    @property
    def bytes(self) -> int:
        """Bytes of the price matrices."""
        if self.live is not None:
            return sum(each.matrices.sums.nbytes + each.tables.word_sums.nbytes for each in self.live.variants)
        sums = self.tables.sums if self.matrices is None else self.matrices.sums
        return int(sums.nbytes + self.tables.word_sums.nbytes)


def check_packages(version: PriceVersion, asking: Asking) -> None:
    """InputError for packages of a product of factors, which offers none: to ask for one must not change nothing."""
    if asking.packages and version.compiled.program is None:
        raise InputError(f"packages has {asking.packages[0]!r}, and the rule book offers none")


def rates_of(compiled: CompiledBook, booking_date: date) -> Mapping[str, Fraction]:
    """The value of one major unit by currency for bookings made on a day."""
    return compiled.book.rates_on(booking_date) if compiled.book.has_dated_rates else compiled.rates


def exchange_rate(compiled: CompiledBook, currency: str, display_currency: str, booking_date: date) -> Fraction:
    """Major units of the display currency for one of another, exact; InputError where the book has no rate that day."""
    if currency == display_currency:
        return Fraction(1)
    rates = rates_of(compiled, booking_date)
    missing = [code for code in (currency, display_currency) if code not in rates]
    if missing:
        day = f" on {booking_date}" if compiled.book.has_dated_rates else ""
        raise InputError(
            f"the rule book {compiled.book.book.name!r} has no rate for {', '.join(missing)}{day}; "
            f"add it under [currencies], so that hotels can be compared in {display_currency}"
        )
    return rates[currency] / rates[display_currency]


def display_rates(
    version: PriceVersion, catalog: Catalog, display_currency: str, needed: Collection[int], booking_date: date
) -> NDArray[np.int64]:
    """Display minor units per minor unit of each catalogue currency, as exact ratios: int64 (currency, 2).

    needed: positions of the currencies that the hotels considered have; the others stay 1/1 and are not looked up.
    InputError if the book has no rate for a currency that is needed, on that day.
    """
    result = np.ones((len(catalog.currencies), 2), np.int64)
    for index in needed:
        currency = catalog.currencies[index]
        if currency == display_currency:
            continue
        scale = Fraction(10) ** (exponent(display_currency) - exponent(currency))
        ratio = exchange_rate(version.compiled, currency, display_currency, booking_date) * scale
        if ratio.numerator >= EXACT or ratio.denominator > DENOMINATOR_MAX:
            raise InputError(f"the rate from {currency} to {display_currency} has too many digits ({ratio}); round it")
        result[index] = (ratio.numerator, ratio.denominator)
    return result
