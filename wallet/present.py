"""Step 8, present: a verifier's question by file, and the holder's answer to it.

What the holder signs names the verifier, its nonce and its purpose, so the answer serves nobody
else and nothing else. Who asks and what for is what the holder is asked to agree to, word by word.
The wallet answers and never judges: whether a licence is valid, only a verifier says.

Standard: DESIGN 2 (8); research wallet 3.2, mode C by file; 3.3.
"""

from collections.abc import Callable
from datetime import datetime

from licence.errors import AnzhengError, Code
from licence.formats.fields import moment_text, whole_second
from licence.formats.holder import (
    CLOCK_SKEW,
    Presentation,
    PresentationRequest,
    decode_request,
    present,
)
from wallet.entry import Kept
from wallet.keys import HolderKey

Agree = Callable[[PresentationRequest], bool]
"""Asks the holder whether this asker may see the licence for this purpose."""


def read_request(data: bytes, *, now: datetime) -> PresentationRequest:
    """Read a verifier's question that still waits for an answer.

    Raises:
        AnzhengError: TOO_LARGE, JSON_SYNTAX, JSON_NOT_CANONICAL, SCHEMA_UNKNOWN or HOLDER_SYNTAX
            for what is no question, or does not say plainly who asks and what for; HOLDER_TIME for
            one that has expired, or comes from the future.
    """
    return check_time(decode_request(data), now=now)


def check_time(request: PresentationRequest, *, now: datetime) -> PresentationRequest:
    """Return a question that still waits for an answer.

    Raises:
        AnzhengError: HOLDER_TIME for one that has expired, or comes from the future.
    """
    if now > request.expires_at:
        raise AnzhengError(
            Code.HOLDER_TIME,
            f"the request expired at {moment_text(request.expires_at)}; ask for a new one",
            expires_at=moment_text(request.expires_at),
        )
    if now < request.issued_at - CLOCK_SKEW:
        raise AnzhengError(
            Code.HOLDER_TIME,
            f"the request was made at {moment_text(request.issued_at)}, which is yet to come;"
            " compare the clocks",
            issued_at=moment_text(request.issued_at),
        )
    return request


def check_presentable(kept: Kept, *, now: datetime) -> None:
    """Do nothing if a licence's own certificate is in force.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE.
    """
    if not kept.own.not_before <= now <= kept.own.not_after:
        raise AnzhengError(
            Code.HOLDER_CERTIFICATE,
            f"the licence's own certificate runs from {moment_text(kept.own.not_before)} to"
            f" {moment_text(kept.own.not_after)}; claim the renewed licence",
        )


def answer(
    request: PresentationRequest, kept: Kept, key: HolderKey, *, now: datetime, agree: Agree
) -> Presentation:
    """Return the holder's signed answer.

    Args:
        request: From `read_request`.
        kept: The licence to present.
        key: Its key.
        now: The time.
        agree: Is asked once, before anything is signed.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE; HOLDER_DECLINED, when the holder does not agree.
    """
    check_presentable(kept, now=now)
    if not agree(request):
        raise AnzhengError(Code.HOLDER_DECLINED, "the holder did not agree; nothing was signed")
    return present(
        request,
        leaf=kept.leaf,
        certificates=kept.certificates,
        presented_at=whole_second(now),
        sign=key.sign,
        evidence=kept.certificate_evidence,
    )
