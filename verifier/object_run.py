"""What the checks of copies, codes and numbers have in common: results, facts, the report."""

from dataclasses import dataclass, field
from typing import Final

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckResult, CheckState, indeterminate, skipped
from licence.formats.qr import Printed, short_scope
from licence.formats.report import Facts, Report, make_report
from licence.formats.short_code import short_code, short_code_of
from licence.formats.trust_types import Authority
from licence.formats.verdict import REQUIRED, Assurance
from licence.ids import Digest, Leaf
from verifier.artefacts import Ask
from verifier.checks.outcome import not_passed
from verifier.ports import TrustView
from verifier.standing import Standing

_OF_A_LICENCE: Final = tuple(name for name in CheckName if name is not CheckName.REPORTED)


@dataclass(slots=True)
class ObjectRun:
    """One verification of something that is no file.

    Attributes:
        trust: Whom we believe.
        ask: How it is to be verified.
        digest: SHA-256 of what was handed over.
        assurance: How much a `valid` will say.
        results: The checks so far.
        facts: What is to be compared with the paper, once it is proved.
        leaf: Identity of the licence, once it is proved.
        licence: Its data, once they are proved.
    """

    trust: TrustView
    ask: Ask
    digest: Digest
    assurance: Assurance
    results: dict[CheckName, CheckResult] = field(default_factory=dict)
    facts: Facts = ()
    leaf: Leaf | None = None
    licence: LicenceVersion | None = None
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        ask = self.ask
        self.standing = Standing(
            self.trust, ask.policy, ask.now, ask.memory, ask.online, ask.chain_proof
        )

    def add(self, result: CheckResult) -> bool:
        """Put a result into the report, and say whether it passed."""
        self.results[result.name] = result
        return result.state is CheckState.PASSED

    def refuse(self, name: CheckName, error: AnzhengError, *, standard: str) -> None:
        """Put the result of a check that ended with an error into the report."""
        self.add(not_passed(name, error, *error.facts.items(), standard=standard))

    def broke(self, error: Exception) -> None:
        """Say that the verifier itself failed; nothing is said about the artefact."""
        first = REQUIRED[self.assurance][0]
        self.add(indeterminate(first, Code.INTERNAL, ("reason", repr(error)[:200])))

    def report(self) -> Report:
        """Return the report; a check that was not made stands in it as skipped."""
        status = self.results.get(CheckName.STATUS)
        as_of = status.fact("list_issued_at") if status is not None else None
        policy = self.ask.policy
        return make_report(
            [self.results.get(name) or skipped(name) for name in _OF_A_LICENCE],
            assurance=self.assurance,
            required=REQUIRED[self.assurance],
            checked_at=self.ask.now,
            on=self.ask.day,
            environment=self.trust.bundle.environment,
            facts=(*self.facts, *((("status_as_of", as_of),) if as_of is not None else ())),
            policy=(
                ("name", policy.name),
                ("accept_stale_hours", policy.accept_stale_hours),
                ("online", self.ask.online is not None),
            ),
            bundle_version=self.trust.bundle.version,
            file_sha256=self.digest,
            leaf=self.leaf,
            licence=self.licence,
        )


def facts_of_version(version: LicenceVersion, data: bytes, authority: Authority) -> Facts:
    """Return what a person compares with the paper, from `licence.json`."""
    draft = version.draft
    return (
        ("licence_no", draft.licence_no),
        ("enterprise_name", draft.enterprise_name),
        ("uscc", draft.uscc),
        ("issuer", authority.name),
        ("licence_type", draft.licence_type),
        ("scope", short_scope([item.name for item in draft.scope])),
        ("issued_on", draft.issued_on.isoformat()),
        ("valid_from", draft.valid_from.isoformat()),
        ("valid_to", draft.valid_to.isoformat()),
        ("kind", draft.kind.value),
        ("version", draft.version),
        ("short_code", short_code(data)),
    )


def facts_of(said: Printed, authority: Authority) -> Facts:
    """Return what a person compares with the paper."""
    return (
        ("licence_no", said.licence_no),
        ("enterprise_name", said.enterprise_name),
        ("uscc", said.uscc),
        ("issuer", authority.name),
        ("licence_type", said.licence_type),
        ("scope", said.scope),
        ("issued_on", said.issued_on.isoformat()),
        ("valid_from", said.valid_from.isoformat()),
        ("valid_to", said.valid_to.isoformat()),
        ("kind", said.kind.value),
        ("version", said.version),
        ("short_code", short_code_of(said.licence_digest)),
    )
