"""The chain as our own checks read it; conforms to `verifier.ports.ChainReader`.

Through the nodes of the installation: one that lies is outvoted here too.
"""

from collections.abc import Callable
from typing import final

from anchor.calls import LICENCES_IN_WORD
from anchor.chain.evm import EvmChain
from licence.formats.manifest import ManifestDigest
from licence.formats.trust_types import Contract
from licence.ids import AuthorityId, Digest, MerkleRoot
from verifier.ports import AnchorSlot

_STATUS_BITS = 4


@final
class QuorumReader:
    """Reads the contracts that the trust bundle pins.

    Args:
        open_contract: Opens one of them; its chain id and code are compared before it is believed.
    """

    def __init__(self, open_contract: Callable[[Contract], EvmChain]) -> None:
        self._open = open_contract
        self._checked: dict[Contract, EvmChain] = {}

    def anchor_slot(
        self,
        contract: Contract,
        authority: AuthorityId,
        root: MerkleRoot,
        size: int,
        manifest: Digest,
    ) -> AnchorSlot | None:
        """Return when the authority anchored this batch, or None if it never did.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, or CHAIN_WRONG for another chain or contract.
        """
        chain = self._chain(contract)
        slot = chain.anchored(authority, root, size, ManifestDigest(manifest))
        return AnchorSlot(int(slot.time.timestamp()), slot.sequence) if slot else None

    def status_of(self, contract: Contract, authority: AuthorityId, index: int) -> int:
        """Return the four status bits of one licence version.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, or CHAIN_WRONG for another chain or contract.
        """
        word, place = divmod(index, LICENCES_IN_WORD)
        (bits,) = self._chain(contract).status_words(authority, [word])
        return bits >> _STATUS_BITS * place & (1 << _STATUS_BITS) - 1

    def _chain(self, contract: Contract) -> EvmChain:
        """Compare chain id and code with the trust bundle, once for each contract."""
        chain = self._checked.get(contract)
        if chain is None:
            chain = self._open(contract)
            chain.check()
            self._checked[contract] = chain
        return chain
