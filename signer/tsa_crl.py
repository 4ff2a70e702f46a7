"""The revocation lists of a timestamp authority's CAs, from files or the web, kept fresh.

A licence carries them in its signed bytes: without proof that the authority's certificate was good,
no verifier of later years can conclude.

Standard: RFC 5280, 5 and 6.3.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding

from licence.errors import AnzhengError, Code
from signer.certificates import load_certificate

MAX_CRL_BYTES: Final = 4 * 1024
"""Largest list: the token of each licence repeats it, and all of a CMS has 8,000 bytes."""

RENEW_BEFORE: Final = timedelta(hours=1)
"""A list that ends sooner than this is fetched anew."""

MAX_EARLY: Final = timedelta(minutes=5)
"""How far the clock of a CA may be ahead of ours."""

_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library says of bytes that it cannot read; the last three are no ValueError."""

ReadPlace = Callable[[str], bytes]
"""Reads a file or a URL; raises AnzhengError when it cannot."""


class CrlKeeper:
    """Keeps the lists that cover every certificate of one chain.

    Args:
        places: Files or URLs of the lists, DER or PEM; none: nothing is kept and nothing said.
        chain: The authority's certificate, its CAs and the root, DER.
        read: Reads one place.
    """

    def __init__(self, places: tuple[str, ...], chain: tuple[bytes, ...], read: ReadPlace) -> None:
        self._places = places
        self._chain = tuple(load_certificate(each) for each in chain)
        self._read = read
        self._lists: tuple[bytes, ...] = ()

    def current(self, now: datetime) -> tuple[bytes, ...]:
        """Return lists by which no certificate of the chain is revoked now, DER.

        Raises:
            AnzhengError: TSA_UNAVAILABLE when fresh lists are not to be had, KEY_REFUSED when a
                certificate was revoked.
        """
        if not self._places or self._covered(now + RENEW_BEFORE):
            return self._lists
        try:
            lists = tuple(read_list(self._read(place)) for place in self._places)
            check_covered(self._chain, lists, now)
        except AnzhengError as error:
            if error.code is not Code.KEY_REFUSED and self._covered(now):
                return self._lists
            raise
        self._lists = lists
        return lists

    def _covered(self, moment: datetime) -> bool:
        try:
            check_covered(self._chain, self._lists, moment)
        except AnzhengError:
            return False
        return True


def check_covered(
    chain: tuple[x509.Certificate, ...], lists: tuple[bytes, ...], now: datetime
) -> None:
    """Demand for each certificate below the root a list of its issuer that does not name it.

    Raises:
        AnzhengError: TSA_UNAVAILABLE, KEY_REFUSED.
    """
    loaded = [x509.load_der_x509_crl(each) for each in lists]
    for certificate, issuer in pairwise(chain):
        about = [crl for crl in loaded if _says(crl, issuer, now)]
        if not about:
            raise AnzhengError(Code.TSA_UNAVAILABLE, "no valid revocation list of a TSA's CA")
        serial = certificate.serial_number
        if any(crl.get_revoked_certificate_by_serial_number(serial) is not None for crl in about):
            raise AnzhengError(Code.KEY_REFUSED, "a certificate of the TSA was revoked")


def _says(crl: x509.CertificateRevocationList, issuer: x509.Certificate, now: datetime) -> bool:
    """Whether this is the whole list of this issuer, and says something about this moment."""
    key, end = issuer.public_key(), crl.next_update_utc
    # An issuing distribution point or delta indicator is critical: such a list is not the whole.
    if crl.issuer != issuer.subject or any(each.critical for each in crl.extensions):
        return False
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or end is None:
        return False
    # SHA-1 is no proof to a verifier.
    if not isinstance(crl.signature_hash_algorithm, SHA256 | SHA384 | SHA512):
        return False
    return crl.is_signature_valid(key) and crl.last_update_utc - MAX_EARLY <= now <= end


def read_list(data: bytes) -> bytes:
    """Return a revocation list, PEM or DER, as DER.

    Raises:
        AnzhengError: TSA_UNAVAILABLE.
    """
    if len(data) > MAX_CRL_BYTES:
        raise AnzhengError(
            Code.TSA_UNAVAILABLE, "the revocation list of a TSA's CA is too large", bytes=len(data)
        )
    pem = data.lstrip().startswith(b"-----BEGIN")
    try:
        crl = (x509.load_pem_x509_crl if pem else x509.load_der_x509_crl)(data)
        # Parsed on demand: what is broken in them must be found here, not when somebody asks.
        _ = crl.extensions, crl.issuer, crl.next_update_utc, crl.last_update_utc
        _ = crl.signature_hash_algorithm, crl.get_revoked_certificate_by_serial_number(1)
    except _UNREADABLE as error:
        raise AnzhengError(Code.TSA_UNAVAILABLE, "not a revocation list") from error
    return crl.public_bytes(Encoding.DER)
