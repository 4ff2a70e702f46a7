"""The screen code 动态码: the holder shows a licence, now, for a purpose, on a screen.

It says a step of 30 s, so it is worth nothing two minutes later, and a challenge of four digits
that the verifier speaks, so it cannot be a code that somebody else is showing elsewhere. A screen
code proves who presents; it does not show the file, and not its anchor.

Standard: RFC 9052 (COSE_Sign1); DESIGN 2 (8); research wallet 3.2, mode B.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, es256
from licence.formats.cbor_fields import MAX_SECONDS, Fields
from licence.formats.es256 import SignBytes
from licence.formats.qr_card import MAX_CARD_BYTES, Card, pack_card, unpack_card
from licence.formats.qr_signed import Signed, read_signed, verify_holder

CONTENT_TYPE: Final = "application/anzheng-screen+cbor"
VERSION: Final = 1
STEP_SECONDS: Final = 30
"""A wallet makes a new code each step."""
TOLERANCE: Final = timedelta(seconds=90)
"""How far the beginning of the step may lie from the verifier's time, to either side."""
MAX_PURPOSE: Final = 40
MAX_SCREEN_BYTES: Final = 2_400

_PARTS: Final = 5
_CHALLENGE: Final = re.compile(r"[0-9]{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """What a screen code says.

    Attributes:
        card: The licence's data code and its own certificate.
        step: Number of the 30-second step since 1970.
        purpose: What for, as the holder typed it.
        challenge: The four digits that the verifier spoke; None when nobody spoke any.
    """

    card: Card
    step: int
    purpose: str
    challenge: str | None = None

    @property
    def starts_at(self) -> datetime:
        """When the step began, by the holder's clock."""
        return datetime.fromtimestamp(self.step * STEP_SECONDS, UTC)


@dataclass(frozen=True, slots=True)
class ReadScreenCode:
    """A screen code that was read; `verify_screen` says whether the holder signed it."""

    said: ScreenCode
    signed: Signed


def step_at(moment: datetime) -> int:
    """Return the number of the step in which a moment lies."""
    return int(moment.timestamp()) // STEP_SECONDS


def check_challenge(text: str) -> str:
    """Return a challenge of four digits.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    if _CHALLENGE.fullmatch(text) is None:
        raise AnzhengError(Code.REQUEST_INVALID, "a challenge is four digits, such as 4711")
    return text


def encode_screen(said: ScreenCode, *, public_key: bytes, sign: SignBytes) -> bytes:
    """Return the signed code.

    Args:
        said: What it says.
        public_key: The holder's (SubjectPublicKeyInfo DER), P-256.
        sign: Signs with its private key.

    Raises:
        AnzhengError: QR_SYNTAX if `read_screen` would refuse it; COSE_SIGNATURE.
    """
    payload = cbor.dumps((VERSION, pack_card(said.card), said.step, said.purpose, said.challenge))
    kid = es256.key_id(public_key)
    data = cose.sign1(payload, content_type=CONTENT_TYPE, kid=kid, sign=sign)
    if read_screen(data).said != said:
        raise AnzhengError(Code.QR_SYNTAX, "the code does not read back as itself")
    return data


def read_screen(data: bytes) -> ReadScreenCode:
    """Read a code; nothing in it is verified.

    Raises:
        AnzhengError: QR_SYNTAX.
    """
    signed = read_signed(data, CONTENT_TYPE, MAX_SCREEN_BYTES)
    fields = Fields(signed.payload, _PARTS, Code.QR_SYNTAX)
    fields.integer(VERSION, VERSION)
    said = ScreenCode(
        card=unpack_card(fields.octets(1, MAX_CARD_BYTES)),
        step=fields.integer(0, MAX_SECONDS // STEP_SECONDS),
        purpose=fields.text(MAX_PURPOSE),
        challenge=None if fields.is_null() else fields.matching(_CHALLENGE),
    )
    return ReadScreenCode(said, signed)


def verify_screen(found: ReadScreenCode, public_key: bytes) -> None:
    """Do nothing if the holder of this key signed the code.

    Args:
        found: From `read_screen`.
        public_key: From the certificate of the card, whose path was checked.

    Raises:
        AnzhengError: HOLDER_KEY; ALGORITHM_UNSUPPORTED if the key is not on P-256.
    """
    verify_holder(found.signed, public_key)


def check_time(said: ScreenCode, now: datetime) -> int:
    """Return how many seconds the holder's clock seems fast, 0 when it agrees.

    Raises:
        AnzhengError: HOLDER_TIME; the fact `clock_fast_seconds` or `age_seconds` says by how much.
    """
    ahead = said.starts_at - now
    if ahead > TOLERANCE:
        fast = int(ahead.total_seconds())
        raise AnzhengError(
            Code.HOLDER_TIME,
            f"the holder's clock is {fast} s fast; set both clocks and show a new code",
            clock_fast_seconds=fast,
        )
    if -ahead > TOLERANCE:
        age = int(-ahead.total_seconds())
        raise AnzhengError(
            Code.HOLDER_TIME,
            f"the code is {age} s old, or the holder's clock is slow; ask for a new code",
            age_seconds=age,
        )
    return max(0, int(ahead.total_seconds()))
