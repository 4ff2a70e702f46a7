"""The pages of `seed-a3` and `seed-a4`: whatever a licence says, it stands where it should."""

from functools import cache, lru_cache
from itertools import combinations, product

import pypdfium2
import pytest

from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import make_plan
from licence.pages.plan import SectionKind
from signer.page_text import check_page
from signer.render import Renderer
from tests.fakes.hard_licences import CASES, hard_licence
from tests.fakes.page_boxes import TextBox, font_sizes, text_boxes
from tests.fakes.signing import VERIFY_BASE

FACTORS = {"seed-a3/1": 1.0, "seed-a4/1": 0.70710678}
"""Of the sheet, against A3."""

ZONES = ((0.0, 89.1), (89.1, 237.6), (237.6, 297.0))
SCOPE = TextBox("", 15.0, 95.0, 235.0, 231.7)
RIGHT = TextBox("", 255.0, 95.0, 405.0, 231.7)
QR = TextBox("", 369.0, 246.0, 405.0, 282.0)

EDGE = 15.0
"""Nearest that text comes to the left and right edge of the sheet, in mm of A3."""

TOUCH = 0.6
"""How far the glyphs of two lines may reach into each other, in mm."""

ALL = [
    pytest.param(*each, marks=() if each[:2] == ("seed-a3/1", "legible") else pytest.mark.slow)
    for each in product(FACTORS, ("legible", "strict"), CASES)
]


@lru_cache(maxsize=1)
def _renderer() -> Renderer:
    return Renderer(verify_base=VERIFY_BASE)


@cache
def _rendered(template: str, scale: str, case: str) -> bytes:
    version = hard_licence(case, template, scale)
    data = licence_json.encode(version)
    plan = make_plan(version, short_code(data))
    return _renderer().render(plan, data, version.draft.glyphs)


def _face(template: str, scale: str, case: str) -> tuple[TextBox, ...]:
    """The texts of the first page, in millimetres of A3."""
    k = FACTORS[template]
    page = pypdfium2.PdfDocument(_rendered(template, scale, case))[0]
    return tuple(
        TextBox(box.text, box.left / k, box.top / k, box.right / k, box.bottom / k)
        for box in text_boxes(page)
    )


def _inside(box: TextBox, area: TextBox) -> bool:
    across = area.left <= box.left and box.right <= area.right
    return across and area.top <= box.top and box.bottom <= area.bottom


@pytest.mark.parametrize(("template", "scale", "case"), ALL)
def test_every_page_says_what_the_plan_says(template: str, scale: str, case: str) -> None:
    version = hard_licence(case, template, scale)
    check_page(_rendered(template, scale, case), version, licence_json.encode(version))


@pytest.mark.parametrize(("template", "scale", "case"), ALL)
def test_no_text_leaves_its_zone(template: str, scale: str, case: str) -> None:
    for box in _face(template, scale, case):
        zone = [low <= box.top and box.bottom <= high for low, high in ZONES]
        assert any(zone), box
        assert not zone[1] or _inside(box, SCOPE) or _inside(box, RIGHT), box
        assert box.overlap(QR) == 0, box
        assert box.left >= EDGE, box
        assert box.right <= 420.0 - EDGE, box


@pytest.mark.parametrize(("template", "scale", "case"), ALL)
def test_no_text_lies_on_another(template: str, scale: str, case: str) -> None:
    document = pypdfium2.PdfDocument(_rendered(template, scale, case))
    for number in range(len(document)):
        for one, other in combinations(text_boxes(document[number]), 2):
            assert one.overlap(other) < TOUCH, (number + 1, one, other)


@pytest.mark.parametrize("case", ["longest", "list", "long-list", "wide-cells", "one-item"])
@pytest.mark.parametrize(("scale", "pitch"), [("legible", 10.1), ("strict", 6.9)])
def test_two_rows_of_the_scope_stay_empty(scale: str, pitch: float, case: str) -> None:
    items = [box for box in _face("seed-a3/1", scale, case) if _inside(box, SCOPE)]
    assert max(box.bottom for box in items) < SCOPE.bottom - 2 * pitch


@pytest.mark.parametrize(
    ("scale", "case", "size"),
    [("legible", "plain", 36), ("legible", "longest", 24), ("strict", "longest", 16)],
)
def test_the_name_shrinks_as_far_as_24_points_and_then_takes_more_lines(
    scale: str, case: str, size: float
) -> None:
    page = pypdfium2.PdfDocument(_rendered("seed-a3/1", scale, case))[0]
    # A character that stands in the name and nowhere else on the face.
    letter = "犇" if case == "plain" else "瀚"
    assert font_sizes(page)[letter] == pytest.approx(size, abs=0.1)


@pytest.mark.parametrize(
    ("template", "scale", "least"),
    [("seed-a3/1", "legible", 14), ("seed-a4/1", "legible", 9.89), ("seed-a3/1", "strict", 10)],
)
@pytest.mark.parametrize("case", ["plain", "list", "emergency"])
def test_nothing_on_the_face_is_smaller_than_the_scale_allows(
    template: str, scale: str, least: float, case: str
) -> None:
    page = pypdfium2.PdfDocument(_rendered(template, scale, case))[0]
    assert min(font_sizes(page).values()) >= least


def test_the_copies_are_numbered_and_the_sections_stand_in_their_order() -> None:
    version = hard_licence("every-page", "seed-a3/1")
    data = licence_json.encode(version)
    sections = make_plan(version, short_code(data)).sections
    assert [section.kind for section in sections] == [
        *[SectionKind.FACE] * 3,
        SectionKind.DUPLICATE,
        SectionKind.RECORDS,
        SectionKind.TRANSLATION,
        SectionKind.LARGE_PRINT,
        SectionKind.BACK,
    ]
    document = pypdfium2.PdfDocument(_rendered("seed-a3/1", "legible", "every-page"))
    for number in range(3):
        assert f"正本 {number + 1}/3" in document[number].get_textpage().get_text_range()


def test_the_sheets_have_the_sizes_of_the_seed() -> None:
    sizes = {
        template: pypdfium2.PdfDocument(_rendered(template, "legible", "plain"))[0].get_size()
        for template in FACTORS
    }
    mm = {template: [round(side * 25.4 / 72) for side in size] for template, size in sizes.items()}
    assert mm == {"seed-a3/1": [420, 297], "seed-a4/1": [297, 210]}


def test_the_same_licence_gives_the_same_bytes() -> None:
    version = hard_licence("every-page", "seed-a4/1")
    data = licence_json.encode(version)
    plan = make_plan(version, short_code(data))
    again = Renderer(verify_base=VERIFY_BASE).render(plan, data)
    assert again == _rendered("seed-a4/1", "legible", "every-page")
