"""Prices of full pipelines: a stay's plan of exact steps, and the nights that they begin with."""
