"""Check 2: the signature is intact, in our one template, and certifies with P=1.

The CMS is rebuilt from its parts and compared, so that no byte of it is free. P=1 itself is read
from the parsed objects in `verifier.pades.structure`.

Standard: RFC 5652, 5.4 and 5.6; RFC 5035; RFC 8017, 8.1 and 8.2.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import algorithms, cms
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.leaf import leaf_of_cms
from licence.ids import Leaf
from verifier.chain_of_trust import load_certificate
from verifier.checks.c01_container import Container
from verifier.checks.outcome import not_passed

NUMBER: Final = 2
STANDARD: Final = "RFC 5652 5.6, ETSI EN 319 142-1"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that holds, whoever made it."""

    parts: cms.CmsParts
    leaf: Leaf | None


def check_signature(container: Container) -> tuple[CheckResult, Signed | None]:
    """Verify the signature value over the signed attributes and the bytes of the file."""
    try:
        signed = _check(container)
    except AnzhengError as error:
        return not_passed(CheckName.SIGNATURE, error, standard=STANDARD), None
    return (
        passed(
            CheckName.SIGNATURE,
            ("algorithm", signed.parts.algorithm.name),
            ("byte_range_sha256", container.digest.hex()),
            standard=STANDARD,
        ),
        signed,
    )


def _check(container: Container) -> Signed:
    parts = cms.parse(container.cms)
    if not hmac.compare_digest(parts.message_digest, container.digest):
        raise AnzhengError(Code.SIGNATURE_BROKEN, "the file was changed after it was signed")
    check_value(parts)
    leaf = leaf_of_cms(container.digest, parts) if parts.timestamp_token is not None else None
    return Signed(parts, leaf)


def check_value(parts: cms.CmsParts) -> None:
    """Do nothing if the signature value is right, whatever stands in the file.

    Raises:
        AnzhengError: SIGNATURE_BROKEN; ALGORITHM_UNSUPPORTED; SIGNER_UNTRUSTED for a certificate
            that cannot be read.
    """
    key = algorithms.rsa_key(load_certificate(parts.signer_certificate), parts.algorithm)
    attributes = cms.signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
    )
    if not algorithms.holds(key, parts.signature, attributes, parts.algorithm):
        raise AnzhengError(Code.SIGNATURE_BROKEN, "the signature value is wrong")
