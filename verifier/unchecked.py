"""The report about something that could not be checked at all: undetermined, never good or bad."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licence.domain.model import Environment
from licence.errors import Code, Fact
from licence.formats.checks import indeterminate
from licence.formats.report import Facts, Report, make_report
from licence.formats.trust_types import TrustBundle
from licence.formats.verdict import REQUIRED, Assurance
from licence.ids import Digest
from verifier.artefacts import Artefact, Ask, CopyFile, NumberText, PdfFile, QrText, ReportFile
from verifier.policy import Policy

_ASSURANCE: Final = {
    PdfFile: Assurance.FULL,
    CopyFile: Assurance.DATA,
    QrText: Assurance.PRINT,
    NumberText: Assurance.REGISTRY_WORD,
    ReportFile: Assurance.REPORT,
}


@dataclass(frozen=True, slots=True)
class Believed:
    """What a report says about the trust bundle.

    Attributes:
        environment: Of the bundle.
        bundle_version: Its version; None when none could be loaded.
    """

    environment: Environment = Environment.PRODUCTION
    bundle_version: int | None = None

    @classmethod
    def of(cls, bundle: TrustBundle) -> "Believed":
        """Return what is said about a bundle."""
        return cls(bundle.environment, bundle.version)


def unchecked(
    artefact: Artefact, ask: Ask, code: Code, believed: Believed, *facts: tuple[str, Fact]
) -> Report:
    """Return the report that says why nothing was found out.

    Args:
        artefact: What was handed over.
        ask: How it was to be verified.
        code: Why it was not; a code that makes nothing invalid.
        believed: Environment and version of the trust bundle, as far as they are known.
        facts: What is known about the reason.
    """
    assurance = _ASSURANCE[type(artefact)]
    required = REQUIRED[assurance]
    return make_report(
        [indeterminate(required[0], code, *facts)],
        assurance=assurance,
        required=required,
        checked_at=ask.now,
        on=ask.day,
        environment=believed.environment,
        policy=policy_facts(ask.policy, online=ask.online is not None),
        bundle_version=believed.bundle_version,
        file_sha256=Digest(sha256(bytes_of(artefact)).digest()),
    )


def bytes_of(artefact: Artefact) -> bytes:
    """Return the bytes by which a report names an artefact."""
    if isinstance(artefact, QrText | NumberText):
        return artefact.text.encode("utf-8", "surrogatepass")
    return artefact.data


def policy_facts(policy: Policy, *, online: bool) -> Facts:
    """Return what a report says about the rules by which a verdict was taken."""
    return (
        ("name", policy.name),
        ("accept_stale_hours", policy.accept_stale_hours),
        ("referee", policy.referee.value),
        ("online", online),
    )
