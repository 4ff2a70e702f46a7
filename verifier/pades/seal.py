"""The seals' picture is ink: red, multiplied with the page, so that what is below stays readable.

The picture of an annotation lies above the page, where no reader of text looks. In any other colour
it could cover words, and write others over them. What its red lines are, nobody reads: a seal is a
picture, and what counts is the signature under it.

Standard: ISO 32000-1, 11.3.5 (blend modes) and 12.5.5 (appearance streams).
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pikepdf

from verifier.pades.objects import refuse

REDS: Final = ((0.95, 0.10, 0.11), (0.8, 0.07, 0.09))
"""Of all templates, and of the first."""
MAX_FORMS: Final = 64

_TOKEN: Final = re.compile(rb"[^\s]+")
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_NAME: Final = re.compile(rb"/[A-Za-z0-9]{1,16}")
_PATHS: Final = frozenset((b"m", b"l", b"c", b"v", b"y", b"h", b"re", b"n"))
_PAINTS: Final = frozenset((b"f", b"f*", b"B", b"B*", b"b", b"b*", b"s", b"S"))
_PENS: Final = frozenset((b"w", b"j", b"J", b"M", b"cm"))
_COLOURS: Final = frozenset((b"RG", b"rg"))


def check_seal(picture: pikepdf.Object) -> None:
    """Refuse a picture of the seals that is no ink.

    Args:
        picture: The appearance stream of the signature field, held against its kind before.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE.
    """
    todo, seen, painted = [picture], set(), False
    while todo:
        form = todo.pop()
        if form.objgen in seen:
            continue
        seen.add(form.objgen)
        if len(seen) > MAX_FORMS:
            raise refuse("a seal of too many parts")
        followed = _follow(form.read_bytes())
        painted |= followed.paints
        todo += [form.Resources.XObject[name] for name in followed.drawn]
    if not painted:
        raise refuse("a seal that shows nothing")


# The seals of an authority are the same on all its licences.
@lru_cache(maxsize=64)
def _follow(content: bytes) -> "_Form":
    followed = _Form()
    followed.follow(content)
    return followed


@dataclass(slots=True)
class _Form:
    """One form, followed operator by operator; ink is on once a graphics state was chosen."""

    drawn: list[str] = field(default_factory=list)
    paints: bool = False
    _inked: bool = False
    _kept: list[bool] = field(default_factory=list)

    def follow(self, content: bytes) -> None:
        """Follow all operators."""
        operands: list[bytes] = []
        for token in _TOKEN.findall(content):
            if _NUMBER.fullmatch(token) or _NAME.fullmatch(token):
                operands.append(token)
                continue
            if token == b"Do" and len(operands) == 1:
                self.drawn.append(operands[0].decode("ascii"))
            elif token in _COLOURS:
                _check_colour(operands)
            else:
                self._step(token)
            operands.clear()

    def _step(self, token: bytes) -> None:
        if token == b"gs":
            # Every graphics state of our files multiplies; see the kind `state`.
            self._inked = True
        elif token == b"q":
            self._kept.append(self._inked)
        elif token == b"Q" and self._kept:
            self._inked = self._kept.pop()
        elif token in _PAINTS and self._inked:
            self.paints = True
        elif token not in _PATHS | _PENS:
            raise refuse("a seal that is drawn by other means than ink")


def _check_colour(operands: list[bytes]) -> None:
    if tuple(float(each) for each in operands) not in REDS:
        raise refuse("a seal of another colour")
