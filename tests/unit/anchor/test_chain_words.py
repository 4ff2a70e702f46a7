"""Status words of the chain as last read: what a node may change in them, and what not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.calls import LICENCES_IN_WORD, PROPOSAL_LIFETIME, Change
from anchor.chain.events import EventReader
from anchor.chain.evm import EvmChain
from anchor.chain.words import EventWords
from anchor.chain_ports import Block
from anchor.chain_words import Place, refresh, statuses, worst
from anchor.events import Confirmed, Event, Proposed, StatusChanged, Superseded
from anchor.events import Place as EventPlace
from licence.domain.status import StatusWord, more_negative
from licence.errors import Code
from licence.ids import AuthorityId, BlockHash, Digest, Leaf, RegistryId
from tests.fakes.refusal import refuses
from tests.fakes.words_node import CHAIN, CONTRACT, Node

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
REGISTRY = RegistryId("cn-aqscxkz-test")
AUTHORITY = AuthorityId("1121000000TXT10121")
PLACE = Place(REGISTRY, AUTHORITY, CHAIN, CONTRACT)


@dataclass
class Book:
    """Words in memory."""

    known: int | None = None
    words: dict[int, int] = field(default_factory=dict)

    def height(self, place: Place) -> int | None:
        """Height."""
        assert place == PLACE
        return self.known

    def values(self, place: Place, words: Sequence[int]) -> Mapping[int, int]:
        """Words."""
        assert place == PLACE
        return {word: self.words[word] for word in words if word in self.words}

    def save(
        self,
        place: Place,
        *,
        after: int | None,
        height: int,
        words: Mapping[int, int],
        now: datetime,
    ) -> None:
        """Keep."""
        assert (place, now, after) == (PLACE, NOW, self.known)
        self.known = height
        self.words |= words


def read(node: Node, book: Book) -> frozenset[int]:
    return refresh(node, book, REGISTRY, AUTHORITY, now=NOW)


def nibble(place: int, word: StatusWord) -> int:
    return int(word) << 4 * place


REVOKED, SUSPENDED = nibble(3, StatusWord.REVOKED), nibble(5, StatusWord.SUSPENDED)


def test_first_reading_takes_all_events_and_the_next_only_new_blocks() -> None:
    node, book = Node(words={2: REVOKED}, moved=frozenset({2})), Book()
    assert read(node, book) == {2}
    assert (book.known, book.words) == (10, {2: REVOKED})
    node.height, node.moved = 15, frozenset()
    assert read(node, book) == frozenset()
    assert node.spans == [(-1, 10), (10, 15)]
    assert book.known == 15


def test_node_that_is_behind_changes_nothing() -> None:
    node, book = Node(height=9, words={}, moved=frozenset({2})), Book(10, {2: SUSPENDED})
    assert read(node, book) == frozenset()
    assert (book.known, book.words, node.asked) == (10, {2: SUSPENDED}, [])


def test_suspension_that_was_given_back_goes() -> None:
    node, book = Node(words={2: REVOKED}, moved=frozenset({2})), Book(5, {2: REVOKED | SUSPENDED})
    assert read(node, book) == {2}
    assert book.words == {2: REVOKED}


@pytest.mark.parametrize("lie", [0, nibble(3, StatusWord.SUSPENDED)])
def test_node_that_undoes_a_final_status_is_not_believed(lie: int) -> None:
    node, book = Node(words={2: lie}, moved=frozenset({2})), Book(5, {2: REVOKED})
    with refuses(Code.CHAIN_WRONG):
        read(node, book)
    assert (book.known, book.words) == (5, {2: REVOKED})


def test_word_of_a_later_release_is_not_guessed() -> None:
    node, book = Node(words={2: 7}, moved=frozenset({2})), Book()
    with refuses(Code.STATUS_UNKNOWN_VALUE):
        read(node, book)
    assert book.known is None


def test_chain_without_a_final_block_is_not_read() -> None:
    with refuses(Code.CHAIN_UNAVAILABLE):
        read(Node(height=-1), Book())


def test_many_words_are_read_in_pieces() -> None:
    node = Node(words=dict.fromkeys(range(600), REVOKED), moved=frozenset(range(600)))
    assert len(read(node, Book())) == 600
    assert [len(each) for each in node.asked] == [256, 256, 88]


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.sampled_from(StatusWord), max_size=64))))
def test_worst_of_several_contracts_is_never_better_than_any(
    several: list[tuple[int, list[StatusWord]]],
) -> None:
    values = [
        (word, sum(nibble(place, each) for place, each in enumerate(words)))
        for word, words in several
    ]
    found = worst(values)
    for word, value in values:
        for index, status in statuses(word, value).items():
            assert more_negative(found[index], status) is found[index]
    assert all(any(index in statuses(*each) for each in values) for index in found)


# ---------------------------------------------------------------- which words events name


class Events:
    """A contract's events; conforms to what `EventWords` asks of `EventReader`."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = tuple(events)
        self.asked: list[tuple[int, int]] = []

    def events(self, first: int, last: int) -> Iterable[Event]:
        """Events of these blocks."""
        self.asked.append((first, last))
        return [each for each in self._events if first <= each.at.block_number <= last]


class Blocks:
    """A chain whose blocks are an hour apart."""

    chain_id, contract = CHAIN, CONTRACT

    def block(self, height: int) -> Block:
        """A block."""
        return Block(height, BlockHash(bytes(32)), NOW + timedelta(hours=height))


def reader(events: Events) -> EventWords:
    return EventWords(cast("EvmChain", Blocks()), cast("EventReader", events))


def at(height: int) -> Any:  # noqa: ANN401 - keyword arguments
    place = EventPlace(
        height, BlockHash(bytes(32)), NOW + timedelta(hours=height), Digest(bytes(32)), 0
    )
    return {"at": place, "sequence": height, "account": CONTRACT, "authority": AUTHORITY}


CHANGES = (Change(4, 1), Change(9, 1))
DECISION, PROPOSAL = Digest(b"\x01" * 32), Digest(b"\x02" * 32)


def proposed(height: int) -> Proposed:
    return Proposed(**at(height), proposal=PROPOSAL, status=2, changes=CHANGES, decision=DECISION)


def confirmed(height: int) -> Confirmed:
    return Confirmed(**at(height), proposal=PROPOSAL, proposer=CONTRACT)


def test_suspensions_and_successions_name_their_words() -> None:
    events = Events(
        [
            StatusChanged(**at(3), status=1, changes=CHANGES, decision=DECISION),
            Superseded(
                **at(4), index=LICENCES_IN_WORD * 6 + 1, leaf=Leaf(bytes(32)), decision=DECISION
            ),
        ]
    )
    assert reader(events).touched(AUTHORITY, 2, 9) == {4, 9, 6}
    assert reader(events).touched(AUTHORITY, 3, 9) == {6}
    assert reader(events).touched(AuthorityId("11210000MB0C12345X"), 2, 9) == frozenset()


def test_proposal_changes_nothing_until_it_is_confirmed() -> None:
    words = reader(Events([proposed(3), confirmed(5)]))
    assert words.touched(AUTHORITY, 2, 4) == frozenset()
    assert words.touched(AUTHORITY, 4, 9) == {4, 9}


def test_proposal_from_before_this_process_is_looked_for() -> None:
    days = PROPOSAL_LIFETIME.days * 24
    events = Events([proposed(1_000), confirmed(1_000 + days)])
    assert reader(events).touched(AUTHORITY, 1_000 + days - 1, 1_000 + days) == {4, 9}
    first, last = events.asked[-1]
    assert first > 1_000 - 30
    assert last == 1_000 + days


def test_confirmation_of_nothing_is_a_lie() -> None:
    with refuses(Code.CHAIN_WRONG):
        reader(Events([confirmed(5)])).touched(AUTHORITY, 4, 9)
