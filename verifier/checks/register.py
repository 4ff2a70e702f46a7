"""The register of the checks: number, module, standard, and every code that each of them can say.

`docs/checks.md` is made from it. A check that says a code which does not stand here is a fault:
`unregistered` finds it, and the tests ask it about every report that they make.

Standard: DESIGN 4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from licence.errors import Code
from licence.formats.checks import CheckName, CheckResult, CheckState
from licence.formats.verdict import CodeClass, class_of
from verifier.checks import (
    c01_container,
    c02_signature,
    c03_signer,
    c04_timestamp,
    c05_data,
    c06_anchor,
    c07_status,
    c08_validity,
    c09_holder,
    c10_copy,
    c11_referee,
)

REPORTED_NUMBER: Final = 12

ANY_CHECK: Final = (
    Code.NOT_CHECKED,
    Code.INTERNAL,
    Code.TOO_LARGE,
    Code.CHECK_CRASHED,
    Code.CHECK_TIMED_OUT,
    Code.CHECK_OUT_OF_MEMORY,
    Code.TRUST_BUNDLE_REFUSED,
    Code.NOT_CHECKED_ON_PHONE,
)
"""What every check may say when it was not made or not carried to its end."""

_RULES: Final = tuple(
    code
    for code in Code
    if class_of(code) is CodeClass.FORGERY
    and code.name.startswith(
        (
            "FIELD_", "TEXT_", "GLYPH_", "USCC_", "ELICENCE_", "LICENCE_NO_", "ADDRESS_",
            "DATE_", "VALIDITY_", "VERSION_", "KIND_", "JSON_",
        )
    )
)  # fmt: skip
"""The rules of licence data, which no authority of ours can have signed away."""


@dataclass(frozen=True, slots=True)
class NumberedCheck:
    """One check.

    Attributes:
        number: Its number, for ever.
        name: What reports call it.
        module: Where it stands in the code.
        standard: What it follows.
        codes: What it can say beside `OK` and `ANY_CHECK`.
        notes: Codes that it tells without changing the verdict.
    """

    number: int
    name: CheckName
    module: str
    standard: str
    codes: tuple[Code, ...]
    notes: tuple[Code, ...] = ()


_ALL: Final = (
    NumberedCheck(
        c01_container.NUMBER,
        CheckName.CONTAINER,
        "c01_container",
        c01_container.STANDARD,
        (
            Code.NOT_A_LICENCE,
            Code.CONTAINER_STRUCTURE,
            Code.CONTAINER_APPENDED,
            Code.CONTAINER_ACTIVE_CONTENT,
            Code.SIGNATURE_MISSING,
        ),
    ),
    NumberedCheck(
        c02_signature.NUMBER,
        CheckName.SIGNATURE,
        "c02_signature",
        c02_signature.STANDARD,
        (
            Code.SIGNATURE_MISSING,
            Code.SIGNATURE_BROKEN,
            Code.SIGNATURE_NOT_CERTIFIED,
            Code.CMS_SYNTAX,
            Code.CMS_NOT_OUR_TEMPLATE,
            Code.CMS_TOO_LARGE,
            Code.DER_SYNTAX,
            Code.ALGORITHM_UNSUPPORTED,
            # Codes and reports are signed too, but not by a signer with a path of certificates.
            Code.QR_SYNTAX,
            Code.QR_SIGNATURE,
            # A code of a closed key, of which the registry knows nothing.
            Code.NOT_FOUND,
            Code.COPY_SYNTAX,
            Code.REPORT_SYNTAX,
            Code.SCHEMA_UNKNOWN,
            Code.NOT_A_LICENCE,
            Code.REGISTRY_UNKNOWN,
            Code.ENVIRONMENT_MISMATCH,
            Code.SIGNER_UNTRUSTED,
            Code.SIGNER_NOT_ENTITLED,
            Code.SIGNER_DISTRUSTED,
            Code.TRUST_BUNDLE_OLD,
        ),
    ),
    NumberedCheck(
        c03_signer.NUMBER,
        CheckName.SIGNER,
        "c03_signer",
        c03_signer.STANDARD,
        (
            Code.SIGNER_UNTRUSTED,
            Code.SIGNER_POLICY,
            Code.SIGNER_AUTHORITY,
            Code.SIGNER_NOT_ENTITLED,
            Code.SIGNER_REVOKED,
            Code.SIGNER_REVOCATION_UNKNOWN,
            Code.SIGNER_DISTRUSTED,
            Code.ALGORITHM_UNSUPPORTED,
            Code.TRUST_BUNDLE_OLD,
            Code.REPORT_SIGNER_UNKNOWN,
        ),
        (Code.KEY_CLOSED_LATER,),
    ),
    NumberedCheck(
        c04_timestamp.NUMBER,
        CheckName.TIMESTAMP,
        "c04_timestamp",
        c04_timestamp.STANDARD,
        (
            Code.TIMESTAMP_MISSING,
            Code.TIMESTAMP_BROKEN,
            Code.TIMESTAMP_UNTRUSTED,
            Code.TIMESTAMP_AFTER_BLOCK,
            Code.REPORT_TIME_UNPROVED,
            Code.SIGNER_REVOCATION_UNKNOWN,
            Code.ALGORITHM_UNSUPPORTED,
            Code.TRUST_BUNDLE_OLD,
            Code.CLOCK_SUSPECT,
        ),
        (Code.TIMESTAMP_GAP, Code.KEY_CLOSED_LATER),
    ),
    NumberedCheck(
        c05_data.NUMBER,
        CheckName.DATA,
        "c05_data",
        c05_data.STANDARD,
        (
            Code.NOT_A_LICENCE,
            Code.DATA_MISSING,
            Code.DATA_INVALID,
            Code.DATA_DIGEST_MISMATCH,
            Code.DATA_PAGE_MISMATCH,
            Code.REGISTRY_UNKNOWN,
            Code.SCHEMA_UNKNOWN,
            Code.ENVIRONMENT_MISMATCH,
            Code.TEMPLATE_UNKNOWN,
            Code.GLYPH_UNKNOWN,
            Code.SHORT_CODE_FORMAT,
            Code.SHORT_CODE_CHECK,
            # What the registry says about a number that was typed.
            Code.NOT_FOUND,
            Code.REPORT_SYNTAX,
            *_RULES,
        ),
    ),
    NumberedCheck(
        c06_anchor.NUMBER,
        CheckName.ANCHOR,
        "c06_anchor",
        c06_anchor.STANDARD,
        (
            Code.ANCHOR_ABSENT,
            Code.ANCHOR_PENDING,
            Code.ANCHOR_OVERDUE,
            Code.ANCHOR_PROOF_MISMATCH,
            Code.ANCHOR_WITNESS,
            Code.ANCHOR_CHAIN_MISMATCH,
            Code.UNREGISTERED,
            Code.EVIDENCE_SYNTAX,
            Code.EVIDENCE_TYPE_UNSUPPORTED,
            Code.TREE_PROOF,
            Code.CHECKPOINT_SYNTAX,
            Code.MANIFEST_SYNTAX,
            Code.CBOR_SYNTAX,
            Code.CBOR_NOT_DETERMINISTIC,
            Code.LEAF_SYNTAX,
            Code.RLP_SYNTAX,
            Code.TRIE_PROOF,
            Code.BLOCK_HEADER,
            Code.BLOCK_SEALS,
            Code.VALIDATORS_NOT_PINNED,
        ),
        (Code.ANCHOR_PROOF_MISMATCH, Code.CHAIN_UNAVAILABLE, Code.CHAIN_WRONG),
    ),
    NumberedCheck(
        c07_status.NUMBER,
        CheckName.STATUS,
        "c07_status",
        c07_status.STANDARD,
        (
            Code.STATUS_SUSPENDED,
            Code.STATUS_REVOKED,
            Code.STATUS_RESCINDED,
            Code.STATUS_WITHDRAWN,
            Code.STATUS_CANCELLED,
            Code.STATUS_SUPERSEDED,
            Code.STATUS_FINAL,
            Code.STATUS_STALE,
            Code.STATUS_NOT_AVAILABLE,
            Code.STATUS_LIST_REFUSED,
            Code.STATUS_UNKNOWN_VALUE,
            Code.STATUS_CONFLICT,
            Code.CLOCK_SUSPECT,
            Code.TRUST_BUNDLE_OLD,
            Code.TRUST_UNAVAILABLE,
            Code.CHAIN_PROOF_SYNTAX,
            Code.CHAIN_PROOF_REFUSED,
            Code.CHAIN_PROOF_OTHER,
            Code.BLOCK_SEALS,
            Code.BLOCK_HEADER,
            Code.TRIE_PROOF,
            Code.RLP_SYNTAX,
            Code.VALIDATORS_NOT_PINNED,
            Code.COSE_SYNTAX,
            Code.COSE_SIGNATURE,
            Code.JWT_SYNTAX,
            Code.NOT_FOUND,
            Code.STORE_FAILED,
        ),
        (
            Code.STATUS_AGEING,
            Code.STATUS_BY_CHAIN_PROOF,
            Code.STATUS_LIST_REFUSED,
            Code.CHAIN_PROOF_OTHER,
            Code.CHAIN_UNAVAILABLE,
            Code.CHAIN_WRONG,
        ),
    ),
    NumberedCheck(
        c08_validity.NUMBER,
        CheckName.VALIDITY,
        "c08_validity",
        c08_validity.STANDARD,
        (
            Code.EXPIRED,
            Code.NOT_YET_VALID,
            Code.SAMPLE_LICENCE,
            Code.CLOCK_SUSPECT,
            Code.REPORT_STALE,
            Code.REPORT_OTHER_DATE,
        ),
    ),
    NumberedCheck(
        c09_holder.NUMBER,
        CheckName.HOLDER,
        "c09_holder",
        c09_holder.STANDARD,
        (
            Code.HOLDER_PROOF_MISSING,
            Code.HOLDER_KEY,
            Code.HOLDER_NONCE,
            Code.HOLDER_AUDIENCE,
            Code.HOLDER_TIME,
            Code.HOLDER_CERTIFICATE,
            Code.HOLDER_SYNTAX,
            Code.CLOCK_SUSPECT,
            Code.STATUS_STALE,
            Code.STATUS_NOT_AVAILABLE,
            Code.STATUS_LIST_REFUSED,
            Code.STATUS_UNKNOWN_VALUE,
            Code.STATUS_CONFLICT,
            Code.TRUST_BUNDLE_OLD,
        ),
    ),
    NumberedCheck(
        c10_copy.NUMBER,
        CheckName.COPY,
        "c10_copy",
        c10_copy.STANDARD,
        (
            Code.COPY_SYNTAX,
            Code.COPY_BROKEN,
            Code.COPY_EXPIRED,
            Code.COPY_RECIPIENT,
            Code.COPY_PURPOSE,
            Code.HOLDER_TIME,
            Code.CLOCK_SUSPECT,
            Code.SCHEMA_UNKNOWN,
        ),
    ),
    NumberedCheck(
        c11_referee.NUMBER,
        CheckName.REFEREE,
        "c11_referee",
        c11_referee.STANDARD,
        (Code.REFEREE_DISAGREES,),
    ),
    NumberedCheck(
        REPORTED_NUMBER,
        CheckName.REPORTED,
        "verifier.report_file.read",
        "anzheng-report/v1",
        (
            Code.REPORTED_INVALID,
            Code.REPORTED_UNDETERMINED,
            Code.REPORTED_FOREIGN,
            Code.REPORT_OF_REPORT,
            Code.REPORT_POLICY,
            Code.ENVIRONMENT_MISMATCH,
        ),
    ),
)

REGISTER: Final[Mapping[CheckName, NumberedCheck]] = MappingProxyType(
    {check.name: check for check in _ALL}
)


def unregistered(results: Iterable[CheckResult]) -> tuple[tuple[CheckName, Code], ...]:
    """Return what checks have said that they cannot say, by this register."""
    found = []
    for result in results:
        check = REGISTER[result.name]
        said = {result.code, *result.notes} - {Code.OK, *ANY_CHECK}
        known = {*check.codes, *check.notes}
        if result.state is CheckState.SKIPPED:
            # A check that was not made names the reason of the one that ended it.
            known |= set(Code)
        found += [(result.name, code) for code in sorted(said - known)]
    return tuple(found)
