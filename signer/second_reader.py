"""A second reader of the signed file, of another make: what it finds must be the plan as well.

PDFium read the file before it was signed. This is pdfminer.six, in Python and with no layout of its
own: it takes the characters in the order in which the page draws them. And since it is told of
every character with its state, it also refuses text that is extracted and not seen: invisible,
transparent, too light, too small, off the page, painted over, in an optional layer, with another
text laid over it (`ActualText`), or drawn by a pattern, an annotation or a font of drawings.

What no reader of text can find stands in docs/threat-model.md.
"""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfinterp import (
    LITERAL_IMAGE,
    PDFPageInterpreter,
    PDFResourceManager,
    PDFStackT,
)
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFStream, dict_value, resolve1
from pdfminer.psparser import PSLiteral
from typing_extensions import override

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError
from licence.formats.short_code import short_code
from licence.pages import MAX_PAGES, check_page_text
from signer.seen_text import SeenText, refusal

MAX_FILE: Final = 16 * 1024 * 1024
"""Largest file that is read, in bytes."""

MAX_FORMS: Final = 20_000
"""Most forms that are looked into on one page."""

_SHOWS_TEXT: Final = re.compile(rb"T[jJ]|['\"]|\bBI\b")
"""Operators that show text, and inline images, whose bytes could hide anything."""

_RECTANGLE: Final = re.compile(rb"\bre\b")


def read_pages(pdf: bytes) -> tuple[str, ...]:
    """Return the characters of each page in the order in which they are drawn.

    Raises:
        AnzhengError: PAGE_TEXT_MISMATCH, when the file cannot be read, is too large, or has text
            that would not be seen; with the fact `page`.
    """
    if len(pdf) > MAX_FILE:
        raise refusal("too large", 0)
    texts: list[str] = []
    try:
        document = PDFDocument(PDFParser(BytesIO(pdf)))
        manager = PDFResourceManager()
        for page in PDFPage.create_pages(document):
            if len(texts) == MAX_PAGES:
                raise refusal("too many pages", MAX_PAGES)
            texts.append(_read(manager, page, len(texts) + 1))
    except AnzhengError:
        raise
    except Exception as error:
        # Whatever it stumbles over: a file that one reader cannot read is not handed out.
        raise refusal("the second reader cannot read it", len(texts) + 1) from error
    return tuple(texts)


def check_signed(pdf: bytes, version: LicenceVersion, licence_json: bytes) -> None:
    """Refuse a signed file that a second reader does not read as the data say.

    Raises:
        AnzhengError: PAGE_TEXT_MISMATCH.
    """
    check_page_text(read_pages(pdf), version, short_code(licence_json))


def _read(manager: PDFResourceManager, page: PDFPage, number: int) -> str:
    seen = SeenText(manager, number)
    interpreter = _Interpreter(manager, seen)
    interpreter.process_page(page)
    for annotation in resolve1(page.annots) or ():
        for form in _appearances(dict_value(annotation)):
            if not interpreter.only_draws(form):
                raise seen.refuse("an annotation may show text")
    return "".join(seen.found)


def _appearances(annotation: Mapping[str, Any]) -> list[PDFStream]:
    forms: list[PDFStream] = []
    for each in dict_value(annotation.get("AP") or {}).values():
        found = resolve1(each)
        states = (found,) if isinstance(found, PDFStream) else dict_value(found).values()
        forms += (form for form in map(resolve1, states) if isinstance(form, PDFStream))
    return forms


class _Interpreter(PDFPageInterpreter):
    """Tells `SeenText` what the library's own interpreter does not.

    Drawings without text, the most of a page, are not run through: to find that they have none is
    a search in their bytes.
    """

    device: SeenText

    def __init__(self, manager: PDFResourceManager, device: SeenText) -> None:
        super().__init__(manager, device)
        self._kept: list[str] = []
        self._drawings: dict[int, bool] = {}
        self._forms = 0

    @override
    def subinterp(self) -> "_Interpreter":
        inner = _Interpreter(self.rsrcmgr, self.device)
        inner._drawings, inner._forms = self._drawings, self._forms
        return inner

    def only_draws(self, form: PDFStream) -> bool:
        """Say whether neither a form nor anything that it could use can show text."""
        number = form.objid or 0
        if number not in self._drawings:
            # While its parts are looked into it counts as one that shows text: so circles end.
            self._drawings[number] = False
            resources = dict_value(form.get("Resources") or {})
            within = [
                resolve1(each)
                for kind in ("XObject", "Pattern")
                for each in dict_value(resources.get(kind) or {}).values()
            ]
            self._drawings[number] = _SHOWS_TEXT.search(form.get_data()) is None and all(
                self.only_draws(each) for each in within if isinstance(each, PDFStream)
            )
        return self._drawings[number]

    @override
    def init_resources(self, resources: dict[object, object]) -> None:
        super().init_resources(resources)
        for each in dict_value(resources.get("Pattern") or {}).values():
            pattern = resolve1(each)
            if isinstance(pattern, PDFStream) and not self.only_draws(pattern):
                raise self.device.refuse("a pattern may show text")

    @override
    def do_q(self) -> None:
        super().do_q()
        self._kept.append(self.device.hidden)

    @override
    def do_Q(self) -> None:
        super().do_Q()
        if self._kept:
            self.device.hidden = self._kept.pop()

    @override
    def do_gs(self, name: object) -> None:
        states = dict_value(self.resources.get("ExtGState") or {})
        state = dict_value(states.get(_name(name)) or {})
        if {"ca", "CA", "SMask", "BM"}.isdisjoint(state):
            return
        opaque = all(resolve1(state.get(key, 1)) == 1 for key in ("ca", "CA"))
        unmasked = _name(resolve1(state.get("SMask"))) in {"", "None"}
        unmasked &= not isinstance(resolve1(state.get("SMask")), dict)
        normal = _name(resolve1(state.get("BM"))) in {"", "Normal"}
        self.device.hidden = "" if opaque and unmasked and normal else "text is transparent"

    @override
    def do_BDC(self, tag: PDFStackT, props: PDFStackT) -> None:
        if isinstance(props, PSLiteral):
            known = dict_value(self.resources.get("Properties") or {})
            props = dict_value(known.get(props.name) or {})
        super().do_BDC(tag, props)

    @override
    def do_Do(self, xobjid_arg: PDFStackT) -> None:
        form = resolve1(self.xobjmap.get(_name(xobjid_arg)))
        if not isinstance(form, PDFStream):
            raise self.device.refuse("something is drawn that is not there")
        if form.get("OC") is not None:
            raise self.device.refuse("something is in an optional layer")
        if form.get("Subtype") is LITERAL_IMAGE:
            raise self.device.refuse("there is a picture of points")
        # A drawing matters as the ground of text, or when it comes after text and may cover it.
        beneath = not self.device.found and _RECTANGLE.search(form.get_data()) is None
        if beneath and self.only_draws(form):
            return
        self._forms += 1
        if self._forms > MAX_FORMS:
            raise self.device.refuse("too many forms on a page")
        hidden = self.device.hidden
        super().do_Do(xobjid_arg)
        self.device.hidden = hidden


def _name(value: object) -> str:
    return str(value.name) if isinstance(value, PSLiteral) else ""
