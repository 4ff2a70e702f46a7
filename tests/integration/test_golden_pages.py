"""The same data make the same pages as when somebody last looked at them.

`make pictures` renews what this compares with; look at the pictures before they are committed.
"""

import io
import json
from itertools import product

import pytest
from PIL import Image

from tests.interop.pictures import CELL_POINTS, distance_of
from tools.pictures import DIGESTS, OTHER_DPI, PICTURES, Picture, digests, draw, small

MEAN = 1.0
"""Of 255, over all cells of the page."""

WORST = 25.0
"""Of 255, in the cell that differs most: more than another edge of a letter, less than a letter."""


@pytest.fixture(scope="module")
def drawn() -> tuple[Picture, ...]:
    return tuple(draw())


def _open(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as picture:
        return picture.convert("RGB")


def test_typst_makes_the_same_bytes_of_every_sample() -> None:
    assert digests() == json.loads(DIGESTS.read_text("utf-8"))


@pytest.mark.slow
def test_every_section_of_every_profile_looks_as_it_did(drawn: tuple[Picture, ...]) -> None:
    assert {each.name for each in drawn} == {path.name for path in PICTURES.glob("*.png")}
    for each in drawn:
        golden = _open((PICTURES / each.name).read_bytes())
        far = distance_of(_open(small(each.png)), golden)
        assert far.mean <= MEAN, each.name
        assert far.worst <= WORST, each.name


@pytest.mark.slow
def test_a_lost_letter_would_be_noticed(drawn: tuple[Picture, ...]) -> None:
    page = _open(drawn[0].png)
    cell = CELL_POINTS * OTHER_DPI / 72
    # The darkest square of a letter's size: whatever stands there.
    side = round(cell)
    grey = page.convert("L")
    across, down = (range(side, length - 2 * side, side) for length in page.size)

    def light(place: tuple[int, int]) -> int:
        x, y = place
        return sum(grey.crop((x, y, x + side, y + side)).tobytes())

    x, y = min(product(across, down), key=light)
    page.paste("white", (x, y, x + side, y + side))
    assert distance_of(page, _open(drawn[0].png)).worst > WORST
