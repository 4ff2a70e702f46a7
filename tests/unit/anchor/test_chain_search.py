"""Finding the blocks of a moment by asking about few of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from anchor.chain.search import blocks_at

GENESIS = datetime(2026, 11, 21, tzinfo=UTC)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(-1, 200), st.data())
def test_all_blocks_of_a_moment_and_no_other(
    steps: list[int], second: int, data: st.DataObject
) -> None:
    times, now = [], GENESIS
    for step in steps:
        now += timedelta(seconds=step)
        times.append(now)
    first = data.draw(st.integers(0, len(times) - 1))
    moment = GENESIS + timedelta(seconds=second)
    found = blocks_at(moment, first, len(times) - 1, lambda height: times[height])
    assert list(found) == [n for n in range(first, len(times)) if times[n] == moment]


def test_ten_million_blocks_take_fifty_questions() -> None:
    asked = []

    def time_of(height: int) -> datetime:
        asked.append(height)
        return GENESIS + timedelta(seconds=2 * height)

    moment = GENESIS + timedelta(seconds=2 * 7_654_321)
    assert list(blocks_at(moment, 0, 10_000_000, time_of)) == [7_654_321]
    assert len(asked) <= 50
