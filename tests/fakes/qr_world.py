"""QR objects for tests: the authority's QR key, a holder with a certificate, and what they make."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from licence.domain.model import LicenceVersion, StatusRef
from licence.formats import es256, qr_exchange
from licence.formats.es256 import SignBytes
from licence.formats.holder import PresentationRequest
from licence.formats.qr import Printed, encode_printed, printed_of
from licence.formats.qr_card import Card
from licence.formats.qr_text import QrKind, QrObject, write_text
from licence.formats.screen_code import ScreenCode, encode_screen, step_at
from licence.formats.trust_types import StatusKey, TrustBundle
from licence.ids import Leaf, StatusIndex
from tests.builders import AUTHORITY, OTHER_AUTHORITY, REGISTRY, SIGNED_AT, World

QR_PRIVATE = ec.derive_private_key(0x09C0DE, ec.SECP256R1())
QR_PUBLIC = es256.public_key_bytes(QR_PRIVATE.public_key())
QR_KID = es256.key_id(QR_PUBLIC)
QR_SIGN: SignBytes = es256.signer(QR_PRIVATE)
QR_KEY = StatusKey(QR_KID, QR_PUBLIC, datetime(2026, 1, 1, tzinfo=UTC))
STRANGER = ec.derive_private_key(0x5712A, ec.SECP256R1())

HOLDER_PRIVATE = ec.derive_private_key(0xA11CE, ec.SECP256R1())
HOLDER_INDEX = 100
BASE = "HTTPS://V.EXAMPLE/V"
SHOWN_AT = SIGNED_AT + timedelta(minutes=10)
PURPOSE = "入园检查"
CHALLENGE = "4711"
QUESTION = PresentationRequest(
    bytes(range(16)),
    "大连市招标中心(示例)",
    "投标资格核验",
    SHOWN_AT - timedelta(minutes=1),
    SHOWN_AT + timedelta(minutes=4),
)


def with_qr_keys(bundle: TrustBundle, *keys: StatusKey) -> TrustBundle:
    """Return the bundle in which the first authority has these QR keys, or the usual one."""
    first, *others = bundle.authorities
    return replace(bundle, authorities=(replace(first, qr_keys=keys or (QR_KEY,)), *others))


def text_of(kind: QrKind, data: bytes) -> str:
    """Return the text of an object."""
    return write_text(QrObject(kind, data), BASE)


@dataclass(frozen=True, slots=True)
class Holder:
    """A licence with its data code, and whoever holds its key.

    Attributes:
        version: The licence.
        leaf: Of its file.
        certificate: Its own.
        key: The private key with which is signed.
        printed: The data code.
    """

    version: LicenceVersion
    leaf: Leaf
    certificate: bytes
    key: ec.EllipticCurvePrivateKey
    printed: bytes

    @property
    def card(self) -> Card:
        """What its codes carry along."""
        return Card(self.printed, self.certificate)

    def screen(self, now: datetime = SHOWN_AT, **changes: object) -> str:
        """Return the text of a screen code."""
        said = ScreenCode(self.card, step_at(now), PURPOSE, CHALLENGE)
        return text_of(QrKind.SCREEN, self.sign_screen(replace(said, **changes)))  # type: ignore[arg-type]

    def sign_screen(self, said: ScreenCode) -> bytes:
        """Sign a screen code."""
        public = es256.public_key_bytes(self.key.public_key())
        return encode_screen(said, public_key=public, sign=es256.signer(self.key))

    def answer(
        self, request: PresentationRequest = QUESTION, at: datetime = SHOWN_AT, **changes: object
    ) -> str:
        """Return the text of an answer to a question."""
        said = qr_exchange.answer_to(request, self.card, presented_at=at)
        data = qr_exchange.encode_answer(
            replace(said, **changes),  # type: ignore[arg-type]
            public_key=es256.public_key_bytes(self.key.public_key()),
            sign=es256.signer(self.key),
        )
        return text_of(QrKind.ANSWER, data)


def printed_code(
    said: Printed, key: ec.EllipticCurvePrivateKey = QR_PRIVATE, kid: bytes = QR_KID
) -> str:
    """Return the text of a data code."""
    return text_of(QrKind.PRINTED, encode_printed(said, kid=kid, sign=es256.signer(key)))


def make_holder(
    world: World,
    *,
    version: LicenceVersion | None = None,
    leaf: Leaf | None = None,
    certified: Callable[[LicenceVersion, Leaf], tuple[LicenceVersion, Leaf]] | None = None,
    index: int = HOLDER_INDEX,
) -> Holder:
    """Return a holder.

    Args:
        world: Whose CA certifies.
        version: The licence.
        leaf: Of its file.
        certified: Gives another licence and leaf for the certificate.
        index: Status index of the certificate.
    """
    version = version or world.version()
    leaf = leaf or Leaf(bytes(range(32)))
    printed = encode_printed(
        printed_of(version, leaf=leaf, issued_at=SIGNED_AT), kid=QR_KID, sign=QR_SIGN
    )
    said, of = (version, leaf) if certified is None else certified(version, leaf)
    certificate = world.pki.holder_ca.issue_holder_certificate(
        holder_csr(), said, of, StatusRef(REGISTRY, StatusIndex(index)), now=SIGNED_AT
    )
    return Holder(version, leaf, certificate, HOLDER_PRIVATE, printed)


@cache
def holder_csr() -> bytes:
    """Return the certification request of the holder's key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(HOLDER_PRIVATE, hashes.SHA256(), ecdsa_deterministic=True)
    return request.public_bytes(Encoding.DER)


__all__ = [
    "AUTHORITY",
    "BASE",
    "CHALLENGE",
    "HOLDER_INDEX",
    "HOLDER_PRIVATE",
    "OTHER_AUTHORITY",
    "PURPOSE",
    "QR_KEY",
    "QR_KID",
    "QR_PRIVATE",
    "QR_SIGN",
    "QUESTION",
    "SHOWN_AT",
    "STRANGER",
    "Holder",
    "holder_csr",
    "make_holder",
    "printed_code",
    "text_of",
    "with_qr_keys",
]
