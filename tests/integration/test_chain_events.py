"""Events of the real contract on anvil: decoded, replayed, the head of the history recomputed."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from anchor.calls import (
    AnchorCall,
    Call,
    ConfirmCall,
    ProposeCall,
    ReinstateCall,
    SupersedeCall,
    SuspendCall,
    changes_of,
)
from anchor.chain.account import address_of_key
from anchor.chain.devnet import Devnet, running
from anchor.chain.events import EventReader, fast_keccak
from anchor.chain.node import Node
from anchor.events import Anchored, Entry, Event, Foreign
from anchor.ports import Right
from anchor.replay import Replay
from anchor.status_writer import succession
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BatchId, Digest, MerkleRoot, StatusIndex
from tests.fakes.anchor_store import MemoryAnchorStore
from tests.fakes.anchoring import AUTHORITY, add_batch, leaf
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key
from tests.fakes.nodes import Lie, LyingNode
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.tools(str(ANVIL))

DECISION = Digest(sha256(b"decision").digest())
OTHER = AuthorityId("11210000009876543X")


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevChain]:
    """Yield a chain on which everything happened that an authority's accounts can do."""
    with running(
        Devnet(ANVIL, tmp_path_factory.mktemp("anvil"), CHAIN_ID, keeps_state=False)
    ) as devnet:
        dev = DevChain(devnet)
        live(dev)
        yield dev


def live(dev: DevChain) -> None:
    store = MemoryAnchorStore()
    frozen = add_batch(store, "successors", 4)
    send(dev, Right.ANCHOR, AnchorCall(frozen.root, frozen.size, frozen.manifest))
    root = MerkleRoot(sha256(b"other").digest())
    send(dev, Right.ANCHOR, AnchorCall(root, 3, ManifestDigest(sha256(root).digest())))
    proposer = address_of_key(private_key("propose"))
    few = changes_of((StatusIndex(1), StatusIndex(70), StatusIndex(71)))
    send(dev, Right.PROPOSE, SuspendCall(few, DECISION))
    send(dev, Right.PROPOSE, ReinstateCall(changes_of((StatusIndex(70),)), DECISION))
    for word in (StatusWord.REVOKED, StatusWord.CANCELLED):
        send(dev, Right.PROPOSE, ProposeCall(word, few, DECISION))
    send(dev, Right.CONFIRM, ConfirmCall(StatusWord.REVOKED, few, DECISION, proposer))
    item = succession(StatusIndex(5), leaf(0), store.manifest(BatchId("successors")))
    send(dev, Right.PROPOSE, SupersedeCall((item,), DECISION))
    dev.admin.register_authority(dev.contract.address, OTHER, daily_cap=2)
    dev.admin.pause_authority(dev.contract.address, AUTHORITY)


def send(dev: DevChain, right: Right, call: Call) -> None:
    account, chain = dev.account(right), dev.chain()
    raw = account.sign(call, nonce=chain.nonce(account.address), version=0)
    chain.send(raw)
    dev.wait_for(raw)


def entries(dev: DevChain) -> list[Entry]:
    found = EventReader(dev.node, dev.contract, dev.artifact).events(0, dev.chain().height())
    return [each for each in found if not isinstance(each, Foreign)]


def apply_all(replay: Replay, events: Iterable[Event]) -> None:
    for event in events:
        if not isinstance(event, Foreign):
            replay.apply(event)


def test_replay_makes_the_head_and_the_words_of_the_contract(dev: DevChain) -> None:
    reader, height = EventReader(dev.node, dev.contract, dev.artifact), dev.chain().height()
    replay = Replay(fast_keccak)
    events = list(reader.events(0, height))
    apply_all(replay, events)
    replay.compare(*reader.head(height))
    assert replay.sequence > 12
    assert {each.name for each in events if isinstance(each, Foreign)} == {"RoleGranted"}
    for word in range(3):
        (found,) = dev.chain().status_words(AUTHORITY, [word], at=height)
        assert replay.words.get((AUTHORITY, word), 0) == found
    words = [replay.status_of(AUTHORITY, StatusIndex(index)) for index in (0, 1, 5, 70, 71)]
    assert words == [
        StatusWord.NONE,
        StatusWord.REVOKED,
        StatusWord.SUPERSEDED,
        StatusWord.REVOKED,
        StatusWord.REVOKED,
    ]
    assert replay.authorities[AUTHORITY].paused
    assert not replay.authorities[OTHER].paused
    assert [each.status for each in replay.proposals.values()] == [StatusWord.CANCELLED]
    confirmer = address_of_key(private_key("confirm"))
    assert replay.accounts[confirmer].rights == Right.CONFIRM


def test_each_entry_counts(dev: DevChain) -> None:
    """Whichever entry is hidden, swapped or altered, the history is another one."""
    reader, height = EventReader(dev.node, dev.contract, dev.artifact), dev.chain().height()
    true = entries(dev)
    for at, entry in enumerate(true):
        hidden = [
            *true[:at],
            *(replace(each, sequence=each.sequence - 1) for each in true[at + 1 :]),
        ]
        other = replace(entry, account=Address(b"\1" * 20))
        for lie in (hidden, [*true[:at], other, *true[at + 1 :]]):
            replay = Replay(fast_keccak)
            with refuses(Code.HISTORY_MISMATCH):
                apply_all(replay, lie)
                replay.compare(*reader.head(height))
    with refuses(Code.HISTORY_MISMATCH):
        apply_all(Replay(fast_keccak), true[1:])


class Grudging:
    """A node that answers no wide range, as public nodes do."""

    def __init__(self, dev: DevChain, widest: int) -> None:
        self.node = dev.node
        self.widest = widest
        self.asked: list[tuple[int, int]] = []
        self.without_time = False

    def ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        if method == "eth_getLogs":
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            if last - first >= self.widest:
                raise AnzhengError(Code.CHAIN_UNAVAILABLE, "too many blocks", rpc_code=-32005)
            self.asked.append((first, last))
        found = self.node.ask(method, *params)
        if self.without_time and method == "eth_getLogs":
            return [{k: v for k, v in log.items() if k != "blockTimestamp"} for log in found]
        return found


@pytest.mark.parametrize("widest", [1, 3, 1_000])
def test_range_that_a_node_refuses_is_halved(dev: DevChain, widest: int) -> None:
    node, height = Grudging(dev, widest), dev.chain().height()
    node.without_time = True
    reader = EventReader(node, dev.contract, dev.artifact)
    assert list(reader.events(0, height)) == list(
        EventReader(dev.node, dev.contract, dev.artifact).events(0, height)
    )
    assert node.asked[0][0] == dev.contract.from_block
    assert [last + 1 for _, last in node.asked] == [first for first, _ in node.asked[1:]] + [
        height + 1
    ]


def test_node_that_answers_nothing_is_unavailable(dev: DevChain) -> None:
    node = Grudging(dev, 0)
    with refuses(Code.CHAIN_UNAVAILABLE):
        list(EventReader(node, dev.contract, dev.artifact).events(0, 3))


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getBlockByNumber"])
def test_batch_with_another_hash_than_its_block_is_no_answer(dev: DevChain, method: str) -> None:
    """After a restore records are made of these events, and the history's head has no hashes."""
    wrong = "0x" + "5e" * 32
    lies: dict[str, Lie] = {
        "eth_getLogs": lambda _, logs: [{**log, "blockHash": wrong} for log in logs],
        "eth_getBlockByNumber": lambda _, block: {**block, "hash": wrong},
    }
    with closing(LyingNode(dev.devnet.url)) as liar, closing(Node(liar.url)) as node:
        liar.lies[method] = lies[method]
        with refuses(Code.CHAIN_UNAVAILABLE):
            list(EventReader(node, dev.contract, dev.artifact).events(0, dev.chain().height()))


def test_batches_are_known_by_their_key(dev: DevChain) -> None:
    replay = Replay(fast_keccak)
    apply_all(replay, entries(dev))
    assert len(replay.batches) == sum(isinstance(each, Anchored) for each in entries(dev)) == 2
