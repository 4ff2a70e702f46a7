"""Reads a roster file: a JSON array or JSON lines, one object a licence version.

Only the file's own syntax is judged here; what is in a row is for `licence.domain.rows`.
"""

import json
from collections.abc import Mapping
from typing import Any

from licence.errors import AnzhengError, Code

MAX_ROSTER_BYTES = 256 * 1024 * 1024
MAX_ROSTER_ROWS = 200_000

Row = Mapping[str, object]


def read_roster(data: bytes) -> tuple[Row, ...]:
    """Return the rows of a roster in their order.

    Raises:
        AnzhengError: TOO_LARGE, or ROSTER_FORMAT naming the line when the file cannot be read.
    """
    if len(data) > MAX_ROSTER_BYTES:
        raise AnzhengError(
            Code.TOO_LARGE, "the roster is too long", limit=MAX_ROSTER_BYTES, unit="bytes"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise AnzhengError(
            Code.ROSTER_FORMAT, f"the roster is not UTF-8 at byte {exc.start}; save it as UTF-8"
        ) from exc
    rows = _array(text) if text.lstrip().startswith("[") else _lines(text)
    if len(rows) > MAX_ROSTER_ROWS:
        raise AnzhengError(
            Code.TOO_LARGE, "the roster has too many rows", limit=MAX_ROSTER_ROWS, unit="rows"
        )
    return tuple(_row(value, number) for number, value in enumerate(rows, start=1))


def _array(text: str) -> list[object]:
    rows = _parse(text, "the roster")
    if not isinstance(rows, list):
        raise AnzhengError(Code.ROSTER_FORMAT, "the roster is not an array of rows")
    return rows


def _lines(text: str) -> list[object]:
    lines = [line for line in text.split("\n") if line.strip()]
    return [_parse(line, f"line {number}") for number, line in enumerate(lines, start=1)]


def _parse(text: str, where: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as exc:
        raise AnzhengError(Code.ROSTER_FORMAT, f"{where} is not JSON: {exc}") from exc


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a field stands twice in one object")
    return result


def _no_number(text: str) -> object:
    raise ValueError(f"the number {text[:20]} is not whole; write amounts as text")


def _row(value: object, number: int) -> Row:
    if not isinstance(value, dict):
        raise AnzhengError(Code.ROSTER_FORMAT, f"row {number} is not an object", row=number)
    return value
