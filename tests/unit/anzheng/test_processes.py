"""Processes apart: secrets as files, roles that need a chain of others, a sign of life."""

import threading
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from anzheng import confirming
from anzheng.cli import app
from anzheng.confirming import Confirming, open_confirming
from anzheng.jobs import LANES, ROLE_LANES
from anzheng.roles import Role
from anzheng.settings import Settings, load
from anzheng.wiring import open_installation
from anzheng.worker import Worker, run_together
from licence.errors import AnzhengError, Code
from tests.fakes.refusal import refuses


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a container finds its secrets."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setattr("anzheng.settings.SECRETS", folder)
    return folder


def test_a_secret_is_read_from_its_file(secrets: Path) -> None:
    (secrets / "anzheng_key_password").write_text("from the file\n")
    (secrets / "anzheng_database_url").write_text("postgresql+psycopg://a@b/c\n")
    # Another program's secrets lie there too.
    (secrets / "anzheng_verifier_redis_url").write_text("redis://x\n")
    settings = load()
    assert settings.key_password.get_secret_value() == "from the file"
    assert settings.database == "postgresql+psycopg://a@b/c"


def test_the_environment_wins_over_the_file_and_the_file_over_the_settings_file(
    secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / "anzheng_key_password").write_text("from the file")
    (secrets / "anzheng_public_url").write_text("http://from-the-file")
    config = tmp_path / "config.toml"
    config.write_text('key_password = "of the settings file"\n')
    assert load(config).key_password.get_secret_value() == "from the file"
    monkeypatch.setenv("ANZHENG_PUBLIC_URL", "http://from-the-environment")
    assert load(config).public_url == "http://from-the-environment"


def test_a_role_does_not_start_a_chain_of_its_own(tmp_path: Path) -> None:
    for role in Role:
        settings = Settings(data_dir=tmp_path / role)
        with refuses(Code.SETTINGS_INVALID), open_installation(settings, role=role):
            pass
        with refuses(Code.SETTINGS_INVALID), open_confirming(settings):
            pass
        assert not (tmp_path / role).exists()


def test_no_topic_is_worked_by_two_processes() -> None:
    topics = [topic for lanes in ROLE_LANES.values() for lane in lanes for topic in lane]
    assert len(topics) == len(set(topics))
    assert Role.CONFIRMER not in ROLE_LANES
    assert LANES[-1] is None


class Idle:
    """A queue with nothing in it."""

    def take(self) -> None:
        """Give nothing."""


def test_a_sign_of_life_is_given_while_all_lanes_live() -> None:
    stop, beats = threading.Event(), 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            stop.set()

    run_together([Worker(Idle(), {}) for _ in range(2)], stop, 0.01, beat)  # type: ignore[arg-type]
    assert beats == 3


def test_a_confirmer_that_cannot_work_waits_and_shows_that_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_self: Confirming) -> int:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "away")

    monkeypatch.setattr(Confirming, "step", away)
    stop, beats = threading.Event(), 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            stop.set()

    waiting = Confirming(None, None, (), None, None)  # type: ignore[arg-type]
    confirming.run(waiting, stop, 0.01, beat)
    assert beats == 3


def test_every_process_is_a_command() -> None:
    serve = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    assert isinstance(serve, typer.core.TyperGroup)
    assert {"console", "registry", "wallet", "verifier"} <= set(serve.commands)
