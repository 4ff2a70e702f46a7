"""The short code on the page."""

import hashlib

import pytest

from licence.errors import AnzhengError, Code
from licence.formats.short_code import parse_short_code, short_code

DATA = b'{"schema":"anzheng-licence/v1"}'
FIRST = hashlib.sha256(DATA).digest()[:10]


def refused(text: str) -> Code:
    with pytest.raises(AnzhengError) as caught:
        parse_short_code(text)
    return caught.value.code


def test_a_code_is_the_first_80_bits_of_the_digest() -> None:
    code = short_code(DATA)
    assert len(code) == 17
    assert parse_short_code(code) == FIRST


def test_the_check_character_is_the_number_modulo_37() -> None:
    """All 37 check symbols of Crockford's alphabet occur and are read back."""
    seen = set()
    for number in range(400):
        data = str(number).encode()
        code = short_code(data)
        value = int.from_bytes(hashlib.sha256(data).digest()[:10], "big")
        assert code[-1] == "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"[value % 37]
        assert parse_short_code(code) == value.to_bytes(10, "big")
        seen.add(code[-1])
    assert len(seen) == 37


def test_codes_are_read_as_people_type_them() -> None:
    data = next(d for d in (str(n).encode() for n in range(999)) if {"0", "1"} < set(short_code(d)))
    code = short_code(data)
    first = hashlib.sha256(data).digest()[:10]
    for typed in (
        code.lower(),
        "-".join((code[:4], code[4:8], code[8:12], code[12:16], code[16:])),
        f" {code[:8]} {code[8:]} ",
        code.replace("0", "O").replace("1", "I"),
        code.replace("0", "o").replace("1", "l"),
        code.replace("1", "L"),
    ):
        assert parse_short_code(typed) == first


@pytest.mark.parametrize(
    "text", ["", "0" * 16, "0" * 18, "U" + "0" * 16, "0" * 16 + "!", "0" * 15 + "é0", "0-" * 50]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    assert refused(text) is Code.SHORT_CODE_FORMAT


def test_every_single_wrong_character_is_found() -> None:
    code = short_code(DATA)
    for place, right in enumerate(code[:-1]):
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
            if other != right:
                changed = code[:place] + other + code[place + 1 :]
                assert refused(changed) is Code.SHORT_CODE_CHECK


def test_a_wrong_check_character_is_found() -> None:
    code = short_code(DATA)
    wrong = "A" if code[-1] != "A" else "B"
    assert refused(code[:-1] + wrong) is Code.SHORT_CODE_CHECK
