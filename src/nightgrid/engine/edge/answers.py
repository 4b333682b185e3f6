"""What the engine answers: small immutable records. Money is in minor units, instants in milliseconds UTC, nights
are dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.engine.edge.plain_papers import digest_of, papers
from nightgrid.money import format_minor
from nightgrid.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl

    from nightgrid.pricing.compile import CompiledBook
    from nightgrid.search.price_version import PriceVersion


@dataclass(slots=True)
class Hold:
    """Rooms taken, with a deadline unless they were booked at once. `id` and `lsn` are its ticket; EXISTS means that
    this key already took them.
    """

    id: int
    lsn: int
    outcome: Outcome
    deadline_ms: int | None
    hotel_id: str
    room_type_id: str
    arrival: date
    nights: int
    rooms: int


@dataclass(slots=True)
class Cart:
    """Several stays held together. `cart_id` is the id of the first; EXISTS means that this key already held them."""

    cart_id: int
    holds: tuple[Hold, ...]
    outcome: Outcome


@dataclass(slots=True)
class Ticket:
    """Answer to a change of a hold: its id, the log sequence number of the change, OK or EXISTS."""

    id: int
    lsn: int
    outcome: Outcome


@dataclass(slots=True)
class HoldView:
    """What the store knows of a hold. state: held, booked, checked_in, checked_out, no_show, released, expired or
    cancelled; `nights_kept` of its nights, from the first on, still take rooms; `linked_to` is the hold in whose place
    it was made, `booked_again` the booking made in its place; `value_minor` is what the stay was said to be worth,
    `quote` and `price_version` are digests of what that price is bound to.
    """

    id: int
    state: str
    hotel_id: str
    room_type_id: str
    plan: str | None
    arrival: date
    nights: int
    nights_kept: int
    rooms: int
    deadline_ms: int
    taken_ms: int
    resolved_ms: int | None
    lsn: int
    tier: str | None
    channel: str | None
    block: str | None
    coupon: str | None
    coupon_units: int
    points: str | None  # the limited counter that its points are taken of
    points_units: int
    cart_id: int | None
    linked_to: int | None
    booked_again: int | None
    value_minor: int | None
    quote: str | None
    price_version: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Publication:
    """What publishing did: the version's digest and name, from when on it is current, and whether anything changed.

    `changed` is False where exactly this version was current already; then the other fields are those of it.
    """

    digest: str
    name: str
    changed: bool
    published_ms: int
    active_from_ms: int
    prices: PriceVersion = field(repr=False)

    @property
    def compiled(self) -> CompiledBook:
        """The compiled rule book."""
        return self.prices.compiled

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about names in the book that nothing matches; the book is usable."""
        return self.prices.compiled.warnings


class Offer(NamedTuple):
    """One hotel of a search answer with its cheapest sellable product. Totals are for all rooms and nights."""

    rank: int
    hotel_id: str
    hotel_name: str
    city: str
    room_type_id: str
    plan_id: str
    arrival: date
    nights: int
    total_minor: int
    currency: str
    display_minor: int
    display_currency: str
    price_version: str

    def __str__(self) -> str:
        shown = format_minor(self.display_minor, self.display_currency)
        return f"{self.rank:>3}  {shown:>16}  {self.hotel_name or self.hotel_id}, {self.city}: {self.room_type_id}"


@dataclass(eq=False)
class SearchResult:
    """A ranked answer: how many hotels were considered and are available, and how long the search took in microseconds.

    `hotel_index` and `total_minor` (integers, in order) are the ranking itself, totals for all rooms; `offers` are made
    from it when they are first read (`elapsed_us` does not contain that: about a microsecond each).
    """

    hotels_considered: int
    hotels_available: int
    elapsed_us: float
    price_version: str
    hotel_index: NDArray[np.signedinteger] = field(repr=False)
    total_minor: NDArray[np.int64] = field(repr=False)
    _make_offers: Callable[[], list[Offer]] = field(repr=False)

    @cached_property
    def offers(self) -> list[Offer]:
        """The offers in order."""
        return self._make_offers()

    def to_frame(self) -> pl.DataFrame:
        """The offers as a Polars frame, a column per field of `Offer`."""
        import polars as pl

        names = list(Offer._fields)
        return pl.DataFrame({name: [getattr(offer, name) for offer in self.offers] for name in names}, strict=False)


@dataclass(frozen=True, eq=True)
class Quote:
    """A price with everything that it depends on, so that quoting it again from the same version is bit-identical.

    total = net + taxes, for all rooms; `included_taxes_minor` are inside net; payable is what is left of it after
    `points_used`; `applied` are the positions of the promotions in the book; `product_index` is the product that was
    asked for.
    """

    hotel_id: str
    room_type_id: str
    plan_id: str
    arrival: date
    nights: int
    rooms: int
    tier: str
    lead_days: int
    evaluated_ms: int
    total_minor: int
    currency: str
    price_version: str
    product_index: int
    net_minor: int
    taxes_minor: int
    included_taxes_minor: int
    payable_minor: int
    points_used: int
    applied: tuple[int, ...]
    asking: Asking
    _nights: Callable[[], tuple[int, ...]] = field(repr=False, compare=False)
    _secret: bytes = field(default=b"", repr=False, compare=False)
    _valid_ms: int = field(default=0, repr=False, compare=False)

    @classmethod
    def made(cls, fields: dict[str, Any]) -> Quote:
        """A quote from all of its fields, which it keeps, without a call for each of them: a guest waits for it."""
        found = object.__new__(cls)
        _keep(found, fields)
        return found

    @property
    def valid_until_ms(self) -> int:
        """The instant (milliseconds UTC) from which the quote cannot be held any more (`quote_valid_seconds`)."""
        return self.evaluated_ms + self._valid_ms

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that name everything the quote says, under the secret of its store: nobody else can
        make the digest of another price.
        """
        return digest_of(papers(self), self._secret)

    def to_dict(self) -> dict[str, Any]:
        """Everything the quote says as plain data, for JSON; `Engine.requote` and `hold(quote=)` take it back."""
        content = papers(self)
        return content | {"valid_until_ms": self.valid_until_ms, "digest": digest_of(content, self._secret)}

    def called(self, hotel_id: str, room_type_id: str, plan_id: str) -> Quote:
        """The same quote under the names that its product had when it was asked for."""
        names = (hotel_id, room_type_id, plan_id)
        if names == (self.hotel_id, self.room_type_id, self.plan_id):
            return self
        return replace(self, hotel_id=hotel_id, room_type_id=room_type_id, plan_id=plan_id)

    @cached_property
    def nights_minor(self) -> tuple[int, ...]:
        """What each night costs for all rooms; adds up to `total_minor` exactly.

        Shares by largest remainder, ties to the earlier night, free nights 0; under policy night each night has its own
        price.
        """
        return self._nights()

    def __str__(self) -> str:
        return f"{format_minor(self.total_minor, self.currency)} for {self.nights} nights at {self.hotel_id}"


#: Gives a quote its fields.
_keep: Any = Quote.__dict__["__dict__"].__set__


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that `check()` found wrong, with the place in words. night is None where a whole row is meant."""

    kind: str
    hotel_id: str
    room_type_id: str
    night: date | None
    text: str

    def __str__(self) -> str:
        where = f"{self.hotel_id}/{self.room_type_id}" + (f" on {self.night.isoformat()}" if self.night else "")
        return f"{self.kind}: {where}: {self.text}"


@dataclass(frozen=True, slots=True)
class RepriceReport:
    """What a repricing job wrote: files in the order of their arrival months, prices, bytes, seconds, skipped
    months.
    """

    folder: Path
    files: list[Path]
    prices: int
    bytes: int
    seconds: float
    skipped_files: int
    price_version: str
