"""The look-up codes as a camera sees them: turned, blurred, noisy, JPEG at 150 dpi; one lost."""

import io
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from licence.formats import licence_json
from licence.formats.short_code import short_code
from signer.layout import Box, read_layout
from signer.pades import DssMaterial
from signer.press import Press, PressJob
from signer.render import template_folder
from tests.fakes.drafts import good_version
from tests.fakes.signing import VERIFY_BASE

DPI = 150
MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
MODULE = DPI * 31.2 / 41 / 25.4
"""Pixels of a module: 33 and two times 4 of the quiet zone on 31.2 mm."""

Picture = NDArray[np.uint8]


@cache
def _pages() -> tuple[Picture, ...]:
    data = licence_json.encode(good_version())
    pressed = Press(verify_base=VERIFY_BASE).press(PressJob(data, MOMENT, DssMaterial((), (), ())))
    document = pypdfium2.PdfDocument(pressed.pdf)
    document.init_forms()
    pictures = [page.render(scale=DPI / 72, grayscale=True).to_numpy() for page in document]
    document.close()
    return tuple(np.array(picture).squeeze() for picture in pictures)


def _payload() -> str:
    return VERIFY_BASE + short_code(licence_json.encode(good_version()))


def _read(picture: Picture) -> list[str]:
    return [each.text for each in zxingcpp.read_barcodes(np.ascontiguousarray(picture))]


def _code_box(kind: str) -> Box:
    (box,) = read_layout(template_folder("cn-a4p/2")).of(kind).clear
    return box


def _around(picture: Picture, box: Box, more: float = 8) -> Picture:
    left, top, right, low = (
        round(side * DPI / 25.4)
        for side in (
            box.left - more,
            box.top - more,
            box.left + box.width + more,
            box.top + box.height + more,
        )
    )
    return picture[top:low, left:right]


def _photo(picture: Picture, chance: np.random.Generator) -> Picture:
    """Turned, blurred by a third of a module, unevenly lit, noisy, JPEG."""
    turned = Image.fromarray(picture).rotate(
        chance.uniform(-7, 7), expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    )
    blurred = np.asarray(turned.filter(ImageFilter.GaussianBlur(MODULE / 3)), dtype=float)
    light = np.linspace(-15, 15, blurred.shape[1])[None, :]
    seen = blurred * 0.75 + 25 + light + chance.normal(0, 12, blurred.shape)
    packed = io.BytesIO()
    Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).save(packed, "JPEG", quality=70)
    return np.asarray(Image.open(packed))


@pytest.mark.parametrize("kind", ["face", "back"])
@pytest.mark.parametrize("quarter", range(4))
def test_a_photo_at_150_dpi_is_read_whichever_way_it_is_held(kind: str, quarter: int) -> None:
    page = _pages()[0 if kind == "face" else -1]
    code = np.rot90(_around(page, _code_box(kind)), quarter)
    chance = np.random.default_rng(quarter)
    read = [_read(_photo(code, chance)) == [_payload()] for _ in range(10)]
    assert sum(read) >= 9


def test_most_photos_of_a_code_with_a_blot_of_12_percent_are_read() -> None:
    """Damage and a poor photo at once; who holds a camera gets more than one picture."""
    box = _code_box("face")
    chance = np.random.default_rng(5)
    radius = (0.12 / np.pi) ** 0.5 * 33 * MODULE
    read = 0
    for _ in range(20):
        code = _around(_pages()[0], box).copy()
        x, y = (8 + box.width * chance.uniform(0.55, 0.62, 2)) * DPI / 25.4
        down, right = np.ogrid[: code.shape[0], : code.shape[1]]
        code[(right - x) ** 2 + (down - y) ** 2 < radius**2] = 90
        read += _read(_photo(code, chance)) == [_payload()]
    assert read >= 15


@pytest.mark.parametrize("destroyed", [0, -1])
def test_either_of_the_two_codes_may_be_wholly_destroyed(destroyed: int) -> None:
    pages = [page.copy() for page in _pages()]
    kind = "face" if destroyed == 0 else "back"
    _around(pages[destroyed], _code_box(kind), more=0)[:] = 0
    assert _read(pages[destroyed]) == []
    assert _read(pages[-1 - destroyed]) == [_payload()]
