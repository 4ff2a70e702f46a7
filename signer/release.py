"""Decide whether a batch was really released: the signer's own check, on its own keys and ledger.

A stolen console can ask for anything; it gets nothing signed that two officers of the authority
have not put their names to, byte for byte.

Standard: DESIGN 2(2), 3.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.officers import (
    OfficerCodes,
    PinnedOfficer,
    SignedStatement,
    check_officers,
)
from licence.formats.release import ReleaseStatement, decode, statement_bytes
from licence.formats.webauthn import Site
from licence.ids import AuthorityId, BatchId, Digest

_CODES: Final = OfficerCodes(
    unknown=Code.RELEASE_OFFICER_UNKNOWN, too_few=Code.RELEASE_TWO_OFFICERS
)
MAX_AHEAD: Final = timedelta(minutes=5)
"""How far an officer's clock may run ahead of ours."""


@dataclass(frozen=True, slots=True)
class ReleasedLicence:
    """One licence of a release: the data, and the exact bytes that were released."""

    version: LicenceVersion
    data: bytes
    digest: Digest


@dataclass(frozen=True, slots=True)
class Release:
    """A release that the signer believes."""

    authority: AuthorityId
    batch_id: BatchId
    licences: tuple[ReleasedLicence, ...]


def check_release(
    statement: bytes,
    licences: Sequence[bytes],
    *,
    officers: Sequence[PinnedOfficer],
    sites: Sequence[Site] = (),
    now: datetime,
) -> Release:
    """Check a release statement against the licences that came with it.

    1. The statement is read; it is not from the future.
    2. Every signature in it is by a pinned officer of the authority, and good.
    3. They are at least two officers with two keys.
    4. Every digest is computed again from the bytes that will be signed.
    5. Every licence is valid data of this authority; no number and version, no status index twice.

    Args:
        statement: Encoded statement with its signatures.
        licences: The `licence.json` files, in the order of the statement.
        officers: Pinned officers of all authorities of this signer.
        sites: Web sites whose passkeys are believed.
        now: For step 1.

    Raises:
        AnzhengError: RELEASE_… codes, or as `licence.formats.release.decode`.
    """
    parsed = decode(statement)
    if parsed.released_on > now + MAX_AHEAD:
        raise AnzhengError(Code.DATE_IN_FUTURE, "the release is dated in the future")
    signed = SignedStatement(parsed.authority, statement_bytes(parsed), parsed.signatures)
    check_officers(signed, officers, _CODES, sites=sites)
    released = _check_digests(parsed, licences)
    _check_licences(parsed.authority, released)
    return Release(parsed.authority, parsed.batch_id, released)


def _check_digests(
    statement: ReleaseStatement, licences: Sequence[bytes]
) -> tuple[ReleasedLicence, ...]:
    if len(licences) != len(statement.digests):
        raise AnzhengError(
            Code.RELEASE_DIGEST_MISMATCH,
            "the statement speaks of another number of licences",
            released=len(statement.digests),
            given=len(licences),
        )
    released = []
    for row, (data, digest) in enumerate(zip(licences, statement.digests, strict=True), start=1):
        if licence_json.digest(data) != digest:
            raise AnzhengError(
                Code.RELEASE_DIGEST_MISMATCH, "a licence was altered after its release", row=row
            )
        released.append(ReleasedLicence(licence_json.decode(data), data, digest))
    return tuple(released)


def _check_licences(authority: AuthorityId, released: Sequence[ReleasedLicence]) -> None:
    numbers, places = set(), set()
    for row, each in enumerate(released, start=1):
        draft, status = each.version.draft, each.version.status
        if draft.issuer_code != authority:
            raise AnzhengError(
                Code.RELEASE_AUTHORITY, "a licence of another authority in the release", row=row
            )
        if (draft.licence_no, draft.version) in numbers:
            raise AnzhengError(
                Code.RELEASE_VERSION_TAKEN, "a number and version twice in the release", row=row
            )
        if (status.registry, status.index) in places:
            raise AnzhengError(
                Code.RELEASE_INDEX_TAKEN, "a status index twice in the release", row=row
            )
        numbers.add((draft.licence_no, draft.version))
        places.add((status.registry, status.index))
