"""Benchmarks: paired, in turn, medians. Run with `python -m bench`."""
