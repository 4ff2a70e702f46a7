"""Merkle trees over SHA-256, with proofs of inclusion and of growth.

The leaves given here are hashed already (`leaf_hash`); an inner node has another prefix, so that
none can be shown as a leaf. Index and size are part of what a proof proves.

Standard: RFC 9162, 2.1 (the trees of RFC 6962).
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from licence.errors import AnzhengError, Code
from licence.ids import MerkleRoot

HASH_BYTES: Final = 32

MAX_SIZE: Final = 2**32 - 1
"""Most leaves of a tree; the contract keeps the size in 32 bits."""

EMPTY_ROOT: Final = MerkleRoot(sha256(b"").digest())
"""Root of the tree without leaves (RFC 9162, 2.1.1)."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf's data: SHA-256(0x00 || data)."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(_NODE + left + right).digest()


class Tree:
    """An RFC 9162 tree that keeps all its levels, so that a proof is a few look-ups.

    Args:
        leaves: Leaf hashes, 32 bytes each, in order.

    Raises:
        AnzhengError: TREE_PROOF, for a leaf of another length or too many of them.
    """

    __slots__ = ("_inner", "_levels", "_ragged_from")

    def __init__(self, leaves: Sequence[bytes]) -> None:
        if len(leaves) > MAX_SIZE or set(map(len, leaves)) - {HASH_BYTES}:
            raise AnzhengError(Code.TREE_PROOF, "too many leaves, or one is no SHA-256 hash")
        levels = [tuple(leaves)]
        while len(levels[-1]) > 1:
            levels.append(_parents(levels[-1]))
        self._levels = levels
        self._inner = tuple(enumerate(levels[:-1]))
        # From this leaf on a node on the way up may have no sibling.
        self._ragged_from = min(
            (len(level) - 1 << height for height, level in self._inner if len(level) & 1),
            default=len(leaves),
        )

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    @property
    def root(self) -> MerkleRoot:
        """Hash of the whole tree."""
        return MerkleRoot(self._levels[-1][0]) if self._levels[0] else EMPTY_ROOT

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the proof that the leaf at `index` is in the tree, from the leaf upwards.

        Raises:
            AnzhengError: TREE_PROOF, when there is no such leaf.

        Standard: RFC 9162, 2.1.3.1.
        """
        if not 0 <= index < self.size:
            raise AnzhengError(Code.TREE_PROOF, "no such leaf", index=index, size=self.size)
        if index < self._ragged_from:
            # Lists, not generators: half the time, and a batch asks ten thousand times.
            return tuple([level[index >> height ^ 1] for height, level in self._inner])
        siblings = [(level, index >> height ^ 1) for height, level in self._inner]
        return tuple([level[sibling] for level, sibling in siblings if sibling < len(level)])

    def consistency(self, old_size: int) -> tuple[bytes, ...]:
        """Return the proof that the first `old_size` leaves were a tree that this one continues.

        Empty for the tree itself and for the tree without leaves.

        Raises:
            AnzhengError: TREE_PROOF, when the old tree was larger.

        Standard: RFC 9162, 2.1.4.1.
        """
        if not 0 <= old_size <= self.size:
            raise AnzhengError(Code.TREE_PROOF, "no such older tree", old_size=old_size)
        if old_size in (0, self.size):
            return ()
        # The recursion SUBPROOF(m, D[start:end], whole) of the RFC, unrolled from the root down.
        start, end, wanted, whole = 0, self.size, old_size, True
        found = []
        while wanted != end - start:
            split = start + (1 << (end - start - 1).bit_length() - 1)
            if wanted <= split - start:
                found.append(self._node(split, end))
                end = split
            else:
                found.append(self._node(start, split))
                wanted -= split - start
                start, whole = split, False
        if not whole:
            found.append(self._node(start, end))
        return tuple(reversed(found))

    def _node(self, start: int, end: int) -> bytes:
        """Return the hash over leaves[start:end], a subtree of this tree."""
        height = (end - start - 1).bit_length()
        return self._levels[height][start >> height]


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Return if the leaf stands at `index` in the tree of this size and root; raise otherwise.

    Raises:
        AnzhengError: TREE_PROOF.

    Standard: RFC 9162, 2.1.3.2.
    """
    _check_hashes((leaf, root, *path))
    if not 0 <= index < size <= MAX_SIZE:
        raise _refused()
    place, last, found = index, size - 1, leaf
    for node in path:
        if last == 0:
            raise _refused()
        if place & 1 or place == last:
            found = node_hash(node, found)
            zeros = _trailing_zeros(place)
            place, last = place >> zeros, last >> zeros
        else:
            found = node_hash(found, node)
        place, last = place >> 1, last >> 1
    if last != 0 or found != root:
        raise _refused()


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Return if the tree continues the older one; raise otherwise.

    From no leaves at all every tree continues, with an empty proof and the empty tree's root.

    Raises:
        AnzhengError: TREE_PROOF.

    Standard: RFC 9162, 2.1.4.2.
    """
    _check_hashes((old_root, root, *proof))
    if not 0 <= old_size <= size <= MAX_SIZE:
        raise _refused()
    if old_size in (0, size):
        expected = EMPTY_ROOT if old_size == 0 else root
        if proof or old_root != expected or (size == 0 and root != EMPTY_ROOT):
            raise _refused()
        return
    nodes = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not nodes or _continued(old_size, size, nodes) != (old_root, root):
        raise _refused()


def _continued(old_size: int, size: int, nodes: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees as the proof's nodes make them."""
    place, last = old_size - 1, size - 1
    ones = _trailing_zeros(~place)
    place, last = place >> ones, last >> ones
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise _refused()
        if place & 1 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            zeros = _trailing_zeros(place)
            place, last = place >> zeros, last >> zeros
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise _refused()
    return old, new


def _trailing_zeros(number: int) -> int:
    """Return how often 2 divides the number; 0 for zero."""
    return max((number & -number).bit_length() - 1, 0)


def _parents(level: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the level above; a lone last node is carried up as it is, as the RFC's split does."""
    pairs = zip(level[::2], level[1::2], strict=False)
    parents = [sha256(_NODE + left + right).digest() for left, right in pairs]
    if len(level) & 1:
        parents.append(level[-1])
    return tuple(parents)


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise AnzhengError(Code.TREE_PROOF, "a hash of another length than 32 bytes")


def _refused() -> AnzhengError:
    return AnzhengError(Code.TREE_PROOF, "the proof does not prove it")
