"""A question to whoever presents a licence, and the answer to it, each as a file.

The nonce is fresh for each question. Judge one answer to it, and ask anew for the next person: a
question that is used twice can be answered with an old answer.

Standard: DESIGN 2 (8); research wallet 3.2, mode C by file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from licence.errors import AnzhengError, Code
from licence.formats.fields import whole_second
from licence.formats.holder import (
    MAX_MESSAGE_BYTES,
    NONCE_BYTES,
    PresentationRequest,
    decode_presentation,
    decode_request,
    encode_request,
)
from licence.ports import Entropy
from verifier.checks.c09_holder import Presented


@dataclass(frozen=True, slots=True)
class Question:
    """What a verifier wants to ask.

    Attributes:
        path: The file to write.
        audience: Who asks, as the holder shall see it.
        purpose: What for, as the holder shall see it.
        life: How long an answer is taken.
        alone: Whether nothing else was wanted at the same time.
    """

    path: Path
    audience: str
    purpose: str
    life: timedelta
    alone: bool = True


def write_request(question: Question, *, now: datetime, entropy: Entropy) -> PresentationRequest:
    """Write a fresh question to a new file; an older question is never overwritten.

    Raises:
        AnzhengError: REQUEST_INVALID, when the file is there or cannot be written, or when the
            question does not say plainly who asks and what for.
    """
    if not question.alone:
        raise AnzhengError(Code.REQUEST_INVALID, "--ask verifies nothing: name no other files")
    asked_at = whole_second(now)
    request = PresentationRequest(
        nonce=entropy.bytes(NONCE_BYTES),
        audience=question.audience,
        purpose=question.purpose,
        issued_at=asked_at,
        expires_at=asked_at + question.life,
    )
    try:
        data = encode_request(request)
    except AnzhengError as error:
        message = f"say who asks and what for by --audience and --purpose: {error.message}"
        raise AnzhengError(Code.REQUEST_INVALID, message) from error
    try:
        with question.path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise AnzhengError(
            Code.REQUEST_INVALID,
            f"{question.path} is there already; name a new file for a new request",
        ) from error
    except OSError as error:
        raise AnzhengError(Code.REQUEST_INVALID, f"{question.path} cannot be written") from error
    return request


def read_presented(
    files: Sequence[Path], request: Path | None, answer: Path | None
) -> Presented | None:
    """Read our own question and the answer that came; None when nobody presents anything.

    Args:
        files: Licence files that are to be verified.
        request: File with the question.
        answer: File with the answer.

    Raises:
        AnzhengError: REQUEST_INVALID without a licence file, for one of the two without the other,
            for several licences at once, for a file that cannot be read, and for a question or
            an answer that is none: what cannot be read says nothing about the licence.
    """
    if not files:
        raise AnzhengError(Code.REQUEST_INVALID, "name a licence file")
    if request is None and answer is None:
        return None
    if request is None or answer is None:
        raise AnzhengError(
            Code.REQUEST_INVALID, "--request and --presentation go together: give both or none"
        )
    if len(files) > 1:
        raise AnzhengError(Code.REQUEST_INVALID, "a presentation is about one licence file")
    asked = read_question(request)
    try:
        return Presented(asked, decode_presentation(_read(answer)))
    except AnzhengError as error:
        message = f"{answer} is no answer to a presentation request: {error.message}"
        raise AnzhengError(Code.REQUEST_INVALID, message) from error


def read_question(path: Path) -> PresentationRequest:
    """Read our own question.

    Raises:
        AnzhengError: REQUEST_INVALID for a file that cannot be read or is none.
    """
    try:
        return decode_request(_read(path))
    except AnzhengError as error:
        message = f"{path} is no presentation request: {error.message}"
        raise AnzhengError(Code.REQUEST_INVALID, message) from error


def _read(path: Path) -> bytes:
    """Read one byte more than is allowed, so that the decoder sees too many."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_MESSAGE_BYTES + 1)
    except OSError as error:
        raise AnzhengError(Code.REQUEST_INVALID, f"the file {path} cannot be read") from error
