"""Finality modes: how they are written, and how far they reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.finality import QBFT, Finality, FinalityMode, parse
from licence.errors import Code
from tests.fakes.refusal import refuses


@given(st.integers(0, 999_999), st.integers(0, 10**9))
def test_depth_leaves_so_many_blocks_open(depth: int, height: int) -> None:
    mode = parse(f"depth:{depth}")
    assert mode == Finality(FinalityMode.DEPTH, depth)
    assert str(mode) == f"depth:{depth}"
    assert mode.below(height) == (height - depth if height >= depth else -1)


def test_sealed_blocks_are_final_at_once() -> None:
    assert parse("qbft") == QBFT
    assert (QBFT.below(7), str(QBFT)) == (7, "qbft")


def test_only_nodes_know_what_proof_of_stake_made_final() -> None:
    assert parse("pos").mode is FinalityMode.POS
    with refuses(Code.INTERNAL):
        parse("pos").below(7)


@pytest.mark.parametrize("text", ["", "QBFT", "depth", "depth:", "depth:-1", "depth:01", "pos\n"])
def test_other_words_are_no_mode(text: str) -> None:
    with refuses(Code.SETTINGS_INVALID):
        parse(text)
