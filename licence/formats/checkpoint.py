"""Checkpoints of an authority's log: C2SP signed notes with the cosignatures of witnesses.

A checkpoint says "this log had `size` entries and this root". The log signs it once, witnesses
cosign it with the time at which they saw that it continues the one before. Our reader is narrower
than C2SP: no extension lines, the log's signature first, then the cosignatures ascending by name,
each name once. And stricter in judging: every line must verify under a pinned key, not only enough.

Standard: C2SP signed-note, tlog-checkpoint and tlog-cosignature (Ed25519, `cosignature/v1`).
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from licence.errors import AnzhengError, Code
from licence.formats.cbor_fields import MAX_SECONDS
from licence.ids import MerkleRoot

MAX_CHECKPOINT_BYTES: Final = 4_096
"""Largest note, in bytes."""

MAX_COSIGNATURES: Final = 16
"""Most cosignatures in a note."""

MAX_LOG_SIZE: Final = 2**32 - 1
"""Most entries of a log; one entry is a batch."""

HASH_BYTES: Final = 32

# Origin, size, root, empty, one signature, and nothing after the last line feed.
_LEAST_LINES: Final = 6
_LOG_KEY: Final = 0x01
_WITNESS_KEY: Final = 0x04
_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_COSIGNATURE_BYTES: Final = _TIME_BYTES + _SIGNATURE_BYTES
# Printable ASCII without blank and plus sign: what both C2SP and a person at a terminal can take.
_NAME: Final = re.compile(r"[!-*,-~]{1,128}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_SIGNATURE: Final = re.compile(r"\u2014 ([!-*,-~]{1,128}) ([A-Za-z0-9+/]{1,128}={0,2})")
# Names and lengths that signed-note allows and we do not write.
_FOREIGN: Final = re.compile(r"\u2014 ([^\s+]{1,256}) ([A-Za-z0-9+/]{8,8192}={0,2})")

SignFunction = Callable[[bytes], bytes]
"""Returns the 64-byte Ed25519 signature of a message."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about itself."""

    origin: str
    size: int
    root: MerkleRoot

    def body(self) -> bytes:
        """Return the bytes that the log signs.

        Raises:
            AnzhengError: CHECKPOINT_SYNTAX, for values that a checkpoint cannot have.
        """
        fits = _NAME.fullmatch(self.origin) and len(self.root) == HASH_BYTES
        if not fits or not 0 <= self.size <= MAX_LOG_SIZE:
            raise AnzhengError(Code.CHECKPOINT_SYNTAX, "no checkpoint has such values")
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class LogKey:
    """Name and Ed25519 public key (32 bytes) of a log."""

    name: str
    public: bytes

    def key_id(self) -> bytes:
        """Return the four bytes before each signature of this key."""
        return _key_id(self.name, _LOG_KEY, self.public)


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """Name and Ed25519 public key (32 bytes) of a witness."""

    name: str
    public: bytes

    def key_id(self) -> bytes:
        """Return the four bytes before each cosignature of this key."""
        return _key_id(self.name, _WITNESS_KEY, self.public)


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line of a note as it stands there: name, key id, and the bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A note taken apart, nothing verified yet."""

    checkpoint: Checkpoint
    log_signature: SignatureLine
    cosignatures: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A pinned witness saw the checkpoint at this time."""

    name: str
    time: datetime


def sign(checkpoint: Checkpoint, key: LogKey, sign_with: SignFunction) -> SignedCheckpoint:
    """Return the checkpoint with the log's signature.

    Args:
        checkpoint: What the log says.
        key: Name and public key.
        sign_with: Signs with the private key.

    Raises:
        AnzhengError: CHECKPOINT_SYNTAX.
    """
    signature = sign_with(checkpoint.body())
    return SignedCheckpoint(checkpoint, SignatureLine(key.name, key.key_id(), signature), ())


def cosign(
    checkpoint: Checkpoint, key: WitnessKey, now: datetime, sign_with: SignFunction
) -> SignatureLine:
    """Return a witness's cosignature; whether it may give one is for the witness to check first.

    Args:
        checkpoint: What the witness saw.
        key: Its name and public key.
        now: When it saw it, aware; the fraction of a second is left out.
        sign_with: Signs with the private key.

    Raises:
        AnzhengError: CHECKPOINT_SYNTAX.
    """
    seconds = 0 if now.tzinfo is None else int(now.timestamp())
    if not 1 <= seconds <= MAX_SECONDS:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "no cosignature has such a time")
    signature = sign_with(_cosigned_message(checkpoint, seconds))
    return SignatureLine(key.name, key.key_id(), seconds.to_bytes(_TIME_BYTES, "big") + signature)


def with_cosignatures(signed: SignedCheckpoint, lines: Sequence[SignatureLine]) -> SignedCheckpoint:
    """Return the note with these cosignatures added, in the order that our format has.

    Raises:
        AnzhengError: CHECKPOINT_SYNTAX, when one witness stands there twice or there are too many.
    """
    ordered = tuple(sorted((*signed.cosignatures, *lines), key=lambda line: line.name))
    together = SignedCheckpoint(signed.checkpoint, signed.log_signature, ordered)
    encode(together)
    return together


def encode(signed: SignedCheckpoint) -> bytes:
    """Return the note.

    Raises:
        AnzhengError: CHECKPOINT_SYNTAX, for what `parse` would refuse.
    """
    _check(signed)
    lines = encode_lines((signed.log_signature, *signed.cosignatures))
    note = signed.checkpoint.body() + b"\n" + lines
    if len(note) > MAX_CHECKPOINT_BYTES:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "the note is too long", bytes=len(note))
    return note


def parse(note: bytes) -> SignedCheckpoint:
    """Take a note apart; it must be spelled as `encode` spells it.

    Raises:
        AnzhengError: TOO_LARGE, CHECKPOINT_SYNTAX.
    """
    checkpoint, signatures = _halves(note)
    first, *others = (_line(line) for line in signatures)
    signed = SignedCheckpoint(checkpoint, first, tuple(others))
    if encode(signed) != note:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not the one spelling of this checkpoint")
    return signed


def _halves(note: bytes) -> tuple[Checkpoint, list[str]]:
    """Split a note into what it says and the lines of its signatures, unread.

    Raises:
        AnzhengError: TOO_LARGE, CHECKPOINT_SYNTAX.
    """
    if len(note) > MAX_CHECKPOINT_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "no checkpoint is that long", bytes=len(note))
    try:
        lines = note.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not UTF-8") from error
    if len(lines) < _LEAST_LINES or lines[3] or lines[-1] or not _SIZE.fullmatch(lines[1]):
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not the lines of a checkpoint")
    checkpoint = Checkpoint(lines[0], int(lines[1]), MerkleRoot(_from_base64(lines[2])))
    return checkpoint, lines[4:-1]


def read_question(note: bytes) -> tuple[Checkpoint, tuple[SignatureLine, ...]]:
    """Take a note apart that others wrote: any order, unknown signatures among them.

    What a witness is asked may carry signatures that it cannot judge; it ignores them.

    Raises:
        AnzhengError: TOO_LARGE; CHECKPOINT_SYNTAX, also for extension lines.

    Standard: C2SP signed-note, tlog-checkpoint.
    """
    checkpoint, lines = _halves(note)
    if not note.startswith(checkpoint.body() + b"\n"):
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not the one spelling of this checkpoint")
    signatures = []
    for line in lines:
        found = _FOREIGN.fullmatch(line)
        if found is None:
            raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not a signature line")
        value = _from_base64(found[2])
        signatures.append(SignatureLine(found[1], value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:]))
    return checkpoint, tuple(signatures)


def encode_lines(lines: Sequence[SignatureLine]) -> bytes:
    """Return signature lines as they stand in a note and in a witness's answer."""
    return "".join(
        f"\u2014 {line.name} {_base64(line.key_id + line.signature)}\n" for line in lines
    ).encode("utf-8")


def read_lines(data: bytes) -> tuple[SignatureLine, ...]:
    """Read signature lines of our form, one at least.

    Raises:
        AnzhengError: TOO_LARGE, CHECKPOINT_SYNTAX.
    """
    if len(data) > MAX_CHECKPOINT_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "too many signature lines", bytes=len(data))
    try:
        *lines, last = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not UTF-8") from error
    if last or not lines:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not signature lines")
    return tuple(_line(line) for line in lines)


def verify_cosignature(line: SignatureLine, key: WitnessKey, checkpoint: Checkpoint) -> datetime:
    """Verify one cosignature, and return the time that it states.

    Raises:
        AnzhengError: ANCHOR_WITNESS, CHECKPOINT_SYNTAX.
    """
    _check_line(line, _COSIGNATURE_BYTES)
    seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if not 1 <= seconds <= MAX_SECONDS:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "no cosignature has such a time")
    _verify_line(line, key, _cosigned_message(checkpoint, seconds), _TIME_BYTES)
    return datetime.fromtimestamp(seconds, UTC)


def verify(
    signed: SignedCheckpoint,
    log_key: LogKey,
    witnesses: Sequence[WitnessKey],
    threshold: int,
) -> tuple[Cosigned, ...]:
    """Verify every signature of a checkpoint.

    Args:
        signed: The note.
        log_key: The log's pinned key.
        witnesses: All pinned witnesses; a witness that is not among them is refused.
        threshold: How many different witnesses there must be, one at least.

    Returns:
        The witnesses that cosigned, ascending by name.

    Raises:
        AnzhengError: ANCHOR_WITNESS; CHECKPOINT_SYNTAX for a note that `encode` would refuse.
    """
    _check(signed)
    pinned = {witness.name: witness for witness in witnesses}
    keys = {log_key.public, *(witness.public for witness in witnesses)}
    if threshold < 1 or len(pinned) != len(witnesses) or len(keys) != len(witnesses) + 1:
        # One person with two names would count twice.
        raise AnzhengError(Code.ANCHOR_WITNESS, "no witness is asked for, or a key is pinned twice")
    _verify_line(signed.log_signature, log_key, signed.checkpoint.body(), 0)
    cosigned = []
    for line in signed.cosignatures:
        if line.name not in pinned:
            raise AnzhengError(Code.ANCHOR_WITNESS, "a witness that is not pinned", name=line.name)
        seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
        message = _cosigned_message(signed.checkpoint, seconds)
        _verify_line(line, pinned[line.name], message, _TIME_BYTES)
        cosigned.append(Cosigned(line.name, datetime.fromtimestamp(seconds, UTC)))
    if len(cosigned) < threshold:
        raise AnzhengError(
            Code.ANCHOR_WITNESS, "too few witnesses", found=len(cosigned), wanted=threshold
        )
    return tuple(cosigned)


def verify_log(signed: SignedCheckpoint, log_key: LogKey) -> None:
    """Verify the log's own signature alone: that it said so, not that anybody saw it.

    Raises:
        AnzhengError: ANCHOR_WITNESS; CHECKPOINT_SYNTAX for a note that `encode` would refuse.
    """
    _check(signed)
    _verify_line(signed.log_signature, log_key, signed.checkpoint.body(), 0)


def _verify_line(line: SignatureLine, key: LogKey | WitnessKey, message: bytes, skip: int) -> None:
    if line.name != key.name or line.key_id != key.key_id():
        raise AnzhengError(Code.ANCHOR_WITNESS, "a line of another key", name=line.name)
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public)
        public.verify(line.signature[skip:], message)
    except (InvalidSignature, ValueError) as error:
        raise AnzhengError(
            Code.ANCHOR_WITNESS, "a signature of the checkpoint is wrong", name=line.name
        ) from error


def _check(signed: SignedCheckpoint) -> None:
    names = [line.name for line in signed.cosignatures]
    if len(names) > MAX_COSIGNATURES or any(a >= b for a, b in pairwise(names)):
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "too many cosignatures, or not ascending")
    _check_line(signed.log_signature, _SIGNATURE_BYTES)
    for line in signed.cosignatures:
        _check_line(line, _COSIGNATURE_BYTES)
        seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
        if not 1 <= seconds <= MAX_SECONDS:
            raise AnzhengError(Code.CHECKPOINT_SYNTAX, "no cosignature has such a time")


def _check_line(line: SignatureLine, length: int) -> None:
    fits = len(line.key_id) == _KEY_ID_BYTES and len(line.signature) == length
    if not fits or not _NAME.fullmatch(line.name):
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "no signature line has such values")


def _line(text: str) -> SignatureLine:
    found = _SIGNATURE.fullmatch(text)
    if found is None:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not a signature line")
    value = _from_base64(found[2])
    return SignatureLine(found[1], value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])


def _cosigned_message(checkpoint: Checkpoint, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + checkpoint.body()


def _key_id(name: str, algorithm: int, public: bytes) -> bytes:
    return sha256(name.encode("utf-8") + bytes((0x0A, algorithm)) + public).digest()[:_KEY_ID_BYTES]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "not base64") from error
