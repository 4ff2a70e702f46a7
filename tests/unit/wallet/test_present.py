"""Presenting: one answer to one question, agreed to by the holder, and judged by the verifier."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import es256
from licence.formats.checks import CheckName
from licence.formats.holder import (
    MAX_MESSAGE_BYTES,
    Presentation,
    PresentationRequest,
    decode_presentation,
    encode_presentation,
    encode_request,
    present,
)
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from tests.builders import SIGNED_AT, Issued, World, make_evidence, make_world, side_row
from tests.fakes.claim_desk import FIRST_INDEX, FakeClaimDesk
from tests.fakes.refusal import refuses
from tests.fakes.wallets import PASSWORD, claim_one
from verifier.checks.c09_holder import Presented
from verifier.policy import BATCH
from verifier.verify import verify
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.keys import HolderKey
from wallet.present import answer, read_request

NOW = SIGNED_AT + timedelta(minutes=10)
REQUEST = PresentationRequest(
    bytes(range(16)), "大连市应急管理局(示例)", "现场检查", NOW, NOW + timedelta(minutes=5)
)
STRANGERS_KEY = ec.derive_private_key(99, ec.SECP256R1())


def yes(_request: PresentationRequest) -> bool:
    return True


@pytest.fixture
def kept(world: World, desk: FakeClaimDesk, folder: WalletFolder) -> Kept:
    return claim_one(desk, folder, world.now).kept


@pytest.fixture
def key(folder: WalletFolder, kept: Kept) -> HolderKey:
    return folder.open_key(kept, PASSWORD)


# ---------------------------------------------------------------- the wallet


def test_answer_names_licence_asker_and_purpose(kept: Kept, key: HolderKey) -> None:
    asked: list[PresentationRequest] = []

    def agree(request: PresentationRequest) -> bool:
        asked.append(request)
        return True

    made = answer(REQUEST, kept, key, now=NOW, agree=agree)
    assert asked == [REQUEST]
    assert (made.leaf, made.nonce) == (kept.leaf, REQUEST.nonce)
    assert (made.audience, made.purpose) == (REQUEST.audience, REQUEST.purpose)
    assert (made.presented_at, made.certificates) == (NOW, kept.certificates)
    assert decode_presentation(encode_presentation(made)) == made


def test_nothing_is_signed_without_the_holders_word(kept: Kept, key: HolderKey) -> None:
    with refuses(Code.HOLDER_DECLINED):
        answer(REQUEST, kept, key, now=NOW, agree=lambda _request: False)


def test_request_is_answered_while_it_lives() -> None:
    data = encode_request(REQUEST)
    for moment in (REQUEST.issued_at - timedelta(seconds=90), NOW, REQUEST.expires_at):
        assert read_request(data, now=moment) == REQUEST


@pytest.mark.parametrize(
    "moment",
    [REQUEST.expires_at + timedelta(seconds=1), REQUEST.issued_at - timedelta(seconds=91)],
)
def test_expired_and_future_requests_are_refused(moment: datetime) -> None:
    with refuses(Code.HOLDER_TIME):
        read_request(encode_request(REQUEST), now=moment)


GOOD = encode_request(REQUEST)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.JSON_SYNTAX),
        (b"\xff\xfe", Code.JSON_SYNTAX),
        (GOOD[:-1], Code.JSON_SYNTAX),
        (GOOD + b" ", Code.JSON_NOT_CANONICAL),
        (bytes(MAX_MESSAGE_BYTES + 1), Code.TOO_LARGE),
        (GOOD.replace(b"request/v1", b"request/v2"), Code.SCHEMA_UNKNOWN),
        (GOOD.replace("现场检查".encode(), b""), Code.HOLDER_SYNTAX),
        (GOOD.replace("现场检查".encode(), "现场检查\u202e".encode()), Code.HOLDER_SYNTAX),
        (GOOD.replace("现场检查".encode(), b"\\u0007"), Code.HOLDER_SYNTAX),
        (GOOD.replace("现场检查".encode(), "查".encode() * 201), Code.HOLDER_SYNTAX),
        (GOOD.replace("现场检查".encode(), "检\u200b查".encode()), Code.HOLDER_SYNTAX),
        (GOOD.replace(b'"nonce":"00', b'"nonce":"'), Code.HOLDER_SYNTAX),
    ],
)
def test_garbled_requests_and_purposes_are_refused(data: bytes, code: Code) -> None:
    with refuses(code):
        read_request(data, now=NOW)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_by_a_code(data: bytes) -> None:
    with pytest.raises(AnzhengError):
        read_request(data, now=NOW)


def test_certificate_out_of_its_time_is_not_presented(kept: Kept, key: HolderKey) -> None:
    late = kept.own.not_after + timedelta(seconds=1)
    early = kept.own.not_before - timedelta(seconds=1)
    for moment in (late, early):
        with refuses(Code.HOLDER_CERTIFICATE):
            answer(REQUEST, kept, key, now=moment, agree=yes)


# ---------------------------------------------------------------- wallet and verifier together


def judge(world: World, kept: Kept, made: Presentation, *, minutes: int = 0) -> Report:
    """Verify a licence with the answer to our own question, some minutes later."""
    return verify(
        kept.pdf,
        world.trust(),
        policy=BATCH,
        now=NOW + timedelta(minutes=minutes),
        presentation=Presented(REQUEST, made),
    )


def test_the_holder_of_a_good_licence_is_proved(world: World, kept: Kept, key: HolderKey) -> None:
    made = answer(REQUEST, kept, key, now=NOW, agree=yes)
    report = judge(world, kept, made)
    assert (report.verdict, report.code) == (Verdict.VALID, Code.OK)
    result = report.check(CheckName.HOLDER)
    assert result is not None
    assert result.fact("purpose") == "现场检查"
    assert result.fact("certificate_anchored") is False


def test_the_certificates_own_anchor_is_judged_when_it_is_brought(
    world: World, kept: Kept, key: HolderKey
) -> None:
    own = make_evidence([kept.certificate_leaf])[0]
    made = answer(REQUEST, replace(kept, certificate_evidence=own), key, now=NOW, agree=yes)
    report = judge(world, kept, made)
    assert report.verdict is Verdict.VALID
    result = report.check(CheckName.HOLDER)
    assert result is not None
    assert result.fact("certificate_anchored") is True
    other = make_evidence([kept.leaf])[0]
    made = answer(REQUEST, replace(kept, certificate_evidence=other), key, now=NOW, agree=yes)
    assert judge(world, kept, made).verdict is not Verdict.VALID


Attack = Callable[[Kept, HolderKey], Presentation]


def _stolen(kept: Kept, _key: HolderKey) -> Presentation:
    """Certificate and licence are public enough to be copied; the key is not."""
    return present(
        REQUEST,
        leaf=kept.leaf,
        certificates=kept.certificates,
        presented_at=NOW,
        sign=es256.signer(STRANGERS_KEY),
    )


def _to_another(request: PresentationRequest) -> Attack:
    return lambda kept, key: answer(request, kept, key, now=NOW, agree=yes)


def _relabelled(**changes: object) -> Attack:
    def attack(kept: Kept, key: HolderKey) -> Presentation:
        made = answer(REQUEST, kept, key, now=NOW, agree=yes)
        return replace(made, **changes)  # type: ignore[arg-type]

    return attack


def _stale(kept: Kept, key: HolderKey) -> Presentation:
    return answer(REQUEST, kept, key, now=NOW - timedelta(minutes=2), agree=yes)


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (_stolen, Code.HOLDER_KEY),
        (_to_another(replace(REQUEST, nonce=bytes(16))), Code.HOLDER_NONCE),
        (_to_another(replace(REQUEST, audience="某银行")), Code.HOLDER_AUDIENCE),
        (_to_another(replace(REQUEST, purpose="投标")), Code.HOLDER_AUDIENCE),
        (_relabelled(nonce=bytes(16)), Code.HOLDER_NONCE),
        (_relabelled(leaf=bytes(32)), Code.HOLDER_CERTIFICATE),
        (_relabelled(presented_at=NOW + timedelta(seconds=1)), Code.HOLDER_KEY),
        (_relabelled(signature=bytes(64)), Code.HOLDER_KEY),
        (_stale, Code.HOLDER_TIME),
    ],
)
def test_no_other_answer_makes_valid(
    world: World, kept: Kept, key: HolderKey, attack: Attack, code: Code
) -> None:
    report = judge(world, kept, attack(kept, key))
    assert (report.verdict, report.code) == (Verdict.INVALID, code)


def test_an_answer_is_not_good_for_ever(world: World, kept: Kept, key: HolderKey) -> None:
    made = answer(REQUEST, kept, key, now=NOW, agree=yes)
    report = judge(world, kept, made, minutes=7)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.HOLDER_TIME)


def test_the_certificate_of_another_licence_does_not_serve(
    world: World, desk: FakeClaimDesk, folder: WalletFolder, kept: Kept
) -> None:
    """The thief has a licence and a key of his own, and shows somebody else's licence."""
    own = world.issue(world.version(7))
    desk.codes["THIEFSCODE"] = own
    thief = claim_one(desk, folder, world.now, code="THIEFSCODE").kept
    his_key = folder.open_key(thief, PASSWORD)
    for shown in (thief, replace(thief, leaf=kept.leaf)):
        made = answer(REQUEST, shown, his_key, now=NOW, agree=yes)
        report = judge(world, kept, made)
        assert (report.verdict, report.code) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_a_strangers_ca_does_not_serve(
    world: World, issued: Issued, folder: WalletFolder, kept: Kept
) -> None:
    """A CA that nobody pinned certifies the right licence, the right firm and the thief's key."""
    stranger = make_world("stranger")
    desk = FakeClaimDesk(stranger, stranger.now, codes={"FORGEDCODE": issued})
    forged = claim_one(desk, folder, world.now, code="FORGEDCODE").kept
    made = answer(REQUEST, forged, folder.open_key(forged, PASSWORD), now=NOW, agree=yes)
    report = judge(world, kept, made)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


@pytest.mark.parametrize("word", [StatusWord.CANCELLED, StatusWord.REVOKED])
def test_a_closed_certificate_does_not_serve(kept: Kept, key: HolderKey, word: StatusWord) -> None:
    """The key was lost, another one is bound: the old certificate is closed in the list."""
    fresh = make_world()
    fresh.publish({FIRST_INDEX: word}, [side_row(FIRST_INDEX, word, SIGNED_AT.date())])
    made = answer(REQUEST, kept, key, now=NOW, agree=yes)
    report = judge(fresh, kept, made)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_without_a_fresh_list_nobody_knows(kept: Kept, key: HolderKey) -> None:
    fresh = make_world()
    fresh.publish(issued_at=SIGNED_AT - timedelta(days=3))
    made = answer(REQUEST, kept, key, now=NOW, agree=yes)
    assert judge(fresh, kept, made).verdict is Verdict.UNDETERMINED
