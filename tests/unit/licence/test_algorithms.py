"""The numbers of the signature algorithms, their one spelling each, and RSA behind them."""

from dataclasses import replace

import pytest
from asn1crypto import algos
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import algorithms, cms, der
from licence.formats.algorithms import SCHEMES, SignatureAlgorithm, SignaturePadding
from tests.fakes import proof
from tests.fakes.algorithms import ALGORITHMS, rsa_key
from tests.fakes.refusal import refuses

DATA = b"what is signed"
PKCS1_DER = "300d06092a864886f70d01010b0500"
PSS_DER = (
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
    "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
)
SM2_DER = der.tlv(der.SEQUENCE, der.oid("1.2.156.10197.1.501"))


def _signature(algorithm: SignatureAlgorithm) -> bytes:
    key = rsa_key(SCHEMES[algorithm].bits)
    return key.sign(DATA, algorithms.padding_of(algorithm), hashes.SHA256())


def test_numbers_never_change() -> None:
    assert {each.name: each.value for each in SignatureAlgorithm} == {
        "RSA2048_PKCS1_SHA256": 1,
        "RSA3072_PSS_SHA256": 2,
        "SM2_SM3": 3,
        "RSA3072_PKCS1_SHA256": 4,
        "RSA2048_PSS_SHA256": 5,
    }


def test_identifiers_never_change() -> None:
    for algorithm in ALGORITHMS:
        pss = "PSS" in algorithm.name
        identifier = algorithms.scheme(algorithm).identifier
        assert identifier.hex() == (PSS_DER if pss else PKCS1_DER)


def test_asn1crypto_reads_the_parameters_of_pss() -> None:
    read = algos.SignedDigestAlgorithm.load(bytes.fromhex(PSS_DER), strict=True)
    parameters = read["parameters"].native
    assert read.signature_algo == "rsassa_pss"
    assert parameters["hash_algorithm"]["algorithm"] == "sha256"
    assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"] == "sha256"
    assert (parameters["salt_length"], parameters["trailer_field"]) == (32, "trailer_field_bc")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_number_key_and_spelling_lead_to_each_other(algorithm: SignatureAlgorithm) -> None:
    scheme = algorithms.scheme(algorithm)
    assert algorithms.algorithm_for(scheme.padding, scheme.bits) is algorithm
    assert algorithms.read(scheme.identifier, scheme.signature_bytes) is algorithm


def test_what_has_no_code_is_refused() -> None:
    unknown: SignatureAlgorithm = 9  # type: ignore[assignment]
    for number in (SignatureAlgorithm.SM2_SM3, unknown):
        with refuses(Code.ALGORITHM_UNSUPPORTED):
            algorithms.scheme(number)
        with refuses(Code.ALGORITHM_UNSUPPORTED):
            algorithms.holds(rsa_key(2048).public_key(), b"", b"", number)
    for bits in (1024, 2047, 4096):
        with refuses(Code.ALGORITHM_UNSUPPORTED):
            algorithms.algorithm_for(SignaturePadding.PSS, bits)
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        algorithms.read(SM2_DER, 64)
    with refuses(Code.CMS_SYNTAX):
        algorithms.read(bytes.fromhex(PSS_DER), 512)


def _code(identifier: bytes) -> Code | None:
    try:
        algorithms.read(identifier, 256)
    except AnzhengError as error:
        return error.code
    return None


@pytest.mark.parametrize("good", [PKCS1_DER, PSS_DER])
def test_no_bit_of_an_identifier_is_free(good: str) -> None:
    identifier = bytes.fromhex(good)
    for at in range(8 * len(identifier)):
        changed = bytearray(identifier)
        changed[at // 8] ^= 1 << at % 8
        assert _code(bytes(changed)) is Code.ALGORITHM_UNSUPPORTED


_SHA256 = algorithms.SHA256_IDENTIFIER
_OTHER_SHA256 = der.tlv(der.SEQUENCE, der.children(_SHA256)[0])
_SHA512 = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.3"), der.NULL)


@pytest.mark.parametrize(
    "identifier",
    [
        algorithms.pss_identifier(_SHA256, 20),
        algorithms.pss_identifier(_SHA256, 0),
        algorithms.pss_identifier(_SHA512, 32),
        algorithms.pss_identifier(_OTHER_SHA256, 32),
        der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.1.1.10")),
        der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.1.1.11")),
        bytes.fromhex(PSS_DER) + b"\0",
    ],
)
def test_other_parameters_are_refused(identifier: bytes) -> None:
    assert _code(identifier) is Code.ALGORITHM_UNSUPPORTED


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_holds_by_its_own_algorithm_only(algorithm: SignatureAlgorithm) -> None:
    signature = _signature(algorithm)
    bits = SCHEMES[algorithm].bits
    key = rsa_key(bits).public_key()
    same_size = [each for each in ALGORITHMS if SCHEMES[each].bits == bits]
    for other in same_size:
        assert algorithms.holds(key, signature, DATA, other) == (other is algorithm)
    assert not algorithms.holds(key, signature, DATA + b"!", algorithm)
    assert not algorithms.holds(key, signature[:-1], DATA, algorithm)
    assert not algorithms.holds(rsa_key(5120 - bits).public_key(), signature, DATA, algorithm)


@pytest.mark.parametrize(
    "padding",
    [
        PSS(mgf=MGF1(hashes.SHA256()), salt_length=20),
        PSS(mgf=MGF1(hashes.SHA256()), salt_length=PSS.MAX_LENGTH),
        PSS(mgf=MGF1(hashes.SHA512()), salt_length=32),
        PKCS1v15(),
    ],
)
def test_a_salt_of_another_length_or_another_mask_does_not_hold(padding: AsymmetricPadding) -> None:
    key = rsa_key(2048)
    signature = key.sign(DATA, padding, hashes.SHA256())
    pss = SignatureAlgorithm.RSA2048_PSS_SHA256
    assert not algorithms.holds(key.public_key(), signature, DATA, pss)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_cms_of_each_algorithm_is_read_back(algorithm: SignatureAlgorithm) -> None:
    parts = replace(proof.cms_parts(), signature=_signature(algorithm), algorithm=algorithm)
    built = cms.build(parts)
    assert cms.parse(built) == parts
    assert built.count(SCHEMES[algorithm].identifier) >= 1
    with refuses(Code.CMS_SYNTAX):
        cms.build(replace(parts, signature=parts.signature + b"\0"))


@given(at=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_no_bit_of_a_pss_cms_is_free(at: int, bit: int) -> None:
    pss = SignatureAlgorithm.RSA2048_PSS_SHA256
    parts = replace(proof.cms_parts(), algorithm=pss, evidence=b"evidence")
    good = cms.build(parts)
    changed = bytearray(good)
    changed[at % len(good)] ^= 1 << bit
    try:
        read = cms.parse(bytes(changed))
    except AnzhengError:
        return
    assert read != parts
    assert read.algorithm is pss


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = proof.certificate().subject
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, proof.BEGIN, proof.END)
    return builder.sign(key, hashes.SHA256())


def test_the_key_of_a_certificate_must_be_for_the_algorithm() -> None:
    rsa2048 = proof.certificate()
    assert algorithms.rsa_key(rsa2048, SignatureAlgorithm.RSA2048_PSS_SHA256).key_size == 2048
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        algorithms.rsa_key(rsa2048, SignatureAlgorithm.RSA3072_PSS_SHA256)
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        algorithms.rsa_key(
            _certificate(ec.generate_private_key(ec.SECP256R1())),
            SignatureAlgorithm.RSA2048_PKCS1_SHA256,
        )


def _with_key_algorithm(new: str, parameters: bytes) -> x509.Certificate:
    """Return the test certificate with another identifier before its key."""
    old = der.oid("1.2.840.113549.1.1.1") + der.NULL
    data = proof.certificate_der()
    assert data.count(old) == 1
    return x509.load_der_x509_certificate(data.replace(old, der.oid(new) + parameters))


def test_a_key_that_its_certificate_restricts_to_pss_is_refused() -> None:
    restricted = _with_key_algorithm("1.2.840.113549.1.1.10", der.tlv(der.SEQUENCE))
    assert restricted.public_key() == rsa_key(2048).public_key()
    for algorithm in ALGORITHMS:
        with refuses(Code.ALGORITHM_UNSUPPORTED):
            algorithms.rsa_key(restricted, algorithm)


def test_a_key_of_an_unknown_kind_is_refused() -> None:
    unknown = _with_key_algorithm("1.2.840.113549.1.1.99", der.NULL)
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        algorithms.rsa_key(unknown, SignatureAlgorithm.RSA2048_PKCS1_SHA256)
