"""State proofs, node by node: what is no trie, and what is one spelled otherwise."""

import pytest

from licence.errors import Code
from licence.formats import patricia, rlp
from licence.formats.keccak import keccak256
from licence.formats.patricia import EMPTY_ROOT, ProofNodes, look_up
from licence.formats.rlp import Limits, RlpValue
from tests.fakes.refusal import refuses

KEY = bytes(range(32))
PATH = KEY.hex()


def leaf(path: str, value: bytes = b"value") -> tuple[bytes, bytes]:
    """Return a leaf with these nibbles."""
    prefix = "3" if len(path) % 2 else "20"
    return bytes.fromhex(prefix + path), value


def extension(path: str, child: RlpValue) -> tuple[bytes, RlpValue]:
    """Return an extension with these nibbles."""
    prefix = "1" if len(path) % 2 else "00"
    return bytes.fromhex(prefix + path), child


def branch(nibble: str, child: RlpValue, value: bytes = b"") -> tuple[RlpValue, ...]:
    """Return a branch with one child."""
    children: list[RlpValue] = [b""] * 16
    children[int(nibble, 16)] = child
    return (*children, value)


def prove(*nodes: RlpValue) -> bytes | None:
    """Walk from the first node."""
    encoded = [rlp.dumps(node) for node in nodes]
    found = ProofNodes(encoded)
    value = look_up(keccak256(encoded[0]), KEY, found)
    found.end()
    return value


def test_a_leaf_may_be_the_whole_trie() -> None:
    assert prove(leaf(PATH)) == b"value"
    assert prove(leaf("f" + PATH[1:])) is None


def test_nothing_stands_in_the_empty_trie_and_no_node_proves_it() -> None:
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    nodes = ProofNodes([])
    assert look_up(EMPTY_ROOT, KEY, nodes) is None
    nodes.end()
    with refuses(Code.TRIE_PROOF):
        ProofNodes([b"\x80"]).end()


def test_a_branch_and_an_extension_lead_on() -> None:
    below = leaf(PATH[3:], b"x" * 40)
    middle = branch(PATH[2], keccak256(rlp.dumps(below)))
    top = extension(PATH[:2], keccak256(rlp.dumps(middle)))
    assert prove(top, middle, below) == b"x" * 40
    elsewhere = extension("ff", keccak256(rlp.dumps(middle)))
    assert prove(elsewhere) is None
    assert prove(branch("f", keccak256(rlp.dumps(below)))) is None


def test_a_small_node_stands_in_its_parent_and_nowhere_else() -> None:
    deep = branch(PATH[62], leaf(PATH[63:], b"v"))
    top = extension(PATH[:62], keccak256(rlp.dumps(deep)))
    small = rlp.dumps(deep)
    assert len(small) < 32
    with refuses(Code.TRIE_PROOF):
        prove(top, deep)
    assert prove(extension(PATH[:62], deep)) == b"v"


def test_a_large_node_does_not_stand_in_its_parent() -> None:
    below = leaf(PATH[1:], b"x" * 40)
    with refuses(Code.TRIE_PROOF):
        prove(branch(PATH[0], below))


@pytest.mark.parametrize(
    "node",
    [
        (),
        (b"a",),
        (b"a", b"b", b"c"),
        (b"",) * 16,
        (b"",) * 18,
        branch("0", b"", b"value where no key ends"),
        (b"", b"value"),
        leaf(PATH[2:]),
        leaf(PATH + "00"),
        leaf(PATH, b""),
        (leaf(PATH)[0], (b"a", b"b")),
        extension("", bytes(32)),
        extension(PATH, bytes(32)),
        extension(PATH[:62], b""),
        (b"\x21" + KEY, b"value"),
        (b"\x40" + KEY, b"value"),
        (b"\xff", b"value"),
        ((b"a",), b"value"),
        branch("0", b"a child that is neither hash nor node"),
        extension("00", leaf(PATH[2:], b"")),
    ],
)
def test_what_is_no_node_of_such_a_trie_is_refused(node: RlpValue) -> None:
    with refuses(Code.TRIE_PROOF):
        prove(node)


def test_what_follows_an_extension_is_a_branch() -> None:
    below = leaf(PATH[2:], b"x" * 40)
    with refuses(Code.TRIE_PROOF):
        prove(extension(PATH[:2], keccak256(rlp.dumps(below))), below)


def test_a_branch_beyond_the_end_of_the_key_is_refused() -> None:
    beyond = branch("0", b"x" * 32)
    last = branch(PATH[63], keccak256(rlp.dumps(beyond)))
    top = extension(PATH[:63], keccak256(rlp.dumps(last)))
    with refuses(Code.TRIE_PROOF):
        prove(top, last, beyond)
    end = leaf("", b"y" * 40)
    last = branch(PATH[63], keccak256(rlp.dumps(end)))
    top = extension(PATH[:63], keccak256(rlp.dumps(last)))
    assert prove(top, last, end) == b"y" * 40


def test_a_key_of_another_length_is_refused() -> None:
    node = rlp.dumps(leaf(PATH))
    for key in (KEY[1:], KEY + b"\0", b""):
        with refuses(Code.TRIE_PROOF):
            look_up(keccak256(node), key, ProofNodes([node]))


def test_a_node_larger_than_any_is_not_even_hashed() -> None:
    node = rlp.dumps(leaf(PATH, bytes(patricia.MAX_NODE_BYTES)))
    with refuses(Code.TRIE_PROOF):
        look_up(keccak256(node), KEY, ProofNodes([node]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81\x00",
        b"\x81\x7f",
        b"\xb8\x37" + bytes(0x37),
        b"\xb9\x00\x38" + bytes(0x38),
        b"\xb8",
        b"\xb8\x80",
        b"\xbf" + b"\xff" * 8,
        b"\xff" + b"\xff" * 8,
        b"\xf8\x00",
        b"\xc1",
        b"\xc2\x83ab",
        b"\xc1\x80\x80",
        b"\x80\x80",
        b"\xc1" * 9 + b"\xc0",
    ],
)
def test_rlp_in_another_spelling_is_refused(data: bytes) -> None:
    with refuses(Code.RLP_SYNTAX):
        rlp.loads(data, Limits(size=100, depth=8, items=100))


def test_limits_of_rlp_come_first() -> None:
    with refuses(Code.RLP_SYNTAX):
        rlp.loads(bytes(3), Limits(size=2, depth=1, items=9))
    with refuses(Code.RLP_SYNTAX):
        rlp.loads(rlp.dumps((b"a", b"b")), Limits(size=9, depth=1, items=2))
    with refuses(Code.RLP_SYNTAX):
        rlp.loads(rlp.dumps(()), Limits(size=9, depth=0, items=2))
    with refuses(Code.RLP_SYNTAX):
        rlp.strings(b"a string")
    with refuses(Code.RLP_SYNTAX):
        rlp.strings(((),))
    for data in (b"\0", b"\0\x01", b"\x01" * 3):
        with refuses(Code.RLP_SYNTAX):
            rlp.scalar(data, most=2)
    assert rlp.scalar(b"", most=2) == 0
