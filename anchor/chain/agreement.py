"""When the answers of two nodes are the same, and at which block they are asked.

Clients of several makes answer the same question with the same facts and different trimmings
(fields that only one knows, capitals, leading zeros). What is compared is what somebody uses.

Standard: Ethereum JSON-RPC.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from anchor.chain.proof import HEADER, LATER

SEND: Final = "eth_sendRawTransaction"
HEIGHT: Final = "eth_blockNumber"
BLOCK: Final = "eth_getBlockByNumber"
RECEIPT: Final = "eth_getTransactionReceipt"
LOGS: Final = "eth_getLogs"

NEWEST: Final = "latest"
TAGGED: Final = ("finalized", "safe")
"""Names of blocks that each node gives to another block."""

PRICES: Final = ("eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_estimateGas")
"""What each node reckons for itself: the middle one counts."""

_PLACES: Final = {
    "eth_call": 1,
    "eth_getCode": 1,
    "eth_getBalance": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_getProof": 2,
    BLOCK: 0,
}
"""Which parameter names the block."""

_BLOCK: Final = ("hash", *(name for name in (*HEADER, *LATER) if name != "extraData"))
"""Without the seals: every validator keeps those that it happened to get, under the same hash."""

_RECEIPT: Final = ("status", "blockNumber", "blockHash", "contractAddress", "gasUsed")
_LOG: Final = (
    *("address", "topics", "data", "blockNumber", "blockHash"),
    *("transactionHash", "logIndex", "removed"),
)
_PROOF: Final = ("balance", "codeHash", "nonce", "storageHash")
_SLOT: Final = ("value",)
"""Without the nodes of the tree: some send short ones twice. What is proved is judged elsewhere."""


Params = tuple[Any, ...]


def pinned(method: str, params: Params, height: int) -> Params:
    """Return the parameters with a number in place of "the newest block"."""
    asked = list(params)
    if method == LOGS and "blockHash" not in asked[0]:
        asked[0] = {**asked[0], "toBlock": hex(min(_end(asked[0], height), height))}
    place = _PLACES.get(method, len(asked))
    if place < len(asked) and asked[place] == NEWEST:
        asked[place] = hex(height)
    return tuple(asked)


def height_of(method: str, params: Params) -> int | None:
    """Return the highest block that is asked about, if a number says which."""
    if method == LOGS:
        return _number(params[0].get("toBlock"))
    place = _PLACES.get(method, len(params))
    if place < len(params):
        return _number(params[place])
    return None


def essence(method: str, result: object) -> str:
    """Return what two answers must have in common to be the same."""
    return json.dumps(_plain(_USED.get(method, _all)(result)), sort_keys=True)


def receipt_height(result: object) -> int | None:
    """Return in which block a receipt was mined."""
    return _number(result.get("blockNumber")) if isinstance(result, Mapping) else None


def _end(wanted: Mapping[str, Any], otherwise: int) -> int:
    found = _number(wanted.get("toBlock"))
    return otherwise if found is None else found


def _number(value: object) -> int | None:
    try:
        return int(value, 16) if isinstance(value, str) else None
    except ValueError:
        return None


def _plain(value: object) -> object:
    """Return hexadecimal in one spelling: capitals are free, and zeros before a number."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _all(value: object) -> object:
    return value


def _fields(names: tuple[str, ...]) -> Callable[[object], object]:
    def pick(value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {name: value.get(name) or None for name in names}

    return pick


def _logs(value: object) -> object:
    return [_fields(_LOG)(each) for each in value] if isinstance(value, list) else value


def _proof(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    slots = value.get("storageProof")
    picked = [_fields(_SLOT)(slot) for slot in slots] if isinstance(slots, list) else slots
    return [_fields(_PROOF)(value), picked]


def _quantity(value: object) -> object:
    found = _number(value)
    return value if found is None else found


_USED: Final[Mapping[str, Callable[[object], object]]] = {
    BLOCK: _fields(_BLOCK),
    RECEIPT: _fields(_RECEIPT),
    LOGS: _logs,
    "eth_getProof": _proof,
    "eth_chainId": _quantity,
    "eth_getBalance": _quantity,
    "eth_getTransactionCount": _quantity,
}
