"""The look-up code."""

import re
from random import Random

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


@pytest.mark.parametrize("seed", range(20))
def test_the_svg_draws_exactly_the_dark_modules(seed: int) -> None:
    chance = Random(seed)
    side = chance.randrange(1, 12)
    rows = tuple(tuple(chance.random() < 0.5 for _ in range(side)) for _ in range(side))
    svg = to_svg(QrCode("x", rows))
    whole = side + 2 * QUIET_MODULES
    assert f'viewBox="0 0 {whole} {whole}"' in svg
    drawn = tuple(
        tuple(_is_inside(svg, x + QUIET_MODULES, y + QUIET_MODULES) for x in range(side))
        for y in range(side)
    )
    assert drawn == rows


def test_the_svg_of_a_code_says_nothing_outside_its_modules() -> None:
    svg = to_svg(make_qr(BASE, CODE))
    numbers = [int(number) for number in re.findall("[0-9]+", svg.split('d="')[1])]
    assert min(numbers) >= QUIET_MODULES


def _is_inside(svg: str, x: int, y: int) -> bool:
    """Even-odd rule: how many vertical edges lie left of the middle of a module."""
    crossings, here = 0, (0, 0)
    for path in re.findall("M[^Z]*", svg):
        steps = re.findall("([MHV])([0-9]+)(?: ([0-9]+))?", path)
        start = here = (int(steps[0][1]), int(steps[0][2]))
        for operator, number, _ in (*steps[1:], ("V", str(start[1]), "")):
            if operator == "V":
                low, high = sorted((here[1], int(number)))
                crossings += here[0] <= x and low <= y < high
            here = (here[0], int(number)) if operator == "V" else (int(number), here[1])
        assert here == start
    return crossings % 2 == 1


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
