"""The cases of `copy.json`: what each limited copy must come to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import canonical, es256
from licence.formats.copy_file import decode_copy, encode_copy, sign_copy
from licence.formats.fields import moment_text
from licence.formats.verdict import Verdict
from licence.ids import Leaf
from tests.builders import FakeTrust, Issued, World, make_evidence, side_row
from tests.fakes.copies import ENDS_ON, PURPOSE, RECIPIENT, make_copy, unsigned_copy
from tests.fakes.qr_world import HOLDER_INDEX, SHOWN_AT, STRANGER, Holder, make_holder
from tests.fakes.vectors import Case, b64

DAY = timedelta(days=1)
VALID, INVALID, UNDETERMINED = Verdict.VALID, Verdict.INVALID, Verdict.UNDETERMINED


def issue(world: World) -> Issued:
    """Return the licence of all copies."""
    return world.issue(world.version())


def trusts(world: World) -> dict[str, FakeTrust]:
    """Return what verifiers believe in the cases, by name."""
    found = {"usual": world.trust()}
    for name, index, word in (
        ("suspended", 0, StatusWord.SUSPENDED),
        ("revoked", 0, StatusWord.REVOKED),
        ("certificate_closed", HOLDER_INDEX, StatusWord.SUPERSEDED),
    ):
        row = side_row(index, word, date(2026, 11, 20))
        world.publish({index: word}, rows=[row])
        found[name] = world.trust()
    return found


def cases(world: World, one: Issued) -> Iterator[Case]:
    """Yield all cases."""
    holder = make_holder(world, version=one.version, leaf=one.leaf)
    good = encode_copy(make_copy(one, holder))
    yield _case("copy_good", good, VALID, Code.OK)
    limits = {"recipient": RECIPIENT, "purpose": PURPOSE}
    yield _case("copy_good_limits_compared", good, VALID, Code.OK, **limits)
    yield _case("copy_last_day", good, VALID, Code.OK, on=ENDS_ON.isoformat())
    past = (ENDS_ON + DAY).isoformat()
    yield _case("copy_past_its_date", good, INVALID, Code.COPY_EXPIRED, on=past)
    other = {"recipient": "另一家机构"}
    yield _case("copy_used_by_another", good, INVALID, Code.COPY_RECIPIENT, **other)
    yield _case("copy_used_for_another_purpose", good, INVALID, Code.COPY_PURPOSE, purpose="贷款")
    for name, word, code in (
        ("suspended", "suspended", Code.STATUS_SUSPENDED),
        ("revoked", "revoked", Code.STATUS_REVOKED),
        ("certificate_closed", "certificate_closed", Code.HOLDER_CERTIFICATE),
    ):
        yield _case(f"copy_of_{name}", good, INVALID, code, trust=word)
    seen = {"newest_signed_time": moment_text(SHOWN_AT + DAY)}
    yield Case(
        "copy_clock_runs_back",
        {"copy": b64(good)},
        SHOWN_AT,
        UNDETERMINED,
        Code.CLOCK_SUSPECT,
        memory=seen,
    )
    yield from _changed(good, one, holder)


def _changed(good: bytes, one: Issued, holder: Holder) -> Iterator[Case]:
    broken = INVALID, Code.COPY_BROKEN
    copy = decode_copy(good)
    for name, changed in (
        ("purpose", replace(copy, purpose="贷款")),
        ("recipient", replace(copy, recipient="另一家机构")),
        ("date", replace(copy, ends_on=ENDS_ON + DAY)),
        ("number", replace(copy, copy_no="2026-002")),
    ):
        yield _case(f"copy_{name}_changed", encode_copy(changed), *broken)
    thief = sign_copy(unsigned_copy(one, holder), sign=es256.signer(STRANGER))
    yield _case("copy_by_another_key", encode_copy(thief), *broken)
    pending = encode_copy(make_copy(one, holder, evidence=None))
    yield _case("copy_without_evidence", pending, UNDETERMINED, Code.ANCHOR_PENDING)
    foreign = encode_copy(make_copy(one, holder, evidence=make_evidence([Leaf(bytes(32))])[0]))
    mismatch = UNDETERMINED, Code.ANCHOR_PROOF_MISMATCH
    yield _case("copy_with_evidence_of_another", foreign, *mismatch)
    later = encode_copy(make_copy(one, holder, made_at=SHOWN_AT + DAY))
    yield _case("copy_from_the_future", later, INVALID, Code.HOLDER_TIME)
    syntax = INVALID, Code.COPY_SYNTAX
    value = dict(canonical.load_object(good, max_bytes=len(good)))
    long = canonical.dumps(value | {"ends_on": "2027-02-20"})
    yield _case("copy_of_91_days", long, *syntax)
    yield _case("copy_with_another_key", canonical.dumps(value | {"note": "x"}), *syntax)
    yield _case("copy_not_canonical", good.replace(b'":', b'": ', 1), *syntax)
    yield _case("copy_cut_short", good[:-1], *syntax)


def _case(
    name: str, data: bytes, verdict: Verdict, code: Code, *, trust: str = "usual", **ask: object
) -> Case:
    return Case(name, {"copy": b64(data)}, SHOWN_AT, verdict, code, trust, dict(ask))
