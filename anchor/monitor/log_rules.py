"""Whether an authority's log continues what was seen before and has the chain's batches. Pure.

Standard: RFC 9162, 2.1; C2SP tlog-checkpoint, tlog-cosignature.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from anchor.events import Anchored
from anchor.monitor.alarms import Alarm, MonitorPolicy
from licence.errors import AnzhengError, Code, Fact
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import Cosigned, SignedCheckpoint
from licence.formats.evidence import BatchRecord, decode_record, log_origin
from licence.formats.tree import Tree, leaf_hash
from licence.formats.trust_types import Authority, Registry
from licence.ids import Address, AuthorityId, ChainId, MerkleRoot

BatchName = tuple[ChainId, Address, int]
"""Chain, contract and number of the anchoring event."""


@dataclass(frozen=True, slots=True)
class SeenLog:
    """The last state of a log that was found right.

    Attributes:
        size: How many records it had.
        root: Root over them.
        cosigned_at: Newest cosignature; none before the first.
        note: The checkpoint itself, to be shown to whoever saw another one.
    """

    size: int
    root: MerkleRoot
    cosigned_at: datetime | None = None
    note: bytes = b""


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What there is to judge a log by.

    Attributes:
        registry: From the trust bundle.
        authority: From the trust bundle.
        note: The published checkpoint.
        entries: As many entries as the checkpoint says, perhaps more.
        seen: What was seen last; none at the first time.
        batches: Batches of the authority on the chain that no record was found for yet.
        height: Verified height of each contract: records above it are judged later.
        unread: Contracts whose events are not read: their records are taken as they are.
    """

    registry: Registry
    authority: Authority
    note: bytes
    entries: Sequence[bytes]
    seen: SeenLog | None
    batches: Mapping[BatchName, Anchored]
    height: Mapping[tuple[ChainId, Address], int]
    unread: frozenset[tuple[ChainId, Address]] = frozenset()


@dataclass(frozen=True, slots=True)
class LogFindings:
    """What was found.

    Attributes:
        alarms: What is wrong.
        seen: What to remember; none when the log may not be remembered as right.
        logged: Batches for which a record was found.
    """

    alarms: tuple[Alarm, ...]
    seen: SeenLog | None = None
    logged: tuple[BatchName, ...] = ()


def group_of(authority: AuthorityId) -> str:
    """Return the group of an authority's log alarms."""
    return f"log/{authority}"


def judge_log(facts: LogFacts, now: datetime, policy: MonitorPolicy) -> LogFindings:
    """Judge a published log.

    1. Its own and its witnesses' signatures.
    2. The entries make the root, and continue what was seen before.
    3. Each new record is a batch of the chain, in the order of time.
    4. The newest cosignature is neither old nor older than what it speaks of.
    """
    who = facts.authority.id
    try:
        signed, cosigned = _signed(facts)
        tree = _continued(facts, signed)
        start = facts.seen.size if facts.seen else 0
        records = [decode_record(each) for each in facts.entries[start : tree.size]]
    except AnzhengError as error:
        cause = error.facts.get("cause", error.code.value)
        return LogFindings((_alarm(who, Code.LOG_FORKED, error.message, "fork", cause=cause),))
    known = _below(records, facts)
    logged, strays = _match(known, facts)
    alarms = [*strays, *_backwards(known, who)]
    newest = max((each.time for each in cosigned), default=None)
    before = facts.seen.cosigned_at if facts.seen else None
    alarms += _times(newest, before, known, who, policy)
    if newest is None or now - newest > policy.checkpoint:
        message = "no witness has cosigned the log for too long"
        alarms.append(_alarm(who, Code.CHECKPOINT_OLD, message, "old", cosigned=_text(newest)))
    size = start + len(known)
    root = tree.root if size == tree.size else Tree(_hashes(facts.entries[:size])).root
    return LogFindings(
        tuple(alarms), SeenLog(size, root, newest or before, facts.note), tuple(logged)
    )


def missing_log(facts_of: Authority, seen: SeenLog | None) -> Alarm | None:
    """Return the alarm for a log that was there and is not any more."""
    if seen is None or seen.size == 0:
        return None
    return _alarm(
        facts_of.id,
        Code.LOG_INCOMPLETE,
        "the log is not published any more",
        "gone",
        size=seen.size,
    )


def unlogged_alarms(
    batches: Mapping[BatchName, Anchored], now: datetime, policy: MonitorPolicy
) -> Iterator[Alarm]:
    """Yield an alarm for each batch that should be in the log by now."""
    for (_, contract, sequence), batch in batches.items():
        if now - batch.at.block_time >= policy.log:
            yield _alarm(
                batch.authority,
                Code.LOG_INCOMPLETE,
                "a batch of the chain is not in the authority's log",
                f"unlogged/{contract.hex()}/{sequence}",
                sequence=sequence,
                root=batch.root.hex(),
            )


def _signed(facts: LogFacts) -> tuple[SignedCheckpoint, tuple[Cosigned, ...]]:
    signed = checkpoints.parse(facts.note)
    if signed.checkpoint.origin != log_origin(facts.registry.id, facts.authority.id):
        raise AnzhengError(Code.LOG_FORKED, "the checkpoint is of another log")
    size = signed.checkpoint.size
    # Those that are pinned for the newest batch under it, as for the evidence of that batch.
    block = (
        decode_record(facts.entries[size - 1]).block_number if 0 < size <= len(facts.entries) else 0
    )
    pinned = facts.registry.witnesses_at(block)
    witnesses = [checkpoints.WitnessKey(each.name, each.key) for each in pinned]
    key = facts.authority.log_key
    log_key = checkpoints.LogKey(key.name, key.key)
    threshold = facts.registry.witness_threshold
    return signed, checkpoints.verify(signed, log_key, witnesses, threshold)


def _continued(facts: LogFacts, signed: SignedCheckpoint) -> Tree:
    said, seen = signed.checkpoint, facts.seen
    tree = Tree(_hashes(facts.entries[: said.size]))
    if (tree.size, tree.root) != (said.size, said.root):
        raise AnzhengError(Code.LOG_FORKED, "the entries do not make the checkpoint's root")
    if seen is None:
        return tree
    if said.size < seen.size:
        raise AnzhengError(Code.LOG_FORKED, "the log is shorter than it was")
    if Tree(_hashes(facts.entries[: seen.size])).root != seen.root:
        raise AnzhengError(Code.LOG_FORKED, "the log does not continue what was seen before")
    return tree


def _hashes(entries: Sequence[bytes]) -> list[bytes]:
    return [leaf_hash(each) for each in entries]


def _below(records: Sequence[BatchRecord], facts: LogFacts) -> list[BatchRecord]:
    """Return the records up to the first that is newer than what is known of the chain."""
    for at, record in enumerate(records):
        place = (record.chain_id, record.contract)
        if place in facts.height and record.block_number > facts.height[place]:
            return list(records[:at])
    return list(records)


def _match(records: Sequence[BatchRecord], facts: LogFacts) -> tuple[list[BatchName], list[Alarm]]:
    logged, alarms = list[BatchName](), list[Alarm]()
    for record in records:
        if (record.chain_id, record.contract) in facts.unread:
            continue
        name = (record.chain_id, record.contract, record.sequence)
        batch = facts.batches.get(name)
        if batch is not None and _is_record(record, batch, facts):
            logged.append(name)
            continue
        alarms.append(
            Alarm(
                code=Code.LOG_INCOMPLETE,
                subject=f"stray/{facts.authority.id}/{record.root.hex()}/{record.sequence}",
                message="the log has a batch that the chain has not, or not so",
                facts=(("root", record.root.hex()), ("sequence", record.sequence)),
                authority=facts.authority.id,
                block=record.block_number,
            )
        )
    return logged, alarms


def _is_record(record: BatchRecord, batch: Anchored, facts: LogFacts) -> bool:
    said = (record.registry, record.authority, record.root, record.size, record.manifest)
    true = (facts.registry.id, batch.authority, batch.root, batch.size, batch.manifest)
    at = batch.at
    place = (record.block_number, record.block_hash, record.block_time)
    return said == true and place == (at.block_number, at.block_hash, at.block_time)


def _backwards(records: Sequence[BatchRecord], who: AuthorityId) -> Iterator[Alarm]:
    for one, two in pairwise(records):
        if two.block_time < one.block_time:
            yield Alarm(
                code=Code.DATES_BACKWARDS,
                subject=f"record/{who}/{two.root.hex()}",
                message="a batch in the log is dated before the one that it follows",
                facts=(("root", two.root.hex()), ("time", _text(two.block_time))),
                authority=who,
                block=two.block_number,
            )


def _times(
    newest: datetime | None,
    before: datetime | None,
    records: Sequence[BatchRecord],
    who: AuthorityId,
    policy: MonitorPolicy,
) -> Iterator[Alarm]:
    limits = [before] if before is not None else []
    limits += [records[-1].block_time - policy.clock] if records else []
    if newest is not None and limits and newest < max(limits):
        yield Alarm(
            code=Code.DATES_BACKWARDS,
            subject=f"cosigned/{who}/{_text(newest)}",
            message="a witness's time lies before what it has cosigned, or before its last one",
            facts=(("cosigned", _text(newest)), ("not_before", _text(max(limits)))),
            authority=who,
        )


def _alarm(who: AuthorityId, code: Code, message: str, about: str, **facts: Fact) -> Alarm:
    return Alarm(
        code=code,
        subject=f"{who}/{about}",
        message=message,
        facts=tuple(facts.items()),
        group=group_of(who),
        authority=who,
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
