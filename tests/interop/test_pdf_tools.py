"""What programs that are not ours say of our licences, and that they can say no.

pdfsig, qpdf and openssl judge the signed and the anchored file; a twin with one changed byte is
refused by each. pyHanko is asked its three questions (research pdf_judges 4).
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel

from licence.formats import cms, hole
from signer.timestamp import TimestampRequest, encode_request
from tests.fakes.clock import FakeClock
from tests.fakes.signing import (
    RELEASED_ON,
    FakeEntropy,
    batch_signer,
    licence_data,
    pki,
    released,
)
from tests.interop import pdf_tools
from tests.interop.pdf_tools import run

EVIDENCE = bytes(range(256)) * 24
AT = RELEASED_ON + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Files:
    """A signed licence, the same one anchored, a bad twin, and the root to believe."""

    signed: Path
    anchored: Path
    twin: Path
    root: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("tools")
    data = [licence_data()]
    (signed,) = batch_signer(folder).sign_batch(released(data), data)
    anchored = hole.fill(signed.pdf, hole.find(signed.pdf), cms.with_evidence(signed.cms, EVIDENCE))
    # One digit of the page size: a change inside the signed bytes that leaves a correct PDF.
    twin = signed.pdf.replace(b"/AuthoritySeal", b"/AuthoritySeak")
    if twin == signed.pdf:
        at = signed.pdf.index(b"/M (D:2026") + len(b"/M (D:")
        twin = signed.pdf[:at] + b"2025" + signed.pdf[at + 4 :]
    root = x509.load_der_x509_certificate(pki().root.certificate)
    contents = {
        "signed.pdf": signed.pdf,
        "anchored.pdf": anchored,
        "twin.pdf": twin,
        "root.pem": root.public_bytes(Encoding.PEM),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return Files(*(folder / name for name in contents))


@pytest.mark.tools("qpdf")
def test_qpdf_finds_nothing_wrong(files: Files, tmp_path: Path) -> None:
    for pdf in (files.signed, files.anchored):
        assert run("qpdf", "--check", pdf).returncode == 0
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(files.signed.read_bytes()[:-2000])
    assert run("qpdf", "--check", cut).returncode != 0


@pytest.mark.tools("pdfsig")
def test_pdfsig_calls_the_whole_document_signed(files: Files) -> None:
    for pdf in (files.signed, files.anchored):
        said = run("pdfsig", "-nocert", pdf).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
    assert "Signature is Valid" not in run("pdfsig", "-nocert", files.twin).stdout


@pytest.mark.tools("openssl")
def test_openssl_verifies_the_cms(files: Files, tmp_path: Path) -> None:
    for pdf, good in ((files.signed, True), (files.anchored, True), (files.twin, False)):
        done = pdf_tools.openssl_cms(pdf_tools.cut(pdf, tmp_path), files.root, at=AT)
        assert (done.returncode == 0) == good, done.stderr


@pytest.mark.tools("openssl")
def test_openssl_verifies_the_timestamp(files: Files, tmp_path: Path) -> None:
    parts = pdf_tools.cut(files.signed, tmp_path)
    assert "Verification: OK" in pdf_tools.openssl_timestamp(parts, files.root, at=AT).stdout
    other = tmp_path / "other"
    other.write_bytes(parts.value.read_bytes()[::-1])
    refused = pdf_tools.openssl_timestamp(parts, files.root, data=other, at=AT)
    assert refused.returncode != 0


@pytest.mark.tools("openssl")
def test_our_responder_answers_openssl_and_openssl_reads_our_request(
    files: Files, tmp_path: Path
) -> None:
    tsa = pki().tsa(clock=FakeClock(), entropy=FakeEntropy())
    data, query, answer = (tmp_path / name for name in ("data", "query", "answer"))
    data.write_bytes(b"anything")
    asked = run("openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
    assert asked.returncode == 0
    answer.write_bytes(tsa.respond(query.read_bytes()))
    at = ("-attime", int(AT.timestamp()))
    verify = ("openssl", "ts", "-verify", "-in", answer, "-CAfile", files.root, *at)
    assert "Verification: OK" in run(*verify, "-queryfile", query).stdout
    ours = TimestampRequest(cms.parse(_cms(files)).message_digest, 12345, "1.2.3.4")
    query.write_bytes(encode_request(ours))
    said = run("openssl", "ts", "-query", "-in", query, "-text").stdout
    assert "sha256" in said
    assert "Policy OID: 1.2.3.4" in said
    assert "Nonce: 0x3039" in said


def _cms(files: Files) -> bytes:
    data = files.signed.read_bytes()
    return hole.contents(data, hole.find(data))


def test_pyhanko_believes_the_whole_file(files: Files) -> None:
    for pdf in (files.signed, files.anchored):
        status = pdf_tools.pyhanko(pdf, files.root, at=AT)
        assert status.bottom_line
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        assert status.modification_level is ModificationLevel.NONE
        assert status.docmdp_ok
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.trusted


def test_pyhanko_refuses_the_bad_twin(files: Files) -> None:
    assert not pdf_tools.pyhanko(files.twin, files.root, at=AT).bottom_line
