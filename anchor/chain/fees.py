"""What is paid for a transaction: never more than allowed, nothing where gas is free.

`eth_feeHistory` is not asked: consortium chains do not have it. A chain whose blocks have a base
fee is paid by it, any other at `eth_gasPrice`.

Standard: EIP-1559, EIP-155; research chain 4.2 (4).
"""

from dataclasses import dataclass
from typing import Any, Final

from anchor.chain.node import number
from anchor.chain.rpc import Rpc
from licence.errors import AnzhengError, Code

GAS_MARGIN_PERCENT: Final = 125
"""The gas limit is the estimate times this: words may have become used or unused since."""

BUMP_PERCENT: Final = 125
"""Fees of a replacement; nodes want 110 at least."""

OVER_BLOCK_LIMIT: Final = "GasOverBlockLimit"
"""Reason for which no block will ever hold a call, as if the contract refused it."""


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How much may be paid.

    Attributes:
        legacy: Sign with one gas price even when the chain has a base fee.
        max_gas_price_wei: Never more than this for a unit of gas.
        tip_wei: For the miner, on chains with a base fee.
    """

    legacy: bool = False
    max_gas_price_wei: int = 500 * 10**9
    tip_wei: int = 10**9

    def raised(self, price: int, version: int) -> int:
        """Return the price of version `version` of a transaction, each a quarter dearer.

        Free stays free: an account without money could pay nothing else.
        """
        dearer = price
        for _ in range(version if price else 0):
            dearer = dearer * BUMP_PERCENT // 100 + 1
        return min(dearer, self.max_gas_price_wei)


def fee_fields(rpc: Rpc, policy: FeePolicy, version: int) -> dict[str, int]:
    """Return the fee fields of version `version` of a transaction.

    Raises:
        AnzhengError: CHAIN_FEES, when less than the chain asks for may be paid; CHAIN_UNAVAILABLE.
    """
    return block_fee_fields(rpc, newest_block(rpc), policy, version)


def block_fee_fields(
    rpc: Rpc, newest: dict[str, Any], policy: FeePolicy, version: int
) -> dict[str, int]:
    """Return the same, under a newest block that is known already.

    Raises:
        AnzhengError: CHAIN_FEES, CHAIN_UNAVAILABLE.
    """
    base = newest.get("baseFeePerGas")
    if base is None or policy.legacy:
        price = rpc.quantity("eth_gasPrice")
        _check_cap(price, policy)
        return {"gasPrice": policy.raised(price, version)}
    least = number(base)
    _check_cap(least, policy)
    # Chains without fees (base fee 0) need no tip.
    tip = min(policy.tip_wei, policy.max_gas_price_wei) if least else 0
    # Twice the base fee: it may rise by an eighth with each full block.
    most = policy.raised(2 * least + tip, version)
    return {
        "type": 2,
        "maxFeePerGas": most,
        "maxPriorityFeePerGas": min(policy.raised(tip, version), most),
    }


def price_now(rpc: Rpc) -> int:
    """Return what a unit of gas costs, in wei.

    Where the base fee is 0, so is the price: what nodes recommend on top need not be paid.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE.
    """
    base = newest_block(rpc).get("baseFeePerGas")
    return 0 if base is not None and number(base) == 0 else rpc.quantity("eth_gasPrice")


def gas_field(newest: dict[str, Any], estimate: int) -> int:
    """Return the gas limit for an estimate, at most what a block holds.

    Raises:
        AnzhengError: CHAIN_REVERTED, when no block holds it; CHAIN_UNAVAILABLE.
    """
    limit = number(newest.get("gasLimit"))
    if estimate > limit:
        raise AnzhengError(
            Code.CHAIN_REVERTED,
            "no block has room for this",
            reason=OVER_BLOCK_LIMIT,
            gas=estimate,
            limit=limit,
        )
    return min(estimate * GAS_MARGIN_PERCENT // 100, limit)


def newest_block(rpc: Rpc) -> dict[str, Any]:
    """Return the newest block as the node tells it.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE.
    """
    newest = rpc.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - JSON
    if not isinstance(newest, dict):
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node has no newest block")
    return newest


def _check_cap(price: int, policy: FeePolicy) -> None:
    if price > policy.max_gas_price_wei:
        raise AnzhengError(
            Code.CHAIN_FEES,
            "gas is dearer than allowed: see chain_max_gas_price_gwei",
            price_wei=price,
            cap_wei=policy.max_gas_price_wei,
        )
