"""Prices that are a product of factors: one definition for quote, search and cube."""
