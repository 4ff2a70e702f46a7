"""Objects that no licence has, second part: active content, page trees and other shapes."""

import io

from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, Pdf, Stream, String

from licence.errors import Code
from tests.bad import ink
from tests.bad.group_press import Tweak, maker, page_of, put, root_of, script, widget_of
from tests.bad.recipe import Recipe

SHAPE = Code.CONTAINER_STRUCTURE
ACTIVE = Code.CONTAINER_ACTIVE_CONTENT


# ---------------------------------------------------------------- active content


def _link(action: Dictionary) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 99, 99]), A=action)
        page_of(pdf).Annots.append(pdf.make_indirect(note))

    return tweak


def _note(kind: str, **entries: object) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=Array([170, 368, 410, 388]))
        for key, value in entries.items():
            note[f"/{key}"] = value
        page_of(pdf).Annots.append(pdf.make_indirect(note))

    return tweak


def _named_script(pdf: Pdf) -> None:
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("a"), script()]))


def _script_in_a_bookmark(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.A = script()


def _orphan_action(pdf: Pdf) -> None:
    page_of(pdf).PieceInfo = Dictionary(X=Dictionary(Type=Name.Action, S=Name.Named, N=Name.Print))


def _external_content(pdf: Pdf) -> None:
    page_of(pdf).Contents[1]["/F"] = String("http://127.0.0.1/evil")


def _next_action(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.A = Dictionary(D=Array([page_of(pdf), Name.Fit]), Next=script())


def _picture(pdf: Pdf) -> None:
    picture = Stream(pdf, b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    page_of(pdf).Resources.XObject.Picture = pdf.make_indirect(picture)


def _untyped_picture(pdf: Pdf) -> None:
    """PDF takes an XObject for an image by /Subtype; here it stands in an indirect name."""
    picture = Stream(pdf, b"\xff\xff\xff", Width=1, Height=1, ColorSpace=Name.DeviceRGB)
    picture.BitsPerComponent = 8
    picture.Subtype = pdf.make_indirect(Name.Image)
    page_of(pdf).Resources.XObject.Picture = pdf.make_indirect(picture)
    ink.draw(pdf, b"240 0 0 20 170 368 cm /Picture Do")


def _postscript(pdf: Pdf) -> None:
    code = Stream(pdf, b"showpage", Type=Name.XObject, Subtype=Name.PS)
    page_of(pdf).Resources.XObject.Code = pdf.make_indirect(code)


def _reference_form(pdf: Pdf) -> None:
    ink.form(pdf, b"", Ref=Dictionary(F=String("evil.pdf"), Page=0))


def _alternates(pdf: Pdf) -> None:
    layer = page_of(pdf).Resources.XObject["/Drawn0"]
    layer.Alternates = Array([Dictionary(Image=layer, DefaultForPrinting=True)])


def _transparency_group(pdf: Pdf) -> None:
    ink.form(pdf, b"", Group=Dictionary(S=Name.Transparency))


def _page_group(pdf: Pdf) -> None:
    page_of(pdf).Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)


def _words_in_a_pattern(pdf: Pdf) -> None:
    pattern = Stream(pdf, b"BT /f1 9 Tf (\\000\\001) Tj ET", Type=Name.Pattern)
    pattern.PatternType, pattern.PaintType, pattern.TilingType = 1, 1, 1
    pattern.BBox, pattern.XStep, pattern.YStep = Array([0, 0, 99, 99]), 99, 99
    pattern.Resources = Dictionary(Font=page_of(pdf).Resources.Font)
    page_of(pdf).Resources.Pattern = Dictionary(Evil=pdf.make_indirect(pattern))


def _words_in_the_seal(pdf: Pdf) -> None:
    widget_of(pdf).AP.N.Resources = Dictionary(Font=page_of(pdf).Resources.Font)


def _fonts_in_the_page_tree(pdf: Pdf) -> None:
    """Inherited resources: what the page does not name, its parent gives."""
    pdf.Root.Pages.Resources = Dictionary(Font=Dictionary(Evil=ink.font(pdf)))


# ---------------------------------------------------------------- page trees and other shapes


def _more_pages(pdf: Pdf) -> None:
    for _ in range(320):
        pdf.add_blank_page(page_size=(9, 9))


def _many_objects(pdf: Pdf) -> None:
    pdf.Root.PageLabels = Array([pdf.make_indirect(Dictionary(N=n)) for n in range(20_000)])


def _deep(pdf: Pdf) -> None:
    inner: Object = Array([])
    for _ in range(70):
        inner = Array([inner])
    page_of(pdf).PieceInfo = inner


def _page_in_two_places(pdf: Pdf) -> None:
    pdf.Root.Pages.Kids.append(pdf.Root.Pages.Kids[1])
    pdf.Root.Pages.Count = 3


def _nested_tree(pdf: Pdf) -> None:
    page = pdf.Root.Pages.Kids[1]
    inner = Dictionary(Type=Name.Pages, Parent=pdf.Root.Pages, Kids=Array([page]), Count=1)
    node = pdf.make_indirect(inner)
    page.Parent = node
    pdf.Root.Pages.Kids[1] = node


def _templatepage_of(pdf: Pdf) -> None:
    pdf.Root.Names.Templates = Dictionary(Names=Array([String("t"), page_of(pdf)]))


def _thread(pdf: Pdf) -> None:
    pdf.Root.Threads = Array([pdf.make_indirect(Dictionary(Type=Name.Thread))])


def _presentation(pdf: Pdf) -> None:
    page_of(pdf).Dur = 1
    page_of(pdf).Trans = Dictionary(S=Name.Dissolve)


def _portfolio(pdf: Pdf) -> None:
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


def _labels(pdf: Pdf) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String("valid until 2099 "))]))


def _page_metadata(pdf: Pdf) -> None:
    stream = Stream(pdf, b"<x/>", Type=Name.Metadata, Subtype=Name.XML)
    page_of(pdf).Metadata = pdf.make_indirect(stream)


def _no_structure(pdf: Pdf) -> None:
    del pdf.Root.StructTreeRoot


def _no_dss(pdf: Pdf) -> None:
    del pdf.Root.DSS


def _dss_key(pdf: Pdf) -> None:
    pdf.Root.DSS.VRI = Dictionary()


def _dss_twice(pdf: Pdf) -> None:
    pdf.Root.DSS.Certs.append(pdf.make_indirect(Stream(pdf, pdf.Root.DSS.Certs[0].read_bytes())))


def _dss_many(pdf: Pdf) -> None:
    for number in range(17):
        pdf.Root.DSS.Certs.append(pdf.make_indirect(Stream(pdf, b"%d" % number)))


def _info_key(pdf: Pdf) -> None:
    pdf.docinfo["/ValidTo"] = String("2099-12-31")


def _extension_level(pdf: Pdf) -> None:
    pdf.Root.Extensions.EVIL = Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=9)


def _version(pdf: Pdf) -> None:
    pdf.Root.Version = Name("/2.0")


def _piece_info(pdf: Pdf) -> None:
    page_of(pdf).PieceInfo = Dictionary(Evil=Dictionary(Private=String("valid until 2099")))


def _separation(pdf: Pdf) -> None:
    page_of(pdf).SeparationInfo = Dictionary(DeviceColorant=Name.Black)


def _odd_page_key(pdf: Pdf) -> None:
    page_of(pdf).Surprise = True


ACTIVE_CONTENT = (
    ("open-action", "a script when it is opened", put(root_of, OpenAction=script()), SHAPE),
    ("catalog-actions", "a script before it is printed", put(root_of, AA=Dictionary(WP=script())), SHAPE),
    ("page-actions", "a program when the page is shown", put(page_of, AA=Dictionary(O=Dictionary(S=Name.Launch, F=String("cmd.exe")))), ACTIVE),
    ("widget-action", "a link behind the seal", put(widget_of, A=Dictionary(S=Name.URI, URI=String("http://127.0.0.1/"))), ACTIVE),
    ("widget-actions", "a script when the mouse is over the seal", put(widget_of, AA=Dictionary(E=script())), ACTIVE),
    ("named-script", "a named script", _named_script, ACTIVE),
    ("bookmark-script", "a script behind a bookmark", _script_in_a_bookmark, ACTIVE),
    ("next-action", "a script behind another action", _next_action, ACTIVE),
    ("orphan-action", "an action that nothing refers to", _orphan_action, ACTIVE),
    ("link-out", "a link to a web page", _link(Dictionary(S=Name.URI, URI=String("http://127.0.0.1/"))), ACTIVE),
    ("link-launch", "a link that starts a program", _link(Dictionary(S=Name.Launch, F=String("cmd.exe"))), ACTIVE),
    ("link-remote", "a link to another file", _link(Dictionary(S=Name.GoToR, F=String("evil.pdf"))), ACTIVE),
    ("link-submit", "a link that sends data", _link(Dictionary(S=Name.SubmitForm, F=String("http://127.0.0.1/"))), ACTIVE),
    ("free-text", "a text annotation over the dates", _note("/FreeText", Contents=String("2099")), SHAPE),
    ("stamp", "a stamp over the dates", _note("/Stamp"), SHAPE),
    ("rich-media", "rich media", _note("/RichMedia", RichMediaContent=Dictionary()), ACTIVE),
    ("movie", "a movie", _note("/Movie", Movie=Dictionary()), ACTIVE),
    ("three-d", "a model in three dimensions", _note("/3D", **{"3DD": Dictionary()}), ACTIVE),
    ("popup", "a popup", _note("/Popup", Open=True), SHAPE),
    ("watermark", "a watermark annotation", _note("/Watermark"), SHAPE),
    ("external-content", "the content of the page is at another place", _external_content, ACTIVE),
    ("picture", "a picture among the resources", _picture, SHAPE),
    ("picture-by-reference", "a picture that says so by a reference", _untyped_picture, SHAPE),
    ("postscript", "PostScript", _postscript, SHAPE),
    ("form-by-reference", "a form of another file", _reference_form, ACTIVE),
    ("alternate-images", "another drawing for the printer", _alternates, SHAPE),
    ("transparency-group", "a form with a group", _transparency_group, SHAPE),
    ("page-group", "a page with a group", _page_group, SHAPE),
    ("words-in-a-pattern", "words in a pattern", _words_in_a_pattern, SHAPE),
    ("words-in-the-seal", "fonts for the seal", _words_in_the_seal, SHAPE),
    ("inherited-fonts", "fonts that the page inherits", _fonts_in_the_page_tree, SHAPE),
)  # fmt: skip


def _with_table(saved: bytes) -> bytes:
    """Saved with a table of objects as PDF 1.4 had it, and nothing packed in object streams."""
    with Pdf.open(io.BytesIO(saved)) as pdf:
        out = io.BytesIO()
        pdf.save(
            out,
            object_stream_mode=ObjectStreamMode.disable,
            deterministic_id=True,
            fix_metadata_version=False,
        )
        return out.getvalue()


TREES = (
    ("page-in-two-places", "one page twice in the page tree", _page_in_two_places, SHAPE),
    ("nested-tree", "a page tree in a page tree", _nested_tree, SHAPE),
    ("template-page", "a page that a script may bring in", _templatepage_of, SHAPE),
    ("thread", "an article thread", _thread, SHAPE),
    ("presentation", "a page that goes away after a second", _presentation, SHAPE),
    ("portfolio", "a portfolio", _portfolio, SHAPE),
    ("page-labels", "page labels that say other words", _labels, SHAPE),
    ("page-metadata", "metadata of the page", _page_metadata, SHAPE),
    ("private-data", "private data of a program", _piece_info, SHAPE),
    ("separations", "separations", _separation, SHAPE),
    ("odd-page-key", "a key that no page has", _odd_page_key, SHAPE),
    ("odd-catalog-key", "a key that no catalog has", put(root_of, Surprise=True), SHAPE),
    ("odd-info-key", "a key in /Info that says 2099", _info_key, SHAPE),
    ("extension", "an extension of a stranger", _extension_level, SHAPE),
    ("catalog-version", "the catalog says 2.0", _version, SHAPE),
    ("no-structure", "no structure tree", _no_structure, SHAPE),
    ("no-validation-data", "no validation data", _no_dss, SHAPE),
    ("validation-data-key", "VRI in the validation data", _dss_key, SHAPE),
    ("validation-data-twice", "a certificate twice", _dss_twice, SHAPE),
    ("validation-data-many", "seventeen things more", _dss_many, SHAPE),
    ("other-language", "the document says that it is English", put(root_of, Lang=String("en")), SHAPE),
)  # fmt: skip
BOMBS = (
    ("pages", "more pages than a licence can have", _more_pages, SHAPE),
    ("objects", "twenty thousand objects", _many_objects, SHAPE),
    ("nesting", "arrays seventy deep", _deep, SHAPE),
)


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this part."""
    groups = {"active": ACTIVE_CONTENT, "objects": TREES, "bomb": BOMBS}
    made = tuple(
        Recipe(f"{group}/{name}", what, maker(tweak), code)
        for group, rows in groups.items()
        for name, what, tweak, code in rows
    )
    plain = "a table of objects as PDF 1.4 had it"
    return (
        *made,
        Recipe("objects/plain-table", plain, lambda desk: desk.issue(spoil=_with_table), SHAPE),
    )
