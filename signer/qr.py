"""The look-up code on the page: made by a compiled library, read back before it is used.

It is static and only points: it carries the short code, never the status. Level H, black on white,
upper-case letters and digits only, so that it stays at version 5 or below (0.8 mm a module).

Standard: ISO/IEC 18004; research licence_domain D (QR payload, static).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Final, cast

import zxingcpp

from licence.errors import AnzhengError, Code

MAX_MODULES: Final = 37
"""Modules a side of version 5, the largest that the printed size leaves readable."""

MAX_DATA_MODULES: Final = 109
"""Modules a side of version 23: at 40 mm a module of a data code still has a third of one."""

QUIET_MODULES: Final = 4
"""White modules around the code."""

_READ: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_READ_SCALE: Final = 2
_BASE: Final = re.compile(r"HTTPS?://[0-9A-Z.:/-]{1,60}/")
"""What the alphanumeric mode of QR codes can hold, in the shape of an address."""


Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class QrCode:
    """One code: what it says, and its dark modules row by row."""

    payload: str
    rows: tuple[tuple[bool, ...], ...]


def check_verify_base(base: str) -> None:
    """Refuse an address that would make the code too large.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if not _BASE.fullmatch(base):
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "the look-up address must be upper case and end with /, like HTTPS://V.EXAMPLE/L/",
        )


def make_qr(verify_base: str, short_code: str) -> QrCode:
    """Return the code that points to a licence, after reading it back.

    Args:
        verify_base: Such as `HTTPS://V.EXAMPLE/L/`.
        short_code: Of the `licence.json`.

    Raises:
        AnzhengError: SETTINGS_INVALID, RENDER_FAILED when the code is too large or unreadable.
    """
    check_verify_base(verify_base)
    code = _draw(verify_base + short_code, "H")
    if len(code.rows) > MAX_MODULES:
        raise AnzhengError(Code.RENDER_FAILED, "the QR code is too large", modules=len(code.rows))
    return code


def draw_data(payload: str) -> QrCode:
    """Return a code that holds data, after reading it back: level Q, or M where Q is too fine.

    Raises:
        AnzhengError: RENDER_FAILED, when it is too large or unreadable.
    """
    fine = _draw(payload, "Q")
    code = fine if len(fine.rows) <= MAX_DATA_MODULES else _draw(payload, "M")
    if len(code.rows) > MAX_DATA_MODULES:
        raise AnzhengError(
            Code.RENDER_FAILED, "the data code is too fine to print", modules=len(code.rows)
        )
    return code


def _draw(payload: str, level: str) -> QrCode:
    try:
        code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
        pixels = _pixels(code.to_image(scale=1, add_quiet_zones=False))
        picture = code.to_image(scale=_READ_SCALE, add_quiet_zones=True)
        read = zxingcpp.read_barcode(picture, formats=_READ, is_pure=True)
    except (RuntimeError, ValueError, TypeError) as error:
        raise AnzhengError(Code.RENDER_FAILED, "no QR code could be made") from error
    if read is None or read.text != payload:
        raise AnzhengError(Code.RENDER_FAILED, "the QR code cannot be read", modules=len(pixels))
    return QrCode(payload, tuple(tuple(pixel == 0 for pixel in row) for row in pixels))


def to_svg(code: QrCode) -> str:
    """Return the code as one SVG path, one module = one unit, with its quiet zone.

    The path runs round what is dark, however many modules that is: fewer points than a box for each
    run, and no seam between two rows when it is drawn small.
    """
    side = len(code.rows) + 2 * QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<path fill-rule="evenodd" d="{outline(code)}"/></svg>'
    )


def outline(code: QrCode) -> str:
    """Return the path of a code, one module = one unit, after its quiet zone."""
    return "".join(_outlines(code.rows))


def _outlines(rows: tuple[tuple[bool, ...], ...]) -> Iterator[str]:
    """Walk round the dark areas: corners are where an odd number of four modules is dark.

    In a row of corners each second one ends a horizontal edge, in a column a vertical one.
    """
    dark = [sum(1 << x for x, module in enumerate(row) if module) for row in rows]
    edges = [above ^ below for above, below in pairwise((0, *dark, 0))]
    corners = [
        [(x, y) for x in range(len(rows) + 1) if (edge ^ edge << 1) >> x & 1]
        for y, edge in enumerate(edges)
    ]
    across = _pairs(chain.from_iterable(corners))
    down = _pairs(sorted(chain.from_iterable(corners)))
    while across:
        start, at = across.popitem()
        path = f"M{start[0] + QUIET_MODULES} {start[1] + QUIET_MODULES}H{at[0] + QUIET_MODULES}"
        del across[at]
        while (at := down[at]) != start:
            path += f"V{at[1] + QUIET_MODULES}"
            at = across.pop(at)
            del across[at]
            path += f"H{at[0] + QUIET_MODULES}"
        yield path + "Z"


def _pairs(corners: Iterable[Point]) -> dict[Point, Point]:
    """Return both ends of each edge, each as the other's end."""
    ends = list(corners)
    pairs = dict(zip(ends[::2], ends[1::2], strict=True))
    return pairs | {end: start for start, end in pairs.items()}


def _pixels(image: zxingcpp.Image) -> list[list[int]]:
    """Return the grey values row by row; the library's types do not say that it is a buffer."""
    rows: Any = memoryview(cast("bytes", image)).tolist()
    return cast("list[list[int]]", rows)
