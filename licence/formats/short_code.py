"""The short code that is printed on the page and typed by people.

80 bits of SHA-256(`licence.json`) as 16 characters of Crockford's base 32, and a check character.
Nothing on the page can depend on the leaf, which is computed from the page; the data can be known
before. 80 bits do not stop somebody who can choose both of two licences from making them collide
(2^40 work), so the code only finds a licence; the leaf is its identity.

Standard: Crockford base 32 with its MOD 37 check symbol; DESIGN 3.5.
"""

import hashlib
from typing import Final

from licence.errors import AnzhengError, Code

CODE_BYTES: Final = 10
DATA_CHARACTERS: Final = 16
CODE_CHARACTERS: Final = DATA_CHARACTERS + 1
MAX_TYPED_CHARACTERS: Final = 40

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_ALPHABET = _ALPHABET + "*~$=U"
_BITS = 5
# What people take for digits, small letters, and what they put between groups.
_TYPED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzOIL", "ABCDEFGH1JK1MN0PQRSTUVWXYZ011", "- \u2010\u2011\u2013"
)


def short_code(licence_json: bytes) -> str:
    """Return the code of a `licence.json`, 17 characters without hyphens."""
    return short_code_of(hashlib.sha256(licence_json).digest())


def short_code_of(digest: bytes) -> str:
    """Return the code of a `licence.json` with this SHA-256."""
    return _encode(digest[:CODE_BYTES])


def parse_short_code(text: str) -> bytes:
    """Read a code as people type it and return its 10 bytes.

    Small letters, hyphens and blanks between groups, O for 0, and I and L for 1 are accepted.

    Raises:
        AnzhengError: SHORT_CODE_FORMAT, or SHORT_CODE_CHECK if the check character disagrees.
    """
    typed = text.translate(_TYPED) if len(text) <= MAX_TYPED_CHARACTERS else ""
    if len(typed) != CODE_CHARACTERS or typed[-1] not in _CHECK_ALPHABET:
        raise _not_a_code()
    number = 0
    for char in typed[:-1]:
        digit = _ALPHABET.find(char)
        if digit < 0:
            raise _not_a_code()
        number = number << _BITS | digit
    data = number.to_bytes(CODE_BYTES, "big")
    if _encode(data) != typed:
        raise AnzhengError(
            Code.SHORT_CODE_CHECK, "a character of the short code is wrong; compare it again"
        )
    return data


def _encode(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits = (_ALPHABET[number >> _BITS * place & 31] for place in reversed(range(DATA_CHARACTERS)))
    return "".join(digits) + _CHECK_ALPHABET[number % len(_CHECK_ALPHABET)]


def _not_a_code() -> AnzhengError:
    return AnzhengError(
        Code.SHORT_CODE_FORMAT,
        f"a short code has {CODE_CHARACTERS} characters: digits and letters without I, L, O, U",
    )
