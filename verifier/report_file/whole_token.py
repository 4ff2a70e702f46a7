"""No free byte in the timestamp of a report: what its signature does not cover is compared here.

A licence binds its token in its leaf; a report has no leaf. The token may hold certificates that
stand in the signed validation data too, and one unsigned attribute that repeats lists of that data.

Standard: RFC 5652, 5.1 and 5.3; RFC 5126, 6.3.4 (revocation-values).
"""

from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cms, der, oids
from verifier.pades.report_structure import ReportStructure

_SIGNED_DATA_FIELDS: Final = 5
_SIGNER_FIELDS: Final = 6
_PARAMETERS: Final = ((), (der.NULL,))


def check_whole(token: bytes, structure: ReportStructure) -> None:
    """Refuse a token with anything that neither its signature nor the report's covers.

    Args:
        token: DER ContentInfo whose signature was verified.
        structure: Signed objects of the report.

    Raises:
        AnzhengError: TIMESTAMP_BROKEN.
    """
    try:
        whole = _is_whole(token, structure)
    except (AnzhengError, ValueError, IndexError) as error:
        raise _broken() from error
    if not whole:
        raise _broken()


def _is_whole(token: bytes, structure: ReportStructure) -> bool:
    content_type, wrapped = der.children(token)
    (signed_data,) = der.children(wrapped, der.CONTEXT_0)
    fields = der.children(signed_data)
    if len(fields) != _SIGNED_DATA_FIELDS:
        return False
    (info,) = der.children(fields[-1], der.SET)
    signer = der.children(info)
    if not _SIGNER_FIELDS <= len(signer) <= _SIGNER_FIELDS + 1:
        return False
    # The token as it came: without the attribute that we may have added.
    body = der.tlv(der.SET, der.tlv(der.SEQUENCE, *signer[:_SIGNER_FIELDS]))
    inner = der.tlv(der.SEQUENCE, *fields[:-1], body)
    bare = der.tlv(der.SEQUENCE, content_type, der.tlv(der.CONTEXT_0, inner))
    if len(signer) > _SIGNER_FIELDS:
        bare = cms.with_revocation_values(bare, structure.crls, structure.ocsps)
    certificates = der.children(fields[3], der.CONTEXT_0)
    return (
        bare == token
        and der.children(fields[1], der.SET) == (signer[2],)
        and set(certificates) <= set(structure.certificates)
        and len(set(certificates)) == len(certificates)
        and _is_plain(signer[2])
        and _is_plain(signer[4])
    )


def _is_plain(algorithm: bytes) -> bool:
    """Say whether an algorithm has no parameters; those of PSS the signature check compares."""
    name, *parameters = der.children(algorithm)
    return name == der.oid(oids.RSA_PSS) or tuple(parameters) in _PARAMETERS


def _broken() -> AnzhengError:
    return AnzhengError(
        Code.TIMESTAMP_BROKEN, "timestamp: something in the token is covered by no signature"
    )
