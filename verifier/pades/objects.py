"""What every gate on parsed objects needs: bounded walks and streams, nothing active, one refusal.

Standard: ISO 32000-1, 7.3 and 7.4; research pdfsign 4.2.
"""

import zlib
from collections.abc import Iterator
from typing import Final

import pikepdf

from licence.errors import AnzhengError, Code

MAX_DEPTH: Final = 60
"""Nesting of direct arrays and dictionaries in one object."""

LIBRARY_ERRORS: Final = (
    pikepdf.PdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What the parser throws at foreign bytes."""


def keys(names: str) -> frozenset[str]:
    """Return the names of dictionary entries, written one after the other."""
    return frozenset(names.split())


FORBIDDEN_KEYS: Final = keys(
    "/JS /JavaScript /AA /OpenAction /XFA /Launch /URI /NeedAppearances /Encrypt /FFilter "
    "/Collection /RichMediaContent /RichMediaSettings /3DD /3DA /Movie /Sound /OPI /Ref "
    "/OCProperties /PS /URLS /SpiderInfo /Renditions /AlternatePresentations"
)
FORBIDDEN_TYPES: Final = keys(
    "/Action /RichMedia /3D /Rendition /SigFieldLock /Collection /DocTimeStamp"
)


def dictionaries(value: pikepdf.Object, depth: int) -> Iterator[pikepdf.Dictionary]:
    """Yield the dictionaries that stand directly in one object; references are not followed."""
    if depth > MAX_DEPTH:
        raise refuse("nested too deep")
    if isinstance(value, pikepdf.Stream):
        if "/F" in value.stream_dict:
            raise active("a stream kept in another file")
        value = value.stream_dict
    if isinstance(value, pikepdf.Dictionary):
        yield value
        children: Iterator[object] = (item for _, item in value.items())
    elif isinstance(value, pikepdf.Array):
        children = iter(value)
    else:
        return
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            yield from dictionaries(child, depth + 1)


def is_action(each: pikepdf.Dictionary) -> bool:
    """Structure attributes are called /A too, but name an owner /O and have no /S."""
    action = each.get("/A")
    return isinstance(action, pikepdf.Dictionary) and "/S" in action


def check_inert(each: pikepdf.Dictionary) -> None:
    """Refuse a dictionary that does something, or may.

    Raises:
        AnzhengError: CONTAINER_ACTIVE_CONTENT.
    """
    kind = str(each.get("/Type", ""))
    if kind in FORBIDDEN_TYPES or not FORBIDDEN_KEYS.isdisjoint(each.keys()):
        raise active("an object that our files never have")
    if is_action(each):
        raise active("an action")


def inflate(stream: pikepdf.Object, limit: int) -> bytes:
    """Unpack at most `limit` bytes; qpdf itself would unpack a bomb to its end."""
    if not isinstance(stream, pikepdf.Stream):
        raise refuse("a stream is missing")
    raw, told = stream.read_raw_bytes(), stream.stream_dict
    if "/DecodeParms" in told or len(raw) > limit:
        raise refuse("a stream is packed in an unusual way, or too large")
    packed = told.get("/Filter")
    if packed is None:
        return raw
    if packed != "/FlateDecode":
        raise refuse("a stream is packed in an unusual way")
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(raw, limit + 1)
    if len(data) > limit or not unpacker.eof or unpacker.unused_data:
        raise refuse("a stream is too large, cut off, or followed by other bytes")
    return data


def same(one: pikepdf.Object, other: pikepdf.Object) -> bool:
    """Say whether two values are one and the same indirect object."""
    return bool(one.is_indirect and other.is_indirect and one.objgen == other.objgen)


def allow_only(value: pikepdf.Object, allowed: frozenset[str], where: str) -> None:
    """Refuse what is no dictionary, or has an entry that is not allowed.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE.
    """
    if not isinstance(value, pikepdf.Dictionary) or not set(value.keys()) <= allowed:
        raise refuse(f"unknown entries in the {where}")


def refuse(message: str) -> AnzhengError:
    """Return the refusal of a shape that is not ours."""
    return AnzhengError(Code.CONTAINER_STRUCTURE, message)


def active(message: str) -> AnzhengError:
    """Return the refusal of what does something."""
    return AnzhengError(Code.CONTAINER_ACTIVE_CONTENT, f"active or foreign content: {message}")
