"""Proofs of the chain's state: what stands under a key of a Merkle Patricia trie, or that nothing.

Keys are always 32 bytes (the chain hashes them), so no value stands in a branch. The nodes of a
proof are those that the walks from the root meet, each once, in the order in which they are first
met, and none besides: a proof of several keys of one trie has one spelling too. A node of less than
32 bytes stands inside its parent.

Standard: Ethereum Yellow Paper, appendix D; EIP-1186 (`eth_getProof`).
"""

from collections.abc import Sequence
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import rlp
from licence.formats.keccak import keccak256
from licence.formats.rlp import Limits, RlpValue
from licence.ids import Digest

KEY_BYTES: Final = 32
HASH_BYTES: Final = 32

MAX_NODE_BYTES: Final = 600
"""Largest node: a branch has 532 bytes, a leaf with an account fewer."""

MAX_NODES: Final = 65
"""Most nodes on the way to one key: one a nibble, and a leaf."""

EMPTY_ROOT: Final = keccak256(rlp.dumps(b""))
"""Root of the trie in which nothing stands."""

_LIMITS: Final = Limits(size=MAX_NODE_BYTES, depth=8, items=128)
_NIBBLES: Final = 2 * KEY_BYTES
_BRANCH: Final = 17
_PAIR: Final = 2
_ODD, _LEAF = 1, 2
_MAX_FLAG: Final = 3

Node = tuple[RlpValue, ...]


class ProofNodes:
    """The nodes of a proof, given out when a walk has their hash; `end` when all walks are done.

    Args:
        nodes: As they came, in order.
        in_any_order: For whoever makes a proof: nodes as a chain node gives them, which may stand
            twice, or to no purpose. `met` then has them as a proof has them.
    """

    __slots__ = ("_heap", "_known", "_left", "met")

    def __init__(self, nodes: Sequence[bytes], *, in_any_order: bool = False) -> None:
        self._heap = {keccak256(node): node for node in nodes} if in_any_order else None
        self._left = [] if in_any_order else list(reversed(nodes))
        self._known: dict[bytes, Node] = {}
        self.met: list[bytes] = []

    def take(self, digest: bytes, *, is_root: bool = False) -> Node:
        """Return the node with this hash: one that was used before, or else the next one.

        Raises:
            AnzhengError: TRIE_PROOF.
        """
        known = self._known.get(digest)
        if known is not None:
            return known
        data = self._next(digest)
        if not data or len(data) > MAX_NODE_BYTES or keccak256(data) != digest:
            raise _refused("a node is missing, or stands at another place")
        if len(data) < HASH_BYTES and not is_root:
            raise _refused("a node that stands inside its parent stands alone")
        node = self._known[digest] = _node(data)
        self.met.append(data)
        return node

    def _next(self, digest: bytes) -> bytes:
        if self._heap is not None:
            return self._heap.get(Digest(digest), b"")
        return self._left.pop() if self._left else b""

    def end(self) -> None:
        """Refuse nodes that no walk has met.

        Raises:
            AnzhengError: TRIE_PROOF.
        """
        if self._left:
            raise _refused("a node that proves nothing")


def look_up(root: bytes, key: bytes, nodes: ProofNodes) -> bytes | None:
    """Return what stands under a key of the trie with this root; None is proved as well.

    Args:
        root: From a block header, or an account.
        key: 32 bytes, hashed already.
        nodes: Those of the proof.

    Raises:
        AnzhengError: TRIE_PROOF, when the nodes do not prove the one or the other.
    """
    if root == EMPTY_ROOT:
        return None
    path = key.hex()
    if len(path) != _NIBBLES:
        raise _refused("a key has 32 bytes")
    node, at = nodes.take(root, is_root=True), 0
    while True:
        part, child, ends = _step(node, path[at:])
        if not path.startswith(part, at):
            return None
        if ends:
            return _value(child)
        if child == b"":
            return None
        at += len(part)
        node = _follow(child, nodes, needs_branch=len(node) == _PAIR)


def _step(node: Node, rest: str) -> tuple[str, RlpValue, bool]:
    """Return the nibbles that a node takes off the key, what is behind them, whether it ends."""
    if len(node) == _BRANCH:
        if not rest:
            raise _refused("a branch beyond the end of the key")
        return rest[0], node[int(rest[0], 16)], False
    part, ends = _part(node)
    if len(part) > len(rest) or ends != (len(part) == len(rest)):
        raise _refused("a path that is too short or too long")
    return part, node[1], ends


def _node(data: bytes) -> Node:
    try:
        node = rlp.loads(data, _LIMITS)
    except AnzhengError as error:
        raise AnzhengError(Code.TRIE_PROOF, "a node that is none") from error
    return _checked(node)


def _checked(node: RlpValue) -> Node:
    if isinstance(node, bytes) or len(node) not in {_BRANCH, _PAIR}:
        raise _refused("a node has 17 items or 2")
    if len(node) == _BRANCH and node[-1] != b"":
        raise _refused("a value where no key ends")
    return node


def _part(node: Node) -> tuple[str, bool]:
    """Return the nibbles of a leaf or an extension, and whether it is a leaf (hex prefix)."""
    encoded = node[0]
    if not isinstance(encoded, bytes) or not encoded or encoded[0] >> 4 > _MAX_FLAG:
        raise _refused("no hex prefix")
    text, flag = encoded.hex(), encoded[0] >> 4
    odd, ends = bool(flag & _ODD), bool(flag & _LEAF)
    if not odd and text[1] != "0":
        raise _refused("no hex prefix")
    part = text[1:] if odd else text[2:]
    if not part and not ends:
        raise _refused("an extension of nothing")
    if not ends and node[1] == b"":
        raise _refused("an extension that leads nowhere")
    return part, ends


def _value(value: RlpValue) -> bytes:
    if not isinstance(value, bytes) or not value:
        raise _refused("a leaf without value")
    return value


def _follow(child: RlpValue, nodes: ProofNodes, *, needs_branch: bool) -> Node:
    if isinstance(child, bytes):
        if len(child) != HASH_BYTES:
            raise _refused("neither a hash nor a node")
        node = nodes.take(child)
    else:
        if len(rlp.dumps(child)) >= HASH_BYTES:
            raise _refused("a node that is too large to stand inside its parent")
        node = _checked(child)
    if needs_branch and len(node) != _BRANCH:
        raise _refused("what follows an extension is a branch")
    return node


def _refused(message: str) -> AnzhengError:
    return AnzhengError(Code.TRIE_PROOF, message)
