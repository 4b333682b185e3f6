"""Prices: the rule book that people write, its dense tables, and the explanation of every amount."""

from nightgrid.pricing.compile import CompiledBook, compile_book
from nightgrid.pricing.model import Policy, RuleBook
from nightgrid.pricing.parse import book_schema, load_book

__all__ = ["CompiledBook", "Policy", "RuleBook", "book_schema", "compile_book", "load_book"]
