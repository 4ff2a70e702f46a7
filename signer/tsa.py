"""The timestamp authority of the demonstration and the tests, and what the signer needs of any.

The responder writes proper RFC 3161 tokens (SHA-256 throughout, ESSCertIDv2, accuracy, unique
serial, echoed nonce), but its clock and its key are ours: it proves nothing to others. A production
setting refuses it.

Standard: RFC 3161; RFC 5816; ETSI EN 319 422.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, Protocol

from licence.errors import AnzhengError
from licence.formats import algorithms, der, oids
from licence.formats.algorithms import SHA256_IDENTIFIER
from licence.formats.timestamp import (
    TstInfo,
    decode_request,
    encode_answer,
    encode_rejection,
    encode_tst_info,
)
from licence.ids import Digest
from licence.ports import Clock, Entropy
from signer.certificates import load_certificate, new_serial
from signer.keys.ports import SigningKey

ACCURACY_SECONDS: Final = 1


class Timestamper(Protocol):
    """A trusted clock that signs."""

    @property
    def test_only(self) -> bool:
        """Whether a production setting must refuse it."""
        ...

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Its certificate and those up to its root, DER, for the DSS; of all that may answer."""
        ...

    def crls(self) -> tuple[bytes, ...]:
        """Return fresh revocation lists about all that may answer from now on, for the DSS.

        Raises:
            AnzhengError: TSA_UNAVAILABLE.
        """
        ...

    def crls_of(self, token: bytes) -> tuple[bytes, ...]:
        """Return the lists about the one that made this token, as `crls` gave them last."""
        ...

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a token over the digest, DER ContentInfo.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        ...

    def timestamp_many(self, imprints: Iterable[Digest]) -> Iterator[bytes]:
        """Yield a token for each digest, in their order.

        Raises:
            AnzhengError: As `timestamp`, at the first that got none; those before it are good.
        """
        ...


class TestTsa:
    """Our own responder.

    Args:
        key: Key and certificate of the authority.
        chain: The CAs up to the root, DER.
        clock: Where its time comes from.
        entropy: For the serial numbers.
        policy: Policy that its tokens name.
    """

    __test__ = False  # for pytest: the name says "a TSA for tests", not "a test"

    def __init__(
        self,
        key: SigningKey,
        *,
        chain: tuple[bytes, ...],
        clock: Clock,
        entropy: Entropy,
        policy: str = oids.POLICY_TSA_TEST,
    ) -> None:
        self._key = key
        self._clock = clock
        self._entropy = entropy
        self._policy = der.oid(policy)
        self._certificates = (key.certificate, *chain)
        self._algorithm = algorithms.scheme(key.algorithm).identifier
        certificate = load_certificate(key.certificate)
        self._name = certificate.subject.public_bytes()
        issuer, serial = certificate.issuer.public_bytes(), der.integer(certificate.serial_number)
        self._issuer_serial = der.tlv(der.SEQUENCE, issuer, serial)
        self._names_certificate = _attribute(
            oids.ATTR_SIGNING_CERTIFICATE_V2,
            _signing_certificate(key.certificate, issuer, serial),
        )

    @property
    def test_only(self) -> bool:
        """Always: this authority is for demonstrations and tests."""
        return True

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Its certificate and those up to its root, DER."""
        return self._certificates

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a token over the digest, DER ContentInfo."""
        return self._token(imprint, None)

    def timestamp_many(self, imprints: Iterable[Digest]) -> Iterator[bytes]:
        """Yield a token for each digest."""
        return map(self.timestamp, imprints)

    def crls(self) -> tuple[bytes, ...]:
        """Return nothing: its CA is the signer's root, whose list the signer has."""
        return ()

    def crls_of(self, token: bytes) -> tuple[bytes, ...]:
        """Return nothing, as `crls`."""
        del token
        return ()

    def respond(self, request: bytes) -> bytes:
        """Return the TimeStampResp to a TimeStampReq; one that is not understood is rejected."""
        try:
            imprint, policy, nonce = decode_request(request)
        except AnzhengError:
            return encode_rejection()
        if policy not in (None, self._policy):
            return encode_rejection()
        return encode_answer(self._token(imprint, nonce))

    def _token(self, imprint: Digest, nonce: int | None) -> bytes:
        info = TstInfo(self._policy, imprint, self._clock.now(), nonce)
        content = encode_tst_info(
            info,
            serial=new_serial(self._entropy),
            accuracy_seconds=ACCURACY_SECONDS,
            authority=self._name,
        )
        digest = der.tlv(der.OCTET_STRING, sha256(content).digest())
        attributes = sorted(
            (
                _attribute(oids.ATTR_CONTENT_TYPE, der.oid(oids.ID_TST_INFO)),
                _attribute(oids.ATTR_MESSAGE_DIGEST, digest),
                self._names_certificate,
            )
        )
        signature = self._key.sign(der.tlv(der.SET, *attributes))
        return self._signed_data(content, attributes, signature)

    def _signed_data(self, content: bytes, attributes: list[bytes], signature: bytes) -> bytes:
        signer_info = der.tlv(
            der.SEQUENCE,
            der.integer(1),
            self._issuer_serial,
            SHA256_IDENTIFIER,
            der.tlv(der.CONTEXT_0, *attributes),
            self._algorithm,
            der.tlv(der.OCTET_STRING, signature),
        )
        signed_data = der.tlv(
            der.SEQUENCE,
            der.integer(3),
            der.tlv(der.SET, SHA256_IDENTIFIER),
            der.tlv(
                der.SEQUENCE,
                der.oid(oids.ID_TST_INFO),
                der.tlv(der.CONTEXT_0, der.tlv(der.OCTET_STRING, content)),
            ),
            der.tlv(der.CONTEXT_0, self._key.certificate),
            der.tlv(der.SET, signer_info),
        )
        return der.tlv(
            der.SEQUENCE, der.oid(oids.ID_SIGNED_DATA), der.tlv(der.CONTEXT_0, signed_data)
        )


def _attribute(kind: str, value: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, der.oid(kind), der.tlv(der.SET, value))


def _signing_certificate(certificate: bytes, issuer: bytes, serial: bytes) -> bytes:
    """SigningCertificateV2 with SHA-256, which is its default and therefore not written."""
    names = der.tlv(der.SEQUENCE, der.tlv(der.CONTEXT_4, issuer))
    identifier = der.tlv(
        der.SEQUENCE,
        der.tlv(der.OCTET_STRING, sha256(certificate).digest()),
        der.tlv(der.SEQUENCE, names, serial),
    )
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, identifier))
