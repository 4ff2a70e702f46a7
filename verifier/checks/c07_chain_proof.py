"""Check 7, by the chain itself: a status proof beside the lists, or in their place.

What it proves as negative is negative. That it proves none never makes better what a list says; it
only stands in for a list that is stale or missing, for the day of its block, as long as a list
would be fresh, and as long as its validators are those of today. A stale or old trust folder may
still pin them: for so long, and no longer, as the policy may work from stale lists at most.

Standard: DESIGN 3.3 and 4, check 7; EIP-1186.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from licence.domain.model import Environment, StatusRef
from licence.domain.status import StatusWord, is_final, more_negative, word_on
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import chain_proof
from licence.formats.chain_proof import ContractProof, ProvedWords, StatusProof
from licence.formats.checks import (
    CheckName,
    CheckResult,
    CheckState,
    failed,
    indeterminate,
    passed,
)
from licence.formats.registry_state import LICENCES_IN_WORD, status_in
from licence.formats.side_list import SideRow
from licence.formats.status_shard import LIFETIME, TTL, ListValue
from licence.formats.trust_types import Contract, Registry, TrustBundle, ValidatorSet
from licence.ids import AuthorityId, ChainId, StatusIndex
from verifier.checks.c07_status import (
    CLOCK_SKEW,
    CODES,
    Facts,
    StatusLists,
    StatusQuestion,
    moment_fact,
    rows_of,
)
from verifier.policy import MAX_ACCEPT_STALE_HOURS

NUMBER: Final = 7
STANDARD: Final = "EIP-1186, QBFT seals"

_SERVES: Final = frozenset({Code.STATUS_STALE, Code.STATUS_NOT_AVAILABLE, Code.TRUST_BUNDLE_OLD})
"""What lists may lack for a proof to stand in."""


@dataclass(frozen=True, slots=True)
class ProvedStatus:
    """What the contracts of a registry are proved to say about one licence version.

    Attributes:
        status: Four bits, the most negative over all contracts.
        as_of: Time of the block; the oldest, where there are several.
        newest: Time of the newest block.
        said_at: Time of the newest block that says this status.
        chain_id: Chain of the oldest block.
        block_number: Its height.
        speaks_of_today: Whether it covers every contract, under validators that are still open.
    """

    status: int
    as_of: datetime
    newest: datetime
    said_at: datetime
    chain_id: ChainId
    block_number: int
    speaks_of_today: bool

    @property
    def facts(self) -> Facts:
        """What a person may want to know about it."""
        return (
            ("chain_id", self.chain_id),
            ("block_number", self.block_number),
            ("as_of", moment_fact(self.as_of)),
        )


def word_of(index: StatusIndex) -> int:
    """Return the status word in which a licence version stands."""
    return index // LICENCES_IN_WORD


def read_chain_proof(
    data: bytes, ref: StatusRef, authority: AuthorityId, bundle: TrustBundle
) -> ProvedStatus:
    """Verify a status proof and take out what it says about one licence version.

    Args:
        data: The proof, from anywhere.
        ref: From the signed data.
        authority: From the signed data.
        bundle: Whom we believe.

    Raises:
        AnzhengError: CHAIN_PROOF_OTHER, when it speaks of something else; VALIDATORS_NOT_PINNED;
            BLOCK_SEALS; CHAIN_PROOF_REFUSED, CHAIN_PROOF_SYNTAX, TOO_LARGE.
    """
    proof = chain_proof.decode(data)
    registry = bundle.registry(ref.registry)
    word = word_of(ref.index)
    mine = (proof.registry, proof.authority) == (ref.registry, authority) and word in proof.words
    if registry is None or not mine:
        raise AnzhengError(Code.CHAIN_PROOF_OTHER, "the proof speaks of other licences")
    checked = [_check(part, proof, registry, bundle.environment) for part in proof.parts]
    place = proof.words.index(word)
    found = [status_in(proved.words[place], ref.index) for _, _, proved in checked]
    covered = {(part.chain_id, part.contract) for part in proof.parts}
    complete = covered == {(one.chain_id, one.address) for one in registry.contracts}
    status = _worst(found)
    part, _, oldest = min(checked, key=lambda each: each[2].block.time)
    return ProvedStatus(
        status=status,
        as_of=oldest.block.time,
        newest=max(proved.block.time for _, _, proved in checked),
        said_at=max(
            proved.block.time
            for (_, _, proved), said in zip(checked, found, strict=True)
            if said == status
        ),
        chain_id=part.chain_id,
        block_number=oldest.block.number,
        speaks_of_today=complete and all(pinned.to_block is None for _, pinned, _ in checked),
    )


def _check(
    part: ContractProof, proof: StatusProof, registry: Registry, environment: Environment
) -> tuple[ContractProof, ValidatorSet, ProvedWords]:
    number = chain_proof.block_number(part)
    contract = _contract(part, number, registry, environment)
    pinned = registry.validators_at(part.chain_id, number)
    if pinned is None:
        raise AnzhengError(Code.VALIDATORS_NOT_PINNED, "no validators are pinned for this block")
    proved = chain_proof.check_part(
        part,
        proof.authority,
        proof.words,
        code_hash=contract.code_hash,
        validators=pinned.addresses,
    )
    return part, pinned, proved


def _contract(
    part: ContractProof, number: int, registry: Registry, environment: Environment
) -> Contract:
    contract = registry.contract(part.chain_id, part.contract)
    if contract is None or number < contract.from_block:
        raise AnzhengError(Code.CHAIN_PROOF_REFUSED, "a contract that is not pinned at that block")
    if contract.test_chain and environment is Environment.PRODUCTION:
        raise AnzhengError(Code.CHAIN_PROOF_REFUSED, "a chain for tests only")
    return contract


def _worst(found: list[int]) -> int:
    """Return the worst of some status bits; those that we do not know are worse than all."""
    known = set(StatusWord)
    unknown = [status for status in found if status not in known]
    if unknown:
        return unknown[0]
    worst = StatusWord.NONE
    for status in found:
        worst = more_negative(worst, StatusWord(status))
    return int(worst)


# ---------------------------------------------------------------- together with the lists


def with_chain_proof(
    result: CheckResult,
    question: StatusQuestion,
    lists: StatusLists | None,
    proved: ProvedStatus,
    signed: Sequence[SideRow] = (),
) -> CheckResult:
    """Hold a verified proof against what the lists say.

    Args:
        result: What the lists say.
        question: What was asked of them.
        lists: The lists that were accepted, if any.
        proved: From `read_chain_proof`.
        signed: Events of every side list that came in, from `signed_rows`.
    """
    if proved.status not in set(StatusWord):
        return _unless_failed(result, Code.STATUS_UNKNOWN_VALUE, proved)
    word = StatusWord(proved.status)
    if not is_final(word) and question.now + CLOCK_SKEW < max(question.newest_seen, proved.newest):
        return _unless_failed(result, Code.CLOCK_SUSPECT, proved)
    if word is not StatusWord.NONE:
        return _negative(result, question, lists, proved, word)
    return _positive(result, question, proved, signed)


def refused(result: CheckResult, error: AnzhengError) -> CheckResult:
    """Return the result when a proof was given that does not hold.

    One that speaks of other licences is noted; one that is broken, or of a chain whose validators
    are not pinned, leaves open what is not negative already.
    """
    if error.code is Code.CHAIN_PROOF_OTHER:
        return replace(result, notes=(*result.notes, error.code))
    if result.state is CheckState.FAILED:
        return result
    return indeterminate(
        CheckName.STATUS, error.code, *result.facts, notes=result.notes, standard=STANDARD
    )


def _unless_failed(result: CheckResult, code: Code, proved: ProvedStatus) -> CheckResult:
    if result.state is CheckState.FAILED:
        return result
    return indeterminate(CheckName.STATUS, code, *_facts(result, proved), standard=STANDARD)


def _negative(
    result: CheckResult,
    question: StatusQuestion,
    lists: StatusLists | None,
    proved: ProvedStatus,
    word: StatusWord,
) -> CheckResult:
    # A block of another contract says nothing about how old this word is.
    if not is_final(word) and question.is_stale(proved.said_at + LIFETIME):
        return _unless_failed(result, Code.STATUS_STALE, proved) if lists is None else result
    known = rows_of(question.ref.index, lists) if lists is not None else ()
    rows = [row for row in known if row.decided_at <= proved.said_at]
    listed = word_on(rows, shanghai_date(proved.said_at))
    if more_negative(listed, word) is listed:
        # The lists know this very event, so they also know its first day, and what came after.
        named = any(row.word is word for row in rows)
        if result.state is CheckState.FAILED or (result.state is CheckState.PASSED and named):
            return result
    return failed(
        CheckName.STATUS,
        CODES[word],
        *_facts(result, proved, word),
        notes=(Code.STATUS_BY_CHAIN_PROOF,),
        standard=STANDARD,
    )


def _positive(
    result: CheckResult,
    question: StatusQuestion,
    proved: ProvedStatus,
    signed: Sequence[SideRow],
) -> CheckResult:
    may_serve = result.state is CheckState.INDETERMINATE and result.code in _SERVES
    says_none = (
        result.fact("word") in {None, StatusWord.NONE.name.lower()}
        and result.fact("published_then") in {None, ListValue.VALID.name.lower()}
        and word_on(signed, question.on) is StatusWord.NONE
    )
    if not may_serve or not says_none or question.on != shanghai_date(proved.as_of):
        return result
    if not proved.speaks_of_today:
        return replace(result, notes=(*result.notes, Code.CHAIN_PROOF_OTHER))
    if question.is_stale(proved.as_of + LIFETIME):
        return _unless_failed(result, Code.STATUS_STALE, proved)
    older = question.not_before is not None and proved.as_of < question.not_before
    if older or _is_seen(question, proved):
        # Something newer was seen already: somebody shows the time before a revocation.
        return _unless_failed(result, Code.CHAIN_PROOF_REFUSED, proved)
    expired = question.metadata_expired_at
    if expired is not None and question.now > expired + timedelta(hours=MAX_ACCEPT_STALE_HOURS):
        return _unless_failed(result, Code.TRUST_BUNDLE_OLD, proved)
    ageing = question.now > proved.as_of + TTL
    return passed(
        CheckName.STATUS,
        *_facts(result, proved, StatusWord.NONE),
        notes=(Code.STATUS_BY_CHAIN_PROOF, *((Code.STATUS_AGEING,) if ageing else ())),
        standard=STANDARD,
    )


def _is_seen(question: StatusQuestion, proved: ProvedStatus) -> bool:
    return question.proof_seen is not None and proved.as_of < question.proof_seen


def _facts(result: CheckResult, proved: ProvedStatus, word: StatusWord | None = None) -> Facts:
    """Return the facts of the lists with those of the proof, which win."""
    more: Facts = (("source", "chain-proof"), *proved.facts)
    if word is not None:
        more = (*more, ("word", word.name.lower()))
    return tuple((dict(result.facts) | dict(more)).items())
