"""The status words of a contract that is frozen; conforms to `anchor.chain_words.ContractWords`.

They never change again, so all of them are read once, and no event of an older interface has to be
understood.
"""

from collections.abc import Callable
from typing import final

from anchor.calls import LICENCES_IN_WORD
from anchor.chain.evm import EvmChain
from anchor.chain.words import StateWords
from licence.ids import AuthorityId


@final
class FrozenWords(StateWords):
    """The words of one contract.

    Args:
        chain: Reads its state.
        frozen_at: Last block in which it took anything.
        extent: Tells the first status index that an authority has not given.
    """

    def __init__(
        self, chain: EvmChain, frozen_at: int, extent: Callable[[AuthorityId], int]
    ) -> None:
        super().__init__(chain)
        self._frozen_at = frozen_at
        self._extent = extent

    def touched(self, authority: AuthorityId, after: int, upto: int) -> frozenset[int]:
        """Return the words that may have changed in the blocks after `after`, up to `upto`."""
        del upto
        if after >= self._frozen_at:
            return frozenset()
        return frozenset(range(-(-self._extent(authority) // LICENCES_IN_WORD)))
