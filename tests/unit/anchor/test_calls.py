"""Words and masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.calls import Change, changes_of, status_in
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.ids import StatusIndex
from tests.fakes.chain import indices_of
from tests.fakes.refusal import refuses

INDICES = st.sets(st.integers(0, 5_000).map(StatusIndex), min_size=1, max_size=60)


@given(INDICES)
def test_indices_survive_as_changes(indices: set[StatusIndex]) -> None:
    changes = changes_of(indices)
    assert indices_of(changes) == tuple(sorted(indices))
    words = [change.word for change in changes]
    assert words == sorted(set(words))


def test_first_and_last_licence_of_a_word() -> None:
    assert changes_of([StatusIndex(64)]) == (Change(1, 0xF),)
    assert changes_of([StatusIndex(127)]) == (Change(1, 0xF << 252),)


@pytest.mark.parametrize(
    "indices", [[], [-1], [2**32], [64 * word for word in range(257)]], ids=len
)
def test_what_one_call_cannot_carry_is_refused(indices: list[int]) -> None:
    with refuses(Code.STATUS_TRANSITION):
        changes_of([StatusIndex(index) for index in indices])


def test_nibble_without_meaning_is_refused() -> None:
    assert status_in(0x60, 1) is StatusWord.SUPERSEDED
    with refuses(Code.STATUS_UNKNOWN_VALUE):
        status_in(0x70, 1)
