"""The commands: text and JSON, one-line errors, and nothing presented without the holder's word."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from licence.errors import Code
from licence.formats.holder import (
    PresentationRequest,
    decode_presentation,
    encode_request,
)
from licence.formats.report import NOTICE
from licence.ids import Leaf
from tests.builders import Issued, World, make_evidence
from tests.fakes.claim_desk import FakeClaimDesk
from tests.fakes.clock import FakeClock
from tests.fakes.wallets import CODE, DESK, PASSWORD, WorldChecker
from wallet.cli import PASSWORD_VARIABLE, WalletParts, wallet_app

TYPED = "k7q2-5xmd-44tb-m3fa"


@pytest.fixture
def clock(world: World) -> FakeClock:
    return FakeClock(world.now)


@pytest.fixture
def app(world: World, desk: FakeClaimDesk, clock: FakeClock, tmp_path: Path) -> typer.Typer:
    (tmp_path / "trust").mkdir()
    return wallet_app(
        WalletParts(
            clock=clock,
            open_checker=lambda _folder: WorldChecker(world),
            open_desk=lambda _url: desk,
            folder=tmp_path / "wallet",
            trust=tmp_path / "trust",
            registry=DESK,
        )
    )


def run(app: typer.Typer, *arguments: str, typed: str | None = None, key: bool = True) -> Result:
    """Run a command; with the password in its variable unless `key` is false."""
    env = {PASSWORD_VARIABLE: PASSWORD.decode() if key else None, "COLUMNS": "200"}
    return CliRunner().invoke(app, list(arguments), input=typed, env=env)


def said(result: Result, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def request_file(world: World, tmp_path: Path) -> Path:
    request = PresentationRequest(
        bytes(16),
        "某矿山检查组",
        "现场检查",
        world.now,
        world.now + timedelta(minutes=5),
    )
    path = tmp_path / "request.json"
    path.write_bytes(encode_request(request))
    return path


def test_claim_list_present(
    app: typer.Typer, issued: Issued, request_file: Path, tmp_path: Path
) -> None:
    claimed = said(run(app, "claim", TYPED, "--json"))
    assert claimed["leaf"] == issued.leaf.hex()
    assert claimed["anchored"] is True
    assert claimed["notice"] == NOTICE
    assert Path(claimed["file"]).read_bytes() == issued.pdf
    listed = said(run(app, "list", "--json", key=False))
    assert listed == {"licences": [claimed], "damaged": []}
    out = tmp_path / "answer.json"
    presented = said(run(app, "present", str(request_file), "--out", str(out), "--yes", "--json"))
    made = decode_presentation(out.read_bytes())
    assert presented["leaf"] == made.leaf.hex() == issued.leaf.hex()
    assert (presented["purpose"], made.purpose) == ("现场检查", "现场检查")


def test_text_names_the_licence_and_never_a_verdict(app: typer.Typer, issued: Issued) -> None:
    assert issued.version.draft.licence_no in run(app, "claim", TYPED).stdout
    text = run(app, "list").stdout
    assert issued.version.draft.enterprise_name in text
    assert issued.leaf.hex() in text
    assert NOTICE in text
    assert "无效" not in text
    assert "valid" not in text.lower()


def test_empty_wallet_says_what_comes_next(app: typer.Typer) -> None:
    assert "anzheng wallet claim" in run(app, "list").stdout
    assert said(run(app, "list", "--json")) == {"licences": [], "damaged": []}


def test_password_is_asked_for_twice_when_a_key_is_made(app: typer.Typer) -> None:
    word = PASSWORD.decode()
    result = run(app, "claim", TYPED, typed=f"{word}\nanother one\n{word}\n{word}\n", key=False)
    assert result.exit_code == 0
    assert word not in result.output


def test_the_holder_is_shown_who_asks_and_may_decline(
    app: typer.Typer, request_file: Path, tmp_path: Path
) -> None:
    run(app, "claim", TYPED)
    out = tmp_path / "answer.json"
    result = run(app, "present", str(request_file), "--out", str(out), typed="n\n")
    assert result.exit_code == 1
    assert "某矿山检查组" in result.stderr
    assert "现场检查" in result.stderr
    assert Code.HOLDER_DECLINED in result.stderr
    assert not out.exists()
    assert run(app, "present", str(request_file), "--out", str(out), typed="y\n").exit_code == 0
    assert out.exists()


def test_expired_request_is_refused_before_the_holder_is_asked(
    app: typer.Typer, clock: FakeClock, request_file: Path
) -> None:
    run(app, "claim", TYPED)
    clock.advance(timedelta(hours=1))
    answer = said(run(app, "present", str(request_file), "--json"), 1)
    assert answer["code"] == Code.HOLDER_TIME


def test_errors_are_one_line(app: typer.Typer, tmp_path: Path) -> None:
    for arguments, code in (
        (("claim", "nonsense!"), Code.CLAIM_CODE),
        (("claim", "AAAA-BBBB-CCCC"), Code.CLAIM_CODE),
        (("claim", TYPED, "--trust", str(tmp_path / "none")), Code.REQUEST_INVALID),
        (("present", str(tmp_path / "none.json")), Code.NOT_FOUND),
    ):
        result = run(app, *arguments)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith(f"{code}: ")
        as_json = run(app, *arguments, "--json")
        assert said(as_json, 1)["code"] == code


def test_a_file_may_be_kept_unverified_only_when_it_is_said(
    app: typer.Typer, tmp_path: Path
) -> None:
    nowhere = ("--trust", str(tmp_path / "none"))
    assert run(app, "claim", TYPED, *nowhere).exit_code == 1
    assert run(app, "claim", TYPED, *nowhere, "--unverified").exit_code == 0


def test_damaged_folders_are_listed(app: typer.Typer) -> None:
    claimed = said(run(app, "claim", TYPED, "--json"))
    Path(claimed["file"]).write_bytes(b"%PDF-1.7 broken")
    listed = said(run(app, "list", "--json"))
    assert listed["licences"] == []
    assert listed["damaged"][0]["code"] == Code.STORE_FAILED
    assert listed["damaged"][0]["reason"] == Code.SIGNATURE_MISSING
    assert run(app, "list").stdout.startswith("! ")


def test_refresh_fetches_what_was_missing(
    app: typer.Typer, issued: Issued, desk: FakeClaimDesk
) -> None:
    desk.proofs.clear()
    claimed = said(run(app, "claim", TYPED, "--json"))
    assert (claimed["anchored"], claimed["certificate_anchored"]) == (False, False)
    assert said(run(app, "refresh", "--json"))["waiting"] == 1
    own = Leaf(bytes.fromhex(claimed["certificate_leaf"]))
    desk.proofs[issued.leaf] = issued.evidence
    desk.proofs[own] = make_evidence([own])[0]
    done = said(run(app, "refresh", "--json"))
    assert done["waiting"] == 0
    assert done["licences"][0]["anchored"] is True
    assert done["licences"][0]["certificate_anchored"] is True
    desk.proofs.clear()
    assert "waiting: 0" in run(app, "refresh").stdout
    assert CODE not in run(app, "list").stdout


@pytest.mark.parametrize("command", ["claim", "list", "present", "refresh"])
def test_help_has_an_example(app: typer.Typer, command: str) -> None:
    text = run(app, command, "--help").stdout
    assert f"anzheng wallet {command}" in text
    assert "--json" in text
