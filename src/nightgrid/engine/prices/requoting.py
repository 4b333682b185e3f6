"""Quotes that cannot drift: asked again from the version that made them, and holds at their price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.engine.edge.answers import Quote
from nightgrid.engine.edge.plain_papers import digest_of, papers
from nightgrid.engine.edge.quote_papers import AnyQuote, asking_of, content_of, difference, word_of
from nightgrid.engine.prices.quotes import QuoteMixin
from nightgrid.errors import InputError, IntegrityError, NightgridError
from nightgrid.money import convert_minor
from nightgrid.native.store import requests as q
from nightgrid.nights import to_date, to_ordinal
from nightgrid.pricing.explain import points_rule
from nightgrid.search.price_version import exchange_rate

#: What a line says that is bound to a quote, if anything: the quote says the rest.
_FREE: Final = ("guests", "tier", "channel", "block", "reference", "coupon", "coupon_units", "points", "points_units")
_SAID_BY_QUOTE: Final = (
    "hotel_id",
    "room_type_id",
    "plan",
    "arrival",
    "nights",
    "rooms",
    "value_minor",
    "nights_minor",
)


class Bond(NamedTuple):
    """What a hold that is bound to a quote needs of it."""

    content: dict[str, Any]  # what the quote says
    product: int
    arrival: int  # ordinal
    guests: int | None
    quote: int  # digest, as a word
    version: int  # serial number of the price version; 0 = not kept any more
    valid_until_ms: int

    @property
    def stay(self) -> dict[str, Any]:
        """Arrival, nights and rooms as a request says them."""
        return {
            "arrival": to_date(self.arrival), "nights": self.content["nights"], "rooms": self.content["rooms"]
        }  # fmt: skip


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

    def _bound_words(self, bond: Bond, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a request that is bound to a quote says: the stay of the quote, and guests, tier, channel, coupon and
        points as the quote has them, unless they are given.

        A coupon of the quote takes one unit of the counter that is named after it, points as many units as are used of
        the counter that is named after their rule, unless that is the coupon given.
        """
        row = int(self.catalog.product_row[bond.product])
        hotel_id, room_type_id = self._row_names(row)
        asked = asking_of(bond.content)
        words: dict[str, Any] = {"hotel_id": hotel_id, "room_type_id": room_type_id, **bond.stay}
        words |= {"plan": self.catalog.plan_ids[bond.product], "guests": bond.guests}
        words["tier"] = bond.content["tier"] if bond.content["tier"] in self._names.tiers else None
        words["channel"] = asked.channel if asked.channel in self._names.channels else None
        if given.get("coupon") is None:
            words |= {"coupon": self._coupon_of(asked), "coupon_units": 1}
        if given.get("points") is None:
            rule, used = self._points_of(bond)
            taken = rule is not None and rule != given.get("coupon")
            words |= {"points": rule if taken else None, "points_units": used if taken else 1}
        words |= {name: value for name, value in given.items() if value is not None}
        for name in ("coupon_units", "points_units"):
            words.setdefault(name, 1)
        return words

    def _coupon_of(self, asked: Asking) -> str | None:
        """The coupon of a quote that has a limited counter of its name, None where none has."""
        found = [coupon for coupon in sorted(asked.coupons) if coupon in self._names.counters]
        if len(found) > 1:
            listed = ", ".join(found)
            raise InputError(
                f"the quote has several coupons with limited counters ({listed}), and a hold takes one; name it with "
                "coupon="
            )
        return found[0] if found else None

    def _points_of(self, bond: Bond) -> tuple[str | None, int]:
        """(limited counter that the points of a quote are taken of, how many); None where there is none."""
        used = bond.content["points_used"]
        if not (used and bond.version and self._names.counters):
            return None, 1
        entry = self._kept(bond.content["price_version"])
        rule = points_rule(entry.compiled, entry.catalog, bond.product, bond.content["tier"])
        return (rule, used) if rule in self._names.counters else (None, 1)

    def _check_coupons(self, bonds: Sequence[Bond | None]) -> None:
        """InputError where quotes of one order use a coupon twice that acts once an order."""
        line_of: dict[str, int] = {}
        for line, bond in enumerate(bonds):
            entry = self._shelf.find(bond.content["price_version"]) if bond is not None else None
            program = entry.compiled.program if entry is not None else None
            if bond is None or program is None:
                continue
            for coupon in sorted(asking_of(bond.content).coupons & program.order_coupons):
                if coupon in line_of:
                    raise InputError(
                        f"hold_cart: line {line}: coupon {coupon!r} is in the quote of line {line_of[coupon]}, and it "
                        "acts once an order; quote the other lines without it"
                    )
                line_of[coupon] = line

    def _with_quotes(self, what: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Bond | None]]:
        """A frame of requests whose column `quote` is read: the columns that its quotes say are written, and the bond
        of every line, None where there is no quote. A mistake names its row.
        """
        quotes = frame["quote"].to_list()
        bonds: list[Bond | None] = []
        lines: list[dict[str, Any]] = []
        for row, given in enumerate(frame.drop("quote").iter_rows(named=True)):
            if quotes[row] is None:
                bonds.append(None)
                lines.append(given)
                continue
            try:
                bond = self._bond(quotes[row])
                lines.append(given | self._bound_words(bond, checked_line(given)))
            except NightgridError as error:
                raise type(error)(f"{what}: row {row}: {error}") from None
            bonds.append(bond)
        names = dict.fromkeys(name for line in lines for name in line)
        columns = {name: [line.get(name) for line in lines] for name in names}
        columns["rooms"] = [1 if rooms is None else rooms for rooms in columns.get("rooms", [None] * len(lines))]
        return pl.DataFrame(columns, schema_overrides={"arrival": pl.Date}, strict=False), bonds


def checked_line(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a line with a quote may say beside it; InputError for what the quote says."""
    twice = [name for name in (*_SAID_BY_QUOTE, "row_index", "departure") if given.get(name) is not None]
    if twice:
        raise InputError(f"a quote is given, and it says {twice[0]}; leave it out")
    return {name: given.get(name) for name in _FREE if name in given}


def bind(request: NDArray[np.int64], bond: Bond) -> None:
    """Write the quote into a request: int64 (Q_FIELDS)."""
    request[q.Q_PRODUCT] = bond.product
    request[q.Q_VALUE] = bond.content["total_minor"]
    request[q.Q_SCOPE] |= q.SCOPE_BOUND
    request[q.Q_QUOTE] = bond.quote
    request[q.Q_VERSION] = bond.version
    request[q.Q_VALID_UNTIL_MS] = bond.valid_until_ms


def bind_lines(requests: NDArray[np.int64], bonds: Sequence[Bond | None]) -> None:
    """Write the quotes of the lines that have one into their requests: int64 (Q_FIELDS, request)."""
    for line, bond in enumerate(bonds):
        if bond is not None:
            bind(requests[:, line], bond)
