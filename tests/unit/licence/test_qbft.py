"""QBFT headers and contract storage, case by case; whole evidence is in tests/assets/qbft."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import rlp as oracle
from eth_keys.datatypes import PrivateKey, Signature
from eth_utils.crypto import keccak

from licence.errors import Code
from licence.formats import (
    block_header,
    chain_proof,
    patricia,
    qbft,
    registry_state,
    rlp,
    secp256k1,
)
from licence.formats.keccak import keccak256
from licence.formats.registry_state import read_storage
from licence.ids import Address, BlockHash, Digest
from tests.fakes import proof, qbft_state
from tests.fakes import qbft as chain
from tests.fakes.qbft_cases import n
from tests.fakes.refusal import refuses
from tests.fakes.status_proof_cases import proof_of
from tests.fakes.tries import state_of

STATE = qbft_state.load()
HEADER = rlp.dumps(chain.header_fields(STATE.own.header, n(4)))
CONTRACT, CODE = Address(b"\x0c" * 20), Digest(b"\x0d" * 32)


@pytest.mark.parametrize(
    ("validators", "needed"),
    [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7), (21, 14), (64, 43)],
)
def test_two_thirds_rounded_up(validators: int, needed: int) -> None:
    assert qbft.quorum(validators) == needed


def test_a_node_keeps_seals_in_any_order_a_proof_in_one() -> None:
    as_it_came = rlp.dumps(chain.header_fields(STATE.own.header, n(4, arrival=True)))
    pinned = chain.addresses(chain.keys(4))
    assert set(qbft.check_sealed(as_it_came, pinned).signers) < set(pinned)
    assert qbft.check_sealed(as_it_came, pinned).hash == qbft.check_shown(HEADER, pinned).hash
    with refuses(Code.BLOCK_SEALS):
        qbft.check_shown(as_it_came, pinned)


@pytest.mark.parametrize("pinned", [(), (chain.address(chain.key("v0")),) * 2])
def test_nobody_pinned_or_one_twice_is_no_set(pinned: tuple[Address, ...]) -> None:
    with refuses(Code.BLOCK_SEALS):
        qbft.check_sealed(HEADER, pinned)


def test_more_validators_than_any_set_has_are_refused() -> None:
    many = chain.keys(qbft.MAX_VALIDATORS + 1)
    with refuses(Code.BLOCK_SEALS):
        qbft.check_sealed(HEADER, chain.addresses(many))


@pytest.mark.parametrize("place", range(5))
def test_every_item_of_the_extra_data_has_its_kind(place: int) -> None:
    """A list where a string must be, or the other way round."""
    items = list(chain.extra_items(HEADER))
    items[place] = () if isinstance(items[place], bytes) else b"\x01"
    with refuses(Code.BLOCK_HEADER):
        qbft.decode_extra(rlp.dumps(tuple(items)))


@pytest.mark.parametrize("seconds", [0, 7_258_118_400])
def test_a_header_of_no_time_of_ours_is_refused(seconds: int) -> None:
    fields = list(block_header.decode(HEADER).fields)
    fields[block_header.TIMESTAMP] = rlp.from_scalar(seconds)
    with refuses(Code.BLOCK_HEADER):
        block_header.decode(rlp.dumps(tuple(fields)))


def test_a_header_says_its_own_block() -> None:
    header = block_header.decode(HEADER)
    assert header.number == STATE.own.block.number
    assert header.time == STATE.own.block.time
    assert header.encode() == HEADER
    plain = rlp.dumps(chain.plain_header(bytes(32), 7, datetime(2026, 1, 1, tzinfo=UTC)))
    assert block_header.decode(plain).digest() == BlockHash(keccak256(plain))


def test_anvils_own_header_has_the_hash_that_anvil_says() -> None:
    for raw in (STATE.own, STATE.later):
        header = block_header.decode(rlp.dumps(raw.header))
        assert header.digest() == raw.block.hash


def test_recovery_is_that_of_another_library() -> None:
    digest = keccak256(b"a block")
    for name in ("v0", "v1", "v2"):
        private = chain.key(name)
        signature = chain.seal(digest, private)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        other = Signature(vrs=(signature[64], r, s))
        found = other.recover_public_key_from_msg_hash(digest).to_canonical_address()
        assert secp256k1.recover(digest, signature) == found == chain.address(private)
        assert PrivateKey(private.secret).public_key.to_canonical_address() == found


def test_hashes_are_those_of_other_libraries() -> None:
    """Commit hash and block hash by their definition, with nothing of ours: rlp and eth-utils."""
    for sealing in (n(4), n(7, round=300, vote=(bytes(20), b"\xff")), n(1, round=1)):
        data = rlp.dumps(chain.header_fields(STATE.own.header, sealing))
        fields = oracle.decode(data)
        vanity, validators, vote, number, seals = oracle.decode(fields[12])

        def hashed(extra: list[object], fields: list[object] = fields) -> bytes:
            return keccak(oracle.encode([*fields[:12], oracle.encode(extra), *fields[13:]]))

        commit = hashed([vanity, validators, vote, number, []])
        header = block_header.decode(data)
        extra = qbft.decode_extra(header.extra)
        assert qbft.commit_hash(header, extra) == commit
        expected = hashed([vanity, validators, vote, b"", []])
        assert qbft.hashed_form(header, extra).digest() == expected
        recovered = {
            Signature(vrs=(seal[64], int.from_bytes(seal[:32]), int.from_bytes(seal[32:64])))
            .recover_public_key_from_msg_hash(commit)
            .to_canonical_address()
            for seal in seals
        }
        assert recovered == set(chain.addresses(sealing.who)) <= set(validators)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda seal: chain.ORDER.to_bytes(32, "big") + seal[32:],
        lambda seal: bytes(32) + seal[32:],
        lambda seal: seal[:32] + bytes(32) + seal[64:],
        lambda seal: seal[:32] + (chain.ORDER - 1).to_bytes(32, "big") + seal[64:],
        lambda seal: b"\xff" * 32 + seal[32:],
        lambda seal: seal + b"\0",
        lambda _: b"",
    ],
)
def test_a_seal_out_of_its_range_is_refused(spoil: object) -> None:
    good = chain.seal(keccak256(b"a block"), chain.key("v0"))
    with refuses(Code.BLOCK_SEALS):
        secp256k1.recover(keccak256(b"a block"), spoil(good))  # type: ignore[operator]


# ---------------------------------------------------------------- storage


def test_a_contract_that_is_not_there_is_proved_as_absent() -> None:
    state, absent = state_of(CONTRACT, CODE, {1: 1}), Address(b"nobody".ljust(20))
    with refuses(Code.TRIE_PROOF):
        read_storage(state.root, absent, CODE, (), (), ())
    with refuses(Code.CHAIN_WRONG):
        read_storage(state.root, absent, CODE, state.nodes_to(absent), (), ())
    with refuses(Code.CHAIN_WRONG):
        read_storage(state.root, CONTRACT, Digest(bytes(32)), state.account_nodes, (), ())


@pytest.mark.parametrize(
    "account",
    [
        b"\x01",
        rlp.dumps((b"", b"", bytes(32))),
        rlp.dumps((b"", b"", bytes(31), CODE)),
        rlp.dumps((b"", b"", (), CODE)),
        rlp.dumps((b"", b"", bytes(32), CODE, b"")),
    ],
)
def test_what_is_no_account_is_refused(account: bytes) -> None:
    leaf = rlp.dumps((b"\x20" + keccak256(CONTRACT), account))
    with refuses(Code.TRIE_PROOF, Code.RLP_SYNTAX):
        read_storage(keccak256(leaf), CONTRACT, CODE, (leaf,), (), ())


@pytest.mark.parametrize("value", [b"\x80", b"\x00", b"\x82\x00\x01", b"\xc0", b"\x81\x01"])
def test_a_slot_has_one_spelling_and_is_never_zero(value: bytes) -> None:
    slot = (7).to_bytes(32, "big")
    leaf = rlp.dumps((b"\x20" + keccak256(slot), value))
    account = rlp.dumps((b"", b"", keccak256(leaf), CODE))
    top = rlp.dumps((b"\x20" + keccak256(CONTRACT), account))
    with refuses(Code.TRIE_PROOF, Code.RLP_SYNTAX):
        read_storage(keccak256(top), CONTRACT, CODE, (top,), (leaf,), (7,))


def test_slots_are_read_as_they_stand() -> None:
    slots = {registry_state.SEQUENCE_SLOT: 9, 5: 2**256 - 1, 6: 1}
    state = state_of(CONTRACT, CODE, slots)
    wanted = (6, 7, registry_state.SEQUENCE_SLOT, 5)
    nodes = patricia.ProofNodes(
        [node for slot in wanted for node in state.slot_nodes(slot.to_bytes(32, "big"))],
        in_any_order=True,
    )
    for slot in wanted:
        patricia.look_up(state.storage_root, keccak256(slot.to_bytes(32, "big")), nodes)
    found = read_storage(state.root, CONTRACT, CODE, state.account_nodes, nodes.met, wanted)
    assert found == (1, 0, 9, 2**256 - 1)


def test_an_empty_storage_needs_no_node() -> None:
    state = state_of(CONTRACT, CODE, {})
    found = read_storage(state.root, CONTRACT, CODE, state.account_nodes, (), (1, 2))
    assert found == (0, 0)
    with refuses(Code.TRIE_PROOF):
        read_storage(state.root, CONTRACT, CODE, state.account_nodes, (b"\x80",), (1,))


def test_a_status_proof_that_would_not_read_back_is_not_written() -> None:
    found = proof_of(n(4))
    for bad in (
        replace(found, words=(1, 0)),
        replace(found, words=()),
        replace(found, parts=()),
        replace(found, parts=found.parts * 2),
    ):
        with refuses(Code.CHAIN_PROOF_SYNTAX):
            chain_proof.encode(bad)
    assert chain_proof.decode(chain_proof.encode(found)) == found
    assert found.registry == proof.REGISTRY
