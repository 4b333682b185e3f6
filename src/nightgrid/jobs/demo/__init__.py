"""The tour: a seeded chain searched, held, booked and repriced, with a report."""
