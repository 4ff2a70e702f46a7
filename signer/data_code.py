"""The printed data code of a licence: signed with the authority's QR key, drawn, read back.

It stands on a sheet or label of its own, 40 mm wide: the licence's leaf is in it, and the leaf is
computed from the finished file.

Standard: ISO/IEC 18004; docs/formats/qr.md; ADR 0015.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from licence.domain.model import LicenceVersion
from licence.formats.es256 import SignBytes
from licence.formats.fields import whole_second
from licence.formats.qr import encode_printed, printed_of
from licence.formats.qr_text import QrKind, QrObject, write_text
from licence.ids import Leaf
from signer.qr import QUIET_MODULES, QrCode, draw_data, outline, to_svg

CODE_MM: Final = 40
"""Width of the printed code with its quiet zone, in millimetres."""

_LABEL_MM: Final = (62, 74)
_MARGIN_MM: Final = 11
"""Left of the code, and above it."""


@dataclass(frozen=True, slots=True)
class QrKey:
    """An opened QR key: its name in the trust bundle, and what signs with it."""

    kid: bytes
    sign: SignBytes


@dataclass(frozen=True, slots=True)
class DataCode:
    """A data code, ready to be handed out.

    Attributes:
        text: What a reader reads.
        svg: The code alone.
        label: A label to be printed: the code at 40 mm, what it is, and whose.
        modules: Modules a side.
    """

    text: str
    svg: str
    label: str
    modules: int


def sign_data_code(
    version: LicenceVersion, leaf: Leaf, key: QrKey, *, base: str, now: datetime
) -> str:
    """Return the text of the data code of a licence.

    Args:
        version: The licence.
        leaf: Of its signed file.
        key: The authority's QR key.
        base: The page that checks it, such as `HTTPS://V.EXAMPLE/V`.
        now: The time.

    Raises:
        AnzhengError: SETTINGS_INVALID; QR_SYNTAX.
    """
    said = printed_of(version, leaf=leaf, issued_at=whole_second(now))
    data = encode_printed(said, kid=key.kid, sign=key.sign)
    return write_text(QrObject(QrKind.PRINTED, data), base)


def draw_data_code(text: str, version: LicenceVersion) -> DataCode:
    """Draw a data code, alone and on its label.

    Args:
        text: From `sign_data_code`.
        version: The licence that it is about.

    Raises:
        AnzhengError: RENDER_FAILED, when the code cannot be read back.
    """
    code = draw_data(text)
    return DataCode(text, to_svg(code), _label(code, version), len(code.rows))


def _label(code: QrCode, version: LicenceVersion) -> str:
    draft = version.draft
    side = len(code.rows) + 2 * QUIET_MODULES
    width, height = _LABEL_MM
    lines = (
        (9, 4.2, "离线查验码 Offline check"),
        (56, 3.2, draft.licence_no),
        (61, 3.2, draft.enterprise_name),
        (66, 2.6, "只证明数据,不证明出示人和纸面"),
        (70, 2.2, "Proves the data; not the presenter, not the paper"),
    )
    texts = "".join(
        f'<text x="{width / 2}" y="{y}" font-size="{size}" text-anchor="middle"'
        f"{_fitted(text, size, width)}>{escape(text)}</text>"
        for y, size, text in lines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
        f' viewBox="0 0 {width} {height}" font-family="Noto Sans CJK SC, Noto Sans SC, SimHei,'
        f' sans-serif"><rect width="{width}" height="{height}" fill="#fff"/>'
        f'<g transform="translate({_MARGIN_MM} {_MARGIN_MM}) scale({CODE_MM / side:.6f})">'
        f'<path fill-rule="evenodd" d="{outline(code)}"/></g>{texts}</svg>'
    )


def _fitted(text: str, size: float, width: float) -> str:
    """Return what squeezes a line that would run over the label."""
    wide = sum(size if ord(char) > 0x2E80 else size * 0.5 for char in text)  # noqa: PLR2004
    room = width - 4
    return f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if wide > room else ""
