"""The gate: it finds the hole of our files, and refuses every file that is not spelled so."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from licence.errors import Code
from licence.formats import cms, der, hole
from licence.formats.hole import HOLE_BYTES, MAX_PDF_BYTES, Hole
from tests.fakes import proof
from tests.fakes.refusal import refuses

Change = Callable[[bytes], bytes]


def test_patch_writes_a_byte_range_that_covers_all_but_the_hole() -> None:
    prepared = proof.prepared_pdf()
    patched, place = hole.patch(prepared)
    assert len(patched) == len(prepared)
    assert patched[place.start : place.end] == b"<" + b"0" * (2 * HOLE_BYTES) + b">"
    spelled = b"/ByteRange [0 %d %d %d]" % (place.start, place.end, len(patched) - place.end)
    assert patched.count(spelled) == 1


def test_patch_works_on_what_libqpdf_writes() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    signature = Dictionary(
        Type=Name.Sig,
        Filter=Name("/Adobe.PPKLite"),
        SubFilter=Name("/ETSI.CAdES.detached"),
        ByteRange=Array(list(hole.PLACEHOLDER_BYTE_RANGE)),
        Contents=String(hole.PLACEHOLDER_CONTENTS),
    )
    field = Dictionary(FT=Name.Sig, V=pdf.make_indirect(signature))
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]))
    out = BytesIO()
    pdf.save(
        out,
        min_version="1.7",
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,
    )
    patched, place = hole.patch(out.getvalue())
    der_cms = cms.build(proof.cms_parts(hole.byte_range_digest(patched, place)))
    signed = hole.fill(patched, place, der_cms)
    assert hole.find(signed) == place
    assert hole.contents(signed, place) == der_cms


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf.replace(b"/ByteRange", b"/ByteRangf"),
        lambda pdf: pdf.replace(b"1999999999", b"1999999998"),
        lambda pdf: pdf.replace(b"abab>", b"abac>"),
        lambda pdf: pdf + pdf,
        lambda pdf: b"\n" + pdf,
        lambda pdf: pdf + b"\n",
        lambda pdf: pdf.replace(b"%PDF-1.7", b"%PDF-1.6"),
    ],
)
def test_patch_refuses_a_file_that_the_gate_would_refuse(change: Change) -> None:
    with refuses(Code.CONTAINER_STRUCTURE):
        hole.patch(change(proof.prepared_pdf()))


def test_patch_and_find_refuse_what_is_too_large() -> None:
    for function in (hole.patch, hole.find):
        with refuses(Code.TOO_LARGE):
            function(bytes(MAX_PDF_BYTES + 1))


def test_a_signed_file_gives_its_hole_and_its_cms() -> None:
    pdf, place, parts = proof.signed_pdf()
    assert hole.find(pdf) == place
    assert hole.contents(pdf, place) == cms.build(parts)
    assert hole.byte_range_digest(pdf, place) == parts.message_digest


def test_filling_evidence_in_moves_no_signed_byte() -> None:
    pdf, place, parts = proof.signed_pdf()
    filled = hole.fill(pdf, place, cms.with_evidence(cms.build(parts), b"evidence"))
    assert len(filled) == len(pdf)
    assert hole.find(filled) == place
    assert hole.byte_range_digest(filled, place) == hole.byte_range_digest(pdf, place)
    assert hole.fill(filled, place, cms.build(parts)) == pdf


def test_find_tells_a_missing_signature_from_a_wrong_file() -> None:
    unsigned, place = hole.patch(proof.prepared_pdf())
    for pdf in (unsigned, b"%PDF-1.4\nno signature\n"):
        with refuses(Code.SIGNATURE_MISSING):
            hole.find(pdf)
    with refuses(Code.SIGNATURE_MISSING):
        hole.contents(unsigned, place)
    for pdf in (b"", b"GIF89a", b"PK\x03\x04"):
        with refuses(Code.CONTAINER_STRUCTURE):
            hole.find(pdf)


def _in_hole(old: bytes, new: bytes) -> Change:
    """Change the first `old` after the `<` of the hole, keeping the length of the file."""

    def change(pdf: bytes) -> bytes:
        at = pdf.index(old, pdf.index(b"/Contents <"))
        return pdf[:at] + new + pdf[at + len(old) :]

    return change


def _array(change: Callable[[int, int, int], str]) -> Change:
    """Write another ByteRange into the same place."""

    def changed(pdf: bytes) -> bytes:
        start = pdf.index(b"/ByteRange ") + len(b"/ByteRange ")
        end = pdf.index(b"/Contents") - 1
        _, first, second, third = pdf[start:end].strip(b"[] ").split()
        array = change(int(first), int(second), int(third)).encode().ljust(end - start)
        return pdf[:start] + array + pdf[end:]

    return changed


@pytest.mark.parametrize(
    "change",
    [
        # header, tail, a second revision's marks
        lambda pdf: pdf.replace(b"%PDF-1.7\n", b"%PDF-2.0\n"),
        lambda pdf: pdf.replace(b"%PDF-1.7\n", b"%PDF-1.7\r"),
        lambda pdf: pdf[:-1],
        lambda pdf: pdf[:-1] + b"\r",
        lambda pdf: pdf.replace(b"startxref\n", b"startxref "),
        lambda pdf: pdf.replace(b"startxref\n", b"startxref\n0"),
        lambda pdf: pdf.replace(b"/Catalog", b"startxref"),
        lambda pdf: pdf.replace(b"/Type /Catalog", b"\n%%EOF\n/Catalo"),
        lambda pdf: pdf.replace(b"/Catalog", b"/ByteRange"),
        # the spelling of the ByteRange
        _array(lambda a, b, c: f"[ 0 {a} {b} {c} ]"),
        _array(lambda a, b, c: f"[0 {a} {b} {c}]%"),
        _array(lambda a, b, c: f" [0 {a} {b} {c}]"),
        _array(lambda a, b, c: f"[0 {a} {b} 0{c}]"),
        _array(lambda a, b, c: f"[0 +{a} {b} {c}]"),
        _array(lambda a, b, c: f"[0 {a}  {b} {c}]"),
        _array(lambda a, b, c: f"[00 {a} {b} {c}]"),
        # what it covers
        _array(lambda a, b, c: f"[1 {a} {b} {c}]"),
        _array(lambda a, b, c: f"[0 {a - 1} {b} {c}]"),
        _array(lambda a, b, c: f"[0 {a} {b + 1} {c - 1}]"),
        _array(lambda a, b, c: f"[0 {a} {b} {c - 1}]"),
        _array(lambda a, b, c: f"[0 {a} {b} {c + 1}]"),
        _array(lambda a, b, _c: f"[0 {a} {b}]"),
        _array(lambda a, b, c: f"[0 -{a} {b} {c}]"),
        _array(lambda _a, _b, _c: "null"),
        # what stands around the hole
        lambda pdf: pdf.replace(b" /Contents <", b" /Content_ <"),
        lambda pdf: pdf.replace(b" 0 obj\n<< /ByteRange", b" 1 obj\n<< /ByteRange"),
        lambda pdf: pdf.replace(b"> /Filter /Adobe.PPKLite", b"> /Filter /Adobe.PPKMS  "),
        # what stands in it
        _in_hole(b"0000>", b"000> "),
        _in_hole(b"0000>", b"0001>"),
        _in_hole(b"0000>", b"000 >"),
        _in_hole(b"0000>", b"000g>"),
        _in_hole(b"<3", b"< "),
        _in_hole(b"<3082", b"<3182"),
        _in_hole(b"<3082", b"<3083"),
        _in_hole(b"<3082", b"<30ff"),
        _in_hole(b"0" * 40 + b">", b"> /Name (F) /X <" + b"0" * 24 + b">"),
    ],
)
def test_find_refuses_every_other_spelling(change: Change) -> None:
    pdf, _, _ = proof.signed_pdf()
    changed = change(pdf)
    assert changed != pdf
    with refuses(Code.CONTAINER_STRUCTURE):
        hole.find(changed)


def test_the_case_of_a_digit_is_not_free() -> None:
    pdf, place, _ = proof.signed_pdf()
    digits = pdf[place.start : place.end]
    with refuses(Code.CONTAINER_STRUCTURE):
        hole.find(pdf.replace(digits, digits.upper()))


@pytest.mark.parametrize("added", [b"\n", b"\x00", b"%%EOF\n", b"1 0 obj\nnull\nendobj\n"])
def test_bytes_after_an_intact_file_are_named_and_the_original_is_offered(added: bytes) -> None:
    pdf, _, _ = proof.signed_pdf()
    with refuses(Code.CONTAINER_APPENDED):
        hole.find(pdf + added)
    assert hole.intact_prefix(pdf + added) == pdf


def test_a_whole_file_appended_is_an_appended_file() -> None:
    pdf, _, _ = proof.signed_pdf()
    with refuses(Code.CONTAINER_APPENDED):
        hole.find(pdf + pdf)


@pytest.mark.parametrize(
    "pdf",
    [
        b"",
        b"%PDF-1.7\n",
        proof.signed_pdf()[0],
        proof.signed_pdf()[0][:-1],
        proof.signed_pdf()[0].replace(b"%PDF-1.7", b"%PDF-1.6") + b"\n",
        b" 0 obj\n<< /ByteRange [0 1 99999999 9] " + bytes(100),
    ],
)
def test_there_is_no_intact_prefix_where_nothing_was_added(pdf: bytes) -> None:
    assert hole.intact_prefix(pdf) is None


def test_an_intact_prefix_is_never_larger_than_a_file_may_be() -> None:
    start = b" 0 obj\n<< /ByteRange [0 1 %d 9] " % MAX_PDF_BYTES
    assert hole.intact_prefix(start + bytes(MAX_PDF_BYTES + 10)) is None


def test_fill_refuses_what_does_not_belong_into_the_hole() -> None:
    pdf, place, _ = proof.signed_pdf()
    with refuses(Code.CMS_TOO_LARGE):
        hole.fill(pdf, place, der.tlv(der.SEQUENCE, bytes(HOLE_BYTES)))
    with refuses(Code.CMS_SYNTAX):
        hole.fill(pdf, place, b"\x30\x00\x00")
    for wrong in (Hole(place.start, place.end - 1), Hole(place.start + 1, place.end + 1)):
        with refuses(Code.CONTAINER_STRUCTURE):
            hole.fill(pdf, wrong, b"\x30\x00")


def test_contents_refuses_a_hole_of_another_length() -> None:
    pdf, place, _ = proof.signed_pdf()
    with refuses(Code.CONTAINER_STRUCTURE):
        hole.contents(pdf, Hole(place.start, place.end - 1))
