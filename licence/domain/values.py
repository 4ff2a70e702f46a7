"""Parsers of single field values: from what JSON gives to what the model has.

Each takes the raw value and the path of its field, and raises AnzhengError with one code.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

from licence.domain.elicence_id import parse_elicence_id
from licence.domain.licence_no import parse_licence_no
from licence.domain.text import Charset, check_text
from licence.domain.uscc import check_uscc
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, Digest, LicenceNo

E = TypeVar("E", bound=StrEnum)

FIRST_YEAR = 1950
LAST_YEAR = 2199

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile("[0-9a-f]{64}")


def string(value: object, field: str) -> str:
    """Return a string without blanks (U+0020, U+3000) at its ends."""
    if not isinstance(value, str):
        raise AnzhengError(Code.FIELD_TYPE, f"{field} must be text", field=field)
    return value.strip(" \u3000")


def text(max_chars: int, charset: Charset = Charset.GENERAL) -> Callable[[object, str], str]:
    """Return a parser of one line of text."""

    def parse(value: object, field: str) -> str:
        return check_text(string(value, field), field, max_chars=max_chars, charset=charset)

    return parse


def texts(max_items: int, max_chars: int) -> Callable[[object, str], tuple[str, ...]]:
    """Return a parser of a list of texts."""
    parse_one = text(max_chars)

    def parse(value: object, field: str) -> tuple[str, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise AnzhengError(Code.FIELD_TYPE, f"{field} must be a list", field=field)
        if len(value) > max_items:
            raise AnzhengError(
                Code.FIELD_LENGTH, f"{field} must have at most {max_items} entries", field=field
            )
        return tuple(parse_one(item, f"{field}[{place}]") for place, item in enumerate(value))

    return parse


def pattern(form: str, meaning: str) -> Callable[[object, str], str]:
    """Return a parser of a string of one form; `meaning` completes "… must be"."""
    compiled = re.compile(form, re.ASCII)

    def parse(value: object, field: str) -> str:
        found = string(value, field)
        if not compiled.fullmatch(found):
            raise AnzhengError(Code.FIELD_VALUE, f"{field} must be {meaning}", field=field)
        return found

    return parse


def member(kind: type[E]) -> Callable[[object, str], E]:
    """Return a parser of the values of an enumeration."""

    def parse(value: object, field: str) -> E:
        try:
            return kind(string(value, field))
        except ValueError as exc:
            allowed = ", ".join(kind)
            raise AnzhengError(
                Code.FIELD_VALUE, f"{field} must be one of {allowed}", field=field
            ) from exc

    return parse


def integer(low: int, high: int) -> Callable[[object, str], int]:
    """Return a parser of integers from `low` to `high`."""

    def parse(value: object, field: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise AnzhengError(Code.FIELD_TYPE, f"{field} must be an integer", field=field)
        if not low <= value <= high:
            raise AnzhengError(Code.FIELD_VALUE, f"{field} must be {low} to {high}", field=field)
        return value

    return parse


def boolean(value: object, field: str) -> bool:
    """Parse true or false."""
    if not isinstance(value, bool):
        raise AnzhengError(Code.FIELD_TYPE, f"{field} must be true or false", field=field)
    return value


def day(value: object, field: str) -> date:
    """Parse a day, `YYYY-MM-DD`."""
    found = string(value, field)
    try:
        parsed = date.fromisoformat(found) if _DAY.fullmatch(found) else date.min
    except ValueError:
        parsed = date.min
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise AnzhengError(
            Code.DATE_FORMAT,
            f"{field} must be a day such as 2026-11-21, {FIRST_YEAR} to {LAST_YEAR}",
            field=field,
        )
    return parsed


def uscc(value: object, field: str) -> str:
    """Parse the credit code of an enterprise."""
    return check_uscc(string(value, field))


def authority(value: object, field: str) -> AuthorityId:
    """Parse the credit code of an authority."""
    return AuthorityId(check_uscc(string(value, field)))


def licence_no(value: object, field: str) -> LicenceNo:
    """Parse a licence number; a suffix is refused, for the counts are fields of their own."""
    number = parse_licence_no(string(value, field))
    if number.suffix is not None:
        raise AnzhengError(
            Code.LICENCE_NO_FORMAT,
            f"{field} must not carry Y, B or 补; use renewal_no, change_no and reissue_no",
            field=field,
        )
    return number.canonical


def elicence_id(value: object, field: str) -> str:
    """Parse a national e-licence identifier."""
    return parse_elicence_id(string(value, field)).text


def sha256(value: object, field: str) -> Digest:
    """Parse a SHA-256 digest in small hex digits."""
    found = string(value, field)
    if not _SHA256.fullmatch(found):
        raise AnzhengError(Code.FIELD_VALUE, f"{field} must be 64 small hex digits", field=field)
    return Digest(bytes.fromhex(found))
