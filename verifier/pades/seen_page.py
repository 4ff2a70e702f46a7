"""Follow the program of one page, as far as our signer writes any, and take what is seen.

A character is seen when it is filled, upright, large and dark enough, on the page, in no clip that
takes it away, under nothing, and not over another one; on a line, from left to right.

Standard: ISO 32000-1, 8 and 9.
"""

from struct import unpack
from typing import Final

import pikepdf
from typing_extensions import override

from licence.pages import MAX_PAGE_CHARACTERS
from verifier.pades.glyph_table import GlyphBook
from verifier.pades.seen_drawing import IN_FORMS, STATES, Acts, Drawing
from verifier.pades.seen_fonts import Judged, PageFont, read_font
from verifier.pades.seen_shapes import MIDDLE, Line, matrix_of, times
from verifier.pades.seen_sheet import refusal, upright
from verifier.pades.seen_state import Operands, Text, number

MIN_STEP: Final = 0.05
"""A character stands at least so far right of the one before it, in parts of the size."""
MAX_BOLD: Final = 0.06
"""Widest line around a shape that is also filled, in parts of the size."""
_BOLD: Final = 2
_SEEN_MODES: Final = frozenset({0, _BOLD})
"""Text rendering modes: filled; filled and with a line around it."""


class PageReader(Drawing):
    """Follows one page; `read` once.

    Args:
        page: The page.
        book: Which shapes each character may have.
        fonts: Those of the file that were read; kept for its other pages.
    """

    __slots__ = ("book", "fonts", "found", "laid", "marked", "named", "page", "text")

    def __init__(
        self, page: pikepdf.Object, book: GlyphBook, fonts: dict[tuple[int, int], PageFont]
    ) -> None:
        super().__init__()
        self.page, self.book, self.fonts = page, book, fonts
        self.found: list[str] = []
        self.named: dict[str, PageFont] = {}
        self.text: Text | None = None
        self.marked: list[bool] = []
        # Text for the one next character, where a text is laid over it; then empty.
        self.laid: list[str] | None = None

    def read(self) -> str:
        """Return the page's text.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, GLYPH_UNKNOWN.
        """
        left, bottom, right, top = (float(each) for each in self.page.MediaBox)
        self.sheet.box = (left, bottom, right, top)
        self.follow(self.page, self.page.Resources, 0)
        return "".join(self.found)

    @override
    def acts(self) -> Acts:
        """Return what each operator does: text stands on the page itself only."""
        return _MARKS_IN_FORMS if self.depth else _ON_PAGES

    # ------------------------------------------------------------ marked content

    def do_mark(self, _given: Operands) -> None:
        """`BMC`."""
        self.marked.append(False)

    def do_mark_with(self, given: Operands) -> None:
        """`BDC`: a text may be laid over one character that is drawn like it."""
        tag, told = given
        if str(tag) == "/OC" or not isinstance(told, pikepdf.Dictionary):
            raise refusal("a part of the page is optional")
        is_laid = "/ActualText" in told
        if "/E" in told or (is_laid and self.laid is not None):
            raise refusal("a text is laid over another")
        if is_laid:
            self.laid = [str(told["/ActualText"])]
        self.marked.append(is_laid)

    def do_end_mark(self, _given: Operands) -> None:
        """`EMC`."""
        if self.marked and self.marked.pop() and self.laid != []:
            raise refusal("a text is laid over another")
        self.laid = [] if any(self.marked) else None

    # ------------------------------------------------------------ text

    def do_begin(self, _given: Operands) -> None:
        """`BT`."""
        if self.text is not None or self.path:
            raise refusal("a page's program is out of order")
        self.text, self.is_open = Text(), True

    def do_end(self, _given: Operands) -> None:
        """`ET`."""
        self.text, self.is_open = None, False

    def do_mode(self, given: Operands) -> None:
        """`Tr`."""
        mode = number(given[0])
        if mode not in _SEEN_MODES:
            raise refusal("text is drawn invisibly")
        self.state.bold = mode == _BOLD

    def do_set_font(self, given: Operands) -> None:
        """`Tf`."""
        text, name = self._in_text(), str(given[0])
        if name not in self.named:
            self.named[name] = self._font(self.resources.Font[given[0]])
        text.font, text.size = self.named[name], number(given[1])

    def _font(self, font: pikepdf.Object) -> PageFont:
        # All that stand in no object of their own have the same number: none.
        if not font.is_indirect:
            return read_font(font)
        if font.objgen not in self.fonts:
            self.fonts[font.objgen] = read_font(font)
        return self.fonts[font.objgen]

    def do_set_matrix(self, given: Operands) -> None:
        """`Tm`."""
        self._in_text().matrix = matrix_of(given)

    def do_show(self, given: Operands) -> None:
        """`Tj`, `TJ`: take characters, which stand on one line from left to right."""
        text = self._in_text()
        if text.font is None:
            raise refusal("text has no font")
        scaled = times((text.size, 0, 0, text.size, 0, 0), text.matrix)
        origin = times(scaled, self.state.matrix)
        size, start, line = upright(origin), origin[4], origin[5]
        middles, x = self._along(text.font, given[0], start, size)
        text.matrix = times((1, 0, 0, 1, (x - start) / size * text.size, 0), text.matrix)
        if len(self.found) > MAX_PAGE_CHARACTERS:
            raise refusal("too much text on a page")
        if middles:
            self._see(Line(tuple(middles), line + MIDDLE * size, size))

    def _along(
        self, font: PageFont, given: Operands, start: float, size: float
    ) -> tuple[list[float], float]:
        """Take the characters of a line; return the middles of what is drawn, and its end."""
        x, last = start, start - size
        middles: list[float] = []
        for part in given if isinstance(given, pikepdf.Array) else [given]:
            if not isinstance(part, pikepdf.String):
                x -= number(part) / 1000 * size
                continue
            for said, width, is_drawn in self._characters(font, bytes(part)):
                if x < last + MIN_STEP * size:
                    raise refusal("characters are drawn in another order than they are read")
                last = x
                self.found.append(said)
                if is_drawn:
                    middles.append(x + width * size / 2)
                x += width * size
        return middles, x

    def _characters(self, font: PageFont, codes: bytes) -> list[Judged]:
        """Return what each code is; its shape is judged the first time."""
        if len(codes) % 2:
            raise refusal("half a character")
        numbers = unpack(f">{len(codes) // 2}H", codes)
        if self.laid is not None:
            return [self._laid_over(font, code) for code in numbers]
        judged = font.judged
        return [judged.get(code) or self._judge(font, code) for code in numbers]

    def _judge(self, font: PageFont, code: int) -> Judged:
        found = font.judged[code] = self._of(font, code, font.text(code))
        return found

    def _of(self, font: PageFont, code: int, said: str) -> Judged:
        self.book.check(said, font.programs.of(code))
        return said, font.width(code, said), not said.isspace()

    def _laid_over(self, font: PageFont, code: int) -> Judged:
        """Return a character that shares its shape with another one, such as `·` and `•`.

        A font has one text for a shape; Typst says there which of the two it is.
        """
        if not self.laid:
            raise refusal("a text is laid over another")
        return self._of(font, code, self.laid.pop())

    def _see(self, line: Line) -> None:
        """Take the characters of a line where they are seen."""
        state = self.state
        if state.area.is_pattern:
            raise refusal("text is drawn in a pattern")
        if state.bold and (
            self.pen() > MAX_BOLD * line.size
            or state.line.is_pattern
            or state.line.ink != state.area.ink
        ):
            raise refusal("a line around the text hides it")
        self.sheet.write(line, state.area.ink, state.clips)

    def _in_text(self) -> Text:
        if self.text is None:
            raise refusal("a page's program is out of order")
        return self.text


_MARKS: Final[Acts] = {
    "BMC": (1, PageReader.do_mark), "BDC": (2, PageReader.do_mark_with),
    "EMC": (0, PageReader.do_end_mark),
}  # fmt: skip
_MARKS_IN_FORMS: Final[Acts] = {**IN_FORMS, **_MARKS}
_ON_PAGES: Final[Acts] = {
    **STATES,
    **_MARKS,
    "BT": (0, PageReader.do_begin), "ET": (0, PageReader.do_end), "Tr": (1, PageReader.do_mode),
    "Tf": (2, PageReader.do_set_font), "Tm": (6, PageReader.do_set_matrix),
    "Tj": (1, PageReader.do_show), "TJ": (1, PageReader.do_show),
}  # fmt: skip
