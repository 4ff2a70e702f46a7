"""The status words of a contract that is frozen; conforms to `anchor.chain_words.ContractWords`.

They never change again, so all of them are read once, and no event of an older interface has to be
understood.
"""

from collections.abc import Callable, Sequence
from typing import final

from anchor.calls import LICENCES_IN_WORD
from anchor.chain.evm import EvmChain
from licence.ids import Address, AuthorityId, ChainId


@final
class FrozenWords:
    """The words of one contract.

    Args:
        chain: Reads its state.
        frozen_at: Last block in which it took anything.
        extent: Tells the first status index that an authority has not given.
    """

    def __init__(
        self, chain: EvmChain, frozen_at: int, extent: Callable[[AuthorityId], int]
    ) -> None:
        self._chain = chain
        self._frozen_at = frozen_at
        self._extent = extent

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

    def touched(self, authority: AuthorityId, after: int, upto: int) -> frozenset[int]:
        """Return the words that may have changed in the blocks after `after`, up to `upto`."""
        del upto
        if after >= self._frozen_at:
            return frozenset()
        return frozenset(range(-(-self._extent(authority) // LICENCES_IN_WORD)))
