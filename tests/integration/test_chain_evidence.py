"""Evidence on the validators' seals, over a QBFT node: anvil's state in blocks of our own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from anchor.calls import SuspendCall, changes_of
from anchor.chain.evm import EvmChain
from anchor.chain.node import Node
from anchor.chain_evidence import batch_keys, make_qbft_evidence, status_keys
from anchor.evidence import EvidenceKind
from anchor.log import AuthorityLog
from anchor.ports import BatchState, Right
from anchor.publish import Anchorer
from anchor.sender import Sender
from anzheng.flows.status_proof import make_status_proof
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import evidence
from licence.formats.evidence import QbftEvidence, WitnessEvidence
from licence.formats.trust_types import Contract, LogKey, Registry, TrustBundle, ValidatorSet
from licence.formats.trust_types import Witness as Pinned
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes import qbft_state, trust_bundles
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import (
    AUTHORITY,
    IDENTITY,
    LOG_KEY,
    POLICY,
    REGISTRY,
    add_batch,
    ed25519,
    leaf,
    public,
    witness,
)
from tests.fakes.clock import FakeClock
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain
from tests.fakes.qbft import Sealing, addresses, dressed, keys
from tests.fakes.qbft_cases import pinned
from tests.fakes.qbft_node import VALIDATORS, QbftNode, serving
from tests.fakes.refusal import refuses
from verifier.checks.c06_anchor import judge_evidence

pytestmark = pytest.mark.tools(str(ANVIL))


@dataclass
class Office:
    """An anchorer on a QBFT node, and our own verifier as its judge."""

    dev: DevChain
    node: QbftNode
    rpc: Node

    def __post_init__(self) -> None:
        self.store = MemoryAnchorStore()
        self.clock = FakeClock()
        self.chain = EvmChain(self.rpc, self.dev.contract, self.dev.artifact)
        self.bundle = self.make_bundle()

    def make_bundle(self) -> TrustBundle:
        contract = Contract(
            CHAIN_ID,
            self.dev.contract.address,
            self.dev.artifact.code_hash,
            self.dev.contract.from_block,
            test_chain=True,
        )
        registry = Registry(
            REGISTRY,
            (contract,),
            (Pinned("w1.example", public("w1.example"), 0),),
            1,
            (ValidatorSet(CHAIN_ID, 0, tuple(sorted(addresses(VALIDATORS)))),),
        )
        authority = replace(
            trust_bundles.sample_authority(),
            id=AUTHORITY,
            log_key=LogKey(LOG_KEY.name, LOG_KEY.public),
        )
        made = trust_bundles.sample_bundle()
        return replace(made, registries=(registry,), authorities=(authority,))

    def accept(self, leaf: Leaf, evidence: bytes) -> None:
        """Judge as any verifier does."""
        judge_evidence(evidence, leaf, REGISTRY, AUTHORITY, self.bundle)

    def anchorer(self, kind: EvidenceKind) -> Anchorer:
        account = self.dev.account(Right.ANCHOR, self.rpc)
        sender = Sender(self.chain, account, self.store, self.clock, POLICY)
        log = AuthorityLog(
            IDENTITY,
            ed25519("log").sign,
            self.store,
            [witness("w1.example", MemoryWitnessStore(), self.clock)],
            1,
        )
        return Anchorer(self.chain, sender, self.store, log, self, kind)

    def finish(self, name: str, kind: EvidenceKind) -> BatchState:
        """Take a batch as far as it goes."""
        anchorer, moved = self.anchorer(kind), None
        batch = next(each for each in self.store.batches.values() if each.id == name)
        for _ in range(6):
            moved = anchorer.advance(batch.id).state
            self.dev.devnet.mine()
        assert moved is not None
        return moved


@pytest.fixture
def office(dev: DevChain) -> Iterator[Office]:
    node = QbftNode(dev.devnet.url)
    with serving(node) as url:
        rpc = Node(url)
        yield Office(dev, node, rpc)
        rpc.close()


def found(office: Office, number: int) -> evidence.Evidence:
    data = office.store.evidence(leaf(number))
    assert data is not None
    office.accept(leaf(number), data)
    return evidence.decode(data)


def test_every_leaf_has_evidence_on_seals(office: Office) -> None:
    add_batch(office.store, "b", 5)
    assert office.finish("b", EvidenceKind.QBFT) is BatchState.DONE
    for number in range(5):
        each = found(office, number)
        assert isinstance(each, QbftEvidence)
        block = office.chain.block(each.record.block_number)
        assert block is not None
        assert (block.hash, block.time) == (each.record.block_hash, each.record.block_time)


def test_a_node_that_forgot_the_block_proves_by_a_later_one(office: Office) -> None:
    add_batch(office.store, "b", 2)
    anchorer = office.anchorer(EvidenceKind.QBFT)
    batch = next(iter(office.store.batches.values()))
    anchorer.advance(batch.id)
    height = office.chain.height()
    office.dev.devnet.mine(5)
    office.node.oldest_state = height + 2
    assert office.finish("b", EvidenceKind.QBFT) is BatchState.DONE
    each = found(office, 0)
    assert isinstance(each, QbftEvidence)
    assert each.record.block_number >= height + 2


def test_evidence_with_witnesses_and_state(office: Office) -> None:
    add_batch(office.store, "b", 2)
    assert office.finish("b", EvidenceKind.WITNESS_AND_STATE) is BatchState.DONE
    each = found(office, 1)
    assert isinstance(each, WitnessEvidence)
    assert each.state is not None
    office.node.oldest_state = 10**9
    add_batch(office.store, "c", 2, 10)
    assert office.finish("c", EvidenceKind.WITNESS_AND_STATE) is BatchState.DONE
    without = found(office, 10)
    assert isinstance(without, WitnessEvidence)
    assert without.state is None, "what no node proves any more is left out"
    office.node.refused.append("eth_getProof")
    add_batch(office.store, "d", 2, 20)
    assert office.finish("d", EvidenceKind.WITNESS_AND_STATE) is BatchState.DONE
    with refuses(Code.CHAIN_UNAVAILABLE):
        add_batch(office.store, "e", 2, 30)
        office.finish("e", EvidenceKind.QBFT)


def test_evidence_that_is_changed_over_while_a_batch_is_under_way(office: Office) -> None:
    add_batch(office.store, "b", 2)
    anchorer = office.anchorer(EvidenceKind.WITNESS)
    batch = next(iter(office.store.batches.values()))
    while anchorer.advance(batch.id).state is BatchState.SENT:
        office.dev.devnet.mine()
    assert office.finish("b", EvidenceKind.QBFT) is BatchState.DONE
    found(office, 0)


def test_validators_that_are_not_pinned_yet_hold_batches_up(office: Office) -> None:
    """The set changed and nobody told the trust bundle: batches wait, then they go on."""
    newcomers, begins = keys(7, "new"), office.chain.height() + 1
    office.node.sets.append((begins, Sealing(newcomers)))
    add_batch(office.store, "b", 2)
    with refuses(Code.BLOCK_SEALS):
        office.finish("b", EvidenceKind.QBFT)
    assert office.store.evidence(leaf(0)) is None
    registry = office.bundle.registries[0]
    old = replace(registry.validators[0], to_block=begins - 1)
    new = ValidatorSet(CHAIN_ID, begins, addresses(newcomers))
    office.bundle = replace(office.bundle, registries=(replace(registry, validators=(old, new)),))
    assert office.finish("b", EvidenceKind.QBFT) is BatchState.DONE
    found(office, 0)


def test_status_proof_from_the_node(office: Office) -> None:
    account = office.dev.account(Right.PROPOSE, office.rpc)
    call = SuspendCall(changes_of([StatusIndex(3)]), Digest(bytes(32)))
    raw = account.sign(call, nonce=office.chain.nonce(account.address), version=0)
    office.chain.send(raw)
    while office.chain.receipt(raw) is None:
        office.dev.devnet.mine()
    indexes = (StatusIndex(3), StatusIndex(4), StatusIndex(1_000))
    made = make_status_proof(lambda _: office.chain, office.bundle, REGISTRY, AUTHORITY, indexes)
    said = {index: proved.status for index, proved in made.statuses}
    assert said == {3: StatusWord.SUSPENDED, 4: StatusWord.NONE, 1_000: StatusWord.NONE}
    registry = replace(office.bundle.registries[0], validators=())
    unpinned = replace(office.bundle, registries=(registry,))
    with pytest.raises(AnzhengError) as caught:
        make_status_proof(lambda _: office.chain, unpinned, REGISTRY, AUTHORITY, indexes)
    assert caught.value.code is Code.VALIDATORS_NOT_PINNED


def test_the_state_of_the_fixtures_can_be_captured_anew(dev: DevChain) -> None:
    """Today's contract, on a fresh anvil, gives a state that the makers and the judge take."""
    state = qbft_state.capture(dev)
    keys_of_batch = batch_keys(state.record)
    raw = dressed(qbft_state.only(state.later, keys_of_batch), Sealing(VALIDATORS))
    bundle = pinned(Sealing(VALIDATORS)).bundle()
    registry = bundle.registries[0]
    contract = replace(
        registry.contracts[0], address=state.record.contract, code_hash=state.code_hash
    )
    bundle = replace(bundle, registries=(replace(registry, contracts=(contract,)),))
    for each in make_qbft_evidence(state.manifest, state.record, raw):
        judge_evidence(each.evidence, each.leaf, REGISTRY, AUTHORITY, bundle)
    values = {slot.key: slot.value for slot in state.later.slots}
    words = status_keys(AUTHORITY, qbft_state.WORDS)[2:]
    assert [values[key] for key in words] == [
        StatusWord.SUSPENDED << 4 * qbft_state.SUSPENDED,
        StatusWord.REVOKED << 4 * (qbft_state.REVOKED % 64),
        0,
    ]
