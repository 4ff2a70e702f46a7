"""What is kept from file to file is bounded, small, and never a refusal."""

import pytest

from verifier.pades import seen_fonts, seen_sheet, seen_state
from verifier.pades.seen_fonts import KEPT_BYTES, kept


def test_the_same_small_bytes_are_read_once() -> None:
    asked: list[int] = []

    def read(data: bytes) -> int:
        asked.append(len(data))
        if not data:
            raise ValueError("nothing to read")
        return len(data)

    reader = kept(read)
    for size in (5, KEPT_BYTES, KEPT_BYTES + 1):
        for _ in range(2):
            assert reader(bytes(size)) == size
    assert asked == [5, KEPT_BYTES, KEPT_BYTES + 1, KEPT_BYTES + 1]
    for _ in range(2):
        with pytest.raises(ValueError, match="nothing"):
            reader(b"")
    assert asked[-2:] == [0, 0]


def test_colours_that_a_file_chooses_are_kept_in_bounded_numbers() -> None:
    for number in range(2 * seen_state.KEPT_PAINTS):
        seen_state.coloured((number / 1_000,), 1)
    assert seen_state.coloured.cache_info().currsize <= seen_state.KEPT_PAINTS
    maximum = seen_sheet._differ.cache_info().maxsize
    assert maximum == seen_sheet.KEPT_CONTRASTS
    assert seen_fonts.KEPT * KEPT_BYTES <= 8 << 20
