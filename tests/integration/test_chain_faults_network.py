"""What happens between us and the node (research 4.3, group 2): each leaf is anchored once."""

import itertools
from collections.abc import Iterator

import pytest

from anchor.chain.node import Node
from anchor.ports import BatchState, TxState
from tests.fakes.anchor_office import AnchorOffice
from tests.fakes.anchoring import add_batch
from tests.fakes.devchain import ANVIL, DevChain
from tests.fakes.faulty_proxy import LIES, NETWORK, Chance, FaultyProxy, faulty_node

pytestmark = pytest.mark.tools(str(ANVIL))

METHODS = (
    "eth_sendRawTransaction",
    "eth_getTransactionReceipt",
    "eth_getTransactionCount",
    "eth_getBlockByNumber",
    "eth_estimateGas",
    "eth_blockNumber",
    "eth_call",
)
PATIENCE_SECONDS = 10.0
IMPATIENCE_SECONDS = 0.1
"""Where answers are to come too late; then a busy machine's do too, and are asked for again."""


@pytest.fixture
def proxy(dev: DevChain) -> Iterator[FaultyProxy]:
    with faulty_node(dev.devnet.url) as node:
        node.delay = 2 * IMPATIENCE_SECONDS
        yield node


def office_behind(
    dev: DevChain, proxy: FaultyProxy, timeout_seconds: float = PATIENCE_SECONDS
) -> AnchorOffice:
    return AnchorOffice(dev, Node(proxy.url, timeout_seconds=timeout_seconds))


@pytest.mark.parametrize("fault", NETWORK)
@pytest.mark.parametrize("times", [1, 6])
def test_every_request_of_a_batch_goes_wrong(
    dev: DevChain, proxy: FaultyProxy, fault: str, times: int
) -> None:
    late = fault == "delay"
    office = office_behind(dev, proxy, IMPATIENCE_SECONDS if late else PATIENCE_SECONDS)
    add_batch(office.store, "b", 3)
    proxy.faults = {method: [fault] * times for method in METHODS}
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
    office.check_nonces()
    assert proxy.done[fault] >= len(METHODS)


@pytest.mark.parametrize("lie", LIES)
def test_node_that_lies_for_a_while_costs_time_only(
    dev: DevChain, proxy: FaultyProxy, lie: str
) -> None:
    office = office_behind(dev, proxy)
    add_batch(office.store, "before", 2, 10)
    office.finish("before")
    add_batch(office.store, "b", 3)
    proxy.faults = {method: [lie, "", lie] for method in METHODS}
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
    assert proxy.done[lie]


@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 12])
def test_wrong_hash_that_is_told_again_and_again_is_in_no_record(
    dev: DevChain, proxy: FaultyProxy, times: int
) -> None:
    """Receipt and block have one and the same wrong hash: believed twice, it is final."""
    office = office_behind(dev, proxy)
    add_batch(office.store, "b", 3)
    proxy.faults = {
        "eth_getTransactionReceipt": ["other hash"] * times,
        "eth_getBlockByNumber": ["other hash"] * times,
    }
    assert office.finish("b").state is BatchState.DONE
    assert proxy.done["other hash"] >= times
    office.check_once("b", 3)
    office.anchorer.check()


@pytest.mark.parametrize("seed", range(4))
def test_everything_at_random(dev: DevChain, proxy: FaultyProxy, seed: int) -> None:
    """A third of all requests goes wrong, in all ways; then another batch follows."""
    office = office_behind(dev, proxy)
    proxy.delay = 0.0
    proxy.chance = Chance(seed, 33, (*NETWORK, *LIES))
    for number in range(2):
        add_batch(office.store, f"b{number}", 2, 2 * number)
        assert office.finish(f"b{number}").state is BatchState.DONE
    proxy.chance = None
    for number in range(2):
        office.check_once(f"b{number}", 2, 2 * number)


def test_node_that_is_away_is_waited_for(dev: DevChain, proxy: FaultyProxy) -> None:
    office = office_behind(dev, proxy)
    add_batch(office.store, "b", 3)
    proxy.away = True
    for _ in itertools.repeat(None, 5):
        assert office.pass_over("b").state is BatchState.BATCHED
    assert office.store.transaction("anchor:b") is None
    proxy.away = False
    office.pass_over("b")
    proxy.away = True
    for _ in itertools.repeat(None, 5):
        office.pass_over("b", seconds=3600)
    assert office.transaction("b").state is not TxState.PARKED
    assert len(office.transaction("b").raws) == 1
    proxy.away = False
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
    office.check_nonces()
