"""The shield 盾牌 with the cross of occupational safety, drawn with fine lines."""

from typing import Final

from signer.layout import Shield
from signer.printing.drawing import Drawing, ink, units

_SIDE: Final = 1000
"""Width of the shield in its own units."""

_LINES: Final = 46
_CROSS: Final = (230, 90)
"""Half of the length and of the breadth of the cross's arms."""
_MIDDLE: Final = (500, 560)


def shield(layer: Shield) -> Drawing:
    """Return the shield: two outlines, a ruled field, an open cross."""
    scale = units(layer.width) / _SIDE
    place = f"{scale:.5f} 0 0 {scale:.5f} {units(layer.left)} {units(layer.top)} cm"
    parts = [
        f"{place} {ink(layer.colour)} 1 j\n",
        f"26 w {_outline(0)} S 8 w {_outline(48)} S\n",
        f"q {_outline(66)} W n {_cross(20)} {_outline(0)} W* n 7 w\n{_ruled()}Q\n",
        f"14 w {_cross(0)} S\n",
    ]
    return Drawing("".join(parts))


def _outline(inset: int) -> str:
    """A heater shield: a peak in the middle of its upper edge, a point below."""
    i = inset
    left, right, top, low = 30 + i, 970 - i, 110 + i, 1170 - round(1.3 * i)
    return (
        f"500 {30 + i} m 640 {100 + i} 800 {130 + i} {right} {top} c "
        f"{right} {600 + i // 2} l {right} {850 - i // 2} 720 {1080 - i} 500 {low} c "
        f"280 {1080 - i} {left} {850 - i // 2} {left} {600 + i // 2} c "
        f"{left} {top} l 200 {130 + i} 360 {100 + i} 500 {30 + i} c h"
    )


def _cross(wider: int) -> str:
    x, y = _MIDDLE
    long, broad = _CROSS[0] + wider, _CROSS[1] + wider
    corners = [
        *((-broad, -long), (broad, -long), (broad, -broad), (long, -broad)),
        *((long, broad), (broad, broad), (broad, long), (-broad, long)),
        *((-broad, broad), (-long, broad), (-long, -broad), (-broad, -broad)),
    ]
    path = " ".join(f"{x + dx} {y + dy} {'l' if n else 'm'}" for n, (dx, dy) in enumerate(corners))
    return f"{path} h"


def _ruled() -> str:
    """Waves across the field."""
    line = "0 0 m 110 -40 140 -40 250 0 c 360 40 390 40 500 0 c "
    line += "610 -40 640 -40 750 0 c 860 40 890 40 1000 0 c S\n"
    return f"1 0 0 1 0 60 cm {line}" + f"1 0 0 1 0 24 cm {line}" * _LINES
