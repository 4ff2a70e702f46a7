"""What a trust bundle holds: frozen values and questions about them, no format.

Standard: DESIGN 3.4.
"""

from dataclasses import dataclass
from datetime import date, datetime

from licence.domain.model import Environment
from licence.ids import Address, AuthorityId, ChainId, Digest, RegistryId


@dataclass(frozen=True, slots=True)
class Root:
    """A pinned root certificate of licence signers; DER."""

    name: str
    certificate: bytes
    distrust_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class TsaRoot:
    """A pinned root certificate of timestamps, with the policies that it may be used for."""

    name: str
    certificate: bytes
    policies: tuple[str, ...]
    test_only: bool = False
    distrust_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A certificate (SHA-256 of its DER) that is not believed for anything made from then on."""

    sha256: Digest
    distrust_from: datetime


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract of a registry; after `frozen_at` (a block) it takes no more anchors."""

    chain_id: ChainId
    address: Address
    code_hash: Digest
    from_block: int
    frozen_at: int | None = None
    test_chain: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: raw Ed25519 key (32 bytes), believed for the blocks from..to, inclusive."""

    name: str
    key: bytes
    from_block: int
    to_block: int | None = None


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """All validators of a QBFT chain for the blocks from..to, inclusive; ascending by address.

    A closed set says what was sealed then; that something is so today, only an open one can say.
    """

    chain_id: ChainId
    from_block: int
    addresses: tuple[Address, ...]
    to_block: int | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """Where anchors and status are read. Status is the most negative over all its contracts."""

    id: RegistryId
    contracts: tuple[Contract, ...]
    witnesses: tuple[Witness, ...]
    witness_threshold: int
    validators: tuple[ValidatorSet, ...] = ()

    def witnesses_at(self, block: int) -> tuple[Witness, ...]:
        """Return the witnesses that are believed for this block."""
        return tuple(
            witness
            for witness in self.witnesses
            if witness.from_block <= block
            and (witness.to_block is None or block <= witness.to_block)
        )

    def validators_at(self, chain_id: ChainId, block: int) -> ValidatorSet | None:
        """Return the one set that seals this block of this chain, or None if none is pinned."""
        return next(
            (
                one
                for one in self.validators
                if one.chain_id == chain_id
                and one.from_block <= block
                and (one.to_block is None or block <= one.to_block)
            ),
            None,
        )

    def contract(self, chain_id: ChainId, address: Address) -> Contract | None:
        """Return the contract at this address of this chain."""
        return next(
            (one for one in self.contracts if (one.chain_id, one.address) == (chain_id, address)),
            None,
        )


@dataclass(frozen=True, slots=True)
class LogKey:
    """Key of an authority's log of batches: name of the C2SP note key, raw Ed25519 key."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True)
class StatusKey:
    """Key (P-256) that signs status lists, or QR codes; SubjectPublicKeyInfo DER."""

    kid: bytes
    key: bytes
    valid_from: datetime
    valid_to: datetime | None = None

    def believed_at(self, moment: datetime) -> bool:
        """Say whether what this key signed at `moment` is believed."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


@dataclass(frozen=True, slots=True)
class Authority:
    """An issuing authority: what, where and when it may license, and its keys.

    Args:
        id: Its 18-character unified social credit code.
        name: Its name, as on the licence.
        licence_types: Types it may issue, such as `safety-production`.
        industries: Licence categories (`WH`, `MK`, …) it may issue.
        regions: Prefixes of GB/T 2260 codes; empty means no limit.
        valid_from: First day on which it may issue.
        valid_to: Last day on which it may issue, if there is one.
        accounts: Chain accounts that anchor for it.
        log_key: Key of its log of batches.
        status_keys: Keys of its status lists.
        qr_keys: Keys of its QR codes.
        holder_ca: Certificate (DER) that issues holder certificates for its licences.
        list_base_uri: What the URI of each of its status lists begins with.
        shards: How many shards its status lists have now, by registry the same.
    """

    id: AuthorityId
    name: str
    licence_types: tuple[str, ...]
    industries: tuple[str, ...]
    regions: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    accounts: tuple[Address, ...]
    log_key: LogKey
    status_keys: tuple[StatusKey, ...]
    qr_keys: tuple[StatusKey, ...]
    holder_ca: bytes | None
    list_base_uri: str
    shards: int

    def may_issue(self, licence_type: str, industry: str, on: date) -> bool:
        """Say whether it may issue this type in this industry on this day."""
        return (
            licence_type in self.licence_types
            and industry in self.industries
            and self.valid_from <= on
            and (self.valid_to is None or on <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """Everything that a verifier believes; see the module."""

    version: int
    environment: Environment
    issued_at: datetime
    roots: tuple[Root, ...]
    policies: tuple[str, ...]
    tsa_roots: tuple[TsaRoot, ...]
    withdrawn: tuple[Withdrawn, ...]
    registries: tuple[Registry, ...]
    authorities: tuple[Authority, ...]

    def registry(self, registry_id: str) -> Registry | None:
        """Return the registry with this id, or None if it is unknown here."""
        return next((one for one in self.registries if one.id == registry_id), None)

    def authority(self, authority_id: str) -> Authority | None:
        """Return the authority with this id, or None if it is unknown here."""
        return next((one for one in self.authorities if one.id == authority_id), None)

    def distrust_from(self, certificate_digest: Digest) -> datetime | None:
        """Return from when the certificate with this SHA-256 is no longer believed, or None."""
        return min(
            (one.distrust_from for one in self.withdrawn if one.sha256 == certificate_digest),
            default=None,
        )
