"""Claiming and presenting: what wallet and other side hand each other, and the holder's proof.

A verifier asks with a nonce; the wallet answers with the licence's leaf and its own certificate and
signs both sides' words together, so an answer serves one question of one verifier only. The
certificate says by an extension which licence it belongs to.

Standard: DESIGN 2 (7, 8); research wallet 3; RFC 5280, 4.2 (the extension).
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical, holder_key
from licence.formats.canonical import JsonValue
from licence.formats.es256 import SignBytes
from licence.formats.fields import Fields, base64_text, moment_text
from licence.formats.holder_key import MAX_SIGNATURE_BYTES
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.ids import Leaf

REQUEST_SCHEMA: Final = "anzheng-presentation-request/v1"
PRESENTATION_SCHEMA: Final = "anzheng-presentation/v1"
CLAIM_SCHEMA: Final = "anzheng-claim/v1"
PREFIX: Final = b"anzheng-presentation/v1\x00"
"""Stands before what the holder signs, so that the signature fits nothing else."""

NONCE_BYTES: Final = 16
"""Bytes of a nonce, from a strong source."""
MAX_CERTIFICATES: Final = 4
MAX_CERTIFICATE_BYTES: Final = 8 * 1024
MAX_CSR_BYTES: Final = 4 * 1024
MAX_MESSAGE_BYTES: Final = 64 * 1024
MAX_NAME: Final = 200
"""Longest audience or purpose, in characters."""

MAX_REQUEST_LIFE: Final = timedelta(days=1)
"""A request may be carried by file, so it may live longer than a screen code; not longer."""
CLOCK_SKEW: Final = timedelta(seconds=90)
"""How far the clocks of the two sides may differ."""

_CLAIM_CODE = re.compile(r"[0-9A-Z-]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PresentationRequest:
    """A verifier's question.

    Args:
        nonce: Fresh for each question, `NONCE_BYTES`.
        audience: Who asks, as the holder shall see it.
        purpose: What for, as the holder shall see it.
        issued_at: When, whole seconds.
        expires_at: Until when an answer is taken.
    """

    nonce: bytes
    audience: str
    purpose: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Presentation:
    """A holder's answer.

    Args:
        leaf: Which licence.
        nonce: The request's.
        audience: The request's.
        purpose: The request's.
        presented_at: When, whole seconds.
        certificates: The holder's certificate first, then its issuers; DER.
        signature: By the certificate's key over `presentation_bytes`: r || s, or RSA.
        evidence: Anchor evidence of the holder's certificate, where there is some.
    """

    leaf: Leaf
    nonce: bytes
    audience: str
    purpose: str
    presented_at: datetime
    certificates: tuple[bytes, ...]
    signature: bytes = b""
    evidence: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A wallet claims its licence: the one-time code, and a request for its certificate (DER)."""

    code: str
    csr: bytes


# ---------------------------------------------------------------- the proof


def presentation_bytes(presentation: Presentation) -> bytes:
    """Return what the holder signs: everything but signature and evidence."""
    return PREFIX + canonical.dumps(
        {
            "leaf": presentation.leaf.hex(),
            "nonce": presentation.nonce.hex(),
            "audience": presentation.audience,
            "purpose": presentation.purpose,
            "presented_at": moment_text(presentation.presented_at),
            "certificates": [
                hashlib.sha256(certificate).hexdigest() for certificate in presentation.certificates
            ],
        }
    )


def present(
    request: PresentationRequest,
    *,
    leaf: Leaf,
    certificates: tuple[bytes, ...],
    presented_at: datetime,
    sign: SignBytes,
    evidence: bytes | None = None,
) -> Presentation:
    """Return the signed answer to a request."""
    unsigned = Presentation(
        leaf=leaf,
        nonce=request.nonce,
        audience=request.audience,
        purpose=request.purpose,
        presented_at=presented_at,
        certificates=certificates,
        evidence=evidence,
    )
    return replace(unsigned, signature=sign(presentation_bytes(unsigned)))


def check_presentation(
    presentation: Presentation, request: PresentationRequest, *, public_key: bytes, now: datetime
) -> None:
    """Do nothing if the answer answers this request, in time, by the holder of this key.

    The caller checks the certificate (chain, binding, status) and that the nonce is used once.

    Args:
        presentation: The answer.
        request: The caller's own request, never one that came with the answer.
        public_key: SubjectPublicKeyInfo DER from the holder's certificate.
        now: The time.

    Raises:
        AnzhengError: `HOLDER_NONCE`, `HOLDER_AUDIENCE`, `HOLDER_TIME` or `HOLDER_KEY`, in this
            order; `ALGORITHM_UNSUPPORTED` if the key is neither P-256 nor RSA-2048.
    """
    if presentation.nonce != request.nonce:
        raise AnzhengError(Code.HOLDER_NONCE, "the answer is to another request")
    if (presentation.audience, presentation.purpose) != (request.audience, request.purpose):
        raise AnzhengError(Code.HOLDER_AUDIENCE, "the answer is for somebody or something else")
    first, last = request.issued_at - CLOCK_SKEW, request.expires_at + CLOCK_SKEW
    if not first <= presentation.presented_at <= last or now > last:
        raise AnzhengError(
            Code.HOLDER_TIME,
            "the answer was not given while the request lived",
            presented_at=moment_text(presentation.presented_at),
            expires_at=moment_text(request.expires_at),
        )
    holder_key.verify(public_key, presentation_bytes(presentation), presentation.signature)


# ---------------------------------------------------------------- canonical JSON


def encode_request(request: PresentationRequest) -> bytes:
    """Return the request as canonical JSON.

    Raises:
        AnzhengError: `HOLDER_SYNTAX` if `decode_request` would refuse it.
    """
    data = canonical.dumps(
        {
            "schema": REQUEST_SCHEMA,
            "nonce": request.nonce.hex(),
            "audience": request.audience,
            "purpose": request.purpose,
            "issued_at": moment_text(request.issued_at),
            "expires_at": moment_text(request.expires_at),
        }
    )
    return _same(data, decode_request(data) == request)


def decode_request(data: bytes) -> PresentationRequest:
    """Read a request.

    Raises:
        AnzhengError: `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`, `SCHEMA_UNKNOWN`,
            `HOLDER_SYNTAX`.
    """
    fields = _fields(data, REQUEST_SCHEMA)
    request = PresentationRequest(
        nonce=fields.hexed("nonce", NONCE_BYTES),
        audience=fields.text("audience", max_chars=MAX_NAME),
        purpose=fields.text("purpose", max_chars=MAX_NAME),
        issued_at=fields.moment("issued_at"),
        expires_at=fields.moment("expires_at"),
    )
    fields.end()
    if not request.issued_at < request.expires_at <= request.issued_at + MAX_REQUEST_LIFE:
        raise AnzhengError(Code.HOLDER_SYNTAX, "the request ends before it begins, or lives long")
    return request


def encode_presentation(presentation: Presentation) -> bytes:
    """Return the answer as canonical JSON.

    Raises:
        AnzhengError: `HOLDER_SYNTAX` if `decode_presentation` would refuse it.
    """
    value: dict[str, JsonValue] = {
        "schema": PRESENTATION_SCHEMA,
        "leaf": presentation.leaf.hex(),
        "nonce": presentation.nonce.hex(),
        "audience": presentation.audience,
        "purpose": presentation.purpose,
        "presented_at": moment_text(presentation.presented_at),
        "certificates": [base64_text(one) for one in presentation.certificates],
        "signature": base64_text(presentation.signature),
    }
    if presentation.evidence is not None:
        value["evidence"] = base64_text(presentation.evidence)
    data = canonical.dumps(value)
    return _same(data, decode_presentation(data) == presentation)


def decode_presentation(data: bytes) -> Presentation:
    """Read an answer; nothing in it is verified.

    Raises:
        AnzhengError: `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`, `SCHEMA_UNKNOWN`,
            `HOLDER_SYNTAX`.
    """
    fields = _fields(data, PRESENTATION_SCHEMA)
    presentation = Presentation(
        leaf=Leaf(fields.hexed("leaf", 32)),
        nonce=fields.hexed("nonce", NONCE_BYTES),
        audience=fields.text("audience", max_chars=MAX_NAME),
        purpose=fields.text("purpose", max_chars=MAX_NAME),
        presented_at=fields.moment("presented_at"),
        certificates=fields.base64s(
            "certificates", max_items=MAX_CERTIFICATES, max_bytes=MAX_CERTIFICATE_BYTES
        ),
        signature=fields.base64("signature", max_bytes=MAX_SIGNATURE_BYTES),
        evidence=fields.optional(
            "evidence", lambda key: fields.base64(key, max_bytes=MAX_EVIDENCE_BYTES)
        ),
    )
    fields.end()
    return presentation


def encode_claim(claim: ClaimRequest) -> bytes:
    """Return the claim as canonical JSON.

    Raises:
        AnzhengError: `HOLDER_SYNTAX` if `decode_claim` would refuse it.
    """
    data = canonical.dumps(
        {"schema": CLAIM_SCHEMA, "code": claim.code, "csr": base64_text(claim.csr)}
    )
    return _same(data, decode_claim(data) == claim)


def decode_claim(data: bytes) -> ClaimRequest:
    """Read a claim.

    Raises:
        AnzhengError: `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`, `SCHEMA_UNKNOWN`,
            `HOLDER_SYNTAX`.
    """
    fields = _fields(data, CLAIM_SCHEMA)
    claim = ClaimRequest(
        code=fields.matching("code", _CLAIM_CODE),
        csr=fields.base64("csr", max_bytes=MAX_CSR_BYTES),
    )
    fields.end()
    return claim


def _fields(data: bytes, schema: str) -> Fields:
    value = canonical.loads(data, max_bytes=MAX_MESSAGE_BYTES)
    fields = Fields(value, where="message", code=Code.HOLDER_SYNTAX)
    fields.constant("schema", schema, code=Code.SCHEMA_UNKNOWN)
    return fields


def _same(data: bytes, same: bool) -> bytes:  # noqa: FBT001
    if not same:
        raise AnzhengError(Code.HOLDER_SYNTAX, "the message does not read back as itself")
    return data
