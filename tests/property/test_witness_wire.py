"""What others send to a witness, and witnesses and public logs to us: never a surprise."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor import tiles
from anchor import witness_wire as wire
from anzheng.witness_http import answer
from licence.errors import AnzhengError
from licence.formats import checkpoint as checkpoints
from licence.formats import verifier_key
from licence.formats.tree import Tree, leaf_hash
from tests.fakes.anchor_store import MemoryWitnessStore
from tests.fakes.anchoring import witness
from tests.fakes.clock import FakeClock
from tests.unit.anchor.test_witness import ENTRIES, note

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63)
STATUSES = {200, 400, 403, 404, 409, 413, 422}
GOOD = wire.encode_question(2, Tree(ENTRIES[:5]).consistency(2), note(5))


@given(st.integers(0, 2**32), HASHES, st.binary(max_size=4_096))
def test_questions_are_read_as_they_were_asked(old: int, proof: list[bytes], body: bytes) -> None:
    asked = wire.read_question(wire.encode_question(old, proof, body))
    assert asked == wire.Question(old, tuple(proof), body)


@pytest.mark.parametrize(
    "read",
    [wire.read_question, checkpoints.read_question, checkpoints.read_lines, tiles.read_bundle],
)
@given(data=st.binary(max_size=8_000))
def test_readers_raise_nothing_but_our_own_error(
    read: Callable[[bytes], object], data: bytes
) -> None:
    try:
        read(data)
    except AnzhengError as error:
        assert error.code  # noqa: PT017 - any code of ours will do


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.booleans())
def test_a_question_with_any_byte_changed_gets_no_other_cosignature(
    place: int,
    flip: int,
    cut: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Whatever arrives: one of the standard's answers, and never a line for another tree."""
    one = witness("w1.example", MemoryWitnessStore(), FakeClock())
    one.add_checkpoint(0, (), note(2))
    asked = GOOD[:place] if cut else GOOD[:place] + bytes([GOOD[place] ^ flip]) + GOOD[place + 1 :]
    said = answer(one, asked)
    assert said.status in STATUSES
    if said.status == 200:
        (line,) = checkpoints.read_lines(said.body)
        checkpoints.verify_cosignature(line, one.key, checkpoints.parse(note(5)).checkpoint)


@given(st.lists(st.binary(max_size=300), max_size=600))
def test_a_tiled_log_has_its_entries_and_their_hashes(entries: list[bytes]) -> None:
    files = dict(tiles.files_of(entries))
    bundles = [files[tiles.bundle_path(*piece)] for piece in tiles.pieces(len(entries))]
    assert [entry for data in bundles for entry in tiles.read_bundle(data)] == entries
    bottom = b"".join(files[tiles.tile_path(0, *piece)] for piece in tiles.pieces(len(entries)))
    assert bottom == b"".join(map(leaf_hash, entries))
    assert all(
        tiles.is_full(path) is (len(data) == 8_192)
        for path, data in files.items()
        if "/entries/" not in path
    )


@given(st.text(max_size=200))
def test_text_that_is_no_key_is_refused_as_such(text: str) -> None:
    for read in (verifier_key.read_log_key, verifier_key.read_witness_key):
        with pytest.raises(AnzhengError):
            read(text)
