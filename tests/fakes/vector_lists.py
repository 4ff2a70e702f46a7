"""The cases of `status.json`: status lists and side lists, judged as check 7 judges them."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import cbor, cose, es256, side_list, status_list
from licence.formats.checks import CheckState
from licence.formats.fields import moment_text
from licence.formats.side_list import SideRow, make_side_list
from licence.formats.status_shard import SHARD_BYTES, ListName, make_list
from licence.ids import Digest, RegistryId, StatusIndex
from tests.builders import AUTHORITY, BASE_URI, OTHER_AUTHORITY, REGISTRY, SIGNED_AT, side_row
from tests.fakes.qr_world import SHOWN_AT, STRANGER
from tests.fakes.status_keys import KID, SIGN
from tests.fakes.vectors import Json, b64

ISSUED_AT = SIGNED_AT + timedelta(minutes=5)
DAY = timedelta(days=1)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
PASSED, FAILED, UNSURE = CheckState.PASSED, CheckState.FAILED, CheckState.INDETERMINATE


def cases() -> Iterator[Json]:
    """Yield all cases: `input {cwt, side, index}`, `ask`, `memory`, `expect {state, code}`."""
    words = {1: StatusWord.SUSPENDED, 2: StatusWord.REVOKED, 3: StatusWord.REVOKED}
    rows = (
        side_row(1, StatusWord.SUSPENDED, date(2026, 11, 20)),
        side_row(2, StatusWord.REVOKED, date(2026, 11, 20)),
        side_row(5, StatusWord.SUSPENDED, date(2026, 11, 1)),
        side_row(
            5, StatusWord.NONE, date(2026, 11, 10), decided_at=SIGNED_AT + timedelta(seconds=1)
        ),
    )
    announced = (side_row(4, StatusWord.REVOKED, date(2026, 11, 23)),)
    cwt, side = _pair(words, rows, announced)
    yield _case("valid", cwt, side, 0, PASSED, Code.OK)
    yield _case("valid_last_place", cwt, side, (1 << 20) - 1, PASSED, Code.OK)
    yield _case("suspended", cwt, side, 1, FAILED, Code.STATUS_SUSPENDED)
    yield _case("revoked", cwt, side, 2, FAILED, Code.STATUS_REVOKED)
    yield _case("final_without_reason", cwt, side, 3, FAILED, Code.STATUS_FINAL)
    yield _case("announced", cwt, side, 4, PASSED, Code.OK)
    later, arrived = SHOWN_AT + 2 * DAY, (FAILED, Code.STATUS_REVOKED)
    yield _case("announced_and_arrived", cwt, side, 4, *arrived, now=later, accept_stale_hours=72)
    yield _case("given_back", cwt, side, 5, PASSED, Code.OK)
    yield _case("ageing", cwt, side, 0, PASSED, Code.OK, now=ISSUED_AT + timedelta(hours=2))
    yield _case("last_second", cwt, side, 0, PASSED, Code.OK, now=ISSUED_AT + DAY)
    stale = ISSUED_AT + DAY + timedelta(seconds=1)
    yield _case("stale", cwt, side, 0, UNSURE, Code.STATUS_STALE, now=stale)
    yield _case("stale_and_suspended", cwt, side, 1, UNSURE, Code.STATUS_STALE, now=stale)
    yield _case("stale_and_revoked", cwt, side, 2, FAILED, Code.STATUS_REVOKED, now=stale)
    early = ISSUED_AT - timedelta(seconds=61)
    yield _case("clock_behind_the_list", cwt, side, 0, UNSURE, Code.CLOCK_SUSPECT, now=early)
    memory = {"lists": [{"uri": NAME.uri, "issued_at": moment_text(SHOWN_AT)}]}
    refused = UNSURE, Code.STATUS_LIST_REFUSED
    yield _case("rolled_back", cwt, side, 0, *refused, memory=memory)
    yield from _refused(cwt, side, words)


def _refused(cwt: bytes, side: bytes, words: dict[int, StatusWord]) -> Iterator[Json]:
    refused = UNSURE, Code.STATUS_LIST_REFUSED
    missing = UNSURE, Code.STATUS_NOT_AVAILABLE
    yield _case("no_list", None, side, 0, *missing)
    yield _case("no_side_list", cwt, None, 0, *missing)
    other_side = _pair({}, (), (), sequence=2)[1]
    yield _case("side_list_of_another_list", cwt, other_side, 0, *missing)
    yield _case("side_list_altered", cwt, side[:-1] + bytes((side[-1] ^ 1,)), 0, *missing)
    yield _case("list_altered", cwt[:-1] + bytes((cwt[-1] ^ 1,)), side, 0, *refused)
    stranger = es256.public_key_bytes(STRANGER.public_key())
    signed = _list(words, sign=es256.signer(STRANGER), kid=es256.key_id(stranger))
    yield _case("list_by_a_stranger", signed, side, 0, *refused)
    posed = _list(words, sign=es256.signer(STRANGER), kid=KID)
    yield _case("list_by_a_stranger_under_our_name", posed, side, 0, *refused)
    for name, changed in (
        ("other_shard", replace(NAME, shard=1)),
        ("other_registry", replace(NAME, registry=RegistryId("cn-other"))),
        ("other_authority", replace(NAME, authority=OTHER_AUTHORITY)),
    ):
        yield _case(f"list_of_{name}", _list(words, changed), side, 0, *refused)
    old = _list(words, issued_at=SIGNED_AT.replace(year=2025))
    yield _case("list_before_its_key", old, side, 0, *refused)
    for name, claims in _claims(cwt):
        data = cose.sign1(cbor.dumps(claims), content_type=status_list.CWT_TYPE, kid=KID, sign=SIGN)
        yield _case(f"list_{name}", data, side, 0, *refused)
    parts = cose.parts(cwt, max_bytes=status_list.MAX_CWT_BYTES)
    wrong = cose.sign1(parts.payload, content_type="application/cwt", kid=KID, sign=SIGN)
    yield _case("list_of_another_type", wrong, side, 0, *refused)
    yield _case("side_list_as_list", side, side, 0, *refused)


def _claims(cwt: bytes) -> Iterator[tuple[str, dict[cbor.CborKey, cbor.CborValue]]]:
    parts = cose.parts(cwt, max_bytes=status_list.MAX_CWT_BYTES)
    found = cbor.loads(parts.payload, max_bytes=status_list.MAX_CWT_BYTES)
    assert isinstance(found, dict)
    listed = found[65533]
    assert isinstance(listed, dict)
    for name, packed in (
        ("bomb", zlib.compress(bytes(64 << 20), 9)),
        ("one_byte_short", zlib.compress(bytes(SHARD_BYTES - 1))),
        ("one_byte_long", zlib.compress(bytes(SHARD_BYTES + 1))),
        ("bytes_after_the_end", zlib.compress(bytes(SHARD_BYTES)) + b"\x00"),
        ("not_packed", bytes(16)),
    ):
        yield name, {**found, 65533: {**listed, "lst": packed}}
    yield "with_one_bit", {**found, 65533: {**listed, "bits": 1}}
    yield "without_end", {key: value for key, value in found.items() if key != 4}
    yield "of_eight_days", {**found, 4: int((ISSUED_AT + 8 * DAY).timestamp())}
    yield "with_another_claim", {**found, 1: "issuer"}


def _list(
    words: dict[int, StatusWord],
    name: ListName = NAME,
    *,
    issued_at: datetime = ISSUED_AT,
    kid: bytes = KID,
    sign: es256.SignBytes = SIGN,
) -> bytes:
    by_index = {StatusIndex(index): word for index, word in words.items()}
    made = make_list(name, by_index if name.shard == 0 else {}, issued_at=issued_at)
    return status_list.encode_cwt(made, kid=kid, sign=sign)


def _pair(
    words: dict[int, StatusWord],
    rows: tuple[SideRow, ...],
    announced: tuple[SideRow, ...],
    sequence: int = 1,
) -> tuple[bytes, bytes]:
    token = _list(words)
    made = make_list(NAME, {}, issued_at=ISSUED_AT)
    side = make_side_list(
        NAME,
        rows,
        announced,
        sequence=sequence,
        issued_at=made.issued_at,
        expires_at=made.expires_at,
        list_digest=Digest(sha256(token).digest()),
    )
    return token, side_list.encode(side, kid=KID, sign=SIGN)


def _case(
    name: str,
    cwt: bytes | None,
    side: bytes | None,
    index: int,
    state: CheckState,
    code: Code,
    *,
    now: datetime = SHOWN_AT,
    memory: Json | None = None,
    **ask: object,
) -> Json:
    value: Json = {
        "name": name,
        "input": {
            "cwt": b64(cwt) if cwt is not None else None,
            "side": b64(side) if side is not None else None,
            "index": index,
        },
        "ask": {"now": moment_text(now), **ask},
        "expect": {"state": state.value, "code": code.value},
    }
    return value | ({"memory": memory} if memory else {})
