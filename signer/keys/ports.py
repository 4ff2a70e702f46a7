"""What the signer needs of a key, whether it is in a file or in hardware."""

from typing import Protocol

from licence.formats.algorithms import SignatureAlgorithm


class SigningKey(Protocol):
    """A private RSA key that signs by one algorithm, and its certificate."""

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How it signs: the padding that it was opened with, the size that it has."""
        ...

    @property
    def certificate(self) -> bytes:
        """The key's certificate, DER."""
        ...

    @property
    def public_key(self) -> bytes:
        """The public key, DER SubjectPublicKeyInfo."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`.

        Raises:
            AnzhengError: KEY_LOCKED, when the key cannot be used now.
        """
        ...


class Secrets(Protocol):
    """Gives the password of a key store; passwords never stand in a URI or a log."""

    def password(self, uri: str) -> bytes:
        """Return the password for this key.

        Raises:
            AnzhengError: KEY_LOCKED, when there is none.
        """
        ...
