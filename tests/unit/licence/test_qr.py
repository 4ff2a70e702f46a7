"""QR objects: one spelling, bounded, and what a code says of its licence."""

import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from licence.domain.model import LicenceVersion, StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import cbor, licence_json, qr_exchange
from licence.formats.holder import PresentationRequest
from licence.formats.qr import (
    MAX_PRINTED_BYTES,
    MAX_SCOPE,
    encode_printed,
    printed_of,
    read_printed,
    short_scope,
)
from licence.formats.qr_card import MAX_QR_CERTIFICATE_BYTES, Card, pack_card, unpack_card
from licence.formats.qr_text import (
    MAX_OBJECT_BYTES,
    QrKind,
    QrObject,
    check_qr_base,
    is_object_text,
    read_text,
    write_text,
)
from licence.formats.screen_code import ScreenCode, check_challenge, check_time, step_at
from licence.formats.short_code import short_code, short_code_of
from licence.ids import Leaf, RegistryId, StatusIndex
from tests.builders import REGISTRY, SIGNED_AT
from tests.fakes.drafts import draft_of, good_row
from tests.fakes.qr_world import BASE, QR_KID, QR_SIGN
from tests.fakes.refusal import refuses

LEAF = Leaf(bytes(range(32)))
NOW = datetime(2026, 11, 22, 4, 0, 10, tzinfo=UTC)


def version(index: int = 7) -> LicenceVersion:
    return LicenceVersion(draft_of(good_row()), StatusRef(REGISTRY, StatusIndex(index)))


def test_a_printed_code_says_what_the_licence_says() -> None:
    said = printed_of(version(), leaf=LEAF, issued_at=SIGNED_AT)
    draft = version().draft
    assert (said.licence_no, said.uscc, said.industry) == (draft.licence_no, draft.uscc, "WH")
    assert said.licence_digest == licence_json.digest(licence_json.encode(version()))
    data = encode_printed(said, kid=QR_KID, sign=QR_SIGN)
    assert read_printed(data).said == said
    assert len(data) <= MAX_PRINTED_BYTES


@pytest.mark.parametrize(
    ("names", "scope"),
    [
        (["液氯"], "液氯"),
        (["液氯", "液氨"], "液氯、液氨"),
        (["危险化学品" * 8], "危险化学品" * 8),
        (["危险化学品生产"] * 20, ("危险化学品生产、" * 5)[:35] + "…等20项"),
    ],
)
def test_a_long_scope_says_how_many_items_it_has(names: list[str], scope: str) -> None:
    assert short_scope(names) == scope
    assert len(short_scope(names)) <= MAX_SCOPE


def test_the_longest_texts_fit() -> None:
    said = printed_of(version(2**32 - 1), leaf=LEAF, issued_at=SIGNED_AT)
    registry = RegistryId("r" * 63)
    longest = replace(
        said,
        status=StatusRef(registry, StatusIndex(2**32 - 1)),
        enterprise_name="\U00020000" * 100,
        licence_no="辽" * 40,  # type: ignore[arg-type]
        licence_type="a" * 64,
        scope="\U00020000" * MAX_SCOPE,
    )
    data = encode_printed(longest, kid=QR_KID, sign=QR_SIGN)
    assert len(data) <= MAX_PRINTED_BYTES


@pytest.mark.parametrize(
    "changes",
    [
        {"enterprise_name": ""},
        {"enterprise_name": "大\u202e连"},
        {"scope": "x" * 41},
        {"version": 0},
        {"uscc": "91210213MA9TXT017I"},
        {"valid_to": date(1999, 1, 1)},
        {"leaf": Leaf(bytes(31))},
    ],
)
def test_what_would_be_refused_is_not_written(changes: dict[str, object]) -> None:
    said = printed_of(version(), leaf=LEAF, issued_at=SIGNED_AT)
    with refuses(Code.QR_SYNTAX):
        encode_printed(replace(said, **changes), kid=QR_KID, sign=QR_SIGN)  # type: ignore[arg-type]


def test_the_short_code_follows_from_the_digest() -> None:
    said = printed_of(version(), leaf=LEAF, issued_at=SIGNED_AT)
    assert short_code_of(said.licence_digest) == short_code(licence_json.encode(version()))


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    "base", ["HTTPS://V.EXAMPLE/V", "HTTP://127.0.0.1:8480/V", "HTTPS://V.EXAMPLE/ZS/V"]
)
def test_addresses_of_codes(base: str) -> None:
    assert check_qr_base(base) == base


@pytest.mark.parametrize("base", ["https://v.example/V", "HTTPS://V.EXAMPLE/L/", "V", "FTP://A/V"])
def test_other_addresses_are_refused(base: str) -> None:
    with refuses(Code.SETTINGS_INVALID):
        check_qr_base(base)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.NOT_A_LICENCE),
        ("P1", Code.NOT_A_LICENCE),
        ("K7Q25XMD44TBM3FA", Code.NOT_A_LICENCE),
        ("https://www.example/?x=1", Code.NOT_A_LICENCE),
        ("https://www.example/#" + "A" * 80, Code.NOT_A_LICENCE),
        ("mailto:x@example#P1" + "A" * 80, Code.NOT_A_LICENCE),
        ("https://v.example/V#P1" + "A" * 5_000, Code.NOT_A_LICENCE),
        ("https://" + "v" * 300 + "/V#P1" + "A" * 80, Code.NOT_A_LICENCE),
        ("HTTPS://V.EXAMPLE/V#P2" + "A" * 80, Code.SCHEMA_UNKNOWN),
        ("HTTPS://V.EXAMPLE/V#P1" + "a" * 80, Code.QR_SYNTAX),
        ("HTTPS://V.EXAMPLE/V#p1" + "A" * 80, Code.QR_SYNTAX),
        ("HTTPS://V.EXAMPLE/V#P1" + "A" * 81, Code.QR_SYNTAX),
        ("HTTPS://V.EXAMPLE/V#P1" + "A" * 81 + "B", Code.QR_SYNTAX),
        ("HTTPS://V.EXAMPLE/V#P1" + "A" * 80 + "#", Code.QR_SYNTAX),
        ("HTTPS://V.EXAMPLE/V#P1" + "A" * 4_200, Code.QR_SYNTAX),
    ],
)
def test_other_texts_are_refused(text: str, code: Code) -> None:
    with refuses(code):
        read_text(text)
    assert is_object_text(text) is (code is not Code.NOT_A_LICENCE)


def test_a_text_takes_an_object_of_the_largest_size() -> None:
    largest = QrObject(QrKind.SCREEN, bytes(MAX_OBJECT_BYTES))
    assert read_text(write_text(largest, BASE)) == largest
    with refuses(Code.TOO_LARGE):
        write_text(QrObject(QrKind.SCREEN, bytes(MAX_OBJECT_BYTES + 1)), BASE)


# ---------------------------------------------------------------- card, screen, exchange


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x00" * 100,
        zlib.compress(b"\x00"),
        zlib.compress(cbor.dumps((b"", b""))) + b"\x00",
        zlib.compress(cbor.dumps((b"", ""))),
        zlib.compress(cbor.dumps((b"", b"", b""))),
        zlib.compress(cbor.dumps((bytes(MAX_PRINTED_BYTES + 1), b""))),
        zlib.compress(cbor.dumps((b"", bytes(MAX_QR_CERTIFICATE_BYTES + 1)))),
        zlib.compress(bytes(1 << 20)),
        bytes(3_000),
    ],
)
def test_other_cards_are_refused(packed: bytes) -> None:
    with refuses(Code.QR_SYNTAX):
        unpack_card(packed)


def test_cards_read_back() -> None:
    card = Card(bytes(MAX_PRINTED_BYTES), bytes(MAX_QR_CERTIFICATE_BYTES))
    assert unpack_card(pack_card(card)) == card
    with refuses(Code.QR_SYNTAX):
        pack_card(Card(bytes(MAX_PRINTED_BYTES + 1), b""))


@pytest.mark.parametrize(("ahead", "fast"), [(-90, 0), (-1, 0), (0, 0), (10, 10), (90, 90)])
def test_a_screen_code_lives_ninety_seconds_to_either_side(ahead: int, fast: int) -> None:
    said = ScreenCode(Card(b"", b""), step_at(NOW), "检查")
    assert said.starts_at == NOW.replace(second=0)
    assert check_time(said, said.starts_at - timedelta(seconds=ahead)) == fast


@pytest.mark.parametrize(
    ("ahead", "fact", "seconds"), [(91, "clock_fast_seconds", 91), (-91, "age_seconds", 91)]
)
def test_an_old_code_and_a_fast_clock_are_told_apart(ahead: int, fact: str, seconds: int) -> None:
    said = ScreenCode(Card(b"", b""), step_at(NOW), "检查")
    with pytest.raises(AnzhengError) as raised:
        check_time(said, said.starts_at - timedelta(seconds=ahead))
    assert raised.value.code is Code.HOLDER_TIME
    assert raised.value.facts == {fact: seconds}


@pytest.mark.parametrize("text", ["", "471", "47111", "４７１１", "-711", "a711"])
def test_a_challenge_is_four_digits(text: str) -> None:
    with refuses(Code.REQUEST_INVALID):
        check_challenge(text)


def question(**changes: object) -> PresentationRequest:
    request = PresentationRequest(bytes(16), "甲", "乙", NOW, NOW + timedelta(minutes=5))
    return replace(request, **changes)  # type: ignore[arg-type]


def test_questions_read_back() -> None:
    assert qr_exchange.decode_question(qr_exchange.encode_question(question())) == question()


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": bytes(15)},
        {"audience": ""},
        {"purpose": "x" * 201},
        {"expires_at": NOW},
        {"expires_at": NOW + timedelta(days=1, seconds=1)},
    ],
)
def test_other_questions_are_refused(changes: dict[str, object]) -> None:
    with refuses(Code.HOLDER_SYNTAX):
        qr_exchange.encode_question(question(**changes))


def test_every_word_of_a_question_is_in_its_digest() -> None:
    digests = {
        qr_exchange.question_digest(question(**changes))
        for changes in (
            {},
            {"nonce": bytes(range(16))},
            {"audience": "丙"},
            {"purpose": "丁"},
            {"expires_at": NOW + timedelta(minutes=6)},
        )
    }
    assert len(digests) == 5
