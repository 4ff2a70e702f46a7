"""Where the keys of an installation lie, and what opens them.

One folder `keys/`: an encrypted PKCS#8 file a key (`NAME.pem`), or the `pkcs11:` URI of one in
hardware (`NAME.uri`), and its certificate beside it where it has one (`NAME.der`). Of a key that
another process has there is only the public half (`NAME.pub`, SubjectPublicKeyInfo). In production
password and PINs come from the environment; a trial keeps a password that it made itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric import rsa

from anzheng import keyfiles
from anzheng.files import OWNER_ONLY, flush_folder, write_durably
from anzheng.keyfiles import Key, KeyKind
from anzheng.settings import Settings
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.algorithms import SignaturePadding
from licence.ids import AuthorityId, OfficerId
from licence.ports import Entropy
from signer.keys import SigningKey, new_rsa_key, open_key, open_private_key, write_key_file
from signer.keys.pkcs11 import check_token, generate_token_key
from signer.keys.pkcs11_uri import SCHEME as PKCS11
from signer.keys.pkcs11_uri import Pkcs11Uri, parse_pkcs11_uri

PASSWORD_BYTES = 24
MAX_PUBLIC_BYTES = 4 * 1024
FILE = "file:"


@dataclass(slots=True)
class KeyRing:
    """Opens keys by name, each once.

    Args:
        folder: Where the files lie.
        secret: The password of the files.
        module: PKCS#11 module for URIs that name none.
        pins: PIN by label of the token.
    """

    folder: Path
    secret: bytes = field(repr=False)
    module: str = ""
    pins: Mapping[str, str] = field(default_factory=dict, repr=False)
    _opened: dict[str, Key] = field(default_factory=dict)

    def password(self, uri: str) -> bytes:
        """Return the password of a key file, or the PIN of a token (`signer.keys.Secrets`)."""
        if not uri.startswith(PKCS11):
            return self.secret
        for label, pin in self.pins.items():
            if uri == Pkcs11Uri(token=label).store:
                return pin.encode()
        raise AnzhengError(Code.KEY_LOCKED, "there is no PIN for this token: set pkcs11_pins")

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

    def public_der(self, name: str) -> bytes:
        """Return the public half of a key of the application, whoever has the other half.

        Raises:
            AnzhengError: KEY_URI when neither lies here.
        """
        place = self.folder / f"{name}.pub"
        if not self.has(name) and place.is_file():
            return place.read_bytes()[:MAX_PUBLIC_BYTES]
        return self.open(name).public_der

    def public_raw(self, name: str) -> bytes:
        """Return the 32 bytes of the public half of an Ed25519 key.

        Raises:
            AnzhengError: KEY_URI, KEY_REFUSED for another kind.
        """
        return keyfiles.raw_of(self.public_der(name))

    def keep_rsa(self, name: str, key: rsa.RSAPrivateKey, certificate: bytes) -> None:
        """Keep a key of the signer with its certificate."""
        write_durably(self._certificate(name), certificate)
        write_key_file(self._place(name), key, self.secret)

    def keep_certificate(self, name: str, certificate: bytes) -> None:
        """Keep the certificate of a key."""
        write_durably(self._certificate(name), certificate)

    def check_store(self, store: str) -> None:
        """Refuse a store in which no key can be made now.

        Raises:
            AnzhengError: KEY_URI, KEY_LOCKED, TOOL_MISSING.
        """
        if store.startswith(PKCS11):
            check_token(parse_pkcs11_uri(store), secrets=self, module=self.module)
        elif store != FILE:
            raise AnzhengError(Code.KEY_URI, "a key is made in file: or in pkcs11:token=…")

    def make_rsa(self, name: str, store: str, bits: int) -> rsa.RSAPrivateKey:
        """Make a key of the signer where `store` says, or return the one that is there.

        Args:
            name: Its name here.
            store: `file:`, or the `pkcs11:` URI under which it is to be found.
            bits: Its size.

        Raises:
            AnzhengError: KEY_URI, KEY_LOCKED, KEY_REFUSED, TOOL_MISSING.
        """
        if not self.has(name) and store.startswith(PKCS11):
            generate_token_key(parse_pkcs11_uri(store), bits, secrets=self, module=self.module)
            write_durably(self._uri_file(name), store.encode())
        elif not self.has(name):
            # Whole or not at all: what a crash left beside its place is no key.
            beside = self._place(name).with_suffix(".part")
            beside.unlink(missing_ok=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            write_key_file(beside, new_rsa_key(bits), self.secret)
            beside.replace(self._place(name))
            flush_folder(self.folder)
        return self.private_key(name)

    def has(self, name: str) -> bool:
        """Say whether a key lies here, or is found in hardware from here."""
        return self._place(name).is_file() or self._uri_file(name).is_file()

    def has_certificate(self, name: str) -> bool:
        """Say whether the certificate of a key lies here."""
        return self._certificate(name).is_file()

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a key, DER."""
        place = self._certificate(name)
        if not place.is_file():
            raise AnzhengError(Code.KEY_URI, f"there is no certificate {place.name}")
        return place.read_bytes()

    def uri(self, name: str) -> str:
        """Return where a key of the signer is."""
        place = self._uri_file(name)
        return (
            place.read_text("utf-8").strip()
            if place.is_file()
            else f"file:{quote(str(self._place(name)))}"
        )

    def signing_key(
        self, name: str, padding: SignaturePadding = SignaturePadding.PKCS1
    ) -> SigningKey:
        """Open a key of the signer by its URI, to sign with this padding."""
        return open_key(
            self.uri(name),
            certificate=self.certificate(name),
            secrets=self,
            padding=padding,
            module=self.module,
        )

    def private_key(self, name: str) -> rsa.RSAPrivateKey:
        """Open a key for certificates, lists and answers: that of a CA, or one that is new."""
        return open_private_key(self.uri(name), secrets=self, module=self.module)

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def _certificate(self, name: str) -> Path:
        return self.folder / f"{name}.der"

    def _uri_file(self, name: str) -> Path:
        return self.folder / f"{name}.uri"


def open_keyring(settings: Settings, entropy: Entropy) -> KeyRing:
    """Return the key ring of an installation; a trial without a password gets one of its own.

    Raises:
        AnzhengError: KEY_LOCKED in production without a password.
    """
    folder = settings.data_dir / "keys"
    given = settings.key_password.get_secret_value()
    module = settings.pkcs11_module
    pins = {label: pin.get_secret_value() for label, pin in settings.pkcs11_pins.items()}
    if given:
        return KeyRing(folder, given.encode(), module, pins)
    if settings.environment is Environment.PRODUCTION:
        raise AnzhengError(Code.KEY_LOCKED, "set ANZHENG_KEY_PASSWORD")
    place = folder / "trial-password"
    if not place.exists():
        write_durably(place, entropy.bytes(PASSWORD_BYTES).hex().encode(), mode=OWNER_ONLY)
    return KeyRing(folder, place.read_bytes(), module, pins)


def signer_key(authority: AuthorityId) -> str:
    """Name of the licence-signing key of an authority."""
    return f"signer-{authority}"


def qr_key(authority: AuthorityId) -> str:
    """Name of the first key of an authority's QR codes."""
    return f"qr-{authority}"


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
