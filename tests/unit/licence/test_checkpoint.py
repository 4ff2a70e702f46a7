"""Checkpoints: C2SP bytes, one spelling, and every line verified under a pinned key."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from licence.errors import Code
from licence.formats import checkpoint
from licence.formats.checkpoint import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    Cosigned,
    LogKey,
    SignatureLine,
    SignedCheckpoint,
    WitnessKey,
)
from licence.ids import MerkleRoot
from tests.fakes import proof
from tests.fakes.refusal import refuses

SAID = Checkpoint("anzheng/test/log", 11, MerkleRoot(sha256(b"root").digest()))
NOTE = proof.signed_checkpoint(SAID)
SIGNED = checkpoint.parse(NOTE)
WITNESSES = tuple(proof.witness_key(name) for name in proof.WITNESSES)
LOG = proof.log_key()


def test_key_id_is_that_of_the_published_example() -> None:
    """The key and note of golang.org/x/mod/sumdb/note, where this format comes from."""
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert LogKey("PeterNeumann", public).key_id() == signature[:4] == bytes.fromhex("c74f20a3")
    text = (
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n"
    )
    Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text)


def test_note_has_the_lines_of_c2sp() -> None:
    text = NOTE.decode()
    body, lines = text.split("\n\n")
    assert body.encode() + b"\n" == SAID.body()
    assert body == f"anzheng/test/log\n11\n{base64.b64encode(SAID.root).decode()}"
    names = [line.split(" ")[1] for line in lines.splitlines()]
    assert names == [LOG.name, *proof.WITNESSES]
    assert all(line.startswith("\u2014 ") for line in lines.splitlines())


def test_cosignature_is_over_the_time_and_the_body() -> None:
    line = SIGNED.cosignatures[0]
    time = int(proof.NOW.timestamp())
    key = WITNESSES[0]
    assert line.key_id == sha256(key.name.encode() + b"\n\x04" + key.public).digest()[:4]
    assert line.signature[:8] == time.to_bytes(8, "big")
    message = b"cosignature/v1\ntime " + str(time).encode() + b"\n" + SAID.body()
    Ed25519PublicKey.from_public_bytes(key.public).verify(line.signature[8:], message)


def test_note_survives_parsing_and_verifies() -> None:
    assert checkpoint.encode(SIGNED) == NOTE
    assert SIGNED.checkpoint == SAID
    found = checkpoint.verify(SIGNED, LOG, WITNESSES, 3)
    assert found == tuple(Cosigned(name, proof.NOW) for name in proof.WITNESSES)


def test_cosignatures_are_ordered_whatever_the_order_they_come_in() -> None:
    bare = replace(SIGNED, cosignatures=())
    first, *others = SIGNED.cosignatures
    with_one = checkpoint.with_cosignatures(bare, [first])
    assert checkpoint.with_cosignatures(with_one, others[::-1]) == SIGNED
    with refuses(Code.CHECKPOINT_SYNTAX):
        checkpoint.with_cosignatures(with_one, [first])


def test_a_checkpoint_without_witnesses_is_a_note_but_proves_nothing() -> None:
    bare = checkpoint.sign(SAID, LOG, proof.ed25519("log").sign)
    assert checkpoint.parse(checkpoint.encode(bare)) == bare
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(bare, LOG, WITNESSES, 1)
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(bare, LOG, WITNESSES, 0)


def test_fewer_witnesses_than_asked_for_are_refused() -> None:
    signed = checkpoint.parse(proof.signed_checkpoint(SAID, proof.WITNESSES[:2]))
    assert len(checkpoint.verify(signed, LOG, WITNESSES, 2)) == 2
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(signed, LOG, WITNESSES, 3)


def test_a_witness_that_is_not_pinned_is_refused_even_beside_enough_others() -> None:
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(SIGNED, LOG, WITNESSES[:2], 2)


@pytest.mark.parametrize(
    "witnesses",
    [
        (*WITNESSES, WITNESSES[0]),
        (*WITNESSES, WitnessKey("alias.example", WITNESSES[0].public)),
        (*WITNESSES, WitnessKey("log.example", LOG.public)),
    ],
)
def test_one_key_pinned_twice_is_refused(witnesses: tuple[WitnessKey, ...]) -> None:
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(SIGNED, LOG, witnesses, 3)


def _flip(line: SignatureLine, place: int) -> SignatureLine:
    value = bytearray(line.signature)
    value[place] ^= 1
    return replace(line, signature=bytes(value))


@pytest.mark.parametrize(
    "signed",
    [
        replace(SIGNED, log_signature=_flip(SIGNED.log_signature, 0)),
        replace(SIGNED, log_signature=replace(SIGNED.log_signature, name="other")),
        replace(SIGNED, log_signature=replace(SIGNED.log_signature, key_id=b"0000")),
        replace(SIGNED, cosignatures=(_flip(SIGNED.cosignatures[0], 7),)),
        replace(SIGNED, cosignatures=(_flip(SIGNED.cosignatures[0], 8),)),
        replace(SIGNED, cosignatures=(replace(SIGNED.cosignatures[0], key_id=b"0000"),)),
        replace(SIGNED, cosignatures=(replace(SIGNED.cosignatures[0], name="tax.example"),)),
        replace(SIGNED, checkpoint=replace(SAID, size=12)),
    ],
)
def test_verify_refuses_one_wrong_line(signed: SignedCheckpoint) -> None:
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(checkpoint.parse(checkpoint.encode(signed)), LOG, WITNESSES, 1)


def test_verify_refuses_a_pinned_key_that_is_no_key() -> None:
    short = LogKey(LOG.name, LOG.public[1:])
    line = replace(SIGNED.log_signature, key_id=short.key_id())
    with refuses(Code.ANCHOR_WITNESS):
        checkpoint.verify(replace(SIGNED, log_signature=line), short, WITNESSES, 1)


LAST = SIGNED.cosignatures[-1]


@pytest.mark.parametrize(
    "signed",
    [
        replace(SIGNED, cosignatures=SIGNED.cosignatures[::-1]),
        replace(SIGNED, cosignatures=(LAST, LAST)),
        replace(SIGNED, cosignatures=tuple(replace(LAST, name=f"w{n:02}") for n in range(17))),
        replace(
            SIGNED,
            checkpoint=replace(SAID, origin="o" * 128),
            log_signature=replace(SIGNED.log_signature, name="l" * 128),
            cosignatures=tuple(replace(LAST, name=f"{n:0128}") for n in range(16)),
        ),
        replace(SIGNED, cosignatures=(replace(LAST, signature=bytes(72)),)),
        replace(SIGNED, cosignatures=(replace(LAST, signature=b"\xff" * 72),)),
        replace(SIGNED, cosignatures=(replace(LAST, signature=LAST.signature[1:]),)),
        replace(SIGNED, log_signature=replace(LAST, name="log")),
        replace(SIGNED, log_signature=replace(SIGNED.log_signature, key_id=b"")),
        replace(SIGNED, log_signature=replace(SIGNED.log_signature, name="a b")),
        replace(SIGNED, log_signature=replace(SIGNED.log_signature, name="a+b")),
        replace(SIGNED, log_signature=replace(SIGNED.log_signature, name="")),
        replace(SIGNED, checkpoint=replace(SAID, origin="a b")),
        replace(SIGNED, checkpoint=replace(SAID, origin="a\n")),
        replace(SIGNED, checkpoint=replace(SAID, origin="安证")),
        replace(SIGNED, checkpoint=replace(SAID, size=-1)),
        replace(SIGNED, checkpoint=replace(SAID, size=2**32)),
        replace(SIGNED, checkpoint=replace(SAID, root=MerkleRoot(b"short"))),
    ],
)
def test_encode_refuses_what_has_no_spelling(signed: SignedCheckpoint) -> None:
    with refuses(Code.CHECKPOINT_SYNTAX):
        checkpoint.encode(signed)


LINES = NOTE.decode().split("\n")


def _note(place: int, line: str) -> bytes:
    return "\n".join([*LINES[:place], line, *LINES[place + 1 :]]).encode()


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(b"\n\n", b"\next\n\n"),  # an extension line
        NOTE.replace(b"\n", b"\r\n"),
        SAID.body() + b"\n",
        _note(0, ""),
        _note(0, "a b"),
        _note(1, "011"),
        _note(1, "+11"),
        _note(1, "11 "),
        _note(1, "-1"),
        _note(1, "1" * 11),
        _note(1, "9999999999"),
        _note(1, "１１"),
        _note(2, LINES[2][:-1]),
        _note(2, LINES[2] + "="),
        _note(2, LINES[2][:-2] + "F="),  # bits that base64 leaves unused
        _note(2, LINES[2].replace("=", "é")),
        _note(2, ""),
        _note(4, LINES[4].replace("\u2014", "-")),
        _note(4, LINES[4] + " "),
        _note(4, LINES[4].replace(" ", "  ")),
        _note(4, LINES[4][:-4]),
        _note(4, LINES[4][:-1]),
        _note(5, LINES[6]),
        _note(5, LINES[4]),
        _note(4, LINES[5]),
    ],
)
def test_parse_refuses_every_other_spelling(note: bytes) -> None:
    with refuses(Code.CHECKPOINT_SYNTAX):
        checkpoint.parse(note)


def test_parse_looks_at_the_size_first() -> None:
    with refuses(Code.TOO_LARGE):
        checkpoint.parse(bytes(MAX_CHECKPOINT_BYTES + 1))


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 - naive on purpose
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 1, 1, tzinfo=UTC),
    ],
)
def test_cosign_refuses_a_time_that_is_none(now: datetime) -> None:
    with refuses(Code.CHECKPOINT_SYNTAX):
        checkpoint.cosign(SAID, WITNESSES[0], now, proof.ed25519("audit.example").sign)
