"""One verification: what was given, what was found, and the results so far.

`verifier.verify` says in which order the checks are made, and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from licence.domain.model import LicenceVersion
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.checks import (
    CheckName,
    CheckResult,
    CheckState,
    failed,
    skipped,
)
from licence.formats.evidence import Anchored
from licence.formats.report import Facts, Report, make_report
from licence.formats.verdict import REQUIRED, Assurance
from licence.ids import Digest, Leaf
from verifier.anchored import find_anchor
from verifier.chain_of_trust import Path
from verifier.checks.c01_container import Container, check_container
from verifier.checks.c02_signature import STANDARD as SIGNATURE_STANDARD
from verifier.checks.c02_signature import Signed, check_signature
from verifier.checks.c03_signer import check_signer, find_signer
from verifier.checks.c04_timestamp import check_timestamp, read_token
from verifier.checks.c05_data import check_data, check_words_beside, read_data
from verifier.checks.c06_anchor import Candidate
from verifier.checks.c09_holder import (
    HolderQuestion,
    Presented,
    at_our_clock,
    check_holder,
    with_status,
)
from verifier.checks.c11_referee import check_referee
from verifier.checks.outcome import not_passed
from verifier.memory import Memory
from verifier.ours import is_ours
from verifier.pades.opinion import ask
from verifier.pades.page_text import read_pages
from verifier.pades.seen import book_for, read_drawn
from verifier.pades.structure import Structure, read_structure
from verifier.policy import Policy, Referee
from verifier.ports import Online, TrustView
from verifier.standing import Standing
from verifier.timestamp_token import Token

_INTEGRITY: Final = (
    CheckName.CONTAINER,
    CheckName.SIGNATURE,
    CheckName.SIGNER,
    CheckName.TIMESTAMP,
    CheckName.DATA,
)
_OF_A_LICENCE: Final = tuple(name for name in CheckName if name is not CheckName.REPORTED)
_WHERE_IT_FAILS: Final = {
    Code.SIGNATURE_NOT_CERTIFIED: CheckName.SIGNATURE,
    Code.DATA_MISSING: CheckName.DATA,
}


@dataclass(slots=True)
class Verification:
    """One verification of one file; `check` once, then `report`."""

    pdf: bytes
    trust: TrustView
    policy: Policy
    now: datetime
    on: date
    memory: Memory
    sidecar: bytes | None
    online: Online | None
    presented: Presented | None
    chain_proof: bytes | None = None
    results: dict[CheckName, CheckResult] = field(default_factory=dict)
    leaf: Leaf | None = None
    licence: LicenceVersion | None = None
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        self.standing = Standing(
            self.trust, self.policy, self.now, self.memory, self.online, self.chain_proof
        )

    @property
    def learned(self) -> Memory:
        """What to remember for the next time."""
        return self.standing.learned

    def add(self, result: CheckResult) -> None:
        """Put a result into the report, over an earlier one of the same check."""
        self.results[result.name] = result

    def check(self) -> None:
        """Make the checks, as far as the file lets us."""
        # (1) and (2): bytes and signature.
        result, container = check_container(self.pdf)
        self.add(result)
        signed = self._signed(container) if container is not None else None
        # (3): the path, before any PDF library sees the file.
        path = self._path(signed) if signed is not None else None
        if container is None or signed is None or path is None:
            self._tell_foreign()
            return
        # (1) again: parsed objects.
        structure = self._structure(container)
        if structure is None:
            return
        # (4) and (5): token and data.
        token_result, token = read_token(signed.parts, structure)
        data_result, licence = read_data(structure.licence_json, signed.parts, self.trust.bundle)
        for early in (token_result, data_result):
            if early is not None:
                self.add(early)
        self.leaf, self.licence = signed.leaf, licence
        if token is None or licence is None or signed.leaf is None:
            return
        self.add(
            check_words_beside(licence, structure.licence_json, structure.beside)
            or check_data(
                licence,
                structure.licence_json,
                lambda: read_pages(self.pdf),
                lambda: read_drawn(self.pdf, book_for(licence.draft.glyphs)),
            )
        )
        # (6): the anchor; then (3) and (4) at the times that are proved.
        anchored = self._anchored(signed.leaf, licence, signed.parts.evidence, token)
        block_time = anchored.block_time if anchored is not None else None
        self.add(check_timestamp(token, structure, self.trust.bundle, block_time))
        moments = (token.gen_time, *(() if block_time is None else (block_time,)))
        self.add(
            check_signer(path, signed.parts, structure, licence.draft, self.trust.bundle, moments)
        )
        # (7), (8), (9): in force, and held by whom.
        self._in_force(licence, moments)
        if self._intact():
            self.standing.saw_time(max(moments))
        # Second opinion, about a file that has nothing against it.
        self._second_opinion(structure, token)

    # ------------------------------------------------------------ (1) (2) (3): whose file

    def _signed(self, container: Container) -> Signed | None:
        result, signed = check_signature(container)
        self.add(result)
        return signed

    def _path(self, signed: Signed) -> Path | None:
        result, path = find_signer(signed.parts, self.trust.bundle)
        if result is not None:
            self.add(result)
        return path

    def _tell_foreign(self) -> None:
        """Say "not ours" of a file that does not claim to be; all others are forgeries."""
        if is_ours(self.pdf, self.trust.bundle):
            return
        self.results.clear()
        self.add(failed(CheckName.CONTAINER, Code.NOT_A_LICENCE))

    def _structure(self, container: Container) -> Structure | None:
        try:
            return read_structure(self.pdf, container.byte_range, container.contents)
        except AnzhengError as error:
            name = _WHERE_IT_FAILS.get(error.code, CheckName.CONTAINER)
            self.add(not_passed(name, error, standard=SIGNATURE_STANDARD))
            return None

    # ------------------------------------------------------------ (6): the anchor

    def _anchored(
        self, leaf: Leaf, licence: LicenceVersion, embedded: bytes | None, token: Token
    ) -> Anchored | None:
        """Try the file, the sidecar, and then the registry by leaf."""
        candidates = [
            Candidate(source, data)
            for source, data in (("file", embedded), ("sidecar", self.sidecar))
            if data is not None
        ]
        result, anchored = find_anchor(
            leaf,
            licence,
            self.trust.bundle,
            candidates,
            signed_at=token.gen_time,
            now=self.now,
            online=self.online,
        )
        self.add(result)
        return anchored

    # ------------------------------------------------------------ (7) (8) (9): in force

    def _in_force(self, licence: LicenceVersion, moments: Sequence[datetime]) -> None:
        bundle, ref = self.trust.bundle, licence.status
        authority = bundle.authority(licence.draft.issuer_code)
        registry = bundle.registry(ref.registry)
        if authority is None or registry is None:
            return
        status = self.standing.status(ref, authority, registry, moments, on=self.on)
        self.add(status)
        draft = licence.draft
        self.add(
            self.standing.validity(draft.kind, draft.valid_from, draft.valid_to, status, on=self.on)
        )
        if self.presented is not None and self.leaf is not None:
            question = HolderQuestion(
                self.presented, self.leaf, licence, authority, bundle, self.now
            )
            result, own = check_holder(question)
            result = at_our_clock(result, status)
            if own is not None:
                # The key is asked about as of today: a presentation is made now, whatever `on` is.
                today = shanghai_date(self.now)
                status = self.standing.status(own, authority, registry, moments, on=today)
                result = with_status(result, status)
            self.add(result)

    # ------------------------------------------------------------ the end

    def _second_opinion(self, structure: Structure, token: Token) -> None:
        if self.policy.referee is not Referee.ALWAYS or not self._intact():
            return
        bundle = self.trust.bundle
        roots = [root.certificate for root in bundle.roots]
        roots += [root.certificate for root in bundle.tsa_roots]
        opinion = ask(
            self.pdf,
            structure,
            list(dict.fromkeys(roots)),
            signed_at=token.gen_time,
            now=self.now,
        )
        self.add(check_referee(opinion))

    def _intact(self) -> bool:
        return all(self._passed(name) for name in _INTEGRITY)

    def _passed(self, name: CheckName) -> bool:
        result = self.results.get(name)
        return result is not None and result.state is CheckState.PASSED

    def report(self) -> Report:
        """Return the report; a check that was not made stands in it as skipped."""
        required = list(REQUIRED[Assurance.FULL])
        if self.presented is not None:
            required.append(CheckName.HOLDER)
        if self.policy.referee is Referee.ALWAYS:
            required.append(CheckName.REFEREE)
        checks = [self.results.get(name) or skipped(name) for name in _OF_A_LICENCE]
        return make_report(
            checks,
            assurance=Assurance.FULL,
            required=required,
            checked_at=self.now,
            on=self.on,
            environment=self.trust.bundle.environment,
            facts=self._facts(),
            policy=(
                ("name", self.policy.name),
                ("accept_stale_hours", self.policy.accept_stale_hours),
                ("referee", self.policy.referee.value),
                ("online", self.online is not None),
            ),
            bundle_version=self.trust.bundle.version,
            file_sha256=Digest(sha256(self.pdf).digest()),
            leaf=self.leaf,
            # Data is shown as a licence only when its authority has proved to be the signer.
            licence=self.licence if self._passed(CheckName.SIGNER) else None,
        )

    def _facts(self) -> Facts:
        """Collect from the checks what somebody asks first."""
        wanted = (
            ("issuer", CheckName.SIGNER, "authority"),
            ("signed_at", CheckName.TIMESTAMP, "time"),
            ("anchored_at", CheckName.ANCHOR, "block_time"),
            ("status_as_of", CheckName.STATUS, "list_issued_at"),
            ("status_proved_as_of", CheckName.STATUS, "as_of"),
        )
        found = []
        for key, name, fact in wanted:
            result = self.results.get(name)
            value = result.fact(fact) if result is not None else None
            if value is not None:
                found.append((key, value))
        return tuple(found)
