"""Rules for all tests: who may open sockets, how hard hypothesis tries, what a missing tool means.

The folder decides: `unit`, `property` and `compat` open no socket at all (Unix sockets apart,
which event loops need); every other test may speak to this machine only.
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
FOLDERS_WITHOUT_SOCKETS = ("unit", "property", "compat")
LOOPBACK = ["127.0.0.1", "::1", "localhost"]

# How long something takes says nothing here: the machine that runs the tests may be busy.
settings.register_profile(
    "fast",
    max_examples=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "slow",
    max_examples=1_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_configure(config: pytest.Config) -> None:
    """Let event loops make their socket pairs everywhere."""
    config.option.allow_unix_socket = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with what its folder allows."""
    for item in items:
        if not item.path.is_relative_to(TESTS):
            continue
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in FOLDERS_WITHOUT_SOCKETS:
            item.add_marker(pytest.mark.disable_socket)
        else:
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose tools are missing; under CI=true that is a failure instead."""
    for marker in item.iter_markers("tools"):
        missing = [name for name in marker.args if shutil.which(str(name)) is None]
        if not missing:
            continue
        message = f"missing on PATH: {', '.join(missing)} (see `make tools`)"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that write many files and never pull the plug."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
