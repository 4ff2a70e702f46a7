"""Objects that no licence has, in files that the authority signed: its press was taken over.

Permissions, fields, attachments, active content, tricks with object streams and page trees.
"""

import zlib
from collections.abc import Callable

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.bad import ink
from tests.bad.desk import good
from tests.bad.recipe import FOREIGN, INVALID, Recipe

SHAPE = Code.CONTAINER_STRUCTURE
ACTIVE = Code.CONTAINER_ACTIVE_CONTENT
NOT_CERTIFIED = Code.SIGNATURE_NOT_CERTIFIED
FORGED = b'{"forged":true}'

Tweak = Callable[[Pdf], object]


def _signature(pdf: Pdf) -> Object:
    found: Object = pdf.Root.AcroForm.Fields[0].V
    return found


def _set(where: Callable[[Pdf], Object], **entries: object) -> Tweak:
    """Put entries into a dictionary; None takes one out."""

    def tweak(pdf: Pdf) -> None:
        target = where(pdf)
        for key, value in entries.items():
            if value is None:
                del target[f"/{key}"]
            else:
                target[f"/{key}"] = value

    return tweak


def _root(pdf: Pdf) -> Object:
    return pdf.Root


def _page(pdf: Pdf) -> Object:
    return pdf.pages[0].obj


def _widget(pdf: Pdf) -> Object:
    found: Object = pdf.Root.AcroForm.Fields[0]
    return found


def _reference(pdf: Pdf) -> Object:
    return _signature(pdf).Reference[0]


def _parameters(pdf: Pdf) -> Object:
    found: Object = _reference(pdf).TransformParams
    return found


def _script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def _file(pdf: Pdf, data: bytes, name: str = "licence.json", **more: object) -> Object:
    stream = pdf.make_indirect(Stream(pdf, data))
    specification = Dictionary(F=String(name), UF=String(name), EF=Dictionary(F=stream, UF=stream))
    for key, value in more.items():
        specification[f"/{key}"] = value
    return pdf.make_indirect(specification)


# ---------------------------------------------------------------- permissions and signatures


def _approval(pdf: Pdf) -> None:
    """Nobody certifies: an approval signature, after which everything may change."""
    del pdf.Root.Perms
    del _signature(pdf).Reference


def _two_references(pdf: Pdf) -> None:
    _signature(pdf).Reference.append(Dictionary(_reference(pdf)))


def _second_signature(kind: bool) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        value = Dictionary(Filter=Name("/Adobe.PPKLite"), Contents=String(b"\0" * 16))
        if kind:
            value.Type = Name.Sig
        field = Dictionary(FT=Name.Sig, T=String("Second"), V=pdf.make_indirect(value))
        _widget(pdf).Parent = pdf.make_indirect(field)

    return tweak


def _orphan_signature(pdf: Pdf) -> None:
    """A second signature dictionary without /Type, kept by the page."""
    value = Dictionary(
        Filter=Name("/Adobe.PPKLite"),
        SubFilter=Name("/ETSI.CAdES.detached"),
        Contents=String(b"\1" * 64),
    )
    _page(pdf).PieceInfo = Dictionary(Evil=Dictionary(Private=pdf.make_indirect(value)))


def _field_twice(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields.append(_widget(pdf))


def _text_field(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T=String("Valid to"), V=String("2099-12-31"))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def _two_fields_one_value(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Sig, T=String("Second"), V=_signature(pdf))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def _kid(pdf: Pdf) -> None:
    widget = _widget(pdf)
    widget.Kids = Array([pdf.make_indirect(Dictionary(T=String("kid"), Parent=widget))])


def _second_appearance(pdf: Pdf) -> None:
    _widget(pdf).AP.D = _widget(pdf).AP.N


# ---------------------------------------------------------------- attachments


def _replaced_attachment(pdf: Pdf) -> None:
    pdf.Root.AF[0].EF.F.write(good(5).data)


def _unicode_twin(pdf: Pdf) -> None:
    pdf.Root.AF[0].EF.F = pdf.make_indirect(Stream(pdf, FORGED, Type=Name.EmbeddedFile))


def _untyped_twin(pdf: Pdf) -> None:
    pdf.Root.AF[0].EF.F = pdf.make_indirect(Stream(pdf, FORGED))


def _other_in_names(pdf: Pdf) -> None:
    pdf.Root.Names.EmbeddedFiles.Names[1] = _file(pdf, FORGED, AFRelationship=Name.Data)


def _second_in_names(pdf: Pdf) -> None:
    pdf.Root.Names.EmbeddedFiles.Names.extend([String("zz.json"), _file(pdf, FORGED, "zz.json")])


def _names_in_kids(pdf: Pdf) -> None:
    names = pdf.Root.Names.EmbeddedFiles
    names.Kids = Array([pdf.make_indirect(Dictionary(Names=Array([String("z"), _file(pdf, FORGED)])))])


def _second_in_catalog(pdf: Pdf) -> None:
    pdf.Root.AF.append(_file(pdf, FORGED, AFRelationship=Name.Data))


def _of_the_page(pdf: Pdf) -> None:
    """A file of the same name belongs to the page; its dictionary names no type."""
    _page(pdf).AF = Array([_file(pdf, FORGED, AFRelationship=Name.Data)])


def _of_a_form(pdf: Pdf) -> None:
    _page(pdf).Resources.XObject["/Drawn0"].AF = Array([_file(pdf, FORGED)])


def _of_an_element(pdf: Pdf) -> None:
    child = pdf.Root.StructTreeRoot.K
    element = child[0] if isinstance(child, Array) else child
    element.AF = Array([_file(pdf, FORGED)])


def _of_an_annotation(pdf: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]))
    note.FS = _file(pdf, FORGED)
    _page(pdf).Annots.append(pdf.make_indirect(note))


def _related_files(pdf: Pdf) -> None:
    stream = pdf.make_indirect(Stream(pdf, FORGED))
    pdf.Root.AF[0].RF = Dictionary(F=Array([String("licence.json"), stream]))


def _mac_file(pdf: Pdf) -> None:
    pdf.Root.AF[0].EF.Mac = pdf.make_indirect(Stream(pdf, FORGED))


def _thumbnail(pdf: Pdf) -> None:
    picture = Stream(pdf, b"\0", Width=1, Height=1, ColorSpace=Name.DeviceGray, BitsPerComponent=8)
    _page(pdf).Thumb = pdf.make_indirect(picture)


def _attachment_named(name: str) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        pdf.Root.AF[0].UF = String(name)

    return tweak


def _attachment_described(pdf: Pdf) -> None:
    pdf.Root.AF[0].Desc = String("有效期至2099年12月31日")


def _with_predictor(pdf: Pdf) -> None:
    stream = pdf.Root.AF[0].EF.F
    data = zlib.compress(stream.read_bytes())
    parms = Dictionary(Predictor=1)
    stream.write(data, filter=Name.FlateDecode, decode_parms=parms)


def _no_data(pdf: Pdf) -> None:
    del pdf.Root.AF
    del pdf.Root.Names


# ---------------------------------------------------------------- active content


def _link(action: Dictionary) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 99, 99]), A=action)
        _page(pdf).Annots.append(pdf.make_indirect(note))

    return tweak


def _note(kind: str, **entries: object) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=Array([170, 368, 410, 388]))
        for key, value in entries.items():
            note[f"/{key}"] = value
        _page(pdf).Annots.append(pdf.make_indirect(note))

    return tweak


def _named_script(pdf: Pdf) -> None:
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("a"), _script()]))


def _script_in_a_bookmark(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.A = _script()


def _orphan_action(pdf: Pdf) -> None:
    _page(pdf).PieceInfo = Dictionary(X=Dictionary(Type=Name.Action, S=Name.Named, N=Name.Print))


def _xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm.XFA = pdf.make_indirect(Stream(pdf, b"<xfa/>"))


def _external_content(pdf: Pdf) -> None:
    _page(pdf).Contents[1]["/F"] = String("http://127.0.0.1/evil")


def _next_action(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.A = Dictionary(D=Array([_page(pdf), Name.Fit]), Next=_script())


def _picture(pdf: Pdf) -> None:
    picture = Stream(pdf, b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    _page(pdf).Resources.XObject.Picture = pdf.make_indirect(picture)


def _untyped_picture(pdf: Pdf) -> None:
    """PDF takes an XObject for an image by /Subtype; here it stands in an indirect name."""
    picture = Stream(pdf, b"\xff\xff\xff", Width=1, Height=1, ColorSpace=Name.DeviceRGB)
    picture.BitsPerComponent = 8
    picture.Subtype = pdf.make_indirect(Name.Image)
    _page(pdf).Resources.XObject.Picture = pdf.make_indirect(picture)
    ink.draw(pdf, b"240 0 0 20 170 368 cm /Picture Do")


def _postscript(pdf: Pdf) -> None:
    code = Stream(pdf, b"showpage", Type=Name.XObject, Subtype=Name.PS)
    _page(pdf).Resources.XObject.Code = pdf.make_indirect(code)


def _reference_form(pdf: Pdf) -> None:
    ink.form(pdf, b"", Ref=Dictionary(F=String("evil.pdf"), Page=0))


def _alternates(pdf: Pdf) -> None:
    layer = _page(pdf).Resources.XObject["/Drawn0"]
    layer.Alternates = Array([Dictionary(Image=layer, DefaultForPrinting=True)])


def _transparency_group(pdf: Pdf) -> None:
    ink.form(pdf, b"", Group=Dictionary(S=Name.Transparency))


def _page_group(pdf: Pdf) -> None:
    _page(pdf).Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)


def _words_in_a_pattern(pdf: Pdf) -> None:
    pattern = Stream(pdf, b"BT /f1 9 Tf (\\000\\001) Tj ET", Type=Name.Pattern)
    pattern.PatternType, pattern.PaintType, pattern.TilingType = 1, 1, 1
    pattern.BBox, pattern.XStep, pattern.YStep = Array([0, 0, 99, 99]), 99, 99
    pattern.Resources = Dictionary(Font=_page(pdf).Resources.Font)
    _page(pdf).Resources.Pattern = Dictionary(Evil=pdf.make_indirect(pattern))


def _words_in_the_seal(pdf: Pdf) -> None:
    _widget(pdf).AP.N.Resources = Dictionary(Font=_page(pdf).Resources.Font)


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
    _page(pdf).PieceInfo = inner


def _page_in_two_places(pdf: Pdf) -> None:
    pdf.Root.Pages.Kids.append(pdf.Root.Pages.Kids[1])
    pdf.Root.Pages.Count = 3


def _nested_tree(pdf: Pdf) -> None:
    page = pdf.Root.Pages.Kids[1]
    inner = Dictionary(Type=Name.Pages, Parent=pdf.Root.Pages, Kids=Array([page]), Count=1)
    node = pdf.make_indirect(inner)
    page.Parent = node
    pdf.Root.Pages.Kids[1] = node


def _template_page(pdf: Pdf) -> None:
    pdf.Root.Names.Templates = Dictionary(Names=Array([String("t"), _page(pdf)]))


def _thread(pdf: Pdf) -> None:
    pdf.Root.Threads = Array([pdf.make_indirect(Dictionary(Type=Name.Thread))])


def _presentation(pdf: Pdf) -> None:
    _page(pdf).Dur = 1
    _page(pdf).Trans = Dictionary(S=Name.Dissolve)


def _portfolio(pdf: Pdf) -> None:
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


def _labels(pdf: Pdf) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String("valid until 2099 "))]))


def _page_metadata(pdf: Pdf) -> None:
    stream = Stream(pdf, b"<x/>", Type=Name.Metadata, Subtype=Name.XML)
    _page(pdf).Metadata = pdf.make_indirect(stream)


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
    _page(pdf).PieceInfo = Dictionary(Evil=Dictionary(Private=String("valid until 2099")))


def _separation(pdf: Pdf) -> None:
    _page(pdf).SeparationInfo = Dictionary(DeviceColorant=Name.Black)


def _odd_page_key(pdf: Pdf) -> None:
    _page(pdf).Surprise = True


PERMISSIONS = (
    ("p-2", "certified with P=2: forms may be filled", _set(_parameters, P=2), NOT_CERTIFIED),
    ("p-3", "certified with P=3: annotations may be added", _set(_parameters, P=3), NOT_CERTIFIED),
    ("p-0", "certified with P=0", _set(_parameters, P=0), NOT_CERTIFIED),
    ("p-missing", "P left out, which means 2", _set(_parameters, P=None), SHAPE),
    ("p-real", "P=1.9", _set(_parameters, P=1.9), SHAPE),
    ("approval-only", "an approval signature, not a certification", _approval, SHAPE),
    ("no-perms", "the catalog names no certification", _set(_root, Perms=None), NOT_CERTIFIED),
    ("usage-rights", "usage rights besides", lambda pdf: pdf.Root.Perms.__setattr__("UR3", pdf.Root.Perms.DocMDP), NOT_CERTIFIED),
    ("field-lock", "FieldMDP in place of DocMDP", _set(_reference, TransformMethod=Name.FieldMDP), NOT_CERTIFIED),
    ("other-version", "transform parameters of another version", _set(_parameters, V=Name("/1.3")), NOT_CERTIFIED),
    ("two-references", "two signature references", _two_references, SHAPE),
    ("digest-method", "a reference that names a digest of its own", _set(_reference, DigestMethod=Name.MD5), SHAPE),
    ("adbe-subfilter", "adbe.pkcs7.detached", _set(_signature, SubFilter=Name("/adbe.pkcs7.detached")), SHAPE),
    ("prop-build", "build properties in the signature", _set(_signature, Prop_Build=Dictionary(App=Dictionary())), SHAPE),
    ("second-signature", "a second signature dictionary", _second_signature(True), SHAPE),
    ("second-signature-untyped", "a second signature dictionary without /Type", _second_signature(False), SHAPE),
    ("orphan-signature", "a signature dictionary that no field names", _orphan_signature, SHAPE),
    ("field-twice", "the signature field twice in the form", _field_twice, SHAPE),
    ("text-field", "a text field that says 2099", _text_field, SHAPE),
    ("two-fields-one-value", "two fields with one signature", _two_fields_one_value, SHAPE),
    ("field-with-kid", "the field has a kid", _kid, SHAPE),
    ("two-appearances", "the seal looks otherwise under the mouse", _second_appearance, SHAPE),
    ("signature-flags", "SigFlags 1: appending is not promised", lambda pdf: pdf.Root.AcroForm.__setattr__("SigFlags", 1), SHAPE),
    ("default-resources", "default resources in the form", lambda pdf: pdf.Root.AcroForm.__setattr__("DR", Dictionary()), SHAPE),
    ("need-appearances", "viewers are to draw the fields themselves", lambda pdf: pdf.Root.AcroForm.__setattr__("NeedAppearances", True), ACTIVE),
    ("xfa", "an XFA form", _xfa, ACTIVE),
)  # fmt: skip
ATTACHMENTS: tuple[tuple[str, str, Tweak, Code] | tuple[str, str, Tweak, Code, Verdict], ...] = (
    ("replaced", "the data of another licence", _replaced_attachment, Code.DATA_DIGEST_MISMATCH),
    ("unicode-twin", "/F and /UF hold different files", _unicode_twin, SHAPE),
    ("untyped-twin", "/F and /UF hold different files, one without /Type", _untyped_twin, SHAPE),
    ("names-and-af-differ", "the name tree and /AF name different files", _other_in_names, SHAPE),
    ("second-in-names", "a second file in the name tree", _second_in_names, SHAPE),
    ("kids-of-names", "the name tree has kids besides", _names_in_kids, SHAPE),
    ("second-in-af", "a second associated file", _second_in_catalog, SHAPE),
    ("of-the-page", "another licence.json belongs to the page", _of_the_page, SHAPE),
    ("of-a-form", "another licence.json belongs to a form", _of_a_form, SHAPE),
    ("of-an-element", "another licence.json belongs to a structure element", _of_an_element, SHAPE),
    ("of-an-annotation", "another licence.json in an annotation", _of_an_annotation, SHAPE),
    ("related-files", "another licence.json as a related file", _related_files, SHAPE),
    ("for-another-system", "another licence.json for another operating system", _mac_file, SHAPE),
    ("other-name", "/UF has another name", _attachment_named("Licence.json"), SHAPE),
    ("name-turned-round", "/UF has the name after a character that turns the direction", _attachment_named("\u202elicence.json"), SHAPE),
    ("other-description", "the description says other words", _attachment_described, SHAPE),
    ("relationship-source", "it is called the source", lambda pdf: pdf.Root.AF[0].__setattr__("AFRelationship", Name.Source), SHAPE),
    ("with-predictor", "it is packed with parameters", _with_predictor, SHAPE),
    ("thumbnail", "the page has a thumbnail of its own", _thumbnail, SHAPE),
    ("no-data", "no licence.json at all", _no_data, Code.DATA_MISSING, FOREIGN),
)  # fmt: skip
ACTIVE_CONTENT = (
    ("open-action", "a script when it is opened", _set(_root, OpenAction=_script()), SHAPE),
    ("catalog-actions", "a script before it is printed", _set(_root, AA=Dictionary(WP=_script())), SHAPE),
    ("page-actions", "a program when the page is shown", _set(_page, AA=Dictionary(O=Dictionary(S=Name.Launch, F=String("cmd.exe")))), ACTIVE),
    ("widget-action", "a link behind the seal", _set(_widget, A=Dictionary(S=Name.URI, URI=String("http://127.0.0.1/"))), ACTIVE),
    ("widget-actions", "a script when the mouse is over the seal", _set(_widget, AA=Dictionary(E=_script())), ACTIVE),
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
TREES = (
    ("page-in-two-places", "one page twice in the page tree", _page_in_two_places, SHAPE),
    ("nested-tree", "a page tree in a page tree", _nested_tree, SHAPE),
    ("template-page", "a page that a script may bring in", _template_page, SHAPE),
    ("thread", "an article thread", _thread, SHAPE),
    ("presentation", "a page that goes away after a second", _presentation, SHAPE),
    ("portfolio", "a portfolio", _portfolio, SHAPE),
    ("page-labels", "page labels that say other words", _labels, SHAPE),
    ("page-metadata", "metadata of the page", _page_metadata, SHAPE),
    ("private-data", "private data of a program", _piece_info, SHAPE),
    ("separations", "separations", _separation, SHAPE),
    ("odd-page-key", "a key that no page has", _odd_page_key, SHAPE),
    ("odd-catalog-key", "a key that no catalog has", _set(_root, Surprise=True), SHAPE),
    ("odd-info-key", "a key in /Info that says 2099", _info_key, SHAPE),
    ("extension", "an extension of a stranger", _extension_level, SHAPE),
    ("catalog-version", "the catalog says 2.0", _version, SHAPE),
    ("no-structure", "no structure tree", _no_structure, SHAPE),
    ("no-validation-data", "no validation data", _no_dss, SHAPE),
    ("validation-data-key", "VRI in the validation data", _dss_key, SHAPE),
    ("validation-data-twice", "a certificate twice", _dss_twice, SHAPE),
    ("validation-data-many", "seventeen things more", _dss_many, SHAPE),
    ("other-language", "the document says that it is English", _set(_root, Lang=String("en")), SHAPE),
)  # fmt: skip
BOMBS = (
    ("pages", "more pages than a licence can have", _more_pages, SHAPE),
    ("objects", "twenty thousand objects", _many_objects, SHAPE),
    ("nesting", "arrays seventy deep", _deep, SHAPE),
)


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    groups = {
        "certification": PERMISSIONS,
        "attachment": ATTACHMENTS,
        "active": ACTIVE_CONTENT,
        "objects": TREES,
        "bomb": BOMBS,
    }
    return tuple(
        Recipe(f"{group}/{row[0]}", row[1], _maker(row[2]), row[3], *(row[4:] or (INVALID,)))
        for group, rows in groups.items()
        for row in rows
    )


def _maker(tweak: Tweak) -> Callable[..., bytes]:
    return lambda desk: desk.issue(tweak)  # type: ignore[no-any-return]
