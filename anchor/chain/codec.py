"""Bytes for the contract from our values, and back."""

from datetime import UTC, datetime
from typing import Any, Final, assert_never

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import event_signature_to_log_topic
from eth_utils.crypto import keccak

from anchor.calls import (
    LICENCES_IN_WORD,
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

_WORD_BYTES: Final = 32

AUTHORITY_BYTES: Final = 18
"""The contract knows an authority by its unified social credit code, in ASCII."""

CHANGES: Final = "uint96[]"
PAIRS: Final = "(uint32,uint256)[]"
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


def call_data(call: Call, principal: AuthorityId | None = None, *, pairs: bool = False) -> bytes:
    """Return the call data of what an account can ask.

    Args:
        call: What is asked.
        principal: In whose name, if not for the account's own authority.
        pairs: For a contract of the first release, in which licences are only given back
            before another takes over.

    Raises:
        AnzhengError: CHAIN_REVERTED, for values that do not fit; CHAIN_ACCOUNT.
    """
    if pairs and isinstance(call, ReinstateCall):
        changes = [(change.word, change.mask) for change in call.changes]
        return function("reinstate", (PAIRS, "bytes32"), changes, call.decision)
    name, types, values = _signature(call)
    if principal is None:
        return function(name, types, *values)
    return function(f"{name}For", ("bytes18", *types), authority_bytes(principal), *values)


def batch_key(root: MerkleRoot, size: int, manifest: ManifestDigest) -> Digest:
    """Return the key of a batch: keccak-256 over root, size and manifest."""
    return Digest(keccak(encode(("bytes32", "uint32", "bytes32"), (root, size, manifest))))


def proposal_id(authority: AuthorityId, call: ProposeCall | ConfirmCall) -> Digest:
    """Return the id of a proposal: keccak-256 over all that it says."""
    return change_id(authority, int(call.status), call.changes, call.decision)


def change_id(
    authority: AuthorityId, status: int, changes: tuple[Change, ...], decision: Digest
) -> Digest:
    """Return what names a change of status: in a proposal, and in the history."""
    words = b"".join(value.to_bytes(_WORD_BYTES, "big") for value in packed(changes))
    types = ("bytes18", "uint8", "bytes32", "bytes32")
    values = (authority_bytes(authority), status, decision, keccak(words))
    return Digest(keccak(encode(types, values)))


def packed(changes: tuple[Change, ...]) -> list[int]:
    """Return changes as the contract takes them: `word << 64 | bits`, a bit for each licence.

    Raises:
        AnzhengError: CHAIN_REVERTED, for a mask that is not made of whole nibbles.
    """
    return [change.word << LICENCES_IN_WORD | _bits(change.mask) for change in changes]


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


def _signature(call: Call) -> tuple[str, tuple[str, ...], tuple[object, ...]]:
    """Return name, types and values of a call for one's own authority."""
    match call:
        case AnchorCall():
            types: tuple[str, ...] = ("bytes32", "uint32", "bytes32")
            return "anchor", types, (call.root, call.size, call.manifest)
        case SuspendCall() | ReinstateCall():
            name = "suspend" if isinstance(call, SuspendCall) else "reinstate"
            return name, (CHANGES, "bytes32"), (packed(call.changes), call.decision)
        case ProposeCall():
            types = ("uint8", CHANGES, "bytes32")
            return "propose", types, (int(call.status), packed(call.changes), call.decision)
        case ConfirmCall():
            types = ("uint8", CHANGES, "bytes32", "address")
            values = (int(call.status), packed(call.changes), call.decision)
            return "confirm", types, (*values, call.proposer)
        case SupersedeCall():
            items = [_succession(item) for item in call.successions]
            return "supersede", (SUCCESSIONS, "bytes32"), (items, call.decision)
        case _:
            assert_never(call)


def _bits(mask: int) -> int:
    """Return bit `i` for each nibble `i` of the mask."""
    nibbles = f"{mask:064x}"
    if len(nibbles) != LICENCES_IN_WORD or nibbles.strip("0f"):
        raise AnzhengError(Code.CHAIN_REVERTED, "the contract takes no such mask")
    return int(nibbles.replace("f", "1"), 2)


def _succession(item: Succession) -> tuple[object, ...]:
    place = (item.index, item.leaf_index, item.size)
    return (*place, item.root, item.manifest, item.leaf, list(item.path))
