"""Commands of the service: keys are shown once, wrong calls end with 3."""

import json
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from verifier.service.__main__ import main
from verifier.service.api_keys import KeyBook


def test_keys_are_made_listed_and_withdrawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "keys.json")
    assert main(["keys", "make", "某某银行", "--file", file, "--scope", "verify", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["key"].startswith(f"azk_{made['id']}_")
    assert made["scopes"] == ["verify"]
    assert main(["keys", "list", "--file", file]) == 0
    listed = capsys.readouterr().out
    assert "某某银行" in listed
    assert made["key"] not in listed
    assert main(["keys", "withdraw", made["id"], "--file", file]) == 0
    assert "已作废" in capsys.readouterr().out
    (key,) = KeyBook(Path(file)).all()
    assert key.withdrawn_at is not None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["keys", "withdraw", "abcdefgh"], "NOT_FOUND"),
        (["keys", "make", " "], "REQUEST_INVALID"),
        (["keys", "make", "x", "--days", "0"], "REQUEST_INVALID"),
        (["keys", "nothing"], "REQUEST_INVALID"),
        (["run", "--config", "nowhere.toml"], "SETTINGS_INVALID"),
        (["run", "--registry", "ftp://x"], "SETTINGS_INVALID"),
    ],
)
def test_a_wrong_call_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 3
    assert capsys.readouterr().err.startswith(f"{code}: ")


def test_without_a_trust_folder_it_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--trust", str(tmp_path / "none"), "--port", "0"]) == 2
    assert capsys.readouterr().err.startswith("TRUST_BUNDLE_REFUSED: ")


def test_a_key_is_made_of_given_randomness_only(tmp_path: Path) -> None:
    from verifier.service.api_keys import NewKey  # noqa: PLC0415 - one test

    now = FakeClock().now()
    texts = {
        KeyBook(tmp_path / f"{number}").make(
            NewKey("x"), now=now, expires_at=now, entropy=SeededEntropy()
        )[1]
        for number in range(2)
    }
    assert len(texts) == 1
