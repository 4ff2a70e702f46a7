"""Keys of the application in encrypted PKCS#8 files: status lists, logs, witnesses, officers, TUF.

Licence-signing and CA keys are not here; they never leave `signer/` (DESIGN section 1).
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from anzheng.files import OWNER_ONLY, write_durably
from licence.errors import AnzhengError, Code
from licence.formats import es256

MAX_KEY_FILE_BYTES = 8 * 1024

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@unique
class KeyKind(StrEnum):
    """What a key is for is said by its file name; this is what it is."""

    ES256 = "es256"
    ED25519 = "ed25519"
    SECP256K1 = "secp256k1"
    """A chain account; it signs in `anchor/chain`, which gets `secret`."""


@dataclass(frozen=True, slots=True)
class Key:
    """An opened key."""

    kind: KeyKind
    private: PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Sign `data`: r || s for P-256, 64 bytes for Ed25519.

        Raises:
            AnzhengError: KEY_REFUSED for a chain account.
        """
        if self.kind is KeyKind.SECP256K1:
            raise AnzhengError(Code.KEY_REFUSED, "a chain account signs transactions only")
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return es256.signer(self.private)(data)
        return self.private.sign(data)

    @property
    def public_der(self) -> bytes:
        """The public key as SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def public_raw(self) -> bytes:
        """The public key of Ed25519 as 32 bytes.

        Raises:
            AnzhengError: KEY_REFUSED for another kind.
        """
        return raw_of(self.public_der)

    @property
    def secret(self) -> bytes:
        """The 32 secret bytes, for those who sign elsewhere or need a secret (HMAC)."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.private_bytes_raw()
        return self.private.private_numbers().private_value.to_bytes(32, "big")

    @property
    def key_id(self) -> bytes:
        """Short name of the key: the first bytes of its digest."""
        return es256.key_id(self.public_der)


def raw_of(public_der: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 key from its SubjectPublicKeyInfo.

    Raises:
        AnzhengError: KEY_REFUSED for another kind.
    """
    try:
        key = load_der_public_key(public_der)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise AnzhengError(Code.KEY_REFUSED, "this is no public key") from exc
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise AnzhengError(Code.KEY_REFUSED, "only Ed25519 keys have a raw form here")
    return key.public_bytes_raw()


def generate(kind: KeyKind) -> Key:
    """Make a key; OpenSSL gives the randomness."""
    match kind:
        case KeyKind.ES256:
            return Key(kind, ec.generate_private_key(ec.SECP256R1()))
        case KeyKind.SECP256K1:
            return Key(kind, ec.generate_private_key(ec.SECP256K1()))
        case KeyKind.ED25519:
            return Key(kind, ed25519.Ed25519PrivateKey.generate())


def save(key: Key, path: Path, password: bytes) -> None:
    """Write an encrypted key file; an existing file is never overwritten.

    Raises:
        AnzhengError: CONFLICT when the file is there, KEY_LOCKED without a password.
    """
    if not password:
        raise AnzhengError(Code.KEY_LOCKED, "a key file needs a password; set ANZHENG_KEY_PASSWORD")
    if path.exists():
        raise AnzhengError(Code.CONFLICT, f"{path.name} is there already", path=path.name)
    write_durably(
        path,
        key.private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        ),
        mode=OWNER_ONLY,
    )


def open_key_file(path: Path, password: bytes) -> Key:
    """Read an encrypted key file.

    Raises:
        AnzhengError: KEY_URI when there is none, KEY_LOCKED for a wrong password, KEY_REFUSED for
            an unencrypted file or a kind that we do not use.
    """
    try:
        data = path.read_bytes()[: MAX_KEY_FILE_BYTES + 1]
    except OSError as exc:
        raise AnzhengError(Code.KEY_URI, f"there is no key file {path.name}") from exc
    try:
        private = load_pem_private_key(data, password)
    except TypeError as exc:
        raise AnzhengError(Code.KEY_REFUSED, f"{path.name} is not encrypted") from exc
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise AnzhengError(Code.KEY_LOCKED, f"{path.name} does not open") from exc
    match private:
        case ed25519.Ed25519PrivateKey():
            return Key(KeyKind.ED25519, private)
        case ec.EllipticCurvePrivateKey(curve=ec.SECP256R1()):
            return Key(KeyKind.ES256, private)
        case ec.EllipticCurvePrivateKey(curve=ec.SECP256K1()):
            return Key(KeyKind.SECP256K1, private)
        case _:
            raise AnzhengError(Code.KEY_REFUSED, f"{path.name} holds another kind of key")
