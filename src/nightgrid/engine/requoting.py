"""Quotes that cannot drift: asked again from the version that made them, and holds at their price."""

from __future__ import annotations

from typing import Any, NamedTuple

from nightgrid.engine.answers import Quote
from nightgrid.engine.quote_papers import AnyQuote, asking_of, content_of, difference, digest_of, papers, word_of
from nightgrid.engine.quotes import QuoteMixin
from nightgrid.errors import IntegrityError
from nightgrid.money import convert_minor
from nightgrid.nights import to_date, to_ordinal
from nightgrid.search.price_version import exchange_rate


class Bond(NamedTuple):
    """What a hold that is bound to a quote needs of it."""

    content: dict[str, Any]  # what the quote says
    product: int
    arrival: int  # ordinal
    guests: int | None
    quote: int  # digest, as a word
    version: int  # serial number of the price version; 0 = not kept any more
    valid_until_ms: int


class RequoteMixin(QuoteMixin):
    """The same question to the version that answered it first."""

    def requote(self, quote: AnyQuote) -> Quote:
        """The same quote again, from the price version that made it: equal in every field, whatever was published,
        booked or rolled since. `quote` is a quote, its `to_dict()`, or that as JSON.

        VersionGoneError once the version is not kept any more; InputError for data that is no quote of this store.
        """
        content = content_of(quote, self._digests.quote_secret)
        entry = self._kept(content["price_version"])
        version = self._prices_of(entry)
        arrival = to_ordinal(content["arrival"])
        again = self._quote_from(
            version,
            content["product_index"],
            arrival,
            content["nights"],
            content["rooms"],
            version.tier_index(content["tier"]),
            arrival - content["lead_days"],
            content["evaluated_ms"],
            asking_of(content),
        ).called(content["hotel_id"], content["room_type_id"], content["plan_id"])
        wrong = difference(content, papers(again))
        if wrong is not None:
            raise IntegrityError(f"a quote asked again: {wrong}; this is a defect, please report it")
        return again

    def in_currency(self, quote: Quote, currency: str) -> int:
        """What a quote costs in another currency, for display: minor units of it, rounded half up, by the rates of the
        quote's own version on its booking date. What is paid is `total_minor` in the hotel's currency.

        VersionGoneError once the version is not kept; InputError where its book has no rate.
        """
        compiled = self._kept(quote.price_version).compiled
        booked = to_date(to_ordinal(quote.arrival) - quote.lead_days)
        rate = exchange_rate(compiled, quote.currency, currency, booked)
        return convert_minor(quote.total_minor, rate, quote.currency, currency)

    def _bond(self, quote: AnyQuote) -> Bond:
        """What a hold needs of a quote. VersionGoneError for one that is valid and of no version of this store."""
        content = content_of(quote, self._digests.quote_secret)
        valid_until_ms = content["evaluated_ms"] + self._quote_valid_ms
        entry = self._shelf.find(content["price_version"])
        if entry is None and self._now_ms() < valid_until_ms:
            self._kept(content["price_version"])
        return Bond(
            content=content,
            product=content["product_index"],
            arrival=to_ordinal(content["arrival"]),
            guests=asking_of(content).guests,
            quote=word_of(digest_of(content, self._digests.quote_secret)),
            version=0 if entry is None else entry.serial,
            valid_until_ms=valid_until_ms,
        )
