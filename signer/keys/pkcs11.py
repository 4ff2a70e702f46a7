"""Keys in hardware (PKCS#11): signatures come out, key bytes never do.

After a fork the child begins anew, for sessions are not inherited. A session or token that is lost
is opened again, once for each signature that is asked for; a PIN that was wrong is not tried again,
for a token locks itself after a few.

Standard: OASIS PKCS#11 3.0; RFC 7512 (URIs); RFC 8017.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from threading import Lock
from time import sleep
from typing import Any, Final
from weakref import WeakSet

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from typing_extensions import override

from licence.errors import AnzhengError, Code
from licence.formats.algorithms import (
    PSS_SALT_BYTES,
    SignatureAlgorithm,
    SignaturePadding,
    algorithm_for,
)
from signer.keys.file import check_belongs, spki
from signer.keys.pkcs11_module import after_fork as modules_after_fork
from signer.keys.pkcs11_module import load_api, module_of
from signer.keys.pkcs11_uri import Pkcs11Uri
from signer.keys.ports import Secrets

_ID_BYTES: Final = 8
_PAUSES: Final = (0.05, 0.2)
"""Seconds after which a module is loaded once more."""


class Pkcs11Key:
    """A private RSA key of a token, and its certificate.

    Args:
        uri: Which key.
        certificate: Its certificate, DER.
        secrets: Gives the PIN, whenever there is to be a login.
        module: Path of the module, for a URI without one.
        padding: How it signs.

    Raises:
        AnzhengError: KEY_URI when there is no such module, token or key; KEY_LOCKED; KEY_REFUSED
            when the key could leave the token or is not the certificate's; TOOL_MISSING without
            python-pkcs11; ALGORITHM_UNSUPPORTED.
    """

    def __init__(
        self,
        uri: Pkcs11Uri,
        certificate: bytes,
        *,
        secrets: Secrets,
        module: str = "",
        padding: SignaturePadding = SignaturePadding.PKCS1,
    ) -> None:
        self._handle = _Handle(uri, secrets, module)
        key = self._handle.public_key()
        check_belongs(certificate, key)
        self._algorithm = algorithm_for(padding, key.key_size)
        self._padding = padding
        self._certificate = certificate
        self._public_key = spki(key)

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How it signs."""
        return self._algorithm

    @property
    def certificate(self) -> bytes:
        """The key's certificate, DER."""
        return self._certificate

    @property
    def public_key(self) -> bytes:
        """The public key, DER SubjectPublicKeyInfo."""
        return self._public_key

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data` with SHA-256.

        Raises:
            AnzhengError: KEY_LOCKED, when the token does not sign now; later it may again.
        """
        return self._handle.sign(data, self._padding)

    def close(self) -> None:
        """Give the session back."""
        self._handle.drop()


class TokenPrivateKey(rsa.RSAPrivateKey):
    """A key of a token in the shape in which `cryptography` builds certificates with it."""

    def __init__(self, handle: "_Handle") -> None:
        self._handle = handle
        self._public = handle.public_key()

    @override
    def sign(
        self,
        data: bytes | bytearray | memoryview,
        padding: AsymmetricPadding,
        algorithm: object,
    ) -> bytes:
        if not isinstance(padding, PKCS1v15) or not isinstance(algorithm, SHA256):
            raise TypeError("a CA signs PKCS#1 v1.5 with SHA-256")
        return self._handle.sign(bytes(data), SignaturePadding.PKCS1)

    @override
    def public_key(self) -> rsa.RSAPublicKey:
        return self._public

    @property
    @override
    def key_size(self) -> int:
        return self._public.key_size

    @override
    def decrypt(self, ciphertext: bytes, padding: AsymmetricPadding) -> bytes:
        raise TypeError("this key signs and does nothing else")

    @override
    def private_numbers(self) -> rsa.RSAPrivateNumbers:
        raise TypeError("the key does not leave its token")

    @override
    def private_bytes(self, *_arguments: object, **_named: object) -> bytes:
        raise TypeError("the key does not leave its token")

    @override
    def __copy__(self) -> "TokenPrivateKey":
        return self

    @override
    def __deepcopy__(self, memo: dict[int, Any]) -> "TokenPrivateKey":
        return self


def open_token_key(uri: Pkcs11Uri, *, secrets: Secrets, module: str = "") -> TokenPrivateKey:
    """Open a key of a token for building certificates, lists and answers.

    Raises:
        AnzhengError: As `Pkcs11Key`.
    """
    return TokenPrivateKey(_Handle(uri, secrets, module))


def check_token(uri: Pkcs11Uri, *, secrets: Secrets, module: str = "") -> None:
    """Log in to the token of a key that is not there yet.

    Raises:
        AnzhengError: KEY_URI when there is no such module or token; KEY_LOCKED; TOOL_MISSING.
    """
    api, opened = load_api(), module_of(uri, module)
    try:
        with opened.using():
            opened.session(uri, lambda: secrets.password(uri.store)).close()
    except api.exceptions.NoSuchToken as error:
        raise AnzhengError(Code.KEY_URI, "there is no such token", missing="token") from error
    except api.PKCS11Error as error:
        raise AnzhengError(Code.KEY_LOCKED, "the token cannot be used now") from error


def generate_token_key(
    uri: Pkcs11Uri, bits: int, *, secrets: Secrets, module: str = ""
) -> rsa.RSAPublicKey:
    """Make a key inside a token, or find the one that an earlier try has made.

    Raises:
        AnzhengError: KEY_URI, KEY_LOCKED, KEY_REFUSED, TOOL_MISSING.
    """
    try:
        return _Handle(uri, secrets, module).public_key()
    except AnzhengError as error:
        if error.code is not Code.KEY_URI or error.facts.get("missing") != "key":
            raise
    api, opened = load_api(), module_of(uri, module)
    attribute = api.Attribute
    private = {
        attribute.SENSITIVE: True,
        attribute.EXTRACTABLE: False,
        attribute.SIGN: True,
        attribute.DECRYPT: False,
        attribute.UNWRAP: False,
    }
    try:
        with opened.session(uri, lambda: secrets.password(uri.store), write=True) as session:
            session.generate_keypair(
                api.KeyType.RSA,
                bits,
                store=True,
                label=uri.object or None,
                id=uri.id or sha256(uri.object.encode()).digest()[:_ID_BYTES],
                private_template=private,
            )
    except api.PKCS11Error as error:
        raise AnzhengError(Code.KEY_LOCKED, "the token makes no key") from error
    return _Handle(uri, secrets, module).public_key()


class _Handle:
    """One key of one token, found again when it is lost; it does one thing at a time (5.6.7)."""

    def __init__(self, uri: Pkcs11Uri, secrets: Secrets, module: str) -> None:
        self._api = load_api()
        self._module = module_of(uri, module)
        # Somebody opens the key by intent: a PIN that was corrected may be tried.
        self._module.refused.discard(uri.store)
        self._uri = uri
        self._secrets = secrets
        self._lock = Lock()
        self._session: Any = None
        self._key: Any = None
        self._generation = -1
        with self._lock:
            self._open()
        _HANDLES.add(self)

    def after_fork(self) -> None:
        """Begin anew in a child; the parent's session stays as it is."""
        self._lock = Lock()
        self._session = self._key = None

    def public_key(self) -> rsa.RSAPublicKey:
        attribute = self._api.Attribute
        try:
            exponent, modulus = (
                int.from_bytes(self._key[each], "big")
                for each in (attribute.PUBLIC_EXPONENT, attribute.MODULUS)
            )
            return rsa.RSAPublicNumbers(exponent, modulus).public_key()
        except (self._api.PKCS11Error, ValueError) as error:
            raise AnzhengError(Code.KEY_REFUSED, "the key is no RSA key") from error

    def sign(self, data: bytes, padding: SignaturePadding) -> bytes:
        with self._lock:
            if self._key is not None and self._generation == self._module.generation:
                with suppress(self._api.PKCS11Error):
                    return self._sign(data, padding)
            try:
                self._open()
                return self._sign(data, padding)
            except self._api.PKCS11Error as error:
                raise AnzhengError(Code.KEY_LOCKED, "the token does not sign now") from error
            except AnzhengError as error:
                raise AnzhengError(Code.KEY_LOCKED, error.message) from error

    def drop(self) -> None:
        with self._lock:
            self._forget()

    def _sign(self, data: bytes, padding: SignaturePadding) -> bytes:
        with self._module.using():
            return bytes(self._key.sign(data, **_mechanism(self._api, padding)))

    def _open(self) -> None:
        """Open session and key; where that fails, log in again, then load the module again."""
        seen, again = self._module.generation, self._generation >= 0
        try:
            self._find()
        except self._api.PKCS11Error:
            self._module.log_out(self._uri.store)
            try:
                self._find()
            except self._api.PKCS11Error as error:
                said = self._said(error)
                if said.code is Code.KEY_URI and not again:
                    raise said from error
                self._restart(seen)

    def _restart(self, seen: int) -> None:
        for pause in _PAUSES:
            with suppress(self._api.PKCS11Error):
                self._module.restart(seen)
                self._find()
                return
            # Another process may be at the token's files just now (SoftHSM2 rewrites them).
            sleep(pause)
            seen = self._module.generation
        try:
            self._module.restart(seen)
            self._find()
        except self._api.PKCS11Error as error:
            raise self._said(error) from error

    def _find(self) -> None:
        uri = self._uri
        self._forget()
        with self._module.using():
            self._generation = self._module.generation
            self._session = self._module.session(uri, lambda: self._secrets.password(uri.store))
            self._key = self._sealed_key(uri)

    def _sealed_key(self, uri: Pkcs11Uri) -> Any:  # noqa: ANN401
        named = {"label": uri.object or None, "id": uri.id or None}
        key = self._session.get_key(object_class=self._api.ObjectClass.PRIVATE_KEY, **named)
        attribute = self._api.Attribute
        if key[attribute.EXTRACTABLE] or not key[attribute.SENSITIVE]:
            raise AnzhengError(Code.KEY_REFUSED, "this key could be taken out of its token")
        return key

    def _said(self, error: Exception) -> AnzhengError:
        known = self._api.exceptions
        if isinstance(error, known.NoSuchToken):
            return AnzhengError(Code.KEY_URI, "there is no such token", missing="token")
        if isinstance(error, known.NoSuchKey):
            return AnzhengError(Code.KEY_URI, "the token has no such key", missing="key")
        if isinstance(error, known.MultipleObjectsReturned):
            return AnzhengError(Code.KEY_URI, "the URI names several keys")
        return AnzhengError(Code.KEY_LOCKED, "the token cannot be used now")

    def _forget(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None and self._generation == self._module.generation:
            with suppress(self._api.PKCS11Error):
                session.close()


_HANDLES: Final[WeakSet[_Handle]] = WeakSet()


def _after_fork() -> None:
    modules_after_fork()
    for handle in list(_HANDLES):
        handle.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _mechanism(api: Any, padding: SignaturePadding) -> Mapping[str, Any]:  # noqa: ANN401
    if padding is SignaturePadding.PKCS1:
        return {"mechanism": api.Mechanism.SHA256_RSA_PKCS}
    parameters = (api.Mechanism.SHA256, api.MGF.SHA256, PSS_SALT_BYTES)
    return {"mechanism": api.Mechanism.SHA256_RSA_PKCS_PSS, "mechanism_param": parameters}
