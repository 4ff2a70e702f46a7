"""pdfsig, qpdf, openssl, mutool, exiftool on every finished licence, and on twins they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from licence.domain.licence_types import LICENCE_TYPES
from licence.formats import cms, hole
from licence.formats.timestamp import TimestampRequest, encode_request
from tests.fakes.clock import FakeClock
from tests.fakes.signing import RELEASED_ON, FakeEntropy, pki
from tests.interop import pdf_tools
from tests.interop.dossier import Dossier
from tests.interop.pdf_tools import run
from tests.interop.rows import FIRSTS, HARD_NAMES, NAMES, SAMPLES

# ---------------------------------------------------------------- pdfsig


@pytest.mark.tools("pdfsig")
@pytest.mark.parametrize("name", [*NAMES, *HARD_NAMES])
def test_pdfsig_calls_the_whole_document_signed(dossier: Dossier, name: str) -> None:
    for pdf in (dossier.file(name), dossier.bare(name)):
        said = run("pdfsig", "-nocert", pdf).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
        assert "Signature #2" not in said


@pytest.mark.tools("pdfsig")
def test_pdfsig_refuses_the_twins(dossier: Dossier) -> None:
    assert "Digest Mismatch" in run("pdfsig", "-nocert", dossier.twin("flipped")).stdout
    for twin in ("updated", "longer"):
        assert "Not total document signed" in run("pdfsig", "-nocert", dossier.twin(twin)).stdout


# ---------------------------------------------------------------- qpdf


@pytest.mark.tools("qpdf")
@pytest.mark.parametrize("name", NAMES)
def test_qpdf_finds_nothing_wrong(dossier: Dossier, name: str) -> None:
    for pdf in (dossier.file(name), dossier.bare(name)):
        answer = run("qpdf", "--check", pdf)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "No syntax or stream encoding errors found" in answer.stdout


@pytest.mark.tools("qpdf")
def test_qpdf_refuses_the_twin_without_its_end(dossier: Dossier) -> None:
    answer = run("qpdf", "--check", dossier.twin("truncated"))
    assert answer.returncode != 0
    assert "xref" in answer.stderr


# ---------------------------------------------------------------- openssl


@pytest.mark.tools("openssl")
@pytest.mark.parametrize("name", NAMES)
def test_openssl_verifies_signature_and_timestamp_by_the_root_alone(
    dossier: Dossier, tmp_path: Path, name: str
) -> None:
    for pdf in (dossier.file(name), dossier.bare(name)):
        parts = pdf_tools.cut(pdf, tmp_path)
        signature = pdf_tools.openssl_cms(parts, dossier.root)
        assert signature.returncode == 0, signature.stderr
        stamp = pdf_tools.openssl_timestamp(parts, dossier.root)
        assert "Verification: OK" in stamp.stdout, stamp.stderr


@pytest.mark.tools("openssl")
def test_openssl_refuses_the_flipped_twin_and_a_timestamp_of_something_else(
    dossier: Dossier, tmp_path: Path
) -> None:
    parts = pdf_tools.cut(dossier.twin("flipped"), tmp_path)
    refused = pdf_tools.openssl_cms(parts, dossier.root)
    assert refused.returncode != 0
    assert "content verify error" in refused.stderr
    other = tmp_path / "other"
    other.write_bytes(parts.value.read_bytes()[::-1])
    refused = pdf_tools.openssl_timestamp(parts, dossier.root, data=other)
    assert refused.returncode != 0
    assert "message imprint mismatch" in refused.stderr


@pytest.mark.tools("openssl")
def test_openssl_refuses_everything_under_another_root(dossier: Dossier, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    made = run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other root"),
        *("-keyout", tmp_path / "key.pem", "-out", other),
    )
    assert made.returncode == 0, made.stderr
    parts = pdf_tools.cut(dossier.file(FIRSTS[0]), tmp_path)
    assert "unable to get" in pdf_tools.openssl_cms(parts, other).stderr
    assert pdf_tools.openssl_timestamp(parts, other).returncode != 0


@pytest.mark.tools("openssl")
def test_our_responder_answers_openssl_and_openssl_reads_our_request(
    dossier: Dossier, tmp_path: Path
) -> None:
    tsa = pki().tsa(clock=FakeClock(), entropy=FakeEntropy())
    data, query, answer, root = (tmp_path / name for name in ("data", "query", "answer", "root"))
    data.write_bytes(b"anything")
    root.write_text(pdf_tools.pem(pki().root.certificate))
    asked = run("openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
    assert asked.returncode == 0
    answer.write_bytes(tsa.respond(query.read_bytes()))
    at = ("-attime", int(RELEASED_ON.timestamp()) + 1)
    verify = ("openssl", "ts", "-verify", "-in", answer, "-CAfile", root, *at)
    assert "Verification: OK" in run(*verify, "-queryfile", query).stdout
    signed = dossier.bare(FIRSTS[0]).read_bytes()
    imprint = cms.parse(hole.contents(signed, hole.find(signed))).message_digest
    query.write_bytes(encode_request(TimestampRequest(imprint, 12345, "1.2.3.4")))
    said = run("openssl", "ts", "-query", "-in", query, "-text").stdout
    assert "sha256" in said
    assert "Policy OID: 1.2.3.4" in said
    assert "Nonce: 0x3039" in said


# ---------------------------------------------------------------- mutool


@pytest.mark.tools("mutool")
@pytest.mark.parametrize("name", NAMES)
def test_mutool_sees_no_change_and_rewrites_the_file_without_complaint(
    dossier: Dossier, tmp_path: Path, name: str
) -> None:
    pdf = dossier.file(name)
    said = run("mutool", "sign", "-v", pdf).stdout
    assert said.count("Verifying signature") == 1
    assert "The document is unchanged since signing." in said
    cleaned = run("mutool", "clean", pdf, tmp_path / "cleaned.pdf")
    assert (cleaned.returncode, cleaned.stderr) == (0, "")


@pytest.mark.tools("mutool")
@pytest.mark.parametrize(
    ("twin", "reason"),
    [
        ("flipped", "Digest error: Signature invalidated by change to document."),
        ("updated", "there have been edits since signing"),
        ("longer", "there have been edits since signing"),
    ],
)
def test_mutool_says_why_it_refuses_a_twin(dossier: Dossier, twin: str, reason: str) -> None:
    said = run("mutool", "sign", "-v", dossier.twin(twin)).stdout
    assert reason in said
    assert "unchanged" not in said


@pytest.mark.tools("mutool")
def test_mutool_complains_of_the_twin_without_its_end(dossier: Dossier, tmp_path: Path) -> None:
    cleaned = run("mutool", "clean", dossier.twin("truncated"), tmp_path / "cleaned.pdf")
    assert "repair" in cleaned.stderr


# ---------------------------------------------------------------- exiftool


@pytest.fixture(scope="session")
def metadata(dossier: Dossier) -> dict[str, dict[str, Any]]:
    """The XMP of each file as exiftool reads it, by the stem of the file."""
    files = (*dossier.good, dossier.twin("unidentified"))
    done = run("exiftool", "-json", "-G1", "-a", "-struct", "-XMP:all", *files)
    assert done.returncode == 0, done.stderr
    return {Path(each["SourceFile"]).stem: each for each in json.loads(done.stdout)}


@pytest.mark.tools("exiftool")
@pytest.mark.parametrize("name", NAMES)
def test_exiftool_reads_title_number_and_standards(
    metadata: dict[str, dict[str, Any]], name: str
) -> None:
    read, row = metadata[name], SAMPLES[name].row
    assert row["licence_no"] in read["XMP-dc:Title"]
    assert read["XMP-dc:Creator"] == [row["issuer"]]
    assert read["XMP-dc:Language"] == ["zh-CN"]
    assert (read["XMP-pdfaid:Part"], read["XMP-pdfaid:Conformance"]) == (3, "A")
    assert read["XMP-pdfuaid:Part"] == 1


@pytest.mark.tools("exiftool")
@pytest.mark.parametrize("name", NAMES)
def test_exiftool_reads_the_fields_of_gbt_36903_and_their_schema(
    metadata: dict[str, dict[str, Any]], name: str
) -> None:
    read, row = metadata[name], SAMPLES[name].row
    fields = {
        "ZZBH": row["licence_no"],
        "ZZBS": row["elicence_id"],
        "ZZMC": LICENCE_TYPES[row.get("licence_type", "safety-production")].title,
        "ZZBFJG": row["issuer"],
        "ZZBFJGDM": row["issuer_code"],
        "ZZBFRQ": row["issued_on"],
        "CZZT": row["enterprise_name"],
        "CZZTDM": row["uscc"],
        "ZZYXQQSRQ": row["valid_from"],
        "ZZYXQJZRQ": row["valid_to"],
    }
    assert {key: read[f"XMP-zz:{key.title()}"] for key in fields} == fields
    (schema,) = [one for one in read["XMP-pdfaExtension:Schemas"] if one["Prefix"] == "zz"]
    assert schema["NamespaceURI"].startswith("urn:oid:")
    assert {one["Name"]: one["ValueType"] for one in schema["Property"]} == dict.fromkeys(
        fields, "Text"
    )


@pytest.mark.tools("exiftool")
def test_exiftool_misses_the_identification_of_the_twin(
    metadata: dict[str, dict[str, Any]],
) -> None:
    read = metadata["unidentified"]
    assert "XMP-pdfaid:Part" not in read
    assert read["XMP-pdfuaid:Part"] == 1
