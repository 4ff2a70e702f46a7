"""Bytes for the contract and back, without a chain."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.calls import AnchorCall, Change, ProposeCall, ReinstateCall
from anchor.chain import codec
from anchor.chain.artifact import FORMER_ARTIFACTS, artifact_of, load_artifact
from anchor.chain.node import hashed, number, octets
from anchor.events import unpacked_change
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.keccak import keccak256, selector
from licence.formats.manifest import ManifestDigest
from licence.ids import Digest, MerkleRoot
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.refusal import refuses

ROOT = MerkleRoot(sha256(b"root").digest())
MANIFEST = ManifestDigest(sha256(b"manifest").digest())
DECISION = Digest(sha256(b"decision").digest())


@given(st.integers(1, 2**32 - 1))
def test_key_of_a_batch_is_what_the_verifier_computes(size: int) -> None:
    assert codec.batch_key(ROOT, size, MANIFEST) == keccak256(
        ROOT + size.to_bytes(32, "big") + MANIFEST
    )


def test_call_data_is_selector_and_words() -> None:
    data = codec.call_data(AnchorCall(ROOT, 3, MANIFEST))
    expected = selector("anchor(bytes32,uint32,bytes32)") + ROOT
    assert data == expected + (3).to_bytes(32, "big") + MANIFEST


def test_proposal_is_named_by_all_that_it_says() -> None:
    changes = (Change(1, 15), Change(2, 15 << 4))
    call = ProposeCall(StatusWord.REVOKED, changes, DECISION)
    names = {
        codec.proposal_id(AUTHORITY, call),
        codec.proposal_id(AUTHORITY, ProposeCall(StatusWord.CANCELLED, changes, DECISION)),
        codec.proposal_id(AUTHORITY, ProposeCall(StatusWord.REVOKED, changes[:1], DECISION)),
        codec.proposal_id(AUTHORITY, ProposeCall(StatusWord.REVOKED, changes, Digest(ROOT))),
    }
    assert len(names) == 4


def test_values_that_do_not_fit_are_refused() -> None:
    with refuses(Code.CHAIN_REVERTED):
        codec.call_data(AnchorCall(ROOT, 2**32, MANIFEST))
    with refuses(Code.CHAIN_REVERTED):
        codec.call_data(AnchorCall(MerkleRoot(ROOT + b"x"), 1, MANIFEST))


@pytest.mark.parametrize("data", [b"", b"\0" * 31, b"\xff" * 64], ids=len)
def test_answers_that_are_none_are_refused(data: bytes) -> None:
    with refuses(Code.CHAIN_UNAVAILABLE):
        codec.answer(("uint64", "uint64"), data)


def test_times_and_numbers_of_a_node_are_checked() -> None:
    assert codec.moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    with refuses(Code.CHAIN_UNAVAILABLE):
        codec.moment(2**64)
    values: tuple[object, ...] = (None, "", "x", "0xzz", {})
    for value in values:
        with refuses(Code.CHAIN_UNAVAILABLE):
            number(value)
    odd: tuple[object, ...] = ("0x0", "00", "0x0g", "0x 00", b"0x00", 0, None)
    for value in odd:
        with refuses(Code.CHAIN_UNAVAILABLE):
            octets(value)
    for value in ("-0x5", "5", 5, True, "0x" + "1" * 65, "0x_1", " 0x1"):
        with refuses(Code.CHAIN_UNAVAILABLE):
            number(value)
    for value in ("0x", "0x" + "00" * 31, "0x" + "00" * 33):
        with refuses(Code.CHAIN_UNAVAILABLE):
            hashed(value)


def test_errors_of_the_contract_have_names() -> None:
    abi = load_artifact().abi
    revert = "0x" + keccak256(b"AlreadyAnchored(bytes32)")[:4].hex()
    assert codec.error_name(abi, revert) == "AlreadyAnchored"
    assert codec.error_name(abi, "0x00000000") is None


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 2**64 - 1)), max_size=5))
def test_changes_are_packed_and_read_back(pairs: list[tuple[int, int]]) -> None:
    values = [word << 64 | bits for word, bits in pairs]
    changes = tuple(unpacked_change(value) for value in values)
    assert codec.packed(changes) == values
    for change, (word, bits) in zip(changes, pairs, strict=True):
        assert change.word == word
        nibbles = [change.mask >> 4 * place & 15 for place in range(64)]
        assert nibbles == [15 * (bits >> place & 1) for place in range(64)]


@pytest.mark.parametrize("mask", [1, 0xE, 0xF1, 2**256, 2**260 - 1, 1 << 255])
def test_mask_that_is_not_made_of_whole_nibbles_is_refused(mask: int) -> None:
    with refuses(Code.CHAIN_REVERTED):
        codec.packed((Change(0, mask),))


def test_call_in_anothers_name_says_in_whose() -> None:
    own = codec.call_data(AnchorCall(ROOT, 3, MANIFEST))
    other = codec.call_data(AnchorCall(ROOT, 3, MANIFEST), AUTHORITY)
    name = AUTHORITY.encode().ljust(32, b"\0")
    assert other == selector("anchorFor(bytes18,bytes32,uint32,bytes32)") + name + own[4:]


def test_first_release_takes_a_change_as_word_and_mask() -> None:
    call = ReinstateCall((Change(3, 0xF0F),), DECISION)
    data = codec.call_data(call, pairs=True)
    assert data[:4] == selector("reinstate((uint32,uint256)[],bytes32)")
    assert data[-64:] == (3).to_bytes(32, "big") + (0xF0F).to_bytes(32, "big")


def test_code_of_each_release_has_its_interface() -> None:
    now, former = load_artifact(), load_artifact(FORMER_ARTIFACTS / "LicenceRegistry-0.1.0.json")
    assert artifact_of(now.code_hash) == now
    assert artifact_of(former.code_hash) == former
    assert (now.takes_pairs, former.takes_pairs) == (False, True)
    foreign = artifact_of(Digest(bytes(32)))
    assert (foreign.abi, foreign.code_hash) == (now.abi, bytes(32))
