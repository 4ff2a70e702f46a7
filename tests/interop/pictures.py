"""Pages as PDFium and pdf.js draw them, and how far apart two pictures of a page are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pypdfium2
from PIL import Image

from tests.interop.pdf_tools import run

NODE: Final = Path(__file__).parent / "node"
DPI: Final = 72
POINTS_PER_INCH: Final = 72
QUALITY: Final = 95
"""Of JPEG: much quicker than PNG, and the same to the eye."""

CELL_POINTS: Final = 12
SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a renderer made of a file: a picture and the text of each page, and what it said."""

    pictures: tuple[Path, ...]
    texts: tuple[str, ...]
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart two pictures are, 0 (the same) to 255, over cells of `CELL_POINTS`.

    Attributes:
        mean: Over all cells; grows when a pale layer is missing.
        worst: Of the cell that differs most; grows when a small thing is missing.
    """

    mean: float
    worst: float


def draw_with_pdfjs(files: Sequence[Path], folder: Path) -> tuple[Drawn, ...]:
    """Draw files with pdf.js, as Firefox does, in one process of Node."""
    folder = folder / "pdfjs"
    folder.mkdir(exist_ok=True)
    command = ("node", NODE / "draw_pages.mjs", DPI, folder, *files)
    done = run(*command, seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    return tuple(_read(json.loads(line)) for line in done.stdout.splitlines())


def draw_with_pdfium(file: Path, folder: Path) -> Drawn:
    """Draw a file with PDFium, as Chromium does."""
    pictures, texts = [], []
    with pypdfium2.PdfDocument(file) as document:
        document.init_forms()  # or else no field is drawn
        for number, page in enumerate(document, 1):
            path = folder / f"pdfium-{file.stem}-{number}.jpg"
            page.render(scale=DPI / POINTS_PER_INCH).to_pil().save(path, quality=QUALITY)
            pictures.append(path)
            texts.append(page.get_textpage().get_text_bounded())
    return Drawn(tuple(pictures), tuple(texts), ())


def distance(one: Path, other: Path) -> Distance:
    """Compare two pictures of one page that are files."""
    return distance_of(Image.open(one).convert("RGB"), Image.open(other).convert("RGB"))


def distance_of(one: Image.Image, other: Image.Image) -> Distance:
    """Compare two pictures of one page.

    Renderers draw the edges of letters and thin lines a little differently, which evens out over a
    cell; what is not there at all does not.
    """
    assert one.size == other.size
    apart = np.abs(_cells(one) - _cells(other)).max(axis=2)
    return Distance(float(apart.mean()), float(apart.max()))


def ink(picture: Path) -> float:
    """Return which part of a picture is not white."""
    return ink_of(Image.open(picture))


def ink_of(picture: Image.Image) -> float:
    """Return which part of a picture is not white."""
    return float((np.asarray(picture.convert("L")) < 250).mean())


def _cells(picture: Image.Image) -> np.ndarray[Any, np.dtype[np.float64]]:
    pixels = DPI / POINTS_PER_INCH * CELL_POINTS
    size = (round(picture.width / pixels), round(picture.height / pixels))
    return np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=np.float64)


def _read(answer: dict[str, Any]) -> Drawn:
    if "error" in answer:
        return Drawn((), (), (answer["error"],))
    pages = answer["pages"]
    return Drawn(
        tuple(Path(page["picture"]) for page in pages),
        tuple(page["text"] for page in pages),
        tuple(answer["warnings"]),
    )
