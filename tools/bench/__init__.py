"""Measures what DESIGN 7 sets as goals: `python -m tools.bench [COUNT]`."""
