"""Whole batches through a pool: whatever one node says, each leaf is anchored exactly once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from anchor.chain.devnet import Devnet, running
from anchor.ports import BatchState
from anzheng.demo.faulty_node import LIES, NETWORK, Chance
from licence.errors import AnzhengError, Code
from tests.fakes.anchor_office import AnchorOffice
from tests.fakes.anchoring import add_batch
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain
from tests.fakes.nodes import RULES, NodeField, field_of

pytestmark = pytest.mark.tools(str(ANVIL))

SEEDS = range(4)
MANY = range(100, 300)
QUICK = replace(RULES, grace_seconds=0.05, quarantine_seconds=1e9, timeout_seconds=2)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevChain]:
    with running(
        Devnet(ANVIL, tmp_path_factory.mktemp("anvil"), CHAIN_ID, keeps_state=False)
    ) as devnet:
        dev = DevChain(devnet)
        devnet.mine(10)
        yield dev


def one_batch(dev: DevChain, name: str, seed: int) -> NodeField:
    """Anchor a batch while one node lies and all lose messages; return what is left."""
    with field_of(dev.devnet.url, rules=QUICK) as field:
        office = AnchorOffice(dev, field.pool)
        for number, node in enumerate(field.nodes):
            node.delay = 0.02
            lies = number == seed % 3
            percent, kinds = (40, LIES) if lies else (4, NETWORK)
            node.chance = Chance(seed * 10 + number, percent, kinds)
        add_batch(office.store, name, 3, seed * 3)
        batch = office.finish(name)
        assert batch.state is BatchState.DONE
        for node in field.nodes:
            node.chance = None
        office.check_once(name, 3, seed * 3)
        return field


@pytest.mark.parametrize("seed", SEEDS)
def test_one_node_lies_at_random_and_the_batch_is_anchored_once(dev: DevChain, seed: int) -> None:
    field = one_batch(dev, f"lied-{seed}", seed)
    honest = [state for number, state in enumerate(field.states()) if number != seed % 3]
    assert "quarantined" not in honest, "nodes that only lose messages are not called liars"


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_random_lies(dev: DevChain, seed: int) -> None:
    field = one_batch(dev, f"lied-{seed}", seed)
    honest = [state for number, state in enumerate(field.states()) if number != seed % 3]
    assert "quarantined" not in honest


def test_no_batch_is_final_on_the_word_of_one_node(tmp_path: Path) -> None:
    """One node has a history of its own: in it the batch is mined, final and anchored."""
    with (
        running(Devnet(ANVIL, tmp_path / "one", CHAIN_ID)) as ours,
        running(Devnet(ANVIL, tmp_path / "two", CHAIN_ID)) as other,
    ):
        other.node.ask("evm_increaseTime", 1_000)
        dev, fork = DevChain(ours), DevChain(other)
        assert dev.contract.address == fork.contract.address
        ours.mine(10)
        other.mine(30)
        with field_of(ours.url, rules=QUICK) as field:
            office = AnchorOffice(dev, field.pool)
            add_batch(office.store, "alone")
            office.pass_over("alone")
            field.nodes[1].away = field.nodes[2].away = True
            field.nodes[0].upstream = other.url
            dev.chain(other.node).send(office.transaction("alone").raws[-1])
            for _ in range(5):
                other.mine(2)
                assert office.pass_over("alone", seconds=20).state is not BatchState.FINAL
            assert set(office.errors) <= {"CHAIN_UNAVAILABLE"}
            field.nodes[1].away = field.nodes[2].away = False
            assert office.finish("alone").state is BatchState.DONE
            office.check_once("alone", 3)
            assert field.states()[0] == "quarantined"


def test_nodes_come_and_go_one_after_the_other(dev: DevChain) -> None:
    with field_of(dev.devnet.url, rules=QUICK) as field:
        office = AnchorOffice(dev, field.pool)
        for number in range(6):
            field.nodes[number % 3].away = True
            field.nodes[(number + 2) % 3].away = False
            name = f"rolling-{number}"
            add_batch(office.store, name, 3, 10_000 + number * 3)
            assert office.finish(name).state is BatchState.DONE
            office.check_once(name, 3, 10_000 + number * 3)
        assert set(office.errors) <= {"CHAIN_UNAVAILABLE"}


def test_a_lie_about_the_head_stops_nothing_and_is_said_once(dev: DevChain) -> None:
    with field_of(dev.devnet.url, rules=QUICK) as field:
        office = AnchorOffice(dev, field.pool)
        field.nodes[1].lies["eth_getBlockByNumber"] = lambda _, block: (
            block and {**block, "hash": "0x" + "99" * 32}
        )
        for number in range(3):
            name = f"headless-{number}"
            add_batch(office.store, name, 3, 20_000 + number * 3)
            assert office.finish(name).state is BatchState.DONE
        assert field.alarms.risen == [("node:n2", Code.NODE_QUARANTINED)]


def test_a_pool_that_is_closed_asks_nobody(dev: DevChain) -> None:
    with field_of(dev.devnet.url) as field:
        dev.chain(field.pool).height()
    with pytest.raises((AnzhengError, RuntimeError)):
        dev.chain(field.pool).height()
