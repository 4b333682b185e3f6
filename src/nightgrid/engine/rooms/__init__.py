"""The room side of the façade: holds and bookings, carts, selling controls, restrictions, upkeep."""
