"""An installation on three nodes of the settings, one of which lies, and the command about them."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from anchor.chain.devnet import Devnet, running
from anchor.chain.node import Node
from anchor.chain.pool import NodePool
from anzheng import estate as estates
from anzheng import keyring as keyrings
from anzheng.cli import run
from anzheng.clock import SystemClock
from anzheng.demo.world import sample_rows
from anzheng.flows import release as releasing
from anzheng.flows.anchor import BatchRule
from anzheng.flows.nodes import look_at_nodes
from anzheng.flows.samples import many_rows
from anzheng.jobs import run_until_quiet
from anzheng.nodes import each_node, fee_policy, open_nodes, watch_rules
from anzheng.settings import DEVNET_CHAIN_ID, Settings, load
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import attach, open_base, open_installation
from licence.errors import AnzhengError, Code
from licence.formats import release as formats
from licence.ids import BatchId, ChainId, Digest
from tests.fakes.devchain import ANVIL
from tests.fakes.nodes import LyingNode, MemoryAlarms, Refuse
from tests.fakes.refusal import refuses
from verifier.rpc import RpcChain

pytestmark = pytest.mark.tools(str(ANVIL))

LICENCES = 3
RULE = BatchRule(licences=10_000, seconds=0)


@dataclass(frozen=True)
class Place:
    """A data folder whose chain runs on its own, with three nodes in front of it."""

    home: Path
    devnet: Devnet
    nodes: tuple[LyingNode, ...]

    def settings(self, **changes: object) -> Settings:
        tables = [
            {"name": f"n{number}", "url": node.url} for number, node in enumerate(self.nodes, 1)
        ]
        given: dict[str, Any] = {"data_dir": self.home, "chain_devnet": False, "chain_node": tables}
        return load(**{**given, **changes})

    def config(self) -> Path:
        lines = [f'data_dir = "{self.home}"', "chain_devnet = false"]
        for number, node in enumerate(self.nodes, 1):
            lines += ["[[chain_node]]", f'name = "n{number}"', f'url = "{node.url}"']
        file = self.home / "config.toml"
        file.write_text("\n".join(lines), "utf-8")
        return file


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("nodes") / "home"
    with open_base(load(data_dir=home)) as base:
        template = sample_rows("roster.json", base.clock.now())[0]
        rows = many_rows(LICENCES, template, year=base.clock.now().year)
        (entry,) = set_up_in(base, specs_of(rows)).authorities
        base.preparer().import_roster(rows)
        with attach(base) as installation:
            statement = releasing.draft(base.store, base.clock, base.entropy, entry.id)
            for officer in entry.officers:
                key = base.ring.open(keyrings.officer_key(officer.id))
                statement = releasing.sign(statement, officer.id, key)
            office = installation.offices.open(entry.id)
            releasing.submit(base.store, base.clock, office, formats.encode(statement))
    with running(Devnet(ANVIL.resolve(), home / "chain", ChainId(DEVNET_CHAIN_ID))) as devnet:
        devnet.mine(10)
        nodes = tuple(LyingNode(devnet.url) for _ in range(3))
        yield Place(home, devnet, nodes)
        for node in nodes:
            node.close()


@pytest.fixture(autouse=True)
def _honest(place: Place) -> Iterator[None]:
    yield
    for node in place.nodes:
        node.lies.clear()
        node.away = False
    store = Store(place.settings().database)
    with closing(store), store.write() as unit:
        for alarm in unit.alarms.all():
            unit.alarms.clear(alarm.key)


def test_licences_are_issued_over_three_nodes_of_which_one_lies(place: Place) -> None:
    place.nodes[1].lies["eth_getBlockByNumber"] = lambda _, block: (
        block and {**block, "hash": "0x" + "66" * 32}
    )
    with open_installation(place.settings()) as installation:
        assert isinstance(installation.chain.node, NodePool)
        run_until_quiet(installation, RULE)
        installation.chain.check()
        with installation.base.store.read() as unit:
            assert unit.licences.counts() == {FlowState.PUBLISHED: LICENCES}
            alarms = {alarm.key: alarm.code for alarm in unit.alarms.all()}
        assert alarms["node:n2"] is Code.NODE_QUARANTINED
        states = {health.name: health.state.value for health in installation.chain.node.health()}
        assert states == {"n1": "good", "n2": "quarantined", "n3": "good"}
    with open_installation(place.settings()) as installation:
        assert isinstance(installation.chain.node, NodePool)
        states = {health.name: health.state.value for health in installation.chain.node.health()}
        assert states["n2"] == "quarantined", "a restart forgives nobody"


def test_our_own_checks_read_what_enough_nodes_say(place: Place) -> None:
    place.nodes[2].lies["eth_call"] = lambda _, result: result and "0x" + "00" * 64
    with open_installation(place.settings()) as installation:
        run_until_quiet(installation, RULE)
        (entry,) = installation.estate.authorities
        name = BatchId(f"{installation.estate.registry}-{entry.id}-00000001")
        with installation.base.store.read() as unit:
            batch = unit.anchors.batch(name)
        assert batch is not None
        pinned = installation.bundle.registries[0].contracts[0]
        asked = (pinned, entry.id, batch.root, batch.size, Digest(batch.manifest))
        found = installation.reader.anchor_slot(*asked)
        alone = RpcChain(place.nodes[0].url, ChainId(DEVNET_CHAIN_ID))
        assert found == alone.anchor_slot(*asked)
        assert found is not None
        assert installation.reader.status_of(pinned, entry.id, 0) == 0
        alone.close()
        other = replace(pinned, code_hash=Digest(bytes(32)))
        with refuses(Code.CHAIN_WRONG):
            installation.reader.status_of(other, entry.id, 0)


def test_the_command_shows_nodes_that_agree(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--config", str(place.config()), "nodes"]
    assert run(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["n1", "n2", "n3"]
    assert run([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    estate = estates.load(place.home)
    assert estate.genesis is not None
    assert {each["genesis"] for each in found} == {estate.genesis.hex()}
    assert {each["code_hash"] for each in found} == {estate.code_hash.hex()}
    assert all(each["proofs"] and not each["problems"] for each in found)


def test_the_command_names_what_is_wrong_with_each_node(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.nodes[0].away = True
    place.nodes[2].lies["eth_chainId"] = lambda *_: "0x1"
    place.nodes[2].lies["eth_getCode"] = lambda *_: "0x00"
    place.nodes[2].lies["eth_getBlockByNumber"] = lambda params, block: (
        {**block, "hash": "0x" + "66" * 32} if params[0] != "latest" else block
    )
    assert run(["--config", str(place.config()), "nodes", "--json"]) == 1
    first, second, third = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in first["problems"]] == ["CHAIN_UNAVAILABLE"]
    assert second["problems"] == []
    assert {each["code"] for each in third["problems"]} >= {"CHAIN_WRONG"}
    assert len(third["problems"]) >= 3
    assert run(["--config", str(place.config()), "nodes"]) == 1
    assert "CHAIN_WRONG" in capsys.readouterr().out


def problems(place: Place, number: int, **changes: object) -> set[Code]:
    settings, estate = place.settings(**changes), estates.load(place.home)
    newest = place.devnet.node.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - JSON
    late = timedelta(hours=1) if changes else timedelta()
    assert newest is not None
    found = look_at_nodes(settings, estate, SystemClock().now() + late)
    return {each.code for each in found[number].problems}


def test_a_node_that_cannot_what_the_settings_need_is_named(place: Place) -> None:
    assert problems(place, 0) == set()
    place.nodes[0].lies["eth_getProof"] = Refuse(-32601, "the method does not exist")
    assert problems(place, 0) == set()
    assert problems(place, 0, anchor_evidence="qbft-v1") == {Code.EVIDENCE_TYPE_UNSUPPORTED}
    place.nodes[0].lies["eth_getBlockByNumber"] = lambda params, block: (
        None if params[0] == "finalized" else block
    )
    assert problems(place, 0, chain_finality="pos") == {Code.CHAIN_WRONG}
    assert problems(place, 1, chain_block_seconds=5) == {Code.CHAIN_STALE}
    assert problems(place, 1, chain_max_gas_price_gwei=0) == {Code.CHAIN_FEES}


def test_a_node_far_behind_is_named(place: Place) -> None:
    truth = place.nodes[1]
    low = truth.ask("eth_getBlockByNumber", hex(1), False)  # noqa: FBT003 - JSON
    place.nodes[1].lies["eth_getBlockByNumber"] = lambda params, block: (
        low if params[0] == "latest" else block
    )
    assert problems(place, 1) == {Code.CHAIN_STALE}
    assert problems(place, 0) == set()


def test_before_anything_is_set_up_nodes_are_only_compared_with_each_other(place: Place) -> None:
    found = look_at_nodes(place.settings(), None, SystemClock().now())
    assert [each.problems for each in found] == [(), (), ()]
    assert found[0].inspection is not None
    assert found[0].inspection.code_hash is None


def test_a_trial_has_no_nodes_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError, match="no node is named") as refused:
        each_node(load(data_dir=tmp_path))
    assert refused.value.code is Code.SETTINGS_INVALID


def test_one_node_is_asked_without_a_pool(place: Place) -> None:
    url = place.nodes[0].url
    settings = place.settings(chain_node=[], chain_rpc_url=url)
    assert isinstance(open_nodes(settings, None, MemoryAlarms()), Node)
    (only,) = each_node(settings)
    assert only.quantity("eth_chainId") == DEVNET_CHAIN_ID
    only.close()


def test_a_minority_cannot_be_a_quorum(place: Place) -> None:
    with refuses(Code.SETTINGS_INVALID):
        open_nodes(place.settings(chain_quorum=1), None, MemoryAlarms())


def test_fees_and_expectations_are_those_of_the_settings(place: Place) -> None:
    settings = place.settings(
        chain_max_gas_price_gwei=7, chain_legacy_fees=True, chain_block_seconds=4
    )
    assert fee_policy(settings).max_gas_price_wei == 7 * 10**9
    assert fee_policy(settings).legacy
    assert watch_rules(settings).block_seconds == 4
    assert watch_rules(load(chain_block_seconds=4)).block_seconds == 0, "a trial mines on demand"
