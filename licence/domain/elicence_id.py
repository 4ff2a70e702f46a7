"""The national e-licence identifier 电子证照标识.

`1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`: type is the 18-character code of who
defined the licence type and three more characters, issuer the code of the issuing authority,
serial 1 to 64 digits and capitals, version three digits from 001, check one character.

Standard: GB/T 36904-2018, check by ISO 7064 MOD 37,36; source: research licence_domain B.2.
"""

import re
from dataclasses import dataclass

from licence.domain.text import ascii_upper
from licence.errors import AnzhengError, Code

ROOT = "1.2.156.3005.2"
MAX_CHARACTERS = 160

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Identifiers in use carry issuers that are no credit code (a region number), hence 6 to 18.
_FORM = re.compile(
    re.escape(ROOT)
    + r"\.([0-9A-Z]{21})\.([0-9A-Z]{6,18})\.([0-9A-Z]{1,64})\.([0-9]{3})\.([0-9A-Z])"
)


@dataclass(frozen=True, slots=True)
class ElicenceId:
    """The parts of an identifier whose check character agrees."""

    type: str
    issuer: str
    serial: str
    version: int
    check: str

    @property
    def text(self) -> str:
        """The identifier in its canonical spelling."""
        return f"{ROOT}.{self.type}.{self.issuer}.{self.serial}.{self.version:03d}.{self.check}"


def elicence_check(parts: str) -> str:
    """Return the check character of type + issuer + serial + version, without dots.

    Raises:
        AnzhengError: ELICENCE_ID_FORMAT if a character is neither digit nor capital letter.

    Standard: ISO 7064, MOD 37,36 (hybrid system).
    """
    product = 36
    for char in parts:
        value = _ALPHABET.find(char)
        if value < 0:
            raise AnzhengError(
                Code.ELICENCE_ID_FORMAT, "an e-licence identifier has digits and capitals only"
            )
        product = ((product + value) % 36 or 36) * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def make_elicence_id(type_code: str, issuer: str, serial: str, version: int) -> ElicenceId:
    """Compose an identifier with its check character; raises as `parse_elicence_id` does."""
    check = elicence_check(f"{type_code}{issuer}{serial}{version:03d}")
    return parse_elicence_id(f"{ROOT}.{type_code}.{issuer}.{serial}.{version:03d}.{check}")


def parse_elicence_id(text: str) -> ElicenceId:
    """Take an identifier apart; small letters are accepted, `text` of the result is canonical.

    Raises:
        AnzhengError: ELICENCE_ID_FORMAT or ELICENCE_ID_CHECK.
    """
    capitals = ascii_upper(text)
    match = _FORM.fullmatch(capitals) if len(text) <= MAX_CHARACTERS else None
    if match is None or match[4] == "000":
        raise AnzhengError(
            Code.ELICENCE_ID_FORMAT,
            f"an e-licence identifier is {ROOT}.type.issuer.serial.version.check",
        )
    type_code, issuer, serial, version, check = match.groups()
    if elicence_check(type_code + issuer + serial + version) != check:
        raise AnzhengError(
            Code.ELICENCE_ID_CHECK,
            "the check character of the e-licence identifier does not agree",
        )
    return ElicenceId(type_code, issuer, serial, int(version), check)
