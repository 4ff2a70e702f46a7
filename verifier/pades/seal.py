"""The seals' picture is ink: red, multiplied with the page, so that what is below stays readable.

The picture of an annotation lies above the page, where no reader of text looks. In any other colour
it could cover words, and write others over them. What its red lines are, nobody reads: a seal is a
picture, and what counts is the signature under it.

Standard: ISO 32000-1, 11.3.5 (blend modes) and 12.5.5 (appearance streams).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pikepdf

from verifier.pades.objects import refuse
from verifier.pades.seen_shapes import IDENTITY, Matrix, Point, matrix_of, moved, times

REDS: Final = ((0.95, 0.10, 0.11), (0.8, 0.07, 0.09))
"""Of all templates, and of the first."""
MAX_FORMS: Final = 64
MAX_INK: Final = 1.0
"""How often the field may be painted over, all in all: red multiplied ten times is black."""

_TOKEN: Final = re.compile(rb"[^\s]+")
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_NAME: Final = re.compile(rb"/[A-Za-z0-9]{1,16}")
_POINTS: Final = frozenset((b"m", b"l", b"c", b"v", b"y"))
_FILLS: Final = frozenset((b"f", b"f*", b"B", b"B*", b"b", b"b*"))
_STROKES: Final = frozenset((b"B", b"B*", b"b", b"b*", b"s", b"S"))
_STATES: Final = frozenset((b"q", b"Q", b"cm", b"w", b"rg", b"RG"))
_OTHERS: Final = frozenset((b"h", b"j", b"J", b"M"))

Chosen = tuple[bool, bool]
"""Whether a colour was chosen for areas, and for lines."""


def check_seal(picture: pikepdf.Object) -> None:
    """Refuse a picture of the seals that is no ink.

    Args:
        picture: The appearance stream of the signature field, held against its kind before.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE.
    """
    start: tuple[pikepdf.Object, Chosen, float] = (picture, (False, False), 1.0)
    todo, left, painted, ink = [start], MAX_FORMS, False, 0.0
    while todo:
        form, chosen, size = todo.pop()
        left -= 1
        if not left:
            raise refuse("a seal of too many parts")
        followed = _follow(form.read_bytes())
        painted |= followed.paints
        ink += followed.area * size
        if any(used and not was for used, was in zip(followed.bare, chosen, strict=True)):
            raise refuse("a seal of another colour")
        for name, its, scale in followed.drawn:
            both = (chosen[0] or its[0], chosen[1] or its[1])
            todo.append((form.Resources.XObject[name], both, size * scale))
    if not painted:
        raise refuse("a seal that shows nothing")
    x1, y1, x2, y2 = (float(each) for each in picture.BBox)
    if not ink <= MAX_INK * abs((x2 - x1) * (y2 - y1)):
        raise refuse("a seal that is painted over and over")


# The seals of an authority are the same on all its licences.
@lru_cache(maxsize=64)
def _follow(content: bytes) -> "_Form":
    followed = _Form()
    followed.follow(content)
    return followed


@dataclass(slots=True)
class _State:
    """What `q` saves: ink is on once a graphics state was chosen."""

    inked: bool = False
    chosen: Chosen = (False, False)
    matrix: Matrix = IDENTITY
    pen: float = 1.0

    def scale(self) -> float:
        """Return how much larger areas are drawn."""
        a, b, c, d = self.matrix[:4]
        return abs(a * d - b * c)


@dataclass(slots=True)
class _Form:
    """One form, followed operator by operator.

    Attributes:
        drawn: Forms that it draws: the name, which colours were chosen, how much larger.
        paints: Whether it paints anything.
        bare: Whether it fills, or draws lines, before it chooses a colour.
        area: How much it paints, in its own units; of an area the box around it.
    """

    drawn: list[tuple[str, Chosen, float]] = field(default_factory=list)
    paints: bool = False
    bare: Chosen = (False, False)
    area: float = 0.0
    _state: _State = field(default_factory=_State)
    _kept: list[_State] = field(default_factory=list)
    _paths: list[list[Point]] = field(default_factory=list)

    def follow(self, content: bytes) -> None:
        """Follow all operators."""
        operands: list[bytes] = []
        for token in _TOKEN.findall(content):
            if _NUMBER.fullmatch(token) or _NAME.fullmatch(token):
                operands.append(token)
                continue
            if token == b"Do" and len(operands) == 1:
                name, state = operands[0].decode("ascii"), self._state
                self.drawn.append((name, state.chosen, state.scale()))
            elif token == b"gs":
                # Every graphics state of our files multiplies; see the kind `state`.
                self._state.inked = True
            elif any(each.startswith(b"/") for each in operands):
                raise refuse("a seal that is drawn by other means than ink")
            else:
                self._step(token, tuple(map(float, operands)))
            operands.clear()

    def _step(self, token: bytes, given: tuple[float, ...]) -> None:
        if token in _STATES:
            self._set(token, given)
        elif token in _POINTS or token == b"re":
            self._extend(token, given)
        elif token in _FILLS | _STROKES and self._state.inked:
            self._paint(token)
        elif token == b"n":
            self._paths = []
        elif token not in _OTHERS:
            raise refuse("a seal that is drawn by other means than ink")

    def _set(self, token: bytes, given: tuple[float, ...]) -> None:
        state = self._state
        if token == b"q":
            self._kept.append(_State(state.inked, state.chosen, state.matrix, state.pen))
        elif token == b"Q":
            self._state = self._kept.pop()
        elif token == b"cm":
            state.matrix = times(matrix_of(given), state.matrix)
        elif token == b"w":
            (pen,) = given
            state.pen = abs(pen)
        elif given not in REDS:
            raise refuse("a seal of another colour")
        else:
            fill, line = state.chosen
            state.chosen = (True, line) if token == b"rg" else (fill, True)

    def _extend(self, token: bytes, given: tuple[float, ...]) -> None:
        points = list(zip(given[::2], given[1::2], strict=True))
        if token == b"re":
            (x, y), (width, height) = points
            points = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        placed = [moved(self._state.matrix, *point) for point in points]
        if token in (b"m", b"re"):
            self._paths.append(placed)
        else:
            self._paths[-1].extend(placed)

    def _paint(self, token: bytes) -> None:
        state, fills, strokes = self._state, token in _FILLS, token in _STROKES
        self.paints = True
        fill, line = self.bare
        self.bare = (
            fill or (fills and not state.chosen[0]),
            line or (strokes and not state.chosen[1]),
        )
        if fills:
            self.area += _box(self._paths)
        if strokes:
            self.area += sum(map(_length, self._paths)) * state.pen * math.sqrt(state.scale())
        self._paths = []


def _box(paths: Sequence[Sequence[Point]]) -> float:
    across = [x for path in paths for x, _ in path]
    up = [y for path in paths for _, y in path]
    return (max(across) - min(across)) * (max(up) - min(up)) if across else 0.0


def _length(path: Sequence[Point]) -> float:
    return sum(map(math.dist, path, path[1:]))
