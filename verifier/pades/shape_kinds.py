"""The kinds of objects that a licence file has, and what each of them has.

What is not named here, none of our templates and neither Typst nor our signer ever writes. A new
template that draws by other means needs its entries here before its first licence is out.

Standard: ISO 32000-1, tables 28 to 30, 87, 93, 95, 111 to 124, 153, 252, 322 to 325; ISO 19005-3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from verifier.pades.glyph_programs import MAX_FONT_BYTES
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
from verifier.pades.shape_rules import (
    colours,
    counted,
    destination,
    element_children,
    glyph_map,
    leaf_of_tree,
    names_tree,
    numbers_tree,
    one_file,
    one_program,
    pairs,
    paper,
    roles,
    seal_box,
    spoken,
)

MAX_DRAWN_DEPTH: Final = 6
"""Forms within forms."""

MAX_STREAM_BYTES: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("content", "form"), 512 << 10),
        **dict.fromkeys(("program", "bare program"), MAX_FONT_BYTES),
        **dict.fromkeys(("material", "code map"), 1 << 20),
        **dict.fromkeys(("glyph set", "pattern", "metadata"), 64 << 10),
        **dict.fromkeys(("file", "profile"), 256 << 10),
    }
)
"""How large a stream of each kind may be unpacked; ours are several times smaller.

A font, and its map to text, grows with the characters of a licence, of which there may be 40,000.
"""
ELEMENTS: Final = keys(
    "/TD /Div /P /Span /TR /TH /H1 /H2 /H3 /Table /Figure /TBody /THead /Document /Form /L /LI "
    "/Lbl /LBody /Caption /Sect /Part"
)
DESCRIPTIONS: Final = ("u:licence.json (RFC 8785)", "u:电子证照元数据 (RFC 8785)")
TOOLTIP: Final = "u:发证机关电子印章"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a walk has found: words beside the pages, and how large each stream may be unpacked."""

    words: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, int], ...]


def check_shape(objects: Mapping[str, Value], streams: frozenset[str]) -> Shape:
    """Hold every object of a file against its kind.

    Args:
        objects: From `read_values`.
        streams: The same.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE.
    """
    walk = Walk(objects, streams, KINDS)
    walk.run("trailer", _trailer(objects, streams))
    _check_drawn_depth(walk)
    limits = ((each, kind) for each, kind in walk.met.items() if each in streams)
    return Shape(tuple(walk.words), tuple((each, MAX_STREAM_BYTES[kind]) for each, kind in limits))


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


# ---------------------------------------------------------------- the kinds


_STREAM: Final[Mapping[str, Rule]] = MappingProxyType(
    {"/Length": scalar, "/Filter": only("/FlateDecode")}
)


def _kind(also: Rule | None = None, **entries: Rule) -> Kind:
    """Return a kind whose entries are all needed; a name that ends in `_` may be missing."""
    named_so = {f"/{name.rstrip('_')}": rule for name, rule in entries.items()}
    needed = frozenset(f"/{name}" for name in entries if not name.endswith("_"))
    return Kind(MappingProxyType(named_so), needed, also=also)


def _once(kind: Kind) -> Kind:
    """Return a kind whose objects stand in one place each."""
    return replace(kind, once=True)


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
        "pages": _kind(Type=only("/Pages"), Kids=many("page"), Count=scalar, also=counted),
        "page": _once(_kind(
            Type=only("/Page"), Parent=back("pages"), Resources=one("resources of a page"),
            MediaBox=paper, Contents=one_or_many("content"), StructParents=scalar,
            Tabs=only("/S"), Annots_=many("widget"),
        )),
        "content": _stream(),
        "resources of a page": _kind(
            Font_=named("font"), XObject_=_XOBJECTS, ProcSet_=scalars,
            ColorSpace_=colours,
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
            CIDToGIDMap_=only("/Identity"), also=glyph_map,
        ),
        "descriptor": _kind(
            Type=only("/FontDescriptor"), FontName=scalar, Flags=scalar, FontBBox=scalars,
            ItalicAngle=scalar, Ascent=scalar, Descent=scalar, CapHeight=scalar, StemV=scalar,
            CIDSet_=one("glyph set"), FontFile2_=one("program"), FontFile3_=one("bare program"),
            also=one_program,
        ),
        "glyph set": _stream(),
        "program": _stream(),
        "bare program": _stream(Subtype=only("/CIDFontType0C")),
        # -- the seal, the signature, the data
        "acroform": _kind(Fields=many("widget"), SigFlags=only(3)),
        "widget": _kind(
            Type=only("/Annot"), Subtype=only("/Widget"), FT=only("/Sig"),
            T=only("u:AuthoritySeal"), TU=only(TOOLTIP), F=only(132), P=back("page"),
            V=one("signature"), Rect=seal_box, AP=flat(N=one("form")), StructParent=scalar,
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
        "files": _kind(Names=pairs),
        "filespec": _kind(
            Type=only("/Filespec"), F=scalar, UF=scalar, AFRelationship=scalar,
            Desc=only(*DESCRIPTIONS), EF=flat(F=one("file"), UF=one("file")), also=one_file,
        ),
        "file": _stream(
            Type=only("/EmbeddedFile"), Subtype=only("/application/json"),
            Params=flat(ModDate=scalar, Size=scalar),
        ),
        # -- bookmarks and structure
        "outlines": _kind(
            Type=only("/Outlines"), First=one("bookmark"), Last=back("bookmark"), Count=scalar
        ),
        "bookmark": _once(_kind(
            Title=said("bookmark"), Parent=back("outlines", "bookmark"), Dest=destination,
            Next_=one("bookmark"), Prev_=back("bookmark"),
        )),
        "structure": _kind(
            Type=only("/StructTreeRoot"), K=element_children, RoleMap=roles,
            ParentTree=leaf_of_tree("/Nums", numbers_tree), ParentTreeNextKey=scalar,
            IDTree_=leaf_of_tree("/Names", names_tree),
        ),
        "element": _once(_kind(
            Type=only("/StructElem"), S=only(*sorted(ELEMENTS)), P=back("element", "structure"),
            K=element_children, Pg_=back("page"), A_=one_or_many("attributes"), ID_=scalar,
            T_=said("heading"), Alt_=said("picture"), Lang_=only("u:en"), also=spoken,
        )),
        "marked": _kind(Type=only("/MCR"), MCID=scalar, Pg=back("page")),
        "reference": _kind(Type=only("/OBJR"), Obj=back("widget"), Pg=back("page")),
        "attributes": _kind(
            O=only("/Table", "/Layout"), BBox_=scalars, Headers_=scalars, BorderColor_=scalars,
            BorderThickness_=scalars, BorderStyle_=scalars, Placement_=scalar, Scope_=scalar,
            ColSpan_=scalar, RowSpan_=scalar,
        ),
    }
)  # fmt: skip
