"""Claiming a licence: what binds the request to the one-time code, and what is handed over.

The wallet's certification request carries a digest of the code as its challenge password. So the
request is of use with this code only: whoever takes one of the two cannot put his own key beside
the other. The code itself does not stand in the request, which the authority may keep.

Standard: DESIGN 2 (7); RFC 2986 (requests); RFC 2985, 5.4.1 (challenge password).
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AttributeOID

from licence.errors import AnzhengError, Code
from licence.formats import canonical, holder_key, licence_json
from licence.formats.canonical import JsonValue
from licence.formats.fields import Fields, base64_text
from licence.formats.holder import (
    MAX_CERTIFICATE_BYTES,
    MAX_CERTIFICATES,
    MAX_CSR_BYTES,
    ClaimRequest,
)
from licence.formats.limits import MAX_EVIDENCE_BYTES, MAX_PDF_BYTES

ANSWER_SCHEMA: Final = "anzheng-claim-answer/v1"
PREFIX: Final = b"anzheng-claim/v1\x00"
"""Stands before the code when it is digested."""

MAX_ANSWER_BYTES: Final = 12 * 1024 * 1024
"""Longest answer, in bytes: the largest file in base64, and all that goes with it."""

_CODE = re.compile(r"[A-Z2-7]{8,64}", re.ASCII)
_GROUPING = re.compile(r"[\s-]+")
_MISREAD = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """What the authority hands over for a code; nothing in it is verified yet.

    Args:
        licence_json: The licence's data.
        pdf: The licence file.
        certificates: The licence's own certificate first, then its issuers; DER.
        evidence: The licence's anchor evidence; None while it is not anchored.
    """

    licence_json: bytes
    pdf: bytes
    certificates: tuple[bytes, ...]
    evidence: bytes | None = None


def normal_code(text: str) -> str:
    """Return a claim code as both sides use it: capitals and digits, without what groups them.

    Codes are base32 and have no 0, 1 and 8: they are read for the letters that look like them.

    Raises:
        AnzhengError: CLAIM_CODE.

    Standard: RFC 4648, 6 and 3.4.
    """
    code = _GROUPING.sub("", text).upper().translate(_MISREAD)
    if not _CODE.fullmatch(code):
        raise AnzhengError(
            Code.CLAIM_CODE, "this is no claim code; type the one on the receipt, such as K7Q2-5XMD"
        )
    return code


def code_digest(code: str) -> bytes:
    """Return the digest by which a code is named where the code itself must not stand."""
    return sha256(PREFIX + code.encode("ascii")).digest()


def challenge(code: str) -> bytes:
    """Return the challenge password that binds a certification request to a code: 64 hex digits."""
    return code_digest(code).hex().encode("ascii")


def check_claim(claim: ClaimRequest, *, allow_rsa: bool = False) -> bytes:
    """Return the holder's key, once it is proved that the claimant has it and meant this code.

    Args:
        claim: As it came. Whether the code is one of ours is for the caller.
        allow_rsa: Whether RSA-2048 is taken beside P-256.

    Returns:
        SubjectPublicKeyInfo DER.

    Raises:
        AnzhengError: CSR_INVALID, when the request cannot be read, is not signed by its own key
            with SHA-256, was made for another code, or for a key that is not taken.
    """
    if len(claim.csr) > MAX_CSR_BYTES:
        raise _csr("the request is too large")
    try:
        request = x509.load_der_x509_csr(claim.csr)
        key, proved = request.public_key(), request.is_signature_valid
        attribute = request.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD)
        algorithm = request.signature_hash_algorithm
    except x509.AttributeNotFound as error:
        raise _csr("the request is not bound to a claim code") from error
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise _csr("the request cannot be read") from error
    if not holder_key.is_p256(key) and not (allow_rsa and holder_key.is_rsa(key)):
        raise _csr("the key is neither P-256 nor, where it is allowed, RSA-2048")
    if not proved or not isinstance(algorithm, hashes.SHA256):
        raise _csr("the request is not signed by its own key with SHA-256")
    if attribute.value != challenge(claim.code):
        raise _csr("the request was made for another claim code")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def encode_answer(answer: ClaimAnswer) -> bytes:
    """Return the answer as canonical JSON.

    Raises:
        AnzhengError: CLAIM_ANSWER, if `decode_answer` would refuse it.
    """
    value: dict[str, JsonValue] = {
        "schema": ANSWER_SCHEMA,
        "licence_json": base64_text(answer.licence_json),
        "pdf": base64_text(answer.pdf),
        "certificates": [base64_text(one) for one in answer.certificates],
    }
    if answer.evidence is not None:
        value["evidence"] = base64_text(answer.evidence)
    data = canonical.dumps(value)
    decode_answer(data)
    return data


def decode_answer(data: bytes) -> ClaimAnswer:
    """Read an answer; nothing in it is verified.

    Raises:
        AnzhengError: TOO_LARGE, JSON_SYNTAX, JSON_NOT_CANONICAL, SCHEMA_UNKNOWN, CLAIM_ANSWER.
    """
    value = canonical.loads(data, max_bytes=MAX_ANSWER_BYTES)
    fields = Fields(value, where="answer", code=Code.CLAIM_ANSWER)
    fields.constant("schema", ANSWER_SCHEMA, code=Code.SCHEMA_UNKNOWN)
    answer = ClaimAnswer(
        licence_json=fields.base64("licence_json", max_bytes=licence_json.MAX_BYTES),
        pdf=fields.base64("pdf", max_bytes=MAX_PDF_BYTES),
        certificates=fields.base64s(
            "certificates", max_items=MAX_CERTIFICATES, max_bytes=MAX_CERTIFICATE_BYTES
        ),
        evidence=fields.optional(
            "evidence", lambda key: fields.base64(key, max_bytes=MAX_EVIDENCE_BYTES)
        ),
    )
    fields.end()
    return answer


def _csr(message: str) -> AnzhengError:
    return AnzhengError(Code.CSR_INVALID, message)
