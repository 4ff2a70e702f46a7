"""What the contract, the chain and clocks may do (research 4.3, groups 11, 14 and 16)."""

from datetime import timedelta

import pytest

from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.codec import authority_bytes, function
from anchor.ports import BatchState, Right, TxState
from anchor.sender import SendPolicy
from licence.errors import Code
from tests.fakes.anchor_office import AnchorOffice
from tests.fakes.anchor_store import MemoryAnchorStore
from tests.fakes.anchoring import AUTHORITY, add_batch
from tests.fakes.devchain import ANVIL, DevChain, private_key
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.tools(str(ANVIL))

POLICY = SendPolicy(
    finality_depth=1, resend_seconds=0, bump_seconds=120, refusals=2, takeover_seconds=3600
)


def allow(dev: DevChain, rights: Right, name: str = "anchor") -> None:
    account = address_of_key(private_key(name))
    dev.admin.set_account(dev.contract.address, AUTHORITY, account, rights)


def stop_mining(dev: DevChain) -> None:
    dev.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON


# -- 11: the contract refuses


def test_paused_authority_waits_and_is_not_parked(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    dev.admin.pause_authority(dev.contract.address, AUTHORITY)
    for _ in range(10):
        assert office.pass_over("b", seconds=3600).state is BatchState.BATCHED
    assert set(office.errors) == {Code.CHAIN_UNAVAILABLE.value}
    assert not office.memory.transactions
    again = function("unpauseAuthority", ("bytes18",), authority_bytes(AUTHORITY))
    dev.admin.transact(dev.contract.address, again)
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)


def test_paused_while_the_transaction_is_under_way(dev: DevChain) -> None:
    """It is mined and refused: its nonce is spent, and another follows when it may."""
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    stop_mining(dev)
    office.pass_over("b")
    raw = office.transaction("b").raws[0]
    dev.node.ask("anvil_removePoolTransactions", "0x" + office.account.address.hex())
    dev.node.ask("evm_setAutomine", True)  # noqa: FBT003 - JSON
    dev.admin.pause_authority(dev.contract.address, AUTHORITY)
    dev.node.ask("eth_sendRawTransaction", "0x" + raw.hex())
    for _ in range(10):
        assert office.pass_over("b", seconds=3600).state is BatchState.SENT
    assert len(office.transaction("b").raws) == 1
    again = function("unpauseAuthority", ("bytes18",), authority_bytes(AUTHORITY))
    dev.admin.transact(dev.contract.address, again)
    assert office.finish("b").state is BatchState.DONE
    assert office.transaction("b").nonce == 1
    office.check_once("b", 3)


def test_account_that_lost_its_right_does_nothing_at_all(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    allow(dev, Right(0))
    with refuses(Code.CHAIN_ACCOUNT):
        office.anchorer.check()
    allow(dev, Right.ANCHOR)
    office.anchorer.check()
    assert office.finish("b").state is BatchState.DONE


def test_lasting_refusal_is_parked_without_a_storm(dev: DevChain) -> None:
    """Whoever does not check first: the batch waits for a person, with one transaction at most."""
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    allow(dev, Right.PAUSE)
    batch = office.finish("b")
    assert (batch.state, batch.reason) == (BatchState.PARKED, Code.CHAIN_REVERTED)
    assert not office.transaction("b").raws
    assert dev.chain().nonce(office.account.address) == 0


def test_batch_that_another_account_anchored_is_found(dev: DevChain) -> None:
    first, second = AnchorOffice(dev), AnchorOffice(dev, store=MemoryAnchorStore())
    allow(dev, Right.ANCHOR, "pause")
    second.restart(EvmAccount(dev.chain(), private_key("pause"), dev.fees))
    add_batch(first.store, "b", 3)
    add_batch(second.store, "b", 3)
    assert first.finish("b").state is BatchState.DONE
    assert second.finish("b").state is BatchState.DONE
    second.check_once("b", 3)
    assert second.transaction("b").nonce is None


# -- 14: the chain stands still


def test_chain_that_stands_still_for_days(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=POLICY)
    for number in range(3):
        add_batch(office.store, f"b{number}", 2, 2 * number)
    stop_mining(dev)
    for _ in range(72):
        for number in range(3):
            office.pass_over(f"b{number}", seconds=1200)
    rows = office.memory.transactions.values()
    assert [len(row.raws) for row in rows] == [1, 1, 1]
    assert not office.errors
    for number in range(3):
        assert office.finish(f"b{number}").state is BatchState.DONE
        office.check_once(f"b{number}", 2, 2 * number)
    office.check_nonces()


# -- 16: keys and clocks


def rotated(office: AnchorOffice) -> None:
    """Give the authority a new anchor key, and start a process that has only that one."""
    allow(office.dev, Right.ANCHOR, "pause")
    account = EvmAccount(office.dev.chain(), private_key("pause"), office.dev.fees)
    office.anchorer.release()
    office.restart(account)


def test_key_rotated_while_a_transaction_is_under_way(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    stop_mining(dev)
    office.pass_over("b")
    former = office.account.address
    dev.node.ask("anvil_removePoolTransactions", "0x" + former.hex())
    dev.node.ask("evm_setAutomine", True)  # noqa: FBT003 - JSON
    rotated(office)
    assert office.finish("b").state is BatchState.DONE
    assert office.transaction("b").account == former
    office.check_once("b", 3)
    add_batch(office.store, "next", 2, 10)
    assert office.finish("next").state is BatchState.DONE
    assert office.transaction("next").account != former


def test_former_key_lost_its_right_before_its_transaction_was_mined(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    stop_mining(dev)
    office.pass_over("b")
    former, raw = office.account.address, office.transaction("b").raws[0]
    dev.node.ask("anvil_removePoolTransactions", "0x" + former.hex())
    dev.node.ask("evm_setAutomine", True)  # noqa: FBT003 - JSON
    rotated(office)
    allow(dev, Right(0))
    dev.node.ask("eth_sendRawTransaction", "0x" + raw.hex())
    assert office.finish("b").state is BatchState.DONE
    assert office.transaction("b").account == office.account.address != former
    office.check_once("b", 3)


@pytest.mark.parametrize("seconds", [86_400, 400 * 86_400])
def test_block_time_jumps(dev: DevChain, seconds: int) -> None:
    """The record has the contract's time, whatever ours is."""
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b0", 2)
    office.pass_over("b0")
    dev.node.ask("evm_increaseTime", seconds)
    for number in range(2):
        if number:
            add_batch(office.store, "b1", 2, 10)
        assert office.finish(f"b{number}").state is BatchState.DONE
    office.check_once("b0", 2)
    office.check_once("b1", 2, 10)


def test_our_clock_is_put_back_and_forth(dev: DevChain) -> None:
    office = AnchorOffice(dev, policy=POLICY)
    add_batch(office.store, "b", 3)
    stop_mining(dev)
    for days in (400, -800, 1, 399):
        office.pass_over("b")
        office.clock.advance(timedelta(days=days))
    assert office.transaction("b").state is TxState.SENT
    assert office.finish("b").state is BatchState.DONE
    office.check_once("b", 3)
