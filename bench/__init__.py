"""Benchmarks: one command each; `python -m bench` runs all and prints a table."""
