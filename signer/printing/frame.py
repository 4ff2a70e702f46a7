"""Plain things: tinted zones and the lines around the page."""

from signer.layout import Fill, Frame
from signer.printing.drawing import Drawing, Size, ink, paint, rectangle, units


def fill(layer: Fill) -> Drawing:
    """Return a tinted rectangle."""
    box = layer.box
    area = rectangle(box.left, box.top, box.width, box.height)
    return Drawing(f"{paint(layer.colour)} {area} f\n")


def frame(page: Size, layer: Frame) -> Drawing:
    """Return rectangles around the page."""
    parts = [f"{ink(layer.colour)}\n"]
    for distance, width in layer.lines:
        across, down = page.width - 2 * distance, page.height - 2 * distance
        parts.append(f"{units(width)} w {rectangle(distance, distance, across, down)} S\n")
    return Drawing("".join(parts))
