"""Typst in this process: a compiler over templates and our fonts, and PDF/A-3a with PDF/UA-1 of it.

No clock and no font of the machine: the same source gives the same bytes.

Standard: ISO 19005-3 (level A), ISO 14289-1.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import typst

from licence.errors import AnzhengError, Code
from signer.glyphs import font_folders

STANDARDS: Final[tuple[Literal["a-3a"], Literal["ua-1"]]] = ("a-3a", "ua-1")


class Typesetter:
    """Compiles sources; one instance for a process, not shared between threads.

    Args:
        root: What a source may import lies in this folder.
        fonts: Folders with fonts beside ours.

    Raises:
        AnzhengError: TOOL_MISSING, when our fonts are not installed.
    """

    def __init__(self, root: Path, *, fonts: Sequence[Path] = ()) -> None:
        self._compiler = typst.Compiler(
            root=str(root),
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[str(folder) for folder in (*font_folders(), *fonts)],
            ),
            ignore_system_fonts=True,
        )

    def typeset(self, source: str) -> bytes:
        """Return a source as PDF.

        Raises:
            AnzhengError: RENDER_FAILED.
        """
        try:
            pdf = self._compiler.compile(input=source.encode(), pdf_standards=list(STANDARDS))
        except typst.TypstError as error:
            raise AnzhengError(Code.RENDER_FAILED, f"Typst: {error.message}") from error
        if not isinstance(pdf, bytes):
            raise AnzhengError(Code.RENDER_FAILED, "Typst gave no single file")
        return pdf


def quoted(text: str) -> str:
    """Write a text as Typst reads it: only the quotation mark and the backslash mean something."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
