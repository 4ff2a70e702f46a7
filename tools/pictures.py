"""Draw the pictures of the documents anew: the first page of each section of each profile.

    .venv/bin/python -m tools.pictures

They are pages of the samples, pressed as for signing (seals 示例, no signature), on the day for
which the samples are written. The same sources give the same pictures: they are the goldens of
tests/integration/test_golden_pages.py.
"""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from PIL import Image

from anzheng.flows.roster import Row, read_roster
from anzheng.picture import pictures
from licence.domain.model import Draft, LicenceVersion, StatusRef
from licence.domain.rows import parse_row
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.ids import RegistryId, StatusIndex
from licence.pages import check_page_text, make_plan
from signer.pades import DssMaterial
from signer.page_text import page_texts
from signer.press import Press, PressJob
from signer.render import Renderer, template_folder

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = ROOT / "docs" / "pictures"
DIGESTS: Final = ROOT / "tests" / "assets" / "golden_pages.json"
VERIFY_BASE: Final = "HTTPS://V.EXAMPLE/L/"
MOMENT: Final = datetime(2026, 11, 21, 4, tzinfo=UTC)
DPI: Final = {"seed-a3": 70.0}
OTHER_DPI: Final = 84.0
COLOURS: Final = 256

SHOWN: Final = (
    ("cn-a4p", 1),
    ("cn-a4p", 10),
    ("seed-a3", 6),
    ("seed-a4", 4),
    ("seed-a4", 8),
    ("hazchem-a4p", 12),
)
"""Which rows of the sample roster show which profile; a later row adds what the earlier had not."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: of the first page of a section, in the profile's first sample that has it."""

    name: str
    template: str
    png: bytes


def main() -> int:
    """Draw all pictures, and note the digest of every sample's pages."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    made = list(draw())
    for picture in made:
        png = small(picture.png)
        (PICTURES / picture.name).write_bytes(png)
        if picture.name.endswith("-face.png"):
            (template_folder(picture.template) / "picture.png").write_bytes(png)
    names = {picture.name for picture in made}
    for old in PICTURES.glob("*.png"):
        if old.name not in names:
            old.unlink()
    DIGESTS.write_text(json.dumps(digests(), indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(sorted(names), ensure_ascii=False) + "\n")
    return 0


def draw(sharpness: float | None = None) -> Iterator[Picture]:
    """Yield the pictures, at a resolution other than theirs if wanted; each section once."""
    rows = _rows()
    press = Press(verify_base=VERIFY_BASE)
    done: set[str] = set()
    for profile, number in SHOWN:
        version = _version(rows[number - 1], number)
        if version.draft.template.split("/")[0] != profile:
            raise SystemExit(f"row {number} is not {profile} but {version.draft.template}")
        dpi = sharpness or DPI.get(profile, OTHER_DPI)
        for section, picture in _sections(press, version, dpi):
            name = f"{profile}-{section}.png"
            if name not in done:
                done.add(name)
                yield Picture(name, version.draft.template, picture)


def digests() -> dict[str, str]:
    """Return SHA-256 of what Typst makes of each sample, before anything is added to it."""
    renderer = Renderer(verify_base=VERIFY_BASE)
    found = {}
    for number, row in enumerate(_rows(), start=1):
        version = _version(row, number)
        data = licence_json.encode(version)
        plan = make_plan(version, short_code(data))
        pages = renderer.render(plan, data, version.draft.glyphs)
        found[f"{number} {version.draft.template}"] = sha256(pages).hexdigest()
    return found


def _rows() -> tuple[Row, ...]:
    return tuple(read_roster((ROOT / "samples" / "roster.json").read_bytes()))


def _version(row: Row, number: int) -> LicenceVersion:
    draft = parse_row(row, row=number)
    if not isinstance(draft, Draft):
        raise SystemExit(f"row {number}: {draft}")
    return LicenceVersion(draft, StatusRef(RegistryId("cn-aqsc-test"), StatusIndex(number)))


def _sections(press: Press, version: LicenceVersion, dpi: float) -> Iterator[tuple[str, bytes]]:
    """Yield each section's name with the picture of its first page."""
    data = licence_json.encode(version)
    pdf = press.press(PressJob(data, MOMENT, DssMaterial((), (), ()))).pdf
    pages = list(pictures(pdf, dpi=dpi))
    for section in check_page_text(page_texts(pdf), version, short_code(data)):
        yield section.kind.value, pages[section.first - 1]


def small(png: bytes) -> bytes:
    """Return the picture with few colours, a quarter of the bytes; small signs keep theirs."""
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    out = io.BytesIO()
    reduced.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
