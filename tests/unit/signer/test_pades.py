"""The one revision that is signed."""

import io
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

import pikepdf
import pytest

from licence.errors import Code
from licence.formats import hole as holes
from licence.formats import licence_json
from licence.formats.limits import HOLE_BYTES
from signer.pades import FIELD_NAME, DssMaterial, Prepared, prepare, seal_box
from signer.render import Renderer
from signer.seal import Seal
from tests.fakes.drafts import good_version
from tests.fakes.refusal import refuses
from tests.fakes.signing import NAME, VERIFY_BASE

DSS = DssMaterial((b"certificate 1", b"certificate 2"), (b"list",), (b"answer",))
MOMENT = datetime(2026, 11, 21, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=8)))


@lru_cache(maxsize=1)
def _rendered() -> bytes:
    version = good_version()
    return Renderer(verify_base=VERIFY_BASE).render(version, licence_json.encode(version))


def _prepare(dss: DssMaterial = DSS) -> Prepared:
    return prepare(_rendered(), signing_time=MOMENT, dss=dss, seal=Seal(NAME, sample=True))


def _open(prepared: Prepared) -> pikepdf.Pdf:
    filled = holes.fill(prepared.pdf, prepared.hole, b"\x30\x03\x02\x01\x05")
    assert holes.find(filled) == prepared.hole
    return pikepdf.open(io.BytesIO(filled))


def test_one_revision_with_one_hole() -> None:
    prepared = _prepare()
    assert prepared.hole.end - prepared.hole.start == 2 * HOLE_BYTES + 2
    assert prepared.digest == holes.byte_range_digest(prepared.pdf, prepared.hole)
    assert prepared.pdf.count(b"%%EOF") == 1
    assert prepared.signing_time == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_the_field_certifies_and_allows_nothing() -> None:
    with _open(_prepare()) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert str(field.T) == FIELD_NAME
        assert int(pdf.Root.AcroForm.SigFlags) == 3
        signature = field.V
        assert signature.SubFilter == "/ETSI.CAdES.detached"
        assert str(signature.M) == "D:20261121040000Z"
        assert int(signature.Reference[0].TransformParams.P) == 1
        assert pdf.Root.Perms.DocMDP.objgen == signature.objgen
        assert list(pdf.Root.Perms.keys()) == ["/DocMDP"]


def test_the_background_lies_once_in_the_file_under_every_page_as_an_artifact() -> None:
    with _open(_prepare()) as pdf:
        forms = {page.obj.Resources.XObject["/Background"].objgen for page in pdf.pages}
        assert len(forms) == 1
        for page in pdf.pages:
            first = page.obj.Contents[0].read_bytes()
            assert first == b"/Artifact <</Type /Background>> BDC q /Background Do Q EMC\n"


def test_the_seal_stands_where_the_template_leaves_room() -> None:
    box = seal_box("cn-a4p/1")
    assert box.right - box.left == pytest.approx(42 * 72 / 25.4, abs=0.1)
    with _open(_prepare()) as pdf:
        widget = pdf.pages[0].obj.Annots[0]
        assert [float(value) for value in widget.Rect] == pytest.approx(list(box))
        assert int(widget.F) == 132
        assert list(widget.AP.keys()) == ["/N"]
        assert "/Font" not in widget.AP.N.Resources
    with refuses(Code.TEMPLATE_UNKNOWN):
        seal_box("seed-a3/1")


def test_the_seal_is_in_the_structure_for_readers_who_do_not_see() -> None:
    with _open(_prepare()) as pdf:
        widget = pdf.pages[0].obj.Annots[0]
        tree = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        element = tree[int(widget.StructParent)]
        assert element.S == "/Form"
        assert element.K[0].Obj.objgen == widget.objgen
        assert str(widget.TU) == "发证机关电子印章"


def test_validation_data_is_inside_the_signed_revision() -> None:
    with _open(_prepare()) as pdf:
        dss = pdf.Root.DSS
        assert tuple(each.read_bytes() for each in dss.Certs) == DSS.certificates
        assert tuple(each.read_bytes() for each in dss.CRLs) == DSS.crls
        assert tuple(each.read_bytes() for each in dss.OCSPs) == DSS.ocsps


def test_lists_that_are_empty_are_left_out() -> None:
    with _open(_prepare(DssMaterial((b"certificate",), (), ()))) as pdf:
        assert set(pdf.Root.DSS.keys()) == {"/Type", "/Certs"}


def test_the_same_input_gives_the_same_bytes() -> None:
    assert _prepare() == _prepare()


def test_the_attachment_survives() -> None:
    with _open(_prepare()) as pdf:
        data = pdf.attachments["licence.json"].get_file().read_bytes()
    assert data == licence_json.encode(good_version())


def test_only_a_page_of_ours_can_be_prepared() -> None:
    empty = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(empty)
    for other in (b"junk", empty.getvalue()):
        with refuses(Code.RENDER_FAILED):
            prepare(other, signing_time=MOMENT, dss=DSS, seal=Seal(NAME, sample=True))


def test_the_pages_name_no_colour_profile_of_their_own() -> None:
    with _open(_prepare()) as pdf:
        for page in pdf.pages:
            spaces = page.obj.Resources.ColorSpace
            assert {str(space) for _, space in spaces.items()} <= {"/DeviceRGB", "/DeviceGray"}
        assert int(pdf.Root.OutputIntents[0].DestOutputProfile.N) == 3
