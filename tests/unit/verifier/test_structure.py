"""Files that an authority's own key signed, and that have not the shape of a licence all the same.

They come from a signer that was broken or deceived; the verifier does not trust it blindly.
"""

from collections.abc import Callable
from functools import cache

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Stream, String

from licence.errors import Code
from licence.formats.verdict import Verdict
from signer import pades
from signer.press import PressJob
from tests.builders import World, fill, make_evidence, make_world
from tests.fakes.refusal import refuses
from verifier.pades.structure import read_structure
from verifier.policy import BATCH
from verifier.verify import verify

Tweak = Callable[[pikepdf.Pdf], None]


@cache
def _world() -> World:
    return make_world()


def _second_attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["other.txt"] = b"other"


def _same_name_twice(pdf: pikepdf.Pdf) -> None:
    """One attachment in the name tree, another one as associated file of the same name."""
    stream = pdf.make_indirect(Stream(pdf, b'{"forged":true}', Type=Name.EmbeddedFile))
    specification = Dictionary(
        Type=Name.Filespec,
        F=String("licence.json"),
        UF=String("licence.json"),
        AFRelationship=Name.Data,
        EF=Dictionary(F=stream, UF=stream),
    )
    pdf.Root.AF = Array([pdf.make_indirect(specification)])


def _replaced_attachment(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.F.write(b'{"schema":"anzheng-licence/v1"}')


def _two_streams(pdf: pikepdf.Pdf) -> None:
    """`/F` and `/UF` of the one attachment hold different files."""
    pdf.Root.AF[0].EF.F = pdf.make_indirect(Stream(pdf, b"{}", Type=Name.EmbeddedFile))


def _bomb(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.F.write(bytes(1 << 22))


def _javascript(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def _named_javascript(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("a"), action]))


def _launch(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("cmd.exe")))


def _link(pdf: pikepdf.Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=Array([0, 0, 99, 99]),
        A=Dictionary(S=Name.URI, URI=String("http://127.0.0.1/")),
    )
    pdf.pages[0].obj.Annots.append(pdf.make_indirect(link))


def _widget_action(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].A = Dictionary(S=Name.URI, URI=String("http://127.0.0.1/"))


def _orphan_action(pdf: pikepdf.Pdf) -> None:
    """Not reachable now; an object all the same."""
    pdf.pages[0].obj.Contents[1]["/X"] = Dictionary(Type=Name.Action, S=Name.Named, N=Name.Print)


def _annotation(pdf: pikepdf.Pdf) -> None:
    text = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=Array([0, 0, 99, 99]))
    pdf.pages[0].obj.Annots.append(pdf.make_indirect(text))


def _xfa(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.XFA = pdf.make_indirect(Stream(pdf, b"<xfa/>"))


def _need_appearances(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.NeedAppearances = True


def _second_field(pdf: pikepdf.Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T=String("more"))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def _second_signature(pdf: pikepdf.Pdf) -> None:
    """One signature value, referred to by two fields."""
    field = Dictionary(FT=Name.Sig, T=String("more"), V=pdf.Root.AcroForm.Fields[0].V)
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def _external_stream(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Contents[1]["/F"] = String("outside.xml")


def _optional_content(pdf: pikepdf.Pdf) -> None:
    """A layer that can be switched off: what is seen is not what was signed."""
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("layer")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary())


def _unknown_catalog_key(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Surprise = True


def _unknown_dss_key(pdf: pikepdf.Pdf) -> None:
    pdf.Root.DSS.VRI = Dictionary()


def _no_dss(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.DSS


def _other_relationship(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].AFRelationship = Name.Source


def _two_appearances(pdf: pikepdf.Pdf) -> None:
    appearance = pdf.Root.AcroForm.Fields[0].AP
    appearance.D = appearance.N


def _permission(value: int) -> Tweak:
    def tweak(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm.Fields[0].V.Reference[0].TransformParams.P = value

    return tweak


def _approval(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Perms
    del pdf.Root.AcroForm.Fields[0].V.Reference


def _usage_rights(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Perms.UR3 = pdf.Root.Perms.DocMDP


def _other_subfilter(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V.SubFilter = Name("/adbe.pkcs7.detached")


def _no_attachment(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF
    del pdf.Root.Names


def _forms(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    streams = [each for each in pdf.objects if isinstance(each, pikepdf.Stream)]
    return [each for each in streams if each.stream_dict.get("/Subtype") == "/Form"]


def _patterns(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    streams = [each for each in pdf.objects if isinstance(each, pikepdf.Stream)]
    return [each for each in streams if "/PatternType" in each.stream_dict]


def _words_in_a_pattern(pdf: pikepdf.Pdf) -> None:
    """Seen on the page, in no extracted text."""
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier))
    _patterns(pdf)[0].Resources.Font = Dictionary(F=font)


def _words_in_the_seal(pdf: pikepdf.Pdf) -> None:
    """The appearance of an annotation is no text of the page either."""
    font = pdf.pages[0].obj.Resources.Font
    pdf.Root.AcroForm.Fields[0].AP.N.Resources = Dictionary(Font=font)


def _borrowed_font(pdf: pikepdf.Pdf) -> None:
    """A form in a pattern that would use the fonts of the page."""
    del _forms(pdf)[-1].Resources


def _pattern_without_resources(pdf: pikepdf.Pdf) -> None:
    del _patterns(pdf)[0].Resources


def _picture(pdf: pikepdf.Pdf) -> None:
    """A bitmap over the page could say anything."""
    stream = Stream(pdf, b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    pdf.pages[0].obj.Resources.XObject.Picture = pdf.make_indirect(stream)


def _group(pdf: pikepdf.Pdf) -> None:
    _forms(pdf)[0].Group = Dictionary(S=Name.Transparency)


REFUSED: dict[str, tuple[Tweak, Code]] = {
    "second attachment": (_second_attachment, Code.CONTAINER_STRUCTURE),
    "same name twice": (_same_name_twice, Code.CONTAINER_STRUCTURE),
    "two streams": (_two_streams, Code.CONTAINER_STRUCTURE),
    "replaced attachment": (_replaced_attachment, Code.DATA_DIGEST_MISMATCH),
    "bomb": (_bomb, Code.CONTAINER_STRUCTURE),
    "javascript": (_javascript, Code.CONTAINER_STRUCTURE),
    "named javascript": (_named_javascript, Code.CONTAINER_ACTIVE_CONTENT),
    "launch": (_launch, Code.CONTAINER_ACTIVE_CONTENT),
    "link": (_link, Code.CONTAINER_ACTIVE_CONTENT),
    "widget action": (_widget_action, Code.CONTAINER_ACTIVE_CONTENT),
    "orphan action": (_orphan_action, Code.CONTAINER_ACTIVE_CONTENT),
    "annotation": (_annotation, Code.CONTAINER_STRUCTURE),
    "xfa": (_xfa, Code.CONTAINER_ACTIVE_CONTENT),
    "need appearances": (_need_appearances, Code.CONTAINER_ACTIVE_CONTENT),
    "second field": (_second_field, Code.CONTAINER_STRUCTURE),
    "second signature": (_second_signature, Code.CONTAINER_STRUCTURE),
    "external stream": (_external_stream, Code.CONTAINER_ACTIVE_CONTENT),
    "optional content": (_optional_content, Code.CONTAINER_STRUCTURE),
    "unknown catalog key": (_unknown_catalog_key, Code.CONTAINER_STRUCTURE),
    "unknown DSS key": (_unknown_dss_key, Code.CONTAINER_STRUCTURE),
    "no DSS": (_no_dss, Code.CONTAINER_STRUCTURE),
    "other relationship": (_other_relationship, Code.CONTAINER_STRUCTURE),
    "two appearances": (_two_appearances, Code.CONTAINER_STRUCTURE),
    "words in a pattern": (_words_in_a_pattern, Code.CONTAINER_STRUCTURE),
    "words in the seal": (_words_in_the_seal, Code.CONTAINER_STRUCTURE),
    "borrowed font": (_borrowed_font, Code.CONTAINER_STRUCTURE),
    "pattern without resources": (_pattern_without_resources, Code.CONTAINER_STRUCTURE),
    "picture": (_picture, Code.CONTAINER_STRUCTURE),
    "group": (_group, Code.CONTAINER_STRUCTURE),
    "P=2": (_permission(2), Code.SIGNATURE_NOT_CERTIFIED),
    "P=3": (_permission(3), Code.SIGNATURE_NOT_CERTIFIED),
    "approval": (_approval, Code.CONTAINER_STRUCTURE),
    "usage rights": (_usage_rights, Code.SIGNATURE_NOT_CERTIFIED),
    "other subfilter": (_other_subfilter, Code.CONTAINER_STRUCTURE),
}


def _signed(monkeypatch: pytest.MonkeyPatch, tweak: Tweak) -> bytes:
    """Sign, anchor and fill a licence whose last save was tampered with."""
    save = pades._save

    def tampering(pdf: pikepdf.Pdf) -> bytes:
        tweak(pdf)
        return save(pdf)

    monkeypatch.setattr(pades, "_save", tampering)
    world = _world()
    signed = world.sign(world.version())
    return fill(signed.pdf, make_evidence([signed.leaf])[0])


@pytest.mark.parametrize("name", REFUSED)
def test_a_signed_file_of_another_shape_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tweak, code = REFUSED[name]
    pdf = _signed(monkeypatch, tweak)
    world = _world()
    report = verify(pdf, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.INVALID, code)


def test_a_signed_file_without_data_is_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = _signed(monkeypatch, _no_attachment)
    world = _world()
    report = verify(pdf, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.FOREIGN, Code.DATA_MISSING)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_gate(data: bytes) -> None:
    for pdf in (data, b"%PDF-1.7\n" + data + b"\n%%EOF\n"):
        with refuses(Code.CONTAINER_STRUCTURE):
            read_structure(pdf, (0, 1, 2, 3), b"")


def test_the_untouched_file_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above fail for what they changed, and for nothing else."""
    pdf = _signed(monkeypatch, lambda _: None)
    world = _world()
    assert verify(pdf, world.trust(), policy=BATCH, now=world.now).verdict is Verdict.VALID


def test_a_page_that_says_something_else_than_the_data_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page of one licence with the data of another, both signed together."""
    world = _world()
    other = world.issue(world.version(uscc="91210281MA9TXT025M")).data

    save = pades._save

    def exchanging(pdf: pikepdf.Pdf) -> bytes:
        pdf.Root.AF[0].EF.F.write(other)
        return save(pdf)

    monkeypatch.setattr(pades, "_save", exchanging)
    signer = world.pki.licence_signer(
        world.bundle.authorities[0].id, clock=world.clock, entropy=world.entropy
    )
    prepared = world.press.press(
        PressJob(world.issue(world.version()).data, world.clock.now(), signer.dss())
    )
    signed = signer.sign(signer.prepare(other, prepared))
    pdf = fill(signed.pdf, make_evidence([signed.leaf])[0])
    report = verify(pdf, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.DATA_PAGE_MISMATCH)
