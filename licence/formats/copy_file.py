"""The limited copy 加注件: a licence's data and proofs for one recipient, one purpose, some days.

It never contains the original file. `licence.json`, the authority's CMS and the anchor evidence
prove the data without the page; the holder signs them together with recipient, purpose and last
day. Whoever passes it on passes on its limits.

Standard: DESIGN 2 (8) and 4, check 10; research wallet 3.2, mode E.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import canonical, cms, der, licence_json, oids
from licence.formats.canonical import JsonValue
from licence.formats.es256 import SignBytes
from licence.formats.fields import Fields, base64_text, moment_text
from licence.formats.holder import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, MAX_NAME
from licence.formats.holder_key import MAX_SIGNATURE_BYTES
from licence.formats.limits import MAX_CMS_BYTES, MAX_EVIDENCE_BYTES

SCHEMA: Final = "anzheng-copy/v1"
PREFIX: Final = b"anzheng-copy/v1\x00"
"""Stands before what the holder signs, so that the signature fits nothing else."""

MAX_COPY_BYTES: Final = 512 * 1024
MAX_COPY_NO: Final = 40
MAX_DAYS: Final = 90
"""Longest life of a copy: the last day is at most so many days after the day it was made."""
MAX_CHAIN: Final = 8


@dataclass(frozen=True, slots=True)
class LimitedCopy:
    """A limited copy.

    Attributes:
        copy_no: The holder's own number for it.
        recipient: Who may use it.
        purpose: What for.
        made_at: When it was made, whole seconds.
        ends_on: Its last day, in China.
        licence_json: The licence's data.
        cms: The authority's signature, without the evidence.
        chain: Certificates of the timestamp authority that the signature does not bring; DER.
        certificates: The holder's certificate first, then its issuers; DER.
        evidence: Anchor evidence of the licence, once there is some.
        signature: By the holder's key over `copy_bytes`: r || s, or RSA.
    """

    copy_no: str
    recipient: str
    purpose: str
    made_at: datetime
    ends_on: date
    licence_json: bytes
    cms: bytes
    chain: tuple[bytes, ...]
    certificates: tuple[bytes, ...]
    evidence: bytes | None = None
    signature: bytes = b""


def copy_bytes(copy: LimitedCopy) -> bytes:
    """Return what the holder signs: everything but the signature."""
    return PREFIX + canonical.dumps(_value(copy))


def sign_copy(unsigned: LimitedCopy, *, sign: SignBytes) -> LimitedCopy:
    """Return the signed copy.

    Args:
        unsigned: The copy without signature.
        sign: Signs with the key of its first certificate.
    """
    return replace(unsigned, signature=sign(copy_bytes(unsigned)))


def encode_copy(copy: LimitedCopy) -> bytes:
    """Return the copy as canonical JSON.

    Raises:
        AnzhengError: COPY_SYNTAX if `decode_copy` would refuse it.
    """
    data = canonical.dumps(_value(copy) | {"signature": base64_text(copy.signature)})
    if decode_copy(data) != copy:
        raise AnzhengError(Code.COPY_SYNTAX, "the copy does not read back as itself")
    return data


def decode_copy(data: bytes) -> LimitedCopy:
    """Read a copy; nothing in it is verified.

    Raises:
        AnzhengError: SCHEMA_UNKNOWN for another version; COPY_SYNTAX for everything else that is
            not a copy in its one spelling, or lives too long.
    """
    try:
        value = canonical.loads(data, max_bytes=MAX_COPY_BYTES)
    except AnzhengError as error:
        raise AnzhengError(Code.COPY_SYNTAX, error.message, **error.facts) from error
    fields = Fields(value, where="copy", code=Code.COPY_SYNTAX)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    copy = LimitedCopy(
        copy_no=fields.text("copy_no", max_chars=MAX_COPY_NO),
        recipient=fields.text("recipient", max_chars=MAX_NAME),
        purpose=fields.text("purpose", max_chars=MAX_NAME),
        made_at=fields.moment("made_at"),
        ends_on=fields.day("ends_on"),
        licence_json=fields.base64("licence_json", max_bytes=licence_json.MAX_BYTES),
        cms=fields.base64("cms", max_bytes=MAX_CMS_BYTES),
        chain=_chain(fields),
        certificates=fields.base64s(
            "certificates", max_items=MAX_CERTIFICATES, max_bytes=MAX_CERTIFICATE_BYTES
        ),
        evidence=fields.optional(
            "evidence", lambda key: fields.base64(key, max_bytes=MAX_EVIDENCE_BYTES)
        ),
        signature=fields.base64("signature", max_bytes=MAX_SIGNATURE_BYTES),
    )
    fields.end()
    made_on = shanghai_date(copy.made_at)
    if not made_on <= copy.ends_on <= made_on + timedelta(days=MAX_DAYS):
        raise AnzhengError(
            Code.COPY_SYNTAX, f"a copy ends 0 to {MAX_DAYS} days after it was made", limit=MAX_DAYS
        )
    return copy


def _chain(fields: Fields) -> tuple[bytes, ...]:
    found = fields.optional(
        "chain",
        lambda key: fields.base64s(key, max_items=MAX_CHAIN, max_bytes=MAX_CERTIFICATE_BYTES),
    )
    return found or ()


def _value(copy: LimitedCopy) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "copy_no": copy.copy_no,
        "recipient": copy.recipient,
        "purpose": copy.purpose,
        "made_at": moment_text(copy.made_at),
        "ends_on": copy.ends_on.isoformat(),
        "licence_json": base64_text(copy.licence_json),
        "cms": base64_text(copy.cms),
        "certificates": [base64_text(each) for each in copy.certificates],
    }
    # Absent where they say nothing, so that there is one spelling.
    if copy.chain:
        value["chain"] = [base64_text(each) for each in copy.chain]
    if copy.evidence is not None:
        value["evidence"] = base64_text(copy.evidence)
    return value


# ---------------------------------------------------------------- what the token carries


def revocation_values(token: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return CRLs and OCSP responses (DER) that a timestamp token carries, as in the signed file.

    The signer put the same into both (`cms.with_revocation_values`). Each is believed only through
    its own signature.

    Raises:
        AnzhengError: CMS_SYNTAX.

    Standard: RFC 5126, 6.3.4.
    """
    try:
        return _revocation_values(token)
    except (AnzhengError, ValueError, IndexError) as error:
        raise AnzhengError(Code.CMS_SYNTAX, "no revocation data in the token") from error


def _revocation_values(token: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    _, content = der.children(token)
    (signed_data,) = der.children(content, der.CONTEXT_0)
    (info,) = der.children(der.children(signed_data)[-1], der.SET)
    kind = der.oid(oids.ATTR_REVOCATION_VALUES)
    for attribute in der.children(der.children(info)[-1], der.CONTEXT_1):
        name, values = der.children(attribute)
        if name != kind:
            continue
        (value,) = der.children(values, der.SET)
        lists = {part[0]: der.children(part, part[0])[0] for part in der.children(value)}
        crls = lists.get(der.CONTEXT_0)
        basics = lists.get(der.CONTEXT_1)
        return (
            der.children(crls) if crls is not None else (),
            tuple(map(_ocsp_response, der.children(basics))) if basics is not None else (),
        )
    return (), ()


def _ocsp_response(basic: bytes) -> bytes:
    """Return the successful OCSPResponse around a BasicOCSPResponse (RFC 6960, 4.2.1)."""
    body = der.tlv(der.SEQUENCE, der.oid(oids.ID_OCSP_BASIC), der.tlv(der.OCTET_STRING, basic))
    return der.tlv(der.SEQUENCE, b"\x0a\x01\x00", der.tlv(der.CONTEXT_0, body))


def parts_of_copy(copy: LimitedCopy) -> cms.CmsParts:
    """Return the parts of the authority's signature.

    Raises:
        AnzhengError: As `cms.parse`; COPY_SYNTAX when evidence stands in it.
    """
    parts = cms.parse(copy.cms)
    if parts.evidence is not None:
        raise AnzhengError(Code.COPY_SYNTAX, "the evidence stands beside the signature, not in it")
    return parts
