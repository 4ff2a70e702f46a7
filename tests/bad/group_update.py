"""Incremental saving, shadow attacks and signature wrapping: what is added to a signed file.

Shadow files are signed by an authority that was deceived: the hidden content is part of what it
signed. Whether the press would draw such pages is asked in `group_page`.
"""

import io
from collections.abc import Callable
from dataclasses import replace

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NameObject, NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from licence.errors import Code
from licence.formats import cms, hole
from tests.bad import ink
from tests.bad.desk import Desk, good
from tests.bad.recipe import Recipe

APPENDED = Code.CONTAINER_APPENDED
SHAPE = Code.CONTAINER_STRUCTURE
BROKEN = Code.SIGNATURE_BROKEN

Update = Callable[[IncrementalPdfFileWriter], None]


def updated(pdf: bytes, update: Update) -> bytes:
    """Return it with an incremental update as a PDF tool writes it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    update(writer)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _page(writer: IncrementalPdfFileWriter, number: int = 0) -> generic.IndirectObject:
    reference = writer.root["/Pages"].raw_get("/Kids")
    kids = reference.get_object() if isinstance(reference, generic.IndirectObject) else reference
    found: generic.IndirectObject = kids.raw_get(number)
    return found


def _stream(data: bytes, **entries: object) -> generic.StreamObject:
    named = {NameObject(f"/{key}"): value for key, value in entries.items()}
    return generic.StreamObject(named, stream_data=data)  # type: ignore[arg-type]


def _overlay(writer: IncrementalPdfFileWriter) -> None:
    page = _page(writer)
    drawing = writer.add_object(_stream(ink.patch(170, 368, 240, 20)))
    page.get_object()["/Contents"].append(drawing)
    writer.mark_update(page)


def _other_page(writer: IncrementalPdfFileWriter) -> None:
    page = _page(writer)
    page.get_object()[NameObject("/Contents")] = writer.add_object(
        _stream(ink.digits("2099", 90, 90))
    )
    writer.mark_update(page)


def _page_removed(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root.raw_get("/Pages")
    pages.get_object()["/Kids"].pop()
    pages.get_object()[NameObject("/Count")] = NumberObject(1)
    writer.mark_update(pages)


def _page_added(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root.raw_get("/Pages")
    kids = pages.get_object()["/Kids"]
    kids.append(kids.raw_get(1))
    pages.get_object()[NameObject("/Count")] = NumberObject(3)
    writer.mark_update(pages)


def _orphan(writer: IncrementalPdfFileWriter) -> None:
    writer.add_object(_stream(b"evil"))


def _metadata(writer: IncrementalPdfFileWriter) -> None:
    writer.root[NameObject("/Metadata")] = writer.add_object(
        _stream(b"<x:xmpmeta/>", Type=NameObject("/Metadata"), Subtype=NameObject("/XML"))
    )
    writer.update_root()


def _info(writer: IncrementalPdfFileWriter) -> None:
    writer.set_info(
        writer.add_object(
            DictionaryObject({NameObject("/Title"): generic.TextStringObject("forged")})
        )
    )


def _store(writer: IncrementalPdfFileWriter) -> None:
    garbage = writer.add_object(_stream(b"garbage"))
    store = DictionaryObject({NameObject("/Certs"): ArrayObject([garbage])})
    writer.root[NameObject("/DSS")] = writer.add_object(store)
    writer.update_root()


def _attachment(writer: IncrementalPdfFileWriter) -> None:
    specification = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
    attached = specification.get_object()["/EF"]["/F"]
    attached._data, attached._encoded_data = good(5).data, None
    writer.update_container(attached)


def _annotation(kind: str, **entries: object) -> Update:
    def update(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        note = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject(kind),
                NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (170, 368, 410, 388)]),
                NameObject("/Contents"): generic.TextStringObject("2099"),
                **{NameObject(f"/{key}"): value for key, value in entries.items()},
            }
        )
        page.get_object()["/Annots"].append(writer.add_object(note))
        writer.mark_update(page)

    return update


def _second_field(writer: IncrementalPdfFileWriter) -> None:
    """The field of a second signature that lies over the page (SSA), with nothing signed in it."""
    _annotation("/Widget", FT=NameObject("/Sig"), T=generic.TextStringObject("Second"))(writer)
    form = writer.root["/AcroForm"]
    form["/Fields"].append(_page(writer).get_object()["/Annots"].raw_get(-1))
    writer.mark_update(writer.root.raw_get("/AcroForm"))


def _field_removed(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/AcroForm"]
    writer.update_root()


def _permission_removed(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/Perms"]
    writer.update_root()


def _seal_redrawn(writer: IncrementalPdfFileWriter) -> None:
    widget = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    form = _stream(
        ink.digits("2099", 1, 1), Type=NameObject("/XObject"), Subtype=NameObject("/Form")
    )
    form[NameObject("/BBox")] = ArrayObject([NumberObject(n) for n in (0, 0, 99, 99)])
    widget.get_object()["/AP"][NameObject("/N")] = writer.add_object(form)
    writer.mark_update(widget)


def _script(writer: IncrementalPdfFileWriter) -> None:
    writer.root[NameObject("/OpenAction")] = DictionaryObject(
        {
            NameObject("/S"): NameObject("/JavaScript"),
            NameObject("/JS"): generic.TextStringObject("app.alert(1)"),
        }
    )
    writer.update_root()


def _signed_over(writer: IncrementalPdfFileWriter) -> None:
    """The value of the field becomes a copy of the signature with other words."""
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    copied = DictionaryObject(dict(field.get_object()["/V"].items()))
    copied[NameObject("/Name")] = generic.TextStringObject("forged")
    field.get_object()[NameObject("/V")] = writer.add_object(copied)
    writer.mark_update(field)


def _without_table(pdf: bytes) -> bytes:
    """ISA without a table: readers that repair files take the object all the same."""
    return pdf + b"1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


def _trailer_only(pdf: bytes) -> bytes:
    at = pdf.rindex(b"startxref\n") + len(b"startxref\n")
    place = pdf[at : pdf.index(b"\n", at)]
    return pdf + b"trailer\n<< /Prev " + place + b" >>\nstartxref\n" + place + b"\n%%EOF\n"


def _hybrid(pdf: bytes) -> bytes:
    at = pdf.rindex(b"startxref\n") + len(b"startxref\n")
    place = pdf[at : pdf.index(b"\n", at)]
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /XRefStm %b >>\n"
    return pdf + table % place + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


def _loop(pdf: bytes) -> bytes:
    """A table whose /Prev is itself."""
    start = len(pdf)
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev %d >>\n" % start
    return pdf + table + b"startxref\n%d\n%%%%EOF\n" % start


UPDATES: tuple[tuple[str, str, Update], ...] = (
    ("overlay", "a white patch over the dates (ISA)", _overlay),
    ("other-content", "other content for the first page", _other_page),
    ("page-removed", "the second page is gone", _page_removed),
    ("page-added", "the second page twice", _page_added),
    ("orphan-object", "an object that nothing refers to", _orphan),
    ("metadata", "other XMP", _metadata),
    ("info", "another title in /Info", _info),
    ("validation-data", "garbage as validation data", _store),
    ("attachment", "the data of another licence in the attachment", _attachment),
    ("free-text", "a text annotation over the dates (EAA)", _annotation("/FreeText")),
    ("stamp", "a stamp over the dates (EAA)", _annotation("/Stamp")),
    ("redaction", "a redaction over the dates", _annotation("/Redact")),
    ("hidden-note", "a note that is not shown", _annotation("/Text", F=NumberObject(2))),
    ("second-field", "the field of a second signature over the page (SSA)", _second_field),
    ("field-removed", "the form with the signature field is gone", _field_removed),
    ("permission-removed", "the catalog names no certification any more", _permission_removed),
    ("seal-redrawn", "the seal is drawn anew", _seal_redrawn),
    ("script", "a script that runs when the file is opened", _script),
    ("signature-copied", "the field holds a copy of the signature with another name", _signed_over),
)
TAILS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("no-table", "an object and an end mark, without a table (ISA)", _without_table),
    ("trailer-only", "a second trailer and nothing else", _trailer_only),
    ("hybrid", "a hybrid table", _hybrid),
    ("loop", "a table that names itself as the one before", _loop),
    ("two-updates", "an overlay, and then one that takes it away", lambda pdf: updated(updated(pdf, _overlay), _orphan)),
)  # fmt: skip


# ---------------------------------------------------------------- saved anew by a PDF tool


def _saved(change: Callable[[Pdf], object], **options: object) -> Callable[[bytes], bytes]:
    def saved(pdf: bytes) -> bytes:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            change(document)
            out = io.BytesIO()
            document.save(out, static_id=True, **options)  # type: ignore[arg-type]
            return out.getvalue()

    return saved


def _nothing(_pdf: Pdf) -> None:
    return


def _sign_field_gone(pdf: Pdf) -> None:
    del pdf.Root.AcroForm
    del pdf.Root.Perms
    pdf.pages[0].obj.Annots = Array([])


def _moved_signature(pdf: Pdf) -> None:
    """The signature of this file goes with it into a document of the forger."""
    content = Stream(pdf, ink.digits("2099", 100, 400, 60))
    pdf.pages[0].obj.Contents = pdf.make_indirect(content)


def _two_fields(pdf: Pdf) -> None:
    twin = pdf.make_indirect(
        Dictionary(FT=Name.Sig, T=String("Twin"), V=pdf.Root.AcroForm.Fields[0].V)
    )
    pdf.Root.AcroForm.Fields.append(twin)


SAVED: tuple[tuple[str, str, Callable[[bytes], bytes], Code], ...] = (
    ("saved-anew", "opened and saved by a PDF tool", _saved(_nothing), SHAPE),
    ("linearised", "linearised for the web", _saved(_nothing, linearize=True), SHAPE),
    ("encrypted", "encrypted with an empty password", _saved(_nothing, encryption=pikepdf.Encryption(owner="o", user="")), SHAPE),
    ("unpacked", "all streams unpacked", _saved(_nothing, qdf=True), SHAPE),
    ("signature-removed", "signature and field taken out", _saved(_sign_field_gone), SHAPE),
    ("content-swapped", "the signature in a document with another page (SWA)", _saved(_moved_signature), SHAPE),
    ("two-fields", "two fields with the one signature", _saved(_two_fields), SHAPE),
)  # fmt: skip


# ---------------------------------------------------------------- wrapping


def _between(pdf: bytes) -> bytes:
    """SWA: the second signed part moves back, the forger's objects stand between; ByteRange follows."""
    place = hole.find(pdf)
    evil = b"\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    moved = pdf[: place.end] + evil + pdf[place.end :]
    tail = len(pdf) - place.end
    old = b"[0 %d %d %d]" % (place.start, place.end, tail)
    new = b"[0 %d %d %d]" % (place.start, place.end + len(evil), tail)
    return moved.replace(old.ljust(47), new.ljust(47), 1)


def _second_byte_range(pdf: bytes) -> bytes:
    """SWA: a second ByteRange before the true one, which some readers take."""
    place = hole.find(pdf)
    twin = b" /ByteRange [0 %d %d %d]" % (place.start, place.end, len(pdf) - place.end)
    at = pdf.index(b"<< /ByteRange")
    return pdf[: at + 2] + twin + pdf[at + 2 :]


def _within(pdf: bytes) -> bytes:
    """The whole good file as a stream in a file of the forger, which shows another page."""
    with pikepdf.new() as outer:
        outer.add_blank_page()
        outer.pages[0].obj.Contents = outer.make_indirect(
            Stream(outer, ink.digits("2099", 9, 9, 60))
        )
        outer.attachments["original.pdf"] = pdf
        out = io.BytesIO()
        outer.save(out, static_id=True, compress_streams=False)
        return out.getvalue()


def _cms_of_another(pdf: bytes) -> bytes:
    other = good(5).pdf
    return hole.fill(pdf, hole.find(pdf), hole.contents(other, hole.find(other)))


def _parts_of_another(**fields: str) -> Callable[[bytes], bytes]:
    def change(pdf: bytes) -> bytes:
        mine, other = good(0).parts, good(5).parts
        taken = {ours: getattr(other, theirs) for ours, theirs in fields.items()}
        return hole.fill(pdf, hole.find(pdf), cms.build(replace(mine, **taken)))

    return change


WRAPPED: tuple[tuple[str, str, Callable[[bytes], bytes], Code], ...] = (
    ("objects-between", "objects between the hole and the second signed part (SWA)", _between, SHAPE),
    ("second-byte-range", "a second ByteRange in the signature (SWA)", _second_byte_range, SHAPE),
    ("file-in-file", "the good file as attachment of another one", _within, SHAPE),
    ("signature-of-another", "the CMS of another licence in this file", _cms_of_another, BROKEN),
    ("value-of-another", "the signature value of another licence", _parts_of_another(signature="signature"), BROKEN),
    ("digest-of-another", "message digest and value of another licence", _parts_of_another(signature="signature", message_digest="message_digest"), BROKEN),
    ("data-digest-of-another", "the signed digest of another licence.json", _parts_of_another(licence_digest="licence_digest"), BROKEN),
)  # fmt: skip


# ---------------------------------------------------------------- shadow attacks


def _hidden_page(pdf: Pdf) -> None:
    """Hide: a second page object waits in the file that was signed, referred to by nothing."""
    page = Dictionary(
        Type=Name.Page,
        Parent=pdf.Root.Pages,
        MediaBox=Array([0, 0, 595, 842]),
        Resources=pdf.pages[0].obj.Resources,
        Contents=pdf.make_indirect(Stream(pdf, ink.digits("2099", 90, 90, 60))),
    )
    pdf.pages[0].obj.PieceInfo = Dictionary(Evil=Dictionary(Private=pdf.make_indirect(page)))


def _covering_form(pdf: Pdf) -> None:
    """Hide: a form lies over the true words, to be taken away after signing."""
    ink.form(pdf, ink.patch(0, 0, 1, 1))
    ink.draw(pdf, b"/Evil Do")


def _second_font(pdf: Pdf) -> None:
    """Replace: a font that is to be defined anew after signing."""
    pdf.pages[0].obj.Resources.Font["/f9"] = ink.font(pdf)


def _switch(pdf: bytes) -> bytes:
    """Hide-and-replace: after signing, the page refers to what was hidden."""

    def update(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        hidden = page.get_object()["/PieceInfo"]["/Evil"]["/Private"]
        page.get_object()[NameObject("/Contents")] = hidden.raw_get("/Contents")
        writer.mark_update(page)

    return updated(pdf, update)


def _font_anew(pdf: bytes) -> bytes:
    def update(writer: IncrementalPdfFileWriter) -> None:
        fonts = _page(writer).get_object()["/Resources"]["/Font"]
        first = fonts.raw_get("/f3")
        first.get_object()[NameObject("/BaseFont")] = NameObject("/Helvetica")
        writer.mark_update(first)

    return updated(pdf, update)


def _form_gone(pdf: bytes) -> bytes:
    def update(writer: IncrementalPdfFileWriter) -> None:
        form = _page(writer).get_object()["/Resources"]["/XObject"].raw_get("/Evil")
        writer.objects[form.generation, form.idnum] = _stream(b"")

    return updated(pdf, update)


SHADOWS: tuple[tuple[str, str, Callable[[Desk], bytes], Code], ...] = (
    ("hidden-page-signed", "a page waits in the signed file, referred to by nothing that is shown", lambda desk: desk.issue(_hidden_page), SHAPE),
    ("hide-and-replace", "after signing the hidden page is shown", lambda desk: _switch(desk.issue(_hidden_page)), APPENDED),
    ("hide", "after signing the form over the true words is taken away", lambda desk: _form_gone(desk.issue(_covering_form)), APPENDED),
    ("replace", "after signing a font is defined anew", lambda desk: _font_anew(desk.issue(_second_font)), APPENDED),
)  # fmt: skip


def _on_good(change: Callable[[bytes], bytes]) -> Callable[[Desk], bytes]:
    return lambda desk: change(desk.good().pdf)


def _update(update: Update) -> Callable[[Desk], bytes]:
    return lambda desk: updated(desk.good().pdf, update)


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    return (
        *(
            Recipe(f"update/{name}", what, _update(update), APPENDED)
            for name, what, update in UPDATES
        ),
        *(
            Recipe(f"update/{name}", what, _on_good(change), APPENDED)
            for name, what, change in TAILS
        ),
        *(
            Recipe(f"saved/{name}", what, _on_good(change), code)
            for name, what, change, code in SAVED
        ),
        *(
            Recipe(f"wrapping/{name}", what, _on_good(change), code)
            for name, what, change, code in WRAPPED
        ),
        *(Recipe(f"shadow/{name}", what, make, code) for name, what, make, code in SHADOWS),
    )
