"""Several nodes before one anvil: none decides alone (research chain 4.3, group 10)."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from anchor.calls import AnchorCall
from anchor.chain.account import address_of_key
from anchor.chain.assembly import PoolRules
from anchor.chain.devnet import Devnet, running
from anchor.chain.evm import EvmChain
from anchor.chain.node import Node
from anchor.chain.pool import NodePool
from anchor.ports import Right
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import MerkleRoot
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key
from tests.fakes.nodes import RULES, Lie, MemoryAlarms, NodeField, Refuse, field_of
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.tools(str(ANVIL))

ACCOUNT = address_of_key(private_key("anchor"))
CALL = AnchorCall(MerkleRoot(sha256(b"pool").digest()), 3, ManifestDigest(sha256(b"m").digest()))
FALSE = "0x" + "66" * 32


class World(DevChain):
    """A contract with one batch, ten blocks deep."""

    def __init__(self, devnet: Devnet) -> None:
        super().__init__(devnet)
        self.raw = self.account(Right.ANCHOR).sign(CALL, nonce=0, version=0)
        self.chain().send(self.raw)
        devnet.mine(10)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(
        Devnet(ANVIL, tmp_path_factory.mktemp("anvil"), CHAIN_ID, keeps_state=False)
    ) as devnet:
        yield World(devnet)


@pytest.fixture
def field(dev: World) -> Iterator[NodeField]:
    with field_of(dev.devnet.url) as field:
        yield field


def changed(**fields: object) -> Lie:
    """Return a lie that changes these fields of the true answer."""
    return lambda _, result: result and {**result, **fields}


def once(value: str) -> Lie:
    """Return a lie that is told only once."""
    values = iter([value])
    return lambda _, result: next(values, result)


Question = Callable[[EvmChain, World], object]

LIES: dict[str, tuple[str, Lie, Question]] = {
    "chain id": ("eth_chainId", lambda *_: "0x1", lambda chain, _: chain.check()),
    "code": ("eth_getCode", lambda *_: "0x00", lambda chain, _: chain.check()),
    "genesis": ("eth_getBlockByNumber", changed(hash=FALSE), lambda chain, _: chain.genesis()),
    "nonce": ("eth_getTransactionCount", lambda *_: "0x9", lambda chain, _: chain.nonce(ACCOUNT)),
    "balance": ("eth_getBalance", lambda *_: "0x0", lambda chain, _: chain.balance(ACCOUNT)),
    "rights": (
        "eth_call",
        lambda _, result: "0x" + "00" * 64 if result else result,
        lambda chain, _: chain.rights(ACCOUNT),
    ),
    "time of a block": (
        "eth_getBlockByNumber",
        changed(timestamp="0x1"),
        lambda chain, _: chain.block(1),
    ),
    "lost receipt": (
        "eth_getTransactionReceipt",
        lambda *_: None,
        lambda chain, dev: chain.receipt(dev.raw),
    ),
    "receipt of another block": (
        "eth_getTransactionReceipt",
        changed(blockHash=FALSE),
        lambda chain, dev: chain.receipt(dev.raw),
    ),
    "failed receipt": (
        "eth_getTransactionReceipt",
        changed(status="0x0"),
        lambda chain, dev: chain.receipt(dev.raw),
    ),
    "lost event": (
        "eth_getLogs",
        lambda *_: [],
        lambda chain, _: chain.anchored_in(AUTHORITY, CALL.root, CALL.size, CALL.manifest),
    ),
    "storage": (
        "eth_getProof",
        changed(storageHash=FALSE),
        lambda chain, _: chain.proof([b"\0" * 32], chain.height()).storage_hash,
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_one_lying_node_changes_no_answer_and_is_quarantined(
    dev: World, field: NodeField, name: str
) -> None:
    method, lie, ask = LIES[name]
    truth = ask(dev.chain(), dev)
    field.nodes[1].lies[method] = lie
    assert ask(dev.chain(field.pool), dev) == truth
    assert field.states() == ["good", "quarantined", "good"]
    assert field.alarms.risen == [("node:n2", Code.NODE_QUARANTINED)]
    asked = len(field.nodes[1].asked)
    assert ask(dev.chain(field.pool), dev) == truth
    assert len(field.nodes[1].asked) == asked, "it is asked nothing more"


@pytest.mark.parametrize("name", sorted(set(LIES) - {"genesis", "time of a block"}))
def test_two_nodes_that_disagree_decide_nothing(dev: World, name: str) -> None:
    method, lie, ask = LIES[name]
    with field_of(dev.devnet.url, 2) as field:
        field.nodes[0].lies[method] = lie
        with refuses(Code.CHAIN_UNAVAILABLE):
            ask(dev.chain(field.pool), dev)
        assert field.states() == ["good", "good"], "nobody can tell which one lies"


def test_three_histories_are_an_alarm_until_two_agree(dev: World, field: NodeField) -> None:
    for number, node in enumerate(field.nodes[:2]):
        node.lies["eth_getBlockByNumber"] = changed(hash=f"0x{number:064x}")
    with refuses(Code.CHAIN_UNAVAILABLE):
        dev.chain(field.pool).height()
    assert field.alarms.standing == {"node:histories": Code.NODES_DISAGREE}
    field.nodes[0].lies.clear()
    dev.chain(field.pool).height()
    assert field.states() == ["good", "quarantined", "good"]
    assert set(field.alarms.standing) == {"node:n2"}


def test_a_receipt_of_a_block_that_nobody_else_has_is_none_yet(
    dev: World, field: NodeField
) -> None:
    """The state behind it is not there: research calls it a receipt without state."""
    future = changed(blockNumber=hex(dev.chain().height() + 1), blockHash=FALSE)
    raw = b"\2" + dev.raw
    invented = {"status": "0x1", "gasUsed": "0x1", "blockHash": FALSE}
    for lie in (lambda *_: {**invented, "blockNumber": hex(10_000)}, future):
        field.nodes[2].lies["eth_getTransactionReceipt"] = lie
        assert dev.chain(field.pool).receipt(raw) is None
    assert field.states() == ["good"] * 3
    field.nodes[2].lies["eth_getTransactionReceipt"] = lambda *_: {**invented, "blockNumber": "0x2"}
    assert dev.chain(field.pool).receipt(raw) is None
    assert field.states() == ["good", "good", "quarantined"]


def test_who_answers_before_a_block_accuses_nobody_who_answers_after(dev: World) -> None:
    """With a liar beside it, an answer that is only old would make a quorum against the truth."""
    with field_of(dev.devnet.url, rules=replace(RULES, view_seconds=1e9)) as field:
        chain = dev.chain(field.pool)
        chain.height()
        raw = dev.account(Right.ANCHOR).sign(
            replace(CALL, size=7), nonce=dev.chain().nonce(ACCOUNT), version=0
        )
        dev.chain().send(raw)
        dev.devnet.mine()
        field.nodes[1].lies["eth_getTransactionReceipt"] = lambda *_: None
        late = iter([None])
        field.nodes[2].lies["eth_getTransactionReceipt"] = lambda _, result: next(late, result)
        receipt = chain.receipt(raw)
        assert receipt is not None
        assert receipt.succeeded
        assert field.states() == ["good", "quarantined", "good"]


def test_a_lie_that_is_taken_back_is_forgiven_twice(dev: World, field: NodeField) -> None:
    chain, truth = dev.chain(field.pool), dev.chain().balance(ACCOUNT)
    for strike, state in ((1, "good"), (2, "good"), (3, "quarantined")):
        field.nodes[0].lies["eth_getBalance"] = once("0x1")
        assert chain.balance(ACCOUNT) == truth
        assert (strike, field.states()[0]) == (strike, state)


def lagging(node: Any, behind: int, height: int) -> None:  # noqa: ANN401 - a fake
    """Let a node have all blocks but the newest."""

    def block(params: list[Any], result: Any) -> Any:  # noqa: ANN401 - JSON
        if params[0] == "latest":
            return node.ask("eth_getBlockByNumber", hex(height - behind), False)  # noqa: FBT003
        return result if int(params[0], 16) <= height - behind else None

    node.lies["eth_getBlockByNumber"] = block
    node.lies["eth_call"] = Refuse(-32000, "header not found")


def test_a_stale_node_is_left_out_until_it_has_caught_up(dev: World, field: NodeField) -> None:
    chain, height = dev.chain(field.pool), dev.chain().height()
    lagging(field.nodes[0], 3, height)
    assert chain.height() == height
    assert chain.rights(ACCOUNT).authority == AUTHORITY
    assert field.states() == ["behind", "good", "good"]
    assert not field.alarms.risen
    field.nodes[0].lies.clear()
    assert chain.height() == height
    assert field.states() == ["good"] * 3


def test_the_common_block_is_one_that_enough_nodes_have(dev: World, field: NodeField) -> None:
    height = dev.chain().height()
    for node in field.nodes[:2]:
        lagging(node, 2, height)
    assert dev.chain(field.pool).height() == height - 2
    assert dev.chain(field.pool).block(height - 1) is None


def test_the_common_block_never_falls_back(dev: World, field: NodeField) -> None:
    chain, height = dev.chain(field.pool), dev.chain().height()
    assert chain.height() == height
    for node in field.nodes[:2]:
        lagging(node, 1, height)
    with refuses(Code.CHAIN_UNAVAILABLE):
        chain.height()
    for node in field.nodes:
        node.lies.clear()
    assert chain.height() == height


def test_quarantine_ends_when_a_node_agrees_again_and_doubles_when_not(
    dev: World, field: NodeField
) -> None:
    chain = dev.chain(field.pool)
    field.nodes[2].lies["eth_getBlockByNumber"] = changed(hash=FALSE)
    for seconds in (60, 120, 240):
        chain.height()
        assert field.pool.health()[2].seconds_left == seconds
        field.watch.moment += seconds
    field.nodes[2].lies.clear()
    chain.height()
    assert field.states() == ["good"] * 3
    assert not field.alarms.standing
    assert field.alarms.risen == [("node:n3", Code.NODE_QUARANTINED)], "one alarm, not three"


def test_a_quarantined_node_comes_back_also_when_it_is_needed(dev: World, field: NodeField) -> None:
    chain, truth = dev.chain(field.pool), dev.chain().balance(ACCOUNT)
    field.nodes[2].lies["eth_getBalance"] = lambda *_: "0x1"
    assert chain.balance(ACCOUNT) == truth
    field.nodes[2].lies.clear()
    field.nodes[0].away = True
    with refuses(Code.CHAIN_UNAVAILABLE):
        chain.balance(ACCOUNT)
    field.watch.moment += 60
    assert chain.balance(ACCOUNT) == truth
    assert field.states() == ["away", "good", "good"]


def test_a_new_process_believes_nobody_who_was_in_quarantine(dev: World, field: NodeField) -> None:
    field.nodes[2].lies["eth_getBalance"] = lambda *_: "0x1"
    dev.chain(field.pool).balance(ACCOUNT)
    assert field.states()[2] == "quarantined"
    field.nodes[2].lies.clear()
    field.restart()
    dev.chain(field.pool).balance(ACCOUNT)
    assert field.states() == ["good", "good", "quarantined"]
    assert field.pool.health()[2].seconds_left == 60
    field.watch.moment += 60
    dev.chain(field.pool).balance(ACCOUNT)
    assert field.states() == ["good"] * 3
    assert not field.alarms.standing
    assert field.alarms.risen == [("node:n3", Code.NODE_QUARANTINED)]


def test_a_new_process_gets_by_where_only_the_quarantined_node_is_left(
    dev: World, field: NodeField
) -> None:
    field.alarms.standing["node:n3"] = Code.NODE_QUARANTINED
    field.nodes[0].away = True
    field.restart()
    with refuses(Code.CHAIN_UNAVAILABLE):
        dev.chain(field.pool).height()
    field.watch.moment += 60
    dev.chain(field.pool).height()
    assert field.states() == ["away", "good", "good"]


def test_a_new_process_keeps_a_quorum_whatever_alarms_stand(dev: World, field: NodeField) -> None:
    for name in ("n1", "n2", "n3"):
        field.alarms.standing[f"node:{name}"] = Code.NODE_QUARANTINED
    field.restart()
    dev.chain(field.pool).height()
    assert field.states() == ["quarantined", "good", "good"]
    assert set(field.alarms.standing) == {"node:n1"}


def test_an_alarm_of_the_process_before_ends_when_the_node_is_good(
    dev: World, field: NodeField
) -> None:
    field.alarms.standing["node:n2"] = Code.CHAIN_UNAVAILABLE
    field.nodes[1].away = True
    field.restart()
    dev.chain(field.pool).height()
    assert set(field.alarms.standing) == {"node:n2"}
    field.nodes[1].away = False
    dev.chain(field.pool).height()
    assert not field.alarms.standing


def test_a_node_that_is_away_for_long_is_an_alarm(dev: World, field: NodeField) -> None:
    chain = dev.chain(field.pool)
    field.nodes[1].away = True
    chain.height()
    assert not field.alarms.risen
    field.watch.moment += RULES.tell_seconds
    chain.height()
    assert field.alarms.standing == {"node:n2": Code.CHAIN_UNAVAILABLE}
    field.nodes[1].away = False
    chain.height()
    assert not field.alarms.standing


def test_alarms_that_cannot_be_stored_are_tried_again(dev: World, field: NodeField) -> None:
    rise, refusals = field.alarms.rise, iter([True])

    def unsure(key: str, code: Code, message: str) -> None:
        if next(refusals, False):
            raise AnzhengError(Code.STORE_FAILED, "the database is locked")
        rise(key, code, message)

    field.alarms.rise = unsure  # type: ignore[method-assign]
    field.nodes[2].lies["eth_getBlockByNumber"] = changed(hash=FALSE)
    dev.chain(field.pool).height()
    assert not field.alarms.risen
    dev.chain(field.pool).height()
    assert field.alarms.risen == [("node:n3", Code.NODE_QUARANTINED)]


def test_a_silent_node_is_hardly_waited_for(dev: World) -> None:
    rules = replace(RULES, grace_seconds=0.1, timeout_seconds=60)
    with field_of(dev.devnet.url, rules=rules, patience=20) as field:
        field.nodes[0].delay = 60
        field.nodes[0].faults = {"eth_getBlockByNumber": ["delay"]}
        chain, began = dev.chain(field.pool), time.monotonic()
        for _ in range(5):
            chain.nonce(ACCOUNT)
        assert time.monotonic() - began < 15
        assert field.states() == ["away", "good", "good"]


@pytest.mark.parametrize("fault", ["503", "html", "garbage", "cut", "lose request", "lose answer"])
def test_an_answer_that_is_lost_on_the_way_is_asked_for_once_more(
    dev: World, field: NodeField, fault: str
) -> None:
    for node in field.nodes:
        node.faults = {"eth_getBalance": [fault], "eth_sendRawTransaction": [fault]}
    assert dev.chain(field.pool).balance(ACCOUNT) == dev.chain().balance(ACCOUNT)
    with refuses(Code.CHAIN_UNAVAILABLE):
        dev.chain(field.pool).send(dev.raw)
    assert [node.asked.count("eth_sendRawTransaction") for node in field.nodes] == [1] * 3


def test_transactions_go_to_every_node_believed_or_not(dev: World, field: NodeField) -> None:
    field.nodes[0].lies["eth_getBlockByNumber"] = changed(hash=FALSE)
    chain = dev.chain(field.pool)
    chain.height()
    assert field.states()[0] == "quarantined"
    account = dev.account(Right.ANCHOR, field.pool)
    call = replace(CALL, size=4)
    raw = account.sign(call, nonce=chain.nonce(ACCOUNT), version=0)
    chain.send(raw)
    assert all("eth_sendRawTransaction" in node.asked for node in field.nodes)
    with pytest.raises(AnzhengError) as caught:
        chain.send(raw)
    assert "rpc_message" in caught.value.facts, "all nodes know it: an answer, and no verdict"
    dev.devnet.mine()
    receipt = chain.receipt(raw)
    assert receipt is not None
    assert receipt.succeeded


def test_one_node_that_takes_a_transaction_is_enough(dev: World, field: NodeField) -> None:
    for node in field.nodes[:2]:
        node.lies["eth_sendRawTransaction"] = Refuse(-32000, "txpool is full")
    account, chain = dev.account(Right.ANCHOR), dev.chain(field.pool)
    raw = account.sign(replace(CALL, size=5), nonce=dev.chain().nonce(ACCOUNT), version=0)
    chain.send(raw)
    dev.devnet.mine()
    assert chain.receipt(raw) is not None


def test_one_node_cannot_say_that_the_contract_refuses(dev: World, field: NodeField) -> None:
    """A transaction is parked for a refusal: that needs more than one word."""
    revert = Refuse(3, "execution reverted", "0x12345678")
    account = dev.account(Right.ANCHOR, field.pool)
    call = replace(CALL, size=6)
    field.nodes[0].lies["eth_estimateGas"] = revert
    account.sign(call, nonce=0, version=0)
    for node in field.nodes[1:]:
        node.away = True
    with refuses(Code.CHAIN_UNAVAILABLE):
        account.sign(call, nonce=0, version=0)
    for node in field.nodes:
        node.away = False
        node.lies["eth_estimateGas"] = revert
    with refuses(Code.CHAIN_REVERTED):
        account.sign(call, nonce=0, version=0)


@pytest.mark.parametrize("odd", ["0xffffffffff", "free", None, {"a": 1}])
def test_the_middle_price_is_paid(dev: World, field: NodeField, odd: object) -> None:
    for price, node in zip(("0x63", "0x64", odd), field.nodes, strict=True):
        node.lies["eth_gasPrice"] = lambda *_, price=price: price
    assert dev.chain(field.pool).gas_price() == 100


def test_what_enough_nodes_call_final_is_final(field: NodeField) -> None:
    for height, node in zip((9, 5, 7), field.nodes, strict=True):

        def finalized(params: list[Any], result: Any, height: int = height) -> Any:  # noqa: ANN401
            return {**result, "number": hex(height)} if params[0] == "finalized" else result

        node.lies["eth_getBlockByNumber"] = finalized
    found = field.pool.ask("eth_getBlockByNumber", "finalized", False)  # noqa: FBT003 - JSON
    assert int(found["number"], 16) == 7
    field.nodes[0].lies["eth_getBlockByNumber"] = lambda params, block: (
        "nonsense" if params[0] == "finalized" else block
    )
    found = field.pool.ask("eth_getBlockByNumber", "finalized", False)  # noqa: FBT003 - JSON
    assert int(found["number"], 16) == 5


def test_seals_differ_from_node_to_node_under_one_hash(dev: World, field: NodeField) -> None:
    """Besu's validators keep the seals that each of them happened to collect."""
    for number, node in enumerate(field.nodes):
        node.lies["eth_getBlockByNumber"] = changed(extraData="0x" + f"{number:02x}" * 327)
    chain = dev.chain(field.pool)
    assert chain.block(3) == dev.chain().block(3)
    assert len(chain.proof([b"\0" * 32], 3).header[12]) == 327
    assert field.states() == ["good"] * 3


def test_what_nodes_say_about_themselves_is_heard_from_each(dev: World, field: NodeField) -> None:
    field.nodes[1].lies["web3_clientVersion"] = lambda *_: "Besu/v26.9"
    names = field.pool.each("web3_clientVersion")
    assert len(names) == 3
    assert "Besu/v26.9" in names
    for node in field.nodes:
        node.away = True
    with refuses(Code.CHAIN_UNAVAILABLE):
        field.pool.each("web3_clientVersion")
    assert dev.devnet.node.each("eth_chainId") == (hex(CHAIN_ID),)


def test_many_threads_ask_at_once(dev: World) -> None:
    with field_of(dev.devnet.url, rules=replace(RULES, view_seconds=1.0)) as field:
        chain, truth = dev.chain(field.pool), dev.chain().balance(ACCOUNT)
        found: list[int] = []

        def ask() -> None:
            found.extend(chain.balance(ACCOUNT) for _ in range(10))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [truth] * 60


@pytest.mark.parametrize(
    ("names", "quorum"), [("abc", 1), ("abc", 4), ("ab", 1), ("aab", 2), ("", 1)]
)
def test_a_quorum_is_more_than_half_of_different_nodes(names: str, quorum: int) -> None:
    nodes = [Node("http://127.0.0.1:1", name=name) for name in names]
    with refuses(Code.SETTINGS_INVALID):
        NodePool(nodes, PoolRules(quorum), MemoryAlarms())
