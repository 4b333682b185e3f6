"""What a record says as plain data: a dict that any format can carry, and its digest. It knows no record by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from hashlib import blake2b
from typing import Any

from nightgrid.asking import Asking


def plain(value: Any) -> Any:
    """A value as JSON knows it: dates as text, sets in order, tuples as lists."""
    if isinstance(value, Asking):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def papers(quote: Any) -> dict[str, Any]:
    """Every public field of a quote and what its nights cost, as plain data."""
    names = [each.name for each in fields(quote) if not each.name.startswith("_")]
    return {name: plain(getattr(quote, name)) for name in names} | {"nights_minor": list(quote.nights_minor)}


def digest_of(content: Mapping[str, Any], secret: bytes) -> str:
    """16 hexadecimal digits that name what a quote says, under a secret of up to 64 bytes; never all zero."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    found = blake2b(text.encode(), digest_size=8, key=secret).hexdigest()
    return found if int(found, 16) else f"{1:016x}"
