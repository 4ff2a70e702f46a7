"""The kinds of objects that a licence file has, and what each of them has.

What is not named here, none of our templates and neither Typst nor our signer ever writes. A new
template that draws by other means needs its entries here before its first licence is out.

Standard: ISO 32000-1, tables 28 to 30, 87, 93, 95, 111 to 124, 153, 252, 322 to 325; ISO 19005-3.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from verifier.pades.objects import keys, refuse
from verifier.pades.shape import (
    Kind,
    Rule,
    Value,
    Walk,
    back,
    flat,
    many,
    named,
    one,
    one_or_many,
    only,
    said,
    scalar,
    scalars,
)

PAPERS: Final = ((595.2756, 841.8898), (841.8898, 1190.5511))
"""A4 and A3 in points; either way up."""
PAPER_TOLERANCE: Final = 0.1
MAX_SEAL: Final = (320.0, 130.0)
"""Widest and highest field of seals, in points."""
MAX_DRAWN_DEPTH: Final = 6
"""Forms within forms."""

ELEMENTS: Final = keys(
    "/TD /Div /P /Span /TR /TH /H1 /H2 /H3 /Table /Figure /TBody /THead /Document /Form /L /LI "
    "/Lbl /LBody /Caption /Sect /Part"
)
DESCRIPTIONS: Final = ("u:licence.json (RFC 8785)", "u:电子证照元数据 (RFC 8785)")
TOOLTIP: Final = "u:发证机关电子印章"


def check_shape(
    objects: Mapping[str, Value], streams: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """Hold every object of a file against its kind.

    Args:
        objects: From `read_values`.
        streams: The same.

    Returns:
        What the file says beside its pages: where, and the text.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE.
    """
    walk = Walk(objects, streams, KINDS)
    walk.run("trailer", _trailer(objects, streams))
    _check_drawn_depth(walk)
    return tuple(walk.words)


def _trailer(objects: Mapping[str, Value], streams: frozenset[str]) -> Value:
    """Return the dictionary of the one table of objects, which is a stream in our files."""
    tables = [objects[each] for each in streams if objects[each].get("/Type") == "/XRef"]
    if len(tables) != 1:
        raise refuse("not exactly one table of objects")
    return tables[0]


def _check_drawn_depth(walk: Walk) -> None:
    """Refuse forms that draw themselves, or each other too deep: readers never come to an end."""
    drawn = [each for each, kind in walk.met.items() if kind in {"form", "pattern"}]
    inner = {each: _drawn_by(walk, each) for each in drawn}
    depth: dict[str, int] = {}

    def measure(each: str, above: int) -> int:
        if above > MAX_DRAWN_DEPTH:
            raise refuse("forms within forms too deep, or in a circle")
        if each not in depth:
            depth[each] = 1 + max((measure(child, above + 1) for child in inner[each]), default=0)
        if above + depth[each] > MAX_DRAWN_DEPTH + 1:
            raise refuse("forms within forms too deep")
        return depth[each]

    for each in drawn:
        measure(each, 0)


def _drawn_by(walk: Walk, reference: str) -> list[str]:
    resources = walk.plain(walk.objects[reference].get("/Resources", {}), "resources of a form")
    found: list[str] = []
    for key in ("/XObject", "/Pattern"):
        entries = walk.plain(resources.get(key, {})) if isinstance(resources, dict) else {}
        found += [each for each in entries.values() if isinstance(each, str)]
    return found


# ---------------------------------------------------------------- single values


def _paper(walk: Walk, value: Value) -> None:
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


def _seal_box(walk: Walk, value: Value) -> None:
    """Let the field be where a seal may be, and no larger."""
    box = walk.plain(value)
    if not isinstance(box, list) or len(box) != 4:  # noqa: PLR2004
        raise refuse("a seal without its place")
    left, bottom, right, top = (float(each) for each in box)
    if not 0 < right - left <= MAX_SEAL[0] or not 0 < top - bottom <= MAX_SEAL[1]:
        raise refuse("a seal of another size")


def _pairs(walk: Walk, value: Value) -> None:
    """Let the name tree of files be one leaf: a name, and its file."""
    found = walk.plain(value)
    if not isinstance(found, list) or len(found) != 2:  # noqa: PLR2004
        raise refuse("not exactly one attachment")
    scalar(walk, found[0])
    walk.enter("filespec", found[1])


def _destination(walk: Walk, value: Value) -> None:
    """Let a bookmark lead to a place on a page."""
    found = walk.plain(value, "destination")
    if not isinstance(found, list) or len(found) != 5 or found[1] != "/XYZ":  # noqa: PLR2004
        raise refuse("a bookmark that leads elsewhere")
    walk.promise(found[0], "page")
    for item in found[2:]:
        scalar(walk, item)


def _element_children(walk: Walk, value: Value) -> None:
    """Let a structure element have marked content, the seal, or elements below it."""
    target = walk.objects.get(value) if isinstance(value, str) and value in walk.objects else value
    items = walk.plain(value) if isinstance(target, list) else [value]
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool):
            continue
        found = walk.objects.get(item) if isinstance(item, str) else item
        kind = found.get("/Type") if isinstance(found, dict) else None
        walk.enter({"/MCR": "marked", "/OBJR": "reference"}.get(str(kind), "element"), item)


def _numbers_tree(walk: Walk, value: Value) -> None:
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


def _names_tree(walk: Walk, value: Value) -> None:
    found = walk.plain(value)
    if not isinstance(found, list):
        raise refuse("an ID tree of another shape")
    for name, element in zip(found[::2], found[1::2], strict=True):
        scalar(walk, name)
        walk.promise(element, "element")


def _leaf_of_tree(entry: str, rule: Rule) -> Rule:
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


def _by_name(rule: Rule) -> Rule:
    """Let an entry be a dictionary of single values by any name."""

    def each(walk: Walk, value: Value) -> None:
        found = walk.plain(value)
        if not isinstance(found, dict):
            raise refuse("no dictionary where one should be")
        for item in found.values():
            rule(walk, item)

    return each


_colours: Final = _by_name(only("/DeviceGray", "/DeviceRGB"))
_roles: Final = _by_name(scalar)


# ---------------------------------------------------------------- what holds for several entries


def _pages(_walk: Walk, value: Value) -> None:
    if value["/Count"] != len(value["/Kids"]):
        raise refuse("a page tree that counts wrongly")


def _one_program(_walk: Walk, value: Value) -> None:
    if len({"/FontFile2", "/FontFile3"} & value.keys()) != 1:
        raise refuse("a font that is not embedded")


def _glyph_map(_walk: Walk, value: Value) -> None:
    if (value["/Subtype"] == "/CIDFontType2") is not ("/CIDToGIDMap" in value):
        raise refuse("a font whose glyphs are found in another way")


def _spoken(_walk: Walk, value: Value) -> None:
    if "/Alt" in value and value["/S"] != "/Figure":
        raise refuse("words laid over others for those who hear the page")


def _one_file(_walk: Walk, value: Value) -> None:
    if value["/EF"].get("/F") != value["/EF"].get("/UF", value["/EF"].get("/F")):
        raise refuse("two different attachments")


# ---------------------------------------------------------------- the kinds


_STREAM: Final[Mapping[str, Rule]] = MappingProxyType(
    {"/Length": scalar, "/Filter": only("/FlateDecode")}
)


def _kind(also: Rule | None = None, **entries: Rule) -> Kind:
    """Return a kind whose entries are all needed; a name that ends in `_` may be missing."""
    named_so = {f"/{name.rstrip('_')}": rule for name, rule in entries.items()}
    needed = frozenset(f"/{name}" for name in entries if not name.endswith("_"))
    return Kind(MappingProxyType(named_so), needed, also=also)


def _stream(**entries: Rule) -> Kind:
    dictionary = _kind(**entries)
    return Kind(
        MappingProxyType({**_STREAM, **dictionary.entries}), dictionary.needed, is_stream=True
    )


_XOBJECTS: Final = named("form")
_SYSTEM: Final = flat(Registry=only("u:Adobe"), Ordering=only("u:Identity"), Supplement=only(0))

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "trailer": _kind(
            Root=one("catalog"), Info=one("info"), ID=scalars, Size=scalar, Type=only("/XRef"),
            W=scalars, Length=scalar, Filter=scalar, Index_=scalars,
            DecodeParms_=flat(Columns=scalar, Predictor=scalar),
        ),
        "info": _kind(
            Title=said("title"), Author=said("author"), Keywords=said("keywords"),
            Subject_=said("subject"), Creator=scalar, CreationDate=scalar, ModDate=scalar,
        ),
        "catalog": _kind(
            Type=only("/Catalog"), Pages=one("pages"), Metadata=one("metadata"),
            AF=many("filespec"), Names=one("names"), AcroForm=one("acroform"), DSS=one("dss"),
            Perms=one("perms"), Outlines_=one("outlines"), OutputIntents=many("intent"),
            StructTreeRoot=one("structure"), Lang=only("u:zh-CN"),
            MarkInfo=flat(Marked=only(True), Suspects=only(False)),  # noqa: FBT003
            ViewerPreferences=flat(Direction=only("/L2R"), DisplayDocTitle=only(True)),  # noqa: FBT003
            Extensions=flat(ESIC=flat(BaseVersion=only("/1.7"), ExtensionLevel=only(1))),
        ),
        "metadata": _stream(Type=only("/Metadata"), Subtype=only("/XML")),
        "intent": _kind(
            Type=only("/OutputIntent"), S=only("/GTS_PDFA1"), Info=scalar, OutputCondition=scalar,
            OutputConditionIdentifier=scalar, RegistryName=scalar, DestOutputProfile=one("profile"),
        ),
        "profile": _stream(N=only(3), Range_=scalars),
        # -- pages
        "pages": _kind(Type=only("/Pages"), Kids=many("page"), Count=scalar, also=_pages),
        "page": _kind(
            Type=only("/Page"), Parent=back("pages"), Resources=one("resources of a page"),
            MediaBox=_paper, Contents=one_or_many("content"), StructParents=scalar,
            Tabs=only("/S"), Annots_=many("widget"),
        ),
        "content": _stream(),
        "resources of a page": _kind(
            Font_=named("font"), XObject_=_XOBJECTS, ProcSet_=scalars,
            ColorSpace_=_colours,
        ),
        "resources of a form": _kind(
            ExtGState_=named("state"), XObject_=_XOBJECTS, Pattern_=named("pattern")
        ),
        "resources of a pattern": _kind(XObject_=_XOBJECTS),
        "state": _kind(Type=only("/ExtGState"), BM=only("/Multiply")),
        "form": _stream(
            Type=only("/XObject"), Subtype=only("/Form"), BBox=scalars,
            Resources=one("resources of a form"),
        ),
        "pattern": _stream(
            Type=only("/Pattern"), PatternType=only(1), PaintType=only(1), TilingType=only(1),
            BBox=scalars, XStep=scalar, YStep=scalar, Matrix=scalars,
            Resources=one("resources of a pattern"),
        ),
        # -- fonts
        "font": _kind(
            Type=only("/Font"), Subtype=only("/Type0"), BaseFont=scalar,
            Encoding=only("/Identity-H"), ToUnicode=one("code map"), DescendantFonts=many("glyphs"),
        ),
        "code map": _stream(Type=only("/CMap"), WMode=only(0)),
        "glyphs": _kind(
            Type=only("/Font"), Subtype=only("/CIDFontType0", "/CIDFontType2"), BaseFont=scalar,
            CIDSystemInfo=_SYSTEM, DW=scalar, W=scalars, FontDescriptor=one("descriptor"),
            CIDToGIDMap_=only("/Identity"), also=_glyph_map,
        ),
        "descriptor": _kind(
            Type=only("/FontDescriptor"), FontName=scalar, Flags=scalar, FontBBox=scalars,
            ItalicAngle=scalar, Ascent=scalar, Descent=scalar, CapHeight=scalar, StemV=scalar,
            CIDSet_=one("glyph set"), FontFile2_=one("program"), FontFile3_=one("bare program"),
            also=_one_program,
        ),
        "glyph set": _stream(),
        "program": _stream(),
        "bare program": _stream(Subtype=only("/CIDFontType0C")),
        # -- the seal, the signature, the data
        "acroform": _kind(Fields=many("widget"), SigFlags=only(3)),
        "widget": _kind(
            Type=only("/Annot"), Subtype=only("/Widget"), FT=only("/Sig"),
            T=only("u:AuthoritySeal"), TU=only(TOOLTIP), F=only(132), P=back("page"),
            V=one("signature"), Rect=_seal_box, AP=flat(N=one("form")), StructParent=scalar,
        ),
        "signature": _kind(
            Type=only("/Sig"), Filter=scalar, SubFilter=scalar, M=scalar, Reason=said("reason"),
            ByteRange=scalars, Contents=scalar, Reference=many("certified"),
        ),
        "certified": _kind(
            Type=only("/SigRef"), TransformMethod=scalar,
            TransformParams=flat(Type=only("/TransformParams"), P=only(1), V=scalar),
        ),
        "perms": _kind(DocMDP=back("signature")),
        "dss": _kind(
            Type=only("/DSS"), Certs=many("material"), CRLs_=many("material"),
            OCSPs_=many("material"),
        ),
        "material": _stream(),
        "names": _kind(EmbeddedFiles=one("files")),
        "files": _kind(Names=_pairs),
        "filespec": _kind(
            Type=only("/Filespec"), F=scalar, UF=scalar, AFRelationship=scalar,
            Desc=only(*DESCRIPTIONS), EF=flat(F=one("file"), UF=one("file")), also=_one_file,
        ),
        "file": _stream(
            Type=only("/EmbeddedFile"), Subtype=only("/application/json"),
            Params=flat(ModDate=scalar, Size=scalar),
        ),
        # -- bookmarks and structure
        "outlines": _kind(
            Type=only("/Outlines"), First=one("bookmark"), Last=back("bookmark"), Count=scalar
        ),
        "bookmark": _kind(
            Title=said("bookmark"), Parent=back("outlines", "bookmark"), Dest=_destination,
            Next_=one("bookmark"), Prev_=back("bookmark"),
        ),
        "structure": _kind(
            Type=only("/StructTreeRoot"), K=_element_children, RoleMap=_roles,
            ParentTree=_leaf_of_tree("/Nums", _numbers_tree), ParentTreeNextKey=scalar,
            IDTree_=_leaf_of_tree("/Names", _names_tree),
        ),
        "element": _kind(
            Type=only("/StructElem"), S=only(*sorted(ELEMENTS)), P=back("element", "structure"),
            K=_element_children, Pg_=back("page"), A_=one_or_many("attributes"), ID_=scalar,
            T_=said("heading"), Alt_=said("picture"), Lang_=only("u:en"), also=_spoken,
        ),
        "marked": _kind(Type=only("/MCR"), MCID=scalar, Pg=back("page")),
        "reference": _kind(Type=only("/OBJR"), Obj=back("widget"), Pg=back("page")),
        "attributes": _kind(
            O=only("/Table", "/Layout"), BBox_=scalars, Headers_=scalars, BorderColor_=scalars,
            BorderThickness_=scalars, BorderStyle_=scalars, Placement_=scalar, Scope_=scalar,
            ColSpan_=scalar, RowSpan_=scalar,
        ),
    }
)  # fmt: skip
