"""Makes limited copies 加注件: a licence's data and proofs for one recipient, purpose and time.

The original file stays here. What goes out proves the data without the page, and says for whom and
what for; the holder's signature over all of it is what makes the limits count.

Standard: DESIGN 2 (8); docs/formats/copy.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from licence.errors import AnzhengError, Code
from licence.formats import cms, hole
from licence.formats.copy_file import MAX_CHAIN, LimitedCopy, encode_copy, sign_copy
from licence.formats.fields import whole_second
from wallet.entry import Kept
from wallet.keys import HolderKey
from wallet.present import check_presentable

ReadCertificates = Callable[[bytes], tuple[bytes, ...]]
"""Reads the certificates that a licence file carries beside its signature."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a copy is limited to.

    Attributes:
        copy_no: The holder's own number for it.
        recipient: Who may use it.
        purpose: What for.
        ends_on: Its last day.
    """

    copy_no: str
    recipient: str
    purpose: str
    ends_on: date


def make_copy(
    kept: Kept,
    key: HolderKey,
    limits: Limits,
    *,
    now: datetime,
    read_certificates: ReadCertificates,
) -> bytes:
    """Return a limited copy as a file.

    Args:
        kept: The licence.
        key: Its key.
        limits: For whom, what for, until when.
        now: The time.
        read_certificates: Of the file: the timestamp authority's may not be in the signature.

    Raises:
        AnzhengError: HOLDER_CERTIFICATE; ANCHOR_PENDING for a licence without evidence;
            COPY_SYNTAX for limits that no copy may have.
    """
    check_presentable(kept, now=now)
    if kept.evidence is None:
        raise AnzhengError(
            Code.ANCHOR_PENDING,
            "the licence is not anchored yet; `anzheng wallet refresh` fetches its evidence",
        )
    signed = hole.contents(kept.pdf, hole.find(kept.pdf))
    parts = cms.parse(signed)
    known = {*parts.certificates}
    copy = LimitedCopy(
        copy_no=limits.copy_no,
        recipient=limits.recipient,
        purpose=limits.purpose,
        made_at=whole_second(now),
        ends_on=limits.ends_on,
        licence_json=kept.data,
        cms=cms.with_evidence(signed, None),
        chain=tuple(each for each in read_certificates(kept.pdf) if each not in known)[:MAX_CHAIN],
        certificates=kept.certificates,
        evidence=kept.evidence,
    )
    return encode_copy(sign_copy(copy, sign=key.sign))
