"""Verify a verification report that somebody handed over: is it genuine, and what does it say?

    (1) container: byte gate                 (1) container: gate on parsed objects
    (2) signature: template, value           (4) timestamp: token, its authority
    (3) signer: is its certificate pinned?   (5) data: attachments, and the pages say what they say
                                             (8) age and date   (7) what our own lists know   (12)

A genuine report says what was found then; it is never more than that. Nothing is parsed by a PDF
library before the signature was found to be that of a pinned verifier. Runs in the plain install.

Standard: DESIGN 4; docs/verification-report.md.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import algorithms, cms, report, report_contents
from licence.formats.checks import (
    CheckName,
    CheckResult,
    CheckState,
    failed,
    indeterminate,
    passed,
    skipped,
)
from licence.formats.report import Facts, Report, make_report
from licence.formats.report_contents import Contents
from licence.formats.verdict import REQUIRED, Assurance
from licence.ids import Digest
from verifier.artefacts import Ask
from verifier.chain_of_trust import load_certificate
from verifier.checks.c01_container import Container, check_container
from verifier.checks.c04_timestamp import check_timestamp
from verifier.checks.c09_holder import not_answered
from verifier.checks.outcome import not_passed
from verifier.memory import Memory
from verifier.pades.page_text import read_pages
from verifier.pades.report_structure import ReportStructure, read_report_structure
from verifier.pades.structure import Structure
from verifier.ports import TrustView
from verifier.report_file.lay_out import lay_out
from verifier.report_file.pages import MAX_REPORT_PAGES, check_pages
from verifier.report_file.reported import Said, check_age, check_own_lists, check_reported, told
from verifier.report_file.seal import maker_name
from verifier.report_file.whole_token import check_whole
from verifier.timestamp_token import Token, verify_token

SIGNATURE_STANDARD: Final = "RFC 5652 5.6, ETSI EN 319 142-1"
SIGNER_STANDARD: Final = "pinned certificate"
DATA_STANDARD: Final = "RFC 8785, ISO 19005-3 6.8"

_ORDER: Final = tuple(REQUIRED[Assurance.REPORT])


def check_report_file(data: bytes, trust: TrustView, ask: Ask) -> tuple[Report, Memory]:
    """Verify a report file.

    Args:
        data: The file, from anywhere.
        trust: Whose timestamps are believed, and which lists we have.
        ask: How; `ask.reporters` are the verifiers whose reports count.

    Returns:
        The report about the report, and what to remember. Nothing is raised for what is wrong.
    """
    run = _Run(data, trust, ask, learned=ask.memory)
    try:
        run.check()
    except Exception as error:  # noqa: BLE001 - a file that breaks the verifier is never valid
        run.add(indeterminate(CheckName.CONTAINER, Code.INTERNAL, ("reason", repr(error)[:200])))
    return run.report(), run.learned


@dataclass(slots=True)
class _Run:
    data: bytes
    trust: TrustView
    ask: Ask
    learned: Memory
    results: dict[CheckName, CheckResult] = field(default_factory=dict)
    facts: Facts = ()

    def add(self, result: CheckResult) -> None:
        self.results[result.name] = result

    def check(self) -> None:
        # (1) and (2): bytes and signature.
        result, container = check_container(self.data)
        self.add(result)
        parts = self._signature(container) if container is not None else None
        # (3): a stranger's report is not even opened.
        if container is None or parts is None or not self._signer(parts):
            return
        # (1) again: parsed objects.
        structure = self._structure(container)
        if structure is None:
            return
        # (4) and (5): time and data.
        gen_time = self._timestamp(parts, structure)
        said = self._data(parts, structure)
        if said is None:
            return
        self.facts = told(said)
        if gen_time is None:
            return
        # (8), (7), (12): only now does it matter what it says.
        age = check_age(said, self.ask, gen_time)
        self.add(age)
        if age.state is not CheckState.PASSED:
            return
        self.learned = self.learned.saw_time(gen_time)
        status = check_own_lists(said, self.trust, self.ask)
        if status is not None:
            self.add(status)
        self.add(check_reported(said, self.trust.bundle.environment, self.ask.policy))
        if self.ask.wants_holder:
            self.add(not_answered())

    def _signature(self, container: Container) -> cms.CmsParts | None:
        try:
            parts = _signed(container)
        except AnzhengError as error:
            self.add(not_passed(CheckName.SIGNATURE, error, standard=SIGNATURE_STANDARD))
            return None
        algorithm = ("algorithm", parts.algorithm.name)
        self.add(passed(CheckName.SIGNATURE, algorithm, standard=SIGNATURE_STANDARD))
        return parts

    def _signer(self, parts: cms.CmsParts) -> bool:
        certificate = parts.signer_certificate
        name = maker_name(load_certificate(certificate))
        facts = (("reporter", name), ("certificate_sha256", sha256(certificate).hexdigest()))
        if certificate not in self.ask.reporters:
            unknown = Code.REPORT_SIGNER_UNKNOWN
            result = indeterminate(CheckName.SIGNER, unknown, *facts, standard=SIGNER_STANDARD)
        else:
            result = passed(CheckName.SIGNER, *facts, standard=SIGNER_STANDARD)
        self.add(result)
        return result.state is CheckState.PASSED

    def _structure(self, container: Container) -> ReportStructure | None:
        try:
            return read_report_structure(self.data, container.byte_range, container.contents)
        except AnzhengError as error:
            self.add(not_passed(CheckName.CONTAINER, error))
            return None

    def _timestamp(self, parts: cms.CmsParts, structure: ReportStructure) -> datetime | None:
        """Return when the report was signed, if somebody trusted says so."""
        if parts.timestamp_token is None:
            # An honest report of a verifier without an authority: not bad, and not enough.
            self.add(indeterminate(CheckName.TIMESTAMP, Code.REPORT_TIME_UNPROVED))
            return None
        try:
            token = verify_token(parts.timestamp_token, parts.signature, structure.certificates)
            check_whole(parts.timestamp_token, structure)
        except AnzhengError as error:
            self.add(not_passed(CheckName.TIMESTAMP, error))
            return None
        result = self._stamped(token, structure)
        self.add(result)
        passes = result.state is CheckState.PASSED and self._was_valid(parts, token.gen_time)
        return token.gen_time if passes else None

    def _stamped(self, token: Token, structure: ReportStructure) -> CheckResult:
        validation = Structure(b"", structure.certificates, structure.crls, structure.ocsps)
        result = check_timestamp(token, validation, self.trust.bundle, None)
        if result.code is not Code.TIMESTAMP_UNTRUSTED:
            return result
        # The verifier chose its authority; that our bundle does not name it proves nothing bad.
        return indeterminate(
            result.name, Code.REPORT_TIME_UNPROVED, *result.facts, standard=result.standard
        )

    def _was_valid(self, parts: cms.CmsParts, at: datetime) -> bool:
        own = load_certificate(parts.signer_certificate)
        if own.not_valid_before_utc <= at <= own.not_valid_after_utc:
            return True
        untrusted = AnzhengError(Code.SIGNER_UNTRUSTED, "the certificate was not valid then")
        facts = self.results[CheckName.SIGNER].facts
        self.add(not_passed(CheckName.SIGNER, untrusted, *facts, standard=SIGNER_STANDARD))
        return False

    def _data(self, parts: cms.CmsParts, structure: ReportStructure) -> Said | None:
        try:
            said = _read(parts, structure)
            pages = read_pages(self.data, most=MAX_REPORT_PAGES)
            check_pages(pages, lay_out(said.contents, said.reports))
        except AnzhengError as error:
            self.add(_data_result(error))
            return None
        facts = (("reports", len(said.reports)), ("pages", len(pages)))
        self.add(passed(CheckName.DATA, *facts, standard=DATA_STANDARD))
        return said

    def report(self) -> Report:
        names = (*_ORDER, *(name for name in self.results if name not in _ORDER))
        checks = [self.results.get(name) or skipped(name) for name in CheckName if name in names]
        policy = self.ask.policy
        return make_report(
            checks,
            assurance=Assurance.REPORT,
            required=REQUIRED[Assurance.REPORT],
            checked_at=self.ask.now,
            on=self.ask.day,
            environment=self.trust.bundle.environment,
            facts=self.facts,
            policy=(
                ("name", policy.name),
                ("report_max_age_hours", policy.report_max_age_hours),
            ),
            bundle_version=self.trust.bundle.version,
            file_sha256=Digest(sha256(self.data).digest()),
        )


def _signed(container: Container) -> cms.CmsParts:
    """Return the parts of the one CMS that a report has, its signature verified."""
    parts = cms.parse(container.cms, cms.SignedKind.REPORT)
    if not hmac.compare_digest(parts.message_digest, container.digest):
        raise AnzhengError(Code.SIGNATURE_BROKEN, "the file was changed after it was signed")
    key = algorithms.rsa_key(load_certificate(parts.signer_certificate), parts.algorithm)
    attributes = cms.signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
        kind=parts.kind,
    )
    if not algorithms.holds(key, parts.signature, attributes, parts.algorithm):
        raise AnzhengError(Code.SIGNATURE_BROKEN, "the signature value is wrong")
    return parts


def _read(parts: cms.CmsParts, structure: ReportStructure) -> Said:
    """Return contents and reports, each held against the digest that is signed for it."""
    attached = dict(structure.attachments)
    data = attached.pop(report_contents.ATTACHMENT, None)
    if data is None:
        raise AnzhengError(Code.DATA_MISSING, "the file carries no contents.json")
    if report_contents.digest_of(data) != parts.licence_digest:
        raise AnzhengError(Code.DATA_DIGEST_MISMATCH, "contents.json is not the signed one")
    contents = report_contents.decode(data)
    _check_maker(contents, parts)
    names = [
        report_contents.attachment_name(place, len(contents.parts))
        for place in range(len(contents.parts))
    ]
    if set(names) != set(attached):
        raise AnzhengError(Code.DATA_INVALID, "other attachments than the contents name")
    for name, part in zip(names, contents.parts, strict=True):
        if report_contents.digest_of(attached[name]) != part.digest:
            raise AnzhengError(Code.DATA_DIGEST_MISMATCH, f"{name} is not the signed one")
    return Said(contents, tuple(_decoded(attached[name] for name in names)))


def _check_maker(contents: Contents, parts: cms.CmsParts) -> None:
    own = parts.signer_certificate
    named = (contents.certificate, contents.maker, contents.stamped)
    name = maker_name(load_certificate(own)).strip() or "-"
    if named != (sha256(own).digest(), name, parts.timestamp_token is not None):
        raise AnzhengError(Code.DATA_INVALID, "the contents name another maker, or another time")


def _decoded(reports: Iterable[bytes]) -> Iterable[Report]:
    for data in reports:
        yield report.decode(data)


def _data_result(error: AnzhengError) -> CheckResult:
    """Say what is wrong with signed data; a format of a later release is not bad."""
    if error.code in {Code.SCHEMA_UNKNOWN, Code.DATA_MISSING}:
        return indeterminate(
            CheckName.DATA, error.code, ("reason", error.message), standard=DATA_STANDARD
        )
    code = Code.DATA_INVALID if error.code is Code.REPORT_SYNTAX else error.code
    return failed(CheckName.DATA, code, ("reason", error.message), standard=DATA_STANDARD)
