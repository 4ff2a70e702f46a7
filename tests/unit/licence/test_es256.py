"""ES256 keys and signatures."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from licence.errors import AnzhengError, Code
from licence.formats import es256

KEY = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC = es256.public_key_bytes(KEY.public_key())


def test_signature_verifies_and_is_deterministic() -> None:
    sign = es256.signer(KEY)
    assert sign(b"data") == sign(b"data")
    assert len(sign(b"data")) == es256.SIGNATURE_BYTES
    es256.verify(PUBLIC, b"data", sign(b"data"), code=Code.COSE_SIGNATURE)


def test_rfc_6979_vector() -> None:
    """RFC 6979, A.2.5, message `sample` with SHA-256."""
    x = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    signature = es256.signer(ec.derive_private_key(x, ec.SECP256R1()))(b"sample")
    assert signature.hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )


@pytest.mark.parametrize(
    ("data", "signature"),
    [
        (b"other", es256.signer(KEY)(b"data")),
        (b"data", es256.signer(KEY)(b"data")[:-1]),
        (b"data", bytes(64)),
        (b"data", b"\xff" * 64),
    ],
)
def test_wrong_signature_is_refused_with_the_callers_code(data: bytes, signature: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        es256.verify(PUBLIC, data, signature, code=Code.HOLDER_KEY)
    assert caught.value.code is Code.HOLDER_KEY


def spki(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey, *, packed: bool) -> bytes:
    point = serialization.PublicFormat.SubjectPublicKeyInfo
    data = key.public_bytes(serialization.Encoding.DER, point)
    return data if not packed or not isinstance(key, ec.EllipticCurvePublicKey) else _packed(key)


def _packed(key: ec.EllipticCurvePublicKey) -> bytes:
    """The same key with a compressed point: another spelling, another key id."""
    point = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    return head + point


def test_only_p256_in_its_one_spelling_is_a_key() -> None:
    others = (
        b"",
        b"no key",
        PUBLIC + b"\0",
        spki(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key(), packed=False),
        spki(ec.derive_private_key(7, ec.SECP384R1()).public_key(), packed=False),
        spki(KEY.public_key(), packed=True),
        bytes(10_000),
    )
    for other in others:
        with pytest.raises(AnzhengError) as caught:
            es256.load_public_key(other)
        assert caught.value.code is Code.ALGORITHM_UNSUPPORTED
    assert es256.load_public_key(PUBLIC).curve.name == "secp256r1"


def test_raw_signature_refuses_what_is_no_signature_of_p256() -> None:
    p384 = ec.derive_private_key(7, ec.SECP384R1())
    from_p384 = p384.sign(b"data", ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    for der in (b"", b"\x30\x00", from_p384):
        with pytest.raises(AnzhengError) as caught:
            es256.raw_signature(der)
        assert caught.value.code is Code.DER_SYNTAX


def test_key_id_is_eight_bytes_of_the_digest() -> None:
    assert len(es256.key_id(PUBLIC)) == es256.KEY_ID_BYTES
    assert es256.key_id(PUBLIC) != es256.key_id(PUBLIC + b"\0")
