"""The layout file of a template."""

import json
from pathlib import Path

import pytest

from licence.errors import Code
from signer.layout import (
    Band,
    Box,
    Fill,
    Microtext,
    Placed,
    Sample,
    SealPlace,
    SealWhat,
    parse_layout,
    read_layout,
)
from tests.fakes.refusal import refuses

FACE: dict[str, object] = {
    "page_mm": [210, 297],
    "qr_mm": 30,
    "clear": [[24, 238, 30, 30]],
    "layers": [
        {"draw": "fill", "left": 0, "top": 0, "width": 210, "height": 89.1, "colour": "#E8F1FB"},
        {"draw": "band", "inset": 10.6, "height": 4, "colours": ["#B08D3C"], "on": "first"},
        {"draw": "microtext", "around": [9], "colour": "#000000"},
    ],
    "seals": [{"what": "special", "left": 129, "top": 229, "diameter": 42}],
}


def _file(**changes: object) -> bytes:
    return json.dumps({"sections": {"face": {**FACE, **changes}}}).encode()


def test_a_layout_is_read() -> None:
    face = parse_layout(_file()).of("face")
    assert (face.width, face.height, face.qr_mm) == (210, 297, 30)
    assert face.clear == (Box(24, 238, 30, 30),)
    assert face.layers == (
        Placed(Fill(Box(0, 0, 210, 89.1), 0xE8F1FB), first_only=False),
        Placed(Band(10.6, 4, (0xB08D3C,)), first_only=True),
        Placed(Microtext((), (9,), 0), first_only=False),
    )
    assert face.seals == (SealPlace(SealWhat.SPECIAL, 129, 229, 42),)


def test_a_section_may_be_bare() -> None:
    bare = parse_layout(b'{"sections": {"large-print": {"page_mm": [210, 297]}}}').of("large-print")
    assert (bare.layers, bare.seals, bare.clear) == ((), (), ())


@pytest.mark.parametrize(
    "changes",
    [
        {"page_mm": [210]},
        {"page_mm": [210, "297"]},
        {"page_mm": [210, -1]},
        {"page_mm": [True, 297]},
        {"surprise": 1},
        {"layers": {}},
        {"layers": [{"draw": "text"}]},
        {"layers": [{"draw": "sample"}]},
        {"layers": [{"draw": "sample", "colour": "red"}]},
        {"layers": [{"draw": "sample", "colour": "#FBE4E4", "size": 3}]},
        {"layers": [{"draw": "sample", "colour": "#FBE4E4", "on": "last"}]},
        {"layers": [{"draw": "band", "inset": 9, "height": 4, "colours": []}]},
        {"seals": [{"what": "mine", "left": 1, "top": 1, "diameter": 42}]},
        {"seals": [{"what": "special", "left": 1, "top": 1}]},
    ],
)
def test_what_is_not_in_the_schema_is_refused(changes: dict[str, object]) -> None:
    with refuses(Code.RENDER_FAILED):
        parse_layout(_file(**changes))


def test_a_section_that_is_not_there_and_a_file_that_is_none() -> None:
    with refuses(Code.RENDER_FAILED):
        parse_layout(_file()).of("back")
    for data in (b"", b"[]", b"{}", b'{"sections": []}'):
        with refuses(Code.RENDER_FAILED):
            parse_layout(data)
    with refuses(Code.RENDER_FAILED):
        read_layout(Path("nowhere"))


def test_a_preview_has_the_sample_mark_in_every_section() -> None:
    layout = parse_layout(_file(layers=[]))
    (placed,) = layout.with_sample().of("face").layers
    assert isinstance(placed.layer, Sample)
    marked = parse_layout(_file(layers=[{"draw": "sample", "colour": "#FBE4E4"}]))
    assert marked.with_sample() == marked
