"""What the anchor package needs of others: stores, the chain, witnesses, the judge.

Every store method is durable when it returns (synchronous writes): a crash after it finds what
it stored. `revision` is optimistic locking: `save_*` takes the row as it was read, refuses with
CONFLICT when the stored revision is another one, and returns the row with the next revision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol

from anchor.chain_ports import (
    AccountRights,
    AnchorSlot,
    Block,
    Chain,
    ChainAccount,
    Proposal,
    ProposalState,
    RawProof,
    RawSlot,
    Receipt,
    Right,
)
from licence.errors import Code
from licence.formats.checkpoint import Checkpoint, SignatureLine, WitnessKey
from licence.formats.manifest import ManifestDigest
from licence.ids import (
    Address,
    AuthorityId,
    BatchId,
    BlockHash,
    Leaf,
    MerkleRoot,
    RegistryId,
)

__all__ = [
    "AccountRights",
    "AnchorBatch",
    "AnchorSlot",
    "AnchorStore",
    "BatchState",
    "Block",
    "Chain",
    "ChainAccount",
    "CheckpointWitness",
    "EvidenceJudge",
    "LeafEvidence",
    "Lease",
    "Proposal",
    "ProposalState",
    "RawProof",
    "RawSlot",
    "Receipt",
    "Right",
    "Transaction",
    "TransactionStore",
    "TxState",
    "WitnessStore",
]

# -- transactions


@unique
class TxState(StrEnum):
    """How far a transaction is; each state is stored before the next step is taken."""

    RESERVED = "reserved"
    """The nonce is taken and the signed bytes are stored; perhaps sent."""
    SENT = "sent"
    """Given to a node at least once; whether it took it, the chain will show."""
    MINED = "mined"
    """In a block that may still be reorganised away."""
    FINAL = "final"
    """Deep enough."""
    PARKED = "parked"
    """Will never be mined as it is; `reason` says why."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction that is to be mined exactly once.

    Attributes:
        purpose: What it is for, unique: `anchor:<batch id>`, `status:<decision>`, ….
        account: Who sends it.
        nonce: Its nonce, unique in an account; none when the effect was found on the chain
            although no transaction of ours is known.
        raws: All signed versions, oldest first; any of them may be the one that is mined.
        state: How far it is.
        sent_at: When a node first answered to the newest version; none while none has heard it.
        block_number: Where it was mined.
        block_hash: The block's hash then.
        reason: Why it is parked.
        revision: Counts the saves; 0 = not stored yet.
    """

    purpose: str
    account: Address
    nonce: int | None
    raws: tuple[bytes, ...]
    state: TxState
    sent_at: datetime | None = None
    block_number: int | None = None
    block_hash: BlockHash | None = None
    reason: Code | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for something alone, for a while.

    Attributes:
        name: For what, as `account:<address>`.
        holder: Who has it.
        fence: Grows with every holder: what is stored under an older one is refused.
        until: From then on another may take it.
    """

    name: str
    holder: str
    fence: int
    until: datetime


class TransactionStore(Protocol):
    """Keeps the transactions of an account; one process at a time writes for one account."""

    def take_lease(self, name: str, holder: str, now: datetime, seconds: int) -> Lease:
        """Become the one that writes for `name`, or go on to be it.

        Raises:
            AnzhengError: LEASE_LOST while another holder is.
        """
        ...

    def release_lease(self, lease: Lease) -> None:
        """Let another one take it at once; without effect when it was lost already."""
        ...

    def transaction(self, purpose: str) -> Transaction | None:
        """Return the transaction for this purpose."""
        ...

    def highest_nonce(self, account: Address) -> int | None:
        """Return the highest nonce that any stored transaction of the account has."""
        ...

    def save_transaction(self, transaction: Transaction, lease: Lease) -> Transaction:
        """Insert (revision 0) or replace the row of this purpose.

        Raises:
            AnzhengError: LEASE_LOST, when another holder writes by now; CONFLICT, for another
                revision, or when another purpose has the nonce.
        """
        ...


# -- batches, log, evidence


@unique
class BatchState(StrEnum):
    """How far a batch is."""

    BATCHED = "batched"
    """Frozen: leaves, order and manifest never change."""
    SENT = "sent"
    """Its transaction is under way."""
    FINAL = "final"
    """Final on the chain; the batch record is stored."""
    LOGGED = "logged"
    """The record has its place in the authority's log."""
    COSIGNED = "cosigned"
    """A checkpoint over that place has its witnesses."""
    DONE = "done"
    """Every leaf has evidence that our own verifier accepted."""
    PARKED = "parked"
    """Needs a person; `reason` says why."""


@dataclass(frozen=True, slots=True)
class AnchorBatch:
    """One frozen batch and how far it is.

    Attributes:
        id: Its name.
        registry: Registry of the contract.
        authority: Whose batch it is.
        root: Root of its tree.
        size: Number of leaves.
        manifest: Digest of its manifest; the manifest itself is stored beside it.
        state: How far it is.
        record: Encoded batch record, from FINAL on.
        log_index: Place of the record in the log, from LOGGED on.
        checkpoint: Note with cosignatures that covers that place, from COSIGNED on.
        reason: Why it is parked.
        revision: Counts the saves; 0 = not stored yet.
    """

    id: BatchId
    registry: RegistryId
    authority: AuthorityId
    root: MerkleRoot
    size: int
    manifest: ManifestDigest
    state: BatchState = BatchState.BATCHED
    record: bytes | None = None
    log_index: int | None = None
    checkpoint: bytes | None = None
    reason: Code | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class LeafEvidence:
    """Encoded evidence of one leaf."""

    leaf: Leaf
    evidence: bytes


class AnchorStore(TransactionStore, Protocol):
    """Keeps everything that anchoring must not forget."""

    def add_batch(self, batch: AnchorBatch, manifest: bytes) -> AnchorBatch:
        """Store a new batch with its encoded manifest, in one transaction.

        Adding the same batch again returns it as it is stored by now.

        Raises:
            AnzhengError: CONFLICT, when the id has another root, size, manifest or owner.
        """
        ...

    def batch(self, batch: BatchId) -> AnchorBatch | None:
        """Return a batch."""
        ...

    def open_batches(self, registry: RegistryId, authority: AuthorityId) -> tuple[AnchorBatch, ...]:
        """Return the batches that are neither DONE nor PARKED, oldest first."""
        ...

    def manifest(self, batch: BatchId) -> bytes:
        """Return the encoded manifest of a batch.

        Raises:
            AnzhengError: NOT_FOUND.
        """
        ...

    def save_batch(self, batch: AnchorBatch, lease: Lease) -> AnchorBatch:
        """Replace the row of a batch.

        Raises:
            AnzhengError: LEASE_LOST, when another holder writes by now; CONFLICT, for another
                revision.
        """
        ...

    def log_records(self, registry: RegistryId, authority: AuthorityId) -> tuple[bytes, ...]:
        """Return all encoded records of an authority's log, in order."""
        ...

    def append_log_record(self, registry: RegistryId, authority: AuthorityId, record: bytes) -> int:
        """Append a record and return its place, from 0 without gaps.

        A record that is in the log already is not appended again: its place is returned.
        """
        ...

    def save_evidence(self, batch: BatchId, evidence: Sequence[LeafEvidence], lease: Lease) -> None:
        """Store evidence for leaves of a batch; replaces what is there.

        Raises:
            AnzhengError: LEASE_LOST, when another holder writes by now.
        """
        ...

    def evidence_count(self, batch: BatchId) -> int:
        """Return for how many leaves of a batch evidence is stored, DONE or not."""
        ...

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the evidence of a leaf, if its batch is DONE."""
        ...


class WitnessStore(Protocol):
    """A witness's own memory: the last checkpoint that it cosigned for each log."""

    def seen(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log."""
        ...

    def remember(self, checkpoint: Checkpoint, *, instead_of: Checkpoint | None) -> None:
        """Store a checkpoint in place of the one before.

        Raises:
            AnzhengError: CONFLICT, when another checkpoint is stored by now.
        """
        ...


# -- witnesses and the judge


class CheckpointWitness(Protocol):
    """A witness as the log sees it, here or behind a network."""

    @property
    def key(self) -> WitnessKey:
        """Its name and public key."""
        ...

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> SignatureLine:
        """Cosign a log's checkpoint.

        Args:
            old_size: Size of the last checkpoint that this witness cosigned, 0 for none.
            proof: That the new one continues it.
            note: The new one, signed by the log.

        Raises:
            AnzhengError: WITNESS_REFUSED; fact `known_size` when `old_size` is not what the
                witness remembers.
        """
        ...


class EvidenceJudge(Protocol):
    """Our own offline verifier: nothing is done before it accepts."""

    def accept(self, leaf: Leaf, evidence: bytes) -> None:
        """Return if the evidence proves the leaf.

        Raises:
            AnzhengError: With the code of what is wrong.
        """
        ...
