"""Make the font of the titles anew: a few characters of a real bold 宋体, which pip does not offer.

    .venv/bin/python -m tools.title_font 700Bold/NotoSerifSC_700Bold.ttf

The argument is a file of the npm package @expo-google-fonts/noto-serif-sc 0.4.3 (`npm pack`), which
is Noto Serif SC Bold under the Open Font License. The same file gives the same bytes.
"""

import sys
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET: Final = Path(__file__).resolve().parent.parent / "signer/fonts/anzheng-title.ttf"
FAMILY: Final = "Anzheng Title"
CHINESE: Final = (
    "安全生产许可证正副本大字版（）照说明与查验方法变更记录和年度复核"
    "危险化学品经营烟花爆竹民用爆炸物品矿山建筑施工储存使用运输企业资质格登记备案特种设备"
)
"""Titles of the licence types that there are, and of some that may follow."""

_NAMES: Final = {
    1: FAMILY,
    2: "Bold",
    3: f"{FAMILY} Bold 1",
    4: f"{FAMILY} Bold",
    6: "AnzhengTitle-Bold",
}
_COPYRIGHT: Final = (0, 13, 14)


def make(source: Path) -> None:
    """Write the font."""
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = list(_COPYRIGHT)
    options.notdef_outline = True
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=CHINESE + "".join(map(chr, range(0x20, 0x7F))))
    subsetter.subset(font)
    for number, name in _NAMES.items():
        font["name"].setName(name, number, 3, 1, 0x409)
    font.save(TARGET)
    print(f"title font: {len(font.getBestCmap())} characters, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
