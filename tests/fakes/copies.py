"""Limited copies for tests."""

from dataclasses import replace
from datetime import date

from licence.formats import cms, es256, hole
from licence.formats.copy_file import LimitedCopy, encode_copy, sign_copy
from tests.builders import Issued, World
from tests.fakes.qr_world import SHOWN_AT, Holder, make_holder

RECIPIENT = "大连市招标中心(示例)"
PURPOSE = "2026-118号项目投标"
ENDS_ON = date(2026, 12, 31)


def unsigned_copy(one: Issued, holder: Holder, **changes: object) -> LimitedCopy:
    """Return a copy that nobody signed yet."""
    bare = cms.with_evidence(hole.contents(one.pdf, hole.find(one.pdf)), None)
    copy = LimitedCopy(
        copy_no="2026-001",
        recipient=RECIPIENT,
        purpose=PURPOSE,
        made_at=SHOWN_AT,
        ends_on=ENDS_ON,
        licence_json=one.data,
        cms=bare,
        chain=(),
        certificates=(holder.certificate,),
        evidence=one.evidence,
    )
    return replace(copy, **changes)  # type: ignore[arg-type]


def make_copy(one: Issued, holder: Holder, **changes: object) -> LimitedCopy:
    """Return a signed copy."""
    return sign_copy(unsigned_copy(one, holder, **changes), sign=es256.signer(holder.key))


def copy_of(world: World, one: Issued, **changes: object) -> bytes:
    """Return a signed copy as a file."""
    holder = make_holder(world, version=one.version, leaf=one.leaf)
    return encode_copy(make_copy(one, holder, **changes))
