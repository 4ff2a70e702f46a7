"""Bringing one transaction onto the chain exactly once, through crashes and lying answers.

Write-ahead: nonce and signed bytes are stored before the first send, so that a crash at any point
finds what may be under way and sends the same bytes again. What a node answers to a send is no
verdict; the receipt of any stored version, or the effect in the contract's state, is.

One process at a time sends from an account: it holds a lease with a fencing token, and the store
refuses what is saved under an older token. As nothing is sent that is not saved, a process that
was overtaken sends nothing new.

Standard: DESIGN 2 (5); research chain 4.2.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from anchor.calls import Call
from anchor.ports import (
    Block,
    Chain,
    ChainAccount,
    Lease,
    Receipt,
    Right,
    Transaction,
    TransactionStore,
    TxState,
)
from anchor.send_policy import NOT_NOW, Effect, Offers, SendPolicy, Shown
from anchor.start_checks import ChainWatch
from anchor.writer_lease import WriterLease
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId
from licence.ports import Clock

__all__ = ["NOT_NOW", "Effect", "SendPolicy", "Sender", "Shown"]

MAX_STEPS: Final = 16
"""Most steps of one pass; more would be a node that changes its mind all the time."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a transaction is for."""

    call: Call
    effect: Effect
    shown: Shown | None


class Sender:
    """Sends the calls of one account.

    Args:
        chain: The contract.
        account: Signs.
        store: Keeps the transactions; nobody else writes those of this account.
        clock: Tells the time.
        policy: How patient to be.
        holder: Who we are for the lease; no two processes have the same name.
        watch: Looks whether the chain goes on and the account can pay; none = nobody does.
    """

    def __init__(
        self,
        chain: Chain,
        account: ChainAccount,
        store: TransactionStore,
        clock: Clock,
        policy: SendPolicy,
        holder: str = "sender",
        watch: ChainWatch | None = None,
    ) -> None:
        self._chain = chain
        self._account = account
        self._store = store
        self._clock = clock
        self._policy = policy
        self._watch = watch
        self._lease = WriterLease(store, account.address, holder, clock, policy.lease_seconds)
        self._offers = Offers(policy)
        self._refusals: dict[str, int] = {}

    def hold(self) -> Lease:
        """Be the one that sends from this account; `advance` does it too.

        Raises:
            AnzhengError: LEASE_LOST while another process is.
        """
        return self._lease.hold()

    def release(self) -> None:
        """Let another process send from this account, as soon as it likes."""
        self._lease.release()

    @property
    def account(self) -> Address:
        """The account that it sends from."""
        return self._account.address

    def check(self, authority: AuthorityId, right: Right) -> None:
        """Refuse to work on the wrong chain, contract or account.

        Raises:
            AnzhengError: CHAIN_WRONG, CHAIN_ACCOUNT; CHAIN_STALE, CHAIN_FUNDS, CHAIN_UNAVAILABLE:
                try again later.
        """
        self._chain.check()
        if right not in self._chain.rights_for(self._account.address, authority):
            raise AnzhengError(
                Code.CHAIN_ACCOUNT,
                "the contract does not allow this account what it is for",
                account=self._account.address.hex(),
                authority=authority,
                right=right.name,
            )
        if self._watch is not None:
            self._watch.check(self._account.address)

    def advance(
        self, purpose: str, call: Call, effect: Effect, shown: Shown | None = None
    ) -> Transaction:
        """Take the transaction as many steps further as can be taken now.

        Args:
            purpose: Its unique name.
            call: What it asks; the same for the same purpose.
            effect: Finds the effect when no transaction of ours is known to have had it.
            shown: For an effect that stays: it must be there before the transaction is final, for
                a receipt may be a lie.

        Returns:
            The transaction; call again later unless it is FINAL or PARKED.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CONFLICT, LEASE_LOST, STORE_FAILED; what was stored
                stays true.
        """
        self.hold()
        stored = self._store.transaction(purpose)
        wish = _Wish(call, effect, shown)
        transaction = self._run(stored or self._begin(purpose, wish), wish)
        if stored is None or stored.sent_at is not None or not _failed(transaction):
            return transaction
        # The last pass could not reach the node: try once a pass, and sign nothing dearer.
        return self._run(self._send(transaction), wish)

    def _run(self, transaction: Transaction, wish: _Wish) -> Transaction:
        for _ in range(MAX_STEPS):
            moved = self._step(transaction, wish)
            if moved == transaction:
                break
            transaction = moved
        # Refused passes end by an error: after this one they are no longer in a row.
        self._refusals.pop(transaction.purpose, None)
        if transaction.state in (TxState.FINAL, TxState.PARKED):
            self._offers.forget(transaction.purpose)
        return transaction

    def _step(self, transaction: Transaction, wish: _Wish) -> Transaction:
        match transaction.state:
            case TxState.RESERVED if not transaction.raws:
                return self._reserve(transaction, wish)
            case TxState.RESERVED:
                return self._send(transaction)
            case TxState.SENT:
                return self._look(transaction, wish)
            case TxState.MINED:
                return self._settle(transaction, wish.shown)
            case TxState.FINAL | TxState.PARKED:
                return transaction

    def _begin(self, purpose: str, wish: _Wish) -> Transaction:
        """Reserve a nonce and store the signed bytes, before anything is sent."""
        empty = Transaction(purpose, self._account.address, None, (), TxState.RESERVED)
        return self._reserve(empty, wish)

    def _reserve(self, transaction: Transaction, wish: _Wish) -> Transaction:
        nonce = self._next_nonce()
        try:
            raw = self._account.sign(wish.call, nonce=nonce, version=0)
        except AnzhengError as error:
            if error.code is not Code.CHAIN_REVERTED:
                raise
            if error.facts.get("reason") in NOT_NOW:
                raise AnzhengError(
                    Code.CHAIN_UNAVAILABLE, "the contract takes no such call now", **error.facts
                ) from error
            return self._refused(transaction, wish.effect)
        return self._save(
            transaction,
            state=TxState.RESERVED,
            account=self._account.address,
            nonce=nonce,
            raws=(*transaction.raws, raw),
        )

    def _send(self, transaction: Transaction) -> Transaction:
        # A new version has not been sent yet; a repetition does not make an old one younger.
        sent_at = None if transaction.state is TxState.RESERVED else transaction.sent_at
        if transaction.state is not TxState.RESERVED:
            # An older version may have an earlier nonce, which a node wrongly called spent:
            # without it the newest version is never mined.
            self._send_older(transaction)
        now = self._clock.now()
        self._offers.note(transaction.purpose, now)
        if sent_at is not None:
            sent_at = min(sent_at, now)  # the clock was put back
        if self._reaches_node(transaction.raws[-1]) and sent_at is None:
            sent_at = now
        if transaction.state is TxState.SENT and sent_at == transaction.sent_at:
            return transaction
        return self._save(transaction, state=TxState.SENT, sent_at=sent_at)

    def _reaches_node(self, raw: bytes) -> bool:
        """Give the bytes to the node, and say whether it answered at all.

        "already known", "nonce too low", a time-out: none of them says whether it is in.
        """
        try:
            self._chain.send(raw)
        except AnzhengError as error:
            return "rpc_message" in error.facts
        return True

    def _send_older(self, transaction: Transaction) -> None:
        for raw in transaction.raws[:-1]:
            with suppress(AnzhengError):
                self._chain.send(raw)

    def _look(self, transaction: Transaction, wish: _Wish) -> Transaction:
        """Look for a receipt of any version; else decide whether to wait, resend, bump or renew."""
        receipt = self._receipt(transaction)
        if not _succeeded(receipt) and self._nonce_is_spent(transaction):
            # The receipt may have come between the two questions.
            receipt = self._receipt(transaction)
            if not _succeeded(receipt):
                tired = receipt is not None and len(transaction.raws) >= self._policy.max_versions
                if tired:
                    return self._refused(transaction, wish.effect)
                # Mined and refused, or not ours: what the contract says now decides.
                return self._renew(transaction, wish)
        if receipt is None or not receipt.succeeded:
            # While the newest nonce is open, the failure of an older version decides nothing.
            return self._repeat(transaction, wish)
        return self._save(
            transaction,
            state=TxState.MINED,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
        )

    def _settle(self, transaction: Transaction, shown: Shown | None) -> Transaction:
        """Make it final when its block is, is still the same, and shows what was wanted."""
        number = transaction.block_number or 0
        block = self._chain.block(number)
        if block is None or block.hash != transaction.block_hash:
            return self._lost(transaction)
        if self._chain.final_height() - number < self._policy.finality_depth:
            return transaction
        if shown is not None and not shown(block):
            # The receipt was a lie, or this answer comes from a node that is behind: ask anew.
            self._lost(transaction)
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE,
                "the node has a receipt, and its state does not show it",
                purpose=transaction.purpose,
            )
        if transaction.nonce is not None and not self._nonce_is_spent(transaction):
            # An older version did it. The newest must be mined too, to no effect, or its nonce
            # would be a gap at which all later transactions of the account wait for ever.
            self._send_older(transaction)
            with suppress(AnzhengError):
                self._chain.send(transaction.raws[-1])
            return transaction
        return self._save(transaction, state=TxState.FINAL)

    def _lost(self, transaction: Transaction) -> Transaction:
        """Begin again: reorganised away, or so a node says.

        The stored bytes are sent, whatever the chain holds. Without any, somebody else did it:
        then the contract is asked anew, as one wrong answer is no reason to park.
        """
        return self._save(transaction, state=TxState.RESERVED, block_number=None, block_hash=None)

    def _renew(self, transaction: Transaction, wish: _Wish) -> Transaction:
        """The nonce is used up without effect: take the next, unless the effect is there."""
        block = wish.effect()
        if block is not None:
            return self._found(transaction, block)
        if len(transaction.raws) >= self._policy.max_raws:
            return self._save(transaction, state=TxState.PARKED, reason=Code.CHAIN_ACCOUNT)
        return self._reserve(transaction, wish)

    def _repeat(self, transaction: Transaction, wish: _Wish) -> Transaction:
        """Wait, send the same bytes again, or sign once more: at a free nonce, or dearer."""
        if transaction.sent_at is None or transaction.nonce is None:
            return transaction
        now, sent_at = self._clock.now(), transaction.sent_at
        passed_over = self._offers.is_passed_over(transaction, sent_at, now, self._chain.height())
        if not self._offers.is_due(transaction.purpose, sent_at, now):
            return transaction
        if transaction.account != self._account.address:
            # Signed with a key that we have no more: it settles first, if it ever does.
            overdue = now - sent_at >= timedelta(seconds=self._policy.takeover_seconds)
            return self._renew(transaction, wish) if overdue else self._send(transaction)
        if not passed_over:
            return self._send(transaction)
        free = self._chain.nonce(transaction.account)
        if free < transaction.nonce:
            moved = self._sign_again(transaction, wish.call, free)
            if moved is not None:
                return moved
        if len(transaction.raws) >= self._policy.max_versions:
            return self._send(transaction)
        # If it is refused, an older version may still be mined: its receipt decides.
        again = self._sign_again(transaction, wish.call, transaction.nonce)
        return again or self._send(transaction)

    def _sign_again(self, transaction: Transaction, call: Call, nonce: int) -> Transaction | None:
        """Sign at this nonce.

        None when the contract refuses, another purpose has the nonce, or the fees are at their
        limit, so that it would be the same bytes. A nonce below ours that no purpose has is a gap:
        a node once said too high a number.
        """
        versions = len(transaction.raws)
        try:
            raw = self._account.sign(call, nonce=nonce, version=versions)
            if raw in transaction.raws:
                return None
            return self._save(
                transaction, state=TxState.RESERVED, nonce=nonce, raws=(*transaction.raws, raw)
            )
        except AnzhengError as error:
            taken = error.code is Code.CONFLICT and nonce != transaction.nonce
            if taken or error.code is Code.CHAIN_REVERTED:
                return None
            raise

    def _refused(self, transaction: Transaction, effect: Effect) -> Transaction:
        """Park what the contract goes on to refuse, unless it refuses as the effect is there."""
        block = effect()
        if block is not None:
            return self._found(transaction, block)
        refusals = self._refusals.get(transaction.purpose, 0) + 1
        self._refusals[transaction.purpose] = refusals
        if refusals < self._policy.refusals:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE,
                "the contract refuses the call; asked again before it is believed",
                purpose=transaction.purpose,
            )
        return self._save(transaction, state=TxState.PARKED, reason=Code.CHAIN_REVERTED)

    def _found(self, transaction: Transaction, block: Block) -> Transaction:
        return self._save(
            transaction,
            state=TxState.MINED,
            block_number=block.number,
            block_hash=block.hash,
        )

    def _receipt(self, transaction: Transaction) -> Receipt | None:
        """Return a receipt of any version, a good one before a bad one."""
        receipts = [self._chain.receipt(raw) for raw in reversed(transaction.raws)]
        found = [receipt for receipt in receipts if receipt is not None]
        found.sort(key=lambda receipt: not receipt.succeeded)
        return found[0] if found else None

    def _nonce_is_spent(self, transaction: Transaction) -> bool:
        nonce = transaction.nonce
        return nonce is not None and self._chain.nonce(transaction.account) > nonce

    def _next_nonce(self) -> int:
        highest = self._store.highest_nonce(self._account.address)
        mined = self._chain.nonce(self._account.address)
        return mined if highest is None else max(highest + 1, mined)

    def _save(self, transaction: Transaction, **changes: object) -> Transaction:
        changed = replace(transaction, **changes)  # type: ignore[arg-type]
        with self._lease.writing() as lease:
            return self._store.save_transaction(changed, lease)


def _succeeded(receipt: Receipt | None) -> bool:
    return receipt is not None and receipt.succeeded


def _failed(transaction: Transaction) -> bool:
    """Say whether the node refused, or did not hear, the last send."""
    return transaction.state is TxState.SENT and transaction.sent_at is None
