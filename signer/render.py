"""Turn a licence into its page: PDF/A-3a and PDF/UA-1 with `licence.json` attached.

Typst compiles template and data; the compiler and its fonts are kept, which makes a page a matter
of milliseconds. The same data gives the same bytes: no clock, no font of the machine.

Standard: ISO 19005-3 (level A), ISO 14289-1.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import typst

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats.page_text import TEMPLATE, printed_short_code, printed_text
from licence.formats.short_code import short_code
from signer.glyphs import FONT_FOLDER, require_glyphs
from signer.qr import check_verify_base, make_qr, to_svg

STANDARDS: Final[tuple[Literal["a-3a"], Literal["ua-1"]]] = ("a-3a", "ua-1")

_TEMPLATES: Final = Path(__file__).parent / "templates"
_FOLDERS: Final = {TEMPLATE: _TEMPLATES / "cn_a4p" / "1"}


class Renderer:
    """Renders pages; one instance for a process, not shared between threads.

    Args:
        verify_base: Where the printed code points, such as `HTTPS://V.EXAMPLE/L/`.

    Raises:
        AnzhengError: SETTINGS_INVALID, when the address does not fit a small QR code.
    """

    def __init__(self, *, verify_base: str) -> None:
        check_verify_base(verify_base)
        self._verify_base = verify_base
        self._fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(FONT_FOLDER)],
        )
        self._compilers: dict[str, typst.Compiler] = {}

    def render(self, version: LicenceVersion, licence_json: bytes) -> bytes:
        """Return the page as PDF, not yet prepared for signing.

        Args:
            version: The licence, decoded from `licence_json`.
            licence_json: The exact bytes that are attached.

        Raises:
            AnzhengError: TEMPLATE_UNKNOWN, GLYPH_MISSING, RENDER_FAILED.
        """
        code = short_code(licence_json)
        require_glyphs(printed_text(version, code))
        page = _call(
            licence_json.decode("utf-8"),
            to_svg(make_qr(self._verify_base, code)),
            printed_short_code(code),
        )
        try:
            pdf = self._compiler(version.draft.template).compile(
                input=page, pdf_standards=list(STANDARDS)
            )
        except typst.TypstError as error:
            raise AnzhengError(Code.RENDER_FAILED, f"Typst: {error.message}") from error
        if not isinstance(pdf, bytes):
            raise AnzhengError(Code.RENDER_FAILED, "Typst gave no single file")
        return pdf

    def _compiler(self, template: str) -> typst.Compiler:
        compiler = self._compilers.get(template)
        if compiler is None:
            compiler = typst.Compiler(
                root=str(template_folder(template)),
                font_paths=self._fonts,
                ignore_system_fonts=True,
            )
            self._compilers[template] = compiler
        return compiler


@lru_cache(maxsize=8)
def template_folder(template: str) -> Path:
    """Return where a template stands.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN.
    """
    folder = _FOLDERS.get(template)
    if folder is None:
        raise AnzhengError(Code.TEMPLATE_UNKNOWN, "no such page template", template=template)
    return folder


def _call(*arguments: str) -> bytes:
    """Return a Typst file that calls the template's one function with these texts.

    In a Typst string only the quotation mark and the backslash mean something.
    """
    quoted = ('"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"' for each in arguments)
    return f'#import "/licence.typ": licence\n#licence({", ".join(quoted)})\n'.encode()
