"""The beginning of a trial chain: Hyperledger Besu, QBFT, one validator, gas for nothing.

A consortium makes its genesis together and by its own rules; this one is for one machine. The rules
are those of `london`, the oldest that the contract is compiled for.

Standard: EIP-225 extraData as QBFT has it (`licence/formats/qbft`); Besu's genesis file.
"""

import json
from collections.abc import Sequence
from typing import Final

from licence.formats import rlp
from licence.ids import Address, ChainId

VANITY_BYTES: Final = 32
GAS_LIMIT: Final = 30_000_000
BLOCK_SECONDS: Final = 2

MIX_HASH: Final = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""Says that a block was made by a Byzantine protocol; the same in every QBFT chain."""


def extra_data(validators: Sequence[Address]) -> bytes:
    """Return the extraData of the first block: its validators, no vote, round 0, no seal."""
    vanity = bytes(VANITY_BYTES)
    return rlp.dumps((vanity, tuple(map(bytes, validators)), (), b"", ()))


def genesis(chain_id: ChainId, validators: Sequence[Address]) -> bytes:
    """Return Besu's genesis file.

    Args:
        chain_id: EIP-155 id.
        validators: Addresses of the nodes that make blocks.
    """
    value = {
        "config": {
            "chainId": chain_id,
            "berlinBlock": 0,
            "londonBlock": 0,
            "zeroBaseFee": True,
            "qbft": {
                "blockperiodseconds": BLOCK_SECONDS,
                "epochlength": 30_000,
                "requesttimeoutseconds": 2 * BLOCK_SECONDS,
            },
        },
        "nonce": "0x0",
        "timestamp": "0x0",
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x1",
        "mixHash": MIX_HASH,
        "coinbase": "0x" + bytes(20).hex(),
        "extraData": "0x" + extra_data(validators).hex(),
        "alloc": {},
    }
    return (json.dumps(value, indent=2) + "\n").encode("ascii")
