"""Several timestamp authorities: who is asked, who rests, and what becomes of a batch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Barrier, Lock

import pytest
from typing_extensions import override

from licence.errors import AnzhengError, Code
from licence.ids import Digest
from signer.tsa_pool import Member, PoolPolicy, TsaPool
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.fakes.signing import FakeEntropy, pki

IMPRINT = Digest(sha256(b"signature").digest())
DOWN = AnzhengError(Code.TSA_UNAVAILABLE, "down")
LIES = AnzhengError(Code.TSA_ANSWER, "proves nothing")
POLICY = PoolPolicy(
    attempt_seconds=10, budget_seconds=30, failures=2, cool_down=timedelta(seconds=60), parallel=4
)


class Watch:
    """A stop watch that the authorities push on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeTsa:
    """Answers with its name and the digest, or fails as it was told."""

    url: str
    watch: Watch = field(default_factory=Watch)
    takes: float = 0.0
    fails: list[AnzhengError | None] = field(default_factory=list)
    test_only: bool = False
    asked: list[float] = field(default_factory=list)
    always: AnzhengError | None = None
    before: Callable[[], object] = lambda: None

    @property
    def certificates(self) -> tuple[bytes, ...]:
        return (self.url.encode(), b"root")

    def timestamp(self, imprint: Digest, *, seconds: float) -> bytes:
        self.before()
        self.asked.append(seconds)
        self.watch.now += min(self.takes, seconds)
        fault = self.fails.pop(0) if self.fails else self.always
        if fault is not None:
            raise fault
        return self.url.encode() + imprint


@dataclass
class FakeCrls:
    """Gives a list, or an error."""

    lists: tuple[bytes, ...] = (b"crl",)
    fault: AnzhengError | None = None

    def current(self, _now: datetime) -> tuple[bytes, ...]:
        if self.fault is not None:
            raise self.fault
        return self.lists


def _pool(*authorities: FakeTsa, clock: FakeClock | None = None, **changes: object) -> TsaPool:
    members = [Member(each, FakeCrls()) for each in authorities]
    watch = authorities[0].watch
    policy = PoolPolicy(**{**_fields(POLICY), **changes})  # type: ignore[arg-type]
    return TsaPool(members, policy=policy, clock=clock or FakeClock(), seconds=watch)


def _fields(policy: PoolPolicy) -> dict[str, object]:
    return {name: getattr(policy, name) for name in PoolPolicy.__slots__}


def test_the_first_that_works_is_asked_and_nobody_else() -> None:
    first, second = FakeTsa("a"), FakeTsa("b")
    assert _pool(first, second).timestamp(IMPRINT) == b"a" + IMPRINT
    assert not second.asked


def test_the_next_is_asked_when_the_first_fails() -> None:
    first, second = FakeTsa("a", always=DOWN), FakeTsa("b")
    assert _pool(first, second).timestamp(IMPRINT) == b"b" + IMPRINT


def test_a_hiccup_of_the_only_one_is_asked_again() -> None:
    only = FakeTsa("a", fails=[DOWN])
    assert _pool(only).timestamp(IMPRINT) == b"a" + IMPRINT
    assert len(only.asked) == 2


def test_one_that_failed_twice_rests_until_its_time_is_over() -> None:
    clock = FakeClock()
    first, second = FakeTsa("a", always=DOWN), FakeTsa("b")
    pool = _pool(first, second, clock=clock)
    for _ in range(5):
        pool.timestamp(IMPRINT)
    assert len(first.asked) == POLICY.failures
    first.always = None
    clock.advance(timedelta(seconds=59))
    assert pool.timestamp(IMPRINT).startswith(b"b")
    clock.advance(timedelta(seconds=1))
    assert pool.timestamp(IMPRINT).startswith(b"a")
    assert pool.timestamp(IMPRINT).startswith(b"a")


def test_one_that_is_still_down_after_its_rest_rests_again_at_once() -> None:
    clock = FakeClock()
    first, second = FakeTsa("a", always=DOWN), FakeTsa("b")
    pool = _pool(first, second, clock=clock)
    for _ in range(3):
        pool.timestamp(IMPRINT)
    clock.advance(POLICY.cool_down)
    asked = len(first.asked)
    for _ in range(3):
        pool.timestamp(IMPRINT)
    assert len(first.asked) == asked + 1


def test_one_that_lies_rests_at_once() -> None:
    first, second = FakeTsa("a", always=LIES), FakeTsa("b")
    pool = _pool(first, second)
    for _ in range(3):
        assert pool.timestamp(IMPRINT).startswith(b"b")
    assert len(first.asked) == 1


def test_a_success_forgets_earlier_failures() -> None:
    first, second = FakeTsa("a", fails=[DOWN, None, DOWN, None]), FakeTsa("b")
    pool = _pool(first, second)
    answers = [pool.timestamp(IMPRINT)[:1] for _ in range(4)]
    assert answers == [b"b", b"a", b"b", b"a"]


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ((DOWN, DOWN), Code.TSA_UNAVAILABLE),
        ((LIES, LIES), Code.TSA_ANSWER),
        ((LIES, DOWN), Code.TSA_UNAVAILABLE),
    ],
)
def test_when_nobody_answers_the_error_says_why(
    faults: tuple[AnzhengError, AnzhengError], code: Code
) -> None:
    pool = _pool(*(FakeTsa(name, always=fault) for name, fault in zip("ab", faults, strict=True)))
    with refuses(code):
        pool.timestamp(IMPRINT)


def test_when_all_rest_nobody_waits() -> None:
    only = FakeTsa("a", always=DOWN)
    pool = _pool(only)
    for _ in range(3):
        with refuses(Code.TSA_UNAVAILABLE):
            pool.timestamp(IMPRINT)
    assert len(only.asked) == POLICY.failures


def test_a_document_has_one_budget_whoever_is_asked() -> None:
    watch = Watch()
    slow = [FakeTsa(name, watch, takes=9, always=DOWN) for name in "abc"]
    pool = _pool(*slow, budget_seconds=20, failures=9)
    with refuses(Code.TSA_UNAVAILABLE):
        pool.timestamp(IMPRINT)
    assert [each.asked for each in slow] == [[10], [10], [2]]
    assert watch.now == 20


def test_a_batch_keeps_its_order_and_asks_several_at_once() -> None:
    together = Barrier(4, timeout=60)
    pool = _pool(FakeTsa("a", before=together.wait))
    imprints = [Digest(bytes([each]) * 32) for each in range(16)]
    assert list(pool.timestamp_many(imprints)) == [b"a" + each for each in imprints]


def test_a_batch_is_read_no_further_than_a_little_ahead() -> None:
    read: list[int] = []

    def imprints() -> list[Digest]:
        return [Digest(bytes([each]) * 32) for each in range(100)]

    def counted() -> object:
        for place, each in enumerate(imprints()):
            read.append(place)
            yield each

    tokens = _pool(FakeTsa("a")).timestamp_many(counted())  # type: ignore[arg-type]
    next(tokens)
    assert max(read) < 10
    tokens.close()  # type: ignore[attr-defined]


def test_a_batch_ends_at_the_first_without_a_token_and_what_came_before_is_good() -> None:
    lock, count = Lock(), [0]

    def dies() -> None:
        with lock:
            count[0] += 1
            if count[0] > 5:
                raise DOWN

    got: list[bytes] = []
    pool = _pool(FakeTsa("a", before=dies), parallel=1)
    imprints = [Digest(bytes([each]) * 32) for each in range(9)]
    with refuses(Code.TSA_UNAVAILABLE):
        got.extend(pool.timestamp_many(imprints))
    assert got == [b"a" + each for each in imprints[:5]]


def test_certificates_and_lists_of_all_go_into_the_files() -> None:
    members = [
        Member(FakeTsa("a"), FakeCrls((b"1", b"root"))),
        Member(FakeTsa("b"), FakeCrls((b"2", b"root"))),
    ]
    pool = TsaPool(members, policy=POLICY, clock=FakeClock())
    assert pool.certificates == (b"a", b"root", b"b")
    assert pool.crls() == (b"1", b"root", b"2")


def test_one_without_valid_lists_is_not_asked_until_it_has_them() -> None:
    lists = FakeCrls(fault=DOWN)
    members = [Member(FakeTsa("a"), lists), Member(FakeTsa("b"), FakeCrls((b"2",)))]
    pool = TsaPool(members, policy=POLICY, clock=FakeClock())
    assert pool.crls() == (b"2",)
    assert pool.timestamp(IMPRINT).startswith(b"b")
    lists.fault = None
    assert pool.timestamp(IMPRINT).startswith(b"b"), "the files of this batch have no list of it"
    assert pool.crls() == (b"crl", b"2")
    assert pool.timestamp(IMPRINT).startswith(b"a")


def test_without_any_valid_list_nothing_is_timestamped() -> None:
    pool = TsaPool([Member(FakeTsa("a"), FakeCrls(fault=DOWN))], policy=POLICY, clock=FakeClock())
    with refuses(Code.TSA_UNAVAILABLE):
        pool.crls()
    with refuses(Code.TSA_UNAVAILABLE):
        pool.timestamp(IMPRINT)


def test_the_lists_of_a_token_are_those_of_its_authority() -> None:
    class Ours(FakeTsa):
        @property
        @override
        def certificates(self) -> tuple[bytes, ...]:
            return (pki().tsa_key.certificate,)

    members = [Member(FakeTsa("a"), FakeCrls((b"1",))), Member(Ours("b"), FakeCrls((b"2",)))]
    pool = TsaPool(members, policy=POLICY, clock=FakeClock())
    pool.crls()
    token = pki().tsa(clock=FakeClock(), entropy=FakeEntropy()).timestamp(IMPRINT)
    assert pool.crls_of(token) == (b"2",)
    with refuses(Code.TSA_ANSWER):
        _pool(FakeTsa("a")).crls_of(token)


def test_one_test_authority_makes_the_pool_one_for_tests() -> None:
    assert _pool(FakeTsa("a"), FakeTsa("b", test_only=True)).test_only
    assert not _pool(FakeTsa("a"), FakeTsa("b")).test_only


@pytest.mark.parametrize("names", ["", "aa"])
def test_a_pool_needs_authorities_each_once(names: str) -> None:
    members = [Member(FakeTsa(name), FakeCrls()) for name in names]
    with refuses(Code.SETTINGS_INVALID):
        TsaPool(members, policy=POLICY, clock=FakeClock())
