"""Where the keys of an installation lie, and the one password that opens them.

One folder `keys/`, one encrypted PKCS#8 file a key, one certificate beside it where it has one.
In production the password comes from the environment; a trial keeps one that it made itself.
"""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from anzheng import keyfiles
from anzheng.files import OWNER_ONLY, write_durably
from anzheng.keyfiles import Key, KeyKind
from anzheng.settings import Settings
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.algorithms import SignaturePadding
from licence.ids import AuthorityId, OfficerId
from licence.ports import Entropy
from signer.keys import SigningKey, open_key, write_key_file
from signer.keys.file import read_key_file

PASSWORD_BYTES = 24


@dataclass(slots=True)
class KeyRing:
    """Opens keys by name, each once.

    Args:
        folder: Where the files lie.
        secret: The password.
    """

    folder: Path
    secret: bytes
    _opened: dict[str, Key] = field(default_factory=dict)

    def password(self, _uri: str) -> bytes:
        """Return the password of a key file (`signer.keys.Secrets`)."""
        return self.secret

    def make(self, name: str, kind: KeyKind) -> Key:
        """Make a key and keep it; CONFLICT when there is one already."""
        key = keyfiles.generate(kind)
        keyfiles.save(key, self._place(name), self.secret)
        self._opened[name] = key
        return key

    def open(self, name: str) -> Key:
        """Open a key of the application."""
        if name not in self._opened:
            self._opened[name] = keyfiles.open_key_file(self._place(name), self.secret)
        return self._opened[name]

    def keep_rsa(self, name: str, key: rsa.RSAPrivateKey, certificate: bytes) -> None:
        """Keep a key of the signer with its certificate."""
        write_durably(self._certificate(name), certificate)
        write_key_file(self._place(name), key, self.secret)

    def has(self, name: str) -> bool:
        """Say whether a key lies here."""
        return self._place(name).is_file()

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a key, DER."""
        place = self._certificate(name)
        if not place.is_file():
            raise AnzhengError(Code.KEY_URI, f"there is no certificate {place.name}")
        return place.read_bytes()

    def signing_key(
        self, name: str, padding: SignaturePadding = SignaturePadding.PKCS1
    ) -> SigningKey:
        """Open a key of the signer by its URI, to sign with this padding."""
        uri = f"file:{self._place(name)}"
        return open_key(uri, certificate=self.certificate(name), secrets=self, padding=padding)

    def ca_key(self, name: str) -> rsa.RSAPrivateKey:
        """Open the key of a CA."""
        return read_key_file(self._place(name), self.secret)

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def _certificate(self, name: str) -> Path:
        return self.folder / f"{name}.der"


def open_keyring(settings: Settings, entropy: Entropy) -> KeyRing:
    """Return the key ring of an installation; a trial without a password gets one of its own.

    Raises:
        AnzhengError: KEY_LOCKED in production without a password.
    """
    folder = settings.data_dir / "keys"
    given = settings.key_password.get_secret_value()
    if given:
        return KeyRing(folder, given.encode())
    if settings.environment is Environment.PRODUCTION:
        raise AnzhengError(Code.KEY_LOCKED, "set ANZHENG_KEY_PASSWORD")
    place = folder / "trial-password"
    if not place.exists():
        write_durably(place, entropy.bytes(PASSWORD_BYTES).hex().encode(), mode=OWNER_ONLY)
    return KeyRing(folder, place.read_bytes())


def signer_key(authority: AuthorityId) -> str:
    """Name of the licence-signing key of an authority."""
    return f"signer-{authority}"


def status_key(authority: AuthorityId) -> str:
    """Name of the key of an authority's status lists."""
    return f"status-{authority}"


def log_key(authority: AuthorityId) -> str:
    """Name of the key of an authority's log."""
    return f"log-{authority}"


def manifest_key(authority: AuthorityId) -> str:
    """Name of the secret that hides numbers in an authority's manifests."""
    return f"manifest-{authority}"


def account_key(authority: AuthorityId, role: str) -> str:
    """Name of the key of one chain account of an authority."""
    return f"account-{authority}-{role}"


def officer_key(officer: OfficerId) -> str:
    """Name of the key file of an officer; only a trial keeps officers' keys here."""
    return f"officer-{officer}"


def witness_key(name: str) -> str:
    """Name of the key of a witness; only a trial keeps witnesses' keys here."""
    return f"witness-{name}"
