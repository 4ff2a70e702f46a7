"""A witness: cosigns a log's checkpoint if, and only if, it continues the one seen before.

Whoever runs one (another agency, an industry body) keeps the log from showing two histories. It
remembers before it answers: a crash in between costs a repeated question, never a second history.

Standard: C2SP tlog-witness (add-checkpoint), tlog-cosignature.
"""

from collections.abc import Sequence
from enum import StrEnum, unique

from anchor.ports import WitnessStore
from licence.errors import AnzhengError, Code, Fact
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import (
    Checkpoint,
    LogKey,
    SignatureLine,
    SignedCheckpoint,
    SignFunction,
    WitnessKey,
)
from licence.formats.tree import EMPTY_ROOT, verify_consistency
from licence.ids import MerkleRoot
from licence.ports import Clock


@unique
class Refusal(StrEnum):
    """Why a witness does not cosign: fact `refusal` of WITNESS_REFUSED."""

    ORIGIN = "origin"
    """The log is not witnessed here."""
    KEY = "key"
    """No signature by the log's pinned key."""
    SIZES = "sizes"
    """The old size is above the new one."""
    OLD_SIZE = "old_size"
    """Another checkpoint was seen last; fact `known_size`."""
    ROOT = "root"
    """The same size with another root."""
    PROOF = "proof"
    """The proof does not show that the checkpoint continues the last one."""


class Witness:
    """One witness for some logs; conforms to `anchor.ports.CheckpointWitness`.

    Args:
        key: Its name and public key.
        sign_with: Signs with its private key (Ed25519).
        logs: For each origin, the pinned key of the log.
        store: Its memory.
        clock: Tells the time that the cosignature states.
    """

    def __init__(
        self,
        key: WitnessKey,
        sign_with: SignFunction,
        logs: Sequence[tuple[str, LogKey]],
        store: WitnessStore,
        clock: Clock,
    ) -> None:
        self._key = key
        self._sign_with = sign_with
        self._logs = dict(logs)
        self._store = store
        self._clock = clock

    @property
    def key(self) -> WitnessKey:
        """Its name and public key."""
        return self._key

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> SignatureLine:
        """Cosign a checkpoint that continues the last one.

        1. The log is known, and its pinned key signed.
        2. No signature of our own says that we have seen more than we remember.
        3. The question starts from what was seen last, and the proof leads from there.
        4. The checkpoint is remembered, then cosigned.

        Raises:
            AnzhengError: WITNESS_REFUSED with fact `refusal`; CHECKPOINT_SYNTAX, TOO_LARGE;
                WITNESS_MEMORY, when the memory was put back; CONFLICT, when another question
                about the log was answered meanwhile.
        """
        said, lines = checkpoints.read_question(note)
        self._check_log(said, lines)
        seen = self._store.seen(said.origin)
        self.check_memory(said, lines, seen)
        before = seen or Checkpoint(said.origin, 0, MerkleRoot(EMPTY_ROOT))
        if old_size > said.size:
            raise _refused(Refusal.SIZES, "the old size is above the new one")
        if old_size != before.size:
            raise _refused(
                Refusal.OLD_SIZE, "another checkpoint was seen last", known_size=before.size
            )
        if old_size == said.size and said.root != before.root:
            raise _refused(Refusal.ROOT, "this size was seen with another root")
        try:
            verify_consistency(before.size, said.size, before.root, said.root, proof)
        except AnzhengError as error:
            raise _refused(
                Refusal.PROOF, "the checkpoint does not continue the last one"
            ) from error
        if said != seen:
            self._store.remember(said, instead_of=seen)
        return checkpoints.cosign(said, self._key, self._clock.now(), self._sign_with)

    def check_memory(
        self, said: Checkpoint, lines: Sequence[SignatureLine], seen: Checkpoint | None
    ) -> None:
        """Compare the memory with what we signed ourselves, when somebody shows it to us.

        Raises:
            AnzhengError: WITNESS_MEMORY.
        """
        known = 0 if seen is None else seen.size
        for line in lines:
            if (line.name, line.key_id) != (self._key.name, self._key.key_id()):
                continue
            try:
                checkpoints.verify_cosignature(line, self._key, said)
            except AnzhengError:
                # Not ours, whoever wrote our name there.
                continue
            if said.size > known or (said.size == known and said != seen):
                raise AnzhengError(
                    Code.WITNESS_MEMORY,
                    "we cosigned more than we remember: the memory was put back",
                    origin=said.origin,
                    cosigned=said.size,
                    remembered=known,
                )

    def _check_log(self, said: Checkpoint, lines: Sequence[SignatureLine]) -> None:
        key = self._logs.get(said.origin)
        if key is None:
            raise _refused(Refusal.ORIGIN, "not a log that is witnessed here")
        for line in lines:
            if (line.name, line.key_id) != (key.name, key.key_id()):
                continue
            try:
                checkpoints.verify_log(SignedCheckpoint(said, line, ()), key)
            except AnzhengError:
                continue
            return
        raise _refused(Refusal.KEY, "the log's key did not sign this")


def _refused(refusal: Refusal, message: str, **facts: Fact) -> AnzhengError:
    return AnzhengError(Code.WITNESS_REFUSED, message, refusal=refusal.value, **facts)
