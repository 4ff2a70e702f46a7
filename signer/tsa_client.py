"""Ask an outside timestamp authority, and believe only what its answer proves.

Standard: RFC 3161, 2.4 and 3.4 (HTTP); RFC 5816; ETSI EN 319 421.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from licence.errors import AnzhengError, Code
from licence.formats import der, oids
from licence.ids import Digest
from licence.ports import Clock, Entropy
from signer.certificates import is_test_certificate, load_certificate
from signer.timestamp import (
    MAX_ANSWER_BYTES,
    TimestampRequest,
    Token,
    attribute,
    certificate_digest,
    decode_answer,
    encode_request,
    read_token,
)

MAX_SKEW: Final = timedelta(minutes=5)
"""How far the authority's clock and ours may differ."""

NONCE_BYTES: Final = 16
CONTENT_TYPE: Final = "application/timestamp-query"
ANSWER_TYPE: Final = "application/timestamp-reply"

_RSA_ALGORITHMS: Final = (der.oid(oids.RSA_SHA256), der.oid("1.2.840.113549.1.1.1"))
_ECDSA_SHA256: Final = der.oid("1.2.840.10045.4.3.2")


@dataclass(frozen=True, slots=True)
class TsaTrust:
    """Which authority is believed.

    Attributes:
        certificates: From the CA that issued the TSA's certificate up to the root, DER; pinned.
        policy: Policy that the token must name, dotted.
    """

    certificates: tuple[bytes, ...]
    policy: str


class HttpTimestamper:
    """Client of one timestamp authority.

    Args:
        url: Where it listens.
        client: HTTP client with its time-outs, made by the caller; redirects are not followed.
        tsa_certificate: The authority's certificate, DER; another one in the answer is refused.
        trust: Its CAs and its policy.
        clock: To compare its time with.
        entropy: For the nonces.

    Raises:
        AnzhengError: KEY_REFUSED, when the certificate is not a timestamp authority's.
    """

    def __init__(
        self,
        url: str,
        *,
        client: httpx.Client,
        tsa_certificate: bytes,
        trust: TsaTrust,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        _check_tsa_certificate(tsa_certificate, trust)
        self._url = url
        self._client = client
        self._tsa_certificate = tsa_certificate
        self._trust = trust
        self._clock = clock
        self._entropy = entropy

    @property
    def test_only(self) -> bool:
        """Whether the authority belongs to a test PKI."""
        return is_test_certificate(self._tsa_certificate)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Its certificate and those up to its root, DER."""
        return (self._tsa_certificate, *self._trust.certificates)

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a checked token over the digest, DER ContentInfo.

        Raises:
            AnzhengError: TSA_UNAVAILABLE when there is no answer in time, TSA_ANSWER when the
                answer proves nothing.
        """
        nonce = int.from_bytes(self._entropy.bytes(NONCE_BYTES), "big")
        request = TimestampRequest(imprint, nonce, self._trust.policy)
        token = decode_answer(self._ask(encode_request(request)))
        self._check(read_token(token), request)
        return token

    def _ask(self, request: bytes) -> bytes:
        headers = {"Content-Type": CONTENT_TYPE}
        try:
            with self._client.stream(
                "POST", self._url, content=request, headers=headers, follow_redirects=False
            ) as answer:
                kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
                if answer.status_code != httpx.codes.OK or kind != ANSWER_TYPE:
                    raise AnzhengError(
                        Code.TSA_UNAVAILABLE,
                        "the timestamp authority does not answer as one",
                        status=answer.status_code,
                    )
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES:
                        raise AnzhengError(Code.TSA_ANSWER, "the answer is too large")
                return body
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise AnzhengError(
                Code.TSA_UNAVAILABLE, "the timestamp authority does not answer"
            ) from error

    def _check(self, token: Token, request: TimestampRequest) -> None:
        info = token.info
        now = self._clock.now()
        if info.imprint != request.imprint or info.nonce != request.nonce:
            raise AnzhengError(Code.TSA_ANSWER, "the token answers another question")
        if info.policy != der.oid(self._trust.policy):
            raise AnzhengError(Code.TSA_ANSWER, "the token was made under another policy")
        if abs(info.gen_time - now) > MAX_SKEW:
            raise AnzhengError(Code.TSA_ANSWER, "the authority's clock and ours differ")
        certificate = load_certificate(self._tsa_certificate)
        if not certificate.not_valid_before_utc <= info.gen_time <= certificate.not_valid_after_utc:
            raise AnzhengError(Code.TSA_ANSWER, "the authority's certificate is not valid now")
        self._check_signature(token, certificate)

    def _check_signature(self, token: Token, certificate: x509.Certificate) -> None:
        if certificate_digest(token) != sha256(self._tsa_certificate).digest():
            raise AnzhengError(Code.TSA_ANSWER, "another certificate signed the token")
        digest = der.value(attribute(token, oids.ATTR_MESSAGE_DIGEST), der.OCTET_STRING)
        content_type = attribute(token, oids.ATTR_CONTENT_TYPE)
        if digest != sha256(token.content).digest() or content_type != der.oid(oids.ID_TST_INFO):
            raise AnzhengError(Code.TSA_ANSWER, "the token's signature covers something else")
        key = certificate.public_key()
        algorithm = token.signature_algorithm
        try:
            if isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA_ALGORITHMS:
                key.verify(token.signature, token.signed_attributes, PKCS1v15(), SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == _ECDSA_SHA256:
                key.verify(token.signature, token.signed_attributes, ec.ECDSA(SHA256()))
            else:
                raise AnzhengError(Code.TSA_ANSWER, "an algorithm that is not accepted")
        except InvalidSignature as error:
            raise AnzhengError(Code.TSA_ANSWER, "the token's signature is wrong") from error


def _check_tsa_certificate(tsa_certificate: bytes, trust: TsaTrust) -> None:
    """Check the chain once: every link, the root itself, and the one purpose (RFC 3161, 2.3)."""
    chain = [load_certificate(each) for each in (tsa_certificate, *trust.certificates)]
    try:
        for below, above in zip(chain, [*chain[1:], chain[-1]], strict=True):
            below.verify_directly_issued_by(above)
        purpose = chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise AnzhengError(Code.KEY_REFUSED, "no chain from the authority to its root") from error
    only_timestamps = list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    if len(chain) == 1 or not (only_timestamps and purpose.critical):
        raise AnzhengError(Code.KEY_REFUSED, "not the certificate of a timestamp authority")
