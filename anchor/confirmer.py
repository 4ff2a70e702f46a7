"""The confirmer: account and memory of its own, fit for a process of its own; it believes nobody.

It gets a signed decision, verifies the officers' signatures itself against keys that it has
pinned, computes from the decision what must have been proposed, finds that very proposal on the
chain, made by another account, and only then confirms. A stolen console or a stolen propose
account alone can therefore make no final change.

Standard: DESIGN 3.3, 5.
"""

from collections.abc import Sequence
from typing import Final

from anchor.calls import ConfirmCall, ProposeCall
from anchor.ports import Block, Chain, Proposal, ProposalState, Right, Transaction, TxState
from anchor.sender import Sender
from anchor.status_writer import (
    StatusOrder,
    confirmation_of,
    has_lapsed,
    is_written,
    order_of,
    read_statuses,
)
from licence.domain.status import counts_on
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.formats.decision import Decision
from licence.formats.officers import (
    OFFICERS_NEEDED,
    OfficerCodes,
    PinnedOfficer,
    SignedStatement,
    check_officers,
)
from licence.formats.webauthn import Site
from licence.ids import Address, AuthorityId, RegistryId
from licence.ports import Clock

_CODES: Final = OfficerCodes(
    unknown=Code.DECISION_OFFICER_UNKNOWN,
    too_few=Code.DECISION_TWO_OFFICERS,
    signature=Code.DECISION_SIGNATURE,
)


class Confirmer:
    """Confirms the final changes of one authority.

    Args:
        chain: The contract.
        sender: Sends from the authority's confirm account, with a store of its own.
        authority: Whose changes.
        proposers: The accounts that may have proposed; the confirmer's own pins.
        registry: The registry that the contract serves; the same index of another registry is
            another licence.
        officers: Who may decide; the confirmer's own pins.
        clock: Tells the time.
        sites: Our pages on which passkeys are used; with none, no passkey is believed.
    """

    def __init__(
        self,
        chain: Chain,
        sender: Sender,
        authority: AuthorityId,
        officers: Sequence[PinnedOfficer],
        clock: Clock,
        *,
        registry: RegistryId,
        proposers: Sequence[Address],
        sites: Sequence[Site] = (),
    ) -> None:
        self._registry = registry
        self._proposers = tuple(proposers)
        self._chain = chain
        self._sender = sender
        self._account = sender.account
        self._authority = authority
        self._officers = tuple(officers)
        self._clock = clock
        self._sites = tuple(sites)

    def check(self) -> None:
        """Refuse to work on the wrong chain, contract or account; call before the first decision.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_ACCOUNT, CHAIN_UNAVAILABLE.
        """
        self._sender.check(self._authority, Right.CONFIRM)

    def release(self) -> None:
        """Let another process send from this account."""
        self._sender.release()

    def advance(self, data: bytes) -> Transaction:
        """Take the confirmation of a decision as far as it goes now.

        Args:
            data: The encoded decision with its signatures.

        Returns:
            The transaction; call again later unless it is FINAL or PARKED.

        Raises:
            AnzhengError: DECISION_*, when it must not be confirmed; CHAIN_WRONG, when it is about
                another registry; NOT_FOUND, when it is not
                proposed (yet, or no longer), CHAIN_ACCOUNT, when this very account proposed it;
                CHAIN_UNAVAILABLE, CONFLICT: try again later.
        """
        decision = decisions.decode(data)
        verify_officers(decision, self._officers, sites=self._sites)
        if decision.authority != self._authority:
            raise AnzhengError(Code.CHAIN_ACCOUNT, "a decision of another authority")
        if decision.registry != self._registry:
            raise AnzhengError(Code.CHAIN_WRONG, "a decision about licences of another registry")
        if not counts_on(decision, shanghai_date(self._clock.now())):
            raise AnzhengError(
                Code.DECISION_EARLY,
                "the decision does not count yet",
                effective_from=decision.effective_from.isoformat(),
            )
        order = order_of(decision)
        call = self._confirmation(order)
        purpose = f"confirm:{call.decision.hex()}"
        return self._sender.advance(purpose, call, lambda: self._effect(order, call))

    def _confirmation(self, order: StatusOrder) -> ConfirmCall:
        """Find by whom the change was proposed, and return the call that confirms it.

        Raises:
            AnzhengError: NOT_FOUND when nobody has, or it lapsed: confirming would be refused,
                and the refusal stored; the writer proposes it again. CHAIN_ACCOUNT.
        """
        calls = [confirmation_of(order, proposer) for proposer in self._proposers]
        if calls and is_written(self._chain, order):
            # Nothing is left to confirm; another proposal may have taken the lane of this one.
            return calls[0]
        for call in calls:
            found = self._proposal(call)
            if found is None or found.state is not ProposalState.OPEN:
                continue
            if has_lapsed(self._chain, found):
                continue
            if call.proposer == self._account:
                raise AnzhengError(Code.CHAIN_ACCOUNT, "the account that proposed cannot confirm")
            return call
        raise AnzhengError(
            Code.NOT_FOUND, "nobody has proposed this change", decision=order.decision.hex()
        )

    def _effect(self, order: StatusOrder, call: ConfirmCall) -> Block | None:
        found = self._proposal(call)
        confirmed = found is not None and found.state is ProposalState.CONFIRMED
        if not confirmed and not is_written(self._chain, order):
            return None
        return self._chain.block(self._chain.height())

    def _proposal(self, call: ConfirmCall) -> Proposal | None:
        proposed = ProposeCall(call.status, call.changes, call.decision)
        return self._chain.proposal(self._authority, proposed, call.proposer)


class ConfirmedElsewhere:
    """Stands for a confirmer in another process: waits until the chain says what it confirmed.

    Args:
        chain: The contract.
        account: The authority's confirm account, whose key is not here.
    """

    def __init__(self, chain: Chain, account: Address) -> None:
        self._chain = chain
        self._account = account

    def release(self) -> None:
        """Have nothing to give back."""

    def advance(self, data: bytes) -> Transaction:
        """Say whether a decision stands in the last final block.

        Args:
            data: The encoded decision with its signatures.

        Returns:
            A transaction of another process; call again later unless it is FINAL.

        Raises:
            AnzhengError: DECISION_SYNTAX, CHAIN_UNAVAILABLE, STATUS_UNKNOWN_VALUE.
        """
        order, at = order_of(decisions.decode(data)), self._chain.final_height()
        found = read_statuses(self._chain, order.authority, order.indices, at=at) if at >= 0 else ()
        stands = bool(found) and all(word is order.word for word in found)
        return Transaction(
            purpose=f"confirm:{order.decision.hex()}",
            account=self._account,
            nonce=None,
            raws=(),
            state=TxState.FINAL if stands else TxState.SENT,
        )


def verify_officers(
    decision: Decision,
    officers: Sequence[PinnedOfficer],
    *,
    sites: Sequence[Site] = (),
    least: int = OFFICERS_NEEDED,
) -> None:
    """Return if officers of the authority, two unless said, and nobody else signed the decision.

    Args:
        decision: The decision.
        officers: Pinned keys.
        sites: Our pages on which passkeys are used.
        least: How many must have signed.

    Raises:
        AnzhengError: DECISION_OFFICER_UNKNOWN, DECISION_SIGNATURE, DECISION_TWO_OFFICERS.
    """
    data = decisions.statement_bytes(decision)
    signed = SignedStatement(decision.authority, data, decision.signatures)
    check_officers(signed, officers, _CODES, least=least, sites=sites)
