"""Make `verifier/pades/glyphs.bin`: which shapes each character may have on a page.

    python -m tools.glyph_table          add what our fonts draw
    python -m tools.glyph_table check    say whether it is up to date (exit code 1 if not)

Typst typesets every character of the signer's fonts, in each weight and with each feature that a
template uses; the verifier's own reader takes the shapes out of the file. So a row says what Typst
writes for a character, not what a font tool thinks of the font. To be run whenever a font, Typst or
the weights of a template change; rows that are there stay, for licences that are out.
"""

import struct
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import pikepdf
import typst
from fontTools.ttLib import TTFont

from signer.glyphs import FONTS, TITLE_FONTS, font_folders
from signer.lean_fonts import strip_hints
from signer.typesetting import quoted
from verifier.pades.glyph_table import BLOCK, BLOCKS, MAGIC, ROW_BYTES, make_table, row_of
from verifier.pades.seen_fonts import read_font

TABLE: Final = Path(__file__).parents[1] / "verifier" / "pades" / "glyphs.bin"
WEIGHTS: Final = {
    "Noto Serif SC": (400,),
    "Noto Sans SC": (400,),
    "Noto Sans CJK SC": (400, 500, 700, 900),
    "Arimo": (400, 500, 700, 900),
    "Anzheng Title": (700,),
}
"""Weights by family: the fonts of `signer.glyphs.FONTS` in their order, and that of titles."""

LANGUAGES: Final = ('lang: "zh", region: "cn"', 'lang: "en"')
HALF_WIDTH: Final = tuple(range(0x20, 0x7F))
HALF_WIDTH_FEATURE: Final = ', features: ("hwid",)'
NEIGHBOURS: Final = (("", ""), ("O", "N"), ("\u4e2d", "\u6587"), ("1", "2"))
"""What stands before and after: a font has other shapes for some characters among some."""
SHAPED_ALONE: Final = 0x2E80
"""From here on, a character has one shape everywhere, but for punctuation and wide forms."""
PUNCTUATION: Final = range(0x3000, 0x3040)
WIDE: Final = range(0xFF00, 0xFFF0)
LIGATURES: Final = ("ff", "fi", "fl", "ffi", "ffl", "fj", "ft", "tt")
A_PARAGRAPH: Final = 200
A_FILE: Final = 4_000
"""Characters of one file: the reader takes no larger font."""

Rows = dict[int, set[bytes]]


@dataclass(frozen=True, slots=True)
class Face:
    """A font: its name in templates, and all characters that have the glyph of each character."""

    family: str
    same: dict[int, tuple[int, ...]]


def faces() -> Iterator[Face]:
    """Return every font that our pages are set in."""
    files = [
        next(
            folder / Path(name).name
            for folder in font_folders()
            if (folder / Path(name).name).is_file()
        )
        for _, name, _ in FONTS
    ]
    numbers = [number for *_, number in FONTS]
    title = next(TITLE_FONTS.glob("*.ttf"))
    for family, file, number in zip(WEIGHTS, [*files, title], [*numbers, -1], strict=True):
        glyphs: dict[str, list[int]] = defaultdict(list)
        with TTFont(file, fontNumber=number, lazy=True) as font:
            for code, name in (font.getBestCmap() or {}).items():
                glyphs[name].append(code)
        yield Face(family, {code: tuple(codes) for codes in glyphs.values() for code in codes})


def draw(face: Face, weight: int, language: str, texts: Sequence[str], features: str = "") -> bytes:
    """Return a PDF with texts one by one, none of which shapes another."""
    how = f"font: {quoted(face.family)}, weight: {weight}, fallback: false, {language}{features}"
    head = f"#set page(width: 9000pt, height: auto)\n#set text({how}, size: 12pt)\n"
    body = "\n\n".join(
        "#("
        + "".join(quoted(each) + "," for each in texts[at : at + A_PARAGRAPH])
        + ").map(each => box(each)).join()"
        for at in range(0, len(texts), A_PARAGRAPH)
    )
    pdf = compiler().compile(input=(head + body).encode())
    assert isinstance(pdf, bytes)  # noqa: S101 - one file was asked for
    return pdf


@cache
def compiler() -> typst.Compiler:
    """Return Typst with the signer's fonts and no others."""
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in font_folders()],
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def add(rows: Rows, face: Face, pdf: bytes) -> None:
    """Add the shapes of all characters in a file, as Typst writes them and as the signer does."""
    with pikepdf.open(BytesIO(pdf)) as document:
        _add_fonts(rows, face, document)
        strip_hints(document)
        _add_fonts(rows, face, document)


def _add_fonts(rows: Rows, face: Face, document: pikepdf.Pdf) -> None:
    fonts = {
        font.objgen: font
        for page in document.pages
        for font in page.obj.Resources.get("/Font", pikepdf.Dictionary()).values()
    }
    for read in map(read_font, fonts.values()):
        for code, text in read.texts.items():
            program = read.programs.of(code)
            same = face.same.get(ord(text), ()) if len(text) == 1 else ()
            for each in (text, *map(chr, same)):
                rows[ord(each[0]) // BLOCK].add(row_of(each, program))


def our_rows() -> Rows:
    """Return the rows of everything that our fonts draw now."""
    rows: Rows = defaultdict(set)
    for face in faces():
        texts = list(texts_of(face))
        half = [chr(code) for code in HALF_WIDTH if code in face.same]
        for weight in WEIGHTS[face.family]:
            for language in LANGUAGES:
                for at in range(0, len(texts), A_FILE):
                    add(rows, face, draw(face, weight, language, texts[at : at + A_FILE]))
                # Beside the character of its own that a ligature has, its text would be that one.
                add(rows, face, draw(face, weight, language, LIGATURES))
            # A name of letters with figures in it is set with the features of both.
            for beside in NEIGHBOURS:
                among = [beside[0] + each + beside[1] for each in half]
                add(rows, face, draw(face, weight, LANGUAGES[0], among, HALF_WIDTH_FEATURE))
            print(face.family, weight, sum(map(len, rows.values())), flush=True)
    return rows


def texts_of(face: Face) -> Iterator[str]:
    """Return every character alone, and among neighbours those whose shape depends on them."""
    for code in sorted(face.same):
        yield chr(code)
        if code < SHAPED_ALONE or code in PUNCTUATION or code in WIDE:
            for before, after in NEIGHBOURS[1:]:
                yield before + chr(code) + after


def stored_rows() -> Rows:
    """Return the rows that are stored."""
    rows: Rows = defaultdict(set)
    if not TABLE.is_file():
        return rows
    table = TABLE.read_bytes()
    places = struct.unpack_from(f">{BLOCKS + 1}I", table, len(MAGIC))
    for block in range(BLOCKS):
        for at in range(places[block], places[block + 1], ROW_BYTES):
            rows[block].add(table[at : at + ROW_BYTES])
    return rows


def main() -> None:
    """Write the table, or say that it is up to date."""
    rows, stored = our_rows(), stored_rows()
    missing = sum(len(each - stored.get(block, set())) for block, each in rows.items())
    if sys.argv[1:] == ["check"]:
        print(f"{missing} rows are missing")
        sys.exit(1 if missing else 0)
    for block, each in stored.items():
        rows[block] |= each
    TABLE.write_bytes(make_table(rows))
    print(f"{TABLE.name}: {missing} rows added, {TABLE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
