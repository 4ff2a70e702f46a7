"""A decision about the status of licences, as officers sign it.

The officers sign `statement_bytes`: a domain prefix and the canonical JSON of everything but the
signatures. Its SHA-256 goes onto the chain with the change, so that whoever has the decision can
show that it is the one. Who the officers are is decided by the confirmer, which has their keys
pinned and asks nobody else.

Standard: DESIGN 3.3; `docs/formats/decision.md`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from licence.domain.status import StatusWord
from licence.domain.status_rules import MAX_DOCUMENT_NO, MAX_GROUND
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.cbor_fields import is_authority, is_registry
from licence.formats.fields import Fields, moment_text
from licence.formats.limits import MAX_STATUS_INDEX
from licence.formats.officers import (
    MAX_SIGNATURES,
    OfficerSignature,
    read_signature,
    signature_value,
)
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex

SCHEMA: Final = "anzheng-decision/v1"
PREFIX: Final = b"anzheng-decision/v1\x00"
"""Stands before what is signed, so that the signature fits nothing else."""

MAX_DECISION_BYTES: Final = 4 * 1024 * 1024
MAX_SUBJECTS: Final = 16_384
"""Most licences in one decision: 256 storage words full."""

FIRST_DECISION_YEAR: Final = 1970
"""Side lists count seconds from here; whatever is decided must fit into one."""

MAX_NAME: Final = 100

_LEAF_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DecisionSubject:
    """One licence version that the decision is about.

    Attributes:
        index: Where its status is.
        leaf: Its identity, so that an officer can hold the very file against it.
        successor: Leaf of the version that takes its place; for SUPERSEDED, and only for it.
    """

    index: StatusIndex
    leaf: Leaf
    successor: Leaf | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision.

    Attributes:
        registry: Registry of the licences.
        authority: Who decides.
        word: What the status becomes; NONE gives suspended licences back.
        subjects: Ascending by index, each once.
        decided_at: When, whole seconds.
        effective_from: First day on which it counts, in China.
        until: Last day of a suspension; for SUSPENDED, and only for it.
        document_no: Number of the decision 文号; may be empty for SUPERSEDED only.
        ground: Why.
        signatures: The officers' signatures.
    """

    registry: RegistryId
    authority: AuthorityId
    word: StatusWord
    subjects: tuple[DecisionSubject, ...]
    decided_at: datetime
    effective_from: date
    until: date | None
    document_no: str
    ground: str
    signatures: tuple[OfficerSignature, ...] = ()


def statement_bytes(decision: Decision) -> bytes:
    """Return what the officers sign; the signatures are not part of it.

    Raises:
        AnzhengError: DECISION_SYNTAX, for a decision that `decode` would refuse.
    """
    data = canonical.dumps(_value(decision))
    _read(canonical.loads(data, max_bytes=MAX_DECISION_BYTES), signed=False)
    return PREFIX + data


def digest(decision: Decision) -> Digest:
    """Return what the chain holds of a decision: SHA-256 of `statement_bytes`.

    Raises:
        AnzhengError: DECISION_SYNTAX.
    """
    return Digest(sha256(statement_bytes(decision)).digest())


def encode(decision: Decision) -> bytes:
    """Return the decision with its signatures as canonical JSON.

    Raises:
        AnzhengError: DECISION_SYNTAX, for a decision that `decode` would refuse.
    """
    value = _value(decision)
    value["signatures"] = [signature_value(signature) for signature in decision.signatures]
    data = canonical.dumps(value)
    if decode(data) != decision:
        raise AnzhengError(Code.DECISION_SYNTAX, "the decision does not read back as itself")
    return data


def decode(data: bytes) -> Decision:
    """Read a decision; its signatures are not verified.

    Raises:
        AnzhengError: TOO_LARGE, JSON_SYNTAX, JSON_NOT_CANONICAL, SCHEMA_UNKNOWN, DECISION_SYNTAX.
    """
    return _read(canonical.loads(data, max_bytes=MAX_DECISION_BYTES), signed=True)


def _value(decision: Decision) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "registry": decision.registry,
        "authority": decision.authority,
        "word": int(decision.word),
        "subjects": [_subject_value(subject) for subject in decision.subjects],
        "decided_at": moment_text(decision.decided_at),
        "effective_from": decision.effective_from.isoformat(),
        "ground": decision.ground,
    }
    if decision.until is not None:
        value["until"] = decision.until.isoformat()
    if decision.document_no:
        value["document_no"] = decision.document_no
    return value


def _subject_value(subject: DecisionSubject) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = {"index": subject.index, "leaf": subject.leaf.hex()}
    if subject.successor is not None:
        value["successor"] = subject.successor.hex()
    return value


def _read(value: JsonValue, *, signed: bool) -> Decision:
    fields = Fields(value, where="decision", code=Code.DECISION_SYNTAX)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    decision = Decision(
        registry=RegistryId(fields.text("registry", max_chars=MAX_NAME)),
        authority=AuthorityId(fields.text("authority", max_chars=MAX_NAME)),
        word=StatusWord(fields.integer("word", low=min(StatusWord), high=max(StatusWord))),
        subjects=fields.objects("subjects", _subject, max_items=MAX_SUBJECTS, min_items=1),
        decided_at=fields.moment("decided_at"),
        effective_from=fields.day("effective_from"),
        until=fields.optional("until", fields.day),
        document_no=fields.optional(
            "document_no", lambda key: fields.text(key, max_chars=MAX_DOCUMENT_NO)
        )
        or "",
        ground=fields.text("ground", max_chars=MAX_GROUND),
        signatures=(
            fields.objects("signatures", read_signature, max_items=MAX_SIGNATURES) if signed else ()
        ),
    )
    fields.end()
    _check(decision)
    return decision


def _subject(fields: Fields) -> DecisionSubject:
    successor = fields.optional("successor", lambda key: fields.hexed(key, _LEAF_BYTES))
    return DecisionSubject(
        index=StatusIndex(fields.integer("index", high=MAX_STATUS_INDEX)),
        leaf=Leaf(fields.hexed("leaf", _LEAF_BYTES)),
        successor=None if successor is None else Leaf(successor),
    )


def _check(decision: Decision) -> None:
    """Refuse what no honest decision says; whether it may stand, the domain's rules judge."""
    superseded = decision.word is StatusWord.SUPERSEDED
    indices = [subject.index for subject in decision.subjects]
    officers = [signature.officer for signature in decision.signatures]
    wrong = {
        "authority": not is_authority(decision.authority),
        "registry": not is_registry(decision.registry),
        "subjects": indices != sorted(set(indices)),
        "successor": any(
            (subject.successor is not None) is not superseded for subject in decision.subjects
        ),
        "until": (decision.until is not None) is not (decision.word is StatusWord.SUSPENDED)
        or (decision.until is not None and decision.until < decision.effective_from),
        "decided_at": decision.decided_at.year < FIRST_DECISION_YEAR,
        "document_no": not decision.document_no and not superseded,
        "signatures": len(set(officers)) != len(officers),
    }
    for field, is_wrong in wrong.items():
        if is_wrong:
            raise AnzhengError(
                Code.DECISION_SYNTAX, f"decision.{field} is not as it must be", field=field
            )
