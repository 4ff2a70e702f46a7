"""Pictures of page one as a report takes them: JPEG, bounded, without anything that was in them.

Standard: ISO 19005-3, 6.2.8 (JPEG by DCTDecode, device RGB read through the sRGB output intent).
"""

import io
from collections.abc import Sequence
from typing import Final

from licence.errors import AnzhengError, Code
from verifier.pictures import Mark

try:
    from PIL import Image, ImageDraw, UnidentifiedImageError
except ImportError:  # the plain install reads reports and makes none
    Image = None  # type: ignore[assignment]

MAX_PICTURE_BYTES: Final = 16 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
WIDTH: Final = 1_100
HEIGHT: Final = 1_600
QUALITY: Final = 82
MAX_MARKS: Final = 200
MARGIN: Final = 5
"""Pixels between a mark and its frame."""


def as_jpeg(picture: bytes, marks: Sequence[Mark] = ()) -> bytes:
    """Return a picture, PNG or WebP or JPEG, as a small JPEG on white.

    Args:
        picture: Page one.
        marks: What is framed in red, those of page one.

    Raises:
        AnzhengError: RENDER_FAILED when it is no such picture, TOO_LARGE, TOOL_MISSING.
    """
    if Image is None:
        raise AnzhengError(Code.TOOL_MISSING, "pictures need the extra `verifier-service`")
    if len(picture) > MAX_PICTURE_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "the picture is too large", limit=MAX_PICTURE_BYTES)
    try:
        with Image.open(io.BytesIO(picture), formats=("PNG", "WEBP", "JPEG")) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise AnzhengError(Code.TOO_LARGE, "the picture has too many pixels")
            drawn = opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise AnzhengError(Code.RENDER_FAILED, "the picture cannot be read") from error
    drawn.thumbnail((WIDTH, HEIGHT))
    white = Image.new("RGBA", drawn.size, "white")
    white.alpha_composite(drawn)
    _frame(white, marks)
    out = io.BytesIO()
    white.convert("RGB").save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _frame(image: "Image.Image", marks: Sequence[Mark]) -> None:
    """Draw a red frame around each place of page one that is marked."""
    pen = ImageDraw.Draw(image)
    for mark in marks[:MAX_MARKS]:
        if mark.page == 0:
            left, right = sorted((mark.x0, mark.x1))
            top, bottom = sorted((mark.y0, mark.y1))
            box = (
                left * image.width - MARGIN,
                top * image.height - MARGIN,
                right * image.width + MARGIN,
                bottom * image.height + MARGIN,
            )
            pen.rectangle(box, outline=(164, 22, 26), width=4)
