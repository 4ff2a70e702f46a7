"""Writing status changes from the propose account.

Suspending, giving back and superseding are done by this account alone; a final status is only
proposed here, and changes when the confirmer's own account confirms it (`confirmer`).

Standard: DESIGN 3.3, 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anchor.calls import (
    LICENCES_IN_WORD,
    PROPOSAL_LIFETIME,
    Call,
    ConfirmCall,
    ProposeCall,
    ReinstateCall,
    Succession,
    SupersedeCall,
    SuspendCall,
    changes_of,
    status_in,
)
from anchor.ports import (
    Block,
    Chain,
    Proposal,
    ProposalState,
    Right,
    Transaction,
    TxState,
)
from anchor.sender import Sender
from licence.domain.status import StatusWord, needs_confirmation
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats import manifest as manifests
from licence.formats.decision import Decision
from licence.formats.tree import Tree
from licence.ids import Address, AuthorityId, Digest, Leaf, StatusIndex

MAX_PROPOSALS = 50
"""How often the same decision is proposed at most: for about a year, if nobody confirms."""


@dataclass(frozen=True, slots=True)
class StatusOrder:
    """What is to be written because of one decision.

    Attributes:
        authority: Who decided.
        word: What the status becomes.
        indices: Which licences.
        decision: Digest of the decision; one decision is written once.
        successions: For SUPERSEDED: each licence with its successor's proof.
    """

    authority: AuthorityId
    word: StatusWord
    indices: tuple[StatusIndex, ...]
    decision: Digest
    successions: tuple[Succession, ...] = ()


def order_of(decision: Decision, successions: Sequence[Succession] = ()) -> StatusOrder:
    """Return what a decision asks of the chain.

    Args:
        decision: The decision.
        successions: For SUPERSEDED: the proof of each successor, see `succession`.

    Raises:
        AnzhengError: DECISION_SYNTAX; STATUS_TRANSITION, when the successions are not those of
            the decision.
    """
    wanted = [
        (subject.index, subject.successor)
        for subject in decision.subjects
        if subject.successor is not None
    ]
    if wanted != [(item.index, item.leaf) for item in successions]:
        raise AnzhengError(Code.STATUS_TRANSITION, "not the successors of the decision")
    return StatusOrder(
        authority=decision.authority,
        word=decision.word,
        indices=tuple(subject.index for subject in decision.subjects),
        decision=decisions.digest(decision),
        successions=tuple(successions),
    )


def succession(index: StatusIndex, successor: Leaf, manifest: bytes) -> Succession:
    """Return the proof that a licence's successor is anchored.

    Args:
        index: Status index of the licence that is replaced.
        successor: Leaf of the new version.
        manifest: Encoded manifest of the anchored batch that has this leaf.

    Raises:
        AnzhengError: MANIFEST_SYNTAX; NOT_FOUND, when the leaf is not in that batch.
    """
    batch = manifests.decode(manifest)
    leaves = [row.leaf for row in batch.rows]
    if successor not in leaves:
        raise AnzhengError(Code.NOT_FOUND, "the successor is not in this batch")
    place = leaves.index(successor)
    return Succession(
        index=index,
        leaf=successor,
        leaf_index=place,
        size=batch.size,
        root=batch.root,
        manifest=manifests.digest(manifest),
        path=Tree(leaves).path(place),
    )


class StatusWriter:
    """Writes the orders of one authority.

    Args:
        chain: The contract.
        sender: Sends from the authority's propose account.
        authority: Whose orders.
    """

    def __init__(self, chain: Chain, sender: Sender, authority: AuthorityId) -> None:
        self._chain = chain
        self._sender = sender
        self._authority = authority

    def check(self) -> None:
        """Refuse to work on the wrong chain, contract or account; call before the first order.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_ACCOUNT, CHAIN_UNAVAILABLE.
        """
        self._sender.check(self._authority, Right.PROPOSE)

    def release(self) -> None:
        """Let another process send from this account."""
        self._sender.release()

    def advance(self, order: StatusOrder) -> Transaction:
        """Take an order as far as it goes now; call again later unless it is FINAL or PARKED.

        FINAL means written, or proposed if the word needs a confirmation; a proposal that lapsed
        before anybody confirmed it is made again. Orders about the same
        licence must be given one after the other.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CONFLICT: try again later. STATUS_TRANSITION, for an
                order that no call can carry; CHAIN_ACCOUNT, for another authority's.
        """
        if order.authority != self._authority:
            raise AnzhengError(Code.CHAIN_ACCOUNT, "an order of another authority")
        call = call_of(order)
        purpose = f"status:{order.decision.hex()}"
        transaction = self._sender.advance(purpose, call, lambda: self._effect(order, call))
        attempt = 1
        while self._is_void(transaction, order, call) and attempt < MAX_PROPOSALS:
            attempt += 1
            transaction = self._sender.advance(
                f"{purpose}:{attempt}", call, lambda: self._effect(order, call)
            )
        return transaction

    def _is_void(self, transaction: Transaction, order: StatusOrder, call: Call) -> bool:
        """Say whether the call was a proposal that lapsed before anybody confirmed it.

        It may be gone: another takes its lane when it lapsed, or was confirmed.
        """
        if transaction.state is not TxState.FINAL or not isinstance(call, ProposeCall):
            return False
        found = self._chain.proposal(self._authority, call, self._sender.account)
        gone = found is None or has_lapsed(self._chain, found)
        return gone and not is_written(self._chain, order)

    def _effect(self, order: StatusOrder, call: Call) -> Block | None:
        if isinstance(call, ProposeCall):
            found = self._chain.proposal(self._authority, call, self._sender.account)
            dropped = found is not None and found.state is ProposalState.DROPPED
            there = found is not None and not dropped and not has_lapsed(self._chain, found)
        else:
            there = False
        there = there or is_written(self._chain, order)
        return self._chain.block(self._chain.height()) if there else None


def call_of(order: StatusOrder) -> Call:
    """Return the call of the propose account for an order.

    Raises:
        AnzhengError: STATUS_TRANSITION, for an order that no call can carry.
    """
    if order.word is StatusWord.SUPERSEDED:
        if tuple(item.index for item in order.successions) != order.indices or not order.indices:
            raise AnzhengError(Code.STATUS_TRANSITION, "each licence needs its one successor")
        return SupersedeCall(order.successions, order.decision)
    changes = changes_of(order.indices)
    if needs_confirmation(order.word):
        return ProposeCall(order.word, changes, order.decision)
    if order.word is StatusWord.SUSPENDED:
        return SuspendCall(changes, order.decision)
    return ReinstateCall(changes, order.decision)


def confirmation_of(order: StatusOrder, proposer: Address) -> ConfirmCall:
    """Return the call of the confirm account for an order that `proposer` proposed.

    Raises:
        AnzhengError: STATUS_TRANSITION, for a word that nobody confirms.
    """
    if not needs_confirmation(order.word):
        raise AnzhengError(Code.STATUS_TRANSITION, "this word needs no confirmation")
    return ConfirmCall(order.word, changes_of(order.indices), order.decision, proposer)


def has_lapsed(chain: Chain, proposal: Proposal) -> bool:
    """Say whether a proposal is void because nobody confirmed it in time.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE.
    """
    if proposal.state is not ProposalState.OPEN:
        return False
    newest = chain.block(chain.height())
    if newest is None:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node does not have its newest block")
    return newest.time > proposal.proposed_at + PROPOSAL_LIFETIME


def is_written(chain: Chain, order: StatusOrder) -> bool:
    """Say whether every licence of an order has the wanted word on the chain now.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, STATUS_UNKNOWN_VALUE.
    """
    found = read_statuses(chain, order.authority, order.indices)
    return all(word is order.word for word in found)


def read_statuses(
    chain: Chain,
    authority: AuthorityId,
    indices: Sequence[StatusIndex],
    *,
    at: int | None = None,
) -> tuple[StatusWord, ...]:
    """Return the words of these licences on the chain, in the given order.

    Args:
        chain: The contract.
        authority: Whose licences.
        indices: Which.
        at: As of this block; none = the newest. For a list, take a final block.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, STATUS_UNKNOWN_VALUE.
    """
    places = [divmod(index, LICENCES_IN_WORD) for index in indices]
    words = sorted({word for word, _ in places})
    values = dict(zip(words, chain.status_words(authority, words, at=at), strict=True))
    return tuple(status_in(values[word], place) for word, place in places)
