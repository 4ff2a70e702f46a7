"""What a CA says about the certificates it issued: revocation lists and OCSP answers.

A CA keeps no list of its own: what it has revoked is an argument, kept by the ledger. So the same
list gives the same answers wherever it is asked.

Standard: RFC 5280, 5 (CRL); RFC 6960 (OCSP); RFC 5019 (short, pre-produced answers).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from licence.errors import AnzhengError, Code
from signer.certificates import Issuer, load_certificate

LIFETIME: Final = timedelta(days=7)
"""How long a list or answer may be used: `nextUpdate` minus `thisUpdate`."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """One revoked certificate.

    Attributes:
        serial: Its serial number.
        at: When it was revoked, aware.
        reason: Why.
    """

    serial: int
    at: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


def make_crl(issuer: Issuer, revoked: Sequence[Revoked], *, now: datetime, number: int) -> bytes:
    """Return the revocation list of a CA, DER.

    Args:
        issuer: The CA.
        revoked: All that it ever revoked; nothing is taken off when it expires.
        now: Becomes thisUpdate; nextUpdate is `LIFETIME` later.
        number: CRL number, growing.

    Raises:
        AnzhengError: FIELD_VALUE.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.name)
        .last_update(now)
        .next_update(now + LIFETIME)
    )
    try:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key), critical=False
        )
        for each in revoked:
            builder = builder.add_revoked_certificate(_entry(each))
        return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)
    except (ValueError, TypeError) as error:
        raise AnzhengError(Code.FIELD_VALUE, "no revocation list can say this") from error


def make_ocsp_answer(
    certificate: bytes,
    issuer: Issuer,
    issuer_certificate: bytes,
    revoked: Sequence[Revoked],
    *,
    now: datetime,
) -> bytes:
    """Return what the CA itself answers about one of its certificates, DER.

    Args:
        certificate: The certificate asked about.
        issuer: The CA that issued it.
        issuer_certificate: The CA's own certificate.
        revoked: All that it ever revoked.
        now: Becomes thisUpdate; nextUpdate is `LIFETIME` later.

    Raises:
        AnzhengError: KEY_REFUSED, when a certificate cannot be read; FIELD_VALUE.
    """
    asked, authority = load_certificate(certificate), load_certificate(issuer_certificate)
    found = next((each for each in revoked if each.serial == asked.serial_number), None)
    status = ocsp.OCSPCertStatus.GOOD if found is None else ocsp.OCSPCertStatus.REVOKED
    try:
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=asked,
                issuer=authority,
                algorithm=SHA256(),
                cert_status=status,
                this_update=now,
                next_update=now + LIFETIME,
                revocation_time=None if found is None else found.at,
                revocation_reason=None if found is None else found.reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, authority)
        )
        return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)
    except (ValueError, TypeError) as error:
        raise AnzhengError(Code.FIELD_VALUE, "no OCSP answer can say this") from error


def _entry(revoked: Revoked) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder().serial_number(revoked.serial).revocation_date(revoked.at)
    )
    if revoked.reason is not x509.ReasonFlags.unspecified:
        # RFC 5280, 5.3.1: "unspecified" is said by leaving the reason out.
        builder = builder.add_extension(x509.CRLReason(revoked.reason), critical=False)
    return builder.build()
