"""Objects that no licence has, in files that the authority signed: its press was taken over.

Permissions, fields, attachments, active content, tricks with object streams and page trees.
"""

import zlib
from collections.abc import Callable

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from licence.errors import Code
from licence.formats.verdict import Verdict
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


def put(where: Callable[[Pdf], Object], **entries: object) -> Tweak:
    """Put entries into a dictionary; None takes one out."""

    def tweak(pdf: Pdf) -> None:
        target = where(pdf)
        for key, value in entries.items():
            if value is None:
                del target[f"/{key}"]
            else:
                target[f"/{key}"] = value

    return tweak


def root_of(pdf: Pdf) -> Object:
    return pdf.Root


def page_of(pdf: Pdf) -> Object:
    return pdf.pages[0].obj


def widget_of(pdf: Pdf) -> Object:
    found: Object = pdf.Root.AcroForm.Fields[0]
    return found


def _reference(pdf: Pdf) -> Object:
    return _signature(pdf).Reference[0]


def _parameters(pdf: Pdf) -> Object:
    found: Object = _reference(pdf).TransformParams
    return found


def script() -> Dictionary:
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


def _second_signature(kind: Name | None) -> Tweak:
    def tweak(pdf: Pdf) -> None:
        value = Dictionary(Filter=Name("/Adobe.PPKLite"), Contents=String(b"\0" * 16))
        if kind is not None:
            value.Type = kind
        field = Dictionary(FT=Name.Sig, T=String("Second"), V=pdf.make_indirect(value))
        widget_of(pdf).Parent = pdf.make_indirect(field)

    return tweak


def _orphan_signature(pdf: Pdf) -> None:
    """A second signature dictionary without /Type, kept by the page."""
    value = Dictionary(
        Filter=Name("/Adobe.PPKLite"),
        SubFilter=Name("/ETSI.CAdES.detached"),
        Contents=String(b"\1" * 64),
    )
    page_of(pdf).PieceInfo = Dictionary(Evil=Dictionary(Private=pdf.make_indirect(value)))


def _field_twice(pdf: Pdf) -> None:
    pdf.Root.AcroForm.Fields.append(widget_of(pdf))


def _text_field(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T=String("Valid to"), V=String("2099-12-31"))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def _two_fields_one_value(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Sig, T=String("Second"), V=_signature(pdf))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def _kid(pdf: Pdf) -> None:
    widget = widget_of(pdf)
    widget.Kids = Array([pdf.make_indirect(Dictionary(T=String("kid"), Parent=widget))])


def _second_appearance(pdf: Pdf) -> None:
    widget_of(pdf).AP.D = widget_of(pdf).AP.N


def _xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm.XFA = pdf.make_indirect(Stream(pdf, b"<xfa/>"))


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
    names.Kids = Array(
        [pdf.make_indirect(Dictionary(Names=Array([String("z"), _file(pdf, FORGED)])))]
    )


def _second_in_catalog(pdf: Pdf) -> None:
    pdf.Root.AF.append(_file(pdf, FORGED, AFRelationship=Name.Data))


def _of_thepage_of(pdf: Pdf) -> None:
    """A file of the same name belongs to the page; its dictionary names no type."""
    page_of(pdf).AF = Array([_file(pdf, FORGED, AFRelationship=Name.Data)])


def _of_a_form(pdf: Pdf) -> None:
    page_of(pdf).Resources.XObject["/Drawn0"].AF = Array([_file(pdf, FORGED)])


def _of_an_element(pdf: Pdf) -> None:
    child = pdf.Root.StructTreeRoot.K
    element = child[0] if isinstance(child, Array) else child
    element.AF = Array([_file(pdf, FORGED)])


def _of_an_annotation(pdf: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]))
    note.FS = _file(pdf, FORGED)
    page_of(pdf).Annots.append(pdf.make_indirect(note))


def _related_files(pdf: Pdf) -> None:
    stream = pdf.make_indirect(Stream(pdf, FORGED))
    pdf.Root.AF[0].RF = Dictionary(F=Array([String("licence.json"), stream]))


def _mac_file(pdf: Pdf) -> None:
    pdf.Root.AF[0].EF.Mac = pdf.make_indirect(Stream(pdf, FORGED))


def _thumbnail(pdf: Pdf) -> None:
    picture = Stream(pdf, b"\0", Width=1, Height=1, ColorSpace=Name.DeviceGray, BitsPerComponent=8)
    page_of(pdf).Thumb = pdf.make_indirect(picture)


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


PERMISSIONS = (
    ("p-2", "certified with P=2: forms may be filled", put(_parameters, P=2), NOT_CERTIFIED),
    ("p-3", "certified with P=3: annotations may be added", put(_parameters, P=3), NOT_CERTIFIED),
    ("p-0", "certified with P=0", put(_parameters, P=0), NOT_CERTIFIED),
    ("p-missing", "P left out, which means 2", put(_parameters, P=None), SHAPE),
    ("p-real", "P=1.9", put(_parameters, P=1.9), SHAPE),
    ("approval-only", "an approval signature, not a certification", _approval, SHAPE),
    ("no-perms", "the catalog names no certification", put(root_of, Perms=None), NOT_CERTIFIED),
    ("usage-rights", "usage rights besides", lambda pdf: pdf.Root.Perms.__setattr__("UR3", pdf.Root.Perms.DocMDP), NOT_CERTIFIED),
    ("field-lock", "FieldMDP in place of DocMDP", put(_reference, TransformMethod=Name.FieldMDP), NOT_CERTIFIED),
    ("other-version", "transform parameters of another version", put(_parameters, V=Name("/1.3")), NOT_CERTIFIED),
    ("two-references", "two signature references", _two_references, SHAPE),
    ("digest-method", "a reference that names a digest of its own", put(_reference, DigestMethod=Name.MD5), SHAPE),
    ("adbe-subfilter", "adbe.pkcs7.detached", put(_signature, SubFilter=Name("/adbe.pkcs7.detached")), SHAPE),
    ("prop-build", "build properties in the signature", put(_signature, Prop_Build=Dictionary(App=Dictionary())), SHAPE),
    ("second-signature", "a second signature dictionary", _second_signature(Name.Sig), SHAPE),
    ("second-signature-untyped", "a second signature dictionary without /Type", _second_signature(None), SHAPE),
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
    ("of-the-page", "another licence.json belongs to the page", _of_thepage_of, SHAPE),
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


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    groups = {
        "certification": PERMISSIONS,
        "attachment": ATTACHMENTS,
    }
    return tuple(
        Recipe(f"{group}/{row[0]}", row[1], maker(row[2]), row[3], *(row[4:] or (INVALID,)))
        for group, rows in groups.items()
        for row in rows
    )


def maker(tweak: Tweak) -> Callable[..., bytes]:
    return lambda desk: desk.issue(tweak)  # type: ignore[no-any-return]
