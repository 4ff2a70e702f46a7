"""The pages of a rendered file: which section each belongs to, what is drawn under and on it.

Drawings become form objects, each once in the file however many pages use it, and packed once in
this process however many files do.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from licence.errors import AnzhengError, Code
from licence.pages.plan import Plan
from signer.layout import Layout, SealPlace, SealWhat, SectionLayout
from signer.printing.drawing import INK, POINTS_PER_MM, Drawing, Pattern
from signer.printing.layers import Subject, under
from signer.seal import SIZE

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""

_ARTIFACT: Final = b"/Artifact <</Type /Background>> BDC q %s Do Q EMC\n"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page.

    Attributes:
        page: The page object.
        layout: Of its section.
        kind: Of its section.
        first: Whether it is the section's first page.
    """

    page: pikepdf.Object
    layout: SectionLayout
    kind: str
    first: bool


def read_sheets(pdf: pikepdf.Pdf, plan: Plan, layout: Layout) -> tuple[Sheet, ...]:
    """Return all pages; the bookmarks say where the plan's sections begin.

    Raises:
        AnzhengError: RENDER_FAILED, when bookmarks and plan do not fit.
    """
    pages = [page.obj for page in pdf.pages]
    numbers = {page.objgen: number for number, page in enumerate(pages)}
    starts = [numbers[target] for target in _bookmarks(pdf)]
    sections = plan.sections
    if len(starts) != len(sections) or starts != sorted({0, *starts}):
        raise AnzhengError(
            Code.RENDER_FAILED, "the bookmarks are not the sections", bookmarks=len(starts)
        )
    ends = [*starts[1:], len(pages)]
    return tuple(
        Sheet(pages[number], layout.of(section.kind), section.kind, number == start)
        for section, start, end in zip(sections, starts, ends, strict=True)
        for number in range(start, end)
    )


def _bookmarks(pdf: pikepdf.Pdf) -> list[tuple[int, int]]:
    """Return the page that each bookmark of the first level points to."""
    found: list[tuple[int, int]] = []
    item = pdf.Root.get("/Outlines", Dictionary()).get("/First")
    while item is not None and len(found) <= len(pdf.pages):
        found.append(item.Dest[0].objgen)
        item = item.get("/Next")
    return found


class Forms:
    """Turns drawings into objects of one file, each once."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._forms: dict[Drawing, pikepdf.Object] = {}
        self._names: dict[Drawing, str] = {}
        self._ink: pikepdf.Object | None = None

    def name(self, drawing: Drawing) -> str:
        """Return the name by which pages call a drawing, one in the whole file."""
        return self._names.setdefault(drawing, f"/Drawn{len(self._names)}")

    def form(self, drawing: Drawing) -> pikepdf.Object:
        """Return the form object of a drawing."""
        found = self._forms.get(drawing)
        if found is None:
            keys = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": Array(list(drawing.box))}
            resources = self._resources(drawing)
            found = self.stream(drawing.content.encode("ascii"), **keys, Resources=resources)
            self._forms[drawing] = found
        return found

    def stream(
        self, data: bytes, **keys: pikepdf.Object | Array | Dictionary | float
    ) -> pikepdf.Object:
        """Return a packed stream."""
        stream = Stream(self._pdf, packed(data), Filter=Name.FlateDecode, **keys)
        return self._pdf.make_indirect(stream)

    def _resources(self, drawing: Drawing) -> Dictionary:
        resources = Dictionary()
        if drawing.forms:
            resources.XObject = self._named(drawing.forms)
        if drawing.patterns:
            patterns = {f"/{name}": self._pattern(each) for name, each in drawing.patterns}
            resources.Pattern = Dictionary(patterns)
        if drawing.multiplied:
            state = Dictionary(Type=Name.ExtGState, BM=Name.Multiply)
            self._ink = self._ink or self._pdf.make_indirect(state)
            resources.ExtGState = Dictionary({f"/{INK}": self._ink})
        return resources

    def _named(self, forms: Sequence[tuple[str, Drawing]]) -> Dictionary:
        return Dictionary({f"/{name}": self.form(each) for name, each in forms})

    def _pattern(self, pattern: Pattern) -> pikepdf.Object:
        return self.stream(
            pattern.content.encode("ascii"),
            Type=Name.Pattern,
            PatternType=1,
            PaintType=1,
            TilingType=1,
            BBox=Array([0, 0, pattern.width, pattern.height]),
            XStep=pattern.step,
            YStep=pattern.height,
            Matrix=Array([Decimal(f"{number:.7f}") for number in pattern.matrix]),
            Resources=Dictionary(XObject=self._named(pattern.forms)),
        )


@lru_cache(maxsize=512)
def packed(data: bytes) -> bytes:
    """Return data packed, quickly when it was packed before."""
    return zlib.compress(data)


def put_layers(forms: Forms, sheets: Sequence[Sheet], subject: Subject) -> None:
    """Draw the layers of each page's section under what stands on it.

    They are an artifact (ISO 14289-1, 7.1): a screen reader passes over them.
    """
    drawn: dict[str, pikepdf.Object] = {}
    for sheet in sheets:
        drawing = under(sheet.layout, subject, first=sheet.first)
        if drawing.forms or drawing.patterns:
            name = _use(sheet.page, forms, drawing)
            if name not in drawn:
                drawn[name] = forms.stream(_ARTIFACT % name.encode("ascii"))
            sheet.page.Contents = Array([drawn[name], *_contents(sheet.page)])


def _contents(page: pikepdf.Object) -> list[pikepdf.Object]:
    return list(page.Contents) if isinstance(page.Contents, Array) else [page.Contents]


def _use(page: pikepdf.Object, forms: Forms, drawing: Drawing) -> str:
    """Let a page use a drawing and return its name; pages may share their resources."""
    name = forms.name(drawing)
    objects = page.Resources.get("/XObject", Dictionary())
    objects[name] = forms.form(drawing)
    page.Resources.XObject = objects
    return name


def seal_box(layout: SectionLayout) -> Box:
    """Return the rectangle around all seals of a section's first page, in points."""
    boxes = [_seal_box(seal, layout.height) for seal in layout.seals]
    left, bottom, right, top = zip(*boxes, strict=True)
    return min(left), min(bottom), max(right), max(top)


def _seal_box(seal: SealPlace, height: float) -> Box:
    low = height - seal.top - seal.diameter
    return (
        round(seal.left * POINTS_PER_MM, 2),
        round(low * POINTS_PER_MM, 2),
        round((seal.left + seal.diameter) * POINTS_PER_MM, 2),
        round((low + seal.diameter) * POINTS_PER_MM, 2),
    )


def seals_drawing(layout: SectionLayout, seals: Mapping[SealWhat, Drawing]) -> Drawing:
    """Return all seals of a page as one drawing, in points from its own lower left corner."""
    left, bottom, right, top = seal_box(layout)
    parts = []
    for number, place in enumerate(layout.seals):
        x, y, far, _ = _seal_box(place, layout.height)
        scale = f"{(far - x) / SIZE:.6f}"
        parts.append(f"q {scale} 0 0 {scale} {x - left:.2f} {y - bottom:.2f} cm /Seal{number} Do Q")
    return Drawing(
        "\n".join(parts),
        (0, 0, round(right - left + 0.5), round(top - bottom + 0.5)),
        tuple((f"Seal{number}", seals[each.what]) for number, each in enumerate(layout.seals)),
    )


def stamp_as_figure(
    pdf: pikepdf.Pdf, forms: Forms, sheet: Sheet, drawing: Drawing, alt: str
) -> None:
    """Draw the seals on a page that has no signature field, tagged as a figure."""
    page, box = sheet.page, seal_box(sheet.layout)
    root = pdf.Root.StructTreeRoot
    elements = pikepdf.NumberTree(root.ParentTree)[int(page.StructParents)]
    number = len(elements)
    document = document_element(pdf)
    figure = Dictionary(
        Type=Name.StructElem,
        S=Name.Figure,
        P=document,
        Pg=page,
        Alt=String(alt),
        K=number,
        A=Dictionary(O=Name.Layout, BBox=Array(list(box)), Placement=Name.Block),
    )
    element = pdf.make_indirect(figure)
    elements.append(element)
    add_child(document, element)
    name = _use(page, forms, drawing)
    place = f"1 0 0 1 {box[0]:.2f} {box[1]:.2f} cm"
    over = f"\n/Figure <</MCID {number}>> BDC q {place} {name} Do Q EMC\n"
    page.Contents = Array([*_contents(page), forms.stream(over.encode("ascii"))])


def document_element(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Return the element at the root of the structure."""
    root = pdf.Root.StructTreeRoot
    found: pikepdf.Object = root.K[0] if isinstance(root.K, Array) else root.K
    return found


def add_child(parent: pikepdf.Object, element: pikepdf.Object) -> None:
    """Add an element to the end of another one."""
    children = list(parent.K) if isinstance(parent.K, Array) else [parent.K]
    parent.K = Array([*children, element])
