"""The seal's picture."""

import re

from licence.errors import Code
from signer.seal import SIZE, Seal, appearance
from tests.fakes.refusal import refuses


def test_the_seal_has_only_path_operators_inside_its_box() -> None:
    content = appearance(Seal("辽宁省应急管理厅(示例)", sample=True)).decode("ascii")
    lines = content.split("\n")
    assert lines[0].startswith("q /Ink gs")
    assert lines[-1] == "Q"
    pattern = r"(-?[\d.]+ )*(m|l|c|h|f|s|w|h f)|Q|q /Ink gs .*"
    assert all(re.fullmatch(pattern, line) for line in lines)
    numbers = [float(n) for line in lines[2:] for n in re.findall(r"-?\d+(?:\.\d+)?", line)]
    assert min(numbers) >= 0
    assert max(numbers) <= SIZE


def test_a_production_seal_does_not_say_sample() -> None:
    sample, real = (appearance(Seal("应急管理局", sample=flag)) for flag in (True, False))
    assert len(real) < len(sample)


def test_a_long_name_still_fits_the_ring() -> None:
    content = appearance(Seal("新疆维吾尔自治区克孜勒苏柯尔克孜自治州应急管理局", sample=True))
    assert len(content) > 10_000


def test_a_name_with_a_missing_glyph_is_refused() -> None:
    with refuses(Code.GLYPH_MISSING):
        appearance(Seal("\U0002b4b6局", sample=True))
