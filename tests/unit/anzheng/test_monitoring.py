"""What the authority's decisions come to on the chain."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from anzheng.monitoring import decided, open_log
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.errors import Code
from licence.formats.manifest import ManifestDigest
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex
from tests.fakes.refusal import refuses

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)


def event(word: StatusWord, days: int = 0, effective: date = date(2026, 11, 21)) -> StatusEvent:
    return StatusEvent(
        leaf=Leaf(bytes(32)),
        ref=StatusRef(RegistryId("r"), StatusIndex(1)),
        authority=AuthorityId("11210000001234567X"),
        old=StatusWord.NONE,
        new=word,
        decided_at=START + timedelta(days=days),
        effective_from=effective,
        until=None,
        document_no="",
        ground="",
        successor=None,
    )


S = StatusWord


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((S.SUSPENDED,), S.SUSPENDED),
        ((S.SUSPENDED, S.NONE), S.NONE),
        ((S.SUSPENDED, S.NONE, S.SUSPENDED), S.SUSPENDED),
        ((S.REVOKED, S.CANCELLED), S.CANCELLED),
        ((S.CANCELLED, S.RESCINDED), S.RESCINDED),
        ((S.REVOKED, S.SUSPENDED), S.REVOKED),
    ],
)
def test_chain_has_the_last_word_that_may_follow(
    words: tuple[StatusWord, ...], expected: StatusWord
) -> None:
    found = decided([event(word, at) for at, word in enumerate(words)], TODAY)
    assert found.word is expected
    assert found.ever == frozenset(words)


def test_a_log_folder_that_is_not_there_is_not_an_empty_log(tmp_path: Path) -> None:
    registry, authority = RegistryId("r"), AuthorityId("11210000001234567X")
    assert open_log("") is None
    log = open_log(str(tmp_path / "log"))
    assert log is not None
    digest = ManifestDigest(bytes(32))
    with refuses(Code.NOT_CHECKED):
        log.manifest(registry, authority, digest)
    (tmp_path / "log").mkdir()
    assert log.manifest(registry, authority, digest) is None


def test_announced_decision_is_known_and_not_yet_wanted() -> None:
    later = TODAY + timedelta(days=3)
    found = decided([event(S.SUSPENDED), event(S.CANCELLED, 1, later)], TODAY)
    assert (found.word, found.at) == (S.SUSPENDED, START)
    assert S.CANCELLED in found.ever
    due = decided([event(S.SUSPENDED), event(S.CANCELLED, 1, later)], later)
    assert due.word is S.CANCELLED
    assert due.at > START + timedelta(days=6), "its time begins with the day on which it counts"
    assert decided([event(S.RESCINDED, 1, later)], TODAY).word is S.RESCINDED
