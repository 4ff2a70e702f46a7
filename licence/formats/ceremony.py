"""The record of a key ceremony, as officers sign it.

A ceremony makes a key, makes the next one, or ends one. What is planned is an `Order`; what came of
it is a `Ceremony`: the order, what the key is, and the signatures of those who were there over a
domain prefix and the canonical JSON of everything else. No record holds a secret.

Standard: DESIGN 5; `docs/keys.md`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.cbor_fields import is_authority
from licence.formats.fields import Fields, moment_text
from licence.formats.officers import (
    MAX_NAME,
    MAX_SIGNATURES,
    OFFICERS_NEEDED,
    OfficerSignature,
    read_signature,
    signature_value,
)
from licence.ids import AuthorityId, Digest, OfficerId

ORDER_SCHEMA: Final = "anzheng-ceremony-order/v1"
SCHEMA: Final = "anzheng-ceremony/v1"
PREFIX: Final = b"anzheng-ceremony/v1\x00"
"""Stands before what is signed, so that the signature fits nothing else."""

MAX_CEREMONY_BYTES: Final = 64 * 1024
MAX_PLACE: Final = 200
MAX_REASON: Final = 500
MAX_STORE: Final = 500

_DIGEST_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,98}[A-Za-z0-9])?", re.ASCII)
_ALGORITHM: Final = re.compile(r"RSA-[0-9]{4}|ES256", re.ASCII)
_STORE: Final = re.compile(r"file:|pkcs11:[!-~]+", re.ASCII)


@unique
class Act(StrEnum):
    """What a ceremony does."""

    INIT = "init"
    ROTATE = "rotate"
    CLOSE = "close"


@unique
class Purpose(StrEnum):
    """What a key is for."""

    LICENCE = "licence"
    QR = "qr"
    TSA = "tsa"
    ISSUING = "issuing"
    HOLDER_CA = "holder-ca"
    ROOT = "root"


OF_AN_AUTHORITY: Final = frozenset({Purpose.LICENCE, Purpose.QR})
"""Keys that belong to one authority; the others serve all of an installation."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a ceremony is to do.

    Attributes:
        id: Name of the ceremony.
        act: What it does.
        authority: Whose officers hold it, and whose key it is where a key is one authority's.
        purpose: What the key is for.
        key: Name of the key.
        store: `file:`, or the `pkcs11:` URI of the key, without module and PIN.
        officers: Who takes part.
        place: Where it is held.
        held_at: When it began, whole seconds.
        previous: Name of the key that this one follows; for ROTATE.
        signs_from: From when on the key signs; for INIT and ROTATE.
        reason: Why a key ends; for CLOSE.
        compromised_since: From when on nothing of the key is believed; for CLOSE of a leaked key.
    """

    id: str
    act: Act
    authority: AuthorityId
    purpose: Purpose
    key: str
    store: str
    officers: tuple[OfficerId, ...]
    place: str
    held_at: datetime
    previous: str | None = None
    signs_from: datetime | None = None
    reason: str | None = None
    compromised_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key is, for those who will look for it.

    Attributes:
        algorithm: Such as `RSA-2048`.
        public_key: SHA-256 of its SubjectPublicKeyInfo.
        certificate: SHA-256 of its certificate, where it has one.
        issuer: SHA-256 of the certificate of the CA that issued it.
    """

    algorithm: str
    public_key: Digest
    certificate: Digest | None = None
    issuer: Digest | None = None


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What came of an order, and who signed for it."""

    order: Order
    key: KeyFacts
    signatures: tuple[OfficerSignature, ...] = ()


def statement_bytes(ceremony: Ceremony) -> bytes:
    """Return what the officers sign; the signatures are not part of it.

    Raises:
        AnzhengError: CEREMONY_SYNTAX, for a ceremony that `decode` would refuse.
    """
    data = canonical.dumps(_value(ceremony))
    _read(canonical.loads(data, max_bytes=MAX_CEREMONY_BYTES), signed=False)
    return PREFIX + data


def digest(ceremony: Ceremony) -> Digest:
    """Return SHA-256 of what the officers sign.

    Raises:
        AnzhengError: CEREMONY_SYNTAX.
    """
    return Digest(sha256(statement_bytes(ceremony)).digest())


def encode(ceremony: Ceremony) -> bytes:
    """Return the record with its signatures as canonical JSON.

    Raises:
        AnzhengError: CEREMONY_SYNTAX, for a record that `decode` would refuse.
    """
    value = _value(ceremony)
    value["signatures"] = [signature_value(signature) for signature in ceremony.signatures]
    data = canonical.dumps(value)
    if decode(data) != ceremony:
        raise AnzhengError(Code.CEREMONY_SYNTAX, "the record does not read back as itself")
    return data


def decode(data: bytes) -> Ceremony:
    """Read a record; its signatures are not verified.

    Raises:
        AnzhengError: TOO_LARGE, JSON_SYNTAX, JSON_NOT_CANONICAL, SCHEMA_UNKNOWN, CEREMONY_SYNTAX.
    """
    return _read(canonical.loads(data, max_bytes=MAX_CEREMONY_BYTES), signed=True)


def encode_order(order: Order) -> bytes:
    """Return an order as canonical JSON.

    Raises:
        AnzhengError: CEREMONY_SYNTAX, for an order that `decode_order` would refuse.
    """
    data = canonical.dumps({"schema": ORDER_SCHEMA, **_order_value(order)})
    if decode_order(data) != order:
        raise AnzhengError(Code.CEREMONY_SYNTAX, "the order does not read back as itself")
    return data


def decode_order(data: bytes) -> Order:
    """Read an order.

    Raises:
        AnzhengError: TOO_LARGE, JSON_SYNTAX, JSON_NOT_CANONICAL, SCHEMA_UNKNOWN, CEREMONY_SYNTAX.
    """
    fields = _fields(canonical.loads(data, max_bytes=MAX_CEREMONY_BYTES))
    fields.constant("schema", ORDER_SCHEMA, code=Code.SCHEMA_UNKNOWN)
    order = _read_order(fields)
    fields.end()
    return order


def _value(ceremony: Ceremony) -> dict[str, JsonValue]:
    key: dict[str, JsonValue] = {
        "algorithm": ceremony.key.algorithm,
        "public_key": ceremony.key.public_key.hex(),
    }
    if ceremony.key.certificate is not None:
        key["certificate"] = ceremony.key.certificate.hex()
    if ceremony.key.issuer is not None:
        key["issuer"] = ceremony.key.issuer.hex()
    return {"schema": SCHEMA, **_order_value(ceremony.order), "facts": key}


def _order_value(order: Order) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = {
        "id": order.id,
        "act": order.act.value,
        "authority": order.authority,
        "purpose": order.purpose.value,
        "key": order.key,
        "store": order.store,
        "officers": list(order.officers),
        "place": order.place,
        "held_at": moment_text(order.held_at),
    }
    optional: dict[str, JsonValue] = {
        "previous": order.previous,
        "signs_from": _moment(order.signs_from),
        "reason": order.reason,
        "compromised_since": _moment(order.compromised_since),
    }
    return value | {name: each for name, each in optional.items() if each is not None}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _fields(value: JsonValue) -> Fields:
    return Fields(value, where="ceremony", code=Code.CEREMONY_SYNTAX)


def _read(value: JsonValue, *, signed: bool) -> Ceremony:
    fields = _fields(value)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    order = _read_order(fields)
    key = _read_facts(fields.fields("facts"))
    signatures: tuple[OfficerSignature, ...] = ()
    if signed:
        signatures = fields.objects("signatures", read_signature, max_items=MAX_SIGNATURES)
    fields.end()
    names = [each.officer for each in signatures]
    if signed and names != list(order.officers):
        raise AnzhengError(Code.CEREMONY_SYNTAX, "others signed than took part, or in other order")
    return Ceremony(order, key, signatures)


def _read_facts(fields: Fields) -> KeyFacts:
    def digest_of(name: str) -> Digest:
        return Digest(fields.hexed(name, _DIGEST_BYTES))

    facts = KeyFacts(
        algorithm=fields.matching("algorithm", _ALGORITHM),
        public_key=digest_of("public_key"),
        certificate=fields.optional("certificate", digest_of),
        issuer=fields.optional("issuer", digest_of),
    )
    fields.end()
    return facts


def _read_order(fields: Fields) -> Order:
    officers = fields.items("officers", max_items=MAX_SIGNATURES, min_items=OFFICERS_NEEDED)
    order = Order(
        id=fields.matching("id", _NAME),
        act=fields.choice("act", Act),
        authority=AuthorityId(fields.text("authority", max_chars=MAX_NAME)),
        purpose=fields.choice("purpose", Purpose),
        key=fields.matching("key", _NAME),
        store=fields.matching("store", _STORE),
        officers=tuple(_officer(each) for each in officers),
        place=fields.text("place", max_chars=MAX_PLACE),
        held_at=fields.moment("held_at"),
        previous=fields.optional("previous", lambda key: fields.matching(key, _NAME)),
        signs_from=fields.optional("signs_from", fields.moment),
        reason=fields.optional("reason", lambda key: fields.text(key, max_chars=MAX_REASON)),
        compromised_since=fields.optional("compromised_since", fields.moment),
    )
    _check(order)
    return order


def _officer(value: JsonValue) -> OfficerId:
    # A number would be read as the text that it is written as: a second spelling.
    if not isinstance(value, str):
        raise AnzhengError(Code.CEREMONY_SYNTAX, "ceremony: an officer is no text")
    return OfficerId(value)


def _check(order: Order) -> None:
    """Refuse what no honest order says."""
    closes = order.act is Act.CLOSE
    wrong = {
        "authority": not is_authority(order.authority),
        "officers": len(set(order.officers)) != len(order.officers)
        or not all(0 < len(each) <= MAX_NAME for each in order.officers),
        "store": len(order.store) > MAX_STORE,
        "previous": (order.previous is not None) is not (order.act is Act.ROTATE),
        "signs_from": (order.signs_from is None) is not closes,
        "reason": (order.reason is not None) is not closes,
        "compromised_since": order.compromised_since is not None
        and (not closes or order.compromised_since > order.held_at),
    }
    for field, bad in wrong.items():
        if bad:
            raise AnzhengError(Code.CEREMONY_SYNTAX, f"a ceremony with this {field}", field=field)
