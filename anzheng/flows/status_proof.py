"""A status proof for somebody who will have no network: taken from a node, judged, handed out.

Standard: DESIGN 3.3; `docs/formats/chain-proof.md`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anchor.chain_evidence import make_contract_proof, status_keys
from anchor.chain_ports import Chain
from anzheng.store.database import Store
from licence.domain.model import StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import chain_proof
from licence.formats.chain_proof import MAX_WORDS, StatusProof
from licence.formats.trust_types import Contract, TrustBundle
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex
from verifier.checks.c07_chain_proof import ProvedStatus, read_chain_proof, word_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Licences that a proof is to speak of: by leaf, or by index of an authority."""

    leaves: tuple[Leaf, ...] = ()
    indexes: tuple[StatusIndex, ...] = ()
    authority: AuthorityId | None = None


OpenContract = Callable[[Contract], Chain]
"""Returns the chain gate of one of the registry's contracts."""


@dataclass(frozen=True, slots=True)
class MadeProof:
    """A proof that our own verifier accepts, and what it says of each licence."""

    data: bytes
    statuses: tuple[tuple[StatusIndex, ProvedStatus], ...]


def find(store: Store, wanted: Wanted) -> tuple[AuthorityId, tuple[StatusIndex, ...]]:
    """Return whose licences are wanted, and their status indexes.

    Raises:
        AnzhengError: NOT_FOUND, for a leaf that is not known here; REQUEST_INVALID, for licences
            of several authorities, or indexes without one.
    """
    with store.read() as unit:
        rows = [unit.licences.by_leaf(leaf) for leaf in wanted.leaves]
    known = [row for row in rows if row is not None]
    if len(known) != len(rows):
        raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
    owners = {row.authority for row in known}
    owners |= {wanted.authority} if wanted.authority is not None else set()
    if len(owners) != 1:
        raise AnzhengError(
            Code.REQUEST_INVALID, "a proof speaks of licences of one authority; name it"
        )
    return owners.pop(), (*(row.status_index for row in known), *wanted.indexes)


def make_status_proof(
    open_contract: OpenContract,
    bundle: TrustBundle,
    registry_id: RegistryId,
    authority: AuthorityId,
    indexes: Sequence[StatusIndex],
) -> MadeProof:
    """Ask every contract of the registry, as of its newest final block.

    Args:
        open_contract: Opens the way to a contract.
        bundle: What verifiers believe: contracts and validators.
        registry_id: Registry of the licences.
        authority: Whose licences.
        indexes: Which licences.

    Raises:
        AnzhengError: REGISTRY_UNKNOWN; REQUEST_INVALID, for no licence or too many;
            CHAIN_UNAVAILABLE; VALIDATORS_NOT_PINNED, BLOCK_SEALS, CHAIN_PROOF_REFUSED, for what a
            verifier would refuse.
    """
    registry = bundle.registry(registry_id)
    if registry is None:
        raise AnzhengError(Code.REGISTRY_UNKNOWN, "the trust bundle does not know the registry")
    words = sorted({word_of(index) for index in indexes})
    if not 1 <= len(words) <= MAX_WORDS:
        raise AnzhengError(Code.REQUEST_INVALID, f"one to {MAX_WORDS} words of 64 licences each")
    parts = []
    for contract in sorted(registry.contracts, key=lambda one: (one.chain_id, one.address)):
        if not any(one.chain_id == contract.chain_id for one in registry.validators):
            # Said before a node is asked: on such a chain nothing of this kind can be proved.
            raise AnzhengError(
                Code.VALIDATORS_NOT_PINNED, "no validators of the chain are pinned; see trust show"
            )
        chain = open_contract(contract)
        raw = chain.proof(status_keys(authority, words), chain.final_height())
        parts.append(make_contract_proof(contract.chain_id, raw))
    data = chain_proof.encode(StatusProof(registry_id, authority, tuple(words), tuple(parts)))
    statuses = tuple(
        (index, read_chain_proof(data, StatusRef(registry_id, index), authority, bundle))
        for index in indexes
    )
    return MadeProof(data, statuses)
