"""Open what a report is sealed with, from the files and the address that settings name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from licence.errors import AnzhengError, Code
from licence.formats.trust_types import TsaRoot
from licence.ports import Clock, Entropy
from verifier.report_file.seal import ReportSeal, open_report_key
from verifier.report_file.tsa import HttpTsa

MAX_PASSWORD_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where a report key lies, and who timestamps.

    Attributes:
        folder: Of the key, as `report-key init` made it.
        password: File with its password; a line end after it does not count.
        tsa: Address of a timestamp authority; None: reports without a timestamp.
    """

    folder: Path
    password: Path
    tsa: str | None = None


def open_seal(
    place: SealPlace,
    roots: Callable[[], Sequence[TsaRoot]],
    *,
    clock: Clock,
    entropy: Entropy,
) -> ReportSeal:
    """Open key and timestamp authority; the authority is asked only when a report is made.

    Args:
        place: Where.
        roots: Timestamp roots of the trust bundle in use.
        clock: Tells the time.
        entropy: For nonces.

    Raises:
        AnzhengError: As `open_report_key`, and REQUEST_INVALID for an address that is none.
    """
    key = open_report_key(place.folder, read_password(place.password), now=clock.now())
    if place.tsa is None:
        return ReportSeal(key, None)
    return ReportSeal(key, HttpTsa(place.tsa, roots, clock=clock, entropy=entropy))


def read_password(path: Path) -> bytes:
    """Return the password in a file, without its line end.

    Raises:
        AnzhengError: KEY_URI.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PASSWORD_BYTES + 1)
    except OSError as error:
        raise AnzhengError(
            Code.KEY_URI, "the password file cannot be read", file=path.name
        ) from error
    if len(data) > MAX_PASSWORD_BYTES:
        raise AnzhengError(Code.KEY_URI, "no password file: too large", file=path.name)
    return data.rstrip(b"\r\n")
