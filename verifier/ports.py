"""What the verifier is given: what it believes, and, when it is online, whom it may ask.

What comes in from outside is checked like a file from a stranger; the chain reader's answers, which
carry no proof, can only make a verdict more negative.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Protocol, runtime_checkable

from licence.formats.trust_types import Contract, TrustBundle
from licence.ids import AuthorityId, ChainId, Digest, Leaf, MerkleRoot, RegistryId


class TrustView(Protocol):
    """What a verifier believes; `verifier.trust.TrustStore` reads it from a TUF repository."""

    @property
    def bundle(self) -> TrustBundle:
        """The trust bundle."""
        ...

    @property
    def newest_signed_time(self) -> datetime:
        """The newest time that anything in the store was signed."""
        ...

    @property
    def metadata_expired_at(self) -> datetime | None:
        """When the store became stale, or None while it is fresh."""
        ...

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a status list token (CWT), not yet verified."""
        ...

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the side list of that token, not yet verified."""
        ...

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page that a side list names, not yet verified."""
        ...

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the last status list token of a day, not yet verified."""
        ...


@dataclass(frozen=True, slots=True)
class AnchorSlot:
    """What the contract keeps of one batch: block time in Unix seconds, and its number."""

    time: int
    sequence: int


class ChainReader(Protocol):
    """Reads one chain. Every method raises CHAIN_UNAVAILABLE or CHAIN_WRONG when it cannot."""

    def anchor_slot(
        self,
        contract: Contract,
        authority: AuthorityId,
        root: MerkleRoot,
        size: int,
        manifest: Digest,
    ) -> AnchorSlot | None:
        """Return when the authority anchored this batch, or None if it never did."""
        ...

    def status_of(self, contract: Contract, authority: AuthorityId, index: int) -> int:
        """Return the four status bits of one licence version."""
        ...


@unique
class LookUpKey(StrEnum):
    """By what a licence is looked up; the value is the query parameter of the registry."""

    NUMBER = "number"
    IDENTIFIER = "elicence_id"
    SHORT_CODE = "short_code"


@runtime_checkable
class LookUp(Protocol):
    """A registry that can be asked about what somebody typed."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can change the answer: TLS, or the same machine."""
        ...

    def look_up(self, by: LookUpKey, value: str) -> bytes | None:
        """Return the answer to a search (JSON), or None when nothing is known.

        Raises:
            AnzhengError: NOT_CHECKED, when the registry cannot be reached.
        """
        ...


class Online(Protocol):
    """The registry, and the chains that may be asked.

    A method returns None when the registry says that it has no such thing, and raises
    NOT_CHECKED when it cannot be reached or answers nonsense.
    """

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a leaf."""
        ...

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the newest status list token (CWT)."""
        ...

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the side list with reasons and dates that belongs to the newest list."""
        ...

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page that a side list names."""
        ...

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the last status list token of a day in the past."""
        ...

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        """Return a reader of this chain, or None if none is configured."""
        ...
