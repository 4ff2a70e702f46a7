"""The licence's own certificate 每份许可证独立数字证书, as the wallet takes it from the desk.

Whether the CA is the authority's is for those to whom the licence is presented (check 9); the
wallet makes sure that the certificate is of its key and of its licence, so that it will serve.

Standard: RFC 5280; DESIGN 2 (7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import oids
from licence.formats.holder_binding import LicenceBinding, decode_binding
from licence.ids import Leaf

ORGANISATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")

_UNREADABLE: Final = (
    ValueError,
    TypeError,
    IndexError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for bytes that are no certificate, and for a certificate that is odd."""


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """What a licence's own certificate says.

    Attributes:
        public_key: SubjectPublicKeyInfo DER.
        binding: Which licence, and where its own status is read.
        uscc: Of the enterprise.
        not_before: First moment.
        not_after: Last moment.
    """

    public_key: bytes
    binding: LicenceBinding
    uscc: str | None
    not_before: datetime
    not_after: datetime


def read_certificates(certificates: Sequence[bytes]) -> OwnCertificate:
    """Read a licence's own certificate and the issuers that follow it.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE, when one cannot be read, does not certify the one before
            it, or the first has no binding.
    """
    try:
        chain = [x509.load_der_x509_certificate(der) for der in certificates]
        for certified, issuer in pairwise(chain):
            certified.verify_directly_issued_by(issuer)
        return _read(chain[0])
    except x509.ExtensionNotFound as error:
        raise _refuse("the certificate names no licence") from error
    except InvalidSignature as error:
        raise _refuse("the certificates do not certify one another") from error
    except _UNREADABLE as error:
        raise _refuse("a certificate cannot be read") from error


def check_certificate(
    own: OwnCertificate, *, public_key: bytes, leaf: Leaf, version: LicenceVersion
) -> None:
    """Do nothing if a certificate belongs to this key and this licence.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE.
    """
    if own.public_key != public_key:
        raise _refuse("the certificate is for another key")
    if (own.binding.leaf, own.binding.registry) != (leaf, version.status.registry):
        raise _refuse("the certificate belongs to another licence")
    if own.uscc != version.draft.uscc:
        raise _refuse("the certificate is of another enterprise")


def _read(certificate: x509.Certificate) -> OwnCertificate:
    extension = certificate.extensions.get_extension_for_oid(
        x509.ObjectIdentifier(oids.EXT_LICENCE_BINDING)
    ).value
    if not isinstance(extension, x509.UnrecognizedExtension):
        raise _refuse("the certificate names no licence")
    names = certificate.subject.get_attributes_for_oid(ORGANISATION_IDENTIFIER)
    return OwnCertificate(
        public_key=certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        ),
        binding=decode_binding(extension.value),
        uscc=str(names[0].value) if len(names) == 1 else None,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _refuse(message: str) -> AnzhengError:
    return AnzhengError(Code.HOLDER_CERTIFICATE, message)
