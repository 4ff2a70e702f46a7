"""`anzheng authority keys` as officers type it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from anzheng.cli import app
from licence.errors import Code
from tests.builders import AUTHORITY, REGISTRY, make_world
from tests.fakes.key_office import PASSWORD, make_key_office

WHO = ("--place", "一号机房", "--officer", f"{AUTHORITY}-1", "--officer", f"{AUTHORITY}-2")

Say = Callable[..., Any]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Return a function that runs a command and reads its JSON answer."""
    make_key_office(tmp_path, make_world())
    monkeypatch.setenv("ANZHENG_KEY_PASSWORD", PASSWORD.decode())
    monkeypatch.setenv("ANZHENG_REGISTRY", REGISTRY)

    def run(*words: str, ends: int = 0) -> Any:  # noqa: ANN401 - JSON
        result = CliRunner().invoke(app, ["--data-dir", str(tmp_path), *words, "--json"])
        assert result.exit_code == ends, result.output
        return json.loads(result.stdout)

    return run


def test_a_key_is_followed_closed_and_listed(say: Say) -> None:
    made = say("authority", "keys", "rotate", AUTHORITY, *WHO)
    assert made["key"] == f"signer-{AUTHORITY}-2"
    assert (Path(made["record"]) / "record.pdf").is_file()
    old = f"signer-{AUTHORITY}"
    since = ("--compromised-since", "2020-01-01T08:00:00+08:00", "--reason", "泄露")
    closed = say("authority", "keys", "close", AUTHORITY, old, *since, *WHO)
    assert closed["bundle"] == 2
    keys = {key["key"]: key for key in say("authority", "keys", "list", AUTHORITY)["keys"]}
    assert keys[old]["not_believed_from"] == "2020-01-01T00:00:00+00:00"
    assert keys[old]["reason"] == "泄露"
    assert keys[made["key"]]["follows"] == old
    assert say("trust", "show")["closed"] == {
        f"certificate {closed['certificate']}": "2020-01-01T00:00:00+00:00"
    }
    assert say("trust", "renew") == {"bundle": 2}
    assert say("authority", "reissue", AUTHORITY, "--key", old)["prepared"] == 0
    assert say("authority", "supersede", AUTHORITY, "--officer", f"{AUTHORITY}-1") == {
        "superseded": 0
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rotate", AUTHORITY, *WHO[:4]), Code.CEREMONY_TWO_OFFICERS),
        (("rotate", AUTHORITY, *WHO, "--purpose", "seal"), Code.REQUEST_INVALID),
        (("rotate", AUTHORITY, *WHO, "--signs-from", "tomorrow"), Code.REQUEST_INVALID),
        (("rotate", AUTHORITY, *WHO, "--signs-from", "2026-12-01"), Code.REQUEST_INVALID),
        (("rotate", AUTHORITY, *WHO, "--key", "a.pem"), Code.REQUEST_INVALID),
        (("rotate", AUTHORITY, *WHO, "--store", "usb:"), Code.KEY_URI),
        (("init", AUTHORITY, *WHO), Code.CONFLICT),
        (("close", AUTHORITY, "nothing", "--reason", "x", *WHO), Code.NOT_FOUND),
    ],
)
def test_what_cannot_be_is_one_code(say: Say, words: tuple[str, ...], code: Code) -> None:
    assert say("authority", "keys", *words, ends=1)["code"] == code.value
