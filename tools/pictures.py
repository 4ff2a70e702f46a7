"""Draw the pictures of the documents anew: the first page of each section of each profile.

    .venv/bin/python -m tools.pictures

They are pages of the samples, pressed as for signing (seals 示例, no signature), on the day for
which the samples are written. The same sources give the same pictures.
"""

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
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
from licence.pages import check_page_text
from signer.pades import DssMaterial
from signer.page_text import page_texts
from signer.press import Press, PressJob
from signer.render import template_folder

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = ROOT / "docs" / "pictures"
MOMENT: Final = datetime(2026, 11, 21, 4, tzinfo=UTC)
DPI: Final = {"seed-a3": 70.0}
OTHER_DPI: Final = 84.0
COLOURS: Final = 128

SHOWN: Final = (
    ("cn-a4p", 1),
    ("cn-a4p", 10),
    ("seed-a3", 6),
    ("seed-a4", 4),
    ("seed-a4", 8),
    ("hazchem-a4p", 12),
)
"""Which rows of the sample roster show which profile; a later row adds what the earlier had not."""


def main() -> int:
    """Draw all pictures."""
    rows = read_roster((ROOT / "samples" / "roster.json").read_bytes())
    press = Press(verify_base="HTTPS://V.EXAMPLE/L/")
    PICTURES.mkdir(parents=True, exist_ok=True)
    done: set[str] = set()
    for profile, number in SHOWN:
        version = _version(rows[number - 1], number)
        if version.draft.template.split("/")[0] != profile:
            sys.stderr.write(f"row {number} is not {profile} but {version.draft.template}\n")
            return 1
        for section, picture in _sections(press, version, DPI.get(profile, OTHER_DPI)):
            name = f"{profile}-{section}.png"
            if name in done:
                continue
            done.add(name)
            (PICTURES / name).write_bytes(picture)
            if section == "face":
                (template_folder(version.draft.template) / "picture.png").write_bytes(picture)
    for old in PICTURES.glob("*.png"):
        if old.name not in done:
            old.unlink()
    sys.stdout.write(json.dumps(sorted(done), ensure_ascii=False) + "\n")
    return 0


def _version(row: Row, number: int) -> LicenceVersion:
    draft = parse_row(row, row=number)
    if not isinstance(draft, Draft):
        raise SystemExit(f"row {number}: {draft}")
    return LicenceVersion(draft, StatusRef(RegistryId("cn-aqsc-test"), StatusIndex(number)))


def _sections(press: Press, version: LicenceVersion, dpi: float) -> Iterator[tuple[str, bytes]]:
    """Yield each section's name with the picture of its first page."""
    data = licence_json.encode(version)
    pdf = press.press(PressJob(data, MOMENT, DssMaterial((), (), ()))).pdf
    pages = [_small(page) for page in pictures(pdf, dpi=dpi)]
    for section in check_page_text(page_texts(pdf), version, short_code(data)):
        yield section.kind.value, pages[section.first - 1]


def _small(png: bytes) -> bytes:
    """Return the picture with few colours: a quarter of the bytes, and nobody sees it."""
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    reduced.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
