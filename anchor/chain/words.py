"""Which status words of a contract changed, told by its events; conforms to `ContractWords`.

A confirmation names its proposal only; what it changes stands in the event of the proposal, which
may be a week older. Proposals that were not seen are looked for once, as far back as one can lie.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, final

from anchor.calls import LICENCES_IN_WORD, PROPOSAL_LIFETIME
from anchor.chain.events import EventReader
from anchor.chain.evm import EvmChain
from anchor.events import Confirmed, Event, Proposed, StatusChanged, Superseded
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, ChainId, Digest

_MARGIN: Final = timedelta(days=1)
"""Block times may be a little off, and a proposal is remembered longer than it can be confirmed."""


class StateWords:
    """What the state of one contract says, whoever tells which words changed.

    Args:
        chain: Reads its state.
    """

    def __init__(self, chain: EvmChain) -> None:
        self._chain = chain

    @property
    def chain_id(self) -> ChainId:
        """EIP-155 id of its chain."""
        return self._chain.chain_id

    @property
    def contract(self) -> Address:
        """Its address."""
        return self._chain.contract

    def final_height(self) -> int:
        """Return the height up to which blocks are final, -1 for none."""
        return self._chain.final_height()

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        """Return storage words as of block `at`."""
        return self._chain.status_words(authority, words, at=at)


@final
class EventWords(StateWords):
    """The words of one contract.

    Args:
        chain: Reads its state.
        events: Reads its events.
    """

    def __init__(self, chain: EvmChain, events: EventReader) -> None:
        super().__init__(chain)
        self._events = events
        self._proposed: dict[Digest, tuple[datetime, frozenset[int]]] = {}

    def touched(self, authority: AuthorityId, after: int, upto: int) -> frozenset[int]:
        """Return the words that may have changed in the blocks after `after`, up to `upto`.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE; CHAIN_WRONG for a confirmation of nothing.
        """
        found: set[int] = set()
        for event in self._events.events(after + 1, upto):
            self._note(event)
            if isinstance(event, StatusChanged) and event.authority == authority:
                found |= {change.word for change in event.changes}
            elif isinstance(event, Superseded) and event.authority == authority:
                found.add(event.index // LICENCES_IN_WORD)
            elif isinstance(event, Confirmed) and event.authority == authority:
                found |= self._confirmed(event, after)
        return frozenset(found)

    def _note(self, event: Event) -> None:
        if not isinstance(event, Proposed):
            return
        words = frozenset(change.word for change in event.changes)
        self._proposed[event.proposal] = (event.at.block_time, words)
        limit = event.at.block_time - PROPOSAL_LIFETIME - _MARGIN
        for proposal in [each for each, (at, _) in self._proposed.items() if at < limit]:
            del self._proposed[proposal]

    def _confirmed(self, event: Confirmed, after: int) -> frozenset[int]:
        if event.proposal not in self._proposed:
            # Proposed before this process began: read once as far back as it can lie.
            first = self._height_at(event.at.block_time - PROPOSAL_LIFETIME - _MARGIN, after)
            for earlier in self._events.events(first, event.at.block_number):
                self._note(earlier)
        known = self._proposed.get(event.proposal)
        if known is None:
            raise AnzhengError(Code.CHAIN_WRONG, "a node shows a confirmation of nothing")
        return known[1]

    def _height_at(self, moment: datetime, upto: int) -> int:
        """Return a height at or below the first block that is not older than `moment`."""
        low, high = 0, max(upto, 0)
        while low < high:
            middle = (low + high) // 2
            block = self._chain.block(middle)
            if block is None or block.time >= moment:
                high = middle
            else:
                low = middle + 1
        return low
