"""Codes and copies: no byte of them is free, and no bytes at all break their readers."""

import random
from collections.abc import Callable, Mapping
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError
from licence.formats import cose, qr, qr_exchange, screen_code
from licence.formats.copy_file import LimitedCopy, copy_bytes, decode_copy, encode_copy
from licence.formats.qr_card import unpack_card
from licence.formats.qr_text import MAX_OBJECT_BYTES, QrKind, QrObject, read_text, write_text
from licence.formats.verdict import Verdict
from tests.builders import SIGNED_AT, FakeTrust, World, make_world
from tests.fakes.copies import make_copy
from tests.fakes.qr_world import (
    BASE,
    CHALLENGE,
    QUESTION,
    SHOWN_AT,
    make_holder,
    printed_code,
    text_of,
    with_qr_keys,
)
from verifier.artefacts import Artefact, Ask, CopyFile, NumberText, QrText
from verifier.policy import BATCH
from verifier.verify import verify_artefact

FLIPS = 300
READERS: Mapping[QrKind, Callable[[bytes], bytes]] = {
    QrKind.PRINTED: lambda data: _joined(qr.read_printed(data).parts),
    QrKind.SCREEN: lambda data: _joined(screen_code.read_screen(data).signed.parts),
    QrKind.ANSWER: lambda data: _joined(qr_exchange.read_answer(data).signed.parts),
}


def _joined(parts: cose.Parts) -> bytes:
    return cose.assemble(parts.protected, parts.payload, parts.signature)


ASK = Ask(BATCH, SHOWN_AT)
ASKS: Mapping[QrKind, Ask] = {
    QrKind.PRINTED: ASK,
    QrKind.SCREEN: Ask(BATCH, SHOWN_AT, challenge=CHALLENGE),
    QrKind.ANSWER: Ask(BATCH, SHOWN_AT, request=QUESTION),
}
"""How each kind is asked about to be valid: what cannot answer a question gets none."""


@cache
def _made() -> tuple[World, FakeTrust, dict[QrKind, bytes]]:
    world = make_world()
    holder = make_holder(world)
    said = qr.printed_of(holder.version, leaf=holder.leaf, issued_at=SIGNED_AT)
    texts = (printed_code(said), holder.screen(), holder.answer())
    objects = [read_text(text) for text in texts]
    return (
        world,
        world.trust(with_qr_keys(world.bundle)),
        {found.kind: found.data for found in objects},
    )


@cache
def _copy() -> bytes:
    world = _made()[0]
    one = world.issue(world.version())
    return encode_copy(make_copy(one, make_holder(world, version=one.version, leaf=one.leaf)))


def _verdict(artefact: Artefact, ask: Ask = ASK) -> Verdict:
    report, _ = verify_artefact(artefact, _made()[1], ask)
    return report.verdict


@pytest.mark.parametrize("kind", [QrKind.PRINTED, QrKind.SCREEN, QrKind.ANSWER])
def test_no_byte_of_a_code_is_free(kind: QrKind) -> None:
    """Fixed seeds, so that a failure can be made again."""
    data = _made()[2][kind]
    assert _verdict(QrText(text_of(kind, data)), ASKS[kind]) is Verdict.VALID
    chosen = random.Random(kind.value)
    for _ in range(FLIPS):
        at, change = chosen.randrange(len(data)), chosen.randrange(1, 256)
        flipped = data[:at] + bytes((data[at] ^ change,)) + data[at + 1 :]
        verdict = _verdict(QrText(text_of(kind, flipped)), ASKS[kind])
        assert verdict is not Verdict.VALID, (at, change)


@pytest.mark.parametrize("kind", [QrKind.PRINTED, QrKind.SCREEN, QrKind.ANSWER])
def test_no_character_of_a_code_is_free(kind: QrKind) -> None:
    address, _, fragment = text_of(kind, _made()[2][kind]).partition("#")
    chosen = random.Random(kind.value)
    for _ in range(FLIPS):
        at = chosen.randrange(len(fragment))
        char = chosen.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop0123456789=-_ ")
        changed = fragment[:at] + char + fragment[at + 1 :]
        if changed != fragment:
            verdict = _verdict(QrText(f"{address}#{changed}"), ASKS[kind])
            assert verdict is not Verdict.VALID, (at, char)


def test_no_byte_of_a_copy_is_free() -> None:
    data = _copy()
    assert _verdict(CopyFile(data)) is Verdict.VALID
    chosen = random.Random("copy")
    for _ in range(FLIPS // 3):
        at, change = chosen.randrange(len(data)), chosen.randrange(1, 256)
        flipped = data[:at] + bytes((data[at] ^ change,)) + data[at + 1 :]
        assert _verdict(CopyFile(flipped)) is not Verdict.VALID, (at, change)


@given(st.sampled_from(QrKind), st.binary(min_size=60, max_size=MAX_OBJECT_BYTES))
def test_texts_read_back(kind: QrKind, data: bytes) -> None:
    text = write_text(QrObject(kind, data), BASE)
    assert read_text(text) == read_text(text.partition("#")[2]) == QrObject(kind, data)


@given(st.sampled_from(QrKind), st.binary(min_size=40, max_size=500))
def test_any_bytes_as_an_object_are_never_valid(kind: QrKind, data: bytes) -> None:
    assert _verdict(QrText(f"{BASE}#{kind}{data.hex().upper()}")) is not Verdict.VALID
    assert _verdict(QrText(text_of(kind, data))) is not Verdict.VALID


@given(st.text(max_size=300))
def test_any_text_is_never_valid(text: str) -> None:
    assert _verdict(QrText(text)) is not Verdict.VALID
    assert _verdict(NumberText(text)) is not Verdict.VALID


@given(st.binary(max_size=2_000))
def test_readers_of_codes_refuse_and_never_break(data: bytes) -> None:
    for read in (
        qr.read_printed,
        screen_code.read_screen,
        qr_exchange.read_answer,
        qr_exchange.decode_question,
        unpack_card,
        decode_copy,
    ):
        with pytest.raises(AnzhengError):
            read(data)


@given(st.sampled_from([QrKind.PRINTED, QrKind.SCREEN, QrKind.ANSWER]), st.data())
def test_what_is_read_is_written_the_same(kind: QrKind, data: st.DataObject) -> None:
    """A reader that accepts changed bytes gives them back: there is one spelling."""
    whole = _made()[2][kind]
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes((data.draw(st.integers(0, 255)),)) + whole[at + 1 :]
    try:
        assert READERS[kind](changed) == changed
    except AnzhengError:
        return


def test_a_copy_signs_everything_but_its_signature() -> None:
    copy = decode_copy(_copy())
    for name in LimitedCopy.__dataclass_fields__:
        if name == "signature":
            continue
        assert name.encode() in copy_bytes(copy) or getattr(copy, name) == (), name
