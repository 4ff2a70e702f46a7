"""A question to the holder by file, and the judgement of the answer, on the command line."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from licence.domain.model import StatusRef
from licence.errors import Code
from licence.formats import es256
from licence.formats.holder import (
    CLOCK_SKEW,
    MAX_MESSAGE_BYTES,
    PresentationRequest,
    decode_request,
    encode_presentation,
    present,
)
from licence.ids import StatusIndex
from tests.builders import REGISTRY, SIGNED_AT, Issued, World, make_world
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.refusal import refuses
from verifier.asked_once import Answered
from verifier.cli import MAX_MINUTES, verify_command

Run = Callable[..., Result]

KEY = ec.derive_private_key(0xA11CE, ec.SECP256R1())
WHO = ("--audience", "大连市招标中心(示例)", "--purpose", "投标")
MINUTE = timedelta(minutes=1)
ASKED_AT = SIGNED_AT + timedelta(minutes=8)


@cache
def _issued() -> tuple[Issued, bytes]:
    """A licence and its own certificate."""
    world = make_world()
    issued = world.issue(world.version())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    certificate = world.pki.holder_ca.issue_holder_certificate(
        csr.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER),
        issued.version,
        issued.leaf,
        StatusRef(REGISTRY, StatusIndex(100)),
        now=SIGNED_AT,
    )
    return issued, certificate


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world()
    made.write_trust(tmp_path / "trust")
    return made


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    entropy = SeededEntropy("asking")

    def runner(*arguments: object, now: datetime = world.now) -> Result:
        app = typer.Typer()
        trust = tmp_path / "trust"
        app.command()(verify_command(FakeClock(now), entropy, default_trust=trust))
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return runner


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "licence.pdf"
    path.write_bytes(_issued()[0].pdf)
    return path


def ask(run: Run, path: Path) -> Path:
    """Write a question."""
    assert run("--ask", path, *WHO, now=ASKED_AT).exit_code == 0
    return path


def answer(request: Path, key: ec.EllipticCurvePrivateKey = KEY) -> Path:
    """Let the holder, or a thief, answer a question."""
    issued, certificate = _issued()
    made = present(
        decode_request(request.read_bytes()),
        leaf=issued.leaf,
        certificates=(certificate,),
        presented_at=ASKED_AT + timedelta(seconds=30),
        sign=es256.signer(key),
    )
    path = request.with_suffix(".answer")
    path.write_bytes(encode_presentation(made))
    return path


def judge(run: Run, pdf: Path, request: Path, answered: Path, **when: datetime) -> tuple[str, str]:
    """Verify a presented licence, and return verdict and code."""
    arguments = (pdf, "--offline", "--json", "--request", request, "--presentation", answered)
    report = json.loads(run(*arguments, **when).stdout)
    return report["verdict"], report["code"]


def test_a_question_is_fresh_and_says_who_asks_and_what_for(run: Run, tmp_path: Path) -> None:
    first, second = (
        decode_request(ask(run, tmp_path / name).read_bytes()) for name in ("1.json", "2.json")
    )
    assert (first.audience, first.purpose) == ("大连市招标中心(示例)", "投标")
    assert first.issued_at == ASKED_AT
    assert first.expires_at == ASKED_AT + timedelta(minutes=10)
    assert first.nonce != second.nonce


def test_how_long_an_answer_is_taken_may_be_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    result = run("--ask", path, *WHO, "--minutes", MAX_MINUTES, "--json", now=ASKED_AT)
    assert result.stdout.encode() == path.read_bytes() + b"\n"
    assert decode_request(path.read_bytes()).expires_at == ASKED_AT + timedelta(days=1)
    assert run("--ask", tmp_path / "x", *WHO, "--minutes", MAX_MINUTES + 1).exit_code == 2
    assert run("--ask", tmp_path / "x", *WHO, "--minutes", 0).exit_code == 2


def test_the_holder_answers_and_the_licence_is_valid(run: Run, pdf: Path, tmp_path: Path) -> None:
    request = ask(run, tmp_path / "request.json")
    answered = answer(request)
    assert judge(run, pdf, request, answered) == ("valid", "OK")
    again = ask(run, tmp_path / "again.json")
    result = run(pdf, "--offline", "--request", again, "--presentation", answer(again))
    assert result.exit_code == 0
    assert "持有人 holder: 通过" in result.output


def test_a_question_is_answered_once(run: Run, world: World, pdf: Path, tmp_path: Path) -> None:
    request = ask(run, tmp_path / "request.json")
    thief = answer(request, ec.derive_private_key(0xB0B, ec.SECP256R1()))
    arguments = (pdf, "--offline", "--request", request, "--presentation")
    # A wrong answer closes no question: whoever shouts first could stop the holder.
    assert run(*arguments, thief).exit_code == 1
    answered = answer(request)
    assert run(*arguments, answered).exit_code == 0
    for late in (world.now, world.now + timedelta(minutes=30)):
        result = run(*arguments, answered, now=late)
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr.startswith("REQUEST_INVALID: ")
    # Another question is open still, and a damaged memory of answers is not passed over.
    other = ask(run, tmp_path / "other.json")
    kept = tmp_path / "trust.answered.json"
    kept.write_bytes(kept.read_bytes()[:-2])
    refused = run(pdf, "--offline", "--request", other, "--presentation", answer(other))
    assert refused.exit_code == 2
    assert refused.stderr.startswith("STORE_FAILED: ")
    kept.unlink()
    assert run(pdf, "--offline", "--request", other, "--presentation", answer(other)).exit_code == 0


def test_an_answered_question_is_kept_while_its_answer_would_be_taken(world: World) -> None:
    first, second = (
        PresentationRequest(bytes([each]) * 16, "银行", "开户", world.now, world.now + MINUTE)
        for each in (1, 2)
    )
    answered = Answered().with_answer(first, now=world.now)
    last = first.expires_at + CLOCK_SKEW
    with refuses(Code.REQUEST_INVALID):
        answered.with_answer(second, now=last).refuse_twice(first)
    answered.with_answer(second, now=last + MINUTE).refuse_twice(first)


def test_a_thief_an_old_answer_and_a_late_one_are_refused(
    run: Run, world: World, pdf: Path, tmp_path: Path
) -> None:
    request = ask(run, tmp_path / "request.json")
    other = ask(run, tmp_path / "other.json")
    thief = answer(request, ec.derive_private_key(0xB0B, ec.SECP256R1()))
    assert judge(run, pdf, request, thief) == ("invalid", "HOLDER_KEY")
    answered = answer(request)
    assert judge(run, pdf, other, answered) == ("invalid", "HOLDER_NONCE")
    late = world.now + timedelta(minutes=30)
    assert judge(run, pdf, request, answered, now=late) == ("invalid", "HOLDER_TIME")


def test_question_and_answer_go_together_and_with_one_file(
    run: Run, pdf: Path, tmp_path: Path
) -> None:
    request = ask(run, tmp_path / "request.json")
    answered = answer(request)
    for arguments in (
        (pdf, "--request", request),
        (pdf, "--presentation", answered),
        (pdf, pdf, "--request", request, "--presentation", answered),
        ("--request", request, "--presentation", answered),
        (pdf, "--request", tmp_path / "nothing", "--presentation", answered),
        (pdf, "--request", request, "--presentation", tmp_path / "nothing"),
        (pdf, "--request", answered, "--presentation", answered),
        (),
    ):
        result = run(*arguments, "--offline")
        assert result.exit_code == 3, arguments
        assert result.stderr.startswith("REQUEST_INVALID: ")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"null", b"[" * 100, bytes(MAX_MESSAGE_BYTES + 2)], ids=range(5)
)
def test_an_answer_that_is_none_is_never_valid(
    run: Run, pdf: Path, tmp_path: Path, data: bytes
) -> None:
    request = ask(run, tmp_path / "request.json")
    broken = tmp_path / "broken.json"
    broken.write_bytes(data)
    result = run(pdf, "--offline", "--request", request, "--presentation", broken)
    assert result.exit_code == 3
    assert result.stdout == ""


def test_a_question_is_never_half_said_or_overwritten(run: Run, pdf: Path, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    for arguments in (
        (),
        ("--audience", "somebody"),
        ("--purpose", "something"),
        ("--audience", "x" * 201, "--purpose", "y"),
        ("--audience", "line\nline", "--purpose", "y"),
        (*WHO, pdf),
        (*WHO, "--request", pdf),
        (*WHO, "--presentation", pdf),
    ):
        assert run("--ask", path, *arguments).exit_code == 3, arguments
        assert not path.exists()
    before = ask(run, path).read_bytes()
    assert run("--ask", path, *WHO).exit_code == 3
    assert path.read_bytes() == before
    assert run("--ask", tmp_path / "nowhere" / "request.json", *WHO).exit_code == 3
