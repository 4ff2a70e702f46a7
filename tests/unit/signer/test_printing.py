"""What is drawn under the words of a page."""

import json
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from licence.ids import Digest
from licence.pages.templates import TEMPLATES
from signer.glyphs import Outline
from signer.layout import Box, Microtext, Names, SectionLayout, parse_layout, read_layout
from signer.printing.digest_stream import DigestStream
from signer.printing.drawing import Drawing, Size
from signer.printing.layers import Subject, under
from signer.printing.microtext import EM, SIZE, microtext
from signer.printing.watermark import places
from signer.render import template_folder
from tests.fakes.refusal import refuses

OPERATORS = {
    *("q", "Q", "cm", "w", "j", "m", "l", "c", "h", "re", "W", "W*", "n"),
    *("S", "B", "f", "rg", "RG", "cs", "scn", "Do"),
}
"""Paths, colours, clips and forms: no word of text (ISO 32000-1, 9.4), no image."""

NAME = "大连镕犇化工有限公司"
NUMBER = "（辽）WH安许证字〔2024〕0127"
FIRST_NUMBERS = [
    *(0.655998, 0.175689, 0.291132, 0.675092, 0.683106),
    *(0.348008, 0.451425, 0.45721, 0.906469),
]
BOX = {"left": 15, "top": 20, "width": 180, "height": 250}
LAYERS: dict[str, dict[str, object]] = {
    "fill": {**BOX, "colour": "#E8F1FB"},
    "frame": {"lines": [[7.6, 0.9]], "colour": "#A67C1E"},
    "band": {"inset": 10.6, "height": 4, "colours": ["#B08D3C", "#C9AD6A"]},
    "guilloche": {**BOX, "colour": "#DCE8F8"},
    "rosette": {"x": 105, "y": 148, "radius": 56, "colours": ["#EADFC2"]},
    "watermark": {"words": "安全生产", "size": 8, "colour": "#F1F3F5"},
    "names": {**BOX, "size": 3, "count": 14, "colour": "#ECE7DA"},
    "microtext": {"lines": [[62, 66, 124]], "around": [14.4], "colour": "#75560F"},
    "shield": {"left": 154, "top": 233, "width": 30, "colour": "#A67C1E"},
    "sample": {"colour": "#FBE4E4"},
}
FROZEN = {
    "fill": "55287cad76bbecda",
    "frame": "74e2769a1565a4ea",
    "band": "fc165f5e973e78bd",
    "guilloche": "68b8432c006bdd67",
    "rosette": "d1ccd8d088e092d4",
    "watermark": "b342272945354f86",
    "names": "cb169dafe609de6b",
    "microtext": "daf38d8e009e5cba",
    "shield": "2ff199cbf19c651e",
    "sample": "8195f4cd891adf33",
}
"""First 16 hexadecimal digits of SHA-256 over all operators of each layer."""

AREA = Names(Box(15, 20, 180, 250), 3, 14, 0)
digests = st.binary(min_size=32, max_size=32).map(Digest)


def _subject(seed: bytes = b"one", *, sample: bool = True) -> Subject:
    return Subject(Digest(sha256(seed).digest()), NAME, NUMBER, (), sample)


def _layouts() -> Iterator[tuple[str, str, SectionLayout]]:
    for template, spec in TEMPLATES.items():
        if not spec.closed:
            layout = read_layout(template_folder(template))
            yield from ((template, kind, layout.of(kind)) for kind in layout.sections)


@cache
def _all() -> dict[tuple[str, str, bool], Drawing]:
    """What lies under every kind of page of every template."""
    return {
        (template, kind, first): under(layout, _subject(), first=first)
        for template, kind, layout in _layouts()
        for first in (True, False)
    }


def _contents(drawing: Drawing) -> Iterator[str]:
    yield drawing.content
    for _, form in drawing.forms:
        yield from _contents(form)
    for _, pattern in drawing.patterns:
        yield pattern.content
        for _, form in pattern.forms:
            yield from _contents(form)


def test_there_are_templates_to_look_at() -> None:
    assert {template for template, _, _ in _all()} >= {"cn-a4p/2", "seed-a3/1", "seed-a4/1"}


def test_no_word_hides_in_the_layers() -> None:
    for place, drawing in _all().items():
        for content in _contents(drawing):
            tokens = re.sub(r"/\w+|-?\d+(\.\d+)?", " ", content).split()
            assert set(tokens) <= OPERATORS, place


def test_every_state_that_is_kept_is_given_back() -> None:
    for drawing in _all().values():
        for content in _contents(drawing):
            tokens = content.split()
            assert tokens.count("q") == tokens.count("Q")


def test_large_print_stays_white() -> None:
    for (_, kind, _), drawing in _all().items():
        bare = not drawing.patterns and not drawing.forms
        assert bare == (kind == "large-print")


def test_each_licence_has_its_own_lines_and_always_the_same() -> None:
    face = read_layout(template_folder("cn-a4p/2")).of("face")
    one, again, other = (
        under(face, _subject(seed), first=True) for seed in (b"one", b"one", b"two")
    )
    assert one == again
    assert one != other


def test_the_lines_of_a_licence_are_these_for_ever() -> None:
    """Who has `licence.json` can draw them again and compare; a change is a new version."""
    for layer, digest in FROZEN.items():
        section = json.dumps({"page_mm": [210, 297], "layers": [{**LAYERS[layer], "draw": layer}]})
        page = parse_layout(f'{{"sections": {{"face": {section}}}}}'.encode()).of("face")
        drawn = "\n".join(_contents(under(page, _subject(), first=True)))
        assert sha256(drawn.encode()).hexdigest()[:16] == digest, layer


def test_the_sample_mark_is_for_samples_only() -> None:
    face = read_layout(template_folder("cn-a4p/2")).of("face")
    sample, real = (
        under(face, _subject(sample=flag), first=True).patterns[0][1] for flag in (True, False)
    )
    assert len(sample.forms) == len(real.forms) + 1


def test_nothing_of_a_layer_touches_a_clear_rectangle() -> None:
    face = read_layout(template_folder("cn-a4p/2")).of("face")
    first, following = (under(face, _subject(), first=flag).content for flag in (True, False))
    assert first.count("W* n") == len(face.clear) > 0
    assert "W*" not in following


def test_the_numbers_of_a_digest_are_these_for_ever() -> None:
    numbers = DigestStream(Digest(bytes(32)), "names")
    assert [round(numbers.fraction(), 6) for _ in range(9)] == FIRST_NUMBERS


@given(digests, st.integers(1, 100))
def test_names_meet_neither_each_other_nor_a_clear_rectangle(digest: Digest, letters: int) -> None:
    clear = [Box(24, 238, 32, 32), Box(15, 20, 30, 30)]
    taken = list(clear)
    size = min(3, 0.55 * AREA.box.width / letters)
    found = places(AREA, digest, taken, size * letters, size)
    rooms = taken[len(clear) :]
    assert len(found) == len(rooms) <= AREA.count
    for at, room in enumerate(rooms):
        assert all(_apart(room, other) for other in (*clear, *rooms[:at]))
        assert room.left >= AREA.box.left
        assert room.left + room.width <= AREA.box.left + AREA.box.width
        assert room.top >= AREA.box.top
        assert room.top + room.height <= AREA.box.top + AREA.box.height


def _apart(one: Box, other: Box) -> bool:
    return (
        one.left >= other.left + other.width
        or other.left >= one.left + one.width
        or one.top >= other.top + other.height
        or other.top >= one.top + one.height
    )


def test_microtext_is_0_2_mm_high_and_only_whole_numbers_are_shown() -> None:
    drawing = microtext(Size(210, 297), Microtext(((62, 66, 124),), (14.4,), 0), NUMBER)
    assert len(drawing.patterns) == 4
    cell = drawing.patterns[0][1]
    assert cell.height == SIZE
    assert f" {SIZE / EM:.5f} 0 0 " in cell.content
    areas = re.findall(r"(-?\d+) (-?\d+) (-?\d+) (-?\d+) re", drawing.content)
    assert len(areas) == 5
    for left, top, width, height in (map(int, area) for area in areas):
        assert left % cell.step == width % cell.step == top % SIZE == 0
        assert width > 0
        assert height == SIZE


def test_a_line_shorter_than_the_number_stays_empty() -> None:
    drawing = microtext(Size(210, 297), Microtext(((62, 66, 2),), (), 0), NUMBER)
    assert re.search(r" 0 22 re f", drawing.content)


def test_an_approved_outline_is_drawn_and_a_missing_one_refused() -> None:
    face = read_layout(template_folder("cn-a4p/2")).of("face")
    rare = Subject(Digest(bytes(32)), "\U0002b4b6", NUMBER, (), sample=False)
    with refuses(Code.GLYPH_MISSING):
        under(face, rare, first=True)
    square = Outline(1.0, (("moveTo", ((0.0, 0.0),)), ("lineTo", ((0.5, 0.5),)), ("closePath", ())))
    own = Subject(rare.digest, rare.name, NUMBER, ((rare.name, square),), sample=False)
    drawn = "".join(_contents(under(face, own, first=True)))
    assert "0 0 m 50 -50 l h f" in drawn
