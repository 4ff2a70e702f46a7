"""The questions to holders that were answered: a question is answered once.

Whoever asked keeps the nonces of answered questions beside the trust folder until the questions run
out by themselves, so that an answer that was overheard is not taken a second time.

Standard: DESIGN 2 (8); research wallet 3.2.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.fields import Fields, moment_text
from licence.formats.holder import CLOCK_SKEW, NONCE_BYTES, PresentationRequest

SCHEMA: Final = "anzheng-answered/v1"
MAX_ANSWERED: Final = 10_000
MAX_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Answered:
    """Questions that were answered, and until when each had to be.

    Args:
        questions: Nonce and end of each.
    """

    questions: tuple[tuple[bytes, datetime], ...] = ()

    def refuse_twice(self, request: PresentationRequest) -> None:
        """Do nothing for a question that is still open.

        Raises:
            AnzhengError: REQUEST_INVALID for one that was answered.
        """
        if any(nonce == request.nonce for nonce, _ in self.questions):
            raise AnzhengError(
                Code.REQUEST_INVALID,
                "this request was answered before; write a new one by --ask for each presenter",
            )

    def with_answer(self, request: PresentationRequest, *, now: datetime) -> "Answered":
        """Return this with one more question, and without those to which no answer is taken."""
        still = [(nonce, end) for nonce, end in self.questions if end + CLOCK_SKEW >= now]
        return Answered((*still[-MAX_ANSWERED + 1 :], (request.nonce, request.expires_at)))


def answered_path(trust_folder: Path) -> Path:
    """Return where this is kept: beside the trust folder."""
    return trust_folder.with_name(f"{trust_folder.name}.answered.json")


def load(path: Path) -> Answered:
    """Read the file; an absent one means that nothing was answered yet.

    Raises:
        AnzhengError: STORE_FAILED, when it cannot be read or is damaged.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Answered()
    except OSError as error:
        raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be read") from error
    try:
        fields = Fields(
            canonical.loads(data, max_bytes=MAX_BYTES), where="answered", code=Code.STORE_FAILED
        )
        fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
        found = fields.objects("questions", _read, max_items=MAX_ANSWERED)
        fields.end()
    except AnzhengError as error:
        raise AnzhengError(
            Code.STORE_FAILED,
            f"{path} is damaged; remove it and ask every presenter anew",
        ) from error
    return Answered(found)


def _read(fields: Fields) -> tuple[bytes, datetime]:
    return fields.hexed("nonce", NONCE_BYTES), fields.moment("until")


def save(path: Path, answered: Answered) -> None:
    """Write the file, whole or not at all.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    rows = [
        {"nonce": nonce.hex(), "until": moment_text(until)} for nonce, until in answered.questions
    ]
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("wb") as file:
            file.write(canonical.dumps({"schema": SCHEMA, "questions": list(rows)}))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise AnzhengError(Code.STORE_FAILED, f"{path} cannot be written") from error
