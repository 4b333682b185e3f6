"""Search: stay queries, ranking, calendars, and the price matrices they read."""
