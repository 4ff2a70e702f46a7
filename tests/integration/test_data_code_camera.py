"""Data codes and screen codes as a camera sees them: turned, blurred, noisy, JPEG.

A code fills 60 % of the height of the frame: a printed one of 720 lines, one on a screen of 1,080.
"""

import io

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from licence.formats.qr import printed_of
from signer.qr import draw_data
from tests.builders import SIGNED_AT, make_world
from tests.fakes.qr_world import SHOWN_AT, make_holder, printed_code
from wallet.qr import Drawing

TIMES = 10
QUIET = 4

Picture = NDArray[np.uint8]


def _printed() -> tuple[str, Picture]:
    holder = make_holder(make_world())
    text = printed_code(printed_of(holder.version, leaf=holder.leaf, issued_at=SIGNED_AT))
    return text, np.array(draw_data(text).rows, dtype=bool)


def _screen() -> tuple[str, Picture]:
    text = make_holder(make_world()).screen(SHOWN_AT)
    shown = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    lines = Drawing(text).lines()
    rows = [[shown[char][half] for char in line] for line in lines for half in (0, 1)]
    side = len(lines[0])
    return text, np.array(rows, dtype=bool)[QUIET : side - QUIET, QUIET : side - QUIET]


def _photo(modules: Picture, lines: int, chance: np.random.Generator) -> Picture:
    """Draw a code into a frame and spoil it as a hand and a lens do."""
    light = np.pad(~modules, QUIET, constant_values=True)
    size = round(0.6 * lines)
    code = Image.fromarray((light * 255).astype(np.uint8)).resize(
        (size, size), Image.Resampling.BOX
    )
    frame = Image.new("L", (lines, lines), 255)
    frame.paste(code, ((lines - size) // 2, (lines - size) // 2))
    turned = frame.rotate(
        chance.uniform(-7, 7), fillcolor=255, resample=Image.Resampling.BICUBIC
    ).filter(ImageFilter.GaussianBlur(size / light.shape[0] / 4))
    seen = np.asarray(turned, dtype=float) * 0.75 + 25
    seen += np.linspace(-15, 15, lines)[None, :] + chance.normal(0, 10, seen.shape)
    packed = io.BytesIO()
    Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).save(packed, "JPEG", quality=70)
    return np.asarray(Image.open(packed))


@pytest.mark.parametrize(("kind", "lines"), [("printed", 720), ("screen", 1_080)])
def test_photos_of_codes_are_read(kind: str, lines: int) -> None:
    text, modules = _printed() if kind == "printed" else _screen()
    chance = np.random.default_rng(7)
    read = 0
    for _ in range(TIMES):
        found = zxingcpp.read_barcode(_photo(modules, lines, chance))
        read += found is not None and found.text == text
    assert read >= TIMES - 1
