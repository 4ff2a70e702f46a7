"""A witness: cosigns a log's checkpoint if, and only if, it continues the one seen before.

Whoever runs one (another agency, an industry body) keeps the log from showing two histories. It
remembers before it answers: a crash in between costs a repeated question, never a second history.

Standard: C2SP tlog-witness (add-checkpoint), tlog-cosignature.
"""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from anchor.ports import WitnessStore
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
from licence.formats.tree import EMPTY_ROOT, verify_consistency
from licence.ids import MerkleRoot
from licence.ports import Clock


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

        Raises:
            AnzhengError: WITNESS_REFUSED, with `known_size` when `old_size` is another one;
                CHECKPOINT_SYNTAX, TOO_LARGE.
        """
        signed = checkpoints.parse(note)
        said = signed.checkpoint
        self._check_log(signed)
        seen = self._store.seen(said.origin)
        before = seen or Checkpoint(said.origin, 0, MerkleRoot(EMPTY_ROOT))
        if old_size != before.size:
            raise AnzhengError(
                Code.WITNESS_REFUSED, "another checkpoint was seen last", known_size=before.size
            )
        try:
            verify_consistency(before.size, said.size, before.root, said.root, proof)
        except AnzhengError as error:
            raise AnzhengError(
                Code.WITNESS_REFUSED, "the checkpoint does not continue the last one"
            ) from error
        if said != seen:
            self._store.remember(said, instead_of=seen)
        return checkpoints.cosign(said, self._key, self._clock.now(), self._sign_with)

    def _check_log(self, signed: SignedCheckpoint) -> None:
        key = self._logs.get(signed.checkpoint.origin)
        line = signed.log_signature
        if key is None or signed.cosignatures:
            raise AnzhengError(Code.WITNESS_REFUSED, "not a log that is witnessed here")
        if line.name != key.name or line.key_id != key.key_id():
            raise AnzhengError(Code.WITNESS_REFUSED, "signed by another key")
        try:
            public = Ed25519PublicKey.from_public_bytes(key.public)
            public.verify(line.signature, signed.checkpoint.body())
        except (InvalidSignature, ValueError) as error:
            raise AnzhengError(Code.WITNESS_REFUSED, "the log's signature is wrong") from error
