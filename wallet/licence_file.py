"""What a wallet reads in a licence file without trusting anybody: which licence it is, and whole.

Whether the authority is a real one is the `Checker`'s business; here a file only has to agree with
itself and with the data and the evidence that came with it.
"""

from dataclasses import dataclass
from hashlib import sha256

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import cms, evidence, hole, licence_json
from licence.formats.leaf import holder_certificate_leaf, leaf_of_cms
from licence.formats.tree import verify_inclusion
from licence.ids import Digest, Leaf


@dataclass(frozen=True, slots=True)
class LicenceFile:
    """A licence file that agrees with its data.

    Attributes:
        leaf: Its identity.
        version: What it says.
        evidence: The anchor evidence in its hole, if there is some.
    """

    leaf: Leaf
    version: LicenceVersion
    evidence: bytes | None


def read_licence_file(pdf: bytes, data: bytes) -> LicenceFile:
    """Read a licence file together with its `licence.json`.

    Raises:
        AnzhengError: Whatever the formats say of a broken file; SIGNATURE_BROKEN, when the file's
            bytes are not those that were signed; DATA_DIGEST_MISMATCH, when the data is not its.
    """
    place = hole.find(pdf)
    parts = cms.parse(hole.contents(pdf, place))
    digest = hole.byte_range_digest(pdf, place)
    if parts.message_digest != digest:
        raise AnzhengError(Code.SIGNATURE_BROKEN, "the file was changed after it was signed")
    version = licence_json.decode(data)
    if parts.licence_digest != licence_json.digest(data):
        raise AnzhengError(Code.DATA_DIGEST_MISMATCH, "this licence.json is not of this file")
    return LicenceFile(leaf_of_cms(digest, parts), version, parts.evidence)


def with_evidence(pdf: bytes, proof: bytes) -> bytes:
    """Return the file with anchor evidence in its hole; no signed byte moves.

    Raises:
        AnzhengError: As the formats say of a broken file, or of evidence that is too large.
    """
    place = hole.find(pdf)
    return hole.fill(pdf, place, cms.with_evidence(hole.contents(pdf, place), proof))


def certificate_leaf(certificate: bytes, leaf: Leaf) -> Leaf:
    """Return the leaf under which a licence's own certificate is anchored."""
    digest = Digest(sha256(certificate).digest())
    return holder_certificate_leaf(certificate_digest=digest, licence_leaf=leaf)


def check_evidence_of(proof: bytes, leaf: Leaf) -> None:
    """Do nothing if evidence speaks of this leaf; witnesses and chain are for the verifier.

    Raises:
        AnzhengError: EVIDENCE_SYNTAX, EVIDENCE_TYPE_UNSUPPORTED, TOO_LARGE; ANCHOR_PROOF_MISMATCH,
            when it is the evidence of something else.
    """
    read = evidence.decode(proof)
    record = read.record
    try:
        verify_inclusion(leaf, read.index, record.size, read.path, record.root)
    except AnzhengError as error:
        raise AnzhengError(
            Code.ANCHOR_PROOF_MISMATCH, "the evidence is of something else"
        ) from error
