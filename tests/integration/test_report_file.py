"""Verification reports: what a genuine one says, and that nothing else passes for one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256

import pytest
from typing_extensions import override

from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.qr import printed_of
from licence.formats.report import Report, decode, encode
from licence.formats.report_contents import MAX_PARTS
from licence.formats.verdict import Assurance, Verdict
from licence.ids import Digest, Leaf
from tests.builders import SIGNED_AT, World, make_world, side_row
from tests.fakes.qr_world import QUESTION, printed_code, with_qr_keys
from tests.fakes.reporting import (
    KEPT,
    MADE_AT,
    MAKER,
    WorldStamper,
    kept,
    read_back,
    report_file,
    report_key,
    seal_of,
)
from verifier.artefacts import Ask, PdfFile, QrText, ReportFile, recognise
from verifier.memory import Memory
from verifier.pades.page_text import read_pages
from verifier.pictures import Mark
from verifier.policy import BATCH, INSPECTOR, STRICT, Policy
from verifier.report_file import typesetting
from verifier.report_file.make import Named, make_report_file
from verifier.report_file.seal import ReportSeal
from verifier.verify import verify_artefact
from verifier.words import VALID_TODO

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001149444154789c63f8cfc0f01f84c1180419001bf003fde1a5d7c50000000049454e44ae426082"
)


@cache
def world() -> World:
    return make_world()


def good() -> Report:
    return kept("good")


def broken() -> Report:
    return kept("good_flipped_in_text")


def pending() -> Report:
    return kept("good_bare")


def foreign() -> Report:
    return kept("foreign")


@cache
def genuine() -> bytes:
    return report_file(world(), good())


def verdict(report: Report) -> str:
    return f"{report.verdict} {report.code}"


def test_a_genuine_report_of_a_valid_licence() -> None:
    found = read_back(genuine(), world().trust())
    assert verdict(found) == "valid OK"
    assert found.assurance is Assurance.REPORT
    assert found.licence is None
    facts = dict(found.facts)
    assert facts["reporter"] == MAKER
    assert facts["reported_verdict"] == "valid"
    assert facts["enterprise_name"] == good().licence.draft.enterprise_name  # type: ignore[union-attr]
    assert facts["reported_file_sha256"] == good().file_sha256.hex()  # type: ignore[union-attr]
    assert decode(encode(found)).verdict is Verdict.VALID


def test_it_is_recognised_and_verified_like_any_other_artefact() -> None:
    artefact = recognise(genuine())
    assert isinstance(artefact, ReportFile)
    ask = Ask(policy=BATCH, now=MADE_AT, reporters=(report_key().certificate,))
    found, learned = verify_artefact(artefact, world().trust(), ask)
    assert verdict(found) == "valid OK"
    assert learned.newest_signed_time == MADE_AT
    assert isinstance(recognise((KEPT / "good.pdf").read_bytes()), PdfFile)


def test_the_same_reports_make_the_same_file() -> None:
    assert report_file(world(), good()) == genuine()


def test_a_report_about_a_code_says_what_to_compare() -> None:
    version, leaf = world().version(), Leaf(bytes(32))
    text = printed_code(printed_of(version, leaf=leaf, issued_at=SIGNED_AT))
    trust = world().trust(with_qr_keys(world().bundle))
    ask = Ask(policy=BATCH, now=world().now)
    found, _ = verify_artefact(QrText(text), trust, ask)
    assert (found.verdict, found.assurance) == (Verdict.VALID, Assurance.PRINT)
    data = report_file(world(), found)
    about = read_back(data, trust)
    assert verdict(about) == "valid OK"
    assert dict(about.facts)["reported_assurance"] == "print"
    pages = "".join(read_pages(data))
    for expected in (version.draft.enterprise_name, version.draft.uscc, "v1"):
        assert expected in pages
    # What to do goes no further than what was proved.
    assert "".join(VALID_TODO[Assurance.PRINT].zh.split()) in "".join(pages.split())
    assert "可以采信" not in pages


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (broken, "invalid REPORTED_INVALID"),
        (pending, "undetermined REPORTED_UNDETERMINED"),
        (foreign, "foreign REPORTED_FOREIGN"),
    ],
)
def test_what_was_reported_is_what_is_said(make: Callable[[], Report], expected: str) -> None:
    found = read_back(report_file(world(), make()), world().trust())
    assert verdict(found) == expected
    assert dict(found.facts)["reported_code"] == make().code


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ((good, good), "valid OK"),
        ((good, foreign), "foreign REPORTED_FOREIGN"),
        ((foreign, pending), "undetermined REPORTED_UNDETERMINED"),
        ((good, pending, broken, foreign), "invalid REPORTED_INVALID"),
    ],
)
def test_of_several_the_worst_counts(
    reports: tuple[Callable[[], Report], ...], expected: str
) -> None:
    found = read_back(report_file(world(), *(make() for make in reports)), world().trust())
    assert verdict(found) == expected
    assert dict(found.facts)["reported_valid"] == reports.count(good)


def test_a_thousand_reports_in_one_file() -> None:
    parts = [Named(f"{number}.pdf", good()) for number in range(MAX_PARTS)]
    data = make_report_file(parts, seal=seal_of(world()), now=MADE_AT)
    found = read_back(data, world().trust())
    assert verdict(found) == "valid OK"
    assert dict(found.facts)["reported_valid"] == MAX_PARTS
    with pytest.raises(AnzhengError) as caught:
        make_report_file([*parts, parts[0]], seal=seal_of(world()), now=MADE_AT)
    assert caught.value.code is Code.REQUEST_INVALID
    with pytest.raises(AnzhengError) as caught:
        make_report_file([], seal=seal_of(world()), now=MADE_AT)
    assert caught.value.code is Code.REQUEST_INVALID


@pytest.mark.parametrize(
    ("name", "value"), [("MAX_SECONDS", 0.01), ("PAGES", "elsewhere/pages.pdf")]
)
def test_a_large_report_that_cannot_be_drawn_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(typesetting, name, value)
    parts = [Named(f"{number}.pdf", good()) for number in range(typesetting.MAX_HERE + 1)]
    with pytest.raises(AnzhengError) as caught:
        make_report_file(parts, seal=seal_of(world()), now=MADE_AT)
    assert caught.value.code is Code.RENDER_FAILED


@pytest.mark.parametrize("count", [21, 201])
def test_many_reports_are_told_shorter(count: int) -> None:
    parts = [Named(f"{number}.pdf", good()) for number in range(count)]
    data = make_report_file(parts, seal=seal_of(world()), now=MADE_AT)
    assert verdict(read_back(data, world().trust())) == "valid OK"


def test_page_one_is_drawn_with_what_is_marked() -> None:
    mark = Mark(0, 0.1, 0.1, 0.5, 0.2, "name", "甲", "乙")
    data = report_file(world(), good(), picture=PNG, marks=(mark,))
    assert verdict(read_back(data, world().trust())) == "valid OK"
    assert len(data) > len(genuine())


@pytest.mark.parametrize(
    ("picture", "code"), [(b"no picture", Code.RENDER_FAILED), (PNG[:40], Code.RENDER_FAILED)]
)
def test_a_picture_that_is_none_is_refused(picture: bytes, code: Code) -> None:
    with pytest.raises(AnzhengError) as caught:
        report_file(world(), good(), picture=picture)
    assert caught.value.code is code


@pytest.mark.parametrize(
    "name",
    [
        "许可证 㛃𬭎镕犇.pdf",
        "one glyph for two characters 𩿗.pdf",
        "emoji 😀 and \u202egnp.exe",
        "⼀⼆ ﬁ ﬂ ·•\u3000　〔〕",
        "a" * 1_000,
        "\x00\n\t",
        '"); #panic() $x$ \\ // *_`~<@',
        "العربية עברית हिन्दी",
        "e\u0301 \ufe0f \u200b - – — …",
        "",
    ],
)
def test_any_name_is_written_so_that_it_reads_back(name: str) -> None:
    found = read_back(report_file(world(), good(), name=name), world().trust())
    assert verdict(found) == "valid OK"


# ---------------------------------------------------------------- whose, and when


def test_a_stranger_s_report_is_not_opened() -> None:
    found = read_back(genuine(), world().trust(), reporters=())
    assert verdict(found) == "undetermined REPORT_SIGNER_UNKNOWN"
    states = {check.name: check.state for check in found.checks}
    assert states[CheckName.DATA] is CheckState.SKIPPED
    other = read_back(genuine(), world().trust(), reporters=(report_key("另一核验方").certificate,))
    assert verdict(other) == "undetermined REPORT_SIGNER_UNKNOWN"


@pytest.mark.parametrize(
    ("hours", "limit", "expected"),
    [
        (23, 24, "valid OK"),
        (25, 24, "undetermined REPORT_STALE"),
        (25, 48, "valid OK"),
    ],
)
def test_a_report_ages(hours: int, limit: int, expected: str) -> None:
    policy = replace(BATCH, report_max_age_hours=limit)
    found = read_back(
        genuine(), world().trust(), now=good().checked_at + timedelta(hours=hours), policy=policy
    )
    assert verdict(found) == expected


def test_a_stale_report_of_something_invalid_is_stale() -> None:
    now = broken().checked_at + timedelta(days=2)
    found = read_back(report_file(world(), broken()), world().trust(), now=now)
    assert verdict(found) == "undetermined REPORT_STALE"


def test_a_clock_that_is_behind_tells_no_age() -> None:
    behind = read_back(genuine(), world().trust(), now=SIGNED_AT - timedelta(hours=1))
    assert verdict(behind) == "undetermined CLOCK_SUSPECT"
    ahead = replace(Memory(), newest_signed_time=MADE_AT + timedelta(days=1))
    remembered = read_back(genuine(), world().trust(), memory=ahead)
    assert verdict(remembered) == "undetermined CLOCK_SUSPECT"


def test_a_verifier_whose_clock_was_ahead_tells_no_age() -> None:
    future = replace(good(), checked_at=MADE_AT + timedelta(hours=3))
    data = report_file(world(), future)
    found = read_back(data, world().trust(), now=MADE_AT + timedelta(hours=4))
    assert verdict(found) == "undetermined CLOCK_SUSPECT"


def test_a_report_answers_for_its_own_day_only() -> None:
    past = replace(good(), on=date(2026, 3, 1))
    data = report_file(world(), past)
    assert verdict(read_back(data, world().trust())) == "undetermined REPORT_OTHER_DATE"
    same = read_back(data, world().trust(), on=date(2026, 3, 1))
    assert verdict(same) == "valid OK"
    other = read_back(genuine(), world().trust(), on=date(2026, 3, 1))
    assert verdict(other) == "undetermined REPORT_OTHER_DATE"


def test_a_licence_that_ended_since_is_not_valid_by_a_report() -> None:
    last = good().licence.draft.valid_to  # type: ignore[union-attr]
    then = MADE_AT.replace(year=last.year, month=last.month, day=last.day)
    report = replace(good(), checked_at=then, on=last)
    data = report_file(world(), report, at=then)
    trust = world().trust()
    assert verdict(read_back(data, trust, now=then + timedelta(hours=1))) == "valid OK"
    next_day = read_back(data, trust, now=then + timedelta(hours=20))
    assert verdict(next_day) == "invalid EXPIRED"


def test_a_report_about_a_code_answers_for_its_own_day_only() -> None:
    trust = world().trust(with_qr_keys(world().bundle))
    said = printed_of(world().version(), leaf=Leaf(bytes(32)), issued_at=SIGNED_AT)
    ask = Ask(policy=BATCH, now=world().now)
    about, _ = verify_artefact(QrText(printed_code(said)), trust, ask)
    data = report_file(world(), about)
    next_day = read_back(data, trust, now=MADE_AT + timedelta(hours=20))
    assert verdict(next_day) == "undetermined REPORT_OTHER_DATE"


def test_a_report_answers_no_question() -> None:
    found = read_back(genuine(), world().trust(), request=QUESTION)
    assert verdict(found) == "undetermined HOLDER_PROOF_MISSING"


def test_what_our_own_lists_know_counts_more() -> None:
    own = make_world()
    own.publish({0: StatusWord.SUSPENDED}, [side_row(0, StatusWord.SUSPENDED, date(2026, 11, 20))])
    found = read_back(genuine(), own.trust())
    assert verdict(found) == "invalid STATUS_SUSPENDED"


def test_a_report_about_a_report_makes_nothing_younger() -> None:
    about = read_back(genuine(), world().trust())
    later = MADE_AT + timedelta(minutes=5)
    again = read_back(report_file(world(), about, at=later), world().trust(), now=later)
    assert verdict(again) == "undetermined REPORT_OF_REPORT"


def under(hours: object, referee: str = "always") -> Report:
    """Return the good report as if it had been made by these rules."""
    policy = (("name", "theirs"), ("accept_stale_hours", hours), ("referee", referee))
    return replace(good(), policy=policy)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        (under(0), STRICT, "valid OK"),
        (under(72), STRICT, "undetermined REPORT_POLICY"),
        (under(72), Policy("ours", accept_stale_hours=71), "undetermined REPORT_POLICY"),
        (under(72), INSPECTOR, "valid OK"),
        (under(0), INSPECTOR, "valid OK"),
        (under(0, "never"), STRICT, "undetermined REPORT_POLICY"),
        (under(0, "never"), BATCH, "valid OK"),
        (under("0"), STRICT, "undetermined REPORT_POLICY"),
        (replace(good(), policy=()), INSPECTOR, "undetermined REPORT_POLICY"),
        (replace(broken(), policy=under(72).policy), STRICT, "invalid REPORTED_INVALID"),
    ],
)
def test_what_was_valid_by_laxer_rules_is_not_valid_here(
    theirs: Report, ours: Policy, expected: str
) -> None:
    found = read_back(report_file(world(), theirs), world().trust(), policy=ours)
    assert verdict(found) == expected


def test_the_laxer_rule_is_named() -> None:
    found = read_back(report_file(world(), under(72)), world().trust(), policy=STRICT)
    result = found.check(CheckName.REPORTED)
    assert result is not None
    named = {name: result.fact(name) for name in ("setting", "reported_policy", "demanded")}
    assert named == {"setting": "accept_stale_hours", "reported_policy": "72", "demanded": "0"}


def test_of_many_files_a_sample_with_a_second_opinion_will_do() -> None:
    sample, rest = under(0), under(0, "never")
    data = report_file(world(), sample, rest, rest)
    assert verdict(read_back(data, world().trust(), policy=STRICT)) == "valid OK"
    every = replace(STRICT, sample_every=2)
    found = read_back(data, world().trust(), policy=every)
    assert verdict(found) == "undetermined REPORT_POLICY"


def test_a_report_of_the_other_environment_is_not_valid() -> None:
    foreign_world = replace(good(), environment=Environment.PRODUCTION)
    found = read_back(report_file(world(), foreign_world), world().trust())
    assert verdict(found) == "invalid ENVIRONMENT_MISMATCH"


# ---------------------------------------------------------------- timestamps


def test_without_a_timestamp_a_report_proves_no_time() -> None:
    seal = ReportSeal(report_key(), None)
    data = make_report_file([Named("a.pdf", good())], seal=seal, now=MADE_AT)
    assert verdict(read_back(data, world().trust())) == "undetermined REPORT_TIME_UNPROVED"


def test_an_authority_that_the_bundle_does_not_name_is_unknown_not_bad() -> None:
    bundle = replace(world().bundle, tsa_roots=())
    found = read_back(genuine(), world().trust(bundle))
    assert verdict(found) == "undetermined REPORT_TIME_UNPROVED"


def test_without_revocation_lists_the_time_is_not_proved() -> None:
    class Silent(WorldStamper):
        @override
        def crls(self) -> tuple[bytes, ...]:
            return ()

    seal = ReportSeal(report_key(), Silent(world()))
    data = make_report_file([Named("a.pdf", good())], seal=seal, now=MADE_AT)
    assert verdict(read_back(data, world().trust())) == "undetermined SIGNER_REVOCATION_UNKNOWN"


def test_a_token_over_something_else_is_refused_when_a_report_is_made() -> None:
    class Lying(WorldStamper):
        @override
        def timestamp(self, imprint: Digest) -> bytes:
            return super().timestamp(Digest(sha256(imprint).digest()))

    seal = ReportSeal(report_key(), Lying(world()))
    with pytest.raises(AnzhengError) as caught:
        make_report_file([Named("a.pdf", good())], seal=seal, now=MADE_AT)
    assert caught.value.code is Code.TSA_ANSWER
