"""The extension by which a holder's certificate says which licence it belongs to.

    LicenceBinding ::= SEQUENCE {
        leaf      OCTET STRING (SIZE (32)),   -- of the licence version
        registry  UTF8String,                 -- where the status of this certificate is read
        index     INTEGER (0..4294967295) }   -- the certificate's own status index

Standard: RFC 5280, 4.2; identifier `oids.EXT_LICENCE_BINDING`.
"""

from dataclasses import dataclass
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import der
from licence.formats.cbor_fields import is_registry
from licence.formats.limits import MAX_STATUS_INDEX
from licence.ids import Leaf, RegistryId, StatusIndex

_LEAF_BYTES: Final = 32
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class LicenceBinding:
    """Which licence a certificate belongs to, and where the certificate's own status is read."""

    leaf: Leaf
    registry: RegistryId
    index: StatusIndex


def encode_binding(binding: LicenceBinding) -> bytes:
    """Return the value of the extension in DER.

    Raises:
        AnzhengError: `HOLDER_CERTIFICATE` if `decode_binding` would refuse it.
    """
    if binding.index < 0:
        raise AnzhengError(Code.HOLDER_CERTIFICATE, "a status index is not negative")
    data = der.tlv(
        der.SEQUENCE,
        der.tlv(der.OCTET_STRING, binding.leaf),
        der.tlv(der.UTF8_STRING, binding.registry.encode("utf-8")),
        der.integer(binding.index),
    )
    decode_binding(data)
    return data


def decode_binding(data: bytes) -> LicenceBinding:
    """Read the value of the extension.

    Raises:
        AnzhengError: `HOLDER_CERTIFICATE` for anything but the one DER spelling of a binding.
    """
    try:
        parts = der.children(data)
        if len(parts) != _PARTS:
            raise AnzhengError(Code.HOLDER_CERTIFICATE, "a binding has three parts")
        leaf = der.value(parts[0], der.OCTET_STRING)
        registry = der.value(parts[1], der.UTF8_STRING).decode("ascii")
        index = der.integer_value(parts[2])
    except (AnzhengError, UnicodeDecodeError) as exc:
        raise AnzhengError(Code.HOLDER_CERTIFICATE, "the binding is no DER of ours") from exc
    if len(leaf) != _LEAF_BYTES or not is_registry(registry) or index > MAX_STATUS_INDEX:
        raise AnzhengError(Code.HOLDER_CERTIFICATE, "a part of the binding is out of its limits")
    return LicenceBinding(Leaf(leaf), RegistryId(registry), StatusIndex(index))
