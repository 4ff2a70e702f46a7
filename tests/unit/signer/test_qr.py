"""The look-up code."""

import pytest
import zxingcpp

from licence.errors import Code
from signer.qr import MAX_MODULES, QUIET_MODULES, QrCode, make_qr, to_svg
from tests.fakes.refusal import refuses

BASE = "HTTPS://V.EXAMPLE/L/"
CODE = "0123456789ABCDEFG"


def test_the_code_reads_back_at_level_h() -> None:
    code = make_qr(BASE, CODE)
    assert code.payload == BASE + CODE
    assert len(code.rows) <= MAX_MODULES
    read = zxingcpp.read_barcodes(_picture(code, scale=6))
    assert [(each.text, each.ec_level) for each in read] == [(code.payload, "H")]


def test_the_svg_draws_exactly_the_dark_modules() -> None:
    code = QrCode("x", ((True, True, False), (False, True, False), (True, False, True)))
    svg = to_svg(code)
    assert 'viewBox="0 0 11 11"' in svg
    assert 'd="M4 4h2v1h-2zM5 5h1v1h-1zM4 6h1v1h-1zM6 6h1v1h-1z"' in svg


@pytest.mark.parametrize(
    "base",
    [
        "https://v.example/l/",
        "HTTPS://V.EXAMPLE/L",
        "HTTPS://V?X/",
        "V/",
        "HTTPS://" + "A" * 61 + "/",
    ],
)
def test_an_address_that_does_not_fit_is_refused(base: str) -> None:
    with refuses(Code.SETTINGS_INVALID):
        make_qr(base, CODE)


def test_a_code_over_version_5_is_refused() -> None:
    with refuses(Code.RENDER_FAILED):
        make_qr("HTTPS://" + "A" * 50 + "/", CODE)


def _picture(code: QrCode, scale: int) -> memoryview:
    side = (len(code.rows) + 2 * QUIET_MODULES) * scale
    pixels = bytearray(b"\xff" * side * side)
    for y, row in enumerate(code.rows):
        for x, dark in enumerate(row):
            if dark:
                for line in range(scale):
                    at = ((y + QUIET_MODULES) * scale + line) * side + (x + QUIET_MODULES) * scale
                    pixels[at : at + scale] = bytes(scale)
    return memoryview(bytes(pixels)).cast("B", (side, side))
