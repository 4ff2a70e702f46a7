"""The anchorer: takes a frozen batch from BATCHED to DONE, each step stored before the next.

    BATCHED -> SENT -> FINAL -> LOGGED -> COSIGNED -> DONE        (or PARKED with a reason)

1. BATCHED, SENT: one transaction stores root, size and manifest on the chain (`sender`).
2. FINAL: its block is final; the contract's slot and the block make the batch record.
3. LOGGED: the record has its place in the authority's one log.
4. COSIGNED: enough witnesses cosigned a checkpoint over that place.
5. DONE: every leaf has evidence, and our own offline verifier accepted it. Evidence that rests on
   the chain's seals is made and stored before FINAL, for nodes forget.

A crash at any point is cured by calling `advance` again.

Standard: DESIGN 2 (5), 3.2; research chain 4.2.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from anchor.calls import AnchorCall
from anchor.chain_evidence import batch_keys, make_qbft_evidence, make_state_proof
from anchor.evidence import EvidenceKind, make_evidence
from anchor.log import AuthorityLog
from anchor.ports import (
    AnchorBatch,
    AnchorSlot,
    AnchorStore,
    BatchState,
    Block,
    Chain,
    EvidenceJudge,
    LeafEvidence,
    Right,
    Transaction,
    TxState,
)
from anchor.sender import Sender
from licence.errors import AnzhengError, Code
from licence.formats import manifest as manifests
from licence.formats.evidence import BatchRecord, StateProof, decode_record, record_bytes
from licence.ids import BatchId

FOR_ALL: Final = frozenset(
    {
        Code.CHAIN_ACCOUNT,
        Code.CHAIN_FEES,
        Code.CHAIN_FUNDS,
        Code.CHAIN_STALE,
        Code.CHAIN_UNAVAILABLE,
        Code.CHAIN_WRONG,
        Code.LEASE_LOST,
        Code.STORE_FAILED,
        Code.WITNESS_REFUSED,
    }
)
"""What one batch meets, the next will meet too: try all of them again later."""

METHOD_NOT_FOUND: Final = -32601
"""What nodes answer that have no `eth_getProof`."""


class Anchorer:
    """Anchors the batches of one authority.

    Args:
        chain: The contract.
        sender: Sends from the authority's anchor account.
        store: Keeps batches, log and evidence.
        log: The authority's log.
        judge: Accepts evidence, or not.
        kind: On what the evidence rests.
    """

    def __init__(
        self,
        chain: Chain,
        sender: Sender,
        store: AnchorStore,
        log: AuthorityLog,
        judge: EvidenceJudge,
        kind: EvidenceKind = EvidenceKind.WITNESS,
    ) -> None:
        self._chain = chain
        self._sender = sender
        self._store = store
        self._log = log
        self._judge = judge
        self._kind = kind

    def check(self) -> None:
        """Refuse to work on the wrong chain, contract or account; call before the first pass.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_ACCOUNT, CHAIN_UNAVAILABLE; CHAIN_REORGANISED, when
                the chain no longer shows the newest batch of the log: it was put back, or it is
                another chain with the same id.
        """
        self._sender.check(self._log.identity.authority, Right.ANCHOR)
        records = self._log.records()
        if records:
            self._check_newest(decode_record(records[-1]))

    def release(self) -> None:
        """Let another process anchor for this authority."""
        self._sender.release()

    def _check_newest(self, record: BatchRecord) -> None:
        here = (self._chain.chain_id, self._chain.contract)
        if (record.chain_id, record.contract) != here:
            # The log went on from a contract that this one succeeded.
            return
        block = self._chain.block(record.block_number)
        slot = self._chain.anchored(record.authority, record.root, record.size, record.manifest)
        if slot is None or block is None or block.hash != record.block_hash:
            raise AnzhengError(
                Code.CHAIN_REORGANISED,
                "the chain has forgotten a batch that was final",
                block=record.block_number,
            )

    def advance_all(self) -> tuple[AnchorBatch, ...]:
        """Take every open batch of the authority as far as it goes now, oldest first.

        A batch that needs a person does not hold up those behind it.

        Raises:
            AnzhengError: As `advance`, the first one; batches that could be advanced are.
        """
        identity = self._log.identity
        found = self._store.open_batches(identity.registry, identity.authority)
        moved: list[AnchorBatch] = []
        refused: AnzhengError | None = None
        for batch in found:
            try:
                moved.append(self.advance(batch.id))
            except AnzhengError as error:
                if error.code in FOR_ALL:
                    raise
                refused = refused or error
        if refused is not None:
            raise refused
        return tuple(moved)

    def advance(self, batch_id: BatchId) -> AnchorBatch:
        """Take one batch as far as it goes now; call again later unless it is DONE or PARKED.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, WITNESS_REFUSED, CONFLICT: try again later.
                LEASE_LOST: another process anchors for this authority.
                CHAIN_REORGANISED: the chain took back what was final; a person must look.
                NOT_FOUND, for an unknown batch. What the judge says of refused evidence.
        """
        self._sender.hold()
        batch = self._store.batch(batch_id)
        if batch is None:
            raise AnzhengError(Code.NOT_FOUND, "no such batch", batch=batch_id)
        while True:
            moved = self._step(batch)
            if moved.state == batch.state:
                return moved
            batch = moved

    def _step(self, batch: AnchorBatch) -> AnchorBatch:
        steps: dict[BatchState, Callable[[AnchorBatch], AnchorBatch]] = {
            BatchState.BATCHED: self._to_chain,
            BatchState.SENT: self._to_chain,
            BatchState.FINAL: self._to_log,
            BatchState.LOGGED: self._to_witnesses,
            BatchState.COSIGNED: self._to_evidence,
        }
        step = steps.get(batch.state)
        return step(batch) if step else batch

    def _to_chain(self, batch: AnchorBatch) -> AnchorBatch:
        """Steps 1 and 2."""
        if batch.state is BatchState.BATCHED:
            # No batch on the chain may lack its manifest, whatever happens to us afterwards.
            self._log.keep_manifest(self._store.manifest(batch.id))
        call = AnchorCall(batch.root, batch.size, batch.manifest)
        transaction = self._sender.advance(
            f"anchor:{batch.id}",
            call,
            lambda: self._found(batch),
            lambda block: self._is_in(block, batch),
        )
        if transaction.state is TxState.PARKED:
            reason = transaction.reason
            return self._save(replace(batch, state=BatchState.PARKED, reason=reason))
        if transaction.state is not TxState.FINAL:
            if batch.state is BatchState.SENT:
                return batch
            return self._save(replace(batch, state=BatchState.SENT))
        record = self._record(batch, transaction)
        if self._kind is EvidenceKind.QBFT:
            # Nodes forget the state of old blocks (Besu: after 512), so the proof is taken now.
            self._keep(batch, self._sealed(batch, record))
        return self._save(replace(batch, state=BatchState.FINAL, record=record_bytes(record)))

    def _found(self, batch: AnchorBatch) -> Block | None:
        return self._chain.anchored_in(batch.authority, batch.root, batch.size, batch.manifest)

    def _is_in(self, block: Block, batch: AnchorBatch) -> bool:
        return self._slot_in(block, batch) is not None

    def _slot_in(self, block: Block, batch: AnchorBatch) -> AnchorSlot | None:
        """Return the batch's slot if the contract filled it in just this block.

        No receipt is needed for it. The slot has the time alone, which blocks may share and a
        wrong hash leaves as it is; so the event is looked for under the block's hash. What goes
        into the log cannot be taken back.
        """
        slot = self._chain.anchored(batch.authority, batch.root, batch.size, batch.manifest)
        if slot is None or slot.time != block.time:
            return None
        filled = self._chain.is_filled_by(block, slot, batch.authority, batch.root)
        return slot if filled else None

    def _record(self, batch: AnchorBatch, transaction: Transaction) -> BatchRecord:
        """Return the batch's record: what the contract stores and the block in which it did."""
        block = self._chain.block(transaction.block_number or 0)
        same = block is not None and block.hash == transaction.block_hash
        slot = self._slot_in(block, batch) if block is not None and same else None
        if slot is None or block is None:
            raise AnzhengError(
                Code.CHAIN_REORGANISED, "the chain does not show what was final", batch=batch.id
            )
        return BatchRecord(
            registry=batch.registry,
            authority=batch.authority,
            chain_id=self._chain.chain_id,
            contract=self._chain.contract,
            root=batch.root,
            size=batch.size,
            manifest=batch.manifest,
            sequence=slot.sequence,
            block_number=block.number,
            block_hash=block.hash,
            block_time=block.time,
        )

    def _save(self, batch: AnchorBatch) -> AnchorBatch:
        return self._store.save_batch(batch, self._sender.hold())

    def _to_log(self, batch: AnchorBatch) -> AnchorBatch:
        """Step 3."""
        index = self._log.append(_record_of(batch))
        return self._save(replace(batch, state=BatchState.LOGGED, log_index=index))

    def _to_witnesses(self, batch: AnchorBatch) -> AnchorBatch:
        """Step 4."""
        note = self._log.cosigned_checkpoint(_record_of(batch).block_number)
        return self._save(replace(batch, state=BatchState.COSIGNED, checkpoint=note))

    def _to_evidence(self, batch: AnchorBatch) -> AnchorBatch:
        """Step 5. Evidence is handed out only once the batch is DONE."""
        if self._kind is not EvidenceKind.QBFT:
            self._keep(batch, self._cosigned(batch))
        elif self._store.evidence_count(batch.id) != batch.size:
            # It became final while evidence was to rest on something else.
            self._keep(batch, self._sealed(batch, _record_of(batch)))
        return self._save(replace(batch, state=BatchState.DONE))

    def _keep(self, batch: AnchorBatch, made: Iterable[LeafEvidence]) -> None:
        """Store evidence that our own verifier accepts, for the whole batch or not at all."""
        items = tuple(made)
        for item in items:
            self._judge.accept(item.leaf, item.evidence)
        self._store.save_evidence(batch.id, items, self._sender.hold())

    def _cosigned(self, batch: AnchorBatch) -> Iterable[LeafEvidence]:
        if batch.log_index is None or batch.checkpoint is None:
            raise AnzhengError(Code.INTERNAL, "a cosigned batch without checkpoint", batch=batch.id)
        record = _record_of(batch)
        return make_evidence(
            manifests.decode(self._store.manifest(batch.id)),
            record,
            self._log.records(),
            batch.log_index,
            batch.checkpoint,
            self._state_proof(record),
        )

    def _sealed(self, batch: AnchorBatch, record: BatchRecord) -> Iterable[LeafEvidence]:
        """Make evidence from the record's block, or from the newest one if its state is gone."""
        keys = batch_keys(record)
        try:
            raw = self._chain.proof(keys, record.block_number)
        except AnzhengError as error:
            if error.facts.get("pruned") is not True:
                raise
            raw = self._chain.proof(keys, self._chain.final_height())
        return make_qbft_evidence(manifests.decode(self._store.manifest(batch.id)), record, raw)

    def _state_proof(self, record: BatchRecord) -> StateProof | None:
        """Return the proof of the record's own block; none where no node gives one that holds.

        It is more than the witnesses need, so nothing waits for it but a node that is away.
        """
        if self._kind is not EvidenceKind.WITNESS_AND_STATE:
            return None
        try:
            raw = self._chain.proof(batch_keys(record), record.block_number)
            return make_state_proof(record, raw)
        except AnzhengError as error:
            if error.code is Code.CHAIN_UNAVAILABLE and not _is_final(error):
                raise
            return None


def _is_final(error: AnzhengError) -> bool:
    """Say whether asking for a proof again is of no use."""
    return error.facts.get("pruned") is True or error.facts.get("rpc_code") == METHOD_NOT_FOUND


def _record_of(batch: AnchorBatch) -> BatchRecord:
    if batch.record is None:
        raise AnzhengError(Code.INTERNAL, "a final batch without record", batch=batch.id)
    return decode_record(batch.record)
