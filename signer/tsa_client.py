"""Ask an outside timestamp authority, and believe only what its answer proves.

Standard: RFC 3161, 2.4 and 3.4 (HTTP); RFC 5816; ETSI EN 319 421 and 319 422.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash, HashAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from licence.errors import AnzhengError, Code
from licence.formats import der, oids
from licence.formats.algorithms import pss_identifier
from licence.formats.timestamp import (
    MAX_ANSWER_BYTES,
    TimestampRequest,
    Token,
    attribute,
    certificate_digest,
    decode_answer,
    encode_request,
    read_token,
)
from licence.ids import Digest
from licence.ports import Clock, Entropy
from signer.certificates import is_test_certificate, load_certificate
from signer.deadline_http import Answer, parse_url

MAX_SKEW: Final = timedelta(minutes=5)
"""How far the authority's clock and ours may differ."""

NONCE_BYTES: Final = 16
QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"
MIN_RSA_BITS: Final = 2048
MIN_RSA_EXPONENT: Final = 65537
MAX_CHAIN: Final = 4
"""Certificates from the authority to its root, both counted: `verifier.chain_of_trust.MAX_PATH`."""

_OK: Final = 200
_DIGESTS: Final[dict[bytes, HashAlgorithm]] = {
    der.oid(oids.SHA256): SHA256(),
    der.oid("2.16.840.1.101.3.4.2.2"): SHA384(),
    der.oid("2.16.840.1.101.3.4.2.3"): SHA512(),
}
_RSA_PLAIN: Final = der.oid("1.2.840.113549.1.1.1")
_RSA: Final = {
    "sha256": der.oid(oids.RSA_SHA256),
    "sha384": der.oid("1.2.840.113549.1.1.12"),
    "sha512": der.oid("1.2.840.113549.1.1.13"),
}
_ECDSA: Final = {
    "sha256": der.oid("1.2.840.10045.4.3.2"),
    "sha384": der.oid("1.2.840.10045.4.3.3"),
    "sha512": der.oid("1.2.840.10045.4.3.4"),
}
_KNOWN_CRITICAL: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.NAME_CONSTRAINTS,
    }
)
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class Http(Protocol):
    """Exchanges one request for one answer; conforms `signer.deadline_http.DeadlineHttp`."""

    def exchange(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        max_bytes: int,
        content: bytes = b"",
        kind: str | None = None,
    ) -> Answer:
        """Return the whole answer.

        Raises:
            AnzhengError: NOT_CHECKED, TOO_LARGE.
        """
        ...


@dataclass(frozen=True, slots=True)
class TsaTrust:
    """Which authority is believed; all pinned.

    Attributes:
        certificate: The authority's own, DER; a token by another one is refused.
        chain: From the CA that issued it up to the root, DER.
        policy: Policy that the token must name, dotted.
    """

    certificate: bytes
    chain: tuple[bytes, ...]
    policy: str


class HttpTsa:
    """Client of one timestamp authority.

    Args:
        url: Where it listens.
        http: Keeps connections and time.
        trust: Its certificate, CAs and policy.
        clock: To compare its time with.
        entropy: For the nonces.

    Raises:
        AnzhengError: KEY_REFUSED, when the certificate is not a timestamp authority's;
            SETTINGS_INVALID, for a URL or a policy that is none.
    """

    def __init__(
        self, url: str, *, http: Http, trust: TsaTrust, clock: Clock, entropy: Entropy
    ) -> None:
        parse_url(url)
        self.url: Final = url
        self.certificates: Final = (trust.certificate, *trust.chain)
        self._loaded = _check_chain(self.certificates)
        self._policy = _policy(trust.policy)
        self._trust = trust
        self._http = http
        self._clock = clock
        self._entropy = entropy

    @property
    def test_only(self) -> bool:
        """Whether the authority belongs to a test PKI."""
        return any(map(is_test_certificate, self.certificates))

    def timestamp(self, imprint: Digest, *, seconds: float) -> bytes:
        """Return a checked token over the digest, DER ContentInfo.

        Args:
            imprint: SHA-256 of what is timestamped.
            seconds: After so long there is no answer.

        Raises:
            AnzhengError: TSA_UNAVAILABLE when there is no answer in time, TSA_ANSWER when the
                answer proves nothing.
        """
        token, read = self._exchange(imprint, seconds)
        if abs(read.info.gen_time - self._clock.now()) > MAX_SKEW:
            raise _bad("the authority's clock and ours differ")
        return token

    def time(self, *, seconds: float) -> datetime:
        """Return the authority's time out of a checked token, however far ours is from it.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        _token, read = self._exchange(Digest(self._entropy.bytes(32)), seconds)
        return read.info.gen_time

    def _exchange(self, imprint: Digest, seconds: float) -> tuple[bytes, Token]:
        nonce = int.from_bytes(self._entropy.bytes(NONCE_BYTES), "big")
        request = TimestampRequest(imprint, nonce, self._trust.policy)
        token = decode_answer(self._ask(encode_request(request), seconds))
        read = read_token(token)
        self._check(read, request)
        return token, read

    def _ask(self, request: bytes, seconds: float) -> bytes:
        try:
            answer = self._http.exchange(
                "POST",
                self.url,
                seconds=seconds,
                max_bytes=MAX_ANSWER_BYTES,
                content=request,
                kind=QUERY_TYPE,
            )
        except AnzhengError as error:
            if error.code is Code.TOO_LARGE:
                raise AnzhengError(Code.TSA_ANSWER, "the answer is too large") from error
            raise AnzhengError(
                Code.TSA_UNAVAILABLE, "the timestamp authority does not answer", url=self.url
            ) from error
        if answer.status != _OK or answer.kind != REPLY_TYPE:
            raise AnzhengError(
                Code.TSA_UNAVAILABLE,
                "the timestamp authority does not answer as one",
                url=self.url,
                status=answer.status,
            )
        return answer.body

    def _check(self, token: Token, request: TimestampRequest) -> None:
        """Compare everything that RFC 3161, 2.2 tells a client to compare, but the clock."""
        info = token.info
        if info.imprint != request.imprint or info.nonce != request.nonce:
            raise _bad("the token answers another question")
        if info.policy != self._policy:
            raise _bad("the token was made under another policy")
        if any(not _valid(each, info.gen_time) for each in self._loaded):
            raise _bad("a certificate of the authority is not valid now")
        self._check_names(token)
        _check_signature(token, self._loaded[0])

    def _check_names(self, token: Token) -> None:
        own = self._trust.certificate
        if certificate_digest(token) != sha256(own).digest() or token.signer != self._issuer_serial:
            raise _bad("another certificate signed the token")
        if own not in token.certificates:
            raise _bad("the token does not carry the certificate that was asked for")
        if token.info.authority is not None and token.info.authority not in self._own_names:
            raise _bad("the token names another authority")

    @cached_property
    def _issuer_serial(self) -> bytes:
        own = self._loaded[0]
        return der.tlv(der.SEQUENCE, own.issuer.public_bytes(), der.integer(own.serial_number))

    @cached_property
    def _own_names(self) -> tuple[bytes, ...]:
        """The names by which a token may call the authority: its subject, as a directoryName."""
        return (der.tlv(der.CONTEXT_4, self._loaded[0].subject.public_bytes()),)


def _policy(dotted: str) -> bytes:
    try:
        return der.oid(dotted)
    except AnzhengError as error:
        raise AnzhengError(
            Code.SETTINGS_INVALID, "a timestamp policy is a dotted identifier", policy=dotted[:200]
        ) from error


def _check_chain(certificates: tuple[bytes, ...]) -> tuple[x509.Certificate, ...]:
    """Check once what does not change: links, CAs, keys, and the one purpose (RFC 3161, 2.3).

    It is what every verifier demands of the chain: a licence with a token of another one would be
    lost.
    """
    chain = tuple(load_certificate(each) for each in certificates)
    if not 1 < len(chain) <= MAX_CHAIN:
        raise AnzhengError(Code.KEY_REFUSED, "a timestamp authority stands under one to three CAs")
    try:
        for below, above in pairwise((*chain, chain[-1])):
            below.verify_directly_issued_by(above)
        for depth, above in enumerate(chain[1:]):
            _require_ca(above, depth)
        _require_tsa(chain[0])
        for each in chain:
            _require_known(each)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise AnzhengError(Code.KEY_REFUSED, "no chain from the authority to its root") from error
    except x509.ExtensionNotFound as error:
        raise AnzhengError(Code.KEY_REFUSED, "a certificate does not say what it is for") from error
    return chain


def _require_ca(certificate: x509.Certificate, below: int) -> None:
    """Demand a CA that may have so many CAs below it (RFC 5280, 6.1.4)."""
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    length = constraints.path_length
    if not (constraints.ca and usage.key_cert_sign) or (length is not None and length < below):
        raise AnzhengError(Code.KEY_REFUSED, "a certificate in the chain is no CA for it")
    if not usage.crl_sign:
        raise AnzhengError(Code.KEY_REFUSED, "a CA in the chain signs no revocation lists")
    _require_strong(certificate)


def _require_tsa(certificate: x509.Certificate) -> None:
    extensions = certificate.extensions
    purpose = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    only_timestamps = list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    signs = usage.digital_signature or usage.content_commitment
    if not (only_timestamps and purpose.critical and signs) or usage.key_cert_sign:
        raise AnzhengError(Code.KEY_REFUSED, "not the certificate of a timestamp authority")
    _require_strong(certificate)


def _require_strong(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    rsa_ok = (
        isinstance(key, rsa.RSAPublicKey)
        and key.key_size >= MIN_RSA_BITS
        and key.public_numbers().e >= MIN_RSA_EXPONENT
    )
    ec_ok = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)
    if not (rsa_ok or ec_ok):
        raise AnzhengError(Code.KEY_REFUSED, "a weak key in the authority's chain")


def _require_known(certificate: x509.Certificate) -> None:
    """Refuse a weak hash, and critical extensions that verifiers do not know."""
    if not isinstance(certificate.signature_hash_algorithm, SHA256 | SHA384 | SHA512):
        raise AnzhengError(Code.KEY_REFUSED, "a weak hash in the authority's chain")
    if any(each.critical and each.oid not in _KNOWN_CRITICAL for each in certificate.extensions):
        raise AnzhengError(Code.KEY_REFUSED, "a critical extension that no verifier knows")


def _valid(certificate: x509.Certificate, moment: datetime) -> bool:
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def _check_signature(token: Token, certificate: x509.Certificate) -> None:
    hasher = _DIGESTS.get(token.digest_algorithm)
    if hasher is None:
        raise _bad("a hash that is not accepted")
    context = Hash(hasher)
    context.update(token.content)
    digest = der.tlv(der.OCTET_STRING, context.finalize())
    content_type = attribute(token, oids.ATTR_CONTENT_TYPE)
    if attribute(token, oids.ATTR_MESSAGE_DIGEST) != digest:
        raise _bad("the token's signature covers something else")
    if content_type != der.oid(oids.ID_TST_INFO):
        raise _bad("the token's signature covers another type of content")
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            padding = _padding(token, hasher)
            key.verify(token.signature, token.signed_attributes, padding, hasher)
        elif isinstance(key, ec.EllipticCurvePublicKey) and _name(token) == _ECDSA[hasher.name]:
            key.verify(token.signature, token.signed_attributes, ec.ECDSA(hasher))
        else:
            raise _bad("an algorithm that is not accepted")
    except InvalidSignature as error:
        raise _bad("the token's signature is wrong") from error


def _padding(token: Token, hasher: HashAlgorithm) -> PKCS1v15 | PSS:
    """Return the padding that the token names; of PSS one spelling, the same hash throughout."""
    if _name(token) in (_RSA_PLAIN, _RSA[hasher.name]):
        return PKCS1v15()
    digest = der.tlv(der.SEQUENCE, token.digest_algorithm, der.NULL)
    if token.signature_algorithm == pss_identifier(digest, hasher.digest_size):
        return PSS(MGF1(hasher), hasher.digest_size)
    raise _bad("an algorithm that is not accepted")


def _name(token: Token) -> bytes:
    try:
        return der.children(token.signature_algorithm)[0]
    except (AnzhengError, IndexError) as error:
        raise _bad("the token names no algorithm") from error


def _bad(message: str) -> AnzhengError:
    return AnzhengError(Code.TSA_ANSWER, message)
