"""Draws the codes of the wallet: in the terminal and as SVG. The gate to the drawing library.

Three segments (alphanumeric, one byte, alphanumeric) at level L: a screen has no dirt on it.

Standard: ISO/IEC 18004, 7.3.
"""

from typing import Final

from qrcodegen import DataTooLongError, QrCode, QrSegment

from licence.errors import AnzhengError, Code

QUIET_MODULES: Final = 4
_HALVES: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Light is drawn, dark left out: terminals are dark."""


class Drawing:
    """One code, drawn.

    Args:
        text: What it says.

    Raises:
        AnzhengError: TOO_LARGE.
    """

    def __init__(self, text: str) -> None:
        address, hash_sign, rest = text.partition("#")
        segments = [_segment(address)]
        if hash_sign:
            segments += [QrSegment.make_bytes(b"#"), _segment(rest)]
        try:
            # Mask 0: any mask reads, and trying all eight takes most of a second.
            self._code = QrCode.encode_segments(segments, QrCode.Ecc.LOW, mask=0, boostecl=False)
        except DataTooLongError as error:
            raise AnzhengError(Code.TOO_LARGE, "the code fits no QR code") from error

    @property
    def modules(self) -> int:
        """Modules a side."""
        return int(self._code.get_size())

    def svg(self) -> str:
        """Return the code as SVG, one module = one unit, with its quiet zone."""
        side = self.modules + 2 * QUIET_MODULES
        path = "".join(
            f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h1v1h-1z"
            for y in range(self.modules)
            for x in range(self.modules)
            if self._code.get_module(x, y)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
            f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>'
        )

    def lines(self) -> list[str]:
        """Return the code for a terminal, two rows of modules in a line."""
        span = range(-QUIET_MODULES, self.modules + QUIET_MODULES)
        return [
            "".join(_HALVES[self._dark(x, y), self._dark(x, y + 1)] for x in span)
            for y in range(-QUIET_MODULES, self.modules + QUIET_MODULES, 2)
        ]

    def _dark(self, x: int, y: int) -> int:
        return int(self._code.get_module(x, y))


def _segment(text: str) -> QrSegment:
    if QrSegment.is_alphanumeric(text):
        return QrSegment.make_alphanumeric(text)
    return QrSegment.make_bytes(text.encode())
