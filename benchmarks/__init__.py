"""Benchmarks: one question a file, rivals that give the same answer, figures as JSON. Run `make bench` or `python -m
benchmarks`.
"""
