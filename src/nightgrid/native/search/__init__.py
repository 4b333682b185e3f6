"""Search, calendars and runs of free nights: what is read of rooms and prices together."""
