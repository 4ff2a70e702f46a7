"""Names of keys in hardware: `pkcs11:` URIs, of which we take the part that names one key.

    pkcs11:token=licence%20keys;object=signer-2;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so

Standard: RFC 7512. A PIN in a URI is refused: URIs stand in records and logs.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from typing_extensions import override

from licence.errors import AnzhengError, Code

SCHEME: Final = "pkcs11:"

_PATH: Final = frozenset({"token", "serial", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path"})
_PINS: Final = frozenset({"pin-value", "pin-source"})
_SAFE: Final = "-._~/"


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """Which key of which token, through which module.

    Attributes:
        token: Label of the token, or "" when its serial number names it.
        serial: Serial number of the token, or "".
        object: Label of the key, or "" when its id names it.
        id: CKA_ID of the key, or b"".
        module: Absolute path of the module, or "" for the one of the settings.
    """

    token: str = ""
    serial: str = ""
    object: str = ""
    id: bytes = b""
    module: str = ""

    @property
    def store(self) -> str:
        """The URI without the key: what a PIN belongs to."""
        return str(Pkcs11Uri(token=self.token, serial=self.serial))

    @override
    def __str__(self) -> str:
        path = [
            f"{name}={quote(value, safe=_SAFE)}"
            for name in ("token", "serial", "object")
            if (value := getattr(self, name))
        ]
        path += [f"id={quote_from_bytes(self.id, safe='')}"] if self.id else []
        query = f"?module-path={quote(self.module, safe=_SAFE)}" if self.module else ""
        return f"{SCHEME}{';'.join(path)}{query}"


def parse_pkcs11_uri(uri: str) -> Pkcs11Uri:
    """Read a URI that names one private key.

    Raises:
        AnzhengError: KEY_URI for what names no one key, or brings a PIN along.
    """
    if not uri.startswith(SCHEME):
        raise _refuse("not a pkcs11: URI")
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    found = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
    if found.pop("type", b"private") != b"private":
        raise _refuse("a URI of a private key says type=private, or nothing")
    try:
        text = {name: value.decode("utf-8") for name, value in found.items() if name != "id"}
    except UnicodeDecodeError as error:
        raise _refuse("a name that is not UTF-8") from error
    named = Pkcs11Uri(
        token=text.get("token", ""),
        serial=text.get("serial", ""),
        object=text.get("object", ""),
        id=found.get("id", b""),
        module=text.get("module-path", ""),
    )
    if not (named.token or named.serial) or not (named.object or named.id):
        raise _refuse("a pkcs11: URI names a token and a key: pkcs11:token=…;object=…")
    if named.module and not named.module.startswith("/"):
        raise _refuse("module-path is an absolute path")
    return named


def _attributes(text: str, between: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, text.split(between)):
        name, equals, value = part.partition("=")
        if name in _PINS:
            raise _refuse("a PIN does not stand in a URI")
        if name not in known or not equals or not value or name in found:
            raise _refuse("an attribute that is unknown, empty or twice")
        found[name] = unquote_to_bytes(value)
    return found


def _refuse(message: str) -> AnzhengError:
    return AnzhengError(Code.KEY_URI, message)
