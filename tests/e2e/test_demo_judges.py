"""What judges that are not ours say of the files that the demo hands out, and that they can say no.

They get the licences, `trust/root.crt` and the published lists: what anybody in the field has. Each
refuses a bad twin as well, for a judge that cannot fail is no judge.
"""

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cwt
import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel

from licence.formats import licence_json, trust_bundle
from licence.formats.trust_types import Authority
from licence.ids import AuthorityId
from tests.e2e.conftest import Told
from tests.interop import java_judges, pdf_tools
from tests.interop import status_readers as readers

VALID, INVALID, SUSPENDED = range(3)
"""Values of a Token Status List."""

CLOSED = {
    "辽WH安许证字20250033-v1": INVALID,  # revoked
    "辽FM安许证字20240012-v1": INVALID,  # rescinded
    "辽YH安许证字20180003-v1": INVALID,  # cancelled
    "辽JZ安许证字2022010486-v2": INVALID,  # superseded
    "辽MB安许证字202402-v1": SUSPENDED,
    "辽JZ安许证字2023011207-v1": SUSPENDED,
}
"""What the demo and its samples decided; every other licence is open."""

MEANINGS = ("VALID", "INVALID", "SUSPENDED")


@pytest.fixture(scope="session")
def root(told: Told) -> Path:
    return told.folder / "trust" / "root.crt"


@pytest.fixture(scope="session")
def two(told: Told) -> tuple[Path, Path]:
    """The first licence of two authorities: one valid, one revoked long after it was signed."""
    by_name = {path.stem: path for path in told.licences}
    return by_name["辽WH安许证字20240127-v1"], by_name["辽MB安许证字202402-v1"]


@pytest.fixture
def twin(two: tuple[Path, Path], tmp_path: Path) -> Path:
    """A licence with another signing time: inside the signed bytes, and still a correct PDF."""
    good = two[0].read_bytes()
    at = good.index(b"/M (D:20") + len(b"/M (D:")
    path = tmp_path / "twin.pdf"
    path.write_bytes(good[:at] + b"1999" + good[at + 4 :])
    return path


# ---------------------------------------------------------------- Java: veraPDF, EU DSS


@pytest.mark.tools("java", "mvn")
def test_verapdf_passes_pdfa_3a_and_pdfua_1_of_every_file(told: Told, tmp_path: Path) -> None:
    """One JVM for all files; the twin without tags is refused by both standards."""
    tagless = tmp_path / "tagless.pdf"
    with pikepdf.open(io.BytesIO(told.licences[0].read_bytes())) as pdf:
        del pdf.Root.StructTreeRoot
        pdf.save(tagless)
    *judged, bad = java_judges.judge_standards([*told.licences, tagless])
    assert len(judged) == 12 + 2 + 20
    assert [each for each in judged if not each.passed] == []
    assert bad.pdfa_3a
    assert bad.pdfua_1


@pytest.mark.tools("java", "mvn")
def test_eu_dss_says_total_passed_of_the_whole_file(
    two: tuple[Path, Path], twin: Path, root: Path
) -> None:
    *judged, bad = java_judges.judge_signatures([*two, twin], root=root)
    for each in judged:
        (opinion,) = each.signatures
        assert opinion.indication == "TOTAL_PASSED", each
        assert (opinion.level, opinion.scopes) == ("PAdES-BASELINE-T", ("FULL",))
        assert (opinion.errors, opinion.warnings) == ((), ())
    assert not bad.passed
    assert [opinion.indication for opinion in bad.signatures] == ["TOTAL_FAILED"]


# ---------------------------------------------------------------- pdfsig, qpdf, openssl


@pytest.mark.tools("pdfsig")
def test_pdfsig_calls_the_whole_document_signed(told: Told, twin: Path) -> None:
    for pdf in told.licences:
        said = pdf_tools.run("pdfsig", "-nocert", pdf).stdout
        assert "Signature is Valid" in said, pdf
        assert "Total document signed" in said, pdf
        assert "Signature #2" not in said, pdf
    assert "Signature is Valid" not in pdf_tools.run("pdfsig", "-nocert", twin).stdout


@pytest.mark.tools("qpdf")
def test_qpdf_finds_nothing_wrong(told: Told, tmp_path: Path) -> None:
    for pdf in told.licences:
        answer = pdf_tools.run("qpdf", "--check", pdf)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(told.licences[0].read_bytes()[:-2000])
    assert pdf_tools.run("qpdf", "--check", cut).returncode != 0


@pytest.mark.tools("openssl")
def test_openssl_verifies_signature_and_timestamp_by_the_root_alone(
    told: Told, root: Path, tmp_path: Path
) -> None:
    for pdf in told.licences:
        parts = pdf_tools.cut(pdf, tmp_path)
        signature = pdf_tools.openssl_cms(parts, root)
        assert signature.returncode == 0, (pdf, signature.stderr)
        stamp = pdf_tools.openssl_timestamp(parts, root)
        assert stamp.returncode == 0, (pdf, stamp.stderr)
        assert "Verification: OK" in stamp.stdout


@pytest.mark.tools("openssl")
def test_openssl_refuses_the_twin_and_a_timestamp_of_something_else(
    twin: Path, root: Path, tmp_path: Path
) -> None:
    parts = pdf_tools.cut(twin, tmp_path)
    assert pdf_tools.openssl_cms(parts, root).returncode != 0
    other = tmp_path / "other"
    other.write_bytes(parts.value.read_bytes()[::-1])
    assert pdf_tools.openssl_timestamp(parts, root, data=other).returncode != 0


@pytest.mark.tools("openssl")
def test_openssl_refuses_everything_under_another_root(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.crt"
    made = pdf_tools.run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other root"),
        *("-keyout", tmp_path / "key.pem", "-out", other),
    )
    assert made.returncode == 0, made.stderr
    parts = pdf_tools.cut(two[0], tmp_path)
    assert pdf_tools.openssl_cms(parts, other).returncode != 0
    assert pdf_tools.openssl_timestamp(parts, other).returncode != 0


# ---------------------------------------------------------------- pyHanko


def test_pyhanko_answers_its_three_questions(told: Told, root: Path) -> None:
    """Is the signature good and trusted, is the whole file covered, was nothing changed since?"""
    for pdf in told.licences:
        status = pdf_tools.pyhanko(pdf, root, at=datetime.now(UTC))
        assert status.bottom_line, pdf
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE, pdf
        assert status.modification_level is ModificationLevel.NONE, pdf
        assert status.docmdp_ok, pdf
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.trusted, pdf


def test_pyhanko_refuses_the_twin(twin: Path, root: Path) -> None:
    status = pdf_tools.pyhanko(twin, root, at=datetime.now(UTC))
    assert not status.bottom_line
    assert not status.intact


# ---------------------------------------------------------------- status lists


@dataclass(frozen=True, slots=True)
class PublishedList:
    """The status list of one authority as it lies in the trust folder, and what it should say."""

    authority: Authority
    folder: Path
    expected: dict[int, int]

    @property
    def cwt(self) -> bytes:
        return self._only("*.0.cwt")

    @property
    def jwt(self) -> bytes:
        return self._only("*.0.jwt")

    def _only(self, name: str) -> bytes:
        (found,) = self.folder.glob(name)
        return found.read_bytes()

    @property
    def uri(self) -> str:
        place = f"{self.folder.parent.name}/{self.authority.id}/0"
        return f"{self.authority.list_base_uri}/{place}"

    @property
    def key(self) -> ec.EllipticCurvePublicKey:
        (status_key,) = self.authority.status_keys
        key = load_der_public_key(status_key.key)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return key


@pytest.fixture(scope="session")
def lists(told: Told) -> tuple[PublishedList, ...]:
    """All lists of the demo; where a licence stands is read from the data inside its PDF."""
    expected: dict[AuthorityId, dict[int, int]] = {}
    for path in told.licences:
        with pikepdf.open(path) as pdf:
            data = pdf.attachments["licence.json"].get_file().read_bytes()
        version = licence_json.decode(data)
        places = expected.setdefault(version.draft.issuer_code, {})
        places[version.status.index] = CLOSED.get(path.stem, VALID)
    targets = told.folder / "trust" / "targets"
    (stored,) = targets.glob("*.bundle.json")
    bundle = trust_bundle.decode(stored.read_bytes())
    (registry,) = (targets / "lists").iterdir()
    assert len(bundle.authorities) == 4
    return tuple(
        PublishedList(authority, registry / authority.id, expected[authority.id])
        for authority in bundle.authorities
    )


def test_the_lists_are_about_every_licence_and_say_all_there_is_to_say(
    told: Told, lists: tuple[PublishedList, ...]
) -> None:
    values = [value for each in lists for value in each.expected.values()]
    assert len(values) == len(told.licences)
    assert (values.count(INVALID), values.count(SUSPENDED)) == (4, 2)


def test_polaris_sees_who_is_suspended_and_who_is_revoked(
    lists: tuple[PublishedList, ...],
) -> None:
    at = int(datetime.now(UTC).timestamp())
    for each in lists:
        issuer = str(each.authority.id)
        for index, value in each.expected.items():
            answer = readers.ask_polaris(
                each.jwt, index, key=each.key, issuer=issuer, uri=each.uri, at=at
            )
            assert (answer["checked"], answer["status"]) == (True, value), (each.uri, index)
            assert answer["meaning"] == MEANINGS[value]
        forged = readers.resigned_jwt(each.jwt, ec.generate_private_key(ec.SECP256R1()))
        answer = readers.ask_polaris(forged, 0, key=each.key, issuer=issuer, uri=each.uri, at=at)
        assert answer["code"] == "signature"


def test_the_library_cwt_verifies_every_list(lists: tuple[PublishedList, ...]) -> None:
    for each in lists:
        (status_key,) = each.authority.status_keys
        claims = readers.ask_cwt(each.cwt, key=each.key, kid=status_key.kid)
        assert claims[2] == each.uri
        with pytest.raises(cwt.VerifyError):
            readers.ask_cwt(readers.altered_cwt(each.cwt), key=each.key, kid=status_key.kid)


@pytest.mark.tools("node")
@pytest.mark.parametrize("form", ["cwt", "jwt"])
def test_the_openwallet_foundation_sees_the_same(
    lists: tuple[PublishedList, ...], tmp_path: Path, form: str
) -> None:
    for each in lists:
        token = each.cwt if form == "cwt" else each.jwt
        answer = readers.ask_node(tmp_path, form, token, list(each.expected), key=each.key)
        assert answer.returncode == 0, answer.stderr
        said = json.loads(answer.stdout)
        assert said["sub"] == each.uri
        for values in said["values"].values():
            assert values == list(each.expected.values()), each.uri
    stranger = ec.generate_private_key(ec.SECP256R1())
    twin = (
        readers.altered_cwt(lists[0].cwt)
        if form == "cwt"
        else readers.resigned_jwt(lists[0].jwt, stranger)
    )
    refused = readers.ask_node(tmp_path, form, twin, [0], key=lists[0].key)
    assert refused.returncode == 1
    assert "refused" in refused.stderr
