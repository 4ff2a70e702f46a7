"""The one revision that is signed."""

import io
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from hashlib import sha256

import pikepdf
import pytest

from licence.domain.model import LicenceVersion
from licence.errors import Code
from licence.formats import hole as holes
from licence.formats import licence_json
from licence.formats.limits import HOLE_BYTES
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.pages import SectionKind, make_plan
from signer.layout import Layout, read_layout
from signer.pades import FIELD_NAME, DssMaterial, Prepared, decorate, prepare
from signer.render import Renderer, template_folder
from signer.sheets import read_sheets
from tests.fakes.drafts import good_version, paged_version
from tests.fakes.pages import drawn
from tests.fakes.refusal import refuses
from tests.fakes.signing import VERIFY_BASE

DSS = DssMaterial((b"certificate 1", b"certificate 2"), (b"list",), (b"answer",))
MOMENT = datetime(2026, 11, 21, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=8)))


@cache
def _renderer() -> Renderer:
    return Renderer(verify_base=VERIFY_BASE)


@cache
def _rendered(version: LicenceVersion) -> bytes:
    return drawn(_renderer(), version)


def _prepare(
    version: LicenceVersion,
    dss: DssMaterial = DSS,
    *,
    rendered: bytes | None = None,
    layout: Layout | None = None,
) -> Prepared:
    data = licence_json.encode(version)
    return prepare(
        _rendered(version) if rendered is None else rendered,
        version=version,
        plan=make_plan(version, short_code(data)),
        licence_json=Digest(sha256(data).digest()),
        layout=layout or read_layout(template_folder(version.draft.template)),
        signing_time=MOMENT,
        dss=dss,
    )


@cache
def _prepared() -> Prepared:
    return _prepare(good_version())


@cache
def _paged() -> Prepared:
    """Three 正本, 副本 and records, English, large print, a back page."""
    return _prepare(paged_version())


def _open(prepared: Prepared) -> pikepdf.Pdf:
    filled = holes.fill(prepared.pdf, prepared.hole, b"\x30\x03\x02\x01\x05")
    assert holes.find(filled) == prepared.hole
    return pikepdf.open(io.BytesIO(filled))


def test_one_revision_with_one_hole() -> None:
    prepared = _prepared()
    assert prepared.hole.end - prepared.hole.start == 2 * HOLE_BYTES + 2
    assert prepared.digest == holes.byte_range_digest(prepared.pdf, prepared.hole)
    assert prepared.pdf.count(b"%%EOF") == 1
    assert prepared.signing_time == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_the_field_certifies_and_allows_nothing() -> None:
    with _open(_prepared()) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert str(field.T) == FIELD_NAME
        assert int(pdf.Root.AcroForm.SigFlags) == 3
        signature = field.V
        assert signature.SubFilter == "/ETSI.CAdES.detached"
        assert str(signature.M) == "D:20261121040000Z"
        assert str(signature.Reason) == "核发安全生产许可证"
        assert int(signature.Reference[0].TransformParams.P) == 1
        assert pdf.Root.Perms.DocMDP.objgen == signature.objgen
        assert list(pdf.Root.Perms.keys()) == ["/DocMDP"]


def _under(page: pikepdf.Page) -> pikepdf.Object | None:
    """What is drawn under a page, if anything."""
    contents = page.obj.Contents
    first = contents[0] if isinstance(contents, pikepdf.Array) else contents
    words = first.read_bytes().split()
    if words[:3] != [b"/Artifact", b"<</Type", b"/Background>>"]:
        return None
    found: pikepdf.Object = page.obj.Resources.XObject[words[5].decode()]
    return found


def test_what_lies_under_a_page_is_an_artifact_and_stands_once_in_the_file() -> None:
    version = paged_version()
    plan = make_plan(version, short_code(licence_json.encode(version)))
    with _open(_paged()) as pdf:
        sheets = read_sheets(pdf, plan, read_layout(template_folder("seed-a3/1")))
        found: dict[tuple[str, bool], set[tuple[int, int] | None]] = {}
        for sheet, page in zip(sheets, pdf.pages, strict=True):
            under = _under(page)
            objects = found.setdefault((sheet.kind, sheet.first), set())
            objects.add(None if under is None else under.objgen)
        assert {kind for kind, _ in found} == set(SectionKind)
        for (kind, _), objects in found.items():
            assert len(objects) == 1
            assert (None in objects) == (kind == SectionKind.LARGE_PRINT)


def test_the_seals_stand_where_the_layout_says() -> None:
    with _open(_prepared()) as pdf:
        widget = pdf.pages[0].obj.Annots[0]
        face = read_layout(template_folder("cn-a4p/2")).of("face")
        lefts = [seal.left for seal in face.seals]
        left, bottom, right, top = (float(value) * 25.4 / 72 for value in widget.Rect)
        assert left == pytest.approx(min(lefts), abs=0.01)
        assert right == pytest.approx(max(lefts) + 42, abs=0.01)
        assert top - bottom == pytest.approx(42, abs=0.01)
        assert top == pytest.approx(297 - face.seals[0].top, abs=0.01)
        assert int(widget.F) == 132
        assert list(widget.AP.keys()) == ["/N"]
        assert list(widget.AP.N.Resources.keys()) == ["/XObject"]
        assert len(widget.AP.N.Resources.XObject) == 2


def test_the_field_is_in_the_structure_for_readers_who_do_not_see() -> None:
    with _open(_prepared()) as pdf:
        widget = pdf.pages[0].obj.Annots[0]
        tree = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        element = tree[int(widget.StructParent)]
        assert element.S == "/Form"
        assert element.K[0].Obj.objgen == widget.objgen
        assert str(widget.TU) == "发证机关电子印章"


def test_further_originals_and_the_duplicate_show_the_same_seals_as_figures() -> None:
    with _open(_paged()) as pdf:
        tree = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        seals = pdf.pages[0].obj.Annots[0].AP.N.objgen
        figures = 0
        for page in pdf.pages:
            element = tree[int(page.obj.StructParents)][-1]
            if element.S == "/Figure" and "印章" in str(element.Alt):
                figures += 1
                assert str(element.Alt) == "发证机关电子印章：辽宁省应急管理厅(示例)"
                assert element.Pg.objgen == page.obj.objgen
                drawn = page.obj.Contents[-1].read_bytes()
                assert f"/Figure <</MCID {int(element.K)}>> BDC".encode() in drawn
                form = page.obj.Resources.XObject[drawn.split()[-4].decode()]
                assert (form.objgen == seals) == (page.mediabox == pdf.pages[0].mediabox)
        assert figures == 3


def test_validation_data_is_inside_the_signed_revision() -> None:
    with _open(_prepared()) as pdf:
        dss = pdf.Root.DSS
        assert tuple(each.read_bytes() for each in dss.Certs) == DSS.certificates
        assert tuple(each.read_bytes() for each in dss.CRLs) == DSS.crls
        assert tuple(each.read_bytes() for each in dss.OCSPs) == DSS.ocsps


def test_lists_that_are_empty_are_left_out() -> None:
    with _open(_prepare(good_version(), DssMaterial((b"certificate",), (), ()))) as pdf:
        assert set(pdf.Root.DSS.keys()) == {"/Type", "/Certs"}


def test_the_same_input_gives_the_same_bytes() -> None:
    assert _prepare(good_version()) == _prepared()


def test_the_attachment_survives() -> None:
    with _open(_prepared()) as pdf:
        data = pdf.attachments["licence.json"].get_file().read_bytes()
    assert data == licence_json.encode(good_version())


def test_the_metadata_name_title_number_and_standards() -> None:
    with _open(_prepared()) as pdf, pdf.open_metadata() as metadata:
        fields = "{urn:oid:2.25.106994047254865533506688737784672260562.4.1}"
        assert metadata["dc:title"] == "安全生产许可证 （辽）WH安许证字〔2024〕0127"
        assert metadata[f"{fields}ZZBH"] == "（辽）WH安许证字〔2024〕0127"
        assert metadata[f"{fields}ZZYXQJZRQ"] == "2027-03-17"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["pdfuaid:part"] == "1"


def test_only_a_page_of_ours_can_be_prepared() -> None:
    empty = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(empty)
    for other in (b"junk", empty.getvalue()):
        with refuses(Code.RENDER_FAILED):
            _prepare(good_version(), rendered=other)


def test_pages_of_another_plan_and_a_layout_without_seal_are_refused() -> None:
    with refuses(Code.RENDER_FAILED):
        _prepare(good_version(), rendered=_rendered(paged_version()))
    with refuses(Code.RENDER_FAILED):
        _prepare(good_version(), layout=Layout({}))
    layout = read_layout(template_folder("cn-a4p/2"))
    unsealed = {kind: layout.of("back") for kind in layout.sections}
    with refuses(Code.RENDER_FAILED):
        _prepare(good_version(), layout=Layout(unsealed))


def test_the_pages_name_no_colour_profile_of_their_own() -> None:
    with _open(_paged()) as pdf:
        for page in pdf.pages:
            spaces = page.obj.Resources.get("/ColorSpace", pikepdf.Dictionary())
            assert {str(space) for _, space in spaces.items()} <= {"/DeviceRGB", "/DeviceGray"}
        assert int(pdf.Root.OutputIntents[0].DestOutputProfile.N) == 3


def _layers(pdf: pikepdf.Pdf) -> int:
    under = _under(pdf.pages[0])
    assert under is not None
    return len(under.Resources.Pattern.Print.Resources.XObject)


def test_a_preview_has_the_layers_and_sample_but_nothing_to_sign() -> None:
    version = good_version()
    data = licence_json.encode(version)
    shown = decorate(
        _rendered(version),
        version=version,
        plan=make_plan(version, short_code(data)),
        licence_json=Digest(sha256(data).digest()),
        layout=read_layout(template_folder("cn-a4p/2")),
    )
    with pikepdf.open(io.BytesIO(shown)) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/Annots" not in pdf.pages[0].obj or not pdf.pages[0].obj.Annots
        shown_layers = _layers(pdf)
    with _open(_prepared()) as pdf:
        assert shown_layers == _layers(pdf) + 1
