"""Reads a Dockerfile far enough for our tests: instructions, with their lines joined."""

from collections.abc import Iterator
from pathlib import Path


def instructions(place: Path) -> Iterator[tuple[str, str]]:
    """Yield each instruction's name and text."""
    joined = ""
    for line in place.read_text("utf-8").splitlines():
        if line.lstrip().startswith("#") or (not line.strip() and not joined):
            continue
        joined += line.rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        name, _, text = joined.partition(" ")
        yield name.upper(), text.strip()
        joined = ""
