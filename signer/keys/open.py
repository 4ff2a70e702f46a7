"""Open a key by its URI: `file:` now, `pkcs11:` in the same place later."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from licence.errors import AnzhengError, Code
from licence.formats.algorithms import SignaturePadding
from signer.keys.file import FileKey, read_key_file
from signer.keys.ports import Secrets, SigningKey

MAX_URI_CHARACTERS: Final = 1024


def open_key(
    uri: str,
    *,
    certificate: bytes,
    secrets: Secrets,
    padding: SignaturePadding = SignaturePadding.PKCS1,
) -> SigningKey:
    """Open the key that a URI names.

    Args:
        uri: `file:/absolute/path` or `file:relative/path` of an encrypted PKCS#8 file.
        certificate: DER; it must belong to the key.
        secrets: Gives the password.
        padding: How the key is to sign.

    Raises:
        AnzhengError: KEY_URI for another scheme or no such file, KEY_LOCKED, KEY_REFUSED,
            ALGORITHM_UNSUPPORTED.
    """
    if len(uri) > MAX_URI_CHARACTERS:
        raise AnzhengError(Code.KEY_URI, "the key URI is too long")
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise AnzhengError(Code.KEY_URI, "not a URI") from error
    if parts.scheme == "pkcs11":
        raise AnzhengError(Code.KEY_URI, "pkcs11: keys are not supported yet; use file:")
    if parts.scheme != "file" or parts.netloc or parts.query or parts.fragment or not parts.path:
        raise AnzhengError(Code.KEY_URI, "a key URI looks like file:/path/to/key.pem")
    key = read_key_file(Path(unquote(parts.path)), secrets.password(uri))
    return FileKey(key, certificate, padding=padding)
