"""Random price books of the second edition, with the chain, the data and the guests that they need.

Everything drawn is plain data and valid by construction. Numbers are small and few, so that they meet: prices tie,
thresholds are reached exactly, promotions conflict, bands end where lead times lie. One generator serves two uses: with
`random.Random(seed)` it is a long list of cheap, repeatable worlds; `book_worlds()` and `asked()` let Hypothesis
choose, and so shrink what fails.

- `chains`: hotels, room types, plans, base prices and overrides as data
- `parts`: percents, amounts, dates, scopes, conditions
- `nights`, `stays`, `offers`, `charges`: the rules of each stage
- `books`: pipeline, rounding, and all of it together; `guests`: who asks
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.book_worlds.books import draw_book
from tests.book_worlds.chains import draw_base_prices, draw_chain, draw_overrides
from tests.book_worlds.guests import draw_stay
from tests.strategies import FIRST_NIGHT, HOLIDAYS, WINDOW_NIGHTS

Table = dict[str, Any]

__all__ = ["BookWorld", "asked", "book_worlds", "draw_stay", "draw_world"]

#: The calendars of the worlds; no make-up working day falls in their window.
CALENDARS = {**HOLIDAYS, **{f"{country}:workday": {} for country in HOLIDAYS}}


@dataclass(frozen=True)
class BookWorld:
    """A chain, a book for it, the data beside the book and the calendars, over the window of `tests.strategies`."""

    hotels: list[Table]
    room_types: list[Table]
    products: list[Table]
    book: Table
    base_prices: list[Table]
    price_overrides: list[Table]

    first_night = FIRST_NIGHT
    nights = WINDOW_NIGHTS
    holidays = CALENDARS

    def hotel(self, hotel_id: str) -> Table:
        """The hotel of an id."""
        return next(hotel for hotel in self.hotels if hotel["hotel_id"] == hotel_id)

    def full(self, product: Table) -> Table:
        """A product with the columns of its room type, as the oracle takes it."""
        return {**self._rows[product["hotel_id"], product["room_type_id"]], **product}

    @cached_property
    def _rows(self) -> dict[tuple[str, str], Table]:
        """The room types by their ids: the oracle is told all of them for each stay that it prices."""
        return {(row["hotel_id"], row["room_type_id"]): row for row in self.room_types}


def draw_world(rng: Random, kinds: tuple[str, ...] | None = None) -> BookWorld:
    """One world. `kinds` are the kinds of rules that its book may have; all where there are none."""
    hotels, room_types, products = draw_chain(rng)
    book = draw_book(rng, hotels, room_types, products, kinds)
    base_prices = draw_base_prices(rng, room_types, products)
    overrides = draw_overrides(rng, room_types, products)
    return BookWorld(hotels, room_types, products, book, base_prices, overrides)


def book_worlds(kinds: tuple[str, ...] | None = None) -> st.SearchStrategy[BookWorld]:
    """The same, drawn by Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda rng: draw_world(rng, kinds))


def asked(world: BookWorld) -> st.SearchStrategy[tuple[Table, Table]]:
    """(product, stay) of a guest, drawn by Hypothesis; the stay as `tests.oracles.pricebook.Stay` takes it."""
    return st.randoms(use_true_random=False).map(lambda rng: (rng.choice(world.products), draw_stay(rng, world.book)))
