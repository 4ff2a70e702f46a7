"""Every judge takes each signature algorithm, and refuses its twin.

The twin is a licence whose CMS names one padding while its signature value, by the same key, was
made with the other: only a judge that reads the name can tell.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from licence.errors import Code
from licence.formats import algorithms, cms
from licence.formats.algorithms import SCHEMES, SignatureAlgorithm
from signer.keys import open_key
from tests.builders import SIGNED_AT, make_world, parts_of, replace_cms
from tests.fakes.algorithms import ALGORITHMS, rsa_key, world_of
from tests.fakes.refusal import refuses
from tests.interop import java_judges, pdf_tools
from tests.interop.pdf_tools import run
from verifier.policy import BATCH
from verifier.verify import verify

AT = SIGNED_AT + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A licence signed by one algorithm, and its twin."""

    good: Path
    twin: Path


@dataclass(frozen=True, slots=True)
class Files:
    """All licences, and the root to believe (PEM)."""

    pairs: dict[SignatureAlgorithm, Pair]
    root: Path


def _other_padding(algorithm: SignatureAlgorithm) -> AsymmetricPadding:
    scheme = SCHEMES[algorithm]
    (other,) = (
        each
        for each, its in SCHEMES.items()
        if its.bits == scheme.bits and its.padding is not scheme.padding
    )
    return algorithms.padding_of(other)


def _twin(pdf: bytes, algorithm: SignatureAlgorithm) -> bytes:
    parts = parts_of(pdf)
    attributes = cms.signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
    )
    key = rsa_key(SCHEMES[algorithm].bits)
    value = key.sign(attributes, _other_padding(algorithm), SHA256())
    return replace_cms(pdf, cms.build(replace(parts, signature=value)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Issue one licence by each algorithm."""
    folder = tmp_path_factory.mktemp("algorithms")
    pairs = {}
    for algorithm in ALGORITHMS:
        world = world_of(algorithm)
        pdf = world.issue(world.version()).pdf
        pair = Pair(folder / f"{algorithm.name}.pdf", folder / f"{algorithm.name}-twin.pdf")
        pair.good.write_bytes(pdf)
        pair.twin.write_bytes(_twin(pdf, algorithm))
        pairs[algorithm] = pair
    root = x509.load_der_x509_certificate(make_world().pki.root.certificate)
    place = folder / "root.pem"
    place.write_bytes(root.public_bytes(Encoding.PEM))
    return Files(pairs, place)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_our_verifier_says_why_the_twin_is_bad(files: Files, algorithm: SignatureAlgorithm) -> None:
    world, pair = make_world(), files.pairs[algorithm]
    said = [
        verify(each.read_bytes(), world.trust(), policy=BATCH, now=world.now).code
        for each in (pair.good, pair.twin)
    ]
    assert said == [Code.OK, Code.SIGNATURE_BROKEN]


@pytest.mark.tools("openssl")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_verifies_the_cms(
    files: Files, algorithm: SignatureAlgorithm, tmp_path: Path
) -> None:
    pair = files.pairs[algorithm]
    for pdf, good in ((pair.good, True), (pair.twin, False)):
        done = pdf_tools.openssl_cms(pdf_tools.cut(pdf, tmp_path), files.root, at=AT)
        assert (done.returncode == 0) == good, done.stderr


@pytest.mark.tools("pdfsig")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pdfsig_calls_the_whole_document_signed(
    files: Files, algorithm: SignatureAlgorithm
) -> None:
    pair = files.pairs[algorithm]
    said = run("pdfsig", "-nocert", pair.good).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "Signature is Valid" not in run("pdfsig", "-nocert", pair.twin).stdout


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pyhanko_believes_the_file(files: Files, algorithm: SignatureAlgorithm) -> None:
    pair = files.pairs[algorithm]
    assert pdf_tools.pyhanko(pair.good, files.root, at=AT).bottom_line
    assert not pdf_tools.pyhanko(pair.twin, files.root, at=AT).bottom_line


@pytest.mark.tools("java", "mvn")
def test_eu_dss_says_total_passed(files: Files) -> None:
    paths = tuple(path for pair in files.pairs.values() for path in (pair.good, pair.twin))
    judgements = java_judges.judge_signatures(paths, root=files.root)
    judged = {each.file.stem: each for each in judgements}
    for pair in files.pairs.values():
        good, twin = judged[pair.good.stem], judged[pair.twin.stem]
        assert good.passed, good
        assert (good.signatures[0].errors, good.signatures[0].warnings) == ((), ())
        assert not twin.passed
        assert twin.signatures[0].sub_indication == "SIG_CRYPTO_FAILURE"


class _Secrets:
    def password(self, uri: str) -> bytes:
        assert uri
        return b"a password"


@pytest.mark.tools("openssl")
def test_a_key_for_sm2_is_refused_clearly(tmp_path: Path) -> None:
    made, key = tmp_path / "made.pem", tmp_path / "key.pem"
    assert run("openssl", "genpkey", "-algorithm", "SM2", "-out", made).returncode == 0
    locked = ("-topk8", "-in", made, "-passout", "pass:a password", "-out", key)
    assert run("openssl", "pkcs8", *locked).returncode == 0
    certificate = make_world().pki.issuing.certificate
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        open_key(f"file:{key}", certificate=certificate, secrets=_Secrets())
