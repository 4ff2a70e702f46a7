"""Step 7, claim: a one-time code becomes a licence in the wallet, with a certificate of its own.

    (1) the key is made and lies in its file        (4) the file is verified by the Checker
    (2) the claim is sent, bound to key and code    (5) all of it is kept, by one rename
    (3) what came must fit: data, key, licence

After any failure the same command goes on: the same key makes the same claim, and the authority
gives the same answer.

Standard: DESIGN 2 (7).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from licence.domain.text import check_text
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.claim import ClaimAnswer, normal_code
from licence.formats.fields import whole_second
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from wallet.certificate import check_certificate
from wallet.entry import MAX_DESK_CHARACTERS, Kept, make_entry
from wallet.keep import WalletFolder
from wallet.keys import HolderKey
from wallet.ports import Checker, ClaimDesk

GENUINE: Final = (
    CheckName.CONTAINER,
    CheckName.SIGNATURE,
    CheckName.SIGNER,
    CheckName.TIMESTAMP,
    CheckName.DATA,
)
"""Checks that no licence of a real authority fails, whatever its status and anchor are."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought, and what the Checker said of it; no report when there was none."""

    kept: Kept
    report: Report | None


def claim(
    text: str,
    *,
    desk: ClaimDesk,
    desk_name: str,
    folder: WalletFolder,
    password: bytes,
    checker: Checker | None,
    now: datetime,
) -> Claimed:
    """Claim a licence with the one-time code from the receipt.

    Args:
        text: The code, as typed.
        desk: The authority's.
        desk_name: Its URL, one line, to be remembered for later evidence.
        folder: The wallet.
        password: For the key.
        checker: Who verifies the file; None keeps it unverified.
        now: The time.

    Raises:
        AnzhengError: CLAIM_CODE and what else the desk decides; CLAIM_ANSWER, when what it handed
            over does not fit or is no genuine licence (the fact `reason` has the code);
            CLAIM_UNAVAILABLE, KEY_REFUSED, KEY_LOCKED, STORE_FAILED.
    """
    code = normal_code(text)
    check_text(desk_name, "desk", max_chars=MAX_DESK_CHARACTERS)
    # (1) and (2): key and claim.
    key = folder.claim_key(code, password)
    answer = desk.claim(key.claim(code))
    # (3): what came.
    kept = _fitting(answer, key, claimed_at=whole_second(now), desk_name=desk_name)
    # (4): a genuine licence.
    report = checker.check(kept.pdf, kept.evidence) if checker is not None else None
    if report is not None:
        _check_genuine(report, kept)
    # (5): kept.
    folder.keep(kept, code)
    return Claimed(kept, report)


def _fitting(answer: ClaimAnswer, key: HolderKey, *, claimed_at: datetime, desk_name: str) -> Kept:
    try:
        kept = make_entry(
            pdf=answer.pdf,
            data=answer.licence_json,
            evidence=answer.evidence,
            certificates=answer.certificates,
            claimed_at=claimed_at,
            desk=desk_name,
        )
        check_certificate(kept.own, public_key=key.public_key, leaf=kept.leaf, version=kept.version)
    except AnzhengError as error:
        raise _refuse(error.message, error.code) from error
    return kept


def _check_genuine(report: Report, kept: Kept) -> None:
    """Refuse what is certainly no licence; a licence that is suspended or pending is one."""
    if report.verdict is Verdict.FOREIGN:
        raise _refuse("it is no licence of this system", report.code)
    for check in report.checks:
        if check.name in GENUINE and check.state is CheckState.FAILED:
            raise _refuse(f"the check {check.name.value} failed", check.code)
    if report.leaf is not None and report.leaf != kept.leaf:
        raise _refuse("another file was verified", Code.INTERNAL)


def _refuse(message: str, reason: Code) -> AnzhengError:
    return AnzhengError(
        Code.CLAIM_ANSWER,
        f"what the authority handed over was not taken: {message}; nothing is lost, claim again"
        " or ask the authority",
        reason=reason.value,
    )
