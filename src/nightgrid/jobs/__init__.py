"""Jobs that use the whole library: the demo chain, the demo, the replay of real bookings, pictures."""
