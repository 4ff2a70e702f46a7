"""Ask a timestamp authority of the trust bundle about a report, and believe only what it proves.

The certificates that an authority signs with are learned from a first token, and kept as long as it
signs with them: they and their revocation lists must stand in the report before it is signed.

Standard: RFC 3161, 2.4 and 3.4; RFC 5816; RFC 5280, 4.2.1.13 (CRL distribution points).
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from licence.errors import AnzhengError, Code
from licence.formats.timestamp import (
    MAX_ANSWER_BYTES,
    TimestampRequest,
    certificate_digest,
    decode_answer,
    encode_request,
    read_token,
)
from licence.formats.trust_types import TsaRoot
from licence.ids import Digest
from licence.ports import Clock, Entropy
from verifier.chain_of_trust import LIBRARY_ERRORS, Path, check_tsa, find_path
from verifier.fetch import fetch, open_client
from verifier.revocation import RevocationData, check_not_revoked
from verifier.timestamp_token import verify_token

MAX_SKEW: Final = timedelta(minutes=5)
"""How far the authority's clock and ours may differ."""
MAX_CRL_BYTES: Final = 1 << 20
RENEW_BEFORE: Final = timedelta(hours=1)
"""Lists that end sooner than this are fetched anew."""
NONCE_BYTES: Final = 16
MAX_PLACES: Final = 8


class HttpTsa:
    """A timestamp authority over HTTP; conforms to `verifier.report_file.seal.Stamper`.

    Not for several threads at once.

    Args:
        url: Where it answers.
        roots: Whom we believe: `trust.bundle.tsa_roots`, asked for anew when a path is built.
        clock: Tells the time.
        entropy: For nonces.
        transport: Another way to the network, for tests.

    Raises:
        AnzhengError: REQUEST_INVALID, when it is no http or https URL.
    """

    def __init__(
        self,
        url: str,
        roots: Callable[[], Sequence[TsaRoot]],
        *,
        clock: Clock,
        entropy: Entropy,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url = url
        self._roots = roots
        self._clock = clock
        self._entropy = entropy
        self._client = open_client(url, transport)
        self._path: Path = ()
        self._carried: tuple[bytes, ...] = ()
        self._lists: tuple[bytes, ...] = ()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Its certificate and those up to its root, DER.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        path = tuple(each.public_bytes(Encoding.DER) for each in self._learned())
        # Whatever its tokens carry stands in the signed bytes too, so that nothing in them is free.
        return tuple(dict.fromkeys((*path, *self._carried)))

    def crls(self) -> tuple[bytes, ...]:
        """Return lists by which no certificate of the authority is revoked now, DER.

        Raises:
            AnzhengError: TSA_UNAVAILABLE when they are not to be had; TSA_ANSWER when one is.
        """
        path = self._learned()
        if not self._covered(path, RENEW_BEFORE):
            lists = tuple(self._list(place) for place in _places(path))
            self._lists = tuple(dict.fromkeys(lists))
        if not self._covered(path, timedelta(0)):
            raise AnzhengError(
                Code.TSA_UNAVAILABLE, "no revocation list about the timestamp authority"
            )
        return self._lists

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a token over the digest, DER ContentInfo.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER.
        """
        own = self._learned()[0].public_bytes(Encoding.DER)
        token = self._ask(imprint)
        if certificate_digest(read_token(token)) != sha256(own).digest():
            # It has a new certificate: the next report will be prepared for that one.
            self._path, self._lists = (), ()
            raise _bad("it signed with another certificate than before")
        return token

    def _learned(self) -> Path:
        if self._path:
            return self._path
        probe = self._entropy.bytes(NONCE_BYTES)
        token = self._ask(Digest(sha256(probe).digest()))
        try:
            read = verify_token(token, probe)
            roots = self._roots()
            path = find_path(
                read.certificate, read.certificates, [root.certificate for root in roots]
            )
            check_tsa(path[0])
        except AnzhengError as error:
            raise _bad(f"it is none that the trust bundle names: {error.message}") from error
        root = path[-1].public_bytes(Encoding.DER)
        if not any(each.certificate == root and read.policy in each.policies for each in roots):
            raise _bad("it signs under a policy that the trust bundle does not name")
        self._path, self._carried = path, read.certificates
        return path

    def _ask(self, imprint: Digest) -> bytes:
        nonce = int.from_bytes(self._entropy.bytes(NONCE_BYTES), "big")
        request = self._client.build_request(
            "POST",
            self._url,
            content=encode_request(TimestampRequest(imprint, nonce, None)),
            headers={"Content-Type": "application/timestamp-query"},
        )
        try:
            answer = fetch(self._client, request, max_bytes=MAX_ANSWER_BYTES)
        except AnzhengError as error:
            raise _away("the timestamp authority does not answer") from error
        if answer.is_missing:
            raise _away("there is no timestamp authority at this address")
        token = decode_answer(answer.body)
        info = read_token(token).info
        if info.imprint != imprint or info.nonce != nonce:
            raise _bad("the token answers another question")
        if abs(info.gen_time - self._clock.now()) > MAX_SKEW:
            raise _bad("its clock and ours differ by more than five minutes")
        return token

    def _list(self, place: str) -> bytes:
        try:
            request = self._client.build_request("GET", place)
            answer = fetch(self._client, request, max_bytes=MAX_CRL_BYTES)
            if answer.is_missing:
                raise _away("a revocation list is not where its certificate says")
            return x509.load_der_x509_crl(answer.body).public_bytes(Encoding.DER)
        except (AnzhengError, httpx.InvalidURL, *LIBRARY_ERRORS) as error:
            raise _away("a revocation list of the timestamp authority is not to be had") from error

    def _covered(self, path: Path, ahead: timedelta) -> bool:
        try:
            check_not_revoked(path, RevocationData(self._lists), at=self._clock.now() + ahead)
        except AnzhengError as error:
            if error.code is Code.SIGNER_REVOKED:
                raise _bad("its certificate was revoked") from error
            return False
        return True


def _places(path: Path) -> tuple[str, ...]:
    """Return where the certificates say that lists about them are; http only, each once."""
    found: list[str] = []
    for certificate, _ in pairwise(path):
        try:
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        except x509.ExtensionNotFound:
            continue
        for point in points.value:
            names = point.full_name or ()
            found += [
                name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)
            ]
    usable = (place for place in found if place.startswith(("http://", "https://")))
    return tuple(dict.fromkeys(usable))[:MAX_PLACES]


def _away(message: str) -> AnzhengError:
    return AnzhengError(Code.TSA_UNAVAILABLE, message)


def _bad(message: str) -> AnzhengError:
    return AnzhengError(Code.TSA_ANSWER, f"the timestamp authority: {message}")
