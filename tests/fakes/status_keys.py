"""A status key of a known number, for tests that sign lists."""

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from licence.formats import es256
from licence.formats.es256 import SignBytes
from licence.formats.trust_bundle import StatusKey

PRIVATE = ec.derive_private_key(0x5A17, ec.SECP256R1())
PUBLIC = es256.public_key_bytes(PRIVATE.public_key())
KID = es256.key_id(PUBLIC)
SIGN: SignBytes = es256.signer(PRIVATE)
KEY = StatusKey(KID, PUBLIC, datetime(2026, 1, 1, tzinfo=UTC))
