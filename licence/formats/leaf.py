"""The leaf: the identity of everything that is anchored.

`leaf = SHA-256(0x00 || "anzheng-leaf/v1" || kind || algorithm || digests)`. Each kind has a fixed
list of SHA-256 digests, so that no two things have the same data. A file is known by its leaf,
never by the hash of the whole file: the evidence in the hole changes that, and nothing else.

Standard: RFC 9162, 2.1.1 (the prefix 0x00); DESIGN 3.1.
"""

from enum import IntEnum, unique
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.cms import CmsParts
from licence.formats.tree import leaf_hash
from licence.ids import Digest, Leaf

PREFIX: Final = b"anzheng-leaf/v1"
DIGEST_BYTES: Final = 32


@unique
class LeafKind(IntEnum):
    """What a leaf stands for; other numbers are refused."""

    LICENCE = 1
    HOLDER_CERTIFICATE = 2
    AUDIT_HEAD = 3
    ARCHIVE = 4
    RENEWAL = 5


@unique
class LeafAlgorithm(IntEnum):
    """Digest and signature algorithm; the numbers of `SignatureAlgorithm`.

    What is not signed by an authority's key (all kinds but LICENCE) has number 1.
    """

    SHA256_RSA2048_PKCS1 = 1
    SHA256_RSA3072_PSS = 2
    SM3_SM2 = 3
    SHA256_RSA3072_PKCS1 = 4
    SHA256_RSA2048_PSS = 5


DIGESTS: Final = {
    LeafKind.LICENCE: 4,
    LeafKind.HOLDER_CERTIFICATE: 2,
    LeafKind.AUDIT_HEAD: 1,
    LeafKind.ARCHIVE: 1,
    LeafKind.RENEWAL: 2,
}
"""How many digests the data of each kind has."""


def leaf_data(kind: LeafKind, algorithm: LeafAlgorithm, digests: tuple[bytes, ...]) -> bytes:
    """Return the data whose leaf hash is the leaf.

    Args:
        kind: What it stands for.
        algorithm: Its algorithms.
        digests: The digests of the kind, in the order of its function below.

    Raises:
        AnzhengError: LEAF_SYNTAX, for another number of digests or another length;
            ALGORITHM_UNSUPPORTED, for SM3 with SM2: a leaf is a SHA-256.
    """
    if algorithm is LeafAlgorithm.SM3_SM2:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "there are no leaves of SM3 yet")
    if len(digests) != DIGESTS[kind] or any(len(digest) != DIGEST_BYTES for digest in digests):
        raise AnzhengError(Code.LEAF_SYNTAX, "not the digests of this kind", kind=kind.name)
    return b"".join((PREFIX, bytes((kind, algorithm)), *digests))


def licence_leaf(
    *,
    byte_range: Digest,
    signature: Digest,
    timestamp_token: Digest,
    licence_json: Digest,
    algorithm: LeafAlgorithm = LeafAlgorithm.SHA256_RSA2048_PKCS1,
) -> Leaf:
    """Return the leaf of a licence.

    Args:
        byte_range: SHA-256 of the bytes outside the hole.
        signature: SHA-256 of the signature value.
        timestamp_token: SHA-256 of the token (DER ContentInfo, with revocation-values).
        licence_json: SHA-256 of `licence.json`.
        algorithm: How the licence is signed.

    Raises:
        AnzhengError: LEAF_SYNTAX, ALGORITHM_UNSUPPORTED.
    """
    digests = (byte_range, signature, timestamp_token, licence_json)
    return _leaf(LeafKind.LICENCE, *digests, algorithm=algorithm)


def holder_certificate_leaf(*, certificate_digest: Digest, licence_leaf: Leaf) -> Leaf:
    """Return the leaf of the own certificate of a licence.

    Args:
        certificate_digest: SHA-256 of the certificate, DER.
        licence_leaf: Leaf of the licence that it belongs to.

    Raises:
        AnzhengError: LEAF_SYNTAX.
    """
    return _leaf(LeafKind.HOLDER_CERTIFICATE, certificate_digest, licence_leaf)


def audit_head_leaf(*, head: Digest) -> Leaf:
    """Return the leaf of the newest hash in the chain of an audit log.

    Raises:
        AnzhengError: LEAF_SYNTAX.
    """
    return _leaf(LeafKind.AUDIT_HEAD, head)


def archive_leaf(*, bundle: Digest) -> Leaf:
    """Return the leaf of an archive bundle or of an application material.

    Raises:
        AnzhengError: LEAF_SYNTAX.
    """
    return _leaf(LeafKind.ARCHIVE, bundle)


def renewal_leaf(*, renewed: Leaf, bundle: Digest) -> Leaf:
    """Return the leaf that carries an older one on before an algorithm, a TSA or a chain ends.

    Args:
        renewed: The older leaf.
        bundle: SHA-256 of the archive bundle that holds the file and all its evidence so far.

    Raises:
        AnzhengError: LEAF_SYNTAX.
    """
    return _leaf(LeafKind.RENEWAL, renewed, bundle)


def leaf_of_cms(byte_range_digest: Digest, parts: CmsParts) -> Leaf:
    """Return the leaf of a signed licence file.

    Args:
        byte_range_digest: SHA-256 of the bytes outside the hole, computed from the file. Whether
            it equals the message digest in the CMS is for the check of the signature.
        parts: Its CMS.

    Raises:
        AnzhengError: TIMESTAMP_MISSING, when there is no token: then there is no leaf yet;
            ALGORITHM_UNSUPPORTED.
    """
    if parts.timestamp_token is None:
        raise AnzhengError(Code.TIMESTAMP_MISSING, "a licence without timestamp has no leaf")
    return licence_leaf(
        byte_range=byte_range_digest,
        signature=Digest(sha256(parts.signature).digest()),
        timestamp_token=Digest(sha256(parts.timestamp_token).digest()),
        licence_json=parts.licence_digest,
        algorithm=LeafAlgorithm(parts.algorithm),
    )


def _leaf(
    kind: LeafKind,
    *digests: bytes,
    algorithm: LeafAlgorithm = LeafAlgorithm.SHA256_RSA2048_PKCS1,
) -> Leaf:
    return Leaf(leaf_hash(leaf_data(kind, algorithm, digests)))
