"""The authority's own register against the chain, both ways. Pure; only its owner can run it.

Standard: research chain 5.5 (internal mode).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from anchor.events import Anchored
from anchor.monitor.alarms import Alarm, MonitorPolicy, each_or_one
from licence.domain.status import StatusWord
from licence.errors import Code, Fact
from licence.formats.manifest import ManifestDigest
from licence.ids import AuthorityId, MerkleRoot, StatusIndex

GROUP: Final = "register"
BatchContent = tuple[AuthorityId, MerkleRoot, int, ManifestDigest]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the register has decided about one licence.

    Attributes:
        word: The status that the chain should have by now.
        at: When that was decided, or took effect, whichever is later.
        ever: Every status that was ever decided, also what is announced.
    """

    word: StatusWord
    at: datetime
    ever: frozenset[StatusWord]


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
    """Yield where register and chain differ.

    What is on the chain was decided before and read before, so the register must know it at once;
    what was decided may take its time to the chain.
    """
    known = facts.batches | facts.open_batches
    strange = [
        batch
        for content, batch in batches.items()
        if batch.authority in facts.authorities and content not in known
    ]
    yield from each_or_one(strange, _strange_batch)
    lost = sorted(content for content in facts.batches if content not in batches)
    yield from each_or_one(lost, _lost_batch)
    yield from _statuses(facts, statuses, now, policy)


def _statuses(
    facts: RegisterFacts,
    statuses: Mapping[tuple[AuthorityId, StatusIndex], ChainStatus],
    now: datetime,
    policy: MonitorPolicy,
) -> Iterator[Alarm]:
    nothing = Decided(StatusWord.NONE, now, frozenset())
    strange = [
        key
        for key, status in statuses.items()
        if key[0] in facts.authorities and status.word not in facts.decided.get(key, nothing).ever
    ]
    yield from each_or_one(strange, lambda key: _strange_status(key, statuses[key].word))
    none = ChainStatus(StatusWord.NONE, now)
    lacking = [
        key
        for key, decided in facts.decided.items()
        if statuses.get(key, none).word is not decided.word
        and key not in strange
        and now - decided.at >= policy.register
    ]
    yield from each_or_one(lacking, lambda key: _lacking(key, facts.decided[key].word))


def _strange_batch(batch: Anchored) -> Alarm:
    message = "the chain has a batch that the register does not know"
    about, facts = f"batch/{batch.root.hex()}", {"sequence": batch.sequence}
    return _alarm(
        Code.REGISTRY_LACKS_EVENT, batch.authority, about, message, root=batch.root.hex(), **facts
    )


def _lost_batch(content: BatchContent) -> Alarm:
    authority, root, size, _ = content
    message = "the register has a batch as final that the chain has not"
    about = f"batch/{root.hex()}"
    return _alarm(Code.CHAIN_LACKS_DECISION, authority, about, message, root=root.hex(), size=size)


def _strange_status(key: tuple[AuthorityId, StatusIndex], word: StatusWord) -> Alarm:
    authority, index = key
    message = "the chain has a status that the register has not decided"
    about = f"status/{index}"
    return _alarm(
        Code.REGISTRY_LACKS_EVENT, authority, about, message, index=index, chain=word.name
    )


def _lacking(key: tuple[AuthorityId, StatusIndex], word: StatusWord) -> Alarm:
    authority, index = key
    message = "the register has a decision that the chain still lacks"
    about = f"status/{index}"
    return _alarm(
        Code.CHAIN_LACKS_DECISION, authority, about, message, index=index, register=word.name
    )


def _alarm(code: Code, authority: AuthorityId, about: str, message: str, **facts: Fact) -> Alarm:
    return Alarm(
        code=code,
        subject=f"{GROUP}/{authority}/{about}",
        message=message,
        facts=tuple(facts.items()),
        group=GROUP,
        authority=authority,
    )
