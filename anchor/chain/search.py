"""Finding the block of a moment without asking for events of the whole chain.

Nodes limit for how many blocks `eth_getLogs` may ask; the times of blocks never fall, so a few
questions about headers find the one block that is worth asking about.
"""

from collections.abc import Callable
from datetime import datetime

TimeOf = Callable[[int], datetime]
"""The time of the block of a height."""


def blocks_at(moment: datetime, first: int, last: int, time_of: TimeOf) -> range:
    """Return the blocks from `first` to `last` whose time is exactly this; often one, or none."""
    begin = _first(first, last, lambda height: time_of(height) >= moment)
    return range(begin, _first(begin, last, lambda height: time_of(height) > moment))


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the lowest height for which it holds, one past the end for none."""
    end = high + 1
    while low < end:
        middle = (low + end) // 2
        if holds(middle):
            end = middle
        else:
            low = middle + 1
    return low
