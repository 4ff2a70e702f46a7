"""The short code as it is printed."""

from typing import Final

GROUP_CHARACTERS: Final = 4
"""The short code is printed in groups of this many characters."""


def printed_short_code(code: str) -> str:
    """Return the short code as it is printed, in groups joined by hyphens."""
    groups = range(0, len(code), GROUP_CHARACTERS)
    return "-".join(code[at : at + GROUP_CHARACTERS] for at in groups)
