"""Open a key by its URI: `file:` in an encrypted file, `pkcs11:` in hardware."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from licence.errors import AnzhengError, Code
from licence.formats.algorithms import SignaturePadding
from signer.keys.file import FileKey, read_key_file
from signer.keys.pkcs11 import Pkcs11Key, open_token_key
from signer.keys.pkcs11_uri import SCHEME, parse_pkcs11_uri
from signer.keys.ports import Secrets, SigningKey

MAX_URI_CHARACTERS: Final = 1024


def open_key(
    uri: str,
    *,
    certificate: bytes,
    secrets: Secrets,
    padding: SignaturePadding = SignaturePadding.PKCS1,
    module: str = "",
) -> SigningKey:
    """Open the key that a URI names.

    Args:
        uri: `file:/absolute/path` or `file:relative/path` of an encrypted PKCS#8 file, or
            `pkcs11:token=…;object=…` (RFC 7512).
        certificate: DER; it must belong to the key.
        secrets: Gives the password, or the PIN.
        padding: How the key is to sign.
        module: PKCS#11 module for a URI that names none.

    Raises:
        AnzhengError: KEY_URI for another scheme or no such file, module, token or key; KEY_LOCKED,
            KEY_REFUSED, ALGORITHM_UNSUPPORTED; TOOL_MISSING without python-pkcs11.
    """
    if _is_pkcs11(uri):
        named = parse_pkcs11_uri(uri)
        return Pkcs11Key(named, certificate, secrets=secrets, module=module, padding=padding)
    return FileKey(read_key_file(_file(uri), secrets.password(uri)), certificate, padding=padding)


def open_private_key(uri: str, *, secrets: Secrets, module: str = "") -> rsa.RSAPrivateKey:
    """Open the key of a CA; one in hardware signs, and answers nothing else.

    Raises:
        AnzhengError: As `open_key`.
    """
    if _is_pkcs11(uri):
        return open_token_key(parse_pkcs11_uri(uri), secrets=secrets, module=module)
    return read_key_file(_file(uri), secrets.password(uri))


def _is_pkcs11(uri: str) -> bool:
    if len(uri) > MAX_URI_CHARACTERS:
        raise AnzhengError(Code.KEY_URI, "the key URI is too long")
    return uri.startswith(SCHEME)


def _file(uri: str) -> Path:
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise AnzhengError(Code.KEY_URI, "not a URI") from error
    if parts.scheme != "file" or parts.netloc or parts.query or parts.fragment or not parts.path:
        raise AnzhengError(Code.KEY_URI, "a key URI looks like file:/path or pkcs11:token=…")
    return Path(unquote(parts.path))
