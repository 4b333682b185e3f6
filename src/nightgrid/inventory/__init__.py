"""Availability: rooms per room type and night, holds and bookings, restrictions. Arrays in, arrays out."""
