"""Keeps the chain's status words as of the last final block that was read.

Lists go on from them while no node answers, and ten million licences need no hundred thousand
questions an hour: events say which words to read again. The value itself is read from the state of
a final block, never taken from an event.

A final status never goes away. A node that says otherwise is not believed: what is stored stays.

Standard: DESIGN 3.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from anchor.calls import LICENCES_IN_WORD, status_in
from licence.domain.status import StatusWord, is_final, more_negative
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, ChainId, RegistryId, StatusIndex

WORD_BYTES: Final = 32
NIBBLE_BITS: Final = WORD_BYTES * 8 // LICENCES_IN_WORD
_NIBBLE: Final = (1 << NIBBLE_BITS) - 1
ASKED_AT_ONCE: Final = 256
"""Words that are read in one call of the port."""


class ContractWords(Protocol):
    """One contract of a registry, as this module reads it."""

    @property
    def chain_id(self) -> ChainId:
        """EIP-155 id of its chain."""
        ...

    @property
    def contract(self) -> Address:
        """Its address."""
        ...

    def final_height(self) -> int:
        """Return the height up to which blocks are final, -1 for none."""
        ...

    def touched(self, authority: AuthorityId, after: int, upto: int) -> frozenset[int]:
        """Return the words that may have changed in the blocks after `after`, up to `upto`.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE; CHAIN_WRONG for events that cannot be.
        """
        ...

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        """Return storage words as of block `at`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Whose words in which contract."""

    registry: RegistryId
    authority: AuthorityId
    chain_id: ChainId
    contract: Address


class WordBook(Protocol):
    """Where the words are kept."""

    def height(self, place: Place) -> int | None:
        """Return up to which block they are known; None if they never were read."""
        ...

    def values(self, place: Place, words: Sequence[int]) -> Mapping[int, int]:
        """Return these words as they are known; one that is not named is zero."""
        ...

    def save(
        self,
        place: Place,
        *,
        after: int | None,
        height: int,
        words: Mapping[int, int],
        now: datetime,
    ) -> None:
        """Store words that changed and the new height, all or nothing.

        Raises:
            AnzhengError: CONFLICT if the height is not `after` any more.
        """
        ...


def refresh(
    chain: ContractWords,
    book: WordBook,
    registry: RegistryId,
    authority: AuthorityId,
    *,
    now: datetime,
) -> frozenset[int]:
    """Bring the words of an authority up to the newest final block; return those that changed.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE; CHAIN_WRONG if a node says that a final status went away;
            STATUS_UNKNOWN_VALUE. What is stored stays as it was then.
    """
    place = Place(registry, authority, chain.chain_id, chain.contract)
    known = book.height(place)
    height = chain.final_height()
    if known is not None and height <= known:
        # Nothing new, or a node that is behind: what was final stays.
        return frozenset()
    if height < 0:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the chain has no final block yet")
    after = -1 if known is None else known
    touched = sorted(chain.touched(authority, after, height))
    changed: dict[int, int] = {}
    for first in range(0, len(touched), ASKED_AT_ONCE):
        asked = touched[first : first + ASKED_AT_ONCE]
        before = book.values(place, asked)
        for word, value in zip(asked, chain.status_words(authority, asked, at=height), strict=True):
            old = before.get(word, 0)
            if value != old:
                _check(word, old, value)
                changed[word] = value
    book.save(place, after=known, height=height, words=changed, now=now)
    return frozenset(changed)


def _check(word: int, old: int, new: int) -> None:
    after = statuses(word, new)
    for index, status in statuses(word, old).items():
        if is_final(status) and not is_final(after.get(index, StatusWord.NONE)):
            raise AnzhengError(
                Code.CHAIN_WRONG, "a node says that a final status went away", index=index
            )


def statuses(word: int, value: int) -> dict[StatusIndex, StatusWord]:
    """Return the statuses in a storage word that are not NONE.

    Raises:
        AnzhengError: STATUS_UNKNOWN_VALUE.
    """
    found: dict[StatusIndex, StatusWord] = {}
    left = value
    while left:
        # The lowest one first: of 64 statuses most are NONE.
        place = ((left & -left).bit_length() - 1) // NIBBLE_BITS
        found[StatusIndex(word * LICENCES_IN_WORD + place)] = status_in(value, place)
        left &= ~(_NIBBLE << place * NIBBLE_BITS)
    return found


def worst(several: Sequence[tuple[int, int]]) -> dict[StatusIndex, StatusWord]:
    """Return the most negative status of each licence over words of several contracts."""
    found: dict[StatusIndex, StatusWord] = {}
    for word, value in several:
        for index, status in statuses(word, value).items():
            found[index] = more_negative(status, found.get(index, StatusWord.NONE))
    return found
