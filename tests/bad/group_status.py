"""Status: negative words, lists that are stale, foreign, rolled back or too large, and memory."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from licence.domain.status import StatusWord, is_final
from licence.errors import Code
from licence.formats import cbor, chain_proof, cose, status_list
from licence.formats.chain_proof import StatusProof
from licence.formats.status_shard import SHARD_BYTES, ListName, make_list
from licence.formats.verdict import Verdict
from licence.ids import RegistryId, StatusIndex
from tests.bad.case import NOW, Ask
from tests.bad.desk import Desk, good, sign_lists, steady, usual_lists
from tests.bad.recipe import INVALID, UNDETERMINED, Recipe
from tests.builders import (
    AUTHORITY,
    BASE_URI,
    OTHER_AUTHORITY,
    REGISTRY,
    SIGNED_AT,
    side_row,
)
from tests.fakes.status_keys import KID
from verifier import memory as memories
from verifier.memory import Memory

REFUSED = Code.STATUS_LIST_REFUSED
STALE = Code.STATUS_STALE
TODAY = date(2026, 11, 21)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
PUBLISHED = SIGNED_AT + timedelta(minutes=5)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)

Words = Mapping[int, StatusWord]


def _lists(desk: Desk, words: Words, rows: object = (), **more: object) -> dict[str, bytes]:
    with steady():
        cwt, side = desk.world.publish(words, rows, **more)  # type: ignore[arg-type]
    return {"list": cwt, "side": side}


def _published(
    words: Words, rows: object = (), *, now: datetime = NOW, **more: object
) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf, now=now).having(**_lists(desk, words, rows, **more))


def _word(word: StatusWord) -> Callable[[Desk], Ask]:
    return _published({0: word}, [side_row(0, word, YESTERDAY)])


def _on(word: StatusWord, day: date, on: date) -> Callable[[Desk], Ask]:
    def make(desk: Desk) -> Ask:
        lists = _lists(desk, {0: word}, [side_row(0, word, day)])
        return desk.ask(good(0).pdf, on=on).having(**lists)

    return make


def _token(
    *,
    name: ListName = NAME,
    at: datetime = PUBLISHED,
    words: Words | None = None,
    kid: bytes = KID,
    sign: Callable[[bytes], bytes] = sign_lists,
) -> bytes:
    indexed = {StatusIndex(index): word for index, word in (words or {}).items()}
    return status_list.encode_cwt(make_list(name, indexed, issued_at=at), kid=kid, sign=sign)


def _with(token: Callable[[], bytes]) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf).having(list=token())


def _claims(change: Callable[[dict[object, object]], object]) -> Callable[[], bytes]:
    """Sign other claims by the true key."""

    def make() -> bytes:
        message = cose.parts(usual_lists()["list"], max_bytes=1 << 20)
        claims = dict(cbor.loads(message.payload, max_bytes=1 << 20))  # type: ignore[arg-type,call-overload]
        claims[65533] = dict(claims[65533])
        change(claims)
        return cose.sign1(
            cbor.dumps(claims), content_type=status_list.CWT_TYPE, kid=KID, sign=sign_lists
        )  # type: ignore[arg-type]

    return make


def _packed(data: bytes) -> Callable[[dict[object, object]], object]:
    return lambda claims: claims[65533].__setitem__("lst", data)  # type: ignore[attr-defined]


def _set(claim: int, value: object) -> Callable[[dict[object, object]], object]:
    return lambda claims: claims.__setitem__(claim, value)


def _reserved(claims: dict[object, object]) -> None:
    _packed(zlib.compress(b"\x03" + bytes(SHARD_BYTES - 1)))(claims)


def _flipped(data: bytes) -> bytes:
    return data[:-9] + bytes((data[-9] ^ 1,)) + data[-8:]


def _wrong_sign(data: bytes) -> bytes:
    return sign_lists(data + b"!")


def _lacking(*names: str) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf).lacking(*names)


def _remembered(memory: Memory, **more: object) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf, **more).having(memory=memories.encode(memory))  # type: ignore[arg-type]


def _keys(**changes: object) -> Callable[[Desk], Ask]:
    def make(desk: Desk) -> Ask:
        first, *rest = desk.bundle.authorities
        key = replace(first.status_keys[0], **changes)  # type: ignore[arg-type]
        bundle = replace(desk.bundle, authorities=(replace(first, status_keys=(key,)), *rest))
        return desk.ask(good(0).pdf, bundle=bundle)

    return make


def _elsewhere(desk: Desk) -> Ask:
    first, *rest = desk.bundle.authorities
    moved = replace(first, list_base_uri="http://127.0.0.1:9/other")
    return desk.ask(good(0).pdf, bundle=replace(desk.bundle, authorities=(moved, *rest)))


def _side(data: Callable[[Desk], bytes]) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf).having(side=data(desk))


def _older_side(desk: Desk) -> Ask:
    """The list is new; the side list is that of an hour before, and another list's."""
    with steady():
        old = desk.world.publish(issued_at=PUBLISHED - timedelta(hours=1))[1]
        new = desk.world.publish(issued_at=PUBLISHED)[0]
    return desk.ask(good(0).pdf).having(list=new, side=old)


def _announced(on: date) -> Callable[[Desk], Ask]:
    """A revocation that is announced in the side list alone."""

    def make(desk: Desk) -> Ask:
        lists = _lists(desk, {}, [], announced=[side_row(0, StatusWord.REVOKED, TODAY)])
        return desk.ask(good(0).pdf, on=on).having(**lists)

    return make


def _inspector_too_late(desk: Desk) -> Ask:
    late = PUBLISHED + timedelta(hours=24 + 72, minutes=1)
    return desk.ask(good(0).pdf, now=late, policy="inspector")


def _suspended_stale(desk: Desk) -> Ask:
    lists = _lists(desk, {0: StatusWord.SUSPENDED}, [side_row(0, StatusWord.SUSPENDED, YESTERDAY)])
    return desk.ask(good(0).pdf, now=NOW + timedelta(days=3)).having(**lists)


def _revoked_stale(desk: Desk) -> Ask:
    lists = _lists(desk, {0: StatusWord.REVOKED}, [side_row(0, StatusWord.REVOKED, YESTERDAY)])
    return desk.ask(good(0).pdf, now=NOW + timedelta(days=30)).having(**lists)


def _by_chain(proof: bytes) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf).having(chain_proof=proof)


def _empty_proof() -> bytes:
    try:
        return chain_proof.encode(StatusProof(REGISTRY, AUTHORITY, (0,), ()))
    except Exception:  # noqa: BLE001 - our encoder refuses it, so its bytes are written by hand
        return cbor.dumps(("status-proof-v1", REGISTRY, AUTHORITY, (0,), ()))


def _shown_side(desk: Desk) -> bytes:
    with steady():
        return desk.world.publish(authority=OTHER_AUTHORITY)[1]


WORDS: tuple[tuple[str, str, Callable[[Desk], Ask], Code], ...] = (
    *(
        (word.name.lower(), f"the licence is {word.name.lower()}", _word(word), Code[f"STATUS_{word.name}"])
        for word in StatusWord
        if is_final(word)
    ),
    ("suspended", "the licence is suspended", _word(StatusWord.SUSPENDED), Code.STATUS_SUSPENDED),
    ("suspension-not-given-back", "the suspension ended yesterday and was not lifted", _published({0: StatusWord.SUSPENDED}, [side_row(0, StatusWord.SUSPENDED, YESTERDAY - timedelta(days=9), until=YESTERDAY)]), Code.STATUS_SUSPENDED),
    ("final-without-a-reason", "the list says final, the side list does not say why", _published({0: StatusWord.REVOKED}), Code.STATUS_FINAL),
    ("suspended-without-a-reason", "the list says suspended, the side list does not say why", _published({0: StatusWord.SUSPENDED}), Code.STATUS_SUSPENDED),
    ("rescinded-asked-about-before", "rescinded today, asked about last year", _on(StatusWord.RESCINDED, TODAY, date(2025, 1, 1)), Code.STATUS_RESCINDED),
    ("revoked-asked-about-that-day", "revoked yesterday, asked about yesterday", _on(StatusWord.REVOKED, YESTERDAY, YESTERDAY), Code.STATUS_REVOKED),
    ("announced-for-today", "a revocation announced for today stands in the side list alone", _announced(TODAY), Code.STATUS_REVOKED),
    ("announced-asked-about-later", "a revocation announced for today, asked about tomorrow", _announced(TOMORROW), Code.STATUS_REVOKED),
    ("revoked-in-an-old-list", "revoked by a list of last month: final is final", _revoked_stale, Code.STATUS_REVOKED),
)  # fmt: skip
LISTS: tuple[tuple[str, str, Callable[[Desk], Ask], Code], ...] = (
    ("missing", "no list", _lacking("list", "side"), Code.STATUS_NOT_AVAILABLE),
    ("without-side-list", "a list without its side list", _lacking("side"), Code.STATUS_NOT_AVAILABLE),
    ("empty", "an empty file", _with(lambda: b""), REFUSED),
    ("html", "an error page of the host", _with(lambda: b"<html>500 Internal Server Error</html>"), REFUSED),
    ("garbage", "garbage", _with(lambda: bytes(range(256))), REFUSED),
    ("stale", "a list that ended yesterday", lambda desk: desk.ask(good(0).pdf, now=NOW + timedelta(days=2)), STALE),
    ("stale-for-the-inspector", "too old even for 72 hours of patience", _inspector_too_late, STALE),
    ("stale-suspended", "suspended, by a list of three days ago", _suspended_stale, STALE),
    ("of-another-authority", "the list of another authority", _with(lambda: _token(name=replace(NAME, authority=OTHER_AUTHORITY))), REFUSED),
    ("of-another-registry", "the list of another registry", _with(lambda: _token(name=replace(NAME, registry=RegistryId("another")))), REFUSED),
    ("of-another-shard", "the list of the next shard", _with(lambda: _token(name=replace(NAME, shard=1))), REFUSED),
    ("of-another-host", "a list of another address", _with(lambda: _token(name=replace(NAME, base_uri="http://127.0.0.1:9/evil"))), REFUSED),
    ("bundle-elsewhere", "the bundle says that lists are elsewhere", _elsewhere, REFUSED),
    ("signature-flipped", "one bit of its signature", _with(lambda: _flipped(usual_lists()["list"])), REFUSED),
    ("signature-wrong", "signed over something else", _with(lambda: _token(sign=_wrong_sign)), REFUSED),
    ("key-unknown", "a key that nobody pinned", _with(lambda: _token(kid=bytes(len(KID)))), REFUSED),
    ("key-not-yet", "a key that was not valid yet", _keys(valid_from=PUBLISHED + timedelta(days=1)), REFUSED),
    ("key-closed", "a key that was closed before", _keys(valid_to=PUBLISHED - timedelta(days=1)), REFUSED),
    ("cut", "half a list", _with(lambda: usual_lists()["list"][:300]), REFUSED),
    ("bytes-after", "a byte behind the list", _with(lambda: usual_lists()["list"] + b"\0"), REFUSED),
    ("too-large", "a list of 400 kilobytes", _with(lambda: usual_lists()["list"] + bytes(400_000)), REFUSED),
    ("inflate-bomb", "a list that unpacks to a hundred megabytes", _with(_claims(_packed(zlib.compress(bytes(100 << 20), 9)))), REFUSED),
    ("too-short", "a list of one byte", _with(_claims(_packed(zlib.compress(b"\0")))), REFUSED),
    ("not-packed", "a list that is not packed", _with(_claims(_packed(bytes(64)))), REFUSED),
    ("one-bit", "a list of one bit a licence", _with(_claims(lambda claims: claims[65533].__setitem__("bits", 1))), REFUSED),  # type: ignore[attr-defined]
    ("reserved-value", "the value 3, which means nothing", _with(_claims(_reserved)), Code.STATUS_UNKNOWN_VALUE),
    ("ends-before-it-begins", "a list that ends before it was issued", _with(_claims(_set(4, 1))), REFUSED),
    ("for-a-century", "a list that ends in a hundred years", _with(_claims(_set(4, 4_900_000_000))), REFUSED),
    ("no-ttl", "a list without ttl", _with(_claims(lambda claims: claims.pop(65534))), REFUSED),
    ("a-claim-more", "a claim more", _with(_claims(_set(7, b"evil"))), REFUSED),
    ("time-as-text", "a time as text", _with(_claims(_set(6, "now"))), REFUSED),
    ("from-the-future", "a list of tomorrow", _published({}, issued_at=NOW + timedelta(days=1)), Code.CLOCK_SUSPECT),
    ("side-garbage", "garbage as a side list", _side(lambda _desk: b"garbage"), Code.STATUS_NOT_AVAILABLE),
    ("side-of-another-authority", "the side list of another authority", _side(_shown_side), Code.STATUS_NOT_AVAILABLE),
    ("side-flipped", "one bit of the side list", _side(lambda _desk: _flipped(usual_lists()["side"])), Code.STATUS_NOT_AVAILABLE),
    ("side-older", "a side list older than the list", _older_side, Code.STATUS_NOT_AVAILABLE),
    ("chain-proof-garbage", "garbage as a status proof beside good lists", _by_chain(b"garbage"), Code.CHAIN_PROOF_SYNTAX),
    ("chain-proof-empty", "a status proof of no contract", _by_chain(_empty_proof()), Code.CHAIN_PROOF_SYNTAX),
    ("rolled-back", "a list older than one that was seen", _remembered(Memory().saw_list(NAME, PUBLISHED + timedelta(minutes=1))), REFUSED),
    ("clock-behind-memory", "the clock is behind what was seen", _remembered(Memory(newest_signed_time=NOW + timedelta(days=9))), Code.CLOCK_SUSPECT),
    ("trust-folder-stale", "the trust folder ended last week", lambda desk: desk.ask(good(0).pdf, expired=NOW - timedelta(days=7)), Code.TRUST_BUNDLE_OLD),
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    rows: tuple[
        tuple[str, tuple[tuple[str, str, Callable[[Desk], Ask], Code], ...], Verdict], ...
    ] = (
        ("status", WORDS, INVALID),
        ("list", LISTS, UNDETERMINED),
    )
    return tuple(
        Recipe(f"{group}/{name}", what, make, code, verdict)
        for group, listed, verdict in rows
        for name, what, make, code in listed
    )
