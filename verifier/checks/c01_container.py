"""Check 1: the container is one revision with one signature and one hole, and nothing outside.

The byte gate comes first and needs no PDF library. The gate on parsed objects
(`verifier.pades.structure`) follows once the signature is known to be an authority's.

Standard: ISO 32000-1, 12.8.1; ETSI EN 319 142-1, 5.2; research pdfsign 4.2.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code, Fact
from licence.formats import hole
from licence.formats.checks import CheckName, CheckResult, passed
from licence.ids import Digest
from verifier.checks.outcome import not_passed

NUMBER: Final = 1
STANDARD: Final = "ISO 32000-1 12.8.1"


@dataclass(frozen=True, slots=True)
class Container:
    """The cut of a file: what is signed, and what stands in the hole."""

    byte_range: tuple[int, int, int, int]
    contents: bytes
    cms: bytes
    digest: Digest
    size: int


def check_container(pdf: bytes) -> tuple[CheckResult, Container | None]:
    """Hold the bytes of a file against the one spelling that we write."""
    try:
        found = hole.find(pdf)
        cms = hole.contents(pdf, found)
        contents = bytes.fromhex(pdf[found.start + 1 : found.end - 1].decode("ascii"))
        digest = hole.byte_range_digest(pdf, found)
    except AnzhengError as error:
        told = _told(pdf, error)
        return not_passed(CheckName.CONTAINER, told, *_original(pdf, told), standard=STANDARD), None
    byte_range = (0, found.start, found.end, len(pdf) - found.end)
    container = Container(byte_range, contents, cms, digest, len(pdf))
    return container_passed(container), container


def container_passed(container: Container, *facts: tuple[str, Fact]) -> CheckResult:
    """Return the passed check, with facts of the structural gate where it was made."""
    return passed(
        CheckName.CONTAINER,
        ("file_bytes", container.size),
        ("signed_bytes", container.byte_range[1] + container.byte_range[3]),
        *facts,
        standard=STANDARD,
    )


def _told(pdf: bytes, error: AnzhengError) -> AnzhengError:
    """Say of a file that is too large what it is: no licence is that large, so it was checked."""
    if error.code is not Code.TOO_LARGE:
        return error
    if hole.intact_prefix(pdf) is not None:
        return AnzhengError(
            Code.CONTAINER_APPENDED, "bytes were added after an intact licence file"
        )
    return AnzhengError(Code.CONTAINER_STRUCTURE, "no licence file is that large")


def _original(pdf: bytes, error: AnzhengError) -> tuple[tuple[str, Fact], ...]:
    """Name the intact file to which something was added, so that it can be asked about."""
    appended = error.code is Code.CONTAINER_APPENDED
    original = hole.intact_prefix(pdf) if appended else None
    if original is None:
        return ()
    facts: tuple[tuple[str, Fact], ...] = (
        ("original_bytes", len(original)),
        ("original_sha256", sha256(original).hexdigest()),
    )
    if len(pdf) > hole.MAX_PDF_BYTES:
        # Whoever read the file stopped at the limit: how much follows is not known.
        return facts
    return (*facts, ("appended_bytes", len(pdf) - len(original)))
