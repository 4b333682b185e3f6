"""Tables that tell all of their mistakes at once.

pydantic stops at the keys that cannot be read: whatever compares a key with another one would wait until they are
mended. Here such checks run on a table of which a part is unreadable, too. A check is a method that yields problems; it
ends where it asks for a value that could not be read, because what it would find there nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import FunctionType, UnionType
from typing import Annotated, Any, ClassVar, Final, NoReturn, Self, TypeVar, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from nightgrid.pricing.fields import Problem

#: The type of an error that a check found, in pydantic's terms: what it is about could be read.
BETWEEN: Final = "rule_book_between"

#: With so many mistakes in one table nobody misses those between its keys.
ENOUGH: Final = 1_000
#: The context of a validation that only counts what cannot be read.
ROUGHLY: Final = {"roughly": True}
#: Where something is wrong, and whether it could not be read.
_Wrong = tuple[tuple[int | str, ...], bool]
_T = TypeVar("_T")
Check = Callable[[Any], Iterator[Problem]]


class UnreadableError(AttributeError):
    """A check asked for a value that could not be read."""


def _refuse(*_: object) -> NoReturn:
    raise UnreadableError("this value of the rule book could not be read")


class _Unreadable:
    """Stands in a list or table for an entry that could not be read. It can be counted, and nothing else."""


for _use in ("getattr", "eq", "ne", "lt", "le", "gt", "ge", "bool", "hash", "len", "iter", "getitem", "contains"):
    setattr(_Unreadable, f"__{_use}__", _refuse)
UNREADABLE: Final[Any] = _Unreadable()


def check(method: Check) -> Check:
    """Marks a method of a table that yields the problems between its keys; paths start at the table."""
    method.is_check = True  # type: ignore[attr-defined]
    return method


def known(entries: Iterable[_T], *names: str) -> list[_T]:
    """The entries that could be read, or of which these attributes could be."""
    return [each for _, each in each_known(entries, *names)]


def each_known(entries: Iterable[_T], *names: str) -> Iterator[tuple[int, _T]]:
    """Position and entry of those that could be read, or of which these attributes could be."""
    for position, each in enumerate(entries):
        if each is not UNREADABLE and all(hasattr(each, name) for name in names):
            yield position, each


def is_whole(value: Any) -> bool:
    """Whether nothing in it was unreadable."""
    if isinstance(value, tuple):
        return all(is_whole(each) for each in value)
    return value is not UNREADABLE and not getattr(value, "is_partial", False)


class Part(BaseModel):
    """Any table of the file: unknown keys are refused, values never change, all mistakes are found at once."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    checks: ClassVar[tuple[Check, ...]] = ()
    is_partial: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        members = [member for base in reversed(cls.__mro__) for member in vars(base).copy().values()]
        cls.checks = tuple(each for each in members if isinstance(each, FunctionType) and hasattr(each, "is_check"))

    @model_validator(mode="wrap")
    @classmethod
    def _judge(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if info.context is ROUGHLY:
            return handler(value)
        part: Self = judged(value, handler, cls, cls.checks)
        return part

    def gives(self, name: str) -> bool:
        """Whether the file gives this key a value, be it readable or not."""
        try:
            return getattr(self, name) not in (None, {}, ())
        except UnreadableError:
            return name in self.model_fields_set


def problems_of(value: Any, checks: Iterable[Check]) -> Iterator[Problem]:
    """What the checks find; each goes as far as it can read."""
    for each in checks:
        try:
            yield from each(value)
        except UnreadableError:
            continue


def judged(value: Any, handler: Callable[[Any], Any], kind: Any, checks: Iterable[Check]) -> Any:
    """What the handler reads; one ValidationError with all that it and the checks find. `kind`: the type it reads."""
    errors: list[ErrorDetails] = []
    try:
        read = handler(value)
    except ValidationError as error:
        if error.error_count() > ENOUGH:
            raise
        errors = found_in(error)
        read = readable(kind, value, errors)
    found = list(problems_of(read, checks))
    if errors or found:
        raise _refusal(errors, found, value)
    return read


def _refusal(errors: Iterable[ErrorDetails], found: Iterable[Problem], value: Any) -> ValidationError:
    again: list[InitErrorDetails] = []
    for error in errors:
        kind: Any = error["type"]
        context = error.get("ctx", {})
        if kind in ("rule_book", BETWEEN):
            kind, context = PydanticCustomError(kind, "{problem}. {fix}", context), {}
        again.append(InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=context))
    for path, problem, fix in found:
        between = PydanticCustomError(BETWEEN, "{problem}. {fix}", {"problem": problem, "fix": fix})
        again.append(InitErrorDetails(type=between, loc=path, input=value))
    return ValidationError.from_exception_data("rule book", again)


def readable(kind: Any, value: Any, errors: Iterable[ErrorDetails]) -> Any:
    """A value of this type as far as it can be read, given what pydantic found in it. The rest raises UnreadableError
    when it is asked for.

    Only for checks: it is no valid table. O(values), however many of them are wrong.
    """
    return _read((kind,), kind, value, [(error["loc"], error["type"] != BETWEEN) for error in errors])


def found_in(error: ValidationError) -> list[ErrorDetails]:
    """What pydantic found; but that a list is empty only where nothing stands in it, be it wrong."""
    errors = error.errors(include_url=False)
    if not any(each["type"] == "too_short" for each in errors):
        return errors
    above = {each["loc"][:depth] for each in errors for depth in range(len(each["loc"]))}
    return [each for each in errors if each["type"] != "too_short" or each["loc"] not in above]


@cache
def _partial(model: Any) -> Any:
    """The model, but a value that is not there raises UnreadableError."""
    content = {"__getattr__": _refuse, "is_partial": True, "__module__": __name__, "__doc__": model.__doc__}
    return type(model)(model.__name__, (model,), content, defer_build=True)


def _table(model: type[BaseModel], value: Mapping[str, Any], wrong: list[_Wrong]) -> Any:
    fields: dict[str, Any] = {}
    given: set[str] = set()
    inside = _by_first(wrong)
    for name, info in model.model_fields.items():
        spelled = next((key for key in (info.alias, name) if key is not None and key in value), None)
        if spelled is not None:
            given.add(name)
            fields[name] = _read((model, name), info.rebuild_annotation(), value[spelled], inside.get(spelled, []))
        elif not info.is_required():
            fields[name] = info.get_default(call_default_factory=True)
    part = object.__new__(_partial(model))
    values = {name: found for name, found in fields.items() if found is not UNREADABLE}
    for slot, content in (("dict", values), ("pydantic_fields_set", given)):
        object.__setattr__(part, f"__{slot}__", content)
    for slot in ("extra", "private"):
        object.__setattr__(part, f"__pydantic_{slot}__", None)
    return part


def _by_first(wrong: Iterable[_Wrong]) -> dict[int | str, list[_Wrong]]:
    """What is wrong in each entry."""
    inside: dict[int | str, list[_Wrong]] = {}
    for location, is_unreadable in wrong:
        if location:
            inside.setdefault(location[0], []).append((location[1:], is_unreadable))
    return inside


_ADAPTERS: Final[dict[tuple[object, ...], TypeAdapter[Any]]] = {}


def _read(key: tuple[object, ...], annotation: Any, value: Any, wrong: list[_Wrong]) -> Any:
    """A value of a field, with UNREADABLE for what is wrong in it. `key` names the annotation, which has no hash."""
    if not wrong:
        if key not in _ADAPTERS:
            _ADAPTERS[key] = TypeAdapter(annotation)
        return _ADAPTERS[key].validate_python(value)
    plain = _plain(annotation)
    if ((), True) in wrong:
        return UNREADABLE
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return _table(plain, value, wrong) if isinstance(value, Mapping) else UNREADABLE
    inside, inner = _by_first(wrong), get_args(plain)
    if isinstance(value, Mapping) and inner:
        there = {name: each for name, each in value.items() if (("[key]",), True) not in inside.get(name, [])}
        return {name: _read((*key, "of"), inner[-1], each, inside.get(name, [])) for name, each in there.items()}
    if isinstance(value, list | tuple) and inner:
        return tuple(_read((*key, "of"), inner[0], each, inside.get(at, [])) for at, each in enumerate(value))
    return UNREADABLE


def _plain(annotation: Any) -> Any:
    """The type inside Annotated[...] and ... | None."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType) and type(None) in get_args(annotation):
            annotation = next(each for each in get_args(annotation) if each is not type(None))
        else:
            return annotation
