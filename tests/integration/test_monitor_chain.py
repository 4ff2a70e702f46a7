"""The monitor over the real contract on anvil, administered by somebody who misbehaves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from anchor.batch import freeze
from anchor.calls import AnchorCall, Call, ConfirmCall, ProposeCall, changes_of
from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.devnet import Devnet, running
from anchor.chain.events import fast_keccak
from anchor.chain.node import Node
from anchor.chain.view import EvmNodes
from anchor.finality import parse
from anchor.monitor.findings import Means, Outcome
from anchor.monitor.memory import SqliteMemory
from anchor.monitor.ports import Nodes, NodeView
from anchor.monitor.seals import HEAD_KEYS
from anchor.monitor.watchman import run_pass
from anchor.ports import Block, RawProof, Right
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.trust_types import Contract, TrustBundle, ValidatorSet
from licence.ids import AuthorityId, BatchId, Digest, StatusIndex
from tests.fakes import qbft
from tests.fakes.anchoring import AUTHORITY, HMAC_KEY, REGISTRY, items
from tests.fakes.clock import FakeClock
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key
from tests.fakes.monitored import MemoryLog, bundle_of
from tests.fakes.nodes import LyingNode

pytestmark = pytest.mark.tools(str(ANVIL))

OTHER = AuthorityId("11210000009876543X")
DECISION = Digest(sha256(b"decision").digest())


Wrap = Callable[[Nodes], Nodes]


class Watched:
    """A chain, the monitor's nodes in front of it, and its state file."""

    def __init__(self, devnet: Devnet, folder: Path, stack: ExitStack) -> None:
        self.dev = DevChain(devnet)
        self.state = folder / "state.sqlite3"
        self.public = MemoryLog()
        self.faulty: list[LyingNode] = []
        self.stack = stack
        self.finality = "qbft"
        self.validators: tuple[ValidatorSet, ...] = ()
        self.next = 0
        self.add_node()

    def add_node(self) -> LyingNode:
        node = LyingNode(self.dev.devnet.url)
        self.stack.callback(node.close)
        self.faulty.append(node)
        return node

    @property
    def bundle(self) -> TrustBundle:
        contract = self.dev.contract
        made = bundle_of(address_of_key(private_key("anchor")))
        (registry,) = made.registries
        pinned = replace(
            registry.contracts[0],
            chain_id=CHAIN_ID,
            address=contract.address,
            code_hash=self.dev.artifact.code_hash,
            from_block=contract.from_block,
        )
        registry = replace(registry, contracts=(pinned,), validators=self.validators)
        return replace(made, registries=(registry,))

    def send(self, account: EvmAccount, call: Call) -> None:
        chain = self.dev.chain()
        raw = account.sign(call, nonce=chain.nonce(account.address), version=0)
        chain.send(raw)
        while chain.receipt(raw) is None:
            pass

    def anchor(self, *, published: bool = True, account: EvmAccount | None = None) -> None:
        self.next += 3
        frozen = freeze(BatchId("b"), REGISTRY, AUTHORITY, items(3, self.next), hmac_key=HMAC_KEY)
        batch = frozen.batch
        if published:
            self.public.manifests[batch.manifest] = frozen.manifest
        call = AnchorCall(batch.root, batch.size, batch.manifest)
        self.send(account or self.dev.account(Right.ANCHOR), call)

    def look(self, *, public: bool = False, wrap: Wrap = lambda views: views) -> Outcome:
        nodes = [(f"n{at}", Node(each.url)) for at, each in enumerate(self.faulty)]
        views = EvmNodes({CHAIN_ID}, nodes, self.dev.artifact, parse(self.finality))
        memory = SqliteMemory(self.state, REGISTRY, fast_keccak, durable=False)
        clock = FakeClock(self.dev.chain().block(self.dev.chain().height()).time)  # type: ignore[union-attr]
        try:
            return run_pass(
                Means(
                    bundle=self.bundle,
                    registry=self.bundle.registries[0],
                    nodes=wrap(views),
                    memory=memory,
                    clock=clock,
                    keccak=fast_keccak,
                    public=self.public if public else None,
                )
            )
        finally:
            memory.close()
            for _, node in nodes:
                node.close()

    def codes(self) -> list[Code]:
        return sorted({kept.alarm.code for kept in self.look().open})


@contextmanager
def watched_chain(folder: Path) -> Iterator[Watched]:
    with ExitStack() as stack:
        devnet = stack.enter_context(running(Devnet(ANVIL, folder / "anvil", CHAIN_ID)))
        watched = Watched(devnet, folder, stack)
        watched.anchor()
        assert watched.look().exit_code == 0
        yield watched


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with watched_chain(tmp_path) as made:
        yield made


def test_honest_life_is_no_alarm_and_its_head_is_the_contracts(watched: Watched) -> None:
    watched.anchor()
    changes = changes_of((StatusIndex(1), StatusIndex(65)))
    proposer = watched.dev.account(Right.PROPOSE)
    watched.send(proposer, ProposeCall(StatusWord.REVOKED, changes, DECISION))
    watched.send(
        watched.dev.account(Right.CONFIRM),
        ConfirmCall(StatusWord.REVOKED, changes, DECISION, proposer.address),
    )
    outcome = watched.look()
    assert (outcome.exit_code, outcome.open) == (0, ())
    memory = SqliteMemory(watched.state, REGISTRY, fast_keccak, durable=False)
    progress = memory.progress(outcome.contracts[0].contract)
    memory.close()
    assert progress is not None
    statuses = [progress.replay.status_of(AUTHORITY, StatusIndex(at)) for at in (1, 2, 65)]
    assert statuses == [StatusWord.REVOKED, StatusWord.NONE, StatusWord.REVOKED]


def test_administrator_who_misbehaves(watched: Watched) -> None:
    admin, contract = watched.dev.admin, watched.dev.contract.address
    stranger = private_key("stranger")
    watched.dev.devnet.fund(address_of_key(stranger))
    admin.set_account(contract, AUTHORITY, address_of_key(stranger), Right.ANCHOR)
    assert watched.codes() == [Code.ACCOUNT_UNKNOWN, Code.CONTRACT_ROLE_CHANGED]
    watched.anchor(account=EvmAccount(watched.dev.chain(), stranger, watched.dev.fees))
    outcome = watched.look()
    assert [alarm.code for alarm in outcome.raised] == [Code.ACCOUNT_UNKNOWN]
    admin.pause_authority(contract, AUTHORITY)
    assert Code.CONTRACT_PAUSED in watched.codes()
    second = admin.deploy(watched.dev.artifact, admin_delay_seconds=0)
    admin.set_successor(contract, second.address)
    assert Code.CONTRACT_SUCCEEDED in watched.codes()
    assert watched.look().raised == (), "each is told once"


def test_root_without_manifest(watched: Watched) -> None:
    assert watched.look(public=True).exit_code == 0
    watched.anchor(published=False)
    assert watched.look(public=True).exit_code == 0
    watched.dev.node.ask("evm_increaseTime", 3_700)
    watched.dev.devnet.mine()
    codes = {kept.alarm.code for kept in watched.look(public=True).open}
    assert Code.MANIFEST_MISSING in codes


def test_reorganisation_below_what_was_final(watched: Watched) -> None:
    watched.anchor()
    before = watched.look().contracts
    watched.dev.node.ask("anvil_reorg", 2, [])
    watched.dev.devnet.mine()
    outcome = watched.look()
    assert [kept.alarm.code for kept in outcome.open] == [Code.CHAIN_REORGANISED]
    assert outcome.contracts == before, "what was verified stays what was verified"


def test_reorganisation_above_what_is_final_is_none(watched: Watched) -> None:
    watched.finality = "depth:3"
    watched.anchor()
    assert watched.look().exit_code == 0
    watched.dev.node.ask("anvil_reorg", 1, [])
    for _ in range(4):
        watched.dev.devnet.mine()
    assert watched.look().exit_code == 0


def test_node_that_hides_an_event_beside_one_that_does_not(watched: Watched) -> None:
    watched.add_node()
    watched.anchor()
    watched.faulty[0].lies["eth_getLogs"] = lambda *_: []
    outcome = watched.look()
    assert [kept.alarm.code for kept in outcome.open] == [Code.NODES_DISAGREE]
    del watched.faulty[0].lies["eth_getLogs"]
    watched.anchor()
    assert watched.codes() == []


def test_single_node_that_hides_an_event(watched: Watched) -> None:
    watched.anchor()
    watched.faulty[0].lies["eth_getLogs"] = lambda *_: []
    assert watched.codes() == [Code.HISTORY_MISMATCH]
    del watched.faulty[0].lies["eth_getLogs"]
    assert watched.codes() == []


def test_two_nodes_with_two_histories(watched: Watched) -> None:
    liar = watched.add_node()
    watched.anchor()

    def other(_: list[object], block: dict[str, object]) -> dict[str, object]:
        return block | {"hash": "0x" + "77" * 32}

    liar.lies["eth_getBlockByNumber"] = other
    assert watched.codes() == [Code.NODES_DISAGREE]


@pytest.mark.parametrize("fault", ["503", "html", "garbage", "lose answer", "cut", "null", "error"])
def test_node_that_fails_is_no_alarm(watched: Watched, fault: str) -> None:
    watched.anchor()
    watched.faulty[0].faults["eth_getLogs"] = [fault] * 20
    outcome = watched.look()
    assert (outcome.open, outcome.exit_code) == ((), 2)
    watched.faulty[0].faults.clear()
    assert watched.look().exit_code == 0


class SealedView:
    """A node of the same chain, if validators had sealed it."""

    def __init__(self, view: NodeView, sealing: qbft.Sealing) -> None:
        self._view = view
        self._sealing = sealing

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the view has
        return getattr(self._view, name)

    def block(self, height: int) -> Block | None:
        return self.proof(HEAD_KEYS, height).block

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        return qbft.dressed(self._view.proof(keys, at), self._sealing)


class SealedNodes:
    """Nodes of a chain that validators seal."""

    def __init__(self, nodes: Nodes, sealing: qbft.Sealing) -> None:
        self._nodes = nodes
        self._sealing = sealing

    def views(self, contract: Contract) -> Sequence[Any]:
        return [SealedView(view, self._sealing) for view in self._nodes.views(contract)]


def test_head_is_proved_where_validators_are_pinned(watched: Watched) -> None:
    """Nobody but the pinned validators can show a monitor a block or a head."""
    watched.state = watched.state.with_name("sealed.sqlite3")
    keys = qbft.keys(4)
    pinned = tuple(sorted(qbft.addresses(keys)))
    watched.validators = (ValidatorSet(CHAIN_ID, 0, pinned),)

    def codes(sealing: qbft.Sealing) -> list[Code]:
        outcome = watched.look(wrap=lambda nodes: SealedNodes(nodes, sealing))
        return [kept.alarm.code for kept in outcome.open]

    assert codes(qbft.Sealing(keys)) == []
    watched.anchor()
    assert codes(qbft.Sealing(keys, sealers=keys[:2])) == [Code.BLOCK_SEALS]
    assert codes(qbft.Sealing(keys)) == []
    watched.anchor()
    assert codes(qbft.Sealing(qbft.keys(4, "w"))) == [Code.CHAIN_REORGANISED]
    watched.validators = (ValidatorSet(CHAIN_ID, 0, pinned, to_block=1),)
    assert codes(qbft.Sealing(keys)) == [Code.VALIDATORS_NOT_PINNED]
    watched.state = watched.state.with_name("strangers.sqlite3")
    watched.validators = (ValidatorSet(CHAIN_ID, 0, pinned),)
    assert codes(qbft.Sealing(qbft.keys(4, "w"))) == [Code.BLOCK_SEALS]
    watched.faulty[0].lies["eth_call"] = lambda _, answer: answer[:-2] + "00"
    assert codes(qbft.Sealing(keys)) == [Code.BLOCK_SEALS], "a node that lies about the head"
