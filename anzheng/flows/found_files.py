"""Signed licences that lie somewhere although no row names them: read as any verifier reads them.

Places: the file store, the signer's ledger, and a folder of copies that holders gave back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from anzheng.files import FolderFileStore
from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import cms, hole, licence_json
from licence.formats.leaf import leaf_of_cms
from licence.ids import Digest, Leaf
from signer.ledger import Entry, Intent, Ledger
from verifier.checks.c01_container import check_container
from verifier.pades.structure import read_structure
from verifier.timestamp_token import verify_token

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""Larger files are no licences; they are not read."""

_PDF: Final = b"%PDF-"

Reader = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A signed licence, taken apart.

    Attributes:
        leaf: Its identity.
        version: Its data.
        licence_digest: SHA-256 of its `licence.json`.
        signed_at: Time of its timestamp.
        pdf: The file without evidence, as it was signed.
    """

    leaf: Leaf
    version: LicenceVersion
    licence_digest: Digest
    signed_at: datetime
    pdf: bytes

    @property
    def intent(self) -> Intent:
        """What the signer was asked."""
        draft, ref = self.version.draft, self.version.status
        return Intent(
            authority=draft.issuer_code,
            licence_no=draft.licence_no,
            version=draft.version,
            registry=ref.registry,
            status_index=ref.index,
            licence_digest=self.licence_digest,
        )


class FoundFiles:
    """Where the file of each leaf is.

    Args:
        files: The file store.
        known: Digests that rows name; they are not looked at.
        ledger: The signer's.
        entries: What it knows of the authority.
        folder: Copies that were collected, if there are some.
    """

    def __init__(
        self,
        files: FolderFileStore,
        known: frozenset[Digest],
        ledger: Ledger,
        entries: tuple[Entry, ...],
        folder: Path | None = None,
    ) -> None:
        self._places: dict[Leaf, Reader] = {}
        for leaf, read in (
            *_in_folder(folder),
            *_in_store(files, known),
            *_in_ledger(ledger, entries),
        ):
            # The ledger's own comes last and wins: it has no evidence in it yet.
            self._places[leaf] = read

    @property
    def leaves(self) -> frozenset[Leaf]:
        """Leaves whose file was found."""
        return frozenset(self._places)

    def get(self, leaf: Leaf) -> SignedFile | None:
        """Read the file of a leaf; None when there is none, or it is not what it seems."""
        read = self._places.get(leaf)
        try:
            return None if read is None else read_signed(read())
        except AnzhengError:
            return None


def leaf_of(pdf: bytes) -> Leaf | None:
    """Return the leaf of a signed file, None for a file that is none of ours."""
    if not pdf.startswith(_PDF):
        return None
    try:
        place = hole.find(pdf)
        parts = cms.parse(hole.contents(pdf, place))
        return leaf_of_cms(hole.byte_range_digest(pdf, place), parts)
    except AnzhengError:
        return None


def read_signed(pdf: bytes) -> SignedFile:
    """Take a signed file apart. That it is anchored is for the caller to know: by its leaf.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE, DATA_INVALID and what else the verifier's own reading
            says of a file that we did not write.
    """
    _, container = check_container(pdf)
    if container is None:
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "not the shape that we write")
    parts = cms.parse(container.cms)
    structure = read_structure(pdf, container.byte_range, container.contents)
    digest = Digest(sha256(structure.licence_json).digest())
    if digest != parts.licence_digest or container.digest != parts.message_digest:
        raise AnzhengError(Code.DATA_DIGEST_MISMATCH, "the signature is of other data")
    pool = (*parts.certificates, *structure.certificates)
    token = verify_token(parts.timestamp_token or b"", parts.signature, pool)
    plain = hole.fill(pdf, hole.find(pdf), cms.with_evidence(container.cms, None))
    return SignedFile(
        leaf=leaf_of_cms(container.digest, parts),
        version=licence_json.decode(structure.licence_json),
        licence_digest=digest,
        signed_at=token.gen_time,
        pdf=plain,
    )


def _in_store(files: FolderFileStore, known: frozenset[Digest]) -> Iterator[tuple[Leaf, Reader]]:
    for digest in files.all():
        if digest in known or files.path(digest).stat().st_size > MAX_FILE_BYTES:
            continue
        leaf = leaf_of(files.path(digest).read_bytes())
        if leaf is not None:
            yield leaf, partial(files.get, digest)


def _in_ledger(ledger: Ledger, entries: tuple[Entry, ...]) -> Iterator[tuple[Leaf, Reader]]:
    for entry in entries:
        if entry.leaf is not None and entry.has_file:
            yield entry.leaf, _of_slot(ledger, entry)


def _of_slot(ledger: Ledger, entry: Entry) -> Reader:
    def read() -> bytes:
        slot = ledger.slot(entry.intent.licence_digest)
        if slot is None or slot.signed is None:
            raise AnzhengError(Code.NOT_FOUND, "the ledger has no file")
        return slot.signed.pdf

    return read


def _in_folder(folder: Path | None) -> Iterator[tuple[Leaf, Reader]]:
    if folder is None:
        return
    for place in sorted(folder.rglob("*.pdf")):
        if place.is_file() and place.stat().st_size <= MAX_FILE_BYTES:
            leaf = leaf_of(place.read_bytes())
            if leaf is not None:
                yield leaf, place.read_bytes
