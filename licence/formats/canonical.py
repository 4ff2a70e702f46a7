"""The one JSON spelling that is hashed and signed: RFC 8785, without floats.

Amounts are strings and times are strings, so no number here ever has a fraction; that removes the
only hard part of RFC 8785 and every question about rounding. A reader accepts nothing but this
spelling: what it parsed, written again, must be the bytes it was given.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

from licence.errors import AnzhengError, Code

JsonValue: TypeAlias = (
    "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"  # no floats
)
"""What canonical JSON may hold. `loads` builds it of `list` and `dict` only."""

JsonObject: TypeAlias = Mapping[str, JsonValue]
"""A JSON object."""

MAX_DEPTH = 32
"""Deepest nesting of arrays and objects; the outermost value has depth 1."""

MAX_INTEGER = 2**53 - 1
"""Largest magnitude that every JSON reader keeps exactly (RFC 8785, 3.2.2.3; RFC 7493, 2.2)."""

_MAX_INTEGER_CHARACTERS = len(str(-MAX_INTEGER))

_WRITER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
"""The standard library's compiled writer. It spells texts and integers as RFC 8785 does, and sorts
names by code point, which is RFC 8785's order as long as names are ASCII."""


def dumps(value: JsonValue) -> bytes:
    """Write `value` in its one canonical spelling.

    Raises:
        AnzhengError: JSON_SYNTAX if it holds something that canonical JSON has no place for (a
            float, an integer beyond 2^53 - 1, a lone surrogate, nesting beyond `MAX_DEPTH`).

    Standard: RFC 8785.
    """
    ascii_names = _check(value, 1)
    try:
        return _WRITER.encode(value).encode("utf-8") if ascii_names else rfc8785.dumps(value)
    except (ValueError, TypeError) as exc:
        raise AnzhengError(Code.JSON_SYNTAX, f"cannot be written as canonical JSON: {exc}") from exc


def loads(data: bytes, *, max_bytes: int) -> JsonValue:
    """Read canonical JSON, and nothing but canonical JSON.

    Args:
        data: The bytes as they came.
        max_bytes: Size limit, checked before anything is parsed.

    Raises:
        AnzhengError: TOO_LARGE, JSON_SYNTAX (not JSON, not UTF-8, a name twice in one object, a
            float, too deep), or JSON_NOT_CANONICAL if it is JSON in another spelling.

    Standard: RFC 8785; RFC 7493 (I-JSON).
    """
    if len(data) > max_bytes:
        raise AnzhengError(
            Code.TOO_LARGE, f"JSON of {len(data)} bytes; the limit is {max_bytes}", limit=max_bytes
        )
    value = _parse(data)
    if dumps(value) != data:
        raise AnzhengError(Code.JSON_NOT_CANONICAL, "JSON is not in its canonical spelling")
    return value


def load_object(data: bytes, *, max_bytes: int) -> JsonObject:
    """Read canonical JSON whose outermost value is an object; raises as `loads` does."""
    value = loads(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise AnzhengError(Code.JSON_SYNTAX, "the outermost JSON value must be an object")
    return value


def _parse(data: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as exc:
        raise AnzhengError(Code.JSON_SYNTAX, f"not JSON as we accept it: {exc}") from exc
    return value


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    # Two readers may take different ones of two equal names: a classic way to show one thing and
    # sign another (RFC 8259, section 4).
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return value


def _refuse_number(text: str) -> JsonValue:
    raise ValueError(f"number {text[:20]} is not an integer")


def _integer(text: str) -> int:
    # Length first: int() of a million digits takes seconds.
    if len(text) > _MAX_INTEGER_CHARACTERS:
        raise ValueError("an integer is beyond 2^53 - 1")
    return int(text)


def _check(value: object, depth: int) -> bool:
    """Refuse what canonical JSON has no place for; return whether all names are ASCII."""
    if depth > MAX_DEPTH:
        raise AnzhengError(Code.JSON_SYNTAX, f"JSON nested deeper than {MAX_DEPTH}")
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, dict):
        names = all(isinstance(name, str) and name.isascii() for name in value)
        # Lists, not generators: every item must be looked at.
        return all([names, *(_check(item, depth + 1) for item in value.values())])
    if isinstance(value, list | tuple):
        return all([True, *(_check(item, depth + 1) for item in value)])
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return True
    raise AnzhengError(Code.JSON_SYNTAX, f"canonical JSON has no place for this {type(value)}")
