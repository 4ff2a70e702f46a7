"""A city acts in its province's name, over anvil."""

from datetime import UTC, datetime

import pytest

from anchor.calls import AnchorCall, ConfirmCall, ProposeCall, SuspendCall, changes_of
from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.admin import Administrator
from anchor.ports import Right
from anchor.sender import Sender, SendPolicy
from anchor.status_writer import read_statuses
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import AuthorityId, MerkleRoot, StatusIndex
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY as CITY
from tests.fakes.clock import FakeClock
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key
from tests.fakes.refusal import refuses
from tests.integration.test_chain import DECISION

pytestmark = pytest.mark.tools(str(ANVIL))

PROVINCE = AuthorityId("11210000009876543X")
BATCH = AnchorCall(MerkleRoot(b"r" * 32), 3, ManifestDigest(b"m" * 32))
INDICES = (StatusIndex(5), StatusIndex(70))


class Offices:
    """A province with an account that may delegate, and the city of `DevChain`."""

    def __init__(self, dev: DevChain) -> None:
        self.dev, self.contract = dev, dev.contract.address
        self.delegator = Administrator(dev.node, CHAIN_ID, private_key("province"))
        dev.devnet.fund(self.delegator.address)
        dev.admin.register_authority(self.contract, PROVINCE, daily_cap=100)
        dev.admin.set_account(self.contract, PROVINCE, self.delegator.address, Right.DELEGATE)

    def delegate(self, rights: Right, seconds: int = 3_600) -> None:
        block = self.dev.chain().block(self.dev.chain().height())
        assert block is not None
        until = int(block.time.timestamp()) + seconds if rights else 0
        self.delegator.delegate(self.contract, CITY, rights, until=until)

    def account(self, right: Right) -> EvmAccount:
        """Return the city's account, acting in the province's name."""
        secret = private_key(str(right.name).lower())
        return EvmAccount(self.dev.chain(), secret, self.dev.fees, principal=PROVINCE)

    def send(
        self, right: Right, call: AnchorCall | SuspendCall | ProposeCall | ConfirmCall
    ) -> None:
        account, chain = self.account(right), self.dev.chain()
        chain.send(account.sign(call, nonce=chain.nonce(account.address), version=0))
        self.dev.devnet.mine()

    def rights(self, right: Right) -> Right:
        account = address_of_key(private_key(str(right.name).lower()))
        return self.dev.chain().rights_for(account, PROVINCE)


@pytest.fixture
def offices(dev: DevChain) -> Offices:
    return Offices(dev)


def test_city_anchors_and_suspends_in_the_provinces_name(offices: Offices) -> None:
    chain = offices.dev.chain()
    assert offices.rights(Right.ANCHOR) == Right(0)
    offices.delegate(Right.ANCHOR | Right.PROPOSE)
    assert offices.rights(Right.ANCHOR) == Right.ANCHOR
    assert offices.rights(Right.CONFIRM) == Right(0)
    offices.send(Right.ANCHOR, BATCH)
    assert chain.anchored(PROVINCE, BATCH.root, BATCH.size, BATCH.manifest) is not None
    assert chain.anchored(CITY, BATCH.root, BATCH.size, BATCH.manifest) is None
    offices.send(Right.PROPOSE, SuspendCall(changes_of(INDICES), DECISION))
    assert read_statuses(chain, PROVINCE, INDICES) == (StatusWord.SUSPENDED,) * 2
    assert read_statuses(chain, CITY, INDICES) == (StatusWord.NONE,) * 2


def test_two_accounts_of_the_city_make_a_final_change_if_both_rights_were_given(
    offices: Offices,
) -> None:
    offices.delegate(Right.PROPOSE)
    changes, proposer = changes_of(INDICES), address_of_key(private_key("propose"))
    offices.send(Right.PROPOSE, ProposeCall(StatusWord.REVOKED, changes, DECISION))
    confirm = ConfirmCall(StatusWord.REVOKED, changes, DECISION, proposer)
    with pytest.raises(AnzhengError) as caught:
        offices.send(Right.CONFIRM, confirm)
    assert caught.value.facts["reason"] == "NotDelegated"
    offices.delegate(Right.PROPOSE | Right.CONFIRM)
    offices.send(Right.CONFIRM, confirm)
    assert read_statuses(offices.dev.chain(), PROVINCE, INDICES) == (StatusWord.REVOKED,) * 2


def test_sender_believes_what_was_delegated_until_it_ends(offices: Offices) -> None:
    chain, clock = offices.dev.chain(), FakeClock(datetime(2026, 11, 22, tzinfo=UTC))
    store, policy = MemoryTransactionStore(), SendPolicy()
    sender = Sender(chain, offices.account(Right.ANCHOR), store, clock, policy)
    with refuses(Code.CHAIN_ACCOUNT):
        sender.check(PROVINCE, Right.ANCHOR)
    offices.delegate(Right.ANCHOR, seconds=100)
    sender.check(PROVINCE, Right.ANCHOR)
    sender.check(CITY, Right.ANCHOR)
    offices.dev.node.ask("evm_increaseTime", 200)
    offices.dev.devnet.mine()
    with refuses(Code.CHAIN_ACCOUNT):
        sender.check(PROVINCE, Right.ANCHOR)
    offices.delegate(Right.ANCHOR)
    sender.check(PROVINCE, Right.ANCHOR)
    offices.delegate(Right(0))
    with refuses(Code.CHAIN_ACCOUNT):
        sender.check(PROVINCE, Right.ANCHOR)


def test_deputy_cannot_delegate_on(offices: Offices) -> None:
    offices.delegate(Right.ANCHOR)
    for rights in (Right.DELEGATE, Right.PAUSE):
        with refuses(Code.CHAIN_REVERTED):
            offices.delegate(rights)
