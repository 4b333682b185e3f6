"""Read a rule book from TOML, JSON or Python objects, and report all of its mistakes at once.

Each table is checked on its own, then the parts against each other, as far as they can be read: one wrong percent hides
no other mistake.
Whatever the input holds, the only exception is RuleBookError.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from nightgrid.errors import Mistake, RuleBookError
from nightgrid.pricing.fields import Currency, shown
from nightgrid.pricing.mistakes import MistakeList
from nightgrid.pricing.model import (
    RULE_KINDS,
    RULES_MAX,
    Bounds,
    Demand,
    Derived,
    ExtraGuests,
    FreeNights,
    Header,
    LeadTime,
    LengthOfStay,
    MemberTier,
    Package,
    Pipeline,
    Points,
    Promotion,
    Rounding,
    Rule,
    RuleBook,
    Season,
    Stacking,
    StayBounds,
    StayPrices,
    Tax,
    book_problems,
)
from nightgrid.pricing.model.judging import ROUGHLY, UNREADABLE, found_in, readable
from nightgrid.pricing.model.tables import Rates
from nightgrid.pricing.shape import DOTS_MAX, dotted_line, shape_problems

#: Length of a rule file.
BOOK_BYTES_MAX: Final = 1 << 20

_RULE_MODELS: Final[dict[str, type[Rule]]] = {
    "derived": Derived,
    "season": Season,
    "demand": Demand,
    "bounds": Bounds,
    "stay_prices": StayPrices,
    "extra_guests": ExtraGuests,
    "length_of_stay": LengthOfStay,
    "free_nights": FreeNights,
    "lead_time": LeadTime,
    "member_tier": MemberTier,
    "promotion": Promotion,
    "stay_bounds": StayBounds,
    "package": Package,
    "points": Points,
    "tax": Tax,
}
_TABLES: Final[dict[str, type[BaseModel]]] = {
    "book": Header,
    "pipeline": Pipeline,
    "rounding": Rounding,
    "stacking": Stacking,
}
_CURRENCIES: Final = TypeAdapter(dict[Currency, Rates])
_TOP_KEYS: Final = [*_TABLES, "currencies", *RULE_KINDS]
_DEPTH_FIX: Final = "A book nests at most 6 deep"
_TOML_PLACE: Final = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$")


def load_book(source: RuleBook | FilePath | str | Mapping[str, Any]) -> RuleBook:
    """The rule book in `source`: a path to a .toml or .json file, TOML or JSON text, or the same content as a dict.

    A str is a path if it is one line that ends in .toml or .json, JSON if it starts with "{", else TOML.
    Raises RuleBookError with every mistake (place, problem, fix, line for TOML). O(length of the source).
    """
    if isinstance(source, RuleBook):
        return source
    if isinstance(source, Mapping):
        return _build(source, "rule book", None)
    if isinstance(source, FilePath):
        return _load_text(_read_file(source), str(source), source.suffix.lower() == ".json")
    if not isinstance(source, str):
        fix = "Give a path, TOML or JSON text, a dict or a RuleBook"
        raise _refused("rule book", f"the source is a {type(source).__name__}", fix)
    if "\n" not in source and source.lower().endswith((".toml", ".json")):
        return load_book(FilePath(source))
    is_json = source.lstrip().startswith("{")
    return _load_text(source, "JSON text" if is_json else "TOML text", is_json)


def toml_text(source: object) -> str | None:
    """The TOML text of what `load_book` read well, None where it is something else."""
    if isinstance(source, str) and "\n" not in source and source.lower().endswith(".toml"):
        source = FilePath(source)
    if isinstance(source, FilePath) and source.suffix.lower() != ".json":
        return _read_file(source)
    return source if isinstance(source, str) and "\n" in source and not source.lstrip().startswith("{") else None


def book_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors that complete and check TOML or JSON."""
    return RuleBook.model_json_schema(by_alias=True)


def _refused(source: str, problem: str, fix: str, line: int | None = None) -> RuleBookError:
    return RuleBookError(source, [Mistake("the book", problem, fix, line)])


def _read_file(path: FilePath) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(BOOK_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused(str(path), f"the file cannot be read ({reason})", "Check the path") from None
    if len(content) > BOOK_BYTES_MAX:
        raise _too_long(str(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(str(path), "the file is not UTF-8", "Save it in UTF-8", line) from None


def _too_long(source: str) -> RuleBookError:
    return _refused(source, f"the text is longer than {BOOK_BYTES_MAX:,} bytes", "Use where with lists, or fewer rules")


def _load_text(text: str, source: str, is_json: bool) -> RuleBook:
    # Four bytes a character at most, so a longer text need not be encoded to be refused.
    if len(text) > BOOK_BYTES_MAX or len(text.encode(errors="surrogatepass")) > BOOK_BYTES_MAX:
        raise _too_long(source)
    if not is_json and (line := dotted_line(text)) is not None:
        raise _refused(source, f"a key has more than {DOTS_MAX} parts", "Write tables as [table]", line)
    try:
        data = _parse_json(text) if is_json else tomllib.loads(text, parse_float=_decimal)
    except RecursionError:
        raise _refused(source, "lists or tables are nested too deeply", _DEPTH_FIX) from None
    except json.JSONDecodeError as error:
        raise _refused(source, f"this is not JSON ({error.msg})", "Correct the line", error.lineno) from None
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1 if place else None
        problem = f"this is not TOML ({_TOML_PLACE.sub('', message)})"
        raise _refused(source, problem, "Correct the line; each key may stand once in its table", line) from None
    except ValueError as error:  # numbers beyond what Python reads, duplicate keys in JSON
        raise _refused(source, str(error)[:200], "Correct the value") from None
    return _build(data, source, None if is_json else text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]} is not a number that can be kept exactly") from None


def _parse_json(text: str) -> Any:
    return json.loads(text, parse_float=_decimal, parse_constant=Decimal, object_pairs_hook=_unique_keys)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {shown(twice)} stands twice in one object")
    return table


def _build(data: Any, source: str, text: str | None) -> RuleBook:
    """The book in parsed data; every part is validated before anything is refused."""
    found = MistakeList(data, text)
    if not isinstance(data, Mapping):
        raise _refused(source, "the top of the file is not a table", "Start it with [book]")
    for key in data:
        if key not in _TOP_KEYS:
            found.add_unknown_key(key if isinstance(key, str) else shown(key), _TOP_KEYS)
    if sum(len(data[kind]) for kind in RULE_KINDS if isinstance(data.get(kind), list | tuple)) > RULES_MAX:
        raise _refused(source, f"the book has more than {RULES_MAX:,} rules", "Use where with lists")
    oversized = shape_problems(data, RULE_KINDS)
    if oversized:
        for path, problem, fix in oversized:
            found.add(path, problem, fix)
        raise RuleBookError(source, found.mistakes())
    parts: dict[str, Any] = {key: _table(model, data, key, found) for key, model in _TABLES.items()}
    parts["currencies"] = _currencies(data, found)
    for kind, model in _RULE_MODELS.items():
        parts[kind] = _rules(kind, model, data, found)
    # What could not be read is marked as such, so the checks between parts can run even where some failed.
    book = RuleBook.model_construct(**parts)
    for path, problem, fix in book_problems(book):
        found.add(path, problem, fix)
    mistakes = found.mistakes()
    if mistakes:
        raise RuleBookError(source, mistakes)
    return book


def _table(model: type[BaseModel], data: Mapping[str, Any], key: str, found: MistakeList) -> Any:
    if key not in data:
        return model()
    return _validated(model, data[key], (key,), found)


def _validated(model: type[BaseModel], value: Any, path: tuple[str | int, ...], found: MistakeList) -> Any:
    """The part, or what of it could be read."""
    try:
        return model.model_validate(value, context=ROUGHLY if found.is_full else None)
    except ValidationError as error:
        errors = found_in(error)
        found.add_errors(path, errors, model)
        return UNREADABLE if found.is_full else readable(model, value, errors)
    except RecursionError:
        found.add(path, "lists or tables are nested too deeply", _DEPTH_FIX)
    return UNREADABLE


def _currencies(data: Mapping[str, Any], found: MistakeList) -> Any:
    if "currencies" not in data:
        return {}
    try:
        return _CURRENCIES.validate_python(data["currencies"])
    except ValidationError as error:
        found.add_errors(("currencies",), error.errors(include_url=False), None)
    return UNREADABLE


def _rules(kind: str, model: type[Rule], data: Mapping[str, Any], found: MistakeList) -> Any:
    """The rules of a kind, each as far as it can be read."""
    tables = data.get(kind, ())
    if not isinstance(tables, list | tuple):
        found.add((kind,), f"{kind} is not a list of tables", f"Write [[{kind}]] with two brackets")
        return UNREADABLE
    return tuple(_validated(model, table, (kind, position), found) for position, table in enumerate(tables))
