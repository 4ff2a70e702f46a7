"""Pictures of pages, as PNG, with nothing but the PDF reader and zlib."""

import struct
import zlib
from collections.abc import Iterator

import pypdfium2

from licence.errors import AnzhengError, Code

DPI = 115
"""Enough to read on a screen."""

_POINTS_PER_INCH = 72
_BYTES = 3


def pictures(pdf: bytes, *, dpi: float = DPI) -> Iterator[bytes]:
    """Yield each page of a PDF as PNG.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            # The seals are the appearance of the signature field: forms must be drawn to see them.
            document.init_forms()
            for number in range(len(document)):
                yield _picture(document[number], dpi / _POINTS_PER_INCH)
        finally:
            document.close()
    except pypdfium2.PdfiumError as exc:
        raise AnzhengError(Code.RENDER_FAILED, "the page cannot be drawn") from exc


def first_page(pdf: bytes) -> bytes:
    """Return page one of a PDF as PNG.

    Raises:
        AnzhengError: RENDER_FAILED.
    """
    return next(pictures(pdf))


def _picture(page: pypdfium2.PdfPage, scale: float) -> bytes:
    bitmap = page.render(scale=scale, rev_byteorder=True)
    width, height, stride, depth = bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
    data = bytes(bitmap.buffer)
    bitmap.close()
    page.close()
    rows = (data[at : at + width * depth] for at in range(0, stride * height, stride))
    return _png(width, height, [_rgb(row, depth) for row in rows])


def _rgb(row: bytes, depth: int) -> bytes:
    if depth == _BYTES:
        return row
    plain = bytearray(len(row) // depth * _BYTES)
    for channel in range(_BYTES):
        plain[channel::_BYTES] = row[channel::depth]
    return bytes(plain)


def _png(width: int, height: int, rows: list[bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    parts = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def _part(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
