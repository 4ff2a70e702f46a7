"""Chromium's own PDF viewer opens a licence and shows the page that PDFium draws."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.fakes.browsing import PATIENCE_MS
from tests.interop import pictures
from tests.interop.dossier import Dossier
from tests.interop.rows import FIRSTS

pytestmark = pytest.mark.tools("chromium")

VIEW = "toolbar=0&navpanes=0&view=Fit"
MARGIN = 20
"""Pixels that the viewer leaves around a page."""

LOOKS = 400
REST = 3
"""Looks that see the same: a busy machine pauses in the middle of a page."""
PAUSE_MS = 250
ERROR_DIALOG = "viewer-error-dialog"

MEAN_BOUND = 4.0
WORST_BOUND = 100.0
"""Wider than between two renderers: the viewer draws another size."""


def _look(chromium: Browser, pdf: Path, size: tuple[int, int]) -> tuple[Image.Image, bool]:
    """Open a file; return what is seen when it has come to rest, and whether there is an error."""
    page = chromium.new_page(viewport={"width": size[0] + MARGIN, "height": size[1] + MARGIN})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{pdf.as_uri()}#{VIEW}")
    before, failed, same = b"", False, 0
    for _ in range(LOOKS):
        page.wait_for_timeout(PAUSE_MS)
        seen = page.screenshot()
        failed = any(frame.locator(ERROR_DIALOG).count() for frame in page.frames)
        same = same + 1 if seen == before else 0
        if same >= REST and (failed or _paper(_picture(seen)) is not None):
            break
        before = seen
    page.close()
    return _picture(before), failed


def _picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def _paper(seen: Image.Image) -> Image.Image | None:
    """Return the sheet, which lies on a dark table; None when there is none or it is blank."""
    bright = np.asarray(seen.convert("L")) > 128
    rows, columns = (np.flatnonzero(bright.mean(axis=axis) > 0.5) for axis in (1, 0))
    if not rows.size or not columns.size:
        return None
    left, right = int(columns[0]), int(columns[-1]) + 1
    sheet = seen.crop((left, int(rows[0]), right, int(rows[-1]) + 1))
    return sheet if pictures.ink_of(sheet) > 0.01 else None


@pytest.mark.parametrize("name", FIRSTS)
def test_the_viewer_shows_the_page(
    dossier: Dossier, chromium: Browser, tmp_path: Path, name: str
) -> None:
    pdf = dossier.file(name)
    expected = Image.open(pictures.draw_with_pdfium(pdf, tmp_path).pictures[0]).convert("RGB")
    seen, failed = _look(chromium, pdf, expected.size)
    assert not failed
    sheet = _paper(seen)
    assert sheet is not None
    assert sheet.width / sheet.height == pytest.approx(expected.width / expected.height, rel=0.02)
    apart = pictures.distance_of(expected, sheet.resize(expected.size))
    assert apart.mean < MEAN_BOUND
    assert apart.worst < WORST_BOUND


def test_the_viewer_shows_that_a_seal_is_missing(
    dossier: Dossier, chromium: Browser, tmp_path: Path
) -> None:
    drawn = pictures.draw_with_pdfium(dossier.good[0], tmp_path)
    expected = Image.open(drawn.pictures[0]).convert("RGB")
    seen, failed = _look(chromium, dossier.twin("sealless"), expected.size)
    assert not failed
    sheet = _paper(seen)
    assert sheet is not None
    assert pictures.distance_of(expected, sheet.resize(expected.size)).worst > WORST_BOUND


def test_the_viewer_cannot_open_a_file_that_breaks_off(dossier: Dossier, chromium: Browser) -> None:
    seen, failed = _look(chromium, dossier.twin("beginning"), (800, 1000))
    assert failed
    assert _paper(seen) is None
