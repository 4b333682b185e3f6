"""The whole book: its header, its currencies, its rules, its digest."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nightgrid.pricing.checks import book_problems
from nightgrid.pricing.fields import mistake
from nightgrid.pricing.model.tables import BookTables


class RuleBook(BookTables):
    """A whole book. `digest` names its content: equal books have equal digests, whatever they were written in."""

    @model_validator(mode="after")
    def _check_book(self) -> Self:
        found = book_problems(self)
        if found:
            raise mistake("; ".join(each.problem for each in found), found[0].fix)
        return self
