"""The small values of a rule book: percents, nights, names, amounts, rates. Each has one reader and one spelling.

A reader takes what TOML, JSON or Python may give and returns the one exact value, or raises with the problem and its
fix. Equal values get equal spellings, so equal books have equal digests. float never enters: it is not what was typed.
"""

from __future__ import annotations

import re
import reprlib
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, NamedTuple

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from nightgrid.errors import NightgridError
from nightgrid.limits import ID_BYTES_MAX, PERCENT_MAX, PERCENT_MIN
from nightgrid.money import exponent, format_minor, parse_minor
from nightgrid.nights import to_date, to_ordinal

#: Bounds are percents of the base price: 0 to 1000.
BOUND_PERCENT_MAX: Final = 1_000

_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,24}(?:\.[0-9]{1,24})?")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_CLOCK_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_RATIO: Final = re.compile(r"([0-9]{1,24})/([0-9]{1,24})")
_DIGITS_MAX: Final = 48
_RATE_MAX: Final = 10**12
#: Wrong amounts that one message names.
_AMOUNT_PROBLEMS_MAX: Final = 8
_BAD_CATEGORIES: Final = {"Cc", "Cs", "Zl", "Zp"}

_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_SHORT.maxlist = _SHORT.maxdict = _SHORT.maxtuple = 3
_SHORT.maxlevel = 2


class Problem(NamedTuple):
    """One thing that is wrong: keys and positions from the top of the book, the problem, and how to mend it."""

    path: tuple[str | int, ...]
    problem: str
    fix: str


def shown(value: object) -> str:
    """A value as a message prints it: short, and safe for any terminal, whatever it holds."""
    if isinstance(value, int) and value.bit_length() > 256:  # printing it may be refused or take for ever
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, float | Decimal | date):
        text = str(value)
        return text if len(text) <= 60 else text[:57] + "..."
    if isinstance(value, Mapping):
        return _shown_table(value)
    try:
        return ascii(value) if isinstance(value, str) and not value.isprintable() else _SHORT.repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__}"


def plain(name: str) -> str:
    """A name as a message prints it: as it is where a terminal shows all of it, else as `shown` has it."""
    return name if name.isprintable() and len(name) <= 60 else shown(name)


def _shown_table(table: Mapping[object, object]) -> str:
    """A table as it stands in a file: {from = 2026-10-01, to = 2026-10-08}."""
    pairs: list[str] = []
    for key, value in table.items():
        if len(pairs) == _SHORT.maxdict:
            pairs.append("...")
            break
        inside = "..." if isinstance(value, Mapping | list | tuple) else shown(value)
        pairs.append(f"{key if isinstance(key, str) and _BARE_KEY.fullmatch(key) else shown(key)} = {inside}")
    return "{" + ", ".join(pairs) + "}"


def mistake(problem: str, fix: str) -> PydanticCustomError:
    """The error that a reader raises; `problem` and `fix` reach the author as they are, without a final point."""
    return PydanticCustomError("rule_book", "{problem}. {fix}", {"problem": problem, "fix": fix})


def _exact(value: Any, what: str, example: str) -> Fraction:
    """The exact value of an int, a Decimal, or plain ASCII text; nothing that could cost more than it says."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        hint = f'write it as text, "{example}", or a Decimal' if isinstance(value, float) else f"write {example}"
        raise mistake(f"{what} {shown(value)} is a {type(value).__name__}, not an exact number", hint)
    if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value):
        raise mistake(f"{what} {shown(value)} is not a plain number", f"write digits 0-9 and one point, like {example}")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise mistake(f"{what} {value} is not a number", f"write a finite one, like {example}")
        digits, power = value.as_tuple().digits, int(value.as_tuple().exponent)
        # Decimal("1E+999999") is short to write and would become an integer of a million digits.
        if len(digits) > _DIGITS_MAX or abs(power) > _DIGITS_MAX:
            raise mistake(f"{what} {shown(value)} has too many digits", f"write it shorter, like {example}")
    if isinstance(value, int) and value.bit_length() > 256:
        raise mistake(f"{what} is {shown(value)}", f"write a sensible one, like {example}")
    return Fraction(value)


def _plain(value: Fraction, decimals: int) -> Decimal:
    """The shortest Decimal of a fraction with at most `decimals` decimals: 12.50 -> 12.5, 100 -> 100 (not 1E+2)."""
    scaled = int(value * 10**decimals)
    while decimals and scaled % 10 == 0:
        scaled, decimals = scaled // 10, decimals - 1
    return Decimal(scaled).scaleb(-decimals)


def _read_percent(value: Any, lowest: int, highest: int, decimals: int = 2) -> Decimal:
    exact = _exact(value, "percent", "12.5")
    if not lowest <= exact <= highest:
        raise mistake(f"percent {shown(value)} is outside {lowest}..{highest}", "correct it, or split it in two rules")
    if (exact * 10**decimals).denominator != 1:
        part = "hundredths" if decimals == 2 else "thousandths"
        raise mistake(f"percent {shown(value)} has more than {decimals} decimals", f"round it to {part} of a percent")
    return _plain(exact, decimals)


def read_percent(value: Any) -> Decimal:
    """A change in percent, -100..900 with at most 2 decimals: 35 means +35 %."""
    return _read_percent(value, PERCENT_MIN, PERCENT_MAX)


def read_bound_percent(value: Any) -> Decimal:
    """A bound in percent of the base price, 0..1000 with at most 2 decimals."""
    return _read_percent(value, 0, BOUND_PERCENT_MAX)


def read_share_percent(value: Any) -> Decimal:
    """A part of a whole in percent, 0..100 with at most 2 decimals."""
    return _read_percent(value, 0, 100)


def read_tax_percent(value: Any) -> Decimal:
    """A tax in percent, 0..1000 with at most 3 decimals: 8.875 % is a real one."""
    return _read_percent(value, 0, BOUND_PERCENT_MAX, 3)


def tax_millipercent(percent: Decimal) -> int:
    """Thousandths of a percent of a tax that a reader accepted: 8.875 -> 8875. Exact."""
    return int(percent * 1000)


def basis_points(percent: Decimal) -> int:
    """Hundredths of a percent of a value that a reader accepted: 12.5 -> 1250. Exact."""
    return int(percent * 100)


def read_text(value: Any) -> str:
    """A name or id: 1..ID_BYTES_MAX bytes of UTF-8 after NFC, no control characters."""
    if not isinstance(value, str):
        raise mistake(f"{shown(value)} is a {type(value).__name__}, not text", 'write it in quotes: "..."')
    if len(value) > 4 * ID_BYTES_MAX:  # NFC at most triples the length, so this cannot fit; do not touch the rest
        raise mistake(f"text of {len(value)} characters is too long", f"use at most {ID_BYTES_MAX} bytes")
    text = unicodedata.normalize("NFC", value)
    if not text.strip():
        raise mistake(f"text {shown(value)} is empty", "write a name")
    if any(unicodedata.category(character) in _BAD_CATEGORIES for character in text):
        raise mistake(f"text {shown(value)} holds a control character", "remove it")
    if len(text.encode()) > ID_BYTES_MAX:
        raise mistake(f"text {shown(value)} has {len(text.encode())} bytes", f"use at most {ID_BYTES_MAX}")
    return text


def read_night(value: Any) -> date:
    """A civil date, as a TOML date, `datetime.date` or 'yyyy-mm-dd'; a date with a time is refused."""
    if isinstance(value, datetime):
        raise mistake(f"date {shown(value)} has a time of day", "leave the time out")
    try:
        return to_date(to_ordinal(value))
    except NightgridError as error:
        raise mistake(f"date {shown(value)} cannot be used: {error}", "write it like 2026-10-01") from None


def read_clock_time(value: Any) -> str:
    """A time of day as "HH:MM", from a TOML time, `datetime.time` or text; "24:00" is the end of the day."""
    text = value
    if isinstance(value, time) and not (value.second or value.microsecond or value.tzinfo):
        text = value.isoformat("minutes")
    if not isinstance(text, str) or not _CLOCK_TIME.fullmatch(text):
        raise mistake(f"time {shown(value)} is no hour and minute", 'write it like "20:00"; the day ends at "24:00"')
    return text


def read_currency(value: Any) -> str:
    """An active ISO 4217 code."""
    try:
        exponent(value)
    except NightgridError as error:
        raise mistake(str(error), "use the code that the hotels have in the catalogue") from None
    return str(value)


def read_amounts(value: Any) -> dict[str, Decimal]:
    """Amounts in major units by currency, 0 or more: `{CNY = "80.00"}`. All wrong entries are named at once."""
    return _read_amounts(value, signed=False)


def read_signed_amounts(value: Any) -> dict[str, Decimal]:
    """Amounts that may be below 0: `{CNY = "-80.00"}`. All wrong entries are named at once."""
    return _read_amounts(value, signed=True)


def _read_amounts(value: Any, *, signed: bool) -> dict[str, Decimal]:
    if not isinstance(value, dict) or not value:
        raise mistake(f"amounts are {shown(value)}, not a table by currency", 'write {CNY = "80.00"}')
    amounts: dict[str, Decimal] = {}
    problems: list[str] = []
    for currency, amount in value.items():
        if len(problems) == _AMOUNT_PROBLEMS_MAX:
            problems.append("...")
            break
        try:
            minor = parse_minor(amount, currency)
        except NightgridError as error:
            problems.append(str(error))
            continue
        if minor < 0 and not signed:
            problems.append(f"amount {shown(amount)} {currency} is negative")
        amounts[currency] = _plain(Fraction(minor, 10 ** exponent(currency)), exponent(currency))
    if problems:
        range_ = "amounts" if signed else "amounts of 0 or more"
        raise mistake("; ".join(problems), f'write {range_} as text by ISO 4217 code: {{CNY = "80.00"}}')
    return amounts


def spell_amounts(amounts: dict[str, Decimal]) -> dict[str, str]:
    """The amounts as text with their currency's decimals: what `read_amounts` reads back unchanged."""
    return {code: format_minor(parse_minor(value, code), code).split()[0] for code, value in amounts.items()}


def read_rate(value: Any) -> Fraction:
    """The value of one major unit of a currency: 7.85, "7.85", or a ratio "157/20". Exact, above 0."""
    ratio = _RATIO.fullmatch(value) if isinstance(value, str) else None
    if ratio and int(ratio[2]):
        exact = Fraction(int(ratio[1]), int(ratio[2]))
    else:
        exact = _exact(value, "rate", "7.85")
    if not Fraction(1, _RATE_MAX) <= exact <= _RATE_MAX:
        raise mistake(f"rate {shown(value)} is outside 1/10^12..10^12", "write the value of one unit, like 7.85")
    return exact


def _number_schema(decimals: int = 2, **limits: float) -> WithJsonSchema:
    text = {"type": "string", "pattern": rf"^[+-]?[0-9]+(\.[0-9]{{1,{decimals}}})?$"}
    return WithJsonSchema({"anyOf": [{"type": "number", **limits}, text]})


Percent = Annotated[
    Decimal,
    PlainValidator(read_percent),
    PlainSerializer(str, return_type=str),
    _number_schema(minimum=PERCENT_MIN, maximum=PERCENT_MAX),
]
BoundPercent = Annotated[
    Decimal,
    PlainValidator(read_bound_percent),
    PlainSerializer(str, return_type=str),
    _number_schema(minimum=0, maximum=BOUND_PERCENT_MAX),
]
SharePercent = Annotated[
    Decimal,
    PlainValidator(read_share_percent),
    PlainSerializer(str, return_type=str),
    _number_schema(minimum=0, maximum=100),
]
TaxPercent = Annotated[
    Decimal,
    PlainValidator(read_tax_percent),
    PlainSerializer(str, return_type=str),
    _number_schema(3, minimum=0, maximum=BOUND_PERCENT_MAX),
]
Text = Annotated[
    str, PlainValidator(read_text), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": ID_BYTES_MAX})
]
Night = Annotated[
    date,
    PlainValidator(read_night),
    PlainSerializer(date.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
ClockTime = Annotated[
    str, PlainValidator(read_clock_time), WithJsonSchema({"type": "string", "pattern": f"^(?:{_CLOCK_TIME.pattern})$"})
]
Currency = Annotated[str, PlainValidator(read_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
_AMOUNTS_SCHEMA: Final = WithJsonSchema(
    {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z]{3}$"},
        "additionalProperties": {"type": ["string", "number"]},
        "minProperties": 1,
    }
)
_SPELL_AMOUNTS: Final = PlainSerializer(spell_amounts, return_type=dict[str, str])
Amounts = Annotated[dict[str, Decimal], PlainValidator(read_amounts), _SPELL_AMOUNTS, _AMOUNTS_SCHEMA]
SignedAmounts = Annotated[dict[str, Decimal], PlainValidator(read_signed_amounts), _SPELL_AMOUNTS, _AMOUNTS_SCHEMA]
Rate = Annotated[
    Fraction,
    PlainValidator(read_rate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "description": "value of one unit: 7.85 or a ratio such as 157/20"}),
]
