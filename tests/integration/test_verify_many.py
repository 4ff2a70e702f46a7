"""Many files at once are judged as one by one, in their order, whatever some of them are."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.verdict import Verdict
from tests.builders import FakeTrust, World, make_world
from verifier.artefacts import Ask, PdfFile
from verifier.many import sampled, verify_each
from verifier.policy import BATCH, STRICT, Policy
from verifier.pool import GivenContext, Job, Limits, Pool
from verifier.verify import verify, verify_many


@pytest.fixture(scope="module")
def world() -> World:
    made = make_world()
    made.publish({1: StatusWord.SUSPENDED})
    return made


@pytest.fixture(scope="module")
def trust(world: World) -> FakeTrust:
    return world.trust()


@pytest.fixture(scope="module")
def files(world: World) -> list[bytes]:
    """Good, suspended, not anchored, appended to, altered, cut off, foreign, empty."""
    good, suspended = world.issue_all([world.version(0), world.version(1)])
    altered = bytearray(good.pdf)
    altered[len(altered) // 2] ^= 1
    return [
        good.pdf,
        suspended.pdf,
        good.bare,
        good.pdf + b"\n",
        bytes(altered),
        good.pdf[:-1_000],
        b"%PDF-1.7",
        b"",
    ]


@pytest.fixture(scope="module")
def pool(trust: FakeTrust) -> Iterator[Pool]:
    with Pool(2, Limits(), GivenContext(trust)) as made:
        yield made


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_the_pool_says_what_one_process_says(
    world: World, trust: FakeTrust, files: list[bytes], pool: Pool, data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(files), max_size=12))
    ask = Ask(replace(BATCH, accept_stale_hours=data.draw(st.integers(0, 9))), world.now)
    answers = [pool.submit(Job(PdfFile(pdf), ask)) for pdf in chosen]
    for pdf, answer in zip(chosen, answers, strict=True):
        expected = verify(pdf, trust, policy=ask.policy, now=ask.now)
        assert answer.result(60).report == expected


@pytest.mark.parametrize("workers", [1, 2, None])
def test_order_is_kept_and_no_file_stops_the_rest(
    world: World, trust: FakeTrust, files: list[bytes], workers: int | None
) -> None:
    many = list(islice(cycle(files), 70))
    policy = Policy(sample_every=10)
    reports = list(verify_many(many, trust, policy=policy, now=world.now, workers=workers))
    alone = [verify(pdf, trust, policy=BATCH, now=world.now) for pdf in files]
    assert [report.file_sha256 for report in reports] == [
        report.file_sha256 for report in islice(cycle(alone), 70)
    ]
    assert [(report.verdict, report.code) for report in reports] == [
        (report.verdict, report.code) for report in islice(cycle(alone), 70)
    ]
    asked = [
        place
        for place, report in enumerate(reports)
        if (found := report.check(CheckName.REFEREE)) and found.state is not CheckState.SKIPPED
    ]
    assert asked == [place for place in range(0, 70, 10) if many[place] in (files[0], files[2])]


def test_what_cannot_travel_is_checked_here(
    world: World, trust: FakeTrust, files: list[bytes]
) -> None:
    class Local(FakeTrust):
        """A class that no child could import."""

    here = Local(trust.bundle, trust.lists)
    (answer,) = verify_each([PdfFile(files[0])], here, Ask(STRICT, world.now), workers=2)
    assert (answer.report.verdict, answer.report.code) == (Verdict.VALID, Code.OK)


def test_the_first_and_every_nth_are_shown_to_the_referee() -> None:
    policy = Policy(sample_every=3)
    assert [sampled(policy, place) == policy for place in range(7)] == [
        True,
        False,
        False,
        True,
        False,
        False,
        True,
    ]
