"""A trial on a chain that is not its own: a node where gas is free, as in the genesis here."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from anchor.chain.artifact import load_artifact
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.genesis import extra_data, genesis
from anchor.chain.node import Node
from anchor.ports import Right
from anzheng.flows.roster import read_roster
from anzheng.settings import Settings, load
from anzheng.trial import set_up, specs_of
from licence.errors import AnzhengError, Code
from licence.formats import qbft
from licence.ids import Address, ChainId
from tests.e2e.apart import ROOT, until
from tests.fakes.devchain import ANVIL
from tests.fakes.ports import free_port
from tests.fakes.refusal import refuses

CHAIN_ID = 20263


@contextmanager
def free_chain() -> Iterator[str]:
    """Run a node with London's rules that wants nothing for gas."""
    port = free_port()
    command = [
        *(str(ANVIL.resolve()), "--port", str(port), "--chain-id", str(CHAIN_ID), "--silent"),
        *("--hardfork", "london", "--gas-price", "0", "--base-fee", "0"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            with closing(Node(url)) as node:
                until("the node", lambda: answers(node))
            yield url
        finally:
            process.terminate()
            process.wait(30)


def answers(node: Node) -> bool:
    """Say whether the node is there."""
    try:
        return node.quantity("eth_chainId") == CHAIN_ID
    except AnzhengError:
        return False


def settings(home: Path, url: str, *, allow_test_keys: bool = True) -> Settings:
    """Return the settings of a trial on this node."""
    return load(
        data_dir=home,
        chain_devnet=False,
        chain_rpc_url=url,
        chain_id=CHAIN_ID,
        allow_test_keys=allow_test_keys,
    )


def test_authorities_are_set_up_where_gas_is_free(tmp_path: Path) -> None:
    specs = specs_of(read_roster((ROOT / "samples" / "roster.json").read_bytes()))[:1]
    with free_chain() as url:
        estate = set_up(settings(tmp_path, url), specs)
        with closing(Node(url)) as node:
            place = Contract(estate.chain_id, estate.contract, estate.from_block, estate.genesis)
            chain = EvmChain(node, place, load_artifact())
            chain.check()
            account = estate.authorities[0].confirm_account
            assert chain.rights(account).rights == Right.CONFIRM
            assert chain.balance(account) == 0


def test_an_environment_in_earnest_has_no_throw_away_authorities(tmp_path: Path) -> None:
    specs = specs_of(read_roster((ROOT / "samples" / "roster.json").read_bytes()))[:1]
    unsafe = settings(tmp_path, "http://127.0.0.1:9", allow_test_keys=False)
    with refuses(Code.SETTINGS_UNSAFE):
        set_up(unsafe, specs)


@pytest.mark.parametrize("count", [1, 4])
def test_the_genesis_has_the_validators_that_we_read_in_blocks(count: int) -> None:
    validators = [Address(bytes([number]) * 20) for number in range(1, count + 1)]
    assert list(qbft.decode_extra(extra_data(validators)).validators) == validators
    made = json.loads(genesis(ChainId(CHAIN_ID), validators))
    assert made["extraData"] == "0x" + extra_data(validators).hex()
    assert made["config"]["chainId"] == CHAIN_ID
    assert made["config"]["zeroBaseFee"] is True
