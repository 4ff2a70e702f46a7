"""The chain gate against the real contract on anvil."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

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
from anchor.chain import devnet as devnets
from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.artifact import DEFAULT_ARTIFACT, load_artifact
from anchor.chain.devnet import Devnet, running
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.node import Node, hexed, number
from anchor.ports import ProposalState, Right
from anchor.status_writer import read_statuses, succession
from licence.domain.status import StatusWord, may_change
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import (
    Address,
    AuthorityId,
    BatchId,
    BlockHash,
    ChainId,
    Digest,
    MerkleRoot,
    StatusIndex,
)
from tests.fakes.anchor_store import MemoryAnchorStore
from tests.fakes.anchoring import AUTHORITY, add_batch, leaf
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain, private_key
from tests.fakes.faulty_proxy import FaultyProxy
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.tools(str(ANVIL))

DECISION = Digest(sha256(b"decision").digest())
OTHER = AuthorityId("11210000009876543X")


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevChain]:
    devnet = Devnet(ANVIL, tmp_path_factory.mktemp("anvil"), CHAIN_ID, keeps_state=False)
    with running(devnet):
        yield DevChain(devnet)


def batch(name: str) -> AnchorCall:
    root = MerkleRoot(sha256(name.encode()).digest())
    return AnchorCall(root, 3, ManifestDigest(sha256(root).digest()))


def send(dev: DevChain, right: Right, call: Call) -> bytes:
    account, chain = dev.account(right), dev.chain()
    raw = account.sign(call, nonce=chain.nonce(account.address), version=0)
    chain.send(raw)
    dev.wait_for(raw)
    return raw


def test_anchored_batch_has_slot_block_and_receipt(dev: DevChain) -> None:
    chain, call = dev.chain(), batch("one")
    assert chain.anchored(AUTHORITY, call.root, call.size, call.manifest) is None
    assert chain.anchored_in(AUTHORITY, call.root, call.size, call.manifest) is None
    raw = send(dev, Right.ANCHOR, call)
    receipt = chain.receipt(raw)
    slot = chain.anchored(AUTHORITY, call.root, call.size, call.manifest)
    block = chain.anchored_in(AUTHORITY, call.root, call.size, call.manifest)
    assert receipt is not None
    assert slot is not None
    assert block is not None
    assert receipt.succeeded
    assert (block.number, block.hash) == (receipt.block_number, receipt.block_hash)
    assert slot.time == block.time
    assert chain.block(block.number) == block
    assert chain.anchored(OTHER, call.root, call.size, call.manifest) is None
    assert chain.anchored(AUTHORITY, call.root, call.size + 1, call.manifest) is None
    with pytest.raises(AnzhengError) as caught:
        send(dev, Right.ANCHOR, call)
    assert caught.value.code is Code.CHAIN_REVERTED
    assert caught.value.facts["reason"] == "AlreadyAnchored"


def test_slot_is_filled_by_its_block_and_by_no_other(dev: DevChain) -> None:
    chain, call = dev.chain(), batch("filled")
    send(dev, Right.ANCHOR, call)
    dev.devnet.mine()
    slot = chain.anchored(AUTHORITY, call.root, call.size, call.manifest)
    block = chain.anchored_in(AUTHORITY, call.root, call.size, call.manifest)
    assert slot is not None
    assert block is not None
    after = chain.block(block.number + 1)
    assert after is not None
    assert chain.is_filled_by(block, slot, AUTHORITY, call.root)
    for other in (after, replace(after, number=block.number), replace(block, number=after.number)):
        assert not chain.is_filled_by(other, slot, AUTHORITY, call.root)
    for wrong in (replace(slot, sequence=slot.sequence - 1), replace(slot, sequence=0)):
        assert not chain.is_filled_by(block, wrong, AUTHORITY, call.root)
    assert not chain.is_filled_by(block, slot, OTHER, call.root)
    assert not chain.is_filled_by(block, slot, AUTHORITY, batch("other").root)
    unknown = replace(block, hash=BlockHash(sha256(block.hash).digest()))
    with refuses(Code.CHAIN_UNAVAILABLE):
        assert not chain.is_filled_by(unknown, slot, AUTHORITY, call.root)


def test_final_status_goes_through_two_accounts(dev: DevChain) -> None:
    chain = dev.chain()
    indices = (StatusIndex(1_000), StatusIndex(1_001))
    changes = changes_of(indices)
    propose = ProposeCall(StatusWord.REVOKED, changes, DECISION)
    proposer = address_of_key(private_key("propose"))
    confirm = ConfirmCall(StatusWord.REVOKED, changes, DECISION, proposer)
    assert chain.proposal(AUTHORITY, propose, proposer) is None
    with refuses(Code.CHAIN_REVERTED):
        send(dev, Right.CONFIRM, confirm)
    send(dev, Right.PROPOSE, propose)
    found = chain.proposal(AUTHORITY, propose, proposer)
    assert found is not None
    assert found.state is ProposalState.OPEN
    height = chain.height()
    send(dev, Right.CONFIRM, confirm)
    assert read_statuses(chain, AUTHORITY, indices) == (StatusWord.REVOKED,) * 2
    assert read_statuses(chain, AUTHORITY, indices, at=height) == (StatusWord.NONE,) * 2
    found = chain.proposal(AUTHORITY, propose, proposer)
    assert found is not None
    assert found.state is ProposalState.CONFIRMED


def test_contract_and_domain_have_the_same_transition_table(dev: DevChain) -> None:
    """Each cell: the old word is written into the contract's storage, the new one is asked for."""
    store = MemoryAnchorStore()
    frozen = add_batch(store, "successors", 2)
    send(dev, Right.ANCHOR, AnchorCall(frozen.root, frozen.size, frozen.manifest))
    index = StatusIndex(64 * 77 + 5)
    proof = succession(index, leaf(1), store.manifest(BatchId("successors")))
    changes = changes_of([index])
    for new in (StatusWord.REVOKED, StatusWord.RESCINDED, StatusWord.WITHDRAWN):
        send(dev, Right.PROPOSE, ProposeCall(new, changes, DECISION))
    send(dev, Right.PROPOSE, ProposeCall(StatusWord.CANCELLED, changes, DECISION))
    slot = status_slot(dev, 77)
    proposer = dev.account(Right.PROPOSE).address
    found = {}
    for old in StatusWord:
        word = hexed((int(old) << 20).to_bytes(32, "big"))
        dev.node.ask("anvil_setStorageAt", hexed(dev.contract.address), hexed(slot), word)
        for new in StatusWord:
            right = Right.PROPOSE
            call: Call
            if new is StatusWord.NONE:
                call = ReinstateCall(changes, DECISION)
            elif new is StatusWord.SUSPENDED:
                call = SuspendCall(changes, DECISION)
            elif new is StatusWord.SUPERSEDED:
                call = SupersedeCall((proof,), DECISION)
            else:
                call, right = ConfirmCall(new, changes, DECISION, proposer), Right.CONFIRM
            reason = refusal(dev, right, call)
            assert reason in (None, "Transition")
            found[old, new] = reason is None
    assert found == {(old, new): may_change(old, new) for old in StatusWord for new in StatusWord}


def refusal(dev: DevChain, right: Right, call: Call) -> str | None:
    """Return why the contract would refuse a call now."""
    try:
        dev.account(right).sign(call, nonce=0, version=0)
    except AnzhengError as error:
        return str(error.facts["reason"])
    return None


def status_slot(dev: DevChain, word: int) -> bytes:
    """Return the storage slot of a status word, from the committed storage layout."""
    layout = json.loads(DEFAULT_ARTIFACT.read_text())["storage"]
    member = next(each for each in layout["members"] if each["label"] == "status")
    base = dev.artifact.storage_slot + member["slot"]
    inner = keccak(AUTHORITY.encode().ljust(32, b"\0") + base.to_bytes(32, "big"))
    return keccak(word.to_bytes(32, "big") + inner)


def test_head_commits_to_every_event_without_gap(dev: DevChain) -> None:
    """A monitor that replays the anchorings finds their numbers and no gap in between."""
    logs = dev.node.ask("eth_getLogs", {"address": hexed(dev.contract.address), "fromBlock": "0x0"})
    names = {
        hexed(keccak(text=f"{entry['name']}({signature(entry)})")): place(entry)
        for entry in dev.artifact.abi
        if entry["type"] == "event" and any(part["name"] == "sequence" for part in entry["inputs"])
    }
    sequences = [
        number(log["topics"][names[log["topics"][0]]]) for log in logs if log["topics"][0] in names
    ]
    assert sequences == list(range(1, len(sequences) + 1))
    call = {"to": hexed(dev.contract.address), "data": hexed(keccak(text="head()")[:4])}
    answer = dev.node.octets("eth_call", call, "latest")
    assert int.from_bytes(answer[:32], "big") == len(sequences)


def signature(entry: dict[str, object]) -> str:
    def kind(part: dict[str, object]) -> str:
        if part["type"] == "tuple[]":
            parts = part["components"]
            assert isinstance(parts, list)
            return f"({','.join(each['type'] for each in parts)})[]"
        return str(part["type"])

    inputs = entry["inputs"]
    assert isinstance(inputs, list)
    return ",".join(kind(part) for part in inputs)


def place(entry: dict[str, object]) -> int:
    inputs = entry["inputs"]
    assert isinstance(inputs, list)
    indexed = [part["name"] for part in inputs if part["indexed"]]
    return 1 + indexed.index("sequence")


def test_wrong_chain_and_other_code_are_refused(dev: DevChain) -> None:
    dev.chain().check()
    elsewhere = Contract(ChainId(1), dev.contract.address)
    with refuses(Code.CHAIN_WRONG):
        EvmChain(dev.node, elsewhere, dev.artifact).check()
    empty = Contract(CHAIN_ID, Address(b"\1" * 20))
    with refuses(Code.CHAIN_WRONG):
        EvmChain(dev.node, empty, dev.artifact).check()


def test_rights_are_what_the_contract_says(dev: DevChain) -> None:
    chain = dev.chain()
    for right in Right:
        found = chain.rights(address_of_key(private_key(str(right.name).lower())))
        assert (found.authority, found.rights) == (AUTHORITY, right)
    nobody = chain.rights(Address(b"\1" * 20))
    assert (nobody.authority, nobody.rights) == (None, Right(0))


def test_paused_authority_is_refused_with_its_reason(tmp_path: Path) -> None:
    with running(Devnet(ANVIL, tmp_path, CHAIN_ID)) as devnet:
        dev = DevChain(devnet, legacy=True)
        send(dev, Right.ANCHOR, batch("before"))
        dev.admin.pause_authority(dev.contract.address, AUTHORITY)
        with pytest.raises(AnzhengError) as caught:
            send(dev, Right.ANCHOR, batch("after"))
        assert caught.value.facts["reason"] == "AuthorityIsPaused"


def test_later_version_of_a_transaction_replaces_the_first(tmp_path: Path) -> None:
    with running(Devnet(ANVIL, tmp_path, CHAIN_ID)) as devnet:
        dev = DevChain(devnet)
        devnet.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON
        chain, account = dev.chain(), dev.account(Right.ANCHOR)
        raws = [account.sign(batch("x"), nonce=0, version=version) for version in range(3)]
        for raw in raws:
            chain.send(raw)
        devnet.mine()
        assert [chain.receipt(raw) is not None for raw in raws] == [False, False, True]


@pytest.mark.parametrize("fault", ["503", "html", "lose request", "lose answer"])
def test_node_that_does_not_answer_sensibly_is_unavailable(dev: DevChain, fault: str) -> None:
    proxy = FaultyProxy(dev.devnet.url)
    try:
        proxy.faults["eth_blockNumber"] = [fault]
        node = Node(proxy.url, timeout_seconds=5)
        with refuses(Code.CHAIN_UNAVAILABLE):
            dev.chain(node).height()
        assert proxy.asked == ["eth_blockNumber"], "nothing is retried behind our back"
        assert dev.chain(node).height() == dev.chain().height()
    finally:
        proxy.close()


def test_node_that_is_gone_is_unavailable() -> None:
    with refuses(Code.CHAIN_UNAVAILABLE):
        Node("http://127.0.0.1:1").ask("eth_chainId")


def test_key_of_another_length_is_refused(dev: DevChain) -> None:
    for key in (b"", b"\0" * 32, b"\1" * 31, b"\xff" * 32):
        with refuses(Code.CHAIN_ACCOUNT):
            EvmAccount(dev.chain(), key)


def test_authority_that_the_contract_cannot_name_is_refused(dev: DevChain) -> None:
    for name in ("short", "证" * 18):
        with refuses(Code.CHAIN_ACCOUNT):
            dev.chain().status_words(AuthorityId(name), [0])


def test_port_that_somebody_took_meanwhile_is_not_insisted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind((devnets.HOST, 0))
        ports = iter([taken.getsockname()[1], devnets._free_port()])
        monkeypatch.setattr(devnets, "_free_port", lambda: next(ports))
        with running(Devnet(ANVIL, tmp_path, CHAIN_ID, keeps_state=False)) as devnet:
            assert devnet.node.quantity("eth_chainId") == CHAIN_ID


def test_chain_that_keeps_no_state_writes_none(tmp_path: Path) -> None:
    with running(Devnet(ANVIL, tmp_path, CHAIN_ID, keeps_state=False)) as devnet:
        devnet.mine()
    assert [place.name for place in tmp_path.iterdir()] == ["anvil.log"]
    with running(devnet):
        assert devnet.node.quantity("eth_blockNumber") == 0


def test_missing_programs_and_files_are_named(tmp_path: Path) -> None:
    with refuses(Code.TOOL_MISSING):
        Devnet(tmp_path / "anvil", tmp_path, CHAIN_ID).start()
    with refuses(Code.TOOL_MISSING):
        load_artifact(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{}")
    with refuses(Code.TOOL_MISSING):
        load_artifact(tmp_path / "broken.json")
