"""Bytes for the contract from our values, and back."""

from datetime import UTC, datetime
from typing import Any, Final, assert_never

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import event_signature_to_log_topic
from eth_utils.crypto import keccak

from anchor.calls import (
    AnchorCall,
    Call,
    Change,
    ConfirmCall,
    ProposeCall,
    ReinstateCall,
    Succession,
    SupersedeCall,
    SuspendCall,
)
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import AuthorityId, Digest, MerkleRoot

AUTHORITY_BYTES: Final = 18
"""The contract knows an authority by its unified social credit code, in ASCII."""

CHANGES: Final = "(uint32,uint256)[]"
SUCCESSIONS: Final = "(uint32,uint32,uint32,bytes32,bytes32,bytes32,bytes32[])[]"

ANCHORED_TOPIC: Final = event_signature_to_log_topic(
    "Anchored(bytes18,bytes32,uint64,uint32,bytes32,address)"
)


def authority_bytes(authority: AuthorityId) -> bytes:
    """Return an authority as the contract knows it.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for an id that is not 18 ASCII characters.
    """
    if not authority.isascii() or len(authority) != AUTHORITY_BYTES:
        raise AnzhengError(Code.CHAIN_ACCOUNT, "no authority id", authority=authority)
    return authority.encode("ascii")


def function(name: str, types: tuple[str, ...], *values: object) -> bytes:
    """Return call data: selector and arguments.

    Raises:
        AnzhengError: CHAIN_REVERTED, for values that do not fit the types.
    """
    try:
        return keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, values)
    except EncodingError as error:
        raise AnzhengError(
            Code.CHAIN_REVERTED, "the contract takes no such values", function=name
        ) from error


def answer(types: tuple[str, ...], data: bytes) -> tuple[Any, ...]:
    """Return the values in the contract's answer.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for bytes that are no such answer.
    """
    try:
        return decode(types, data)
    except DecodingError as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "not an answer of the contract") from error


def call_data(call: Call) -> bytes:
    """Return the call data of what an account can ask.

    Raises:
        AnzhengError: CHAIN_REVERTED, for values that do not fit.
    """
    match call:
        case AnchorCall():
            types = ("bytes32", "uint32", "bytes32")
            return function("anchor", types, call.root, call.size, call.manifest)
        case SuspendCall() | ReinstateCall():
            name = "suspend" if isinstance(call, SuspendCall) else "reinstate"
            return function(name, (CHANGES, "bytes32"), _pairs(call.changes), call.decision)
        case ProposeCall() | ConfirmCall():
            name = "propose" if isinstance(call, ProposeCall) else "confirm"
            types = ("uint8", CHANGES, "bytes32")
            return function(name, types, int(call.status), _pairs(call.changes), call.decision)
        case SupersedeCall():
            items = [_succession(item) for item in call.successions]
            return function("supersede", (SUCCESSIONS, "bytes32"), items, call.decision)
        case _:
            assert_never(call)


def batch_key(root: MerkleRoot, size: int, manifest: ManifestDigest) -> Digest:
    """Return the key of a batch: keccak-256 over root, size and manifest."""
    return Digest(keccak(encode(("bytes32", "uint32", "bytes32"), (root, size, manifest))))


def proposal_id(authority: AuthorityId, call: ProposeCall) -> Digest:
    """Return the id of a proposal: keccak-256 over all that it says."""
    types = ("bytes18", "uint8", CHANGES, "bytes32")
    values = (authority_bytes(authority), int(call.status), _pairs(call.changes), call.decision)
    return Digest(keccak(encode(types, values)))


def moment(seconds: int) -> datetime:
    """Return a block's time.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for a time that no calendar has.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the chain's time is none") from error


def error_name(abi: tuple[dict[str, Any], ...], selector: str) -> str | None:
    """Return the name of a custom error of the contract, from `0x` and eight hex digits."""
    wanted = selector.removeprefix("0x")
    for entry in abi:
        if entry["type"] == "error":
            types = ",".join(part["type"] for part in entry["inputs"])
            if keccak(text=f"{entry['name']}({types})")[:4].hex() == wanted:
                return str(entry["name"])
    return None


def _pairs(changes: tuple[Change, ...]) -> list[tuple[int, int]]:
    return [(change.word, change.mask) for change in changes]


def _succession(item: Succession) -> tuple[object, ...]:
    place = (item.index, item.leaf_index, item.size)
    return (*place, item.root, item.manifest, item.leaf, list(item.path))
