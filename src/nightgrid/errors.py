"""Every error a caller can meet, in one screen.

Each class also subclasses the builtin that a caller would already catch. A message names the place
(argument, file, table, row), the value that was given, what is allowed, and what to do.
Expected business results (sold out, closed, ...) are `Outcome` values in bulk calls; single calls
raise `Refused`, which carries the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nightgrid.outcomes import Outcome


class NightgridError(Exception):
    """Base of everything this library raises on purpose."""


class InputError(NightgridError, ValueError):
    """A value is outside what is allowed. Nothing was changed."""


class InputTypeError(NightgridError, TypeError):
    """A value has the wrong type (a float where money is meant, a datetime where a date is)."""


class UnknownIdError(NightgridError, KeyError):
    """A hotel, room type, plan, tier or hold that is not in the catalogue or store."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0]) if self.args else ""


class CatalogError(InputError):
    """A catalogue frame or file cannot be used; names the frame, the row, the column and the fix."""


class CapacityError(NightgridError, RuntimeError):
    """A fixed-size part of the store is full (hold slots, restriction profiles); says how to enlarge it."""


class IntegrityError(NightgridError, RuntimeError):
    """Two computations that must agree do not. A defect in nightgrid, never a caller's mistake."""


class VersionGoneError(UnknownIdError):
    """A price version that is not kept any more; names those that are, and what to do."""


class PastFillError(InputError):
    """House fill of a past instant is not known any more, so a price that depended on it is not; says what is known."""


class Refused(NightgridError):
    """A single call was refused for a business reason. Nothing was changed.

    `outcome` says why, `night` is the first night (ISO date) that failed, where one did, `line` the line of a cart.
    """

    def __init__(self, outcome: Outcome, message: str, night: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.night = night
        self.line = line


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a rule book: where it is, what is wrong, and how to mend it."""

    place: str
    problem: str
    fix: str
    line: int | None = None
    path: tuple[str | int, ...] = field(default=(), compare=False, repr=False)  # keys from the top of the book

    def __str__(self) -> str:
        where = f"line {self.line}, {self.place}" if self.line else self.place
        return f"{where}: {self.problem}. {self.fix}"


class RuleBookError(InputError):
    """A rule book has mistakes; all of them are listed at once in `mistakes`."""

    def __init__(self, source: str, mistakes: list[Mistake]) -> None:
        self.source = source
        self.mistakes = mistakes
        count = f"{len(mistakes)} mistake{'s' if len(mistakes) != 1 else ''}"
        super().__init__(f"{source}: {count}\n" + "\n".join(f"  {m}" for m in mistakes))
