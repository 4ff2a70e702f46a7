"""Licences of each signature algorithm, and those that mix two or use one that is reserved."""

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from licence.errors import Code
from licence.formats import algorithms, cms, der, hole
from licence.formats.algorithms import SCHEMES, SignatureAlgorithm, SignaturePadding
from licence.formats.checks import CheckName
from licence.formats.verdict import Verdict
from licence.ids import Digest
from signer.certificates import Subject
from signer.keys import FileKey
from signer.tsa import TestTsa
from tests.builders import SIGNED_AT, make_world, parts_of, replace_cms
from tests.fakes import proof
from tests.fakes.algorithms import ALGORITHMS, rsa_key, world_of
from tests.fakes.refusal import refuses
from verifier.checks.c01_container import check_container
from verifier.checks.c02_signature import check_signature
from verifier.policy import STRICT
from verifier.timestamp_token import verify_token
from verifier.verify import verify

PKCS1 = SignatureAlgorithm.RSA2048_PKCS1_SHA256
PSS = SignatureAlgorithm.RSA2048_PSS_SHA256
SM2_CURVE = der.oid("1.2.156.10197.1.301")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_licence_of_each_algorithm_is_valid_and_the_referee_agrees(
    algorithm: SignatureAlgorithm,
) -> None:
    world = world_of(algorithm)
    issued = world.issue(world.version())
    report = verify(issued.pdf, world.trust(), policy=STRICT, now=world.now)
    assert (report.verdict, report.code) == (Verdict.VALID, Code.OK)
    (check,) = (each for each in report.checks if each.name is CheckName.SIGNATURE)
    assert dict(check.facts)["algorithm"] == algorithm.name
    assert report.leaf == issued.leaf


def _bare() -> bytes:
    world = world_of(PSS)
    return world.issue(world.version()).bare


def _code(pdf: bytes) -> Code:
    _, container = check_container(pdf)
    assert container is not None
    return check_signature(container)[0].code


def _signed_again(algorithm: SignatureAlgorithm, *, named: SignatureAlgorithm) -> bytes:
    """Return a PSS licence with a signature by one algorithm under the name of another."""
    pdf = _bare()
    parts = parts_of(pdf)
    attributes = cms.signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
    )
    key = rsa_key(SCHEMES[algorithm].bits)
    value = key.sign(attributes, algorithms.padding_of(algorithm), hashes.SHA256())
    return replace_cms(pdf, cms.build(replace(parts, signature=value, algorithm=named)))


def test_both_paddings_of_one_key_are_good() -> None:
    assert _code(_signed_again(PSS, named=PSS)) is Code.OK
    assert _code(_signed_again(PKCS1, named=PKCS1)) is Code.OK


@pytest.mark.parametrize(("made", "named"), [(PKCS1, PSS), (PSS, PKCS1)])
def test_a_signature_under_the_name_of_another_algorithm_is_broken(
    made: SignatureAlgorithm, named: SignatureAlgorithm
) -> None:
    assert _code(_signed_again(made, named=named)) is Code.SIGNATURE_BROKEN


def test_the_certificate_must_be_for_the_algorithm() -> None:
    other = SignatureAlgorithm.RSA3072_PSS_SHA256
    assert _code(_signed_again(other, named=other)) is Code.ALGORITHM_UNSUPPORTED


def test_other_parameters_of_pss_are_refused() -> None:
    pdf = _bare()
    place = hole.find(pdf)
    built = hole.contents(pdf, place)
    salt = bytes.fromhex("a203020120")
    assert built.count(salt) == 1
    changed = built.replace(salt, bytes.fromhex("a20302011f"))
    assert _code(hole.fill(pdf, place, changed)) is Code.ALGORITHM_UNSUPPORTED


def _sm2_certificate() -> bytes:
    """Return a certificate for a key on the curve of SM2: a P-256 one with the curve renamed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), proof.certificate().subject
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, proof.BEGIN, proof.END)
    made = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    curve = der.oid("1.2.840.10045.3.1.7")
    assert made.count(curve) == 1
    return made.replace(curve, SM2_CURVE)


def test_sm2_is_refused_clearly() -> None:
    pdf = _bare()
    parts = parts_of(pdf)
    certificate = _sm2_certificate()
    certificates = tuple(sorted((certificate, *parts.certificates)))
    by_key = replace(parts, certificates=certificates, signer_certificate=certificate)
    assert _code(replace_cms(pdf, cms.build(by_key))) is Code.ALGORITHM_UNSUPPORTED
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        FileKey(rsa_key(2048), certificate)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_each_algorithm_is_read(algorithm: SignatureAlgorithm) -> None:
    world = make_world()
    scheme = SCHEMES[algorithm]
    key = rsa_key(scheme.bits)
    certificate = world.pki.root.certify_tsa(
        Subject("示例 时间戳", "安证示例"), key.public_key(), now=SIGNED_AT
    )
    tsa = TestTsa(
        FileKey(key, certificate, padding=scheme.padding),
        chain=(world.pki.root.certificate,),
        clock=world.clock,
        entropy=world.entropy,
    )
    token = tsa.timestamp(Digest(sha256(b"value").digest()))
    assert verify_token(token, b"value").certificate == certificate
    if scheme.padding is SignaturePadding.PSS:
        salt = token.replace(bytes.fromhex("a203020120"), bytes.fromhex("a203020121"))
        with refuses(Code.TIMESTAMP_BROKEN):
            verify_token(salt, b"value")
