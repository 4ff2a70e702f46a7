"""Draw a sheet as PDF/A-3a and PDF/UA-1 with its attachments. The one place with Typst here.

No clock and no font of the machine: the same sheet gives the same bytes.

Standard: ISO 19005-3 (level A), ISO 14289-1.
"""

import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from verifier.report_file.extra import extra_missing
from verifier.report_file.sheet import Sheet, values

try:
    import typst
except ImportError:  # the plain install reads reports and makes none
    typst = None  # type: ignore[assignment]

STANDARDS: Final[tuple[Literal["a-3a"], Literal["ua-1"]]] = ("a-3a", "ua-1")
TEMPLATE: Final = Path(__file__).with_name("report.typ")
_FONTS: Final = (
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", 2),
    ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf", 0),
)
"""Package, file, and which face of a collection; the first that has a character draws it."""
MAX_HERE: Final = 50
"""Files with more reports are drawn in a process of their own."""
MAX_SECONDS: Final = 300
PAGES: Final = "pages.pdf"
_ROOT: Final = Path(__file__).resolve().parents[2]
_GROUPS: Final = 12
_COLLECTION: Final = b"ttcf"


class Typesetter:
    """Draws sheets; one instance for a process, not shared between threads.

    Raises:
        AnzhengError: TOOL_MISSING, when Typst or the fonts are not installed.
    """

    def __init__(self) -> None:
        if typst is None:
            raise extra_missing("typst")
        self._fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(_file(package, name).parent) for package, name, _face in _FONTS],
        )

    def typeset(
        self,
        sheet: Sheet,
        *,
        made_on: date,
        attachments: Mapping[str, bytes],
        pictures: Mapping[int, bytes],
    ) -> bytes:
        """Return the pages.

        Args:
            sheet: What they say.
            made_on: Date of the document.
            attachments: By name, in the order in which they are attached.
            pictures: JPEG by the place of its report.

        Raises:
            AnzhengError: RENDER_FAILED.
        """
        with tempfile.TemporaryDirectory(prefix="anzheng-report-") as made:
            folder = Path(made)
            (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
            for name, data in attachments.items():
                (folder / name).write_bytes(data)
            for place, data in pictures.items():
                (folder / f"{place}.jpg").write_bytes(data)
            told = _told(sheet, made_on, tuple(attachments), tuple(pictures))
            (folder / "sheet.json").write_bytes(told)
            return self.draw(folder) if len(attachments) <= MAX_HERE else _drawn_apart(folder)

    def draw(self, folder: Path) -> bytes:
        """Compile the template of a folder that holds everything.

        Raises:
            AnzhengError: RENDER_FAILED.
        """
        compiler = typst.Compiler(
            root=str(folder), font_paths=self._fonts, ignore_system_fonts=True
        )
        source = (folder / "report.typ").read_bytes()
        try:
            pdf = compiler.compile(input=source, pdf_standards=list(STANDARDS))
        except typst.TypstError as error:
            raise AnzhengError(Code.RENDER_FAILED, f"Typst: {error.message}") from error
        if not isinstance(pdf, bytes):
            raise AnzhengError(Code.RENDER_FAILED, "Typst gave no single file")
        return pdf


def _drawn_apart(folder: Path) -> bytes:
    """Draw in a process of its own: what Typst keeps of a thousand reports ends with it."""
    command = [sys.executable, "-m", "verifier.report_file.draw", str(folder)]
    try:
        done = subprocess.run(
            command, cwd=_ROOT, capture_output=True, timeout=MAX_SECONDS, check=False
        )
        if done.returncode == 0:
            return (folder / PAGES).read_bytes()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AnzhengError(Code.RENDER_FAILED, "the report could not be drawn in time") from error
    told = done.stderr.decode("utf-8", "replace").strip()
    raise AnzhengError(Code.RENDER_FAILED, f"the report could not be drawn: {told[-500:]}")


def _told(
    sheet: Sheet, made_on: date, attachments: tuple[str, ...], pictures: tuple[int, ...]
) -> bytes:
    files: list[JsonValue] = [
        {"name": name, "description": f"{sheet.title}: {name} (RFC 8785)"} for name in attachments
    ]
    return canonical.dumps(
        {
            "title": sheet.title,
            "author": sheet.author,
            "foot": sheet.foot,
            "date": [made_on.year, made_on.month, made_on.day],
            "blocks": values(sheet.blocks),
            "attachments": files,
            "pictures": {str(place): f"/{place}.jpg" for place in pictures},
        }
    )


def unprintable(text: str) -> str:
    """Return the characters of a text that no font has, each once, ascending.

    Raises:
        AnzhengError: TOOL_MISSING, when the fonts are not installed.
    """
    return "".join(sorted(char for char in set(text) if ord(char) not in _code_points()))


@lru_cache(maxsize=1)
def _code_points() -> frozenset[int]:
    """Return the characters for which both weights of the page have a glyph."""
    try:
        tables = [_cmap(_file(package, name).read_bytes(), face) for package, name, face in _FONTS]
    except (OSError, struct.error) as error:
        raise extra_missing("fonts") from error
    return frozenset().union(*tables) | {ord(" ")}


def _cmap(font: bytes, face: int) -> set[int]:
    """Read the characters of a face from the groups of its character map.

    Standard: ISO/IEC 14496-22, 5.2.1 (cmap, format 12).
    """
    start = struct.unpack_from(">I", font, 12 + 4 * face)[0] if font[:4] == _COLLECTION else 0
    tables = struct.unpack_from(">H", font, start + 4)[0]
    places = {
        font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0]
        for at in range(start + 12, start + 12 + 16 * tables, 16)
    }
    table = places[b"cmap"]
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", font, table + 2)[0]):
        place = table + struct.unpack_from(">I", font, table + 8 + 8 * number)[0]
        if struct.unpack_from(">H", font, place)[0] == _GROUPS:
            groups = struct.unpack_from(">I", font, place + 12)[0]
            flat = struct.unpack_from(f">{3 * groups}I", font, place + 16)
            for first, last in zip(flat[::3], flat[1::3], strict=True):
                found.update(range(first, last + 1))
    return found


def _file(package: str, name: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise extra_missing(package)
    return Path(found.origin).parent / name
