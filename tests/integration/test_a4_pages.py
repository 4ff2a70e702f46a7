"""The pages of `cn-a4p` and `hazchem-a4p`: whatever a licence says, it stands where it should."""

from dataclasses import replace
from functools import cache, lru_cache
from itertools import combinations, product

import pypdfium2
import pytest

from licence.domain.model import LicenceVersion
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import SectionKind, check_page_text
from signer.layout import read_layout
from signer.page_text import check_page, page_texts
from signer.render import Renderer, template_folder
from tests.fakes.drafts import good_version, paged_version
from tests.fakes.hard_licences import CASES, hard_licence
from tests.fakes.page_boxes import TextBox, font_sizes, text_boxes
from tests.fakes.pages import drawn
from tests.fakes.signing import VERIFY_BASE

EDGE = 20.0
"""Nearest that text comes to the edge of the page, in mm: clear of the frame, its microtext and
the large print's margin."""

BELOW_HEAD = 17.0
ABOVE_FOOT = 297.0 - 17.0
TOUCH = 0.6
"""How far the glyphs of two lines may reach into each other, in mm."""

LEAST_LARGE = 18.0

ALL = [
    pytest.param(*each, marks=() if each[0] == "legible" else pytest.mark.slow)
    for each in product(("legible", "strict"), CASES)
]


@lru_cache(maxsize=1)
def _renderer() -> Renderer:
    return Renderer(verify_base=VERIFY_BASE)


@cache
def _rendered(scale: str, case: str) -> bytes:
    return drawn(_renderer(), _licence(scale, case))


def _licence(scale: str, case: str) -> LicenceVersion:
    """A hard licence; this profile has no 正本, so there is one copy of all."""
    version = hard_licence(case, "cn-a4p/2", scale)
    page = replace(version.draft.page, copies=1)
    return replace(version, draft=replace(version.draft, page=page))


def _boxes(pdf: bytes) -> list[tuple[TextBox, ...]]:
    document = pypdfium2.PdfDocument(pdf)
    return [text_boxes(document[number]) for number in range(len(document))]


@pytest.mark.parametrize(("scale", "case"), ALL)
def test_every_page_says_what_the_plan_says(scale: str, case: str) -> None:
    version = _licence(scale, case)
    check_page(_rendered(scale, case), version, licence_json.encode(version))


@pytest.mark.parametrize(("scale", "case"), ALL)
def test_no_text_leaves_the_sheet_or_lies_on_another_or_on_the_code(scale: str, case: str) -> None:
    face = read_layout(template_folder("cn-a4p/2")).of("face")
    (code,) = (
        TextBox("", box.left, box.top, box.left + box.width, box.top + box.height)
        for box in face.clear
    )
    for number, boxes in enumerate(_boxes(_rendered(scale, case))):
        for box in boxes:
            assert box.left >= EDGE, (number + 1, box)
            assert box.right <= face.width - EDGE, (number + 1, box)
            assert box.top >= BELOW_HEAD, (number + 1, box)
            assert box.bottom <= ABOVE_FOOT, (number + 1, box)
            assert number > 0 or box.overlap(code) == 0, box
        for one, other in combinations(boxes, 2):
            assert one.overlap(other) < TOUCH, (number + 1, one, other)


@pytest.mark.parametrize("case", ["plain", "rare", "emergency", "sample", "FM", "JZ", "YH"])
def test_an_ordinary_licence_has_one_page_and_its_back(case: str) -> None:
    assert len(_boxes(_rendered("legible", case))) == 2


def test_large_print_is_never_small() -> None:
    version = paged_version("cn-a4p/2")
    rendered = drawn(_renderer(), version)
    code = short_code(licence_json.encode(version))
    (large,) = (
        each
        for each in check_page_text(page_texts(rendered), version, code)
        if each.kind is SectionKind.LARGE_PRINT
    )
    document = pypdfium2.PdfDocument(rendered)
    for number in range(large.first - 1, large.first - 1 + large.pages):
        sizes = font_sizes(document[number])
        sizes = {letter: size for letter, size in sizes.items() if letter.strip()}
        assert min(sizes.values()) >= LEAST_LARGE


def test_strict_keeps_to_16_12_and_10_points() -> None:
    document = pypdfium2.PdfDocument(_rendered("strict", "longest"))
    sizes = {size for letter, size in font_sizes(document[0]).items() if letter.strip()}
    assert min(sizes) >= 9.9
    assert max(sizes) <= 16.1


def test_the_second_licence_type_is_drawn_too() -> None:
    version = paged_version("hazchem-a4p/1")
    rendered = drawn(_renderer(), version)
    check_page(rendered, version, licence_json.encode(version))
    for boxes in _boxes(rendered):
        for one, other in combinations(boxes, 2):
            assert one.overlap(other) < TOUCH, (one, other)


@pytest.mark.slow
@pytest.mark.parametrize("large_print", [False, True])
def test_any_number_of_items_flows_to_further_pages(large_print: bool) -> None:  # noqa: FBT001
    for count in range(1, 60):
        scope = [{"name": f"第{place}号化学品", "risk": "NORMAL"} for place in range(count)]
        version = good_version(scope=scope)
        page = replace(version.draft.page, large_print=large_print)
        version = replace(version, draft=replace(version.draft, page=page))
        check_page(drawn(_renderer(), version), version, licence_json.encode(version))
