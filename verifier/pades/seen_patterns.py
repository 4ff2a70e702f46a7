"""How dark a pattern is that is laid under a page.

The patterns of our files have tens of thousands of lines, so they are not followed as a page is.
What is asked is whether black words could vanish on one: which inks it has, from the program of
each of its forms, operator by operator.

Standard: ISO 32000-1, 8.7.3 (tiling patterns).
"""

import re
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pikepdf

from verifier.pades.seen_shapes import PAPER, luminance
from verifier.pades.seen_sheet import refusal

LIGHT: Final = 0.1
"""Inks from this luminance on leave black words readable wherever they lie."""
MAX_FORMS: Final = 256

_TOKEN: Final = re.compile(rb"[^\s]+")
_NAME: Final = re.compile(rb"/[A-Za-z0-9]{1,32}")
_FILLS: Final = frozenset((b"f", b"f*", b"B", b"B*"))
_STROKES: Final = frozenset((b"S", b"s", b"B", b"B*"))
_OTHERS: Final = frozenset(
    (b"m", b"l", b"c", b"h", b"re", b"n", b"w", b"j", b"J", b"M", b"cm", b"W", b"W*")
)
_COLOURS: Final = frozenset((b"rg", b"RG"))
BLACK: Final = 0.0
"""Of what no colour was chosen for."""

Inks = tuple[float | None, float | None]
"""Luminance of what fills and of what strokes; None for that of the form's caller."""


@dataclass(slots=True)
class _Program:
    """What one form paints with, and which forms it draws with which inks."""

    drawn: list[tuple[str, Inks]] = field(default_factory=list)
    fills_bare: bool = False
    strokes_bare: bool = False
    darkest: float = PAPER


def darkness(form: pikepdf.Object, fill: float = BLACK, stroke: float = BLACK) -> float:
    """Return the luminance of the darkest ink of a pattern, or that of paper if all are light.

    Args:
        form: The pattern, or one of its forms.
        fill: What areas are filled with before it says a colour.
        stroke: The same for lines.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH, when it is drawn by other means than ours.
    """
    todo: list[tuple[pikepdf.Object, float, float]] = [(form, fill, stroke)]
    seen: set[tuple[tuple[int, int], float, float]] = set()
    darkest = PAPER
    while todo:
        form, fill, stroke = todo.pop()
        key = (form.objgen, fill, stroke)
        if key in seen:
            continue
        seen.add(key)
        if len(seen) > MAX_FORMS:
            raise refusal("a pattern of too many parts")
        program = _follow(form.read_raw_bytes(), "/Filter" in form)
        darkest = min(
            darkest,
            program.darkest,
            fill if program.fills_bare else PAPER,
            stroke if program.strokes_bare else PAPER,
        )
        for name, (its_fill, its_stroke) in program.drawn:
            inner = form.Resources.XObject[name]
            todo.append(
                (
                    inner,
                    fill if its_fill is None else its_fill,
                    stroke if its_stroke is None else its_stroke,
                )
            )
    return PAPER if darkest >= LIGHT else darkest


# Many parts are the same on all licences of an authority.
@lru_cache(maxsize=256)
def _follow(raw: bytes, packed: bool) -> _Program:  # noqa: FBT001 - of a cached function
    # How large it may unpack was looked at by the gate on parsed objects.
    content = zlib.decompress(raw) if packed else raw
    program = _Program()
    inks: Inks = (None, None)
    kept: list[Inks] = []
    operands: list[bytes] = []
    for token in _TOKEN.findall(content):
        if token[0] in b"0123456789.-+" or _NAME.fullmatch(token):
            operands.append(token)
            continue
        if token in _COLOURS:
            ink = luminance(tuple(map(float, operands))) if len(operands) == 3 else BLACK  # noqa: PLR2004
            inks = (ink, inks[1]) if token == b"rg" else (inks[0], ink)
        elif token == b"q":
            kept.append(inks)
        elif token == b"Q" and kept:
            inks = kept.pop()
        elif token == b"Do" and len(operands) == 1:
            program.drawn.append((operands[0].decode("ascii"), inks))
        else:
            _paint(program, token, inks)
        operands.clear()
    return program


def _paint(program: _Program, token: bytes, inks: Inks) -> None:
    fill, stroke = inks
    if token in _FILLS:
        program.fills_bare |= fill is None
        program.darkest = min(program.darkest, PAPER if fill is None else fill)
    if token in _STROKES:
        program.strokes_bare |= stroke is None
        program.darkest = min(program.darkest, PAPER if stroke is None else stroke)
    if token not in _FILLS | _STROKES | _OTHERS:
        raise refusal("a pattern is drawn by other means than ours")
