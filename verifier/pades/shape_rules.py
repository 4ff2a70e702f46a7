"""Rules for single entries of our objects: paper, seal, attachment, destinations, trees.

Standard: ISO 32000-1, 7.9.6 and 7.9.7 (trees), 12.3.2 (destinations), 14.7 (logical structure).
"""

from typing import Final

from verifier.pades.objects import refuse
from verifier.pades.shape import Rule, Value, Walk, only, scalar, scalars

PAPERS: Final = ((595.2756, 841.8898), (841.8898, 1190.5511))
"""A4 and A3 in points; either way up."""
PAPER_TOLERANCE: Final = 0.1
MAX_SEAL: Final = (320.0, 130.0)
"""Widest and highest field of seals, in points."""


# ---------------------------------------------------------------- single values


def paper(walk: Walk, value: Value) -> None:
    """Let a media box be a sheet that we print on, from its lower left corner."""
    box = walk.plain(value)
    if not isinstance(box, list) or len(box) != 4 or box[:2] != [0, 0]:  # noqa: PLR2004
        raise refuse("a page of another size")
    size = tuple(sorted(float(each) for each in box[2:]))
    near = (
        all(abs(a - b) <= PAPER_TOLERANCE for a, b in zip(size, each, strict=True))
        for each in PAPERS
    )
    if not any(near):
        raise refuse("a page of another size")


def seal_box(walk: Walk, value: Value) -> None:
    """Let the field be where a seal may be, and no larger."""
    box = walk.plain(value)
    if not isinstance(box, list) or len(box) != 4:  # noqa: PLR2004
        raise refuse("a seal without its place")
    left, bottom, right, top = (float(each) for each in box)
    if not 0 < right - left <= MAX_SEAL[0] or not 0 < top - bottom <= MAX_SEAL[1]:
        raise refuse("a seal of another size")


def pairs(walk: Walk, value: Value) -> None:
    """Let the name tree of files be one leaf: a name, and its file."""
    found = walk.plain(value)
    if not isinstance(found, list) or len(found) != 2:  # noqa: PLR2004
        raise refuse("not exactly one attachment")
    scalar(walk, found[0])
    walk.enter("filespec", found[1])


def destination(walk: Walk, value: Value) -> None:
    """Let a bookmark lead to a place on a page."""
    found = walk.plain(value, "destination")
    if not isinstance(found, list) or len(found) != 5 or found[1] != "/XYZ":  # noqa: PLR2004
        raise refuse("a bookmark that leads elsewhere")
    walk.promise(found[0], "page")
    for item in found[2:]:
        scalar(walk, item)


def element_children(walk: Walk, value: Value) -> None:
    """Let a structure element have marked content, the seal, or elements below it."""
    target = walk.objects.get(value) if isinstance(value, str) and value in walk.objects else value
    items = walk.plain(value) if isinstance(target, list) else [value]
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool):
            continue
        found = walk.objects.get(item) if isinstance(item, str) else item
        kind = found.get("/Type") if isinstance(found, dict) else None
        walk.enter({"/MCR": "marked", "/OBJR": "reference"}.get(str(kind), "element"), item)


def numbers_tree(walk: Walk, value: Value) -> None:
    """Let the parent tree be one leaf: numbers, and the elements that they mean."""
    found = walk.plain(value)
    if not isinstance(found, list):
        raise refuse("a parent tree of another shape")
    for item in found[1::2]:
        target = walk.objects.get(item) if isinstance(item, str) else item
        if not isinstance(target, list):
            walk.promise(item, "element")
            continue
        for element in walk.plain(item):
            if element is not None:
                walk.promise(element, "element")


def names_tree(walk: Walk, value: Value) -> None:
    """Let the ID tree be one leaf: names, and the elements that they mean."""
    found = walk.plain(value)
    if not isinstance(found, list):
        raise refuse("an ID tree of another shape")
    for name, element in zip(found[::2], found[1::2], strict=True):
        scalar(walk, name)
        walk.promise(element, "element")


def leaf_of_tree(entry: str, rule: Rule) -> Rule:
    """Let a tree be one leaf; large ones have kids, each a leaf with limits."""

    def tree(walk: Walk, value: Value) -> None:
        found = walk.plain(value, "tree")
        if not isinstance(found, dict) or not found.keys() <= {entry, "/Kids", "/Limits"}:
            raise refuse("a tree of another shape")
        if entry in found:
            rule(walk, found[entry])
        scalars(walk, found.get("/Limits", []))
        for kid in walk.plain(found.get("/Kids", [])):
            if walk.met.get(kid) == "tree":
                raise refuse("a tree in a circle")
            tree(walk, kid)

    return tree


def by_name(rule: Rule) -> Rule:
    """Let an entry be a dictionary of single values by any name."""

    def each(walk: Walk, value: Value) -> None:
        found = walk.plain(value)
        if not isinstance(found, dict):
            raise refuse("no dictionary where one should be")
        for item in found.values():
            rule(walk, item)

    return each


colours: Final = by_name(only("/DeviceGray", "/DeviceRGB"))
roles: Final = by_name(scalar)


# ---------------------------------------------------------------- what holds for several entries


def counted(_walk: Walk, value: Value) -> None:
    """Refuse a page tree that counts other pages than it has."""
    if value["/Count"] != len(value["/Kids"]):
        raise refuse("a page tree that counts wrongly")


def one_program(_walk: Walk, value: Value) -> None:
    """Refuse a font without a program, or with two."""
    if len({"/FontFile2", "/FontFile3"} & value.keys()) != 1:
        raise refuse("a font that is not embedded")


def glyph_map(_walk: Walk, value: Value) -> None:
    """Refuse a font whose codes are not its glyphs."""
    if (value["/Subtype"] == "/CIDFontType2") is not ("/CIDToGIDMap" in value):
        raise refuse("a font whose glyphs are found in another way")


def spoken(_walk: Walk, value: Value) -> None:
    """Refuse words for pictures where there are letters."""
    if "/Alt" in value and value["/S"] != "/Figure":
        raise refuse("words laid over others for those who hear the page")


def one_file(_walk: Walk, value: Value) -> None:
    """Refuse two files under the two names of one."""
    if value["/EF"].get("/F") != value["/EF"].get("/UF", value["/EF"].get("/F")):
        raise refuse("two different attachments")
