"""The authority's own register against the chain, both ways. Pure; only its owner can run it.

Standard: research chain 5.5 (internal mode).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from anchor.events import Anchored
from anchor.monitor.alarms import Alarm, MonitorPolicy
from licence.domain.status import StatusWord, is_final
from licence.errors import Code, Fact
from licence.formats.manifest import ManifestDigest
from licence.ids import AuthorityId, MerkleRoot, StatusIndex

GROUP: Final = "register"
MOST_NAMED: Final = 50
"""Most alarms of one kind; the rest is counted."""

_T = TypeVar("_T")

BatchContent = tuple[AuthorityId, MerkleRoot, int, ManifestDigest]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the register has decided about one licence.

    Attributes:
        word: The status that the chain should have.
        at: When it was decided, or took effect, whichever is later.
    """

    word: StatusWord
    at: datetime


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """The register of one installation.

    Attributes:
        authorities: Whom it serves.
        batches: Batches that it calls final.
        open_batches: Batches that it is still anchoring.
        decided: What it has decided, by authority and index.
    """

    authorities: frozenset[AuthorityId]
    batches: frozenset[BatchContent]
    open_batches: frozenset[BatchContent]
    decided: Mapping[tuple[AuthorityId, StatusIndex], Decided]


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """What the chain says of one licence, and since when its storage word is as it is."""

    word: StatusWord
    changed_at: datetime


def judge_register(
    facts: RegisterFacts,
    batches: Mapping[BatchContent, Anchored],
    statuses: Mapping[tuple[AuthorityId, StatusIndex], ChainStatus],
    now: datetime,
    policy: MonitorPolicy,
) -> Iterator[Alarm]:
    """Yield where register and chain differ for longer than they may."""
    known = facts.batches | facts.open_batches
    strange = [
        batch
        for content, batch in batches.items()
        if batch.authority in facts.authorities
        and content not in known
        and now - batch.at.block_time >= policy.manifest
    ]
    for batch in _named(strange):
        message = "the chain has a batch that the register does not know"
        facts_of: dict[str, Fact] = {
            "root": batch.root.hex(),
            "sequence": batch.sequence,
            "in_all": len(strange),
        }
        yield _alarm(
            Code.REGISTRY_LACKS_EVENT,
            batch.authority,
            f"batch/{batch.root.hex()}",
            message,
            facts_of,
        )
    lost = [content for content in facts.batches if content not in batches]
    for authority, root, size, _ in _named(sorted(lost)):
        message = "the register has a batch as final that the chain has not"
        facts_of = {"root": root.hex(), "size": size, "in_all": len(lost)}
        yield _alarm(Code.CHAIN_LACKS_DECISION, authority, f"batch/{root.hex()}", message, facts_of)
    yield from _statuses(facts, statuses, now, policy)


def _statuses(
    facts: RegisterFacts,
    statuses: Mapping[tuple[AuthorityId, StatusIndex], ChainStatus],
    now: datetime,
    policy: MonitorPolicy,
) -> Iterator[Alarm]:
    nothing = Decided(StatusWord.NONE, now)
    strange = [
        key
        for key, status in statuses.items()
        if key[0] in facts.authorities
        and _is_worse(status.word, facts.decided.get(key, nothing).word)
        and now - status.changed_at >= policy.manifest
    ]
    for authority, index in _named(strange):
        message = "the chain has a status that the register has not decided"
        said = statuses[authority, index].word.name
        facts_of: dict[str, Fact] = {"index": index, "chain": said, "in_all": len(strange)}
        yield _alarm(Code.REGISTRY_LACKS_EVENT, authority, f"status/{index}", message, facts_of)
    none = ChainStatus(StatusWord.NONE, now)
    lacking = [
        key
        for key, decided in facts.decided.items()
        if statuses.get(key, none).word is not decided.word
        and key not in strange
        and now - decided.at >= policy.register
    ]
    for authority, index in _named(lacking):
        message = "the register has a decision that the chain still lacks"
        wanted = facts.decided[authority, index].word.name
        facts_of = {"index": index, "register": wanted, "in_all": len(lacking)}
        yield _alarm(Code.CHAIN_LACKS_DECISION, authority, f"status/{index}", message, facts_of)


def _is_worse(chain: StatusWord, register: StatusWord) -> bool:
    """Say whether the chain has something that the register never decided."""
    return chain is not register and (is_final(chain) or register is StatusWord.NONE)


def _named(found: Sequence[_T]) -> Sequence[_T]:
    return found[:MOST_NAMED]


def _alarm(
    code: Code, authority: AuthorityId, about: str, message: str, facts: Mapping[str, Fact]
) -> Alarm:
    return Alarm(
        code=code,
        subject=f"{GROUP}/{authority}/{about}",
        message=message,
        facts=tuple(facts.items()),
        group=GROUP,
        authority=authority,
    )
