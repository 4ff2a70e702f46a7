"""The capture tool against a QBFT node of ours, and against what real networks gave."""

from dataclasses import replace
from pathlib import Path

import pytest

from licence.formats.registry_state import HEAD_SLOT, SEQUENCE_SLOT
from tests.fakes.devchain import ANVIL, DevChain
from tests.fakes.qbft import Sealing, keys
from tests.fakes.qbft_node import QbftNode, serving
from tools.capture_qbft_fixture import Captured, differences, from_json, main

pytestmark = pytest.mark.tools(str(ANVIL))

REAL = sorted((Path(__file__).parents[1] / "assets" / "qbft").glob("real_*.json"))


def captured(node: QbftNode, out: Path, *more: str) -> tuple[int, Captured]:
    with serving(node) as url:
        code = main([url, str(out), *more])
    return code, from_json(out.read_text())


def test_a_block_with_its_state_is_captured_and_agreed_with(dev: DevChain, tmp_path: Path) -> None:
    contract = "0x" + dev.contract.address.hex()
    slots = ("--slot", hex(SEQUENCE_SLOT), "--slot", hex(HEAD_SLOT), "--slot", "0x77")
    node = QbftNode(dev.devnet.url)
    code, found = captured(node, tmp_path / "f.json", "--account", contract, *slots)
    assert code == 0
    assert differences(found) == []
    assert [value > 0 for _, value, _ in found.slots] == [True, True, False]
    bad = {
        "hash": replace(found, block_hash=bytes(32)),
        "raw": replace(found, raw_header=b"\xc0"),
        "seals": replace(found, validators=found.validators[1:]),
        "header": replace(found, header=found.header[:-1]),
        "slot": replace(found, slots=((found.slots[0][0], 5, found.slots[0][2]),)),
        "nodes": replace(found, account_nodes=()),
    }
    for each in bad.values():
        assert differences(each)


def test_a_block_that_others_sealed_is_written_and_refused(dev: DevChain, tmp_path: Path) -> None:
    """The node names validators that did not seal: somebody must look at it."""
    node = QbftNode(dev.devnet.url)
    node.sets.append((0, Sealing(keys(4), sealers=keys(4, "stranger")[:3])))
    code, found = captured(node, tmp_path / "f.json")
    assert code == 1
    assert differences(found)


@pytest.mark.parametrize(
    "more", [(), ("--block", "-1"), ("--account", "0xzz"), ("--block", "99999")]
)
def test_a_node_that_cannot_is_named_in_one_line(
    dev: DevChain, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    """A plain anvil knows no validators; nobody listens at port 1."""
    for url in (dev.devnet.url, "http://127.0.0.1:1"):
        assert main([url, str(tmp_path / "f.json"), *more]) == 2
        said = capsys.readouterr().err
        assert said.startswith("CHAIN_UNAVAILABLE: ")
        assert said.count("\n") == 1
    assert not (tmp_path / "f.json").exists()


def test_blocks_of_real_networks_are_agreed_with() -> None:
    """Whoever has a Besu network puts `real_<network>_<block>.json` there; none is committed."""
    found = {path.name: differences(from_json(path.read_text())) for path in REAL}
    assert not any(found.values()), found
