"""The hole in a licence file: where the CMS stands, and nothing beside it that is not signed.

A licence is one PDF revision with one signature. Its file is cut in three: signed bytes, the hole
`<hexadecimal digits>` of fixed length, signed bytes. The gate in `find` runs before any PDF library
and accepts exactly the spelling that `patch` writes: ByteRange covers the whole file, the gap is
one string of lower-case digits, the DER in it is followed by zeros only. `patch` expects the
placeholders as libqpdf spells them (the signer saves with pikepdf).

Standard: ISO 32000-1, 12.8.1; ETSI EN 319 142-1, 5.2.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import der
from licence.formats.limits import HOLE_BYTES, MAX_CMS_BYTES, MAX_PDF_BYTES
from licence.ids import Digest

__all__ = [
    "HOLE_BYTES",
    "MAX_CMS_BYTES",
    "MAX_PDF_BYTES",
    "PLACEHOLDER_BYTE_RANGE",
    "PLACEHOLDER_CONTENTS",
    "Hole",
    "byte_range_digest",
    "contents",
    "fill",
    "find",
    "intact_prefix",
    "patch",
]

PLACEHOLDER_BYTE_RANGE: Final = (0, 1_111_111_111, 2_111_111_111, 1_999_999_999)
"""What the signer writes as /ByteRange before the file has its final length."""

PLACEHOLDER_CONTENTS: Final = b"\xab" * HOLE_BYTES
"""What the signer writes as /Contents; libqpdf spells it in hexadecimal digits."""

_HEADER: Final = b"%PDF-1.7\n"
_TAIL: Final = re.compile(rb"\nstartxref\n[1-9][0-9]{0,7}\n%%EOF\n\Z")
_BEFORE: Final = b" 0 obj\n<< /ByteRange "
_BETWEEN: Final = b" /Contents "
_AFTER: Final = b" /Filter /Adobe.PPKLite "
_DIGITS: Final = 2 * HOLE_BYTES
_HOLE_WIDTH: Final = _DIGITS + 2
_TAIL_WIDTH: Final = 64
_PLACEHOLDER_ARRAY: Final = b"[ %d %d %d %d ]" % PLACEHOLDER_BYTE_RANGE
_ARRAY_WIDTH: Final = len(_PLACEHOLDER_ARRAY)
_FIRST_BYTE_RANGE: Final = re.compile(
    re.escape(_BEFORE) + rb"\[0 ([1-9][0-9]{0,7}) ([1-9][0-9]{0,7}) ([1-9][0-9]{0,7})\] "
)


@dataclass(frozen=True, slots=True)
class Hole:
    """Where /Contents stands in the file.

    Attributes:
        start: Offset of its `<`, which is also the number of signed bytes before it.
        end: Offset after its `>`.
    """

    start: int
    end: int


def patch(prepared_pdf: bytes) -> tuple[bytes, Hole]:
    """Write the true ByteRange over its placeholder, and zeros into the hole.

    Args:
        prepared_pdf: As saved by the signer, with both placeholders.

    Returns:
        The file to be signed, and its hole. Only the hole's digits may change from now on.

    Raises:
        AnzhengError: TOO_LARGE; CONTAINER_STRUCTURE, when a placeholder is not there exactly once
            or the file would not pass the gate.
    """
    _check_size(prepared_pdf)
    opened = b"".join((_BEFORE, _PLACEHOLDER_ARRAY, _BETWEEN, b"<"))
    written = b"".join((opened, PLACEHOLDER_CONTENTS.hex().encode("ascii"), b">", _AFTER))
    if prepared_pdf.count(written) != 1:
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "the placeholders are not there exactly once")
    at = prepared_pdf.index(written)
    start = at + len(opened) - 1
    array = _array(Hole(start, start + _HOLE_WIDTH), len(prepared_pdf))
    filled = b"".join((_BEFORE, array, _BETWEEN, b"<", b"0" * _DIGITS, b">", _AFTER))
    ready = prepared_pdf[:at] + filled + prepared_pdf[at + len(filled) :]
    return ready, _frame(ready)


def find(pdf: bytes) -> Hole:
    """Find the hole of a signed licence file, or refuse the file: the strict gate.

    Raises:
        AnzhengError: TOO_LARGE; SIGNATURE_MISSING, when there is no ByteRange or the hole is
            empty; CONTAINER_APPENDED, when bytes follow an intact licence file (see
            `intact_prefix`); CONTAINER_STRUCTURE for every other file.
    """
    _check_size(pdf)
    try:
        return _signed(pdf)
    except AnzhengError as error:
        if intact_prefix(pdf) is None:
            raise
        raise AnzhengError(
            Code.CONTAINER_APPENDED, "bytes were added after an intact licence file"
        ) from error


def intact_prefix(pdf: bytes) -> bytes | None:
    """Return the licence file to which bytes were added, or None if that is not what happened.

    Only the container is looked at; whether the prefix is a valid licence is for the verifier.
    """
    found = _FIRST_BYTE_RANGE.search(pdf, 0, MAX_PDF_BYTES)
    if found is None:
        return None
    size = int(found[2]) + int(found[3])
    if size >= len(pdf) or size > MAX_PDF_BYTES:
        return None
    prefix = pdf[:size]
    try:
        _signed(prefix)
    except AnzhengError:
        return None
    return prefix


def contents(pdf: bytes, hole: Hole) -> bytes:
    """Return the DER in the hole, without its padding.

    Raises:
        AnzhengError: SIGNATURE_MISSING for an empty hole; CONTAINER_STRUCTURE, when the hole is
            not lower-case digits of one DER element and then zeros.
    """
    digits = pdf[hole.start + 1 : hole.end - 1]
    try:
        room = bytes.fromhex(digits.decode("ascii"))
    except ValueError as error:
        raise AnzhengError(
            Code.CONTAINER_STRUCTURE, "the hole is not our hexadecimal string"
        ) from error
    # fromhex also takes blanks and capitals: the case of a digit is no free bit.
    if len(digits) != _DIGITS or room.hex().encode("ascii") != digits:
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "the hole is not our hexadecimal string")
    if not room.strip(b"\0"):
        raise AnzhengError(Code.SIGNATURE_MISSING, "the hole for the signature is empty")
    try:
        place = der.read(room)
    except AnzhengError as error:
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "no DER in the hole") from error
    if place.tag != der.SEQUENCE or room[place.end :].strip(b"\0"):
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "the hole has more than one DER element")
    return room[: place.end]


def fill(pdf: bytes, hole: Hole, cms: bytes) -> bytes:
    """Return the file with this CMS in its hole; no other byte changes.

    Args:
        pdf: A file from `patch`, or one filled before.
        hole: Its hole.
        cms: DER, one SEQUENCE.

    Raises:
        AnzhengError: CMS_TOO_LARGE; CMS_SYNTAX, when it is not one DER element;
            CONTAINER_STRUCTURE, when there is no such hole.
    """
    if len(cms) > HOLE_BYTES:
        raise AnzhengError(Code.CMS_TOO_LARGE, "the CMS is longer than the hole", bytes=len(cms))
    try:
        der.value(cms, der.SEQUENCE)
    except AnzhengError as error:
        raise AnzhengError(Code.CMS_SYNTAX, "not one DER element") from error
    if _edges(pdf, hole) != b"<>" or hole.end - hole.start != _HOLE_WIDTH:
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "the hole is not there")
    digits = cms.hex().encode("ascii").ljust(_DIGITS, b"0")
    return b"".join((pdf[: hole.start + 1], digits, pdf[hole.end - 1 :]))


def byte_range_digest(pdf: bytes, hole: Hole) -> Digest:
    """Return SHA-256 of all bytes outside the hole: what the signature speaks of."""
    view = memoryview(pdf)
    digest = sha256(view[: hole.start])
    digest.update(view[hole.end :])
    return Digest(digest.digest())


def _check_size(pdf: bytes) -> None:
    if len(pdf) > MAX_PDF_BYTES:
        raise AnzhengError(
            Code.TOO_LARGE, "no licence file is that large", bytes=len(pdf), limit=MAX_PDF_BYTES
        )


def _array(hole: Hole, size: int) -> bytes:
    return (b"[0 %d %d %d]" % (hole.start, hole.end, size - hole.end)).ljust(_ARRAY_WIDTH)


def _edges(pdf: bytes, hole: Hole) -> bytes:
    return pdf[hole.start : hole.start + 1] + pdf[hole.end - 1 : hole.end]


def _signed(pdf: bytes) -> Hole:
    hole = _frame(pdf)
    contents(pdf, hole)
    return hole


def _frame(pdf: bytes) -> Hole:
    """Check all that lies around the digits of the hole, and return the hole."""
    if b"/ByteRange" not in pdf and pdf.startswith(b"%PDF-"):
        raise AnzhengError(Code.SIGNATURE_MISSING, "the file has no signature")
    if not pdf.startswith(_HEADER) or not _one_revision(pdf):
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "not one revision as the signer writes it")
    at = pdf.find(_BEFORE) + len(_BEFORE)
    start = at + _ARRAY_WIDTH + len(_BETWEEN)
    hole = Hole(start, start + _HOLE_WIDTH)
    frame = (
        (at, _array(hole, len(pdf)) + _BETWEEN + b"<"),
        (hole.end - 1, b">" + _AFTER),
    )
    if pdf.count(b"/ByteRange") != 1 or not all(pdf.startswith(x, i) for i, x in frame):
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "ByteRange and hole are not as we write them")
    return hole


def _one_revision(pdf: bytes) -> bool:
    ends = _TAIL.search(pdf, max(0, len(pdf) - _TAIL_WIDTH)) is not None
    return ends and pdf.count(b"startxref") == 1 and pdf.count(b"\n%%EOF\n") == 1
