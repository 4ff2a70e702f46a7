"""veraPDF and EU DSS on licences that are signed now, of every shape that the template has."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from licence.domain.model import LicenceVersion
from licence.formats import cms, hole, licence_json
from signer.press import PressJob
from signer.test_pki import create_test_pki
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import draft_of, full_row, good_row, good_version
from tests.fakes.signing import AUTHORITY, NAME, FakeEntropy, press
from tests.interop import java_judges

pytestmark = pytest.mark.tools("java", "mvn")

EVIDENCE = bytes(range(256)) * 24


def _versions() -> tuple[LicenceVersion, ...]:
    """The ordinary one, every optional field with a translation, several pages, emergency."""
    scope = [{"name": f"第{n}种", "capacity": str(n), "unit": "吨/年"} for n in range(1, 81)]
    many = draft_of({**good_row(), "scope": [{**item, "risk": "NORMAL"} for item in scope]})
    return (
        good_version(),
        replace(good_version(), draft=draft_of(full_row())),
        replace(good_version(), draft=many),
        good_version(kind="EMERGENCY_TEMPORARY", valid_to="2024-04-10", principal="林㛃𬭎"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with signed licences, and the root that signed them today."""
    folder = tmp_path_factory.mktemp("judges")
    # The judges take the machine's own time: the PKI must be valid today.
    clock = FakeClock(datetime.now(UTC))
    pki = create_test_pki([(AUTHORITY, NAME)], now=clock.now(), entropy=FakeEntropy())
    signer = pki.licence_signer(AUTHORITY, clock=clock, entropy=FakeEntropy())
    for number, version in enumerate(_versions()):
        data = licence_json.encode(version)
        prepared = press().press(PressJob(data, clock.now(), signer.dss()))
        signed = signer.sign(signer.prepare(data, prepared))
        (folder / f"licence-{number}.pdf").write_bytes(signed.pdf)
        anchored = cms.with_evidence(signed.cms, EVIDENCE)
        filled = hole.fill(signed.pdf, hole.find(signed.pdf), anchored)
        (folder / f"anchored-{number}.pdf").write_bytes(filled)
    root = x509.load_der_x509_certificate(pki.root.certificate)
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    return folder


def test_verapdf_passes_pdfa_3a_and_pdfua_1(folder: Path) -> None:
    files = sorted(folder.glob("*.pdf"))
    assert len(files) == 8
    for judgement in java_judges.judge_standards(files):
        assert judgement.passed, judgement


def test_eu_dss_says_total_passed_with_full_scope(folder: Path) -> None:
    files = [folder / "licence-0.pdf", folder / "anchored-1.pdf"]
    for judgement in java_judges.judge_signatures(files, root=folder / "root.pem"):
        assert judgement.passed, judgement
        assert judgement.signatures[0].warnings == ()


def test_a_bad_twin_is_refused_by_each(folder: Path, tmp_path: Path) -> None:
    good = (folder / "licence-0.pdf").read_bytes()
    altered, appended = tmp_path / "altered.pdf", tmp_path / "appended.pdf"
    at = good.index(b"/M (D:20") + len(b"/M (D:")
    altered.write_bytes(good[:at] + b"1999" + good[at + 4 :])
    appended.write_bytes(good + b"\n")
    tagless = tmp_path / "tagless.pdf"
    with pikepdf.open(io.BytesIO(good)) as pdf:
        del pdf.Root.StructTreeRoot
        pdf.save(tagless)
    judged = java_judges.judge_signatures([altered], root=folder / "root.pem")
    assert [each.passed for each in judged] == [False]
    standards = java_judges.judge_standards([appended, tagless])
    assert [each.passed for each in standards] == [False, False]
