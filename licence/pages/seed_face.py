"""The scope on a face of one sheet: as many items as surely fit; the duplicate has all of them.

What fits is counted here and not measured by the template, for signer and verifier must come to
the same words without a font. The count errs on the side of too few.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from licence.domain.model import Draft, Industry, Scale, ScopeItem
from licence.pages.blocks import Subject, scope_lines, scope_table
from licence.pages.plan import Block, Line

_TOKEN: Final = re.compile(r"[!-~]{1,24}|.", re.DOTALL)
_PUSHED: Final = 1.0
"""A mark that must not begin a line takes the character before it along."""


@dataclass(frozen=True, slots=True)
class Room:
    """Room for the scope; widths in full-width characters, Latin ones count half.

    Attributes:
        lines: How many there are, the sentence about the rest among them. Two more lines of the
            box stay empty, as the form demands.
        item: Width of a line of the list.
        cells: Widths of name, amount and category in the table.
    """

    lines: int
    item: float
    cells: tuple[float, float, float]


ROOMS: Final[Mapping[Scale, Room]] = MappingProxyType(
    {
        Scale.LEGIBLE: Room(10, 30.0, (12.0, 6.0, 5.0)),
        Scale.STRICT: Room(16, 44.0, (20.0, 9.0, 8.5)),
    }
)
"""Of `seed-a3/1` and `seed-a4/1`, whose proportions are the same."""


def face_scope(subject: Subject) -> Block:
    """The items that fit: of chemicals as a table, else as a list without numbers."""
    items = subject.draft.scope[: _fitting(subject.draft)]
    if _is_table(subject.draft):
        return scope_table(items)
    lines = (line for place, item in enumerate(items) for line in scope_lines(place, item))
    return Block("scope", tuple(lines), heading="许可范围")


def face_scope_rest(subject: Subject) -> Block:
    """How many more the duplicate has."""
    rest = len(subject.draft.scope) - _fitting(subject.draft)
    lines = (Line("scope.more", "", f"其余{rest}项见副本"),) if rest else ()
    return Block("scope-more", lines)


def _is_table(draft: Draft) -> bool:
    """Say whether there is a table: for chemicals, unless not even its first row would fit."""
    room = ROOMS[draft.page.scale]
    fits = _row_height(draft.scope[0], room) <= room.lines - 2
    return draft.industry is Industry.HAZARDOUS_CHEMICALS and fits


def _fitting(draft: Draft) -> int:
    room = ROOMS[draft.page.scale]
    table = _is_table(draft)
    left = [room.lines - 1 if table else room.lines]
    for item in draft.scope:
        left.append(left[-1] - (_row_height(item, room) if table else _item_height(item, room)))
    if left[-1] >= 0:
        return len(draft.scope)
    return sum(each >= 1 for each in left[1:])


def _item_height(item: ScopeItem, room: Room) -> int:
    text = "".join(line.value for line in scope_lines(0, item))
    return _height(text, room.item)


def _row_height(item: ScopeItem, room: Room) -> int:
    cells = (item.name, f"{item.capacity or ''}{item.unit or ''}", item.category or "")
    return max(_height(cell, width) for cell, width in zip(cells, room.cells, strict=True))


def _height(text: str, width: float) -> int:
    """Return the lines that a text takes at most; a Latin word is not broken."""
    count, at = 1, 0.0
    for token in _TOKEN.findall(text):
        needs = sum(0.5 if char.isascii() else 1.0 for char in token)
        if at + needs > width - _PUSHED:
            # What is wider than a line is broken, and may begin on the line it stands on.
            count, at = count + max(1, -int(-needs // width)), 0.0
        at += needs % width
    return count
