"""Who asks for a price: what a rule may depend on beside the product, the nights and the member tier.

Plain values from the caller; there is no member database inside. `GuestQuestion` are the keyword arguments of every
question about prices (quotes, searches, calendars, repricing, comparisons, the history), and the columns of bulk
quotes.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final, TypedDict

from nightgrid.counts import plain_int
from nightgrid.errors import InputError, InputTypeError, IntegrityError
from nightgrid.limits import CHILD_AGE_MAX, FILL_BP_MAX, GUESTS_MAX, ID_BYTES_MAX, POINTS_MAX, ROOMS_LEFT_MAX
from nightgrid.nights import to_date, to_ordinal


class GuestQuestion(TypedDict, total=False):
    """A guest's question as keyword arguments, all optional: the fields of `Asking`, where each is described."""

    adults: int | None
    children: Sequence[int]
    channel: str | None
    country: str
    device: str
    language: str
    coupons: Iterable[str]
    points: int
    packages: Sequence[str]
    fill_bp: Sequence[int] | None
    booking_date: date | str | None
    booking_time: str
    rooms_left: int | None


class QuestionWhere(GuestQuestion, total=False):
    """A guest's question about a part of the chain: `GuestQuestion`, and what `Catalog.hotels_where` takes."""

    region: str | Sequence[str] | None
    city: str | Sequence[str] | None
    district: str | Sequence[str] | None
    brand: str | Sequence[str] | None
    hotel_ids: Iterable[str] | None
    near: tuple[float, float, float] | None


@dataclass(frozen=True)
class Asking:
    """A guest's question. Lists, sets and arrays are taken as well, and kept as tuples and frozen
    sets; whole numbers of NumPy are kept as plain ones.

    adults: None = as priced: no rule about guests acts. children: their ages in years on arrival, 0..17.
    channel, country and language (of the guest), device: "" = not told, so rules that ask for one do not apply.
    coupons: codes. points: loyalty points the guest offers as payment. packages: names of optional packages.
    fill_bp: house fill of each night of the stay in basis points; None = from the grid. booking_date: the civil date of
    booking at the hotel; None = the hotel's today. booking_time: the time of day "HH:MM" on the clock of the rule book,
    or of the hotel where the book says so; "" = now, or with a booking_date not told. rooms_left: free rooms of the
    room type on the fullest night of the stay; None = as the grid has them. Raises InputError or InputTypeError naming
    the field.
    """

    adults: int | None = None
    children: tuple[int, ...] = ()
    channel: str = ""
    country: str = ""
    device: str = ""
    language: str = ""
    coupons: frozenset[str] = frozenset()
    points: int = 0
    packages: tuple[str, ...] = ()
    fill_bp: tuple[int, ...] | None = None
    booking_date: date | None = None
    booking_time: str = ""
    rooms_left: int | None = None

    def __post_init__(self) -> None:
        for name in ("children", "packages") if self.fill_bp is None else ("children", "packages", "fill_bp"):
            object.__setattr__(self, name, _listed(name, getattr(self, name)))
        object.__setattr__(self, "coupons", frozenset(_listed("coupons", self.coupons)))
        self._take_plain_numbers()
        if self.adults is not None:
            _check_count("adults", self.adults, 1, GUESTS_MAX)
        for age in self.children:
            _check_count("children", age, 0, CHILD_AGE_MAX)
        if len(self.children) > GUESTS_MAX:
            raise InputError(f"children has {len(self.children)} ages; give at most {GUESTS_MAX}")
        _check_count("points", self.points, 0, POINTS_MAX)
        for fill in self.fill_bp or ():
            _check_count("fill_bp", fill, 0, FILL_BP_MAX)
        for name in ("channel", "country", "device", "language", "booking_time"):
            _check_text(name, getattr(self, name))
        for name in ("coupons", "packages"):
            for text in getattr(self, name):
                _check_text(name, text)
        if isinstance(self.booking_date, datetime):
            said = f"booking_date {self.booking_date.isoformat()} is an instant"
            raise InputTypeError(f"{said} and no civil date; use that at the hotel: value.date()")
        if not isinstance(self.booking_date, date | None):
            raise InputTypeError(f"booking_date {self.booking_date!r} is no civil date; give a datetime.date or None")

        if self.booking_time and not _TIME.fullmatch(self.booking_time):
            raise InputError(f"booking_time {self.booking_time!r} is no time of day; write it like 20:00")
        if self.rooms_left is not None:
            _check_count("rooms_left", self.rooms_left, 0, ROOMS_LEFT_MAX)

    def _take_plain_numbers(self) -> None:
        """Numbers as they come out of arrays become Python's; what is none stays, and is refused by name."""
        for name in ("adults", "points", "rooms_left"):
            object.__setattr__(self, name, plain_int(getattr(self, name)))
        for name in ("children", "fill_bp"):
            if values := getattr(self, name):
                object.__setattr__(self, name, tuple(map(plain_int, values)))

    @property
    def booking_minute(self) -> int:
        """Minute of the day of the booking, -1 where it is not told."""
        return int(self.booking_time[:2]) * 60 + int(self.booking_time[3:]) if self.booking_time else -1

    def with_rooms_left(self, rooms_left: int) -> Asking:
        """The same question with the free rooms that the grid has."""
        found = object.__new__(Asking)
        _tell(found, self.__dict__ | {"rooms_left": rooms_left})
        return found

    def with_fill(self, fill_bp: tuple[int, ...]) -> Asking:
        """The same question with the house fill that the grid has: whole numbers inside their range."""
        found = object.__new__(Asking)
        told = self.__dict__.copy()
        told["fill_bp"] = fill_bp
        _tell(found, told)
        return found

    @property
    def guests(self) -> int | None:
        """Adults and children together; None where adults are not told."""
        return None if self.adults is None else self.adults + len(self.children)


@dataclass(frozen=True)
class AskingAt(Asking):
    """A question about several hotels that is asked at an instant (at_ms): at each of them it is another time of day,
    so it is settled for those where it is the same (`nightgrid.search.hotel_clocks`) before rules look at it.
    """

    at_ms: int = 0

    @property
    def booking_minute(self) -> int:
        """Nobody may ask before it is settled."""
        raise IntegrityError("a question about hotels with several clocks was not settled for one; report it")

    def at(self, booking_time: str) -> Asking:
        """The same question at hotels where it is that time of day."""
        found = object.__new__(Asking)
        told = {name: value for name, value in self.__dict__.items() if name != "at_ms"}
        _tell(found, told | {"booking_time": booking_time})
        return found


def _listed(name: str, value: Any) -> tuple[object, ...]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str | bytes) or not isinstance(value, tuple | list | frozenset | set):
        raise InputTypeError(f"{name} {value!r} is a {type(value).__name__}; give a tuple or list")
    return tuple(value)


def _check_count(name: str, value: object, lowest: int, highest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputTypeError(f"{name} {value!r} is a {type(value).__name__}; give whole numbers")
    if not lowest <= value <= highest:
        raise InputError(f"{name} {value} is outside {lowest}..{highest}; correct it")


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise InputTypeError(f"{name} {value!r} is a {type(value).__name__}; give text")
    if len(value) > ID_BYTES_MAX:
        raise InputError(f"{name} of {len(value)} characters is too long; use at most {ID_BYTES_MAX}")


_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
#: Gives a question its fields.
_tell: Final[Any] = Asking.__dict__["__dict__"].__set__
#: The question of a guest about whom nothing is known.
ANYBODY: Final = Asking()
_NAMES: Final = tuple(each.name for each in fields(Asking))
#: Questions by how they were written, and how many are remembered: a service asks few different ones.
_KNOWN: Final[dict[bytes | str, Asking]] = {}
_PLAIN: Final = 2  # the version of marshal that writes equal values alike, whoever else holds them
_KNOWN_MAX: Final = 4_096
_PLACES: Final = frozenset(QuestionWhere.__annotations__) - frozenset(_NAMES)


def asking_from(asked: Mapping[str, Any]) -> Asking:
    """A guest's question from keyword arguments. InputTypeError for a name that is none of them."""
    if not asked:
        return ANYBODY
    try:
        written: Any = marshal.dumps(asked, _PLAIN)  # type: ignore[arg-type]  # it tells 1, True and 1.0 apart
    except ValueError:  # a date, or what is no plain value
        written = repr(asked)
    known = _KNOWN.get(written)
    if known is None:
        if len(_KNOWN) >= _KNOWN_MAX:
            _KNOWN.clear()
        known = _KNOWN[written] = _made(asked)
    return known


def _made(asked: Mapping[str, Any]) -> Asking:
    given = {name: value for name, value in asked.items() if value is not None}
    for name in given:
        if name not in _NAMES:
            raise InputTypeError(f"{name} is no argument here; of a guest's question there are {', '.join(_NAMES)}")
    if "booking_date" in given:
        given["booking_date"] = to_date(to_ordinal(given["booking_date"]))
    return Asking(**given)


def asking_where(asked: Mapping[str, Any]) -> tuple[Asking, dict[str, Any]]:
    """(a guest's question, the part of the chain it is about) from keyword arguments."""
    where = {name: value for name, value in asked.items() if name in _PLACES and value is not None}
    for name in asked:
        if name not in _PLACES and name not in _NAMES:
            known = ", ".join((*_NAMES, *sorted(_PLACES)))
            raise InputTypeError(f"{name} is no argument here; of a guest's question and its place there are {known}")
    return asking_from({name: value for name, value in asked.items() if name in _NAMES}), where


def of_length(asking: Asking, nights: int) -> Asking:
    """The question about a stay among longer ones: the house fill of its own nights, the first ones told."""
    fill = asking.fill_bp
    return asking if fill is None or len(fill) == nights else replace(asking, fill_bp=fill[:nights])


def check_fill(asking: Asking, nights: int) -> None:
    """InputError where house fill is told for another number of nights than those of the (longest) stay."""
    if asking.fill_bp is not None and len(asking.fill_bp) != nights:
        raise InputError(f"fill_bp has {len(asking.fill_bp)} numbers for {nights} nights; give one for each")
