"""Bundle, report, release, presentation: canonical, so that no changed byte means the same."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats import es256, holder, release, report, trust_bundle
from licence.formats.checks import CheckName, CheckResult, CheckState
from licence.formats.officers import OfficerAlgorithm, OfficerSignature
from licence.formats.report import Report, make_report
from licence.formats.verdict import (
    REQUIRED,
    Assurance,
    CodeClass,
    Verdict,
    class_of,
    take_verdict,
)
from licence.ids import AuthorityId, BatchId, Digest, Leaf, OfficerId
from tests.fakes.drafts import good_version
from tests.fakes.trust_bundles import sample_bundle

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
FULL = REQUIRED[Assurance.FULL]
SIGN = es256.signer(ec.derive_private_key(31, ec.SECP256R1()))
FACTS = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=9),
    max_size=4,
).map(lambda facts: tuple(sorted(facts.items())))


# Made once: a strategy that is made anew for each draw costs more than what it draws.
STATES = st.sampled_from(CheckState)
NAMES = st.sampled_from(CheckName)
REASONS = st.sampled_from([code for code in Code if code is not Code.OK])
NOTES = st.lists(st.sampled_from(Code), max_size=2, unique=True)
STANDARDS = st.text(alphabet="RFC 0123456789,.", max_size=12)


@st.composite
def results(draw: st.DrawFn) -> CheckResult:
    state = draw(STATES)
    return CheckResult(
        name=draw(NAMES),
        state=state,
        code=Code.OK if state is CheckState.PASSED else draw(REASONS),
        facts=draw(FACTS),
        notes=tuple(draw(NOTES)),
        standard=draw(STANDARDS),
    )


CHECKS = st.lists(results(), max_size=12)


def report_of(checks: list[CheckResult]) -> Report:
    return make_report(
        checks,
        assurance=Assurance.FULL,
        required=FULL,
        checked_at=NOW,
        on=date(2026, 11, 21),
        environment=Environment.TEST,
        bundle_version=1,
        leaf=Leaf(b"\x01" * 32),
        licence=good_version(),
    )


# Texts may hold lone surrogates, which JSON has no place for.
@given(CHECKS)
def test_report_reads_back_or_is_refused_whole(checks: list[CheckResult]) -> None:
    made = report_of(checks)
    try:
        data = report.encode(made)
    except AnzhengError as exc:
        assert exc.code in {Code.JSON_SYNTAX, Code.FIELD_VALUE}  # noqa: PT017
        return
    assert report.decode(data) == made


@given(CHECKS, st.randoms(use_true_random=False))
def test_verdict_does_not_depend_on_the_order(checks: list[CheckResult], random: object) -> None:
    shuffled = list(checks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = take_verdict(checks, FULL), take_verdict(shuffled, FULL)
    assert first[0] is second[0]


@given(CHECKS)
def test_valid_means_that_all_required_passed_and_nothing_spoke_against(
    checks: list[CheckResult],
) -> None:
    verdict, code = take_verdict(checks, FULL)
    against = [c for c in checks if c.state in {CheckState.FAILED, CheckState.INDETERMINATE}]
    proved = all(
        any(c.name is name for c in checks)
        and all(c.state is CheckState.PASSED for c in checks if c.name is name)
        for name in FULL
    )
    assert (verdict is Verdict.VALID) is (proved and not against)
    assert (code is Code.OK) is (verdict is Verdict.VALID)


@given(CHECKS, results())
def test_one_more_check_never_makes_it_better(checks: list[CheckResult], more: CheckResult) -> None:
    """Of checks that were made and did not pass."""
    before, _ = take_verdict([*complete(), *checks], FULL)
    after, _ = take_verdict([*complete(), *checks, more], FULL)
    badness = {Verdict.VALID: 0, Verdict.UNDETERMINED: 1, Verdict.INVALID: 2, Verdict.FOREIGN: 3}
    assert badness[after] >= badness[before]


def complete() -> list[CheckResult]:
    return [CheckResult(name, CheckState.PASSED) for name in FULL]


@given(CHECKS)
def test_invalid_always_has_a_failed_check_that_says_so(checks: list[CheckResult]) -> None:
    verdict, code = take_verdict(checks, FULL)
    if verdict in {Verdict.INVALID, Verdict.FOREIGN}:
        failed = [c for c in checks if c.state is CheckState.FAILED and c.code is code]
        assert failed
        assert class_of(code) is not CodeClass.MISSING


@cache
def documents() -> tuple[tuple[bytes, Callable[[bytes], object], Callable[..., bytes]], ...]:
    request = holder.PresentationRequest(
        b"\x01" * 16, "查验方", "检查", NOW, NOW + timedelta(hours=1)
    )
    answer = holder.present(
        request, leaf=Leaf(b"\x02" * 32), certificates=(b"c",), presented_at=NOW, sign=SIGN
    )
    statement = release.ReleaseStatement(
        AuthorityId("1121000000TXT10121"), BatchId("b"), NOW, (Digest(b"\x01" * 32),)
    )
    signature = OfficerSignature(
        OfficerId("o"),
        OfficerAlgorithm.ES256,
        SIGN(release.statement_bytes(statement)),
    )
    signed = release.ReleaseStatement(
        statement.authority, statement.batch_id, NOW, statement.digests, (signature,)
    )
    return (
        (trust_bundle.encode(sample_bundle()), trust_bundle.decode, trust_bundle.encode),
        (report.encode(report_of([])), report.decode, report.encode),
        (release.encode(signed), release.decode, release.encode),
        (holder.encode_request(request), holder.decode_request, holder.encode_request),
        (
            holder.encode_presentation(answer),
            holder.decode_presentation,
            holder.encode_presentation,
        ),
    )


@given(st.integers(0, 4), st.integers(0, 10**9), st.integers(1, 255))
def test_changed_byte_is_refused_or_says_something_else(which: int, place: int, mask: int) -> None:
    data, decode, encode = documents()[which]
    changed = bytearray(data)
    changed[place % len(data)] ^= mask
    try:
        value = decode(bytes(changed))
    except AnzhengError:
        return
    assert value != decode(data)
    assert encode(value) == bytes(changed)


@given(st.integers(0, 4), st.binary(max_size=100))
def test_bytes_of_a_stranger_raise_nothing_but_our_error(which: int, data: bytes) -> None:
    _, decode, _ = documents()[which]
    for made in (data, json.dumps({"schema": data.hex()}).encode()):
        try:
            decode(made)
        except AnzhengError:
            continue
        raise AssertionError("random bytes were accepted")
