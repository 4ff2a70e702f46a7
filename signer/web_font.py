"""A font for a page or picture of its own, with the characters that stand there and no others.

A page that a monitor writes must be readable on a machine that has no Chinese font.

Standard: W3C WOFF File Format 1.0.
"""

from importlib.resources import as_file, files
from io import BytesIO

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

_FONT = ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf")


def web_font(text: str) -> bytes:
    """Return a WOFF font with the characters of a text; what the font lacks is left out."""
    options = Options()
    options.desubroutinize = True
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [1, 2]
    options.notdef_outline = True
    package, name = _FONT
    with as_file(files(package) / name) as path:
        font = TTFont(path, lazy=True, recalcTimestamp=False)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes={ord(character) for character in text})
        subsetter.subset(font)
        font.flavor = "woff"
        made = BytesIO()
        font.save(made)
        font.close()
    return made.getvalue()
