"""Was it valid on that day: the newest lists decide, beside what was published then."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import httpx
import pytest

from licence.domain.status import StatusWord
from licence.domain.validity import shanghai_date
from licence.errors import Code
from licence.formats import status_list
from licence.formats.checks import CheckName
from licence.formats.report import Report
from licence.formats.status_shard import ListName, make_list
from licence.formats.trust_types import StatusKey
from licence.formats.verdict import Verdict
from licence.ids import Digest, StatusIndex
from tests.builders import (
    AUTHORITY,
    BASE_URI,
    REGISTRY,
    SIGNED_AT,
    Issued,
    World,
    make_world,
    side_row,
)
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY, KID, SIGN
from verifier.online import HttpRegistry
from verifier.policy import BATCH
from verifier.verify import verify

LATER = SIGNED_AT + timedelta(days=9)
THEN = SIGNED_AT + timedelta(days=3)
DAY = shanghai_date(THEN)


@cache
def issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


@pytest.fixture
def world() -> World:
    return make_world()


def past(word: StatusWord, at: datetime = THEN, shard: int = 0) -> bytes:
    name = ListName(BASE_URI, REGISTRY, AUTHORITY, shard)
    listed = make_list(name, {StatusIndex(0): word} if shard == 0 else {}, issued_at=at)
    return status_list.encode_cwt(listed, kid=KID, sign=SIGN)


def ask(world: World, token: bytes | None, on: date = DAY) -> Report:
    """Ask on a later day about one before; the lists of the later day are fresh."""
    if (REGISTRY, AUTHORITY, 0) not in world.lists:
        world.publish(issued_at=LATER)
    trust = world.trust()
    kept: dict[tuple[str, str, int, date], bytes] = {}
    if token is not None:
        kept[REGISTRY, AUTHORITY, 0, on] = token
    return verify(
        issued().pdf,
        replace(trust, past=kept, newest_signed_time=LATER),
        policy=BATCH,
        now=LATER + timedelta(minutes=5),
        on=on,
    )


def facts(report: Report) -> dict[str, object]:
    check = report.check(CheckName.STATUS)
    assert check is not None
    return dict(check.facts)


def test_valid_on_a_day_and_said_so_then(world: World) -> None:
    report = ask(world, past(StatusWord.NONE))
    assert (report.verdict, report.code) == (Verdict.VALID, Code.OK)
    assert facts(report)["published_then"] == "valid"
    assert facts(report)["published_at"] == "2026-11-24T04:00:00Z"


def test_without_a_kept_list_the_newest_decide(world: World) -> None:
    report = ask(world, None)
    assert report.verdict is Verdict.VALID
    assert "published_then" not in facts(report)


def test_found_out_later_is_said_beside_what_was_published_then(world: World) -> None:
    row = side_row(0, StatusWord.REVOKED, DAY - timedelta(days=1), decided_at=LATER)
    world.publish({0: StatusWord.REVOKED}, [row], issued_at=LATER)
    report = ask(world, past(StatusWord.NONE))
    assert report.code is Code.STATUS_REVOKED
    assert facts(report)["published_then"] == "valid"


def test_revoked_after_the_day_was_valid_on_it(world: World) -> None:
    row = side_row(0, StatusWord.REVOKED, DAY + timedelta(days=2), decided_at=LATER)
    world.publish({0: StatusWord.REVOKED}, [row], issued_at=LATER)
    assert ask(world, past(StatusWord.NONE)).verdict is Verdict.VALID
    assert ask(world, past(StatusWord.NONE), shanghai_date(LATER)).code is Code.STATUS_REVOKED


def test_what_was_published_as_final_stays_final(world: World) -> None:
    """The log was put back to a day before, and the chain with it."""
    report = ask(world, past(StatusWord.REVOKED))
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.STATUS_FINAL)


def test_suspension_that_nobody_remembers_is_a_conflict(world: World) -> None:
    report = ask(world, past(StatusWord.SUSPENDED))
    assert (report.verdict, report.code) == (Verdict.UNDETERMINED, Code.STATUS_CONFLICT)


def test_suspension_given_back_from_an_earlier_day_is_explained(world: World) -> None:
    rows = [
        side_row(0, StatusWord.SUSPENDED, DAY - timedelta(days=2), decided_at=SIGNED_AT),
        side_row(0, StatusWord.NONE, DAY, decided_at=LATER),
    ]
    world.publish({}, rows, issued_at=LATER)
    report = ask(world, past(StatusWord.SUSPENDED))
    assert report.verdict is Verdict.VALID
    assert facts(report)["published_then"] == "suspended"


@pytest.mark.parametrize(
    "token",
    [b"", b"junk", past(StatusWord.REVOKED, shard=1), past(StatusWord.REVOKED)[:-1] + b"\x00"],
)
def test_refused_list_of_the_past_is_a_note(world: World, token: bytes) -> None:
    report = ask(world, token)
    assert report.verdict is Verdict.VALID
    check = report.check(CheckName.STATUS)
    assert check is not None
    assert Code.STATUS_LIST_REFUSED in check.notes


def test_list_of_another_day_says_nothing_of_this_one(world: World) -> None:
    report = ask(world, past(StatusWord.REVOKED, THEN - timedelta(days=1)))
    assert report.verdict is Verdict.VALID
    assert "published_then" not in facts(report)


def test_closed_key_is_believed_for_what_it_signed_before() -> None:
    closed: StatusKey = replace(KEY, valid_to=THEN + timedelta(hours=1))
    name = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
    token = past(StatusWord.NONE)
    assert status_list.decode_cwt(token, keys=[closed], expected=name).issued_at == THEN
    with refuses(Code.STATUS_LIST_REFUSED):
        status_list.decode_cwt(token, keys=[replace(closed, valid_to=THEN)], expected=name)


def test_today_has_no_past(world: World) -> None:
    today = shanghai_date(LATER)
    assert "published_then" not in facts(ask(world, past(StatusWord.REVOKED, LATER), today))


def test_registry_is_asked_for_the_end_of_the_day_and_for_pages_by_digest() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, content=b"something")

    registry = HttpRegistry("https://registry.example", transport=httpx.MockTransport(answer))
    digest = Digest(bytes(range(32)))
    assert registry.past_list(REGISTRY, AUTHORITY, 3, DAY) == b"something"
    assert registry.side_page(REGISTRY, AUTHORITY, digest) == b"something"
    end = int(datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC).timestamp())
    assert asked == [
        f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/3?time={end}",
        f"/trust/pages/{REGISTRY}/{AUTHORITY}/{digest.hex()}.page",
    ]
    registry.close()


def test_registry_that_keeps_no_history_is_no_news(world: World) -> None:
    """A plain file server gives the newest list, others 406 or 501: the newest lists decide."""
    world.publish(issued_at=LATER)
    newest, _ = world.lists[REGISTRY, AUTHORITY, 0]
    for status, body in ((200, newest), (406, b""), (501, b""), (404, b"")):
        online = HttpRegistry(
            "https://registry.example",
            transport=httpx.MockTransport(lambda _, s=status, b=body: httpx.Response(s, content=b)),
        )
        report = verify(
            issued().pdf,
            replace(world.trust(), newest_signed_time=LATER),
            policy=BATCH,
            now=LATER + timedelta(minutes=5),
            on=DAY,
            online=online,
        )
        assert report.verdict is Verdict.VALID
        assert "published_then" not in facts(report)
        online.close()
