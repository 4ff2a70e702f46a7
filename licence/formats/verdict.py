"""The one table of verdicts: words, colour, exit code, and how checks become a verdict.

Words of the page, HTTP body, colour and exit code are all read from here, so that no two places can
differ about what a code means.

Standard: DESIGN 4.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from types import MappingProxyType

from licence.errors import Code
from licence.formats.checks import CHECK_ORDER, CheckName, CheckResult, CheckState


@unique
class Verdict(StrEnum):
    """What a verification comes to."""

    VALID = "valid"
    INVALID = "invalid"
    UNDETERMINED = "undetermined"
    FOREIGN = "foreign"


@unique
class Assurance(StrEnum):
    """How much a `valid` says, by what was presented (DESIGN 4, table)."""

    FULL = "full"
    DATA = "data"
    PRESENTER = "presenter"
    PRINT = "print"
    REGISTRY_WORD = "registry-word"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Words:
    """How something is said to people, Chinese first."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One row of the table."""

    words: Words
    colour: str
    exit_code: int


EXIT_USAGE = 3
"""Exit code for a command that was called wrongly; the verdicts have 0, 1, 2 and 4."""

TABLE: Mapping[Verdict, VerdictRow] = MappingProxyType(
    {
        Verdict.VALID: VerdictRow(Words("有效", "valid"), "green", 0),
        Verdict.INVALID: VerdictRow(Words("无效", "invalid"), "red", 1),
        Verdict.UNDETERMINED: VerdictRow(Words("不能确定", "undetermined"), "amber", 2),
        Verdict.FOREIGN: VerdictRow(
            Words("非本系统证照", "not a licence of this system"), "grey", 4
        ),
    }
)

ASSURANCE_WORDS: Mapping[Assurance, Words] = MappingProxyType(
    {
        Assurance.FULL: Words("文件已全面核验", "file fully checked"),
        Assurance.DATA: Words("数据已证实,未见页面", "data proved, page not seen"),
        Assurance.PRESENTER: Words(
            "持有人已证实,未核验文件和锚定", "presenter proved; file and anchor not checked"
        ),
        Assurance.PRINT: Words(
            "数据已证实,未核验出示人和纸面", "data proved; presenter and paper not checked"
        ),
        Assurance.REGISTRY_WORD: Words("仅为登记机构答复", "the registry's word only"),
        Assurance.REPORT: Words(
            "核验报告真实;只说明当时的结果", "report genuine; says what was found then"
        ),
    }
)

REQUIRED: Mapping[Assurance, tuple[CheckName, ...]] = MappingProxyType(
    {
        Assurance.FULL: (
            CheckName.CONTAINER,
            CheckName.SIGNATURE,
            CheckName.SIGNER,
            CheckName.TIMESTAMP,
            CheckName.DATA,
            CheckName.ANCHOR,
            CheckName.STATUS,
            CheckName.VALIDITY,
        ),
        Assurance.DATA: (
            CheckName.SIGNATURE,
            CheckName.SIGNER,
            CheckName.TIMESTAMP,
            CheckName.DATA,
            CheckName.ANCHOR,
            CheckName.STATUS,
            CheckName.VALIDITY,
            CheckName.HOLDER,
            CheckName.COPY,
        ),
        Assurance.PRESENTER: (
            CheckName.SIGNATURE,
            CheckName.STATUS,
            CheckName.VALIDITY,
            CheckName.HOLDER,
        ),
        Assurance.PRINT: (CheckName.SIGNATURE, CheckName.STATUS, CheckName.VALIDITY),
        Assurance.REGISTRY_WORD: (CheckName.STATUS, CheckName.VALIDITY),
        Assurance.REPORT: (
            CheckName.CONTAINER,
            CheckName.SIGNATURE,
            CheckName.SIGNER,
            CheckName.TIMESTAMP,
            CheckName.DATA,
            CheckName.VALIDITY,
            CheckName.REPORTED,
        ),
    }
)
"""Checks that must pass before an artefact of this assurance may be called valid."""


@unique
class CodeClass(IntEnum):
    """What a failed check with a code means; the smaller number decides first."""

    FOREIGN = 1
    FORGERY = 2
    FINAL = 3
    UNUSABLE = 4
    MISSING = 5


# A forgery, or a file that is not the one that was issued. The data rules stand here too: no
# authority of ours can have signed `licence.json` that breaks them.
_FORGERY = (
    Code.CONTAINER_STRUCTURE,
    Code.CONTAINER_APPENDED,
    Code.CONTAINER_ACTIVE_CONTENT,
    Code.SIGNATURE_MISSING,
    Code.SIGNATURE_BROKEN,
    Code.SIGNATURE_NOT_CERTIFIED,
    Code.CMS_SYNTAX,
    Code.CMS_NOT_OUR_TEMPLATE,
    Code.CMS_TOO_LARGE,
    Code.DER_SYNTAX,
    Code.ALGORITHM_UNSUPPORTED,
    Code.SIGNER_UNTRUSTED,
    Code.SIGNER_POLICY,
    Code.SIGNER_AUTHORITY,
    Code.SIGNER_NOT_ENTITLED,
    Code.SIGNER_REVOKED,
    Code.SIGNER_DISTRUSTED,
    Code.TIMESTAMP_MISSING,
    Code.TIMESTAMP_BROKEN,
    Code.TIMESTAMP_UNTRUSTED,
    Code.TIMESTAMP_AFTER_BLOCK,
    Code.DATA_INVALID,
    Code.DATA_DIGEST_MISMATCH,
    Code.DATA_PAGE_MISMATCH,
    Code.PAGE_TEXT_MISMATCH,
    Code.QR_SYNTAX,
    Code.QR_SIGNATURE,
    Code.COPY_SYNTAX,
    Code.COPY_BROKEN,
    Code.JSON_SYNTAX,
    Code.JSON_NOT_CANONICAL,
    Code.FIELD_MISSING,
    Code.FIELD_UNKNOWN,
    Code.FIELD_TYPE,
    Code.FIELD_LENGTH,
    Code.FIELD_VALUE,
    Code.TEXT_NOT_NFC,
    Code.TEXT_CONTROL_CHARACTER,
    Code.TEXT_PRIVATE_USE,
    Code.TEXT_CHARACTER_REFUSED,
    Code.GLYPH_OUTLINE,
    Code.USCC_FORMAT,
    Code.USCC_CHECK_DIGIT,
    Code.ELICENCE_ID_FORMAT,
    Code.ELICENCE_ID_CHECK,
    Code.ELICENCE_ID_VERSION,
    Code.ELICENCE_ID_ISSUER,
    Code.LICENCE_NO_FORMAT,
    Code.LICENCE_NO_INDUSTRY,
    Code.LICENCE_NO_TYPE,
    Code.ADDRESS_REGISTERED,
    Code.DATE_FORMAT,
    Code.DATE_ORDER,
    Code.VALIDITY_LENGTH,
    Code.VERSION_CHAIN,
    Code.KIND_RULE,
)

_CLASSES: Mapping[Code, CodeClass] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                Code.NOT_A_LICENCE,
                Code.DATA_MISSING,
                Code.SCHEMA_UNKNOWN,
                Code.REGISTRY_UNKNOWN,
                Code.REPORTED_FOREIGN,
            ),
            CodeClass.FOREIGN,
        ),
        **dict.fromkeys(_FORGERY, CodeClass.FORGERY),
        **dict.fromkeys(
            (
                Code.STATUS_REVOKED,
                Code.STATUS_RESCINDED,
                Code.STATUS_WITHDRAWN,
                Code.STATUS_CANCELLED,
                Code.STATUS_SUPERSEDED,
                Code.STATUS_FINAL,
            ),
            CodeClass.FINAL,
        ),
        **dict.fromkeys(
            (
                Code.STATUS_SUSPENDED,
                Code.EXPIRED,
                Code.NOT_YET_VALID,
                Code.SAMPLE_LICENCE,
                Code.ENVIRONMENT_MISMATCH,
                Code.HOLDER_SYNTAX,
                Code.HOLDER_KEY,
                Code.HOLDER_NONCE,
                Code.HOLDER_AUDIENCE,
                Code.HOLDER_TIME,
                Code.HOLDER_CERTIFICATE,
                Code.COPY_EXPIRED,
                Code.COPY_RECIPIENT,
                Code.COPY_PURPOSE,
                Code.REPORTED_INVALID,
            ),
            CodeClass.UNUSABLE,
        ),
    }
)

ALARMS = frozenset(
    {
        Code.ANCHOR_OVERDUE,
        Code.UNREGISTERED,
        Code.REFEREE_DISAGREES,
        Code.STATUS_CONFLICT,
        Code.STATUS_LIST_REFUSED,
        Code.TRUST_BUNDLE_REFUSED,
    }
)
"""Codes of which the authority is to be told."""


def class_of(code: Code) -> CodeClass:
    """Return what a failed check with `code` means.

    A code that is not named in the table can make nothing valid and nothing invalid: it says that
    something could not be checked.
    """
    return _CLASSES.get(code, CodeClass.MISSING)


def is_alarm(code: Code) -> bool:
    """Say whether the authority is to be told about `code`."""
    return code in ALARMS


def take_verdict(
    checks: Sequence[CheckResult], required: Collection[CheckName]
) -> tuple[Verdict, Code]:
    """Take the verdict from all checks.

    1. Foreign: no data of our schema, or an unknown registry.
    2. Integrity or signer failed: a forgery, whatever status it points at.
    3. A final status.
    4. Suspended, expired, not yet valid, a sample, a wrong presenter.
    5. A required check is missing, or any check could not be carried to an end.
    6. Valid.

    Args:
        checks: All results, in any order.
        required: Checks that must have passed; an empty policy proves nothing.

    Returns:
        The verdict, and the code that decided it: of several in one class the one of the earliest
        check.

    Standard: DESIGN 4.
    """
    ordered = sorted(checks, key=lambda check: CHECK_ORDER[check.name])
    worst = min(
        ((_class_of_check(check), check.code) for check in ordered if _counts(check)),
        key=lambda found: found[0],
        default=None,
    )
    if worst is not None and worst[0] is not CodeClass.MISSING:
        foreign = worst[0] is CodeClass.FOREIGN
        return (Verdict.FOREIGN if foreign else Verdict.INVALID), worst[1]
    missing = worst[1] if worst is not None else _first_missing(ordered, required)
    if missing is not None:
        return Verdict.UNDETERMINED, missing
    return Verdict.VALID, Code.OK


def _counts(check: CheckResult) -> bool:
    return check.state in {CheckState.FAILED, CheckState.INDETERMINATE}


def _class_of_check(check: CheckResult) -> CodeClass:
    # "Could not check" is never "bad", whatever code the check gives as its reason.
    if check.state is CheckState.INDETERMINATE:
        return CodeClass.MISSING
    return class_of(check.code)


def _first_missing(ordered: Sequence[CheckResult], required: Collection[CheckName]) -> Code | None:
    if not required:
        return Code.NOT_CHECKED
    for name in sorted(required, key=CHECK_ORDER.__getitem__):
        found = [check for check in ordered if check.name is name]
        if not found:
            return Code.NOT_CHECKED
        for check in found:
            if check.state is not CheckState.PASSED:
                return check.code
    return None


def worst_exit(codes: Iterable[int]) -> int:
    """Return the exit code for several files: the worst of 1 > 2 > 4 > 0.

    A usage error (3) among them, or no file at all, is a usage error of the whole command.
    """
    seen = set(codes)
    if not seen or not seen <= {0, 1, 2, 4}:
        return EXIT_USAGE
    return next(code for code in (1, 2, 4, 0) if code in seen)
