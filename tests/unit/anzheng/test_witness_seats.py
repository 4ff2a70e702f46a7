"""From which block to which a witness is believed, by the log and by verifiers."""

from dataclasses import replace
from pathlib import Path

import pytest

from anchor.log import AuthorityLog
from anzheng import estate as estates
from anzheng.estate import WitnessEntry
from anzheng.flows.witness_seats import add_witness, retire_witness
from licence.errors import Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import WitnessKey
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import IDENTITY, ed25519, public, witness
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.unit.anchor.test_log import RECORD
from tests.unit.anzheng.test_estate import ESTATE

NAMES = ("w1.example", "w2.example", "w3.example")
KEYS = tuple(WitnessKey(name, public(name)) for name in NAMES)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    entries = tuple(WitnessEntry(key.name, key.public) for key in KEYS[:2])
    estates.save(replace(ESTATE, witnesses=entries, witness_threshold=2), tmp_path)
    return tmp_path


def believed(home: Path, block: int) -> list[str]:
    estate = estates.load(home)
    return [key.name for key in KEYS if estate.believes(key, block)]


def test_one_comes_and_one_goes(home: Path) -> None:
    add_witness(home, KEYS[2], 100)
    retire_witness(home, "w1.example", 120)
    assert believed(home, 99) == ["w1.example", "w2.example"]
    assert believed(home, 100) == ["w1.example", "w2.example", "w3.example"]
    assert believed(home, 121) == ["w2.example", "w3.example"]


def test_the_same_name_with_a_new_key_after_the_old_one_ended(home: Path) -> None:
    new = WitnessKey("w1.example", public("another"))
    with refuses(Code.CONFLICT):
        add_witness(home, new, 200)
    add_witness(home, KEYS[2], 100)
    retire_witness(home, "w1.example", 199)
    with refuses(Code.CONFLICT):
        add_witness(home, new, 199)
    add_witness(home, new, 200)
    estate = estates.load(home)
    assert not estate.believes(KEYS[0], 200)
    assert estate.believes(new, 200)


def test_too_few_are_never_left(home: Path) -> None:
    with refuses(Code.CONFLICT):
        retire_witness(home, "w1.example", 100)
    with refuses(Code.NOT_FOUND):
        retire_witness(home, "w9.example", 100)


def test_log_asks_whom_verifiers_believe_about_the_block(home: Path) -> None:
    add_witness(home, KEYS[2], 100)
    retire_witness(home, "w1.example", 120)
    asked = [witness(name, MemoryWitnessStore(), FakeClock()) for name in NAMES]
    log = AuthorityLog(
        IDENTITY,
        ed25519("log").sign,
        MemoryAnchorStore(),
        asked,
        2,
        believed=estates.load(home).believes,
    )
    log.append(RECORD)
    for block in (50, 110, 121):
        lines = checkpoints.parse(log.cosigned_checkpoint(block)).cosignatures
        assert [line.name for line in lines] == believed(home, block)
