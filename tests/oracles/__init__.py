"""The slow, obvious meaning of nightgrid, kept forever beside the fast one.

Every module here uses the Python standard library only and imports nothing of nightgrid, so that a mistake
in the library cannot hide in its own judge. Readability comes before speed: dictionaries of nights, exact
fractions, one loop for one sentence of the rules.

- `nights`: civil dates at a hotel, weekdays, holidays
- `money`: rounding, shares that add up, currencies
- `rules`: which rule of a book applies to a product on a night
- `prices`: the price of a stay
- `pricebook`: the same by the second edition of the rule book, stage by stage
- `inventory`: rooms, holds, bookings and restrictions, put together from `grid`, `restrictions`, `holds`, `blocks`,
  `controls`, `requests`, `lifecycle`, `carts`, `window` and `questions`
- `records`: what a list of everything that happened says is held and sold
- `search`: the cheapest sellable product of every hotel, ranked
- `replay`: a file of bookings played again, day by day
- `booking_stream`: a made-up file of bookings for tests of the replay
"""
