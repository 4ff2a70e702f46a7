"""The release statement: which exact licences two officers let go out.

The officers sign `statement_bytes`: a domain prefix and the canonical JSON of everything but the
signatures, so over the ordered SHA-256 of each `licence.json`. A statement travels with its
signatures; who the officers are and that they are two is decided by the signer, which has their
keys pinned.

Standard: DESIGN 3.5.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.cbor_fields import is_authority
from licence.formats.fields import Fields, moment_text
from licence.formats.officers import (
    MAX_SIGNATURES,
    OfficerSignature,
    read_signature,
    signature_value,
)
from licence.ids import AuthorityId, BatchId, Digest

SCHEMA: Final = "anzheng-release/v1"
PREFIX: Final = b"anzheng-release/v1\x00"
"""Stands before what is signed, so that the signature fits nothing else."""
MAX_RELEASE_BYTES: Final = 8 * 1024 * 1024
MAX_LICENCES: Final = 50_000
"""Most licences in one release."""
MAX_NAME: Final = 100
_HEX_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ReleaseStatement:
    """What is released.

    Args:
        authority: The issuing authority of every licence in it.
        batch_id: Name of the release; one name is one statement.
        released_on: When, whole seconds.
        digests: SHA-256 of each `licence.json`, in the order in which they are signed.
        signatures: The officers' signatures.
    """

    authority: AuthorityId
    batch_id: BatchId
    released_on: datetime
    digests: tuple[Digest, ...]
    signatures: tuple[OfficerSignature, ...] = ()


def statement_bytes(statement: ReleaseStatement) -> bytes:
    """Return what the officers sign; the signatures are not part of it.

    Raises:
        AnzhengError: `RELEASE_SYNTAX` for a statement that `decode` would refuse.
    """
    data = canonical.dumps(_statement_value(statement))
    _read(canonical.loads(data, max_bytes=MAX_RELEASE_BYTES), signed=False)
    return PREFIX + data


def encode(statement: ReleaseStatement) -> bytes:
    """Return the statement with its signatures as canonical JSON.

    Raises:
        AnzhengError: `RELEASE_SYNTAX` for a statement that `decode` would refuse.
    """
    value = _statement_value(statement)
    value["signatures"] = [signature_value(one) for one in statement.signatures]
    data = canonical.dumps(value)
    if decode(data) != statement:
        raise AnzhengError(Code.RELEASE_SYNTAX, "the statement does not read back as itself")
    return data


def decode(data: bytes) -> ReleaseStatement:
    """Read a statement; its signatures are not verified.

    Raises:
        AnzhengError: `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`, `SCHEMA_UNKNOWN`,
            `RELEASE_SYNTAX` (a field missing, unknown, twice or out of limits).
    """
    return _read(canonical.loads(data, max_bytes=MAX_RELEASE_BYTES), signed=True)


# ---------------------------------------------------------------- canonical JSON


def _statement_value(statement: ReleaseStatement) -> dict[str, JsonValue]:
    return {
        "schema": SCHEMA,
        "authority": statement.authority,
        "batch_id": statement.batch_id,
        "released_on": moment_text(statement.released_on),
        "digests": [digest.hex() for digest in statement.digests],
    }


def _read(value: JsonValue, *, signed: bool) -> ReleaseStatement:
    fields = Fields(value, where="release", code=Code.RELEASE_SYNTAX)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    statement = ReleaseStatement(
        authority=AuthorityId(fields.text("authority", max_chars=MAX_NAME)),
        batch_id=BatchId(fields.text("batch_id", max_chars=MAX_NAME)),
        released_on=fields.moment("released_on"),
        digests=tuple(
            Digest(bytes.fromhex(text))
            for text in fields.texts(
                "digests", max_items=MAX_LICENCES, min_items=1, pattern=_HEX_DIGEST
            )
        ),
        signatures=(
            fields.objects("signatures", read_signature, max_items=MAX_SIGNATURES) if signed else ()
        ),
    )
    fields.end()
    if not is_authority(statement.authority):
        raise AnzhengError(Code.RELEASE_SYNTAX, "the authority is no code of an authority")
    # Whether two signatures are by two officers is the signer's question; one officer twice is
    # never an honest statement.
    officers = {one.officer for one in statement.signatures}
    if len(officers) != len(statement.signatures):
        raise AnzhengError(Code.RELEASE_SYNTAX, "an officer signed twice")
    return statement
