"""One licence in the wallet: a folder with everything that belongs to it.

    licence.pdf             the licence file, with its evidence once there is some
    licence.pdf.evidence    the same evidence beside it, where `anzheng verify` looks for it
    licence.json            the licence's data; a limited copy will need it
    certificate.pem         the licence's own certificate, then its issuers
    certificate.evidence    anchor evidence of that certificate
    data-code.txt           the authority's data code, once it was fetched or named
    key.pem                 the holder's key, encrypted
    entry.json              when it was claimed, and where

Reading is checking: file, data, certificate and evidence must still agree with one another.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import canonical, licence_json
from licence.formats.canonical import JsonValue
from licence.formats.fields import Fields, moment_text
from licence.formats.holder import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES
from licence.formats.limits import MAX_EVIDENCE_BYTES, MAX_PDF_BYTES
from licence.ids import Leaf
from wallet.certificate import OwnCertificate, check_certificate, read_certificates
from wallet.durable import read_file, write_file
from wallet.licence_file import (
    certificate_leaf,
    check_evidence_of,
    read_licence_file,
    with_evidence,
)

SCHEMA: Final = "anzheng-wallet-entry/v1"
PDF: Final = "licence.pdf"
EVIDENCE: Final = "licence.pdf.evidence"
DATA: Final = "licence.json"
CERTIFICATE: Final = "certificate.pem"
CERTIFICATE_EVIDENCE: Final = "certificate.evidence"
DATA_CODE: Final = "data-code.txt"
KEY: Final = "key.pem"
ENTRY: Final = "entry.json"

MAX_ENTRY_BYTES: Final = 4 * 1024
MAX_DESK_CHARACTERS: Final = 500
_MAX_PEM_BYTES: Final = 2 * MAX_CERTIFICATES * MAX_CERTIFICATE_BYTES
_NAME_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Kept:
    """A licence in the wallet, whole.

    Attributes:
        leaf: Identity of the licence.
        version: What it says.
        data: Its `licence.json`.
        pdf: The file.
        evidence: Its anchor evidence; None while it is not anchored.
        certificates: The licence's own certificate, then its issuers; DER.
        own: What the first of them says.
        certificate_evidence: The certificate's anchor evidence; None while it is not anchored.
        claimed_at: When it was claimed, whole seconds.
        desk: Where it was claimed, such as a URL.
    """

    leaf: Leaf
    version: LicenceVersion
    data: bytes
    pdf: bytes
    evidence: bytes | None
    certificates: tuple[bytes, ...]
    own: OwnCertificate
    certificate_evidence: bytes | None
    claimed_at: datetime
    desk: str

    @property
    def name(self) -> str:
        """Name of its folder: a licence that is claimed again has another certificate."""
        certificate = sha256(self.certificates[0]).digest()
        return f"{self.leaf.hex()}-{certificate[:_NAME_BYTES].hex()}"

    @property
    def certificate_leaf(self) -> Leaf:
        """The leaf under which its certificate is anchored."""
        return certificate_leaf(self.certificates[0], self.leaf)


def make_entry(
    *,
    pdf: bytes,
    data: bytes,
    evidence: bytes | None,
    certificates: tuple[bytes, ...],
    claimed_at: datetime,
    desk: str,
    certificate_evidence: bytes | None = None,
) -> Kept:
    """Put together what belongs together, filling the evidence into a file that lacks it.

    Raises:
        AnzhengError: What the formats say of a broken part; SIGNATURE_BROKEN, DATA_DIGEST_MISMATCH,
            HOLDER_CERTIFICATE or ANCHOR_PROOF_MISMATCH, when parts do not belong together.
    """
    file = read_licence_file(pdf, data)
    own = read_certificates(certificates)
    check_certificate(own, public_key=own.public_key, leaf=file.leaf, version=file.version)
    proof = evidence if evidence is not None else file.evidence
    if proof is not None:
        check_evidence_of(proof, file.leaf)
        pdf = with_evidence(pdf, proof) if proof != file.evidence else pdf
    if certificate_evidence is not None:
        check_evidence_of(certificate_evidence, certificate_leaf(certificates[0], file.leaf))
    return Kept(
        leaf=file.leaf,
        version=file.version,
        data=data,
        pdf=pdf,
        evidence=proof,
        certificates=certificates,
        own=own,
        certificate_evidence=certificate_evidence,
        claimed_at=claimed_at,
        desk=desk,
    )


def write_entry(folder: Path, kept: Kept, key_file: bytes) -> None:
    """Write all files of an entry into a folder that nobody reads yet.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    pem = b"".join(
        x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in kept.certificates
    )
    about: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "claimed_at": moment_text(kept.claimed_at),
        "desk": kept.desk,
    }
    write_file(folder / KEY, key_file)
    write_file(folder / DATA, kept.data)
    write_file(folder / CERTIFICATE, pem)
    write_file(folder / ENTRY, canonical.dumps(about))
    write_proofs(folder, kept)


def write_proofs(folder: Path, kept: Kept) -> None:
    """Write what changes when evidence arrives; after a crash in between all still fits together.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    if kept.evidence is not None:
        write_file(folder / EVIDENCE, kept.evidence)
    write_file(folder / PDF, kept.pdf)
    if kept.certificate_evidence is not None:
        write_file(folder / CERTIFICATE_EVIDENCE, kept.certificate_evidence)


def read_entry(folder: Path) -> Kept:
    """Read an entry and check it.

    Raises:
        AnzhengError: STORE_FAILED, when a file is missing or changed; the fact `reason` says by
            which code it was found.
    """
    try:
        return _read(folder)
    except AnzhengError as error:
        raise AnzhengError(
            Code.STORE_FAILED,
            f"the wallet's folder {folder} is damaged ({error.message}); claim the licence again,"
            " or put back a copy of the folder",
            folder=folder.name,
            reason=error.code.value,
        ) from error


def _read(folder: Path) -> Kept:
    about = canonical.loads(read_file(folder / ENTRY, MAX_ENTRY_BYTES), max_bytes=MAX_ENTRY_BYTES)
    fields = Fields(about, where="entry", code=Code.STORE_FAILED)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    pdf = read_file(folder / PDF, MAX_PDF_BYTES)
    data = read_file(folder / DATA, licence_json.MAX_BYTES)
    kept = make_entry(
        pdf=pdf,
        data=data,
        evidence=_optional(folder / EVIDENCE),
        certificates=_certificates(read_file(folder / CERTIFICATE, _MAX_PEM_BYTES)),
        certificate_evidence=_optional(folder / CERTIFICATE_EVIDENCE),
        claimed_at=fields.moment("claimed_at"),
        desk=fields.text("desk", max_chars=MAX_DESK_CHARACTERS),
    )
    fields.end()
    # A file without evidence beside its evidence is what a crash leaves; two that differ are not.
    if kept.pdf != pdf and read_licence_file(pdf, data).evidence is not None:
        raise AnzhengError(Code.ANCHOR_PROOF_MISMATCH, f"{EVIDENCE} is not what {PDF} carries")
    if kept.name != folder.name:
        raise AnzhengError(Code.CONFLICT, "the folder has the name of another licence")
    return kept


def _certificates(pem: bytes) -> tuple[bytes, ...]:
    try:
        chain = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise AnzhengError(Code.HOLDER_CERTIFICATE, f"{CERTIFICATE} cannot be read") from error
    return tuple(each.public_bytes(Encoding.DER) for each in chain)


def _optional(path: Path) -> bytes | None:
    return read_file(path, MAX_EVIDENCE_BYTES) if path.exists() else None
