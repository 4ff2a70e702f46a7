"""The pictures of the two seals."""

import re
from itertools import pairwise
from math import dist

import pytest

from licence.errors import Code
from signer.glyphs import Outline
from signer.seal import SIZE, Seal, appearance
from tests.fakes.refusal import refuses

NAME = "辽宁省应急管理厅(示例)"
LONG_NAME = "新疆维吾尔自治区克孜勒苏柯尔克孜自治州应急管理局"
PURPOSE = "安全生产许可证专用章"
LINE = re.compile(
    r"q (?:-?[01]\.\d+ ){4}(\d+ \d+) cm (?:-?\d+ |[mlch] )+B Q"
    r"|(?:-?\d+ )*(?:m|l|c|h|s|w|h f)"
    r"|/Ring Do \d+ w|/Ink gs [\d. ]+ RG [\d. ]+ rg 1 j \d+ w"
)


@pytest.mark.parametrize("authority", [NAME, LONG_NAME])
@pytest.mark.parametrize("purpose", ["", PURPOSE])
def test_a_seal_has_only_path_operators_inside_its_box(authority: str, purpose: str) -> None:
    seal = appearance(Seal(authority, purpose, sample=True))
    ((name, ring),) = seal.forms
    assert name == "Ring"
    for drawing in (seal, ring):
        assert drawing.box == (0, 0, SIZE, SIZE)
        assert drawing.multiplied
        lines = [LINE.fullmatch(line) for line in drawing.content.split("\n")]
        assert None not in lines
        feet = [line[1] for line in lines if line is not None and line[1]]
        numbers = [int(number) for foot in feet for number in foot.split()]
        assert min(numbers) >= 0
        assert max(numbers) <= SIZE


def test_both_seals_of_an_authority_share_their_ring() -> None:
    plain, special = (appearance(Seal(NAME, purpose, sample=True)) for purpose in ("", PURPOSE))
    assert plain.forms == special.forms
    assert len(plain.content) < len(special.content)


def test_a_production_seal_does_not_say_sample() -> None:
    sample, real = (appearance(Seal("应急管理局", "", sample=flag)) for flag in (True, False))
    assert len(real.content) < len(sample.content)


@pytest.mark.parametrize("authority", [NAME, LONG_NAME])
def test_the_letters_of_a_name_stand_apart_on_the_ring(authority: str) -> None:
    ((_, ring),) = appearance(Seal(authority, "", sample=True)).forms
    feet = [
        tuple(map(int, found[1].split()))
        for found in map(LINE.fullmatch, ring.content.split("\n"))
        if found is not None and found[1]
    ]
    assert len(feet) == len(authority)
    apart = [dist(one, other) for one, other in pairwise(feet)]
    assert max(apart) - min(apart) < 3
    # The last letter does not come near the first: the ring is open below.
    assert dist(feet[0], feet[-1]) > max(apart)


def test_a_name_with_a_missing_glyph_is_refused_unless_its_outline_was_approved() -> None:
    with refuses(Code.GLYPH_MISSING):
        appearance(Seal("\U0002b4b6局", "", sample=True))
    square = Outline(1.0, (("moveTo", ((0.1, 0.1),)), ("lineTo", ((0.9, 0.9),)), ("closePath", ())))
    own = appearance(Seal("\U0002b4b6局", "", sample=True, outlines=(("\U0002b4b6", square),)))
    assert "l h B Q" in own.forms[0][1].content


def test_dark_words_below_the_ink_of_a_seal_keep_a_contrast_of_4_5() -> None:
    red = [float(part) for part in appearance(Seal("局", "", sample=False)).content.split()[2:5]]
    for word in (0x1B2430, 0x000000):
        multiplied = [
            part / 255 * ink for part, ink in zip(word.to_bytes(3, "big"), red, strict=True)
        ]
        assert (_luminance(red) + 0.05) / (_luminance(multiplied) + 0.05) >= 4.5


def _luminance(colour: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
