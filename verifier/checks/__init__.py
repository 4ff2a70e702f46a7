"""The numbered checks of a verification, each a pure function of values: no clock, no network.

A check returns its result and what it found out; the next checks need that. What it cannot decide
is `indeterminate`, never `passed`.

Standard: DESIGN 4.
"""
