"""What the authority must look into is logged wherever the application itself verifies."""

from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from anzheng.checking import OwnChecker, OwnRegistry
from anzheng.judge import BundleJudge
from anzheng.store.database import Store
from licence.errors import AnzhengError, Code
from licence.ids import Leaf
from licence.ports import Clock
from tests.builders import CHAIN, SIGNED_AT, Issued, World, make_world
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from verifier.rpc import RpcChain


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def issued(world: World) -> Issued:
    return world.issue(world.version())


def checker(store: Store, folder: Path, clock: Clock) -> OwnChecker:
    """A checker whose registry knows nothing, and whose chain is never asked."""
    registry = OwnRegistry(store, folder, RpcChain("http://127.0.0.1:9", CHAIN), CHAIN, FakeClock())
    return OwnChecker(registry, clock)


def test_a_signed_file_that_the_registry_does_not_know_is_an_alarm(
    store: Store, tmp_path: Path, world: World, issued: Issued
) -> None:
    world.write_trust(tmp_path / "trust")
    late = FakeClock(SIGNED_AT + timedelta(hours=73))
    with structlog.testing.capture_logs() as logged:
        checker(store, tmp_path / "trust", late).verify(issued.bare)
    assert logged == [
        {
            "event": "alarm",
            "log_level": "warning",
            "code": "UNREGISTERED",
            "leaf": issued.leaf.hex(),
        }
    ]


def test_a_foreign_file_is_none(store: Store, tmp_path: Path, world: World) -> None:
    world.write_trust(tmp_path / "trust")
    with structlog.testing.capture_logs() as logged:
        checker(store, tmp_path / "trust", world.clock).verify(b"%PDF-1.7 of somebody")
    assert logged == []


def test_a_damaged_trust_folder_of_ours_is_an_alarm(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    with structlog.testing.capture_logs() as logged, refuses(Code.TRUST_BUNDLE_REFUSED):
        checker(store, tmp_path / "none", clock).verify(b"%PDF")
    (line,) = logged
    assert (line["event"], line["code"], line["leaf"]) == ("alarm", "TRUST_BUNDLE_REFUSED", None)


@pytest.mark.parametrize(
    ("code", "events"), [(Code.UNREGISTERED, ["alarm"]), (Code.ANCHOR_WITNESS, [])]
)
def test_the_anchorers_judge_sounds_alarms_too(
    monkeypatch: pytest.MonkeyPatch, world: World, issued: Issued, code: Code, events: list[str]
) -> None:
    def judge(*_arguments: object) -> None:
        raise AnzhengError(code, "no")

    monkeypatch.setattr("anzheng.judge.judge_evidence", judge)
    leaf = Leaf(issued.leaf)
    with structlog.testing.capture_logs() as logged, refuses(code):
        BundleJudge(world.bundle).accept(leaf, issued.evidence)
    assert [line["event"] for line in logged] == events
    assert [line["leaf"] for line in logged] == [leaf.hex()] * len(events)
