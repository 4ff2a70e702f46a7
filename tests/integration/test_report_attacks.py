"""What somebody would do to a verification report, with and without its key."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from licence.errors import AnzhengError, Code
from licence.formats import cms, hole, report_contents
from licence.formats.report import Report, encode
from licence.formats.report_contents import Contents, Part
from licence.formats.verdict import Verdict, Words
from licence.ids import Digest
from tests.builders import World, make_world, replace_cms
from tests.fakes.reporting import KEPT, MADE_AT, kept, read_back, report_file, report_key, seal_of
from verifier.pades.report_structure import read_report_structure
from verifier.report_file.lay_out import lay_out
from verifier.report_file.sealing import seal_pages
from verifier.report_file.typesetting import Typesetter


@cache
def world() -> World:
    return make_world()


def good() -> Report:
    return kept("good")


def suspended() -> Report:
    return kept("suspended")


@cache
def genuine() -> bytes:
    return report_file(world(), good())


@cache
def typesetter() -> Typesetter:
    return Typesetter()


def verdict(data: bytes) -> str:
    found = read_back(data, world().trust())
    return f"{found.verdict} {found.code}"


# ---------------------------------------------------------------- without the key


def test_no_byte_is_free() -> None:
    place = hole.find(genuine())
    filled = 2 * len(hole.contents(genuine(), place))
    everywhere = range(11, len(genuine()), 6_001)
    in_the_hole = range(place.start + 1, place.start + filled + 40, 211)
    for at in (*everywhere, *in_the_hole):
        data = bytearray(genuine())
        data[at] ^= 1
        assert read_back(bytes(data), world().trust()).verdict is not Verdict.VALID, at


def test_a_file_with_our_mark_alone_is_no_report() -> None:
    assert verdict(b"%PDF-1.7\nanzheng-verification-report\n") == "invalid SIGNATURE_MISSING"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: data + b"\n", "invalid CONTAINER_APPENDED"),
        (lambda data: data[:-200], "invalid CONTAINER_STRUCTURE"),
        (lambda data: data.replace(b"/DocMDP", b"/DocMDQ"), "invalid SIGNATURE_BROKEN"),
        (lambda data: data[:20_000] + b" " + data[20_001:], "invalid SIGNATURE_BROKEN"),
        (lambda data: data + bytes(8 << 20), "invalid CONTAINER_APPENDED"),
    ],
)
def test_altered_files(change: Callable[[bytes], bytes], expected: str) -> None:
    assert verdict(change(genuine())) == expected


def test_a_licence_is_no_report_and_a_report_no_licence() -> None:
    assert (
        read_back((KEPT / "good.pdf").read_bytes(), world().trust()).code
        is Code.CMS_NOT_OUR_TEMPLATE
    )
    place = hole.find(genuine())
    with pytest.raises(AnzhengError) as caught:
        cms.parse(hole.contents(genuine(), place))
    assert caught.value.code is Code.CMS_NOT_OUR_TEMPLATE


def test_the_timestamp_of_another_report_is_refused() -> None:
    other = report_file(world(), suspended())
    theirs, ours = (
        cms.parse(hole.contents(data, hole.find(data)), cms.SignedKind.REPORT)
        for data in (other, genuine())
    )
    swapped = replace(ours, timestamp_token=theirs.timestamp_token)
    assert verdict(replace_cms(genuine(), cms.build(swapped))) == "invalid TIMESTAMP_BROKEN"


def test_a_report_that_lost_its_timestamp_is_not_valid() -> None:
    place = hole.find(genuine())
    parts = cms.parse(hole.contents(genuine(), place), cms.SignedKind.REPORT)
    bare = cms.build(replace(parts, timestamp_token=None))
    assert verdict(replace_cms(genuine(), bare)) == "invalid DATA_INVALID"


def test_the_signature_of_another_report_is_refused() -> None:
    other = report_file(world(), suspended())
    theirs = hole.contents(other, hole.find(other))
    assert verdict(replace_cms(genuine(), theirs)) == "invalid SIGNATURE_BROKEN"


# ---------------------------------------------------------------- with the key: a lying verifier


def contents_of(*reports: Report) -> Contents:
    parts = tuple(
        Part(f"{number}.pdf", report_contents.digest_of(encode(each)), pictured=False)
        for number, each in enumerate(reports)
    )
    key = report_key()
    return Contents(MADE_AT, key.name, key.fingerprint, stamped=True, parts=parts)


def crafted(
    contents: Contents,
    said: Contents,
    shown: Report,
    attached: Mapping[str, bytes],
    change: Callable[[pikepdf.Pdf], None] | None = None,
) -> bytes:
    """Return a report signed for real, with whatever pages and attachments."""
    pages = typesetter().typeset(
        lay_out(said, [shown]), made_on=MADE_AT.date(), attachments=attached, pictures={}
    )
    if change is not None:
        with pikepdf.open(io.BytesIO(pages)) as pdf:
            change(pdf)
            out = io.BytesIO()
            pdf.save(out)
            pages = out.getvalue()
    digest = report_contents.digest_of(report_contents.encode(contents))
    return seal_pages(pages, digest, seal_of(world()), now=MADE_AT)


def attachments(contents: Contents, *reports: Report) -> dict[str, bytes]:
    files = {report_contents.ATTACHMENT: report_contents.encode(contents)}
    for number, each in enumerate(reports):
        files[report_contents.attachment_name(number, len(reports))] = encode(each)
    return files


def test_what_is_crafted_here_passes_when_nothing_is_wrong() -> None:
    contents = contents_of(good())
    assert verdict(crafted(contents, contents, good(), attachments(contents, good()))) == "valid OK"


def test_pages_that_say_valid_of_something_invalid() -> None:
    contents = contents_of(suspended())
    said = replace(contents_of(suspended()), parts=contents.parts)
    lie = crafted(contents, said, good(), attachments(contents, suspended()))
    assert verdict(lie) == "invalid DATA_PAGE_MISMATCH"


def test_pages_with_one_sentence_more() -> None:
    contents = contents_of(good())
    said = replace(contents, words={"code.OK": Words("永久有效", "valid for ever")})
    data = crafted(contents, replace(said, maker="某某"), good(), attachments(contents, good()))
    assert verdict(data) == "invalid DATA_PAGE_MISMATCH"


def test_another_report_attached_than_the_one_that_is_signed_for() -> None:
    contents = contents_of(suspended())
    lie = crafted(contents, contents, suspended(), attachments(contents, good()))
    assert verdict(lie) == "invalid DATA_DIGEST_MISMATCH"


def test_other_contents_than_the_signature_bears() -> None:
    contents = contents_of(good())
    signed = replace(contents, maker="某某")
    data = crafted(signed, contents, good(), attachments(contents, good()))
    assert verdict(data) == "invalid DATA_DIGEST_MISMATCH"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"maker": "国家核验中心"}, Code.DATA_INVALID),
        ({"certificate": Digest(bytes(32))}, Code.DATA_INVALID),
        ({"stamped": False}, Code.DATA_INVALID),
    ],
)
def test_contents_about_another_maker(change: Mapping[str, object], code: Code) -> None:
    contents = replace(contents_of(good()), **change)  # type: ignore[arg-type]
    data = crafted(contents, contents, good(), attachments(contents, good()))
    assert verdict(data) == f"invalid {code}"


def test_a_report_that_is_not_written_as_ours_are() -> None:
    spaced = encode(good()).replace(b'"colour":"green"', b'"colour":"red"')
    part = Part("0.pdf", report_contents.digest_of(spaced), pictured=False)
    contents = replace(contents_of(good()), parts=(part,))
    files = {
        report_contents.ATTACHMENT: report_contents.encode(contents),
        "report.json": spaced,
    }
    assert verdict(crafted(contents, contents, good(), files)) == "invalid DATA_INVALID"


@pytest.mark.parametrize("name", ["licence.json", "report-0002.json"])
def test_an_attachment_more(name: str) -> None:
    contents = contents_of(good())
    files = {**attachments(contents, good()), name: b"{}"}
    assert verdict(crafted(contents, contents, good(), files)) == "invalid DATA_INVALID"


def test_no_contents() -> None:
    contents = contents_of(good())
    files = attachments(contents, good())
    del files[report_contents.ATTACHMENT]
    assert verdict(crafted(contents, contents, good(), files)) == "undetermined DATA_MISSING"


def test_a_format_of_a_later_release_is_unknown_not_bad() -> None:
    contents = contents_of(good())
    files = attachments(contents, good())
    later = files[report_contents.ATTACHMENT].replace(b"report-file/v1", b"report-file/v2")
    files[report_contents.ATTACHMENT] = later
    pages = typesetter().typeset(
        lay_out(contents, [good()]), made_on=MADE_AT.date(), attachments=files, pictures={}
    )
    data = seal_pages(pages, report_contents.digest_of(later), seal_of(world()), now=MADE_AT)
    assert verdict(data) == "undetermined SCHEMA_UNKNOWN"


def _open_action(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.URI, URI=b"http://evil.example/")


def _script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([]))


def _launch(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.Launch))


def _note(pdf: pikepdf.Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=Array([0, 0, 9, 9]))
    pdf.pages[-1].obj.Annots = Array([pdf.make_indirect(note)])


def _loose_file(pdf: pikepdf.Pdf) -> None:
    stream = pikepdf.Stream(pdf, b"payload")
    stream.Type = Name.EmbeddedFile
    pdf.Root.OutputIntents[0].Loose = pdf.make_indirect(stream)


def _unassociated(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF = Array([pdf.Root.AF[0]])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_open_action, Code.CONTAINER_STRUCTURE),
        (_script, Code.CONTAINER_ACTIVE_CONTENT),
        (_launch, Code.CONTAINER_ACTIVE_CONTENT),
        (_note, Code.CONTAINER_STRUCTURE),
        (_loose_file, Code.CONTAINER_STRUCTURE),
        (_unassociated, Code.CONTAINER_STRUCTURE),
    ],
)
def test_what_a_report_never_has(change: Callable[[pikepdf.Pdf], None], code: Code) -> None:
    contents = contents_of(good())
    data = crafted(contents, contents, good(), attachments(contents, good()), change)
    assert verdict(data) == f"invalid {code}"


@pytest.mark.parametrize("bomb", [b"", b"%PDF-1.7\n", b"\x00" * 100, b"%PDF-1.7\n" + b"[" * 99_999])
def test_the_gate_takes_any_bytes(bomb: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        read_report_structure(bomb, (0, 1, 2, 3), b"")
    assert caught.value.code is Code.CONTAINER_STRUCTURE
