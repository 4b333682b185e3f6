"""Names that a store fixes or learns beside the catalogue: member classes, channels, blocks, limited counters."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Any

from nightgrid.catalog_names import utf8_bytes
from nightgrid.counts import plain_int
from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import ID_BYTES_MAX
from nightgrid.native.store import requests as q

CHANNELS_MAX = 254
CLASSES_MAX = 16


def _distinct(what: str, names: Iterable[str], most: int) -> tuple[str, ...]:
    """Names as a tuple; InputError for one twice, none at all, or too many."""
    if isinstance(names, str):
        raise InputTypeError(f"{what} is the text {names!r}; give a sequence of names")
    try:
        found = tuple(names)
    except TypeError:
        raise InputTypeError(f"{what} is {names!r}; give a sequence of names") from None
    for name in found:
        checked_name(f"a name in {what}", name)
    if len(set(found)) != len(found):
        twice = next(name for name in found if found.count(name) > 1)
        raise InputError(f"{what} has {twice!r} twice; each name once")
    if len(found) > most:
        raise InputError(f"{what} has {len(found)} names; at most {most} are allowed")
    return found


def checked_flag(what: str, value: bool) -> bool:
    """True or False; InputTypeError for anything else, such as a text "no", which would count as true."""
    if not isinstance(value, bool):
        raise InputTypeError(f"{what} is {value!r}; use True or False")
    return value


def checked_name(what: str, name: str) -> str:
    """A name that is a text of 1 to ID_BYTES_MAX bytes."""
    if not isinstance(name, str) or not name:
        raise InputTypeError(f"{what} is {name!r}; a name is a text that is not empty")
    length = utf8_bytes(what, name)
    if length > ID_BYTES_MAX:
        raise InputError(f"{what} has {length} bytes; a name has 1 to {ID_BYTES_MAX}")
    return name


def _position(known: dict[str, int], what: str, name: str) -> int | None:
    """Where a name stands, None if it is unknown; InputTypeError for what cannot be a name."""
    try:
        return known.get(name)
    except TypeError:
        raise InputTypeError(f"{what} is {name!r}; a text is needed") from None


class Names:
    """What requests call tiers, channels, blocks and limited counters."""

    def __init__(self, tiers: Iterable[str] = (), channels: Iterable[str] = ()) -> None:
        self.tiers = _distinct("tiers", tiers, CLASSES_MAX)
        self.channels = _distinct("channels", channels, CHANNELS_MAX)
        self.blocks: dict[str, int] = {}  # control of a block
        self.counters: dict[str, int] = {}  # position of a limited counter
        self.lock = Lock()  # for who adds a name
        self._tier_index = {name: index for index, name in enumerate(self.tiers)}
        self._channel_index = {name: index for index, name in enumerate(self.channels)}

    def tier(self, name: str | None) -> int:
        """Class index of a tier, 0 where none is named or the store has no tiers."""
        if name is None or not self.tiers:
            return 0
        found = _position(self._tier_index, "tier", name)
        if found is None:
            raise UnknownIdError(f"tier is {name!r}; the store has {', '.join(self.tiers)}")
        return found

    def channel(self, name: str | None) -> int:
        """Index of a channel, -1 where none is named."""
        if name is None:
            return -1
        found = _position(self._channel_index, "channel", name)
        if found is None:
            known = ", ".join(self.channels) or "none; name them when the store is made: channels=(...)"
            raise UnknownIdError(f"channel is {name!r}; the store has {known}")
        return found

    def block(self, name: str | None) -> int:
        """Control of a block, -1 where none is named."""
        if name is None:
            return -1
        found = _position(self.blocks, "block", name)
        if found is None:
            raise UnknownIdError(f"block is {name!r}; the store has {', '.join(self.blocks) or 'none'}")
        return found

    def _counter(self, what: str, name: str | None, units: int, most: int) -> tuple[int, int]:
        """(limited counter + 1, its units) of a coupon or points; (0, 0) where none is named."""
        units = plain_int(units)
        if type(units) is not int or not 1 <= units <= most:
            raise InputError(f"{what}_units is {units!r}; allowed are 1 to {most}")
        if name is None:
            if units != 1:
                raise InputError(f"{what}_units is {units}, and no {what} is named; name it with {what}=")
            return 0, 0
        found = _position(self.counters, what, name)
        if found is None:
            raise UnknownIdError(f"{what} is {name!r}; the store has {', '.join(self.counters) or 'none'}")
        return found + 1, units

    def subject(self, kind: str, position: int) -> str:
        """Name of the block, counter or channel that a finding of this kind is about; "" for others."""
        known = {"block": self.blocks, "counter": self.counters, "open_holds": self._channel_index}.get(kind, {})
        return next((name for name, place in known.items() if place == position), "")

    def scope(
        self,
        tier: str | None = None,
        channel: str | None = None,
        block: str | None = None,
        coupon: str | None = None,
        coupon_units: int = 1,
    ) -> int:
        """The scope of a request as one word (`native.store.requests.scope_word`)."""
        counter, units = self._counter("coupon", coupon, coupon_units, q.UNITS_MAX)
        return q.scope_word(self.channel(channel) + 1, self.tier(tier), self.block(block) + 1, counter, units)

    def words(self, points: str | None = None, points_units: int = 1, **said: Any) -> tuple[int, int]:
        """(scope of a request, with `said` as `scope` takes it; its points as one word, 0 = none)."""
        scope = self.scope(**said)
        counter, units = self._counter("points", points, points_units, q.POINTS_UNITS_MAX)
        if counter and said.get("coupon") == points:
            raise InputError(f"coupon and points are both {points!r}; name it once, with the units of both")
        return (scope | q.SCOPE_POINTS, q.points_word(counter, units)) if counter else (scope, 0)
