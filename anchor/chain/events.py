"""Reading the contract's events from a node, and the head of its history.

Nodes limit how much `eth_getLogs` may ask for, each in its own way; a range that is refused is
halved, and grows again when answers come. Nothing that a node says is believed here:
`anchor.replay` recomputes the history, in which a missing, added or altered event shows. The
history has no block hashes; that of a batch, which goes into records, must be its block's own.

Standard: Ethereum JSON-RPC (`eth_getLogs`); Solidity contract ABI.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from anchor.calls import Change
from anchor.chain.artifact import Artifact
from anchor.chain.codec import answer, function, moment
from anchor.chain.evm import Contract
from anchor.chain.node import hashed, hexed, number, octets
from anchor.chain_ports import Right
from anchor.events import (
    AccountSet,
    Administration,
    Anchored,
    AuthorityPaused,
    AuthorityRegistered,
    Confirmed,
    DailyCapSet,
    Delegated,
    Event,
    EventRange,
    Foreign,
    Paused,
    Place,
    ProposalDropped,
    Proposed,
    StatusChanged,
    SuccessorSet,
    Superseded,
    unpacked_change,
)
from licence.errors import AnzhengError, Code
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, AuthorityId, BlockHash, Digest, Leaf, MerkleRoot

MOST_BLOCKS: Final = 10_000
"""Widest range that is asked for at once; many public nodes allow no more."""

_WORD: Final = 32

fast_keccak: Callable[[bytes], bytes] = keccak
"""keccak-256 in machine code, for `anchor.replay.Replay`."""


class Asks(Protocol):
    """What is needed of a node or of a pool of nodes."""

    def ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the result of one request."""
        ...


@dataclass(frozen=True, slots=True)
class _Shape:
    """One event of the interface: its name and parameters, indexed ones apart."""

    name: str
    indexed: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]


@final
class EventReader:
    """Reads the events of one contract.

    Args:
        rpc: The node, or a pool.
        contract: Which contract.
        artifact: Its interface.
        most_blocks: Widest range to ask for at once.
    """

    def __init__(
        self, rpc: Asks, contract: Contract, artifact: Artifact, *, most_blocks: int = MOST_BLOCKS
    ) -> None:
        self._rpc = rpc
        self._contract = contract
        self._shapes = _shapes(artifact.abi)
        self._most = most_blocks
        self._blocks: dict[int, tuple[bytes, int]] = {}

    def events(self, first: int, last: int) -> Iterator[Event]:
        """Yield the events of the blocks `first` to `last`, both inclusive.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE.
        """
        for each in self.ranges(first, last):
            yield from each.events

    def ranges(self, first: int, last: int) -> Iterator[EventRange]:
        """Yield the same in pieces, each complete, so that a reader can stop between two.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE.
        """
        at, width = max(first, self._contract.from_block), self._most
        while at <= last:
            end = min(at + width - 1, last)
            try:
                logs = self._logs(at, end)
            except AnzhengError as error:
                if end == at or not _is_refusal(error):
                    raise
                width = max((end - at + 1) // 2, 1)
                continue
            yield EventRange(at, end, self._decoded(logs, at, end))
            at, width = end + 1, min(width * 2, self._most)

    def head(self, at: int) -> tuple[int, Digest]:
        """Return number and hash of the history's last entry as of block `at`.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE.
        """
        sequence, head = answer(("uint64", "bytes32"), self._call(function("head", ()), at))
        return int(sequence), Digest(head)

    def _call(self, data: bytes, at: int) -> bytes:
        call = {"to": hexed(self._contract.address), "data": hexed(data)}
        return octets(self._rpc.ask("eth_call", call, hex(at)))

    def _logs(self, first: int, last: int) -> Sequence[Mapping[str, Any]]:
        wanted = {
            "address": hexed(self._contract.address),
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        logs = self._rpc.ask("eth_getLogs", wanted)
        if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
            raise _nonsense("the node's events are none")
        return logs

    def _decoded(
        self, logs: Sequence[Mapping[str, Any]], first: int, last: int
    ) -> tuple[Event, ...]:
        self._blocks.clear()
        events = [self._event(log) for log in logs]
        events.sort(key=lambda event: (event.at.block_number, event.at.log_index))
        places = {(event.at.block_number, event.at.log_index) for event in events}
        inside = all(first <= event.at.block_number <= last for event in events)
        if not inside or len(places) != len(events):
            raise _nonsense("the node's events are not those that were asked for")
        return tuple(events)

    def _event(self, log: Mapping[str, Any]) -> Event:
        try:
            if octets(log["address"]) != self._contract.address or log.get("removed"):
                raise _nonsense("the node's event is of another contract, or was removed")
            at = self._place(log)
            topics = [octets(topic) for topic in log["topics"]]
            data = octets(log["data"])
        except (KeyError, TypeError) as error:
            raise _nonsense("the node's event is none") from error
        topic = topics[0] if topics else b""
        shape = self._shapes.get(topic)
        if shape is None:
            return Foreign(at, None, topic)
        if shape.name == "Anchored" and self._block(at.block_number)[0] != at.block_hash:
            raise _nonsense("the node's event is of another block")
        make = _MAKERS.get(shape.name)
        if make is None:
            return Foreign(at, shape.name, topic)
        return make(at, _values(shape, topics[1:], data))

    def _place(self, log: Mapping[str, Any]) -> Place:
        height = number(log["blockNumber"])
        return Place(
            block_number=height,
            block_hash=BlockHash(_sized(log["blockHash"])),
            block_time=moment(self._time(height, log.get("blockTimestamp"))),
            transaction=Digest(_sized(log["transactionHash"])),
            log_index=number(log["logIndex"]),
        )

    def _time(self, height: int, said: object) -> int:
        """Return a block's time; older nodes do not say it beside the event."""
        if said is not None:
            return number(said)
        return self._block(height)[1]

    def _block(self, height: int) -> tuple[bytes, int]:
        """Return hash and time of a block."""
        if height not in self._blocks:
            block = self._rpc.ask("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 - JSON
            if not isinstance(block, dict):
                raise _nonsense("the node has no block for its event")
            self._blocks[height] = hashed(block.get("hash")), number(block.get("timestamp"))
        return self._blocks[height]


def _nonsense(message: str) -> AnzhengError:
    return AnzhengError(Code.CHAIN_UNAVAILABLE, message)


def _is_refusal(error: AnzhengError) -> bool:
    """Say whether a smaller range may help: the node answered, or answered too much."""
    return "too_large" in error.facts or error.facts.get("rpc_code") is not None


def _sized(value: object) -> bytes:
    data = octets(value)
    if len(data) != _WORD:
        raise _nonsense("the node's digest is none")
    return data


def _shapes(abi: Sequence[Mapping[str, Any]]) -> dict[bytes, _Shape]:
    """Return the events of an interface by their first topic."""
    shapes = {}
    for entry in abi:
        if entry["type"] != "event":
            continue
        parts = [(part["name"], _type(part), part["indexed"]) for part in entry["inputs"]]
        topic = keccak(text=f"{entry['name']}({','.join(kind for _, kind, _ in parts)})")
        shapes[topic] = _Shape(
            entry["name"],
            tuple((name, kind) for name, kind, indexed in parts if indexed),
            tuple((name, kind) for name, kind, indexed in parts if not indexed),
        )
    return shapes


def _type(part: Mapping[str, Any]) -> str:
    kind = str(part["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(each) for each in part["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _values(shape: _Shape, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    if len(topics) != len(shape.indexed):
        raise _nonsense("the node's event has not its topics")
    values: dict[str, Any] = {}
    try:
        for (name, kind), topic in zip(shape.indexed, topics, strict=True):
            values[name] = decode((kind,), topic)[0]
        found = decode([kind for _, kind in shape.others], data)
    except DecodingError as error:
        raise _nonsense("the node's event does not decode") from error
    values |= {name: value for (name, _), value in zip(shape.others, found, strict=True)}
    return values


def _common(at: Place, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every entry has; the authority where there is one."""
    common: dict[str, Any] = {
        "at": at,
        "sequence": int(values["sequence"]),
        "account": _address(values["account"]),
    }
    if "authority" in values:
        common["authority"] = _authority(values["authority"])
    return common


def _address(value: str) -> Address:
    return Address(octets(value))


def _authority(value: bytes) -> AuthorityId:
    return AuthorityId(value.rstrip(b"\0").decode("ascii", "replace"))


def _changes(values: Sequence[int]) -> tuple[Change, ...]:
    return tuple(unpacked_change(value) for value in values)


def _rights(value: int) -> Right:
    return Right(value)


_MAKERS: Final[dict[str, Callable[[Place, Mapping[str, Any]], Event]]] = {
    "Anchored": lambda at, v: Anchored(
        root=MerkleRoot(v["root"]),
        size=v["size"],
        manifest=ManifestDigest(v["manifest"]),
        **_common(at, v),
    ),
    "StatusChanged": lambda at, v: StatusChanged(
        status=v["status"],
        changes=_changes(v["changes"]),
        decision=Digest(v["decision"]),
        **_common(at, v),
    ),
    "Superseded": lambda at, v: Superseded(
        index=v["index"],
        leaf=Leaf(v["leaf"]),
        decision=Digest(v["decision"]),
        **_common(at, v),
    ),
    "Proposed": lambda at, v: Proposed(
        proposal=Digest(v["proposal"]),
        status=v["status"],
        changes=_changes(v["changes"]),
        decision=Digest(v["decision"]),
        **_common(at, v),
    ),
    "ProposalDropped": lambda at, v: ProposalDropped(
        proposal=Digest(v["proposal"]), proposer=_address(v["proposer"]), **_common(at, v)
    ),
    "Confirmed": lambda at, v: Confirmed(
        proposal=Digest(v["proposal"]), proposer=_address(v["proposer"]), **_common(at, v)
    ),
    "Delegated": lambda at, v: Delegated(
        deputy=_authority(v["deputy"]),
        rights=_rights(v["rights"]),
        until=v["until"],
        **_common(at, v),
    ),
    "AuthorityRegistered": lambda at, v: AuthorityRegistered(
        daily_cap=v["dailyCap"], **_common(at, v)
    ),
    "AccountSet": lambda at, v: AccountSet(
        subject=_address(v["subject"]), rights=_rights(v["rights"]), **_common(at, v)
    ),
    "DailyCapSet": lambda at, v: DailyCapSet(daily_cap=v["dailyCap"], **_common(at, v)),
    "AuthorityPaused": lambda at, v: AuthorityPaused(paused=v["paused"], **_common(at, v)),
    "Paused": lambda at, v: Paused(paused=v["paused"], **_common(at, v)),
    "SuccessorSet": lambda at, v: SuccessorSet(
        successor=_address(v["successor"]), **_common(at, v)
    ),
    "Administration": lambda at, v: Administration(
        what=v["what"].rstrip(b"\0").decode("ascii", "replace"),
        subject=v["subject"],
        value=v["value"],
        **_common(at, v),
    ),
}
"""How each entry of the history is made; an event of the interface without one is foreign."""
