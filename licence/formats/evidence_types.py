"""What anchor evidence holds, and what it proves: frozen values, no format.

Standard: DESIGN 3.2.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from licence.formats.batch_record import BatchRecord
from licence.formats.checkpoint import Cosigned
from licence.formats.registry_state import History
from licence.ids import Address, BlockHash


@dataclass(frozen=True, slots=True)
class StateProof:
    """That the contract held the batch when the record's own block was made.

    Attributes:
        header: The block's header as it is hashed: its Keccak-256 is the record's block hash.
        account_proof: Nodes from the state root to the contract.
        slot_proof: Nodes from its storage root to the batch.
    """

    header: bytes
    account_proof: tuple[bytes, ...]
    slot_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class WitnessEvidence:
    """Evidence of type `witness-v1`.

    Attributes:
        index: Place of the leaf in the batch.
        path: From the leaf to the batch's root.
        record: The batch.
        log_index: Place of the record in the log.
        log_path: From the record to the log's root.
        checkpoint: Signed note of the log, with cosignatures.
        state: What the record's own block says, where the chain can prove it.
    """

    index: int
    path: tuple[bytes, ...]
    record: BatchRecord
    log_index: int
    log_path: tuple[bytes, ...]
    checkpoint: bytes
    state: StateProof | None = None


@dataclass(frozen=True, slots=True)
class QbftEvidence:
    """Evidence of type `qbft-v1`.

    Attributes:
        index: Place of the leaf in the batch.
        path: From the leaf to the batch's root.
        record: The batch. Its block is the one whose header stands here: that of the anchoring, or
            a later one; block time and sequence are those that the contract keeps.
        header: With its seals, ascending by who made them.
        account_proof: Nodes from the header's state root to the contract.
        slot_proof: Nodes from its storage root to the batch.
        head_proof: Nodes that the contract's history needs besides, when it is proved too.
    """

    index: int
    path: tuple[bytes, ...]
    record: BatchRecord
    header: bytes
    account_proof: tuple[bytes, ...]
    slot_proof: tuple[bytes, ...]
    head_proof: tuple[bytes, ...] | None = None


Evidence: TypeAlias = WitnessEvidence | QbftEvidence


@dataclass(frozen=True, slots=True)
class Anchored:
    """What verified evidence proves.

    Attributes:
        block_time: When the batch was anchored.
        block_number: Block of the record.
        block_hash: Its hash.
        sequence: Number of the anchoring in the contract.
        record: The batch.
        cosigned: Witnesses that saw it in the log.
        sealed: Validators that sealed the block.
        history: The contract's history as of that block, where it is proved.
    """

    block_time: datetime
    block_number: int
    block_hash: BlockHash
    sequence: int
    record: BatchRecord
    cosigned: tuple[Cosigned, ...] = ()
    sealed: tuple[Address, ...] = ()
    history: History | None = None
