"""The one question to a witness and its answers, as bytes. Pure.

    old SIZE                    POST <prefix>/add-checkpoint
    BASE64 of a proof node      (none, or up to 63 lines)

    the note, signed by the log

Standard: C2SP tlog-witness.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import MAX_CHECKPOINT_BYTES
from licence.formats.tree import HASH_BYTES

PATH: Final = "/add-checkpoint"
MAX_PROOF_LINES: Final = 63
MAX_QUESTION_BYTES: Final = 32 + MAX_PROOF_LINES * 45 + MAX_CHECKPOINT_BYTES
SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of an answer that names the size that the witness remembers."""

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Question:
    """What a log asks: from which size, with which proof, which note."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes


def encode_question(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the body of a request."""
    nodes = "".join(f"{base64.b64encode(node).decode('ascii')}\n" for node in proof)
    return f"old {old_size}\n{nodes}\n".encode("ascii") + note


def read_question(body: bytes) -> Question:
    """Read the body of a request; the note is taken as it stands.

    Raises:
        AnzhengError: TOO_LARGE, REQUEST_INVALID.
    """
    if len(body) > MAX_QUESTION_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "no question is that long", limit=MAX_QUESTION_BYTES)
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *nodes = head.decode("ascii").split("\n")
        old = _OLD.fullmatch(first)
        proof = tuple(base64.b64decode(node, validate=True) for node in nodes)
    except (UnicodeDecodeError, binascii.Error) as error:
        raise AnzhengError(Code.REQUEST_INVALID, "not the lines of a question") from error
    fits = len(proof) <= MAX_PROOF_LINES and all(len(node) == HASH_BYTES for node in proof)
    if old is None or not blank or not fits:
        raise AnzhengError(Code.REQUEST_INVALID, "not the lines of a question")
    return Question(int(old[1]), proof, note)


def encode_size(size: int) -> bytes:
    """Return the body that tells which size the witness remembers."""
    return b"%d\n" % size


def read_size(body: bytes) -> int:
    """Read `encode_size`.

    Raises:
        AnzhengError: WITNESS_REFUSED.
    """
    found = _SIZE.fullmatch(body)
    if found is None:
        raise AnzhengError(Code.WITNESS_REFUSED, "the witness names no size")
    return int(found[1])
