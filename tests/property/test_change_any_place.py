"""Flip, cut, insert, append at twenty thousand places of good files, offline: never valid.

`test_flip_any_byte` does two thousand of them in each run; these are for `make test-slow`.
"""

import random
from collections.abc import Iterator

import pytest

from licence.errors import Code
from licence.formats import hole
from licence.formats.verdict import Verdict
from tests.bad import store
from tests.bad.case import Ask, judge, trust_of
from tests.bad.changes import changed
from verifier.policy import BATCH
from verifier.verify import verify

FILES = ("licence", "licence-5", "licence-long")
PLACES = 20_000
PARTS = 20


def _ask(name: str, file: bytes | None = None) -> Ask:
    known = store.bases()
    lists = {each: known[each] for each in ("list", "side", "other-list", "other-side")}
    return Ask({"file": file or known[name], "bundle": known["bundle"], **lists})


@pytest.mark.parametrize("name", FILES)
def test_the_files_themselves_are_valid(name: str) -> None:
    assert judge(_ask(name)).verdict is Verdict.VALID


def _changes(part: int, count: int) -> Iterator[tuple[str, bytes]]:
    chosen = random.Random(part)
    for number in range(count):
        name = FILES[number % len(FILES)]
        yield name, changed(store.bases()[name], chosen)


def _never_valid(part: int, count: int) -> None:
    trust = trust_of(_ask("licence"))
    now = _ask("licence").now
    for number, (name, file) in enumerate(_changes(part, count)):
        if file == store.bases()[name]:
            continue
        report = verify(file, trust, policy=BATCH, now=now)
        assert report.verdict is not Verdict.VALID, (part, number)
        assert report.code is not Code.INTERNAL, (part, number)


@pytest.mark.parametrize("part", range(2))
def test_some_places(part: int) -> None:
    _never_valid(1_000 + part, 150)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand_places(part: int) -> None:
    _never_valid(part, PLACES // PARTS)


def test_changes_are_of_all_kinds_and_places() -> None:
    """Otherwise the tests above would look at nothing."""
    good = store.bases()["licence"]
    place = hole.find(good)
    chosen = random.Random(1)
    found = [changed(good, chosen) for _ in range(400)]
    assert {(len(each) > len(good)) - (len(each) < len(good)) for each in found} == {-1, 0, 1}
    assert any(each.startswith(good) and each != good for each in found)
    same = [each for each in found if len(each) == len(good)]
    inside = [each for each in same if each[: place.start] == good[: place.start]]
    assert 20 < len(inside) < len(same)
