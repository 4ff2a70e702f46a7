"""The text of a QR object: an address that any phone opens, and the object behind its `#`.

    HTTPS://V.EXAMPLE/V#P1NBSWY3DPEB3W64TMMQ...

A browser never sends what stands behind `#`, so the server does not see whose licence is checked.
Two characters say which object it is, then comes base 32 in capitals: with the address in capitals
too, all of it but the `#` fits the alphanumeric mode of QR codes. The object has one spelling; the
address before it is not judged, for whoever prints a code can print any address.

Standard: RFC 4648, 6 (base 32, without padding); ISO/IEC 18004, 7.3.4.
"""

import base64
import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from licence.errors import AnzhengError, Code

MAX_OBJECT_BYTES: Final = 2_600
"""Largest object; in base 32 it just fits the largest QR code at its lowest level."""
MAX_ADDRESS_CHARACTERS: Final = 200
MAX_TEXT_CHARACTERS: Final = 4_600

_BITS: Final = 5
_AS_NUMBER: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv"
)
_BASE: Final = re.compile(r"HTTPS?://[0-9A-Z.:/-]{1,80}/V", re.ASCII)
_ADDRESS: Final = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[!\"$-~]+", re.ASCII)
_CLAIM: Final = re.compile(r"([PSQApsqa][0-9])([!-~]{62,})", re.ASCII)
_DIGITS: Final = re.compile(r"[A-Z2-7]+", re.ASCII)


@unique
class QrKind(StrEnum):
    """Which object a text holds; the digit is the version."""

    PRINTED = "P1"
    SCREEN = "S1"
    REQUEST = "Q1"
    ANSWER = "A1"


@dataclass(frozen=True, slots=True)
class QrObject:
    """An object as bytes; nothing in it is verified."""

    kind: QrKind
    data: bytes


def check_qr_base(base: str) -> str:
    """Return an address that data codes may begin with, such as `HTTPS://V.EXAMPLE/V`.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if _BASE.fullmatch(base) is None:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "the address of data codes must be upper case and end with /V, like"
            " HTTPS://V.EXAMPLE/V",
        )
    return base


def write_text(found: QrObject, base: str) -> str:
    """Return the text of an object.

    Args:
        found: The object.
        base: The page that checks it, such as `HTTPS://V.EXAMPLE/V`.

    Raises:
        AnzhengError: SETTINGS_INVALID; TOO_LARGE.
    """
    if len(found.data) > MAX_OBJECT_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "the object fits no QR code", bytes=len(found.data))
    return f"{check_qr_base(base)}#{found.kind}{_base32(found.data)}"


def is_object_text(text: str) -> bool:
    """Say whether a text claims to be an object of ours, with or without an address before it."""
    return _split(text) is not None


def read_text(text: str) -> QrObject:
    """Read the text of a QR code, or only what stands behind its `#`.

    Raises:
        AnzhengError: NOT_A_LICENCE for what does not look like an object of ours; SCHEMA_UNKNOWN
            for a kind or version that is not known here; QR_SYNTAX for base 32 that is not in its
            one spelling, or too much of it.
    """
    found = _split(text)
    if found is None:
        raise AnzhengError(Code.NOT_A_LICENCE, "the code holds no object of this system")
    prefix, digits = found
    kind = next((each for each in QrKind if each.value == prefix.upper()), None)
    if kind is None:
        raise AnzhengError(Code.SCHEMA_UNKNOWN, "a kind of code that is not known here")
    if prefix != kind.value or _DIGITS.fullmatch(digits) is None:
        raise AnzhengError(Code.QR_SYNTAX, "the code is not in its one spelling")
    return QrObject(kind, _bytes(digits))


def _split(text: str) -> tuple[str, str] | None:
    """Return prefix and digits; None for a text that does not claim to be an object of ours."""
    if len(text) > MAX_TEXT_CHARACTERS:
        return None
    address, found, fragment = text.partition("#")
    if not found:
        fragment = address
    elif len(address) > MAX_ADDRESS_CHARACTERS or _ADDRESS.fullmatch(address) is None:
        return None
    # No object is as short as what people type, such as a short code or a number.
    match = _CLAIM.fullmatch(fragment)
    return None if match is None else (match[1], match[2])


def _bytes(digits: str) -> bytes:
    """Return the bytes of base 32; by one large number, which is ten times as fast as `base64`."""
    size, free = divmod(len(digits) * _BITS, 8)
    number = int(digits.translate(_AS_NUMBER), 1 << _BITS)
    if free >= _BITS or number & (1 << free) - 1 or size > MAX_OBJECT_BYTES:
        raise AnzhengError(Code.QR_SYNTAX, "the code is cut short, too long, or altered")
    return (number >> free).to_bytes(size, "big")


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=")
