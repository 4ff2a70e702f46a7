"""Takes the items of a decoded CBOR array one after another, each of the type that is expected."""

import re
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.cbor import CborValue
from licence.ids import AuthorityId, RegistryId

MAX_SECONDS: Final = 7_258_118_399
"""Latest moment that our formats write: 2199-12-31T23:59:59Z, in seconds since 1970.

Far from the end of the calendar, so that readers may add to a moment without overflow.
"""

MAX_UINT_64: Final = 2**64 - 1

_REGISTRY: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_AUTHORITY: Final = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{18}")


class Fields:
    """The items of one array.

    Args:
        value: What was decoded.
        count: How many items the array must have.
        code: Code of the error for everything that does not fit.

    Raises:
        AnzhengError: With `code`, when it is no such array; so do all methods.
    """

    __slots__ = ("_at", "_code", "_items")

    def __init__(self, value: CborValue, count: int, code: Code) -> None:
        self._code = code
        self._at = 0
        if not isinstance(value, tuple) or len(value) != count:
            raise AnzhengError(code, "not an array of that many items", expected=count)
        self._items = value

    def _next(self) -> CborValue:
        item: CborValue = self._items[self._at]
        self._at += 1
        return item

    def _refuse(self, expected: str) -> AnzhengError:
        return AnzhengError(self._code, f"expected {expected}", item=self._at - 1)

    def integer(self, low: int, high: int) -> int:
        """Take an integer from `low` to `high`."""
        item = self._next()
        if not isinstance(item, int) or isinstance(item, bool) or not low <= item <= high:
            raise self._refuse(f"an integer from {low} to {high}")
        return item

    def octets(self, least: int, most: int | None = None) -> bytes:
        """Take a byte string of `least` to `most` bytes, or of exactly `least`."""
        item = self._next()
        if not isinstance(item, bytes) or not least <= len(item) <= (most or least):
            raise self._refuse("a byte string of another length")
        return item

    def constant(self, expected: str) -> None:
        """Take exactly this text."""
        if self._next() != expected:
            raise self._refuse(f"the text {expected}")

    def registry(self) -> RegistryId:
        """Take the name of a registry."""
        item = self._next()
        if not isinstance(item, str) or not is_registry(item):
            raise self._refuse("the name of a registry")
        return RegistryId(item)

    def authority(self) -> AuthorityId:
        """Take the code of an authority."""
        item = self._next()
        if not isinstance(item, str) or not is_authority(item):
            raise self._refuse("the code of an authority")
        return AuthorityId(item)

    def array(self, most: int) -> tuple[CborValue, ...]:
        """Take an array of `most` items at most."""
        item = self._next()
        if not isinstance(item, tuple) or len(item) > most:
            raise self._refuse(f"an array of at most {most} items")
        return item

    def is_null(self) -> bool:
        """Take the next item if it is null, and say whether it was."""
        if self._items[self._at] is not None:
            return False
        self._at += 1
        return True


def is_registry(text: str) -> bool:
    """Say whether this is the name of a registry: lower-case host name, 63 characters."""
    return _REGISTRY.fullmatch(text) is not None


def is_authority(text: str) -> bool:
    """Say whether this has the form of an authority's 18-character code (GB 32100 alphabet)."""
    return _AUTHORITY.fullmatch(text) is not None
