"""Page one as a picture, and the places on it where its text is not what the data says.

Only for files that passed the gate: PDFium draws what an authority's key has signed.

Standard: PNG (ISO/IEC 15948), written here so that no image library is needed.
"""

import ctypes
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import pypdfium2
from pypdfium2 import raw

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import MAX_PAGE_CHARACTERS, Difference, first_page_differences
from licence.pages.extracted import squeezed
from verifier.pictures import Mark, Picture

DPI: Final = 115.0
"""Enough to read on a screen."""
MAX_PIXELS: Final = 2_400
"""Longest edge of a picture."""
PNG: Final = "image/png"

_POINTS_PER_INCH: Final = 72
_CHANNELS: Final = 3
_UNIT: Final = 10_000
_LEVEL: Final = 6
_BASIC: Final = 0xFFFF

_Box = tuple[float, float, float, float]


def draw_pages(pdf: bytes, *, dpi: float = DPI) -> Iterator[Picture]:
    """Yield the pages of a PDF as PNG, each when it is asked for.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            # The seals are the appearance of the signature field: forms must be drawn to see them.
            document.init_forms()
            for number in range(len(document)):
                yield _draw(document[number], dpi / _POINTS_PER_INCH)
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise AnzhengError(Code.RENDER_FAILED, "the page cannot be drawn") from error


def draw_first_page(pdf: bytes) -> Picture:
    """Return page one as PNG.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    for picture in draw_pages(pdf):
        return picture
    raise AnzhengError(Code.RENDER_FAILED, "there is no page")


def mark_differences(pdf: bytes, licence: LicenceVersion) -> tuple[Mark, ...]:
    """Return where page one says something else than the licence.

    Args:
        pdf: A file whose signature and structure were checked.
        licence: What its data says.

    Raises:
        AnzhengError: RENDER_FAILED; as `licence.pages.make_plan`.
    """
    code = short_code(licence_json.encode(licence))
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            page = document[0]
            places = list(_characters(page))
            text = "".join(char for char, _ in places)
            found = first_page_differences(text, licence, code, pages=len(document))
            marks = [mark for one in found for mark in _marks(one, places)]
            page.close()
            return tuple(marks)
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise AnzhengError(Code.RENDER_FAILED, "the page cannot be read") from error


# ---------------------------------------------------------------- the picture


def _draw(page: pypdfium2.PdfPage, scale: float) -> Picture:
    longest = max(page.get_size())
    bitmap = page.render(scale=min(scale, MAX_PIXELS / max(longest, 1)), rev_byteorder=True)
    width, height, stride, depth = bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
    data = bytes(bitmap.buffer)
    bitmap.close()
    page.close()
    rows = (data[at : at + width * depth] for at in range(0, stride * height, stride))
    png = _png(width, height, [_rgb(row, depth) for row in rows])
    return Picture(png, PNG, width, height)


def _rgb(row: bytes, depth: int) -> bytes:
    if depth == _CHANNELS:
        return row
    plain = bytearray(len(row) // depth * _CHANNELS)
    for channel in range(_CHANNELS):
        plain[channel::_CHANNELS] = row[channel::depth]
    return bytes(plain)


def _png(width: int, height: int, rows: list[bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), _LEVEL)
    parts = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def _part(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


# ---------------------------------------------------------------- the marks


def _characters(page: pypdfium2.PdfPage) -> Iterator[tuple[str, _Box]]:
    """Yield each character that is compared, and its box as parts of the drawn page."""
    text = page.get_textpage()
    try:
        count = min(text.count_chars(), MAX_PAGE_CHARACTERS)
        units = [raw.FPDFText_GetUnicode(text, place) for place in range(count)]
        for place, char in _joined(units):
            box = None
            for part in squeezed(char):
                box = box or _on_picture(page, text.get_charbox(place))
                yield part, box
    finally:
        text.close()


def _joined(units: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield characters with their places: PDFium gives those beyond U+FFFF in two halves."""
    data = b"".join(struct.pack("<H", unit & 0xFFFF) for unit in units)
    place = 0
    for char in data.decode("utf-16-le", "replace"):
        yield place, char
        place += 2 if ord(char) > _BASIC else 1


def _on_picture(page: pypdfium2.PdfPage, box: _Box) -> _Box:
    """Turn page coordinates into parts of the picture, whatever rotation or crop there is."""
    left, bottom, right, top = box
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for corner in ((left, bottom), (right, top)):
        raw.FPDF_PageToDevice(
            page, 0, 0, _UNIT, _UNIT, 0, *corner, ctypes.byref(x), ctypes.byref(y)
        )
        corners.append((x.value / _UNIT, y.value / _UNIT))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _marks(found: Difference, places: list[tuple[str, _Box]]) -> Iterator[Mark]:
    """Yield a mark for each line that a difference touches."""
    boxes = [box for _, box in places[found.start : found.end]]
    if not boxes and places:
        # Something is missing: the edge between its neighbours is marked.
        x0, y0, x1, y1 = places[min(found.start, len(places) - 1)][1]
        edge = x0 if found.start < len(places) else x1
        boxes = [(edge, y0, edge, y1)]
    for line in _lines(boxes):
        x0, y0, x1, y1 = (min(1.0, max(0.0, edge)) for edge in line)
        yield Mark(0, x0, y0, x1, y1, found.field, found.shown, found.expected)


def _lines(boxes: list[_Box]) -> Iterator[_Box]:
    """Join the boxes of characters that stand in one line."""
    line: _Box | None = None
    for box in boxes:
        if line is not None and box[1] < line[3] and box[3] > line[1] and box[0] >= line[0]:
            line = (line[0], min(line[1], box[1]), max(line[2], box[2]), max(line[3], box[3]))
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line
