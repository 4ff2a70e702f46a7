"""Page one as a picture, and marks where it says something else than the data."""

from dataclasses import replace

import pytest

from licence.errors import Code
from licence.pages import first_page_differences
from tests.builders import Issued, World, make_world
from tests.fakes.refusal import refuses
from verifier.pades.picture import draw_first_page, mark_differences


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def issued(world: World) -> Issued:
    # A character beyond U+FFFF stands on the page: PDFium gives it in two halves.
    return world.issue(world.version(legal_representative="王𬭎"))


def test_page_one_is_drawn(issued: Issued) -> None:
    picture = draw_first_page(issued.pdf)
    assert picture.media_type == "image/png"
    assert picture.data.startswith(b"\x89PNG\r\n\x1a\n")
    assert (picture.width, picture.height) == (
        int.from_bytes(picture.data[16:20], "big"),
        int.from_bytes(picture.data[20:24], "big"),
    )


def test_what_is_no_pdf_is_not_drawn() -> None:
    with refuses(Code.RENDER_FAILED):
        draw_first_page(b"%PDF-1.7")


def test_a_page_that_says_what_the_data_says_has_no_mark(issued: Issued) -> None:
    assert mark_differences(issued.pdf, issued.version) == ()


def test_other_data_is_marked_where_the_page_differs(issued: Issued) -> None:
    other = replace(issued.version, draft=replace(issued.version.draft, uscc="91210281MA9TXT025M"))
    by_field = {mark.field: mark for mark in mark_differences(issued.pdf, other)}
    assert set(by_field) == {"uscc", "short_code"}
    mark = by_field["uscc"]
    assert (mark.shown, mark.expected) == (issued.version.draft.uscc, other.draft.uscc)
    assert mark.page == 0
    # The line of the credit code is in the upper half, right of its label.
    assert 0.2 < mark.x0 < mark.x1 < 0.7
    assert 0.2 < mark.y0 < mark.y1 < 0.4


def test_what_is_missing_on_the_page_is_marked_by_its_edge(issued: Issued) -> None:
    longer = replace(
        issued.version,
        draft=replace(
            issued.version.draft, enterprise_name=f"{issued.version.draft.enterprise_name}（二期）"
        ),
    )
    marks = mark_differences(issued.pdf, longer)
    (mark,) = [mark for mark in marks if mark.expected == "（二期）"]
    assert mark.shown == ""
    assert mark.x0 == mark.x1


def test_a_page_full_of_noise_has_a_bounded_number_of_marks(issued: Issued) -> None:
    noise = "".join(chr(0x4E00 + n * 7) for n in range(3_000))
    found = first_page_differences(noise, issued.version, "0" * 17, pages=1)
    assert 1 <= len(found) <= 50
