"""What a page's program has set so far.

Standard: ISO 32000-1, 8.4 (graphics state), 9.3 (text state).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from verifier.pades.seen_fonts import PageFont
from verifier.pades.seen_shapes import FARTHEST, IDENTITY, Matrix, Shape, luminance
from verifier.pades.seen_sheet import refusal

Operands = Any
"""Operands of an operator: pikepdf has no types for them."""

NUMBERS: Final = (int, Decimal)
PATTERN: Final = 0
"""Numbers of a colour that is a pattern."""
SPACES: Final[Mapping[str, int]] = MappingProxyType(
    {"/DeviceGray": 1, "/DeviceRGB": 3, "/Pattern": PATTERN}
)
"""Numbers of a colour in each space that our files have."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What areas, or lines, are painted with.

    Args:
        ink: Its luminance; of a pattern that of paper.
        parts: Numbers that a colour has now.
        red: Its luminance, where it is the red of seals.
        is_pattern: Whether it is not one colour, but a pattern.
        pattern: Which.
    """

    ink: float = 0.0
    parts: int = 1
    red: float | None = None
    is_pattern: bool = False
    pattern: Any = None


BLACK: Final = Paint()
KEPT_PAINTS: Final = 256
"""Colours that are kept; a template has a dozen, and sets them a hundred times."""


@lru_cache(maxsize=KEPT_PAINTS)
def coloured(colour: tuple[float, ...], parts: int) -> Paint:
    """Return a plain colour."""
    return Paint(luminance(colour), parts)


@lru_cache(maxsize=KEPT_PAINTS)
def beginning(parts: int) -> Paint:
    """Return what a space of colours begins with."""
    return Paint(parts=parts, is_pattern=parts == PATTERN)


@dataclass(slots=True)
class State:
    """What `q` saves."""

    matrix: Matrix = IDENTITY
    area: Paint = BLACK
    line: Paint = BLACK
    pen: float = 1.0
    mitre: float = 10.0
    join: int = 0
    clips: tuple[Shape, ...] = ()
    stamps: bool = False
    """Whether what is painted is multiplied with what is below, as the ink of a stamp is."""
    bold: bool = False
    """Whether text has a line around it. This stays from one text to the next."""

    def copy(self) -> "State":
        """Return another one; paints are never changed, only replaced."""
        # Not `dataclasses.replace`: there are a hundred of these on a page (3 % of reading it).
        return State(
            self.matrix, self.area, self.line, self.pen, self.mitre, self.join, self.clips,
            self.stamps, self.bold,
        )  # fmt: skip


@dataclass(slots=True)
class Text:
    """State between `BT` and `ET`."""

    font: PageFont | None = None
    size: float = 0.0
    matrix: Matrix = IDENTITY


def number(given: object) -> float:
    """Return a number; what is none, true and false among it, is refused."""
    if isinstance(given, bool) or not isinstance(given, NUMBERS):
        raise refusal("a number is missing in a page's program")
    found = float(given)
    if not -FARTHEST < found < FARTHEST:
        raise refusal("a number is out of all bounds")
    return found


def places(given: Operands) -> list[float]:
    """Return the numbers of a path's operator."""
    found = [*map(float, given)]
    if sum(map(abs, found)) >= FARTHEST:
        raise refusal("a number is out of all bounds")
    return found
