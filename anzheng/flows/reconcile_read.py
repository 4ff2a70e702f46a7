"""What chain and public log know of an authority: the truth to which a database is brought back.

Nothing is believed for who says it: the events must make the contract's own head, the public log
must be signed and made of batches of the chain, a manifest must have the digest that the chain has.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anchor.calls import LICENCES_IN_WORD
from anchor.events import Anchored, Confirmed, Event, Foreign, Keccak, StatusChanged, Superseded
from anchor.public_log import PublicLog, read_log
from anchor.replay import Replay
from anzheng.store.recovery import ChainMark
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import LogKey
from licence.formats.evidence import BatchRecord, decode_record, record_bytes
from licence.ids import Address, AuthorityId, ChainId, Digest, RegistryId, StatusIndex

_NIBBLE_BITS = 4
_NIBBLE = 0xF


class Events(Protocol):
    """Reads a contract's events; `anchor.chain.events.EventReader`."""

    def events(self, first: int, last: int) -> Iterator[Event]:
        """Yield the events of these blocks, in the order of the chain."""
        ...

    def head(self, at: int) -> tuple[int, Digest]:
        """Return number and hash of the last entry of the history as of a block."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where the truth is read.

    Attributes:
        registry: Registry.
        authority: Whose truth.
        chain_id: Chain of the contract.
        contract: Address of the contract.
        from_block: Where its history begins.
        final: Last block that is final.
    """

    registry: RegistryId
    authority: AuthorityId
    chain_id: ChainId
    contract: Address
    from_block: int
    final: int


@dataclass(frozen=True, slots=True)
class StatusWrite:
    """One decision as it was written into a contract."""

    contract: Address
    sequence: int
    written_at: datetime
    word: StatusWord
    indices: tuple[StatusIndex, ...]
    decision: Digest


@dataclass(frozen=True, slots=True)
class ChainTruth:
    """What the chain has of an authority, by its own accounts, up to a final block.

    Attributes:
        batches: Records of its batches, in the order of the chain.
        writes: Its status decisions, in the order of the chain.
        marks: Up to where this goes, for each contract.
    """

    batches: tuple[BatchRecord, ...]
    writes: tuple[StatusWrite, ...]
    marks: tuple[ChainMark, ...]


def together(truths: Sequence[ChainTruth]) -> ChainTruth:
    """Return what all contracts of a registry know, in the order of the chain."""
    batches = [record for truth in truths for record in truth.batches]
    writes = [write for truth in truths for write in truth.writes]
    return ChainTruth(
        tuple(sorted(batches, key=lambda record: (record.block_number, record.sequence))),
        tuple(sorted(writes, key=lambda write: (write.written_at, write.sequence))),
        tuple(mark for truth in truths for mark in truth.marks),
    )


def read_chain(place: Place, events: Events, keccak: Keccak) -> ChainTruth:
    """Replay a contract's whole history, and take what concerns the authority.

    What a deputy wrote in the authority's name is the deputy's to keep.

    Raises:
        AnzhengError: HISTORY_MISMATCH, when the node hides or invents events; CHAIN_UNAVAILABLE.
    """
    replay, batches, writes = Replay(keccak), [], []
    for event in events.events(place.from_block, place.final):
        if isinstance(event, Foreign):
            continue
        if isinstance(event, Anchored | StatusChanged | Superseded | Confirmed) and _is_ours(
            replay, event, place.authority
        ):
            if isinstance(event, Anchored):
                batches.append(_record(place, event))
            else:
                writes.append(_write(place.contract, replay, event))
        replay.apply(event)
    sequence, head = events.head(place.final)
    replay.compare(sequence, head)
    mark = ChainMark(
        place.registry, place.authority, place.contract, place.final, sequence, replay.head
    )
    return ChainTruth(tuple(batches), tuple(writes), (mark,))


def read_log_order(
    truth: ChainTruth, public: PublicLog, origin: str, key: LogKey
) -> tuple[bytes, ...]:
    """Return the published records, the newest that were kept before a witness saw them included.

    Raises:
        AnzhengError: ANCHOR_CHAIN_MISMATCH, when the public log has what the chain has not;
            ANCHOR_WITNESS, ANCHOR_PROOF_MISMATCH, CHECKPOINT_SYNTAX, EVIDENCE_SYNTAX.
    """
    view = read_log(public, origin, key)
    published = view.entries if view is not None else ()
    on_chain = {record_bytes(record) for record in truth.batches}
    _check_published(published, truth, on_chain)
    # Entries are kept before the checkpoint over them: a crash may have left some without one.
    most = len(published) + len(on_chain - set(published))
    for size in range(most, len(published), -1):
        try:
            found = public.entries(origin, size)
        except AnzhengError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            continue
        if found[: len(published)] == published and set(found[len(published) :]) <= on_chain:
            return found
    return published


def order(
    truth: ChainTruth, published: Sequence[bytes], own: Sequence[bytes]
) -> tuple[BatchRecord, ...]:
    """Return all batch records in the one order that the witnesses will take.

    First what is published or stored, then the others in the order of the chain.

    Raises:
        AnzhengError: CONFLICT, when database and public log have two histories: a person must
            look, for the witnesses take only one.
    """
    longer, shorter = (published, own) if len(published) >= len(own) else (own, published)
    if tuple(longer[: len(shorter)]) != tuple(shorter):
        raise AnzhengError(Code.CONFLICT, "database and public log have two different histories")
    known = set(longer)
    rest = [record for record in truth.batches if record_bytes(record) not in known]
    return (*map(decode_record, longer), *rest)


def _check_published(published: Iterable[bytes], truth: ChainTruth, on_chain: set[bytes]) -> None:
    finals = {mark.contract: mark.block_number for mark in truth.marks}
    for entry in published:
        record = decode_record(entry)
        # A batch above the final block is not judged yet.
        is_read = record.block_number <= finals.get(record.contract, -1)
        if is_read and entry not in on_chain:
            raise AnzhengError(
                Code.ANCHOR_CHAIN_MISMATCH,
                "the public log has a batch that the chain does not have",
                sequence=record.sequence,
            )


def _is_ours(
    replay: Replay,
    event: Anchored | StatusChanged | Superseded | Confirmed,
    authority: AuthorityId,
) -> bool:
    rights = replay.accounts.get(event.account)
    mine = rights is not None and rights.authority == authority
    return mine and event.authority == authority


def _record(place: Place, event: Anchored) -> BatchRecord:
    return BatchRecord(
        registry=place.registry,
        authority=place.authority,
        chain_id=place.chain_id,
        contract=place.contract,
        root=event.root,
        size=event.size,
        manifest=event.manifest,
        sequence=event.sequence,
        block_number=event.at.block_number,
        block_hash=event.at.block_hash,
        block_time=event.at.block_time,
    )


def _write(
    contract: Address, replay: Replay, event: StatusChanged | Superseded | Confirmed
) -> StatusWrite:
    if isinstance(event, Confirmed):
        made = replay.proposals.get((event.authority, event.proposal, event.proposer))
        decision = Digest(bytes(32)) if made is None else made.decision
    else:
        decision = event.decision
    status, changes = replay.changes_of(event)
    indices = tuple(
        StatusIndex(change.word * LICENCES_IN_WORD + place)
        for change in changes
        for place in range(LICENCES_IN_WORD)
        if change.mask >> _NIBBLE_BITS * place & _NIBBLE
    )
    return StatusWrite(
        contract, event.sequence, event.at.block_time, StatusWord(status), indices, decision
    )
