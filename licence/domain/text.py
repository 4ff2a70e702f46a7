"""Which characters may stand in a licence.

What is signed must look the same to everybody and for ever. So texts are made of a fixed list of
characters that stand alone and are visible: no control characters, nothing that changes direction,
joins, hides or selects a variant. The list is pinned here and not asked of `unicodedata`, whose
answers grow with every Python release: two verifiers must never judge one file differently.
Lengths count characters (code points), never UTF-16 units: 𬭎 is one.

Standard: Unicode NFC (UAX 15); source: research licence_domain C.2.
"""

import re
import string
import unicodedata
from enum import Enum

from licence.errors import AnzhengError, Code

_HAN = (
    "\u3007\u3400-\u4dbf\u4e00-\u9fff"
    # The twelve "compatibility" ideographs that are characters in their own right.
    "\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29"
    "\U00020000-\U0002a6df\U0002a700-\U0002ebe0\U0002ebf0-\U0002ee5d"
    "\U00030000-\U0003134a\U00031350-\U00033479"
)
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_NAME = _HAN + _LATIN + "0-9 （）()·、\\-"
_PERSON = _NAME + "'’.,"
_GENERAL = (
    _HAN
    + " -~\u00a1-\u00ac\u00ae-\u024f"  # Latin without no-break space and soft hyphen
    + "\u0391-\u03a1\u03a3-\u03c9\u0401\u0410-\u044f\u0451"  # Greek and Russian letters
    + "\u2010-\u2015\u2018-\u201f\u2020-\u2022\u2026\u2030\u2032\u2033\u203b"  # punctuation
    + "\u2070\u2074-\u207e\u2080-\u208e\u20ac\u2103\u2109\u2116\u2122\u2160-\u217b"  # signs
    + "\u2190-\u2193\u2200-\u22ff\u2460-\u2473\u25a0-\u25ff"  # arrows, mathematics, shapes
    + "\u3001-\u3003\u3005\u3006\u3008-\u3017"  # CJK punctuation
    + "\u3041-\u3096\u309d\u309e\u30a1-\u30fe"  # kana
    + "\u3220-\u3229\u3280-\u32b0\u3300-\u33ff"  # enclosed numbers, units such as ㎡
    + "\uff01-\uff5e\uffe0\uffe1\uffe5"  # full-width forms
)

_ONE_HAN = re.compile(f"[{_HAN}]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_CAPITALS = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


class Charset(Enum):
    """What a field is made of; the value finds a character that is not."""

    GENERAL = re.compile(f"[^{_GENERAL}]")
    NAME = re.compile(f"[^{_NAME}]")
    PERSON = re.compile(f"[^{_PERSON}]")


def is_han(char: str) -> bool:
    """Say whether this is one Chinese character."""
    return _ONE_HAN.fullmatch(char) is not None


def ascii_upper(text: str) -> str:
    """Turn a-z into A-Z and nothing else (`str.upper` would turn ß into SS)."""
    return text.translate(_CAPITALS)


def reads_alike(one: str, other: str) -> bool:
    """Say whether two texts are the same but for how they were typed: width, form, outer blanks.

    For what a person types to compare it, never for what is signed.
    """
    return _as_read(one) == _as_read(other)


def _as_read(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def check_text(
    value: str, field: str, *, max_chars: int, charset: Charset = Charset.GENERAL
) -> str:
    """Check one line of text and return it unchanged.

    Args:
        value: The text; must have 1 to `max_chars` characters, none of them a blank at an end.
        field: Path of the field, for the message.
        max_chars: Longest text, in characters.
        charset: What it may be made of.

    Raises:
        AnzhengError: FIELD_LENGTH, TEXT_CONTROL_CHARACTER, TEXT_PRIVATE_USE, TEXT_NOT_NFC or
            TEXT_CHARACTER_REFUSED; the fact `character` names the code point.
    """
    if not 1 <= len(value) <= max_chars:
        raise AnzhengError(
            Code.FIELD_LENGTH, f"{field} must have 1 to {max_chars} characters", field=field
        )
    if found := _CONTROL.search(value):
        raise _refusal(Code.TEXT_CONTROL_CHARACTER, field, found[0], "a control character")
    if found := _PRIVATE.search(value):
        raise _refusal(Code.TEXT_PRIVATE_USE, field, found[0], "a private-use character")
    if not unicodedata.is_normalized("NFC", value):
        raise AnzhengError(
            Code.TEXT_NOT_NFC, f"{field} is not in Unicode form NFC; type it anew", field=field
        )
    if found := charset.value.search(value):
        raise _refusal(Code.TEXT_CHARACTER_REFUSED, field, found[0], "a character not allowed")
    if value != value.strip(" ") or "  " in value:
        raise _refusal(Code.TEXT_CHARACTER_REFUSED, field, " ", "a blank too many")
    return value


def _refusal(code: Code, field: str, char: str, what: str) -> AnzhengError:
    point = f"U+{ord(char):04X}"
    return AnzhengError(code, f"{field} has {what}: {point}", field=field, character=point)
