"""Read a template's `layout.json`: what the signer draws under the pages that Typst has made.

    {"sections": {"face": {"page_mm": [210, 297], "qr_mm": 30, "clear": [[24, 238, 30, 30]],
      "layers": [{"draw": "watermark", "words": "安全生产", "size": 8, "colour": "#EEF0F2"}],
      "seals": [{"what": "authority", "left": 96, "top": 229, "diameter": 42}]}}}

One entry in `sections` for each kind of section that the template prints. Everything is in
millimetres from the upper left corner of the page; colours are `#RRGGBB`. Layers are drawn in their
order, under what Typst drew: a filled box of the template hides them, so a tinted zone is a `fill`
layer here. `clear` names rectangles (left, top, width, height) of a section's first page that no
layer touches: the look-up code with its quiet zone. A layer with `"on": "first"` is left out on
continuation pages. Seals are stamped on the first page of the section. Unknown keys are refused.

Each layer below is written with the names of its fields, a `box` as left, top, width and height.
`lines` of a frame: distance from the edge of the page, width of the line; `lines` of microtext:
left, top, width; `around`: distances from the edge of the page.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code

FILE: Final = "layout.json"


class SealWhat(StrEnum):
    """公章 (name and star) or 安全生产许可证专用章."""

    AUTHORITY = "authority"
    SPECIAL = "special"


_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_MAX_MM: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in mm from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Fill:
    """`fill`: one tinted rectangle."""

    box: Box
    colour: int


@dataclass(frozen=True, slots=True)
class Frame:
    """`frame`: plain rectangles around the page."""

    lines: tuple[tuple[float, float], ...]
    colour: int


@dataclass(frozen=True, slots=True)
class Band:
    """`band`: interlaced strands around the page, `inset` to their middle, with corner rosettes."""

    inset: float
    height: float
    colours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Guilloche:
    """`guilloche`: a rectangle full of fine waves."""

    box: Box
    colour: int


@dataclass(frozen=True, slots=True)
class Rosette:
    """`rosette`: rings of fine curves around `x`, `y`."""

    x: float
    y: float
    radius: float
    colours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Watermark:
    """`watermark`: words tiled over the page at 30 degrees; `size` of a character."""

    words: str
    size: float
    colour: int


@dataclass(frozen=True, slots=True)
class Names:
    """`names`: the enterprise's name at `count` places of the rectangle that the digest chooses."""

    box: Box
    size: float
    count: int
    colour: int


@dataclass(frozen=True, slots=True)
class Microtext:
    """`microtext`: the licence number, 0.2 mm high, again and again."""

    lines: tuple[tuple[float, float, float], ...]
    around: tuple[float, ...]
    colour: int


@dataclass(frozen=True, slots=True)
class Shield:
    """`shield`: the 盾牌, `width` wide and 1.2 times as high."""

    left: float
    top: float
    width: float
    colour: int


@dataclass(frozen=True, slots=True)
class Sample:
    """`sample`: 样本 SAMPLE across the page, drawn for samples and previews only."""

    colour: int


_PREVIEW: Final = Sample(0xFBE4E4)

Layer = Fill | Frame | Band | Guilloche | Rosette | Watermark | Names | Microtext | Shield | Sample


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer, and whether it is for the first page of the section only."""

    layer: Layer
    first_only: bool


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where a seal is stamped."""

    what: SealWhat
    left: float
    top: float
    diameter: float


@dataclass(frozen=True, slots=True)
class SectionLayout:
    """How the pages of one kind of section are printed.

    Attributes:
        width: Of the page, in mm.
        height: Of the page, in mm.
        qr_mm: Side of the look-up code; for the template.
        clear: Rectangles of the first page that no layer touches.
        layers: In drawing order.
        seals: On the first page.
    """

    width: float
    height: float
    qr_mm: float
    clear: tuple[Box, ...]
    layers: tuple[Placed, ...]
    seals: tuple[SealPlace, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """All kinds of sections of a template."""

    sections: Mapping[str, SectionLayout]

    def with_sample(self) -> "Layout":
        """Return the same with a `sample` layer in every section, for previews."""
        return Layout({kind: _with_sample(entry) for kind, entry in self.sections.items()})

    def of(self, kind: str) -> SectionLayout:
        """Return the layout of a kind of section.

        Raises:
            AnzhengError: RENDER_FAILED.
        """
        found = self.sections.get(kind)
        if found is None:
            raise AnzhengError(Code.RENDER_FAILED, f"{FILE} has no such section", section=kind)
        return found


def _with_sample(section: SectionLayout) -> SectionLayout:
    if any(isinstance(each.layer, Sample) for each in section.layers):
        return section
    return replace(section, layers=(*section.layers, Placed(_PREVIEW, first_only=False)))


@lru_cache(maxsize=32)
def read_layout(folder: Path) -> Layout:
    """Read the `layout.json` of a template's folder.

    Raises:
        AnzhengError: RENDER_FAILED, when it is not what the head of this module says.
    """
    try:
        return parse_layout((folder / FILE).read_bytes())
    except OSError as error:
        raise AnzhengError(Code.RENDER_FAILED, f"{FILE} cannot be read") from error


def parse_layout(data: bytes) -> Layout:
    """Parse a `layout.json`.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    try:
        root = json.loads(data)
        _only(root, {"sections"}, set())
        return Layout({kind: _section(entry) for kind, entry in root["sections"].items()})
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise AnzhengError(Code.RENDER_FAILED, f"{FILE} is wrong: {error}") from error


def _section(entry: Mapping[str, object]) -> SectionLayout:
    _only(entry, {"page_mm"}, {"qr_mm", "clear", "layers", "seals"})
    width, height = _numbers(entry["page_mm"], 2)
    return SectionLayout(
        width=width,
        height=height,
        qr_mm=_number(entry.get("qr_mm", 0)),
        clear=tuple(Box(*_numbers(each, 4)) for each in _list(entry.get("clear", []))),
        layers=tuple(_placed(each) for each in _list(entry.get("layers", []))),
        seals=tuple(_seal(each) for each in _list(entry.get("seals", []))),
    )


def _seal(entry: object) -> SealPlace:
    keys = _only(entry, {"what", "left", "top", "diameter"}, set())
    what = SealWhat(str(keys["what"]))
    return SealPlace(what, *(_number(keys[key]) for key in ("left", "top", "diameter")))


_DRAWN: Final[Mapping[str, type[Layer]]] = {
    "fill": Fill,
    "frame": Frame,
    "band": Band,
    "guilloche": Guilloche,
    "rosette": Rosette,
    "watermark": Watermark,
    "names": Names,
    "microtext": Microtext,
    "shield": Shield,
    "sample": Sample,
}
_BOX: Final = ("left", "top", "width", "height")
_EMPTY_ALLOWED: Final = ("lines", "around")


def _placed(entry: object) -> Placed:
    keys = dict(_only(entry, {"draw"}, None))
    draw, on = keys.pop("draw"), keys.pop("on", "every")
    if draw not in _DRAWN or on not in ("first", "every"):
        raise ValueError(f"no such layer: {draw} on {on}")
    made = _DRAWN[str(draw)]
    values: dict[str, object] = {}
    for field in fields(made):
        if field.name == "box":
            values["box"] = Box(*(_number(keys.pop(side)) for side in _BOX))
        elif made is Microtext and field.name in _EMPTY_ALLOWED:
            values[field.name] = _READ[made, field.name](keys.pop(field.name, []))
        else:
            read = _READ.get((made, field.name)) or _READ_ANY[field.name]
            values[field.name] = read(keys.pop(field.name))
    if keys:
        raise ValueError(f"unknown in {draw}: {', '.join(keys)}")
    return Placed(made(**values), on == "first")  # type: ignore[arg-type]


def _only(value: object, needed: set[str], more: set[str] | None) -> Mapping[str, object]:
    if not isinstance(value, dict) or not needed <= set(value):
        raise TypeError(f"needs {', '.join(sorted(needed))}")
    if more is not None and not set(value) <= needed | more:
        raise ValueError(f"unknown: {', '.join(sorted(set(value) - needed - more))}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_MM:
        raise ValueError(f"not a length in mm: {value}")
    return float(value)


def _numbers(value: object, count: int) -> tuple[float, ...]:
    numbers = tuple(_number(each) for each in _list(value))
    if len(numbers) != count:
        raise ValueError(f"{count} numbers are needed")
    return numbers


def _rows(count: int) -> Callable[[object], tuple[tuple[float, ...], ...]]:
    return lambda value: tuple(_numbers(each, count) for each in _list(value))


def _colour(value: object) -> int:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise ValueError(f"not a colour: {value}")
    return int(value[1:], 16)


def _colours(value: object) -> tuple[int, ...]:
    found = tuple(_colour(each) for each in _list(value))
    if not found:
        raise ValueError("at least one colour")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text is needed")
    return value


_READ: Final[Mapping[tuple[type[Layer], str], Callable[[object], object]]] = {
    (Frame, "lines"): _rows(2),
    (Microtext, "lines"): _rows(3),
    (Microtext, "around"): lambda value: tuple(_number(each) for each in _list(value)),
    (Names, "count"): lambda value: int(_number(value)),
}
_READ_ANY: Final[Mapping[str, Callable[[object], object]]] = {
    **dict.fromkeys(("inset", "height", "x", "y", "radius", "size", "left", "top"), _number),
    "width": _number,
    "colour": _colour,
    "colours": _colours,
    "words": _text,
}
