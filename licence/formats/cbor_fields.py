"""Takes the items of a decoded CBOR array one after another, each of the type that is expected."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from licence.domain.text import check_text
from licence.domain.values import FIRST_YEAR, LAST_YEAR
from licence.errors import AnzhengError, Code
from licence.formats.cbor import CborValue
from licence.ids import AuthorityId, RegistryId

MAX_SECONDS: Final = 7_258_118_399
"""Latest moment that our formats write: 2199-12-31T23:59:59Z, in seconds since 1970.

Far from the end of the calendar, so that readers may add to a moment without overflow.
"""

MAX_UINT_64: Final = 2**64 - 1

EPOCH_DAY: Final = date(1970, 1, 1)
"""Days are counted from here."""

_FIRST_DAY: Final = (date(FIRST_YEAR, 1, 1) - EPOCH_DAY).days
_LAST_DAY: Final = (date(LAST_YEAR, 12, 31) - EPOCH_DAY).days

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

    def text(self, most: int) -> str:
        """Take one line of text of 1 to `most` characters that licences may hold."""
        item = self._next()
        if not isinstance(item, str):
            raise self._refuse("a text")
        try:
            return check_text(item, f"item {self._at - 1}", max_chars=most)
        except AnzhengError as error:
            raise AnzhengError(self._code, error.message, item=self._at - 1) from error

    def matching(self, pattern: re.Pattern[str]) -> str:
        """Take a text that wholly matches `pattern`."""
        item = self._next()
        if not isinstance(item, str) or pattern.fullmatch(item) is None:
            raise self._refuse("a text of another form")
        return item

    def moment(self) -> datetime:
        """Take a moment, in seconds since 1970."""
        return datetime.fromtimestamp(self.integer(0, MAX_SECONDS), UTC)

    def day(self) -> date:
        """Take a day, in days since 1970-01-01."""
        return EPOCH_DAY + timedelta(days=self.integer(_FIRST_DAY, _LAST_DAY))

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
