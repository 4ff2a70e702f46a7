"""Deterministic material for the proof formats: keys, certificates, token, CMS, PDF, evidence.

Everything here is a function of fixed inputs: RSA with PKCS#1 v1.5 and Ed25519 are deterministic,
so that the goldens in `tests/compat/v1/proof` can be made again byte for byte.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from licence.formats import checkpoint, cms, der, evidence, hole, leaf, manifest, oids
from licence.formats.checkpoint import Checkpoint, LogKey, WitnessKey
from licence.formats.cms import CmsParts
from licence.formats.evidence import BatchRecord, WitnessEvidence
from licence.formats.hole import Hole
from licence.formats.leaf import LeafKind
from licence.formats.manifest import Manifest, ManifestRow
from licence.formats.tree import Tree
from licence.ids import (
    Address,
    AuthorityId,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    LicenceNo,
    RegistryId,
    StatusIndex,
)

NOW = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2036, 1, 1, tzinfo=UTC)
REGISTRY = RegistryId("cn-aqscxkz-test")
AUTHORITY = AuthorityId("11210000001234567X")
HMAC_KEY = sha256(b"manifest key").digest()
LICENCE_JSON = b'{"schema":"anzheng-licence/v1"}'

_KEY_FILE = Path(__file__).parent.parent / "assets" / "proof" / "rsa2048.pem"


def digest(text: str) -> Digest:
    """Return some digest."""
    return Digest(sha256(text.encode()).digest())


@cache
def rsa_key() -> RSAPrivateKey:
    """Return the one RSA test key."""
    key = serialization.load_pem_private_key(_KEY_FILE.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def rsa_sign(data: bytes) -> bytes:
    """Sign as the authority does: RSA-2048, PKCS#1 v1.5, SHA-256."""
    return rsa_key().sign(data, PKCS1v15(), hashes.SHA256())


@cache
def certificate(name: str = "signer", serial: int = 0x7A11) -> x509.Certificate:
    """Return a certificate of the test key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
    builder = x509.CertificateBuilder(issuer, subject, rsa_key().public_key(), serial, BEGIN, END)
    return builder.sign(rsa_key(), hashes.SHA256())


def certificate_der(name: str = "signer", serial: int = 0x7A11) -> bytes:
    """Return a certificate of the test key, DER."""
    return certificate(name, serial).public_bytes(serialization.Encoding.DER)


@cache
def crl() -> bytes:
    """Return an empty CRL of the test root, DER."""
    issuer = certificate().issuer
    builder = x509.CertificateRevocationListBuilder(issuer, BEGIN, END)
    return builder.sign(rsa_key(), hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@cache
def ocsp_answer() -> bytes:
    """Return a "good" OCSP answer about the signer's certificate, DER."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        certificate(), certificate("root", 1), hashes.SHA256(), ocsp.OCSPCertStatus.GOOD,
        BEGIN, END, None, None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate("root", 1))
    answer = builder.sign(rsa_key(), hashes.SHA256())
    # It has the time of signing as producedAt, so it must stay out of the goldens.
    return answer.public_bytes(serialization.Encoding.DER)


def token(imprint: bytes) -> bytes:
    """Return something of the shape of an RFC 3161 token over `imprint`."""
    sha = der.tlv(der.SEQUENCE, der.oid(oids.SHA256), der.NULL)
    rsa = der.tlv(der.SEQUENCE, der.oid(oids.RSA_SHA256), der.NULL)
    stamp = NOW.strftime("%Y%m%d%H%M%SZ").encode()
    info = der.tlv(
        der.SEQUENCE,
        der.integer(1),
        der.oid(oids.POLICY_TSA_TEST),
        der.tlv(der.SEQUENCE, sha, der.tlv(der.OCTET_STRING, imprint)),
        der.integer(7),
        der.tlv(0x18, stamp),
    )
    kind = der.tlv(der.SEQUENCE, der.oid(oids.ATTR_CONTENT_TYPE), _set(der.oid(oids.ID_TST_INFO)))
    value = der.tlv(der.OCTET_STRING, sha256(info).digest())
    attributes = [kind, der.tlv(der.SEQUENCE, der.oid(oids.ATTR_MESSAGE_DIGEST), _set(value))]
    signature = rsa_sign(_set(*attributes))
    fields = der.children(der.children(certificate_der("tsa", 3))[0])
    signer = der.tlv(
        der.SEQUENCE,
        der.integer(1),
        der.tlv(der.SEQUENCE, fields[3], fields[1]),
        sha,
        der.tlv(der.CONTEXT_0, *attributes),
        rsa,
        der.tlv(der.OCTET_STRING, signature),
    )
    content = der.tlv(der.CONTEXT_0, der.tlv(der.OCTET_STRING, info))
    signed_data = der.tlv(
        der.SEQUENCE,
        der.integer(3),
        _set(sha),
        der.tlv(der.SEQUENCE, der.oid(oids.ID_TST_INFO), content),
        der.tlv(der.CONTEXT_0, certificate_der("tsa", 3)),
        _set(signer),
    )
    wrapped = der.tlv(der.CONTEXT_0, signed_data)
    return der.tlv(der.SEQUENCE, der.oid(oids.ID_SIGNED_DATA), wrapped)


def _set(*parts: bytes) -> bytes:
    return der.tlv(der.SET, *parts)


def cms_parts(message_digest: Digest | None = None, evidence: bytes | None = None) -> CmsParts:
    """Return the parts of a really signed CMS with a token."""
    message = message_digest or digest("byte range")
    licence = Digest(sha256(LICENCE_JSON).digest())
    signed = cms.signed_attributes(
        message_digest=message, signer_certificate=certificate_der(), licence_digest=licence
    )
    signature = rsa_sign(signed)
    return CmsParts(
        certificates=tuple(sorted((certificate_der(), certificate_der("issuing", 2)))),
        signer_certificate=certificate_der(),
        message_digest=message,
        licence_digest=licence,
        signature=signature,
        timestamp_token=cms.with_revocation_values(token(sha256(signature).digest()), [crl()], []),
        evidence=evidence,
    )


def prepared_pdf() -> bytes:
    """Return a tiny file with the placeholders as libqpdf spells them."""
    numbers = b" ".join(b"%d" % each for each in hole.PLACEHOLDER_BYTE_RANGE)
    contents = hole.PLACEHOLDER_CONTENTS.hex().encode()
    signature = (
        b"2 0 obj\n<< /ByteRange [ " + numbers + b" ] /Contents <" + contents
        + b"> /Filter /Adobe.PPKLite /Type /Sig >>\nendobj\n"
    )  # fmt: skip
    body = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + signature
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer << /Root 1 0 R /Size 3 >>\n"
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def signed_pdf(evidence: bytes | None = None) -> tuple[bytes, Hole, CmsParts]:
    """Return a file with a CMS that really signs it."""
    patched, place = hole.patch(prepared_pdf())
    parts = cms_parts(hole.byte_range_digest(patched, place), evidence)
    return hole.fill(patched, place, cms.build(parts)), place, parts


def ed25519(name: str) -> Ed25519PrivateKey:
    """Return the Ed25519 test key of this name."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def log_key() -> LogKey:
    """Return the test log's key."""
    name = evidence.log_origin(REGISTRY, AUTHORITY)
    return LogKey(name, ed25519("log").public_key().public_bytes_raw())


def witness_key(name: str) -> WitnessKey:
    """Return a test witness's key."""
    return WitnessKey(name, ed25519(name).public_key().public_bytes_raw())


WITNESSES = ("audit.example", "press.example", "tax.example")


def signed_checkpoint(said: Checkpoint, witnesses: tuple[str, ...] = WITNESSES) -> bytes:
    """Return the note of a checkpoint, signed by the test log and cosigned by these witnesses."""
    signed = checkpoint.sign(said, log_key(), ed25519("log").sign)
    lines = [
        checkpoint.cosign(said, witness_key(name), NOW, ed25519(name).sign) for name in witnesses
    ]
    return checkpoint.encode(checkpoint.with_cosignatures(signed, lines))


def batch_manifest(first: Leaf, others: int = 4) -> Manifest:
    """Return the manifest of a batch: one licence, holder certificates and an audit head."""
    leaves = [Leaf(digest(f"leaf {n}")) for n in range(others)]
    number = LicenceNo("（辽）WH安许证字〔2026〕0001")
    row = ManifestRow(
        LeafKind.LICENCE,
        first,
        StatusIndex(0),
        manifest.number_hmac(HMAC_KEY, number),
        1,
        manifest.uscc_hmac(HMAC_KEY, "91210211MA0UK3L77C"),
    )
    holders = [
        ManifestRow(LeafKind.HOLDER_CERTIFICATE, each, StatusIndex(n + 1))
        for n, each in enumerate(leaves)
    ]
    head = ManifestRow(LeafKind.AUDIT_HEAD, leaf.audit_head_leaf(head=digest("audit head")))
    rows = (row, *holders, head)
    tree = Tree([each.leaf for each in rows])
    return Manifest(REGISTRY, AUTHORITY, tree.size, tree.root, rows)


def batch_record(batch: Manifest, sequence: int = 5) -> BatchRecord:
    """Return the record of an anchored batch."""
    return BatchRecord(
        registry=REGISTRY,
        authority=AUTHORITY,
        chain_id=ChainId(31337),
        contract=Address(digest("contract")[:20]),
        root=batch.root,
        size=batch.size,
        manifest=manifest.digest(manifest.encode(batch)),
        sequence=sequence,
        block_number=7_528,
        block_hash=BlockHash(digest("block")),
        block_time=NOW,
    )


@dataclass(frozen=True, slots=True)
class AnchoredBatch:
    """A batch and its log, and the evidence of the batch's first leaf."""

    leaf: Leaf
    manifest: Manifest
    record: BatchRecord
    log: Tree
    evidence: WitnessEvidence


def anchored_batch(first: Leaf, witnesses: tuple[str, ...] = WITNESSES) -> AnchoredBatch:
    """Return the evidence of `first`, in a batch of six and a log of eleven."""
    batch = batch_manifest(first)
    record = batch_record(batch)
    entries = [digest(f"older batch {n}") for n in range(11)]
    log = Tree([*entries[:6], evidence.log_leaf(record), *entries[7:]])
    said = Checkpoint(evidence.log_origin(REGISTRY, AUTHORITY), log.size, log.root)
    found = WitnessEvidence(
        index=0,
        path=Tree([row.leaf for row in batch.rows]).path(0),
        record=record,
        log_index=6,
        log_path=log.path(6),
        checkpoint=signed_checkpoint(said, witnesses),
    )
    return AnchoredBatch(first, batch, record, log, found)
