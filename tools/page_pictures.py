"""Draw the pictures of "what to compare on paper" on the verifier's page, from the samples.

.venv/bin/python -m tools.page_pictures
"""

import io
import sys
from pathlib import Path
from typing import Final

from PIL import Image

from tools import pictures

FOLDER: Final = pictures.ROOT / "verifier" / "web" / "public" / "page"
DPI: Final = 168.0
QUALITY: Final = 82

WHOLE: Final = {"face.webp": ("cn-a4p-face.png", 1000), "seed.webp": ("seed-a4-face.png", 560)}
WHOLE["hazchem.webp"] = ("hazchem-a4p-face.png", 280)
CUT: Final = {
    "code.webp": ("cn-a4p-face.png", (130, 1596, 618, 1788)),
    "number.webp": ("cn-a4p-face.png", (300, 190, 1290, 450)),
}
"""Name -> picture that it is cut from, and where: pixels at `DPI`."""


def main() -> int:
    """Draw each picture."""
    drawn = _drawn()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (source, width) in WHOLE.items():
        picture = drawn[source]
        height = round(picture.height * width / picture.width)
        _write(FOLDER / name, picture.resize((width, height), Image.Resampling.LANCZOS))
    for name, (source, box) in CUT.items():
        _write(FOLDER / name, drawn[source].crop(box))
    return 0


def _drawn() -> dict[str, Image.Image]:
    wanted = {source for source, _ in (*WHOLE.values(), *CUT.values())}
    made = [picture for picture in pictures.draw(DPI) if picture.name in wanted]
    return {each.name: Image.open(io.BytesIO(each.png)).convert("RGB") for each in made}


def _write(path: Path, picture: Image.Image) -> None:
    picture.save(path, "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
