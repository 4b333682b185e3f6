"""Quotes that come back: what one in any form says, if it is of this store, and who asked for it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Final

from nightgrid.asking import ANYBODY, Asking
from nightgrid.engine.edge.answers import Quote
from nightgrid.engine.edge.plain_papers import digest_of, papers
from nightgrid.errors import InputError, InputTypeError
from nightgrid.nights import to_ordinal

#: A quote itself, or what `Quote.to_dict` made of it, or that as JSON.
AnyQuote = Quote | Mapping[str, Any] | str

#: What stands beside the content of a quote: its digest, and what the store knows anyway.
_BESIDE: Final = ("digest", "valid_until_ms")
_TEXTS: Final = ("hotel_id", "room_type_id", "plan_id", "tier", "currency", "price_version")
_NUMBERS: Final = ("nights", "rooms", "lead_days", "evaluated_ms", "total_minor", "product_index")


def word_of(digest: str) -> int:
    """A digest as a signed word of 64 bits."""
    word = int(digest, 16)
    return word - 2**64 if word >= 2**63 else word


def content_of(source: AnyQuote, secret: bytes) -> dict[str, Any]:
    """What a quote in any form says. InputError or InputTypeError names what is missing or has another type; data that
    came in from outside must have the digest that its store gave it.
    """
    if isinstance(source, Quote):
        return papers(source)
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"the quote is no JSON: {error}; give what json.dumps(quote.to_dict()) wrote") from None
    if not isinstance(source, Mapping):
        raise InputTypeError(f"quote is a {type(source).__name__}; give a quote, its to_dict(), or that as JSON")
    for name in (*_TEXTS, *_NUMBERS, "arrival"):
        if name not in source:
            raise InputError(f"the quote has no {name}; give all of quote.to_dict()")
    for names, kind in ((_TEXTS, str), (_NUMBERS, int), (("arrival",), str)):
        for name in names:
            if type(source[name]) is not kind:
                raise InputTypeError(f"{name} of the quote is {source[name]!r}; a {kind.__name__} is needed")
    content = {name: source[name] for name in source if name not in _BESIDE}
    try:
        known = hmac.compare_digest(str(source.get("digest")), digest_of(content, secret))
    except (TypeError, ValueError):  # no JSON, or a digest that is no ASCII
        known = False
    if not known:
        raise InputError("this is no quote of this store, or it was changed since; quote anew")
    return content


def asking_of(content: Mapping[str, Any]) -> Asking:
    """Who asked for a quote."""
    given = content.get("asking")
    if given is None:
        return ANYBODY
    known = {each.name for each in fields(Asking)}
    if not isinstance(given, Mapping) or set(given) - known:
        raise InputError(f"asking of the quote is {given!r}; give all of quote.to_dict()")
    told = dict(given)
    if isinstance(told.get("booking_date"), str):
        told["booking_date"] = date.fromordinal(to_ordinal(told["booking_date"]))
    return Asking(**told)


def difference(asked: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """The first field in which a quote differs from what its version gives, in words."""
    for name, value in found.items():
        if name not in asked or asked[name] != value:
            return f"{name} is {asked.get(name)!r}, and price version {found['price_version']} gives {value!r}"
    more = next((name for name in asked if name not in found), None)
    return None if more is None else f"{more} is no field of a quote"
