"""`anzheng status`: what is shown of decisions, and what is refused, without a chain."""

import hashlib
import json
from pathlib import Path

import pytest

from anzheng import keyfiles
from anzheng.cli import run
from anzheng.clock import SystemClock
from anzheng.flows import status as deciding
from anzheng.flows.prepare import Preparer
from anzheng.flows.status import Order
from anzheng.keyfiles import KeyKind
from anzheng.settings import load
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.store.migrate import migrate
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.officers import PinnedOfficer
from licence.ids import AuthorityId, Leaf, OfficerId, RegistryId
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, good_row

LEAF = Leaf(hashlib.sha256(b"leaf").digest())
KEY = keyfiles.generate(KeyKind.ES256)
OFFICER = PinnedOfficer(OfficerId("a"), AuthorityId(ISSUER), KEY.public_der)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with one licence, whose suspension waits for a person."""
    settings = load(data_dir=tmp_path)
    migrate(settings.database)
    store, clock = Store(settings.database), FakeClock(SystemClock().now())
    preparer = Preparer(store, clock, RegistryId("r"), Environment.TEST, lambda _text: ())
    preparer.import_roster([good_row()])
    with store.write() as unit:
        (row,) = unit.licences.in_state(FlowState.PREPARED)
        unit.licences.move(
            [row.id], FlowState.PREPARED, FlowState.SIGNED, clock.now(), leaf=bytes(LEAF)
        )
    drafted = deciding.draft(store, clock, Order(LEAF, StatusWord.SUSPENDED, "1号", "示例"))
    signed = deciding.sign(drafted, OFFICER.officer, KEY)
    stored = deciding.decide(store, clock, signed, [OFFICER])
    with store.write() as unit:
        unit.status.park(stored, Code.CHAIN_REVERTED)
    store.close()
    return tmp_path


def test_show_says_what_waits_for_a_person(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--data-dir", str(home), "status", "show", LEAF.hex()]
    assert run([*words, "--json"]) == 0
    (decision,) = json.loads(capsys.readouterr().out)["decisions"]
    assert (decision["word"], decision["state"]) == ("SUSPENDED", "decided")
    assert (decision["parked"], decision["officers"]) == ("CHAIN_REVERTED", ["a"])
    assert run(words) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("v1: signed, status 状态 SUSPENDED")
    today = decision["effective_from"]
    assert second.startswith(f"SUSPENDED 1号 from {today} until {decision['until']}: decided")
    assert "waits for a person 需人工处理: CHAIN_REVERTED" in second


def test_waiting_lists_them_all(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--data-dir", str(home), "status", "waiting", "--json"]) == 0
    (decision,) = json.loads(capsys.readouterr().out)
    assert (decision["document_no"], decision["parked"]) == ("1号", "CHAIN_REVERTED")


def test_every_option_of_decide_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "decide", "--help"]) == 0
    text = capsys.readouterr().out
    assert "生效日" in text
    assert "暂扣至" in text


@pytest.mark.parametrize("word", ["show", "retry"])
def test_what_is_no_digest_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert run(["--data-dir", str(home), "status", word, "zz", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["code"] == "REQUEST_INVALID"
