"""Merkle trees: the vectors of the CT reference implementation, and the definition itself."""

from hashlib import sha256

import pytest

from licence.errors import Code
from licence.formats import tree
from licence.formats.tree import EMPTY_ROOT, MAX_SIZE, Tree
from tests.fakes.refusal import refuses

# The eight leaf data, and the roots of the first n of them, that every CT implementation tests.
DATA = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [tree.leaf_hash(data) for data in DATA]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): PATHS[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def _hex(path: tuple[bytes, ...]) -> list[str]:
    return [node.hex() for node in path]


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference(size: int) -> None:
    grown = Tree(LEAVES[:size])
    assert grown.size == size
    assert grown.root.hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_paths_of_the_reference(index: int, size: int) -> None:
    assert _hex(Tree(LEAVES[:size]).path(index)) == PATHS[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_of_the_reference(old: int, new: int) -> None:
    assert _hex(Tree(LEAVES[:new]).consistency(old)) == CONSISTENCY[old, new]


def _root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, by its recursive definition."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return tree.node_hash(_root(leaves[:split]), _root(leaves[split:]))


MANY = [tree.leaf_hash(bytes((n,))) for n in range(70)]


@pytest.mark.parametrize("size", range(70))
def test_every_size_agrees_with_the_definition_and_every_proof_verifies(size: int) -> None:
    grown = Tree(MANY[:size])
    assert grown.root == _root(MANY[:size])
    for index in range(size):
        tree.verify_inclusion(MANY[index], index, size, grown.path(index), grown.root)
    for old in range(size + 1):
        old_root = _root(MANY[:old])
        tree.verify_consistency(old, size, old_root, grown.root, grown.consistency(old))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 21])
def test_no_other_index_size_leaf_or_path_verifies(size: int) -> None:
    grown = Tree(MANY[:size])
    for index in range(size):
        leaf, path, root = MANY[index], grown.path(index), grown.root
        wrong = [
            *((leaf, other, size, path, root) for other in range(-1, size + 2) if other != index),
            (MANY[60], index, size, path, root),
            (leaf, index, size, path, MANY[60]),
            (leaf, index, size, (*path, MANY[60]), root),
            *((leaf, index, size, path[:cut] + path[cut + 1 :], root) for cut in range(len(path))),
            (leaf, index, size, path, root[1:]),
            (leaf, index, MAX_SIZE + 1, path, root),
        ]
        for case in wrong:
            with refuses(Code.TREE_PROOF):
                tree.verify_inclusion(*case)


def test_an_inner_node_is_no_leaf() -> None:
    grown = Tree(LEAVES)
    inner = tree.node_hash(LEAVES[0], LEAVES[1])
    tree.verify_inclusion(inner, 0, 4, grown.path(0)[1:], grown.root)
    with refuses(Code.TREE_PROOF):
        # The size is bound elsewhere (on chain, in the record), so the shorter tree is not there.
        tree.verify_inclusion(inner, 0, 8, grown.path(0)[1:], grown.root)


def test_forged_consistency_is_refused() -> None:
    for size in range(1, 12):
        grown = Tree(MANY[:size])
        for old in range(1, size):
            proof, old_root = grown.consistency(old), Tree(MANY[:old]).root
            wrong = [
                (old, size, MANY[60], grown.root, proof),
                (old, size, old_root, MANY[60], proof),
                (old, size, old_root, grown.root, (*proof, MANY[60])),
                (old, size, old_root, grown.root, proof[:-1]),
                (old, size, old_root, grown.root, (MANY[60], *proof[1:])),
                (old, size, old_root, grown.root, ()),
                (size, old, grown.root, old_root, proof),
            ]
            for case in wrong:
                with refuses(Code.TREE_PROOF):
                    tree.verify_consistency(*case)


@pytest.mark.parametrize(
    "case",
    [
        (-1, 1, EMPTY_ROOT, LEAVES[0], ()),
        (0, MAX_SIZE + 1, EMPTY_ROOT, LEAVES[0], ()),
        (0, 1, LEAVES[0], LEAVES[0], ()),
        (0, 1, EMPTY_ROOT, LEAVES[0], (LEAVES[0],)),
        (0, 0, EMPTY_ROOT, LEAVES[0], ()),
        (1, 1, LEAVES[0], LEAVES[1], ()),
        (1, 1, LEAVES[0], LEAVES[0], (LEAVES[0],)),
        (1, 2, LEAVES[0], ROOTS[2].encode(), (LEAVES[1],)),
    ],
)
def test_consistency_with_nothing_itself_or_other_lengths(
    case: tuple[int, int, bytes, bytes, tuple[bytes, ...]],
) -> None:
    with refuses(Code.TREE_PROOF):
        tree.verify_consistency(*case)


def test_tree_refuses_leaves_that_are_no_hashes() -> None:
    with refuses(Code.TREE_PROOF):
        Tree([LEAVES[0], b"short"])


@pytest.mark.parametrize("index", [-1, 8])
def test_there_is_no_path_for_a_leaf_that_is_not_there(index: int) -> None:
    with refuses(Code.TREE_PROOF):
        Tree(LEAVES).path(index)


@pytest.mark.parametrize("old", [-1, 9])
def test_there_is_no_proof_from_a_larger_tree(old: int) -> None:
    with refuses(Code.TREE_PROOF):
        Tree(LEAVES).consistency(old)
