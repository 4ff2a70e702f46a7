"""A registry asked by a process that runs for long: kept for seconds, and not waited for twice."""

from collections.abc import Callable
from datetime import date

import pytest

from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, ChainId, Digest, Leaf, RegistryId
from verifier.long_online import KEEP_SECONDS, PAUSE_SECONDS, SLOW_SECONDS, LongOnline, Patience
from verifier.ports import ChainReader

NAMES = RegistryId("r"), AuthorityId("a")
LEAF = Leaf(bytes(32))


class SlowRegistry:
    """Counts questions, and takes its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.takes = 0.0
        self.fails = False
        self.asked = 0

    def _answer(self) -> bytes:
        self.asked += 1
        self.now += self.takes
        if self.fails:
            raise AnzhengError(Code.NOT_CHECKED, "no answer")
        return str(self.asked).encode()

    def evidence(self, leaf: Leaf) -> bytes | None:
        del leaf
        return self._answer()

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        del registry, authority, shard
        return self._answer()

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        del registry, authority, shard
        return self._answer()

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        del registry, authority, digest
        return self._answer()

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        del registry, authority, shard, on
        return self._answer()

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        del chain_id
        return None


@pytest.fixture
def slow() -> SlowRegistry:
    return SlowRegistry()


@pytest.fixture
def online(slow: SlowRegistry) -> LongOnline:
    return LongOnline(slow, Patience(lambda: slow.now), Patience(lambda: slow.now))


def test_lists_are_kept_for_seconds_and_evidence_is_not(
    slow: SlowRegistry, online: LongOnline
) -> None:
    assert [online.status_list(*NAMES, 0) for _ in range(3)] == [b"1"] * 3
    assert online.side_list(*NAMES, 0) == b"2"
    assert online.status_list(*NAMES, 1) == b"3"
    assert [online.evidence(LEAF), online.evidence(LEAF)] == [b"4", b"5"]
    slow.now += KEEP_SECONDS
    assert online.status_list(*NAMES, 0) == b"6"


def test_silence_is_waited_for_once(slow: SlowRegistry, online: LongOnline) -> None:
    slow.fails, slow.takes = True, SLOW_SECONDS
    questions: tuple[Callable[[], bytes | None], ...] = (
        lambda: online.status_list(*NAMES, 0),
        lambda: online.side_list(*NAMES, 0),
        lambda: online.evidence(LEAF),
        lambda: online.past_list(*NAMES, 0, date(2026, 1, 1)),
    )
    for _ in range(2):
        asked = slow.asked
        for question in questions:
            with pytest.raises(AnzhengError) as caught:
                question()
            assert caught.value.code is Code.NOT_CHECKED
        assert slow.asked == asked + 1
        slow.now += PAUSE_SECONDS
    slow.fails = False
    assert online.evidence(LEAF) is not None


def test_a_quick_refusal_is_asked_again(slow: SlowRegistry, online: LongOnline) -> None:
    slow.fails = True
    for _ in range(3):
        with pytest.raises(AnzhengError):
            online.status_list(*NAMES, 0)
    assert slow.asked == 3


def test_a_registry_that_falls_silent_does_not_take_the_newest_list_with_it(
    slow: SlowRegistry, online: LongOnline
) -> None:
    assert online.status_list(*NAMES, 0) == b"1"
    slow.now += KEEP_SECONDS
    slow.fails = True
    assert online.status_list(*NAMES, 0) == b"1"
    with pytest.raises(AnzhengError):
        online.status_list(*NAMES, 1)
