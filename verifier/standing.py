"""Where a licence, or a certificate, stands: checks 7 and 8 with everything that is asked for them.

The same for a file, a copy and a code: only where the reference to the status comes from differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from licence.domain.model import Kind, StatusRef
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckResult, indeterminate, skipped
from licence.formats.side_list import SideRow
from licence.formats.trust_types import Authority, Registry
from verifier import consult
from verifier.checks.c07_chain_proof import read_chain_proof, refused, with_chain_proof, word_of
from verifier.checks.c07_history import with_history
from verifier.checks.c07_status import (
    CLOCK_SKEW,
    StatusLists,
    StatusQuestion,
    check_status,
    list_name,
    read_lists,
    signed_rows,
)
from verifier.checks.c08_validity import check_period
from verifier.memory import EPOCH, Memory
from verifier.policy import Policy
from verifier.ports import Online, TrustView


@dataclass(slots=True)
class Standing:
    """Asks for statuses, and keeps what was learned on the way.

    Attributes:
        trust: Whom we believe.
        policy: How old a list may be.
        now: The time.
        memory: What was seen before.
        online: The registry and the chains; None offline.
        chain_proof: A status proof that came beside.
        learned: What to remember.
    """

    trust: TrustView
    policy: Policy
    now: datetime
    memory: Memory
    online: Online | None = None
    chain_proof: bytes | None = None
    learned: Memory = field(default_factory=Memory)
    _newest_seen: datetime = field(default=EPOCH, init=False)

    def __post_init__(self) -> None:
        self.learned = self.memory

    def saw_time(self, moment: datetime) -> None:
        """Remember a time that something signed bore."""
        self.learned = self.learned.saw_time(moment)

    def status(
        self,
        ref: StatusRef,
        authority: Authority,
        registry: Registry,
        moments: Sequence[datetime],
        *,
        on: date,
    ) -> CheckResult:
        """Return check 7.

        Args:
            ref: From signed data.
            authority: Whose lists answer.
            registry: Whose contracts may be asked.
            moments: Times that the artefact proves: our clock may not be behind them.
            on: The day asked about.
        """
        question = self._question(ref, authority, moments, on)
        self._newest_seen = question.newest_seen
        tokens = [consult.stored_lists(self.trust, ref, authority)]
        if self.online is not None:
            tokens.append(consult.ask_lists(self.online, ref, authority))
        result, lists = read_lists(question, authority, tokens)
        if lists is not None:
            name = list_name(ref, authority)
            self.learned = self.learned.saw_list(name, lists.listed.issued_at)
            result = check_status(question, lists)
        if result is None:
            return skipped(CheckName.STATUS)
        if on < shanghai_date(self.now):
            past = consult.past_list(self.trust, self.online, ref, authority, on)
            result = with_history(result, question, lists, authority, past)
        signed = signed_rows(question, authority, tokens) if self.chain_proof else ()
        result = self._by_chain_proof(result, question, lists, authority, signed)
        if self.online is None:
            return result
        return consult.confirm_status(self.online, result, ref, authority, registry)

    def validity(
        self, kind: Kind, valid_from: date, valid_to: date, status: CheckResult, *, on: date
    ) -> CheckResult:
        """Return check 8.

        Args:
            kind: Of the licence version.
            valid_from: Its first day.
            valid_to: Its last day.
            status: Check 7.
            on: The day asked about.
        """
        result = check_period(kind, valid_from, valid_to, on)
        is_today = on == shanghai_date(self.now)
        behind = status.code is Code.CLOCK_SUSPECT or self.now + CLOCK_SKEW < self._newest_seen
        if result.code is Code.NOT_YET_VALID and behind and is_today:
            # A clock that is behind makes every new licence one of the future.
            return indeterminate(
                result.name, Code.CLOCK_SUSPECT, *result.facts, standard=result.standard
            )
        return result

    def _question(
        self, ref: StatusRef, authority: Authority, moments: Sequence[datetime], on: date
    ) -> StatusQuestion:
        name = list_name(ref, authority)
        return StatusQuestion(
            ref=ref,
            now=self.now,
            on=on,
            accept_stale_hours=self.policy.accept_stale_hours,
            newest_seen=max(
                *moments, self.trust.newest_signed_time, self.memory.newest_signed_time
            ),
            metadata_expired_at=self.trust.metadata_expired_at,
            not_before=self.memory.list_issued_at(name),
            proof_seen=self.memory.proof_made_at(name, word_of(ref.index)),
        )

    def _by_chain_proof(
        self,
        result: CheckResult,
        question: StatusQuestion,
        lists: StatusLists | None,
        authority: Authority,
        signed: Sequence[SideRow],
    ) -> CheckResult:
        """Hold the status proof that came in, if one did, against what the lists say."""
        if self.chain_proof is None:
            return result
        ref = question.ref
        try:
            proved = read_chain_proof(self.chain_proof, ref, authority.id, self.trust.bundle)
        except AnzhengError as error:
            return refused(result, error)
        if proved.newest <= self.now + CLOCK_SKEW:
            name = list_name(ref, authority)
            self.learned = self.learned.saw_proof(name, word_of(ref.index), proved.as_of)
        return with_chain_proof(result, question, lists, proved, signed)
