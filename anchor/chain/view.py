"""One contract through one node, for a monitor; conforms to `anchor.monitor.ports.NodeView`.

Reading only, by the committed interface; the code that must stand at the address is what the trust
bundle pins.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import final

from anchor.chain.artifact import Artifact
from anchor.chain.events import EventReader
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.rpc import Rpc
from anchor.chain_ports import Block, RawProof
from anchor.events import EventRange
from anchor.finality import Finality
from licence.errors import AnzhengError
from licence.formats.trust_types import Contract as PinnedContract
from licence.ids import ChainId, Digest


@final
class EvmView:
    """One contract through one node.

    Args:
        name: What people call the node.
        rpc: The node.
        contract: From the trust bundle.
        artifact: The interface.
        finality: When a block counts as final.
    """

    def __init__(
        self, name: str, rpc: Rpc, contract: PinnedContract, artifact: Artifact, finality: Finality
    ) -> None:
        place = Contract(contract.chain_id, contract.address, contract.from_block)
        pinned = replace(artifact, code_hash=contract.code_hash)
        self._name = name
        self._chain = EvmChain(rpc, place, pinned, finality)
        self._reader = EventReader(rpc, place, pinned)

    @property
    def name(self) -> str:
        """What people call the node."""
        return self._name

    def check(self) -> None:
        """Compare chain id and code of the contract with the trust bundle."""
        self._chain.check()

    def final_height(self) -> int:
        """Return the height of the newest final block, -1 for none."""
        return self._chain.final_height()

    def block(self, height: int) -> Block | None:
        """Return the canonical block of this height."""
        return self._chain.block(height)

    def head(self, at: int) -> tuple[int, Digest]:
        """Return number and hash of the history's last entry as of a block."""
        return self._reader.head(at)

    def ranges(self, first: int, last: int) -> Iterator[EventRange]:
        """Yield the events of these blocks in pieces."""
        return self._reader.ranges(first, last)

    def proof(self, keys: Sequence[bytes], at: int) -> RawProof:
        """Return the proof of storage slots as of a block."""
        return self._chain.proof(keys, at)


@final
class EvmNodes:
    """Some nodes, of one chain or of several; conforms to `anchor.monitor.ports.Nodes`.

    Args:
        chains: The chains of the registry.
        nodes: Name and node.
        artifact: The interface of the contract.
        finality: When a block counts as final.
    """

    def __init__(
        self,
        chains: Collection[ChainId],
        nodes: Sequence[tuple[str, Rpc]],
        artifact: Artifact,
        finality: Finality,
    ) -> None:
        self._chains = frozenset(chains)
        self._nodes = tuple(nodes)
        self._artifact = artifact
        self._finality = finality

    def views(self, contract: PinnedContract) -> Sequence[EvmView]:
        """Return the view of each node, but for those of the registry's other chains."""
        return [
            EvmView(name, node, contract, self._artifact, self._finality)
            for name, node in self._nodes
            if self._chain_of(node) not in self._chains - {contract.chain_id}
        ]

    def _chain_of(self, node: Rpc) -> int | None:
        """Return the chain that a node says it serves; none when it does not answer."""
        try:
            return node.quantity("eth_chainId")
        except AnzhengError:
            return None
