"""Where a shape is on a page, and what it does to a line of text there."""

import pytest

from licence.errors import Code
from tests.fakes.refusal import refuses
from verifier.pades.seen_shapes import ACROSS, UP, Line, Point, Shape
from verifier.pades.seen_sheet import Sheet
from verifier.pades.seen_strokes import Stroke

LINE = Line((100.0, 110.0), 50.0, 10.0)
FAR: list[Point] = [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)]


def box(left: float, bottom: float, right: float, top: float) -> list[Point]:
    return [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]


AROUND = box(90, 40, 120, 60)


@pytest.mark.parametrize(
    ("shape", "touches", "holds"),
    [
        (Shape([AROUND]), True, True),
        (Shape([AROUND, AROUND]), True, True),
        (Shape([AROUND, AROUND], even_odd=True), False, False),
        (Shape([AROUND, AROUND[::-1]]), False, False),
        (Shape([box(90, 40, 120, 50)]), True, False),
        (Shape([box(103, 47.8, 104, 48)]), False, False),
        (Shape([box(100.5, 47.8, 101, 48)]), True, False),
        (Shape([[(100, 70), (100.5, 53), (101, 70)]]), True, False),
        (Shape([FAR, AROUND]), True, True),
        (Shape([]), False, False),
    ],
    ids=[
        "around", "twice", "twice, even-odd", "there and back", "half", "between two characters",
        "within one", "a point in one", "of two parts", "nothing",
    ],
)  # fmt: skip
def test_a_shape_is_where_its_rule_says(shape: Shape, touches: bool, holds: bool) -> None:  # noqa: FBT001
    assert (shape.touches(LINE), shape.holds(LINE)) == (touches, holds)


@pytest.mark.parametrize(
    ("stroke", "touches"),
    [
        (Stroke([(80, 50), (130, 50)], 1, 0), True),
        (Stroke([(80, 50 + 10 * UP + 2), (130, 50 + 10 * UP + 2)], 3, 0), False),
        (Stroke([(80, 50 + 10 * UP + 2), (130, 50 + 10 * UP + 2)], 5, 0), True),
        (Stroke([(105, 70), (105, 70)], 50, 0), True),
        (Stroke([(200, 48), (150, 50), (200, 52)], 8, 100), True),
        (Stroke([(200, 48), (150, 50), (200, 52)], 8, 10), False),
        (Stroke([(200, 48), (150, 50), (200, 52)], 8, 0), False),
        (Stroke([(150, 50), (200, 48), (200, 52), (150, 50)], 8, 100), True),
        (Stroke([(0, 0), (300, 0), (300, 300)], 2, 10), False),
    ],
    ids=["through", "above", "wide", "a dot", "spike", "short spike", "round", "closed", "far"],
)
def test_a_line_reaches_as_far_as_it_is_drawn(stroke: Stroke, touches: bool) -> None:  # noqa: FBT001
    assert stroke.touches(LINE) is touches
    assert not stroke.holds(LINE)


def sheet() -> Sheet:
    return Sheet((0.0, 0.0, 300.0, 300.0))


BLACK, GREY, WHITE = 0.0, 0.3, 1.0
UNDER = Shape([AROUND])


def test_black_is_written_on_white_and_not_on_black() -> None:
    made = sheet()
    made.ground(UNDER, BLACK, hides=True)
    made.ground(UNDER, WHITE, hides=True)
    made.write(LINE, BLACK, ())
    with refuses(Code.DATA_PAGE_MISMATCH):
        made.ground(UNDER, BLACK, hides=True)
        made.write(Line(LINE.middles, 53.0, 10.0), BLACK, ())


def test_white_is_written_on_black_that_hides_the_paper() -> None:
    made = sheet()
    made.ground(UNDER, BLACK, hides=True)
    made.write(LINE, WHITE, ())
    with refuses(Code.DATA_PAGE_MISMATCH):
        sheet().write(LINE, WHITE, ())


@pytest.mark.parametrize("stamps", [True, False])
def test_what_does_not_hide_for_sure_makes_nothing_light(*, stamps: bool) -> None:
    made = sheet()
    made.ground(UNDER, BLACK, hides=True)
    made.ground(UNDER, WHITE, hides=False, stamps=stamps)
    with refuses(Code.DATA_PAGE_MISMATCH):
        made.write(LINE, BLACK, ())


def test_ink_upon_ink_grows_dark() -> None:
    made = sheet()
    made.ground(UNDER, GREY, hides=False, stamps=True)
    made.write(LINE, BLACK, ())
    made.ground(UNDER, GREY, hides=False, stamps=True)
    made.ground(UNDER, GREY, hides=False, stamps=True)
    with refuses(Code.DATA_PAGE_MISMATCH):
        made.write(Line(LINE.middles, 53.0, 10.0), BLACK, ())


@pytest.mark.parametrize(
    "line",
    [
        Line((10 * ACROSS - 1, 50.0), 50.0, 10.0),
        Line((250.0, 300 - 10 * ACROSS + 1), 50.0, 10.0),
        Line((100.0,), 10 * UP - 1, 10.0),
        Line((100.0,), 300 - 10 * UP + 1, 10.0),
    ],
    ids=["left", "right", "bottom", "top"],
)
def test_half_a_character_is_no_character(line: Line) -> None:
    with refuses(Code.DATA_PAGE_MISMATCH):
        sheet().write(line, BLACK, ())


def test_lines_below_words_may_take_some_of_their_height() -> None:
    """A list that is too long for its place runs over frames and microtext, and is no forgery."""
    made = sheet()
    for place in (49.0, 50.0):
        frame = Stroke([(0, place), (300, place)], 2.0, 0)
        made.ground(frame, BLACK, hides=False, thin=2.0)
    made.write(LINE, BLACK, ())
    made.ground(Stroke([(0, 51), (300, 51)], 3.0, 0), BLACK, hides=False, thin=3.0)
    with refuses(Code.DATA_PAGE_MISMATCH):
        made.write(Line(LINE.middles, 52.0, 10.0), BLACK, ())


ZIGZAG: list[Point] = [
    (x, 45.0 + y)
    for y in range(0, 10, 2)
    for x, y in ((90, y), (120, y), (120, y + 1), (90, y + 1))
]


@pytest.mark.parametrize(
    "drawn",
    [
        Stroke(ZIGZAG, 1.0, 0),
        Stroke([(300 * (n % 2), 44.0 + n / 10) for n in range(120)], 1.0, 0),
        Stroke([(x, 800.0 * (n % 2)) for n, x in enumerate(range(95, 105))], 1.0, 0),
        Stroke([(300.0 * (n % 2) + 200, 44.0 + n / 4) for n in range(60)], 1.0, 2_000),
    ],
    ids=["to and fro", "hatched", "up and down", "corners that reach far"],
)
def test_one_thin_line_that_comes_again_and_again_takes_all_of_it(drawn: Stroke) -> None:
    made = sheet()
    made.ground(drawn, BLACK, hides=False, thin=1.0)
    with refuses(Code.DATA_PAGE_MISMATCH):
        made.write(LINE, BLACK, ())
    made.write(Line((30.0,), 200.0, 10.0), BLACK, ())


def test_thin_lines_beside_a_character_and_dots_in_it_are_counted() -> None:
    small = Line((100.0,), 50.0, 4.5)
    beside = [Stroke([(0, at), (300, at)], 3.0, 0) for at in (48.3, 51.7)]
    dots = [Stroke([(x, y)] * 2, 1.0, 0) for x in (99.5, 100.5) for y in (48.5, 49.5, 50.5, 51.5)]
    for drawn, thin in ((beside, 3.0), (dots, 1.0)):
        made = sheet()
        for each in drawn:
            made.ground(each, BLACK, hides=False, thin=thin)
        with refuses(Code.DATA_PAGE_MISMATCH):
            made.write(small, BLACK, ())
