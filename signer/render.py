"""Turn the plan of a licence into its pages: PDF/A-3a and PDF/UA-1 with `licence.json` attached.

Typst compiles template and plan; the compiler and its fonts are kept, which makes a page a matter
of milliseconds. The same data gives the same bytes.
"""

import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from licence.domain.model import Glyph
from licence.errors import AnzhengError, Code
from licence.formats.short_code import short_code
from licence.pages import Plan, SectionKind, printed_text
from licence.pages.templates import find_template
from signer.approved_glyphs import approved_font, require_all_glyphs
from signer.plan_json import plan_json
from signer.qr import check_verify_base, make_qr, to_svg
from signer.typesetting import Typesetter, quoted

TEMPLATES: Final = Path(__file__).parent / "templates"

SHORT: Final = 1_100
"""Most characters of a section that may stand on one page."""

_PAGES: Final = re.compile(rb"/Type\s*/Pages\s*/Count\s+([0-9]+)")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[1-9][0-9]{0,2}", re.ASCII)


class Renderer:
    """Renders pages; one instance for a process, not shared between threads.

    Args:
        verify_base: Where the printed code points, such as `HTTPS://V.EXAMPLE/L/`.

    Raises:
        AnzhengError: SETTINGS_INVALID, when the address does not fit a small QR code; TOOL_MISSING,
            when the fonts are not installed.
    """

    def __init__(self, *, verify_base: str) -> None:
        check_verify_base(verify_base)
        self._verify_base = verify_base
        self._typesetter = Typesetter(TEMPLATES)

    def render(self, plan: Plan, licence_json: bytes, approved: Sequence[Glyph] = ()) -> bytes:
        """Return the pages as PDF, not yet prepared for signing.

        Args:
            plan: What the pages say.
            licence_json: The exact bytes that the plan was made from; they are attached.
            approved: Outlines of characters that no font has.

        Raises:
            AnzhengError: TEMPLATE_UNKNOWN, TEMPLATE_CLOSED, GLYPH_MISSING, GLYPH_OUTLINE,
                RENDER_FAILED.
        """
        if find_template(plan.template).closed:
            raise AnzhengError(
                Code.TEMPLATE_CLOSED,
                "nothing more is issued with this template",
                template=plan.template,
            )
        folder = template_folder(plan.template)
        require_all_glyphs(printed_text(plan), approved)
        entry = "/" + folder.relative_to(TEMPLATES).as_posix() + "/licence.typ"
        qr = to_svg(make_qr(self._verify_base, short_code(licence_json)))

        def draw(typesetter: Typesetter, *, single_pages: bool) -> bytes:
            words = quoted(plan_json(plan, single_pages=single_pages).decode())
            texts = ", ".join(map(quoted, (licence_json.decode(), qr)))
            source = f'#import "{entry}": licence\n#licence(json(bytes({words})), {texts})\n'
            return typesetter.typeset(source)

        if approved:
            with tempfile.TemporaryDirectory(prefix="anzheng-font-") as fonts:
                Path(fonts, "approved.ttf").write_bytes(approved_font(approved))
                return draw(Typesetter(TEMPLATES, fonts=(Path(fonts),)), single_pages=False)
        if _is_short(plan):
            pdf = draw(self._typesetter, single_pages=True)
            if _page_count(pdf) == len(plan.sections):
                return pdf
        return draw(self._typesetter, single_pages=False)


@lru_cache(maxsize=32)
def template_folder(template: str) -> Path:
    """Return where a template stands: its id is its place.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN.
    """
    folder = TEMPLATES / template
    if not _ID.fullmatch(template) or not (folder / "licence.typ").is_file():
        raise AnzhengError(Code.TEMPLATE_UNKNOWN, "no such page template", template=template)
    return folder


def _is_short(plan: Plan) -> bool:
    """Whether each section is likely to need one page only; then drawing is a third quicker."""
    return not any(
        section.kind is SectionKind.LARGE_PRINT
        or sum(len(text) for block in section.blocks for _key, text in block.said()) > SHORT
        for section in plan.sections
    )


def _page_count(pdf: bytes) -> int:
    """Read the number of pages from the page tree, which Typst writes as plain text."""
    found = _PAGES.search(pdf)
    return int(found[1]) if found else 0
