"""The unified social credit code 统一社会信用代码 of enterprises and authorities.

18 characters: department (1), class (1), region (6), organisation code (9, GB 11714), check (1).
The alphabet leaves out I, O, S, V, Z.

Standard: GB 32100-2015; source: research licence_domain B.5.
"""

import re

from licence.domain.text import ascii_upper
from licence.errors import AnzhengError, Code

LENGTH = 18

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
_FORM = re.compile(f"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")


def check_character(first17: str) -> str:
    """Return the 18th character that belongs to the first 17.

    Raises:
        AnzhengError: USCC_FORMAT if these are not 17 characters of the alphabet.
    """
    if len(first17) != LENGTH - 1 or any(char not in _ALPHABET for char in first17):
        raise AnzhengError(Code.USCC_FORMAT, "a credit code has 17 characters before its check")
    total = sum(
        _ALPHABET.index(char) * weight for char, weight in zip(first17, _WEIGHTS, strict=True)
    )
    # The outer modulus matters: some libraries index with 31 when the sum divides evenly.
    return _ALPHABET[(31 - total % 31) % 31]


def check_uscc(text: str) -> str:
    """Check a credit code and return it in capitals.

    Full-width characters are refused, not folded: a code is copied into signed data as it stands.

    Raises:
        AnzhengError: USCC_FORMAT or USCC_CHECK_DIGIT.

    Standard: GB 32100-2015, annex A.
    """
    code = ascii_upper(text)
    if not _FORM.fullmatch(code):
        raise AnzhengError(
            Code.USCC_FORMAT,
            "a credit code has 18 characters: digits and capitals without I, O, S, V, Z",
        )
    if check_character(code[:-1]) != code[-1]:
        raise AnzhengError(
            Code.USCC_CHECK_DIGIT,
            "the check character of the credit code does not agree; compare it with the register",
        )
    return code
