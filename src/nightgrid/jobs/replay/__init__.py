"""Past bookings run through hold, confirm and cancel of the engine."""
