"""`anzheng serve`, `serve registry`, `registry export` from the command line."""

import json
from pathlib import Path

import pytest

from anzheng.cli import run


def test_options_stand_behind_the_part_that_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--port", "1", "registry"]) == 3
    assert "stand behind" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["ftp://ca.example", "ca.example"])
def test_a_relay_that_is_no_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANZHENG_REGISTRY_CA_URL", address)
    assert run(["serve", "registry", "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["code"] == "SETTINGS_INVALID"


def test_what_is_not_there_cannot_be_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, www = tmp_path / "home", tmp_path / "www"
    assert run(["--data-dir", str(home), "registry", "export", str(www), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "TRUST_BUNDLE_REFUSED"
    assert not home.exists(), "nothing is made where it reads"
