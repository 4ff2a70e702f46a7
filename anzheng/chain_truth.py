"""Where the chain's truth about an authority is read: each contract of its registry."""

from anchor.chain.artifact import artifact_of, load_artifact
from anchor.chain.events import EventReader
from anchor.chain.evm import Contract, EvmChain
from anzheng.estate import Estate
from anzheng.flows.reconcile_guard import ChainCheck, Owner
from anzheng.flows.reconcile_read import Place
from anzheng.store.database import Store
from licence.ids import AuthorityId


def places_of(estate: Estate, chain: EvmChain, authority: AuthorityId) -> tuple[Place, ...]:
    """Return the contracts whose history is read, the oldest first, up to the last final block.

    Events of the first release's contract are not understood; it was frozen when one of this
    release took over.
    """
    final = chain.final_height()
    return tuple(
        Place(estate.registry, authority, estate.chain_id, each.address, each.from_block, final)
        for each in estate.contracts
        if not artifact_of(each.code_hash).takes_pairs
    )


def events_of(estate: Estate, chain: EvmChain, place: Place) -> EventReader:
    """Return the reader of a contract's events."""
    contract = Contract(estate.chain_id, place.contract, place.from_block, estate.genesis)
    return EventReader(chain.node, contract, load_artifact())


def check_chain(store: Store, estate: Estate, chain: EvmChain, authority: AuthorityId) -> None:
    """Refuse a database that does not know what its own accounts did on the chain.

    Raises:
        AnzhengError: RECONCILE_NEEDED, CHAIN_REORGANISED, CHAIN_UNAVAILABLE.
    """
    for place in places_of(estate, chain, authority):
        # Whose an account is, each contract says for itself.
        check = ChainCheck(store, events_of(estate, chain, place), _owner(estate, chain, place))
        check.demand(place)


def _owner(estate: Estate, chain: EvmChain, place: Place) -> Owner:
    contract = Contract(estate.chain_id, place.contract, place.from_block, estate.genesis)
    opened = EvmChain(chain.node, contract, load_artifact(), chain.finality)
    return lambda account: opened.rights(account).authority
