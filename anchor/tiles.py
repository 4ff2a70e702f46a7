"""A log as static files: where each lies and what stands in it. Pure.

A tile is 256 consecutive hashes of one height; an entry bundle the 256 entries under a tile of
level 0. Full ones never change; the last of each level is partial and named with its width.

Standard: C2SP tlog-tiles; RFC 9162, 2.1.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.cbor_fields import is_authority, is_registry
from licence.formats.manifest import ManifestDigest
from licence.formats.tree import Tree, leaf_hash
from licence.ids import AuthorityId, RegistryId

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""

MAX_ENTRY_BYTES: Final = 65_535
"""Longest entry; its length stands in two bytes."""

MAX_BUNDLE_BYTES: Final = WIDTH * (2 + MAX_ENTRY_BYTES)

CHECKPOINT: Final = "checkpoint"
"""Name of the file with the newest checkpoint."""

_ORIGIN: Final = "anzheng"
_DIGITS: Final = 3


def folder_of(registry: RegistryId, authority: AuthorityId) -> str:
    """Return the folder of an authority's log, under that of all logs.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for names that no registry or authority has.
    """
    if not is_registry(registry) or not is_authority(authority):
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "no registry or no authority has that name")
    return f"{registry}/{authority}"


def folder_of_origin(origin: str) -> str:
    """Return the folder of the log with this origin (`licence.formats.evidence.log_origin`).

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, for an origin that no log of ours has.
    """
    first, *names = origin.split("/")
    if first != _ORIGIN or len(names) != 2:  # noqa: PLR2004 - registry and authority
        raise AnzhengError(Code.EVIDENCE_SYNTAX, "no log of ours has this origin")
    return folder_of(RegistryId(names[0]), AuthorityId(names[1]))


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile, under the folder of its log."""
    return f"tile/{level}/{_numbered(number, width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle, under the folder of its log."""
    return f"tile/entries/{_numbered(number, width)}"


def partials_path(path: str) -> str:
    """Return the folder of the partial forms of a full tile or bundle."""
    return f"{path}.p"


def is_full(path: str) -> bool:
    """Say whether a path is that of a full tile or bundle."""
    return ".p/" not in path


def manifest_path(digest: ManifestDigest) -> str:
    """Return the path of a batch's manifest, under the folder of its log."""
    return f"manifests/{digest.hex()}.cbor"


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of these entries.

    Raises:
        AnzhengError: TOO_LARGE, for an entry that no bundle takes.
    """
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise AnzhengError(Code.TOO_LARGE, "no entry is that long", limit=MAX_ENTRY_BYTES)
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(data: bytes) -> tuple[bytes, ...]:
    """Return the entries of a bundle.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, when it ends in the middle of an entry or has too many.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data) or len(entries) == WIDTH:
            raise AnzhengError(Code.EVIDENCE_SYNTAX, "no entry bundle")
        entries.append(data[at + 2 : end])
        at = end
    return tuple(entries)


def pieces(size: int) -> Iterator[tuple[int, int]]:
    """Yield number and width of each tile that covers a row of so many hashes or entries."""
    for start in range(0, size, WIDTH):
        yield start // WIDTH, min(WIDTH, size - start)


def files_of(entries: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file of a log of these entries, the checkpoint apart.

    Raises:
        AnzhengError: TOO_LARGE.
    """
    for number, width in pieces(len(entries)):
        start = number * WIDTH
        yield bundle_path(number, width), bundle(entries[start : start + width])
    level, hashes = 0, [leaf_hash(entry) for entry in entries]
    while hashes:
        above = []
        for number, width in pieces(len(hashes)):
            row = hashes[number * WIDTH : number * WIDTH + width]
            yield tile_path(level, number, width), b"".join(row)
            if width == WIDTH:
                above.append(bytes(Tree(row).root))
        level, hashes = level + 1, above


def _numbered(number: int, width: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // _DIGITS) * _DIGITS)
    groups = [digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS)]
    path = "/".join((*(f"x{group}" for group in groups[:-1]), groups[-1]))
    return path if width == WIDTH else f"{path}.p/{width}"
