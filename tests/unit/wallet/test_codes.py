"""The wallet's codes and copies: made here, judged by the verifier, agreed to by the holder."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
import zxingcpp
from PIL import Image
from typer.testing import CliRunner, Result

from licence.errors import AnzhengError, Code
from licence.formats.copy_file import decode_copy
from licence.formats.holder import PresentationRequest, encode_request
from licence.formats.qr import printed_of
from licence.formats.qr_exchange import encode_question
from licence.formats.qr_text import QrKind
from licence.formats.verdict import Assurance, Verdict
from tests.builders import SIGNED_AT, Issued, World
from tests.fakes.claim_desk import FakeClaimDesk
from tests.fakes.clock import FakeClock
from tests.fakes.qr_world import make_holder, printed_code, text_of, with_qr_keys
from tests.fakes.wallets import CODE, DESK, PASSWORD, WorldChecker, claim_one
from verifier.artefacts import Ask, CopyFile, QrText, recognise
from verifier.policy import BATCH
from verifier.verify import verify_artefact
from wallet.cli import PASSWORD_VARIABLE, WalletParts, wallet_app
from wallet.keep import WalletFolder
from wallet.qr import Drawing

Run = Callable[..., Result]


@pytest.fixture
def clock(world: World) -> FakeClock:
    return FakeClock(world.now)


@pytest.fixture
def data_code(issued: Issued) -> str:
    return printed_code(printed_of(issued.version, leaf=issued.leaf, issued_at=SIGNED_AT))


@pytest.fixture(scope="session")
def claimed(world: World, issued: Issued, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wallet with a licence in it, claimed once: to be copied."""
    place = tmp_path_factory.mktemp("claimed") / "wallet"
    desk = FakeClaimDesk(world, world.now, codes={CODE: issued})
    desk.proofs[issued.leaf] = issued.evidence
    claim_one(desk, WalletFolder(place), world.now)
    return place


@pytest.fixture
def run(
    world: World,
    desk: FakeClaimDesk,
    issued: Issued,
    data_code: str,
    clock: FakeClock,
    claimed: Path,
    tmp_path: Path,
) -> Run:
    """Return what runs a command of a wallet that has claimed a licence."""
    shutil.copytree(claimed, tmp_path / "wallet")
    desk.data_codes[issued.leaf] = data_code
    app: typer.Typer = wallet_app(
        WalletParts(
            clock=clock,
            open_checker=lambda _folder: WorldChecker(world),
            open_desk=lambda _url: desk,
            folder=tmp_path / "wallet",
            trust=tmp_path / "trust",
            registry=DESK,
        )
    )

    def command(*arguments: str, typed: str | None = None) -> Result:
        env = {PASSWORD_VARIABLE: PASSWORD.decode(), "COLUMNS": "200"}
        return CliRunner().invoke(app, list(arguments), input=typed, env=env)

    return command


@pytest.fixture
def question(world: World) -> PresentationRequest:
    ends = world.now + timedelta(minutes=5)
    return PresentationRequest(bytes(16), "某矿山检查组", "现场检查", world.now, ends)


def said(result: Result, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def judge(world: World, text: str, **ask: object) -> tuple[Verdict, Code]:
    trust = world.trust(with_qr_keys(world.bundle))
    asked = replace(Ask(BATCH, world.now), **ask)  # type: ignore[arg-type]
    report, _ = verify_artefact(QrText(text), trust, asked)
    return report.verdict, report.code


def test_a_screen_code_is_valid_for_ninety_seconds(run: Run, world: World) -> None:
    made = said(run("code", "--purpose", "入园检查", "--challenge", "4711", "--json"))
    assert judge(world, made["text"], challenge="4711") == (Verdict.VALID, Code.OK)
    assert judge(world, made["text"], challenge="0815") == (Verdict.INVALID, Code.HOLDER_NONCE)
    late = Ask(BATCH, world.now + timedelta(seconds=121))
    report, _ = verify_artefact(QrText(made["text"]), world.trust(with_qr_keys(world.bundle)), late)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.HOLDER_TIME)


def test_the_data_code_is_fetched_once(run: Run, desk: FakeClaimDesk) -> None:
    said(run("code", "--purpose", "检查", "--json"))
    desk.data_codes.clear()
    said(run("code", "--purpose", "检查", "--json"))


def test_without_a_data_code_the_holder_is_told_what_to_do(run: Run, desk: FakeClaimDesk) -> None:
    desk.data_codes.clear()
    assert said(run("code", "--purpose", "检查", "--json"), 1)["code"] == "NOT_FOUND"


def test_a_data_code_from_a_file_must_be_the_licences(
    run: Run, world: World, desk: FakeClaimDesk, data_code: str, tmp_path: Path
) -> None:
    desk.data_codes.clear()
    other = tmp_path / "other.qr.txt"
    said_of = printed_of(world.version(7), leaf=make_holder(world).leaf, issued_at=SIGNED_AT)
    other.write_text(printed_code(said_of))
    refused = run("code", "--purpose", "检查", "--data-code", str(other), "--json")
    assert said(refused, 1)["code"] == "DATA_DIGEST_MISMATCH"
    own = tmp_path / "own.qr.txt"
    own.write_text(f"{data_code}\n")
    made = said(run("code", "--purpose", "检查", "--data-code", str(own), "--json"))
    assert judge(world, made["text"])[0] is Verdict.VALID


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--purpose", "检查", "--challenge", "47"), "REQUEST_INVALID"),
        (("--purpose", "检" * 41), "QR_SYNTAX"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, arguments: tuple[str, ...], code: str) -> None:
    assert said(run("code", *arguments, "--json"), 1)["code"] == code


def test_a_question_is_answered_by_a_code(
    run: Run, world: World, question: PresentationRequest, tmp_path: Path
) -> None:
    asked = tmp_path / "question.txt"
    asked.write_text(text_of(QrKind.REQUEST, encode_question(question)))
    made = said(run("answer", str(asked), "--yes", "--json"))
    assert made["audience"] == "某矿山检查组"
    assert judge(world, made["text"], request=question) == (Verdict.VALID, Code.OK)
    assert judge(world, made["text"])[1] is Code.HOLDER_PROOF_MISSING


def test_a_question_may_come_as_a_file(
    run: Run, world: World, question: PresentationRequest, tmp_path: Path
) -> None:
    asked = tmp_path / "request.json"
    asked.write_bytes(encode_request(question))
    made = said(run("answer", str(asked), "--yes", "--json"))
    assert judge(world, made["text"], request=question)[0] is Verdict.VALID


def test_nothing_is_signed_without_the_holders_word(
    run: Run, question: PresentationRequest, tmp_path: Path
) -> None:
    asked = tmp_path / "question.txt"
    asked.write_text(text_of(QrKind.REQUEST, encode_question(question)))
    declined = run("answer", str(asked), typed="n\n")
    assert declined.exit_code == 1
    assert "HOLDER_DECLINED" in declined.output
    assert "某矿山检查组" in declined.output


def test_an_expired_question_is_not_answered(
    run: Run, clock: FakeClock, question: PresentationRequest, tmp_path: Path
) -> None:
    asked = tmp_path / "question.txt"
    asked.write_text(text_of(QrKind.REQUEST, encode_question(question)))
    clock.advance(timedelta(minutes=6))
    assert said(run("answer", str(asked), "--yes", "--json"), 1)["code"] == "HOLDER_TIME"


def test_another_code_is_no_question(run: Run, data_code: str, tmp_path: Path) -> None:
    asked = tmp_path / "question.txt"
    asked.write_text(data_code)
    assert said(run("answer", str(asked), "--yes", "--json"), 1)["code"] == "NOT_A_LICENCE"


def test_a_copy_is_for_one_recipient_and_one_purpose(
    run: Run, world: World, tmp_path: Path
) -> None:
    out = tmp_path / "copy.json"
    limits = ("--recipient", "某招标中心", "--purpose", "投标", "--until", "2026-12-31")
    made = said(run("copy", *limits, "--out", str(out), "--json"))
    assert (made["recipient"], made["ends_on"]) == ("某招标中心", "2026-12-31")
    found = recognise(out.read_bytes())
    assert isinstance(found, CopyFile)
    for purpose, code in (("投标", Code.OK), ("贷款", Code.COPY_PURPOSE)):
        ask = Ask(BATCH, world.now, purpose=purpose, recipient="某招标中心")
        report, _ = verify_artefact(found, world.trust(), ask)
        assert (report.code, report.assurance) == (code, Assurance.DATA)


def test_a_copy_lives_thirty_days_unless_told(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "copy.json"
    said(run("copy", "--recipient", "甲", "--purpose", "乙", "--out", str(out), "--json"))
    assert decode_copy(out.read_bytes()).ends_on == date(2026, 12, 21)


def test_a_copy_for_too_long_is_not_made(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "copy.json"
    limits = ("--recipient", "甲", "--purpose", "乙", "--until", "2027-06-30")
    assert said(run("copy", *limits, "--out", str(out), "--json"), 1)["code"] == "COPY_SYNTAX"
    assert not out.exists()


def test_codes_are_drawn_so_that_a_camera_reads_them(
    run: Run, world: World, tmp_path: Path
) -> None:
    svg = tmp_path / "code.svg"
    made = said(run("code", "--purpose", "检查", "--svg", str(svg), "--json"))
    drawing = Drawing(made["text"])
    assert drawing.modules <= 133
    read = zxingcpp.read_barcode(_picture(drawing.lines()))
    assert read is not None
    assert read.text == made["text"]
    assert judge(world, read.text)[0] is Verdict.VALID
    assert svg.read_text().count("h1v1h-1z") > 1_000
    shown = run("code", "--purpose", "检查")
    assert "█" in shown.stdout


def _picture(lines: list[str]) -> Image.Image:
    """Return a picture of a code as a terminal shows it, eight pixels a module."""
    image = Image.new("L", (len(lines[0]), 2 * len(lines)))
    for row, line in enumerate(lines):
        for column, char in enumerate(line):
            above, below = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}[char]
            image.putpixel((column, 2 * row), above)
            image.putpixel((column, 2 * row + 1), below)
    return image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST)


def test_what_fits_no_code_is_refused() -> None:
    with pytest.raises(AnzhengError) as raised:
        Drawing("HTTPS://V.EXAMPLE/V#P1" + "A" * 5_000)
    assert raised.value.code is Code.TOO_LARGE
