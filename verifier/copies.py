"""Verify a limited copy: what a file proves, without its page, and the limits that it was given.

    (2) signature: the authority's CMS, over data and a page that is not here
    (5) data: digest, licence.json       (6) anchor: copy, registry
    (3) (4) trust at the proved times    (7) status   (8) validity
    (9) holder: certificate              (10) the holder's signature, and the limits

Standard: DESIGN 4, table of artefacts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from licence.domain.model import LicenceVersion
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.checks import CheckName, CheckResult, CheckState, passed
from licence.formats.cms import CmsParts
from licence.formats.copy_file import (
    LimitedCopy,
    decode_copy,
    parts_of_copy,
    revocation_values,
)
from licence.formats.leaf import leaf_of_cms
from licence.formats.report import Report
from licence.formats.short_code import short_code
from licence.formats.trust_types import Authority, Registry, TrustBundle
from licence.formats.verdict import Assurance
from licence.ids import Digest, Leaf
from verifier.anchored import find_anchor
from verifier.artefacts import Ask
from verifier.chain_of_trust import Path
from verifier.checks import c09_holder, c10_copy
from verifier.checks.c02_signature import STANDARD as SIGNATURE_STANDARD
from verifier.checks.c02_signature import check_value
from verifier.checks.c03_signer import check_signer, find_signer
from verifier.checks.c04_timestamp import check_timestamp, read_token
from verifier.checks.c05_data import STANDARD as DATA_STANDARD
from verifier.checks.c05_data import read_data
from verifier.checks.c06_anchor import Candidate
from verifier.checks.c09_holder import HolderCertificate, Holding, check_certificate
from verifier.checks.c10_copy import CopyUse, check_copy_limits
from verifier.checks.outcome import not_passed
from verifier.memory import Memory
from verifier.object_run import ObjectRun
from verifier.pades.structure import Structure
from verifier.ports import TrustView
from verifier.timestamp_token import Token

_PROOF: Final = (
    CheckName.SIGNATURE,
    CheckName.SIGNER,
    CheckName.TIMESTAMP,
    CheckName.DATA,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """What the authority signed, whoever the authority is."""

    copy: LimitedCopy
    parts: CmsParts
    structure: Structure
    path: Path
    leaf: Leaf
    token: Token
    licence: LicenceVersion


def check_copy(data: bytes, trust: TrustView, ask: Ask) -> tuple[Report, Memory]:
    """Verify a limited copy."""
    run = ObjectRun(trust, ask, Digest(sha256(data).digest()), Assurance.DATA)
    try:
        _check(run, data)
    except Exception as error:  # noqa: BLE001 - a copy that breaks the verifier is never valid
        run.broke(error)
    return run.report(), run.standing.learned


def _check(run: ObjectRun, data: bytes) -> None:
    try:
        copy = decode_copy(data)
    except AnzhengError as error:
        run.refuse(CheckName.COPY, error, standard=c10_copy.STANDARD)
        return
    if not _is_ours(copy, run.trust.bundle):
        stranger = AnzhengError(Code.NOT_A_LICENCE, "a copy of no licence that is known here")
        run.refuse(CheckName.DATA, stranger, standard=DATA_STANDARD)
        return
    signed = _signed(run, copy)
    if signed is None:
        return
    run.leaf = signed.leaf
    moments = _proofs(run, signed)
    if run.results[CheckName.SIGNER].state is CheckState.PASSED:
        run.licence = signed.licence
    _in_force(run, signed, moments)
    if all(run.results[name].state is CheckState.PASSED for name in _PROOF):
        run.standing.saw_time(max(moments))


def _is_ours(copy: LimitedCopy, bundle: TrustBundle) -> bool:
    """Say whether a copy claims to be of a registry that we know; then it is ours, or forged."""
    try:
        version = licence_json.decode(copy.licence_json)
    except AnzhengError as error:
        return error.code is not Code.SCHEMA_UNKNOWN
    return bundle.registry(version.status.registry) is not None


# ---------------------------------------------------------------- (2) (3) (5): what was signed


def _signed(run: ObjectRun, copy: LimitedCopy) -> Signed | None:
    """Read the authority's signature and the data, as far as they hold."""
    bundle = run.trust.bundle
    try:
        parts = parts_of_copy(copy)
        check_value(parts)
        leaf = leaf_of_cms(parts.message_digest, parts)
        structure = _structure(copy, parts)
    except AnzhengError as error:
        run.refuse(CheckName.SIGNATURE, error, standard=SIGNATURE_STANDARD)
        return None
    run.add(
        passed(
            CheckName.SIGNATURE,
            ("algorithm", parts.algorithm.name),
            ("byte_range_sha256", parts.message_digest.hex()),
            standard=SIGNATURE_STANDARD,
        )
    )
    result, path = find_signer(parts, bundle)
    if result is not None or path is None:
        run.results |= {result.name: result} if result is not None else {}
        return None
    token_result, token = read_token(parts, structure)
    data_result, licence = read_data(copy.licence_json, parts, bundle)
    for early in (token_result, data_result):
        if early is not None:
            run.add(early)
    if token is None or licence is None:
        return None
    return Signed(copy, parts, structure, path, leaf, token, licence)


def _structure(copy: LimitedCopy, parts: CmsParts) -> Structure:
    """Return what the signed file has beside its page: the token carries it too."""
    crls, ocsps = revocation_values(parts.timestamp_token or b"")
    return Structure(copy.licence_json, (*parts.certificates, *copy.chain), crls, ocsps)


# ---------------------------------------------------------------- (3) to (6): by whom, when


def _proofs(run: ObjectRun, signed: Signed) -> Sequence[datetime]:
    bundle, copy, licence = run.trust.bundle, signed.copy, signed.licence
    draft = licence.draft
    run.add(
        passed(
            CheckName.DATA,
            ("licence_no", draft.licence_no),
            ("enterprise_name", draft.enterprise_name),
            ("uscc", draft.uscc),
            ("version", draft.version),
            ("licence_json_sha256", sha256(copy.licence_json).hexdigest()),
            ("short_code", short_code(copy.licence_json)),
            ("page_seen", False),
            standard=DATA_STANDARD,
        )
    )
    anchor, anchored = find_anchor(
        signed.leaf,
        licence,
        bundle,
        [Candidate("copy", copy.evidence)] if copy.evidence is not None else [],
        signed_at=signed.token.gen_time,
        now=run.ask.now,
        online=run.ask.online,
    )
    run.add(anchor)
    block_time = anchored.block_time if anchored is not None else None
    run.add(check_timestamp(signed.token, signed.structure, bundle, block_time))
    moments = (signed.token.gen_time, *(() if block_time is None else (block_time,)))
    run.add(check_signer(signed.path, signed.parts, signed.structure, draft, bundle, moments))
    return moments


# ---------------------------------------------------------------- (7) to (10): in force


def _in_force(run: ObjectRun, signed: Signed, moments: Sequence[datetime]) -> None:
    bundle, licence = run.trust.bundle, signed.licence
    authority = bundle.authority(licence.draft.issuer_code)
    registry = bundle.registry(licence.status.registry)
    if authority is None or registry is None:
        return
    day, draft = run.ask.day, licence.draft
    status = run.standing.status(licence.status, authority, registry, moments, on=day)
    run.add(status)
    run.add(run.standing.validity(draft.kind, draft.valid_from, draft.valid_to, status, on=day))
    certificate = _holder(run, signed, authority, status)
    if certificate is None:
        return
    _key_in_force(run, certificate, authority, registry, moments)
    ask = run.ask
    if ask.wants_holder and run.results[CheckName.HOLDER].state is CheckState.PASSED:
        # It was made at another time, for whoever has it: nobody presents himself by it.
        run.add(c09_holder.not_answered(*run.results[CheckName.HOLDER].facts))
    use = CopyUse(ask.now, ask.day, ask.recipient, ask.purpose)
    limits = check_copy_limits(signed.copy, certificate.public_key, use)
    run.add(c09_holder.at_our_clock(limits, status))


def _holder(
    run: ObjectRun, signed: Signed, authority: Authority, status: CheckResult
) -> HolderCertificate | None:
    holding = Holding(
        leaf=signed.leaf,
        registry=signed.licence.status.registry,
        uscc=signed.licence.draft.uscc,
        authority=authority,
        bundle=run.trust.bundle,
        now=run.ask.now,
    )
    try:
        return check_certificate(signed.copy.certificates, holding)
    except AnzhengError as error:
        result = not_passed(CheckName.HOLDER, error, standard=c09_holder.STANDARD)
        run.add(c09_holder.at_our_clock(result, status))
        return None


def _key_in_force(
    run: ObjectRun,
    certificate: HolderCertificate,
    authority: Authority,
    registry: Registry,
    moments: Sequence[datetime],
) -> None:
    """Ask for the status of the key as of today: that the copy was made earlier, nobody proves."""
    found = passed(
        CheckName.HOLDER,
        ("certificate_sha256", certificate.sha256.hex()),
        ("status_index", certificate.status.index),
        standard=c09_holder.STANDARD,
    )
    today = shanghai_date(run.ask.now)
    own = run.standing.status(certificate.status, authority, registry, moments, on=today)
    run.add(c09_holder.with_status(found, own))
