"""The contracts of an installation: readers of their status words, and what a change needs."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from anchor.chain.admin import Administrator
from anchor.chain.artifact import artifact_of
from anchor.chain.events import EventReader
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.frozen_words import FrozenWords
from anchor.chain.words import EventWords
from anchor.chain_words import ContractWords
from anchor.sender import Sender
from anzheng import estate as estates
from anzheng.estate import ContractEntry, Estate
from anzheng.flows import succession, trust
from anzheng.keyring import KeyRing
from anzheng.nodes import fee_policy
from anzheng.opening import Means
from anzheng.senders import open_sender
from anzheng.settings import Settings
from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from licence.ids import AuthorityId
from licence.ports import Clock

NEVER = 2**63
"""A block that does not come."""

PAUSE_SECONDS = 0.5
"""Between two looks at a transaction that is not final yet."""


def open_contract(estate: Estate, chain: EvmChain, entry: ContractEntry) -> EvmChain:
    """Open any contract of the registry through the nodes of the present one."""
    place = Contract(estate.chain_id, entry.address, entry.from_block, estate.genesis)
    return EvmChain(chain.node, place, artifact_of(entry.code_hash), chain.finality)


def words_of(estate: Estate, chain: EvmChain, store: Store) -> tuple[ContractWords, ...]:
    """Return the readers of status words of all contracts; frozen ones are read once."""

    def extent(authority: AuthorityId) -> int:
        with store.read() as unit:
            return unit.lists(estate.registry, authority).extent()

    found: list[ContractWords] = []
    for entry in estate.contracts:
        opened, artifact = open_contract(estate, chain, entry), artifact_of(entry.code_hash)
        if entry.frozen_at is not None:
            found.append(FrozenWords(opened, entry.frozen_at, extent))
        elif artifact.takes_pairs:
            # Events of the first release are not understood: all words are read each time.
            found.append(FrozenWords(opened, NEVER, extent))
        else:
            place = Contract(estate.chain_id, entry.address, entry.from_block)
            found.append(EventWords(opened, EventReader(chain.node, place, artifact)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class EstateKeeper:
    """Keeps estate and trust bundle in step; conforms to `succession.Keeper`.

    Args:
        settings: Where they lie.
        ring: Signs the bundle, if the keys are here.
        trust_folder: The trust repository.
        clock: Tells the time.
    """

    settings: Settings
    ring: KeyRing
    trust_folder: Path
    clock: Clock

    def load(self) -> Estate:
        """Return the estate."""
        return estates.load(self.settings.data_dir)

    def save(self, estate: Estate) -> int | None:
        """Write the estate and publish the bundle anew; its version, none if signed elsewhere."""
        estates.save(estate, self.settings.data_dir)
        now: datetime = self.clock.now()
        return trust.renew(self.settings, estate, self.ring, self.trust_folder, now=now)


def handover(means: Means, keeper: EstateKeeper, administrator: bytes) -> succession.Means:
    """Return what a change of contract needs.

    Args:
        means: What the offices of the installation share.
        keeper: Keeps estate and bundle.
        administrator: Private key of the account that administers the contracts.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for bytes that are no key.
    """
    chain, estate = means.chain, means.estate
    store = SqlAnchorStore(means.store)

    def sender(authority: AuthorityId, to: EvmChain) -> Sender:
        return open_sender(replace(means, chain=to), authority, "propose", store)

    def others(authority: AuthorityId) -> tuple[Sender, ...]:
        return (
            open_sender(means, authority, "anchor", store),
            open_sender(means, authority, "confirm", means.confirmer_store()),
        )

    return succession.Means(
        store=means.store,
        stores=(store, means.confirmer_store()),
        keeper=keeper,
        administrator=Administrator(
            chain.node, estate.chain_id, administrator, fee_policy(means.settings)
        ),
        open=lambda entry: open_contract(estate, chain, entry),
        sender=sender,
        others=others,
        pause=lambda: time.sleep(PAUSE_SECONDS),
    )
