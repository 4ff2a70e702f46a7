"""A plan laid out on pages, as a template would: the text of each page, without a PDF."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from licence.pages import Plan
from licence.pages.plan import Block, Section


def lay_out(plan: Plan, cuts: Mapping[int, Sequence[int]] | None = None) -> list[str]:
    """Return the text of each page.

    Args:
        plan: What is said.
        cuts: For a section, by its place: where its text is cut into pages, ascending. A section
            that has to fit on one page is not cut.
    """
    parts = [_parts(section, (cuts or {}).get(at, ())) for at, section in enumerate(plan.sections)]
    total = sum(map(len, parts))
    pages: list[str] = []
    for section, texts in zip(plan.sections, parts, strict=True):
        for place, text in enumerate(texts):
            head = section.head.replace("{n}", str(place)).replace("{m}", str(len(texts) - 1))
            pinned = _said(section.pinned)
            foot = section.foot.replace("{page}", str(len(pages) + 1))
            foot = foot.replace("{pages}", str(total))
            pages.append(f"{head}\n{text}{foot}" if place else f"{text}\n{pinned}\r\n{foot}")
    return pages


def _parts(section: Section, cuts: Sequence[int]) -> list[str]:
    text = _said(section.blocks)
    # A cut within white space would make a page without text, which no template makes.
    places = sorted({cut for cut in cuts if text[:cut].strip() and text[cut:].strip()})
    if not section.head:
        places = []
    edges = (0, *places, len(text))
    parts = [text[start:end] for start, end in pairwise(edges)]
    return [part for part in parts if part.strip()]


def _said(blocks: Sequence[Block]) -> str:
    return "".join(f"{text}\n" for block in blocks for _key, text in block.said())
