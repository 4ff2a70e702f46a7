"""The report of a verification: all checks, and the verdict that follows from them.

`encode` writes canonical JSON. What a person reads (words, colour, notice) is derived from the one
verdict table, so a reader may trust the words as much as the verdict.

Standard: DESIGN 4; research wallet 4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from licence.domain.model import Environment, LicenceVersion
from licence.errors import AnzhengError, Code, Fact
from licence.formats import canonical, licence_json
from licence.formats.canonical import JsonValue
from licence.formats.checks import CheckName, CheckResult, CheckState
from licence.formats.fields import Fields, moment_text, whole_second
from licence.formats.verdict import TABLE, Assurance, Verdict, take_verdict
from licence.ids import Digest, Leaf

__all__ = [
    "MAX_REPORT_BYTES",
    "NOTICE",
    "SCHEMA",
    "CheckName",
    "CheckResult",
    "CheckState",
    "Report",
    "decode",
    "encode",
    "make_report",
]

SCHEMA = "anzheng-report/v1"
MAX_REPORT_BYTES = 512 * 1024
NOTICE = "示例,无法律效力 / Sample, no legal effect"
"""Stands in every report about the test environment."""

_MAX_CHECKS = 64
_MAX_NOTES = 64
_MAX_FACTS = 200
_DIGEST_BYTES = 32
_FACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)

Facts = tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found.

    Args:
        verdict: Taken from `checks` and `required`; nothing else can stand here.
        code: The code that decided.
        assurance: How much a `valid` says.
        required: Checks that had to pass.
        checks: All results, in the order of the checks.
        facts: What is worth knowing about the whole: issuer, times, block.
        policy: Settings that ruled, such as `accept_stale_hours`.
        checked_at: When the verification was made (`now`), whole seconds.
        on: The date asked about.
        environment: Environment of the trust bundle that was used.
        bundle_version: Version of that bundle; None if none could be loaded.
        file_sha256: Digest of the whole file, to find it again; no identity (DESIGN 3.1).
        leaf: Identity of the licence, once the signature was read.
        licence: What the licence says, only if its data was proved by the signature.

    Raises:
        AnzhengError: `INTERNAL` if the verdict does not follow from the checks.
    """

    verdict: Verdict
    code: Code
    assurance: Assurance
    required: tuple[CheckName, ...]
    checks: tuple[CheckResult, ...]
    facts: Facts
    policy: Facts
    checked_at: datetime
    on: date
    environment: Environment
    bundle_version: int | None = None
    file_sha256: Digest | None = None
    leaf: Leaf | None = None
    licence: LicenceVersion | None = None

    def __post_init__(self) -> None:
        if take_verdict(self.checks, self.required) != (self.verdict, self.code):
            raise AnzhengError(
                Code.INTERNAL, "the verdict does not follow from the checks", code_given=self.code
            )

    def __bool__(self) -> NoReturn:
        raise AnzhengError(
            Code.INTERNAL, "a report is not true or false; ask `verdict` or call `require()`"
        )

    @property
    def exit_code(self) -> int:
        """Exit code of the command line for this verdict."""
        return TABLE[self.verdict].exit_code

    @property
    def notice(self) -> str | None:
        """What must stand on every page about this report, or None in production."""
        of_licence = self.licence.draft.environment if self.licence is not None else None
        return NOTICE if Environment.TEST in {self.environment, of_licence} else None

    def check(self, name: CheckName) -> CheckResult | None:
        """Return the first result of this check, or None if it was not made."""
        return next((check for check in self.checks if check.name is name), None)

    def require(self) -> None:
        """Do nothing if the verdict is valid.

        Raises:
            AnzhengError: With the deciding code, for every other verdict.
        """
        if self.verdict is not Verdict.VALID:
            raise AnzhengError(
                self.code,
                f"not valid: {self.verdict}; see the checks of the report",
                verdict=self.verdict.value,
            )


def make_report(  # noqa: PLR0913 - one argument for each field of the report
    checks: Sequence[CheckResult],
    *,
    assurance: Assurance,
    required: Sequence[CheckName],
    checked_at: datetime,
    on: date,
    environment: Environment,
    facts: Facts = (),
    policy: Facts = (),
    bundle_version: int | None = None,
    file_sha256: Digest | None = None,
    leaf: Leaf | None = None,
    licence: LicenceVersion | None = None,
) -> Report:
    """Take the verdict and make the report; `required` is `verdict.REQUIRED[assurance]` or more."""
    verdict, code = take_verdict(checks, required)
    return Report(
        verdict=verdict,
        code=code,
        assurance=assurance,
        required=tuple(required),
        checks=tuple(checks),
        facts=facts,
        policy=policy,
        checked_at=whole_second(checked_at),
        on=on,
        environment=environment,
        bundle_version=bundle_version,
        file_sha256=file_sha256,
        leaf=leaf,
        licence=licence,
    )


def encode(report: Report) -> bytes:
    """Return the report as canonical JSON (`docs/formats/report.md`).

    Raises:
        AnzhengError: `FIELD_VALUE` if a fact's name is not lower-case snake case or stands twice.
    """
    row = TABLE[report.verdict]
    value: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "code": report.code.value,
        "words": {"zh": row.words.zh, "en": row.words.en},
        "colour": row.colour,
        "exit_code": row.exit_code,
        "assurance": report.assurance.value,
        "required": [name.value for name in report.required],
        "checks": [_check_value(check) for check in report.checks],
        "facts": _facts_value(report.facts),
        "policy": _facts_value(report.policy),
        "checked_at": moment_text(report.checked_at),
        "on": report.on.isoformat(),
        "environment": report.environment.value,
    }
    optional: dict[str, JsonValue] = {
        "notice": report.notice,
        "bundle_version": report.bundle_version,
        "file_sha256": report.file_sha256.hex() if report.file_sha256 is not None else None,
        "leaf": report.leaf.hex() if report.leaf is not None else None,
        "licence": _licence_value(report.licence) if report.licence is not None else None,
    }
    value.update({key: part for key, part in optional.items() if part is not None})
    return canonical.dumps(value)


def _licence_value(licence: LicenceVersion) -> JsonValue:
    return canonical.loads(licence_json.encode(licence), max_bytes=licence_json.MAX_BYTES)


def _facts_value(facts: Facts) -> JsonValue:
    value: dict[str, JsonValue] = {}
    for name, fact in facts:
        if _FACT_NAME.fullmatch(name) is None or name in value:
            raise AnzhengError(
                Code.FIELD_VALUE, f"fact name {name!r} is twice there or no snake case", field=name
            )
        value[name] = fact
    return value


def _check_value(check: CheckResult) -> JsonValue:
    return {
        "name": check.name.value,
        "state": check.state.value,
        "code": check.code.value,
        "facts": _facts_value(check.facts),
        "notes": [note.value for note in check.notes],
        "standard": check.standard,
    }


def decode(data: bytes) -> Report:
    """Read a report back; facts come in the order of their names.

    Raises:
        AnzhengError: `REPORT_SYNTAX` if it is not one of ours or its verdict does not follow from
            its checks, `SCHEMA_UNKNOWN` for another version, or a code of `canonical.loads`.
    """
    value = canonical.loads(data, max_bytes=MAX_REPORT_BYTES)
    fields = Fields(value, where="report", code=Code.REPORT_SYNTAX)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    try:
        report = _read(fields)
    except AnzhengError as exc:
        raise AnzhengError(Code.REPORT_SYNTAX, exc.message, **exc.facts) from exc
    # Words, colour, exit code and notice are derived: whoever changed one of them is found here.
    if encode(report) != data:
        raise AnzhengError(Code.REPORT_SYNTAX, "the report's words do not follow from its verdict")
    return report


def _read(fields: Fields) -> Report:
    for derived in ("words", "colour", "exit_code"):
        fields.value(derived)
    fields.optional("notice", fields.value)
    digest = fields.optional("file_sha256", lambda key: fields.hexed(key, _DIGEST_BYTES))
    leaf = fields.optional("leaf", lambda key: fields.hexed(key, _DIGEST_BYTES))
    report = Report(
        verdict=fields.choice("verdict", Verdict),
        code=fields.choice("code", Code),
        assurance=fields.choice("assurance", Assurance),
        required=tuple(
            CheckName(name)
            for name in fields.texts("required", max_items=len(CheckName), pattern=_CHECK_NAME)
        ),
        checks=fields.objects("checks", _read_check, max_items=_MAX_CHECKS),
        facts=_read_facts(fields.fields("facts")),
        policy=_read_facts(fields.fields("policy")),
        checked_at=fields.moment("checked_at"),
        on=fields.day("on"),
        environment=fields.choice("environment", Environment),
        bundle_version=fields.optional("bundle_version", fields.integer),
        file_sha256=Digest(digest) if digest is not None else None,
        leaf=Leaf(leaf) if leaf is not None else None,
        licence=fields.optional("licence", lambda key: _read_licence(fields.value(key))),
    )
    fields.end()
    return report


_CHECK_NAME = re.compile("|".join(CheckName))
_CODE = re.compile("|".join(Code))


def _read_licence(value: JsonValue) -> LicenceVersion:
    return licence_json.decode(canonical.dumps(value))


def _read_check(fields: Fields) -> CheckResult:
    return CheckResult(
        name=fields.choice("name", CheckName),
        state=fields.choice("state", CheckState),
        code=fields.choice("code", Code),
        facts=_read_facts(fields.fields("facts")),
        notes=tuple(
            Code(note) for note in fields.texts("notes", max_items=_MAX_NOTES, pattern=_CODE)
        ),
        standard=_read_standard(fields.value("standard")),
    )


def _read_standard(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise AnzhengError(Code.REPORT_SYNTAX, "the standard of a check is not a text")
    return value


def _read_facts(fields: Fields) -> Facts:
    facts: list[tuple[str, Fact]] = []
    for name, fact in fields.rest().items():
        if len(facts) == _MAX_FACTS or not isinstance(fact, str | int | bool | None):
            raise AnzhengError(
                Code.REPORT_SYNTAX, f"fact {name} is no single value, or one too many", field=name
            )
        facts.append((name, fact))
    return tuple(facts)
