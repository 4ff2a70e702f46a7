"""Pictures of pages, and what is marked on them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Picture:
    """One page, drawn.

    Attributes:
        data: The image.
        media_type: Such as `image/png`.
        width: In pixels.
        height: In pixels.
    """

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a page where text and data differ.

    Attributes:
        page: Number of the page; 0 is the first.
        x0: Left edge as a part of the width of the picture, 0 to 1.
        y0: Upper edge as a part of its height, from the top.
        x1: Right edge.
        y1: Lower edge.
        field: What the plan of the page calls the line, or "".
        shown: What the page shows there; "" where something is missing.
        expected: What the data says; "" where nothing should stand.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    field: str
    shown: str
    expected: str
