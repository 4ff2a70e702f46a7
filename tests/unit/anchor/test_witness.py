"""A witness signs one history only, and remembers before it answers."""

from dataclasses import replace

import pytest
from typing_extensions import override

from anchor.witness import Refusal, Witness
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import Checkpoint, LogKey
from licence.formats.tree import Tree, leaf_hash
from licence.ids import MerkleRoot
from tests.fakes.anchor_store import MemoryWitnessStore
from tests.fakes.anchoring import IDENTITY, LOG_KEY, ed25519, public, witness
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses

ENTRIES = [leaf_hash(f"entry {number}".encode()) for number in range(9)]


def note(
    size: int, *, root: bytes | None = None, key: LogKey = LOG_KEY, secret: str = "log"
) -> bytes:
    said = Checkpoint(IDENTITY.origin, size, MerkleRoot(root or Tree(ENTRIES[:size]).root))
    return checkpoints.encode(checkpoints.sign(said, key, ed25519(secret).sign))


def sign(message: bytes) -> bytes:
    return ed25519("other").sign(message)


@pytest.fixture
def store() -> MemoryWitnessStore:
    return MemoryWitnessStore()


@pytest.fixture
def one(store: MemoryWitnessStore) -> Witness:
    return witness("w1.example", store, FakeClock())


def test_growing_log_is_cosigned(one: Witness) -> None:
    seen = 0
    for size in (1, 2, 5, 5, 9):
        line = one.add_checkpoint(seen, Tree(ENTRIES[:size]).consistency(seen), note(size))
        signed = checkpoints.with_cosignatures(checkpoints.parse(note(size)), [line])
        cosigned = checkpoints.verify(signed, LOG_KEY, [one.key], 1)
        assert [each.time for each in cosigned] == [FakeClock().now()]
        seen = size


def test_second_history_is_refused(one: Witness, store: MemoryWitnessStore) -> None:
    one.add_checkpoint(0, (), note(5))
    other = Tree([leaf_hash(b"other"), *ENTRIES[1:7]])
    with refuses(Code.WITNESS_REFUSED):
        one.add_checkpoint(5, other.consistency(5), note(7, root=other.root))
    with refuses(Code.WITNESS_REFUSED):
        one.add_checkpoint(5, (), note(5, root=other.root))
    assert store.checkpoints[IDENTITY.origin].size == 5


def test_witness_that_remembers_another_size_says_which(one: Witness) -> None:
    one.add_checkpoint(0, (), note(5))
    with pytest.raises(AnzhengError) as caught:
        one.add_checkpoint(0, (), note(7))
    assert caught.value.code is Code.WITNESS_REFUSED
    assert caught.value.facts["known_size"] == 5


def test_shrinking_log_is_refused(one: Witness) -> None:
    one.add_checkpoint(0, (), note(5))
    with refuses(Code.WITNESS_REFUSED):
        one.add_checkpoint(5, (), note(3))


def test_nothing_is_signed_that_is_not_remembered() -> None:
    class Broken(MemoryWitnessStore):
        @override
        def remember(self, checkpoint: Checkpoint, *, instead_of: Checkpoint | None) -> None:
            del checkpoint, instead_of
            raise AnzhengError(Code.STORE_FAILED, "disk full")

    with refuses(Code.STORE_FAILED):
        witness("w1.example", Broken(), FakeClock()).add_checkpoint(0, (), note(1))


def test_unknown_log_key_name_or_signature_is_refused(one: Witness) -> None:
    other = LogKey(LOG_KEY.name, public("other"))
    elsewhere = LogKey("log.example/elsewhere", LOG_KEY.public)
    wrong = [
        note(1, key=other, secret="other"),
        note(1, key=elsewhere),
        note(1, secret="other"),
        note(1).replace(b"anzheng/", b"another/"),
    ]
    for each in wrong:
        with refuses(Code.WITNESS_REFUSED):
            one.add_checkpoint(0, (), each)


def test_signatures_that_it_does_not_know_are_ignored(one: Witness) -> None:
    other = LogKey("another.example", public("other"))
    line = checkpoints.sign(Checkpoint(IDENTITY.origin, 1, MerkleRoot(b"r" * 32)), other, sign)
    foreign = checkpoints.encode_lines([line.log_signature])
    assert one.add_checkpoint(0, (), note(1) + foreign).name == "w1.example"


def test_it_cosigns_again_what_it_cosigned(one: Witness) -> None:
    line = one.add_checkpoint(0, (), note(1))
    signed = checkpoints.with_cosignatures(checkpoints.parse(note(1)), [line])
    assert one.add_checkpoint(1, (), checkpoints.encode(signed)) == line


def test_its_own_signature_shows_that_its_memory_was_put_back(
    one: Witness, store: MemoryWitnessStore
) -> None:
    one.add_checkpoint(0, (), note(2))
    old = dict(store.checkpoints)
    line = one.add_checkpoint(2, Tree(ENTRIES[:5]).consistency(2), note(5))
    store.checkpoints = old
    shown = note(5) + checkpoints.encode_lines([line])
    with refuses(Code.WITNESS_MEMORY):
        one.add_checkpoint(2, Tree(ENTRIES[:5]).consistency(2), shown)
    # Its name on somebody else's signature proves nothing.
    forged = replace(line, signature=line.signature[:8] + bytes(64))
    one.add_checkpoint(
        2, Tree(ENTRIES[:5]).consistency(2), note(5) + checkpoints.encode_lines([forged])
    )


@pytest.mark.parametrize(
    ("old", "size", "refusal"),
    [(7, 6, Refusal.SIZES), (4, 6, Refusal.OLD_SIZE), (5, 5, Refusal.ROOT), (5, 6, Refusal.PROOF)],
)
def test_refusal_says_why(one: Witness, old: int, size: int, refusal: Refusal) -> None:
    one.add_checkpoint(0, (), note(5))
    with pytest.raises(AnzhengError) as caught:
        one.add_checkpoint(old, (), note(size, root=bytes(32)))
    assert caught.value.facts["refusal"] == refusal.value


def test_two_processes_of_one_witness_cannot_both_go_on(store: MemoryWitnessStore) -> None:
    one = witness("w1.example", store, FakeClock())
    one.add_checkpoint(0, (), note(2))
    seen = store.checkpoints[IDENTITY.origin]
    with refuses(Code.CONFLICT):
        store.remember(replace(seen, size=3), instead_of=None)
