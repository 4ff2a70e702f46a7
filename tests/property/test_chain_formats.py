"""RLP, state proofs and QBFT headers against other people's code, and against changed bytes."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import pytest
import rlp as oracle
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from licence.domain.model import StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import (
    block_header,
    cbor,
    chain_proof,
    evidence,
    patricia,
    qbft,
    registry_state,
    rlp,
)
from licence.formats.keccak import keccak256
from licence.formats.patricia import ProofNodes, look_up
from licence.formats.rlp import Limits, RlpValue
from licence.ids import StatusIndex
from tests.fakes import proof, qbft_state
from tests.fakes import qbft as chain
from tests.fakes import status_proof_cases as statuses
from tests.fakes.qbft_cases import evidence_of, n, pinned
from tests.fakes.qbft_state import LEAF, REVOKED
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.c07_chain_proof import read_chain_proof

LIMITS = Limits(size=2_000, depth=8, items=1_000)
FLIP = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
OURS = {Code.RLP_SYNTAX, Code.TRIE_PROOF, Code.BLOCK_HEADER, Code.BLOCK_SEALS}


def flipped(data: bytes, flip: tuple[float, int]) -> bytes:
    at = int(flip[0] * len(data))
    return data[:at] + bytes([data[at] ^ 1 << flip[1]]) + data[at + 1 :]


# ---------------------------------------------------------------- RLP

values = st.recursive(
    st.binary(max_size=80), lambda inner: st.lists(inner, max_size=6).map(tuple), max_leaves=30
)


def _tuples(value: object) -> RlpValue:
    if isinstance(value, (list, tuple)):
        return tuple(map(_tuples, value))
    assert isinstance(value, bytes)
    return value


@given(values)
def test_rlp_is_that_of_the_library(value: RlpValue) -> None:
    data = rlp.dumps(value)
    assert data == oracle.encode(value)
    assert rlp.loads(data, Limits(len(data), 40, 500)) == value


@given(st.one_of(st.binary(max_size=80), values.map(rlp.dumps)), st.none() | FLIP)
def test_rlp_that_is_read_has_one_spelling(data: bytes, flip: tuple[float, int] | None) -> None:
    data = flipped(data, flip) if flip is not None and data else data
    try:
        found = rlp.loads(data, LIMITS)
    except AnzhengError as error:
        assert error.code is Code.RLP_SYNTAX  # noqa: PT017 - a refusal is an answer too
        return
    assert rlp.dumps(found) == data
    assert _tuples(oracle.decode(data)) == found


@given(values)
def test_what_the_library_refuses_we_refuse(value: RlpValue) -> None:
    data = rlp.dumps(value) + b"\0"
    with pytest.raises(oracle.DecodingError):
        oracle.decode(data)
    with pytest.raises(AnzhengError):
        rlp.loads(data, LIMITS)


# ---------------------------------------------------------------- Patricia tries

# Keys that share long beginnings make embedded nodes, long extensions and deep branches.
keys = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 40).map(lambda each: sha256(bytes([each])).digest()),
    st.binary(min_size=2, max_size=2).map(lambda end: bytes(30) + end),
    st.binary(min_size=1, max_size=1).map(lambda end: b"\x11" * 31 + end),
)
tries = st.dictionaries(keys, st.binary(min_size=1, max_size=40), max_size=20)


def built(entries: Mapping[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie


def nodes_of(trie: HexaryTrie, *wanted: bytes) -> tuple[bytes, ...]:
    """Return the proof of keys as the library makes it, in our order."""
    given_nodes = [oracle.encode(node) for key in wanted for node in trie.get_proof(key)]  # type: ignore[no-untyped-call]
    heap = ProofNodes(given_nodes, in_any_order=True)
    for key in wanted:
        look_up(trie.root_hash, key, heap)
    return tuple(heap.met)


@given(tries, keys)
def test_proofs_of_the_library_prove_what_stands_there(
    entries: dict[bytes, bytes], other: bytes
) -> None:
    trie = built(entries)
    for key in (*entries, other):
        nodes = ProofNodes(nodes_of(trie, key))
        assert look_up(trie.root_hash, key, nodes) == entries.get(key)
        nodes.end()


@given(tries, st.lists(keys, min_size=1, max_size=4))
def test_several_keys_share_their_nodes(entries: dict[bytes, bytes], others: list[bytes]) -> None:
    trie = built(entries)
    wanted = (*list(entries)[:4], *others)
    found = nodes_of(trie, *wanted)
    assert len(set(found)) == len(found)
    nodes = ProofNodes(found)
    assert [look_up(trie.root_hash, key, nodes) for key in wanted] == list(map(entries.get, wanted))
    nodes.end()


def _prove(root: bytes, key: bytes, found: list[bytes]) -> None:
    nodes = ProofNodes(found)
    look_up(root, key, nodes)
    nodes.end()


@given(tries.filter(bool), keys, FLIP, st.data())
def test_no_bit_of_a_state_proof_is_free(
    entries: dict[bytes, bytes], other: bytes, flip: tuple[float, int], data: st.DataObject
) -> None:
    trie = built(entries)
    key = data.draw(st.sampled_from([*entries, other]))
    found = list(nodes_of(trie, key))
    at = data.draw(st.integers(0, len(found) - 1))
    change = data.draw(st.sampled_from(["flip", "drop", "double", "junk", "swap"]))
    changed = list(found)
    match change:
        case "flip":
            changed[at] = flipped(found[at], flip)
        case "drop":
            del changed[at]
        case "double":
            changed.insert(at, found[at])
        case "junk":
            changed.append(b"\xc2\x20\x01")
        case _:
            changed.reverse()
    if changed == found:
        return
    with pytest.raises(AnzhengError) as caught:
        _prove(trie.root_hash, key, changed)
    assert caught.value.code is Code.TRIE_PROOF


@given(st.lists(values.map(rlp.dumps), max_size=5), keys)
def test_nodes_of_anybody_prove_nothing_and_break_nothing(nodes: list[bytes], key: bytes) -> None:
    """The root is that of the first node: whatever is inside is looked at."""
    if not nodes:
        return
    try:
        look_up(keccak256(nodes[0]), key, ProofNodes(nodes))
    except AnzhengError as error:
        assert error.code is Code.TRIE_PROOF  # noqa: PT017 - a refusal is an answer too


nodes17 = st.lists(st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)), min_size=16,
                   max_size=16)  # fmt: skip
prefixes = st.binary(min_size=0, max_size=34)


@given(st.one_of(nodes17.map(lambda items: (*items, b"")), st.tuples(prefixes, values)), keys)
def test_a_node_of_the_right_shape_is_found_out_too(node: RlpValue, key: bytes) -> None:
    data = rlp.dumps(node)
    if len(data) > patricia.MAX_NODE_BYTES:
        return
    try:
        look_up(keccak256(data), key, ProofNodes([data]))
    except AnzhengError as error:
        assert error.code is Code.TRIE_PROOF  # noqa: PT017 - a refusal is an answer too


# ---------------------------------------------------------------- QBFT headers

PINNED = pinned(n(4))
EVIDENCE = evidence.encode(evidence_of(n(4), qbft_state.load().later, with_head=True))
STATUS = chain_proof.encode(statuses.proof_of(n(4)))


@given(st.integers(1, 12), st.data(), st.integers(0, 2**32 - 1))
def test_two_thirds_decide_whatever_the_round(count: int, data: st.DataObject, number: int) -> None:
    everybody = chain.keys(count)
    sealers = data.draw(st.sets(st.sampled_from(everybody), max_size=count))
    ordered = tuple(sorted(sealers, key=chain.address))
    sealing = n(count, sealers=ordered, round=number)
    header = rlp.dumps(chain.header_fields(qbft_state.load().own.header, sealing))
    enough = len(ordered) * 3 >= 2 * count
    try:
        found = qbft.check_sealed(header, chain.addresses(everybody))
    except AnzhengError as error:
        assert error.code is Code.BLOCK_SEALS  # noqa: PT017 - a refusal is an answer too
        assert not enough
        return
    assert enough
    assert set(found.signers) == set(chain.addresses(ordered))


@given(st.integers(1, 8), st.permutations(range(8)))
def test_a_nodes_order_of_seals_becomes_ours(count: int, order: list[int]) -> None:
    everybody = chain.keys(count)
    mixed = tuple(everybody[place] for place in order if place < count)
    header = qbft_state.load().own.header
    as_it_came = rlp.dumps(chain.header_fields(header, n(count, sealers=mixed)))
    ours = rlp.dumps(chain.header_fields(header, n(count, sealers=everybody)))
    assert qbft.normalise(as_it_came) == ours
    assert qbft.normalise(ours) == ours


def _judge(data: bytes) -> None:
    judge_evidence(data, LEAF, proof.REGISTRY, proof.AUTHORITY, PINNED.bundle())


def _read(data: bytes) -> int:
    ref = StatusRef(proof.REGISTRY, REVOKED)
    return read_chain_proof(data, ref, proof.AUTHORITY, PINNED.bundle()).status


STRIDE = 32


@pytest.mark.parametrize(
    "start", [0, *(pytest.param(each, marks=pytest.mark.slow) for each in range(1, STRIDE))]
)
def test_no_byte_of_evidence_on_seals_is_free(start: int) -> None:
    """One byte in 32 at every check, all of them in `make test-slow`."""
    _judge(EVIDENCE)
    for at in range(start, len(EVIDENCE), STRIDE):
        changed = bytearray(EVIDENCE)
        changed[at] ^= 1 << (at // STRIDE % 8)
        with pytest.raises(AnzhengError):
            _judge(bytes(changed))


@given(FLIP)
def test_no_bit_of_evidence_on_seals_is_free(flip: tuple[float, int]) -> None:
    with pytest.raises(AnzhengError):
        _judge(flipped(EVIDENCE, flip))


@given(FLIP)
def test_no_bit_of_a_status_proof_is_free(flip: tuple[float, int]) -> None:
    assert _read(STATUS) == 2
    with pytest.raises(AnzhengError):
        _read(flipped(STATUS, flip))


@given(st.integers(0, len(STATUS) - 1))
def test_a_status_proof_cut_short_is_none(end: int) -> None:
    with pytest.raises(AnzhengError) as caught:
        _read(STATUS[:end])
    assert caught.value.code is Code.CHAIN_PROOF_SYNTAX


@given(st.binary(max_size=120))
def test_random_bytes_are_no_header_and_no_proof(data: bytes) -> None:
    for read in (block_header.decode, qbft.decode_extra, qbft.normalise):
        with pytest.raises(AnzhengError) as caught:
            read(data)
        assert caught.value.code in OURS
    with pytest.raises(AnzhengError) as caught:
        chain_proof.decode(data)
    assert caught.value.code is Code.CHAIN_PROOF_SYNTAX


@given(values)
def test_any_extra_data_is_read_or_refused(value: RlpValue) -> None:
    try:
        extra = qbft.decode_extra(rlp.dumps(value))
    except AnzhengError as error:
        assert error.code is Code.BLOCK_HEADER  # noqa: PT017 - a refusal is an answer too
        return
    assert extra.encode() == rlp.dumps(value)


@given(st.lists(st.binary(max_size=40), max_size=3).map(tuple), st.integers(0, 2))
def test_nodes_moved_between_the_lists_are_refused(extra: tuple[bytes, ...], place: int) -> None:
    """Every way to cut the same nodes into the three lists but one is refused."""
    found = evidence.decode(EVIDENCE)
    assert isinstance(found, evidence.QbftEvidence)
    lists = [found.account_proof, found.slot_proof, found.head_proof or ()]
    following = (place + 1) % 3
    lists[following] = (lists[place][-1], *lists[following], *extra)
    lists[place] = lists[place][:-1]
    changed = replace(found, account_proof=lists[0], slot_proof=lists[1], head_proof=lists[2])
    with pytest.raises(AnzhengError):
        _judge(evidence.encode(changed))


@given(st.integers(0, 2**26 - 1), st.integers(0, 63))
def test_an_index_has_one_word_and_one_place(word: int, place: int) -> None:
    index = StatusIndex(64 * word + place)
    value = 5 << 4 * place
    assert registry_state.status_in(value, index) == 5
    assert cbor.loads(cbor.dumps((index,)), max_bytes=20) == (index,)
