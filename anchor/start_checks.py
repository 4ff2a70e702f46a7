"""What is looked at when a process starts and before each pass, beside what is pinned.

`Chain.check` compares chain id, genesis and code of the contract, `Sender.check` the rights of the
account. Here: does the chain go on, and can the account pay?

1. A chain that makes a block every few seconds, and shows none for ten times as long, stands still
   or its node does: CHAIN_STALE, nothing is sent. Not checked where blocks come on demand only.
2. A height far below one that was seen: CHAIN_STALE too.
3. Where gas costs anything, an account that cannot pay for one transaction: CHAIN_FUNDS, nothing is
   signed. One that can pay for few: an alarm, and the work goes on.

Standard: research chain 4.2 (7).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, final

from anchor.chain_ports import Alarms, Chain
from licence.errors import AnzhengError, Code
from licence.ids import Address
from licence.ports import Clock

MISSED_BLOCKS: Final = 10
"""A chain that misses so many blocks in a row stands still."""

LEAST_AGE: Final = timedelta(seconds=60)
"""No younger block is stale, however quick the chain is."""

FALLEN_BLOCKS: Final = 8
"""So much lower than seen before is not a matter of two nodes behind one address."""

GAS_OF_ONE: Final = 100_000
"""Gas that a transaction is reckoned with: an anchoring needs 62,500, with a margin 78,000."""


@dataclass(frozen=True, slots=True)
class WatchRules:
    """What the chain is expected to do.

    Attributes:
        block_seconds: It makes a block at least so often, also an empty one; 0 = not known.
        reserve_transactions: An account that can pay for fewer is an alarm.
    """

    block_seconds: int = 0
    reserve_transactions: int = 100


@final
class ChainWatch:
    """Looks whether the chain goes on and the account can pay.

    Args:
        chain: The contract.
        clock: Tells the time.
        alarms: Told about a balance that gets low.
        rules: What is expected.
    """

    def __init__(self, chain: Chain, clock: Clock, alarms: Alarms, rules: WatchRules) -> None:
        self._chain = chain
        self._clock = clock
        self._alarms = alarms
        self._rules = rules
        self._highest = -1

    def check(self, account: Address) -> None:
        """Refuse to work on a chain that stands still, or without money.

        Raises:
            AnzhengError: CHAIN_STALE, CHAIN_FUNDS, CHAIN_UNAVAILABLE: try again later.
        """
        self._check_height()
        self._check_funds(account)

    def _check_height(self) -> None:
        height = self._chain.height()
        if height < self._highest - FALLEN_BLOCKS:
            raise AnzhengError(
                Code.CHAIN_STALE,
                "the newest block is far below one that was seen: is this another node, or was "
                "the chain put back?",
                height=height,
                seen=self._highest,
            )
        self._highest = max(self._highest, height)
        every = timedelta(seconds=self._rules.block_seconds)
        if not every:
            return
        block = self._chain.block(height)
        if block is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the newest block is not there")
        age = self._clock.now() - block.time
        if age > max(LEAST_AGE, MISSED_BLOCKS * every):
            raise AnzhengError(
                Code.CHAIN_STALE,
                "the chain makes no blocks, or its node has none: see chain_block_seconds",
                height=height,
                seconds=int(age.total_seconds()),
            )

    def _check_funds(self, account: Address) -> None:
        key, price = f"funds:{account.hex()}", self._chain.gas_price()
        one = price * GAS_OF_ONE
        balance = self._chain.balance(account) if one else 0
        if balance < one:
            raise AnzhengError(
                Code.CHAIN_FUNDS,
                "the account cannot pay for a transaction; fill it up",
                account=account.hex(),
                balance_wei=balance,
                wei_of_one=one,
            )
        if balance < one * self._rules.reserve_transactions:
            left = balance // one
            message = f"account 0x{account.hex()} can pay for {left} more transactions"
            self._alarms.rise(key, Code.CHAIN_FUNDS, message)
        else:
            self._alarms.clear(key)
