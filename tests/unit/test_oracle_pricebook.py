"""The oracle of the second edition: it keeps the first edition, and some laws that no reading may break."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests import strategies as worlds
from tests.oracles import pricebook, prices
from tests.oracles.pricebook import Data, Stay


@given(worlds.catalogues(), st.data())
def test_books_of_the_first_edition_give_the_prices_of_the_first_edition(catalogue, data):
    book = data.draw(worlds.books(catalogue))
    product = data.draw(st.sampled_from(catalogue["products"]))
    hotel = next(hotel for hotel in catalogue["hotels"] if hotel["hotel_id"] == product["hotel_id"])
    stay = Stay(
        arrival=data.draw(st.sampled_from(worlds.WINDOW)),
        nights=data.draw(st.integers(1, 15)),
        lead_days=data.draw(st.sampled_from([0, 1, 7, 30, 1_000, 1_400])),
        tier=data.draw(st.sampled_from(book["book"]["tiers"])),
    )
    first = prices.price_stay(
        book, hotel, product, stay.arrival, stay.nights, stay.lead_days, stay.tier, worlds.HOLIDAYS
    )

    second = pricebook.price(book, hotel, product, stay, Data(holidays=worlds.HOLIDAYS))

    assert second.outcome == "OK"
    assert second.total_minor == second.net_minor == second.payable_minor == first.total_minor
    assert second.nights_minor == first.nights_minor
