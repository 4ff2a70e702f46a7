"""A new contract takes over from one that is then frozen for ever.

1. Deploy: the administrator deploys the heir and enters authorities, caps and accounts.
2. Announce: the trust bundle lists both, so that verifiers read both.
3. Carry: what is suspended is suspended in the heir first, then given back in the old contract:
   at no moment is it free in both.
4. Freeze: the old contract names the heir and takes nothing any more.
5. Take over: estate and bundle say up to which block the old one counts.

Each step looks at the chain before it does anything, so a stop at any point is cured by doing it
again. Final statuses stay where they are: a licence has the most negative word of all contracts.

Standard: DESIGN 3.2, 3.3; docs/contract-migration.md.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from anchor.calls import LICENCES_IN_WORD, MAX_CHANGES, ReinstateCall, SuspendCall, changes_of
from anchor.chain.admin import Administrator
from anchor.chain.artifact import Artifact
from anchor.chain.evm import EvmChain, Takeover
from anchor.chain.search import blocks_at
from anchor.ports import Block, Lease, Right, Transaction, TxState
from anchor.status_writer import read_statuses
from anzheng.estate import AuthorityEntry, ContractEntry, Estate
from anzheng.store.database import Store
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.ids import Address, AuthorityId, Digest, StatusIndex

ADMIN_DELAY_SECONDS = 2 * 24 * 3600
"""Before a new administrator can take a contract over."""

PURPOSE = "succession"
"""How the purposes of these transactions begin."""

ROLES = (
    ("anchor_account", Right.ANCHOR),
    ("propose_account", Right.PROPOSE | Right.PAUSE),
    ("confirm_account", Right.CONFIRM),
)


NEEDED = tuple(
    zip((name for name, _ in ROLES), (Right.ANCHOR, Right.PROPOSE, Right.CONFIRM), strict=True)
)
"""Without which nothing goes on; a deputy has them by delegation, which is entered by hand."""


class Sends(Protocol):
    """Sends from an authority's propose account; `anchor.sender.Sender`."""

    def advance(
        self, purpose: str, call: SuspendCall | ReinstateCall, effect: Callable[[], Block | None]
    ) -> Transaction:
        """Take the transaction as many steps further as can be taken now."""
        ...

    def hold(self) -> Lease:
        """Be the one that sends from this account; LEASE_LOST while another process is."""
        ...

    def release(self) -> None:
        """Let another process send from this account."""
        ...


class Keeper(Protocol):
    """Keeps what an installation serves."""

    def load(self) -> Estate:
        """Return the estate."""
        ...

    def save(self, estate: Estate) -> int | None:
        """Write the estate and publish the bundle anew; its version, none if signed elsewhere."""
        ...


class Transactions(Protocol):
    """Knows the transactions of some accounts."""

    def in_flight(self, *, but: str) -> int:
        """How many are neither final nor parked, but for purposes that begin so."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a change of contract needs.

    Args:
        store: The database.
        stores: All stores that may have transactions under way.
        keeper: Keeps the estate.
        administrator: The account that may deploy, enter and freeze.
        open: Opens a contract.
        sender: Sends from an authority's propose account to a contract.
        others: What sends from its other accounts: held while the contracts change.
        pause: Waits a moment for the chain.
        passes: How often it waits at most.
    """

    store: Store
    stores: Sequence[Transactions]
    keeper: Keeper
    administrator: Administrator
    open: Callable[[ContractEntry], EvmChain]
    sender: Callable[[AuthorityId, EvmChain], Sends]
    others: Callable[[AuthorityId], Sequence[Sends]]
    pause: Callable[[], None]
    passes: int = 600


@dataclass(frozen=True, slots=True)
class Suspended:
    """Licences of an authority that one decision suspended."""

    authority: AuthorityId
    decision: Digest
    indices: tuple[StatusIndex, ...]


def deploy(means: Means, artifact: Artifact) -> ContractEntry:
    """Deploy the heir, or complete one that was begun.

    Raises:
        AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE, CHAIN_WRONG.
    """
    estate = means.keeper.load()
    if estate.heir is None:
        made = means.administrator.deploy(artifact, admin_delay_seconds=ADMIN_DELAY_SECONDS)
        heir = ContractEntry(made.address, artifact.code_hash, made.from_block)
        estate = replace(estate, heir=heir)
        # The bundle lists it as soon as it is there: a status that nobody reads helps nobody.
        means.keeper.save(estate)
    heir = _heir(estate)
    old, new = means.open(estate.present), means.open(heir)
    for entry in estate.authorities:
        for name in dict.fromkeys((entry.id, entry.home)):
            if new.daily_cap(name) is None:
                cap = old.daily_cap(name) or 0
                means.administrator.register_authority(heir.address, name, daily_cap=cap)
        for account, rights in _accounts(old, entry):
            if new.rights(account).rights != rights:
                means.administrator.set_account(heir.address, entry.home, account, rights)
    return heir


def succeed(means: Means) -> ContractEntry:
    """Let the heir take over; returns the contract that is frozen now.

    Raises:
        AnzhengError: NOT_FOUND without an heir; CONFLICT while something is under way that only
            the old contract can take; RECONCILE_NEEDED for a suspension that the registry does
            not know; LEASE_LOST while a worker runs; CHAIN_REVERTED, CHAIN_UNAVAILABLE.
    """
    estate = means.keeper.load()
    if estate.heir is None and estate.former:
        # It has taken over; the bundle may not say so yet.
        means.keeper.save(estate)
        return estate.former[-1]
    heir = _heir(estate)
    old, new = means.open(estate.present), means.open(heir)
    new.check()
    if old.successor() is None:
        with ExitStack() as held:
            for entry in estate.authorities:
                for each in means.others(entry.id):
                    _hold(each, held)
            refuse_unready(means, estate, new)
            means.keeper.save(estate)
            for entry in estate.authorities:
                _carry(means, estate, entry.id, old, new)
                # Nothing is suspended there between the last look and the freezing.
                _hold(means.sender(entry.id, old), held)
                if _suspended(means, estate, entry.id, old):
                    raise AnzhengError(
                        Code.CONFLICT, f"{entry.id} suspends meanwhile: stop the workers"
                    )
            means.administrator.set_successor(estate.present.address, heir.address)
    frozen = replace(estate.present, frozen_at=_frozen_at(means, old, heir.address))
    means.keeper.save(
        replace(
            estate,
            contract=heir.address,
            code_hash=heir.code_hash,
            from_block=heir.from_block,
            former=(*estate.former, frozen),
            heir=None,
        )
    )
    return frozen


def _hold(sender: Sends, held: ExitStack) -> None:
    sender.hold()
    held.callback(sender.release)


def which(means: Means, *, heir: bool) -> ContractEntry:
    """Return the present contract, or its heir.

    Raises:
        AnzhengError: NOT_FOUND without an heir.
    """
    estate = means.keeper.load()
    return _heir(estate) if heir else estate.present


def refuse_unready(means: Means, estate: Estate, heir: EvmChain) -> None:
    """Refuse while the heir lacks something, or the old contract alone can finish something.

    Raises:
        AnzhengError: CONFLICT.
    """
    for entry in estate.authorities:
        for name, right in NEEDED:
            if right not in heir.rights_for(getattr(entry, name), entry.id):
                raise AnzhengError(
                    Code.CONFLICT, f"the new contract does not let {entry.id} {right.name} yet"
                )
        with means.store.read() as unit:
            batches = unit.anchors.open_batches(estate.registry, entry.id)
            waiting = unit.status.open_decisions(entry.id)
        if batches:
            raise AnzhengError(
                Code.CONFLICT, f"{len(batches)} batches of {entry.id} are on their way"
            )
        # Its proof names a batch of the old contract.
        if any(decisions.decode(one.data).word is StatusWord.SUPERSEDED for one in waiting):
            raise AnzhengError(Code.CONFLICT, f"{entry.id} has licences to supersede first")
    for store in means.stores:
        if count := store.in_flight(but=PURPOSE):
            raise AnzhengError(Code.CONFLICT, f"{count} transactions are under way")


def _suspended(
    means: Means, estate: Estate, authority: AuthorityId, chain: EvmChain
) -> list[Suspended]:
    """Tell which licences a contract says are suspended, by decision.

    Raises:
        AnzhengError: RECONCILE_NEEDED for one that the registry knows of no decision.
    """
    with means.store.read() as unit:
        extent = unit.lists(estate.registry, authority).extent()
    found: dict[Digest, list[StatusIndex]] = {}
    step = LICENCES_IN_WORD * MAX_CHANGES
    for start in range(0, extent, step):
        span = [StatusIndex(index) for index in range(start, min(start + step, extent))]
        words = read_statuses(chain, authority, span)
        for index, word in zip(span, words, strict=True):
            if word is not StatusWord.SUSPENDED:
                continue
            with means.store.read() as unit:
                decision = unit.status.suspending(estate.registry, authority, index)
            if decision is None:
                raise AnzhengError(
                    Code.RECONCILE_NEEDED,
                    "the chain says suspended, and the registry does not know why",
                    authority=authority,
                    index=index,
                )
            found.setdefault(decision, []).append(index)
    return [
        Suspended(authority, decision, tuple(part))
        for decision, indices in found.items()
        for part in _parts(indices)
    ]


def _given_back(
    means: Means, estate: Estate, authority: AuthorityId, new: EvmChain
) -> list[Suspended]:
    """Tell what is suspended in the new contract and was given back since by a decision."""
    found: list[Suspended] = []
    for group in _suspended(means, estate, authority, new):
        with means.store.read() as unit:
            words = {
                index: unit.status.written(estate.registry, authority, index)
                for index in group.indices
            }
        free = tuple(index for index, word in words.items() if word is StatusWord.NONE)
        found += [replace(group, indices=free)] if free else []
    return found


def _parts(indices: list[StatusIndex]) -> Iterator[list[StatusIndex]]:
    """Cut a list so that each part fits one call, however its licences lie."""
    for start in range(0, len(indices), MAX_CHANGES):
        yield indices[start : start + MAX_CHANGES]


def _carry(
    means: Means, estate: Estate, authority: AuthorityId, old: EvmChain, new: EvmChain
) -> None:
    """Suspend in the new contract what is suspended in the old one, then give it back there.

    After a stop half-way officers may have given licences back, in the old contract alone.
    """
    into, out = means.sender(authority, new), means.sender(authority, old)
    try:
        for group in _given_back(means, estate, authority, new):
            name = f"{new.contract.hex()}:back:{group.decision.hex()}:{group.indices[0]}"
            back = ReinstateCall(changes_of(group.indices), group.decision)
            _settle(means, into, f"{PURPOSE}:{name}", back, (new, group))
        for group in _suspended(means, estate, authority, old):
            name = f"{group.decision.hex()}:{group.indices[0]}"
            changes = changes_of(group.indices)
            call = SuspendCall(changes, group.decision)
            _settle(means, into, f"{PURPOSE}:{new.contract.hex()}:{name}", call, (new, group))
            back = ReinstateCall(changes, group.decision)
            _settle(means, out, f"{PURPOSE}:{old.contract.hex()}:{name}", back, (old, group))
    finally:
        # One account: whoever holds its lease sends for both contracts.
        into.release()
        out.release()


def _settle(
    means: Means,
    sender: Sends,
    purpose: str,
    call: SuspendCall | ReinstateCall,
    wanted: tuple[EvmChain, Suspended],
) -> None:
    """Send one call and wait until it is final, unless the contract says it already."""
    chain, group = wanted
    word = StatusWord.SUSPENDED if isinstance(call, SuspendCall) else StatusWord.NONE

    def effect() -> Block | None:
        words = read_statuses(chain, group.authority, group.indices)
        return chain.block(chain.height()) if all(each is word for each in words) else None

    for _ in range(means.passes):
        transaction = sender.advance(purpose, call, effect)
        if transaction.state is TxState.PARKED:
            raise AnzhengError(Code.CHAIN_REVERTED, "the contract refuses", purpose=purpose)
        if transaction.state is TxState.FINAL:
            break
        means.pause()
    else:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "not final in time: do it again later")
    sender.release()


def _frozen_at(means: Means, old: EvmChain, heir: Address) -> int:
    """Return the last block in which the old contract took anything, once that is final.

    Raises:
        AnzhengError: CONFLICT when another contract took over; CHAIN_UNAVAILABLE.
    """
    for _ in range(means.passes):
        takeover = old.successor()
        if takeover is not None and takeover.contract != heir:
            raise AnzhengError(
                Code.CONFLICT, "another contract took over", successor=takeover.contract.hex()
            )
        if takeover is not None:
            block = _last_block_until(old, takeover)
            if block <= old.final_height():
                return block
        means.pause()
    raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the freezing is not final in time: do it again")


def _last_block_until(chain: EvmChain, takeover: Takeover) -> int:
    """Return the newest block of the takeover's second."""

    def time_of(height: int) -> datetime:
        block = chain.block(height)
        if block is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node lacks a block", height=height)
        return block.time

    found = blocks_at(takeover.time, 0, chain.height(), time_of)
    if not found:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node lacks the block of the freezing")
    return found[-1]


def _accounts(old: EvmChain, entry: AuthorityEntry) -> Iterator[tuple[Address, Right]]:
    """Tell the accounts of an authority with the rights that the old contract gives them."""
    for name, usual in ROLES:
        account: Address = getattr(entry, name)
        found = old.rights(account)
        yield account, found.rights if found.authority == entry.home else usual


def _heir(estate: Estate) -> ContractEntry:
    if estate.heir is None:
        raise AnzhengError(Code.NOT_FOUND, "there is no new contract: `anzheng chain deploy` first")
    return estate.heir
