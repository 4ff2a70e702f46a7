"""What can be verified: the kinds of artefact, how a stranger's bytes are told apart, and the ask.

Recognising decides nothing about trust. It only picks the checks that are made, and every kind of
bytes that fits nowhere is judged as a file: not one of ours.

Standard: DESIGN 4, table of artefacts.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from licence.domain.elicence_id import parse_elicence_id
from licence.domain.licence_no import folded
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.copy_file import MAX_COPY_BYTES
from licence.formats.holder import PresentationRequest
from licence.formats.qr_text import is_object_text
from licence.formats.short_code import parse_short_code
from verifier.checks.c09_holder import Presented
from verifier.memory import Memory
from verifier.policy import Policy
from verifier.ports import Online

MAX_TEXT_BYTES: Final = 8_192
"""More than the largest QR code holds (7,089 digits)."""
MAX_NUMBER_CHARACTERS: Final = 160

PDF_MAGIC: Final = b"%PDF-"
REPORT_MARK: Final = b"anzheng-verification-report"
"""Stands in clear in every report file that we make, and in no licence."""
COPY_MARK: Final = b"anzheng-copy/v"
"""Begins the schema of every limited copy."""

_MAGIC_WIDTH: Final = 1_024
_POINTER: Final = re.compile(
    r"https?://[^/?#\s]+(?:/[^?#\s]*)?(?:/L/|#c=)([0-9A-Z*~$=-]{17,24})", re.ASCII | re.IGNORECASE
)
"""What the code on the pages says, and where it leads: a short code behind any address."""
_MAX_POINTER: Final = 240
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:", re.ASCII)


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A licence file, or what somebody says is one.

    Attributes:
        data: Its bytes.
        sidecar: Anchor evidence that came beside it.
    """

    data: bytes = field(repr=False)
    sidecar: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CopyFile:
    """A limited copy 加注件: data and signatures of a licence, without its pages."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class QrText:
    """What a QR reader read: a printed code, a screen code, or an answer to our question."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NumberText:
    """What somebody typed: a licence number, an e-licence identifier, or a short code."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A verification report 核验报告 as PDF."""

    data: bytes = field(repr=False)


Artefact = PdfFile | CopyFile | QrText | NumberText | ReportFile


@dataclass(frozen=True, slots=True)
class Ask:
    """How one artefact is to be verified.

    Attributes:
        policy: What the relying party demands.
        now: The time, aware: rules freshness and the clock check.
        on: The day asked about; today in China unless given.
        memory: What this verifier has seen before.
        online: The registry and the chains; offline unless given.
        presentation: Our question and the holder's answer, when somebody presented the licence.
        chain_proof: A status proof of the chain that came beside the file.
        request: Our question, for a QR code that answers it.
        challenge: The four digits that we spoke to the holder of a screen code.
        purpose: What a screen code or a copy must have been made for, when that is known.
        recipient: Whom a copy must have been made for, when that is known.
        reporters: Certificates, DER, of the verifiers whose reports are believed.
    """

    policy: Policy
    now: datetime
    on: date | None = None
    memory: Memory = field(default_factory=Memory)
    online: Online | None = None
    presentation: Presented | None = None
    chain_proof: bytes | None = None
    request: PresentationRequest | None = None
    challenge: str | None = None
    purpose: str | None = None
    recipient: str | None = None
    reporters: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def day(self) -> date:
        """The day asked about."""
        return self.on if self.on is not None else shanghai_date(self.now)

    @property
    def wants_holder(self) -> bool:
        """Whether a holder was asked: then nothing is valid that does not answer."""
        return self.presentation is not None or self.request is not None


def recognise(data: bytes, sidecar: bytes | None = None) -> Artefact:
    """Say what kind of artefact these bytes are; never fails, never reads more than it must.

    Args:
        data: The bytes, of any length.
        sidecar: Anchor evidence that came beside them, for a licence file.
    """
    if PDF_MAGIC in data[:_MAGIC_WIDTH]:
        return ReportFile(data) if REPORT_MARK in data else PdfFile(data, sidecar)
    # Canonical JSON has its keys in order, so the schema stands near the end.
    if data[:1] == b"{" and COPY_MARK in data[:MAX_COPY_BYTES]:
        return CopyFile(data)
    text = _text(data)
    return (recognise_text(text) if text else None) or PdfFile(data, sidecar)


def recognise_text(text: str) -> QrText | NumberText | None:
    """Say what kind of artefact a typed or scanned text is; None when it is neither."""
    stripped = text.strip()
    pointer = _POINTER.fullmatch(stripped) if len(stripped) <= _MAX_POINTER else None
    if pointer is not None and _is_number(pointer[1]) and not is_object_text(stripped):
        return NumberText(pointer[1])
    if _URL.match(stripped) or is_object_text(stripped):
        return QrText(stripped)
    return NumberText(stripped) if _is_number(stripped) else None


def _text(data: bytes) -> str | None:
    """Return a short text of one line; None for anything else."""
    if len(data) > MAX_TEXT_BYTES:
        return None
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _is_number(text: str) -> bool:
    """Say whether a text has the form of a number; a wrong check character is still a number."""
    if not 0 < len(text) <= MAX_NUMBER_CHARACTERS:
        return False
    for read in (parse_short_code, parse_elicence_id, folded):
        try:
            read(text)
        except AnzhengError as error:
            if error.code in {Code.SHORT_CODE_CHECK, Code.ELICENCE_ID_CHECK}:
                return True
        else:
            return True
    return False
