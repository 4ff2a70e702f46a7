"""The two-way exchange: a verifier's question as a QR code, and the holder's answer as another.

The same question as `anzheng-presentation-request/v1` and the same claims as in its answer, small
enough for two screens without network. The answer is signed over nonce and digest of the question,
so it serves one question of one verifier for one purpose.

Standard: RFC 9052 (COSE_Sign1); DESIGN 2 (8); research wallet 3.2, mode C.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, es256
from licence.formats.cbor_fields import Fields
from licence.formats.es256 import SignBytes
from licence.formats.fields import moment_text
from licence.formats.holder import (
    CLOCK_SKEW,
    MAX_NAME,
    MAX_REQUEST_LIFE,
    NONCE_BYTES,
    PresentationRequest,
)
from licence.formats.qr_card import MAX_CARD_BYTES, Card, pack_card, unpack_card
from licence.formats.qr_signed import Signed, read_signed, verify_holder
from licence.ids import Digest

ANSWER_TYPE: Final = "application/anzheng-answer+cbor"
VERSION: Final = 1
MAX_REQUEST_BYTES: Final = 1_400
MAX_ANSWER_BYTES: Final = 2_400

_REQUEST_PARTS: Final = 6
_ANSWER_PARTS: Final = 5
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class QrAnswer:
    """What a holder's answer says.

    Attributes:
        card: The licence's data code and its own certificate.
        nonce: The question's.
        request_digest: SHA-256 of the question.
        presented_at: When, by the holder's clock, whole seconds.
    """

    card: Card
    nonce: bytes
    request_digest: Digest
    presented_at: datetime


@dataclass(frozen=True, slots=True)
class ReadQrAnswer:
    """An answer that was read; `verify_answer` says whether the holder signed it."""

    said: QrAnswer
    signed: Signed


# ---------------------------------------------------------------- the question


def encode_question(request: PresentationRequest) -> bytes:
    """Return a question as it stands in a QR code.

    Raises:
        AnzhengError: HOLDER_SYNTAX if `decode_question` would refuse it.
    """
    data = cbor.dumps(
        (
            VERSION,
            request.nonce,
            request.audience,
            request.purpose,
            int(request.issued_at.timestamp()),
            int(request.expires_at.timestamp()),
        )
    )
    if decode_question(data) != request:
        raise AnzhengError(Code.HOLDER_SYNTAX, "the question does not read back as itself")
    return data


def decode_question(data: bytes) -> PresentationRequest:
    """Read a question; it is not signed, so the holder must see who asks and what for.

    Raises:
        AnzhengError: HOLDER_SYNTAX.
    """
    try:
        value = cbor.loads(data, max_bytes=MAX_REQUEST_BYTES)
    except AnzhengError as error:
        raise AnzhengError(Code.HOLDER_SYNTAX, f"no question: {error.message}") from error
    fields = Fields(value, _REQUEST_PARTS, Code.HOLDER_SYNTAX)
    fields.integer(VERSION, VERSION)
    request = PresentationRequest(
        nonce=fields.octets(NONCE_BYTES),
        audience=fields.text(MAX_NAME),
        purpose=fields.text(MAX_NAME),
        issued_at=fields.moment(),
        expires_at=fields.moment(),
    )
    if not request.issued_at < request.expires_at <= request.issued_at + MAX_REQUEST_LIFE:
        raise AnzhengError(Code.HOLDER_SYNTAX, "the question ends before it begins, or lives long")
    return request


def question_digest(request: PresentationRequest) -> Digest:
    """Return SHA-256 of the question as it stands in a QR code."""
    return Digest(sha256(encode_question(request)).digest())


# ---------------------------------------------------------------- the answer


def answer_to(request: PresentationRequest, card: Card, *, presented_at: datetime) -> QrAnswer:
    """Return what answers a question."""
    return QrAnswer(card, request.nonce, question_digest(request), presented_at)


def encode_answer(said: QrAnswer, *, public_key: bytes, sign: SignBytes) -> bytes:
    """Return the signed answer.

    Args:
        said: What it says.
        public_key: The holder's (SubjectPublicKeyInfo DER), P-256.
        sign: Signs with its private key.

    Raises:
        AnzhengError: QR_SYNTAX if `read_answer` would refuse it; COSE_SIGNATURE.
    """
    payload = cbor.dumps(
        (
            VERSION,
            pack_card(said.card),
            said.nonce,
            said.request_digest,
            int(said.presented_at.timestamp()),
        )
    )
    kid = es256.key_id(public_key)
    data = cose.sign1(payload, content_type=ANSWER_TYPE, kid=kid, sign=sign)
    if read_answer(data).said != said:
        raise AnzhengError(Code.QR_SYNTAX, "the answer does not read back as itself")
    return data


def read_answer(data: bytes) -> ReadQrAnswer:
    """Read an answer; nothing in it is verified.

    Raises:
        AnzhengError: QR_SYNTAX.
    """
    signed = read_signed(data, ANSWER_TYPE, MAX_ANSWER_BYTES)
    fields = Fields(signed.payload, _ANSWER_PARTS, Code.QR_SYNTAX)
    fields.integer(VERSION, VERSION)
    said = QrAnswer(
        card=unpack_card(fields.octets(1, MAX_CARD_BYTES)),
        nonce=fields.octets(NONCE_BYTES),
        request_digest=Digest(fields.octets(_DIGEST_BYTES)),
        presented_at=fields.moment(),
    )
    return ReadQrAnswer(said, signed)


def verify_answer(found: ReadQrAnswer, public_key: bytes) -> None:
    """Do nothing if the holder of this key signed the answer.

    Raises:
        AnzhengError: HOLDER_KEY; ALGORITHM_UNSUPPORTED if the key is not on P-256.
    """
    verify_holder(found.signed, public_key)


def check_answer(said: QrAnswer, request: PresentationRequest, *, now: datetime) -> None:
    """Do nothing if the answer answers this question, in time.

    Args:
        said: The answer, once `verify_answer` passed.
        request: The verifier's own question, never one that came with the answer.
        now: The time.

    Raises:
        AnzhengError: HOLDER_NONCE, HOLDER_AUDIENCE or HOLDER_TIME, in this order.
    """
    if said.nonce != request.nonce:
        raise AnzhengError(Code.HOLDER_NONCE, "the answer is to another question")
    if said.request_digest != question_digest(request):
        raise AnzhengError(Code.HOLDER_AUDIENCE, "the answer is for somebody or something else")
    first, last = request.issued_at - CLOCK_SKEW, request.expires_at + CLOCK_SKEW
    if not first <= said.presented_at <= last or now > last:
        raise AnzhengError(
            Code.HOLDER_TIME,
            "the answer was not given while the question lived",
            presented_at=moment_text(said.presented_at),
            expires_at=moment_text(request.expires_at),
        )
