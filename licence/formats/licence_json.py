"""`licence.json`: the data of one licence version, as it is signed and attached to the PDF.

Canonical JSON; an absent optional field has no key (never null). A reader accepts exactly what
`encode` writes: complete, by every rule that needs no clock, in the one spelling.

Format: docs/formats/licence.md; DESIGN 3.1-3.3.
"""

import hashlib
from typing import Final

from licence.domain import values
from licence.domain.draft_fields import read_draft
from licence.domain.model import (
    Address,
    AnnualReview,
    Attachment,
    Change,
    Draft,
    EconomicType,
    LicenceVersion,
    PageOptions,
    ScopeItem,
    StatusRef,
    Translation,
)
from licence.domain.problem import Problem
from licence.domain.reader import Reader
from licence.domain.rules import timeless_problems
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonObject, JsonValue
from licence.formats.limits import MAX_STATUS_INDEX
from licence.ids import Digest, RegistryId, StatusIndex

SCHEMA: Final = "anzheng-licence/v1"

MAX_BYTES: Final = 256 * 1024
"""Largest `licence.json` in bytes; what the rules allow is smaller (`rules.MAX_LISTED_BYTES`)."""

_REGISTRY: Final = values.pattern(
    "[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", "a registry id of small letters, digits, dots, hyphens"
)


def encode(version: LicenceVersion) -> bytes:
    """Write a licence version.

    Raises:
        AnzhengError: TOO_LARGE, or JSON_SYNTAX if a text cannot be written at all.
    """
    data = canonical.dumps(
        {
            "schema": SCHEMA,
            **_draft(version.draft),
            "status": {"registry": version.status.registry, "index": version.status.index},
        }
    )
    if len(data) > MAX_BYTES:
        raise AnzhengError(
            Code.TOO_LARGE, f"licence.json has more than {MAX_BYTES} bytes", limit=MAX_BYTES
        )
    return data


def decode(data: bytes) -> LicenceVersion:
    """Read a `licence.json`.

    Raises:
        AnzhengError: SCHEMA_UNKNOWN if it names another schema; the code of the first problem if
            a field or rule is broken (fact `field`); TOO_LARGE, JSON_SYNTAX, JSON_NOT_CANONICAL.
    """
    value = canonical.load_object(data, max_bytes=MAX_BYTES)
    if value.get("schema") != SCHEMA:
        raise AnzhengError(Code.SCHEMA_UNKNOWN, f"this is not {SCHEMA}")
    version, problems = _read({key: item for key, item in value.items() if key != "schema"})
    for problem in problems:
        raise AnzhengError(problem.code, problem.message, field=problem.field)
    # What the reader tidies up in a roster (blanks, small letters, number styles) shows here.
    if encode(version) != data:
        raise AnzhengError(Code.JSON_NOT_CANONICAL, "a field is not in its canonical spelling")
    return version


def digest(data: bytes) -> Digest:
    """Return SHA-256 of a `licence.json`: what officers release and the signature covers."""
    return Digest(hashlib.sha256(data).digest())


def _read(value: JsonObject) -> tuple[LicenceVersion, tuple[Problem, ...]]:
    reader = Reader(value, complete=True)
    draft = read_draft(reader)
    status = reader.child("status", _read_status, StatusRef(RegistryId(""), StatusIndex(0)))
    reader.end()
    broken = timeless_problems(draft, unread=reader.failed)
    return LicenceVersion(draft, status), (*reader.problems, *broken)


def _read_status(reader: Reader) -> StatusRef:
    return StatusRef(
        registry=RegistryId(reader.required("registry", _REGISTRY, "")),
        index=StatusIndex(reader.required("index", values.integer(0, MAX_STATUS_INDEX), 0)),
    )


def _draft(draft: Draft) -> dict[str, JsonValue]:
    return _present(
        licence_type=draft.licence_type,
        environment=draft.environment.value,
        licence_no=draft.licence_no,
        elicence_id=draft.elicence_id,
        version=draft.version,
        kind=draft.kind.value,
        industry=draft.industry.value,
        enterprise_name=draft.enterprise_name,
        uscc=draft.uscc,
        principal=draft.principal,
        legal_representative=draft.legal_representative,
        addresses=[_address(item) for item in draft.addresses],
        economic_type=_economic_type(draft.economic_type),
        scope=[_scope_item(item) for item in draft.scope],
        first_issued=draft.first_issued.isoformat(),
        issued_on=draft.issued_on.isoformat(),
        valid_from=draft.valid_from.isoformat(),
        valid_to=draft.valid_to.isoformat(),
        issuer=draft.issuer,
        issuer_code=draft.issuer_code,
        issuer_level=draft.issuer_level.value,
        delegated_by=draft.delegated_by,
        supersedes=draft.supersedes,
        renewal_no=draft.renewal_no,
        change_no=draft.change_no,
        reissue_no=draft.reissue_no,
        annual_reviews=[_annual_review(item) for item in draft.annual_reviews],
        attachments=[_attachment(item) for item in draft.attachments],
        translation=None if draft.translation is None else _translation(draft.translation),
        template=draft.template,
        legal_basis=draft.legal_basis,
        # Absent where they say nothing, so that older files keep their bytes.
        page=None if draft.page == PageOptions() else _page(draft.page),
        changes=[_change(item) for item in draft.changes] or None,
        glyphs=[{"char": item.char, "outline": item.outline} for item in draft.glyphs] or None,
    )


def _present(**fields: JsonValue) -> dict[str, JsonValue]:
    return {key: value for key, value in fields.items() if value is not None}


def _address(address: Address) -> JsonObject:
    return _present(type=address.type.value, text=address.text, region=address.region)


def _economic_type(economic_type: EconomicType) -> JsonObject:
    return _present(text=economic_type.text, code=economic_type.code)


def _scope_item(item: ScopeItem) -> JsonObject:
    return _present(
        name=item.name,
        capacity=item.capacity,
        unit=item.unit,
        category=item.category,
        risk=item.risk.value,
    )


def _annual_review(review: AnnualReview) -> JsonObject:
    return _present(
        year=review.year,
        result=review.result.value,
        on=None if review.on is None else review.on.isoformat(),
        by=review.by,
    )


def _attachment(attachment: Attachment) -> JsonObject:
    return _present(name=attachment.name, sha256=attachment.sha256.hex())


def _translation(translation: Translation) -> JsonObject:
    return _present(
        lang=translation.lang,
        enterprise_name=translation.enterprise_name,
        principal=translation.principal,
        addresses=translation.addresses,
        economic_type=translation.economic_type,
        scope=translation.scope,
        issuer=translation.issuer,
        note=translation.note,
    )


def _page(page: PageOptions) -> JsonObject:
    return {
        "copies": page.copies,
        "scale": page.scale.value,
        "back": page.back,
        "large_print": page.large_print,
    }


def _change(change: Change) -> JsonObject:
    return {
        "type": change.type.value,
        "before": change.before,
        "after": change.after,
        "on": change.on.isoformat(),
    }
