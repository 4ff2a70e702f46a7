"""Turn the plan of a licence into its pages: PDF/A-3a and PDF/UA-1 with `licence.json` attached.

Typst compiles template and plan; the compiler and its fonts are kept, which makes a page a matter
of milliseconds. The same data gives the same bytes: no clock, no font of the machine.

Standard: ISO 19005-3 (level A), ISO 14289-1.
"""

import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import typst

from licence.domain.model import Glyph, LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats.short_code import short_code
from licence.pages import Plan, cn_a4p_1, printed_short_code, printed_text
from licence.pages.templates import CN_A4P_1, find_template
from signer.approved_glyphs import approved_font, require_all_glyphs
from signer.glyphs import font_folders, require_glyphs
from signer.plan_json import plan_json
from signer.qr import check_verify_base, make_qr, to_svg

STANDARDS: Final[tuple[Literal["a-3a"], Literal["ua-1"]]] = ("a-3a", "ua-1")

TEMPLATES: Final = Path(__file__).parent / "templates"

_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[1-9][0-9]{0,2}", re.ASCII)
_FIRST: Final = TEMPLATES / "cn_a4p" / "1"


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
        self._compiler = _compiler(TEMPLATES, font_folders())
        self._first: typst.Compiler | None = None

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
        source = (
            f'#import "{entry}": licence\n#licence(json(bytes({_text(plan_json(plan).decode())})), '
            f"{_text(licence_json.decode())}, {_text(qr)})\n"
        )
        if not approved:
            return _compile(self._compiler, source)
        with tempfile.TemporaryDirectory(prefix="anzheng-font-") as fonts:
            Path(fonts, "approved.otf").write_bytes(approved_font(approved))
            return _compile(_compiler(TEMPLATES, (*font_folders(), Path(fonts))), source)

    def render_first(self, version: LicenceVersion, licence_json: bytes) -> bytes:
        """Return the page of `cn-a4p/1`, whose words stand in its template; goes when that closes.

        Raises:
            AnzhengError: TEMPLATE_UNKNOWN, GLYPH_MISSING, RENDER_FAILED.
        """
        if version.draft.template != CN_A4P_1:
            raise AnzhengError(Code.TEMPLATE_UNKNOWN, "has a plan", template=version.draft.template)
        code = short_code(licence_json)
        require_glyphs(cn_a4p_1.printed_text(version, code))
        texts = (
            licence_json.decode("utf-8"),
            to_svg(make_qr(self._verify_base, code)),
            printed_short_code(code),
        )
        if self._first is None:
            self._first = _compiler(_FIRST, font_folders()[:1])
        call = ", ".join(map(_text, texts))
        return _compile(self._first, f'#import "/licence.typ": licence\n#licence({call})\n')


@lru_cache(maxsize=32)
def template_folder(template: str) -> Path:
    """Return where a template stands: its id is its place.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN.
    """
    folder = _FIRST if template == CN_A4P_1 else TEMPLATES / template
    if not _ID.fullmatch(template) or not (folder / "licence.typ").is_file():
        raise AnzhengError(Code.TEMPLATE_UNKNOWN, "no such page template", template=template)
    return folder


def _compiler(root: Path, fonts: Sequence[Path]) -> typst.Compiler:
    return typst.Compiler(
        root=str(root),
        font_paths=typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(folder) for folder in fonts],
        ),
        ignore_system_fonts=True,
    )


def _compile(compiler: typst.Compiler, source: str) -> bytes:
    try:
        pdf = compiler.compile(input=source.encode(), pdf_standards=list(STANDARDS))
    except typst.TypstError as error:
        raise AnzhengError(Code.RENDER_FAILED, f"Typst: {error.message}") from error
    if not isinstance(pdf, bytes):
        raise AnzhengError(Code.RENDER_FAILED, "Typst gave no single file")
    return pdf


def _text(text: str) -> str:
    """Write a text as Typst reads it: only the quotation mark and the backslash mean something."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
