"""Pools that forget, blocks that vanish, nonces that are gone (research 4.3, groups 3 to 8)."""

import pytest

from anchor.chain.account import local_account, sign_fields
from anchor.chain.fees import fee_fields
from anchor.chain.node import hexed
from anchor.ports import BatchState, Right, Transaction, TxState
from anchor.sender import SendPolicy
from tests.fakes.anchor_office import AnchorOffice
from tests.fakes.anchoring import add_batch
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key

pytestmark = pytest.mark.tools(str(ANVIL))

POLICY = SendPolicy(finality_depth=1, resend_seconds=0, bump_seconds=120, max_versions=3)
DEEP = SendPolicy(finality_depth=3, resend_seconds=0, bump_seconds=120)


def manual(dev: DevChain) -> None:
    """Mine only when told."""
    dev.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON


def foreign(dev: DevChain, nonce: int) -> str:
    """Return a transaction that another program signed with the anchor account's key."""
    key = local_account(private_key("anchor"))
    fields = {
        "to": "0x" + "11" * 20,
        "data": "0x",
        "gas": 50_000,
        **fee_fields(dev.node, dev.fees, 4),
    }
    return hexed(sign_fields(key, CHAIN_ID, nonce, fields))


def pass_over(office: AnchorOffice, name: str) -> None:
    """Mine a block without what is in the pool, and let so much time go by that fees rise."""
    dev, address = office.dev, hexed(office.account.address)
    dev.node.ask("anvil_removePoolTransactions", address)
    dev.devnet.mine()
    office.pass_over(name, seconds=POLICY.bump_seconds)


# -- 3: the pool


def test_pool_is_emptied(dev: DevChain) -> None:
    manual(dev)
    office = AnchorOffice(dev)
    add_batch(office.store, "b", 3)
    office.pass_over("b")
    dev.node.ask("anvil_removePoolTransactions", hexed(office.account.address))
    dev.devnet.mine()
    assert dev.chain().nonce(office.account.address) == 0
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
    office.check_nonces()


def test_one_of_several_is_dropped(dev: DevChain) -> None:
    """Those behind it wait at its nonce until it is sent again."""
    manual(dev)
    office = AnchorOffice(dev)
    for number in range(3):
        add_batch(office.store, f"b{number}", 2, 2 * number)
        office.pass_over(f"b{number}")
    pool = dev.node.ask("txpool_content")["pending"]
    (hashes,) = [[row["hash"] for row in rows.values()] for rows in pool.values()]
    dev.node.ask("anvil_dropTransaction", hashes[0])
    dev.devnet.mine()
    assert office.anchored() == 0
    for number in range(3):
        assert office.finish(f"b{number}").state is BatchState.DONE
        office.check_once(f"b{number}", 2, 2 * number)
    office.check_nonces()


# -- 4, 5: reorganisations


@pytest.mark.parametrize("depth", [1, 3])
def test_reorganisation_drops_the_block(dev: DevChain, depth: int) -> None:
    office = AnchorOffice(dev, policy=DEEP)
    add_batch(office.store, "b", 3)
    office.pass_until_mined("b")
    dev.devnet.mine(depth - 1)
    dev.node.ask("anvil_reorg", depth, [])
    assert office.anchored() == 0
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
    office.check_nonces()


def test_reorganisation_puts_it_into_another_block(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=DEEP)
    add_batch(office.store, "b", 3)
    office.pass_until_mined("b")
    before = office.transaction("b").block_hash
    dev.devnet.mine(2)
    dev.node.ask("anvil_reorg", 3, [[hexed(office.transaction("b").raws[0]), 2]])
    assert office.finish("b").state is BatchState.DONE
    assert office.transaction("b").block_hash != before
    office.check_once("b", 3)


def test_reorganisation_gives_our_nonce_to_another(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=DEEP)
    add_batch(office.store, "b", 3)
    office.pass_until_mined("b")
    dev.node.ask("anvil_reorg", 1, [[foreign(dev, 0), 0]])
    assert office.anchored() == 0
    assert office.finish("b").state is BatchState.DONE
    assert office.transaction("b").nonce == 1
    office.check_once("b", 3)


# -- 6, 8: replacements, and fees with a limit


def test_older_version_is_the_one_that_is_mined(dev: DevChain) -> None:
    manual(dev)
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    office.pass_over("b")
    for _ in range(2):
        pass_over(office, "b")
    raws = office.transaction("b").raws
    assert len(raws) == 3
    dev.node.ask("anvil_removePoolTransactions", hexed(office.account.address))
    dev.node.ask("eth_sendRawTransaction", hexed(raws[1]))
    dev.devnet.mine()
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
    office.check_nonces()


def test_stuck_transaction_is_bumped_up_to_the_limit_and_no_further(dev: DevChain) -> None:
    manual(dev)
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    office.pass_over("b")
    for _ in range(8):
        pass_over(office, "b")
    raws = office.transaction("b").raws
    assert len(raws) == len(set(raws)) == POLICY.max_versions
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)


# -- 7: nonces


def test_nonce_that_another_program_used(dev: DevChain) -> None:
    manual(dev)
    office = AnchorOffice(dev)
    add_batch(office.store, "b", 3)
    office.pass_over("b")
    dev.node.ask("anvil_removePoolTransactions", hexed(office.account.address))
    dev.node.ask("eth_sendRawTransaction", foreign(dev, 0))
    dev.devnet.mine()
    assert office.finish("b").state is BatchState.DONE
    assert office.transaction("b").nonce == 1
    office.check_once("b", 3)


def test_nonce_gap_is_closed(dev: DevChain) -> None:
    """A transaction was given up before it was mined: all later nonces would wait for ever."""
    office = AnchorOffice(dev, policy=POLICY)
    account = office.account.address
    given_up = Transaction("anchor:old#1", account, 3, (b"never sent",), TxState.PARKED)
    office.store.save_transaction(given_up, office.anchorer._sender.hold())
    for number in range(2):
        add_batch(office.store, f"b{number}", 2, 2 * number)
        office.pass_over(f"b{number}")
    assert [office.transaction(f"b{number}").nonce for number in range(2)] == [4, 5]
    for number in range(2):
        assert office.finish(f"b{number}").state is BatchState.DONE
        office.check_once(f"b{number}", 2, 2 * number)
    assert dev.chain().nonce(account) == 2


def test_accounts_do_not_disturb_each_other(dev: DevChain) -> None:
    """Another right, another account, another sequence of nonces."""
    office = AnchorOffice(dev)
    add_batch(office.store, "b", 3)
    assert dev.account(Right.PROPOSE).address != office.account.address
    assert office.finish("b").state is BatchState.DONE
    assert dev.chain().nonce(dev.account(Right.PROPOSE).address) == 0
