"""How patient a sender is, and what it remembers of its offers while the process lives.

Standard: research chain 4.2 (4).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from anchor.ports import Block, Transaction

Effect = Callable[[], Block | None]
"""Tells in which block the contract's state shows what the call wants, if it does."""

Shown = Callable[[Block], bool]
"""Tells whether the contract's state shows that the call had its effect in just this block."""

NOT_NOW: Final = frozenset(
    {"ContractPaused", "AuthorityIsPaused", "DailyCapReached", "LaneBusy", "Frozen"}
)
"""Reasons for which the contract refuses today what it may take tomorrow, or another contract."""


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """How patient a sender is.

    Attributes:
        finality_depth: So many blocks must be on top of one that the chain calls final.
        resend_seconds: After this time without receipt the same bytes are sent again.
        bump_seconds: After this time the transaction is signed again with higher fees, if blocks
            were mined without it: a chain that stands still is not dearer.
        max_versions: Most versions of one nonce; then the fees stay.
        max_raws: Most versions in all; who needs more shares its account with a stranger.
        refusals: So many passes in a row the contract must refuse a call before it is parked:
            one refusal may be one node's mistake.
        takeover_seconds: A transaction of a former account has this time to be mined.
        lease_seconds: So long nobody else may send from the account.
    """

    finality_depth: int = 0
    resend_seconds: int = 15
    bump_seconds: int = 120
    max_versions: int = 8
    max_raws: int = 32
    refusals: int = 1
    takeover_seconds: int = 3600
    lease_seconds: int = 60


class Offers:
    """Decides when to send again and when to pay more.

    Only when a version was first sent is stored: a process that begins anew waits anew, and sends
    no more for it.
    """

    def __init__(self, policy: SendPolicy) -> None:
        self._policy = policy
        self._at: dict[str, datetime] = {}
        self._watched: dict[str, tuple[bytes, int]] = {}
        """The newest version of each purpose, and the chain's height at first."""

    def note(self, purpose: str, now: datetime) -> None:
        """Remember that the bytes are offered now."""
        self._at[purpose] = now

    def forget(self, purpose: str) -> None:
        """Drop what is settled."""
        self._at.pop(purpose, None)
        self._watched.pop(purpose, None)

    def is_due(self, purpose: str, sent_at: datetime, now: datetime) -> bool:
        """Say whether the same bytes should be offered again."""
        at = self._at.get(purpose, sent_at)
        # A clock that was put back must not stop us until it is there again.
        return not timedelta() <= now - at < timedelta(seconds=self._policy.resend_seconds)

    def is_passed_over(
        self, transaction: Transaction, sent_at: datetime, now: datetime, height: int
    ) -> bool:
        """Say whether time went by, and blocks were mined, without the newest version."""
        raw = transaction.raws[-1]
        watched, before = self._watched.setdefault(transaction.purpose, (raw, height))
        if watched != raw:
            self._watched[transaction.purpose] = (raw, height)
            return False
        late = now - sent_at >= timedelta(seconds=self._policy.bump_seconds)
        return late and height > before
