"""The cases of `qr.json`: what each QR object must come to, good ones and attacks."""

import base64
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from licence.domain.model import Environment, Kind, StatusRef
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import cbor, cose, es256, qr, qr_exchange, screen_code
from licence.formats.fields import moment_text
from licence.formats.qr import Printed, printed_of
from licence.formats.qr_text import QrKind, read_text
from licence.formats.screen_code import step_at
from licence.formats.trust_types import TrustBundle
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex
from tests.builders import AUTHORITY, BASE_URI, REGISTRY, SIGNED_AT, FakeTrust, World, side_row
from tests.fakes.qr_world import (
    CHALLENGE,
    OTHER_AUTHORITY,
    PURPOSE,
    QR_KEY,
    QR_KID,
    QR_SIGN,
    QUESTION,
    SHOWN_AT,
    STRANGER,
    Holder,
    make_holder,
    printed_code,
    text_of,
    with_qr_keys,
)
from tests.fakes.vectors import Case, Json

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SUSPENDED, REVOKED, ANNOUNCED, RETIRED = 11, 12, 13, 14
VALID, INVALID, UNDETERMINED, FOREIGN = (
    Verdict.VALID,
    Verdict.INVALID,
    Verdict.UNDETERMINED,
    Verdict.FOREIGN,
)
QUESTION_TEXT = text_of(QrKind.REQUEST, qr_exchange.encode_question(QUESTION))


def trusts(world: World) -> dict[str, FakeTrust]:
    """Return what verifiers believe in the cases, by name."""
    revoked = side_row(REVOKED, StatusWord.REVOKED, date(2026, 11, 20))
    closed = side_row(RETIRED, StatusWord.SUPERSEDED, date(2026, 11, 20), successor=Leaf(bytes(32)))
    world.publish(
        {
            SUSPENDED: StatusWord.SUSPENDED,
            REVOKED: StatusWord.REVOKED,
            RETIRED: StatusWord.SUPERSEDED,
        },
        rows=[
            side_row(SUSPENDED, StatusWord.SUSPENDED, date(2026, 11, 20)),
            revoked,
            closed,
        ],
        announced=[side_row(ANNOUNCED, StatusWord.REVOKED, date(2026, 11, 23))],
    )
    usual = world.trust(with_qr_keys(world.bundle))
    token, side = usual.lists[REGISTRY, AUTHORITY, 0]
    later = QR_KEY.valid_from + timedelta(days=360)
    closed_keys = with_qr_keys(world.bundle, replace(QR_KEY, valid_to=SIGNED_AT - DAY))
    return {
        "usual": usual,
        "expired": replace(usual, metadata_expired_at=SIGNED_AT + SECOND),
        "no_lists": replace(usual, lists={}),
        "no_side_list": replace(usual, lists={(REGISTRY, AUTHORITY, 0): (token, None)}),
        "altered_list": replace(usual, lists={(REGISTRY, AUTHORITY, 0): (_flip(token), side)}),
        "key_closed_before": replace(usual, bundle=closed_keys),
        "key_closed_later": replace(
            usual, bundle=with_qr_keys(world.bundle, replace(QR_KEY, valid_to=SIGNED_AT + DAY))
        ),
        "key_not_yet": replace(
            usual, bundle=with_qr_keys(world.bundle, replace(QR_KEY, valid_from=later))
        ),
        "no_holder_ca": replace(usual, bundle=_without_holder_ca(usual)),
    }


def cases(world: World, stranger: World) -> Iterator[Case]:
    """Yield all cases.

    Args:
        world: Whose authority signs.
        stranger: Another PKI with the same names.
    """
    holder = make_holder(world)
    yield from _printed(holder)
    yield from _spelling(holder)
    yield from _standing(holder)
    yield from _screen(world, stranger, holder)
    yield from _answer(holder)


# ---------------------------------------------------------------- printed


def _said(holder: Holder, **changes: object) -> Printed:
    said = printed_of(holder.version, leaf=holder.leaf, issued_at=SIGNED_AT)
    return replace(said, **changes)  # type: ignore[arg-type]


def _case(
    name: str,
    text: str,
    verdict: Verdict,
    code: Code,
    *,
    trust: str = "usual",
    now: datetime = SHOWN_AT,
    memory: Json | None = None,
    **ask: object,
) -> Case:
    return Case(name, {"text": text}, now, verdict, code, trust, dict(ask), memory or {})


def _printed(holder: Holder) -> Iterator[Case]:
    said = _said(holder)
    text = printed_code(said)
    forged = replace(said, enterprise_name="大连无证化工有限公司")
    key = es256.public_key_bytes(STRANGER.public_key())
    others = printed_code(said, STRANGER, es256.key_id(key))
    yield _case("printed_good", text, VALID, Code.OK)
    yield _case("printed_good_part_behind_the_hash", text.partition("#")[2], VALID, Code.OK)
    yield _case(
        "printed_good_address_of_another_host",
        "https://phish.example/v?x=1#" + text.partition("#")[2],
        VALID,
        Code.OK,
    )
    yield _case("printed_key_closed_later", text, VALID, Code.OK, trust="key_closed_later")
    refused = INVALID, Code.SIGNER_DISTRUSTED
    yield _case("printed_key_closed_before", text, *refused, trust="key_closed_before")
    yield _case("printed_key_not_yet_in_use", text, *refused, trust="key_not_yet")
    broken = INVALID, Code.QR_SIGNATURE
    yield _case("printed_by_another_key", printed_code(said, STRANGER), *broken)
    yield _case("printed_by_a_strangers_key", others, INVALID, Code.SIGNER_UNTRUSTED)
    old = UNDETERMINED, Code.TRUST_BUNDLE_OLD
    yield _case("printed_by_an_unknown_key_bundle_old", others, *old, trust="expired")
    yield _case("printed_name_changed", _with_payload(text, forged), *broken)
    other_index = replace(said, status=StatusRef(REGISTRY, StatusIndex(7)))
    yield _case("printed_index_changed", _with_payload(text, other_index), *broken)
    later = replace(said, valid_to=said.valid_to + 365 * DAY)
    yield _case("printed_dates_changed", _with_payload(text, later), *broken)
    foreign = replace(said, status=StatusRef(RegistryId("cn-other"), StatusIndex(0)))
    yield _case("printed_other_registry", printed_code(foreign), FOREIGN, Code.REGISTRY_UNKNOWN)
    of_other = replace(said, authority=OTHER_AUTHORITY)
    yield _case("printed_other_authority", printed_code(of_other), INVALID, Code.SIGNER_UNTRUSTED)
    unknown = replace(said, authority=AuthorityId("11210000000000000X"))
    yield _case("printed_no_authority", printed_code(unknown), INVALID, Code.SIGNER_UNTRUSTED)
    coal = replace(said, industry="MK")
    yield _case("printed_not_entitled", printed_code(coal), INVALID, Code.SIGNER_NOT_ENTITLED)
    production = replace(said, environment=Environment.PRODUCTION)
    mixed = INVALID, Code.ENVIRONMENT_MISMATCH
    yield _case("printed_other_environment", printed_code(production), *mixed)
    sample = replace(said, kind=Kind.SAMPLE)
    yield _case("printed_sample", printed_code(sample), INVALID, Code.SAMPLE_LICENCE)


def _with_payload(text: str, said: Printed) -> str:
    """Return a code with another payload under the signature that it had."""
    parts = cose.parts(read_text(text).data, max_bytes=qr.MAX_PRINTED_BYTES)
    payload = cbor.dumps(qr.payload_of(said))
    return text_of(QrKind.PRINTED, cose.assemble(parts.protected, payload, parts.signature))


# ---------------------------------------------------------------- spelling


def _spelling(holder: Holder) -> Iterator[Case]:
    text = printed_code(_said(holder))
    data = read_text(text).data
    digits = text.partition("#P1")[2]
    other = INVALID, Code.QR_SYNTAX
    head = "HTTPS://V.EXAMPLE/V#"
    yield _case("spelling_lower_case", text.lower(), *other)
    yield _case("spelling_lower_case_digits", f"{head}P1{digits.lower()}", *other)
    yield _case("spelling_padding", f"{text}{'=' * (-len(digits) % 8)}", *other)
    yield _case("spelling_free_bits", f"{text[:-1]}{_next_digit(text[-1])}", *other)
    yield _case("spelling_cut_short", text[:-1], *other)
    yield _case("spelling_base64", head + "P1" + base64.b64encode(data).decode(), *other)
    yield _case("kind_of_a_later_version", f"{head}P2{digits}", FOREIGN, Code.SCHEMA_UNKNOWN)
    yield _case("kind_unknown", f"{head}Q9{digits}", FOREIGN, Code.SCHEMA_UNKNOWN)
    stranger = FOREIGN, Code.NOT_A_LICENCE
    yield _case("address_of_somebody", "https://www.example/zhengzhao?id=1", *stranger)
    yield _case("no_licence_but_a_question", QUESTION_TEXT, *stranger)
    yield _case(
        "screen_code_called_printed", f"{head}P1" + holder.screen().partition("#S1")[2], *other
    )
    for name, changed in _encodings(data):
        yield _case(name, text_of(QrKind.PRINTED, changed), *other)


def _encodings(data: bytes) -> Iterator[tuple[str, bytes]]:
    parts = cose.parts(data, max_bytes=qr.MAX_PRINTED_BYTES)
    yield "bytes_after_the_end", data + b"\x00"
    yield "without_its_tag", data[1:]
    yield "not_deterministic", data[:1] + b"\x98\x04" + data[2:]
    unprotected = cbor.Tag(18, (parts.protected, {4: b"x"}, parts.payload, parts.signature))
    yield "unprotected_header", cbor.dumps(unprotected)
    header: dict[cbor.CborKey, cbor.CborValue] = {1: -7, 4: QR_KID, 16: qr.CONTENT_TYPE}
    for name, key, said in (("critical_header", 2, (4,)), ("other_algorithm", 1, -8)):
        signed = cbor.dumps({**header, key: said})
        yield name, cose.assemble(signed, parts.payload, parts.signature)
    payload = list(_payload(parts.payload))
    for name, place, value in (
        ("version_2", 0, 2),
        ("text_turns_direction", 10, "大连\u202e公司"),
        ("text_not_nfc", 10, "e\u0301"),
        ("text_ends_in_a_blank", 10, "大连 "),
        ("leaf_too_short", 5, b"\x00" * 31),
        ("index_too_large", 4, 1 << 32),
        ("day_before_1950", 14, -7306),
        ("ends_before_it_begins", 16, 0),
        ("kind_7", 12, 7),
    ):
        changed = cbor.dumps((*payload[:place], value, *payload[place + 1 :]))
        yield (
            f"payload_{name}",
            cose.sign1(changed, content_type=qr.CONTENT_TYPE, kid=QR_KID, sign=QR_SIGN),
        )
    deep = b"\x81" * 40 + b"\x00"
    yield (
        "payload_nested_deep",
        cose.sign1(deep, content_type=qr.CONTENT_TYPE, kid=QR_KID, sign=QR_SIGN),
    )


def _payload(data: bytes) -> tuple[cbor.CborValue, ...]:
    value = cbor.loads(data, max_bytes=qr.MAX_PRINTED_BYTES)
    assert isinstance(value, tuple)
    return value


def _next_digit(digit: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return alphabet[(alphabet.index(digit) + 1) % 32]


def _flip(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


# ---------------------------------------------------------------- status and dates


def _standing(holder: Holder) -> Iterator[Case]:
    said, text = _said(holder), printed_code(_said(holder))

    def at(index: int) -> str:
        return printed_code(replace(said, status=StatusRef(REGISTRY, StatusIndex(index))))

    yield _case("status_suspended", at(SUSPENDED), INVALID, Code.STATUS_SUSPENDED)
    yield _case("status_revoked", at(REVOKED), INVALID, Code.STATUS_REVOKED)
    yield _case("status_superseded", at(RETIRED), INVALID, Code.STATUS_SUPERSEDED)
    yield _case("status_announced_for_later", at(ANNOUNCED), VALID, Code.OK)
    arrived, revoked = SHOWN_AT + 2 * DAY, (INVALID, Code.STATUS_REVOKED)
    yield _case(
        "status_announced_and_arrived", at(ANNOUNCED), *revoked, now=arrived, accept_stale_hours=72
    )
    missing = UNDETERMINED, Code.STATUS_NOT_AVAILABLE
    yield _case("status_no_list", text, *missing, trust="no_lists")
    yield _case("status_no_side_list", text, *missing, trust="no_side_list")
    yield _case("status_of_another_shard", at(1 << 20), *missing)
    refused = UNDETERMINED, Code.STATUS_LIST_REFUSED
    yield _case("status_list_altered", text, *refused, trust="altered_list")
    uri = f"{BASE_URI}/{REGISTRY}/{AUTHORITY}/0"
    newer = {"lists": [{"uri": uri, "issued_at": moment_text(SHOWN_AT)}]}
    yield _case("status_list_rolled_back", text, *refused, memory=newer)
    stale = SHOWN_AT + 2 * DAY
    yield _case("status_stale", text, UNDETERMINED, Code.STATUS_STALE, now=stale)
    yield _case("status_stale_accepted", text, VALID, Code.OK, now=stale, accept_stale_hours=72)
    yield _case("status_revoked_and_stale", at(REVOKED), INVALID, Code.STATUS_REVOKED, now=stale)
    old = UNDETERMINED, Code.TRUST_BUNDLE_OLD
    yield _case("trust_repository_expired", text, *old, trust="expired")
    suspect = UNDETERMINED, Code.CLOCK_SUSPECT
    seen = {"newest_signed_time": moment_text(SHOWN_AT + DAY)}
    yield _case("clock_runs_back", text, *suspect, memory=seen)
    ahead = printed_code(replace(said, issued_at=SHOWN_AT + 300 * SECOND))
    yield _case("clock_behind_the_code", ahead, *suspect)
    yield _case("date_expired", text, INVALID, Code.EXPIRED, on="2027-03-18")
    yield _case("date_last_day", text, VALID, Code.OK, on="2027-03-17")
    yield _case("date_not_yet_valid", text, INVALID, Code.NOT_YET_VALID, on="2024-03-17")
    long_name = "大连" + "镕" * 92 + "有限公司"
    scoped = replace(
        said, enterprise_name=long_name[:100], scope=qr.short_scope(["液氯(剧毒)"] * 30)
    )
    yield _case("printed_long_texts", printed_code(scoped), VALID, Code.OK)


# ---------------------------------------------------------------- screen code


def _screen(world: World, stranger: World, holder: Holder) -> Iterator[Case]:
    text = holder.screen()
    good = VALID, Code.OK
    yield _case("screen_good", text, *good, challenge=CHALLENGE)
    yield _case("screen_good_purpose_asked", text, *good, challenge=CHALLENGE, purpose=PURPOSE)
    yield _case("screen_good_purpose_typed_wide", text, *good, purpose=f" {PURPOSE}　")
    yield _case("screen_good_no_challenge_asked", text, *good)
    yield _case("screen_90_s_old", text, *good, now=SHOWN_AT + 90 * SECOND)
    yield _case("screen_holders_clock_90_s_fast", text, *good, now=SHOWN_AT - 90 * SECOND)
    late = INVALID, Code.HOLDER_TIME
    yield _case("screen_replayed_after_91_s", text, *late, now=SHOWN_AT + 91 * SECOND)
    yield _case("screen_replayed_after_a_day", text, *late, now=SHOWN_AT + DAY - 3600 * SECOND)
    yield _case("screen_holders_clock_91_s_fast", text, *late, now=SHOWN_AT - 91 * SECOND)
    nonce = INVALID, Code.HOLDER_NONCE
    yield _case("screen_other_challenge", text, *nonce, challenge="0815")
    plain = holder.screen(challenge=None)
    yield _case("screen_without_challenge", plain, *good)
    yield _case("screen_without_the_challenge_asked", plain, *nonce, challenge=CHALLENGE)
    silent = UNDETERMINED, Code.HOLDER_PROOF_MISSING
    paper = printed_code(_said(holder))
    yield _case("printed_instead_of_a_challenge", paper, *silent, challenge=CHALLENGE)
    yield _case("printed_instead_of_an_answer", paper, *silent, question=QUESTION_TEXT)
    yield _case("screen_instead_of_an_answer", text, *silent, question=QUESTION_TEXT)
    audience = INVALID, Code.HOLDER_AUDIENCE
    yield _case("screen_other_purpose", text, *audience, purpose="投标")
    behind = {"newest_signed_time": moment_text(SHOWN_AT)}
    clock = SHOWN_AT - 600 * SECOND
    suspect = UNDETERMINED, Code.CLOCK_SUSPECT
    yield _case("screen_our_clock_is_behind", text, *suspect, now=clock, memory=behind)
    before = SIGNED_AT - 900 * SECOND
    yield _case("screen_our_clock_is_before_the_certificate", text, *suspect, now=before)
    yield from _screen_keys(world, stranger, holder)


def _screen_keys(world: World, stranger: World, holder: Holder) -> Iterator[Case]:
    key = INVALID, Code.HOLDER_KEY
    thief = replace(holder, key=STRANGER)
    yield _case("screen_by_another_key", thief.screen(), *key)
    yield _case("screen_purpose_changed", _screen_with(holder, purpose="投标"), *key)
    yield _case("screen_step_changed", _screen_with(holder, step=step_at(SHOWN_AT) + 1), *key)
    yield _case("screen_challenge_changed", _screen_with(holder, challenge="0815"), *key)
    yield _case("screen_card_packed_anew", _repacked(holder), *key)
    wrong = INVALID, Code.HOLDER_CERTIFICATE
    other_leaf = make_holder(world, certified=lambda version, _: (version, Leaf(bytes(32))))
    yield _case("screen_certificate_of_another_licence", other_leaf.screen(), *wrong)
    other_firm = make_holder(
        world, certified=lambda _, leaf: (world.version(uscc="91210213MA9TXT029J"), leaf)
    )
    yield _case("screen_certificate_of_another_firm", other_firm.screen(), *wrong)
    yield _case("screen_certificate_of_another_ca", make_holder(stranger).screen(), *wrong)
    yield _case("screen_no_holder_ca", holder.screen(), *wrong, trust="no_holder_ca")
    closed = make_holder(world, index=RETIRED)
    yield _case("screen_certificate_closed", closed.screen(), *wrong)
    unknown = make_holder(world, index=1 << 20)
    missing = UNDETERMINED, Code.STATUS_NOT_AVAILABLE
    yield _case("screen_certificate_without_list", unknown.screen(), *missing)
    revoked = make_holder(world, version=world.version(REVOKED))
    yield _case("screen_of_a_revoked_licence", revoked.screen(), INVALID, Code.STATUS_REVOKED)
    suspended = make_holder(world, version=world.version(SUSPENDED))
    yield _case("screen_of_a_suspended_licence", suspended.screen(), INVALID, Code.STATUS_SUSPENDED)
    forged = _by_stranger(holder)
    yield _case("screen_with_a_forged_data_code", forged.screen(), INVALID, Code.QR_SIGNATURE)
    yield from _cards(holder)


def _cards(holder: Holder) -> Iterator[Case]:
    broken = INVALID, Code.QR_SYNTAX
    content = cbor.dumps((holder.printed, holder.certificate))
    for name, packed in (
        ("not_packed", content),
        ("bytes_after_the_end", zlib.compress(content) + b"\x00"),
        ("cut_short", zlib.compress(content)[:-4]),
        ("bomb", zlib.compress(bytes(1_000_000), 9)),
        ("three_parts", zlib.compress(cbor.dumps((holder.printed, holder.certificate, b"")))),
    ):
        payload = (1, packed, step_at(SHOWN_AT), PURPOSE, CHALLENGE)
        yield _case(f"card_{name}", _signed_screen(holder, payload), *broken)
    spoilt: tuple[tuple[str, tuple[cbor.CborValue, ...]], ...] = (
        ("three_digits", (1, zlib.compress(content), step_at(SHOWN_AT), PURPOSE, "471")),
        ("no_purpose", (1, zlib.compress(content), step_at(SHOWN_AT), "", None)),
    )
    for name, value in spoilt:
        yield _case(f"screen_payload_{name}", _signed_screen(holder, value), *broken)


def _screen_parts(holder: Holder) -> cose.Parts:
    return cose.parts(read_text(holder.screen()).data, max_bytes=screen_code.MAX_SCREEN_BYTES)


def _screen_with(holder: Holder, **changes: object) -> str:
    """Return a screen code with another payload under the signature that it had."""
    parts = _screen_parts(holder)
    names = ("version", "card", "step", "purpose", "challenge")
    found = dict(zip(names, _payload_of(parts.payload), strict=True)) | changes
    payload = cbor.dumps(tuple(found.values()))  # type: ignore[arg-type]
    return text_of(QrKind.SCREEN, cose.assemble(parts.protected, payload, parts.signature))


def _payload_of(data: bytes) -> tuple[cbor.CborValue, ...]:
    value = cbor.loads(data, max_bytes=screen_code.MAX_SCREEN_BYTES)
    assert isinstance(value, tuple)
    return value


def _repacked(holder: Holder) -> str:
    content = cbor.dumps((holder.printed, holder.certificate))
    return _screen_with(holder, card=zlib.compress(content, 1))


def _signed_screen(holder: Holder, payload: tuple[cbor.CborValue, ...]) -> str:
    public = es256.public_key_bytes(holder.key.public_key())
    data = cose.sign1(
        cbor.dumps(payload),
        content_type=screen_code.CONTENT_TYPE,
        kid=es256.key_id(public),
        sign=es256.signer(holder.key),
    )
    return text_of(QrKind.SCREEN, data)


def _by_stranger(holder: Holder) -> Holder:
    said = qr.read_printed(holder.printed).said
    forged = qr.encode_printed(said, kid=QR_KID, sign=es256.signer(STRANGER))
    return replace(holder, printed=forged)


# ---------------------------------------------------------------- two-way exchange


def _answer(holder: Holder) -> Iterator[Case]:
    text = holder.answer()
    asked: Json = {"question": QUESTION_TEXT}

    def case(name: str, text: str, code: Code, **more: object) -> Case:
        verdict = VALID if code is Code.OK else INVALID
        return _case(name, text, verdict, code, **{**asked, **more})

    yield case("answer_good", text, Code.OK)
    last = QUESTION.expires_at + 90 * SECOND
    yield case("answer_good_until_the_last_second", text, Code.OK, now=last)
    yield case("answer_after_the_question_ended", text, Code.HOLDER_TIME, now=last + SECOND)
    early = holder.answer(at=QUESTION.issued_at - 91 * SECOND)
    yield case("answer_before_the_question", early, Code.HOLDER_TIME)
    other = replace(QUESTION, nonce=bytes(16))
    yield case("answer_to_another_question", holder.answer(other), Code.HOLDER_NONCE)
    renamed = replace(QUESTION, audience="另一家机构")
    yield case("answer_to_another_audience", holder.answer(renamed), Code.HOLDER_AUDIENCE)
    repurposed = replace(QUESTION, purpose="贷款")
    yield case("answer_for_another_purpose", holder.answer(repurposed), Code.HOLDER_AUDIENCE)
    thief = replace(holder, key=STRANGER)
    yield case("answer_by_another_key", thief.answer(), Code.HOLDER_KEY)
    yield case("answer_called_screen_code", text.replace("#A1", "#S1"), Code.QR_SYNTAX)
    missing = UNDETERMINED, Code.HOLDER_PROOF_MISSING
    yield _case("answer_without_a_question", text, *missing)


def _without_holder_ca(trust: FakeTrust) -> TrustBundle:
    first, *others = trust.bundle.authorities
    return replace(trust.bundle, authorities=(replace(first, holder_ca=None), *others))
