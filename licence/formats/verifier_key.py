"""Keys of logs and witnesses as text, for the letter or the settings file of the other side.

`name+id+base64(algorithm || key)`; the id makes a slip of the pen visible.

Standard: C2SP signed-note (verifier keys), tlog-cosignature.
"""

import base64
import binascii
import re
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import HASH_BYTES, LogKey, WitnessKey

_LOG: Final = 0x01
_WITNESS: Final = 0x04
_KEY: Final = re.compile(r"([!-*,-~]{1,128})\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44}={0,2})")


def encode_log_key(key: LogKey) -> str:
    """Return the key as text that a witness is told: `name+id+base64(0x01 || key)`."""
    return f"{key.name}+{key.key_id().hex()}+{_text(_LOG, key.public)}"


def encode_witness_key(key: WitnessKey) -> str:
    """Return the key as text that a log is told: `name+id+base64(0x04 || key)`."""
    return f"{key.name}+{key.key_id().hex()}+{_text(_WITNESS, key.public)}"


def read_log_key(text: str) -> LogKey:
    """Read `encode_log_key`.

    Raises:
        AnzhengError: CHECKPOINT_SYNTAX.
    """
    name, public = _verifier_key(text, _LOG)
    key = LogKey(name, public)
    if encode_log_key(key) != text:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "the id is not that of the key")
    return key


def read_witness_key(text: str) -> WitnessKey:
    """Read `encode_witness_key`.

    Raises:
        AnzhengError: CHECKPOINT_SYNTAX.
    """
    name, public = _verifier_key(text, _WITNESS)
    key = WitnessKey(name, public)
    if encode_witness_key(key) != text:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "the id is not that of the key")
    return key


def _verifier_key(text: str, algorithm: int) -> tuple[str, bytes]:
    found = _KEY.fullmatch(text)
    try:
        value = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        value = b""
    if found is None or len(value) != 1 + HASH_BYTES or value[0] != algorithm:
        raise AnzhengError(Code.CHECKPOINT_SYNTAX, "no verifier key of this kind")
    return found[1], value[1:]


def _text(algorithm: int, public: bytes) -> str:
    return base64.b64encode(bytes((algorithm,)) + public).decode("ascii")
