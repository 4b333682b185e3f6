"""The verbs of holds and bookings, one by one, in carts and in batches. Each is one critical section."""
