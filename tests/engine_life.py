"""The life of holds and carts of a real engine with the face of the oracle (`tests.oracles.requests`, `lifecycle`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from nightgrid import InputError, InputTypeError, Outcome, Refused, UnknownIdError
from nightgrid.engine import Engine
from tests.oracles.grid import Answer
from tests.oracles.outcomes import CartAnswer


def unknown_outcome(engine: Engine, hotel_id: str, asked: Mapping[str, Any], malformed: bool) -> str:
    """What the oracle says where the engine raised UnknownIdError: names of the request's shape come first."""
    known = {"tier": engine._names.tiers, "channel": engine._names.channels, "coupon": engine._names.counters}
    known["points"] = engine._names.counters
    for name, names in known.items():
        if asked.get(name) is not None and asked[name] not in names and (name != "tier" or names):
            return "INVALID"
    if malformed:
        return "INVALID"
    if hotel_id not in engine.catalog.hotel_ids:
        return "UNKNOWN_HOTEL"
    block = asked.get("block")
    return "UNKNOWN_BLOCK" if block is not None and block not in engine._names.blocks else "UNKNOWN_PRODUCT"


def night_of(refused: Refused) -> date | None:
    return None if refused.night is None else date.fromisoformat(refused.night)


class LifeFace:
    """Holds, bookings and carts, one call at a time."""

    engine: Engine

    def hold(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int | None = None,
        rooms: int = 1,
        ttl_ms: int = 900_000,
        key: str | None = None,
        guest: str | None = None,
        *,
        departure: date | None = None,
        guests: int | None = None,
        plan: str | None = None,
        tier: str | None = None,
        channel: str | None = None,
        block: str | None = None,
        reference: str | None = None,
        value_minor: int | None = None,
        nights_minor: Sequence[int] | None = None,
        coupon: str | None = None,
        coupon_units: int = 1,
        points: str | None = None,
        points_units: int = 1,
        replace: int | None = None,
    ) -> Answer:
        asked = {"guests": guests, "plan": plan, "tier": tier, "channel": channel, "block": block, "coupon": coupon}
        asked |= {"reference": reference, "value_minor": value_minor, "replace": replace, "coupon_units": coupon_units}
        asked |= {"points": points, "points_units": points_units, "nights_minor": nights_minor}
        stay = (hotel_id, room_type_id, arrival, nights)
        asked |= {"departure": departure, "key": key, "guest": guest, "rooms": rooms, "ttl_seconds": ttl_ms / 1000}
        return self._ask("hold", stay, asked)

    def book(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int | None = None,
        rooms: int = 1,
        key: str | None = None,
        guest: str | None = None,
        *,
        departure: date | None = None,
        guests: int | None = None,
        plan: str | None = None,
        tier: str | None = None,
        channel: str | None = None,
        block: str | None = None,
        reference: str | None = None,
        value_minor: int | None = None,
        nights_minor: Sequence[int] | None = None,
        coupon: str | None = None,
        coupon_units: int = 1,
        points: str | None = None,
        points_units: int = 1,
    ) -> Answer:
        asked = {"guests": guests, "plan": plan, "tier": tier, "channel": channel, "block": block, "coupon": coupon}
        asked |= {"reference": reference, "value_minor": value_minor, "coupon_units": coupon_units}
        asked |= {"points": points, "points_units": points_units, "nights_minor": nights_minor}
        stay = (hotel_id, room_type_id, arrival, nights)
        return self._ask("book", stay, {**asked, "departure": departure, "key": key, "guest": guest, "rooms": rooms})

    def _ask(self, verb: str, stay: tuple[str, str, date, int | None], asked: dict[str, Any]) -> Answer:
        try:
            hold = getattr(self.engine, verb)(*stay, **asked)
        except Refused as refused:
            return Answer(refused.outcome.name, night=night_of(refused))
        except UnknownIdError:
            # Two mistakes in one call are two exceptions that could be raised; the engine looks names up first.
            malformed = (stay[3] is not None and stay[3] < 1) or asked["rooms"] < 1
            return Answer(unknown_outcome(self.engine, stay[0], asked, malformed))
        except (InputError, InputTypeError):
            return Answer("INVALID")
        nights = stay[3] if stay[3] is not None else (asked["departure"] - stay[2]).days
        assert (hold.hotel_id, hold.room_type_id, hold.arrival, hold.nights, hold.rooms) == (
            *stay[:3], nights, asked["rooms"]
        )  # fmt: skip
        return Answer(hold.outcome.name, hold.id)

    # One hold

    def _resolve(self, verb: str, hold_id: int, **arguments: Any) -> str:
        try:
            ticket = getattr(self.engine, verb)(hold_id, **arguments)
        except Refused as refused:
            return refused.outcome.name
        except (InputError, InputTypeError):
            return "INVALID"
        assert ticket.id == hold_id
        return ticket.outcome.name

    def confirm(
        self,
        hold_id: int,
        rooms: int | None = None,
        rebook: bool = False,
        value_minor: int | None = None,
        nights_minor: Sequence[int] | None = None,
    ) -> str | Answer:
        said = {"rooms": rooms, "value_minor": value_minor, "nights_minor": nights_minor}
        said = {name: value for name, value in said.items() if value is not None}
        if not rebook:
            return self._resolve("confirm", hold_id, **said)
        try:
            ticket = self.engine.confirm(hold_id, rebook=True, **said)
        except Refused as refused:
            return Answer(refused.outcome.name, night=night_of(refused))
        except (InputError, InputTypeError):
            return Answer("INVALID")
        return Answer(ticket.outcome.name, ticket.id)

    def release(self, hold_id: int) -> str:
        return self._resolve("release", hold_id)

    def cancel(self, hold_id: int, refund: bool = False) -> str:
        return self._resolve("cancel", hold_id, **({"refund": True} if refund else {}))

    def extend(self, hold_id: int, ttl_ms: int) -> str:
        try:
            return self.engine.extend(hold_id, ttl_ms / 1000).outcome.name
        except Refused as refused:
            return refused.outcome.name
        except InputError:
            return "INVALID"

    def check_in(self, hold_id: int) -> str:
        return LifeFace._resolve(self, "check_in", hold_id)

    def check_out(self, hold_id: int) -> str:
        return LifeFace._resolve(self, "check_out", hold_id)

    def depart_early(self, hold_id: int, departure: date) -> str:
        return LifeFace._resolve(self, "depart_early", hold_id, departure=departure)

    def no_show(self, hold_id: int, release_from: date | None = None) -> str:
        return LifeFace._resolve(self, "no_show", hold_id, release_from=release_from)

    def amend(
        self,
        hold_id: int,
        *,
        arrival: date | None = None,
        nights: int | None = None,
        departure: date | None = None,
        room_type_id: str | None = None,
        rooms: int | None = None,
        value_minor: int | None = None,
        nights_minor: Sequence[int] | None = None,
        plan: str | None = None,
    ) -> Answer:
        changes = {"arrival": arrival, "nights": nights, "departure": departure, "room_type_id": room_type_id}
        changes |= {"rooms": rooms, "value_minor": value_minor, "nights_minor": nights_minor, "plan": plan}
        try:
            ticket = self.engine.amend(hold_id, **changes)
        except Refused as refused:
            return Answer(refused.outcome.name, night=night_of(refused))
        except UnknownIdError:
            return Answer("UNKNOWN_PRODUCT")
        except (InputError, InputTypeError):
            return Answer("INVALID")
        assert ticket.id == hold_id
        return Answer(ticket.outcome.name, hold_id)

    # Carts

    def hold_cart(
        self,
        lines: Sequence[Mapping[str, Any]],
        ttl_ms: int = 900_000,
        key: str | None = None,
        *,
        guest: str | None = None,
        reference: str | None = None,
        channel: str | None = None,
        tier: str | None = None,
        coupon: str | None = None,
        coupon_units: int = 1,
        points: str | None = None,
        points_units: int = 1,
    ) -> CartAnswer:
        shared = {"key": key, "guest": guest, "reference": reference, "channel": channel, "tier": tier}
        shared |= {"coupon": coupon, "coupon_units": coupon_units, "points": points, "points_units": points_units}
        try:
            cart = self.engine.hold_cart([dict(line) for line in lines], ttl_seconds=ttl_ms / 1000, **shared)
        except Refused as refused:
            return CartAnswer(refused.outcome.name, line=refused.line, night=night_of(refused))
        except UnknownIdError:
            return self._unknown_line(lines, shared)
        except (InputError, InputTypeError):
            return CartAnswer("INVALID")
        return CartAnswer(cart.outcome.name, cart.cart_id, tuple(hold.id for hold in cart.holds))

    def _unknown_line(self, lines: Sequence[Mapping[str, Any]], shared: Mapping[str, Any]) -> CartAnswer:
        """The first line that names what is not there; the engine looks at all names before it looks at any line."""
        for position, line in enumerate(lines):
            outcome = unknown_outcome(self.engine, line["hotel_id"], {**line, **shared}, malformed=False)
            if outcome != "UNKNOWN_PRODUCT" or not self._has_product(line):
                return CartAnswer(outcome, line=position)
        raise AssertionError(f"all names of {lines} are known")

    def _has_product(self, line: Mapping[str, Any]) -> bool:
        try:
            self.engine.catalog.row_index(line["hotel_id"], line["room_type_id"])
            if line.get("plan") is not None:
                self.engine.catalog.product_index(line["hotel_id"], line["room_type_id"], line["plan"])
        except UnknownIdError:
            return False
        return True

    def _resolve_cart(self, verb: str, cart_id: int, *arguments: Any, **more: Any) -> str:
        try:
            tickets = getattr(self.engine, verb)(cart_id, *arguments, **more)
        except Refused as refused:
            return refused.outcome.name
        except InputError:
            return "INVALID"
        return "OK" if any(ticket.outcome == Outcome.OK for ticket in tickets) else "EXISTS"

    def confirm_cart(
        self,
        cart_id: int,
        rebook: bool = False,
        value_minor: Sequence[int | None] | None = None,
        nights_minor: Sequence[Sequence[int] | None] | None = None,
    ) -> str | CartAnswer:
        worth = {"value_minor": value_minor, "nights_minor": nights_minor}
        if not rebook:
            return self._resolve_cart("confirm_cart", cart_id, **worth)
        try:
            tickets = self.engine.confirm_cart(cart_id, rebook=True, **worth)
        except Refused as refused:
            line = None if refused.outcome == Outcome.NOT_FOUND else refused.line
            return CartAnswer(refused.outcome.name, line=line, night=night_of(refused))
        except (InputError, InputTypeError):
            return CartAnswer("INVALID")
        outcome = "OK" if any(ticket.outcome == Outcome.OK for ticket in tickets) else "EXISTS"
        return CartAnswer(outcome, cart_id, tuple(ticket.id for ticket in tickets))

    def extend_cart(self, cart_id: int, ttl_ms: int) -> str:
        return self._resolve_cart("extend_cart", cart_id, ttl_ms / 1000)

    def cancel_cart(self, cart_id: int, refund: bool = False) -> str:
        return self._resolve_cart("cancel_cart", cart_id, **({"refund": True} if refund else {}))

    def release_cart(self, cart_id: int) -> str:
        return self._resolve_cart("release_cart", cart_id)
