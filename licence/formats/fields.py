"""Reads a JSON object key by key, strictly; every refusal names the place and one code.

For the formats of ours that are canonical JSON. `canonical.loads` has already bounded size and
depth and refused floats and duplicate keys; here each value gets its type and its limits, and
`end()` refuses what nobody asked for.
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NoReturn, TypeVar

from licence.domain.text import check_text
from licence.domain.values import FIRST_YEAR, LAST_YEAR
from licence.errors import AnzhengError, Code
from licence.formats.canonical import MAX_INTEGER, JsonValue

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


def moment_text(moment: datetime) -> str:
    """Write a moment as UTC to the second, such as `2026-11-21T08:00:00Z`.

    Raises:
        AnzhengError: `INTERNAL` if the moment does not say its zone.

    Standard: RFC 3339 (the one spelling that we write).
    """
    if moment.tzinfo is None:
        raise AnzhengError(Code.INTERNAL, "a moment without a time zone cannot be written")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def whole_second(moment: datetime) -> datetime:
    """Return the moment in UTC without its fraction of a second."""
    return moment.astimezone(UTC).replace(microsecond=0)


def base64_text(data: bytes) -> str:
    """Write bytes in base64 with padding.

    Standard: RFC 4648, 4.
    """
    return base64.b64encode(data).decode("ascii")


def _is_usable(day: date) -> bool:
    # Far from both ends of the calendar, so that readers may add to a moment without overflow.
    return FIRST_YEAR <= day.year <= LAST_YEAR


class Fields:
    """One JSON object that is being read.

    Args:
        value: What should be an object.
        where: Its place, for messages, such as `authorities[2]`.
        code: The code with which the whole format is refused.
    """

    __slots__ = ("_code", "_left", "_where")

    def __init__(self, value: JsonValue, *, where: str, code: Code) -> None:
        self._where = where
        self._code = code
        if not isinstance(value, dict):
            self._refuse("is not an object")
        self._left: dict[str, JsonValue] = dict(value)

    def _refuse(self, problem: str, key: str = "") -> NoReturn:
        place = f"{self._where}.{key}" if key else self._where
        raise AnzhengError(self._code, f"{place} {problem}", field=place)

    def _take(self, key: str) -> JsonValue:
        if key not in self._left:
            self._refuse("is missing", key)
        return self._left.pop(key)

    def end(self) -> None:
        """Refuse keys that nobody asked for."""
        if self._left:
            self._refuse("is not known here", min(self._left))

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """Return `read(key)`, or None where the key is absent; null is refused by `read`."""
        return read(key) if key in self._left else None

    def text(self, key: str, *, max_chars: int = 500) -> str:
        """Return one line of text of 1 to `max_chars` characters that licences may hold."""
        value = self._take(key)
        if not isinstance(value, str):
            self._refuse("is not a text", key)
        try:
            return check_text(value, f"{self._where}.{key}", max_chars=max_chars)
        except AnzhengError as exc:
            raise AnzhengError(self._code, exc.message, **exc.facts) from exc

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        """Return a text that wholly matches `pattern`."""
        value = self._take(key)
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            self._refuse("has not the form that it must have", key)
        return value

    def constant(self, key: str, expected: str, *, code: Code) -> None:
        """Take a text that must be `expected`, such as the name of the schema."""
        if self._take(key) != expected:
            raise AnzhengError(code, f"{self._where}.{key} is not {expected}", expected=expected)

    def integer(self, key: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
        """Return an integer from `low` to `high`."""
        value = self._take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self._refuse(f"is not an integer from {low} to {high}", key)
        return value

    def boolean(self, key: str) -> bool:
        """Return true or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            self._refuse("is neither true nor false", key)
        return value

    def choice(self, key: str, kind: type[E]) -> E:
        """Return a member of an enumeration by its value."""
        value = self._take(key)
        found = next((member for member in kind if member.value == value), None)
        if found is None:
            self._refuse(f"is no {kind.__name__}", key)
        return found

    def hexed(self, key: str, size: int) -> bytes:
        """Return `size` bytes from lower-case hex."""
        value = self._take(key)
        if not isinstance(value, str) or len(value) != 2 * size or not _HEX.fullmatch(value):
            self._refuse(f"is not {size} bytes in lower-case hex", key)
        return bytes.fromhex(value)

    def base64(self, key: str, *, max_bytes: int) -> bytes:
        """Return 1 to `max_bytes` bytes from base64 in its one canonical spelling."""
        return self._from_base64(self._take(key), key, max_bytes)

    def base64s(self, key: str, *, max_items: int, max_bytes: int) -> tuple[bytes, ...]:
        """Return a list of 1 to `max_items` byte strings, each as `base64` reads it."""
        values = self.items(key, max_items=max_items, min_items=1)
        return tuple(self._from_base64(value, key, max_bytes) for value in values)

    def _from_base64(self, value: JsonValue, key: str, max_bytes: int) -> bytes:
        if not isinstance(value, str) or len(value) > 4 * (max_bytes // 3 + 1):
            self._refuse(f"is not base64 of at most {max_bytes} bytes", key)
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            self._refuse("is not base64", key)
        if not 1 <= len(data) <= max_bytes or base64_text(data) != value:
            self._refuse(f"is not canonical base64 of 1 to {max_bytes} bytes", key)
        return data

    def moment(self, key: str) -> datetime:
        """Return a moment such as `2026-11-21T08:00:00Z`."""
        value = self.matching(key, _MOMENT)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self._refuse("is no moment of the calendar", key)
        return moment if _is_usable(moment) else self._refuse("is of no year of ours", key)

    def day(self, key: str) -> date:
        """Return a day such as `2026-11-21`."""
        value = self.matching(key, _DAY)
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self._refuse("is no day of the calendar", key)
        return day if _is_usable(day) else self._refuse("is of no year of ours", key)

    def items(self, key: str, *, max_items: int, min_items: int = 0) -> list[JsonValue]:
        """Return a list with `min_items` to `max_items` values."""
        value = self._take(key)
        if not isinstance(value, list) or not min_items <= len(value) <= max_items:
            self._refuse(f"is not a list of {min_items} to {max_items} values", key)
        return list(value)

    def objects(
        self, key: str, build: Callable[["Fields"], T], *, max_items: int, min_items: int = 0
    ) -> tuple[T, ...]:
        """Return a list of objects, each read by `build` and then ended."""
        built = []
        for place, value in enumerate(self.items(key, max_items=max_items, min_items=min_items)):
            fields = Fields(value, where=f"{self._where}.{key}[{place}]", code=self._code)
            built.append(build(fields))
            fields.end()
        return tuple(built)

    def fields(self, key: str) -> "Fields":
        """Return the object under `key`; its reader calls `end()`."""
        return Fields(self._take(key), where=f"{self._where}.{key}", code=self._code)

    def texts(
        self, key: str, *, max_items: int, min_items: int = 0, pattern: re.Pattern[str]
    ) -> tuple[str, ...]:
        """Return a list of texts that all match `pattern`, none of them twice."""
        values = self.items(key, max_items=max_items, min_items=min_items)
        found = tuple(v for v in values if isinstance(v, str) and pattern.fullmatch(v))
        if len(found) != len(values) or len(set(found)) != len(found):
            self._refuse("has a value twice, or one that has not the form it must have", key)
        return found

    def rest(self) -> dict[str, JsonValue]:
        """Return all that has not been read yet, for objects with free keys."""
        left, self._left = self._left, {}
        return left

    def value(self, key: str) -> JsonValue:
        """Return the value under `key` unread."""
        return self._take(key)
