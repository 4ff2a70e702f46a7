"""What an anchorer looks at before it works (research chain 4.3, groups 8, 9, 12, 13, 14)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from anchor.calls import AnchorCall
from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.devnet import Devnet, running
from anchor.chain.evm import EvmChain
from anchor.chain.fees import FeePolicy
from anchor.chain.node import Node, hexed
from anchor.finality import parse
from anchor.ports import BatchState, Right, TxState
from anchor.publish import Anchorer
from anchor.sender import Sender, SendPolicy
from anchor.start_checks import ChainWatch, WatchRules
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import BlockHash, MerkleRoot
from tests.fakes.anchor_office import AnchorOffice
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY, add_batch
from tests.fakes.clock import FakeClock
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key
from tests.fakes.nodes import LyingNode, MemoryAlarms, Refuse
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.tools(str(ANVIL))

ACCOUNT = address_of_key(private_key("anchor"))
GWEI = 10**9


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[DevChain]:
    with running(Devnet(ANVIL, tmp_path, CHAIN_ID)) as devnet:
        yield DevChain(devnet)


@pytest.fixture
def liar(dev: DevChain) -> Iterator[LyingNode]:
    node = LyingNode(dev.devnet.url)
    yield node
    node.close()


def batch(name: str) -> AnchorCall:
    root = MerkleRoot(sha256(name.encode()).digest())
    return AnchorCall(root, 3, ManifestDigest(sha256(root).digest()))


# -- group 9: another chain, another contract


def pinned(dev: DevChain, node: Node) -> EvmChain:
    """Return the chain with its genesis pinned, as an installation has it."""
    contract = replace(dev.contract, genesis=dev.chain().genesis())
    return EvmChain(node, contract, dev.artifact)


@pytest.mark.parametrize("what", ["chain id", "code", "genesis", "rights"])
def test_another_chain_contract_or_account_is_refused_and_sent_nothing(
    dev: DevChain, liar: LyingNode, what: str
) -> None:
    node = Node(liar.url)
    office = AnchorOffice(dev, node)
    chain = pinned(dev, node)
    sender = Sender(chain, office.account, office.store, office.clock, SendPolicy())
    sender.check(AUTHORITY, Right.ANCHOR)
    code = Code.CHAIN_WRONG
    if what == "chain id":
        liar.lies["eth_chainId"] = lambda *_: "0x1"
    elif what == "code":
        dev.node.ask("anvil_setCode", hexed(dev.contract.address), "0x600160005260206000f3")
    elif what == "genesis":
        liar.lies["eth_getBlockByNumber"] = lambda _, block: {**block, "hash": "0x" + "11" * 32}
    else:
        dev.admin.set_account(dev.contract.address, AUTHORITY, ACCOUNT, Right.PAUSE)
        code = Code.CHAIN_ACCOUNT
    with refuses(code):
        sender.check(AUTHORITY, Right.ANCHOR)
    with refuses(code):
        Anchorer(chain, sender, office.store, office.anchorer._log, office.judge).check()
    assert "eth_sendRawTransaction" not in liar.asked


def test_the_genesis_stays_the_same_when_a_trial_chain_starts_again(tmp_path: Path) -> None:
    devnet = Devnet(ANVIL, tmp_path, CHAIN_ID)
    with running(devnet):
        dev = DevChain(devnet)
        chain = pinned(dev, devnet.node)
        chain.check()
    with running(devnet):
        pinned(dev, devnet.node).check()
        chain.check()
    (tmp_path / "anvil-state.json").unlink()
    with running(devnet), refuses(Code.CHAIN_WRONG):
        chain.check()


def test_no_genesis_is_compared_where_none_was_noted(dev: DevChain) -> None:
    assert dev.contract.genesis is None
    dev.chain().check()
    other = replace(dev.contract, genesis=BlockHash(b"\1" * 32))
    with refuses(Code.CHAIN_WRONG):
        EvmChain(dev.node, other, dev.artifact).check()


# -- group 8: fees that rise


def test_a_transaction_below_the_base_fee_is_signed_dearer_until_it_is_mined(
    dev: DevChain,
) -> None:
    office = AnchorOffice(dev)
    add_batch(office.store, "stuck")
    dev.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON
    office.pass_over("stuck")
    set_base_fee(dev, 40)
    assert dev.chain().nonce(ACCOUNT) == 0, "nobody mines it at that price"
    dev.node.ask("evm_setAutomine", True)  # noqa: FBT003 - JSON
    assert office.finish("stuck").state is BatchState.DONE
    office.check_once("stuck", 3)
    assert len(office.transaction("stuck").raws) > 1


def test_fees_above_the_cap_are_not_paid_and_work_goes_on_when_they_fall(dev: DevChain) -> None:
    office = AnchorOffice(dev)
    add_batch(office.store, "dear")
    cap = FeePolicy(max_gas_price_wei=10 * GWEI)
    office.restart(EvmAccount(dev.chain(), private_key("anchor"), cap))
    set_base_fee(dev, 11)
    for _ in range(3):
        assert office.pass_over("dear", seconds=600).state is BatchState.BATCHED
    assert set(office.errors) == {"CHAIN_FEES"}
    assert office.store.transaction("anchor:dear") is None, "nothing is signed for later"
    set_base_fee(dev, 9)
    assert office.finish("dear").state is BatchState.DONE


def set_base_fee(dev: DevChain, gwei: int) -> None:
    dev.node.ask("anvil_setNextBlockBaseFeePerGas", hex(gwei * GWEI))
    dev.devnet.mine()


# -- group 12: no money, no room


def watched(
    dev: DevChain, chain: EvmChain, clock: FakeClock, rules: WatchRules | None = None
) -> tuple[Sender, MemoryAlarms]:
    """Return a sender that looks at chain and funds before each pass."""
    alarms = MemoryAlarms()
    watch = ChainWatch(chain, clock, alarms, rules or WatchRules())
    store, account = MemoryTransactionStore(), dev.account(Right.ANCHOR)
    return Sender(chain, account, store, clock, SendPolicy(), watch=watch), alarms


def test_an_account_without_money_signs_nothing_until_it_is_filled_up(dev: DevChain) -> None:
    sender, alarms = watched(dev, dev.chain(), FakeClock())
    fund(dev, 0)
    with pytest.raises(AnzhengError) as caught:
        sender.check(AUTHORITY, Right.ANCHOR)
    assert caught.value.code is Code.CHAIN_FUNDS
    assert caught.value.facts["account"] == ACCOUNT.hex()
    fund(dev, 10**15)
    sender.check(AUTHORITY, Right.ANCHOR)
    assert list(alarms.standing.values()) == [Code.CHAIN_FUNDS], "it will not last long"
    fund(dev, 10**21)
    sender.check(AUTHORITY, Right.ANCHOR)
    assert not alarms.standing


def test_money_that_runs_out_under_way_loses_nothing(dev: DevChain) -> None:
    office = AnchorOffice(dev)
    add_batch(office.store, "poor")
    fund(dev, 0)
    for _ in range(4):
        assert office.pass_over("poor", seconds=20).state is not BatchState.PARKED
    fund(dev, 10**21)
    assert office.finish("poor").state is BatchState.DONE
    office.check_once("poor", 3)


def fund(dev: DevChain, wei: int) -> None:
    dev.devnet.fund(ACCOUNT, wei)


@pytest.mark.parametrize("legacy", [False, True])
def test_an_account_without_money_anchors_where_gas_is_free(
    dev: DevChain,
    liar: LyingNode,
    legacy: bool,  # noqa: FBT001
) -> None:
    """Consortium chains: gas price 0, with or without base fees in their blocks."""
    fund(dev, 0)
    set_base_fee(dev, 0)
    if legacy:
        liar.lies["eth_gasPrice"] = lambda *_: "0x0"
        liar.lies["eth_getBlockByNumber"] = without("baseFeePerGas")
    liar.lies["eth_feeHistory"] = Refuse(-32601, "the method does not exist")
    node = Node(liar.url)
    sender, alarms = watched(dev, dev.chain(node), FakeClock())
    sender.check(AUTHORITY, Right.ANCHOR)
    assert not alarms.risen
    office = AnchorOffice(dev, node)
    add_batch(office.store, "free")
    assert office.finish("free").state is BatchState.DONE
    assert "eth_feeHistory" not in liar.asked
    assert dev.chain().balance(ACCOUNT) == 0


def without(name: str) -> Any:  # noqa: ANN401 - a lie
    def lie(_params: list[Any], block: Any) -> Any:  # noqa: ANN401 - JSON
        return block and {key: value for key, value in block.items() if key != name}

    return lie


def test_an_estimate_that_fails_is_tried_again(dev: DevChain, liar: LyingNode) -> None:
    liar.lies["eth_estimateGas"] = Refuse(-32603, "internal error")
    office = AnchorOffice(dev, Node(liar.url))
    add_batch(office.store, "unsure")
    for _ in range(3):
        assert office.pass_over("unsure", seconds=60).state is BatchState.BATCHED
    assert set(office.errors) == {"CHAIN_UNAVAILABLE"}
    liar.lies.clear()
    assert office.finish("unsure").state is BatchState.DONE


def test_gas_that_no_block_has_is_a_refusal_with_its_reason(dev: DevChain) -> None:
    account = dev.account(Right.ANCHOR)
    dev.node.ask("evm_setBlockGasLimit", hex(50_000))
    dev.devnet.mine()
    with pytest.raises(AnzhengError) as caught:
        account.sign(batch("large"), nonce=0, version=0)
    assert caught.value.code is Code.CHAIN_REVERTED
    assert caught.value.facts["reason"] == "GasOverBlockLimit"
    # Room for the call, and not for its margin.
    dev.node.ask("evm_setBlockGasLimit", hex(100_000))
    dev.devnet.mine()
    raw = account.sign(batch("large"), nonce=0, version=0)
    dev.chain().send(raw)
    dev.devnet.mine()
    receipt = dev.chain().receipt(raw)
    assert receipt is not None
    assert receipt.succeeded


# -- group 13: what nodes do not know, keep or allow


def test_a_chain_without_finalized_blocks_needs_another_mode(
    dev: DevChain, liar: LyingNode
) -> None:
    def asked(mode: str) -> int:
        node = Node(liar.url)
        return EvmChain(node, dev.contract, dev.artifact, parse(mode)).final_height()

    dev.devnet.mine(70)
    height = dev.chain().height()
    # anvil calls final what is 64 blocks deep.
    assert asked("pos") == height - 64
    assert asked("qbft") == height
    assert asked("depth:12") == height - 12
    assert asked("depth:999999") == -1

    def unknown(params: list[Any], block: Any) -> Any:  # noqa: ANN401 - JSON
        return None if params[0] == "finalized" else block

    liar.lies["eth_getBlockByNumber"] = unknown
    assert asked("pos") == -1
    liar.lies["eth_getBlockByNumber"] = Refuse(-39001, "Unknown block")
    with pytest.raises(AnzhengError) as caught:
        asked("pos")
    assert caught.value.facts["rpc_code"] == -39001


def test_a_batch_waits_for_its_finality(dev: DevChain) -> None:
    chain = EvmChain(dev.node, dev.contract, dev.artifact, parse("depth:3"))
    sender = Sender(
        chain, dev.account(Right.ANCHOR), MemoryTransactionStore(), FakeClock(), SendPolicy()
    )
    call = batch("deep")
    states = []
    for _ in range(5):
        states.append(sender.advance("anchor:deep", call, lambda: None).state)
        dev.devnet.mine()
    assert states[-1] is TxState.FINAL
    assert states.count(TxState.MINED) >= 2


@pytest.mark.parametrize(
    "message", ["World state unavailable", "missing trie node 5ca1ab1e", "historical state pruned"]
)
def test_a_state_that_is_pruned_is_proved_at_a_later_block(
    dev: DevChain, liar: LyingNode, message: str
) -> None:
    chain, slot = dev.chain(Node(liar.url)), dev.artifact.storage_slot.to_bytes(32, "big")
    liar.lies["eth_getProof"] = Refuse(-32000, message)
    with pytest.raises(AnzhengError) as caught:
        chain.proof([slot], 1)
    assert caught.value.facts["pruned"] is True
    liar.lies.clear()
    height = chain.height()
    proof = chain.proof([slot, b"\1" * 32], height)
    assert proof.block == chain.block(height)
    assert proof.code_hash == dev.artifact.code_hash
    assert [each.key for each in proof.slots] == [slot, b"\1" * 32]
    assert len(proof.header) >= 16


@pytest.mark.parametrize("limit", [1, 5])
def test_an_event_is_found_where_few_blocks_may_be_asked_for(
    dev: DevChain, liar: LyingNode, limit: int
) -> None:
    call, account = batch("found"), dev.account(Right.ANCHOR)
    dev.node.ask("anvil_setBlockTimestampInterval", 1)
    dev.devnet.mine(30)
    dev.chain().send(account.sign(call, nonce=0, version=0))
    dev.devnet.mine(30)

    def limited(params: list[Any], logs: Any) -> Any:  # noqa: ANN401 - JSON
        first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
        assert last - first < limit, "the node would refuse this"
        return logs

    liar.lies["eth_getLogs"] = limited
    block = dev.chain(Node(liar.url)).anchored_in(AUTHORITY, call.root, call.size, call.manifest)
    slot = dev.chain().anchored(AUTHORITY, call.root, call.size, call.manifest)
    assert block is not None
    assert slot is not None
    assert block.time == slot.time


def test_a_slot_without_its_event_is_not_called_unanchored(dev: DevChain, liar: LyingNode) -> None:
    call = batch("hidden")
    dev.chain().send(dev.account(Right.ANCHOR).sign(call, nonce=0, version=0))
    dev.devnet.mine()
    liar.lies["eth_getLogs"] = lambda *_: []
    with refuses(Code.CHAIN_UNAVAILABLE):
        dev.chain(Node(liar.url)).anchored_in(AUTHORITY, call.root, call.size, call.manifest)


def test_seals_in_headers_are_no_obstacle(dev: DevChain, liar: LyingNode) -> None:
    """The extraData of a QBFT chain has 327 bytes and more; libraries expect 32."""
    seals = "0x" + "5e" * 1_930
    liar.lies["eth_getBlockByNumber"] = lambda _, block: block and {**block, "extraData": seals}
    office = AnchorOffice(dev, Node(liar.url))
    add_batch(office.store, "sealed")
    assert office.finish("sealed").state is BatchState.DONE
    assert len(dev.chain(Node(liar.url)).proof([], 1).header[12]) == 1_930


# -- group 14: a chain that stands still


def test_a_chain_that_stands_still_is_stale_until_it_goes_on(dev: DevChain) -> None:
    chain, clock = dev.chain(), FakeClock()
    newest = chain.block(chain.height())
    assert newest is not None
    clock.advance(newest.time - clock.now())
    sender, _ = watched(dev, chain, clock, WatchRules(block_seconds=2))
    sender.check(AUTHORITY, Right.ANCHOR)
    clock.advance(timedelta(hours=5))
    for _ in range(3):
        with refuses(Code.CHAIN_STALE):
            sender.check(AUTHORITY, Right.ANCHOR)
    dev.node.ask("evm_increaseTime", 5 * 3600)
    dev.devnet.mine()
    sender.check(AUTHORITY, Right.ANCHOR)


def test_a_chain_that_was_put_back_is_noticed(dev: DevChain) -> None:
    sender, _ = watched(dev, dev.chain(), FakeClock())
    dev.devnet.mine(12)
    sender.check(AUTHORITY, Right.ANCHOR)
    dev.node.ask("anvil_rollback", 10)
    with refuses(Code.CHAIN_STALE):
        sender.check(AUTHORITY, Right.ANCHOR)


def test_trial_chain_begins_with_the_same_block_after_every_start(tmp_path: Path) -> None:
    """Anvil adds a first block of its own at each start."""
    found = set()
    for _ in range(5):
        with running(Devnet(ANVIL, tmp_path, CHAIN_ID)) as devnet:
            found.add(devnet.node.ask("eth_getBlockByNumber", "0x0", False)["hash"])  # noqa: FBT003 - JSON
            devnet.mine()
    assert len(found) == 1
