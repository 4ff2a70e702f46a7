"""Rates, quotas, keys and addresses: who may ask how often, also while Redis is lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.verifier_service import QuickEngine, service
from tests.fakes.web import AppClient
from verifier.service import api_keys
from verifier.service.api_keys import KeyBook, NewKey, Scope
from verifier.service.callers import network_name, told_address
from verifier.service.limits import Limiter, LocalCounters, Rule, Taken
from verifier.service.redis_store import RedisStore

HERE = "/v1/verifications"
PDF = {"Content-Type": "application/pdf"}
RULE = Rule(per_minute=3, per_day=5)
MORNING = datetime(2026, 11, 21, 4, tzinfo=UTC)


class LostRedis:
    """Counters that answer until they are lost."""

    def __init__(self) -> None:
        self.lost = False
        self.asked = 0
        self._inner = LocalCounters()

    async def take(self, who: str, files: int, rule: Rule, now: datetime) -> Taken:
        self.asked += 1
        if self.lost:
            raise AnzhengError(Code.STORE_FAILED, "lost")
        return await self._inner.take(who, files, rule, now)


def admit(limiter: Limiter, count: int, who: str = "a", rule: Rule = RULE) -> list[str]:
    """Return what so many requests in a row come to."""
    found: list[str] = []
    waits: list[int] = []

    async def all_of_them() -> None:
        for _ in range(count):
            try:
                await limiter.admit(who, 1, rule)
                found.append("ok")
            except AnzhengError as error:
                waits.append(int(str(error.facts["retry_after"])))
                found.append(error.code.value)

    asyncio.run(all_of_them())
    assert all(wait >= 1 for wait in waits)
    return found


def test_a_burst_then_evenly() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    assert admit(limiter, 4) == ["ok"] * 3 + ["RATE_LIMITED"]
    clock.advance(timedelta(seconds=19))
    assert admit(limiter, 1) == ["RATE_LIMITED"]
    clock.advance(timedelta(seconds=1))
    assert admit(limiter, 2) == ["ok", "RATE_LIMITED"]
    assert admit(limiter, 1, who="b") == ["ok"]


def test_a_day_has_its_number_and_ends_at_midnight() -> None:
    clock = FakeClock(datetime(2026, 11, 21, 23, 0, tzinfo=UTC))
    limiter = Limiter(clock)
    for _ in range(5):
        assert admit(limiter, 1) == ["ok"]
        clock.advance(timedelta(minutes=1))
    assert admit(limiter, 1) == ["QUOTA_EXCEEDED"]
    clock.advance(timedelta(minutes=55))
    assert admit(limiter, 1) == ["ok"]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), max_size=40),
    st.integers(1, 5),
    st.integers(1, 30),
)
def test_nobody_gets_more_than_the_rule(
    steps: list[tuple[int, int]], per_minute: int, per_day: int
) -> None:
    counters, rule = LocalCounters(), Rule(per_minute, per_day)
    moment = datetime(2026, 11, 21, 1, tzinfo=UTC)
    granted: list[tuple[datetime, int]] = []
    for wait, files in steps:
        moment += timedelta(seconds=wait)
        taken = asyncio.run(counters.take("a", files, rule, moment))
        if taken.code is None:
            granted.append((moment, files))
    assert sum(files for _, files in granted) <= per_day
    for begin, _ in granted:
        within = [at for at, _ in granted if begin <= at < begin + timedelta(seconds=60)]
        # A full burst, and what a minute gives back.
        assert len(within) <= 2 * per_minute


def test_without_redis_a_process_grants_its_share() -> None:
    clock, redis = FakeClock(), LostRedis()
    limiter = Limiter(clock, redis, replicas=2)
    rule = Rule(per_minute=100, per_day=10)
    assert admit(limiter, 4, rule=rule) == ["ok"] * 4
    redis.lost = True
    # Of its share of 5 it has granted 4 already.
    assert admit(limiter, 3, rule=rule) == ["ok", "QUOTA_EXCEEDED", "QUOTA_EXCEEDED"]
    assert limiter.is_degraded
    assert redis.asked == 5
    redis.lost = False
    clock.advance(timedelta(seconds=5))
    assert admit(limiter, 7, rule=rule)[:5] == ["ok"] * 5
    assert not limiter.is_degraded
    # And never more than the rule in this process, whatever Redis forgot.
    assert admit(limiter, 1, rule=rule) == ["QUOTA_EXCEEDED"]


def test_a_caller_is_told_when_to_come_again(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine(), address_per_minute=2) as made:
        client = AppClient(made.app)
        answers = [client.post(HERE, content=b"%PDF-", headers=PDF) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "RATE_LIMITED"
    assert int(answers[2].headers["Retry-After"]) == 30
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=2;w=60, "day";q=2000;w=86400'
    assert answers[0].headers["RateLimit"] == '"day";r=1999'


def test_a_key_has_a_rate_of_its_own_and_scopes(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine(), address_per_minute=1, anonymous=False) as made:
        client, clock = AppClient(made.app), made.clock
        book = KeyBook(tmp_path / "api-keys.json")
        _, text = book.make(
            NewKey("某某银行", frozenset({Scope.VERIFY}), per_minute=5),
            now=clock.now(),
            expires_at=clock.now() + timedelta(days=1),
            entropy=SeededEntropy(),
        )
        assert client.post(HERE, content=b"%PDF-", headers=PDF).json()["code"] == "API_KEY_SCOPE"
        for headers in ({"X-Api-Key": text}, {"Authorization": f"Bearer {text}"}):
            answer = client.post(HERE, content=b"%PDF-", headers=PDF | headers)
            assert answer.status_code == 200
            assert answer.headers["RateLimit-Policy"].startswith('"minute";q=5')
        batch = client.post(f"{HERE}:batch", content=b"", headers={"X-Api-Key": text})
        assert (batch.status_code, batch.json()["code"]) == (403, "API_KEY_SCOPE")
        clock.advance(timedelta(days=1))
        late = client.post(HERE, content=b"%PDF-", headers=PDF | {"X-Api-Key": text})
        assert (late.status_code, late.json()["code"]) == (401, "API_KEY_REFUSED")
        assert late.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_is_kept_as_a_digest_and_can_be_withdrawn(tmp_path: Path) -> None:
    path, now = tmp_path / "keys.json", datetime(2026, 11, 21, tzinfo=UTC)
    book, other = KeyBook(path), KeyBook(path)
    made, text = book.make(
        NewKey("bank"), now=now, expires_at=now + timedelta(days=1), entropy=SeededEntropy()
    )
    data = path.read_text("utf-8")
    assert text.rpartition("_")[2] not in data
    assert path.stat().st_mode & 0o077 == 0
    assert other.find(text, now) == made == api_keys.decode(path.read_bytes())[0]
    book.withdraw(made.id, now)
    for wrong in (text, text[:-1] + "a", f"azk_{'a' * 8}_{'a' * 52}", "", "azk__", "ключ"):
        with pytest.raises(AnzhengError) as caught:
            other.find(wrong, now)
        assert caught.value.code is Code.API_KEY_REFUSED


def test_a_damaged_file_of_keys_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b'{"keys":[]}')
    with pytest.raises(AnzhengError) as caught:
        KeyBook(path).find(f"azk_{'a' * 8}_{'a' * 52}", datetime(2026, 11, 21, tzinfo=UTC))
    assert caught.value.code is Code.SETTINGS_INVALID


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 121])
def test_a_key_names_its_owner(tmp_path: Path, name: str) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with pytest.raises(AnzhengError) as caught:
        KeyBook(tmp_path / "k").make(NewKey(name), now=now, expires_at=now, entropy=SeededEntropy())
    assert caught.value.code is Code.REQUEST_INVALID


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.5", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        # Listening on both kinds; proxies that write ports.
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5:41234", "203.0.113.5"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "203.0.113.5:", "10.0.0.1"),
        ("10.0.0.1", "[2001:db8::1", "10.0.0.1"),
        ("10.0.0.1", "[]:80", "10.0.0.1"),
        ("unknown", "203.0.113.5", "0.0.0.0"),  # noqa: S104 - stands for nobody
    ],
)
def test_only_our_proxies_are_believed(peer: str, forwarded: str, found: str) -> None:
    assert str(told_address(peer, forwarded, (ip_network("10.0.0.0/8"),))) == found


def test_a_site_is_one_caller() -> None:
    def name(text: str) -> str:
        return network_name(told_address(text, "", ()))

    assert name("2001:db8::1") == name("2001:db8::ffff:2") != name("2001:db8:0:1::1")
    assert name("::ffff:192.0.2.1") == name("192.0.2.1") != name("192.0.2.2")


class _LyingClient:
    """A Redis that answers, and not as the script does."""

    def __init__(self, said: object) -> None:
        self._said = said

    async def eval(self, *_given: object) -> object:
        return self._said


@pytest.mark.parametrize(
    "said",
    [
        [b"maybe", b"1", b"0"],
        [b"yes", b"many", b"0"],
        [b"yes", b"inf", b"0"],
        [b"minute", b"1", b"nan"],
        [b"minute", b"1", b"1e300"],
        [b"minute", b"1", b"-5"],
        [10**9, b"1", b"0"],
        [[b"yes"], b"1", b"0"],
        [b"yes"],
        None,
    ],
    ids=str,
)
def test_a_redis_that_answers_nonsense_is_one_that_is_lost(said: object) -> None:
    store = RedisStore(_LyingClient(said))  # type: ignore[arg-type]
    limiter = Limiter(FakeClock(MORNING), store)
    assert admit(limiter, 1) == ["ok"]
    assert limiter.is_degraded


def test_a_redis_grants_no_more_than_the_rule() -> None:
    store = RedisStore(_LyingClient([b"yes", b"99999999", b"0"]))  # type: ignore[arg-type]
    taken = asyncio.run(store.take("a", 1, RULE, MORNING))
    assert taken.left == RULE.per_day
