"""The pool: whatever a file does to the child that reads it, the answer is a report."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.builders import Issued, World, make_world, side_row
from tests.fakes.pool_contexts import Moody
from tests.fakes.refusal import refuses
from verifier.artefacts import Artefact, Ask, PdfFile, QrText, recognise
from verifier.policy import BATCH
from verifier.pool import (
    Answer,
    FolderContext,
    GivenContext,
    Job,
    Limits,
    Pool,
    Want,
)
from verifier.verify import verify, verify_artefact

PATIENCE = 120.0
QUICK = Limits(memory_bytes=512 << 20, cpu_seconds=2, wall_seconds=60.0, jobs=50)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def issued(world: World) -> Issued:
    return world.issue(world.version())


@pytest.fixture
def moody(world: World, tmp_path: Path) -> Iterator[Pool]:
    with Pool(1, QUICK, Moody(world.trust(), tmp_path / "touched")) as pool:
        yield pool


def heard(future: "Future[Answer]") -> Answer:
    return future.result(PATIENCE)


def told(answer: Answer) -> tuple[Verdict, Code]:
    return answer.report.verdict, answer.report.code


def test_it_answers_what_verify_answers(world: World, issued: Issued) -> None:
    ask = Ask(BATCH, world.now)
    artefacts: list[Artefact] = [
        PdfFile(issued.pdf),
        PdfFile(issued.bare),
        PdfFile(issued.bare, issued.evidence),
        PdfFile(issued.pdf + b"\n"),
        PdfFile(b"%PDF-1.7"),
        QrText("https://example.cn/"),
        recognise(b""),
    ]
    with Pool(2, Limits(), GivenContext(world.trust())) as pool:
        answers = [heard(future) for future in [pool.submit(Job(one, ask)) for one in artefacts]]
    for artefact, answer in zip(artefacts, answers, strict=True):
        assert (answer.report, answer.learned) == verify_artefact(artefact, world.trust(), ask)
    assert pool.state.done == len(artefacts)
    assert (pool.state.busy, pool.state.waiting, pool.state.lost) == (0, 0, 0)


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        ("abort", Code.CHECK_CRASHED),
        ("exit", Code.CHECK_CRASHED),
        ("lie", Code.CHECK_CRASHED),
        ("killed", Code.CHECK_OUT_OF_MEMORY),
        ("swell", Code.CHECK_OUT_OF_MEMORY),
        ("spin", Code.CHECK_TIMED_OUT),
    ],
)
def test_a_child_that_is_brought_down_says_nothing_about_the_file(
    moody: Pool, world: World, issued: Issued, tmp_path: Path, mood: str, code: Code
) -> None:
    ask = Ask(BATCH, world.now)
    bad = moody.submit(Job(PdfFile(issued.pdf), replace(ask, purpose=mood)))
    good = moody.submit(Job(PdfFile(issued.pdf), ask))
    assert told(heard(bad)) == (Verdict.UNDETERMINED, code)
    assert heard(bad).report.licence is None
    assert heard(bad).learned == ask.memory
    # The next file has a child of its own, and what a child sends is never run.
    assert told(heard(good)) == (Verdict.VALID, Code.OK)
    assert not (tmp_path / "touched").exists()


def test_a_child_that_sleeps_is_stopped(world: World, issued: Issued, tmp_path: Path) -> None:
    ask = Ask(BATCH, world.now)
    limits = replace(QUICK, wall_seconds=5.0)
    with Pool(1, limits, Moody(world.trust(), tmp_path / "touched")) as pool:
        # The first answer comes only when the child is up; then some seconds are plenty.
        up = (heard(pool.submit(Job(PdfFile(issued.pdf), ask))) for _ in range(50))
        assert any(told(answer)[0] is Verdict.VALID for answer in up)
        asleep = pool.submit(Job(PdfFile(issued.pdf), replace(ask, purpose="sleep")))
        assert told(heard(asleep)) == (Verdict.UNDETERMINED, Code.CHECK_TIMED_OUT)
        assert pool.state.lost >= 1


def test_children_are_replaced_after_their_share_of_work(world: World, issued: Issued) -> None:
    ask = Ask(BATCH, world.now)
    with Pool(1, replace(QUICK, jobs=2), GivenContext(world.trust())) as pool:
        futures = [pool.submit(Job(PdfFile(issued.pdf), ask)) for _ in range(7)]
        assert {told(heard(future)) for future in futures} == {(Verdict.VALID, Code.OK)}
        assert pool.state.lost == 0


def test_a_nursery_that_is_killed_is_replaced(world: World, issued: Issued) -> None:
    ask = Ask(BATCH, world.now)
    with Pool(2, QUICK, GivenContext(world.trust())) as pool:
        assert told(heard(pool.submit(Job(PdfFile(issued.pdf), ask))))[0] is Verdict.VALID
        assert pool._nursery is not None
        os.kill(pool._nursery._process.pid, signal.SIGKILL)
        answers = [heard(pool.submit(Job(PdfFile(issued.pdf), ask))) for _ in range(6)]
    # Its children may have died over a file; never is that file called bad.
    assert {told(answer)[0] for answer in answers} <= {Verdict.VALID, Verdict.UNDETERMINED}
    assert told(answers[-1]) == (Verdict.VALID, Code.OK)


def test_what_is_too_large_is_not_read(world: World) -> None:
    ask = Ask(BATCH, world.now)
    limits = replace(QUICK, max_bytes=1 << 20)
    with Pool(1, limits, GivenContext(world.trust())) as pool:
        over = heard(pool.submit(Job(PdfFile(b"%PDF-" + bytes(1 << 20)), ask)))
        under = heard(pool.submit(Job(PdfFile(bytes(1 << 20)), ask)))
    assert told(over) == (Verdict.UNDETERMINED, Code.TOO_LARGE)
    assert told(under) == (Verdict.FOREIGN, Code.NOT_A_LICENCE)


def test_fifty_megabytes_are_judged(world: World, issued: Issued) -> None:
    ask = Ask(BATCH, world.now)
    room = Limits().max_bytes - len(issued.pdf)
    with Pool(1, Limits(), GivenContext(world.trust())) as pool:
        appended = heard(pool.submit(Job(PdfFile(issued.pdf + bytes(room)), ask)))
        foreign = heard(pool.submit(Job(PdfFile(b"%PDF-1.7" + b"<" * (room - 8)), ask)))
    assert told(appended) == (Verdict.INVALID, Code.CONTAINER_APPENDED)
    assert told(foreign)[0] is Verdict.FOREIGN


def test_page_one_is_drawn_when_the_gate_let_the_file_through(world: World, issued: Issued) -> None:
    ask = Ask(BATCH, world.now)
    want = frozenset({Want.PICTURE})
    with Pool(1, Limits(), GivenContext(world.trust())) as pool:
        good = heard(pool.submit(Job(PdfFile(issued.pdf), ask, want)))
        altered = heard(pool.submit(Job(PdfFile(issued.pdf + b"\n"), ask, want)))
    assert good.picture is not None
    assert good.picture.data.startswith(b"\x89PNG")
    assert good.picture.width < good.picture.height
    assert good.marks == ()
    assert altered.picture is None


def test_the_trust_folder_is_read_again_when_it_changes(tmp_path: Path) -> None:
    world = make_world()
    issued = world.issue(world.version())
    folder = tmp_path / "trust"
    repository = world.write_trust(folder)
    ask = Ask(BATCH, world.now)
    with Pool(1, Limits(), FolderContext(folder)) as pool:
        before = heard(pool.submit(Job(PdfFile(issued.pdf), ask)))
        assert told(before) == (Verdict.VALID, Code.OK)
        row = side_row(0, StatusWord.REVOKED, date(2024, 3, 18))
        moment = world.now + timedelta(minutes=1)
        world.publish({0: StatusWord.REVOKED}, [row], sequence=2, issued_at=moment)
        world.write_lists(repository, now=moment)
        later = Ask(BATCH, moment, memory=before.learned)
        assert told(heard(pool.submit(Job(PdfFile(issued.pdf), later)))) == (
            Verdict.INVALID,
            Code.STATUS_REVOKED,
        )


def test_a_trust_folder_that_is_damaged_or_turned_back_is_said(tmp_path: Path) -> None:
    world = make_world()
    issued = world.issue(world.version())
    folder = tmp_path / "trust"
    world.write_trust(folder)
    seen = Ask(BATCH, world.now).memory.saw_roles([("timestamp", 1_000)])
    with Pool(1, Limits(), FolderContext(folder)) as pool:
        ask = Ask(BATCH, world.now)
        assert told(heard(pool.submit(Job(PdfFile(issued.pdf), ask))))[0] is Verdict.VALID
        back = heard(pool.submit(Job(PdfFile(issued.pdf), replace(ask, memory=seen))))
        assert told(back) == (Verdict.UNDETERMINED, Code.TRUST_BUNDLE_REFUSED)
        (folder / "metadata" / "timestamp.json").write_bytes(b"{}")
        damaged = heard(pool.submit(Job(PdfFile(issued.pdf), ask)))
        assert told(damaged) == (Verdict.UNDETERMINED, Code.TRUST_BUNDLE_REFUSED)


def test_a_closed_pool_takes_nothing_more(world: World, issued: Issued) -> None:
    pool = Pool(1, Limits(), GivenContext(world.trust()))
    future = pool.submit(Job(PdfFile(issued.pdf), Ask(BATCH, world.now)))
    pool.close()
    # What was handed in before is finished.
    assert heard(future).report == verify(issued.pdf, world.trust(), policy=BATCH, now=world.now)
    with refuses(Code.INTERNAL):
        pool.submit(Job(PdfFile(b""), Ask(BATCH, world.now)))
