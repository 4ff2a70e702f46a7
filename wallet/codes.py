"""The holder's codes for a screen: the screen code, and the answer to a verifier's question.

Both carry the licence's data code, which the authority signed, and the licence's own certificate;
what is signed here is the moment, the purpose and the verifier's challenge or question. The wallet
shows and never judges.

Standard: DESIGN 2 (8); docs/formats/qr.md.
"""

from datetime import datetime
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import licence_json, qr_exchange
from licence.formats.fields import whole_second
from licence.formats.holder import PresentationRequest, decode_request
from licence.formats.qr import read_printed
from licence.formats.qr_card import Card
from licence.formats.qr_text import QrKind, QrObject, is_object_text, read_text, write_text
from licence.formats.screen_code import ScreenCode, check_challenge, encode_screen, step_at
from wallet.entry import Kept
from wallet.keys import HolderKey
from wallet.present import Agree, check_presentable, check_time

MAX_QUESTION_BYTES: Final = 64 * 1024


def read_data_code(text: str, kept: Kept) -> str:
    """Return the text of a data code, once it is found to be that of a licence.

    Whether the authority signed it, a verifier says.

    Raises:
        AnzhengError: NOT_A_LICENCE, SCHEMA_UNKNOWN or QR_SYNTAX for what is no data code;
            DATA_DIGEST_MISMATCH for that of another licence.
    """
    found = read_text(text)
    if found.kind is not QrKind.PRINTED:
        raise AnzhengError(Code.NOT_A_LICENCE, "this is a code, and no data code of a licence")
    said = read_printed(found.data).said
    if (said.leaf, said.licence_digest) != (kept.leaf, licence_json.digest(kept.data)):
        raise AnzhengError(Code.DATA_DIGEST_MISMATCH, "this data code is of another licence")
    return text


def screen_code(
    kept: Kept,
    key: HolderKey,
    data_code: str,
    *,
    purpose: str,
    challenge: str | None,
    now: datetime,
) -> str:
    """Return the text of a screen code for the present 30 seconds.

    Args:
        kept: The licence to show.
        key: Its key.
        data_code: Text of its data code.
        purpose: What for.
        challenge: Four digits that the verifier spoke.
        now: The time.

    Raises:
        AnzhengError: REQUEST_INVALID for a challenge that is not four digits; QR_SYNTAX for a
            purpose that does not fit; HOLDER_CERTIFICATE.
    """
    check_presentable(kept, now=now)
    said = ScreenCode(
        card=_card(kept, data_code),
        step=step_at(now),
        purpose=purpose,
        challenge=check_challenge(challenge) if challenge is not None else None,
    )
    data = encode_screen(said, public_key=key.public_key, sign=key.sign)
    return write_text(QrObject(QrKind.SCREEN, data), _base(data_code))


def read_question(data: bytes, *, now: datetime) -> PresentationRequest:
    """Read a verifier's question, from its QR code or its file, that still waits for an answer.

    Raises:
        AnzhengError: What `wallet.present.read_request` raises; NOT_A_LICENCE for another code.
    """
    text = data.decode("ascii", "replace").strip()
    if not is_object_text(text):
        return check_time(decode_request(data), now=now)
    found = read_text(text)
    if found.kind is not QrKind.REQUEST:
        raise AnzhengError(Code.NOT_A_LICENCE, "this is a code, and no verifier's question")
    return check_time(qr_exchange.decode_question(found.data), now=now)


def answer_code(
    request: PresentationRequest,
    kept: Kept,
    key: HolderKey,
    data_code: str,
    *,
    now: datetime,
    agree: Agree,
) -> str:
    """Return the text of the holder's answer.

    Args:
        request: From `read_question`.
        kept: The licence to show.
        key: Its key.
        data_code: Text of its data code.
        now: The time.
        agree: Is asked once, before anything is signed.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE; HOLDER_DECLINED, when the holder does not agree.
    """
    check_presentable(kept, now=now)
    if not agree(request):
        raise AnzhengError(Code.HOLDER_DECLINED, "the holder did not agree; nothing was signed")
    said = qr_exchange.answer_to(request, _card(kept, data_code), presented_at=whole_second(now))
    data = qr_exchange.encode_answer(said, public_key=key.public_key, sign=key.sign)
    return write_text(QrObject(QrKind.ANSWER, data), _base(data_code))


def _card(kept: Kept, data_code: str) -> Card:
    return Card(read_text(data_code).data, kept.certificates[0])


def _base(data_code: str) -> str:
    """Return the page that checks the data code: the holder's codes lead there too."""
    return data_code.partition("#")[0]
