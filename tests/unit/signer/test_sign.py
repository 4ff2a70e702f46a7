"""Signing in two steps, and what a signer refuses."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from licence.domain.model import Environment
from licence.errors import Code
from licence.formats import cms, hole, licence_json
from licence.formats.leaf import leaf_of_cms
from licence.formats.limits import MAX_CMS_BYTES
from licence.formats.timestamp import read_token
from licence.ids import Digest
from signer.authority_ca import CertificateAuthority, create_root
from signer.certificates import Subject
from signer.keys import FileKey, SigningKey, new_rsa_key
from signer.pades import Prepared
from signer.press import PressJob
from signer.sign import LicenceSigner, RevocationData, SignerChain, assemble
from signer.tsa import Timestamper
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_version
from tests.fakes.refusal import refuses
from tests.fakes.signing import (
    AUTHORITY,
    NAME,
    OTHER_AUTHORITY,
    RELEASED_ON,
    FakeEntropy,
    licence_data,
    licence_signer,
    pki,
    press,
)

DATA = licence_data()


@lru_cache(maxsize=1)
def _prepared() -> Prepared:
    return press().press(PressJob(DATA, RELEASED_ON, licence_signer().dss()))


class WrongKey:
    """A key store with a fault: its signatures are of other data."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.algorithm = key.algorithm

    @property
    def certificate(self) -> bytes:
        return self._key.certificate

    @property
    def public_key(self) -> bytes:
        return self._key.public_key

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data + b"!")


class HastyTsa:
    """A timestamp authority that stamps something else."""

    test_only = True
    certificates: tuple[bytes, ...] = ()

    def crls(self) -> tuple[bytes, ...]:
        return ()

    def crls_of(self, token: bytes) -> tuple[bytes, ...]:
        assert token
        return ()

    def timestamp(self, imprint: Digest) -> bytes:
        return pki().tsa(clock=FakeClock(), entropy=FakeEntropy()).timestamp(Digest(imprint[::-1]))

    def timestamp_many(self, imprints: Iterable[Digest]) -> Iterator[bytes]:
        return map(self.timestamp, imprints)


class RealTsa(HastyTsa):
    """A timestamp authority that is not for tests only."""

    test_only = False


def _signer(
    *,
    key: SigningKey | None = None,
    timestamper: Timestamper | None = None,
    environment: Environment = Environment.TEST,
    chain: SignerChain | None = None,
    clock: FakeClock | None = None,
) -> LicenceSigner:
    return LicenceSigner(
        key or pki().signer_keys[AUTHORITY],
        chain=chain or SignerChain((pki().issuing.certificate,), pki().root.certificate),
        timestamper=timestamper or pki().tsa(clock=FakeClock(), entropy=FakeEntropy()),
        revocation=pki().revocation(AUTHORITY, now=RELEASED_ON),
        clock=clock or FakeClock(),
        environment=environment,
    )


def test_a_signed_licence_is_what_its_parts_say() -> None:
    signer = licence_signer()
    signed = signer.sign(signer.prepare(DATA, _prepared()))
    place = hole.find(signed.pdf)
    assert hole.contents(signed.pdf, place) == signed.cms
    parts = cms.parse(signed.cms)
    assert parts.message_digest == hole.byte_range_digest(signed.pdf, place)
    assert parts.licence_digest == signed.licence_digest == sha256(DATA).digest()
    assert parts.certificates == tuple(
        sorted((pki().signer_keys[AUTHORITY].certificate, pki().issuing.certificate))
    )
    assert leaf_of_cms(parts.message_digest, parts) == signed.leaf
    assert signed.gen_time == FakeClock().now()
    assert len(signed.cms) <= MAX_CMS_BYTES


def test_signature_and_timestamp_verify() -> None:
    signer = licence_signer()
    parts = cms.parse(signer.sign(signer.prepare(DATA, _prepared())).cms)
    attributes = cms.signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
    )
    public = x509.load_der_x509_certificate(parts.signer_certificate).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(parts.signature, attributes, PKCS1v15(), SHA256())
    assert parts.timestamp_token is not None
    assert read_token(parts.timestamp_token).info.imprint == sha256(parts.signature).digest()


def test_the_dss_has_everybody_once() -> None:
    certificates = licence_signer().dss().certificates
    assert len(set(certificates)) == len(certificates)
    assert set(certificates) == {
        pki().signer_keys[AUTHORITY].certificate,
        pki().issuing.certificate,
        pki().root.certificate,
        pki().tsa_key.certificate,
    }


def test_a_token_works_once_and_for_its_own_signer() -> None:
    signer = licence_signer()
    token = signer.prepare(DATA, _prepared())
    with refuses(Code.CONFLICT):
        licence_signer().sign(token)
    signer.sign(token)
    with refuses(Code.CONFLICT):
        signer.sign(token)


def test_the_licence_of_another_authority_is_refused() -> None:
    with refuses(Code.RELEASE_AUTHORITY):
        licence_signer(OTHER_AUTHORITY).prepare(DATA, _prepared())


def test_a_production_licence_is_refused_by_a_test_signer() -> None:
    version = good_version()
    draft = replace(version.draft, environment=Environment.PRODUCTION, issuer="应急管理厅")
    data = licence_json.encode(replace(version, draft=draft))
    with refuses(Code.ENVIRONMENT_MISMATCH):
        licence_signer().prepare(data, _prepared())


def test_data_that_is_no_licence_is_refused() -> None:
    with refuses(Code.JSON_SYNTAX):
        licence_signer().prepare(b"{", _prepared())


def test_an_altered_file_is_refused() -> None:
    prepared = _prepared()
    altered = prepared.pdf.replace(b"/AuthoritySeal", b"/authoritySeal")
    altered = altered if altered != prepared.pdf else prepared.pdf[:-8] + b"\n" + prepared.pdf[-7:]
    with refuses(Code.CONTAINER_STRUCTURE):
        licence_signer().prepare(DATA, replace(prepared, pdf=altered + b"x"))


def test_an_expired_certificate_does_not_sign() -> None:
    clock = FakeClock()
    clock.advance(timedelta(days=4 * 365))
    with refuses(Code.KEY_LOCKED):
        _signer(clock=clock).prepare(DATA, _prepared())


def test_a_wrong_signature_never_leaves() -> None:
    signer = _signer(key=WrongKey(pki().signer_keys[AUTHORITY]))
    with refuses(Code.SIGNATURE_BROKEN):
        signer.sign(signer.prepare(DATA, _prepared()))


def test_a_timestamp_of_something_else_never_leaves() -> None:
    signer = _signer(timestamper=HastyTsa())
    with refuses(Code.TSA_ANSWER):
        signer.sign(signer.prepare(DATA, _prepared()))


def test_a_cms_without_room_for_the_evidence_is_refused() -> None:
    many = tuple(
        pki().root.certify_ca(
            Subject(f"CA {number}", "x" * 1000), new_rsa_key().public_key(), now=RELEASED_ON
        )
        for number in range(3)
    )
    signer = _signer(chain=SignerChain((pki().issuing.certificate, *many), pki().root.certificate))
    with refuses(Code.CMS_TOO_LARGE):
        signer.sign(signer.prepare(DATA, _prepared()))


def test_parts_of_another_file_are_not_assembled() -> None:
    signer = licence_signer()
    signed = signer.sign(signer.prepare(DATA, _prepared()))
    parts = cms.parse(signed.cms)
    assert assemble(_prepared(), parts, signed.gen_time) == signed
    with refuses(Code.CONTAINER_STRUCTURE):
        assemble(replace(_prepared(), digest=Digest(bytes(32))), parts, signed.gen_time)


def test_production_refuses_the_test_timestamp_authority() -> None:
    with refuses(Code.SETTINGS_UNSAFE):
        _signer(environment=Environment.PRODUCTION)


def test_production_refuses_test_keys() -> None:
    with refuses(Code.SETTINGS_UNSAFE):
        _signer(environment=Environment.PRODUCTION, timestamper=RealTsa())


def _real_ca(name: str, parent: CertificateAuthority | None = None) -> CertificateAuthority:
    key, subject = new_rsa_key(), Subject(name, "应急管理厅", is_test=False)
    if parent is None:
        return create_root(subject, key, now=RELEASED_ON, entropy=FakeEntropy(name.encode()))
    certificate = parent.certify_ca(subject, key.public_key(), now=RELEASED_ON)
    return CertificateAuthority(key, certificate, entropy=FakeEntropy(name.encode()))


def test_production_takes_real_keys() -> None:
    root = _real_ca("root")
    issuing = _real_ca("issuing", root)
    key = new_rsa_key()
    certificate = issuing.certify_signer(
        AUTHORITY, NAME, key.public_key(), now=RELEASED_ON, is_test=False
    )
    signer = LicenceSigner(
        FileKey(key, certificate),
        chain=SignerChain((issuing.certificate,), root.certificate),
        timestamper=RealTsa(),
        revocation=RevocationData((), ()),
        clock=FakeClock(),
        environment=Environment.PRODUCTION,
    )
    assert signer.authority == AUTHORITY


def test_a_certificate_without_an_authority_is_refused() -> None:
    with refuses(Code.KEY_REFUSED):
        _signer(key=pki().tsa_key)


def test_the_test_pki_knows_its_authorities_only() -> None:
    with refuses(Code.NOT_FOUND):
        licence_signer(AUTHORITY[:-1] + "X")  # type: ignore[arg-type]


@pytest.mark.parametrize("authority", [AUTHORITY, OTHER_AUTHORITY])
def test_a_signer_is_its_certificates_authority(authority: str) -> None:
    assert licence_signer(authority).authority == authority  # type: ignore[arg-type]
