"""The one growing log of an authority: batch records in order, under cosigned checkpoints.

Standard: RFC 9162, 2.1; C2SP tlog-checkpoint, tlog-witness.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import monotonic
from typing import Final

from anchor.ports import AnchorStore, CheckpointWitness
from anchor.public_log import LogPublisher
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import (
    Checkpoint,
    LogKey,
    SignatureLine,
    SignedCheckpoint,
    SignFunction,
    WitnessKey,
)
from licence.formats.evidence import BatchRecord, log_origin, record_bytes
from licence.formats.tree import Tree, leaf_hash
from licence.ids import AuthorityId, RegistryId

Believed = Callable[[WitnessKey, int], bool]
"""Says whether verifiers believe a witness about a batch in this block."""

PATIENCE_SECONDS: Final = 2.0
"""How long the others are waited for once enough witnesses have cosigned."""

LIMIT_SECONDS: Final = 30.0
"""How long all of them have."""


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Whose log it is, and the key that signs it."""

    registry: RegistryId
    authority: AuthorityId
    key: LogKey

    @property
    def origin(self) -> str:
        """First line of its checkpoints."""
        return log_origin(self.registry, self.authority)


class AuthorityLog:
    """One authority's log.

    Args:
        identity: Whose it is.
        sign_with: Signs with the log's private key (Ed25519).
        store: Where the records are.
        witnesses: Who cosigns, each with its own key.
        threshold: How many of them there must be, one at least.
        public: Where everybody reads it; none for a log that is not published.
        believed: Which witnesses count for which block; all, unless given.
    """

    def __init__(
        self,
        identity: LogIdentity,
        sign_with: SignFunction,
        store: AnchorStore,
        witnesses: Sequence[CheckpointWitness],
        threshold: int,
        *,
        public: LogPublisher | None = None,
        believed: Believed = lambda _key, _block: True,
    ) -> None:
        self._identity = identity
        self._sign_with = sign_with
        self._store = store
        self._witnesses = tuple(witnesses)
        self._threshold = threshold
        self._public = public
        self._believed = believed
        self._known: dict[str, int] = {}

    @property
    def identity(self) -> LogIdentity:
        """Whose log it is."""
        return self._identity

    def append(self, record: BatchRecord) -> int:
        """Append a record and return its place; a record that is there already keeps its place.

        Raises:
            AnzhengError: EVIDENCE_SYNTAX, for a record of another log.
        """
        mine = (self._identity.registry, self._identity.authority)
        if (record.registry, record.authority) != mine:
            raise AnzhengError(Code.EVIDENCE_SYNTAX, "a record of another log")
        return self._store.append_log_record(
            record.registry, record.authority, record_bytes(record)
        )

    def keep_manifest(self, data: bytes) -> None:
        """Publish the manifest of a batch; do it before the batch is first sent.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        if self._public is not None:
            self._public.keep_manifest(self._identity.registry, self._identity.authority, data)

    def records(self) -> tuple[bytes, ...]:
        """Return all records, in order."""
        return self._store.log_records(self._identity.registry, self._identity.authority)

    def cosigned_checkpoint(self, block: int = 0) -> bytes:
        """Return a note over all records so far, with cosignatures from enough witnesses.

        A witness that fails, is slow, or answers with a wrong signature is left out as long as
        enough others answer.

        1. The records are public before a witness is asked: it must not remember what is lost.
        2. All witnesses are asked at once; what they answer is verified.
        3. The note is public before any evidence has it.

        Args:
            block: Block of the batch whose evidence the note is for.

        Raises:
            AnzhengError: WITNESS_REFUSED, when too few cosign; RECONCILE_NEEDED, when the public
                log has something else than the store.
        """
        records, origin = self.records(), self._identity.origin
        if self._public is not None:
            self._public.keep_entries(origin, records)
        note = self._cosigned(Tree([leaf_hash(record) for record in records]), block)
        if self._public is not None:
            self._public.keep_checkpoint(origin, note)
        return note

    def _cosigned(self, tree: Tree, block: int) -> bytes:
        said = Checkpoint(self._identity.origin, tree.size, tree.root)
        signed = checkpoints.sign(said, self._identity.key, self._sign_with)
        asked = [each for each in self._witnesses if self._believed(each.key, block)]
        lines, refused = self._ask_all(asked, tree, signed)
        if len(lines) < self._threshold:
            raise AnzhengError(
                Code.WITNESS_REFUSED,
                "too few witnesses cosigned",
                cosigned=len(lines),
                wanted=self._threshold,
            ) from refused
        return checkpoints.encode(checkpoints.with_cosignatures(signed, lines))

    def _ask_all(
        self, witnesses: Sequence[CheckpointWitness], tree: Tree, signed: SignedCheckpoint
    ) -> tuple[list[SignatureLine], AnzhengError | None]:
        """Ask all witnesses at once; whoever is late is left to end by itself."""
        pool = ThreadPoolExecutor(max(1, len(witnesses)), thread_name_prefix="witness")
        waiting: set[Future[SignatureLine]] = {
            pool.submit(self._answer, each, tree, signed) for each in witnesses
        }
        pool.shutdown(wait=False)
        lines: list[SignatureLine] = []
        refused: AnzhengError | None = None
        end = monotonic() + LIMIT_SECONDS
        while waiting and monotonic() < end:
            done, waiting = wait(waiting, end - monotonic(), "FIRST_COMPLETED")
            for each in done:
                try:
                    lines.append(each.result())
                except AnzhengError as error:
                    refused = error
            if len(lines) >= self._threshold:
                end = min(end, monotonic() + PATIENCE_SECONDS)
        return lines, refused

    def _answer(
        self, witness: CheckpointWitness, tree: Tree, signed: SignedCheckpoint
    ) -> SignatureLine:
        """Return a witness's cosignature, verified."""
        line = self._ask(witness, tree, checkpoints.encode(signed))
        alone = checkpoints.with_cosignatures(signed, [line])
        checkpoints.verify(alone, self._identity.key, [witness.key], 1)
        return line

    def _ask(self, witness: CheckpointWitness, tree: Tree, note: bytes) -> SignatureLine:
        """Ask one witness; if it has seen another size than we thought, ask once more with that."""
        name = witness.key.name
        old = min(self._known.get(name, 0), tree.size)
        try:
            line = witness.add_checkpoint(old, tree.consistency(old), note)
        except AnzhengError as error:
            seen = error.facts.get("known_size")
            if not isinstance(seen, int) or not 0 <= seen <= tree.size or seen == old:
                raise
            line = witness.add_checkpoint(seen, tree.consistency(seen), note)
        self._known[name] = tree.size
        return line
